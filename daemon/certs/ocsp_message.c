/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/ocsp_message.h"

#include <string.h>
#include <gnutls/ocsp.h>
#include <gnutls/x509.h>

#include "daemon/tls/cert.h"

#define SKEW 300         /* seconds that a responder's clock may be ahead of ours */
#define WITHOUT_END 3600 /* seconds: an answer that does not say when the next one comes */

/* ---- certificates -------------------------------------------------------------------------- */

/* The leaf and its issuer's, to be freed by free_pair(). Returns 0, or -1 with err. */
static int export_pair(const struct cert *cert, gnutls_x509_crt_t pair[2], struct error *err)
{
	pair[0] = pair[1] = NULL;
	if (cert->count >= 2 && gnutls_pcert_export_x509(&cert->chain[0], &pair[0]) == 0 &&
	    gnutls_pcert_export_x509(&cert->chain[1], &pair[1]) == 0)
		return 0;
	return error_set(err, ERROR_INVALID, "the chain has no certificate of the issuer");
}

static void free_pair(gnutls_x509_crt_t pair[2])
{
	if (pair[0] != NULL)
		gnutls_x509_crt_deinit(pair[0]);
	if (pair[1] != NULL)
		gnutls_x509_crt_deinit(pair[1]);
}

/* ---- the question -------------------------------------------------------------------------- */

/* SHA-1 names the issuer here, as RFC 5019 has it: it protects nothing. Without a nonce. */
int ocsp_request(const struct cert *cert, struct buf *out, struct error *err)
{
	gnutls_x509_crt_t pair[2];
	gnutls_ocsp_req_t request = NULL;
	gnutls_datum_t der;
	int rc = export_pair(cert, pair, err), code;

	if (rc == 0) {
		code = gnutls_ocsp_req_init(&request);
		if (code == 0)
			code = gnutls_ocsp_req_add_cert(request, GNUTLS_DIG_SHA1, pair[1], pair[0]);
		if (code == 0)
			code = gnutls_ocsp_req_export(request, &der);
		if (code == 0) {
			buf_append(out, der.data, der.size);
			gnutls_free(der.data);
		} else {
			rc = error_set(err, ERROR_INTERNAL, "cannot make the OCSP request: %s",
			    gnutls_strerror(code));
		}
	}
	if (request != NULL)
		gnutls_ocsp_req_deinit(request);
	free_pair(pair);
	return rc;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static int check_times(time_t now, struct ocsp_answer *out, struct error *err)
{
	if (out->made == (time_t)-1)
		return error_set(err, ERROR_INVALID, "the OCSP response says no time");
	if (out->expires == (time_t)-1)
		out->expires = now + WITHOUT_END;
	if (out->made > now + SKEW)
		return error_set(err, ERROR_INVALID, "the OCSP response is of the future");
	if (out->expires <= now)
		return error_set(err, ERROR_INVALID, "the OCSP response has expired");
	return 0;
}

static int check_response(gnutls_ocsp_resp_t response, gnutls_x509_crt_t pair[2], time_t now,
    struct ocsp_answer *out, struct error *err)
{
	unsigned problems = 0, status = GNUTLS_OCSP_CERT_UNKNOWN;

	if (gnutls_ocsp_resp_get_status(response) != GNUTLS_OCSP_RESP_SUCCESSFUL)
		return error_set(err, ERROR_INVALID, "the OCSP responder answers with error %d",
		    gnutls_ocsp_resp_get_status(response));
	if (gnutls_ocsp_resp_check_crt(response, 0, pair[0]) < 0)
		return error_set(
		    err, ERROR_INVALID, "the OCSP response is about another certificate");
	if (gnutls_ocsp_resp_verify_direct(response, pair[1], &problems, 0) < 0 || problems != 0)
		return error_set(err, ERROR_INVALID,
		    "the OCSP response is not signed by the certificate's issuer");
	if (gnutls_ocsp_resp_get_single(response, 0, NULL, NULL, NULL, NULL, &status, &out->made,
		&out->expires, NULL, NULL) < 0 ||
	    status == GNUTLS_OCSP_CERT_UNKNOWN)
		return error_set(
		    err, ERROR_INVALID, "the OCSP responder does not know the certificate");
	out->revoked = status == GNUTLS_OCSP_CERT_REVOKED;
	return check_times(now, out, err);
}

int ocsp_check(const struct cert *cert, struct span der, time_t now, struct ocsp_answer *out,
    struct error *err)
{
	gnutls_datum_t data = {.data = (unsigned char *)der.p, .size = (unsigned)der.n};
	gnutls_ocsp_resp_t response = NULL;
	gnutls_x509_crt_t pair[2];
	int rc = export_pair(cert, pair, err);

	if (rc == 0 && der.n > OCSP_RESPONSE_MAX)
		rc = error_set(err, ERROR_LIMIT, "the OCSP response is too long");
	if (rc == 0 &&
	    (gnutls_ocsp_resp_init(&response) < 0 || gnutls_ocsp_resp_import(response, &data) < 0))
		rc = error_set(err, ERROR_INVALID, "what came is no OCSP response");
	if (rc == 0)
		rc = check_response(response, pair, now, out, err);
	if (response != NULL)
		gnutls_ocsp_resp_deinit(response);
	free_pair(pair);
	return rc;
}
