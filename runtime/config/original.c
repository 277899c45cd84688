/*
 * original.c - a file of the original that leaves a key out gets this program's default, which isn't always the original's: says
 * so, once per key, at start. Part of config.c. Params that decide what is dropped are named in any case (config.c).
 */
#include <stdlib.h>
#include <string.h>

#include "config/parts.h"
#include "config/values.h"

static const struct { const char *path, *value; } rows[] = {
#define ORIGINAL(path, value) { path, value },
#include "config/original.def"
#undef ORIGINAL
};

/* What holds at a path that nobody gave. */
struct held {
    const char *text;
    enum fl_given given;
    bool same; /* as the original's */
};

static bool of_param(struct fl_config *c, const char *path, const char *original, struct held *h)
{
    const struct fl_param *p = fl_conf_param_at(c, path);
    if (!p || p->decides)
        return false;
    const struct fl_param_value *v = &c->param[p - c->pipeline->params];
    if (!v->v)
        return false;
    *h = (struct held){ fl_yaml_show(&c->arena, v->v), v->given, false };
    h->same = !strcmp(h->text, original);
    return true;
}

static bool of_kind(struct fl_config *c, const char *path, const char *original, struct held *h)
{
    for (uint32_t i = 0; i < fl_phase_nrows; i++) {
        const struct fl_phase_row *p = &fl_phase_rows[i];
        if (!p->yaml || strcmp(p->yaml, path))
            continue;
        for (uint32_t k = 0; k < c->at->nkinds; k++)
            if (!strcmp(c->at->kind[k].phase, p->phase))
                *h = (struct held){ c->at->kind[k].kind, c->at->kind[k].given, false };
        /* The original's secadvisor had the encoder of its name by default. */
        h->same = !strcmp(h->text, original) || !strcmp(h->text, c->pipeline->name);
        return true;
    }
    return false;
}

static bool of_option(struct fl_config *c, const char *path, const char *original, struct held *h)
{
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        const struct fl_option_value *v = &c->at->option[i];
        if (!r->yaml || strcmp(r->yaml, path) || !v->v || strcmp(r->kind, fl_config_kind(c, r->phase)))
            continue;
        *h = (struct held){ fl_yaml_show(&c->arena, v->v), v->given, false };
        switch (r->of.type) {
        case FL_OPT_BOOL: h->same = v->b == !strcmp(original, "true"); break;
        case FL_OPT_INT:
        case FL_OPT_DURATION:
        case FL_OPT_BYTES:
        case FL_OPT_LEVEL: h->same = v->i == strtoll(original, NULL, 10); break; /* only ever 0 */
        case FL_OPT_STRING:
        case FL_OPT_SECRET:
        case FL_OPT_URL:
        case FL_OPT_CHAR:
        case FL_OPT_CELL:
        case FL_OPT_WORD: h->same = !strcmp(v->s, original); break;
        }
        return true;
    }
    return false;
}

void fl_conf_original(struct fl_config *c)
{
    if (!c->file.n)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = rows[i].path, *original = rows[i].value;
        struct held h = { 0 };
        if (!of_param(c, path, original, &h) && !of_kind(c, path, original, &h) && !of_option(c, path, original, &h))
            continue;
        if (h.given <= FL_BY_FLOW && !h.same)
            fl_conf_note(c, FL_INFO, "%s is not set: %s by default; the original's default is %s", path, h.text,
                         *original ? original : "empty");
    }
}
