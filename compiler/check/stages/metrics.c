/*
 * metrics.c - counters, gauges and histograms of an output: labels have texts, values are numbers, names are those that Prometheus expects.
 */
#include "check/stages/stages.h"
#include "dsl/meter_size.h"

#define wrong(k, at, ...) fc_report((k)->d, FC_METRIC, at, fl_arena_printf((k)->a, __VA_ARGS__))

/* ---- bounds ------------------------------------------------------------------------------------------------------- */

static void check_bounds(struct fc_checker *k, struct fc_metrics *m)
{
    int64_t v;
    m->most = 10000;
    k->where = FC_IN_OPTION;
    if (m->expire && fck_expr_as(k, m->expire, &FC_DURATION_T, false) && fck_const_int(m->expire, &v) && v <= 0)
        fc_report(k->d, FC_TABLE_BOUND, m->expire->span, "expire", " duration");
    k->where = FC_IN_CONSTANT;
    if (m->max && fck_expr_as(k, m->max, &FC_INT_T, false)) {
        if (!fck_const_int(m->max, &m->most) || m->most <= 0 || m->most >= INT32_MAX)
            fc_report(k->d, FC_TABLE_BOUND, m->max->span, "max", "");
    }
}

/* ---- labels ------------------------------------------------------------------------------------------------------- */

static bool label_name(struct fc_checker *k, const struct fc_part *l)
{
    if (strncmp(l->name.s, "__", 2) == 0)
        wrong(k, l->name.span, "the label `%s` begins with `__`, which Prometheus keeps for itself", l->name.s);
    else if (strcmp(l->name.s, "le") == 0)
        wrong(k, l->name.span, "the label `%s` is a histogram's own: the bound of a bucket", l->name.s);
    else
        return true;
    return false;
}

static void no_label_twice(struct fc_checker *k, const struct fc_part *l, const struct fc_part *among, const struct fc_part *end)
{
    for (const struct fc_part *o = among; o != end; o = o->next)
        if (strcmp(o->name.s, l->name.s) == 0) {
            struct fc_diag *g = fc_report(k->d, FC_OPTION_TWICE, l->name.span, fl_arena_printf(k->a, "label `%s`", l->name.s));
            fc_diag_note(k->d, g, o->name.span, "first given here");
            return;
        }
}

/* The number behind `text(n)`: as a label it is made a text once, not for each record. */
static bool text_of_number(const struct fc_expr *e)
{
    const struct fc_builtin *b = e->kind == FC_E_CALL && !e->sym ? e->info : NULL;
    enum fc_kind t = b && strcmp(b->name, "text") == 0 ? e->args->type->kind : FC_K_STRING;
    return t == FC_K_INT || t == FC_K_BYTES || t == FC_K_PACKETS;
}

static void check_label(struct fc_checker *k, struct fc_part *l)
{
    if (!l->value) {
        l->value = fc_expr_new(k->a, FC_E_NAME, l->name.span);
        l->value->name = l->name;
    }
    const struct fc_type *t = fck_expr(k, l->value, NULL);
    label_name(k, l);
    if (t->kind == FC_K_ERROR)
        return;
    if (text_of_number(l->value))
        l->value = l->value->args;
    else if (t->kind != FC_K_STRING && t->kind != FC_K_INT && t->kind != FC_K_BYTES && t->kind != FC_K_PACKETS) {
        struct fc_expr *call = fck_as_text(k, l->value);
        if (call)
            l->value = call;
    }
}

/* By name: so they stand on the page. */
static struct fc_part *sorted(struct fc_part *list)
{
    struct fc_part *out = NULL;
    for (struct fc_part *l = list, *next; l; l = next) {
        struct fc_part **at = &out;
        next = l->next;
        while (*at && strcmp((*at)->name.s, l->name.s) < 0)
            at = &(*at)->next;
        l->next = *at;
        *at = l;
    }
    return out;
}

static void check_labels(struct fc_checker *k, struct fc_metrics *m)
{
    for (struct fc_part *l = m->labels; l; l = l->next) {
        check_label(k, l);
        no_label_twice(k, l, m->labels, l);
        if (++m->nlabels == FL_LABELS + 1)
            fc_report(k->d, FC_TOO_MUCH, l->name.span, "labels", "32");
    }
    m->labels = sorted(m->labels);
}

/* ---- names -------------------------------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* Is it a word of the name, between `_`? */
static bool has_word(const char *name, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = name; (p = strstr(p, word)); p++)
        if ((p == name || p[-1] == '_') && (p[n] == 0 || p[n] == '_'))
            return true;
    return false;
}

static const struct { const char *unit, *base; double per; } units[] = {
    {"seconds", NULL, 1e9}, {"milliseconds", "seconds", 1e6}, {"microseconds", "seconds", 1e3}, {"nanoseconds", "seconds", 1},
    {"minutes", "seconds", 60e9}, {"hours", "seconds", 3600e9}, {"days", "seconds", 86400e9},
    {"kilobytes", "bytes", 0}, {"megabytes", "bytes", 0}, {"gigabytes", "bytes", 0}, {"kibibytes", "bytes", 0}, {"mebibytes", "bytes", 0},
    {"gibibytes", "bytes", 0}, {"bits", "bytes", 0},
};

/* How many ns one of the name's unit is. */
double fck_meter_unit(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].per > 0 && has_word(name, units[i].unit))
            return units[i].per;
    return 1e9;
}

static bool has_unit_of_time(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].per > 0 && has_word(name, units[i].unit))
            return true;
    return false;
}

static void doubt(struct fc_checker *k, const struct fc_meter *m, const char *what, const char *help)
{
    struct fc_diag *g = fc_report(k->d, FC_METRIC_NAME, m->name.span, m->name.s, what);
    if (help)
        fc_diag_help(k->d, g, "%s", help);
}

static void check_name(struct fc_checker *k, const struct fc_meter *m)
{
    static const char *const own[] = {"_bucket", "_count", "_sum"};
    const char *name = m->name.s;
    const struct fc_type *t = m->series && m->series->value->type ? m->series->value->type : &FC_ERROR_T;
    if (m->kind == FC_M_COUNTER && !ends_in(name, "_total"))
        doubt(k, m, "is a counter, and doesn't end in `_total`", fl_arena_printf(k->a, "call it `%s_total`", name));
    if (m->kind != FC_M_COUNTER && ends_in(name, "_total"))
        doubt(k, m, "ends in `_total` and is no counter", NULL);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (ends_in(name, own[i]))
            doubt(k, m, fl_arena_printf(k->a, "ends in `%s`, as only parts of a histogram do", own[i]), NULL);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].base && has_word(name, units[i].unit))
            doubt(k, m, fl_arena_printf(k->a, "is in %s", units[i].unit), fl_arena_printf(k->a, "Prometheus' unit for it is %s", units[i].base));
    if (t->kind == FC_K_DURATION && !has_unit_of_time(name))
        doubt(k, m, "is a duration, and doesn't say its unit", "seconds are shown: let `_seconds` stand at the end, before `_total`");
    if (t->kind == FC_K_BYTES && !has_word(name, "bytes"))
        doubt(k, m, "is in bytes, and doesn't say so", "let `_bytes` stand at the end, before `_total`");
    if (!*m->help)
        doubt(k, m, "has an empty help text", "say in a sentence what it counts or measures");
}

/* A page has one metric of each name. */
static void no_name_twice(struct fc_checker *k, const struct fc_stage *stage, const struct fc_meter *m)
{
    for (int i = 0; i <= k->p->nstages; i++) {
        const struct fc_stage *s = i < k->p->nstages ? k->p->stages[i] : stage;
        for (const struct fc_meter *o = s->metrics ? s->metrics->meters : NULL; o && o != m; o = o->next)
            if (strcmp(o->name.s, m->name.s) == 0) {
                struct fc_diag *g = fc_report(k->d, FC_DUPLICATE, m->name.span, m->name.s);
                fc_diag_note(k->d, g, o->name.span, "first declared here, as a metric");
                return;
            }
    }
}

/* ---- values ------------------------------------------------------------------------------------------------------- */

static void check_buckets(struct fc_checker *k, const struct fc_meter *m)
{
    double before = 0;
    if (m->kind != FC_M_HISTOGRAM && m->buckets)
        wrong(k, m->buckets->span, "`%s` has buckets and is no histogram", m->name.s);
    if (m->kind != FC_M_HISTOGRAM)
        return;
    const struct fc_expr *list = m->buckets ? fck_behind(m->buckets) : NULL;
    if (!list || list->kind != FC_E_LIST || !list->args) {
        wrong(k, m->buckets ? m->buckets->span : m->name.span, "the histogram `%s` needs its buckets: `buckets [0.1, 1, 10]`", m->name.s);
        return;
    }
    for (struct fc_expr *e = list->args; e; e = e->next) {
        const struct fc_type *t = fck_expr(k, e, &FC_FLOAT_T);
        const struct fc_expr *c = fck_behind(e);
        if (t->kind == FC_K_ERROR)
            return;
        if (c->kind != FC_E_FLOAT || (e != list->args && c->f <= before)) {
            wrong(k, e->span, "the buckets of `%s` are constant numbers, each greater than the one before it", m->name.s);
            return;
        }
        before = c->f;
    }
}

static void check_value(struct fc_checker *k, const struct fc_meter *m, struct fc_serie *s)
{
    const struct fc_type *t = fck_expr(k, s->value, NULL);
    if (t->kind == FC_K_ERROR || fc_type_number(t) || t->kind == FC_K_TIME || (t->kind == FC_K_BOOL && m->kind == FC_M_GAUGE))
        return;
    fc_report(k->d, FC_TYPE_MISMATCH, s->value->span, "a number", fck_type_text(k, t, false));
}

static void check_own_labels(struct fc_checker *k, const struct fc_metrics *m, struct fc_serie *s)
{
    for (struct fc_part *l = s->labels; l; l = l->next) {
        const struct fc_type *t = fck_expr(k, l->value, &FC_STRING_T);
        if (label_name(k, l) && t->kind != FC_K_ERROR && fck_behind(l->value)->kind != FC_E_STRING)
            wrong(k, l->value->span, "the value of `%s` is no constant text; a label that differs by record stands in `labels`", l->name.s);
        no_label_twice(k, l, m->labels, NULL);
        no_label_twice(k, l, s->labels, l);
    }
    s->labels = sorted(s->labels);
}

static bool same_labels(const struct fc_part *a, const struct fc_part *b)
{
    for (; a && b; a = a->next, b = b->next) {
        const struct fc_expr *x = fck_behind(a->value), *y = fck_behind(b->value);
        if (strcmp(a->name.s, b->name.s) != 0 || x->kind != FC_E_STRING || y->kind != FC_E_STRING || strcmp(x->s, y->s) != 0)
            return false;
    }
    return !a && !b;
}

static void check_meter(struct fc_checker *k, const struct fc_stage *stage, struct fc_meter *m)
{
    struct fc_metrics *all = stage->metrics;
    int buckets = 0;
    check_buckets(k, m);
    const struct fc_expr *list = m->buckets ? fck_behind(m->buckets) : NULL;
    for (const struct fc_expr *e = list && list->kind == FC_E_LIST ? list->args : NULL; e; e = e->next)
        buckets++;
    for (struct fc_serie *s = m->series; s; s = s->next) {
        check_value(k, m, s);
        check_own_labels(k, all, s);
        for (const struct fc_serie *o = m->series; o != s; o = o->next)
            if (same_labels(o->labels, s->labels))
                wrong(k, s->span, "`%s` has this value already: each needs labels of its own", m->name.s);
        s->bit = all->nvalues;
        s->cell = all->ncells;
        all->ncells += m->kind == FC_M_HISTOGRAM ? buckets + 2 : 1;
        if (++all->nvalues == FL_VALUES + 1)
            fc_report(k->d, FC_TOO_MUCH, s->span, "values of one `metrics`", "64");
    }
    check_name(k, m);
    no_name_twice(k, stage, m);
}

/* ---- rows of a table ---------------------------------------------------------------------------------------------- */

static bool check_rows(struct fc_checker *k, struct fc_rows *r)
{
    k->where = FC_IN_ROWS;
    k->facts = NULL;
    struct fc_sym *t = r->table_sym = fck_find_table(k, r->table);
    if (!t)
        return false;
    if (!t->row) {
        struct fc_diag *g = wrong(k, r->table.span, "table `%s` is written by records, not read from outside", t->name);
        fc_diag_help(k->d, g, "what changes with records are metrics without `each`");
        return false;
    }
    if (t->nkeys != 1) {
        fc_report(k->d, FC_LATER, r->table.span, "metrics of a table with several keys");
        return false;
    }
    r->key_sym = fck_local(k, FC_SYM_LOCAL, r->key, t->keys[0], false);
    r->key_sym->used++;
    if (r->row)
        fck_local_let(k, r->row);
    return true;
}

void fck_metrics(struct fc_checker *k, struct fc_stage *s)
{
    const struct fc_fact *facts = k->facts;
    struct fc_sym *locals = k->local;
    check_bounds(k, s->metrics);
    k->where = FC_IN_PARTITION;
    if (s->metrics->rows && !check_rows(k, s->metrics->rows)) {
        k->facts = facts;
        return;
    }
    if (!s->metrics->rows && fck_emit_without(k, NULL))
        k->facts = NULL; /* what filters say holds for received records only */
    check_labels(k, s->metrics);
    for (struct fc_meter *m = s->metrics->meters; m; m = m->next)
        check_meter(k, s, m);
    if (!s->metrics->meters)
        wrong(k, s->head, "there is no metric in this `%s`", "metrics");
    k->facts = facts;
    k->local = locals;
}
