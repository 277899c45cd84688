/*
 * statement.c - the statements of update and mangle as C.
 */
#include "emit/emit.h"

/* When the texts of v, which is not null, have room in a row; NULL: always. */
const struct fc_cond *fce_fits(struct fc_em *m, const struct fc_type *t, struct fc_cv v)
{
    const struct fc_cond *all = NULL;
    if (t->kind == FC_K_STRING || t->kind == FC_K_IP)
        return fce_cond(m, FC_COND_COMPARE, "fl_decoded(cx, %s%s).n <= FL_KEPT", v.v, t->kind == FC_K_IP ? ".text" : "");
    for (int i = 0; t->kind == FC_K_RECORD && i < t->nmembers; i++) {
        struct fc_cv x = fce_member(m, v, &t->members[i], true);
        const struct fc_cond *null = x.n;
        x.n = NULL;
        const struct fc_cond *one = fce_fits(m, t->members[i].type, x);
        if (one)
            all = fce_and(m, all, null ? fce_or(m, null, one) : one);
    }
    return all;
}

void fce_table_put(struct fc_em *m, const struct fc_sym *t, const char *table, const char *p, const char *n, const char *expire, const char *class_,
                   struct fc_cv v)
{
    v.n = NULL;
    const struct fc_cond *room = fce_fits(m, t->type, v);
    if (room) {
        fce_line(m, "if (!(%s)) { /* half a text would be another one */", fce_bare(m, room));
        fce_line(m, *table == '&' ? "    %s.too_long++;" : "    %s->too_long++;", *table == '&' ? table + 1 : table);
        fce_line(m, "} else {");
        m->depth++;
    }
    fce_line(m, "%s *row = fl_table_put(%s, %s, %s, cx->now, %s, %s);", fce_kept_type(m, t->type), table, p, n, expire, class_);
    fce_line(m, "if (row) {");
    m->depth++;
    fce_store(m, t->type, "(*row)", v);
    m->depth--;
    fce_line(m, "}");
    if (room) {
        m->depth--;
        fce_line(m, "}");
    }
}

static void table_assign(struct fc_em *m, const struct fc_stmt *s)
{
    const struct fc_sym *t = s->sym;
    const char *p, *n;
    fce_line(m, "{");
    m->depth++;
    struct fc_cv v = fce_bind(m, fce_expr(m, s->value));
    fce_key(m, s->target->args, &p, &n);
    const char *expire = fce_text(m, "INT64_C(%lld)", (long long)t->expire);
    if (s->expire)
        expire = fce_expr(m, s->expire).v;
    fce_table_put(m, t, fce_text(m, "&table_%s", t->name), p, n, expire, m->class_, v);
    m->depth--;
    fce_line(m, "}");
}

/* What the path names, whose last `rest` fields are in the slot's value. */
static const char *lvalue(struct fc_em *m, const struct fc_slot *s, const struct fc_expr *path, int rest)
{
    if (!rest)
        return fce_stored(m, "r", s);
    return fce_text(m, "%s.%s", lvalue(m, s, path->a, rest - 1), fce_name(m, ((const struct fc_member *)path->info)->name));
}

static void field_assign(struct fc_em *m, const struct fc_stmt *s)
{
    int rest;
    const struct fc_slot *slot = fc_plan_slot(m->p, s->target, &rest);
    const struct fc_member *mem = s->target->info;
    const char *at = lvalue(m, slot, s->target, rest), *has = NULL;
    if (rest && mem->optional)
        has = fce_text(m, "%s.has_%s", lvalue(m, slot, s->target->a, rest - 1), mem->name);
    else if (!rest && (slot->optional || slot->emitted))
        has = fce_stored_is(m, "r", slot);
    fce_line(m, "{");
    m->depth++;
    struct fc_cv v = fce_expr(m, s->value);
    if (has && (v.n || v.type->kind == FC_K_NULL)) {
        v = v.type->kind == FC_K_NULL ? v : fce_bind(m, v);
        fce_line(m, "%s = false;", has);
    }
    if (v.type->kind != FC_K_NULL)
        fce_assign(m, at, has, v);
    m->depth--;
    fce_line(m, "}");
}

static void emit_record(struct fc_em *m, const struct fc_stmt *s)
{
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "struct rec *e = (struct rec *)fl_batch_add(cx, b);");
    const struct fc_slot *form = m->p->forms[s->sym->index];
    fce_line(m, "e->h.emitted = 1;");
    if (form != &m->p->out)
        fce_line(m, "e->h.form = %lld; /* %s */", (long long)s->sym->index + 1, form->type->name);
    fce_line(m, "e->h.behind = cx->at;");
    fce_line(m, "e->h.class_ = %s;", m->class_);
    int from = m->nfrom;
    for (const struct fc_field *f = s->fields; f; f = f->next) {
        const struct fc_slot *slot = &form->inner[f->index];
        if (slot->given)
            slot = slot->given;
        fce_spread(m, f);
        struct fc_cv v = fce_expr(m, f->value);
        if (v.type->kind != FC_K_NULL)
            fce_assign(m, fce_stored(m, "e", slot), fce_stored_is(m, "e", slot), v);
    }
    m->nfrom = from;
    fce_join_emitted(m, form);
    m->depth--;
    fce_line(m, "}");
}

void fce_block_let(struct fc_em *m, const struct fc_stmt *s)
{
    struct fc_cv v = fce_expr(m, s->value);
    const char *is = s->sym->optional ? fce_text(m, "is_l_%s", s->name.s) : NULL;
    fce_zeroed(m, s->sym->type, fce_text(m, "l_%s", s->name.s), is);
    fce_assign(m, fce_text(m, "l_%s", s->name.s), is, v);
}

void fce_block(struct fc_em *m, const struct fc_stmt *s)
{
    for (; s; s = s->next) {
        fce_place(m, s->span);
        switch (s->kind) {
        case FC_S_LET:
            fce_block_let(m, s);
            break;
        case FC_S_ASSIGN:
            if (s->target->kind == FC_E_INDEX)
                table_assign(m, s);
            else
                field_assign(m, s);
            break;
        case FC_S_FORGET: {
            const char *p, *n;
            fce_line(m, "{");
            m->depth++;
            fce_key(m, s->keys, &p, &n);
            fce_line(m, "fl_table_forget(&table_%s, %s, %s);", s->sym->name, p, n);
            m->depth--;
            fce_line(m, "}");
            break;
        }
        case FC_S_IF: {
            fce_line(m, "if (%s) {", fce_bare(m, fce_true(m, s->value)));
            int settled = m->nsettled;
            m->depth++;
            fce_reach(m, s->span);
            fce_block(m, s->body);
            m->depth--;
            m->nsettled = settled;
            if (s->other) {
                fce_line(m, "} else {");
                m->depth++;
                fce_block(m, s->other);
                m->depth--;
                m->nsettled = settled;
            }
            fce_line(m, "}");
            break;
        }
        case FC_S_DROP:
            fce_line(m, "fl_drop(cx, &r->h, %lld); /* %s */", (long long)s->sym->index, s->name.s);
            fce_line(m, "return;");
            break;
        case FC_S_EMIT:
            emit_record(m, s);
            break;
        }
    }
}
