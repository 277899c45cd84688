/* csv.c - encode csv: a line of names, unless option `header` says no, and a line per record; they end as `line_end` says. */
#include <stdlib.h>

#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/encoder.h"

struct csv {
    const struct fl_output_of *of;
    bool header;
    const char *line_end;
};

static void *open_csv(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)error;
    struct csv *c = fl_new(struct csv);
    c->of = &rt->pipeline->outputs[0];
    c->header = fl_opt_bool(o, "header");
    c->line_end = fl_opt_int(o, "line_end") ? "\n" : "\r\n"; /* crlf, lf */
    return c;
}

static void begin(void *e, struct fl_buf *out)
{
    const struct csv *c = e;
    if (!c->header)
        return;
    fl_buf_puts(out, c->of->csv_header);
    fl_buf_puts(out, c->line_end);
}

static void add(void *e, struct fl_cx *cx, const struct fl_rec *r, bool first, struct fl_buf *out)
{
    (void)first;
    const struct csv *c = e;
    c->of->csv(cx, r, out);
    fl_buf_puts(out, c->line_end);
}

extern const struct fl_encode_kind fl_encode_csv;
const struct fl_encode_kind fl_encode_csv = {
    .name = "csv",
    .extension = "csv",
    .content_type = "text/csv",
    .open = open_csv,
    .begin = begin,
    .add = add,
    .close = free,
};
