/* csv.c - encode csv: a line of names, unless option `header` says no, and a line per record; they end as `line_end` says. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/encoder.h"

struct csv {
    const struct fl_output_of *of;
    struct fl_csv form;
    char missing[32 + FL_PAD]; /* form.missing */
    bool header;
    const char *line_end;
};

static void *open_csv(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)error;
    struct csv *c = fl_new(struct csv);
    c->of = &rt->pipeline->outputs[o->output];
    int n = snprintf(c->missing, sizeof c->missing, "%s", fl_opt_str(o, "missing"));
    c->form = (struct fl_csv){(char)fl_opt_int(o, "separator"), {c->missing, (uint32_t)n, FL_PLAIN}};
    c->header = fl_opt_bool(o, "header");
    c->line_end = fl_opt_int(o, "line_end") ? "\n" : "\r\n"; /* crlf, lf */
    return c;
}

static void begin(void *e, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out)
{
    (void)cx;
    (void)o;
    const struct csv *c = e;
    if (!c->header)
        return;
    for (uint32_t i = 0; i < c->of->ncolumns; i++) {
        const fl_str name = c->of->columns[i];
        char *w = fl_buf_room(out, fl_csv_max(name) + 1);
        if (i)
            *w++ = c->form.separator;
        out->n = (size_t)(fl_csv_string(w, name, &c->form) - out->p);
    }
    fl_buf_puts(out, c->line_end);
}

static void add(void *e, struct fl_cx *cx, const struct fl_rec *r, bool first, struct fl_buf *out)
{
    (void)first;
    const struct csv *c = e;
    cx->html = false;
    c->of->csv(cx, r, out, &c->form);
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
