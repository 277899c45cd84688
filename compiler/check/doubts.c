/*
 * doubts.c - what builds and can hardly be meant, beside conditions (values.c): tables that nothing reads, partitions with one
 * value or one for each record, lists in csv, texts that were meant as templates. Runs over the checked program.
 */
#include <ctype.h>
#include <string.h>

#include "base/rows.h"
#include "check/checker.h"
#include "tree/walk.h"

/* ---- tables ---- */

static void see_read(void *arg, const struct fc_expr *e)
{
    bool *read = arg;
    if (e->kind == FC_E_INDEX && e->sym && e->sym->kind == FC_SYM_TABLE)
        read[e->sym->index] = true;
}

static void see_walk(void *arg, struct fc_sym *table, const struct fc_stmt *by)
{
    bool *read = arg;
    if (!by)
        read[table->index] = true;
}

static void see_reads(void *arg, const struct fc_expr *e)
{
    fc_walk_expr(e, see_read, arg);
}

static void tables(struct fc_checker *k, const struct fc_item *items)
{
    bool *read = fl_arena_zero(k->a, sizeof *read * (size_t)(k->p->ntables + 1));
    for (int i = 0; i < k->p->nstages; i++) {
        fc_walk_exprs(k->p->stages[i], FC_PART_ALL, see_read, read);
        fc_walk_tables(k->p->stages[i], FC_PART_ALL, see_walk, read);
    }
    for (const struct fc_sym *f = k->p->functions; f; f = f->next)
        fc_walk_expr(f->value, see_read, read);
    for (const struct fc_item *it = items; it; it = it->next) {
        fc_walk_expr(it->kind == FC_I_LET ? it->value : NULL, see_read, read);
        for (const struct fc_stmt *l = it->lets; l; l = l->next)
            fc_walk_expr(l->value, see_read, read);
    }
    fc_partition_parts(k->p, see_reads, read);
    for (const struct fc_sym *t = k->p->tables; t; t = t->next)
        if (!read[t->index] && t->used)
            fc_report(k->d, FC_NEVER_READ, t->span, t->name);
}

/* ---- partitions ---- */

/* Does the field's name say that each record has another? */
static bool identifies(const char *name)
{
    size_t n = strlen(name);
    return strcasecmp(name, "id") == 0 || strcasecmp(name, "guid") == 0 || (n >= 4 && strcasecmp(name + n - 4, "uuid") == 0) ||
           (n > 3 && (strcmp(name + n - 3, "_id") == 0 || strcmp(name + n - 3, "_ts") == 0));
}

static void partition(struct fc_checker *k, const struct fc_output *o)
{
    for (const struct fc_part *p = o->parts; p; p = p->next) {
        const struct fc_expr *v = p->value;
        while (v->kind == FC_E_CALL && v->args && !v->args->next && strcmp(v->name.s, "text") == 0)
            v = v->args;
        const struct fc_expr *c = fck_behind(v);
        const char *name = v->kind == FC_E_FIELD || v->kind == FC_E_NAME ? v->name.s : "";
        if (c->kind <= FC_E_BOOL) {
            struct fc_diag *g = fc_report(k->d, FC_PARTITION, v->span, p->name.s, "is constant, so it splits nothing");
            fc_diag_help(k->d, g, "what stands in all keys is `filename_prefix` or `dirname` of the store");
        } else if (v->type && v->type->kind == FC_K_TIME) {
            struct fc_diag *g = fc_report(k->d, FC_PARTITION, v->span, p->name.s, "is a time, another for each record");
            fc_diag_help(k->d, g, "write strftime(%s, \"%%Y-%%m-%%d\")", fck_text(k, v->span));
        } else if (identifies(name)) {
            struct fc_diag *g = fc_report(k->d, FC_PARTITION, v->span, p->name.s, "is by its name another for each record");
            fc_diag_help(k->d, g, "each value has objects of its own: take what many records share, as strftime(.., \"%%Y-%%m-%%d\") or class");
        }
    }
}

/* ---- csv ---- */

static void csv_fields(struct fc_checker *k, const struct fc_field *f)
{
    for (; f; f = f->next) {
        csv_fields(k, f->fields);
        bool many = f->ty && (f->ty->kind == FC_K_LIST || f->ty->kind == FC_K_MAP);
        const struct fc_expr *v = f->value;
        while (v && v->kind == FC_E_FIELD)
            v = v->a;
        bool passed = v && v->kind == FC_E_NAME && v->sym && (v->sym->kind == FC_SYM_INPUT || v->sym->kind == FC_SYM_RECORD_NOW);
        if (!many || passed)
            continue;
        struct fc_diag *g = fc_report(k->d, FC_CSV, f->name.span, f->name.s, f->ty->kind == FC_K_LIST ? "list" : "map");
        fc_diag_help(k->d, g, "make a text of it, or take another encoding (ndjson)");
    }
}

/* The columns are those of the form that the output gets. */
struct columns {
    struct fc_checker *k;
    const struct fc_made *made;
};

static void csv_emit(void *arg, const struct fc_stmt *s)
{
    const struct columns *c = arg;
    struct fc_checker *k = c->k;
    if (s->kind != FC_S_EMIT || s->sym == &c->made->sym)
        return;
    struct fc_diag *g = fc_report(k->d, FC_EMIT_CSV, s->span, s->sym->type->name, c->made->stage->name.s);
    fc_diag_note(k->d, g, c->made->stage->head, "the columns are the fields of this transform");
    fc_diag_help(k->d, g, "emit it below this transform, or take another encoding (ndjson)");
}

static void csv(struct fc_checker *k)
{
    for (const struct fc_output *o = k->p->outputs; o; o = o->next) {
        if (!(o->needs & FL_NEEDS_CSV) || !o->made)
            continue;
        struct columns c = {k, o->made};
        csv_fields(k, o->made->stage->fields);
        for (int i = 0; i < k->p->ncommon; i++)
            fc_walk_statements(k->p->stages[i], FC_PART_ALL, csv_emit, &c);
    }
}

/* ---- texts that were meant as templates ---- */

static bool part_of_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static bool names_something(struct fc_checker *k, const char *s, size_t n)
{
    const char *name = fl_arena_strndup(k->a, s, strcspn(s, ".") < n ? strcspn(s, ".") : n);
    return fck_global(k, name) || (k->input.type && fc_member_find(k->input.type, name)) ||
           (k->record && fc_member_find(k->record->type, name)) || strcmp(name, "class") == 0;
}

void fck_no_template(struct fc_checker *k, const struct fc_expr *e, bool option)
{
    for (const char *p = e->s; (p = strpbrk(p, "${")); p++) {
        size_t open = p[0] == '$' && p[1] == '{' ? 2 : 1, n = 0;
        while (part_of_name(p[open + n]))
            n++;
        bool braces = p[open - 1] == '{', known = n && names_something(k, p + open, n);
        if (!n || isdigit((unsigned char)p[open]) || (braces && p[open + n] != '}') || (p[0] == '{' && !known) || (!braces && !known && !option))
            continue;
        size_t len = open + n + braces;
        struct fc_diag *g = fc_report(k->d, FC_NO_TEMPLATE, fck_inside(k, e, (size_t)(p - e->s), len), fl_arena_strndup(k->a, p, len));
        if (option)
            fc_diag_help(k->d, g, "an option of another value is a param, `param name : string;`: it comes from the configuration or the environment");
        else
            fc_diag_help(k->d, g, "a value goes into a text with a template: f\"{%.*s}\"", (int)n, p + open);
        return;
    }
}

static void texts(void *arg, const struct fc_expr *e)
{
    if (e->kind == FC_E_BINARY && e->op == FC_OP_MATCHES)
        fc_walk_expr(e->a, texts, arg);
    else if (e->kind == FC_E_STRING && e->s && strlen(e->s) == e->len)
        fck_no_template(arg, e, false);
    else if (e->kind != FC_E_TEMPLATE && !(e->kind == FC_E_CALL && e->name.s && (strcmp(e->name.s, "replace") == 0 || strcmp(e->name.s, "templates") == 0)))
        fc_expr_parts(e, texts, arg);
}

void fck_doubts(struct fc_checker *k, const struct fc_item *items)
{
    tables(k, items);
    for (const struct fc_output *o = k->p->outputs; o; o = o->next)
        partition(k, o);
    csv(k);
    for (int i = 0; i < k->p->nstages; i++)
        fc_stage_parts(k->p->stages[i], FC_PART_ALL, texts, k);
    for (const struct fc_item *it = items; it; it = it->next)
        if ((it->kind == FC_I_LET || it->kind == FC_I_FUNCTION) && it->value)
            texts(k, it->value);
    fc_partition_parts(k->p, texts, k);
}
