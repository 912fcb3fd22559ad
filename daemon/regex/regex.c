/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "daemon/regex/regex.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/regex/go_syntax.h"

/* What one match may cost: about a millisecond without the just-in-time compiler. */
#define MATCH_LIMIT 100000
#define HEAP_LIMIT_KIB 4096
#define JIT_STACK_MAX (1u << 20)

struct regex {
	pcre2_code *code;
	const char *pattern;
	struct go_groups groups;
	_Atomic bool limited; /* a limit was hit, and logged */
};

static _Atomic uint64_t limit_hits;

/* --- what each thread has -------------------------------------------------------------------- */

struct scratch {
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	pcre2_match_data *data;
	size_t groups; /* that data has room for */
};

static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static pthread_key_t scratch_key;

static void scratch_free(void *object)
{
	struct scratch *s = object;

	pcre2_match_data_free(s->data);
	pcre2_jit_stack_free(s->stack);
	pcre2_match_context_free(s->context);
	free(s);
}

static void make_key(void)
{
	if (pthread_key_create(&scratch_key, scratch_free) != 0)
		abort();
}

static struct scratch *scratch_new(void)
{
	struct scratch *s = mem_zalloc(sizeof(*s));

	s->context = pcre2_match_context_create(NULL);
	if (s->context == NULL) {
		free(s);
		return NULL;
	}
	pcre2_set_match_limit(s->context, MATCH_LIMIT);
	pcre2_set_depth_limit(s->context, MATCH_LIMIT);
	pcre2_set_heap_limit(s->context, HEAP_LIMIT_KIB);
	s->stack = pcre2_jit_stack_create(32u << 10, JIT_STACK_MAX, NULL);
	if (s->stack != NULL)
		pcre2_jit_stack_assign(s->context, NULL, s->stack);
	pthread_setspecific(scratch_key, s);
	return s;
}

/* This thread's, with room for groups; NULL: no memory. */
static struct scratch *scratch_get(size_t groups)
{
	struct scratch *s;

	pthread_once(&scratch_once, make_key);
	s = pthread_getspecific(scratch_key);
	if (s == NULL)
		s = scratch_new();
	if (s == NULL || (s->data != NULL && s->groups >= groups))
		return s;
	pcre2_match_data_free(s->data);
	s->groups = groups;
	s->data = pcre2_match_data_create((uint32_t)groups, NULL);
	return s->data != NULL ? s : NULL;
}

/* --- compiling ------------------------------------------------------------------------------- */

static void release_code(void *code)
{
	pcre2_code_free(code);
}

static uint32_t compile_options(unsigned flags)
{
	uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;

	options |= flags & REGEX_TEXT ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : PCRE2_NEVER_UTF;
	return flags & REGEX_IGNORE_CASE ? options | PCRE2_CASELESS : options;
}

struct regex *regex_new(struct arena *arena, const char *pattern, unsigned flags, struct error *err)
{
	struct regex *re = arena_alloc(arena, sizeof(*re));
	struct buf translated = {0};
	PCRE2_UCHAR message[128];
	PCRE2_SIZE offset;
	int code;

	if (go_syntax_translate(
		arena, pattern, flags & REGEX_TEXT, &translated, &re->groups, err) == -1)
		goto out;
	re->code = pcre2_compile((PCRE2_SPTR)buf_str(&translated), buf_len(&translated),
	    compile_options(flags), &code, &offset, NULL);
	if (re->code == NULL) {
		pcre2_get_error_message(code, message, sizeof(message));
		go_syntax_error(err, pattern, 0, (const char *)message);
		goto out;
	}
	pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE); /* failing, it is interpreted */
	arena_release(arena, release_code, re->code);
	re->pattern = arena_strdup(arena, pattern);
out:
	buf_fini(&translated);
	return re->code != NULL ? re : NULL;
}

/* --- matching -------------------------------------------------------------------------------- */

static void hit_limit(struct regex *re)
{
	struct log_line line;

	atomic_fetch_add_explicit(&limit_hits, 1, memory_order_relaxed);
	if (atomic_exchange_explicit(&re->limited, true, memory_order_relaxed))
		return;
	log_begin(&line, LOG_WARN, "regex",
	    "a match was given up because it costs too much; it counts as no match");
	log_str(&line, "pattern", re->pattern);
	log_end(&line);
}

bool regex_match(const struct regex *re, struct span text, struct span *groups, size_t size)
{
	struct scratch *s = scratch_get(re->groups.count);
	const PCRE2_SIZE *offsets;
	size_t i;
	int found;

	if (s == NULL)
		return false;
	found = pcre2_match(re->code, text.n > 0 ? (PCRE2_SPTR)text.p : (PCRE2_SPTR) "", text.n, 0,
	    0, s->data, s->context);
	if (found < 0) {
		if (found != PCRE2_ERROR_NOMATCH)
			hit_limit((struct regex *)re);
		return false;
	}
	offsets = pcre2_get_ovector_pointer(s->data);
	for (i = 0; i < size; i++) {
		groups[i] = (struct span){0};
		if (text.n > 0 && i < (size_t)found && offsets[2 * i] != PCRE2_UNSET)
			groups[i] =
			    span_of(text.p + offsets[2 * i], offsets[2 * i + 1] - offsets[2 * i]);
	}
	return true;
}

size_t regex_group_count(const struct regex *re)
{
	return re->groups.count;
}

const char *regex_group_name(const struct regex *re, size_t i)
{
	return i < re->groups.count ? re->groups.names[i] : NULL;
}

int regex_group_find(const struct regex *re, const char *name)
{
	size_t i;

	for (i = 0; i < re->groups.count; i++) {
		if (re->groups.names[i] != NULL && strcmp(re->groups.names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

uint64_t regex_limit_hits(void)
{
	return atomic_load_explicit(&limit_hits, memory_order_relaxed);
}
