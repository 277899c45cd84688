/*
 * test.c - test blocks as steps for the runtime's test runner; the names that templates may use.
 */
#include <string.h>

#include "emit/emit.h"
#include "text/yaml.h"
#include "tree/walk.h"

/* ---- names of templates ---------------------------------------------------------------------------------------- */

struct names {
    struct fc_em *m;
    int n;
    const char *list, *cases;
};

static void name_begin(struct names *k, const char *name)
{
    k->m->nsettled = 0;
    k->list = fce_text(k->m, "%s    %s,\n", k->list, fce_quote(k->m, name, strlen(name)));
    fce_line(k->m, "case %d: {", k->n++);
    k->m->depth++;
}

static void name_end(struct names *k)
{
    fce_line(k->m, "return true;");
    k->m->depth--;
    fce_line(k->m, "}");
}

/* Append a scalar's text; null is empty text. */
static void put_text(struct fc_em *m, struct fc_cv v, bool raw)
{
    const struct fc_type *t = v.type;
    const char *text;
    if (raw)
        text = fce_text(m, "fl_decoded(cx, fl_passed_text(%s))", v.v);
    else if (t->kind == FC_K_STRING || t->kind == FC_K_MAP)
        text = fce_text(m, "fl_decoded(cx, %s)", v.v);
    else if (t->kind == FC_K_IP)
        text = fce_text(m, "fl_decoded(cx, %s.text)", v.v);
    else if (t->kind == FC_K_CIDR)
        text = fce_text(m, "fl_b_text_cidr(cx, %s)", v.v);
    else if (t->kind == FC_K_ENUM || t->kind == FC_K_CLASS)
        text = fce_text(m, "%s[%s]", fce_names(m, t), v.v);
    else if (t->kind == FC_K_BOOL)
        text = fce_text(m, "fl_b_text_bool(cx, %s)", v.v);
    else if (t->kind == FC_K_FLOAT)
        text = fce_text(m, "fl_b_text_float(cx, %s)", v.v);
    else if (t->kind == FC_K_TIME || t->kind == FC_K_DURATION)
        text = fce_time_text(m, t, v.v);
    else
        text = fce_text(m, "fl_b_text_int(cx, %s)", v.v);
    if (v.n)
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, v.n)));
    else
        fce_line(m, "{");
    fce_line(m, "    const fl_str s = %s;", text);
    fce_line(m, "    fl_buf_put(out, s.p, s.n);");
    fce_line(m, "}");
}

static bool texty(const struct fc_type *t)
{
    return t->kind != FC_K_RECORD && t->kind != FC_K_LIST && t->kind != FC_K_MAP && t->kind != FC_K_ERROR;
}

static void slot_names(struct names *k, const struct fc_slot *object, const char *prefix, const struct fc_cond *absent);

static void record_names(struct names *k, struct fc_cv v, const char *prefix, const struct fc_cond *absent)
{
    struct fc_em *m = k->m;
    absent = fce_or(m, absent, v.n);
    v.n = NULL;
    for (int i = 0; i < v.type->nmembers; i++) {
        const struct fc_member *mem = &v.type->members[i];
        struct fc_cv x = fce_member(m, v, mem, true);
        const char *name = fce_text(m, "%s.%s", prefix, mem->name);
        bool unread = v.in && !v.in->inner[i].value && !v.in->inner[i].raw;
        if (unread && x.type->kind != FC_K_RECORD)
            continue; /* by the path of the source's record, below */
        if (x.type->kind == FC_K_RECORD) {
            record_names(k, x, name, absent);
        } else if (texty(x.type)) {
            name_begin(k, name);
            if (absent) {
                fce_line(m, "if (%s)", fce_bare(m, absent));
                fce_line(m, "    return false;");
            }
            put_text(m, x, v.in && v.in->inner[i].raw && !v.in->inner[i].value);
            name_end(k);
        }
    }
}

static void slot_names(struct names *k, const struct fc_slot *object, const char *prefix, const struct fc_cond *absent)
{
    struct fc_em *m = k->m;
    for (int i = 0; i < object->ninner; i++) {
        const struct fc_slot *s = &object->inner[i];
        const char *name = fce_text(m, "%s%s%s", prefix, *prefix ? "." : "", s->field->name.s);
        const struct fc_slot *same = s->kind == FC_SLOT_SAME ? s->same : s;
        if (same->kind == FC_SLOT_OBJECT) {
            s = same;
            const struct fc_in *base = s->field->value ? fc_plan_input(m->p, s->field->value) : NULL;
            const struct fc_cond *n = base ? fce_input(m, base, true).n : NULL;
            slot_names(k, s, name, fce_or(m, absent, n));
            continue;
        }
        struct fc_cv v;
        if (s->kind == FC_SLOT_LET) {
            const struct fc_sym *l = s->let;
            v = (struct fc_cv){.v = fce_text(m, "r->let_%s", l->name), .n = l->optional ? fce_cond(m, FC_COND_NOT_ONE, "r->is_%s", l->name) : NULL, .type = l->type, .simple = true};
        } else if (s->kind == FC_SLOT_STORED) {
            /* computed by the stage that is running: its expression is taken instead */
            if (!s->field->value || fc_depends_on(s->field->value).asks)
                continue;
            v = (struct fc_cv){.type = s->type};
        } else {
            v = fce_slot(m, s, true);
        }
        if (s->type->kind == FC_K_RECORD && v.v) {
            record_names(k, v, name, absent);
        } else if (texty(s->type)) {
            name_begin(k, name);
            if (absent) {
                fce_line(m, "if (%s)", fce_bare(m, absent));
                fce_line(m, "    return false;");
            }
            if (s->kind == FC_SLOT_STORED)
                v = fce_bind(m, fce_expr(m, s->field->value));
            put_text(m, v, same->kind == FC_SLOT_INPUT && !same->text && same->in->raw && !same->in->value);
            name_end(k);
        }
    }
}

static void input_names(struct names *k, const struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (x->type->kind == FC_K_RECORD) {
            input_names(k, x);
        } else if (texty(x->type)) {
            const char *keys = x->member->key;
            for (const struct fc_in *up = x->parent; up && up->member; up = up->parent)
                keys = fce_text(k->m, "%s.%s", up->member->key, keys);
            k->list = fce_text(k->m, "%s    %s,\n", k->list, fce_quote(k->m, x->path, strlen(x->path)));
            fce_line(k->m, "case %d:", k->n++);
            fce_line(k->m, "    return fl_path_text(cx, r->h.raw, r->h.raw_n, %s, out);", fce_quote(k->m, keys, strlen(keys)));
        }
    }
}

/*
 * The transform's fields, lets, then the source's fields. A name that comes twice means its first. A transform's own
 * field is read as its expression: templates() runs while the record is made.
 */
void fce_template_names(struct fc_em *m)
{
    struct names k = {m, 0, "", ""};
    m->cx = FC_CX_RECORD;
    m->known = true;
    m->temps = 0;
    fce_line(m, "static bool template_name(struct fl_cx *cx, const struct fl_rec *h, uint32_t id, struct fl_buf *out)");
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "struct rec *r = (struct rec *)h;");
    fce_line(m, "switch (id) {");
    slot_names(&k, fc_plan_form(m->p, m->g->templates), "", NULL);
    for (const struct fc_sym *l = m->g->lets; l; l = l->next) {
        if (!l->used || !texty(l->type) || l->asks)
            continue;
        name_begin(&k, l->name);
        fce_line(m, "if (!r->is_%s)", l->name);
        fce_line(m, "    let_%s(cx, r);", l->name);
        put_text(m, (struct fc_cv){.v = fce_text(m, "r->let_%s", l->name), .n = l->optional ? fce_cond(m, FC_COND_NOT_ONE, "r->is_%s", l->name) : NULL, .type = l->type}, false);
        name_end(&k);
    }
    input_names(&k, &m->p->in);
    fce_line(m, "}");
    fce_line(m, "return false;");
    m->depth--;
    fce_line(m, "}\n");
    fprintf(m->types.f, "static const char *const template_name_list[] = {\n%s    NULL};\nstatic bool template_name(struct fl_cx *cx, const struct fl_rec *h, uint32_t id, struct fl_buf *out);\n"
                        "static const struct fl_names template_names = {template_name_list, template_name};\n\n",
            k.list);
}

/* ---- tests -------------------------------------------------------------------------------------------------------- */

static void expectation(struct fc_em *m, int test, int step, const struct fc_check *c)
{
    m->temps = m->nsettled = 0;
    m->known = true;
    if (c->kind == FC_C_EXPECT) {
        m->cx = FC_CX_RECORD;
        fce_line(m, "static enum fl_truth expect_%d_%d(struct fl_cx *cx, const struct fl_rec *last)", test, step);
        fce_line(m, "{");
        m->depth++;
        fce_line(m, "struct rec *r = (struct rec *)last;");
        fce_line(m, "if (%s)", fce_bare(m, fce_true(m, c->expr)));
        fce_line(m, "    return FL_YES;");
        fce_line(m, "return %s ? FL_NO : FL_NULL;", fce_asked(m, fce_false(m, c->expr)));
        m->depth--;
        fce_line(m, "}\n");
    } else if (c->kind == FC_C_EXPECT_OBJECT) {
        m->cx = FC_CX_NONE;
        fce_line(m, "static enum fl_truth expect_%d_%d(struct fl_cx *cx, const struct fl_test_object *o)", test, step);
        fce_line(m, "{");
        m->depth++;
        for (const struct fc_expr *x = c->args; x; x = x->next) {
            fce_line(m, "if (%s)", fce_bare(m, fce_not(m, fce_true(m, x))));
            fce_line(m, "    return FL_NO;");
        }
        fce_line(m, "return FL_YES;");
        m->depth--;
        fce_line(m, "}\n");
    } else if (c->kind == FC_C_LOOKUP) {
        m->cx = FC_CX_NONE;
        struct fc_sym *s = NULL;
        for (struct fc_sym *l = m->g->lookups; l; l = l->next)
            if (strcmp(l->name, c->name.s) == 0)
                s = l;
        fce_line(m, "static void expect_%d_%d(struct fl_cx *cx, struct fl_buf *out)", test, step);
        fce_line(m, "{");
        m->depth++;
        fce_line(m, "struct fl_key key;");
        const char *args = "";
        const struct fc_sym *a = s ? s->args : NULL;
        for (const struct fc_expr *x = c->args; x && a; x = x->next, a = a->next)
            args = fce_text(m, "%s, %s", args, fce_lookup_arg(m, a, fce_expr(m, x)));
        fce_line(m, "key_%s(cx, &key%s);", s ? s->name : "", args);
        fce_line(m, "fl_buf_put(out, key.s, fl_key_str(&key).n);");
        m->depth--;
        fce_line(m, "}\n");
    }
}

struct seen {
    struct fc_em *m;
    int n;
    const char *names, *cases;
};

/* What a failing expectation shows: the paths of the record that it reads. */
static void visit_seen(void *arg, const struct fc_expr *e)
{
    struct seen *k = arg;
    bool field = e->kind == FC_E_FIELD && e->info && texty(e->type);
    bool class_ = e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CLASS_NOW;
    if ((!field && !class_) || k->n >= 8)
        return;
    const char *text = fc_source_slice(&k->m->c->sources, e->span);
    k->names = fce_text(k->m, "%s%s, ", k->names, fce_quote(k->m, text, strlen(text)));
    fce_line(k->m, "case %d: {", k->n++);
    k->m->depth++;
    k->m->nsettled = 0;
    struct fc_expr maybe = *e;
    maybe.nullable = true;
    int rest = 0;
    const struct fc_in *n = fc_plan_input(k->m->p, e);
    const struct fc_slot *s = n ? NULL : fc_plan_slot(k->m->p, e, &rest);
    if (s && s->kind == FC_SLOT_INPUT && !s->nonempty && !s->text && rest == 0 && !fc_slot_field(s)->given)
        n = s->in;
    put_text(k->m, n ? fce_input(k->m, n, true) : fce_bind(k->m, fce_expr(k->m, &maybe)), n && n->raw && !n->value);
    fce_line(k->m, "break;");
    k->m->depth--;
    fce_line(k->m, "}");
}

static void shown(struct fc_em *m, int test, int step, const struct fc_check *c)
{
    struct seen k = {m, 0, "", ""};
    m->cx = FC_CX_RECORD;
    m->temps = 0;
    fce_line(m, "static void show_%d_%d(struct fl_cx *cx, const struct fl_rec *last, uint32_t i, struct fl_buf *out)", test, step);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "struct rec *r = (struct rec *)last;");
    fce_line(m, "switch (i) {");
    fc_walk_expr(c->expr, visit_seen, &k);
    fce_line(m, "}");
    m->depth--;
    fce_line(m, "}\n");
    fce_line(m, "static const char *const names_%d_%d[] = {%sNULL};\n", test, step, k.names);
}

static void step_row(struct fc_em *m, int test, int step, const struct fc_check *c)
{
    static const char *const kinds[] = {"", "FL_STEP_GIVEN", "FL_STEP_LOOKUP", "FL_STEP_TABLE", "FL_STEP_AT", "FL_STEP_EXPECT", "FL_STEP_EXPECT_JSON", "FL_STEP_EXPECT_DROPPED", "FL_STEP_EXPECT_OBJECT"};
    const char *source = fc_source_slice(&m->c->sources, c->span);
    struct fc_place at = fc_source_place(&m->c->sources, c->span.file, c->span.start);
    const char *more = "";
    long long number = 0;
    switch (c->kind) {
    case FC_C_PARAM:
        return;
    case FC_C_GIVEN:
        more = fce_text(m, ", .text = %s", fce_quote(m, c->json, strlen(c->json)));
        break;
    case FC_C_LOOKUP: {
        for (const struct fc_sym *l = m->g->lookups; l; l = l->next)
            if (strcmp(l->name, c->name.s) == 0)
                number = l->index;
        const char *json = c->json ? c->json : "null";
        more = fce_text(m, ", .key = expect_%d_%d, .text = %s", test, step, fce_quote(m, json, strlen(json)));
        break;
    }
    case FC_C_TABLE:
        for (const struct fc_sym *t = m->g->tables; t; t = t->next)
            if (strcmp(t->name, c->name.s) == 0) {
                const char *json = fce_fill_preset(m, t, c->args);
                number = fce_fill_number(m, t);
                more = fce_text(m, ", .text = %s", fce_quote(m, json, strlen(json)));
            }
        break;
    case FC_C_AT:
        number = c->expr->kind == FC_E_NAME ? c->expr->sym->value->i : c->expr->i;
        break;
    case FC_C_EXPECT:
        more = fce_text(m, ", .expect = expect_%d_%d, .show = show_%d_%d, .names = names_%d_%d", test, step, test, step, test, step);
        break;
    case FC_C_EXPECT_JSON: {
        const char *path = fc_source_slice(&m->c->sources, c->expr->span);
        more = fce_text(m, ", .text = %s, .path = %s", fce_quote(m, c->json, strlen(c->json)), fce_quote(m, path, strlen(path)));
        break;
    }
    case FC_C_EXPECT_DROPPED: {
        int i = 0;
        for (const struct fc_reason *r = m->g->reasons; r; r = r->next, i++)
            if (strcmp(r->name, c->name.s) == 0)
                number = i;
        break;
    }
    case FC_C_EXPECT_OBJECT:
        more = fce_text(m, ", .text = %s, .object = expect_%d_%d", fce_quote(m, c->pattern, strlen(c->pattern)), test, step);
        break;
    }
    fce_line(m, "    {.kind = %s, .line = %u, .number = INT64_C(%lld)%s,\n     .source = %s},", kinds[c->kind], at.line, number, more, fce_quote(m, source, strlen(source)));
}

/* The params that a test sets, as its row refers to them. */
static const char *params_of(struct fc_em *m, int test, const struct fc_item *it)
{
    struct fc_join list = {.arena = m->a};
    for (const struct fc_check *c = it->checks; c; c = c->next)
        if (c->kind == FC_C_PARAM) {
            const char *set = fce_text(m, "%s=%s", c->name.s, c->json ? fc_yaml_json(m->a, c->json) : fce_yaml(m, c->expr));
            fc_join(&list, "    %s,\n", fce_quote(m, set, strlen(set)));
        }
    if (!list.n)
        return "NULL";
    fce_line(m, "static const char *const params_%d[] = {\n%s    NULL,\n};\n", test, fc_joined(&list));
    return fce_text(m, "params_%d", test);
}

void fce_tests(struct fc_em *m)
{
    m->either = m->p->emits;
    int test = 0;
    struct fc_join rows = {.arena = m->a};
    fce_line(m, "/* ---- tests ---- */\n");
    for (const struct fc_item *it = m->g->tests; it; it = it->next) {
        if (it->kind != FC_I_TEST)
            continue;
        int step = 0;
        for (const struct fc_check *c = it->checks; c; c = c->next) {
            if (c->kind == FC_C_PARAM)
                continue;
            expectation(m, test, step, c);
            if (c->kind == FC_C_EXPECT)
                shown(m, test, step, c);
            step++;
        }
        fce_line(m, "static const struct fl_test_step steps_%d[] = {", test);
        step = 0;
        for (const struct fc_check *c = it->checks; c; c = c->next)
            if (c->kind != FC_C_PARAM)
                step_row(m, test, step++, c);
        fce_line(m, "};\n");
        const char *params = params_of(m, test, it);
        struct fc_place at = fc_source_place(&m->c->sources, it->span.file, it->span.start);
        const char *file = fce_base_name(m->c->sources.v[it->span.file].path);
        fc_join(&rows, "    {%s, %s, %u, steps_%d, %d, %s},\n", fce_quote(m, it->text, strlen(it->text)), fce_quote(m, file, strlen(file)), at.line, test, step, params);
        test++;
    }
    if (test)
        fce_line(m, "static const struct fl_test tests[] = {\n%s};\n", fc_joined(&rows));
}
