/*
 * fuzz_answer.c - any bytes as an analyzer's answer: no crash, no read outside, and results that hold together.
 *
 * With libFuzzer:  clang -DFL_LIBFUZZER -fsanitize=fuzzer,address,undefined ...
 * Alone:           fuzz_answer [runs [seed]] mutates answers of its own; fuzz_answer FILE... runs these.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookups/answer.h"

struct result {
    bool has[12];
    fl_str s, deep;
    struct fl_list texts, cidrs, ints, addrs;
    bool b;
    int64_t i, t;
    double f;
    fl_ip ip;
    fl_cidr c;
};

#define AT(f) offsetof(struct result, f)
#define HAS(k) (AT(has) + (k) * sizeof(bool))

static const struct fl_lookup_field fields[] = {
    {"S", "Metadata.Name", FL_T_STRING, FL_ONE, true, AT(s), HAS(0)},
    {"Deep", "Metadata.L[1][0].K.Name", FL_T_STRING, FL_ONE, true, AT(deep), HAS(1)},
    {"Texts", "Metadata.L.K.Name", FL_T_STRING, FL_LIST_OF, true, AT(texts), HAS(2)},
    {"Cidrs", "Metadata.IPV4", FL_T_CIDR, FL_LIST_OF, true, AT(cidrs), HAS(3)},
    {"Ints", "Metadata.Ports", FL_T_INT, FL_LIST_OF, true, AT(ints), HAS(4)},
    {"Addrs", "Metadata.Addrs", FL_T_IP, FL_LIST_OF, true, AT(addrs), HAS(5)},
    {"B", "Metadata.Up", FL_T_BOOL, FL_ONE, true, AT(b), HAS(6)},
    {"I", "Metadata.MTU", FL_T_INT, FL_ONE, true, AT(i), HAS(7)},
    {"T", "CreatedAt", FL_T_TIME, FL_ONE, true, AT(t), HAS(8)},
    {"F", "Metadata.Rate", FL_T_FLOAT, FL_ONE, true, AT(f), HAS(9)},
    {"IP", "Metadata.Addr", FL_T_IP, FL_ONE, true, AT(ip), HAS(10)},
    {"C", "Metadata.Net", FL_T_CIDR, FL_ONE, true, AT(c), HAS(11)},
};
static const struct fl_lookup_field strict_field = {"S", "Metadata.Name", FL_T_STRING, FL_ONE, false, AT(s), 0};
static const struct fl_lookup_field first_field = {"V", "", FL_T_STRING, FL_ONE, false, 0, 0};
static const struct fl_lookup rows[] = {
    {"all", "gremlin", 1, 1, 1, sizeof(struct result), fields, 12, false},
    {"strict", "gremlin", 1, 1, 1, sizeof(struct result), &strict_field, 1, false},
    {"first", "gremlin", 1, 1, 1, sizeof(fl_str), &first_field, 1, true},
};

static volatile unsigned sum;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_answer: %s\n", what);
    abort();
}

static void touch(fl_str s)
{
    for (uint32_t i = 0; s.p && i < s.n + FL_PAD; i++)
        sum += (unsigned char)s.p[i];
    for (uint32_t i = 0; s.kind == FL_CLEAN && i < s.n; i++)
        must((unsigned char)s.p[i] >= 0x20 && s.p[i] != '"' && s.p[i] != '\\', "a clean text needs escapes");
}

/* `optional`: of the row whose fields all have a `has`. */
static void touch_all(const struct result *r, bool optional)
{
    touch(r->s);
    touch(r->deep);
    touch(r->ip.text);
    for (uint32_t i = 0; i < r->texts.n; i++)
        touch(((const fl_str *)r->texts.v)[i]);
    for (uint32_t i = 0; i < r->addrs.n; i++)
        touch(((const fl_ip *)r->addrs.v)[i].text);
    for (uint32_t i = 0; i < r->ints.n; i++)
        sum += (unsigned)((const int64_t *)r->ints.v)[i];
    for (uint32_t i = 0; i < r->cidrs.n; i++) {
        const fl_cidr *c = &((const fl_cidr *)r->cidrs.v)[i];
        must((c->family == 4 && c->bits <= 32) || (c->family == 6 && c->bits <= 128), "a prefix that can't be");
    }
    must(!optional || r->has[0] || !r->s.p, "a value that isn't there");
    must(r->has[3] || !r->cidrs.n, "a list that isn't there");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char why[FL_ANSWER_WHY];
    void *r;
    for (size_t i = 0; i < 3; i++) {
        why[0] = 0;
        enum fl_answer kind = fl_answer_text(&rows[i], (const char *)data, n, &r, why);
        must((kind == FL_ANSWER_RESULT) == (r != NULL), "a result where there is none, or the reverse");
        must((kind == FL_ANSWER_BAD) == (why[0] != 0), "no reason is given");
        if (r && i < 2)
            touch_all(r, i == 0);
        else if (r)
            touch(*(fl_str *)r);
        free(r);
    }
    char *text = strndup((const char *)data, n);
    char *error = fl_answer_preset(&rows[0], text, &r);
    must(!error || !r, "a result and an error");
    if (r)
        touch_all(r, true);
    free(r);
    free(error);
    free(text);
    return 0;
}

#ifndef FL_LIBFUZZER

static const char *const seeds[] = {
    "[{\"ID\":\"1\",\"Host\":\"h\",\"CreatedAt\":1795424639985,\"Metadata\":"
    "{\"Name\":\"n\\u00e9\\\"\",\"IPV4\":[\"10.0.0.1/24\",\"::1/64\"],"
    "\"L\":[{\"K\":{\"Name\":\"a\"}},[{\"K\":{\"Name\":\"b\"}}]],\"Ports\":[1,2.0,1e3],"
    "\"Addrs\":[\"1.2.3.4\",\"x\"],\"Up\":true,"
    "\"MTU\":1500,\"Rate\":0.5,\"Addr\":\"::1\",\"Net\":\"10.0.0.0\"}}]",
    "[[{\"ID\":\"1\",\"Metadata\":{\"Name\":\"p\"}},{\"ID\":\"2\"}],[]]",
    "[\"lab\",\"x\"]",
    "null",
    "{\"S\":\"x\",\"Texts\":[\"a\",\"b\"],\"Cidrs\":[\"10.0.0.0/8\"],\"B\":false,"
    "\"I\":3,\"F\":1,\"IP\":\"1.1.1.1\",\"C\":\"::/0\"}",
};

static uint64_t state = 1;

static uint32_t pick(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return n ? (uint32_t)(state >> 33) % n : 0;
}

/* Into exactly `n` bytes of the heap, so that a read behind them is seen. */
static void run(const char *text, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    must(exact != NULL, "out of memory");
    memcpy(exact, text, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

static void mutate(void)
{
    static const char tokens[] = "[]{},:\"\\0123456789.eE+-/nulltruefalse\xff\xc3\x80 ";
    char text[2048];
    const char *seed = seeds[pick(sizeof seeds / sizeof *seeds)];
    size_t n = strlen(seed);
    memcpy(text, seed, n);
    for (uint32_t k = pick(6); k > 0 && n > 0; k--) {
        size_t at = pick((uint32_t)n), len = pick(12) + 1;
        switch (pick(4)) {
        case 0: text[at] = tokens[pick(sizeof tokens)]; break;
        case 1: text[at] = (char)pick(256); break;
        case 2: /* cut */
            len = len < n - at ? len : n - at;
            memmove(text + at, text + at + len, n - at - len);
            n -= len;
            break;
        default: /* double */
            len = len < n - at ? len : n - at;
            if (n + len <= sizeof text) {
                memmove(text + at + len, text + at, n - at);
                n += len;
            }
        }
    }
    run(text, n);
}

int main(int argc, char **argv)
{
    char *end = NULL;
    unsigned long runs = argc > 1 ? strtoul(argv[1], &end, 10) : 20000;
    if (end && *end) {
        for (int i = 1; i < argc; i++) {
            char text[65536];
            FILE *f = fopen(argv[i], "rb");
            if (!f) {
                perror(argv[i]);
                return 1;
            }
            run(text, fread(text, 1, sizeof text, f));
            fclose(f);
        }
        return 0;
    }
    state = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
        run(seeds[i], strlen(seeds[i]));
    while (runs-- > 0)
        mutate();
    return 0;
}

#endif
