/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/pki_option.h"
#include "daemon/input/settings.h"

static const struct setting pair_settings[] = {
    {"cert", SETTING_STRING, "certificate", NULL},
    {"key", SETTING_STRING, "private_key", NULL},
    {"format", SETTING_STRING, "format", NULL},
    {0},
};

static int adapt_root(struct dispenser *d, json_t *out, struct error *err)
{
	return settings_adapt(
	    d, pair_settings, "option of a CA's root", member_object(out, "root"), err);
}

static int adapt_intermediate(struct dispenser *d, json_t *out, struct error *err)
{
	return settings_adapt(d, pair_settings, "option of a CA's intermediate",
	    member_object(out, "intermediate"), err);
}

static const struct setting ca_settings[] = {
    {"name", SETTING_STRING, "name", NULL},
    {"root_cn", SETTING_STRING, "root_common_name", NULL},
    {"intermediate_cn", SETTING_STRING, "intermediate_common_name", NULL},
    {"intermediate_lifetime", SETTING_DURATION, "intermediate_lifetime", NULL},
    {"maintenance_interval", SETTING_DURATION, "maintenance_interval", NULL},
    {"renewal_window_ratio", SETTING_RATIO, "renewal_window_ratio", NULL},
    {"root", SETTING_CUSTOM, NULL, adapt_root},
    {"intermediate", SETTING_CUSTOM, NULL, adapt_intermediate},
    {0},
};

static int adapt_ca(struct dispenser *d, json_t *out, struct error *err)
{
	const char *id = dispenser_arg(d);
	json_t *ca = json_object();

	json_object_set_new(out, id ? id : "local", ca);
	if (dispenser_none(d, err) == -1)
		return -1;
	return settings_adapt(d, ca_settings, "option of a CA", ca, err);
}

static const struct setting settings[] = {{"ca", SETTING_CUSTOM, NULL, adapt_ca}, {0}};

int pki_adapt(struct dispenser *d, json_t **out, struct error *err)
{
	*out = json_object();
	if (dispenser_none(d, err) == 0 &&
	    settings_adapt(d, settings, "option of pki", *out, err) == 0)
		return 0;
	json_decref(*out);
	*out = NULL;
	return -1;
}

json_t *pki_app(const struct adaptation *a)
{
	bool untrusted = adaptation_option(a, "skip_install_trust") != NULL;
	json_t *cas = json_deep_copy(adaptation_option(a, "pki")), *ca;
	const char *key;

	if (!cas)
		cas = json_object();
	if (untrusted && json_object_size(cas) == 0 && !adaptation_auto_https(a, "off"))
		json_object_set_new(cas, "local", json_object());
	json_object_foreach (cas, key, ca)
		if (untrusted)
			json_object_set_new(ca, "install_trust", json_false());
	if (json_object_size(cas) == 0) {
		json_decref(cas);
		return NULL;
	}
	return json_pack("{s:o}", "certificate_authorities", cas);
}
