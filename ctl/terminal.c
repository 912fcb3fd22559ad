/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/terminal.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define STACK_SIZE 32768 /* of the handler: the program's own may be what has run out */

static const int signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static struct {
	unsigned depth;
	struct termios modes;
	bool known; /* modes are */
	char reset[TERMINAL_RESET_MAX];
	size_t length;
	struct sigaction before[SIGNALS];
} guard;

static char stack[STACK_SIZE];

/* Only what may be called in a handler. The signal comes again, when it is not held back any more.
 */
static void on_crash(int number)
{
	ssize_t written = write(STDOUT_FILENO, guard.reset, guard.length);

	(void)written;
	if (guard.known)
		tcsetattr(STDIN_FILENO, TCSANOW, &guard.modes);
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_signals(void)
{
	const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
	size_t i;

	sigaltstack(&other, NULL);
	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &action, &guard.before[i]);
}

void terminal_guard(void)
{
	if (guard.depth++ > 0)
		return;
	guard.known = tcgetattr(STDIN_FILENO, &guard.modes) == 0;
	catch_signals();
}

void terminal_guard_screen(const char *text, size_t length)
{
	if (length > sizeof(guard.reset))
		return;
	memcpy(guard.reset, text, length);
	guard.length = length;
}

void terminal_unguard(void)
{
	size_t i;

	guard.length = 0;
	if (--guard.depth > 0)
		return;
	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &guard.before[i], NULL);
}
