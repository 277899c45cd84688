/*
 * stream.c - blocks of a file or pipe to documents, which may go on from block to block; see intake.h.
 *
 * Documents that lie within a block are decoded where they are. One that goes on in the next block is copied to
 * `tail`, and as much of the next block is added as it needs: up to the newline if documents end with their lines,
 * which is the rule; else the end is found by counting brackets, each byte once, so a large document that comes in
 * small pieces isn't decoded again and again. After an error the next document begins behind the next newline.
 */
#include "intake/intake.h"
#include "intake/queue.h"

#define TOO_LONG "the document is larger than the source's max_message"
#define LINE_MAX_HELD ((size_t)1 << 20) /* so much without a newline: documents don't end with lines any more */
#define TAIL_KEPT ((size_t)4 << 20) /* a larger one is given back after use */

enum outcome {
    ALL,        /* every document that begins before `stop` is done */
    UNFINISHED, /* the document at `at` has no end yet */
    LOST        /* no newline behind an error */
};

struct span {
    const char *data;
    size_t n;       /* FL_PAD zero bytes follow */
    size_t stop;    /* documents that begin at or behind it are left */
    size_t at;      /* result: where the next document begins */
    uint64_t place; /* of data[0] in the source */
    bool last;      /* nothing follows: an unfinished document is broken */
};

static void begin(struct fl_intake *in, const struct span *s)
{
    fl_decoder_init(&in->d, s->data, s->n, in->cx.scratch);
    in->place = s->place;
}

/* The document [doc, ..) is broken at d.error_at: reject it up to the newline. False: there is none. */
static bool resume(struct fl_intake *in, const struct span *s, const char *doc)
{
    struct fl_decoder *d = &in->d;
    const char *end = s->data + s->n;
    const char *newline = d->error_at < end ? memchr(d->error_at, '\n', (size_t)(end - d->error_at)) : NULL;
    fl_intake_reject(in, d->error, d->error_at, doc, newline ? newline : end);
    begin(in, s); /* a decoder that failed has to be set up again */
    d->p = newline ? newline + 1 : end;
    return newline != NULL;
}

static void after_document(struct fl_intake *in)
{
    const char *p = in->d.p;
    if (*p == '\n' || (*p == '\r' && p[1] == '\n'))
        in->lines = true;
    if (in->batch.n >= FL_BATCH || in->nbad >= FL_BATCH)
        fl_intake_complete(in);
}

/* Does it go on, and is it JSON so far, behind max_message bytes? */
static bool too_long(const struct fl_intake *in, const char *doc, size_t left)
{
    if (left <= in->max_message)
        return false;
    struct fl_decoder probe = in->d;
    const char *end = fl_skip_value(&probe) ? probe.p : probe.error_at;
    return (size_t)(end - doc) > in->max_message;
}

static enum outcome documents(struct fl_intake *in, struct span *s)
{
    struct fl_decoder *d = &in->d;
    begin(in, s);
    while (fl_skip_space(d)) {
        const char *doc = d->p;
        s->at = (size_t)(doc - s->data);
        if (s->at >= s->stop)
            return ALL;
        in->message++;
        if (FL_UNLIKELY(too_long(in, doc, s->n - s->at))) {
            d->error = TOO_LONG;
            d->error_at = doc + in->max_message;
        } else if (fl_intake_document(in) != FL_DOCUMENT_BROKEN) {
            after_document(in);
            continue;
        } else if (d->truncated && !s->last) {
            in->message--;
            return UNFINISHED;
        }
        if (!resume(in, s, doc)) {
            s->at = s->n;
            return s->last ? ALL : LOST;
        }
    }
    s->at = s->n;
    return ALL;
}

/* ---- the tail -------------------------------------------------------------------------------------------------- */

static void set_tail(struct fl_intake *in, const char *p, size_t n, uint64_t place)
{
    in->tail.n = 0;
    fl_buf_put(&in->tail, p, n);
    in->tail_place = place;
    in->brackets = (struct fl_brackets){0};
    in->counting = false;
    in->tried = n;
}

static void drop_tail(struct fl_intake *in)
{
    in->tail.n = 0;
    in->counting = false;
    if (in->tail.cap > TAIL_KEPT)
        fl_buf_free(&in->tail);
}

/* The document's end in the n bytes that go on with it, or n. */
static size_t count_brackets(struct fl_brackets *b, const char *p, size_t n, bool *found)
{
    *found = false;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        b->scanned++;
        if (b->in_string) {
            if (b->escaped)
                b->escaped = false;
            else if (c == '\\')
                b->escaped = true;
            else if (c == '"')
                b->in_string = false;
        } else if (c == '"') {
            b->in_string = true;
        } else if (c == '{' || c == '[') {
            b->depth++;
        } else if ((c == '}' || c == ']') && (b->depth <= 1 || --b->depth == 0)) {
            *found = true;
            return i + 1;
        }
    }
    return n;
}

/* How many bytes of the block [p, end) the tail needs next, at least 1; *try: it may be complete with them. */
static size_t wanted(struct fl_intake *in, const char *p, const char *end, bool *try)
{
    size_t n = (size_t)(end - p);
    struct fl_brackets *b = &in->brackets;
    if (!in->counting) {
        const char *newline = memchr(p, '\n', n);
        *try = newline != NULL;
        if (newline)
            return (size_t)(newline + 1 - p);
        if (in->lines && in->tail.n < LINE_MAX_HELD)
            return n;
        in->counting = true;
    }
    count_brackets(b, in->tail.p + b->scanned, in->tail.n - b->scanned, try);
    return *try ? n : count_brackets(b, p, n, try);
}

/*
 * Try the tail, of which the first `old` bytes came with earlier blocks; returns how many of its last bytes are left
 * over.
 */
static size_t try_tail(struct fl_intake *in, size_t old)
{
    struct span s = {.data = in->tail.p, .n = in->tail.n, .stop = old, .place = in->tail_place};
    memset(in->tail.p + in->tail.n, 0, FL_PAD);
    enum outcome o = documents(in, &s);
    fl_intake_complete(in);
    in->before_reuse(in->arg); /* the tail is used again at once */
    size_t left = s.n - s.at;
    switch (o) {
    case LOST:
        in->skipping = true;
        drop_tail(in);
        return 0;
    case ALL:
        drop_tail(in);
        return left;
    case UNFINISHED:
        break;
    }
    if (s.at) {
        memmove(in->tail.p, in->tail.p + s.at, left);
        in->tail.n = left;
        in->tail_place += s.at;
        in->brackets = (struct fl_brackets){0};
    }
    in->counting = true; /* it goes on behind its line */
    in->tried = left;
    return 0;
}

/* Finish what the block before left; returns where the block goes on. */
static const char *finish_tail(struct fl_intake *in, const char *p, const char *end)
{
    while (in->tail.n && p < end) {
        size_t old = in->tail.n;
        bool try;
        size_t n = wanted(in, p, end, &try);
        fl_buf_put(&in->tail, p, n);
        p += n;
        /* What is broken has no end: look from time to time, at the latest when it gets too long. */
        if (try || in->tail.n > in->max_message || (in->counting && in->tail.n / 2 > in->tried))
            p -= try_tail(in, old);
    }
    return p;
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

/* Past the newline that ends a rejected document. */
static const char *skip(struct fl_intake *in, const char *p, const char *end)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    in->skipping = !newline;
    return newline ? newline + 1 : end;
}

static size_t behind_last_newline(const char *p, size_t n)
{
    const char *newline = memrchr(p, '\n', n);
    return newline ? (size_t)(newline + 1 - p) : 0;
}

static void in_place(struct fl_intake *in, const char *p, const char *end, uint64_t place, bool last)
{
    struct span s = {.data = p, .n = (size_t)(end - p), .place = place, .last = last};
    s.stop = in->lines && !last ? behind_last_newline(p, s.n) : s.n;
    enum outcome o = documents(in, &s);
    fl_intake_complete(in);
    in->skipping = o == LOST;
    if (o != LOST && s.at < s.n)
        set_tail(in, p + s.at, s.n - s.at, place + s.at);
}

void fl_intake_block(struct fl_intake *in, const struct fl_message *m)
{
    const char *p = m->data, *end = m->data + m->n;
    if (m->offset == 0 && m->n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3; /* a byte order mark, RFC 8259 section 8.1: may be ignored */
    while (p < end && (in->skipping || in->tail.n))
        p = in->skipping ? skip(in, p, end) : finish_tail(in, p, end);
    if (p < end)
        in_place(in, p, end, m->offset + (uint64_t)(p - m->data), m->last);
    if (m->last)
        fl_intake_end(in);
    fl_intake_complete(in);
}

void fl_intake_end(struct fl_intake *in)
{
    if (in->tail.n) {
        struct span s = {.data = in->tail.p, .n = in->tail.n, .stop = in->tail.n, .place = in->tail_place,
                         .last = true};
        memset(in->tail.p + in->tail.n, 0, FL_PAD);
        documents(in, &s);
        fl_intake_complete(in);
        in->before_reuse(in->arg);
        drop_tail(in);
    }
    in->skipping = false;
}
