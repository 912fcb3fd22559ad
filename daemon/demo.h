/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `pointsmand run --demo`: a configuration that needs no other program, no root and no file.
 */
#ifndef DAEMON_DEMO_H
#define DAEMON_DEMO_H

#include <jansson.h>

/* A new reference. */
json_t *demo_document(void);

/* What a newcomer should try next, on standard output. */
void demo_print(const char *control_path);

#endif
