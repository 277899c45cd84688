/*
 * gremlin.c - tables filled with the nodes that an analyzer answers to a query: asked of the lookup kind of that name, on connections of
 * its own.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/lookup.h"
#include "drivers/table.h"
#include "lookups/answer.h"

#define PATIENCE (10 * FL_SECOND) /* for one answer */

struct gremlin {
    const struct fl_lookup_kind *kind;
    void *state;
};

/* One question and what became of it. */
struct asked {
    struct fl_question q; /* first: the kind hands it back */
    const struct fl_fill *fill;
    fl_row_read *row;
    void *arg;
    uint64_t *skipped;
    char *error;
};

static void *gremlin_open(struct fl_runtime *rt, const char *url, char **error)
{
    const struct fl_lookup_kind *kind = fl_driver(rt->drivers, FL_LOOKUP, "gremlin");
    struct fl_options o = {rt->config, "lookup", kind->name};
    void *state = kind->open(rt, &o, url, error);
    if (!state)
        return NULL;
    struct gremlin *g = fl_new(struct gremlin);
    *g = (struct gremlin){kind, state};
    return g;
}

static void answered(void *arg, struct fl_question *q, enum fl_answered_how how, const char *text, size_t n)
{
    struct asked *a = (struct asked *)(void *)q;
    char why[FL_ANSWER_WHY];
    (void)arg;
    switch (how) {
    case FL_ANSWERED:
        if (!fl_answer_rows(a->fill->row, text, n, a->row, a->arg, a->skipped, why))
            a->error = fl_strdup(why);
        break;
    case FL_REFUSED_ANSWER:
        a->error = fl_said("%.*s", (int)(n < 500 ? n : 500), text);
        break;
    case FL_NOBODY_ANSWERS:
        a->error = fl_strdup("no analyzer can be reached");
        break;
    case FL_ANSWER_LATE:
        a->error = fl_strdup("not answered in time");
        break;
    }
}

static char *gremlin_read(void *kind, const struct fl_fill *f, fl_row_read *row, void *arg, uint64_t *skipped)
{
    struct gremlin *g = kind;
    struct asked a = {.q = {.text = f->query, .n = (uint32_t)strlen(f->query), .deadline = fl_clock_monotonic() + PATIENCE},
                      .fill = f, .row = row, .arg = arg, .skipped = skipped};
    g->kind->ask(g->state, &a.q, answered, NULL);
    return a.error;
}

static void gremlin_until(void *kind, int64_t until)
{
    struct gremlin *g = kind;
    g->kind->until(g->state, until);
}

static void gremlin_close(void *kind)
{
    struct gremlin *g = kind;
    g->kind->close(g->state);
    free(g);
}

extern const struct fl_table_kind fl_table_gremlin;
const struct fl_table_kind fl_table_gremlin = {
    .name = "gremlin",
    .open = gremlin_open,
    .read = gremlin_read,
    .until = gremlin_until,
    .close = gremlin_close,
};
