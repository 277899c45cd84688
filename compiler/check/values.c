/*
 * values.c - programs that build and don't do what they say: rules that no record reaches, conditions that are never or
 * always true, lists whose members lie in each other, prefixes with host bits.
 *
 * Runs over the checked program, when all else is right. What is found has a name that `allow NAME;` above the
 * statement switches off. The reasoning is in logic.c; here are the places, and what earlier rules have taken.
 */
#include "check/values.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "check/logic.h"

enum { TOGETHER = 256 }; /* rules of several keys that are compared with later ones */

/* ---- what rules have taken ---- */

/* The first piece that ends at or behind p. */
static uint32_t piece_at(const struct fc_taken *t, fc_point p)
{
    uint32_t lo = 0, hi = t->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (t->v[mid].hi < p)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void put_piece(struct fc_values *x, struct fc_taken *t, uint32_t at, struct fc_piece p)
{
    fl_arena_grow(x->k->a, t->v, t->n, t->cap);
    memmove(t->v + at + 1, t->v + at, (t->n - at) * sizeof *t->v);
    t->v[at] = p;
    t->n++;
}

/* A point keeps the rule that took it first. */
static void take(struct fc_values *x, struct fc_taken *t, const struct fc_range *set, const struct fc_rule *rule)
{
    if (set->null && !t->null)
        t->null = rule;
    for (uint32_t i = 0; i < set->n; i++) {
        fc_point lo = set->v[i].lo, hi = set->v[i].hi;
        for (uint32_t at = piece_at(t, lo);; at++) {
            bool behind = at == t->n || t->v[at].lo > hi;
            if (behind || t->v[at].lo > lo) {
                put_piece(x, t, at, (struct fc_piece){lo, behind ? hi : t->v[at].lo - 1, rule});
                at++;
            }
            if (behind || t->v[at].hi >= hi)
                break;
            lo = t->v[at].hi + 1;
        }
    }
}

/* Is all of the set taken? Then by which rules: the first and another, or NULL. */
static bool taken(const struct fc_taken *t, const struct fc_range *set, const struct fc_rule *by[2])
{
    by[0] = set->null ? t->null : NULL;
    by[1] = NULL;
    if (set->null && !t->null)
        return false;
    for (uint32_t i = 0; i < set->n; i++) {
        fc_point at = set->v[i].lo;
        for (uint32_t p = piece_at(t, at);; p++) {
            if (p == t->n || t->v[p].lo > at)
                return false;
            if (!by[0])
                by[0] = t->v[p].rule;
            else if (t->v[p].rule != by[0] && !by[1])
                by[1] = t->v[p].rule;
            if (t->v[p].hi >= set->v[i].hi)
                break;
            at = t->v[p].hi + 1;
        }
    }
    return set->n || set->null;
}

struct together {
    struct fc_all all;
    const struct fc_rule *rule;
};

struct stage {
    unsigned number;
    bool own;   /* an output's: what it drops is gone for that output alone */
    bool emits; /* a mangle above may emit records of a class that was dropped after it had written a table */
    struct together *v;
    uint32_t n;
    const struct fc_rule *everything; /* this rule takes all records */
};

static struct fc_taken *taken_now(struct fc_key *k, unsigned stage)
{
    if (k->stage != stage) {
        k->stage = stage;
        k->taken = (struct fc_taken){0};
    }
    return &k->taken;
}

/* All that fulfils `part` fulfils `whole`. */
static bool implies(const struct fc_all *part, const struct fc_all *whole)
{
    for (uint32_t i = 0, j = 0; i < whole->n; i++) {
        while (j < part->n && part->v[j].key->number < whole->v[i].key->number)
            j++;
        if (j == part->n || part->v[j].key != whole->v[i].key || !fc_range_within(&part->v[j].set, &whole->v[i].set))
            return false;
    }
    return true;
}

static bool alternative_taken(const struct stage *s, const struct fc_all *a, const struct fc_rule *by[2])
{
    for (uint32_t i = 0; i < a->n; i++)
        if (taken(taken_now(a->v[i].key, s->number), &a->v[i].set, by))
            return true;
    for (uint32_t i = 0; i < s->n; i++)
        if (implies(a, &s->v[i].all)) {
            by[0] = s->v[i].rule;
            by[1] = NULL;
            return true;
        }
    return false;
}

/* Is each alternative taken? */
static bool all_taken(const struct stage *s, const struct fc_any *yes, const struct fc_rule *by[2])
{
    by[0] = by[1] = NULL;
    for (uint32_t i = 0; i < yes->n; i++) {
        const struct fc_rule *now[2];
        if (!alternative_taken(s, &yes->v[i], now))
            return false;
        if (!by[0]) {
            by[0] = now[0];
            by[1] = now[1];
        } else if (!by[1] && now[0] != by[0]) {
            by[1] = now[0];
        }
    }
    return !yes->unknown && yes->n > 0;
}

static void take_all(struct fc_values *x, struct stage *s, const struct fc_any *yes, const struct fc_rule *rule)
{
    for (uint32_t i = 0; !yes->unknown && i < yes->n; i++) {
        const struct fc_all *a = &yes->v[i];
        if (a->n == 1) {
            take(x, taken_now(a->v[0].key, s->number), &a->v[0].set, rule);
        } else if (s->n < TOGETHER) {
            s->v = s->v ? s->v : fl_arena_get(x->k->a, TOGETHER * sizeof *s->v);
            s->v[s->n++] = (struct together){*a, rule};
        }
    }
}

static bool dropped(const struct fc_any *yes, const struct fc_rule *by[2])
{
    for (uint32_t i = 0; i < yes->n; i++) {
        bool gone = false;
        for (uint32_t j = 0; j < yes->v[i].n && !gone; j++)
            gone = taken(&yes->v[i].v[j].key->gone, &yes->v[i].v[j].set, by);
        if (!gone)
            return false;
    }
    return yes->n > 0;
}

/* ---- rules ---- */

static bool same_text(struct fc_values *x, const struct fc_expr *a, const struct fc_expr *b)
{
    struct fc_sources *s = &x->k->c->sources;
    return a->span.end - a->span.start == b->span.end - b->span.start &&
        strcmp(fc_source_slice(s, a->span), fc_source_slice(s, b->span)) == 0;
}

static void unreachable(struct fc_values *x, const struct fc_rule *r, const struct fc_rule *const by[2], bool gone)
{
    struct fc_diag *g = fc_report(x->k->d, FC_UNREACHABLE_RULE, r->span);
    const char *what = gone ? "these records are dropped here, above"
        : by[0]->when && r->when && same_text(x, by[0]->when, r->when) ? "the same condition stands here"
        : by[1] ? "the rules above take all of its records, this one" : "this rule above takes all of its records";
    fc_diag_note(x->k->d, g, by[0]->span, "%s", what);
    if (by[1])
        fc_diag_note(x->k->d, g, by[1]->span, "and this one");
}

static void reachable(struct fc_values *x, struct stage *s, const struct fc_rule *r, const struct fc_logic *l)
{
    const struct fc_rule *by[2] = {s->everything, NULL};
    if (s->everything) {
        fc_diag_note(x->k->d, fc_report(x->k->d, FC_UNREACHABLE_RULE, r->span), by[0]->span, "this rule takes every record");
        return;
    }
    if (!r->when)
        return;
    if (r->when->kind == FC_E_BOOL && !r->when->i) {
        fc_diag_note(x->k->d, fc_report(x->k->d, FC_UNREACHABLE_RULE, r->span), r->when->span, "the condition is never true");
        return;
    }
    if (l->yes.unknown || l->yes.n == 0)
        return;
    if (!s->emits && dropped(&l->yes, by)) {
        unreachable(x, r, by, true);
        return;
    }
    if (all_taken(s, &l->yes, by))
        unreachable(x, r, by, false);
}

static void rules(struct fc_values *x, const struct fc_stage *st, struct stage *s)
{
    struct fc_any *drops = NULL;
    uint32_t n = 0;
    for (const struct fc_rule *r = st->rules; r; r = r->next)
        n++;
    drops = fl_arena_zero(x->k->a, (n + 1) * sizeof *drops);
    n = 0;
    bool kept = false;
    for (const struct fc_rule *r = st->rules; r; r = r->next, n++) {
        struct fc_logic l = {0};
        if (r->when)
            l = fc_logic_of(x, r->when);
        reachable(x, s, r, &l);
        kept |= r->kind == FC_R_KEEP;
        if (!r->when || (r->when->kind == FC_E_BOOL && r->when->i)) {
            s->everything = s->everything ? s->everything : r;
            continue;
        }
        take_all(x, s, &l.yes, r);
        if (r->kind == FC_R_DROP && !kept)
            drops[n] = l.yes;
    }
    n = 0;
    for (const struct fc_rule *r = s->own ? NULL : st->rules; r; r = r->next, n++)
        for (uint32_t i = 0; !drops[n].unknown && i < drops[n].n; i++)
            if (drops[n].v[i].n == 1 && drops[n].v[i].v[0].key->stable)
                take(x, &drops[n].v[i].v[0].key->gone, &drops[n].v[i].v[0].set, r);
}

/* ---- lists and prefixes ---- */

struct member {
    struct fc_interval p;
    const struct fc_expr *e;
    uint32_t order;
};

/* What holds others comes before them; of equals the one that is written first. */
static int by_place(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->p.lo != y->p.lo)
        return x->p.lo < y->p.lo ? -1 : 1;
    if (x->p.hi != y->p.hi)
        return x->p.hi > y->p.hi ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void list(struct fc_values *x, const struct fc_expr *l)
{
    uint32_t n = 0;
    for (const struct fc_expr *e = l->args; e; e = e->next)
        n++;
    struct member *v = fl_arena_get(x->k->a, (n + 1) * sizeof *v);
    n = 0;
    for (const struct fc_expr *e = l->args; e; e = e->next, n++) {
        if (!e->type || !fc_point_of(x, e, e->type, &v[n].p))
            return;
        v[n].e = e;
        v[n].order = n;
    }
    qsort(v, n, sizeof *v, by_place);
    for (uint32_t i = 1, over = 0; i < n; i++) {
        if (v[i].p.hi > v[over].p.hi) {
            over = i;
            continue;
        }
        bool same = v[i].p.lo == v[over].p.lo && v[i].p.hi == v[over].p.hi;
        fc_report2(x->k->d, FC_OVERLAP, v[i].e->span, v[over].e->span, fck_text(x->k, v[i].e->span),
                   same ? "in the list" : fl_arena_printf(x->k->a, "part of `%s`", fck_text(x->k, v[over].e->span)));
    }
}

static const char *address_text(struct fc_values *x, fc_point p, bool v4)
{
    unsigned char raw[16];
    char text[INET6_ADDRSTRLEN];
    for (int i = 15; i >= 0; i--, p >>= 8)
        raw[i] = (unsigned char)p;
    return fl_arena_strdup(x->k->a, inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? raw + 12 : raw, text, sizeof text));
}

static void prefix(struct fc_values *x, const struct fc_expr *e)
{
    struct fc_interval whole, host;
    const char *slash = strchr(e->s, '/');
    if (!slash || !e->type || e->type->kind != FC_K_CIDR || !fc_point_of(x, e, e->type, &whole))
        return;
    struct fc_expr address = *e;
    address.s = fl_arena_printf(x->k->a, "%.*s", (int)(slash - e->s), e->s);
    if (!fc_point_of(x, &address, e->type, &host) || host.lo == whole.lo)
        return;
    struct fc_diag *g = fc_report(x->k->d, FC_HOST_BITS, e->span, e->s, slash + 1);
    fc_diag_help(x->k->d, g, "write `%s%s` for the network, or `%s` for the one address",
                 address_text(x, whole.lo, !strchr(e->s, ':')), slash, address.s);
}

/* ---- everything else ---- */

static void expression(struct fc_values *x, const struct fc_expr *e);

static void fields(struct fc_values *x, const struct fc_field *f)
{
    for (; f; f = f->next) {
        expression(x, f->value);
        fields(x, f->fields);
    }
}

/* What stands below e, which is no `and`, `or` or `not`. */
static void below(struct fc_values *x, const struct fc_expr *e)
{
    if (e->kind == FC_E_LIST)
        list(x, e);
    if (e->kind == FC_E_ADDRESS)
        prefix(x, e);
    /* A prefix is in a list when it is one of its members; an address, when it lies in one. */
    bool whole = e->kind == FC_E_BINARY && e->op == FC_OP_IN && e->a->type->kind == FC_K_CIDR && e->b->kind == FC_E_LIST;
    expression(x, e->a);
    expression(x, whole ? e->b->args : e->b);
    for (const struct fc_expr *m = whole && e->b->args ? e->b->args->next : NULL; m; m = m->next)
        expression(x, m);
    expression(x, e->c);
    for (const struct fc_expr *m = e->kind == FC_E_ANY ? NULL : e->args; m; m = m->next)
        expression(x, m);
    for (const struct fc_arm *m = e->arms; m; m = m->next)
        expression(x, m->value);
    fields(x, e->fields);
}

static void expression(struct fc_values *x, const struct fc_expr *e)
{
    if (!e)
        return;
    if (e->type && e->type->kind == FC_K_BOOL && (e->kind == FC_E_BINARY || e->kind == FC_E_UNARY))
        fc_logic_of(x, e);
    else
        below(x, e);
}

static void visit_part(void *arg, const struct fc_expr *e)
{
    expression(arg, e);
}

static const struct fc_stmt *else_if(const struct fc_stmt *s)
{
    return s->other && s->other->kind == FC_S_IF && !s->other->next ? s->other : NULL;
}

/*
 * Conditions of `if .. else if ..`: what those above take can't come to one below, and, `here` in a stage, no record that
 * is dropped above it.
 */
static void conditions(struct fc_values *x, const struct fc_stmt *s, bool here)
{
    struct stage chain = {.number = ++x->numbers};
    for (; s; s = else_if(s)) {
        const struct fc_rule *by[2];
        struct fc_logic l = fc_logic_of(x, s->value);
        bool gone = here && !l.yes.unknown && dropped(&l.yes, by);
        if (gone || all_taken(&chain, &l.yes, by)) {
            struct fc_diag *g = fc_report(x->k->d, FC_NEVER_TRUE, s->value->span);
            fc_diag_note(x->k->d, g, by[0]->span, gone ? "these records are dropped here, above" : "this condition above takes all of its records");
            if (by[1])
                fc_diag_note(x->k->d, g, by[1]->span, "together with this one");
        }
        struct fc_rule *r = fl_arena_zero(x->k->a, sizeof *r);
        r->span = s->value->span;
        r->when = s->value;
        take_all(x, &chain, &l.yes, r);
    }
}

static void block(struct fc_values *x, const struct fc_stmt *s, bool here);

static void ifs(struct fc_values *x, const struct fc_stmt *s, bool here)
{
    conditions(x, s, here);
    for (; s; s = else_if(s)) {
        block(x, s->body, here);
        if (!else_if(s))
            block(x, s->other, here);
    }
}

static void block(struct fc_values *x, const struct fc_stmt *s, bool here)
{
    for (; s; s = s->next) {
        if (s->kind == FC_S_IF) {
            ifs(x, s, here);
            continue;
        }
        expression(x, s->value);
        for (const struct fc_expr *e = s->target ? s->target->args : NULL; e; e = e->next)
            expression(x, e);
        expression(x, s->expire);
        for (const struct fc_expr *e = s->keys; e; e = e->next)
            expression(x, e);
        fields(x, s->fields);
    }
}

void fck_values(struct fc_checker *k, const struct fc_item *items)
{
    struct fc_values *x = fl_arena_zero(k->a, sizeof *x);
    struct stage s = {0};
    x->k = k;
    x->visit = below;
    for (const struct fc_item *it = items; it; it = it->next) {
        if (it->kind == FC_I_CONST || it->kind == FC_I_PARAM || it->kind == FC_I_LET || it->kind == FC_I_FUNCTION)
            expression(x, it->value);
        expression(x, it->one_of);
        block(x, it->lets, false);
    }
    for (int i = 0; i < k->p->nstages; i++) {
        const struct fc_stage *st = k->p->stages[i];
        s = (struct stage){.number = ++x->numbers, .own = i >= k->p->ncommon, .emits = s.emits || st->kind == FC_ST_MANGLE || st->kind == FC_ST_JOIN};
        rules(x, st, &s);
        block(x, st->body, !s.emits);
        fields(x, st->fields);
        expression(x, st->when);
        for (const struct fc_absent *m = st->mangles; m; m = m->next)
            block(x, m->body, false);
        for (const struct fc_rule *r = st->join ? st->join->bodies : NULL; r; r = r->next)
            block(x, r->body, false);
    }
    fc_partition_parts(k->p, visit_part, x);
}
