/*
 * say.c - what messages are made of: texts of places and types, what may be null and why, names that may have been meant.
 */
#include <string.h>

#include "check/checker.h"

enum { MOST_SHOWN = 12 }; /* names in a list of all */

const char *fck_text(struct fc_checker *k, struct fc_span span)
{
    const char *s = fc_source_slice(&k->c->sources, span);
    size_t n = strlen(s);
    const char *line = memchr(s, '\n', n);
    size_t most = line ? (size_t)(line - s) : n;
    return most <= 60 && !line ? s : fl_arena_printf(k->a, "%.*s..", (int)(most > 58 ? 58 : most), s);
}

/* Source bytes of what one piece of a string literal stands for, and how many bytes that is. */
static size_t piece(const char *s, size_t *value)
{
    *value = 1;
    if (s[0] != '\\')
        return 1;
    if (s[1] != 'u')
        return 2;
    unsigned c = 0;
    for (int i = 2; i < 6; i++)
        c = c * 16 + (unsigned)(s[i] <= '9' ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
    bool pair = c >= 0xD800 && c < 0xE000;
    *value = c < 0x80 ? 1 : c < 0x800 ? 2 : pair ? 4 : 3;
    return pair ? 12 : 6;
}

struct fc_span fck_inside(struct fc_checker *k, const struct fc_expr *text, size_t at, size_t len)
{
    const char *s = fc_source_slice(&k->c->sources, text->span);
    struct fc_span span = text->span;
    if (*s != '"' && *s != '\'')
        return span; /* made of several */
    size_t i = 1, value = 0;
    for (size_t n = 0; n < at && i + 1 < span.end - span.start; n += value)
        i += piece(s + i, &value);
    size_t end = i;
    for (size_t n = 0; n < len && end + 1 < span.end - span.start; n += value)
        end += piece(s + end, &value);
    return (struct fc_span){span.file, span.start + (uint32_t)i, span.start + (uint32_t)end};
}

const char *fck_type_text(struct fc_checker *k, const struct fc_type *t, bool optional)
{
    return fl_arena_printf(k->a, "`%s`", fc_type_text(k->a, t, optional));
}

bool fck_has_text(const struct fc_type *t)
{
    return fc_type_number(t) || t->kind == FC_K_IP || t->kind == FC_K_CIDR || t->kind == FC_K_ENUM || t->kind == FC_K_CLASS ||
           t->kind == FC_K_BOOL || t->kind == FC_K_TIME;
}

void fck_mismatch(struct fc_checker *k, const struct fc_expr *e, const struct fc_type *want)
{
    if (e->type->kind == FC_K_ERROR || want->kind == FC_K_ERROR)
        return;
    struct fc_diag *g = fc_report(k->d, FC_TYPE_MISMATCH, e->span, fck_type_text(k, want, false),
                                  fck_type_text(k, e->type, false));
    enum fc_kind w = want->kind, t = e->type->kind;
    const char *text = fck_text(k, e->span);
    if (e->kind == FC_E_STRING && (w == FC_K_INT || w == FC_K_FLOAT || w == FC_K_IP || w == FC_K_CIDR ||
                                   w == FC_K_ENUM || w == FC_K_CLASS || w == FC_K_BOOL || w == FC_K_DURATION))
        fc_diag_help(k->d, g, "write it without quotes");
    else if (w == FC_K_STRING && fck_has_text(e->type))
        fc_diag_help(k->d, g, "write text(%s)", text);
    else if (w == FC_K_INT && t == FC_K_STRING)
        fc_diag_help(k->d, g, "int(%s) is the number that the text is, or null", text);
    else if (w == FC_K_INT && (t == FC_K_TIME || t == FC_K_DURATION))
        fc_diag_help(k->d, g, "write seconds(%s) or millis(%s)", text, text);
    else if (w == FC_K_INT && (t == FC_K_BYTES || t == FC_K_PACKETS || t == FC_K_FLOAT))
        fc_diag_help(k->d, g, "write int(%s)", text);
    else if (w == FC_K_FLOAT && (t == FC_K_INT || t == FC_K_BYTES || t == FC_K_PACKETS))
        fc_diag_help(k->d, g, "write float(%s)", text);
    else if (w == FC_K_BYTES && t == FC_K_INT)
        fc_diag_help(k->d, g, "a number times a size is a size: 1B * n");
    else if (w == FC_K_DURATION && t == FC_K_INT)
        fc_diag_help(k->d, g, "a number times a duration is a duration: 1s * n");
    else if (w == FC_K_IP && t == FC_K_STRING)
        fc_diag_help(k->d, g, "write address(%s)", text);
}

/* A branch of ?: that may be null, else e itself. */
static const struct fc_expr *nullable_part(const struct fc_expr *e)
{
    while (e->kind == FC_E_COND)
        e = e->b->nullable ? e->b : e->c;
    return e;
}

struct fc_diag *fck_may_be_null(struct fc_checker *k, const struct fc_expr *e)
{
    return fc_report(k->d, FC_MAY_BE_NULL, e->span, fl_arena_printf(k->a, "`%s`", fck_text(k, e->span)));
}

void fck_help_null(struct fc_checker *k, struct fc_diag *g, const struct fc_expr *e)
{
    const struct fc_expr *p = nullable_part(e);
    const char *text = fck_text(k, p->span);
    bool binary = p->kind == FC_E_BINARY && !p->a->nullable && !p->b->nullable;
    bool loose = p->kind == FC_E_BINARY && p->op < FC_OP_COALESCE; /* binds less than ?? */
    const char *with = loose || (p->kind == FC_E_UNARY && p->op == FC_OP_NOT)
        ? fl_arena_printf(k->a, "(%s) ?? ..", text) : fl_arena_printf(k->a, "%s ?? ..", text);
    const struct fc_expr *root = p;
    while (root->kind == FC_E_FIELD)
        root = root->a;
    bool asked = root->sym && (root->kind == FC_E_CALL ||
                               root->kind == FC_E_INDEX); /* an answer or entry: no guard reaches it */
    if (p->kind == FC_E_NULL)
        fc_diag_help(k->d, g, "one of its branches is null");
    else if (asked)
        fc_diag_help(k->d, g, "give a default with `%s`, or name `%s` in a `let` and guard that with `has`", with,
                     fck_text(k, root->span));
    else if (binary && (p->op == FC_OP_DIV || p->op == FC_OP_MOD))
        fc_diag_help(k->d, g, "it is null when the divisor is 0; give a default with `%s`", with);
    else if (binary && loose && p->a->type->kind == FC_K_IP)
        fc_diag_help(k->d, g, "it is null when the text is no address; give a default with `%s`", with);
    else
        fc_diag_help(k->d, g, "give a default with `%s`, or guard it with `has`", with);
}

const char *fck_place(const struct fc_checker *k)
{
    switch (k->where) {
    case FC_IN_WHEN:
        return "in this `when`: it is decided once, at start";
    case FC_IN_OPTION:
        return "in an option";
    case FC_IN_OBJECT:
        return "in `expect object`";
    case FC_IN_HEADER:
        return "in `storeheader`: it is about all records of an object";
    case FC_IN_ABSENT:
        return "in `absent`: there is no record at hand";
    case FC_IN_ROWS:
        return "in `metrics each`: there is no record at hand";
    case FC_IN_JOINED:
        return "in a join's block: its names are the legs and `last`";
    case FC_IN_START:
        return "here: it is decided once, at start";
    default:
        return "in a constant";
    }
}

void fck_suggest_members(struct fc_checker *k, struct fc_diag *g, const struct fc_type *record, const char *name)
{
    struct fl_suggest s;
    fl_suggest_init(&s, name);
    for (int i = 0; i < record->nmembers; i++)
        fl_suggest_try(&s, record->members[i].name);
    if (fl_suggest_best(&s)) {
        fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&s));
        return;
    }
    const char *all = "";
    for (int i = 0; i < record->nmembers && i < MOST_SHOWN; i++)
        all = fl_arena_printf(k->a, "%s%s`%s`", all, *all ? ", " : "", record->members[i].name);
    if (*all)
        fc_diag_help(k->d, g, record->nmembers > MOST_SHOWN ? "its fields are %s, .." : "its fields are %s", all);
}

/* Fields of this name deeper inside: `Network.Protocol, Transport.Protocol`; at most three. */
static const char *deeper(struct fc_checker *k, const struct fc_type *t, const char *prefix, const char *name,
                          const char *found, int *n)
{
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *m = &t->members[i];
        const char *path = fl_arena_printf(k->a, "%s%s", prefix, m->name);
        if (*prefix && strcmp(m->name, name) == 0 && ++*n <= 3)
            found = fl_arena_printf(k->a, "%s%s`%s`", found, *found ? ", " : "", path);
        if (m->type->kind == FC_K_RECORD)
            found = deeper(k, m->type, fl_arena_printf(k->a, "%s.", path), name, found, n);
    }
    return found;
}

bool fck_suggest_deeper(struct fc_checker *k, struct fc_diag *g, const char *name)
{
    int n = 0;
    if (!fck_sees_record(k) || !fck_current(k))
        return false;
    const char *found = deeper(k, fck_current(k), "", name, "", &n);
    if (n)
        fc_diag_help(k->d, g, n > 3 ? "there is %s and more" : "there is %s", found);
    return n > 0;
}

/* What other languages call so. */
static const char *foreign(const char *name)
{
    static const struct { const char *name, *help; } all[] = {
        {"None", "nothing is equal to null: ask `has x` or `not has x`; the value itself is `null`"},
        {"nil", "nothing is equal to null: ask `has x` or `not has x`; the value itself is `null`"},
        {"NULL", "nothing is equal to null: ask `has x` or `not has x`; the value itself is `null`"},
        {"Null", "nothing is equal to null: ask `has x` or `not has x`; the value itself is `null`"},
        {"undefined", "nothing is equal to null: ask `has x` or `not has x`; the value itself is `null`"},
        {"NaN", "there is no such number: what can't be computed is null"},
        {"True", "write `true`"}, {"TRUE", "write `true`"}, {"yes", "write `true`"}, {"on", "write `true`"},
        {"False", "write `false`"}, {"FALSE", "write `false`"}, {"no", "write `false`"}, {"off", "write `false`"},
        {"default", "the arm for the rest is `_ => result;`"},
        {"self", "the fields of the record are named without anything before them"},
        {"this", "the fields of the record are named without anything before them"},
        {"event", "the fields of the record are named without anything before them"},
        {"flow", "the fields of the record are named without anything before them"},
        {"record", "the fields of the record are named without anything before them"},
        {"env", "what the environment says comes in by a param: `param name : string;`, or `secret env \"NAME\"`"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].help;
    return NULL;
}

/* Does the transform stand above? */
static bool made(const struct fc_checker *k, const struct fc_stage *s)
{
    const struct fc_made *m = k->p->made;
    while (m && m->stage != s)
        m = m->next;
    return m != NULL;
}

/* A field of this name that a transform makes below: it isn't there yet. */
static bool made_later(struct fc_checker *k, struct fc_diag *g, const char *name)
{
    for (const struct fc_item *it = k->c->file.items; it; it = it->next)
        for (const struct fc_field *f = it->kind == FC_I_STAGE && it->stage->kind == FC_ST_TRANSFORM && !made(k, it->stage) ? it->stage->fields : NULL; f; f = f->next) {
            if (f->kind == FC_F_SPREAD || strcmp(f->name.s, name) != 0)
                continue;
            fc_diag_note(k->d, g, f->name.span, "transform `%s` makes it, below", it->stage->name.s);
            if (f->value)
                fc_diag_help(k->d, g, "above the transform write what it is made of: `%s`", fck_text(k, f->value->span));
            return true;
        }
    return false;
}

void fck_suggest_names(struct fc_checker *k, struct fc_diag *g, const char *name)
{
    struct fl_suggest s;
    fl_suggest_init(&s, name);
    for (const struct fc_sym *m = k->local; m; m = m->up)
        fl_suggest_try(&s, m->name);
    for (const struct fc_sym *m = k->top; m; m = m->up)
        if (m->kind != FC_SYM_ENUM && m->kind != FC_SYM_RECORD)
            fl_suggest_try(&s, m->name);
    for (const struct fc_overlay *o = k->overlay; o; o = o->up)
        for (int i = 0; i < o->type->nmembers; i++)
            fl_suggest_try(&s, o->type->members[i].name);
    if (fck_sees_record(k) && fck_current(k)) {
        for (int i = 0; i < fck_current(k)->nmembers; i++)
            fl_suggest_try(&s, fck_current(k)->members[i].name);
        fl_suggest_try(&s, "input");
        fl_suggest_try(&s, "class");
    }
    if (k->where == FC_IN_TEST)
        fl_suggest_try(&s, "record");
    if (fck_sees_record(k) && made_later(k, g, name))
        return;
    if (foreign(name))
        fc_diag_help(k->d, g, "%s", foreign(name));
    else if (fl_suggest_best(&s))
        fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&s));
    else
        fck_suggest_deeper(k, g, name);
}

/* The near one of the names, or all of them. */
void fck_suggest_value(struct fc_checker *k, struct fc_diag *g, const char *name, const struct fc_type *t)
{
    struct fl_suggest near;
    const char *all = "", *longer = "";
    int n = 0;
    if (foreign(name) && strcmp(name, "default") == 0) {
        fc_diag_help(k->d, g, "%s", foreign(name));
        return;
    }
    fl_suggest_init(&near, name);
    for (const struct fc_enumerator *m = t->kind == FC_K_ENUM ? t->en->list : NULL; m; m = m->next) {
        fl_suggest_try(&near, m->name.s);
        if (strlen(name) > 1 && strncmp(m->name.s, name, strlen(name)) == 0)
            longer = fl_arena_printf(k->a, "%s%s`%s`", longer, *longer ? " or " : "", m->name.s);
        if (++n <= 8)
            all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", m->name.s);
    }
    for (const struct fc_class *c = t->kind == FC_K_CLASS ? k->p->classes : NULL; c; c = c->next) {
        fl_suggest_try(&near, c->name);
        if (++n <= 8)
            all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", c->name);
    }
    if (*longer)
        fc_diag_help(k->d, g, "did you mean %s?", longer);
    else if (fl_suggest_best(&near))
        fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&near));
    else
        fc_diag_help(k->d, g, n > 8 ? "there is %s, .." : "there is %s", all);
}

void fck_no_nul(struct fc_checker *k, const struct fc_expr *e)
{
    while (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CONST && e->sym->value)
        e = e->sym->value;
    if (e->kind == FC_E_STRING && memchr(e->s, 0, e->len))
        fc_report(k->d, FC_BAD_ESCAPE, e->span, "\\u0000");
    for (const struct fc_expr *x = e->kind == FC_E_LIST ? e->args : NULL; x; x = x->next)
        fck_no_nul(k, x);
}
