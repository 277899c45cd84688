/*
 * request.h - one object's requests to an S3 server: PUT and HEAD <endpoint>/<bucket>/<key>, path style, signed with keys
 * (sigv4.c) or with an IBM IAM token (iam.c). Used by put.c; s3.c fills in the server.
 */
#ifndef FL_S3_REQUEST_H
#define FL_S3_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "drivers/sink.h"
#include "net/http.h"
#include "sinks/s3/answer.h"
#include "sinks/s3/credentials.h"
#include "sinks/s3/sigv4.h"

struct fl_runtime;
struct fl_iam;

/* Shared by all upload threads. */
struct fl_s3_server {
    struct fl_runtime *rt;
    char *base;                         /* scheme://host[:port] */
    char *host, *path;                  /* for Host; what the endpoint has behind the host, without a slash at its end */
    const char *region;
    struct fl_credentials *credentials; /* or */
    struct fl_iam *iam;
    /* What has been learned of it. */
    _Atomic bool no_condition;          /* it refuses If-None-Match */
    _Atomic bool ignores_condition;     /* it takes If-None-Match and replaces all the same */
    _Atomic int64_t rest;               /* mono: Retry-After of its last refusal; INT64_MIN: it said none */
};

#define FL_S3_HEADERS 16

struct fl_s3_request {
    struct fl_s3_server *server;
    struct fl_http *http;
    const struct fl_object *object;
    bool condition;                     /* PUT with If-None-Match: * */
    bool has_md5;
    char sha256[FL_SHA256_HEX], md5[FL_MD5_BASE64], etag[FL_MD5_HEX];
    struct fl_s3_answer answer;         /* to the last request */
    char *why;                          /* a reason in one line, when something is wrong */
    size_t why_size;
    /* the request being made */
    struct fl_buf path, url;
    struct fl_sigv4_header headers[FL_S3_HEADERS];
    size_t nheaders;
    char numbers[3][24], date[17];
    struct fl_keys keys;                /* while it is signed and sent */
};

/* Digests and names of the object are made once; free them with fl_s3_request_end. */
void fl_s3_request_begin(struct fl_s3_request *r, struct fl_s3_server *s, struct fl_http *h, const struct fl_object *o,
                         char *why, size_t why_size);
void fl_s3_request_end(struct fl_s3_request *r);
/* True: there is an answer, in r->answer and r->http. False: none, or no token to ask with; why says so. */
bool fl_s3_send_put(struct fl_s3_request *r);
bool fl_s3_send_head(struct fl_s3_request *r);
/* The last answer was 401 or 403: could other credentials help, and have they been had? */
bool fl_s3_other_credentials(struct fl_s3_request *r);

/* put.c: write one object. For `why` and the result see struct fl_sink_kind. */
enum fl_write_result fl_s3_put(struct fl_s3_server *s, struct fl_http *h, const struct fl_object *o, char *why,
                               size_t why_size);

#endif
