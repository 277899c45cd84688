/* answer.c - see answer.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "sinks/s3/answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* The first element's name, behind declarations and comments; "" when the text begins otherwise. */
static size_t root(const char *p, const char **name)
{
    if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    for (;;) {
        p += strspn(p, " \t\r\n");
        const char *end = NULL;
        if (strncmp(p, "<?", 2) == 0)
            end = strstr(p, "?>");
        else if (strncmp(p, "<!--", 4) == 0)
            end = strstr(p, "-->");
        if (!end)
            break;
        p = strchr(end, '>') + 1;
    }
    if (*p != '<')
        return 0;
    *name = p + 1;
    return strcspn(p + 1, " \t\r\n/>");
}

static bool root_is(const char *name, size_t n, const char *expected)
{
    return n == strlen(expected) && strncasecmp(name, expected, n) == 0;
}

void fl_s3_answer_read(struct fl_s3_answer *a, const char *body)
{
    const char *name = "";
    if (!body)
        body = "";
    a->has_body = body[strspn(body, " \t\r\n")] != 0;
    size_t n = root(body, &name);
    a->page = root_is(name, n, "html") || root_is(name, n, "!doctype");
    if (!root_is(name, n, "Error") && !root_is(name, n, "ErrorResponse"))
        return;
    element(body, "Code", a->code, sizeof a->code);
    element(body, "Message", a->message, sizeof a->message);
    element(body, "Region", a->region, sizeof a->region);
    a->document = *a->code != 0;
}

static bool is(const struct fl_s3_answer *a, const char *const *codes)
{
    for (; *codes; codes++)
        if (strcmp(a->code, *codes) == 0)
            return true;
    return false;
}

/* The key itself is wrong, or the clock by which it signs: that is about all objects alike. */
static const char *const about_keys[] = {
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired",
    "RequestTimeTooSkewed", "RequestExpired", "NotSignedUp", "AccountProblem", NULL};
/* The server will never take this object under this name. */
static const char *const about_object[] = {
    "EntityTooLarge", "EntityTooSmall", "KeyTooLongError", "KeyTooLong", "MetadataTooLarge", "InvalidArgument", "InvalidObjectName",
    "InvalidURI", "MaxMessageLengthExceeded", "XMinioInvalidObjectName", "XMinioObjectNameTooLong", NULL};

enum fl_write_result fl_s3_answer_result(const struct fl_s3_answer *a)
{
    if (a->status == 200 && !a->document && !a->page)
        return FL_WRITTEN;
    if (a->status == 412)
        return FL_EXISTS;
    if (a->status >= 400 && a->status < 500 && a->document) {
        if (is(a, about_object))
            return FL_REFUSED;
        if (a->status == 403 && !is(a, about_keys))
            return FL_DENIED;
    }
    return FL_RETRY;
}

static const char *advice(const struct fl_s3_answer *a)
{
    static const char *const region[] = {"AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect",
                                         "IllegalLocationConstraintException", NULL};
    if (strcmp(a->code, "NoSuchBucket") == 0 || strcmp(a->code, "InvalidBucketName") == 0)
        return "create the bucket or set pipeline.store.*.dirname; buckets are never created";
    if (is(a, about_keys))
        return "check access_key, secret_key and session_token";
    if (is(a, region) || (a->status >= 300 && a->status < 400))
        return "check region and endpoint";
    if (strcmp(a->code, "AccessDenied") == 0)
        return "the key needs the right to put objects into this bucket";
    if (a->status == 401 || a->status == 403)
        return "check the credentials";
    if (a->status == 404)
        return "check endpoint and bucket";
    if (a->status < 300 && !a->document)
        return "S3 says 200 and nothing else when it has stored an object: is a proxy or a login page between? Check "
               "endpoint";
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
    snprintf(why, why_size, "%ld %s%s%s%s%s", a->status, *a->code ? a->code : a->page ? "with an HTML page" : "without an error document", hint, id,
             *a->message ? ": " : "", a->message);
}
