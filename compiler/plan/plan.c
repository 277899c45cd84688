/*
 * plan.c - see plan.h. Marks what is read, gives the transform's fields their slots, cuts the stages into stretches.
 */
#include "dsl/option.h"
#include "plan/plan.h"

#include <string.h>

#include "tree/make.h"
#include "dsl/table_size.h"

struct planner {
    struct fc_compilation *c;
    struct fc_plan *p;
};

/* ---- the input's tree --------------------------------------------------------------------------------------- */

/* Nested names are joined with two underscores, and the whole is `record`: a name that has these itself is marked. */
static const char *plain(struct fc_compilation *c, const char *name)
{
    return strstr(name, "__") || strncmp(name, "record", 6) == 0 ? fl_arena_printf(&c->arena, "%s_f", name) : name;
}

static void grow(struct fc_compilation *c, struct fc_in *n)
{
    if (n->type->kind != FC_K_RECORD)
        return;
    n->ninner = n->type->nmembers;
    n->inner = fl_arena_zero(&c->arena, sizeof *n->inner * (size_t)(n->ninner ? n->ninner : 1));
    for (int i = 0; i < n->ninner; i++) {
        struct fc_in *m = &n->inner[i];
        m->member = &n->type->members[i];
        m->type = m->member->type;
        m->parent = n;
        m->path = n->member ? fl_arena_printf(&c->arena, "%s.%s", n->path, m->member->name) : m->member->name;
        m->c = n->member ? fl_arena_printf(&c->arena, "%s__%s", n->c, plain(c, m->member->name)) : plain(c, m->member->name);
        grow(c, m);
    }
}

struct fc_in *fc_plan_input(struct fc_plan *p, const struct fc_expr *e)
{
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_INPUT)
        return &p->in;
    if (e->kind != FC_E_FIELD)
        return NULL;
    struct fc_in *base = fc_plan_input(p, e->a);
    return base && e->info ? &base->inner[((const struct fc_member *)e->info)->index] : NULL;
}

struct fc_slot *fc_plan_slot(struct fc_plan *p, const struct fc_expr *e, int *rest)
{
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_RECORD_NOW) {
        *rest = 0;
        return &p->out;
    }
    if (e->kind != FC_E_FIELD)
        return NULL;
    struct fc_slot *s = fc_plan_slot(p, e->a, rest);
    if (!s)
        return NULL;
    if (*rest == 0 && s->kind == FC_SLOT_OBJECT)
        return &s->inner[((const struct fc_member *)e->info)->index];
    ++*rest;
    return s;
}

/* ---- slots ------------------------------------------------------------------------------------------------------------ */

static bool assigned(const struct fc_stmt *s, const struct fc_member *m, bool emit)
{
    for (; s; s = s->next) {
        if (!emit && s->kind == FC_S_ASSIGN && s->target->kind == FC_E_FIELD && s->target->info == m)
            return true;
        for (const struct fc_field *f = emit && s->kind == FC_S_EMIT ? s->fields : NULL; f; f = f->next)
            if (f->kind == FC_F_EXPR && strcmp(f->name.s, m->name) == 0)
                return true;
        if (assigned(s->body, m, emit) || assigned(s->other, m, emit))
            return true;
    }
    return false;
}

static bool set_in_mangle(const struct fc_program *g, const struct fc_member *m, bool emit)
{
    for (int i = 0; i < g->nstages; i++)
        for (const struct fc_absent *a = g->stages[i]->mangles; a; a = a->next)
            if (assigned(a->body, m, emit))
                return true;
    return false;
}

static bool constant(const struct fc_expr *e)
{
    return e->kind == FC_E_STRING || (e->kind == FC_E_INT && fc_type_integral(e->type)) || e->kind == FC_E_BOOL || e->kind == FC_E_SIZE;
}

/* The x of nonempty(x) or text(x), or NULL. */
static const struct fc_expr *in_builtin(const struct fc_expr *e, const char *name)
{
    const struct fc_builtin *b = e->kind == FC_E_CALL && !e->sym ? e->info : NULL;
    return b && strcmp(b->name, name) == 0 ? e->args : NULL;
}

/* The input that a field's value comes from. */
static struct fc_in *source_of(struct planner *y, const struct fc_expr *e, const struct fc_type *t)
{
    struct fc_in *n = fc_plan_input(y->p, e);
    return n && fc_type_same(n->type, t) && n->type->form == t->form ? n : NULL;
}

/* The input that e is the decimal text of: what its digits say. */
static struct fc_in *digits_of(struct planner *y, const struct fc_expr *e)
{
    const struct fc_expr *number = in_builtin(e, "text");
    struct fc_in *n = number ? fc_plan_input(y->p, number) : NULL;
    bool whole = n && (n->type->kind == FC_K_INT || n->type->kind == FC_K_BYTES || n->type->kind == FC_K_PACKETS);
    return whole && fc_number_text(n->type) ? n : NULL;
}

static const char *slot_name(struct fc_compilation *c, const struct fc_slot *s)
{
    const char *name = plain(c, s->field->name.s);
    return s->parent && s->parent->c ? fl_arena_printf(&c->arena, "%s__%s", s->parent->c, name) : name;
}

static void make_slots(struct planner *y, struct fc_slot *parent, const struct fc_field *fields, const struct fc_type *record)
{
    parent->kind = FC_SLOT_OBJECT;
    parent->type = record;
    parent->ninner = record->nmembers;
    parent->inner = fl_arena_zero(&y->c->arena, sizeof *parent->inner * (size_t)(record->nmembers ? record->nmembers : 1));
    for (const struct fc_field *f = fields; f; f = f->next) {
        struct fc_slot *s = &parent->inner[f->index];
        const struct fc_member *m = &record->members[f->index];
        bool top = parent == &y->p->out;
        s->field = f;
        s->type = m->type;
        s->parent = parent;
        s->optional = f->optional;
        s->c = slot_name(y->c, s);
        s->emitted = top && set_in_mangle(y->p->program, m, true);
        bool changed = top && set_in_mangle(y->p->program, m, false), fixed = !s->emitted && !changed;
        s->kind = FC_SLOT_STORED;
        if (f->kind == FC_F_OBJECT || f->kind == FC_F_FROM) {
            make_slots(y, s, f->fields, m->type);
        } else if (f->kind == FC_F_EXPR && fixed) {
            const struct fc_expr *text = in_builtin(f->value, "nonempty");
            s->in = source_of(y, text ? text : f->value, m->type);
            s->nonempty = s->in && text;
            if (!s->in && (s->in = digits_of(y, f->value)))
                s->text = true;
            if (s->in) {
                s->kind = FC_SLOT_INPUT;
            } else if (constant(f->value) && m->type->form == FC_FORM_PLAIN) {
                s->kind = FC_SLOT_CONST;
            } else if (f->value->kind == FC_E_NAME && f->value->sym && f->value->sym->kind == FC_SYM_LET) {
                s->kind = FC_SLOT_LET;
                s->let = f->value->sym;
            }
        } else if (f->kind == FC_F_EXPR && !changed && fc_number_text(m->type)) {
            s->in = source_of(y, f->value, m->type);
        }
    }
}

static void csv_leaves(struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        struct fc_in *m = &n->inner[i];
        if (m->type->kind == FC_K_RECORD) {
            m->has = true;
            csv_leaves(m);
        } else if (m->type->kind == FC_K_LIST || m->type->kind == FC_K_MAP || (fc_in_lossy(m->type) && m->type->form != FC_FORM_TEXT)) {
            m->raw = true;
        } else {
            m->value = true;
        }
    }
}

/* A record that is passed on whole: every member is looked for, because some have to be there and some have defaults. */
static void look_for_all(struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        n->inner[i].has = true;
        look_for_all(&n->inner[i]);
    }
}

/* All of them checked, none decoded. */
static bool only_numbers(const struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++)
        if (!fc_number_text(n->inner[i].type) || n->inner[i].raw || (n->inner[i].value && !n->inner[i].late))
            return false;
    return n->ninner > 0;
}

/* What is only passed on is kept as text; after fc_plan_reads, so that what is read besides is known. */
static void pass_slots(struct planner *y, struct fc_slot *s)
{
    for (int i = 0; i < s->ninner; i++) {
        struct fc_slot *m = &s->inner[i];
        if (m->kind == FC_SLOT_OBJECT) {
            pass_slots(y, m);
        } else if (m->kind == FC_SLOT_INPUT) {
            struct fc_in *n = (struct fc_in *)m->in;
            fc_mark_way(n);
            if (n->type->kind == FC_K_BOOL || n->type->kind == FC_K_FLOAT)
                n->value = true;
            else if (n->type->kind == FC_K_RECORD || !n->value || n->late || m->text)
                n->raw = true;
            else if (fc_in_lossy(n->type))
                n->raw = true; /* read and passed on: what comes out is what came in */
            if (n->type->kind == FC_K_RECORD && y->p->program->out.needs & FL_NEEDS_CSV)
                csv_leaves(n); /* its leaves are columns */
            if (n->raw) {
                look_for_all(n);
                n->places = only_numbers(n);
            }
        } else if (m->kind == FC_SLOT_STORED && m->in) {
            ((struct fc_in *)m->in)->raw = true;
        }
    }
}

/* ---- matchers ------------------------------------------------------------------------------------------------------------- */

const struct fc_expr *fc_address(const struct fc_expr *e)
{
    while (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CONST)
        e = e->sym->value;
    return e->kind == FC_E_ADDRESS ? e : NULL;
}

static bool worth(const struct fc_expr *elements, enum fc_set_kind kind)
{
    bool addresses = !elements;
    for (const struct fc_expr *x = elements; x; x = x->next) {
        if (kind == FC_SET_CLASSES && !(x->kind == FC_E_NAME && x->sym && x->sym->kind == FC_SYM_CLASS))
            return false;
        addresses |= fc_address(x) != NULL;
    }
    return kind == FC_SET_CLASSES || addresses;
}

const struct fc_matcher *fc_plan_matcher(struct fc_compilation *c, struct fc_plan *p, const struct fc_expr *list, enum fc_set_kind kind)
{
    while (list->kind == FC_E_NAME && list->sym && list->sym->kind == FC_SYM_CONST)
        list = list->sym->value;
    const struct fc_sym *param = list->kind == FC_E_NAME && list->sym && list->sym->kind == FC_SYM_PARAM ? list->sym : NULL;
    if (!param && (list->kind != FC_E_LIST || !worth(list->args, kind)))
        return NULL;
    struct fc_matcher **m = &p->matchers;
    int n = 0;
    for (; *m; m = &(*m)->next, n++)
        if ((*m)->kind == kind && (param ? (*m)->param == param : (*m)->list == list))
            return *m;
    *m = fl_arena_zero(&c->arena, sizeof **m);
    (*m)->kind = kind;
    (*m)->param = param;
    (*m)->list = param ? NULL : list;
    (*m)->c = param ? param->name : fl_arena_printf(&c->arena, "list_%d", n);
    return *m;
}

int fc_plan_regexp(struct fc_compilation *c, struct fc_plan *p, const char *pattern)
{
    struct fc_regexp **r = &p->regexps;
    for (; *r; r = &(*r)->next)
        if (strcmp((*r)->pattern, pattern) == 0)
            return (*r)->index;
    *r = fl_arena_zero(&c->arena, sizeof **r);
    (*r)->pattern = pattern;
    (*r)->index = p->nregexps++;
    return (*r)->index;
}

static void visit_match(void *arg, const struct fc_expr *e)
{
    struct planner *y = arg;
    if (e->kind == FC_E_BINARY && e->op == FC_OP_IN && e->b->type->kind == FC_K_LIST) {
        if (e->a->type->kind == FC_K_IP && e->b->type->elem->kind == FC_K_CIDR)
            fc_plan_matcher(y->c, y->p, e->b, FC_SET_PREFIXES);
        else if (e->a->type->kind == FC_K_CLASS)
            fc_plan_matcher(y->c, y->p, e->b, FC_SET_CLASSES);
    }
    if (e->kind == FC_E_BINARY && e->op == FC_OP_MATCHES)
        fc_plan_regexp(y->c, y->p, e->b->s);
    if (e->kind == FC_E_CALL && strcmp(e->name.s, "replace") == 0 && e->info)
        fc_plan_regexp(y->c, y->p, e->args->next->kind == FC_E_NAME ? e->args->next->sym->value->s : e->args->next->s);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------ */

static void visit_asks(void *arg, const struct fc_expr *e)
{
    *(bool *)arg |= fc_depends_on(e).asks;
}

static bool stage_asks(const struct fc_program *g, const struct fc_stage *s)
{
    bool asks = false;
    unsigned long long writes = fc_stage_tables(s).writes;
    fc_stage_each(s, visit_asks, &asks);
    for (const struct fc_sym *l = g->lets; l; l = l->next)
        asks |= fc_settles(l, writes) && l->asks;
    return asks;
}

/*
 * Tables are read and written record by record. Does one bind stages above i, from `first` on, to i or those below it?
 * Mangle works on the batch. Lets were computed before what they read was written.
 */
static bool bound(const struct fc_program *g, int first, int i)
{
    unsigned long long reads = 0, writes = 0;
    for (int k = first; k < i; k++) {
        struct fc_stage_tables t = fc_stage_tables(g->stages[k]);
        reads |= t.reads;
        writes |= t.writes;
    }
    for (int k = i; k < g->nstages && g->stages[k]->kind != FC_ST_MANGLE; k++) {
        struct fc_stage_tables t = fc_stage_tables(g->stages[k]);
        if ((reads & t.writes) || (writes & (t.reads_here | t.writes)))
            return true;
    }
    return false;
}

/* Where the stretch of the asking stage i begins: as late as tables allow, so that dropped records are not asked for. */
static int stretch_start(const struct fc_program *g, const struct fc_stretch *now, int i)
{
    while (i > now->first && bound(g, now->first, i))
        i--;
    return i;
}

static bool emits(const struct fc_stmt *s)
{
    for (; s; s = s->next)
        if (s->kind == FC_S_EMIT || emits(s->body) || emits(s->other))
            return true;
    return false;
}

static void begin_stretch(struct fc_plan *p, int first)
{
    p->stretches[p->nstretches++] = (struct fc_stretch){.first = first};
}

static void cut_stretches(struct planner *y)
{
    const struct fc_program *g = y->p->program;
    struct fc_plan *p = y->p;
    p->stretches = fl_arena_zero(&y->c->arena, sizeof *p->stretches * (size_t)(g->nstages + 1));
    p->asks = fl_arena_zero(&y->c->arena, sizeof *p->asks * (size_t)(g->nstages + 1));
    for (int i = 0; i < g->nstages; i++) {
        const struct fc_stage *s = g->stages[i];
        p->asks[i] = stage_asks(g, s);
        if (i == 0 || s->kind == FC_ST_MANGLE || g->stages[i - 1]->kind == FC_ST_MANGLE) {
            begin_stretch(p, i);
        } else if (p->asks[i]) {
            struct fc_stretch *now = &p->stretches[p->nstretches - 1];
            int start = stretch_start(g, now, i);
            if (start > now->first)
                begin_stretch(p, start);
        }
        for (const struct fc_absent *m = s->mangles; m; m = m->next) {
            p->ticks |= !m->each;
            p->emits |= emits(m->body);
        }
    }
    for (const struct fc_part *part = g->out.parts; part; part = part->next)
        p->partition_asks |= fc_depends_on(part->value).asks;
    for (int i = 0; i < p->nstretches; i++) {
        struct fc_stretch *st = &p->stretches[i];
        st->n = (i + 1 < p->nstretches ? st[1].first : g->nstages) - st->first;
        for (int k = st->first; k < st->first + st->n; k++) {
            st->asks |= p->asks[k];
            st->writes |= fc_stage_tables(g->stages[k]).writes;
        }
    }
}

bool fc_tried(const struct fc_plan *p, const struct fc_sym *let)
{
    for (int i = 0; i < p->nstretches; i++)
        if (fc_guessed(let, &p->stretches[i]))
            return true;
    return false;
}

static void find_matchers(struct planner *y)
{
    const struct fc_program *g = y->p->program;
    for (const struct fc_sym *f = g->functions; f; f = f->next) {
        if (!f->used)
            continue;
        for (const struct fc_sym *l = f->lets; l; l = l->next)
            fc_expr_each(l->value, visit_match, y);
        fc_expr_each(f->value, visit_match, y);
    }
    for (const struct fc_sym *l = g->lets; l; l = l->next)
        if (l->used)
            fc_expr_each(l->value, visit_match, y);
    for (int i = 0; i < g->nstages; i++) {
        const struct fc_stage *s = g->stages[i];
        for (const struct fc_rule *r = s->rules; r; r = r->next)
            if (r->when)
                fc_expr_each(r->when, visit_match, y);
        fc_block_each(s->body, visit_match, y);
        fc_fields_each(s->fields, visit_match, y);
        if (s->when)
            fc_expr_each(s->when, visit_match, y);
        for (const struct fc_absent *m = s->mangles; m; m = m->next)
            fc_block_each(m->body, visit_match, y);
    }
    for (const struct fc_part *part = g->out.parts; part; part = part->next)
        fc_expr_each(part->value, visit_match, y);
    for (const struct fc_item *it = y->c->tests ? g->tests : NULL; it; it = it->next)
        for (const struct fc_check *c = it->kind == FC_I_TEST ? it->checks : NULL; c; c = c->next) {
            if (c->kind == FC_C_EXPECT)
                fc_expr_each(c->expr, visit_match, y);
            for (const struct fc_expr *x = c->kind == FC_C_EXPECT_OBJECT ? c->args : NULL; x; x = x->next)
                fc_expr_each(x, visit_match, y);
        }
}

/* Lists of what can be decoded element by element. */
static void check_lists(struct fc_compilation *c, const struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *m = &n->inner[i];
        check_lists(c, m);
        if (!m->value || m->type->kind != FC_K_LIST)
            continue;
        enum fc_kind k = m->type->elem->kind;
        if (k != FC_K_STRING && k != FC_K_IP && k != FC_K_CIDR && k != FC_K_INT && k != FC_K_BYTES && k != FC_K_PACKETS)
            fc_report(&c->diags, FC_LATER, m->member->span,
                      fl_arena_printf(&c->arena, "looking into a list of `%s`", fc_type_text(&c->arena, m->type->elem, false)));
    }
}

static void number_members(struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        struct fc_in *m = &n->inner[i];
        if (fc_in_live(m))
            m->bit = n->nbits++;
        number_members(m);
    }
}

bool fc_make_plan(struct fc_compilation *c)
{
    struct fc_plan *p = c->plan = fl_arena_zero(&c->arena, sizeof *p);
    struct planner y = {c, p};
    fc_reach(c);
    p->program = c->program;
    p->in.type = c->program->input;
    p->in.path = p->in.c = "";
    grow(c, &p->in);
    if (c->program->transform)
        make_slots(&y, &p->out, c->program->transform->fields, c->program->output);
    else
        p->pass = true;
    if (p->pass && c->program->out.needs & FL_NEEDS_CSV)
        csv_leaves(&p->in);
    fc_plan_reads(c, p);
    pass_slots(&y, &p->out);
    number_members(&p->in);
    check_lists(c, &p->in);
    find_matchers(&y);
    cut_stretches(&y);
    fc_plan_asks(c, p);
    fc_plan_ahead(c, p);
    return c->diags.errors == 0;
}

/* ---- dump ---------------------------------------------------------------------------------------------------------------------------- */

static void dump_in(const struct fc_in *n, FILE *out)
{
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *m = &n->inner[i];
        if (fc_in_live(m))
            fprintf(out, "    %-32s %s%s%s%s%s\n", m->path, m->value ? "value " : "", m->late ? "late " : "", m->raw ? "raw " : "", m->has ? "has" : "",
                    m->places ? " places" : "");
        dump_in(m, out);
    }
}

static void dump_slots(const struct fc_slot *s, FILE *out)
{
    static const char *const kinds[] = {"constant", "from input", "from let", "computed", "object"};
    for (int i = 0; i < s->ninner; i++) {
        const struct fc_slot *m = &s->inner[i];
        const char *how = m->nonempty ? " unless empty" : m->text ? " as a text" : fc_slot_text(m) ? "only for emit, else the text of" : m->kind == FC_SLOT_STORED && m->in ? ", written as the text of" : "";
        const char *from = m->kind == FC_SLOT_LET ? m->let->name : m->in ? m->in->path : "";
        const struct fc_expr *value = m->kind == FC_SLOT_LET ? m->let->value : m->kind == FC_SLOT_STORED ? m->field->value : NULL;
        fprintf(out, "    %-32s %s%s%s%s%s\n", m->c, fc_slot_text(m) ? "" : kinds[m->kind], how, *from ? " " : "", from,
                value && fc_silent_null(value) ? ", null where no lookup is answered" : "");
        dump_slots(m, out);
    }
}

/* Bytes of a value in a table: texts have 256 each (struct fl_kept). */
static uint32_t kept_size(const struct fc_type *t)
{
    uint32_t n = 0, most = 8;
    switch (t->kind) {
    case FC_K_STRING:
    case FC_K_IP:
        return 256;
    case FC_K_BOOL:
        return 1;
    case FC_K_CIDR:
        return 40;
    case FC_K_RECORD:
        for (int i = 0; i < t->nmembers; i++) {
            uint32_t size = kept_size(t->members[i].type);
            uint32_t align = size >= 8 ? most : 1;
            n = (uint32_t)fl_round_up(n, align) + size + t->members[i].optional;
        }
        return (uint32_t)fl_round_up(n, most);
    default:
        return 8;
    }
}

void fc_print_tables(struct fc_compilation *c, FILE *out)
{
    for (const struct fc_sym *t = c->program->tables; t; t = t->next) {
        bool text = t->nkeys > 1 || t->keys[0]->kind == FC_K_STRING || t->keys[0]->kind == FC_K_IP || t->keys[0]->kind == FC_K_CIDR;
        if (t->used)
            fprintf(out, "table %s: at most %lld entries, %.1f MiB\n", t->name, (long long)t->max,
                    (double)fl_table_worst(t->max, kept_size(t->type), text ? 0 : 8, fc_plan_walked(c->program, t)) / 1048576);
    }
}

void fc_dump_plan(struct fc_compilation *c, FILE *out)
{
    const struct fc_plan *p = c->plan;
    fprintf(out, "pipeline %s\n\ninput: what is read; the rest is skipped\n", p->program->name);
    dump_in(&p->in, out);
    fprintf(out, "\noutput: %s\n", p->pass ? "the record as it came, one slice" : p->program->output->name ? p->program->output->name : "");
    dump_slots(&p->out, out);
    fprintf(out, "\nmatchers\n");
    for (const struct fc_matcher *m = p->matchers; m; m = m->next)
        fprintf(out, "    %-32s %s\n", m->c, m->kind == FC_SET_PREFIXES ? "sorted ranges of prefixes, built at start" : "flags by class, built at start");
    for (const struct fc_regexp *r = p->regexps; r; r = r->next)
        fprintf(out, "    regex %-26d %s\n", r->index, r->pattern);
    fprintf(out, "\nstretches: stages that run record by record\n");
    for (int i = 0; i < p->nstretches; i++) {
        fprintf(out, "    %d:", i + 1);
        for (int j = 0; j < p->stretches[i].n; j++)
            fprintf(out, " %s", fc_stage_text(p->program->stages[p->stretches[i].first + j]->kind));
        fprintf(out, "%s\n", p->stretches[i].asks ? "  (lookups are asked first, for the whole batch)" : "");
        fc_dump_ahead(c, &p->stretches[i], out);
    }
    fprintf(out, "\ntables: the worst case\n");
    fc_print_tables(c, out);
    fprintf(out, "\nlookups\n");
    for (const struct fc_sym *l = p->program->lookups; l; l = l->next)
        if (l->used)
            fprintf(out, "    %-32s cache %llds max %lld timeout %llds\n", l->name, (long long)(l->expire / 1000000000), (long long)l->max,
                    (long long)(l->timeout / 1000000000));
}
