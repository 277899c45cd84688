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
    struct take *record; /* what was found in it, or NULL */
};

/* What an object gives. */
struct take {
    const struct fl_lookup *row;
    bool by_name;   /* tests: fields are members by their names */
    struct leaf *leaf;
    uint32_t n, cap;
    uint32_t field; /* that is being looked for */
    bool *there;    /* by field */
    const char *missing; /* a required field that is not there, or NULL */
    size_t room;    /* bytes of lists and texts, those of records in lists too */
};

/* ---- finding values ------------------------------------------------------------------------------- */

static bool is_text(enum fl_value_type type)
{
    return type == FL_T_STRING || type == FL_T_IP;
}

static size_t size_of(const struct fl_lookup_field *f)
{
    switch (f->type) {
    case FL_T_RECORD: return f->of->size;
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
    case FL_T_RECORD: return json_is_object(v);
    default: return false; /* classes and enums aren't in answers */
    }
}

static size_t round16(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

static struct take *take(const struct fl_lookup *row, const json_t *object, bool by_name, bool inner);

static void given_back(struct take *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->leaf[i].record)
            given_back(t->leaf[i].record);
    free(t->there);
    free(t->leaf);
    free(t);
}

static void keep(struct take *t, const json_t *v)
{
    const struct fl_lookup_field *f = &t->row->fields[t->field];
    struct take *record = NULL;
    if (!fits(f->type, v))
        return;
    if (f->type == FL_T_RECORD) {
        record = take(f->of, v, t->by_name, true);
        if (record->missing) {
            given_back(record);
            return;
        }
        t->room += record->room;
    }
    fl_grow(t->leaf, t->n, t->cap);
    t->room += round16(size_of(f)) + (is_text(f->type) ? json_string_length(v) : 0);
    t->leaf[t->n++] = (struct leaf){t->field, v, record};
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

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool walk(struct take *t, const json_t *v, const char *path, bool spread);

/* `[Name="text"]`: on in the first object of the list whose member is so and where the path leads to something, `[-Name="text"]` in the last. */
static bool walk_selected(struct take *t, const json_t *list, const char *path, bool spread)
{
    const bool last = path[1] == '-';
    const char *name = path + 1 + last, *text = strchr(name, '"') + 1;
    const size_t n = (size_t)(text - name) - 2, len = strcspn(text, "\""), size = json_array_size(list);
    for (size_t i = 0; i < size; i++) {
        const json_t *one = json_array_get(list, last ? size - 1 - i : i), *v = json_object_getn(one, name, n);
        if (json_is_string(v) && json_string_length(v) == len && memcmp(json_string_value(v), text, len) == 0 &&
            walk(t, one, text + len + 2, spread))
            return true;
    }
    return false;
}

static bool walk(struct take *t, const json_t *v, const char *path, bool spread)
{
    if (*path == '.')
        path++;
    if (!*path || *path == '|')
        return found(t, v, spread);
    if (*path == '[' && (is_name(path[1]) || is_name(path[2])))
        return walk_selected(t, v, path, spread);
    if (*path == '[') {
        char *end;
        long i = strtol(path + 1, &end, 10);
        if (i < 0)
            i += (long)json_array_size(v);
        const json_t *element = i < 0 ? NULL : json_array_get(v, (size_t)i); /* NULL: no array, or too short */
        return element && *end == ']' && walk(t, element, end + 1, spread);
    }
    if (json_is_array(v)) {
        bool any = false;
        for (size_t i = 0; i < json_array_size(v); i++)
            if (json_is_object(json_array_get(v, i)) && walk(t, json_array_get(v, i), path, true))
                any = true;
        return any;
    }
    size_t n = strcspn(path, ".[|");
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

/* What is behind the structs: lists, then texts. */
struct behind {
    char *list, *text;
};

static void fill(const struct take *t, char *at, struct behind *b);

/* The next element, which is leaf number n. */
static void put_element(const struct take *t, uint32_t n, char *at, struct behind *b)
{
    if (t->leaf[n].record)
        fill(t->leaf[n].record, at, b);
    else
        put(t->row->fields[t->leaf[n].field].type, t->leaf[n].value, at, &b->text);
}

static void fill(const struct take *t, char *at, struct behind *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->row->nfields; i++) {
        const struct fl_lookup_field *f = &t->row->fields[i];
        if (f->optional)
            *(bool *)(at + f->has_offset) = t->there[i];
        if (f->shape == FL_LIST_OF) {
            uint32_t first = n;
            while (n < t->n && t->leaf[n].field == i)
                n++;
            char *list = b->list;
            b->list += round16(size_of(f) * (n - first)); /* before its elements', if these have lists */
            *(struct fl_list *)(void *)(at + f->offset) = (struct fl_list){list, n - first};
            for (uint32_t k = first; k < n; k++)
                put_element(t, k, list + size_of(f) * (k - first), b);
        } else if (t->there[i]) {
            put_element(t, n++, at + f->offset, b);
        }
    }
}

static size_t texts_of(const struct take *t)
{
    size_t n = 0;
    for (uint32_t i = 0; i < t->n; i++)
        n += t->leaf[i].record ? texts_of(t->leaf[i].record)
            : is_text(t->row->fields[t->leaf[i].field].type) ? json_string_length(t->leaf[i].value) : 0;
    return n;
}

static void *filled(const struct take *t)
{
    size_t head = round16(t->row->size), texts = texts_of(t);
    char *block = fl_alloc_zero(head + t->room + FL_PAD);
    struct behind b = {block + head, block + head + t->room - texts};
    fill(t, block, &b);
    return block;
}

/* What the first of the paths leads to that leads to something. */
static bool walk_any(struct take *t, const json_t *object, const char *paths)
{
    bool there = walk(t, object, paths, false);
    while (!there && (paths = strchr(paths, '|')))
        there = walk(t, object, ++paths, false);
    return there;
}

/* All fields from one object. `inner`: paths are its keys as they are. */
static struct take *take(const struct fl_lookup *row, const json_t *object, bool by_name, bool inner)
{
    struct take *t = fl_new(struct take);
    *t = (struct take){.row = row, .by_name = by_name, .there = fl_new_array(bool, row->nfields + 1)};
    for (t->field = 0; !t->missing && t->field < row->nfields; t->field++) {
        const struct fl_lookup_field *f = &row->fields[t->field];
        bool plain = by_name || inner;
        const json_t *named = plain ? json_object_get(object, by_name ? f->name : f->path) : NULL;
        t->there[t->field] = plain ? named && found(t, named, false) : walk_any(t, object, f->path);
        if (!t->there[t->field] && !f->optional)
            t->missing = f->name;
    }
    return t;
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
    bool there = true;
    struct take t = {.row = row, .there = &there};
    keep(&t, json_is_string(v) ? v : empty);
    void *block = filled(&t);
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
    struct take *t = take(row, node, false, false);
    if (!t->missing)
        *result = filled(t);
    given_back(t);
    return *result ? FL_ANSWER_RESULT : FL_ANSWER_NULL;
}

static json_t *parsed(const char *text, size_t n, char *why)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t e;
    json_t *answer = json_loadb(text, n, flags, &e);
    /* One number over 64 bits somewhere in a node is no reason to lose its name. */
    if (!answer && json_error_code(&e) == json_error_numeric_overflow)
        answer = json_loadb(text, n, flags | JSON_DECODE_INT_AS_REAL, &e);
    if (!answer)
        snprintf(why, FL_ANSWER_WHY, "the answer is not JSON: byte %d: %.100s", e.position, e.text);
    return answer;
}

enum fl_answer fl_answer_text(const struct fl_lookup *row, const char *text, size_t n, void **result, char *why)
{
    *result = NULL;
    json_t *answer = parsed(text, n, why);
    if (!answer)
        return FL_ANSWER_BAD;
    enum fl_answer r = fl_answer_json(row, answer, result, why);
    json_decref(answer);
    return r;
}

/* ---- all rows of an answer ------------------------------------------------------------------------------- */

struct rows {
    const struct fl_lookup *row;
    void (*each)(void *arg, const void *result);
    void *arg;
    uint64_t *skipped;
    bool by_name;
};

/* Of what is neither a node nor a list of nodes nothing is taken. */
static void give_rows(const struct rows *r, const json_t *v)
{
    for (size_t i = 0; i < json_array_size(v); i++)
        give_rows(r, json_array_get(v, i));
    if (!json_is_object(v))
        return;
    struct take *t = take(r->row, v, r->by_name, r->by_name);
    void *result = t->missing ? NULL : filled(t);
    if (result)
        r->each(r->arg, result);
    else
        ++*r->skipped;
    free(result);
    given_back(t);
}

bool fl_answer_rows_json(const struct fl_lookup *row, const json_t *answer, void (*each)(void *arg, const void *result), void *arg,
                         uint64_t *skipped, char *why)
{
    struct rows r = {row, each, arg, skipped, false};
    bool ok = json_is_array(answer) || json_is_null(answer);
    if (ok)
        give_rows(&r, answer);
    else
        snprintf(why, FL_ANSWER_WHY, "the answer is %s, expected a list", kind_of(answer));
    return ok;
}

bool fl_answer_rows(const struct fl_lookup *row, const char *text, size_t n, void (*each)(void *arg, const void *result), void *arg,
                    uint64_t *skipped, char *why)
{
    json_t *answer = parsed(text, n, why);
    bool ok = answer && fl_answer_rows_json(row, answer, each, arg, skipped, why);
    json_decref(answer);
    return ok;
}

char *fl_answer_rows_preset(const struct fl_lookup *row, const char *json, void (*each)(void *arg, const void *result), void *arg)
{
    json_error_t e;
    uint64_t skipped = 0;
    json_t *list = json_loads(json, JSON_ALLOW_NUL, &e);
    if (!list)
        return fl_said("table %s: the rows are not JSON: %s", row->name, e.text);
    struct rows r = {row, each, arg, &skipped, true};
    give_rows(&r, list);
    json_decref(list);
    return skipped ? fl_said("table %s: a row lacks a required value, or has one of another type", row->name) : NULL;
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
    const char *name;
    json_t *v = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e), *member;
    char *error = NULL;
    *result = NULL;
    if (!v)
        return problem(row, "the answer is not JSON:", e.text);
    if (!json_is_object(v) && !json_is_null(v))
        error = problem(row, "an answer is an object or null, not", kind_of(v));
    json_object_foreach(v, name, member) {
        const struct fl_lookup_field *f = field_named(row, name);
        struct take *t = take(row, NULL, true, true);
        t->field = f ? (uint32_t)(f - row->fields) : 0;
        if (!error && !f)
            error = problem(row, "unknown field", name);
        else if (!error && !json_is_null(member) && !found(t, member, false))
            error = problem(row, "a value of another type is given for", name);
        given_back(t);
    }
    struct take *t = !error && json_is_object(v) ? take(row, v, true, true) : NULL;
    if (t && t->missing)
        error = problem(row, "the answer lacks the required field", t->missing);
    else if (t)
        *result = filled(t);
    if (t)
        given_back(t);
    json_decref(v);
    return error;
}
