/*
 * answer.c - reads the answers of lookups into result structs; see answer.h. Called by lookup.c on each answer, never
 * per record.
 *
 * First the JSON values of all fields are collected, then one block of the right size is made and filled.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "lookups/answer.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value that was found for a field. */
struct leaf {
    uint32_t field;
    const json_t *value;
};

struct take {
    const struct fl_lookup *row;
    struct leaf *leaf;
    uint32_t n, cap;
    uint32_t field; /* that is being looked for */
    bool spread;    /* its path went through a list */
    size_t text;    /* bytes of all texts */
};

/* ---- finding values ------------------------------------------------------------------------------- */

static bool is_text(enum fl_value_type type)
{
    return type == FL_T_STRING || type == FL_T_IP;
}

static size_t size_of(enum fl_value_type type)
{
    switch (type) {
    case FL_T_BOOL: return sizeof(bool);
    case FL_T_FLOAT: return sizeof(double);
    case FL_T_STRING: return sizeof(fl_str);
    case FL_T_IP: return sizeof(fl_ip);
    case FL_T_CIDR: return sizeof(fl_cidr);
    default: return sizeof(int64_t);
    }
}

static bool to_int(const json_t *v, int64_t *out)
{
    if (json_is_integer(v)) {
        *out = json_integer_value(v);
        return true;
    }
    double d = json_real_value(v);
    if (!json_is_real(v) || floor(d) != d || d < -0x1p63 || d >= 0x1p63)
        return false;
    *out = (int64_t)d;
    return true;
}

static bool to_cidr(const json_t *v, fl_cidr *out)
{
    const char *s = json_string_value(v);
    size_t n = json_string_length(v);
    char whole[64];
    if (!s || n > 50)
        return false;
    if (!memchr(s, '/', n)) {
        fl_ip ip;
        fl_ip_parse(&ip, s, (uint32_t)n);
        if (!ip.family)
            return false;
        int bits = ip.family == 4 && !memchr(s, ':', n) ? 32 : 128;
        n = (size_t)snprintf(whole, sizeof whole, "%.*s/%d", (int)n, s, bits);
        s = whole;
    }
    return fl_cidr_parse(out, s, (uint32_t)n);
}

static bool fits(enum fl_value_type type, const json_t *v)
{
    int64_t i;
    fl_cidr c;
    switch (type) {
    case FL_T_BOOL: return json_is_boolean(v);
    case FL_T_FLOAT: return json_is_number(v);
    case FL_T_STRING:
    case FL_T_IP: return json_is_string(v);
    case FL_T_CIDR: return to_cidr(v, &c);
    case FL_T_INT:
    case FL_T_TIME:
    case FL_T_DURATION:
    case FL_T_BYTES:
    case FL_T_PACKETS: return to_int(v, &i);
    default: return false; /* classes and enums aren't in answers */
    }
}

static void keep(struct take *t, const json_t *v)
{
    if (!fits(t->row->fields[t->field].type, v))
        return;
    fl_grow(t->leaf, t->n, t->cap);
    if (is_text(t->row->fields[t->field].type))
        t->text += json_string_length(v);
    t->leaf[t->n++] = (struct leaf){t->field, v};
}

/* The end of a path. Returns whether the field is there. */
static bool found(struct take *t, const json_t *v, bool spread)
{
    const struct fl_lookup_field *f = &t->row->fields[t->field];
    uint32_t before = t->n;
    if (f->shape == FL_ONE) {
        if (!spread)
            keep(t, v);
        return t->n > before;
    }
    if (f->shape != FL_LIST_OF || (!json_is_array(v) && !spread))
        return false;
    if (json_is_array(v))
        for (size_t i = 0; i < json_array_size(v); i++)
            keep(t, json_array_get(v, i));
    else
        keep(t, v);
    return true;
}

static bool walk(struct take *t, const json_t *v, const char *path, bool spread)
{
    if (*path == '.')
        path++;
    if (!*path)
        return found(t, v, spread);
    if (*path == '[') {
        char *end;
        unsigned long i = strtoul(path + 1, &end, 10);
        const json_t *element = json_array_get(v, i); /* NULL: no array, or too short */
        return element && *end == ']' && walk(t, element, end + 1, spread);
    }
    if (json_is_array(v)) {
        bool any = false;
        for (size_t i = 0; i < json_array_size(v); i++)
            if (json_is_object(json_array_get(v, i)) && walk(t, json_array_get(v, i), path, true))
                any = true;
        return any;
    }
    size_t n = strcspn(path, ".[");
    const json_t *next = json_object_getn(v, path, n); /* NULL for what is no object */
    return next && walk(t, next, path + n, spread);
}

/* ---- filling the struct ---------------------------------------------------------------------------- */

static fl_str text_of(const json_t *v, char **room)
{
    fl_str s = {*room, (uint32_t)json_string_length(v), FL_CLEAN};
    memcpy(*room, json_string_value(v), s.n);
    for (uint32_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&')
            s.kind = FL_PLAIN;
    }
    *room += s.n;
    return s;
}

static void put(enum fl_value_type type, const json_t *v, void *at, char **room)
{
    switch (type) {
    case FL_T_BOOL: *(bool *)at = json_is_true(v); break;
    case FL_T_FLOAT: *(double *)at = json_number_value(v); break;
    case FL_T_STRING: *(fl_str *)at = text_of(v, room); break;
    case FL_T_IP: *(fl_ip *)at = fl_ip_of(text_of(v, room)); break;
    case FL_T_CIDR: to_cidr(v, at); break;
    default: to_int(v, at); break;
    }
}

static size_t round16(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

/* `there[i]`: field i was found. */
static void *fill(const struct take *t, const bool *there)
{
    const struct fl_lookup *row = t->row;
    size_t lists = 0;
    for (uint32_t i = 0; i < t->n; i++)
        lists += round16(size_of(row->fields[t->leaf[i].field].type));
    lists += 16 * (size_t)row->nfields;
    size_t head = round16(row->size);
    char *block = fl_alloc_zero(head + lists + t->text + FL_PAD);
    char *list = block + head, *room = list + lists;
    uint32_t at = 0;
    for (uint32_t i = 0; i < row->nfields; i++) {
        const struct fl_lookup_field *f = &row->fields[i];
        if (f->optional)
            *(bool *)(block + f->has_offset) = there[i];
        if (f->shape == FL_LIST_OF) {
            struct fl_list *l = (struct fl_list *)(void *)(block + f->offset);
            size_t size = size_of(f->type);
            l->v = list;
            for (; at < t->n && t->leaf[at].field == i; at++)
                put(f->type, t->leaf[at].value, list + size * l->n++, &room);
            list += round16(size * l->n);
        } else if (there[i]) {
            put(f->type, t->leaf[at++].value, block + f->offset, &room);
        }
    }
    return block;
}

/* All fields from one object; `by_name` instead of by path. */
static enum fl_answer take(const struct fl_lookup *row, const json_t *object, bool by_name, void **result,
                           const char **missing)
{
    struct take t = {.row = row};
    bool *there = fl_new_array(bool, row->nfields + 1);
    enum fl_answer r = FL_ANSWER_RESULT;
    for (t.field = 0; r == FL_ANSWER_RESULT && t.field < row->nfields; t.field++) {
        const struct fl_lookup_field *f = &row->fields[t.field];
        const json_t *named = by_name ? json_object_get(object, f->name) : NULL;
        there[t.field] = by_name ? named && found(&t, named, false) : walk(&t, object, f->path, false);
        if (!there[t.field] && !f->optional) {
            *missing = f->name;
            r = FL_ANSWER_NULL;
        }
    }
    if (r == FL_ANSWER_RESULT)
        *result = fill(&t, there);
    free(there);
    free(t.leaf);
    return r;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

/* Elements that begin with [ are lists of nodes, other elements than nodes are skipped. */
static const json_t *first_node(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        for (size_t k = 0; k < json_array_size(v); k++)
            if (json_is_object(json_array_get(v, k)))
                return json_array_get(v, k);
        if (json_is_object(v))
            return v;
    }
    return NULL;
}

static void *first_value(const struct fl_lookup *row, const json_t *list)
{
    json_t *empty = json_string(""), *v = json_array_get(list, 0);
    struct take t = {.row = row};
    keep(&t, json_is_string(v) ? v : empty);
    bool there = t.n > 0;
    void *block = fill(&t, &there);
    free(t.leaf);
    json_decref(empty);
    return block;
}

static const char *kind_of(const json_t *v)
{
    static const char *const names[] = {"an object", "a list", "a string", "a number",
                                        "a number", "true", "false", "null"};
    return names[json_typeof(v)];
}

enum fl_answer fl_answer_json(const struct fl_lookup *row, const json_t *answer, void **result, char *why)
{
    const char *missing;
    *result = NULL;
    if (!json_is_array(answer) && !json_is_null(answer)) {
        snprintf(why, FL_ANSWER_WHY, "the answer is %s, expected a list", kind_of(answer));
        return FL_ANSWER_BAD;
    }
    if (row->first_value) {
        *result = first_value(row, answer);
        return FL_ANSWER_RESULT;
    }
    const json_t *node = first_node(answer);
    if (!node)
        return FL_ANSWER_NULL;
    if (!json_is_string(json_object_get(node, "ID"))) {
        snprintf(why, FL_ANSWER_WHY, "the answer's first node has no ID");
        return FL_ANSWER_BAD;
    }
    return take(row, node, false, result, &missing);
}

enum fl_answer fl_answer_text(const struct fl_lookup *row, const char *text, size_t n, void **result, char *why)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t e;
    *result = NULL;
    json_t *answer = json_loadb(text, n, flags, &e);
    /* One number over 64 bits somewhere in a node is no reason to lose its name. */
    if (!answer && json_error_code(&e) == json_error_numeric_overflow)
        answer = json_loadb(text, n, flags | JSON_DECODE_INT_AS_REAL, &e);
    if (!answer) {
        snprintf(why, FL_ANSWER_WHY, "the answer is not JSON: byte %d: %.100s", e.position, e.text);
        return FL_ANSWER_BAD;
    }
    enum fl_answer r = fl_answer_json(row, answer, result, why);
    json_decref(answer);
    return r;
}

static char *problem(const struct fl_lookup *row, const char *what, const char *field)
{
    struct fl_buf b = {0};
    fl_buf_printf(&b, "lookup %s: %s%s%s; its fields are", row->name, what, field ? " " : "", field ? field : "");
    for (uint32_t i = 0; i < row->nfields; i++)
        fl_buf_printf(&b, "%s %s%s", i ? "," : "", row->fields[i].name, row->fields[i].optional ? "?" : "");
    fl_buf_putc(&b, 0);
    return b.p;
}

static const struct fl_lookup_field *field_named(const struct fl_lookup *row, const char *name)
{
    for (uint32_t i = 0; i < row->nfields; i++)
        if (strcmp(row->fields[i].name, name) == 0)
            return &row->fields[i];
    return NULL;
}

char *fl_answer_preset(const struct fl_lookup *row, const char *json, void **result)
{
    json_error_t e;
    const char *name, *missing = NULL;
    json_t *v = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e), *member;
    char *error = NULL;
    *result = NULL;
    if (!v)
        return problem(row, "the answer is not JSON:", e.text);
    if (!json_is_object(v) && !json_is_null(v))
        error = problem(row, "an answer is an object or null, not", kind_of(v));
    json_object_foreach(v, name, member) {
        const struct fl_lookup_field *f = field_named(row, name);
        struct take t = {.row = row, .field = f ? (uint32_t)(f - row->fields) : 0};
        if (!error && !f)
            error = problem(row, "unknown field", name);
        else if (!error && !json_is_null(member) && !found(&t, member, false))
            error = problem(row, "a value of another type is given for", name);
        free(t.leaf);
    }
    if (!error && json_is_object(v) && take(row, v, true, result, &missing) == FL_ANSWER_NULL)
        error = problem(row, "the answer lacks the required field", missing);
    json_decref(v);
    return error;
}
