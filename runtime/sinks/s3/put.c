/*
 * put.c - one object to an S3 server, and what the server's answer is worth.
 *
 * Objects are never replaced: the PUT carries If-None-Match: *. Servers that don't know the header ignore it; from those
 * that refuse it, it is kept away.
 *
 * Stored means proven: 200 with the MD5 as ETag, which anything but the bucket hardly says; else HEAD shows the object
 * (encrypted buckets have other ETags); else, where the key may only write, the same PUT once more says 412. A server
 * that proves nothing is believed, and said so (FL_UNPROVEN).
 *
 * When the name is taken, by 412, it is either our own object from an attempt whose answer was lost, or somebody else's
 * (FL_EXISTS).
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sinks/s3/request.h"

/* ---- ETag and HEAD ---------------------------------------------------------------------------------------------- */

/* The answer's ETag without quotes and W/ if it has the form of an MD5, else "". */
static void md5_of_answer(const struct fl_http *h, char md5[33])
{
    char etag[80];
    fl_http_answer_header(h, "etag", etag, sizeof etag);
    const char *p = strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
    p += *p == '"';
    *md5 = 0;
    if (strspn(p, "0123456789abcdefABCDEF") == 32 && (p[32] == 0 || p[32] == '"')) {
        memcpy(md5, p, 32);
        md5[32] = 0;
    }
}

static bool etag_proves(const struct fl_s3_request *r)
{
    char md5[33];
    md5_of_answer(r->http, md5);
    return r->has_md5 && strcasecmp(md5, r->etag) == 0;
}

/* What HEAD shows of the object, compared with ours. */
struct view {
    enum { FAILED, NOTHING, BLIND, SEEN } what; /* no answer; not there; this key may not look; there */
    enum sight { HIDDEN, SAME, OTHER } size, md5, labels;
};

static enum sight header_is(const struct fl_http *h, const char *name, long long value)
{
    char text[128], expected[24];
    fl_http_answer_header(h, name, text, sizeof text);
    snprintf(expected, sizeof expected, "%lld", value);
    return *text == 0 ? HIDDEN : strcmp(text, expected) == 0 ? SAME : OTHER;
}

/* Labels hold times in ms: another run's object would differ in them even with equal data. */
static enum sight labels_of(const struct fl_http *h, const struct fl_object *o)
{
    enum sight a = header_is(h, "x-amz-meta-first-timestamp", (long long)o->first_timestamp);
    enum sight b = header_is(h, "x-amz-meta-last-timestamp", (long long)o->last_timestamp);
    enum sight c = header_is(h, "x-amz-meta-num-records", (long long)o->num_records);
    if (a == OTHER || b == OTHER || c == OTHER)
        return OTHER;
    return a == SAME && b == SAME && c == SAME ? SAME : HIDDEN;
}

static struct view look(struct fl_s3_request *r)
{
    struct view v = {.what = FAILED};
    const struct fl_http *h = r->http;
    if (!fl_s3_send_head(r))
        return v;
    switch (h->status) {
    case 200:
        break;
    case 404:
        v.what = NOTHING;
        return v;
    case 400: case 401: case 403: case 405: case 501:
        v.what = BLIND;
        return v;
    default:
        snprintf(r->why, r->why_size, "HEAD says %ld", h->status);
        return v;
    }
    char md5[33], encryption[8];
    md5_of_answer(h, md5);
    fl_http_answer_header(h, "x-amz-server-side-encryption", encryption, sizeof encryption);
    v.what = SEEN;
    v.size = header_is(h, "content-length", (long long)r->object->size);
    v.labels = labels_of(h, r->object);
    v.md5 = !r->has_md5 || !*md5 ? HIDDEN : strcasecmp(md5, r->etag) == 0 ? SAME : *encryption ? HIDDEN : OTHER;
    return v;
}

/* ---- the name is taken ------------------------------------------------------------------------------------------ */

/*
 * By us, or by another? `before`: an attempt of ours under this name may have got through.
 */
static enum fl_write_result taken(struct fl_s3_request *r, bool before)
{
    const struct fl_object *o = r->object;
    struct view v = look(r);
    switch (v.what) {
    case FAILED:
        return FL_RETRY;
    case NOTHING:
        snprintf(r->why, r->why_size, "the name is taken, says PUT; nothing is there, says HEAD");
        return FL_RETRY;
    case BLIND:
        /* Under a name of our own nobody else writes; else rather twice than not at all. */
        return before && o->own_key ? FL_WRITTEN : FL_EXISTS;
    case SEEN:
        break;
    }
    bool other = v.size == OTHER || v.labels == OTHER || (v.md5 == OTHER && !o->own_key);
    if (other && o->own_key && before) { /* what is there is ours: something between answered, as a login page does */
        snprintf(r->why, r->why_size, "the name is taken, but HEAD shows another object than this process wrote there");
        return FL_RETRY;
    }
    if (other)
        return FL_EXISTS;
    bool alike = v.labels == SAME || v.md5 == SAME || (o->own_key && (v.size == SAME || before));
    return alike ? FL_WRITTEN : FL_EXISTS;
}

/* ---- 200 without an ETag that proves it --------------------------------------------------------------------------- */

/* The condition is no part of S3 as this server knows it? */
static bool refuses_condition(const struct fl_s3_request *r)
{
    const struct fl_s3_answer *a = &r->answer;
    return r->condition && (a->status == 501 || (a->status == 400 && (strcmp(a->code, "NotImplemented") == 0 ||
                            strstr(a->message, "If-None-Match") || strstr(a->message, "if-none-match"))));
}

static enum fl_write_result unproven(struct fl_s3_request *r)
{
    snprintf(r->why, r->why_size, "the server says 200 without the MD5 as ETag, this key may not ask with HEAD, and "
             "If-None-Match does not keep it from replacing objects");
    return FL_UNPROVEN;
}

/* Is it there? Then the same PUT must be answered with 412. */
static enum fl_write_result put_again(struct fl_s3_request *r)
{
    if (atomic_load(&r->server->no_condition) || atomic_load(&r->server->ignores_condition))
        return unproven(r);
    r->condition = true;
    if (!fl_s3_send_put(r))
        return FL_RETRY;
    enum fl_write_result result = fl_s3_answer_result(&r->answer);
    if (result == FL_EXISTS)
        return FL_WRITTEN;
    if (result == FL_WRITTEN && etag_proves(r))
        return FL_WRITTEN;
    fl_s3_answer_why(&r->answer, r->why, r->why_size);
    if (result == FL_WRITTEN && r->answer.has_body)
        return FL_RETRY;
    if (result == FL_WRITTEN)
        atomic_store(&r->server->ignores_condition, true);
    else if (refuses_condition(r))
        atomic_store(&r->server->no_condition, true);
    else
        return FL_RETRY;
    return unproven(r);
}

static enum fl_write_result prove(struct fl_s3_request *r)
{
    bool has_body = r->answer.has_body;
    struct view v = look(r);
    switch (v.what) {
    case FAILED:
        return FL_RETRY;
    case NOTHING:
        snprintf(r->why, r->why_size, "PUT says 200, but HEAD finds nothing there");
        return FL_RETRY;
    case SEEN:
        if (v.labels == OTHER) /* another's by now, where conditions are ignored */
            return FL_EXISTS;
        if (v.size == OTHER) {
            snprintf(r->why, r->why_size, "PUT says 200, but HEAD shows another size than %zu", r->object->size);
            return FL_RETRY;
        }
        if (v.size == SAME || v.md5 == SAME || v.labels == SAME)
            return FL_WRITTEN;
        break;
    case BLIND:
        break;
    }
    if (has_body) { /* S3 says nothing to a PUT that went well */
        snprintf(r->why, r->why_size, "200 with a text that is no answer of S3: is a proxy between? (check endpoint)");
        return FL_RETRY;
    }
    return put_again(r);
}

/* ---- one object --------------------------------------------------------------------------------------------------- */

static enum fl_write_result put_object(struct fl_s3_request *r)
{
    bool renewed = false, before = r->object->again;
    for (;;) {
        if (!fl_s3_send_put(r))
            return FL_RETRY;
        enum fl_write_result result = fl_s3_answer_result(&r->answer);
        if (result == FL_WRITTEN)
            return etag_proves(r) ? FL_WRITTEN : prove(r);
        /* libcurl sends again by itself when a connection that it used again was dead. */
        if (result == FL_EXISTS && r->condition)
            return taken(r, before || r->http->sent > 1);
        fl_s3_answer_why(&r->answer, r->why, r->why_size);
        if (refuses_condition(r)) {
            fl_log(FL_INFO, "the server takes no conditional writes", "reason=%s", fl_log_quote(r->why));
            atomic_store(&r->server->no_condition, true);
            r->condition = false;
        } else if (!renewed && fl_s3_other_credentials(r)) {
            renewed = true;
        } else {
            return result == FL_EXISTS ? FL_RETRY : result; /* 412 without a condition of ours: no sense in it */
        }
    }
}

enum fl_write_result fl_s3_put(struct fl_s3_server *s, struct fl_http *h, const struct fl_object *o, char *why,
                               size_t why_size)
{
    struct fl_s3_request r;
    fl_s3_request_begin(&r, s, h, o, why, why_size);
    enum fl_write_result result = put_object(&r);
    fl_s3_request_end(&r);
    return result;
}
