/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/policy_adapt.h"

#include <string.h>

#include "daemon/input/settings.h"
#include "daemon/tls/client_auth_adapt.h"
#include "daemon/tls/hello_match.h"

/* ---- cert_selection ------------------------------------------------------------------------ */

/* The reference writes the number of Go's crypto/x509 for it. */
static int adapt_algorithm(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const known[] = {"rsa", "dsa", "ecdsa", NULL};
	const char *name;
	int i;

	if (dispenser_one(d, &name, err) == -1)
		return -1;
	for (i = 0; known[i] != NULL && strcasecmp(known[i], name) != 0; i++)
		;
	if (known[i] == NULL)
		return dispenser_unknown(d, "public key algorithm", known, err);
	return dispenser_set(d, out, "public_key_algorithm", json_integer(i + 1), err);
}

static int adapt_serials(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *list = json_object_get(out, "serial_number");
	const char *text;
	size_t n;

	if (dispenser_args_left(d) == 0)
		return dispenser_arg_error(d, err);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(out, "serial_number", list);
	}
	while ((text = dispenser_arg(d)) != NULL) {
		n = strspn(text, "0123456789");
		if (n == 0 || text[n] != '\0')
			return dispenser_error(d, err, ERROR_INVALID,
			    "a serial number is a decimal number, not '%s'", text);
		text += strspn(text, "0");
		json_array_append_new(list, json_string(*text != '\0' ? text : "0"));
	}
	return 0;
}

static const struct setting selection_settings[] = {
    {"all_tags", SETTING_ADD, "all_tags", NULL},
    {"any_tag", SETTING_ADD, "any_tag", NULL},
    {"public_key_algorithm", SETTING_CUSTOM, NULL, adapt_algorithm},
    {"serial_number", SETTING_CUSTOM, NULL, adapt_serials},
    {"subject_organization", SETTING_ADD, "subject_organization", NULL},
    {0},
};

static int adapt_selection(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *selection = json_object();

	if (dispenser_set(d, out, "certificate_selection", selection, err) == -1)
		return -1;
	if (dispenser_args_left(d) > 0)
		return dispenser_arg_error(d, err);
	return settings_adapt(d, selection_settings, "option of cert_selection", selection, err);
}

/* ---- connection_policy --------------------------------------------------------------------- */

static int adapt_client_auth(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *auth;

	if (client_auth_adapt(d, &auth, err) == -1)
		return -1;
	return dispenser_set(d, out, "client_authentication", auth, err);
}

static int adapt_match(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *match;

	if (hello_match_adapt(d, &match, err) == -1)
		return -1;
	return dispenser_set(d, out, "match", match, err);
}

static int adapt_once(struct dispenser *d, json_t *out, struct error *err)
{
	const char *key = dispenser_text(d), *value;

	if (dispenser_one(d, &value, err) == -1)
		return -1;
	return dispenser_set(d, out, key, json_string(value), err);
}

static int adapt_drop(struct dispenser *d, json_t *out, struct error *err)
{
	if (dispenser_none(d, err) == -1)
		return -1;
	return dispenser_set(d, out, "drop", json_true(), err);
}

static int adapt_protocols(struct dispenser *d, json_t *out, struct error *err)
{
	const char *min, *max;

	if (dispenser_args_left(d) < 1 || dispenser_args_left(d) > 2)
		return dispenser_arg_error(d, err);
	min = dispenser_arg(d);
	if (dispenser_set(d, out, "protocol_min", json_string(min), err) == -1)
		return -1;
	max = dispenser_arg(d);
	if (max == NULL)
		return 0;
	return dispenser_set(d, out, "protocol_max", json_string(max), err);
}

static const struct setting settings[] = {
    {"alpn", SETTING_ADD, "alpn", NULL},
    {"cert_selection", SETTING_CUSTOM, NULL, adapt_selection},
    {"ciphers", SETTING_ADD, "cipher_suites", NULL},
    {"client_auth", SETTING_CUSTOM, NULL, adapt_client_auth},
    {"curves", SETTING_ADD, "curves", NULL},
    {"default_sni", SETTING_CUSTOM, NULL, adapt_once},
    {"drop", SETTING_CUSTOM, NULL, adapt_drop},
    {"fallback_sni", SETTING_CUSTOM, NULL, adapt_once},
    {"insecure_secrets_log", SETTING_CUSTOM, NULL, adapt_once},
    {"match", SETTING_CUSTOM, NULL, adapt_match},
    {"protocols", SETTING_CUSTOM, NULL, adapt_protocols},
    {0},
};

int tls_policy_adapt(struct dispenser *d, json_t **out, struct error *err)
{
	*out = json_object();
	if (dispenser_args_left(d) > 0)
		dispenser_arg_error(d, err);
	else if (settings_adapt(d, settings, "option of connection_policy", *out, err) == 0)
		return 0;
	json_decref(*out);
	*out = NULL;
	return -1;
}
