/*
 * stream.c - blocks of a file or pipe to documents, which may go on from block to block; see intake.h.
 *
 * Documents that lie within a block are decoded where they are. One that goes on in the next block is copied to
 * `tail`, and as much of the next block is added as it needs: up to the newline if documents end with their lines,
 * which is the rule; else the end is found by counting brackets, each byte once, so a large document that comes in
 * small pieces isn't decoded again and again. After an error recover.c finds where the next one begins.
 *
 * A list is one document, and its records are one batch. One that is broken, isn't closed or is larger than LIST_HELD is
 * taken apart: each element is a document of its own then, until the list's bracket comes.
 */
#include "base/log.h"
#include "intake/intake.h"
#include "intake/queue.h"

static const char too_long_text[] = "the document is larger than the source's max_message";
#define LIST_HELD ((size_t)1 << 20)     /* a larger list is taken element by element */
#define LINE_MAX_HELD ((size_t)1 << 20) /* so much without a newline: documents don't end with lines any more */
#define TAIL_KEPT ((size_t)4 << 20) /* a larger one is given back after use */

enum outcome {
    ALL,        /* every document that begins before `stop` is done */
    UNFINISHED, /* the document at `at` has no end yet */
    LOST,       /* where the next one begins isn't here */
    ON          /* it goes on at d.p */
};

static void begin(struct fl_intake *in, const struct fl_span *s, const char *at)
{
    fl_decoder_init(&in->d, s->data, s->n, in->cx.scratch);
    in->place = s->place;
    in->d.p = at;
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

/* What is broken at doc, as in->d says: passed over. */
static enum outcome recover(struct fl_intake *in, const struct fl_span *s, const char *doc)
{
    const char *next = fl_intake_recover(in, s, doc, in->d.error != too_long_text);
    if (!next)
        return UNFINISHED;
    begin(in, s, next);
    return in->skipping ? LOST : ON;
}

/* Is something behind the value at doc that is neither bracket nor quote? Else it may go on in the next block. */
static bool ends_here(const char *doc, const char *end)
{
    while (doc < end && *doc != ',' && *doc != ']' && (unsigned char)*doc > ' ')
        doc++;
    return doc < end;
}

/* ---- a list that is taken apart ------------------------------------------------------------------------------------ */

static enum outcome open_list(struct fl_intake *in, const struct fl_span *s, const char *doc)
{
    fl_intake_complete(in);
    in->counts.messages++;
    in->flow = 0;
    in->list = in->comma = true;
    in->like_n = 0;
    in->list_place = s->place + (uint64_t)(doc - s->data);
    begin(in, s, doc + 1);
    return ON;
}

static void close_list(struct fl_intake *in, bool closed)
{
    if (!closed)
        fl_log_limited(10, FL_WARN, "a list isn't closed", "message=%llu byte=%llu elements=%u", (unsigned long long)in->message,
                       (unsigned long long)in->list_place, in->flow);
    in->list = false;
    fl_intake_complete(in);
}

static void keep_like(struct fl_intake *in, const char *doc, const char *end)
{
    const char *open = memchr(doc, '"', (size_t)(end - doc));
    const char *close = open ? memchr(open + 1, '"', (size_t)(end - open - 1)) : NULL;
    size_t n = close ? (size_t)(close + 1 - doc) : 0;
    in->like_n = *doc == '{' && n <= FL_LIKE ? n : 0;
    memcpy(in->like, doc, in->like_n);
}

static enum outcome element(struct fl_intake *in, const struct fl_span *s, const char *doc)
{
    struct fl_decoder *d = &in->d;
    bool more = !s->last;
    if (more && *doc != '{' && *doc != '[' && *doc != '"' && !ends_here(doc, s->data + s->n))
        return UNFINISHED;
    if (FL_UNLIKELY(too_long(in, doc, s->n - s->at))) {
        d->error = too_long_text;
        d->error_at = doc + in->max_message;
    } else if (fl_intake_element(in)) {
        in->comma = false;
        keep_like(in, doc, d->p);
        return ON;
    } else if (d->truncated && more) {
        return UNFINISHED;
    }
    enum outcome o = recover(in, s, doc);
    in->comma &= o == UNFINISHED;
    return o;
}

/* A broken list that has elements all the same; a line of a log may begin with a bracket too. */
static bool has_elements(const struct fl_intake *in, const struct fl_span *s, const char *doc)
{
    const char *p = doc + 1, *end = s->data + s->n;
    while (p < end && (unsigned char)*p <= ' ')
        p++;
    return in->flow > 1 || p == end || *p == '{' || *p == ',';
}

/* ---- documents ------------------------------------------------------------------------------------------------------ */

static enum outcome document(struct fl_intake *in, const struct fl_span *s, const char *doc)
{
    struct fl_decoder *d = &in->d;
    bool list = *doc == '[', truncated = false;
    in->message++;
    if (FL_UNLIKELY(too_long(in, doc, s->n - s->at))) {
        d->error = too_long_text;
        d->error_at = doc + in->max_message;
        truncated = true;
    } else if (fl_intake_document(in) != FL_DOCUMENT_BROKEN) {
        after_document(in);
        return ON;
    } else if (d->truncated && !s->last) {
        truncated = true;
        if (!list || s->n - s->at <= LIST_HELD) {
            in->message--;
            return UNFINISHED;
        }
    }
    if (list && (truncated || has_elements(in, s, doc)))
        return open_list(in, s, doc);
    enum outcome o = recover(in, s, doc);
    if (o == UNFINISHED)
        in->message--;
    return o;
}

/*
 * What may stand between documents beside white space: commas, NULs (a hole in a file), byte order marks, and a list's
 * bracket. ON: passed over; ALL: none of it.
 */
static enum outcome between(struct fl_intake *in, const struct fl_span *s, const char *p)
{
    const char *end = s->data + s->n, *q = p;
    if (in->list && *p == ']') {
        in->d.p++;
        close_list(in, true);
        return ON;
    }
    if (in->list && *p == '[' && !in->comma) { /* files that were joined, the first of them cut off */
        close_list(in, false);
        return ALL;
    }
    if (*p == ',') {
        in->comma = true;
        in->counts.skipped += !in->list;
        in->d.p++;
        return ON;
    }
    while (q < end && *q == 0)
        q++;
    if (memcmp(p, "\xef\xbb\xbf", (size_t)(end - p) < 3 ? (size_t)(end - p) : 3) == 0) {
        if (end - p < 3 && !s->last)
            return UNFINISHED;
        q = end - p < 3 ? end : p + 3;
    }
    in->counts.skipped += (uint64_t)(q - p);
    in->d.p = q;
    return q > p ? ON : ALL;
}

static enum outcome documents(struct fl_intake *in, struct fl_span *s)
{
    struct fl_decoder *d = &in->d;
    enum outcome o = ON;
    begin(in, s, s->data);
    while (o == ON && fl_skip_space(d)) {
        const char *doc = d->p;
        s->at = (size_t)(doc - s->data);
        if (s->at >= s->stop)
            return ALL;
        if (FL_UNLIKELY(*doc != '{')) {
            o = between(in, s, doc);
            if (o != ALL)
                continue;
        }
        o = FL_UNLIKELY(in->list) ? element(in, s, doc) : document(in, s, doc);
    }
    if (o == UNFINISHED)
        return o;
    s->at = s->n;
    return o == LOST && !s->last ? LOST : ALL;
}

/* ---- the tail -------------------------------------------------------------------------------------------------- */

static void set_tail(struct fl_intake *in, const struct fl_span *s)
{
    in->tail.n = 0;
    fl_buf_put(&in->tail, s->data + s->at, s->n - s->at);
    in->tail_place = s->place + s->at;
    in->tail_indent = fl_intake_indent(s, s->data + s->at);
    in->brackets = (struct fl_brackets){0};
    in->counting = false;
    in->tried = in->tail.n;
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
        if (in->lines && !in->list && in->tail.n < LINE_MAX_HELD)
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
    struct fl_span s = {.data = in->tail.p, .n = in->tail.n, .stop = old, .place = in->tail_place,
                        .indent = in->tail_indent};
    memset(in->tail.p + in->tail.n, 0, FL_PAD);
    enum outcome o = documents(in, &s);
    fl_intake_complete(in);
    in->before_reuse(in->arg); /* the tail is used again at once */
    size_t left = s.n - s.at;
    switch (o) {
    case LOST:
        drop_tail(in);
        return 0;
    case ALL:
    case ON:
        drop_tail(in);
        return left;
    case UNFINISHED:
        break;
    }
    if (s.at) {
        in->tail_indent = fl_intake_indent(&s, s.data + s.at);
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
        bool list = *in->tail.p == '[' && in->tail.n > LIST_HELD && !in->list;
        if (try || list || in->tail.n > in->max_message || (in->counting && in->tail.n / 2 > in->tried))
            p -= try_tail(in, old);
    }
    return p;
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

/* Past what is left of a broken document. */
static const char *skip(struct fl_intake *in, const char *p, const char *end)
{
    enum fl_resync_found found;
    const char *next = fl_resync_run(&in->resync, p, end, NULL, &found, NULL);
    in->skipping = found == FL_RESYNC_NOTHING;
    in->counts.skipped += (uint64_t)(next - p);
    return next;
}

static size_t behind_last_newline(const char *p, size_t n)
{
    const char *newline = memrchr(p, '\n', n);
    return newline ? (size_t)(newline + 1 - p) : 0;
}

static void in_place(struct fl_intake *in, const char *p, const char *end, uint64_t place, bool last)
{
    struct fl_span s = {.data = p, .n = (size_t)(end - p), .place = place, .last = last};
    s.stop = in->lines && !last ? behind_last_newline(p, s.n) : s.n;
    enum outcome o = documents(in, &s);
    fl_intake_complete(in);
    if (o != LOST && s.at < s.n)
        set_tail(in, &s);
}

void fl_intake_block(struct fl_intake *in, const struct fl_message *m)
{
    const char *p = m->data, *end = m->data + m->n;
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
        struct fl_span s = {.data = in->tail.p, .n = in->tail.n, .stop = in->tail.n, .place = in->tail_place,
                            .indent = in->tail_indent, .last = true};
        memset(in->tail.p + in->tail.n, 0, FL_PAD);
        documents(in, &s);
        fl_intake_complete(in);
        in->before_reuse(in->arg);
        drop_tail(in);
    }
    if (in->list)
        close_list(in, false);
    in->skipping = false;
}
