/*
 * iam.h - IBM Cloud IAM tokens for an API key: had by a POST form, kept until shortly before
 * they expire. Used by s3.c when api_key or api_key_file is set. Thread-safe.
 */
#ifndef FL_IAM_H
#define FL_IAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct fl_options;
struct fl_runtime;
struct fl_iam;

/* Reads api_key, api_key_file, iam_endpoint, ca_cert, timeout of write s3. On trouble NULL and *error (to be freed). */
struct fl_iam *fl_iam_new(struct fl_runtime *rt, const struct fl_options *options, const _Atomic bool *stop, char **error);
void fl_iam_free(struct fl_iam *iam);
/*
 * Append the Authorization header's value, `Bearer ...`; asks the server when there is no token or it is about to
 * expire. False: no token was had, the reason is in why.
 */
bool fl_iam_authorization(struct fl_iam *iam, struct fl_buf *out, char *why, size_t why_size);
/* The S3 server refused the token: the next call asks for another, with the key file read again. */
bool fl_iam_refused(struct fl_iam *iam);

#endif
