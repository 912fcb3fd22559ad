/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What makes one document into another, as a list of entries that can be carried over to a third
 * that is much like the first. An entry is a JSON object:
 *
 *	at               the way: names of members, in lists the keys of items (item_key.h)
 *	was              the value that it replaces; without it, it adds
 *	now              the value in its place; without it, it removes
 *
 * and in lists, where keys tell neighbours and null is the list's end:
 *
 *	as               the key of now, where it replaces
 *	after, before    the neighbours where it adds or moves; of what is removed, those that stay
 *	was_after, was_before   the neighbours of what it moves (it has neither was nor now)
 */
#ifndef DAEMON_CONFIG_PATCH_H
#define DAEMON_CONFIG_PATCH_H

#include <stddef.h>
#include <jansson.h>

/* The entries (a new array) that make before into after. Values are shared with both. */
json_t *patch_make(json_t *before, json_t *after);

/*
 * A new document: document with entries applied in their order. What they do not touch is shared.
 * An entry has effect where document has what it replaces, and is passed over where document has
 * what it would make of it; else document stays as it is there, and refused(arg, index, why) is
 * called. Entries may come from anywhere: malformed ones are refused.
 */
json_t *patch_apply(json_t *document, const json_t *entries,
    void (*refused)(void *arg, size_t index, const char *why), void *arg);

/* "apps.layer4.servers.main.routes[@web].disabled", cut where it is longer. Returns out. */
const char *patch_path(const json_t *entry, char *out, size_t size);

#endif
