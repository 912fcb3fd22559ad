/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/numbers.h"

#include "daemon/core/load.h"
#include "daemon/input/dispenser.h"
#include "daemon/input/json.h"
#include "daemon/input/shape.h"

static int load_up_to(struct load *load, const struct jnode *node, int64_t max,
    struct numbers *list, struct error *err)
{
	size_t count, i;
	int64_t number;

	if (json_is_null(node->value))
		return 0;
	if (jnode_array(node, err) == -1)
		return -1;
	count = json_array_size(node->value);
	list->items = arena_array(load->arena, count, sizeof(*list->items));
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(node, i);

		if (jnode_int(&item, 0, max, &number, err) == -1)
			return -1;
		list->items[list->count++] = (uint16_t)number;
	}
	return 0;
}

int numbers_load(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	return load_up_to(load, node, UINT16_MAX, target, err);
}

int numbers_load_bytes(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	return load_up_to(load, node, UINT8_MAX, target, err);
}

static const struct shape number_shape = {.type = SHAPE_INT, .max = UINT16_MAX};
static const struct shape byte_shape = {.type = SHAPE_INT, .max = UINT8_MAX};
const struct shape numbers_shape = {.type = SHAPE_LIST, .of = &number_shape, .null = true};
const struct shape numbers_shape_bytes = {.type = SHAPE_LIST, .of = &byte_shape, .null = true};

bool numbers_contain(const struct numbers *list, uint16_t number)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->items[i] == number)
			return true;
	}
	return false;
}

bool number_parse(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t number = 0, digit;

	if (text[0] == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		digit = (uint64_t)(*text - '0');
		if (number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*out = number;
	return true;
}

int numbers_adapt(
    struct dispenser *d, json_t *out, const char *key, unsigned max, struct error *err)
{
	json_t *list = json_object_get(out, key);
	const char *text;
	uint64_t number;

	if (dispenser_args_left(d) == 0)
		return dispenser_arg_error(d, err);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(out, key, list);
	}
	while ((text = dispenser_arg(d)) != NULL) {
		if (!number_parse(text, max, &number))
			return dispenser_error(
			    d, err, ERROR_INVALID, "'%s' is not a number from 0 to %u", text, max);
		json_array_append_new(list, json_integer((json_int_t)number));
	}
	return 0;
}
