/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is told of a change of the document, as events. Control thread.
 */
#ifndef DAEMON_CONFIG_CHANGE_EVENT_H
#define DAEMON_CONFIG_CHANGE_EVENT_H

#include <stdint.h>

#include "common/error.h"

/* A document was refused. comment may be NULL. */
void change_event_refused(const char *who, const char *comment, const struct error *err);

/*
 * For instance_publish(), of the document that becomes revision number: change_event_taken() tells
 * that it is in force, calls done(arg) where done is not NULL, and frees the passage.
 */
struct passage;
struct passage *passage_new(
    uint64_t number, const char *who, const char *comment, void (*done)(void *arg), void *arg);
void change_event_taken(void *passage);

#endif
