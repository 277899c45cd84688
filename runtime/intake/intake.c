/*
 * intake.c - one message or document to records, or a rejection; see intake.h.
 *
 * All records of a message are decoded before any of them goes on, so what turns out not to be JSON leaves nothing
 * behind: the batch and the counts are set back to where they were. Records are decoded in place; their texts point
 * into the message, which therefore lives until the batch has been run.
 */
#include "intake/intake.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/check.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "intake/queue.h"

/* ---- set-up -------------------------------------------------------------------------------------------------- */

struct mark {
    uint32_t records, nbad;
    struct fl_intake_counts counts;
};

static struct mark here(const struct fl_intake *in)
{
    return (struct mark){in->batch.n, in->nbad, in->counts};
}

static void back_to(struct fl_intake *in, struct mark m)
{
    in->batch.n = m.records;
    in->nbad = m.nbad;
    in->counts = m.counts;
    in->flow = 0;
}

void fl_intake_init(struct fl_intake *in, struct fl_runtime *rt)
{
    const struct fl_config *c = rt->config;
    const char *source = fl_config_kind(c, "source");
    memset(in, 0, sizeof *in);
    in->p = rt->pipeline;
    in->cx.rt = rt;
    in->reject = fl_reject_new(fl_option_str(c, "reject", "_", "directory"), fl_option_int(c, "reject", "_", "max"));
    struct fl_options o = fl_options_of(c, "decode");
    char *error = NULL;
    in->decode = fl_driver(rt->drivers, FL_DECODE, o.kind);
    if (!in->decode)
        fl_bug(__FILE__, __LINE__, "decode %s is not linked in", o.kind);
    if (in->decode->open)
        in->decoder = fl_given(in->decode->open(rt, &o, &error));
    in->max_message = (size_t)fl_option_int(c, "source", source, "max_message");
}

void fl_intake_free(struct fl_intake *in)
{
    if (in->decode->close)
        in->decode->close(in->decoder);
    free(in->bad);
    free(in->batch.rec);
    fl_reject_free(in->reject);
    fl_buf_free(&in->tail);
}

/* ---- rejection ------------------------------------------------------------------------------------------------ */

/* Some text around the place, for the log. */
static const char *excerpt(const char *doc, const char *at, const char *end)
{
    const char *from = at - doc > 20 ? at - 20 : doc;
    const char *to = end - at > 20 ? at + 20 : end;
    return fl_log_quoten(from, (size_t)(to - from));
}

/* What is no JSON, with its place; the flow's number, 0: a message. */
static void report_text(struct fl_intake *in, uint32_t flow, const char *error, const char *place, const char *doc, const char *end)
{
    uint64_t line = 1, column = 1;
    char which[32] = "";
    fl_json_locate(doc, place, &line, &column);
    if (flow)
        snprintf(which, sizeof which, " flow=%u", flow);
    snprintf(in->why, sizeof in->why, "%s (line %llu, column %llu)", error, (unsigned long long)line,
             (unsigned long long)column);
    fl_log_limited(10, FL_WARN, flow ? "malformed flow" : "message rejected",
                   "message=%llu%s byte=%llu line=%llu column=%llu error=%s near=%s", (unsigned long long)in->message, which,
                   (unsigned long long)(in->place + (uint64_t)(place - in->d.start)), (unsigned long long)line,
                   (unsigned long long)column, fl_log_quote(error), excerpt(doc, place, end));
    struct fl_rejected what = {.message = in->message, .error = in->why, .text = doc, .n = (size_t)(end - doc)};
    if (in->reject)
        fl_reject_put(in->reject, in->cx.rt->clock(in->cx.rt).wall, &what);
}

void fl_intake_reject(struct fl_intake *in, const char *error, const char *at, const char *doc, const char *end)
{
    in->counts.messages++;
    in->counts.rejected++;
    in->last_rejected = true;
    report_text(in, 0, error, at ? at : doc, doc, end);
}

void fl_intake_bad_element(struct fl_intake *in, const char *error, const char *at, const char *doc, const char *end)
{
    in->counts.received++;
    in->counts.malformed++;
    in->last_malformed = true;
    report_text(in, ++in->flow, error, at, doc, end);
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static void note_bad(struct fl_intake *in, const char *raw, const char *field, const char *what)
{
    in->counts.malformed++;
    in->last_malformed = true;
    in->last_bad = (struct fl_bad_flow){field, what, raw, (size_t)(in->d.p - raw), in->message, in->flow};
    if (in->nbad == FL_BAD_KEPT)
        return;
    fl_grow(in->bad, in->nbad, in->bad_cap);
    in->bad[in->nbad++] = in->last_bad;
}

static void report_bad(struct fl_intake *in)
{
    int64_t now = in->cx.rt->clock(in->cx.rt).wall;
    for (uint32_t i = 0; i < in->nbad; i++) {
        const struct fl_bad_flow *b = &in->bad[i];
        fl_log_limited(10, FL_WARN, "malformed flow", "message=%llu flow=%u field=%s error=%s text=%s",
                       (unsigned long long)b->message, b->flow, fl_log_quote(b->field), fl_log_quote(b->what),
                       fl_log_quoten(b->raw, b->raw_n));
        struct fl_rejected what = {b->message, b->what, b->field, b->raw, b->raw_n};
        if (in->reject)
            fl_reject_put(in->reject, now, &what);
    }
    in->nbad = 0;
}

void fl_intake_complete(struct fl_intake *in)
{
    if (in->nbad)
        report_bad(in);
    in->batch_complete(in->arg);
}

/* A zeroed record at the end of the batch; the one made for a malformed flow is used again. */
static struct fl_rec *record(struct fl_intake *in)
{
    struct fl_rec *r = in->spare;
    if (!r || in->batch.n == in->batch.cap)
        return fl_batch_add(&in->cx, &in->batch);
    in->spare = NULL;
    memset(r, 0, in->p->record_size);
    return in->batch.rec[in->batch.n++] = r;
}

/* The flow at d->p. False: not JSON. */
static bool take_flow(struct fl_intake *in)
{
    struct fl_decoder *d = &in->d;
    const char *raw = d->p;
    in->counts.received++;
    in->flow++;
    in->last_malformed = false;
    if (FL_UNLIKELY(*raw == 'n')) {
        if (!fl_skip_value(d))
            return false;
        note_bad(in, raw, "(flow)", "expected an object, found null");
        return true;
    }
    d->bad_field = NULL;
    d->spaced = false;
    struct fl_rec *r = record(in);
    if (!in->p->decode(d, r)) {
        in->spare = r;
        in->batch.n--;
        return false;
    }
    r->spaced = d->spaced;
    if (FL_UNLIKELY(d->bad_field != NULL)) {
        note_bad(in, raw, d->bad_field, d->bad_what);
        r->state = FL_MALFORMED;
        in->spare = r;
        in->batch.n--;
    }
    return true;
}

/* The list at d->p: 1; 0: null, or fl_bad was called because it isn't one; -1: not JSON. */
static int take_list(struct fl_intake *in)
{
    struct fl_decoder *d = &in->d;
    d->bad_field = NULL;
    int more = fl_array_begin(d, "Obj");
    if (more == 2)
        return 1;
    while (more == 1) {
        if (!take_flow(in))
            return -1;
        more = fl_element_end(d);
        if (more == 0)
            return 1;
    }
    return more;
}

/* fl_take_list: it may be called twice for a message, so it begins where the message began. */
static int take_held(void *arg, struct fl_decoder *d)
{
    struct fl_intake *in = arg;
    in->batch.n = 0;
    in->nbad = 0;
    in->counts.received = in->counts.malformed = 0;
    in->flow = 0;
    int rc = take_list(in);
    return rc == 0 && !d->bad_field ? 1 : rc;
}

static enum fl_document take_holder(struct fl_intake *in, const char *doc, bool stream)
{
    struct mark m = here(in);
    char why[200];
    switch (in->decode->read(in->decoder, &in->d, stream, take_held, in, why, sizeof why)) {
    case FL_DECODED_BROKEN:
        back_to(in, m);
        return FL_DOCUMENT_BROKEN;
    case FL_DECODED_REFUSED:
        back_to(in, m);
        fl_intake_reject(in, why, NULL, doc, in->d.p);
        return FL_DOCUMENT_REFUSED;
    case FL_DECODED_TAKEN:
        in->counts.messages++;
        break;
    }
    return FL_DOCUMENT_TAKEN;
}

static enum fl_document take_records(struct fl_intake *in, bool list)
{
    struct mark m = here(in);
    if (list ? take_list(in) < 0 : !take_flow(in)) {
        uint32_t flow = in->flow;
        back_to(in, m);
        in->flow = flow; /* the broken one */
        return FL_DOCUMENT_BROKEN;
    }
    in->counts.messages++;
    return FL_DOCUMENT_TAKEN;
}

bool fl_intake_element(struct fl_intake *in)
{
    struct mark m = here(in);
    uint32_t flow = in->flow;
    if (take_flow(in))
        return true;
    back_to(in, m);
    in->flow = flow;
    return false;
}

/* Numbers and the like: where they end isn't known at the end of a block, so they are treated as no JSON at all. */
static enum fl_document not_a_document(struct fl_intake *in)
{
    in->d.error = in->decode->expected;
    in->d.error_at = in->d.p;
    in->d.truncated = false;
    return FL_DOCUMENT_BROKEN;
}

enum fl_document fl_intake_document(struct fl_intake *in)
{
    const char *doc = in->d.p;
    in->flow = 0;
    in->last_rejected = in->last_malformed = false;
    bool list = *doc == '[';
    bool holder = *doc == '{' && in->decode->holds && in->decode->holds(in->decoder, &in->d);
    if (!list && *doc != '{')
        return not_a_document(in);
    if (!list && !holder)
        return take_records(in, false);
    /* A message is a batch of its own. */
    fl_intake_complete(in);
    enum fl_document result = holder ? take_holder(in, doc, true) : take_records(in, true);
    if (result == FL_DOCUMENT_TAKEN)
        fl_intake_complete(in);
    return result;
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

static enum fl_document whole_message(struct fl_intake *in)
{
    struct fl_decoder *d = &in->d;
    const char *doc = d->p;
    enum fl_document result;
    if (in->decode->bare)
        result = *doc == '{' || *doc == '[' ? take_records(in, *doc == '[') : not_a_document(in);
    else
        result = *doc == '{' ? take_holder(in, doc, false) : not_a_document(in);
    if (result == FL_DOCUMENT_TAKEN && fl_skip_space(d)) {
        d->error = "expected the end of the message";
        d->error_at = d->p;
        result = FL_DOCUMENT_BROKEN;
    }
    return result;
}

void fl_intake_message(struct fl_intake *in, const struct fl_message *m)
{
    struct fl_decoder *d = &in->d;
    fl_decoder_init(d, m->data, m->n, in->cx.scratch);
    in->message = m->number;
    in->place = 0;
    in->flow = 0;
    in->last_rejected = in->last_malformed = false;
    struct mark before = here(in);
    if (!fl_skip_space(d)) {
        fl_intake_reject(in, "the message is empty", NULL, m->data, m->data + m->n);
    } else if (whole_message(in) == FL_DOCUMENT_BROKEN) {
        back_to(in, before);
        fl_intake_reject(in, d->error, d->error_at, m->data, m->data + m->n);
    }
    fl_intake_complete(in);
}
