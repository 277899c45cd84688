/*
 * emit_decode.c - the decoder of the input record: structs, one function per record.
 *
 * Members are expected in the declared order: each guess is one wide compare with the key's literal. When it fails, the key
 * is read and dispatched by length and text, and the guessing goes on behind the member that was found. What the pipeline
 * does not read is skipped: checked as JSON, not for its type.
 */
#include <string.h>

#include "emit.h"

/* ---- structs ------------------------------------------------------------------------------------------------- */

/* Passed on only: its text is kept. */
static bool text_only(const struct fc_in *n)
{
    return n->raw && !n->value && n->type->kind != FC_K_RECORD;
}

static void in_struct(struct fc_em *m, const struct fc_in *n)
{
    const char *body = "";
    int bit = 0;
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (!fc_in_live(x))
            continue;
        const char *name = fce_name(m, x->member->name);
        if (x->type->kind == FC_K_RECORD) {
            in_struct(m, x);
            body = fce_text(m, "%s    struct in_%s %s;\n", body, x->c, name);
        } else if (text_only(x)) {
            body = fce_text(m, "%s    fl_str %s; /* as it came */\n", body, name);
        } else if (x->value) {
            body = fce_text(m, "%s    %s %s;\n", body, fce_type(m, x->type), name);
            if (x->raw)
                body = fce_text(m, "%s    fl_str text_%s; /* as it came, quotes included */\n", body, x->member->name);
        }
        fprintf(m->consts.f, "#define HAS_%s (UINT64_C(1) << %d)\n", x->c, bit++);
    }
    if (bit > 64)
        fc_report(&m->c->diags, FC_LATER, n->member ? n->member->span : m->g->span, "a record of which more than 64 fields are read");
    fprintf(m->types.f, "struct in_%s {\n    uint64_t has;\n%s%s};\n\n", n->member ? n->c : "record", n->raw && n->type->kind == FC_K_RECORD ? "    fl_str raw; /* the whole object */\n" : "",
            body);
}

/* ---- getters --------------------------------------------------------------------------------------------------- */

static const char *getter(struct fc_em *m, const struct fc_in *x, const char *at, const char *field)
{
    const struct fc_type *t = x->type;
    if (text_only(x)) {
        switch (t->kind) {
        case FC_K_LIST:
        case FC_K_MAP:
            return fce_text(m, "fl_get_json(d, &%s, %s)", at, field);
        case FC_K_INT:
            if (t->form == FC_FORM_TEXT)
                return fce_text(m, "fl_get_json(d, &%s, %s)", at, field);
            /* fall through */
        case FC_K_BYTES:
        case FC_K_PACKETS:
            return fce_text(m, "fl_get_raw_int(d, &%s, %s)", at, field);
        case FC_K_TIME:
        case FC_K_DURATION:
            if (t->form == FC_FORM_RFC3339)
                break;
            return fce_text(m, "fl_get_raw_%s(d, &%s, %s)", t->form == FC_FORM_S ? "number" : "int", at, field);
        case FC_K_ENUM:
            if (!t->en->text)
                return fce_text(m, "fl_get_raw_int(d, &%s, %s)", at, field);
            break;
        default:
            break;
        }
        return fce_text(m, "fl_get_raw_string(d, &%s, %s)", at, field);
    }
    switch (t->kind) {
    case FC_K_BOOL:
        return fce_text(m, "fl_get_bool(d, &%s, %s)", at, field);
    case FC_K_FLOAT:
        return fce_text(m, "fl_get_float(d, &%s, %s)", at, field);
    case FC_K_STRING:
        return fce_text(m, "fl_get_string(d, &%s, %s)", at, field);
    case FC_K_IP:
        return fce_text(m, "fl_get_ip(d, &%s, %s)", at, field);
    case FC_K_CIDR:
        return fce_text(m, "fl_get_cidr(d, &%s, %s)", at, field);
    case FC_K_TIME:
    case FC_K_DURATION:
        if (t->form == FC_FORM_RFC3339)
            return fce_text(m, "fl_get_rfc3339(d, &%s, %s)", at, field);
        return fce_text(m, "fl_get_scaled(d, &%s, %s, %s, %s)", at, fce_scale(t), t->form == FC_FORM_S ? "true" : "false", field);
    case FC_K_ENUM:
        return fce_text(m, "enum_%s(d, &%s, %s)", t->en->name, at, field);
    case FC_K_MAP:
        return fce_text(m, "fl_get_json(d, &%s, %s)", at, field);
    case FC_K_LIST: {
        const char *what = t->elem->kind == FC_K_STRING ? "strings" : t->elem->kind == FC_K_IP ? "ips" : t->elem->kind == FC_K_CIDR ? "cidrs" : "ints";
        return fce_text(m, "fl_get_%s(d, &%s, %s)", what, at, field);
    }
    case FC_K_RECORD:
        return fce_text(m, "decode_%s(d, &%s)", x->c, at);
    default:
        return fce_text(m, t->form == FC_FORM_TEXT ? "fl_get_int_text(d, &%s, %s)" : "fl_get_int(d, &%s, %s)", at, field);
    }
}

/* ---- enums -------------------------------------------------------------------------------------------------------- */

static void enum_getter(struct fc_em *m, const struct fc_enum *en)
{
    fce_line(m, "static int enum_%s(struct fl_decoder *d, int64_t *out, const char *field)", en->name);
    fce_line(m, "{");
    m->depth++;
    int i = 0;
    if (en->text) {
        fce_line(m, "fl_str s;");
        fce_line(m, "int k = fl_get_string(d, &s, field);");
        fce_line(m, "if (k != 1)");
        fce_line(m, "    return k;");
        for (const struct fc_enumerator *e = en->list; e; e = e->next, i++) {
            const char *name = e->as ? e->as : e->name.s;
            if (i == en->other)
                continue;
            fce_line(m, "if (s.n == %zu && memcmp(s.p, %s, %zu) == 0) {", strlen(name), fce_quote(m, name, strlen(name)), strlen(name));
            fce_line(m, "    *out = %d;", i);
            fce_line(m, "    return 1;");
            fce_line(m, "}");
        }
    } else {
        fce_line(m, "int64_t v;");
        fce_line(m, "int k = fl_get_int(d, &v, field);");
        fce_line(m, "if (k != 1)");
        fce_line(m, "    return k;");
        fce_line(m, "switch (v) {");
        for (const struct fc_enumerator *e = en->list; e; e = e->next, i++) {
            if (i == en->other && !e->has_value)
                continue;
            fce_line(m, "case %lld:", (long long)e->value);
            fce_line(m, "    *out = %d;", i);
            fce_line(m, "    return 1;");
        }
        fce_line(m, "}");
    }
    if (en->other >= 0) {
        fce_line(m, "*out = %d; /* other */", en->other);
        fce_line(m, "return 1;");
    } else {
        fce_line(m, "fl_bad(d, field, \"is not a value of enum %s\");", en->name);
        fce_line(m, "return 0;");
    }
    m->depth--;
    fce_line(m, "}\n");
}

static void enum_getters(struct fc_em *m, const struct fc_in *n, const struct fc_enum **done, int *ndone)
{
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (x->type->kind == FC_K_ENUM && x->value) {
            bool known = false;
            for (int j = 0; j < *ndone; j++)
                known |= done[j] == x->type->en;
            if (!known && *ndone < 64) {
                done[(*ndone)++] = x->type->en;
                enum_getter(m, x->type->en);
            }
        }
        enum_getters(m, x, done, ndone);
    }
}

/* ---- forms: records passed on whole ---------------------------------------------------------------------------------- */

static const struct fc_expr *literal_of(const struct fc_expr *e)
{
    while (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_CONST)
        e = e->sym->value;
    return e;
}

static const char *json_value(struct fc_em *m, const struct fc_expr *e, const struct fc_type *t)
{
    e = literal_of(e);
    if (e->kind == FC_E_STRING || e->kind == FC_E_ADDRESS)
        return fce_text(m, "\"%s\"", fce_escaped(m, e->s));
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_ENUMERATOR) {
        int i = 0;
        for (const struct fc_enumerator *x = t->en->list; x; x = x->next, i++)
            if (i == e->sym->index)
                return t->en->text ? fce_text(m, "\"%s\"", fce_escaped(m, x->as ? x->as : x->name.s)) : fce_text(m, "%lld", (long long)x->value);
    }
    if (e->kind == FC_E_LIST) {
        const char *list = "";
        for (const struct fc_expr *x = e->args; x; x = x->next)
            list = fce_text(m, "%s%s%s", list, *list ? "," : "", json_value(m, x, t->elem));
        return fce_text(m, "[%s]", list);
    }
    if (e->kind == FC_E_BOOL)
        return e->i ? "true" : "false";
    if (e->kind == FC_E_FLOAT)
        return fce_text(m, "%.17g", e->f);
    if (t->form == FC_FORM_RFC3339) /* the only constant time is 0 */
        return "\"1970-01-01T00:00:00Z\"";
    if (t->kind == FC_K_TIME || t->kind == FC_K_DURATION) {
        int64_t scale = t->form == FC_FORM_S ? 1000000000 : t->form == FC_FORM_MS ? 1000000 : t->form == FC_FORM_US ? 1000 : 1;
        if (t->form == FC_FORM_S && e->i % scale)
            return fce_text(m, "%.17g", (double)e->i / 1e9);
        return fce_text(m, "%lld", (long long)(e->i / scale));
    }
    return fce_text(m, t->form == FC_FORM_TEXT ? "\"%lld\"" : "%lld", (long long)e->i);
}

static const char *json_default(struct fc_em *m, const struct fc_member *x)
{
    return x->dflt ? json_value(m, x->dflt, x->type) : NULL;
}

static void form_of(struct fc_em *m, const struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++)
        if (n->inner[i].type->kind == FC_K_RECORD)
            form_of(m, &n->inner[i]);
    fce_line(m, "static const struct fl_form form_%s = {(const struct fl_form_member[]){", n->c);
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_member *x = n->inner[i].member;
        const char *dflt = json_default(m, x);
        const char *key = fce_escaped(m, x->key);
        fce_line(m, "    {%s, %zu, %s, %zu, %s, %s},", fce_quote(m, x->key, strlen(x->key)), strlen(x->key), fce_quote(m, key, strlen(key)), strlen(key), dflt ? fce_quote(m, dflt, strlen(dflt)) : "NULL",
                 n->inner[i].type->kind == FC_K_RECORD ? fce_text(m, "&form_%s", n->inner[i].c) : "NULL");
    }
    fce_line(m, "}, %d};\n", n->ninner);
}

/* ---- the functions -------------------------------------------------------------------------------------------------------- */

static const char *default_value(struct fc_em *m, const struct fc_in *x)
{
    const struct fc_expr *d = literal_of(x->member->dflt);
    if (text_only(x)) {
        const char *json = json_default(m, x->member);
        size_t n = strlen(json);
        if (d->kind == FC_E_STRING)
            return fce_string(m, d->s, d->len);
        bool quoted = json[0] == '"' && x->type->form != FC_FORM_TEXT;
        return quoted ? fce_string(m, fl_arena_strndup(m->a, json + 1, n - 2), n - 2) : fce_string(m, json, n);
    }
    return fce_expr(m, d).v;
}

/* Defaults of what did not come, and what has to come. */
static void absent_members(struct fc_em *m, const struct fc_in *n, const char *mask)
{
    fce_line(m, "if (v->has != ALL_%s && (v->has & %s) != %s) {", n->member ? n->c : "record", mask, mask);
    m->depth++;
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (!fc_in_live(x) || x->member->optional)
            continue;
        fce_line(m, "if (!(v->has & HAS_%s)) {", x->c);
        m->depth++;
        if (x->member->dflt) {
            if (x->type->kind != FC_K_RECORD && (x->value || text_only(x))) {
                const char *dv = default_value(m, x);
                fce_line(m, "v->%s = %s;", fce_name(m, x->member->name), dv);
                if (x->value && x->raw) {
                    const char *json = json_default(m, x->member);
                    fce_line(m, "v->text_%s = %s;", x->member->name, fce_string(m, json, strlen(json)));
                }
            }
            fce_line(m, "v->has |= HAS_%s;", x->c);
            if (n->raw && n->type->kind == FC_K_RECORD)
                fce_line(m, "clean = false;");
        } else {
            fce_line(m, "fl_bad(d, %s, \"is missing\");", fce_quote(m, x->path, strlen(x->path)));
        }
        m->depth--;
        fce_line(m, "}");
    }
    m->depth--;
    fce_line(m, "}");
}

static void dispatch(struct fc_em *m, const struct fc_in *n)
{
    bool lengths[256] = {false};
    fce_line(m, "switch (key.n) {");
    for (int i = 0; i < n->ninner; i++) {
        size_t len = strlen(n->inner[i].member->key);
        if (len > 255 || lengths[len])
            continue;
        lengths[len] = true;
        fce_line(m, "case %zu:", len);
        for (int j = i; j < n->ninner; j++) {
            const char *key = n->inner[j].member->key;
            if (strlen(key) != len)
                continue;
            fce_line(m, "    if (memcmp(key.p, %s, %zu) == 0)", fce_quote(m, key, len), len);
            fce_line(m, "        goto value_%s;", n->inner[j].c);
        }
        fce_line(m, "    break;");
    }
    fce_line(m, "}");
}

static const char *json_key(struct fc_em *m, const char *key)
{
    const char *out = "";
    for (; *key; key++)
        out = *key == '"' || *key == '\\' ? fce_text(m, "%s\\%c", out, *key) : fce_text(m, "%s%c", out, *key);
    return fce_text(m, "\"%s\":", out);
}

/* ---- skipping ------------------------------------------------------------------------------------------------ */

/* C that moves behind a value of this type without looking into it; false: not JSON. */
static const char *skipper(struct fc_em *m, const struct fc_type *t)
{
    switch (t->kind) {
    case FC_K_STRING:
    case FC_K_IP:
    case FC_K_CIDR:
        return "fl_skip_text(d)";
    case FC_K_ENUM:
        return t->en->text ? "fl_skip_text(d)" : "fl_skip_int(d)";
    case FC_K_INT:
    case FC_K_TIME:
    case FC_K_DURATION:
    case FC_K_BYTES:
    case FC_K_PACKETS:
        return t->form == FC_FORM_RFC3339 || t->form == FC_FORM_TEXT ? "fl_skip_text(d)" : "fl_skip_int(d)";
    case FC_K_RECORD:
        return fce_text(m, "skip_%s(d)", fce_rec_name(m, t));
    default:
        return "fl_skip_value(d)";
    }
}

/*
 * A record that nothing reads: the same guesses, no values. From the first wrong guess on, the rest is skipped as any JSON.
 */
static void skip_record(struct fc_em *m, const struct fc_type *t)
{
    for (int i = 0; i < t->nmembers; i++)
        if (t->members[i].type->kind == FC_K_RECORD)
            skip_record(m, t->members[i].type);
    for (int i = 0; i < m->nskipped; i++)
        if (m->skipped[i] == t->members)
            return;
    if (m->nskipped < (int)(sizeof m->skipped / sizeof *m->skipped))
        m->skipped[m->nskipped++] = t->members;
    fce_line(m, "static bool skip_%s(struct fl_decoder *d)", fce_rec_name(m, t));
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "if (d->p[0] != '{' || d->p[1] != '\"')");
    fce_line(m, "    return fl_skip_value(d);");
    fce_line(m, "int k = fl_object_begin(d, \"\");");
    fce_line(m, "if (k != 1)");
    fce_line(m, "    return k >= 0;");
    for (int i = 0; i < t->nmembers; i++) {
        const char *key = json_key(m, t->members[i].key);
        const struct fc_type *mt = t->members[i].type;
        bool skip_ok = t->members[i].optional;
        fce_line(m, "if (FL_KEY_IS(d, %s)) {", fce_quote(m, key, strlen(key)));
        fce_line(m, "    if (!%s)", skipper(m, mt));
        fce_line(m, "        return false;");
        fce_line(m, "    if ((k = fl_member_end(d)) <= 0)");
        fce_line(m, "        return k == 0;");
        fce_line(m, skip_ok ? "}" : "} else {");
        if (!skip_ok) {
            fce_line(m, "    return fl_skip_members(d);");
            fce_line(m, "}");
        }
    }
    fce_line(m, "return fl_skip_members(d);");
    m->depth--;
    fce_line(m, "}\n");
}

static void skip_records(struct fc_em *m, const struct fc_in *n)
{
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (x->type->kind != FC_K_RECORD)
            continue;
        if (fc_in_live(x))
            skip_records(m, x);
        else
            skip_record(m, x->type);
    }
}

static void one_member(struct fc_em *m, const struct fc_in *n, int i)
{
    const struct fc_in *x = &n->inner[i];
    bool whole = n->raw && n->type->kind == FC_K_RECORD;
    const char *key = json_key(m, x->member->key);
    fce_line(m, "if (!FL_KEY_IS(d, %s))", fce_quote(m, key, strlen(key)));
    fce_line(m, "    goto other;");
    m->depth--;
    fce_line(m, "value_%s:", x->c);
    m->depth++;
    if (whole) {
        fce_line(m, "clean &= %d >= at;", i);
        fce_line(m, "at = %d;", i + 1);
    }
    if (!fc_in_live(x)) {
        if (whole)
            fce_line(m, "clean &= *d->p != 'n'; /* null */");
        fce_line(m, "if (!%s)", skipper(m, x->type));
        fce_line(m, "    return -1;");
    } else if (!x->value && !x->raw && x->type->kind != FC_K_RECORD) {
        fce_line(m, "v->has = *d->p != 'n' ? v->has | HAS_%s : v->has & ~HAS_%s;", x->c, x->c);
        if (whole)
            fce_line(m, "clean &= *d->p != 'n'; /* null */");
        fce_line(m, "if (!%s)", skipper(m, x->type));
        fce_line(m, "    return -1;");
    } else {
        const char *field = fce_quote(m, x->path, strlen(x->path));
        bool both = x->value && x->raw && x->type->kind != FC_K_RECORD;
        if (both)
            fce_line(m, "v->text_%s.p = d->p;", x->member->name);
        fce_line(m, "if ((k = %s) < 0)", getter(m, x, fce_text(m, "v->%s", fce_name(m, x->member->name)), field));
        fce_line(m, "    return -1;");
        if (both) {
            fce_line(m, "v->text_%s.n = (uint32_t)(d->p - v->text_%s.p);", x->member->name, x->member->name);
            fce_line(m, "v->text_%s.kind = FL_RAW;", x->member->name);
            if (x->type->kind == FC_K_LIST)
                fce_line(m, "v->text_%s = fl_compact(d->scratch, v->text_%s);", x->member->name, x->member->name);
        }
        fce_line(m, "v->has = k ? v->has | HAS_%s : v->has & ~HAS_%s;", x->c, x->c);
        if (x->type->kind == FC_K_RECORD) {
            fce_line(m, "if (k == 0)");
            fce_line(m, "    memset(&v->%s, 0, sizeof v->%s);", fce_name(m, x->member->name), fce_name(m, x->member->name));
        }
        if (whole)
            fce_line(m, "clean &= k == 1;");
    }
    fce_line(m, "if ((k = fl_member_end(d)) <= 0)");
    fce_line(m, "    goto end;");
}

static void decode_record(struct fc_em *m, const struct fc_in *n)
{
    const char *name = n->member ? n->c : "record", *mask = "0", *all = "0";
    bool whole = n->raw && n->type->kind == FC_K_RECORD;
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (x->type->kind == FC_K_RECORD && fc_in_live(x))
            decode_record(m, x);
        if (fc_in_live(x)) {
            all = strcmp(all, "0") == 0 ? fce_text(m, "HAS_%s", x->c) : fce_text(m, "%s | HAS_%s", all, x->c);
            if (!x->member->optional)
                mask = strcmp(mask, "0") == 0 ? fce_text(m, "HAS_%s", x->c) : fce_text(m, "%s | HAS_%s", mask, x->c);
        }
    }
    if (whole)
        form_of(m, n);
    fprintf(m->consts.f, "#define NEED_%s (%s)\n#define ALL_%s (%s)\n", name, mask, name, all);
    fce_line(m, "/* %s */", fce_where(m, n->member ? n->member->span : n->type->members[0].span));
    fce_line(m, "static int decode_%s(struct fl_decoder *d, struct in_%s *v)", name, name);
    fce_line(m, "{");
    m->depth++;
    if (whole) {
        fce_line(m, "const char *start = d->p;");
        bool flat = true;
        for (int i = 0; i < n->ninner; i++)
            flat &= n->inner[i].type->kind != FC_K_RECORD;
        fce_line(m, "bool clean = %s, spaced = d->spaced;", flat ? "true" : "false /* holds records */");
        fce_line(m, "int at = 0;");
        fce_line(m, "d->spaced = false;");
    }
    if (!n->member && strcmp(all, "0") == 0)
        fce_line(m, "(void)v;");
    fce_line(m, "fl_str key;");
    fce_line(m, "int k = fl_object_begin(d, %s);", fce_quote(m, n->member ? n->path : "record", strlen(n->member ? n->path : "record")));
    fce_line(m, whole ? "if (k <= 0) {" : "if (k <= 0)");
    if (whole)
        fce_line(m, "    d->spaced |= spaced;");
    fce_line(m, "    return k;");
    if (whole)
        fce_line(m, "}");
    if (n->member)
        fce_line(m, "if (v->has) /* of a key that comes twice the last holds */\n        memset(v, 0, sizeof *v);");
    fce_line(m, "if (k == 2) {");
    fce_line(m, "    k = 0;");
    fce_line(m, "    goto end;");
    fce_line(m, "}\n");
    for (int i = 0; i < n->ninner; i++)
        one_member(m, n, i);
    fputc('\n', m->out);
    m->depth--;
    fce_line(m, "other: /* not the expected key */");
    m->depth++;
    fce_line(m, "if (fl_next_key(d, &key) < 0)");
    fce_line(m, "    return -1;");
    dispatch(m, n);
    if (whole)
        fce_line(m, "clean = false;");
    fce_line(m, "if (!fl_skip_value(d))");
    fce_line(m, "    return -1;");
    fce_line(m, "if ((k = fl_member_end(d)) > 0)");
    fce_line(m, "    goto other;\n");
    m->depth--;
    fce_line(m, "end:");
    m->depth++;
    fce_line(m, "if (k < 0)");
    fce_line(m, "    return -1;");
    if (strcmp(mask, "0") != 0)
        absent_members(m, n, fce_text(m, "NEED_%s", name));
    if (whole) {
        fce_line(m, "v->raw = (fl_str){start, (uint32_t)(d->p - start), FL_RAW};");
        fce_line(m, "if (!clean || d->spaced)");
        fce_line(m, "    v->raw = fl_reshape(d->scratch, v->raw, &form_%s);", name);
        fce_line(m, "d->spaced |= spaced;");
    }
    fce_line(m, "return 1;");
    m->depth--;
    fce_line(m, "}\n");
}

void fce_decoder(struct fc_em *m)
{
    const struct fc_enum *done[64];
    int ndone = 0;
    in_struct(m, &m->p->in);
    fce_line(m, "/* ---- decode ---- */\n");
    enum_getters(m, &m->p->in, done, &ndone);
    m->cx = FC_CX_DECODE;
    skip_records(m, &m->p->in);
    decode_record(m, &m->p->in);
    fce_line(m, "static bool decode(struct fl_decoder *d, struct fl_rec *h)");
    fce_line(m, "{");
    fce_line(m, "    return decode_record(d, &((struct rec *)h)->in) >= 0;");
    fce_line(m, "}\n");
}
