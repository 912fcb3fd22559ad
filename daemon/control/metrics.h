/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is counted as text for a monitoring system, a part at a time: OpenMetrics 1.0, or the older
 * format of Prometheus. Which things there are is kept from the beginning, numbers are those of the
 * moment in which a part is made. Control thread.
 */
#ifndef DAEMON_CONTROL_METRICS_H
#define DAEMON_CONTROL_METRICS_H

#include <stdbool.h>

#include "common/buf.h"

enum metrics_format { METRICS_OPENMETRICS, METRICS_PROMETHEUS };

struct metrics;

struct metrics *metrics_new(enum metrics_format format);
void metrics_free(struct metrics *metrics);

/* Appends the next part, whole lines of at most METRICS_PART bytes. false: there is none. */
#define METRICS_PART (16u << 10)
bool metrics_next(struct metrics *metrics, struct buf *out);

/* What a Content-Type says of the format. */
const char *metrics_content_type(enum metrics_format format);

#endif
