/*
 * param.c - params: their types, defaults and allowed values. What is said of them here has to hold when the program starts, for the
 * runtime reads the default as it reads YAML.
 */
#include <string.h>

#include "check/checker.h"
#include "check/logic.h"

/* ---- values ---- */

/* The names of classes are looked up later where the param stands above classify. */
static bool is_constant(struct fc_values *x, const struct fc_expr *e, const struct fc_type *t)
{
    struct fc_interval p;
    e = fck_behind(e);
    return e->kind == FC_E_STRING || (t->kind == FC_K_CLASS && e->kind == FC_E_NAME) || fc_point_of(x, e, t, &p);
}

static bool same_value(struct fc_values *x, const struct fc_expr *a, const struct fc_expr *b, const struct fc_type *t)
{
    struct fc_interval p, q;
    a = fck_behind(a);
    b = fck_behind(b);
    if (t->kind == FC_K_CLASS)
        return strcmp(a->name.s, b->name.s) == 0;
    return fc_point_of(x, a, t, &p) && fc_point_of(x, b, t, &q) && p.lo == q.lo && p.hi == q.hi;
}

/* The first element of a list, or the value itself. */
static const struct fc_expr *elements(const struct fc_expr *e)
{
    e = fck_behind(e);
    return e->kind == FC_E_LIST ? e->args : e;
}

static const struct fc_expr *behind_element(const struct fc_expr *list, const struct fc_expr *e)
{
    return fck_behind(list)->kind == FC_E_LIST ? e->next : NULL;
}

/* Are all of them constant? Their type is t. */
static bool constants(struct fc_checker *k, struct fc_values *x, const struct fc_expr *list, const struct fc_type *t, const char *what)
{
    for (const struct fc_expr *e = elements(list); e; e = behind_element(list, e))
        if (!is_constant(x, e, t)) {
            fc_report(k->d, FC_NOT_CONSTANT, e->span, what);
            return false;
        }
    return true;
}

/* From e on, the element of `value` that isn't among the allowed ones, all being constants of type `one`; NULL: there is none. */
static const struct fc_expr *not_allowed(struct fc_values *x, const struct fc_expr *value, const struct fc_expr *e, const struct fc_expr *allowed,
                                         const struct fc_type *one)
{
    for (; e; e = behind_element(value, e)) {
        const struct fc_expr *o = elements(allowed);
        while (o && !same_value(x, e, o, one))
            o = o->next;
        if (!o)
            return e;
    }
    return NULL;
}

/* Of a param that is a list, each element has to be one of the allowed. */
static void check_values(struct fc_checker *k, struct fc_item *it, const struct fc_type *t, bool has_default)
{
    struct fc_values x = {.k = k};
    const bool list = t->kind == FC_K_LIST;
    const struct fc_type *one = list ? t->elem : t;
    if (has_default && !constants(k, &x, it->value, one, "the default of a param"))
        return;
    unsigned errors = k->d->errors;
    if (!it->one_of || !fck_expr_as(k, it->one_of, list ? t : fc_type_list(k->a, t), false) || k->d->errors != errors ||
        !constants(k, &x, it->one_of, one, "an allowed value") || !has_default)
        return;
    const struct fc_expr *wrong = elements(it->value);
    for (; (wrong = not_allowed(&x, it->value, wrong, it->one_of, one)); wrong = behind_element(it->value, wrong))
        fc_report2(k->d, FC_ONE_OF, wrong->span, it->one_of->span);
}

/* ---- maps ---- */

/* p at a quote: what stands inside, small letters for capitals; *end is behind the closing one. */
static const char *name_at(struct fc_checker *k, const char *p, const char **end)
{
    size_t n = 1;
    while (p[n] != '"')
        n += p[n] == '\\' ? 2 : 1;
    *end = p + n + 1;
    char *name = fl_arena_strndup(k->a, p + 1, n - 1);
    for (char *c = name; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    return name;
}

static const char *behind_space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/* A default that is well-formed JSON: its names are keys of the configuration, which has no empty ones and tells no capitals apart. */
static void check_map(struct fc_checker *k, const struct fc_name *param, const char *json)
{
    struct fc_index names = {0};
    const char *p = behind_space(strchr(json, '{') + 1), *wrong = NULL;
    while (*p == '"' && !wrong) {
        const char *name = name_at(k, p, &p);
        p = behind_space(behind_space(p) + 1); /* the colon */
        if (!*name)
            wrong = "a name in it is empty";
        else if (fc_index_find(&names, name, strlen(name)))
            wrong = fl_arena_printf(k->a, "`%s` is there twice; capitals make no difference in a configuration", name);
        else if (*p != '"')
            wrong = fl_arena_printf(k->a, "`%s` is no text", name);
        if (wrong)
            break;
        fc_index_put(&names, k->a, name, strlen(name), (void *)name);
        name_at(k, p, &p);
        p = behind_space(p);
        p = behind_space(p + (*p == ','));
    }
    if (wrong)
        fc_report(k->d, FC_MAP_DEFAULT, param->span, param->s, wrong);
}

/* ---- params ---- */

static void check_secret(struct fc_checker *k, const struct fc_item *it, const struct fc_type *t)
{
    if (t->kind != FC_K_STRING && t->kind != FC_K_ERROR)
        fc_report(k->d, FC_SECRET, it->type->span,
                  fl_arena_printf(k->a, "a secret is a string, not %s", fck_type_text(k, t, false)));
    if (it->value)
        fc_report(k->d, FC_SECRET, it->value->span, "a secret has no default in the .flow file");
    if (strcmp(it->secret.s, "file") != 0 && strcmp(it->secret.s, "env") != 0)
        fc_report(k->d, FC_SECRET, it->secret.span, "a secret comes from `file \"..\"` or `env \"..\"`");
}

void fck_param(struct fc_checker *k, struct fc_item *it)
{
    struct fc_sym *s = it->sym;
    const struct fc_type *t = s->type;
    bool ok = t->kind == FC_K_ERROR || fck_scalar(t) || (t->kind == FC_K_LIST && fck_scalar(t->elem)) ||
        (t->kind == FC_K_MAP && t->elem->kind == FC_K_STRING);
    if (!ok || s->optional)
        fc_report(k->d, FC_PARAM_TYPE, it->type->span, fck_type_text(k, t, s->optional));
    k->where = FC_IN_CONSTANT;
    if (it->json && t->kind != FC_K_MAP && t->kind != FC_K_ERROR)
        fc_report(k->d, FC_TYPE_MISMATCH, it->name.span, fck_type_text(k, t, false), "a JSON object");
    else if (it->json)
        check_map(k, &it->name, it->json);
    if (it->secret.s)
        check_secret(k, it, t);
    bool has_default = it->value && !it->secret.s && fck_expr_as(k, it->value, t, false);
    if (it->value) {
        fck_no_nul(k, it->value);
        fck_no_password(k, it->value);
    }
    s->value = it->value;
    if (ok && t->kind != FC_K_ERROR)
        check_values(k, it, t, has_default);
    if (it->one_of)
        fck_no_nul(k, it->one_of);
}

/* ---- in tests ---- */

void fck_test_param(struct fc_checker *k, const struct fc_item *test, struct fc_check *c)
{
    struct fc_sym *s = fck_global(k, c->name.s);
    if (!s || s->kind != FC_SYM_PARAM) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_NAME, c->name.span, c->name.s);
        struct fl_suggest near;
        fl_suggest_init(&near, c->name.s);
        for (const struct fc_sym *p = k->p->params; p; p = p->next)
            fl_suggest_try(&near, p->name);
        if (fl_suggest_best(&near))
            fc_diag_help(k->d, g, "did you mean param `%s`?", fl_suggest_best(&near));
        else
            fc_diag_help(k->d, g, "a test gives params of the file other values");
        return;
    }
    for (const struct fc_check *o = test->checks; o != c; o = o->next) {
        if (o->kind == FC_C_PARAM && strcmp(o->name.s, c->name.s) != 0)
            continue;
        struct fc_diag *g = fc_report(k->d, FC_TEST_PARAM, c->name.span, o->kind == FC_C_PARAM
            ? fl_arena_printf(k->a, "`%s` has got its value already", c->name.s) : "params get their values before all else");
        fc_diag_note(k->d, g, o->span, o->kind == FC_C_PARAM ? "here" : "this stands before it");
        return;
    }
    const struct fc_select *by = fck_select_by(k, s->name);
    if (by) {
        struct fc_diag *g = fc_report(k->d, FC_TEST_PARAM, c->name.span, fl_arena_printf(k->a, "a `select` goes by `%s`", s->name));
        fc_diag_note(k->d, g, by->span, "the `select`");
        fc_diag_help(k->d, g, "a test that stands in an alternative runs with it");
        return;
    }
    if (s->item->secret.s) {
        fc_report(k->d, FC_TEST_PARAM, c->name.span, fl_arena_printf(k->a, "`%s` is a secret, which is empty in tests", s->name));
        return;
    }
    const struct fc_type *t = s->type;
    k->where = FC_IN_CONSTANT;
    if (c->json && t->kind != FC_K_MAP && t->kind != FC_K_ERROR) {
        fc_report(k->d, FC_TYPE_MISMATCH, c->json_span, fck_type_text(k, t, false), "a JSON object");
    } else if (c->json) {
        check_map(k, &c->name, c->json);
    } else if (fck_expr_as(k, c->expr, t, false)) {
        struct fc_values x = {.k = k};
        const struct fc_type *one = t->kind == FC_K_LIST ? t->elem : t;
        if (!constants(k, &x, c->expr, one, "a param's value in a test"))
            return;
        fck_no_nul(k, c->expr);
        const struct fc_expr *wrong = s->item->one_of ? elements(c->expr) : NULL;
        for (; (wrong = not_allowed(&x, c->expr, wrong, s->item->one_of, one)); wrong = behind_element(c->expr, wrong)) {
            struct fc_diag *g = fc_report(k->d, FC_TEST_PARAM, wrong->span, fl_arena_printf(k->a, "`%s` isn't one of the values that `%s` may have",
                                                                                            fck_text(k, wrong->span), s->name));
            fc_diag_note(k->d, g, s->item->one_of->span, "the allowed values");
        }
    }
}
