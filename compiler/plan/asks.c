/*
 * asks.c - what a lookup is asked must not depend on a table that the step behind its wave writes (E0412).
 *
 * All records of a batch are asked before a step runs; its tables are written afterwards, record by record. So for each
 * table that such a step writes, this follows the table's values through lets, functions, fields of the transform and the
 * class into the arguments of lookups. What only decides whether something is asked is not an argument: that may change
 * while the records run. Called by plan.c when the steps are made.
 */
#include "plan/parts.h"
#include "tree/walk.h"

/* What a value depends on: the table at hand; parameters of the function it stands in, a bit by place, the last for all from 63 on. */
struct taint {
    bool table;
    unsigned long long params;
};

/* What is known of a let, a function or a variable of a block. */
struct memo {
    const struct fc_sym *sym;
    struct taint value;
    unsigned long long asked; /* FUNCTION: parameters that lookups in it are asked by */
    struct memo *next;
};

/* Lookups are reported once, though functions and lets are met from many places. */
struct reported {
    struct fc_span span;
    struct reported *next;
};

struct asker {
    struct fc_compilation *c;
    struct fc_plan *p;
    const struct fc_plan_step *wave; /* at hand; that of the partition is made behind all */
    const struct fc_sym *table;
    const struct fc_stmt *write;
    struct memo *memo;
    struct taint class_, *field;   /* as the stages of this step have set them so far; fields by index */
    unsigned long long asked;      /* of the function at hand */
    const struct fc_expr *need;    /* in a stage: what led into lets and functions, */
    int depth;                     /* this many */
    struct reported **reported;
};

static struct taint value(struct asker *k, const struct fc_expr *e);
static void asks(struct asker *k, const struct fc_expr *e);

static struct taint both(struct taint a, struct taint b)
{
    return (struct taint){a.table || b.table, a.params | b.params};
}

static struct memo *recall(struct asker *k, const struct fc_sym *s)
{
    for (struct memo *m = k->memo; m; m = m->next)
        if (m->sym == s)
            return m;
    return NULL;
}

static struct memo *remember(struct asker *k, const struct fc_sym *s, struct taint v)
{
    struct memo *m = fl_arena_zero(&k->c->arena, sizeof *m);
    *m = (struct memo){.sym = s, .value = v, .next = k->memo};
    return k->memo = m;
}

/* Fields of all forms, one form after the other. */
static int members(const struct asker *k)
{
    int n = 0;
    for (const struct fc_made *m = k->p->program->made; m; m = m->next)
        n += m->sym.type->nmembers;
    return n;
}

/* The fields of this form. */
static struct taint *fields(const struct asker *k, const struct fc_sym *form)
{
    struct taint *f = k->field;
    for (const struct fc_made *m = k->p->program->made; &m->sym != form; m = m->next)
        f += m->sym.type->nmembers;
    return f;
}

/* ---- what is written, and when lets are computed ---------------------------------------------------------------------- */

static void visit_write(void *arg, struct fc_sym *table, const struct fc_stmt *by)
{
    struct asker *k = arg;
    if (table == k->table && !k->write)
        k->write = by;
}

/* Is the let surely computed when this step begins? A mangle may be switched off; but then the partition sees nothing written. */
static bool settled(const struct asker *k, const struct fc_sym *let)
{
    for (int i = 0; i < k->wave->first; i++) {
        const struct fc_stage *s = k->p->program->stages[i];
        if ((let->reads_here & fc_stage_tables(s).writes) && (!s->when || k->wave->output))
            return true;
    }
    return false;
}

/* ---- what values depend on ------------------------------------------------------------------------------------------------ */

/* A let of the file or of a function, when it is first met. */
static struct memo *let(struct asker *k, const struct fc_sym *s)
{
    struct memo *m = recall(k, s);
    if (m)
        return m;
    if (s->kind == FC_SYM_LET && settled(k, s))
        return remember(k, s, (struct taint){false, 0});
    m = remember(k, s, (struct taint){false, 0});
    k->depth++;
    asks(k, s->value);
    m->value = value(k, s->value);
    k->depth--;
    return m;
}

static struct memo *function(struct asker *k, const struct fc_sym *f)
{
    struct memo *m = recall(k, f);
    if (m)
        return m;
    unsigned long long outside = k->asked;
    k->asked = 0;
    k->depth++;
    m = remember(k, f, (struct taint){false, 0});
    asks(k, f->value);
    m->value = value(k, f->value);
    m->asked = k->asked;
    k->asked = outside;
    k->depth--;
    return m;
}

static unsigned long long param_bit(int i)
{
    return 1ull << (i < 63 ? i : 63);
}

/* What the arguments of a call depend on whose parameters are in the set. */
static struct taint arguments(struct asker *k, const struct fc_expr *call, unsigned long long params)
{
    struct taint t = {false, 0};
    int i = 0;
    for (const struct fc_expr *x = call->args; x; x = x->next)
        if (params & param_bit(i++))
            t = both(t, value(k, x));
    return t;
}

static struct taint named(struct asker *k, const struct fc_sym *s)
{
    struct taint t = {false, 0};
    int i = 0;
    struct memo *m;
    switch (s->kind) {
    case FC_SYM_LET:
    case FC_SYM_FLET:
        return let(k, s)->value;
    case FC_SYM_LOCAL:
        m = recall(k, s);
        return m ? m->value : t;
    case FC_SYM_CLASS_NOW:
        return k->class_;
    case FC_SYM_ARG:
        for (const struct fc_sym *a = s->owner->args; a && a != s; a = a->next)
            i++;
        t.params = param_bit(i);
        return t;
    case FC_SYM_RECORD_NOW:
        for (i = 0; i < s->type->nmembers; i++)
            t = both(t, fields(k, s)[i]);
        return t;
    default:
        return t;
    }
}

static bool is_record(const struct fc_expr *e)
{
    return e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_RECORD_NOW;
}

static struct taint fields_value(struct asker *k, const struct fc_field *f)
{
    struct taint t = {false, 0};
    for (; f; f = f->next)
        t = both(t, both(value(k, f->value), fields_value(k, f->fields)));
    return t;
}

/* An answer counts for nothing: what it was asked by is looked at where it is asked. */
static struct taint value(struct asker *k, const struct fc_expr *e)
{
    struct taint t = {false, 0};
    if (!e)
        return t;
    if (e->kind == FC_E_NAME)
        return e->sym ? named(k, e->sym) : t;
    if (e->kind == FC_E_FIELD && is_record(e->a) && e->info)
        return fields(k, e->a->sym)[((const struct fc_member *)e->info)->index];
    if (e->kind == FC_E_CALL && e->sym && e->sym->kind == FC_SYM_LOOKUP)
        return t;
    if (e->kind == FC_E_CALL && e->sym && e->sym->kind == FC_SYM_FUNCTION) {
        const struct memo *m = function(k, e->sym);
        t = arguments(k, e, m->value.params);
        t.table |= m->value.table;
        return t;
    }
    if (e->kind == FC_E_ANY) {
        t = value(k, e->a);
        if (e->sym && !recall(k, e->sym))
            remember(k, e->sym, t);
        return both(t, value(k, e->b));
    }
    t.table = e->kind == FC_E_INDEX && e->sym == k->table;
    t = both(t, both(value(k, e->a), both(value(k, e->b), value(k, e->c))));
    for (const struct fc_expr *x = e->args; x; x = x->next)
        t = both(t, value(k, x));
    for (const struct fc_arm *arm = e->arms; arm; arm = arm->next)
        t = both(t, value(k, arm->value));
    return both(t, fields_value(k, e->fields));
}

/* ---- what is asked ---------------------------------------------------------------------------------------------------------- */

static bool reported(struct asker *k, struct fc_span span)
{
    for (const struct reported *r = *k->reported; r; r = r->next)
        if (r->span.file == span.file && r->span.start == span.start && r->span.end == span.end)
            return true;
    struct reported *r = fl_arena_zero(&k->c->arena, sizeof *r);
    *r = (struct reported){span, *k->reported};
    *k->reported = r;
    return false;
}

static void refuse(struct asker *k, const struct fc_expr *call)
{
    if (reported(k, call->span))
        return;
    const char *name = k->table->name;
    struct fc_diag *g = fc_report(&k->c->diags, FC_LOOKUP_TABLE, call->span, call->name.s, name);
    if (k->depth > 0 && k->need)
        fc_diag_note(&k->c->diags, g, k->need->span, "the answer is needed here");
    fc_diag_note(&k->c->diags, g, k->write->span, "`%s` is written here, when all records of the batch have been asked", name);
    fc_diag_help(&k->c->diags, g, "read `%s` in a `let` of the file, which sees it as it was before, and ask by that%s", name,
                 !k->wave->output ? ", below the stages that write it" : "");
}

static void asks_call(struct asker *k, const struct fc_expr *e)
{
    bool lookup = e->sym->kind == FC_SYM_LOOKUP;
    struct taint t = arguments(k, e, lookup ? ~0ull : function(k, e->sym)->asked);
    if (t.table)
        refuse(k, e);
    k->asked |= t.params;
}

static void asks_one(void *arg, const struct fc_expr *e)
{
    struct asker *k = arg;
    if (k->depth == 0)
        k->need = e;
    if (e->kind == FC_E_ANY)
        value(k, e); /* what its variable depends on */
    if (!e->sym)
        return;
    if (e->kind == FC_E_NAME && (e->sym->kind == FC_SYM_LET || e->sym->kind == FC_SYM_FLET))
        let(k, e->sym);
    else if (e->kind == FC_E_CALL && (e->sym->kind == FC_SYM_LOOKUP || e->sym->kind == FC_SYM_FUNCTION))
        asks_call(k, e);
}

static void asks(struct asker *k, const struct fc_expr *e)
{
    fc_walk_expr(e, asks_one, k);
}

static void visit_root(void *arg, const struct fc_expr *e)
{
    asks(arg, e);
}

/* ---- stages in their order ------------------------------------------------------------------------------------------------------ */

static void asks_block(struct asker *k, const struct fc_stmt *s, struct taint when);

static void asks_if(struct asker *k, const struct fc_stmt *s, struct taint when)
{
    size_t n = (size_t)members(k);
    struct taint *before = fl_arena_zero(&k->c->arena, sizeof *before * (n + 1));
    struct taint *then = fl_arena_zero(&k->c->arena, sizeof *then * (n + 1));
    when = both(when, value(k, s->value));
    for (size_t i = 0; i < n; i++)
        before[i] = k->field[i];
    asks_block(k, s->body, when);
    for (size_t i = 0; i < n; i++) {
        then[i] = k->field[i];
        k->field[i] = before[i];
    }
    asks_block(k, s->other, when);
    for (size_t i = 0; i < n; i++)
        k->field[i] = both(k->field[i], then[i]);
}

/* A field of an object leaves the others as they are. */
static void asks_assign(struct asker *k, const struct fc_stmt *s, struct taint when)
{
    const struct fc_expr *e = s->target;
    while (!is_record(e->a))
        e = e->a;
    struct taint *field = &fields(k, e->a->sym)[((const struct fc_member *)e->info)->index], set = both(when, value(k, s->value));
    *field = e == s->target ? set : both(*field, set);
}

static void asks_block(struct asker *k, const struct fc_stmt *s, struct taint when)
{
    for (; s; s = s->next) {
        fc_stmt_parts(s, visit_root, k);
        if (s->kind == FC_S_LET && s->sym)
            remember(k, s->sym, value(k, s->value));
        else if (s->kind == FC_S_ASSIGN && s->target->kind == FC_E_FIELD)
            asks_assign(k, s, when);
        else if (s->kind == FC_S_IF)
            asks_if(k, s, when);
    }
}

static void asks_transform(struct asker *k, const struct fc_stage *s)
{
    const struct fc_made *m = k->p->program->made;
    while (m->stage != s)
        m = m->next;
    struct taint *made = fields(k, &m->sym);
    fc_walk_fields(s->fields, asks_one, k);
    for (const struct fc_field *f = s->fields; f; f = f->next)
        made[f->index] = both(made[f->index], both(value(k, f->value), fields_value(k, f->fields)));
}

static void asks_stage(struct asker *k, const struct fc_stage *s)
{
    const struct taint none = {false, 0};
    struct taint class_ = none;
    k->need = NULL;
    for (const struct fc_sym *l = k->p->program->lets; l; l = l->next)
        if (l->reads_here & fc_stage_tables(s).writes)
            let(k, l);
    for (const struct fc_rule *r = s->rules; r; r = r->next) {
        asks(k, r->when);
        class_ = both(class_, value(k, r->when));
    }
    if (fc_stage_plans[s->kind].classifies)
        k->class_ = class_;
    asks_block(k, s->body, none);
    if (fc_stage_plans[s->kind].makes)
        asks_transform(k, s);
    for (const struct fc_absent *m = s->mangles; m; m = m->next)
        if (m->each)
            asks_block(k, m->body, none);
}

static void asks_wave(struct asker k)
{
    const struct fc_program *g = k.p->program;
    const struct fc_output *output = k.wave->output;
    int first = output ? 0 : k.wave->first, end = output ? g->ncommon : k.wave->first + k.wave->n;
    for (int i = first; i < end; i++)
        fc_walk_tables(g->stages[i], FC_PART_RECORD, visit_write, &k);
    if (!k.write)
        return;
    k.field = fl_arena_zero(&k.c->arena, sizeof *k.field * (size_t)(members(&k) + 1));
    for (int i = first; i < end && !output; i++)
        asks_stage(&k, g->stages[i]);
    for (const struct fc_part *part = output ? output->parts : NULL; part; part = part->next)
        asks(&k, part->value);
}

void fc_plan_asks(struct fc_compilation *c, struct fc_plan *p)
{
    struct reported *reported = NULL;
    for (const struct fc_plan_step *s = p->steps; s; s = s->next)
        for (const struct fc_sym *t = s->kind == FC_WAVE ? p->program->tables : NULL; t; t = t->next)
            asks_wave((struct asker){.c = c, .p = p, .wave = s, .table = t, .reported = &reported});
}
