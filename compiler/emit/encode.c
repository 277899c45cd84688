/*
 * encode.c - the output record as JSON, compact and pretty, and as csv.
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
#include "emit/emit.h"

enum form { JSON, PRETTY, CSV };

/* Terms with `+` between them, on lines of some 100 characters. */
struct sum {
    struct fc_join text;
    size_t line;         /* characters of the last line */
};

struct enc {
    struct fc_em *m;
    enum form form;
    bool emitted;        /* records made by `emit` are written */
    unsigned depth;      /* objects and lists that are open, the record itself included */
    struct fc_join literal; /* waits to be written; a new line in it is followed by its TABs */
    size_t fixed;        /* bytes of literals and of scalars with a constant bound */
    size_t missing;      /* cells that may be null */
    size_t lines;        /* each is `level` longer than counted in fixed */
    struct sum need;     /* of bounds that vary */
    struct sum texts;    /* of the lengths of texts that may need escapes: 6 bytes for one */
    bool separates;      /* there are several cells */
    bool lays;           /* something is laid out at run time: `room` has to be known */
};

static void put_line(struct enc *k, size_t tabs, const char *rest, size_t n)
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

static void flush(struct enc *k)
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

static void literal(struct enc *k, const char *text)
{
    fc_join(&k->literal, "%s", text);
}

static void new_line(struct enc *k)
{
    if (k->form != PRETTY)
        return;
    literal(k, "\n");
    for (unsigned i = 0; i < k->depth; i++)
        literal(k, "\t");
}

/* ---- values --------------------------------------------------------------------------------------------------- */

static void add(struct sum *s, const char *bound)
{
    bool wraps = s->text.n && s->line + strlen(bound) > 100;
    size_t before = s->text.n;
    fc_join(&s->text, "%s%s", !s->text.n ? "" : wraps ? " +\n        " : " + ", bound);
    s->line = wraps ? strlen("\n        ") + strlen(bound) : s->line + s->text.n - before;
}

static void varying(struct enc *k, const char *bound)
{
    add(&k->need, bound);
}

static void put_string(struct enc *k, const char *v)
{
    struct fc_em *m = k->m;
    if (k->form == CSV) {
        flush(k);
        fce_line(m, "w = fl_csv_string(w, %s, form);", v);
        varying(k, fce_text(m, "fl_csv_max(%s)", v));
        return;
    }
    literal(k, "\"");
    flush(k);
    fce_line(m, "w = fl_put_text(w, %s);", v);
    literal(k, "\"");
    add(&k->texts, fce_text(m, k->texts.text.n ? "%s.n" : "(size_t)%s.n", v));
}

static void put_scalar(struct enc *k, const char *call, size_t bound)
{
    flush(k);
    fce_line(k->m, "w = %s;", call);
    k->fixed += bound;
}

static void put_record(struct enc *k, struct fc_cv v);
static void put_list(struct enc *k, struct fc_cv v);

/* JSON that is kept as text: a list or map in csv is a cell, in pretty it is laid out. */
static void put_raw(struct enc *k, const struct fc_type *t, const char *v)
{
    struct fc_em *m = k->m;
    bool container = t->kind == FC_K_LIST || t->kind == FC_K_MAP;
    flush(k);
    if (k->form == CSV && container) {
        fce_line(m, "w = fl_csv_string(w, (fl_str){%s.p, %s.n, FL_PLAIN}, form);", v, v);
        varying(k, fce_text(m, "2 * (size_t)%s.n + 2", v));
        return;
    }
    if (k->form == PRETTY && (container || t->form == FC_FORM_TEXT)) {
        fce_line(m, "w = fl_lay(out, w, &(const char *){%s.p}, level + %u, room);", v, k->depth);
        k->lays = true;
    } else {
        fce_line(m, "w = fl_put_raw(w, %s);", v);
    }
    varying(k, fce_text(m, "%s.n", v));
}

/* The text of an input's member that is only passed on. */
static void put_text(struct enc *k, const struct fc_in *n, const char *v)
{
    const struct fc_type *t = n->type;
    if (t->kind == FC_K_STRING || t->kind == FC_K_IP || t->kind == FC_K_CIDR || (t->kind == FC_K_ENUM && t->en->text) || t->form == FC_FORM_RFC3339)
        put_string(k, v);
    else
        put_raw(k, t, v);
}

static void put_value(struct enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    const struct fc_type *t = v.type;
    switch (t->kind) {
    case FC_K_BOOL:
        put_scalar(k, fce_text(m, "fl_put_bool(w, %s)", v.v), 5);
        break;
    case FC_K_FLOAT:
        put_scalar(k, fce_text(m, k->form == CSV ? "fl_csv_float(w, %s, form)" : "fl_put_float(w, %s)", v.v), 32);
        break;
    case FC_K_STRING:
        put_string(k, v.v);
        break;
    case FC_K_IP:
        put_string(k, fce_text(m, "%s.text", v.v));
        break;
    case FC_K_CIDR:
        put_scalar(k, fce_text(m, k->form == CSV ? "fl_csv_cidr(w, &%s)" : "fl_put_cidr(w, &%s)", v.v), 56);
        break;
    case FC_K_TIME:
    case FC_K_DURATION:
        if (t->form == FC_FORM_RFC3339)
            put_scalar(k, fce_text(m, k->form == CSV ? "fl_csv_rfc3339(w, %s)" : "fl_put_rfc3339(w, %s)", v.v), 40);
        else
            put_scalar(k, fce_text(m, "fl_put_scaled(w, %s, %s)", v.v, fce_scale(t)), 20);
        break;
    case FC_K_ENUM:
    case FC_K_CLASS:
        if (t->kind == FC_K_CLASS || t->en->text) {
            put_string(k, fce_text(m, "%s[%s]", fce_names(m, t), v.v));
        } else {
            const char *values = "";
            for (const struct fc_enumerator *e = t->en->list; e; e = e->next)
                values = fce_text(m, "%s%s%lld", values, *values ? ", " : "", (long long)e->value);
            put_scalar(k, fce_text(m, "fl_put_int(w, ((const int64_t[]){%s})[%s])", values, v.v), 20);
        }
        break;
    case FC_K_MAP:
        put_raw(k, t, v.v);
        break;
    case FC_K_RECORD:
        put_record(k, v);
        break;
    case FC_K_LIST:
        put_list(k, v);
        break;
    default:
        if (t->form == FC_FORM_TEXT && k->form != CSV) {
            literal(k, "\"");
            put_scalar(k, fce_text(m, "fl_put_int(w, %s)", v.v), 20);
            literal(k, "\"");
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

struct members {
    bool some;   /* one is surely there */
    bool comma;  /* the last one surely is: its comma is still in the literal */
    bool unsure; /* one may be absent */
};

static void open_members(struct enc *k, const char *bracket)
{
    literal(k, bracket);
    k->depth++;
}

/* null: C that is true when there is none; NULL: there always is one. */
static void begin_member(struct enc *k, const char *key, const struct fc_cond *null)
{
    struct fc_em *m = k->m;
    if (null) {
        flush(k);
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, null)));
        m->depth++;
    }
    new_line(k);
    literal(k, fce_text(m, k->form == PRETTY ? "\"%s\": " : "\"%s\":", fce_escaped(m, key)));
}

static void end_member(struct enc *k, struct members *o, bool guarded)
{
    literal(k, ",");
    o->some |= !guarded;
    o->comma = !guarded;
    o->unsure |= guarded;
    if (guarded) {
        flush(k);
        k->m->depth--;
        fce_line(k->m, "}");
    }
}

/* The bracket's own line, and the comma before it away. */
static void close_members(struct enc *k, const struct members *o, const char *bracket)
{
    struct fc_em *m = k->m;
    k->depth--;
    if (o->comma) {
        k->literal.p[--k->literal.n] = 0;
        new_line(k);
    } else if (o->some) {
        fce_line(m, "w--;");
        new_line(k);
    } else if (o->unsure && k->form == PRETTY) {
        flush(k);
        fce_line(m, "if (w[-1] == ',') {");
        m->depth++;
        fce_line(m, "w--;");
        new_line(k);
        flush(k);
        m->depth--;
        fce_line(m, "}");
    } else if (o->unsure) {
        flush(k);
        fce_line(m, "w -= w[-1] == ',';");
    }
    literal(k, bracket);
}

/*
 * Bounds are summed before anything is written, so they have to be safe for absent values too: input structs are zeroed
 * and so are stored ones; a let that is null is zero.
 */
static void put_record(struct enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    if (v.in && v.in->raw) {
        const char *raw = fce_text(m, "%s.raw", v.v);
        flush(k);
        if (k->form == PRETTY) {
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
        varying(k, fce_text(m, "%s.n", raw));
        return;
    }
    struct members o = {0};
    v.n = NULL;
    open_members(k, "{");
    for (int i = 0; i < v.type->nmembers; i++) {
        const struct fc_member *mem = &v.type->members[i];
        struct fc_cv x = fce_member(m, v, mem, true);
        const struct fc_cond *null = x.n;
        x.n = NULL;
        begin_member(k, mem->key, null);
        put_value(k, x);
        end_member(k, &o, null != NULL);
    }
    close_members(k, &o, "}");
}

/* Element by element, with the room for all of them asked for beforehand. */
static void put_elements(struct enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    const struct fc_type *t = v.type->elem;
    const char *i = fce_text(m, "i%d", ++m->temps);
    struct enc one = {.m = m, .form = k->form == CSV ? JSON : k->form, .depth = k->depth, .literal = k->literal, .need = {{.arena = m->a}, 0}, .texts = {{.arena = m->a}, 0}}; /* bounds are not summed here */
    open_members(&one, "[");
    flush(&one);
    fce_line(m, "for (uint32_t %s = 0; %s < %s.n; %s++) {", i, i, v.v, i);
    m->depth++;
    new_line(&one);
    put_value(&one, (struct fc_cv){.v = fce_text(m, "((const %s *)%s.v)[%s]", fce_type(m, t), v.v, i), .type = t});
    literal(&one, ",");
    flush(&one);
    m->depth--;
    fce_line(m, "}");
    close_members(&one, &(struct members){.unsure = true}, "]");
    k->literal = one.literal;
    k->fixed += one.fixed;
    k->lines += one.lines;
}

/* A list whose size is not known: its own function counts and writes. In csv its JSON is a cell. */
static void put_list(struct enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    enum fc_kind e = v.type->elem->kind;
    const char *kind = e == FC_K_STRING ? "strings" : e == FC_K_IP ? "ips" : e == FC_K_CIDR ? "cidrs" : "ints";
    const char *cell = k->form == CSV ? fce_text(m, "c%d", ++m->temps) : NULL;
    size_t most = elem_max(m, v.type->elem);
    bool each = most && (e != FC_K_INT || v.type->elem->form == FC_FORM_TEXT);
    const char *bound = each ? fce_text(m, "(size_t)%s.n * %zu + 2", v.v, most + 1) : fce_text(m, "fl_%s_max(%s)", kind, v.v);
    if (cell) {
        flush(k);
        fce_line(m, "char *%s = w;", cell);
    }
    if (each || k->form == PRETTY) {
        put_elements(k, v);
    } else {
        flush(k);
        fce_line(m, "w = fl_put_%s(w, %s);", kind, v.v);
    }
    if (cell) {
        flush(k);
        fce_line(m, "w = fl_csv_cell(%s, w, form->separator);", cell);
    }
    varying(k, cell ? fce_text(m, "2 * (%s) + 2", bound) : bound);
    if (k->form == PRETTY)
        varying(k, fce_text(m, "(size_t)%s.n * (level + %u)", v.v, k->depth + 2));
}

/* ---- slots ---------------------------------------------------------------------------------------------------------------- */

static void put_slot_value(struct enc *k, const struct fc_slot *s, struct fc_cv v);

static struct fc_cv slot_cv(struct fc_em *m, const struct fc_slot *s)
{
    if (s->kind == FC_SLOT_LET) {
        const struct fc_sym *l = s->let;
        struct fc_cv v = {.v = fce_text(m, "r->let_%s", l->name), .type = s->type, .simple = true}; /* the field's form */
        v.n = l->optional ? fce_cond(m, FC_COND_NOT_ONE, "r->is_%s", l->name) : NULL;
        return v;
    }
    return fce_slot(m, s, s->field->kind == FC_F_DECLARED || s->field->nullable || s->emitted);
}

static struct members put_slots(struct enc *k, const struct fc_slot *object);

/* Where a field's value is. */
static const struct fc_slot *origin(const struct fc_slot *s)
{
    return s->kind == FC_SLOT_SAME ? s->same : s;
}

/* An object that is left out when it would be empty. */
static void put_unless_empty(struct enc *k, struct members *o, const struct fc_slot *s, const char *key)
{
    struct fc_em *m = k->m;
    begin_member(k, key, NULL);
    open_members(k, "{");
    const char *line = strrchr(fc_joined(&k->literal), '\n');
    size_t n = line ? strlen(line) : strlen(fce_escaped(m, key)) + strlen("\"\":{");
    struct members inner = put_slots(k, s);
    bool doubtful = inner.unsure && !inner.some;
    if (doubtful) {
        flush(k);
        fce_line(m, "if (w[-1] == '{') {");
        fce_line(m, k->form == PRETTY ? "    w -= level + %zu;" : "    w -= %zu;", n);
        fce_line(m, "} else {");
        m->depth++;
        inner.some = true; /* here it is */
    }
    close_members(k, &inner, "}");
    end_member(k, o, doubtful);
}

static struct members put_slots(struct enc *k, const struct fc_slot *object)
{
    struct fc_em *m = k->m;
    struct members o = {0};
    for (int i = 0; i < object->ninner; i++) {
        const struct fc_slot *field = &object->inner[i], *s = origin(field);
        if (k->emitted && !field->emitted)
            continue;
        struct fc_cv v = slot_cv(m, s);
        if (k->emitted)
            v.n = fce_no(m, "%s", fce_stored_is(m, "r", s));
        else if (s->kind == FC_SLOT_STORED)
            v.n = !s->optional ? NULL : fc_slot_text(s) ? fce_input(m, s->in, true).n : v.n;
        const char *key = field->field->as ? field->field->as : field->field->name.s;
        const struct fc_cond *null = v.n;
        if (s->kind == FC_SLOT_OBJECT && s->optional && s->field->kind == FC_F_OBJECT) {
            put_unless_empty(k, &o, s, key);
            continue;
        }
        v.n = NULL;
        begin_member(k, key, null);
        put_slot_value(k, s, v);
        end_member(k, &o, null != NULL);
    }
    return o;
}

static void put_slot_value(struct enc *k, const struct fc_slot *s, struct fc_cv v)
{
    struct fc_em *m = k->m;
    const struct fc_expr *e = s->field->value;
    switch (s->kind) {
    case FC_SLOT_CONST:
        if (e->kind == FC_E_STRING)
            literal(k, fce_text(m, "\"%s\"", fce_escaped(m, e->s)));
        else if (e->kind == FC_E_BOOL)
            literal(k, e->i ? "true" : "false");
        else
            literal(k, fce_text(m, "%lld", (long long)e->i));
        break;
    case FC_SLOT_INPUT:
    case FC_SLOT_STORED:
        if (!s->in || s->text || k->emitted || !s->in->raw || s->in->type->kind == FC_K_RECORD || (k->form == CSV && s->in->value))
            put_value(k, v);
        else if (s->in->value)
            put_raw(k, s->in->type, fce_text(m, "%s.text_%s", fce_input(m, s->in->parent, false).v, s->in->member->name));
        else
            put_text(k, s->in, v.v);
        break;
    case FC_SLOT_OBJECT: {
        open_members(k, "{");
        struct members o = put_slots(k, s);
        close_members(k, &o, "}");
        break;
    }
    default:
        put_value(k, v);
    }
}

/* ---- csv -------------------------------------------------------------------------------------------------------------------- */

static void csv_leaves(struct enc *k, struct fc_cv v, bool *first);

/* A value that is read as well as passed on: its text as it came, without the quotes. */
static void put_both(struct enc *k, const struct fc_in *in)
{
    struct fc_em *m = k->m;
    const char *at = fce_text(m, "%s.text_%s", fce_input(m, in->parent, false).v, in->member->name);
    if (in->type->kind == FC_K_STRING || in->type->kind == FC_K_IP || in->type->kind == FC_K_CIDR || in->type->form == FC_FORM_RFC3339 || (in->type->kind == FC_K_ENUM && in->type->en->text)) {
        flush(k);
        fce_line(m, "w = fl_csv_string(w, (fl_str){%s.p + 1, %s.n - 2, FL_RAW}, form);", at, at);
        varying(k, fce_text(m, "2 * (size_t)%s.n + 2", at));
    } else {
        flush(k);
        fce_line(m, "w = fl_put_raw(w, %s);", at);
        varying(k, fce_text(m, "%s.n", at));
    }
}

static void csv_value(struct enc *k, struct fc_cv v)
{
    if (v.in && v.in->raw && !v.in->value)
        put_text(k, v.in, v.v);
    else
        put_value(k, v);
}

static void csv_cell(struct enc *k, struct fc_cv v, const struct fc_slot *s, const struct fc_in *in, bool *first)
{
    struct fc_em *m = k->m;
    if (v.type->kind == FC_K_RECORD) {
        csv_leaves(k, v, first);
        return;
    }
    if (!*first) {
        flush(k);
        fce_line(m, "*w++ = separator;");
        k->fixed++;
        k->separates = true;
    }
    *first = false;
    const struct fc_cond *n = v.n;
    if (n) {
        flush(k);
        fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, n)));
        m->depth++;
    }
    v.n = NULL;
    if (in && in->raw && !in->value)
        put_text(k, in, v.v);
    else if (in && in->raw && in->type->form != FC_FORM_TEXT && in->type->kind != FC_K_LIST && in->type->kind != FC_K_MAP)
        put_both(k, in);
    else if (s && s->kind == FC_SLOT_CONST && s->field->value->kind == FC_E_STRING)
        put_string(k, fce_string(m, s->field->value->s, s->field->value->len));
    else if (s && s->kind == FC_SLOT_CONST)
        put_slot_value(k, s, v);
    else
        csv_value(k, v);
    if (n) {
        flush(k);
        m->depth--;
        fce_line(m, "} else {");
        fce_line(m, "    w = fl_csv_missing(w, form);");
        fce_line(m, "}");
        k->missing++;
    }
}

static void csv_leaves(struct enc *k, struct fc_cv v, bool *first)
{
    struct fc_em *m = k->m;
    for (int i = 0; i < v.type->nmembers; i++) {
        if (v.slot && v.slot->kind == FC_SLOT_OBJECT) {
            const struct fc_slot *field = &v.slot->inner[i], *s = origin(field);
            struct fc_cv x = slot_cv(m, s);
            if (v.n)
                x.n = fce_or(m, v.n, x.n);
            if (m->p->emits && v.slot == &m->p->out && !field->emitted) /* no emit gives it */
                x.n = fce_or(m, x.n, fce_cond(m, FC_COND_ATOM, "r->h.emitted"));
            csv_cell(k, x, s, s->kind == FC_SLOT_INPUT && !s->text ? s->in : NULL, first);
        } else {
            struct fc_cv x = fce_member(m, v, &v.type->members[i], true);
            if (v.n && (!v.in || m->p->emits))
                x.n = fce_or(m, v.n, x.n == v.n ? NULL : x.n);
            csv_cell(k, x, NULL, v.in ? &v.in->inner[i] : NULL, first);
        }
    }
}

/* ---- functions ---------------------------------------------------------------------------------------------------------------- */

static void signature(struct fc_em *m, const char *name, enum form form)
{
    fce_line(m, "static void %s(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out%s)", name, form == PRETTY ? ", unsigned level" : form == CSV ? ", const struct fl_csv *form" : "");
}

static const char *emitted_name(struct fc_em *m, const char *name, const struct fc_slot *made)
{
    return made == &m->p->out ? fce_text(m, "%s_emitted", name) : fce_text(m, "%s_emitted_%s", name, made->type->name);
}

/* Records of `emit` have functions of their own, those of each form. */
static void if_emitted(struct fc_em *m, const char *name, enum form form)
{
    for (int i = 0; i < m->g->nmade; i++) {
        const struct fc_slot *made = m->p->forms[i];
        if (!made->emitted)
            continue;
        if (made == &m->p->out)
            fce_line(m, "if (h->emitted) {");
        else
            fce_line(m, "if (h->form == %d) {", i + 1);
        fce_line(m, "    %s(cx, h, out%s);", emitted_name(m, name, made), form == PRETTY ? ", level" : "");
        fce_line(m, "    return;");
        fce_line(m, "}");
    }
}

static void writer(struct fc_em *m, const char *name, enum form form, const struct fc_slot *made, bool emitted)
{
    struct enc k = {.m = m, .form = form, .emitted = emitted, .literal = {.arena = m->a}, .need = {{.arena = m->a}, 0}, .texts = {{.arena = m->a}, 0}};
    struct fce_capture c;
    m->depth++;
    fce_begin(m, &c);
    if (form == CSV) {
        bool first = true;
        struct fc_cv all = m->p->pass ? fce_input(m, &m->p->in, false) : (struct fc_cv){.v = "", .type = m->p->out.type, .slot = &m->p->out};
        csv_leaves(&k, all, &first);
    } else {
        open_members(&k, "{");
        struct members o = put_slots(&k, made);
        close_members(&k, &o, "}");
    }
    flush(&k);
    const char *body = fce_end(m, &c);
    m->depth--;
    fce_paste(m, fc_joined(&m->laying));
    m->laying.n = 0;
    signature(m, name, form);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const struct rec *r = (const struct rec *)h;");
    if (form != CSV && !emitted)
        if_emitted(m, name, form);
    const char *most = fce_text(m, "%zu", k.fixed);
    if (k.lines)
        most = fce_text(m, "%s + %zu * level", most, k.lines);
    if (k.texts.text.n)
        most = fce_text(m, "%s +\n        6 * (%s)", most, fc_joined(&k.texts.text));
    if (k.need.text.n)
        most = fce_text(m, "%s +\n        %s", most, fc_joined(&k.need.text));
    if (k.missing)
        most = fce_text(m, "%s + %zu * form->missing.n", most, k.missing);
    if (k.separates)
        fce_line(m, "const char separator = form->separator;");
    if (k.lays)
        fce_line(m, "const size_t room = %s;", most);
    fce_line(m, "char *w = fl_buf_room(out, %s);", k.lays ? "room" : most);
    fce_paste(m, body);
    fce_line(m, "out->n = (size_t)(w - out->p);");
    m->depth--;
    fce_line(m, "}\n");
}

/* Records that go on as they came. */
static void pass_on(struct fc_em *m)
{
    signature(m, "json", JSON);
    fce_line(m, "{");
    fce_line(m, "    if (h->spaced)");
    fce_line(m, "        fl_json_compact(out, h->raw, h->raw_n);");
    fce_line(m, "    else");
    fce_line(m, "        fl_buf_put(out, h->raw, h->raw_n);");
    fce_line(m, "}\n");
    signature(m, "pretty", PRETTY);
    fce_line(m, "{");
    fce_line(m, "    fl_str raw = {h->raw, h->raw_n, FL_RAW};");
    fce_line(m, "    if (h->spaced)");
    fce_line(m, "        raw = fl_compact(cx->scratch, raw);");
    fce_line(m, "    fl_json_pretty(out, raw.p, raw.n, level);");
    fce_line(m, "}\n");
}

void fce_encoders(struct fc_em *m)
{
    m->cx = FC_CX_RECORD;
    m->known = true;
    fce_line(m, "/* ---- encode ---- */\n");
    if (m->p->pass) {
        pass_on(m);
    } else {
        for (int i = 0; i < m->g->nmade; i++) {
            const struct fc_slot *made = m->p->forms[i];
            if (!made->emitted)
                continue;
            writer(m, emitted_name(m, "json", made), JSON, made, true);
            writer(m, emitted_name(m, "pretty", made), PRETTY, made, true);
        }
        writer(m, "json", JSON, &m->p->out, false);
        writer(m, "pretty", PRETTY, &m->p->out, false);
    }
    if (m->g->out.needs & FL_NEEDS_CSV)
        writer(m, "csv", CSV, &m->p->out, false);
}
