/* logic.c - see logic.h. Chains of `and` and `or` are flat here, so that ten thousand terms take one sort. */
#include "check/logic.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { ALTERNATIVES = 64 }; /* more aren't followed */

#define LAST64 ((fc_point)UINT64_MAX)
#define NO_ADDRESS (~(fc_point)0) /* an `ip` that is none: in no prefix, equal to nothing, and not provably outside */

/* ---- points ---- */

static uint64_t text_point(struct fc_values *x, const char *s, uint32_t n)
{
    const uint64_t *known = fc_index_find(&x->texts, s, n);
    if (known)
        return *known;
    uint64_t *number = fl_arena_get(x->k->a, sizeof *number);
    *number = x->texts.n;
    fc_index_put(&x->texts, x->k->a, s, n, number);
    return *number;
}

/* Of a literal that the checker found good. IPv4 is held as in runtime/value/address.h. */
static bool address_points(const char *s, struct fc_interval *p)
{
    char host[80];
    unsigned char raw[16] = {0};
    const char *slash = strchr(s, '/');
    size_t n = slash ? (size_t)(slash - s) : strlen(s);
    if (n >= sizeof host)
        return false;
    memcpy(host, s, n);
    host[n] = 0;
    bool v4 = inet_pton(AF_INET, host, raw + 12) == 1;
    if (v4)
        raw[10] = raw[11] = 0xFF;
    else if (inet_pton(AF_INET6, host, raw) != 1)
        return false;
    fc_point at = 0;
    for (int i = 0; i < 16; i++)
        at = at << 8 | raw[i];
    unsigned long bits = slash ? strtoul(slash + 1, NULL, 10) + (v4 ? 96 : 0) : 128;
    fc_point host_bits = bits >= 128 ? 0 : ~(fc_point)0 >> bits;
    *p = (struct fc_interval){at & ~host_bits, at | host_bits};
    return true;
}

static uint64_t float_point(double f)
{
    uint64_t bits;
    f = f == 0 ? 0 : f; /* -0 is 0 */
    memcpy(&bits, &f, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

bool fc_point_of(struct fc_values *x, const struct fc_expr *e, const struct fc_type *t, struct fc_interval *p)
{
    e = fck_behind(e);
    switch (t->kind) {
    case FC_K_INT: case FC_K_TIME: case FC_K_DURATION: case FC_K_BYTES: case FC_K_PACKETS:
        if (e->kind != FC_E_INT && e->kind != FC_E_DURATION && e->kind != FC_E_SIZE)
            return false;
        p->lo = (uint64_t)e->i ^ UINT64_C(1) << 63;
        break;
    case FC_K_FLOAT:
        if (e->kind != FC_E_FLOAT)
            return false;
        p->lo = float_point(e->f);
        break;
    case FC_K_BOOL:
        if (e->kind != FC_E_BOOL)
            return false;
        p->lo = e->i != 0;
        break;
    case FC_K_STRING:
        if (e->kind != FC_E_STRING || strlen(e->s) != e->len)
            return false;
        p->lo = text_point(x, e->s, e->len);
        break;
    case FC_K_ENUM: case FC_K_CLASS:
        if (e->kind != FC_E_NAME || !e->sym || (e->sym->kind != FC_SYM_ENUMERATOR && e->sym->kind != FC_SYM_CLASS))
            return false;
        p->lo = (uint64_t)e->sym->index;
        break;
    case FC_K_IP: case FC_K_CIDR:
        return e->kind == FC_E_ADDRESS && address_points(e->s, p);
    default:
        return false;
    }
    p->hi = p->lo;
    return true;
}

static fc_point last_point(const struct fc_values *x, const struct fc_type *t)
{
    switch (t->kind) {
    case FC_K_INT: case FC_K_TIME: case FC_K_DURATION: case FC_K_BYTES: case FC_K_PACKETS: case FC_K_FLOAT:
    case FC_K_STRING:
        return LAST64;
    case FC_K_BOOL:
        return 1;
    case FC_K_ENUM:
        return t->en->n > 0 ? (fc_point)t->en->n - 1 : 0;
    case FC_K_CLASS:
        return x->k->p->nclasses > 0 ? (fc_point)x->k->p->nclasses - 1 : 0;
    case FC_K_IP:
        return NO_ADDRESS;
    default:
        return 0;
    }
}

/* ---- keys ---- */

static struct fc_key *key_of(struct fc_values *x, const struct fc_expr *e)
{
    bool class = e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CLASS_NOW;
    const char *path = class ? "class" : fck_path(x->k, e);
    const struct fc_expr *root = e;
    while (root->kind == FC_E_FIELD || (root->kind == FC_E_INDEX && !root->sym))
        root = root->a;
    bool stable = path && (class || (root->sym && (root->sym->kind == FC_SYM_INPUT ||
                                                   (root->sym->kind == FC_SYM_LET && !root->sym->after_transform))));
    fc_point last = last_point(x, e->type);
    size_t n = path ? strlen(path) : e->span.end - e->span.start;
    if (!path) /* by its text, which is no path: those begin otherwise, or are pointers */
        path = x->k->c->sources.v[e->span.file].text + e->span.start;
    struct fc_key *k = (struct fc_key *)fc_index_find(&x->keys, path, n);
    if (k && k->last == last)
        return k;
    k = fl_arena_zero(x->k->a, sizeof *k);
    *k = (struct fc_key){.path = path, .number = x->keys.n, .last = last, .stable = stable, .span = e->span};
    fc_index_put(&x->keys, x->k->a, path, n, k);
    return k;
}

/* ---- alternatives ---- */

static struct fc_any always(struct fc_values *x)
{
    return (struct fc_any){fl_arena_zero(x->k->a, sizeof(struct fc_all)), 1, false};
}

static struct fc_any term(struct fc_values *x, struct fc_key *key, struct fc_range set)
{
    if (fc_range_empty(&set))
        return (struct fc_any){0};
    struct fc_any d = always(x);
    d.v->v = fl_arena_get(x->k->a, sizeof *d.v->v);
    *d.v->v = (struct fc_term){key, set};
    d.v->n = 1;
    return d;
}

static int by_key(const void *a, const void *b)
{
    const struct fc_term *x = a, *y = b;
    return x->key->number < y->key->number ? -1 : x->key->number > y->key->number;
}

/* Terms of one key become one: what is in all of them, or in any. False when nothing is left for a key. */
static bool joined(struct fc_values *x, struct fc_term *v, uint32_t *n, bool all)
{
    uint32_t kept = 0;
    struct fc_range *sets = fl_arena_get(x->k->a, (*n + 1u) * sizeof *sets);
    qsort(v, *n, sizeof *v, by_key);
    for (uint32_t i = 0, j; i < *n; i = j) {
        struct fc_key *key = v[i].key;
        for (j = i; j < *n && v[j].key == key; j++)
            sets[j - i] = v[j].set;
        v[kept] = (struct fc_term){key, all ? fc_range_intersection(x->k->a, sets, j - i, key->last)
                                            : fc_range_union(x->k->a, sets, j - i)};
        if (all && fc_range_empty(&v[kept].set)) {
            x->clash = key;
            return false;
        }
        kept++;
    }
    *n = kept;
    return true;
}

static struct fc_any any_of(struct fc_values *x, const struct fc_any *v, uint32_t n)
{
    size_t count = 0, single = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (v[i].unknown)
            return v[i];
        count += v[i].n;
    }
    struct fc_any r = {fl_arena_get(x->k->a, (count + 1) * sizeof *r.v), 0, false};
    struct fc_term *terms = fl_arena_get(x->k->a, (count + 1) * sizeof *terms);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < v[i].n; j++) {
            if (v[i].v[j].n == 1)
                terms[single++] = v[i].v[j].v[0];
            else
                r.v[r.n++] = v[i].v[j];
        }
    uint32_t kept = (uint32_t)single;
    joined(x, terms, &kept, false);
    for (uint32_t i = 0; i < kept; i++)
        r.v[r.n++] = (struct fc_all){&terms[i], 1};
    r.unknown = r.n > ALTERNATIVES;
    return r;
}

static bool both(struct fc_values *x, const struct fc_all *a, const struct fc_all *b, struct fc_all *r)
{
    r->n = a->n + b->n;
    r->v = fl_arena_get(x->k->a, (r->n + 1u) * sizeof *r->v);
    if (a->n)
        memcpy(r->v, a->v, a->n * sizeof *r->v);
    if (b->n)
        memcpy(r->v + a->n, b->v, b->n * sizeof *r->v);
    return joined(x, r->v, &r->n, true);
}

static struct fc_any all_of(struct fc_values *x, const struct fc_any *v, uint32_t n)
{
    struct fc_any r = always(x);
    bool unknown = false;
    uint32_t terms = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (v[i].n == 0 && !v[i].unknown)
            return v[i];
        unknown |= v[i].unknown;
        terms += v[i].n == 1 ? v[i].v->n : 0;
    }
    if (unknown)
        return (struct fc_any){.unknown = true};
    r.v->v = fl_arena_get(x->k->a, (terms + 1u) * sizeof *r.v->v);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; v[i].n == 1 && j < v[i].v->n; j++)
            r.v->v[r.v->n++] = v[i].v->v[j];
    if (!joined(x, r.v->v, &r.v->n, true))
        return (struct fc_any){0};
    x->clash = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (v[i].n < 2)
            continue;
        struct fc_any next = {fl_arena_get(x->k->a, (size_t)r.n * v[i].n * sizeof *next.v), 0, false};
        for (uint32_t a = 0; a < r.n; a++)
            for (uint32_t b = 0; b < v[i].n; b++)
                next.n += both(x, &r.v[a], &v[i].v[b], &next.v[next.n]);
        r = next;
        if (r.n > ALTERNATIVES)
            return (struct fc_any){.unknown = true};
        if (r.n == 0)
            break;
    }
    return r;
}

/* ---- leaves ---- */

static struct fc_logic leaf(struct fc_values *x, struct fc_key *key, struct fc_range yes, struct fc_range no)
{
    return (struct fc_logic){term(x, key, yes), term(x, key, no)};
}

static struct fc_logic opaque(struct fc_values *x, const struct fc_expr *e)
{
    return leaf(x, key_of(x, e), fc_range_one(x->k->a, 1, 1), fc_range_one(x->k->a, 0, 0));
}

static struct fc_range everything(struct fc_values *x, const struct fc_key *key)
{
    fc_point last = key->last;
    return fc_range_one(x->k->a, 0, last == NO_ADDRESS ? last - 1 : last);
}

/* True for `set` and false for all else; null gives null, or what its default gives (`a ?? 0 == 0`). */
static struct fc_logic of_set(struct fc_values *x, const struct fc_expr *e, struct fc_range set, bool not)
{
    const struct fc_expr *dflt = e->kind == FC_E_BINARY && e->op == FC_OP_COALESCE ? e->b : NULL;
    struct fc_interval at;
    if (dflt && !fc_point_of(x, dflt, e->type, &at))
        dflt = NULL;
    struct fc_key *key = key_of(x, dflt ? e->a : e);
    struct fc_range all = everything(x, key), in[2] = {set, all};
    fc_point last = key->last;
    struct fc_range yes = fc_range_intersection(x->k->a, in, 2, last), no = fc_range_complement(x->k->a, &yes, last);
    in[0] = no;
    no = fc_range_intersection(x->k->a, in, 2, last);
    if (dflt) {
        struct fc_range one = {&at, 1, false};
        yes.null = fc_range_within(&one, &set);
        no.null = !yes.null;
    }
    return not ? leaf(x, key, no, yes) : leaf(x, key, yes, no);
}

/* IPv4 addresses lie in no IPv6 prefix, though they are held as such. */
static uint32_t apart(struct fc_interval p, struct fc_interval out[2])
{
    const fc_point first4 = (fc_point)0xFFFF << 32, last4 = first4 | 0xFFFFFFFF;
    if (p.lo > last4 || p.hi < first4 || (p.lo >= first4 && p.hi <= last4)) {
        out[0] = p;
        return 1;
    }
    out[0] = (struct fc_interval){p.lo, first4 - 1};
    out[1] = (struct fc_interval){last4 + 1, p.hi};
    return 2;
}

static bool in_constant(struct fc_values *x, const struct fc_expr *e, struct fc_range *set)
{
    const struct fc_expr *list = fck_behind(e->b);
    struct fc_interval p;
    uint32_t n = 0;
    if (list->kind == FC_E_ADDRESS && e->a->type->kind == FC_K_IP && fc_point_of(x, list, e->a->type, &p)) {
        struct fc_interval *v = fl_arena_get(x->k->a, 2 * sizeof *v);
        *set = fc_range_of(x->k->a, v, apart(p, v));
        return true;
    }
    if (list->kind != FC_E_LIST || e->a->type->kind == FC_K_CIDR)
        return false;
    for (const struct fc_expr *m = list->args; m; m = m->next, n++)
        if (!fc_point_of(x, m, e->a->type, &p))
            return false;
    struct fc_interval *v = fl_arena_get(x->k->a, (2u * n + 1) * sizeof *v);
    n = 0;
    for (const struct fc_expr *m = list->args; m; m = m->next) {
        fc_point_of(x, m, e->a->type, &p);
        if (e->a->type->kind == FC_K_IP) {
            n += apart(p, v + n);
        } else {
            v[n++] = p;
        }
    }
    *set = fc_range_of(x->k->a, v, n);
    return true;
}

static struct fc_logic comparison(struct fc_values *x, const struct fc_expr *e)
{
    static const enum fc_op mirrored[] = {[FC_OP_EQ] = FC_OP_EQ, [FC_OP_NE] = FC_OP_NE, [FC_OP_LT] = FC_OP_GT,
        [FC_OP_LE] = FC_OP_GE, [FC_OP_GT] = FC_OP_LT, [FC_OP_GE] = FC_OP_LE};
    const struct fc_expr *a = e->a, *b = e->b;
    struct fc_interval p, q;
    enum fc_op op = e->op;
    bool left = fc_point_of(x, a, a->type, &q), right = fc_point_of(x, b, a->type, &p);
    if (a->type->kind != b->type->kind || a->type->kind == FC_K_CIDR || (left && right))
        return opaque(x, e);
    if (!left && !right) {
        if (a->type->kind == FC_K_FLOAT || key_of(x, a) != key_of(x, b))
            return opaque(x, e);
        return of_set(x, a, everything(x, key_of(x, a)), op == FC_OP_NE || op == FC_OP_LT || op == FC_OP_GT);
    }
    if (left) {
        a = e->b;
        p = q;
        op = mirrored[op];
    }
    fc_point last = last_point(x, a->type);
    if (last == 0) /* the one value of its type: not worth a word */
        return opaque(x, e);
    struct fc_range none = {0}, below = p.lo ? fc_range_one(x->k->a, 0, p.lo - 1) : none;
    if (op == FC_OP_EQ || op == FC_OP_NE)
        return of_set(x, a, fc_range_one(x->k->a, p.lo, p.hi), op == FC_OP_NE);
    if (op == FC_OP_LT || op == FC_OP_GE)
        return of_set(x, a, below, op == FC_OP_GE);
    struct fc_range upto = fc_range_one(x->k->a, 0, p.hi < last ? p.hi : last);
    return of_set(x, a, upto, op == FC_OP_GT);
}

/* (condition ?? false): null is false. It can be said when the condition asks one thing. */
static struct fc_logic defaulted(struct fc_values *x, const struct fc_expr *e)
{
    struct fc_logic l = fc_logic_of(x, e->a);
    bool one = !l.yes.unknown && !l.no.unknown && l.yes.n == 1 && l.no.n == 1 && l.yes.v->n == 1 && l.no.v->n == 1 &&
        l.yes.v->v->key == l.no.v->v->key;
    struct fc_any *other = e->b->i ? &l.yes : &l.no;
    const struct fc_any *kept = e->b->i ? &l.no : &l.yes;
    if (one) {
        const struct fc_term *t = kept->v->v;
        *other = term(x, t->key, fc_range_complement(x->k->a, &t->set, t->key->last));
    } else {
        *other = (struct fc_any){.unknown = true};
    }
    return l;
}

static uint32_t terms_of(const struct fc_expr *e, enum fc_op op, const struct fc_expr **v)
{
    if (e->kind == FC_E_BINARY && e->op == op) {
        uint32_t n = terms_of(e->a, op, v);
        return n + terms_of(e->b, op, v ? v + n : NULL);
    }
    if (v)
        *v = e;
    return 1;
}

static struct fc_logic chain(struct fc_values *x, const struct fc_expr *e)
{
    uint32_t n = terms_of(e, e->op, NULL);
    const struct fc_expr **terms = fl_arena_get(x->k->a, n * sizeof *terms);
    struct fc_any *yes = fl_arena_get(x->k->a, n * sizeof *yes), *no = fl_arena_get(x->k->a, n * sizeof *no);
    terms_of(e, e->op, terms);
    for (uint32_t i = 0; i < n; i++) {
        struct fc_logic one = fc_logic_of(x, terms[i]);
        yes[i] = one.yes;
        no[i] = one.no;
    }
    struct fc_logic r;
    x->clash = NULL;
    if (e->op == FC_OP_AND) {
        r.no = any_of(x, no, n);
        r.yes = all_of(x, yes, n);
    } else {
        r.yes = any_of(x, yes, n);
        r.no = all_of(x, no, n);
    }
    return r;
}

static struct fc_logic known(struct fc_values *x, const struct fc_expr *e)
{
    struct fc_range set;
    if (e->kind == FC_E_BINARY && (e->op == FC_OP_AND || e->op == FC_OP_OR))
        return chain(x, e);
    if (e->kind == FC_E_UNARY && e->op == FC_OP_NOT) {
        struct fc_logic l = fc_logic_of(x, e->a);
        return (struct fc_logic){l.no, l.yes};
    }
    if (e->kind == FC_E_BINARY && e->op == FC_OP_COALESCE && e->b->kind == FC_E_BOOL)
        return defaulted(x, e);
    x->visit(x, e);
    if (e->kind == FC_E_BOOL)
        return e->i ? (struct fc_logic){always(x), {0}} : (struct fc_logic){{0}, always(x)};
    if (e->kind == FC_E_BINARY && e->op >= FC_OP_EQ && e->op <= FC_OP_GE)
        return comparison(x, e);
    if (e->kind == FC_E_BINARY && e->op == FC_OP_IN && in_constant(x, e, &set))
        return of_set(x, e->a, set, false);
    if (e->kind == FC_E_UNARY && e->op == FC_OP_HAS) {
        struct fc_key *key = key_of(x, e->a);
        return leaf(x, key, fc_range_one(x->k->a, 0, key->last), (struct fc_range){.null = true});
    }
    return opaque(x, e);
}

static void explain(struct fc_values *x, const struct fc_expr *e, struct fc_diag *g, bool never)
{
    const char *what = x->clash ? fck_text(x->k, x->clash->span) : NULL;
    const struct fc_expr *list = e->kind == FC_E_BINARY && e->op == FC_OP_IN ? fck_behind(e->b) : NULL;
    bool logic = e->kind == FC_E_BINARY && (e->op == FC_OP_AND || e->op == FC_OP_OR);
    if (list && list->kind == FC_E_LIST && !list->args)
        fc_diag_help(x->k->d, g, "the list is empty: nothing is in it");
    else if (logic && what)
        fc_diag_help(x->k->d, g, never ? "no value of `%s` fulfils all of it; where one is enough, write `or`, or one list: `in [..]`"
                     : "each value of `%s` fulfils a part of it; where all are meant, write `and`, or one list: `not (.. in [..])`", what);
    else if (!logic && e->kind == FC_E_BINARY && e->op <= FC_OP_GE && !list)
        fc_diag_help(x->k->d, g, never ? "there is no such value of its type" : "both sides are the same, or no value of its type is another");
}

struct fc_logic fc_logic_of(struct fc_values *x, const struct fc_expr *e)
{
    x->clash = NULL;
    struct fc_logic l = known(x, e);
    bool never = !l.yes.unknown && l.yes.n == 0, certain = !l.no.unknown && l.no.n == 0;
    if (e->kind == FC_E_BOOL || (!never && !certain))
        return l;
    if (e->kind == FC_E_UNARY || (e->kind == FC_E_BINARY && e->op == FC_OP_COALESCE)) /* said of what stands inside */
        return opaque(x, e);
    explain(x, e, fc_report(x->k->d, never ? FC_NEVER_TRUE : FC_ALWAYS_TRUE, e->span), never);
    return opaque(x, e);
}
