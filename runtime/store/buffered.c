/*
 * buffered.c - store `buffered`: series of numbered objects in streams.
 *
 *   <prefix>/<class>/<stream>/<8 digits>[.gz]             without a partition
 *   <prefix>/<partition path>/<stream>/<8 digits>.json.gz with one
 *
 * A stream is named after the UTC second in which its first object was sealed. Within one second a folder keeps its
 * stream and counts on, so that a name is never used twice (the original overwrote objects there). After the clock was put
 * back a stream may get the second of an earlier one: then its numbers begin above all that the folder ever had. Behind the second
 * comes the instance's token, so that processes that start in one second don't meet: 20261123T085502Z-7f3a9c.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdio.h>

#include "base/memory.h"
#include "config/values.h"
#include "store/series.h"

static char *init(struct fl_store *s, const struct fl_options *o)
{
    s->max_records = fl_opt_int(o, "max_flows_per_object");
    s->max_age = fl_opt_int(o, "max_seconds_per_object");
    s->max_stream = fl_opt_int(o, "max_seconds_per_stream");
    s->max_open = fl_opt_int(o, "max_open_partitions");
    /* 0: as in the original, nothing is kept beyond the message that brought it. */
    if (s->max_age <= 0) {
        s->max_age = INT64_MAX;
        s->seal_at_batch_end = true;
    }
    if (fl_opt_bool(o, "legacy_names")) {
        if (s->random_token)
            *s->instance = 0;
        s->buffered_extension = ".gz";
        s->encoding = "gzip";
        snprintf(s->extension, sizeof s->extension, ".%s.gz", s->encode->extension);
    }
    return NULL;
}

static uint32_t key(struct fl_store *s, struct fl_series *e, struct fl_buf *out)
{
    struct fl_folder *f = e->folder;
    int64_t second = s->now.wall / FL_SECOND;
    bool back = second < f->stream; /* only after a correction, by minutes or more */
    if (f->stream == 0 || back || (second > f->stream && second - f->stream >= s->max_stream / FL_SECOND)) {
        f->stream = second;
        f->number = second > f->latest ? 0 : f->most;
        f->latest = second > f->latest ? second : f->latest;
    }
    char stamp[16];
    fl_stamp(f->stream, stamp);
    fl_buf_printf(out, "%s%s/", s->prefix, f->path);
    uint32_t at = (uint32_t)out->n;
    fl_buf_printf(out, "%sZ%s/%08llu%s", stamp, s->instance, (unsigned long long)f->number++,
                  f->partition ? s->extension : s->buffered_extension);
    f->most = f->number > f->most ? f->number : f->most;
    return at;
}

const struct fl_store_kind fl_store_buffered = {.name = "buffered", .init = init, .key = key};
