/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4 with a key of this process: for hash tables whose keys come from the network, so that
 * nobody outside can choose keys that fall together.
 */
#ifndef COMMON_SIPHASH_H
#define COMMON_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* Any thread. The key is drawn at the first call. */
uint64_t siphash(const void *bytes, size_t n);

/* The same with a given key, for tests. */
uint64_t siphash_with(const uint8_t key[16], const void *bytes, size_t n);

#endif
