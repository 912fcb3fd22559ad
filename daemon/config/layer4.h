/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The app "layer4": servers, their listeners and their routes.
 */
#ifndef DAEMON_CONFIG_LAYER4_H
#define DAEMON_CONFIG_LAYER4_H

#include "daemon/core/instance.h"

extern const struct app_type app_layer4;

#endif
