/*
 * texts.c - see texts.h: brackets and commas around records, pretty or compact.
 *
 * The records themselves are written by generated code, straight into the object's buffer. Objects are built by appending,
 * so what is around records is a handful of constant texts. The bytes are those of the original (Go's json.Marshal and
 * MarshalIndent with TABs).
 */
#include "encoders/texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/runtime.h"

struct array {
    const struct fl_output_of *of;
    bool pretty;
    unsigned level;                    /* pretty: containers around a record */
    struct fl_buf open;
    const char *between, *close;
    struct fl_buf header;              /* storeheader: what is being written of it */
};

void *fl_array_new(struct fl_runtime *rt, uint32_t output, bool pretty, const char *wrap)
{
    struct array *a = fl_new(struct array);
    a->of = &rt->pipeline->outputs[output];
    a->pretty = pretty;
    if (a->of->header)
        wrap = a->of->records;
    a->level = *wrap ? 2 : 1;
    if (*wrap) {
        fl_str s = {wrap, (uint32_t)strlen(wrap), FL_PLAIN};
        if (!a->of->header)
            fl_buf_puts(&a->open, pretty ? "{\n\t" : "{");
        fl_buf_room(&a->open, fl_string_max(s));
        a->open.n = (size_t)(fl_put_string(a->open.p + a->open.n, s) - a->open.p);
        fl_buf_puts(&a->open, pretty ? ": [\n\t\t" : ":[");
        a->between = pretty ? ",\n\t\t" : ",";
        a->close = a->of->header ? pretty ? "\n\t]" : "]" : pretty ? "\n\t]\n}\n" : "]}\n";
    } else {
        fl_buf_puts(&a->open, pretty ? "[\n\t" : "[");
        a->between = pretty ? ",\n\t" : ",";
        a->close = pretty ? "\n]\n" : "]\n";
    }
    return a;
}

/* The storeheader's members as an object; false: there are none. */
static bool make_header(struct array *a, struct fl_cx *cx, const struct fl_bundle *o, bool behind)
{
    struct fl_buf compact = {0};
    cx->html = true;
    fl_buf_putc(&compact, '{');
    a->of->header(cx, o, behind, &compact);
    fl_header_close(&compact);
    compact.n--; /* that closed it as a member: with a comma */
    a->header.n = 0;
    bool some = compact.n > 2;
    if (a->pretty)
        fl_json_pretty(&a->header, compact.p, compact.n, 0);
    else
        fl_buf_put(&a->header, compact.p, compact.n);
    fl_buf_free(&compact);
    return some;
}

static void begin_header(struct array *a, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out)
{
    bool some = make_header(a, cx, o, false);
    fl_buf_put(out, a->header.p, some && a->pretty ? a->header.n - 2 : a->header.n - 1); /* without its closing bracket */
    fl_buf_puts(out, !a->pretty ? some ? "," : "" : some ? ",\n\t" : "\n\t");
}

static void end_header(struct array *a, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out)
{
    if (make_header(a, cx, o, true)) {
        fl_buf_putc(out, ',');
        fl_buf_put(out, a->header.p + 1, a->header.n - 1);
    } else {
        fl_buf_puts(out, a->pretty ? "\n}" : "}");
    }
    fl_buf_putc(out, '\n');
}

void fl_array_begin_object(void *array, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out)
{
    struct array *a = array;
    if (a->of->header)
        begin_header(a, cx, o, out);
    fl_buf_put(out, a->open.p, a->open.n);
}

void fl_array_add(void *array, struct fl_cx *cx, const struct fl_rec *r, bool first, struct fl_buf *out)
{
    const struct array *a = array;
    if (!first)
        fl_buf_puts(out, a->between);
    cx->html = true;
    if (a->pretty)
        a->of->pretty(cx, r, out, a->level);
    else
        a->of->json(cx, r, out);
}

void fl_array_end_object(void *array, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out)
{
    struct array *a = array;
    fl_buf_puts(out, a->close);
    if (a->of->header)
        end_header(a, cx, o, out);
}

void fl_array_free(void *array)
{
    struct array *a = array;
    fl_buf_free(&a->open);
    fl_buf_free(&a->header);
    free(a);
}
