/*
 * sigv4.h - AWS Signature Version 4 in the Authorization header ("Authenticating Requests", Amazon S3 API reference),
 * and the digests that S3 wants besides. Pure functions, no network; used by s3.c.
 */
#ifndef FL_SIGV4_H
#define FL_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct fl_sigv4 {
    const char *access_key, *secret_key, *region, *service; /* service: "s3" */
};

/* All headers that are signed, `host` and `x-amz-date` among them; names in lower case, in any order. */
struct fl_sigv4_header {
    const char *name, *value;
};

struct fl_sigv4_request {
    const char *method;
    const char *path;         /* encoded once, as it is sent: fl_uri_path */
    const char *query;        /* canonical: encoded, sorted; "" for none */
    const struct fl_sigv4_header *headers;
    size_t nheaders;
    const char *payload_hash; /* hex SHA-256, as in x-amz-content-sha256 */
    const char *date;         /* YYYYMMDDTHHMMSSZ, as in x-amz-date */
};

#define FL_SHA256_HEX 65 /* with the NUL */
#define FL_MD5_BASE64 25
#define FL_MD5_HEX 33

/* Append the value of the Authorization header. At most 32 headers. */
void fl_sigv4_sign(const struct fl_sigv4 *k, const struct fl_sigv4_request *r, struct fl_buf *authorization);
/* Append `path` with every byte but A-Z a-z 0-9 - . _ ~ and / as %XX (RFC 3986). No dots or slashes are taken out. */
void fl_uri_path(const char *path, struct fl_buf *out);
/* YYYYMMDDTHHMMSSZ of a UTC second: 16 bytes and a NUL. */
void fl_sigv4_date(int64_t second, char date[17]);

void fl_sha256_hex(const void *p, size_t n, char hex[FL_SHA256_HEX]);
/* Both forms of the MD5; false where the machine's policy forbids MD5 (FIPS). */
bool fl_md5(const void *p, size_t n, char base64[FL_MD5_BASE64], char hex[FL_MD5_HEX]);

#endif
