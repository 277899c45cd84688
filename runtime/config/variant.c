/*
 * variant.c - which of the alternatives that a `select` has is the pipeline: the values of its params say it. Part of config.c.
 */
#include <string.h>

#include "config/parts.h"

const struct fl_pipeline *fl_conf_variant_at(const struct fl_pipeline *whole, uint32_t i)
{
    if (!whole->nvariants)
        return i ? NULL : whole;
    return i < whole->nvariants ? whole->variants[i].pipeline : NULL;
}

const struct fl_param *fl_conf_param_named(const struct fl_pipeline *p, const char *name, size_t n)
{
    for (uint32_t i = 0; i < p->nparams; i++)
        if (strlen(p->params[i].name) == n && !memcmp(p->params[i].name, name, n))
            return &p->params[i];
    return NULL;
}

static const struct fl_param *param_of(const struct fl_pipeline *p, const struct fl_when *w)
{
    return fl_conf_param_named(p, w->param, strlen(w->param));
}

static bool holds(struct fl_config *c, const struct fl_pipeline *p, const struct fl_when *w)
{
    struct fl_among a = fl_conf_param_among(c, param_of(p, w), w->others ? w->others : w->values);
    return a.text && a.is == !w->others;
}

/* How many of its alternatives hold, from the first on. */
static uint32_t held(struct fl_config *c, const struct fl_variant *v)
{
    uint32_t n = 0;
    while (n < v->nwhen && holds(c, v->pipeline, &v->when[n]))
        n++;
    return n;
}

/* Is there nothing to say of alternative i: another select by its param has the value, or one before it has none either? */
static bool noted(struct fl_config *c, const struct fl_variant *v, uint32_t i)
{
    const struct fl_param *p = param_of(v->pipeline, &v->when[i]);
    for (uint32_t k = 0; k < v->nwhen; k++)
        if (!strcmp(v->when[k].param, p->name) && ((k < i && v->when[k].others) || fl_conf_param_among(c, p, v->when[k].values).is))
            return true;
    return false;
}

/* What the .flow has no alternative for, and takes with the others that it hasn't. */
static void note_others(struct fl_config *c, const struct fl_variant *v)
{
    for (uint32_t i = 0; i < v->nwhen; i++) {
        const struct fl_when *w = &v->when[i];
        const struct fl_param *p = param_of(v->pipeline, w);
        struct fl_among a = fl_conf_param_among(c, p, w->values);
        const char *list = "";
        if (!w->others || a.is || a.given <= FL_BY_FLOW || noted(c, v, i))
            continue;
        for (int other = 0; other < 2; other++)
            for (const char *const *s = other ? w->others : w->values; *s; s++)
                list = fl_arena_printf(&c->arena, "%s%s%s", list, *list ? ", " : "", *s);
        fl_conf_note(c, FL_WARN, "%s: %s is none of %s, so what is for all others holds", p->yaml ? p->yaml : p->name, a.text, list);
    }
}

void fl_conf_choose_variant(struct fl_config *c)
{
    const struct fl_variant *best = NULL;
    uint32_t most = 0;
    for (uint32_t i = 0; i < c->whole->nvariants; i++) {
        const struct fl_variant *v = &c->whole->variants[i];
        uint32_t n = held(c, v);
        if (!best || n > most) {
            best = v;
            most = n;
        }
        if (n == v->nwhen) {
            c->pipeline = v->pipeline;
            note_others(c, v);
            return;
        }
    }
    c->pipeline = best ? best->pipeline : c->whole; /* reading the param says what is wrong with its value */
}
