/*
 * decode.c - the decoder of the input record: structs, one function per record.
 *
 * Members are expected in the declared order: each guess is one wide compare with what ends the value before and the key
 * (json/walk.h). A member that may be missing is passed over; when another guess fails, the key is read and dispatched by length
 * and text, and the guessing goes on behind the member that was found. What the pipeline does not read is skipped: checked as
 * JSON, not for its type.
 */
#include <string.h>

#include "emit/emit.h"

/* Members that may be missing, in a row, before the key is read (guess). */
#define MAX_PASSED 16

/* ---- structs ------------------------------------------------------------------------------------------------- */

/* The bit of x in the local set of a decoding function, as k says. */
static void note_presence(struct fc_em *m, const struct fc_in *x, const char *condition)
{
    const char *has = fce_has_word(m, "has", x);
    fce_line(m, "%s = %s ? %s | HAS_%s : %s & ~HAS_%s;", has, condition, has, x->c, has, x->c);
}

/*
 * Of a key that comes twice the last one holds. The member guessed at isn't compared with those before, so each notes that it came, and
 * behind the row of guesses it is seen whether one of them had come before. Such a record is decoded again, from text that has each
 * key once. What nobody looks into needs it only if the record goes on as it came.
 */
static bool noticed(const struct fc_em *m, const struct fc_in *x)
{
    return fc_in_live(x) || m->p->pass;
}

static int came_words(const struct fc_in *record)
{
    return record->ninner <= FC_WORD ? 1 : (record->ninner + FC_WORD - 1) / FC_WORD;
}

static void note_coming(struct fc_em *m, const struct fc_in *x)
{
    int i = x->member->index;
    const char *word = came_words(x->parent) > 1 ? fce_text(m, "[%d]", i / FC_WORD) : "";
    if (noticed(m, x))
        fce_line(m, "came%s |= UINT64_C(1) << %d;", word, i % FC_WORD);
}

/* Has a member of the last row come before? */
static void notice_repeated(struct fc_em *m, const struct fc_in *n, bool last)
{
    if (came_words(n) > 1) {
        fce_line(m, "d->repeated |= fl_came_again(came, before, %d);", came_words(n));
        return;
    }
    fce_line(m, "d->repeated |= (came & before) != 0;");
    if (!last) {
        fce_line(m, "before |= came;");
        fce_line(m, "came = 0;");
    }
}

/* Passed on only: its text is kept. */
static bool text_only(const struct fc_in *n)
{
    return n->raw && !n->value && n->type->kind != FC_K_RECORD;
}

static void in_struct(struct fc_em *m, const struct fc_in *n)
{
    struct fc_join body = {.arena = m->a}, lengths = body;
    if (n->places)
        fc_join(&lengths, "    bool placed; /* the numbers are where the members below say, nothing else is there */\n");
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (!fc_in_live(x))
            continue;
        const char *name = fce_name(m, x->member->name);
        if (x->type->kind == FC_K_RECORD) {
            in_struct(m, x);
            fc_join(&body, "    struct in_%s %s;\n", x->c, name);
        } else if (text_only(x)) {
            fc_join(&body, "    fl_str %s; /* as it came */\n", name);
        } else if (x->value) {
            if (x->late && !x->raw && !n->places)
                fc_join(&body, "    const char *%s; /* its digits */\n", name);
            else if (!x->late)
                fc_join(&body, "    %s %s;\n", fce_type(m, x->type), name);
            if (x->raw)
                fc_join(&body, "    fl_str text_%s; /* as it came, quotes included */\n", x->member->name);
        }
        if (n->places) {
            fc_join(&body, "    const char *%s; /* its digits */\n", name);
            fc_join(&lengths, "    uint8_t n_%s;\n", x->member->name);
        }
        fprintf(m->consts.f, "#define HAS_%s (UINT64_C(1) << %d)\n", x->c, x->bit % FC_WORD);
    }
    const char *words = fc_in_words(n) > 1 ? fce_text(m, "[%d]", fc_in_words(n)) : "";
    fprintf(m->types.f, "struct in_%s {\n    uint64_t has%s;\n%s%s%s};\n\n", n->member ? n->c : "record", words,
            n->raw && n->type->kind == FC_K_RECORD ? "    fl_str raw; /* the whole object */\n" : "", fc_joined(&body), fc_joined(&lengths));
}

/* ---- getters --------------------------------------------------------------------------------------------------- */

/* C that moves p behind a value and sets k, by a getter of json/scan.h. */
static const char *by_getter(struct fc_em *m, const char *what, const char *at, const char *more)
{
    return fce_text(m, "FL_TAKE(d, p, &k, %s(d, &%s, %s))", what, at, more);
}

/*
 * The same by one of json/walk.h, which are inline: not for the hundreds of members of a wide record, or the C compiler takes minutes.
 * `before`: arguments before the field.
 */
static const char *by_walk(struct fc_em *m, const struct fc_in *x, const char *what, const char *at, const char *before, const char *field)
{
    if (fc_in_words(x->parent) > 1)
        return by_getter(m, fce_text(m, "fl_get_%s", what), at, fce_text(m, "%s%s%s", before, strcmp(what, "scaled") == 0 ? "false, " : "", field));
    return fce_text(m, "fl_take_%s(d, p, %d, &%s, %s&k, %s)", what, m->nsites++, at, before, field);
}

/* Any JSON, kept as it came: what is only passed on is not checked for its type. */
static const char *text_getter(struct fc_em *m, const struct fc_in *x, const char *at, const char *field)
{
    const struct fc_type *t = x->type;
    bool text = fce_quoted(t), number = fc_number_text(t) || (t->kind == FC_K_ENUM && !text);
    if ((text || number) && fc_in_words(x->parent) == 1)
        return by_walk(m, x, text ? "passed_text" : "passed_int", at, "", field);
    return by_getter(m, "fl_get_passed_json", at, field);
}

static const char *getter(struct fc_em *m, const struct fc_in *x, const char *at, const char *field)
{
    const struct fc_type *t = x->type;
    if (text_only(x))
        return text_getter(m, x, at, field);
    if (x->late)
        return by_walk(m, x, "digits", at, fce_text(m, "%s, ", t->kind == FC_K_TIME || t->kind == FC_K_DURATION ? fce_scale(t) : "1"), field);
    switch (t->kind) {
    case FC_K_BOOL:
        return by_getter(m, "fl_get_bool", at, field);
    case FC_K_FLOAT:
        return by_getter(m, "fl_get_float", at, field);
    case FC_K_STRING:
        return by_walk(m, x, "string", at, "", field);
    case FC_K_IP:
        return by_walk(m, x, "ip", at, "", field);
    case FC_K_CIDR:
        return by_getter(m, "fl_get_cidr", at, field);
    case FC_K_TIME:
    case FC_K_DURATION:
        if (t->form == FC_FORM_RFC3339)
            return by_getter(m, "fl_get_rfc3339", at, field);
        if (t->form == FC_FORM_S)
            return by_getter(m, "fl_get_scaled", at, fce_text(m, "%s, true, %s", fce_scale(t), field));
        return by_walk(m, x, "scaled", at, fce_text(m, "%s, ", fce_scale(t)), field);
    case FC_K_ENUM:
        return by_getter(m, fce_text(m, "enum_%s", t->en->name), at, field);
    case FC_K_MAP:
        return by_getter(m, x->raw || x->parent->raw || m->p->pass ? "fl_get_passed_json" : "fl_get_json", at, field);
    case FC_K_LIST:
        return by_getter(m, fce_list_getter(m, t, x->c), at, field);
    case FC_K_RECORD:
        return fce_text(m, "decode_%s(d, p, &%s, &k)", x->c, at);
    default:
        return t->form == FC_FORM_TEXT ? by_getter(m, "fl_get_int_text", at, field) : by_walk(m, x, "int", at, "", field);
    }
}

/* ---- the functions -------------------------------------------------------------------------------------------------------- */

static const char *default_value(struct fc_em *m, const struct fc_in *x)
{
    if (text_only(x)) {
        const char *json = fce_json_default(m, x->member);
        return fce_string(m, json, strlen(json));
    }
    return fce_expr(m, fce_constant(x->member->dflt)).v;
}

/* Defaults of what did not come, and what has to come. */
static void absent_members(struct fc_em *m, const struct fc_in *n)
{
    const char *name = n->member ? n->c : "record";
    if (fc_in_words(n) > 1)
        fce_line(m, "if (!fl_has_all(v->has, need_%s, %d)) {", name, fc_in_words(n));
    else
        fce_line(m, "if (v->has != ALL_%s && (v->has & NEED_%s) != NEED_%s) {", name, name, name);
    m->depth++;
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (!fc_in_live(x) || x->member->optional)
            continue;
        const char *has = fce_has_word(m, "v->has", x);
        fce_line(m, "if (!(%s & HAS_%s)) {", has, x->c);
        m->depth++;
        if (x->member->dflt) {
            if (x->type->kind != FC_K_RECORD && (x->value || text_only(x))) {
                const char *json = fce_json_default(m, x->member);
                if (x->late && !x->raw)
                    fce_line(m, "v->%s = %s;", fce_name(m, x->member->name), fce_quote(m, json, strlen(json)));
                else if (!x->late)
                    fce_line(m, "v->%s = %s;", fce_name(m, x->member->name), default_value(m, x));
                if (x->value && x->raw) {
                    fce_line(m, "v->text_%s = %s;", x->member->name, fce_string(m, json, strlen(json)));
                }
            }
            fce_line(m, "%s |= HAS_%s;", has, x->c);
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

/* The literal of a guess: what comes before a member, and its key. */
static const char *guess_of(struct fc_em *m, char before, const char *key)
{
    const char *out = "";
    for (; *key; key++)
        out = *key == '"' || *key == '\\' ? fce_text(m, "%s\\%c", out, *key) : fce_text(m, "%s%c", out, *key);
    return fce_text(m, "%c\"%s\":", before, out);
}

/*
 * Where a member is expected: p moves to its value. The first one has to come with the object's `{`; else `first`, a
 * statement, is run. Of the others one that may be missing is passed over, for the rest `other` is run. A long row of members that
 * may be missing is cut, or objects in quite another order would take a compare for each of them each time. True: a block was opened.
 */
static bool guess(struct fc_em *m, const struct fc_member *members, int i, int *passed, const char *first, const char *other)
{
    const char *lit = guess_of(m, i == 0 ? '{' : ',', members[i].key);
    size_t n = strlen(lit);
    const char *quoted = fce_quote(m, lit, n);
    bool optional = i > 0 && (members[i].optional || members[i].dflt) && ++*passed < MAX_PASSED;
    if (!optional) {
        *passed = 0;
        fce_line(m, i == 0 ? "if (!FL_FIRST(d, p, %s))" : "if (!FL_NEXT(p, %s))", quoted);
        fce_line(m, "    %s", i == 0 ? first : other);
    } else {
        fce_line(m, "if (FL_NEXT(p, %s)) {", quoted);
        m->depth++;
    }
    fce_line(m, "p += %zu;", n);
    return optional;
}

/* ---- skipping ------------------------------------------------------------------------------------------------ */

/* C that moves behind a value of this type without looking into it; NULL: not JSON. `passed`: but it goes on as it came. */
static const char *skipper(struct fc_em *m, const struct fc_type *t, bool passed)
{
    if (t->kind == FC_K_RECORD)
        return fce_text(m, "skip_%s(d, p)", fce_rec_name(m, t));
    if (t->kind == FC_K_LIST || t->kind == FC_K_MAP)
        return passed ? "fl_pass_on(d, p)" : "fl_pass_value(d, p)";
    if (t->kind == FC_K_BOOL || t->kind == FC_K_FLOAT)
        return "fl_pass_value(d, p)";
    return fce_text(m, "fl_pass_%s(d, p, %d)", fce_quoted(t) ? "text" : "int", m->nsites++);
}

static void skip_value(struct fc_em *m, const struct fc_type *t, bool passed)
{
    fce_line(m, "if (!(p = %s))", skipper(m, t, passed));
    fce_line(m, "    return NULL;");
}

/*
 * A record that nothing reads: the same guesses, no values. From the first wrong guess on, the rest is skipped as any JSON.
 */
static void skip_record(struct fc_em *m, const struct fc_type *t)
{
    if (fc_index_seen(&m->skipped, m->a, t->members))
        return;
    for (int i = 0; i < t->nmembers; i++)
        if (t->members[i].type->kind == FC_K_RECORD)
            skip_record(m, t->members[i].type);
    fce_line(m, "static const char *skip_%s(struct fl_decoder *d, const char *p)", fce_rec_name(m, t));
    fce_line(m, "{");
    m->depth++;
    const char *rest = m->p->pass ? "fl_pass_on_members(d, start, p)" : "fl_pass_members(d, p)";
    const char *first = fce_text(m, "return %s(d, p);", m->p->pass ? "fl_pass_on" : "fl_pass_value"), *other = fce_text(m, "return %s;", rest);
    int passed = 0;
    if (m->p->pass)
        fce_line(m, "const char *start = p;");
    for (int i = 0; i < t->nmembers; i++) {
        bool block = guess(m, t->members, i, &passed, first, other);
        skip_value(m, t->members[i].type, m->p->pass);
        if (block) {
            m->depth--;
            fce_line(m, "}");
        }
    }
    fce_line(m, "return FL_OBJECT_END(d, p) ? p : %s;", rest);
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

/* ---- records -------------------------------------------------------------------------------------------------- */

/*
 * p is at the value of x, perhaps before white space: what happens to it. `whole`: the record is also passed on as it came,
 * if it is clean; white space makes it unclean by itself.
 */
static void member_value(struct fc_em *m, const struct fc_in *x, bool whole)
{
    const char *name = fce_name(m, x->member->name);
    bool record = x->type->kind == FC_K_RECORD, live = fc_in_live(x);
    bool presence = live && !x->value && !x->raw && !record, both = x->value && x->raw && !record;
    note_coming(m, x);
    if (presence && x->parent->places) {
        fce_line(m, "if (!(p = fl_pass_digits(d, p, %d, &v->%s, &k)))", m->nsites++, name);
        fce_line(m, "    return NULL;");
        fce_line(m, "v->n_%s = (uint8_t)(p - v->%s);", x->member->name, name);
        note_presence(m, x, "k");
        fce_line(m, "clean &= k != 0; /* null */");
        fce_line(m, "placed &= k == 1;");
        return;
    }
    if (!live || presence) {
        if (presence) {
            fce_line(m, "p = fl_unspaced(d, p);");
            note_presence(m, x, "*p != 'n'");
        }
        if (whole)
            fce_line(m, "clean &= *p != 'n'; /* null */");
        skip_value(m, x->type, whole || m->p->pass);
        return;
    }
    if (both && !x->late)
        fce_line(m, "v->text_%s.p = p = fl_unspaced(d, p);", x->member->name);
    const char *at = fce_text(m, both && x->late ? "v->text_%s.p" : "v->%s", both && x->late ? x->member->name : name);
    fce_line(m, "if (!(p = %s))", getter(m, x, at, fce_quote(m, x->path, strlen(x->path))));
    fce_line(m, "    return NULL;");
    if (both) {
        fce_line(m, "v->text_%s.n = (uint32_t)(p - v->text_%s.p);", x->member->name, x->member->name);
        fce_line(m, "v->text_%s.kind = FL_RAW;", x->member->name);
        if (x->type->kind == FC_K_LIST)
            fce_line(m, "v->text_%s = fl_compact(d->scratch, v->text_%s);", x->member->name, x->member->name);
    }
    if (x->parent->places)
        fce_line(m, "v->n_%s = (uint8_t)(p - v->%s);", x->member->name, name);
    note_presence(m, x, "k");
    if (record) {
        fce_line(m, "if (k == 0)");
        fce_line(m, "    memset(&v->%s, 0, sizeof v->%s);", name, name);
    }
    if (whole)
        fce_line(m, "clean &= k == 1;");
}

static void label(struct fc_em *m, const char *name)
{
    m->depth--;
    fce_line(m, "%s:", name);
    m->depth++;
}

/* The members in order; from elsewhere each value is reached by its label. `at`: what has come stands before this member. */
static void members_in_order(struct fc_em *m, const struct fc_in *n, bool whole)
{
    int passed = 0;
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        bool block = guess(m, n->type->members, i, &passed, "goto open;", whole ? fce_text(m, "{ at = %d; goto other; }", i) : "goto other;");
        label(m, fce_text(m, "value_%s", x->c));
        member_value(m, x, whole);
        if (block) {
            m->depth--;
            fce_line(m, "}");
        }
    }
    if (whole)
        fce_line(m, "at = %d;", n->ninner);
}

/* What is not as expected. */
static void members_out_of_order(struct fc_em *m, const struct fc_in *n, bool whole, const char *field)
{
    label(m, "other");
    fce_line(m, "if (FL_OBJECT_END(d, p))");
    fce_line(m, "    goto end;");
    fce_line(m, "d->p = p;");
    fce_line(m, "if ((k = fl_member_end(d)) <= 0)");
    fce_line(m, "    goto closed;");
    label(m, "key");
    if (n->places)
        fce_line(m, "placed = false; /* and perhaps not with these very keys */");
    notice_repeated(m, n, false);
    fce_line(m, "if (fl_next_key(d, &key) < 0)");
    fce_line(m, "    return NULL;");
    fce_line(m, "p = d->p;");
    fce_keys(m, n, whole);
    if (whole)
        fce_line(m, "clean = false;");
    if (m->p->pass)
        fce_line(m, "strange = true;");
    fce_line(m, "if (!(p = fl_pass_value(d, p)))");
    fce_line(m, "    return NULL;");
    fce_line(m, "goto other;");
    label(m, "open");
    fce_line(m, "fl_at(d, p);");
    if (whole)
        fce_line(m, "start = d->p;");
    fce_line(m, "if ((k = fl_object_begin(d, %s)) == 1)", field);
    fce_line(m, "    goto key;");
    fce_line(m, "if (k == 0) { /* another type */");
    fce_line(m, "    *got = 0;");
    if (whole)
        fce_line(m, "    d->spaced |= spaced;");
    fce_line(m, "    return d->p;");
    fce_line(m, "}");
    fce_line(m, "k = k == 2 ? 0 : -1;");
    label(m, "closed");
    fce_line(m, "if (k < 0)");
    fce_line(m, "    return NULL;");
    fce_line(m, "p = d->p;");
}

/* The bits of members from the one of word `word` on, joined with `|`; only those that have to come, or all that are live. */
static const char *bits_of(struct fc_em *m, const struct fc_in *n, int word, bool needed)
{
    struct fce_capture c;
    const char *between = "";
    fce_begin(m, &c);
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        if (!fc_in_live(x) || x->bit / FC_WORD != word || (needed && x->member->optional))
            continue;
        fprintf(m->out, "%sHAS_%s", between, x->c);
        between = " | ";
    }
    const char *bits = fce_end(m, &c);
    return *bits ? bits : "0";
}

/* Declares which members have to come or have a default; false: none. */
static bool needed(struct fc_em *m, const struct fc_in *n)
{
    const char *name = n->member ? n->c : "record";
    bool any = false;
    for (int i = 0; i < n->ninner; i++)
        any |= fc_in_live(&n->inner[i]) && !n->inner[i].member->optional;
    if (fc_in_words(n) == 1) {
        fprintf(m->consts.f, "#define NEED_%s (%s)\n#define ALL_%s (%s)\n", name, bits_of(m, n, 0, true), name, bits_of(m, n, 0, false));
    } else if (any) {
        fprintf(m->consts.f, "static const uint64_t need_%s[%d] = {\n", name, fc_in_words(n));
        for (int i = 0; i < fc_in_words(n); i++)
            fprintf(m->consts.f, "    %s,\n", bits_of(m, n, i, true));
        fprintf(m->consts.f, "};\n");
    }
    return any;
}

static void decode_record(struct fc_em *m, const struct fc_in *n)
{
    const char *name = n->member ? n->c : "record", *path = n->member ? n->path : "record";
    bool whole = n->raw && n->type->kind == FC_K_RECORD, flat = true, wide = fc_in_words(n) > 1;
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *x = &n->inner[i];
        flat &= x->type->kind != FC_K_RECORD;
        if (x->type->kind == FC_K_RECORD && fc_in_live(x))
            decode_record(m, x);
    }
    if (whole)
        fce_whole_form(m, n);
    bool needs = needed(m, n);
    fce_line(m, "/* %s */", fce_where(m, n->member ? n->member->span : n->type->members[0].span));
    fce_line(m, "static const char *decode_%s(struct fl_decoder *d, const char *p, struct in_%s *v, int *got)", name, name);
    fce_line(m, "{");
    m->depth++;
    if (wide)
        fce_line(m, "uint64_t has[%d] = {0};", fc_in_words(n));
    else
        fce_line(m, "uint64_t has = 0;");
    if (came_words(n) > 1)
        fce_line(m, "uint64_t came[%d] = {0}, before[%d] = {0};", came_words(n), came_words(n));
    else
        fce_line(m, "uint64_t came = 0, before = 0;");
    if (m->p->pass) {
        fce_line(m, "const char *first = p;");
        fce_line(m, "bool strange = false; /* has keys that aren't declared */");
    }
    fce_line(m, "fl_str key;");
    fce_line(m, "int k;");
    if (whole) {
        fce_line(m, "const char *start = p;");
        fce_line(m, "bool clean = %s, spaced = d->spaced;", flat ? "true" : "false /* holds records */");
        fce_line(m, "int at = 0;");
        fce_line(m, "d->spaced = false;");
        if (n->places)
            fce_line(m, "bool placed = true;");
    }
    members_in_order(m, n, whole);
    members_out_of_order(m, n, whole, fce_quote(m, path, strlen(path)));
    label(m, "end");
    notice_repeated(m, n, true);
    if (m->p->pass) {
        fce_line(m, "if (FL_UNLIKELY(strange))");
        fce_line(m, "    d->repeated |= fl_json_repeats(first, p);");
    }
    fce_line(m, wide ? "memcpy(v->has, has, sizeof has);" : "v->has = has;");
    if (needs)
        absent_members(m, n);
    if (whole) {
        fce_line(m, "v->raw = (fl_str){start, (uint32_t)(p - start), FL_RAW};");
        if (n->places)
            fce_line(m, "v->placed = placed && clean && !d->spaced;");
        fce_line(m, "if (!clean || d->spaced)");
        fce_line(m, "    v->raw = fl_reshape(d->scratch, v->raw, &form_%s);", name);
        fce_line(m, "d->spaced |= spaced;");
    }
    fce_line(m, "*got = 1;");
    fce_line(m, "return p;");
    m->depth--;
    fce_line(m, "}\n");
}

void fce_decoder(struct fc_em *m)
{
    in_struct(m, &m->p->in);
    fce_line(m, "/* ---- decode ---- */\n");
    m->cx = FC_CX_DECODE;
    fce_getters(m);
    skip_records(m, &m->p->in);
    decode_record(m, &m->p->in);
    fce_line(m, "static bool decode(struct fl_decoder *d, struct fl_rec *h)");
    fce_line(m, "{");
    fce_line(m, "    struct in_record *in = &((struct rec *)h)->in;");
    fce_line(m, "    int got;");
    fce_line(m, "    h->raw = d->p;");
    fce_line(m, "    d->repeated = false;");
    fce_line(m, "    const char *end = decode_record(d, h->raw, in, &got);");
    fce_line(m, "    if (!end)");
    fce_line(m, "        return false;");
    fce_line(m, "    h->raw_n = (uint32_t)(end - h->raw);");
    fce_line(m, "    if (FL_UNLIKELY(d->repeated)) { /* of a key that comes twice the last one holds */");
    fce_line(m, "        const char *data_end = d->end;");
    fce_line(m, "        fl_once(d, h);");
    fce_line(m, "        memset(in, 0, sizeof *in);");
    fce_line(m, "        decode_record(d, h->raw, in, &got);");
    fce_line(m, "        d->end = data_end;");
    fce_line(m, "    }");
    fce_line(m, "    d->p = end;");
    fce_line(m, "    return true;");
    fce_line(m, "}\n");
}
