/*
 * stage.c - stages and their statements; the order in which they run.
 *
 * Stages run record by record. Where a stage asks lookups, all records of the batch are asked first, in waves: what has no
 * answer yet unwinds (cx->pending) and is tried again when the wave is answered; lazily, so nothing is asked in vain.
 */
#include <string.h>

#include "emit/emit.h"

/* ---- statements -------------------------------------------------------------------------------------------------------- */

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
    fce_line(m, "%s *row = fl_table_put(&table_%s, %s, %s, cx->now, %s, %s);", fce_kept_type(m, t->type), t->name, p, n, expire, m->class_);
    bool texts = fce_has_text(t->type);
    fce_line(m, "if (row) {");
    m->depth++;
    v.n = NULL;
    if (texts)
        fce_line(m, "bool fits = true;");
    fce_store(m, t->type, "(*row)", v);
    if (texts) {
        fce_line(m, "if (!fits) { /* half a text would be another one */");
        fce_line(m, "    fl_table_forget(&table_%s, %s, %s);", t->name, p, n);
        fce_line(m, "    table_%s.too_long++;", t->name);
        fce_line(m, "}");
    }
    m->depth--;
    fce_line(m, "}");
    m->depth--;
    fce_line(m, "}");
}

static void field_assign(struct fc_em *m, const struct fc_stmt *s)
{
    int rest;
    const struct fc_slot *slot = fc_plan_slot(m->p, s->target, &rest);
    const char *at = fce_text(m, "r->out.%s", fce_name(m, slot->c));
    const char *has = slot->optional || slot->emitted ? fce_text(m, "r->out.has_%s", slot->c) : NULL;
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
    fce_line(m, "e->h.emitted = 1;");
    fce_line(m, "e->h.class_ = %s;", m->class_);
    for (const struct fc_field *f = s->fields; f; f = f->next) {
        const struct fc_slot *slot = &m->p->out.inner[f->index];
        struct fc_cv v = fce_expr(m, f->value);
        if (v.type->kind != FC_K_NULL)
            fce_assign(m, fce_text(m, "e->out.%s", fce_name(m, slot->c)), fce_text(m, "e->out.has_%s", slot->c), v);
    }
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

/* ---- stages --------------------------------------------------------------------------------------------------------------- */

static void stage_head(struct fc_em *m, const char *name, int i, const struct fc_stage *s, const char *more)
{
    fce_function_begin(m, FC_CX_RECORD, NULL);
    m->class_ = "r->h.class_";
    fce_line(m, "/* %s */", fce_where(m, s->head));
    fce_line(m, "static void %s_%d(struct fl_cx *cx, struct rec *r%s)", name, i + 1, more);
    fce_line(m, "{");
    m->depth++;
}

static void stage_end(struct fc_em *m)
{
    m->depth--;
    fce_line(m, "}\n");
}

static void classify(struct fc_em *m, int i, const struct fc_stage *s)
{
    stage_head(m, "classify", i, s, "");
    for (const struct fc_rule *rule = s->rules; rule; rule = rule->next) {
        fce_line(m, "/* %s %s */", fce_where(m, rule->span), rule->name.s);
        fce_place(m, rule->span);
        if (rule->when) {
            fce_line(m, "if (%s) {", fce_bare(m, fce_true(m, rule->when)));
            m->depth++;
        }
        fce_reach(m, rule->span);
        fce_line(m, "r->h.class_ = %lld;", (long long)rule->sym->index);
        if (rule->when) {
            fce_line(m, "return;");
            m->depth--;
            fce_line(m, "}");
        }
    }
    stage_end(m);
}

static void filter(struct fc_em *m, int i, const struct fc_stage *s)
{
    stage_head(m, "filter", i, s, "");
    for (const struct fc_rule *rule = s->rules; rule; rule = rule->next) {
        fce_line(m, "/* %s %s %s */", fce_where(m, rule->span), rule->kind == FC_R_DROP ? "drop" : "keep", rule->name.s ? rule->name.s : "");
        fce_place(m, rule->span);
        if (rule->when) {
            fce_line(m, "if (%s) {", fce_bare(m, fce_true(m, rule->when)));
            m->depth++;
        }
        fce_reach(m, rule->span);
        if (rule->kind == FC_R_DROP)
            fce_line(m, "fl_drop(cx, &r->h, %lld);", (long long)rule->sym->index);
        if (rule->when) {
            fce_line(m, "return;");
            m->depth--;
            fce_line(m, "}");
        }
    }
    stage_end(m);
}

/* Lets that read what the stage is about to write are computed before it: they see tables as they were. */
static void settle(struct fc_em *m, unsigned long long writes)
{
    for (const struct fc_sym *l = m->g->lets; l; l = l->next)
        if (fc_settles(l, writes) && fce_settle(m, l)) {
            fce_line(m, "if (!r->is_%s)", l->name);
            fce_line(m, "    let_%s(cx, r);", l->name);
        }
}

static void update(struct fc_em *m, int i, const struct fc_stage *s)
{
    stage_head(m, "update", i, s, "");
    settle(m, fc_block_writes(s->body));
    fce_block(m, s->body);
    stage_end(m);
}

static void fill_slots(struct fc_em *m, const struct fc_slot *object)
{
    for (int i = 0; i < object->ninner; i++) {
        const struct fc_slot *s = &object->inner[i];
        if (s->kind == FC_SLOT_LET) {
            if (!fce_settle(m, s->let))
                continue;
            fce_line(m, "if (!r->is_%s)", s->let->name);
            fce_line(m, "    let_%s(cx, r);", s->let->name);
        } else if (s->kind == FC_SLOT_OBJECT) {
            const struct fc_expr *base = s->field->value;
            struct fc_cv record = {.n = NULL};
            int settled = m->nsettled, from = m->nfrom;
            if (base)
                record = fce_expr(m, base);
            if (base && !fc_plan_input(m->p, base))
                fce_from(m, base, record);
            const struct fc_cond *n = base && base->nullable ? record.n : NULL;
            struct fce_capture k;
            fce_begin(m, &k);
            m->depth += n != NULL;
            if (fce_presence(m, s))
                fce_line(m, "r->out.has_%s = true;", s->c);
            fill_slots(m, s);
            m->depth -= n != NULL;
            m->nsettled = settled;
            m->nfrom = from;
            const char *body = fce_end(m, &k);
            if (!*body)
                continue;
            if (n)
                fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, n)));
            fce_paste(m, body);
            if (n)
                fce_line(m, "}");
        } else if (s->kind == FC_SLOT_STORED && s->field->value && !fc_slot_text(s)) {
            fce_line(m, "/* %s %s */", fce_where(m, s->field->span), s->field->name.s);
            fce_place(m, s->field->span);
            bool silent = s->optional && fc_silent_null(s->field->value);
            int settled = m->nsettled;
            fce_line(m, silent ? "if (!cx->silent) {" : "{");
            m->depth++;
            struct fc_cv v = fce_expr(m, s->field->value);
            if (v.type->kind != FC_K_NULL)
                fce_assign(m, fce_text(m, "r->out.%s", fce_name(m, s->c)), s->optional || s->emitted ? fce_text(m, "r->out.has_%s", s->c) : NULL, v);
            m->depth--;
            m->nsettled = silent ? settled : m->nsettled;
            fce_line(m, "}");
        }
    }
}

static void transform(struct fc_em *m, int i, const struct fc_stage *s)
{
    stage_head(m, "transform", i, s, "");
    fill_slots(m, &m->p->out);
    stage_end(m);
}

static void mangle_each(struct fc_em *m, int i, const struct fc_stage *s)
{
    stage_head(m, "mangle", i, s, ", struct fl_batch *b");
    settle(m, fc_stage_tables(s).writes);
    for (const struct fc_absent *a = s->mangles; a; a = a->next)
        if (a->each) {
            fce_line(m, "{");
            m->depth++;
            fce_block(m, a->body);
            m->depth--;
            fce_line(m, "}");
        }
    stage_end(m);
}

/* ---- the order --------------------------------------------------------------------------------------------------------------------- */

/* What the waves computed from tables that this stretch writes was a guess: it is computed again when the record runs. */
static void forget_tried(struct fc_em *m, const struct fc_stretch *st)
{
    bool any = false;
    for (const struct fc_sym *l = m->g->lets; l; l = l->next) {
        if (!fc_tried(m->p, l))
            continue;
        if (!any) {
            fce_line(m, "for (uint32_t i = 0; i < n; i++) {");
            fce_line(m, "    struct rec *r = (struct rec *)b->rec[i];");
        }
        any = true;
        if (fc_guessed(l, st)) {
            fce_line(m, "    if (r->tried_%s)", l->name);
            fce_line(m, "        r->is_%s = 0;", l->name);
        }
        fce_line(m, "    r->tried_%s = false;", l->name);
    }
    if (any)
        fce_line(m, "}");
}

static const char *want_call(struct fc_em *m, int i)
{
    return fce_text(m, "want_%d(cx, (struct rec *)b->rec[i])", i + 1);
}

static void run_waves(struct fc_em *m, const char *calls)
{
    fce_line(m, "cx->wave = true;");
    fce_line(m, "for (uint32_t waiting = !cx->silent; waiting;) {");
    fce_line(m, "    waiting = 0;");
    fce_line(m, "    for (uint32_t i = 0; i < n; i++)");
    fce_line(m, "        if (b->rec[i]->state == FL_LIVE)");
    fce_line(m, "            waiting += %s;", calls);
    fce_line(m, "    if (waiting)");
    fce_line(m, "        fl_lookup_wait(cx);");
    fce_line(m, "}");
    fce_line(m, "cx->wave = false;");
}

static void run_stretch(struct fc_em *m, const struct fc_stretch *st)
{
    static const char *const names[] = {"classify", "filter", "update", "transform", "mangle"};
    const struct fc_stage *first = m->g->stages[st->first];
    const char *calls = "";
    if (first->kind == FC_ST_MANGLE && first->when) {
        fce_line(m, "if (mangle_%d_on) {", st->first + 1);
        m->depth++;
    }
    for (int i = st->first; i < st->first + st->n; i++)
        if (m->p->asks[i])
            calls = fce_text(m, "%s%s%s", calls, *calls ? " + " : "", want_call(m, i));
    if (st->asks) {
        run_waves(m, calls);
        forget_tried(m, st);
    }
    fce_line(m, "for (uint32_t i = 0; i < n; i++) {");
    m->depth++;
    if (st->ahead) {
        fce_line(m, "if (i %% FL_AHEAD == 0)");
        fce_line(m, "    ahead_%d(cx, b, i, n);", st->first + 1);
    }
    fce_line(m, "struct rec *r = (struct rec *)b->rec[i];");
    fce_line(m, "if (r->h.state != FL_LIVE)");
    fce_line(m, "    continue;");
    for (int i = st->first; i < st->first + st->n; i++) {
        const struct fc_stage *s = m->g->stages[i];
        fce_line(m, "%s_%d(cx, r%s);", names[s->kind], i + 1, s->kind == FC_ST_MANGLE ? ", b" : "");
        if (s->kind == FC_ST_FILTER && i + 1 < st->first + st->n) {
            fce_line(m, "if (r->h.state != FL_LIVE)");
            fce_line(m, "    continue;");
        }
    }
    m->depth--;
    fce_line(m, "}");
    if (first->kind == FC_ST_MANGLE && first->when) {
        m->depth--;
        fce_line(m, "}");
    }
}

static void absent_key(struct fc_em *m, const struct fc_absent *a)
{
    const struct fc_type *t = a->var_sym->type;
    const char *name = a->var_sym->name;
    if (t->kind == FC_K_STRING || t->kind == FC_K_CIDR || t->kind == FC_K_IP) {
        fce_line(m, "const fl_str text_l_%s = fl_text_copy(cx, (fl_str){key, key_n, FL_PLAIN});", name);
        if (t->kind == FC_K_STRING)
            fce_line(m, "const fl_str l_%s = text_l_%s;", name, name);
        else if (t->kind == FC_K_IP)
            fce_line(m, "const fl_ip l_%s = fl_ip_of(text_l_%s);", name, name);
        else
            fce_line(m, "const fl_cidr l_%s = fl_cidr_of(text_l_%s.p, text_l_%s.n);", name, name, name);
    } else {
        fce_line(m, "int64_t l_%s;", name);
        fce_line(m, "memcpy(&l_%s, key, sizeof l_%s);", name, name);
    }
}

static void tick(struct fc_em *m)
{
    int n = 0;
    fce_function_begin(m, FC_CX_NONE, NULL);
    m->class_ = "class_";
    for (int i = 0; i < m->g->nstages; i++)
        for (const struct fc_absent *a = m->g->stages[i]->mangles; a; a = a->next)
            if (!a->each)
                fce_line(m, "static int64_t due_%d; /* %s: when absence is asked next */", ++n, fce_where(m, a->span));
    fce_line(m, "\nstatic int64_t tick(struct fl_cx *cx, struct fl_batch *b)");
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "int64_t next = INT64_MAX;");
    n = 0;
    for (int i = 0; i < m->g->nstages; i++) {
        const struct fc_stage *s = m->g->stages[i];
        for (const struct fc_absent *a = s->mangles; a; a = a->next) {
            int64_t every = 0;
            if (a->each)
                continue;
            every = a->every->kind == FC_E_NAME ? a->every->sym->value->i : a->every->i;
            n++;
            if (s->when) {
                fce_line(m, "if (mangle_%d_on) {", i + 1);
                m->depth++;
            }
            fce_line(m, "if (!due_%d || due_%d > cx->now + INT64_C(%lld))", n, n, (long long)every);
            fce_line(m, "    due_%d = cx->now + INT64_C(%lld);", n, (long long)every);
            fce_line(m, "if (cx->now >= due_%d) {", n);
            m->depth++;
            fce_line(m, "uint32_t cursor = 0, key_n;");
            fce_line(m, "uint16_t class_;");
            fce_line(m, "const void *key;");
            fce_line(m, "void *value;");
            fce_line(m, "while (fl_table_absent(&table_%s, &cursor, cx->now, cx->now - INT64_C(%lld), &key, &key_n, &class_, &value)) {", a->table_sym->name, (long long)every);
            m->depth++;
            absent_key(m, a);
            fce_block(m, a->body);
            m->depth--;
            fce_line(m, "}");
            fce_line(m, "due_%d = cx->now + INT64_C(%lld);", n, (long long)every);
            m->depth--;
            fce_line(m, "}");
            fce_line(m, "next = due_%d < next ? due_%d : next;", n, n);
            if (s->when) {
                m->depth--;
                fce_line(m, "}");
            }
        }
    }
    fce_line(m, "return next;");
    m->depth--;
    fce_line(m, "}\n");
}

static void partition(struct fc_em *m)
{
    fce_function_begin(m, FC_CX_RECORD, NULL);
    m->made = m->p->emits;
    fce_line(m, "static void partition(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)");
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "struct rec *r = (struct rec *)h;");
    bool first = true;
    for (const struct fc_part *p = m->g->out.parts; p; p = p->next) {
        const char *lead = fce_text(m, "%s%s=", first ? "" : "/", p->name.s);
        struct fc_cv v = fce_expr(m, p->value);
        fce_line(m, "fl_buf_put(out, %s, %zu);", fce_quote(m, lead, strlen(lead)), strlen(lead));
        fce_line(m, "fl_partition_put(out, %s);", v.v);
        first = false;
    }
    m->made = false;
    m->depth--;
    fce_line(m, "}\n");
}

void fce_stages(struct fc_em *m)
{
    fce_line(m, "/* ---- stages ---- */\n");
    for (int i = 0; i < m->g->nstages; i++) {
        const struct fc_stage *s = m->g->stages[i];
        switch (s->kind) {
        case FC_ST_CLASSIFY:
            classify(m, i, s);
            break;
        case FC_ST_FILTER:
            filter(m, i, s);
            break;
        case FC_ST_UPDATE:
            update(m, i, s);
            break;
        case FC_ST_TRANSFORM:
            transform(m, i, s);
            break;
        default:
            mangle_each(m, i, s);
        }
        if (m->p->asks[i])
            fce_wants(m, i, s);
    }
    if (m->p->ticks)
        tick(m);
    if (m->g->out.parts)
        partition(m);
    if (m->p->partition_asks)
        fce_wants_partition(m);
    for (int i = 0; i < m->p->nstretches; i++)
        fce_ahead(m, &m->p->stretches[i]);
    fce_line(m, "static void run(struct fl_cx *cx, struct fl_batch *b)");
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const uint32_t n = b->n;");
    for (int i = 0; i < m->p->nstretches; i++)
        run_stretch(m, &m->p->stretches[i]);
    if (m->p->partition_asks)
        run_waves(m, want_call(m, m->g->nstages));
    m->nsettled = 0;
    m->depth--;
    fce_line(m, "}\n");
}
