/*
 * test_walk.c - runtime/json/walk.h gives what the general scanner gives: the same values, places and errors, whatever
 * the guesses are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/walk.h"
#include "tests/unit/padded.h"

static struct fl_arena arena;

static int tear_down(void **state)
{
    (void)state;
    padded_free();
    fl_arena_free(&arena);
    return 0;
}

/* ---- one value --------------------------------------------------------------------------------- */

/* What came of a value, by either way. */
struct outcome {
    int k; /* -1: not JSON */
    size_t behind;
    bool truncated, spaced;
    const char *error, *bad_field, *bad_what;
    size_t error_at;
    int64_t number;
    fl_str text;
    fl_ip ip;
};

enum what { PASS_TEXT, PASS_INT, STRING, PASSED_TEXT, PASSED_INT, INT, SCALED, IP, NWHAT };

static const char *walk(enum what what, struct fl_decoder *d, const char *p, unsigned site, struct outcome *o)
{
    o->k = 1;
    switch (what) {
    case PASS_TEXT:
        return fl_pass_text(d, p, site);
    case PASS_INT:
        return fl_pass_int(d, p, site);
    case STRING:
        return fl_take_string(d, p, site, &o->text, &o->k, "f");
    case PASSED_TEXT:
        return fl_take_passed_text(d, p, site, &o->text, &o->k, "f");
    case PASSED_INT:
        return fl_take_passed_int(d, p, site, &o->text, &o->k, "f");
    case INT:
        return fl_take_int(d, p, site, &o->number, &o->k, "f");
    case SCALED:
        return fl_take_scaled(d, p, site, &o->number, 1000000, &o->k, "f");
    default:
        return fl_take_ip(d, p, site, &o->ip, &o->k, "f");
    }
}

static int scan(enum what what, struct fl_decoder *d, struct outcome *o)
{
    fl_skip_space(d);
    switch (what) {
    case PASS_TEXT:
    case PASS_INT:
        return fl_skip_value(d) ? 1 : -1;
    case STRING:
        return fl_get_string(d, &o->text, "f");
    case PASSED_TEXT:
        return fl_get_passed_json(d, &o->text, "f");
    case PASSED_INT:
        return fl_get_passed_json(d, &o->text, "f");
    case INT:
        return fl_get_int(d, &o->number, "f");
    case SCALED:
        return fl_get_scaled(d, &o->number, 1000000, false, "f");
    default:
        return fl_get_ip(d, &o->ip, "f");
    }
}

static void note(struct outcome *o, const struct fl_decoder *d, const char *behind)
{
    o->behind = o->k < 0 ? 0 : (size_t)(behind - d->start);
    o->truncated = d->truncated;
    o->spaced = d->spaced;
    o->error = d->error;
    o->error_at = d->error ? (size_t)(d->error_at - d->start) : 0;
    o->bad_field = d->bad_field;
    o->bad_what = d->bad_what;
}

static void same_text(fl_str a, fl_str b)
{
    assert_int_equal(a.n, b.n);
    if (a.n)
        assert_memory_equal(a.p, b.p, a.n);
    assert_int_equal(a.kind, b.kind);
}

/* The value `text`, followed by `behind` as in an object, read both ways. */
static void compare(enum what what, const char *text, const char *behind, uint8_t guessed)
{
    char whole[512];
    struct fl_decoder d = {0};
    struct outcome a = {0}, b = {0};
    int n = snprintf(whole, sizeof whole, "%s%s", text, behind);
    char *copy = padded(whole, (size_t)n);

    fl_decoder_init(&d, copy, (size_t)n, &arena);
    a.k = scan(what, &d, &a);
    note(&a, &d, d.p);
    for (int turn = 0; turn < 2; turn++) { /* first with the given guess, then with the one it left */
        fl_decoder_init(&d, copy, (size_t)n, &arena);
        memset(&b, 0, sizeof b);
        if (turn == 0)
            d.guess[7] = guessed;
        const char *p = walk(what, &d, copy, 7 + FL_GUESSES, &b);
        b.k = p ? b.k : -1;
        note(&b, &d, p);
        if (a.k != b.k)
            print_error("value %s, %d: scanned %d, walked %d\n", whole, what, a.k, b.k);
        assert_int_equal(a.k, b.k);
        assert_int_equal(a.behind, b.behind);
        assert_int_equal(a.truncated, b.truncated);
        assert_int_equal(a.spaced, b.spaced);
        assert_ptr_equal(a.error, b.error);
        assert_int_equal(a.error_at, b.error_at);
        assert_ptr_equal(a.bad_field, b.bad_field);
        assert_ptr_equal(a.bad_what, b.bad_what);
        assert_int_equal(a.number, b.number);
        same_text(a.text, b.text);
        same_text(a.ip.text, b.ip.text);
        assert_int_equal(a.ip.family, b.ip.family);
        assert_true(a.ip.hi == b.ip.hi && a.ip.lo == b.ip.lo);
    }
}

static void values(void **state)
{
    static const char *const texts[] = {
        "0", "7", "00", "01", "10", "-1", "-0", "12345678", "123456789", "1234567890123456", "12345678901234567",
        "123456789012345678", "1234567890123456789", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551616", "100000000000000000000", "1.5", "1.", "1e3", "1E", "12345678.5",
        "12345678e1", "1234567890123456.5", "+1", "--1", "-", "", "x", "1x", "12345678x", "0x10",
        "\"\"", "\"a\"", "\"12\"", "\"0123456789abcde\"", "\"0123456789abcdef\"", "\"0123456789abcdef0123456789abcdef\"",
        "\"a\\n\"", "\"\\u00e4\"", "\"\\x\"", "\"\\ud800\"", "\"\xc3\xa4\"", "\"\xc3\"", "\"\xff\"", "\"tab\there\"",
        "\"open", "\"open\\", "\"10.0.0.1\"", "\"fe80::1\"", "\"10.0.0.256\"", "\"1\\u0030.0.0.1\"",
        "null", "nul", "true", "false", "truth", "{}", "[]", "{\"a\":[1,{}]}", "[1,", "{\"a\"}",
    };
    static const char *const before[] = {"", " ", "\n\t "};
    static const char *const behind[] = {"", ",\"next\":1}", "}", " }", " ,\"next\":1}", "]", "x", "\"", "0", ".5}", "e5}"};
    static const uint8_t guesses[] = {0, 1, 2, 3, 8, 255};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t j = 0; j < sizeof before / sizeof *before; j++)
            for (size_t k = 0; k < sizeof behind / sizeof *behind; k++) {
                char text[256];
                snprintf(text, sizeof text, "%s%s", before[j], texts[i]);
                for (unsigned what = 0; what < NWHAT; what++)
                    for (size_t g = 0; g < sizeof guesses / sizeof *guesses; g++)
                        compare((enum what)what, text, behind[k], guesses[g]);
                padded_free();
                fl_arena_reset(&arena);
            }
}

/* Every length up to beyond what a guess can be. */
static void lengths(void **state)
{
    char text[400];
    (void)state;
    for (unsigned n = 0; n < 300; n++) {
        text[0] = '"';
        memset(text + 1, 'x', n);
        strcpy(text + 1 + n, "\"");
        for (unsigned g = 0; g < 256; g += n < 20 ? 1 : 51) {
            compare(STRING, text, ",\"b\":1}", (uint8_t)g);
            compare(PASS_TEXT, text, "}", (uint8_t)g);
            memset(text + 1, '5', n);
            text[1 + n] = '\0';
            compare(PASS_INT, text + 1, "}", (uint8_t)g);
            compare(INT, text + 1, ",", (uint8_t)g);
            memset(text + 1, 'x', n);
            strcpy(text + 1 + n, "\"");
        }
        padded_free();
        fl_arena_reset(&arena);
    }
}

/* ---- keys --------------------------------------------------------------------------------------- */

#define LITERALS(X)                                                                                                      \
    X(",\"A\":") X(",\"ID\":") X(",\"xid\":") X(",\"UUID\":") X(",\"Network\":") X(",\"LayersPath\":")                   \
    X(",\"LastUpdateMetric\":") X(",\"RawPacketsCaptured\":") X(",\"abcdefghijklmnopqrstuvwxyz\":")                      \
    X(",\"abcdefghijklmnopqrstuvwxyzABCDEFGHIJ\":") X("{\"UUID\":")

static bool next_is(unsigned i, const char *p)
{
    unsigned n = 0;
#define ONE(lit)            \
    if (n++ == i)           \
        return FL_NEXT(p, lit);
    LITERALS(ONE)
#undef ONE
    return false;
}

static void keys(void **state)
{
#define TEXT(lit) lit,
    static const char *const lits[] = {LITERALS(TEXT)};
#undef TEXT
    (void)state;
    for (unsigned i = 0; i < sizeof lits / sizeof *lits; i++) {
        size_t n = strlen(lits[i]);
        char text[80];
        snprintf(text, sizeof text, "%s1", lits[i]);
        assert_true(next_is(i, padded(text, n + 1)));
        assert_true(next_is(i, padded(text, n)));
        for (size_t at = 0; at < n; at++) {
            assert_false(next_is(i, padded(text, at))); /* the data ends */
            text[at] ^= 1;
            assert_false(next_is(i, padded(text, n + 1)));
            text[at] ^= 1;
        }
    }
    /* Longer than the padding: never as expected. */
    assert_false(FL_NEXT(padded(",\"0123456789012345678901234567890123456789012345678901234567890\":", 66),
                         ",\"0123456789012345678901234567890123456789012345678901234567890\":"));
}

static void first_member(void **state)
{
    struct fl_decoder d = {0};
    (void)state;
    const char *p = padded("{\"a\":1}", 7);
    fl_decoder_init(&d, p, 7, &arena);
    assert_true(FL_FIRST(&d, p, "{\"a\":"));
    assert_int_equal(d.depth, 1);
    assert_ptr_equal(fl_pass_members(&d, p + 6), p + 7);
    assert_int_equal(d.depth, 0);
    assert_false(FL_FIRST(&d, p, "{\"b\":"));
    assert_int_equal(d.depth, 0);
    d.depth = FL_JSON_DEPTH;
    assert_false(FL_FIRST(&d, p, "{\"a\":"));
    assert_int_equal(d.depth, FL_JSON_DEPTH);
}

static void rest_of_an_object(void **state)
{
    static const struct { const char *text; int behind; } rows[] = {
        {"}", 1}, {" } ", 2}, {",\"a\":1}", 7}, {" , \"a\" : [ ] , \"b\":{}},", 22}, {"", -1}, {"]", -1}, {",}", -1},
        {",\"a\":1", -1}, {"\"a\":1}", -1}, {"{\"a\":1}", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fl_decoder d = {0};
        size_t n = strlen(rows[i].text);
        const char *p = padded(rows[i].text, n);
        fl_decoder_init(&d, p, n, &arena);
        d.depth = 1;
        const char *q = fl_pass_members(&d, p);
        assert_int_equal(q ? q - p : -1, rows[i].behind);
        assert_true((q == NULL) == (d.error != NULL));
    }
}

#define T(f) cmocka_unit_test_teardown(f, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {T(values), T(lengths), T(keys), T(first_member), T(rest_of_an_object)};
    fl_arena_init(&arena, 1 << 16);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
