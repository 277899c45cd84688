/*
 * texts.c - see texts.h: brackets and commas around records, pretty or compact.
 *
 * The records themselves are written by generated code, straight into the object's buffer. Objects are built by appending,
 * so what is around records is a handful of constant texts. The bytes are those of the original (Go's json.Marshal and
 * MarshalIndent with TABs, reference/20 section 5.1).
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
};

void *fl_array_new(struct fl_runtime *rt, uint32_t output, bool pretty, const char *wrap)
{
    struct array *a = fl_new(struct array);
    a->of = &rt->pipeline->outputs[output];
    a->pretty = pretty;
    a->level = *wrap ? 2 : 1;
    if (*wrap) {
        fl_str s = {wrap, (uint32_t)strlen(wrap), FL_PLAIN};
        fl_buf_puts(&a->open, pretty ? "{\n\t" : "{");
        fl_buf_room(&a->open, fl_string_max(s));
        a->open.n = (size_t)(fl_put_string(a->open.p + a->open.n, s) - a->open.p);
        fl_buf_puts(&a->open, pretty ? ": [\n\t\t" : ":[");
        a->between = pretty ? ",\n\t\t" : ",";
        a->close = pretty ? "\n\t]\n}\n" : "]}\n";
    } else {
        fl_buf_puts(&a->open, pretty ? "[\n\t" : "[");
        a->between = pretty ? ",\n\t" : ",";
        a->close = pretty ? "\n]\n" : "]\n";
    }
    return a;
}

void fl_array_begin_object(void *array, struct fl_buf *out)
{
    const struct array *a = array;
    fl_buf_put(out, a->open.p, a->open.n);
}

void fl_array_add(void *array, struct fl_cx *cx, const struct fl_rec *r, bool first, struct fl_buf *out)
{
    const struct array *a = array;
    if (!first)
        fl_buf_puts(out, a->between);
    if (a->pretty)
        a->of->pretty(cx, r, out, a->level);
    else
        a->of->json(cx, r, out);
}

void fl_array_end_object(void *array, struct fl_buf *out)
{
    fl_buf_puts(out, ((const struct array *)array)->close);
}

void fl_array_free(void *array)
{
    struct array *a = array;
    fl_buf_free(&a->open);
    free(a);
}
