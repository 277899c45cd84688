/*
 * encode.c - the output record as JSON, compact and pretty; values in cells of csv too.
 *
 * Literal fragments are joined at compile time; what varies is copied or formatted between them. Room for a record is
 * asked for once: the sum of the fixed part and of the bounds of what varies. A member is written with its comma behind
 * it; where it is not known that one comes last, the end of its object takes the comma back.
 *
 * Pretty differs only in what is literal: a new line and TABs before members and closing brackets, a blank behind colons.
 * How deep the record itself stands is known at run time only (`level`). JSON that is passed on as text is laid out while
 * it is copied: lay.c.
 */
#include <string.h>

#include "dsl/option.h"
#include "emit/put.h"

static void put_line(struct fce_enc *k, size_t tabs, const char *rest, size_t n)
{
    struct fc_em *m = k->m;
    const char *call = fce_text(m, tabs > FCE_SHORT_LINE ? "fl_put_long_line(w, level + %zu)" : tabs ? "fl_put_line(w, level + %zu)" : "fl_put_line(w, level)", tabs);
    if (n)
        fce_line(m, "w = FL_PUT_LIT(%s, %s);", call, fce_quote(m, rest, n));
    else
        fce_line(m, "w = %s;", call);
    k->lines++;
    k->fixed += 1 + tabs + n;
}

void fce_flush(struct fce_enc *k)
{
    const char *s = fc_joined(&k->literal);
    while (*s) {
        size_t tabs = 0, n;
        if (*s == '\n') {
            tabs = strspn(++s, "\t");
            s += tabs;
            n = strcspn(s, "\n");
            put_line(k, tabs, s, n);
        } else {
            n = strcspn(s, "\n");
            fce_line(k->m, "w = FL_PUT_LIT(w, %s);", fce_quote(k->m, s, n));
            k->fixed += n;
        }
        s += n;
    }
    k->literal.n = 0;
}

void fce_literal(struct fce_enc *k, const char *text)
{
    fc_join(&k->literal, "%s", text);
}

static void new_line(struct fce_enc *k)
{
    if (k->form != FCE_PRETTY)
        return;
    fce_literal(k, "\n");
    for (unsigned i = 0; i < k->depth; i++)
        fce_literal(k, "\t");
}

/* ---- values --------------------------------------------------------------------------------------------------- */

static void add(struct fce_sum *s, const char *bound)
{
    bool wraps = s->text.n && s->line + strlen(bound) > 100;
    size_t before = s->text.n;
    fc_join(&s->text, "%s%s", !s->text.n ? "" : wraps ? " +\n        " : " + ", bound);
    s->line = wraps ? strlen("\n        ") + strlen(bound) : s->line + s->text.n - before;
}

void fce_varying(struct fce_enc *k, const char *bound)
{
    add(&k->need, bound);
}

void fce_put_string(struct fce_enc *k, const char *v)
{
    struct fc_em *m = k->m;
    if (k->form == FCE_CSV) {
        fce_flush(k);
        fce_line(m, "w = fl_csv_string(w, %s, form);", v);
        fce_varying(k, fce_text(m, "fl_csv_max(%s)", v));
        return;
    }
    fce_literal(k, "\"");
    fce_flush(k);
    fce_line(m, "w = fl_put_computed(w, %s, cx->html);", v);
    fce_literal(k, "\"");
    add(&k->texts, fce_text(m, k->texts.text.n ? "%s.n" : "(size_t)%s.n", v));
}

static void put_scalar(struct fce_enc *k, const char *call, size_t bound)
{
    fce_flush(k);
    fce_line(k->m, "w = %s;", call);
    k->fixed += bound;
}

static void put_record(struct fce_enc *k, struct fc_cv v);
static void put_list(struct fce_enc *k, struct fc_cv v);

/* JSON that is kept as text, of any type: a cell in csv, in pretty a list, map or what else has brackets is laid out. */
void fce_put_passed(struct fce_enc *k, const struct fc_type *t, const char *v)
{
    struct fc_em *m = k->m;
    bool container = t->kind == FC_K_LIST || t->kind == FC_K_MAP;
    fce_flush(k);
    if (k->form == FCE_CSV) {
        fce_line(m, "w = fl_csv_json(w, %s, form);", v);
        fce_varying(k, fce_text(m, "fl_csv_max(%s)", v));
        return;
    }
    if (k->form == FCE_PRETTY && container)
        fce_line(m, "w = fl_lay(out, w, &(const char *){%s.p}, level + %u, room);", v, k->depth);
    else if (k->form == FCE_PRETTY)
        fce_line(m, "w = fl_lay_passed(out, w, %s, level + %u, room);", v, k->depth);
    else
        fce_line(m, "w = fl_put_raw(w, %s);", v);
    k->lays |= k->form == FCE_PRETTY;
    fce_varying(k, fce_text(m, "%s.n", v));
}

void fce_put_value(struct fce_enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    const struct fc_type *t = v.type;
    switch (t->kind) {
    case FC_K_BOOL:
        put_scalar(k, fce_text(m, "fl_put_bool(w, %s)", v.v), 5);
        break;
    case FC_K_FLOAT:
        put_scalar(k, fce_text(m, k->form == FCE_CSV ? "fl_csv_float(w, %s, form)" : "fl_put_float(w, %s)", v.v), 32);
        break;
    case FC_K_STRING:
        fce_put_string(k, v.v);
        break;
    case FC_K_IP:
        fce_put_string(k, fce_text(m, "%s.text", v.v));
        break;
    case FC_K_CIDR:
        put_scalar(k, fce_text(m, k->form == FCE_CSV ? "fl_csv_cidr(w, &%s)" : "fl_put_cidr(w, &%s)", v.v), 56);
        break;
    case FC_K_TIME:
    case FC_K_DURATION:
        if (t->form == FC_FORM_RFC3339)
            put_scalar(k, fce_text(m, k->form == FCE_CSV ? "fl_csv_rfc3339(w, %s)" : "fl_put_rfc3339(w, %s)", v.v), 40);
        else
            put_scalar(k, fce_text(m, "fl_put_scaled(w, %s, %s)", v.v, fce_scale(t)), 20);
        break;
    case FC_K_ENUM:
    case FC_K_CLASS:
        if (t->kind == FC_K_CLASS || t->en->text) {
            fce_put_string(k, fce_text(m, "%s[%s]", fce_names(m, t), v.v));
        } else {
            const char *values = "";
            for (const struct fc_enumerator *e = t->en->list; e; e = e->next)
                values = fce_text(m, "%s%s%lld", values, *values ? ", " : "", (long long)e->value);
            put_scalar(k, fce_text(m, "fl_put_int(w, ((const int64_t[]){%s})[%s])", values, v.v), 20);
        }
        break;
    case FC_K_MAP:
        fce_put_passed(k, t, v.v);
        break;
    case FC_K_RECORD:
        put_record(k, v);
        break;
    case FC_K_LIST:
        put_list(k, v);
        break;
    default:
        if (t->form == FC_FORM_TEXT && k->form != FCE_CSV) {
            fce_literal(k, "\"");
            put_scalar(k, fce_text(m, "fl_put_int(w, %s)", v.v), 20);
            fce_literal(k, "\"");
        } else {
            put_scalar(k, fce_text(m, "fl_put_int(w, %s)", v.v), 20);
        }
    }
}

/* Bytes that a value of fixed size needs at most; 0: it has none. */
static size_t elem_max(struct fc_em *m, const struct fc_type *t)
{
    size_t longest = 0;
    switch (t->kind) {
    case FC_K_STRING:
    case FC_K_IP:
    case FC_K_CIDR:
        return 0;
    case FC_K_CLASS:
        for (const struct fc_class *c = m->g->classes; c; c = c->next)
            longest = strlen(c->name) > longest ? strlen(c->name) : longest;
        return longest + 2;
    case FC_K_FLOAT:
        return 32;
    case FC_K_ENUM:
        for (const struct fc_enumerator *e = t->en->text ? t->en->list : NULL; e; e = e->next) {
            size_t n = strlen(e->as ? e->as : e->name.s);
            longest = n > longest ? n : longest;
        }
        return 6 * longest + 22;
    default:
        return t->form == FC_FORM_RFC3339 ? 40 : 22;
    }
}

/* ---- objects and lists ---------------------------------------------------------------------------------------- */

void fce_members_open(struct fce_enc *k, const char *bracket)
{
    fce_literal(k, bracket);
    k->depth++;
}

/* null: C that is true when there is none; NULL: there always is one. */
static void begin_member(struct fce_enc *k, const char *key, const struct fc_cond *null)
{
    struct fc_em *m = k->m;
    if (null) {
        fce_flush(k);
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, null)));
        m->depth++;
    }
    new_line(k);
    fce_literal(k, fce_text(m, k->form == FCE_PRETTY ? "\"%s\": " : "\"%s\":", fce_escaped(m, key)));
}

static void end_member(struct fce_enc *k, struct fce_members *o, bool guarded)
{
    fce_literal(k, ",");
    o->some |= !guarded;
    o->comma = !guarded;
    o->unsure |= guarded;
    if (guarded) {
        fce_flush(k);
        k->m->depth--;
        fce_line(k->m, "}");
    }
}

/* The bracket's own line, and the comma before it away. */
void fce_members_close(struct fce_enc *k, const struct fce_members *o, const char *bracket)
{
    struct fc_em *m = k->m;
    k->depth--;
    if (o->comma) {
        k->literal.p[--k->literal.n] = 0;
        new_line(k);
    } else if (o->some) {
        fce_line(m, "w--;");
        new_line(k);
    } else if (o->unsure && k->form == FCE_PRETTY) {
        fce_flush(k);
        fce_line(m, "if (w[-1] == ',') {");
        m->depth++;
        fce_line(m, "w--;");
        new_line(k);
        fce_flush(k);
        m->depth--;
        fce_line(m, "}");
    } else if (o->unsure) {
        fce_flush(k);
        fce_line(m, "w -= w[-1] == ',';");
    }
    fce_literal(k, bracket);
}

/*
 * Bounds are summed before anything is written, so they have to be safe for absent values too: input structs are zeroed
 * and so are stored ones; a let that is null is zero.
 */
static void put_record(struct fce_enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    if (v.in && v.in->raw) {
        const char *raw = fce_text(m, "%s.raw", v.v);
        fce_flush(k);
        if (k->form == FCE_PRETTY) {
            struct fc_laid laid = fce_lay(m, v.type, k->depth);
            if (v.in->places && strcmp(laid.function, "fl_lay") != 0) {
                fce_line(m, "if (%s.placed)", v.v);
                fce_line(m, "    w = %s(w, &%s, level + %u);", fce_lay_places(m, v.in), v.v, k->depth);
                fce_line(m, "else");
                fce_line(m, "    w = %s(out, w, &(const char *){%s.p}, level + %u, room);", laid.function, raw, k->depth);
            } else {
                fce_line(m, "w = %s(out, w, &(const char *){%s.p}, level + %u, room);", laid.function, raw, k->depth);
            }
            k->lays = true;
            k->fixed += laid.fixed;
            k->lines += laid.lines;
        } else {
            fce_line(m, "w = fl_put_raw(w, %s);", raw);
        }
        fce_varying(k, fce_text(m, "%s.n", raw));
        return;
    }
    struct fce_members o = {0};
    v.n = NULL;
    fce_members_open(k, "{");
    for (int i = 0; i < v.type->nmembers; i++) {
        const struct fc_member *mem = &v.type->members[i];
        struct fc_cv x = fce_member(m, v, mem, true);
        const struct fc_cond *null = x.n;
        x.n = NULL;
        begin_member(k, mem->key, null);
        fce_put_value(k, x);
        end_member(k, &o, null != NULL);
    }
    fce_members_close(k, &o, "}");
}

/* Element by element, with the room for all of them asked for beforehand. */
static void put_elements(struct fce_enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    const struct fc_type *t = v.type->elem;
    const char *i = fce_text(m, "i%d", ++m->temps);
    struct fce_enc one = {.m = m, .form = k->form == FCE_CSV ? FCE_JSON : k->form, .depth = k->depth, .literal = k->literal, .need = {{.arena = m->a}, 0}, .texts = {{.arena = m->a}, 0}}; /* bounds are not summed here */
    fce_members_open(&one, "[");
    fce_flush(&one);
    fce_line(m, "for (uint32_t %s = 0; %s < %s.n; %s++) {", i, i, v.v, i);
    m->depth++;
    new_line(&one);
    fce_put_value(&one, (struct fc_cv){.v = fce_text(m, "((const %s *)%s.v)[%s]", fce_type(m, t), v.v, i), .type = t});
    fce_literal(&one, ",");
    fce_flush(&one);
    m->depth--;
    fce_line(m, "}");
    fce_members_close(&one, &(struct fce_members){.unsure = true}, "]");
    k->literal = one.literal;
    k->fixed += one.fixed;
    k->lines += one.lines;
}

/* A list whose size is not known: its own function counts and writes. In csv its JSON is a cell. */
static void put_list(struct fce_enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    enum fc_kind e = v.type->elem->kind;
    const char *kind = e == FC_K_STRING ? "strings" : e == FC_K_IP ? "ips" : e == FC_K_CIDR ? "cidrs" : "ints";
    const char *cell = k->form == FCE_CSV ? fce_text(m, "c%d", ++m->temps) : NULL;
    size_t most = elem_max(m, v.type->elem);
    bool each = most && (e != FC_K_INT || v.type->elem->form == FC_FORM_TEXT);
    const char *bound = each ? fce_text(m, "(size_t)%s.n * %zu + 2", v.v, most + 1) : fce_text(m, "fl_%s_max(%s)", kind, v.v);
    if (cell) {
        fce_flush(k);
        fce_line(m, "char *%s = w;", cell);
    }
    if (each || k->form == FCE_PRETTY) {
        put_elements(k, v);
    } else {
        fce_flush(k);
        fce_line(m, "w = fl_put_%s(w, %s, cx->html);", kind, v.v);
    }
    if (cell) {
        fce_flush(k);
        fce_line(m, "w = fl_csv_cell(%s, w, form->separator);", cell);
    }
    fce_varying(k, cell ? fce_text(m, "2 * (%s) + 2", bound) : bound);
    if (k->form == FCE_PRETTY)
        fce_varying(k, fce_text(m, "(size_t)%s.n * (level + %u)", v.v, k->depth + 2));
}

/* ---- slots ---------------------------------------------------------------------------------------------------------------- */


struct fc_cv fce_slot_now(struct fc_em *m, const struct fc_slot *s)
{
    if (s->kind == FC_SLOT_LET) {
        const struct fc_sym *l = s->let;
        struct fc_cv v = {.v = fce_text(m, "r->let_%s", l->name), .type = s->type, .simple = true}; /* the field's form */
        v.n = l->optional ? fce_cond(m, FC_COND_NOT_ONE, "r->is_%s", l->name) : NULL;
        return v;
    }
    return fce_slot(m, s, s->field->kind == FC_F_DECLARED || s->field->nullable || s->emitted);
}

/* An object that is left out when it would be empty. */
static void put_unless_empty(struct fce_enc *k, struct fce_members *o, const struct fc_slot *s, const char *key)
{
    struct fc_em *m = k->m;
    begin_member(k, key, NULL);
    fce_members_open(k, "{");
    const char *line = strrchr(fc_joined(&k->literal), '\n');
    size_t n = line ? strlen(line) : strlen(fce_escaped(m, key)) + strlen("\"\":{");
    struct fce_members inner = fce_put_slots(k, s);
    bool doubtful = inner.unsure && !inner.some;
    if (doubtful) {
        fce_flush(k);
        fce_line(m, "if (w[-1] == '{') {");
        fce_line(m, k->form == FCE_PRETTY ? "    w -= level + %zu;" : "    w -= %zu;", n);
        fce_line(m, "} else {");
        m->depth++;
        inner.some = true; /* here it is */
    }
    fce_members_close(k, &inner, "}");
    end_member(k, o, doubtful);
}

const struct fc_cond *fce_slot_absent(struct fc_em *m, const struct fc_slot *s, struct fc_cv v)
{
    if (s->kind != FC_SLOT_STORED)
        return v.n;
    return !s->optional ? NULL : fc_slot_text(s) ? fce_input(m, s->in, true).n : v.n;
}

struct fce_members fce_put_slots(struct fce_enc *k, const struct fc_slot *object)
{
    struct fc_em *m = k->m;
    struct fce_members o = {0};
    for (int i = 0; i < object->ninner; i++) {
        const struct fc_slot *field = &object->inner[i], *s = k->emitted && field->given ? field->given : fce_origin(field);
        if (k->emitted && !field->emitted)
            continue;
        struct fc_cv v = fce_slot_now(m, s);
        if (k->emitted)
            v.n = fce_no(m, "%s", fce_stored_is(m, "r", s));
        else
            v.n = fce_slot_absent(m, s, v);
        const char *key = field->field->as ? field->field->as : field->field->name.s;
        const struct fc_cond *null = v.n;
        if (s->kind == FC_SLOT_OBJECT && s->optional && s->field->kind == FC_F_OBJECT) {
            put_unless_empty(k, &o, s, key);
            continue;
        }
        v.n = NULL;
        begin_member(k, key, null);
        fce_put_slot(k, s, v);
        end_member(k, &o, null != NULL);
    }
    return o;
}

void fce_put_slot(struct fce_enc *k, const struct fc_slot *s, struct fc_cv v)
{
    struct fc_em *m = k->m;
    const struct fc_expr *e = s->field->value;
    switch (s->kind) {
    case FC_SLOT_CONST:
        if (e->kind == FC_E_STRING && strpbrk(e->s, "<>&"))
            fce_put_string(k, fce_string(m, e->s, e->len));
        else if (e->kind == FC_E_STRING)
            fce_literal(k, fce_text(m, "\"%s\"", fce_escaped(m, e->s)));
        else if (e->kind == FC_E_BOOL)
            fce_literal(k, e->i ? "true" : "false");
        else
            fce_literal(k, fce_text(m, "%lld", (long long)e->i));
        break;
    case FC_SLOT_INPUT:
    case FC_SLOT_STORED:
        if (!s->in || s->text || k->emitted || !s->in->raw || s->in->type->kind == FC_K_RECORD || (k->form == FCE_CSV && s->in->value))
            fce_put_value(k, v);
        else if (s->in->value)
            fce_put_passed(k, s->in->type, fce_text(m, "%s.text_%s", fce_input(m, s->in->parent, false).v, s->in->member->name));
        else
            fce_put_passed(k, s->in->type, v.v);
        break;
    case FC_SLOT_OBJECT: {
        fce_members_open(k, "{");
        struct fce_members o = fce_put_slots(k, s);
        fce_members_close(k, &o, "}");
        break;
    }
    default:
        fce_put_value(k, v);
    }
}

const char *fce_room(struct fce_enc *k)
{
    struct fc_em *m = k->m;
    const char *most = fce_text(m, "%zu", k->fixed);
    if (k->lines)
        most = fce_text(m, "%s + %zu * level", most, k->lines);
    if (k->texts.text.n)
        most = fce_text(m, "%s +\n        6 * (%s)", most, fc_joined(&k->texts.text));
    if (k->need.text.n)
        most = fce_text(m, "%s +\n        %s", most, fc_joined(&k->need.text));
    if (k->missing)
        most = fce_text(m, "%s + %zu * form->missing.n", most, k->missing);
    return most;
}
