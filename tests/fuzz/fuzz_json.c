/*
 * fuzz_json.c - fl_skip_value accepts exactly the documents that jansson accepts; compact and pretty text keep their
 * meaning.
 *
 * libFuzzer: clang -fsanitize=fuzzer,address,undefined -DFUZZER. Without -DFUZZER a main of its own changes the
 * given files at random: fuzz_json ITERATIONS FILE...; each line of a file is a seed. Exit status 1 and the document
 * when they differ.
 *
 * Known differences, which are left out: jansson can't hold numbers beyond double, lone surrogates and NUL in keys,
 * allows deeper nesting, and passes over a NUL byte behind a number.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/pretty.h"
#include "json/scan.h"
#include "mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void differ(const char *what, const char *data, size_t n)
{
    fprintf(stderr, "%s: %zu bytes: ", what, n);
    fwrite(data, 1, n, stderr);
    fputc('\n', stderr);
    abort();
}

static json_t *load(const char *data, size_t n, json_error_t *e)
{
    return json_loadb(data, n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, e);
}

/* Does jansson refuse what is JSON for us? */
static bool only_jansson(const json_error_t *e)
{
    enum json_error_code code = json_error_code(e);
    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
           strstr(e->text, "invalid Unicode '");
}

static bool accepts(const char *data, size_t n, struct fl_decoder *d)
{
    fl_decoder_init(d, data, n, NULL);
    fl_skip_space(d);
    return fl_skip_value(d) && !fl_skip_space(d);
}

/* The white space may change, nothing else. */
static void check_texts(const char *data, size_t n, json_t *whole)
{
    struct fl_buf compact = {0}, pretty = {0}, again = {0};
    json_error_t e;
    if (!fl_json_compact(&compact, data, n))
        differ("compact refuses", data, n);
    memset(fl_buf_room(&compact, FL_PAD), 0, FL_PAD);
    fl_json_pretty(&pretty, compact.p, compact.n, 0);
    memset(fl_buf_room(&pretty, FL_PAD), 0, FL_PAD);
    if (!fl_json_compact(&again, pretty.p, pretty.n) || again.n != compact.n || memcmp(again.p, compact.p, again.n))
        differ("pretty isn't the same", data, n);
    json_t *back = load(pretty.p, pretty.n, &e);
    if (whole && !json_equal(whole, back))
        differ("pretty means something else", data, n);
    json_decref(back);
    fl_buf_free(&compact);
    fl_buf_free(&pretty);
    fl_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *data = calloc(1, n + FL_PAD); /* exactly: sanitizers see any read beyond */
    if (!data)
        abort();
    if (n)
        memcpy(data, bytes, n);
    struct fl_decoder d;
    json_error_t e;
    bool ours = accepts(data, n, &d);
    if (n && memchr(data, 0, n)) {
        if (ours)
            differ("a NUL byte is taken", data, n);
        free(data);
        return 0;
    }
    json_t *theirs = load(data, n, &e);
    if (ours && !theirs && !only_jansson(&e))
        differ(e.text, data, n);
    if (!ours && theirs && strcmp(d.error ? d.error : "", "too many nested objects and arrays"))
        differ(d.error ? d.error : "more behind the value", data, n);
    if (ours)
        check_texts(data, n, theirs);
    if (!ours && d.truncated && d.error_at != d.end)
        differ("truncated before the end", data, n);
    json_decref(theirs);
    free(data);
    return 0;
}

#ifndef FUZZER

struct seeds {
    char **line;
    size_t *n;
    size_t count;
};

static void read_seeds(struct seeds *s, const char *file)
{
    FILE *f = fopen(file, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    if (!f) {
        perror(file);
        exit(2);
    }
    while ((n = getline(&line, &cap, f)) > 0) {
        s->line = realloc(s->line, (s->count + 1) * sizeof *s->line);
        s->n = realloc(s->n, (s->count + 1) * sizeof *s->n);
        s->line[s->count] = line;
        s->n[s->count++] = (size_t)n;
        line = NULL;
        cap = 0;
    }
    free(line);
    fclose(f);
}

/* A piece of a seed, changed in a few places. */
static size_t mutate(const struct seeds *s, char *out, size_t room)
{
    size_t pick = below(s->count), from = below(2) ? 0 : below(s->n[pick]), n = s->n[pick] - from;
    if (below(2))
        n = below(n + 1);
    if (n > room / 2)
        n = room / 2;
    memcpy(out, s->line[pick] + from, n);
    return change(out, n);
}

int main(int argc, char **argv)
{
    struct seeds s = {0};
    static char out[1 << 14];
    if (argc < 3) {
        fprintf(stderr, "usage: %s ITERATIONS FILE...\n", argv[0]);
        return 2;
    }
    for (int i = 2; i < argc; i++)
        read_seeds(&s, argv[i]);
    long n = atol(argv[1]);
    for (size_t i = 0; i < s.count; i++)
        LLVMFuzzerTestOneInput((const uint8_t *)s.line[i], s.n[i]);
    for (long i = 0; i < n && s.count; i++)
        LLVMFuzzerTestOneInput((const uint8_t *)out, mutate(&s, out, sizeof out));
    for (size_t i = 0; i < s.count; i++)
        free(s.line[i]);
    free(s.line);
    free(s.n);
    printf("%ld documents: no difference\n", n);
    return 0;
}

#endif
