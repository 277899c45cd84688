/* answer.c - see answer.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "sinks/s3/answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *entity;
    char c;
} entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};

/* The text of the first <tag>; control characters become blanks, so that it fits a line. */
static void element(const char *xml, const char *tag, char *value, size_t size)
{
    char open[40], close[40];
    snprintf(open, sizeof open, "<%s>", tag);
    snprintf(close, sizeof close, "</%s>", tag);
    *value = 0;
    const char *p = strstr(xml, open);
    const char *end = p ? strstr(p, close) : NULL;
    if (!end)
        return;
    size_t n = 0;
    for (p += strlen(open); p < end && n + 1 < size;) {
        size_t skip = 1;
        char c = *p;
        for (size_t i = 0; c == '&' && i < sizeof entities / sizeof *entities; i++)
            if (strncmp(p, entities[i].entity, strlen(entities[i].entity)) == 0) {
                c = entities[i].c;
                skip = strlen(entities[i].entity);
                break;
            }
        value[n++] = (unsigned char)c < 0x20 ? ' ' : c;
        p += skip;
    }
    value[n] = 0;
}

void fl_s3_answer_read(struct fl_s3_answer *a, const char *body)
{
    if (!body)
        body = "";
    element(body, "Code", a->code, sizeof a->code);
    element(body, "Message", a->message, sizeof a->message);
    element(body, "Region", a->region, sizeof a->region);
}

static bool is(const struct fl_s3_answer *a, const char *const *codes)
{
    for (; *codes; codes++)
        if (strcmp(a->code, *codes) == 0)
            return true;
    return false;
}

enum fl_write_result fl_s3_answer_result(const struct fl_s3_answer *a)
{
    /* Answers with 400 that say nothing against the object itself. */
    static const char *const passing[] = {
        "AuthorizationHeaderMalformed", "BadDigest", "ExpiredToken", "IllegalLocationConstraintException",
        "IncompleteBody", "InvalidToken", "RequestTimeout", "TokenRefreshRequired", "XAmzContentSHA256Mismatch",
        "InvalidBucketName", NULL};
    if (a->status >= 200 && a->status < 300)
        return FL_WRITTEN;
    if (a->status == 412)
        return FL_EXISTS;
    if (a->status == 404 || a->status == 401 || a->status == 403 || a->status == 407 || a->status == 408 ||
        a->status == 409 || a->status == 425 || a->status == 429)
        return FL_RETRY;
    if (a->status >= 400 && a->status < 500)
        return is(a, passing) ? FL_RETRY : FL_REFUSED;
    return FL_RETRY; /* 5xx; a redirection, which a signed request can't follow */
}

static const char *advice(const struct fl_s3_answer *a)
{
    static const char *const keys[] = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken",
                                       NULL};
    static const char *const region[] = {"AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect",
                                         "IllegalLocationConstraintException", NULL};
    if (strcmp(a->code, "NoSuchBucket") == 0 || strcmp(a->code, "InvalidBucketName") == 0)
        return "create the bucket or set pipeline.store.*.dirname; buckets are never created";
    if (is(a, keys))
        return "check access_key, secret_key and session_token";
    if (is(a, region) || (a->status >= 300 && a->status < 400))
        return "check region and endpoint";
    if (strcmp(a->code, "AccessDenied") == 0)
        return "the key needs the right to put objects into this bucket";
    if (a->status == 401 || a->status == 403)
        return "check the credentials";
    if (a->status == 404)
        return "check endpoint and bucket";
    return NULL;
}

void fl_s3_answer_why(const struct fl_s3_answer *a, char *why, size_t why_size)
{
    char hint[200] = "", id[160] = "";
    const char *text = advice(a);
    if (strcmp(a->code, "RequestTimeTooSkewed") == 0)
        snprintf(hint, sizeof hint,
                 " (the clock of this machine is %lld s %s the server's: set it, by NTP for example)",
                 (long long)(a->clock_ahead < 0 ? -a->clock_ahead : a->clock_ahead),
                 a->clock_ahead < 0 ? "behind" : "ahead of");
    else if (*a->region && text)
        snprintf(hint, sizeof hint, " (%s; the server expects region %s)", text, a->region);
    else if (text)
        snprintf(hint, sizeof hint, " (%s)", text);
    if (*a->request_id)
        snprintf(id, sizeof id, " request_id=%s", a->request_id);
    /* The server's message comes last: it may be long, and log lines are cut. */
    snprintf(why, why_size, "%ld %s%s%s%s%s", a->status, *a->code ? a->code : "without an error document", hint, id,
             *a->message ? ": " : "", a->message);
}
