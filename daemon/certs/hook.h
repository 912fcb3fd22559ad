/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a program of the operator's without blocking: no shell, nothing on its input, its time
 * bounded, its last words kept for the error message. Control thread.
 */
#ifndef DAEMON_CERTS_HOOK_H
#define DAEMON_CERTS_HOOK_H

#include <stdbool.h>
#include <ev.h>

#include "common/error.h"

struct hook;

#define HOOK_SECONDS 120. /* then it is killed, with all that it has started in its group */

/*
 * Starts argv[0], an absolute path. loop is libev's default one, which alone learns of processes'
 * ends. done(arg, failure) is called from the loop: failure NULL, the
 * program ended with status 0; else why not. NULL with err: it could not be started.
 */
struct hook *hook_start(struct ev_loop *loop, const char *const *argv,
    void (*done)(void *arg, const char *failure), void *arg, struct error *err);

/* Kills it; done() is not called any more. */
void hook_cancel(struct hook *hook);

/* At the end: kills what is still running. */
void hooks_stop(void);

#endif
