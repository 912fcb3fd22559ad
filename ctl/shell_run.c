/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/shell.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"

/* ---- processes of their own -------------------------------------------------------------------
 */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* What such a process does. */
struct job {
	const struct shell *s;
	const struct invocation *in;
	const struct script_command *command; /* NULL: the transaction is sent */
};

static int run_job(const struct job *job, struct fault *fault)
{
	struct context c;
	int rc;

	if (job->command != NULL)
		return invocation_run(job->in, &job->command->here, fault);
	c = invocation_context(job->in, NULL, fault);
	rc = change_send(&job->s->transaction->commands.change, &c);
	client_close(c.client);
	return rc;
}

static void be_child(const struct job *job)
{
	struct fault fault;
	int rc;

	if (job->s->editor != NULL)
		signal(SIGINT, SIG_DFL);
	rc = run_job(job, &fault);
	if (rc != -1)
		exit(rc);
	fflush(stdout);
	/* Who does not see the lines is told which one it was. */
	if (job->s->editor == NULL && job->command != NULL)
		script_fault(job->command, &fault);
	fault_print(&fault, options_json(&job->in->options), stderr);
	exit((int)fault.exit);
}

static int wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return CONTROL_EXIT_INTERNAL;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/*
 * Runs it as if it had been called: with a session of its own, and alone ended by an interrupt.
 * Returns its exit code, or -1 with fault.
 */
static int run_apart(const struct job *job, struct fault *fault)
{
	const struct sigaction theirs = {.sa_handler = on_interrupt};
	struct sigaction before;
	int rc, problem;
	pid_t child;

	fflush(stdout);
	interrupted = 0;
	if (job->s->editor != NULL)
		sigaction(SIGINT, &theirs, &before);
	child = fork();
	problem = errno;
	if (child == 0)
		be_child(job);
	rc = child > 0 ? wait_for(child) : -1;
	if (job->s->editor != NULL)
		sigaction(SIGINT, &before, NULL);
	if (interrupted) /* the terminal has said ^C */
		putchar('\n');
	if (child == -1)
		return fault_set(
		    fault, CONTROL_EXIT_INTERNAL, "cannot start a process: %s", strerror(problem));
	return rc;
}

int shell_send(struct shell *s, const struct invocation *in, struct fault *fault)
{
	const struct job job = {.s = s, .in = in};

	return run_apart(&job, fault);
}

/* ---- transactions ---------------------------------------------------------------------------- */

void shell_begin(struct shell *s)
{
	s->transaction = mem_zalloc(sizeof(*s->transaction));
	collection_init(&s->transaction->commands);
}

void shell_end(struct shell *s)
{
	if (s->transaction == NULL)
		return;
	collection_fini(&s->transaction->commands);
	buf_fini(&s->transaction->text);
	free(s->transaction);
	s->transaction = NULL;
}

static int collect(struct shell *s, struct shell_command *command, struct fault *fault)
{
	struct shell_transaction *t = s->transaction;
	struct span text = command->text;
	size_t i;

	arena_adopt(t->commands.arena, command->arena);
	command->arena = NULL;
	if (collection_add(&t->commands, &command->script, fault) == -1) {
		t->broken = s->editor == NULL;
		return -1;
	}
	buf_append(&t->text, text.p, text.n);
	for (i = 0; i < text.n; i++)
		t->lines += text.p[i] == '\n';
	return 0;
}

/* ---- commands -------------------------------------------------------------------------------- */

static int run_command(struct shell *s, struct shell_command *command, struct fault *fault)
{
	struct script_command *script = &command->script;
	struct invocation in;
	const struct job job = {.s = s, .in = &in, .command = script};
	int rc;

	rc = invocation_read(&in, s->options, script->argc, script->argv, fault);
	s->json = options_json(&in.options);
	if (rc == -1) {
		shell_builtins_suggest(script->words[1], fault);
		if (s->transaction != NULL)
			s->transaction->broken = s->editor == NULL;
		return -1;
	}
	if (s->transaction != NULL && in.command != NULL && in.command->make != NULL &&
	    !in.options.help)
		return collect(s, command, fault);
	if (in.command == &command_shell && !in.options.help)
		return fault_set(fault, CONTROL_EXIT_USAGE, "this is a shell already");
	rc = run_apart(&job, fault);
	if (rc == 0 && (in.command == NULL || strcmp(in.command->object, "help") == 0) &&
	    in.argc == 0 && !in.options.version)
		shell_builtins_print(stdout);
	return rc;
}

int shell_run(struct shell *s, struct shell_command *command, struct fault *fault)
{
	struct script_command *script = &command->script;
	const struct shell_builtin *builtin = shell_builtin(script->words[1]);
	int rc;

	if (builtin != NULL)
		rc = builtin->run(s, script->argc - 1, script->argv + 1, fault);
	else
		rc = run_command(s, command, fault);
	if (rc == -1 && s->editor == NULL)
		script_fault(script, fault);
	return rc;
}
