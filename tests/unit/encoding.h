/*
 * encoding.h - for the tests of encoders, each beside its kind: two records, and whether an object of them is the very bytes that
 * are expected.
 */
#ifndef ENCODING_H
#define ENCODING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "config/config.h"
#include "core/runtime.h"
#include "config/values.h"
#include "drivers/encoder.h"
#include "program/registry.h"

static void put_json(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out)
{
    (void)cx;
    fl_buf_put(out, r->raw, r->raw_n);
}

static void put_csv(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out, const struct fl_csv *form)
{
    (void)form;
    put_json(cx, r, out);
}

static void put_pretty(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out, unsigned level)
{
    (void)cx;
    fl_json_pretty(out, r->raw, r->raw_n, level);
}

#define ONE "{\"UUID\":\"1\",\"Link\":{\"A\":\"x\"},\"List\":[1,2],\"None\":[],\"No\":{}}"

static const struct fl_rec records[2] = {
    {.raw = ONE FL_ZEROS, .raw_n = sizeof ONE - 1},
    {.raw = "{}" FL_ZEROS, .raw_n = 2},
};

static const fl_str columns[] = {FL_LIT("a"), FL_LIT("b,c")};

struct world {
    struct fl_pipeline p;
    struct fl_stage_choice stage;
    struct fl_output_of output;
    struct fl_runtime rt;
};

static void set_up(struct world *w, const char *kind, const struct fl_option_set *options, uint32_t n)
{
    memset(w, 0, sizeof *w);
    w->stage = (struct fl_stage_choice){"encode", kind, options, n};
    w->output = (struct fl_output_of){.stages = &w->stage, .nstages = 1, .json = put_json, .pretty = put_pretty,
                                      .csv = put_csv, .columns = columns, .ncolumns = 2};
    w->p = (struct fl_pipeline){.magic = FL_MAGIC, .abi = FL_ABI, .name = "t", .doc = "", .version = "1",
                                .file = "t.flow", .outputs = &w->output, .noutputs = 1};
    w->rt.drivers = fl_drivers;
    w->rt.pipeline = &w->p;
    char *error = NULL;
    w->rt.config = fl_config_defaults(&w->p, &error);
    if (error)
        fail_msg("%s", error);
    assert_non_null(w->rt.config);
}

static void tear_down(struct world *w)
{
    fl_config_free(w->rt.config);
}

/* The object of the first n records. */
static void expect(const char *kind, const struct fl_option_set *options, uint32_t noptions, unsigned n,
                   const char *text, const char *extension, const char *type)
{
    struct world w;
    struct fl_buf out = {0};
    set_up(&w, kind, options, noptions);
    struct fl_cx cx = {.rt = &w.rt};
    struct fl_options o = fl_options_of(w.rt.config, "encode");
    const struct fl_encode_kind *k = fl_driver(fl_drivers, FL_ENCODE, kind);
    char *error = NULL;
    void *e = k->open(&w.rt, &o, &error);
    assert_non_null(e);
    const struct fl_bundle opened = {.start = 1000000000}, sealed = {1000000000, 2000000000, n, FL_LIT("all/x/1")};
    if (k->begin)
        k->begin(e, &cx, &opened, &out);
    for (unsigned i = 0; i < n; i++)
        k->add(e, &cx, &records[i], i == 0, &out);
    if (k->end)
        k->end(e, &cx, &sealed, &out);
    if (k->close)
        k->close(e);
    fl_buf_putc(&out, 0);
    assert_string_equal(out.p, text);
    assert_string_equal(k->extension, extension);
    assert_string_equal(k->content_type, type);
    fl_buf_free(&out);
    tear_down(&w);
}

#endif
