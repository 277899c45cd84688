/*
 * emit_encode.c - the output record as JSON and csv.
 *
 * Literal fragments are joined at compile time; what varies is copied or formatted between them. Room for a record is
 * asked for once: the sum of the fixed part and of the bounds of what varies. Members after the first are written
 * with their comma in front; where the first may be absent, the object's brace replaces that comma.
 */
#include <string.h>

#include "emit.h"

struct enc {
    struct fc_em *m;
    bool csv;
    const char *literal; /* waits to be written */
    size_t fixed;        /* bytes of literals and of scalars with a constant bound */
    const char *need;    /* sum of bounds that vary */
};

static void flush(struct enc *k)
{
    size_t n = strlen(k->literal);
    if (n == 0)
        return;
    fce_line(k->m, "w = FL_PUT_LIT(w, %s);", fce_quote(k->m, k->literal, n));
    k->fixed += n;
    k->literal = "";
}

static void literal(struct enc *k, const char *text)
{
    k->literal = fce_text(k->m, "%s%s", k->literal, text);
}

const char *fce_escaped(struct fc_em *m, const char *s)
{
    const char *out = "";
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        char letter = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '"' || c == '\\' ? (char)c : 0;
        if (letter)
            out = fce_text(m, "%s\\%c", out, letter);
        else if (c < 32 || strchr("<>&", c))
            out = fce_text(m, "%s\\u%04x", out, c);
        else
            out = fce_text(m, "%s%c", out, c);
    }
    return out;
}

/* ---- values --------------------------------------------------------------------------------------------------- */

static void varying(struct enc *k, const char *bound)
{
    const char *line = strrchr(k->need, '\n');
    if (!*k->need)
        k->need = bound;
    else if (strlen(line ? line : k->need) + strlen(bound) > 100)
        k->need = fce_text(k->m, "%s +\n        %s", k->need, bound);
    else
        k->need = fce_text(k->m, "%s + %s", k->need, bound);
}

static void put_string(struct enc *k, const char *v)
{
    struct fc_em *m = k->m;
    flush(k);
    fce_line(m, k->csv ? "w = fl_csv_string(w, %s);" : "w = fl_put_string(w, %s);", v);
    varying(k, fce_text(m, k->csv ? "fl_csv_max(%s)" : "fl_string_max(%s)", v));
}

static void put_scalar(struct enc *k, const char *call, size_t bound)
{
    flush(k);
    fce_line(k->m, "w = %s;", call);
    k->fixed += bound;
}

static void put_record(struct enc *k, struct fc_cv v);
static void put_list(struct enc *k, struct fc_cv v);

/* The text of an input's member that is only passed on. */
static void put_text(struct enc *k, const struct fc_in *n, const char *v)
{
    bool quoted = n->type->kind == FC_K_STRING || n->type->kind == FC_K_IP || n->type->kind == FC_K_CIDR || (n->type->kind == FC_K_ENUM && n->type->en->text) ||
                  n->type->form == FC_FORM_RFC3339;
    if (quoted) {
        put_string(k, v);
        return;
    }
    flush(k);
    if (k->csv && (n->type->kind == FC_K_LIST || n->type->kind == FC_K_MAP)) {
        fce_line(k->m, "w = fl_csv_string(w, (fl_str){%s.p, %s.n, FL_PLAIN});", v, v);
        varying(k, fce_text(k->m, "2 * (size_t)%s.n + 2", v));
        return;
    }
    fce_line(k->m, "w = fl_put_raw(w, %s);", v);
    varying(k, fce_text(k->m, "%s.n", v));
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
        put_scalar(k, fce_text(m, k->csv ? "fl_csv_float(w, %s)" : "fl_put_float(w, %s)", v.v), 32);
        break;
    case FC_K_STRING:
        put_string(k, v.v);
        break;
    case FC_K_IP:
        put_string(k, fce_text(m, "%s.text", v.v));
        break;
    case FC_K_CIDR:
        put_scalar(k, fce_text(m, k->csv ? "fl_csv_cidr(w, &%s)" : "fl_put_cidr(w, &%s)", v.v), 56);
        break;
    case FC_K_TIME:
    case FC_K_DURATION:
        if (t->form == FC_FORM_RFC3339)
            put_scalar(k, fce_text(m, k->csv ? "fl_csv_rfc3339(w, %s)" : "fl_put_rfc3339(w, %s)", v.v), 40);
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
        flush(k);
        if (k->csv) {
            fce_line(m, "w = fl_csv_string(w, (fl_str){%s.p, %s.n, FL_PLAIN});", v.v, v.v);
            varying(k, fce_text(m, "2 * (size_t)%s.n + 2", v.v));
        } else {
            fce_line(m, "w = fl_put_raw(w, %s);", v.v);
            varying(k, fce_text(m, "%s.n", v.v));
        }
        break;
    case FC_K_RECORD:
        put_record(k, v);
        break;
    case FC_K_LIST:
        put_list(k, v);
        break;
    default:
        if (t->form == FC_FORM_TEXT && !k->csv) {
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

/* Element by element, with the room for all of them asked for beforehand. */
static void put_elements(struct enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    const struct fc_type *t = v.type->elem;
    const char *i = fce_text(m, "i%d", ++m->temps);
    fce_line(m, "*w++ = '[';");
    fce_line(m, "for (uint32_t %s = 0; %s < %s.n; %s++) {", i, i, v.v, i);
    m->depth++;
    fce_line(m, "if (%s)", i);
    fce_line(m, "    *w++ = ',';");
    struct enc one = {.m = m, .literal = "", .need = ""}; /* the list's bound is asked for before, not summed here */
    put_value(&one, (struct fc_cv){.v = fce_text(m, "((const %s *)%s.v)[%s]", fce_type(m, t), v.v, i), .type = t});
    flush(&one);
    m->depth--;
    fce_line(m, "}");
    fce_line(m, "*w++ = ']';");
}

/* A list whose size is not known: its own function counts and writes. In csv its JSON is a cell. */
static void put_list(struct enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    enum fc_kind e = v.type->elem->kind;
    const char *kind = e == FC_K_STRING ? "strings" : e == FC_K_IP ? "ips" : e == FC_K_CIDR ? "cidrs" : "ints";
    const char *cell = k->csv ? fce_text(m, "c%d", ++m->temps) : NULL;
    size_t most = elem_max(m, v.type->elem);
    bool each = most && (e != FC_K_INT || v.type->elem->form == FC_FORM_TEXT);
    flush(k);
    if (cell)
        fce_line(m, "char *%s = w;", cell);
    if (each)
        put_elements(k, v);
    else
        fce_line(m, "w = fl_put_%s(w, %s);", kind, v.v);
    if (cell)
        fce_line(m, "w = fl_csv_cell(%s, w);", cell);
    const char *bound = each ? fce_text(m, "(size_t)%s.n * %zu + 2", v.v, most + 1) : fce_text(m, "fl_%s_max(%s)", kind, v.v);
    varying(k, cell ? fce_text(m, "2 * (%s) + 2", bound) : bound);
}

/* ---- members of objects ---------------------------------------------------------------------------------------------- */

/*
 * Bounds are summed before anything is written, so they have to be safe for absent values too: input structs are zeroed
 * and so are stored ones; a let that is null is zero.
 */
static void member(struct enc *k, const char *key, struct fc_cv v, bool first, void (*body)(struct enc *, struct fc_cv))
{
    struct fc_em *m = k->m;
    const char *name = fce_text(m, "%s\"%s\":", first ? "" : ",", fce_escaped(m, key));
    if (!v.n) {
        literal(k, name);
        body(k, v);
        return;
    }
    flush(k);
    fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, v.n)));
    m->depth++;
    literal(k, name);
    v.n = NULL;
    body(k, v);
    flush(k);
    m->depth--;
    fce_line(m, "}");
}

static void put_record(struct enc *k, struct fc_cv v)
{
    struct fc_em *m = k->m;
    if (v.in && v.in->raw) {
        flush(k);
        fce_line(m, "w = fl_put_raw(w, %s.raw);", v.v);
        varying(k, fce_text(m, "%s.raw.n", v.v));
        return;
    }
    bool open = false; /* a member is surely written already */
    const char *o = NULL;
    v.n = NULL;
    for (int i = 0; i < v.type->nmembers; i++) {
        const struct fc_member *mem = &v.type->members[i];
        struct fc_cv x = fce_member(m, v, mem, true);
        if (!open && !o && x.n) {
            flush(k);
            o = fce_text(m, "o%d", ++m->temps);
            fce_line(m, "char *%s = w;", o);
        } else if (!open && !o) {
            literal(k, "{");
        }
        member(k, mem->key, x, !open && !o, put_value);
        if (!x.n && !o)
            open = true;
    }
    if (o) {
        flush(k);
        fce_line(m, "if (w == %s)", o);
        fce_line(m, "    w++;");
        fce_line(m, "*%s = '{';", o);
        k->fixed++;
    } else if (!open) {
        literal(k, "{");
    }
    literal(k, "}");
}

/* ---- slots ---------------------------------------------------------------------------------------------------------------- */

static void put_slot_value(struct enc *k, const struct fc_slot *s, struct fc_cv v);

static struct fc_cv slot_cv(struct fc_em *m, const struct fc_slot *s)
{
    if (s->kind == FC_SLOT_LET) {
        const struct fc_sym *l = s->let;
        struct fc_cv v = {.v = fce_text(m, "r->let_%s", l->name), .type = l->type, .simple = true};
        v.n = l->optional ? fce_text(m, "r->is_%s != 1", l->name) : NULL;
        return v;
    }
    return fce_slot(m, s, s->field->kind == FC_F_DECLARED || s->field->nullable || s->emitted);
}

static void put_slots(struct enc *k, const struct fc_slot *object, bool emitted)
{
    struct fc_em *m = k->m;
    bool open = false;
    const char *o = NULL;
    for (int i = 0; i < object->ninner; i++) {
        const struct fc_slot *s = &object->inner[i];
        if (emitted && !s->emitted)
            continue;
        struct fc_cv v = slot_cv(m, s);
        if (emitted)
            v.n = fce_text(m, "!r->out.has_%s", s->c);
        else if (s->kind == FC_SLOT_STORED && !s->optional)
            v.n = NULL;
        bool unsure = v.n || (s->kind == FC_SLOT_OBJECT && s->optional);
        if (!open && !o && unsure) {
            flush(k);
            o = fce_text(m, "o%d", ++m->temps);
            fce_line(m, "char *%s = w;", o);
        } else if (!open && !o) {
            literal(k, "{");
        }
        const char *comma = !open && !o ? "" : ",";
        const char *key = s->field->as ? s->field->as : s->field->name.s;
        bool guarded = v.n != NULL;
        if (guarded) {
            flush(k);
            fce_line(m, "if (%s) {", fce_bare(m, fce_not(m, v.n)));
            m->depth++;
        }
        const char *back = NULL;
        if (s->kind == FC_SLOT_OBJECT && s->optional && s->field->kind == FC_F_OBJECT) {
            flush(k);
            back = fce_text(m, "back%d", ++m->temps);
            fce_line(m, "char *%s = w; /* left out when it would be empty */", back);
        }
        literal(k, fce_text(m, "%s\"%s\":", comma, fce_escaped(m, key)));
        v.n = NULL;
        put_slot_value(k, s, v);
        if (back) {
            flush(k);
            fce_line(m, "if (w[-2] == '{')");
            fce_line(m, "    w = %s;", back);
        }
        if (unsure)
            flush(k);
        if (guarded) {
            m->depth--;
            fce_line(m, "}");
        }
        if (!unsure && !o)
            open = true;
    }
    if (o) {
        flush(k);
        fce_line(m, "if (w == %s)", o);
        fce_line(m, "    w++;");
        fce_line(m, "*%s = '{';", o);
        k->fixed++;
    } else if (!open) {
        literal(k, "{");
    }
    literal(k, "}");
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
        if (s->in->raw && s->in->value && s->in->type->kind != FC_K_RECORD && !k->csv) {
            const struct fc_in *up = s->in->parent;
            const char *at = fce_text(m, "%s.text_%s", fce_input(m, up, false).v, s->in->member->name);
            flush(k);
            fce_line(m, "w = fl_put_raw(w, %s);", at);
            varying(k, fce_text(m, "%s.n", at));
        } else if (s->in->raw && !s->in->value && s->in->type->kind != FC_K_RECORD)
            put_text(k, s->in, v.v);
        else
            put_value(k, v);
        break;
    case FC_SLOT_OBJECT:
        put_slots(k, s, false);
        break;
    default:
        put_value(k, v);
    }
}

/* ---- csv -------------------------------------------------------------------------------------------------------------------- */

static const char *columns(struct fc_em *m, const struct fc_type *t, const char *prefix, const char *header)
{
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        const char *name = fce_text(m, "%s%s%s", prefix, *prefix ? "." : "", x->key);
        header = x->type->kind == FC_K_RECORD ? columns(m, x->type, name, header) : fce_text(m, "%s%s%s", header, *header ? "," : "", name);
    }
    return header;
}

static void csv_leaves(struct enc *k, struct fc_cv v, bool *first);

/* A value that is read as well as passed on: its text as it came, without the quotes. */
static void put_both(struct enc *k, const struct fc_in *in)
{
    struct fc_em *m = k->m;
    const char *at = fce_text(m, "%s.text_%s", fce_input(m, in->parent, false).v, in->member->name);
    if (in->type->kind == FC_K_CIDR || in->type->form == FC_FORM_RFC3339 || (in->type->kind == FC_K_ENUM && in->type->en->text)) {
        flush(k);
        fce_line(m, "w = fl_csv_string(w, (fl_str){%s.p + 1, %s.n - 2, FL_RAW});", at, at);
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
    if (!*first)
        literal(k, ",");
    *first = false;
    const char *n = v.n;
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
        fce_line(m, "}");
    }
}

static void csv_leaves(struct enc *k, struct fc_cv v, bool *first)
{
    struct fc_em *m = k->m;
    for (int i = 0; i < v.type->nmembers; i++) {
        if (v.slot && v.slot->kind == FC_SLOT_OBJECT) {
            const struct fc_slot *s = &v.slot->inner[i];
            struct fc_cv x = slot_cv(m, s);
            if (v.n)
                x.n = fce_or(m, v.n, x.n);
            csv_cell(k, x, s, s->kind == FC_SLOT_INPUT ? s->in : NULL, first);
        } else {
            struct fc_cv x = fce_member(m, v, &v.type->members[i], true);
            if (v.n && !v.in)
                x.n = fce_or(m, v.n, x.n == v.n ? NULL : x.n);
            csv_cell(k, x, NULL, v.in ? &v.in->inner[i] : NULL, first);
        }
    }
}

/* ---- functions ---------------------------------------------------------------------------------------------------------------- */

static void writer(struct fc_em *m, const char *name, bool csv, bool emitted)
{
    struct enc k = {.m = m, .csv = csv, .literal = "", .need = ""};
    struct fce_capture c;
    m->depth++;
    fce_begin(m, &c);
    if (csv) {
        bool first = true;
        struct fc_cv all = m->p->pass ? fce_input(m, &m->p->in, false) : (struct fc_cv){.v = "", .type = m->g->output, .slot = &m->p->out};
        csv_leaves(&k, all, &first);
    } else {
        put_slots(&k, &m->p->out, emitted);
    }
    flush(&k);
    const char *body = fce_end(m, &c);
    m->depth--;
    fce_line(m, "static void %s(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)", name);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const struct rec *r = (const struct rec *)h;");
    fce_line(m, "(void)cx;");
    if (!csv && m->p->emits && !emitted) {
        fce_line(m, "if (h->emitted) {");
        fce_line(m, "    json_emitted(cx, h, out);");
        fce_line(m, "    return;");
        fce_line(m, "}");
    }
    fce_line(m, "char *w = fl_buf_room(out, %zu%s%s);", k.fixed, *k.need ? " +\n        " : "", k.need);
    fce_paste(m, body);
    fce_line(m, "out->n = (size_t)(w - out->p);");
    m->depth--;
    fce_line(m, "}\n");
}

void fce_encoders(struct fc_em *m)
{
    m->cx = FC_CX_RECORD;
    m->known = true;
    fce_line(m, "/* ---- encode ---- */\n");
    if (m->p->pass) {
        fce_line(m, "static void json(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)");
        fce_line(m, "{");
        fce_line(m, "    (void)cx;");
        fce_line(m, "    if (h->spaced)");
        fce_line(m, "        fl_json_compact(out, h->raw, h->raw_n);");
        fce_line(m, "    else");
        fce_line(m, "        fl_buf_put(out, h->raw, h->raw_n);");
        fce_line(m, "}\n");
    } else {
        if (m->p->emits)
            writer(m, "json_emitted", false, true);
        writer(m, "json", false, false);
    }
    if (m->g->csv) {
        writer(m, "csv", true, false);
        const char *h = columns(m, m->p->pass ? m->g->input : m->g->output, "", "");
        fce_line(m, "static const char csv_header[] = %s;\n", fce_quote(m, h, strlen(h)));
    }
}
