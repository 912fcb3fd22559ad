/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/editor.h"

#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buf.h"
#include "ctl/history.h"
#include "ctl/human.h"
#include "ctl/script.h"
#include "ctl/terminal.h"

#define WIDTH 80 /* of a terminal that does not say */
#define LIST_MAX 200

struct editor {
	EditLine *el;
	History *history;
	const char *prompt;
	bool interrupted;
	editor_candidates *candidates;
	void *arg;
};

/* ---- completion ------------------------------------------------------------------------------ */

/* How much all candidates have in common. */
static size_t common_length(const struct completion *c)
{
	const char *first = c->items[0].text;
	size_t i, k, n = strlen(first);

	for (i = 1; i < c->count; i++) {
		for (k = 0; k < n && c->items[i].text[k] == first[k];)
			k++;
		n = k;
	}
	while (n > 0 && ((unsigned char)first[n] & 0xc0) == 0x80) /* no half characters */
		n--;
	return n;
}

static size_t characters(struct span text)
{
	size_t i, n = 0;

	for (i = 0; i < text.n; i++)
		n += (text.p[i] & 0xc0) != 0x80;
	return n;
}

/* Puts what is certain in the place of the word. Returns whether that says more than before. */
static bool insert(struct editor *e, const struct completion *c, struct span raw)
{
	size_t n = common_length(c);
	char *text = arena_strndup(c->arena, c->items[0].text, n);
	bool open = n > 0 && (text[n - 1] == '/' || text[n - 1] == '=');
	struct buf quoted = {0};

	if (n <= strlen(c->word) && c->count > 1)
		return false;
	script_quote(&quoted, text);
	if (c->count == 1 && !open)
		buf_append_str(&quoted, " ");
	el_deletestr(e->el, (int)characters(raw));
	el_insertstr(e->el, buf_str(&quoted));
	buf_fini(&quoted);
	return true;
}

static size_t terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
									       : WIDTH;
}

/* All of them below the line, in columns. */
static void list(const struct completion *c)
{
	size_t i, widest = 1, columns, shown = c->count < LIST_MAX ? c->count : LIST_MAX;

	for (i = 0; i < shown; i++)
		if (characters(span_str(c->items[i].text)) > widest)
			widest = characters(span_str(c->items[i].text));
	columns = terminal_width() / (widest + 2);
	if (columns == 0)
		columns = 1;
	for (i = 0; i < shown; i++) {
		struct span text = span_str(c->items[i].text);

		fputs(i % columns == 0 ? "\n" : "", stdout);
		human_print(text, stdout);
		if ((i + 1) % columns != 0)
			printf("%*s", (int)(widest + 2 - characters(text)), "");
	}
	if (shown < c->count)
		printf("\nand %zu more", c->count - shown);
	putchar('\n');
}

static unsigned char on_tab(EditLine *el, int key)
{
	const LineInfo *line = el_line(el);
	struct span typed = span_of(line->buffer, (size_t)(line->cursor - line->buffer));
	unsigned char result = CC_ERROR;
	struct completion c;
	struct editor *e;
	size_t start;

	(void)key;
	el_get(el, EL_CLIENTDATA, &e);
	if (!e->candidates(typed, &c, &start, e->arg))
		return CC_ERROR;
	if (c.count > 0 && insert(e, &c, span_of(typed.p + start, typed.n - start))) {
		result = CC_REFRESH;
	} else if (c.count > 0) {
		list(&c);
		result = CC_REDISPLAY;
	}
	complete_fini(&c);
	return result;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static char *prompt_of(EditLine *el)
{
	struct editor *e;

	el_get(el, EL_CLIENTDATA, &e);
	return (char *)e->prompt;
}

/*
 * While a line is edited these are keys like others: a signal would be taken out of their order,
 * and what was typed behind it would go on with the old line.
 */
static unsigned char on_interrupt(EditLine *el, int key)
{
	struct editor *e;

	(void)key;
	el_get(el, EL_CLIENTDATA, &e);
	e->interrupted = true;
	return CC_EOF;
}

static unsigned char on_suspend(EditLine *el, int key)
{
	(void)key;
	el_set(el, EL_PREP_TERM, 0);
	raise(SIGTSTP);
	el_set(el, EL_PREP_TERM, 1);
	return CC_REDISPLAY;
}

/* libedit would copy narrow texts of functions, and forget the copies. */
static void bind_keys(EditLine *el)
{
	el_set(el, EL_SETTY, "-d", "-isig", NULL);
	el_wset(el, EL_ADDFN, L"complete", L"what the line may go on with", on_tab);
	el_set(el, EL_BIND, "^I", "complete", NULL);
	el_wset(el, EL_ADDFN, L"interrupt", L"give the line up", on_interrupt);
	el_set(el, EL_BIND, "^C", "interrupt", NULL);
	el_wset(el, EL_ADDFN, L"suspend", L"leave it for a while", on_suspend);
	el_set(el, EL_BIND, "^Z", "suspend", NULL);
}

struct editor *editor_new(editor_candidates *candidates, void *arg)
{
	struct editor *e = mem_zalloc(sizeof(*e));
	HistEvent event;

	*e = (struct editor){.candidates = candidates, .arg = arg, .prompt = ""};
	signal(SIGINT, SIG_IGN);
	terminal_guard();
	e->history = history_init();
	history(e->history, &event, H_SETSIZE, HISTORY_MAX);
	e->el = el_init("pointsctl", stdin, stdout, stderr);
	el_set(e->el, EL_CLIENTDATA, e);
	el_set(e->el, EL_PROMPT, prompt_of);
	el_set(e->el, EL_SIGNAL, 1);
	el_set(e->el, EL_HIST, history, e->history);
	el_set(e->el, EL_EDITOR, "emacs");
	el_source(e->el, NULL);
	bind_keys(e->el);
	return e;
}

void editor_free(struct editor *e)
{
	el_end(e->el);
	terminal_unguard();
	history_end(e->history);
	free(e);
}

enum editor_result editor_read(struct editor *e, const char *prompt, struct span *out)
{
	const char *line;
	int n = 0;

	e->prompt = prompt;
	e->interrupted = false;
	line = el_gets(e->el, &n);
	if (line == NULL || n <= 0) {
		bool interrupted = e->interrupted || (n == -1 && errno == EINTR);

		putchar('\n');
		el_reset(e->el);
		return interrupted ? EDITOR_INTERRUPTED : EDITOR_END;
	}
	*out = span_of(line, (size_t)n - (line[n - 1] == '\n'));
	return EDITOR_LINE;
}

void editor_remember(struct editor *e, const char *line)
{
	HistEvent event;

	history(e->history, &event, H_ENTER, line);
}
