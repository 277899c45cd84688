/*
 * header.c - storeheader: the members of the object that is put around the records of a batch. They are about all of
 * its records, so nothing of a single one is known there: constants, params, and what `batch` has.
 */
#include <string.h>

#include "base/rows.h"
#include "check/checker.h"
#include "tree/walk.h"

static bool is_records(const struct fc_expr *e)
{
    return e->kind == FC_E_FIELD && strcmp(e->name.s, "records") == 0 && e->a->kind == FC_E_NAME && strcmp(e->a->name.s, "batch") == 0;
}

/* What may not stand there though its value has the right type: all that belongs to a record. */
static void visit(void *arg, const struct fc_expr *e)
{
    struct fc_checker *k = arg;
    const struct fc_sym *s = e->sym;
    if (s && (s->kind == FC_SYM_FUNCTION || s->kind == FC_SYM_TABLE || s->kind == FC_SYM_LOOKUP))
        fc_report(k->d, FC_NOT_HERE, e->span, s->name, fck_place(k));
}

static void spread(struct fc_checker *k, struct fc_field *f, bool first)
{
    const struct fc_type *t = fck_expr(k, f->value, NULL);
    f->ty = t;
    if (t->kind == FC_K_ERROR)
        return;
    if (f->value->kind != FC_E_NAME || !f->value->sym || f->value->sym->kind != FC_SYM_PARAM || t->kind != FC_K_MAP)
        fc_report(k->d, FC_TYPE_MISMATCH, f->value->span, "a param of type `map<string>`", fck_type_text(k, t, f->value->nullable));
    else if (!first)
        fc_report(k->d, FC_HEADER, f->span, fl_arena_printf(k->a, "`%s` has to stand first: what is written behind it takes its place", fck_text(k, f->span)));
}

static void fields(struct fc_checker *k, struct fc_field *first, bool inner)
{
    struct fc_type r = {.kind = FC_K_RECORD};
    int n = 0;
    for (struct fc_field *f = first; f; f = f->next)
        n++;
    r.members = fl_arena_zero(k->a, sizeof *r.members * (size_t)(n ? n : 1));
    for (struct fc_field *f = first; f; f = f->next) {
        if (f->kind == FC_F_SPREAD && !inner) {
            spread(k, f, f == first);
            continue;
        }
        struct fc_member *m = &r.members[r.nmembers];
        *m = (struct fc_member){.name = f->name.s, .key = f->as ? f->as : f->name.s, .span = f->name.span, .index = r.nmembers};
        fck_new_member(k, &r, m);
        r.nmembers++;
        fck_same_field(k, f);
        if (f->kind == FC_F_OBJECT) {
            fields(k, f->fields, true);
        } else if (f->kind == FC_F_EXPR && !inner && is_records(f->value)) {
            if (k->out->records)
                fc_diag_note(k->d, fc_report(k->d, FC_HEADER, f->span, "a storeheader has the records once"), k->out->records->span, "first here");
            k->out->records = f;
        } else if (f->kind == FC_F_EXPR) {
            fck_value_field(k, f);
            fc_walk_expr(f->value, visit, k);
        } else {
            fc_report(k->d, FC_HEADER, f->span, "a field of a storeheader is `name = value;` or `name { fields }`");
        }
    }
}

void fck_header(struct fc_checker *k, struct fc_output_part *p)
{
    if (k->out->header) {
        fc_diag_note(k->d, fc_report(k->d, FC_OPTION_TWICE, p->head, "storeheader"), k->out->header->head, "first given here");
        return;
    }
    k->where = FC_IN_HEADER;
    k->out->header = p;
    struct fc_choice *named = fl_arena_zero(k->a, sizeof *named); /* what `storeheader.type` has to say of it */
    *named = (struct fc_choice){.phase = "storeheader", .kind = k->p->name, .span = p->head, .next = k->out->choices};
    k->out->choices = named;
    fields(k, p->fields, false);
    if (!k->out->records)
        fc_diag_help(k->d, fc_report(k->d, FC_HEADER, p->head, "a storeheader needs a field that holds the records"), "add `records = batch.records;`");
}

void fck_header_encoded(struct fc_checker *k)
{
    const struct fc_choice *c = k->out->choices;
    while (c && strcmp(c->phase, "encode") != 0)
        c = c->next;
    const struct fl_kind_row *row = c && k->out->header ? fl_kind_row(c->phase, c->kind) : NULL;
    if (!row)
        return;
    if (!(row->needs & FL_TAKES_HEADER))
        fc_diag_help(k->d, fc_report(k->d, FC_HEADER, c->span, fl_arena_printf(k->a, "encode %s has no place for a storeheader", c->kind)), "encode json has");
    for (const struct fc_set *s = c->sets; s; s = s->next)
        if (row->needs & FL_TAKES_HEADER && strcmp(s->name, "wrap") == 0)
            fc_report(k->d, FC_HEADER, c->span, "the storeheader names the records; leave `wrap` out");
}
