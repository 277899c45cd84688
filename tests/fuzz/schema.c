/*
 * schema.c - what a generated decoder makes of any document is what jansson makes of it: fuzz_flat, fuzz_nested RUNS SEED.
 *
 * Links a pipeline (flat.flow, nested.flow) whose output keys say what each value is: `Link.A:string?` is the text at A in
 * the object Link of the input, and may be missing; what follows after a blank tells two of them apart. Documents are made
 * from these keys, most of them valid, with values missing, null, repeated, unknown, out of order or of another type, and
 * then some bytes are changed. One decoder takes them all, as in a program: what it has guessed from one is wrong for the
 * next. Exit status 1 and the document when they differ.
 *
 * A value of type `json` is only passed on: it may be anything.
 *
 * Left out is what jansson can't hold: numbers beyond 64 bits and double, lone surrogates, NUL in keys. Of a repeated
 * member the last one counts for both.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "flowrt.h"
#include "mutate.h"

#define VALUES 32
#define STEPS 8
#define ROOM 8192

/* One key of the output. */
struct value {
    const char *key;
    char *path[STEPS], type;
    unsigned steps;
    bool optional;
};

static struct value values[VALUES];
static unsigned nvalues;
static unsigned long came[3]; /* by what decode() returns */

static void differ(const char *what, const char *text, size_t n)
{
    fprintf(stderr, "%s: %zu bytes: ", what, n);
    fwrite(text, 1, n, stderr);
    fputc('\n', stderr);
    exit(1);
}

/* The keys are the columns that csv has. */
static void read_keys(void)
{
    const struct fl_output_of *of = &fl_pipeline.outputs[0];
    for (; nvalues < of->ncolumns; nvalues++) {
        struct value *v = &values[nvalues];
        const fl_str key = of->columns[nvalues];
        char *path = strndup(key.p, key.n), *type = strchr(path, ':');
        if (!type || nvalues == VALUES)
            differ("a key without a type", key.p, key.n);
        *type++ = '\0';
        v->key = key.p;
        v->type = *type;
        v->optional = strchr(type, '?') != NULL;
        while (path && v->steps < STEPS)
            v->path[v->steps++] = strsep(&path, ".");
    }
}

/* ---- documents ---------------------------------------------------------------------------------------------------- */

static size_t put(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n);
    return n;
}

static const char *one_of(const char *const *texts, size_t n)
{
    return texts[below(n)];
}

#define ONE_OF(...) one_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static const char *scalar(char type)
{
    switch (type) {
    case 's':
        return ONE_OF("\"\"", "\"10.0.0.1\"", "\"10.0.0.12\"", "\"eth0\"", "\"00000000-0000-4000-8000-0000000000aa\"", "\"\\u00e9\\n\"",
                      "\"\xc3\xa9\"", "\"\\ud83d\\ude00\"", "\"a\\\\\\\"b\"", "\"\\u0000\"", "\"sixteen bytes.. and more\"");
    case 'i':
        return ONE_OF("0", "-0", "7", "80", "65535", "-12", "1795424639985", "9223372036854775807", "-9223372036854775808",
                      "12345678", "123456789");
    case 'b':
        return ONE_OF("true", "false");
    case 'j':
        return ONE_OF("0", "-12", "1e2", "1.0", "true", "\"\"", "\"10.0.0.1\"", "\"\\u00e9\\n\"", "[]", "[1,\"a\",null]", "{\"A\":null,\"deep\":[[{\"x\":1}]]}");
    default:
        return ONE_OF("0", "-1", "0.5", "1e-7", "123456.789", "-0.0", "1E+9", "9007199254740993", "2.2250738585072014e-308", "17");
    }
}

static const char *anything(void)
{
    return ONE_OF("null", "true", "0", "-1", "1.5", "1.0", "1e2", "\"\"", "\"text\"", "[]", "[1,\"a\",null]", "{}", "{\"A\":null,\"deep\":[[{\"x\":1}]]}",
                  "9223372036854775808", "01", "+1", ".5", "1.", "nul", "[1,]", "{\"a\"}", "\"\\x\"", "\"\t\"", "1e400");
}

static size_t gap(char *to)
{
    return below(40) ? 0 : put(to, ONE_OF(" ", "\n", "\t", "\r\n", "    ", "                 "));
}

static size_t put_key(char *to, const char *key)
{
    char *text = NULL;
    if (asprintf(&text, "%s\"%s%s\":", to[-1] == '{' ? "" : ",", key, strchr(key, '\\') ? "\\" : "") < 0)
        abort();
    size_t n = gap(to);
    n += put(to + n, text);
    free(text);
    return n + gap(to + n);
}

/* An object with the values whose paths begin with the first `depth` steps of values[first], `wrong` in so many thousands. */
static size_t put_object(char *to, unsigned first, unsigned depth, size_t wrong)
{
    char *begin = to;
    *to++ = '{';
    for (unsigned i = first, k; i < nvalues; i++) {
        const struct value *v = &values[i];
        for (k = 0; k < depth && k < v->steps && strcmp(v->path[k], values[first].path[k]) == 0; k++)
            continue;
        if (k < depth || v->steps <= depth)
            continue;
        bool again = false; /* the object, or the value, stands there already */
        for (unsigned e = first; e < i && !again; e++) {
            for (k = 0; k <= depth && k < values[e].steps && strcmp(values[e].path[k], v->path[k]) == 0; k++)
                continue;
            again = k > depth;
        }
        if ((again && below(50)) || (v->optional && v->steps == depth + 1 ? below(4) == 0 : below(1000) < wrong / 2))
            continue;
        if (below(60) == 0) {
            to += put_key(to, ONE_OF("unknown", "ID", "Tags", "Labels", "unread", ""));
            to += put(to, ONE_OF("7", "\"text\"", "[\"a\",\"b\"]", "{\"k\":\"v\",\"l\":[{}]}", "null"));
        }
        to += put_key(to, v->path[depth]);
        if (below(1000) < wrong)
            to += put(to, anything());
        else if (v->optional && v->steps == depth + 1 && below(20) == 0)
            to += put(to, "null");
        else if (v->steps > depth + 1)
            to += put_object(to, i, depth + 1, wrong);
        else
            to += put(to, scalar(v->type));
        to += gap(to);
    }
    *to++ = '}';
    return (size_t)(to - begin);
}

/* ---- what is expected --------------------------------------------------------------------------------------------- */

static json_t *load(const char *text, size_t n, size_t flags, json_error_t *e)
{
    return json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL | flags, e);
}

static bool only_jansson(const json_error_t *e)
{
    enum json_error_code code = json_error_code(e);
    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key || strstr(e->text, "invalid Unicode '");
}

static bool has_type(const json_t *j, char type)
{
    return type == 'j' ? true : type == 's' ? json_is_string(j) : type == 'i' ? json_is_integer(j) : type == 'b' ? json_is_boolean(j) : json_is_number(j);
}

/* NULL when it is missing; *bad when it may not be, or not what it is. */
static json_t *find(json_t *at, const struct value *v, bool *bad)
{
    for (unsigned i = 0; i < v->steps; i++) {
        at = json_object_get(at, v->path[i]);
        bool last = i + 1 == v->steps;
        if (!at || json_is_null(at)) {
            *bad = *bad || (last && !v->optional);
            return NULL;
        }
        if (last ? !has_type(at, v->type) : !json_is_object(at)) {
            *bad = true;
            return NULL;
        }
    }
    return at;
}

static bool equal(const json_t *a, const json_t *b, char type)
{
    return type == 'f' && json_is_number(b) ? json_number_value(a) == json_number_value(b) : json_equal(a, b);
}

static void compare(json_t *whole, const char *text, size_t n, struct fl_rec *r, struct fl_cx *cx)
{
    struct fl_buf out = {0};
    json_error_t e;
    fl_pipeline.outputs[0].json(cx, r, &out);
    json_t *got = load(out.p, out.n, JSON_REJECT_DUPLICATES, &e);
    size_t found = 0;
    bool bad = false;
    if (!got && only_jansson(&e)) { /* a float as a whole number beyond 64 bits */
        fl_buf_free(&out);
        return;
    }
    if (!got)
        differ("the output isn't JSON", text, n);
    for (unsigned i = 0; i < nvalues; i++) {
        json_t *want = find(whole, &values[i], &bad), *have = json_object_get(got, values[i].key);
        found += want != NULL;
        if (!want != !have || (want && !equal(want, have, values[i].type)))
            differ(values[i].key, text, n);
    }
    if (json_object_size(got) != found)
        differ("more comes out", text, n);
    json_decref(got);
    fl_buf_free(&out);
}

/* ---- one document ------------------------------------------------------------------------------------------------- */

/* 0: not JSON, or more behind it; 1: another type, or something is missing; 2: decoded. */
static int decode(struct fl_decoder *d, const char *data, size_t n, struct fl_rec *r, struct fl_arena *scratch)
{
    fl_decoder_init(d, data, n, scratch);
    d->bad_field = NULL;
    fl_skip_space(d);
    if (!fl_pipeline.decode(d, r) || fl_skip_space(d))
        return 0;
    return d->bad_field ? 1 : 2;
}

static void try(struct fl_decoder *d, struct fl_cx *cx, const char *text, size_t n)
{
    char *data = calloc(1, n + FL_PAD); /* exactly: sanitizers see any read beyond */
    struct fl_rec *r = fl_arena_zero(cx->scratch, fl_pipeline.record_size);
    struct fl_batch batch = {&r, 1, 1};
    json_error_t e;
    memcpy(data, text, n);
    int ours = decode(d, data, n, r, cx->scratch);
    came[ours]++;
    json_t *whole = load(data, n, 0, &e);
    bool bad = false;
    if (memchr(data, 0, n)) {
        if (ours)
            differ("a NUL byte is taken", text, n);
    } else if (!whole) {
        if (ours && !only_jansson(&e))
            differ(e.text, text, n);
    } else if (ours == 0) {
        differ(d->error ? d->error : "more behind the document", text, n);
    } else {
        for (unsigned i = 0; i < nvalues && json_is_object(whole); i++)
            find(whole, &values[i], &bad);
        bad = bad || !json_is_object(whole);
        if (bad != (ours == 1))
            differ(bad ? "malformed, but taken" : d->bad_what, text, n);
        if (!bad) {
            fl_pipeline.run(cx, &batch);
            compare(whole, text, n, r, cx);
        }
    }
    json_decref(whole);
    fl_arena_reset(cx->scratch);
    free(data);
}

int main(int argc, char **argv)
{
    static struct fl_decoder d;
    static char text[ROOM];
    struct fl_arena scratch;
    uint64_t dropped[1] = {0};
    fl_arena_init(&scratch, (size_t)256 << 10);
    struct fl_cx cx = {.scratch = &scratch, .dropped = dropped};
    unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
    random_state ^= argc > 2 ? strtoul(argv[2], NULL, 10) * 0x9e3779b97f4a7c15 : 0;
    read_keys();
    for (unsigned long i = 0; i < runs; i++) {
        bool wrong = below(2);
        size_t n = put_object(text, 0, 0, wrong ? 20 : 0);
        try(&d, &cx, text, wrong && below(2) ? change(text, n) : n);
    }
    fl_arena_free(&scratch);
    printf("%lu documents, %lu of them malformed, %lu not JSON: no difference\n", runs, came[1], came[0]);
    return 0;
}
