/*
 * direct.c - store `direct`: one object per message and class, written at once.
 *
 *   <prefix>/<class or partition path>/<UTC time to the millisecond>-<instance>-<6 digits>.json.gz
 *
 * The number counts all objects of the process, so two never share a name (the original wrote each over the last).
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "core/clock.h"
#include "store/series.h"

static char *init(struct fl_store *s, const struct fl_options *o)
{
    (void)o;
    s->seal_at_batch_end = true;
    return NULL;
}

static uint32_t key(struct fl_store *s, struct fl_series *e, struct fl_buf *out)
{
    char stamp[16];
    fl_stamp(s->now.wall / FL_SECOND, stamp);
    fl_buf_printf(out, "%s%s/", s->prefix, e->folder->path);
    uint32_t at = (uint32_t)out->n;
    fl_buf_printf(out, "%s.%03uZ%s-%06llu%s", stamp, (unsigned)(s->now.wall / 1000000 % 1000), s->instance,
                  (unsigned long long)s->number++, s->extension);
    e->folder->stream = s->now.wall / FL_SECOND;
    return at;
}

const struct fl_store_kind fl_store_direct = {.name = "direct", .init = init, .key = key};
