/*
 * test.c - test blocks: what they expect is typed like everything else.
 */
#include <string.h>

#include "check/checker.h"

/* The next name at the top of a JSON object: what stands before `:`. The text is known to be JSON. NULL at the end. */
static const char *next_key(const char **json, size_t *n)
{
    int depth = 0;
    for (const char *p = *json; *p; p++) {
        if (*p == '{' || *p == '[') {
            depth++;
        } else if (*p == '}' || *p == ']') {
            depth--;
        } else if (*p == '"') {
            const char *begin = ++p;
            while (*p != '"')
                p += *p == '\\' ? 2 : 1;
            const char *after = p + 1 + strspn(p + 1, " \t\r\n");
            *n = (size_t)(p - begin);
            if (depth == (**json == '{') && *after == ':') {
                *json = after;
                return begin;
            }
        }
    }
    return NULL;
}

/* An answer has the fields of the lookup's result, under the names that they have here. */
static void check_answer(struct fc_checker *k, const struct fc_check *c, const struct fc_sym *lookup)
{
    const struct fc_type *t = lookup->type;
    const char *json = c->json, *key;
    size_t n;
    if (t->kind != FC_K_RECORD)
        return;
    bool *given = fl_arena_zero(k->a, (size_t)t->nmembers + 1);
    while ((key = next_key(&json, &n))) {
        const char *name = fl_arena_strndup(k->a, key, n);
        const struct fc_member *m = fc_member_find(t, name);
        if (m)
            given[m->index] = true;
        else
            fck_suggest_members(k, fc_report(k->d, FC_TEST_JSON, c->span,
                                             fl_arena_printf(k->a, "the answer of lookup `%s` has no field `%s`",
                                                             lookup->name, name)), t, name);
    }
    for (int i = 0; i < t->nmembers; i++)
        if (!t->members[i].optional && !given[i])
            fc_report(k->d, FC_TEST_JSON, c->span,
                      fl_arena_printf(k->a, "the answer lacks `%s`, without which lookup `%s` is null",
                                      t->members[i].name, lookup->name));
}

static void check_lookup(struct fc_checker *k, struct fc_check *c)
{
    struct fc_sym *s = fck_global(k, c->name.s);
    if (!s || s->kind != FC_SYM_LOOKUP) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_FUNCTION, c->name.span, c->name.s);
        struct fl_suggest near;
        fl_suggest_init(&near, c->name.s);
        for (struct fc_sym *m = k->p->lookups; m; m = m->next)
            fl_suggest_try(&near, m->name);
        if (fl_suggest_best(&near))
            fc_diag_help(k->d, g, "did you mean lookup `%s`?", fl_suggest_best(&near));
        return;
    }
    struct fc_expr *call = fc_expr_new(k->a, FC_E_CALL, c->span);
    call->name = c->name;
    call->args = c->args;
    k->where = FC_IN_TEST;
    fck_expr(k, call, NULL);
    c->args = call->args;
    if (c->json)
        check_answer(k, c, s);
    else if (!(c->expr && c->expr->kind == FC_E_NULL))
        fc_report(k->d, FC_TEST_JSON, c->expr ? c->expr->span : c->span,
                  "a lookup's answer is a JSON object by the names of its fields, or null");
}

static void check_object(struct fc_checker *k, struct fc_check *c)
{
    static const struct { const char *name; const struct fc_type *type; } members[] = {
        {"key", &FC_STRING_T}, {"content_type", &FC_STRING_T}, {"content_encoding", &FC_STRING_T},
        {"class", &FC_STRING_T}, {"count", &FC_INT_T}, {"bytes", &FC_BYTES_T}};
    for (unsigned i = 0; i < sizeof members / sizeof *members; i++)
        fck_local(k, FC_SYM_OBJECT, (struct fc_name){members[i].name, c->span}, members[i].type, false);
    k->where = FC_IN_OBJECT;
    for (struct fc_expr *x = c->args; x; x = x->next)
        fck_condition(k, x);
    k->local = NULL;
}

/* Names tell tests apart in what `flowc test` prints. */
static void same_name(struct fc_checker *k, const struct fc_item *it)
{
    for (const struct fc_item *o = k->c->file.items; o != it; o = o->next)
        if (o->kind == FC_I_TEST && strcmp(o->text, it->text) == 0) {
            struct fc_diag *g = fc_report(k->d, FC_DUPLICATE, it->text_span, it->text);
            fc_diag_note(k->d, g, o->text_span, "the first test of this name");
            return;
        }
}

void fck_test(struct fc_checker *k, struct fc_item *it)
{
    const struct fc_expr *clock = NULL; /* the `at` before */
    same_name(k, it);
    for (struct fc_check *c = it->checks; c; c = c->next) {
        const struct fc_fact *before = k->facts;
        k->where = FC_IN_TEST;
        k->local = NULL;
        k->facts = NULL;
        switch (c->kind) {
        case FC_C_PARAM:
            fck_test_param(k, it, c);
            break;
        case FC_C_GIVEN:
            break;
        case FC_C_LOOKUP:
            check_lookup(k, c);
            break;
        case FC_C_TABLE:
            fck_test_table(k, c);
            break;
        case FC_C_AT: {
            int64_t at, before_it;
            k->where = FC_IN_CONSTANT;
            if (!fck_expr_as(k, c->expr, &FC_DURATION_T, false))
                break;
            if (!fck_const_int(c->expr, &at) || at < 0) {
                fc_report(k->d, FC_NOT_CONSTANT, c->expr->span, "`at`");
            } else if (clock && fck_const_int(clock, &before_it) && at < before_it) {
                struct fc_diag *g = fc_report(k->d, FC_AT_BEFORE, c->expr->span, fck_text(k, clock->span));
                fc_diag_note(k->d, g, clock->span, "the `at` before it");
                fc_diag_help(k->d, g, "`at` counts from the begin of the test");
            } else {
                clock = c->expr;
            }
            break;
        }
        case FC_C_EXPECT:
            fck_condition(k, c->expr);
            break;
        case FC_C_EXPECT_JSON:
            fck_expr(k, c->expr, NULL);
            if (c->expr->type->kind != FC_K_ERROR &&
                (!fck_path(k, c->expr) || fck_path(k, c->expr)[0] != (k->record ? 'o' : 'i')))
                fc_report(k->d, FC_TEST_EXPECT, c->expr->span,
                          "JSON is compared with `record` or a field of it: expect record.FIELD == { .. };");
            break;
        case FC_C_EXPECT_DROPPED: {
            bool found = false;
            struct fl_suggest near;
            fl_suggest_init(&near, c->name.s);
            for (const struct fc_reason *r = k->p->reasons; r; r = r->next) {
                found |= strcmp(r->name, c->name.s) == 0;
                fl_suggest_try(&near, r->name);
            }
            if (!found) {
                struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_REASON, c->name.span, c->name.s);
                if (fl_suggest_best(&near))
                    fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&near));
            }
            break;
        }
        case FC_C_EXPECT_OBJECT:
            check_object(k, c);
            break;
        }
        k->facts = before;
    }
}
