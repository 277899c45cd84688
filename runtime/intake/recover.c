/*
 * recover.c - what is broken in a stream is passed over, so that what stands around it goes on; see intake.h and resync.h.
 *
 * Entered on an error only. A record that begins in the middle of a broken one, because a writer was stopped and another one went on
 * in the same line, is taken if nothing but it can begin there: where no value may stand, whole, and with its line or element behind it.
 */
#include "intake/intake.h"

#define AHEAD ((size_t)64 << 10) /* so much of a broken line is looked at before it is given up */

enum guess { NO, YES, MAYBE };

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

uint32_t fl_intake_indent(const struct fl_span *s, const char *doc)
{
    const char *p = doc;
    while (p > s->data && blank(p[-1]))
        p--;
    if (p == s->data)
        return s->indent + (uint32_t)(doc - p);
    return p[-1] == '\n' ? (uint32_t)(doc - p) : 0;
}

/* Is a whole record at c, and its line or its place in the list over behind it? */
static enum guess record_at(const struct fl_intake *in, const struct fl_span *s, const char *c)
{
    struct fl_decoder probe;
    const char *end = s->data + s->n;
    fl_decoder_init(&probe, c, (size_t)(end - c), in->cx.scratch);
    if (!fl_skip_value(&probe))
        return probe.truncated && !s->last ? MAYBE : NO;
    const char *p = probe.p;
    while (p < end && blank(*p))
        p++;
    if (p == end)
        return s->last ? YES : MAYBE;
    return *p == '\n' || *p == 0 || (in->list && (*p == ',' || *p == ']')) ? YES : NO;
}

/* The record that begins where the error is. In a list `[{..} {..` may be a list in an element; lines are resync's. */
static enum guess at_error(const struct fl_intake *in, const struct fl_span *s, const char **at)
{
    const char *p = *at, *end = s->data + s->n;
    while (p < end && *p == 0)
        p++;
    *at = p;
    if (p == end)
        return s->last ? NO : MAYBE;
    if (in->resync.fresh || (*p != '{' && *p != '['))
        return NO;
    if (in->list && !in->resync.in_string && !(in->resync.kinds & 1))
        return NO;
    return record_at(in, s, p);
}

/* Where the next one begins, or NULL: can't be known yet; *lost: not here. */
static const char *next_of(struct fl_intake *in, const struct fl_span *s, const char *doc, bool torn, bool *lost)
{
    const char *error = in->d.error_at, *end = s->data + s->n, *p = doc, *quote = error;
    bool tried = !torn;
    enum fl_resync_found found;
    while (quote > doc && blank(quote[-1]))
        quote--;
    quote = torn && quote > doc ? quote - 1 : NULL;
    for (;;) {
        const char *on = NULL, *next = fl_resync_run(&in->resync, p, tried ? end : error, quote, &found, &on);
        *lost = found == FL_RESYNC_NOTHING && tried;
        if (*lost)
            return end;
        if (found == FL_RESYNC_END || found == FL_RESYNC_LINE)
            return next;
        enum guess g = found == FL_RESYNC_TORN ? record_at(in, s, next) : at_error(in, s, &next);
        if (g == YES)
            return next;
        if (g == MAYBE && s->n - s->at <= in->max_message)
            return NULL;
        p = found == FL_RESYNC_TORN ? on : error;
        tried |= found == FL_RESYNC_NOTHING;
    }
}

const char *fl_intake_recover(struct fl_intake *in, const struct fl_span *s, const char *doc, bool torn)
{
    const char *error = in->d.error, *at = in->d.error_at, *end = s->data + s->n;
    fl_resync_begin(&in->resync, *doc, fl_intake_indent(s, doc), !memchr(doc, '\n', (size_t)(at - doc)), in->list);
    if (in->list && in->like_n) {
        memcpy(in->resync.like, in->like, in->like_n);
        in->resync.like_n = in->like_n;
    }
    bool lost = false;
    const char *next = next_of(in, s, doc, torn, &lost);
    lost &= !s->last;
    if (!next || (lost && torn && end[-1] != '\n' && (size_t)(end - doc) < AHEAD))
        return NULL;
    if (in->list)
        fl_intake_bad_element(in, error, at, doc, next);
    else
        fl_intake_reject(in, error, at, doc, next);
    in->counts.skipped += (uint64_t)(next - doc);
    in->skipping = lost;
    return next;
}
