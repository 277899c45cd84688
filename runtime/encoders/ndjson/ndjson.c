/* ndjson.c - encode ndjson: a record per line. */
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/encoder.h"

/* The encoder is the output's writers. */
static void *open_lines(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)error;
    return (void *)(uintptr_t)&rt->pipeline->outputs[o->output];
}

static void add(void *e, struct fl_cx *cx, const struct fl_rec *r, bool first, struct fl_buf *out)
{
    (void)first;
    cx->html = false;
    ((const struct fl_output_of *)e)->json(cx, r, out);
    fl_buf_putc(out, '\n');
}

extern const struct fl_encode_kind fl_encode_ndjson;
const struct fl_encode_kind fl_encode_ndjson = {
    .name = "ndjson",
    .extension = "ndjson",
    .content_type = "application/x-ndjson",
    .open = open_lines,
    .add = add,
};
