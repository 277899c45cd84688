/*
 * encode.c - how records become objects: brackets and commas around them, pretty or compact; see encode.h.
 *
 * The records themselves are written by generated code, straight into the object's buffer. Objects are built by appending, so the framing is a handful of constant texts. The bytes are
 * those of the original (Go's json.Marshal and MarshalIndent with TABs). The store calls
 * fl_framing_of once and fl_encode per record.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "encoders/encode.h"

enum shape { COMPACT, PRETTY, LINES, CSV };

struct fl_encoding {
    enum shape shape;
    unsigned level;         /* pretty: containers around a record */
    struct fl_buf texts;    /* open, between, close, empty: each with its NUL */
    struct fl_framing framing;
};

/* Texts are collected in one buffer; pointers into it are made when it doesn't move any more. */
struct offsets {
    size_t open, between, close, empty;
};

static size_t text(struct fl_encoding *e, const char *s)
{
    size_t at = e->texts.n;
    fl_buf_put(&e->texts, s, strlen(s) + 1);
    return at;
}

/* `head` + JSON string of `name` + `tail`. */
static size_t wrapped(struct fl_encoding *e, const char *head, const char *name, const char *tail)
{
    size_t at = e->texts.n;
    fl_str s = {name, (uint32_t)strlen(name), FL_PLAIN};
    fl_buf_puts(&e->texts, head);
    fl_buf_room(&e->texts, fl_string_max(s));
    e->texts.n = (size_t)(fl_put_string(e->texts.p + e->texts.n, s) - e->texts.p);
    fl_buf_put(&e->texts, tail, strlen(tail) + 1);
    return at;
}

static struct offsets json_texts(struct fl_encoding *e, bool pretty, const char *wrap)
{
    struct offsets o;
    e->shape = pretty ? PRETTY : COMPACT;
    e->level = *wrap ? 2 : 1;
    if (*wrap) {
        o.open = wrapped(e, pretty ? "{\n\t" : "{", wrap, pretty ? ": [\n\t\t" : ":[");
        o.between = text(e, pretty ? ",\n\t\t" : ",");
        o.close = text(e, pretty ? "\n\t]\n}\n" : "]}\n");
        o.empty = wrapped(e, pretty ? "{\n\t" : "{", wrap, pretty ? ": []\n}\n" : ":[]}\n");
    } else {
        o.open = text(e, pretty ? "[\n\t" : "[");
        o.between = text(e, pretty ? ",\n\t" : ",");
        o.close = text(e, pretty ? "\n]\n" : "]\n");
        o.empty = text(e, "[]\n");
    }
    e->framing.extension = "json";
    e->framing.content_type = "application/json";
    return o;
}

static struct offsets csv_texts(struct fl_encoding *e, const struct fl_output_of *of, bool header)
{
    struct offsets o;
    e->shape = CSV;
    o.open = e->texts.n;
    if (header && of->csv_header) {
        fl_buf_puts(&e->texts, of->csv_header);
        fl_buf_puts(&e->texts, "\n");
    }
    text(e, ""); /* ends it */
    o.between = o.close = text(e, "");
    o.empty = o.open;
    e->framing.extension = "csv";
    e->framing.content_type = "text/csv";
    return o;
}

static struct offsets lines_texts(struct fl_encoding *e)
{
    struct offsets o;
    e->shape = LINES;
    o.open = o.between = o.close = o.empty = text(e, "");
    e->framing.extension = "ndjson";
    e->framing.content_type = "application/x-ndjson";
    return o;
}

static struct fl_encoding *encoding_new(struct fl_runtime *rt)
{
    struct fl_encoding *e = fl_new(struct fl_encoding);
    const char *kind = fl_config_kind(rt->config, "encode");
    struct offsets o;
    if (strcmp(kind, "csv") == 0)
        o = csv_texts(e, &rt->pipeline->outputs[0], fl_option_bool(rt->config, "encode", "csv", "header"));
    else if (strcmp(kind, "ndjson") == 0)
        o = lines_texts(e);
    else if (strcmp(kind, "secadvisor") == 0)
        o = json_texts(e, fl_option_bool(rt->config, "encode", "secadvisor", "pretty"), "data");
    else
        o = json_texts(e, fl_option_bool(rt->config, "encode", "json", "pretty"),
                       fl_option_str(rt->config, "encode", "json", "wrap"));
    e->framing.open = e->texts.p + o.open;
    e->framing.between = e->texts.p + o.between;
    e->framing.close = e->texts.p + o.close;
    e->framing.empty = e->texts.p + o.empty;
    return e;
}

static inline struct fl_encoding *encoding_of(struct fl_runtime *rt)
{
    if (!rt->encoding)
        rt->encoding = encoding_new(rt);
    return rt->encoding;
}

void fl_encoding_free(struct fl_encoding *e)
{
    if (!e)
        return;
    fl_buf_free(&e->texts);
    free(e);
}

void fl_framing_of(struct fl_runtime *rt, struct fl_framing *f)
{
    *f = encoding_of(rt)->framing;
}

void fl_encode(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out)
{
    struct fl_encoding *e = encoding_of(cx->rt);
    const struct fl_output_of *of = &cx->rt->pipeline->outputs[0];
    switch (e->shape) {
    case COMPACT:
        of->json(cx, r, out);
        break;
    case PRETTY:
        of->pretty(cx, r, out, e->level);
        break;
    case LINES:
        of->json(cx, r, out);
        fl_buf_putc(out, '\n');
        break;
    case CSV:
        of->csv(cx, r, out);
        fl_buf_putc(out, '\n');
        break;
    }
}
