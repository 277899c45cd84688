/*
 * print.c - --print-config: all keys with the values that hold, as YAML that can be read again. Called by
 * program/main.c.
 *
 * Keys that move nothing as things are stand there as comments: kinds that aren't chosen, what has no value, secrets, URLs
 * with a password.
 */
#include <stdlib.h>
#include <string.h>

#include "config/known_keys.h"
#include "config/parts.h"
#include "config/print.h"
#include "base/rows.h"
#include "config/values.h"

void fl_print_words(FILE *out, const char *words)
{
    size_t n;
    for (const char *s = words; *s; s += n ? n : 1)
        fputc((n = fl_control(s)) ? ' ' : *s, out);
}

struct item {
    const char *path;
    const char *value;  /* NULL: none */
    const char *doc;
    bool comment;
    uint32_t order;
};

struct items {
    struct item *v;
    uint32_t n;
};

/* A value that holds a password can't be shown as it is, so it is a comment. */
static void add(struct fl_config *c, struct items *l, const char *path, const char *value, const char *doc, bool comment)
{
    const char *shown = value ? fl_masked(&c->arena, value) : NULL;
    comment |= shown != value;
    value = shown;
    for (uint32_t i = 0; i < l->n; i++) {
        if (strcmp(l->v[i].path, path))
            continue;
        if (l->v[i].comment && !comment) { /* the same key for several kinds: the one that holds */
            uint32_t order = l->v[i].order;
            l->v[i] = (struct item){ path, value, doc, comment, order };
        }
        return;
    }
    l->v[l->n] = (struct item){ path, value, doc, comment, l->n };
    l->n++;
}

/* Its own words, else those of the original's key. */
static const char *param_doc(struct fl_config *c, const struct fl_param *p)
{
    const char *doc = p->doc && *p->doc ? p->doc : NULL;
    for (uint32_t i = 0; !doc && i < fl_key_nrows; i++)
        if (!strcmp(fl_key_rows[i].path, p->yaml))
            doc = fl_key_rows[i].doc;
    for (const char *const *o = doc ? NULL : p->one_of; o && *o; o++) {
        const char *value = **o ? *o : "\"\"";
        doc = doc ? fl_arena_printf(&c->arena, "%s%s%s", doc, o[1] ? ", " : " or ", value) : value;
    }
    if (doc)
        return fl_arena_printf(&c->arena, "%s (param %s)", doc, p->name);
    return fl_arena_printf(&c->arena, "param %s", p->name);
}

static void add_params(struct fl_config *c, struct items *l)
{
    for (uint32_t i = 0; i < c->pipeline->nparams; i++) {
        const struct fl_param *p = &c->pipeline->params[i];
        const struct fl_yaml_value *v = c->param[i].v;
        if (!p->yaml)
            continue;
        const char *doc = param_doc(c, p);
        if (p->shape == FL_MAP_OF) {
            fl_str text = *(fl_str *)p->value;
            add(c, l, p->yaml, text.n ? fl_arena_strndup(&c->arena, text.p, text.n) : "{}", doc, false);
        } else if (p->secret) {
            add(c, l, p->yaml, c->param[i].v ? "(set, not shown)" : NULL, doc, true);
        } else {
            add(c, l, p->yaml, v ? fl_yaml_show(&c->arena, v) : NULL, doc, !v);
        }
    }
}

/* Of the output at hand; `source`: those of the source, else all others. */
static void add_options(struct fl_config *c, struct items *l, bool source)
{
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        if (!strcmp(r->phase, "source") != source || (fl_conf_output(c) > 0 && !fl_phase_of_output(r->phase)))
            continue;
        const char *path = r->yaml ? fl_conf_path(c, r->phase, r->yaml) : NULL;
        const struct fl_option_value *o = &c->at->option[i];
        bool holds = !strcmp(r->kind, FL_ONLY) || !strcmp(r->kind, fl_config_kind(c, r->phase));
        if (!r->yaml)
            continue;
        if (r->of.type == FL_OPT_SECRET)
            add(c, l, path, *o->s ? "(set, not shown)" : NULL, r->doc, true);
        else
            add(c, l, path, o->v ? fl_yaml_show(&c->arena, o->v) : NULL, r->doc, !holds || !o->v);
    }
}

static const char *key_text(struct fl_config *c, uint32_t i)
{
    const struct fl_key_value *k = &c->key[i];
    enum fl_given given;
    if (!k->s && !k->list)
        return NULL;
    const struct fl_yaml_value *v = fl_conf_find(c, fl_key_rows[i].path, k->list != NULL, &given);
    return v ? fl_yaml_show(&c->arena, v) : NULL;
}

/* Those that may be chosen in any program, or those that may not, as "s3, file or stdout". */
static const char *kinds_of(struct fl_config *c, const char *phase, bool any)
{
    const char *list = "", *last = NULL;
    for (uint32_t i = 0; i < fl_kind_nrows; i++) {
        const struct fl_kind_row *k = &fl_kind_rows[i];
        if (strcmp(k->phase, phase) || !fl_conf_in_build(k) || any == !!(k->needs & FL_EMITTED & ~FL_ALWAYS_EMITTED))
            continue;
        if (last)
            list = fl_arena_printf(&c->arena, "%s%s%s", list, *list ? ", " : "", last);
        last = k->kind;
    }
    return last ? fl_arena_printf(&c->arena, "%s%s%s", list, *list ? " or " : "", last) : "";
}

static const char *kind_doc(struct fl_config *c, const char *phase)
{
    const char *any = kinds_of(c, phase, true), *some = kinds_of(c, phase, false), *or = strstr(any, " or ");
    if (!*some)
        return any;
    int n = or ? (int)(or - any) : (int)strlen(any);
    return fl_arena_printf(&c->arena, "%.*s%s%s, or %s where it is compiled in", n, any, or ? ", " : "", or ? or + 4 : "",
                           some);
}

static void add_keys(struct fl_config *c, struct items *l, bool pipeline)
{
    for (uint32_t i = 0; i < fl_key_nrows; i++) {
        const struct fl_key_row *r = &fl_key_rows[i];
        bool top = strncmp(r->path, "pipeline.", 9) != 0;
        if (r->use == FL_KEY_IDLE || r->use == FL_KEY_CHECKED || top == pipeline || fl_conf_param_at(c, r->path))
            continue;
        if (r->use == FL_KEY_KIND) {
            const char *phase = fl_arena_strndup(&c->arena, r->path + 9, strlen(r->path) - 14);
            const char *kind = fl_config_kind(c, phase);
            const struct fl_phase_row *p = fl_phase_row(phase);
            if (p && p->yaml && (c->nscopes == 1 || !fl_phase_of_output(phase)))
                add(c, l, r->path, kind, kind_doc(c, phase), false);
            continue;
        }
        if (r->type == FL_KEY_SECRET) {
            add(c, l, r->path, c->key[i].s ? "(set, not shown)" : NULL, r->doc, true);
        } else {
            const char *text = key_text(c, i);
            add(c, l, r->path, text, r->doc, !text);
        }
    }
}

/* Several outputs have all that is theirs below their names. */
static void add_outputs(struct fl_config *c, struct items *l)
{
    for (uint32_t i = 0; i < c->nscopes; i++) {
        c->at = &c->scope[i];
        for (uint32_t k = 0; k < fl_phase_nrows && c->nscopes > 1; k++)
            if (fl_phase_rows[k].yaml && fl_phase_of_output(fl_phase_rows[k].phase))
                add(c, l, fl_conf_path(c, fl_phase_rows[k].phase, fl_phase_rows[k].yaml), fl_config_kind(c, fl_phase_rows[k].phase),
                    kind_doc(c, fl_phase_rows[k].phase), false);
        add_options(c, l, false);
    }
    c->at = c->scope;
}

/* ---- printing ------------------------------------------------------------------------------------------------- */

/* Number of leading sections that two paths have in common. */
static size_t common(const char *a, const char *b)
{
    size_t n = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        n += a[i] == '.';
    return n;
}

static size_t sections(const char *path)
{
    size_t n = 0;
    for (; *path; path++)
        n += *path == '.';
    return n;
}

/* Where the section that holds the first `depth` parts of the path was seen first: keeps the order of the tables. */
static uint32_t section_order(const struct items *l, const char *path, size_t depth)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (common(l->v[i].path, path) >= depth || !strcmp(l->v[i].path, path))
            return l->v[i].order;
    return UINT32_MAX;
}

static int compare(const void *x, const void *y, void *all)
{
    const struct item *a = x, *b = y;
    size_t shared = common(a->path, b->path), da = sections(a->path), db = sections(b->path);
    if ((da > shared) != (db > shared)) /* values of a section before its sections */
        return da > shared ? 1 : -1;
    uint32_t oa = da > shared ? section_order(all, a->path, shared + 1) : a->order;
    uint32_t ob = db > shared ? section_order(all, b->path, shared + 1) : b->order;
    return oa < ob ? -1 : oa > ob;
}

static void open_sections(FILE *out, const char *path, const char *before)
{
    size_t have = common(path, before), depth = 0;
    for (const char *p = path, *dot; (dot = strchr(p, '.')); p = dot + 1, depth++)
        if (depth >= have)
            fprintf(out, "%s%*s%.*s:\n", depth == 0 ? "\n" : "", (int)(2 * depth), "", (int)(dot - p), p);
}

static void print(const struct items *l, FILE *out)
{
    const char *before = "";
    for (uint32_t i = 0; i < l->n; i++) {
        const struct item *t = &l->v[i];
        int indent = (int)(2 * sections(t->path));
        const char *dot = strrchr(t->path, '.');
        open_sections(out, t->path, before);
        fprintf(out, "%*s# ", indent, "");
        fl_print_words(out, t->doc);
        fputc('\n', out);
        fprintf(out, "%*s%s%s:%s%s\n", indent, "", t->comment ? "# " : "", dot ? dot + 1 : t->path, t->value ? " " : "",
                t->value ? t->value : "");
        before = t->path;
    }
}

void fl_print_config(struct fl_config *c, FILE *out)
{
    uint32_t most = fl_key_nrows + c->nscopes * (fl_option_nrows + fl_phase_nrows) + c->pipeline->nparams;
    struct items l = { fl_arena_zero(&c->arena, most * sizeof *l.v), 0 };
    struct items unsorted = { fl_arena_zero(&c->arena, most * sizeof *l.v), 0 };
    /* Sections come in the order of their first key: here that of the data's way. */
    add_keys(c, &l, false);
    add_options(c, &l, true);
    add_params(c, &l);
    add_keys(c, &l, true);
    add_outputs(c, &l);
    memcpy(unsorted.v, l.v, l.n * sizeof *l.v);
    unsorted.n = l.n;
    qsort_r(l.v, l.n, sizeof *l.v, compare, &unsorted);
    fprintf(out, "# Configuration of %s: ", c->pipeline->name);
    fl_print_words(out, c->pipeline->doc ? c->pipeline->doc : "a flow exporter");
    fprintf(out, "\n# All keys with the values that hold. Keys behind a # have no value or no effect as things are.\n");
    print(&l, out);
}
