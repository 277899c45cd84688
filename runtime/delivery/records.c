/*
 * records.c - see records.h.
 */
#include "delivery/records.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/record_sink.h"

struct fl_records {
    struct fl_ledger *books;
    const struct fl_record_sink_kind *kind;
    void *sink;
};

static const struct fl_record_sink_kind *wanted(const struct fl_runtime *rt, uint32_t output)
{
    return fl_driver(rt->drivers, FL_RECORD_SINK, fl_config_kind_of(rt->config, output, "write"));
}

bool fl_records_wanted(const struct fl_runtime *rt, uint32_t output)
{
    return wanted(rt, output) != NULL;
}

struct fl_records *fl_records_new(struct fl_runtime *rt, uint32_t output, char **error)
{
    struct fl_options options = fl_options_of_output(rt->config, output, "write");
    struct fl_records *r = fl_new(struct fl_records);
    r->kind = wanted(rt, output);
    r->books = fl_ledger_of(&rt->ledger, output);
    r->sink = r->kind->open(rt, &rt->pipeline->outputs[output], &options, error);
    if (r->sink)
        return r;
    free(r);
    return NULL;
}

char *fl_records_check(struct fl_records *r)
{
    return r->kind->check ? r->kind->check(r->sink) : NULL;
}

void fl_records_add(struct fl_records *r, struct fl_cx *cx, const struct fl_batch *b, uint32_t from)
{
    uint64_t n = 0;
    for (uint32_t i = from; i < b->n; i++)
        if (b->rec[i]->state == FL_LIVE) {
            r->kind->add(r->sink, cx, b->rec[i]);
            n++;
        }
    fl_count(r->books, FL_C_written, n);
}

int64_t fl_records_tick(struct fl_records *r, struct fl_time now)
{
    return r->kind->tick ? r->kind->tick(r->sink, now) : INT64_MAX;
}

bool fl_records_end(struct fl_records *r)
{
    char *error = r->kind->end ? r->kind->end(r->sink) : NULL;
    if (error)
        fl_log(FL_ERROR, error, NULL);
    free(error);
    return !error;
}

bool fl_records_last(struct fl_records *r)
{
    return r->kind->lasts && r->kind->lasts(r->sink);
}

void fl_records_free(struct fl_records *r)
{
    if (!r)
        return;
    r->kind->close(r->sink);
    free(r);
}
