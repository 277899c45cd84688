/*
 * test_scan.c - runtime/json/scan.c, get.c: what is JSON, what getters take, and where errors are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/get.h"
#include "tests/unit/padded.h"

static struct fl_arena arena;

static struct fl_decoder decoder(const char *text, size_t n)
{
    struct fl_decoder d;
    fl_decoder_init(&d, padded(text, n), n, &arena);
    return d;
}

#define DECODER(text) decoder((text), strlen(text))

static int tear_down(void **state)
{
    (void)state;
    padded_free();
    fl_arena_free(&arena);
    return 0;
}

/* ---- what is JSON ---------------------------------------------------------------------------- */

static bool whole(struct fl_decoder *d)
{
    fl_skip_space(d);
    return fl_skip_value(d) && !fl_skip_space(d);
}

static void valid(void **state)
{
    static const char *const texts[] = {
        "0", "-0", "10", "-1.5", "1e5", "1E+5", "1.25e-300", "12345678901234567890123", "0.1", "true", "false",
        "null", "\"\"",
        "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00Ff\"", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\udc00x\"",
        "\"\x7f\"", "\"\xc3\xa4\"",
        "\"\xe2\x82\xac\"", "\"\xf0\x9f\x98\x80\"", "\"\xed\x9f\xbf\xee\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"", "[]",
        "{}", " [ ] ", "\t{\r\n} ",
        "[1,2]", "[ 1 , 2 ]", "{\"a\":1}", " { \"a\" : [ { } , [ ] , \"x\" ] , \"b\" : { \"c\" : null } } ",
        "[[[[[[]]]]]]", "{\"\":{\"\":{}}}", "{\"a\":1,\"a\":2}", "\"0123456789abcdef0123456789abcdef\"",
        "\"0123456789abcde\\n0123456789abcdef\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fl_decoder d = DECODER(texts[i]);
        if (!whole(&d))
            fail_msg("not taken: %s: %s", texts[i], d.error);
        assert_int_equal(d.depth, 0);
        bool spaced = strpbrk(texts[i], " \t\r\n") != NULL;
        assert_int_equal(d.spaced, spaced);
    }
}

static const struct {
    const char *text;
    const char *error;
    int at; /* byte */
    bool truncated;
} invalid[] = {
    {"", "expected a value", 0, true}, {" ", "expected a value", 1, true}, {"x", "expected a value", 0, false},
    {"tru", "expected true, false or null", 3, true}, {"trux", "expected true, false or null", 3, false},
    {"nul ", "expected true, false or null", 3, false}, {"01", "a number must not begin with 0", 0, false},
    {"-01", "a number must not begin with 0", 1, false}, {"-", "expected a digit", 1, true},
    {"-x", "expected a digit", 1, false}, {"1.", "expected a digit after the decimal point", 2, true},
    {"1.x", "expected a digit after the decimal point", 2, false},
    {"1e", "expected a digit in the exponent", 2, true}, {"1e+", "expected a digit in the exponent", 3, true},
    {"+1", "expected a value", 0, false}, {".5", "expected a value", 0, false},
    {"\"", "a string isn't closed", 1, true}, {"\"abc", "a string isn't closed", 4, true},
    {"\"a\nb\"", "a control character in a string has to be escaped", 2, false},
    {"\"a\x1f\"", "a control character in a string has to be escaped", 2, false},
    {"\"\\", "expected one of \" \\ / b f n r t u after `\\`", 2, true},
    {"\"\\x\"", "expected one of \" \\ / b f n r t u after `\\`", 2, false},
    {"\"\\u12g4\"", "expected four hexadecimal digits after `\\u`", 5, false},
    {"\"\\u12", "expected four hexadecimal digits after `\\u`", 5, true},
    {"\"\x80\"", "a string has to be valid UTF-8", 1, false},
    {"\"\xc0\x80\"", "a string has to be valid UTF-8", 1, false},
    {"\"\xc1\xbf\"", "a string has to be valid UTF-8", 1, false},
    {"\"\xe0\x9f\xbf\"", "a string has to be valid UTF-8", 2, false},
    {"\"\xed\xa0\x80\"", "a string has to be valid UTF-8", 2, false},
    {"\"\xf0\x8f\xbf\xbf\"", "a string has to be valid UTF-8", 2, false},
    {"\"\xf4\x90\x80\x80\"", "a string has to be valid UTF-8", 2, false},
    {"\"\xf5\x80\x80\x80\"", "a string has to be valid UTF-8", 1, false},
    {"\"\xff\"", "a string has to be valid UTF-8", 1, false},
    {"\"\xe2\x82\"", "a string has to be valid UTF-8", 3, false},
    {"\"\xe2\x82", "a string has to be valid UTF-8", 3, true}, {"[", "expected a value", 1, true},
    {"[1", "expected `,` or `]`", 2, true}, {"[1,", "expected a value", 3, true},
    {"[1,]", "expected a value", 3, false}, {"[1}", "expected `,` or `]`", 2, false},
    {"[,1]", "expected a value", 1, false}, {"{", "expected a key in quotes", 1, true},
    {"{1:2}", "expected a key in quotes", 1, false}, {"{\"a\"", "expected `:`", 4, true},
    {"{\"a\" 1}", "expected `:`", 5, false}, {"{\"a\":}", "expected a value", 5, false},
    {"{\"a\":1", "expected `,` or `}`", 6, true}, {"{\"a\":1,}", "expected a key in quotes", 7, false},
    {"{\"a\":1]", "expected `,` or `}`", 6, false}, {"{\"a\":1 \"b\":2}", "expected `,` or `}`", 7, false},
    {"{\"a\":1,,\"b\":2}", "expected a key in quotes", 7, false}, {"[1 2]", "expected `,` or `]`", 3, false},
    {"[\f]", "expected a value", 1, false}, {"[\xa0]", "expected a value", 1, false},
};

static void not_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        struct fl_decoder d = DECODER(invalid[i].text);
        if (whole(&d))
            fail_msg("taken: %s", invalid[i].text);
        int at = (int)(d.error_at - d.start);
        if (!d.error || strcmp(d.error, invalid[i].error) || at != invalid[i].at || d.truncated != invalid[i].truncated)
            fail_msg("%s: \"%s\" at %d, truncated %d", invalid[i].text, d.error, at, d.truncated);
    }
}

static void nul_inside(void **state)
{
    static const struct { const char *p; size_t n; } texts[] = {{"[1\0]", 4}, {"\"a\0b\"", 5}, {"\0", 1},
    {"{\"a\"\0:1}", 8}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct fl_decoder d = decoder(texts[i].p, texts[i].n);
        assert_false(whole(&d));
        assert_non_null(d.error);
        assert_false(d.truncated);
    }
    struct fl_decoder d = decoder("1\0", 2); /* a value, but there is more */
    assert_false(whole(&d));
}

/* Each cut of a document is truncated, not wrong, at its end. */
static void every_cut(void **state)
{
    static const char text[] = "{\"a\\u00e4\xc3\xa4\":[1.5e+3,{\"b\":null,\"c\":false},"
                               " \"x\\n\\ud83d\\ude00\xf0\x9f\x98\x80\"],\"d\":{},\"e\":[ ]}";
    (void)state;
    for (size_t n = 0; n + 1 < sizeof text; n++) {
        struct fl_decoder d = decoder(text, n);
        assert_false(whole(&d));
        assert_true(d.truncated);
        assert_ptr_equal(d.error_at, d.end);
    }
    struct fl_decoder d = DECODER(text);
    assert_true(whole(&d));
}

static void strings_of_all_lengths(void **state)
{
    (void)state;
    for (size_t n = 0; n < 100; n++) {
        char text[128] = "\"";
        memset(text + 1, 'x', n);
        strcpy(text + 1 + n, "\"");
        struct fl_decoder d = DECODER(text);
        fl_str s;
        assert_int_equal(fl_get_raw_string(&d, &s, "f"), 1);
        assert_int_equal(s.n, n);
        assert_int_equal(s.kind, FL_CLEAN);
        assert_ptr_equal(d.p, d.end);
        for (size_t i = 0; i < n; i++) { /* a bad byte at each place is found there */
            static const char bad[] = {1, 0x1f, '\n', (char)0x80, (char)0xff, 0};
            char save = text[1 + i];
            for (size_t b = 0; b < sizeof bad; b++) {
                text[1 + i] = bad[b];
                d = decoder(text, n + 2);
                assert_int_equal(fl_get_raw_string(&d, &s, "f"), -1);
                assert_int_equal(d.error_at - d.start, 1 + i);
            }
            text[1 + i] = save;
            padded_free();
        }
    }
}

static void depth(void **state)
{
    char text[2 * FL_JSON_DEPTH + 4];
    (void)state;
    for (unsigned n = FL_JSON_DEPTH - 1; n <= FL_JSON_DEPTH + 1; n++) {
        memset(text, '[', n);
        memset(text + n, ']', n);
        struct fl_decoder d = decoder(text, 2 * n);
        assert_int_equal(whole(&d), n <= FL_JSON_DEPTH);
        if (n > FL_JSON_DEPTH) {
            assert_string_equal(d.error, "too many nested objects and arrays");
            assert_false(d.truncated);
        }
        d = decoder(text, 2 * n); /* the same through the getters, with what is open counted */
        unsigned open = 0;
        while (open < 100 && fl_array_begin(&d, "a") == 1)
            open++;
        assert_int_equal(d.depth, 100);
        assert_int_equal(fl_skip_value(&d), n <= FL_JSON_DEPTH);
    }
    memset(text, '[', FL_JSON_DEPTH + 1);
    struct fl_decoder d = decoder(text, FL_JSON_DEPTH + 1);
    int r;
    unsigned open = 0;
    while ((r = fl_array_begin(&d, "a")) == 1)
        open++;
    assert_int_equal(r, -1);
    assert_int_equal(open, FL_JSON_DEPTH);
}

/* Kinds alternate in the bits of the explicit stack. */
static void mixed_nesting(void **state)
{
    struct fl_buf b = {0};
    (void)state;
    for (int i = 0; i < 250; i++)
        fl_buf_puts(&b, i % 3 ? "{\"k\":" : "[1,");
    fl_buf_puts(&b, "0");
    for (int i = 250; i-- > 0;)
        fl_buf_puts(&b, i % 3 ? "}" : "]");
    struct fl_decoder d = decoder(b.p, b.n);
    assert_true(whole(&d));
    for (size_t i = 0; i < b.n; i++) {
        char c = b.p[i];
        if (c != ']' && c != '}')
            continue;
        b.p[i] = c == ']' ? '}' : ']';
        d = decoder(b.p, b.n);
        assert_false(whole(&d));
        assert_int_equal(d.error_at - d.start, i);
        b.p[i] = c;
    }
    fl_buf_free(&b);
}

/* ---- walking --------------------------------------------------------------------------------- */

/* A reader of {"a":int,"b":{"c":string},"list":[bool]}, compact and spaced, keys in any order. */
struct seen {
    int64_t a;
    char c[16];
    unsigned trues, elements, others;
};

static int read_list(struct fl_decoder *d, struct seen *s)
{
    int r = fl_array_begin(d, "list");
    while (r == 1) {
        bool v = false;
        if (fl_get_bool(d, &v, "list") < 0)
            return -1;
        s->trues += v;
        s->elements++;
        r = fl_element_end(d);
    }
    return r;
}

static int read_b(struct fl_decoder *d, struct seen *s)
{
    int r = fl_object_begin(d, "b");
    while (r == 1) {
        fl_str key, v = {0};
        if (fl_next_key(d, &key) == 1 && fl_str_eq(key, FL_LIT("c"))) {
            if (fl_get_string(d, &v, "b.c") < 0)
                return -1;
            snprintf(s->c, sizeof s->c, "%.*s", (int)v.n, v.n ? v.p : "");
        } else if (d->error || !fl_skip_value(d)) {
            return -1;
        }
        r = fl_member_end(d);
    }
    return r;
}

static bool read_all(struct fl_decoder *d, struct seen *s)
{
    memset(s, 0, sizeof *s);
    fl_skip_space(d);
    int r = fl_object_begin(d, "");
    while (r == 1) {
        fl_str key;
        int got;
        if (fl_next_key(d, &key) < 0)
            return false;
        else if (fl_str_eq(key, FL_LIT("a")))
            got = fl_get_int(d, &s->a, "a");
        else if (fl_str_eq(key, FL_LIT("b")))
            got = read_b(d, s);
        else if (fl_str_eq(key, FL_LIT("list")))
            got = read_list(d, s);
        else
            got = (s->others++, fl_skip_value(d) ? 1 : -1);
        if (got < 0)
            return false;
        r = fl_member_end(d);
    }
    return r >= 0;
}

static void walk(void **state)
{
    static const char *const texts[] = {
        "{\"a\":12,\"b\":{\"x\":[{}],\"c\":\"see\"},\"list\":[true,false,true],\"z\":0}",
        " {\n \"list\" : [ true ,false , true ] ,\"\\u007a\" : 1 ,\n \"b\" : { \"c\":\"see\",\"d\":0 } , \"a\" : 12 } ",
        "{\"\\u0061\":12,\"b\":{\"\\u0063\":\"s\\u0065e\"},\"other\":{\"a\":1},\"list\":[true,false,true]}",
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fl_decoder d = DECODER(texts[i]);
        struct seen s;
        assert_true(read_all(&d, &s));
        assert_false(fl_skip_space(&d));
        assert_null(d.error);
        assert_null(d.bad_field);
        assert_int_equal(d.depth, 0);
        assert_int_equal(s.a, 12);
        assert_string_equal(s.c, "see");
        assert_int_equal(s.trues, 2);
        assert_int_equal(s.elements, 3);
        assert_int_equal(s.others, 1);
        assert_int_equal(d.spaced, i == 1);
        size_t n = strlen(texts[i]);
        for (size_t cut = 1; cut < n - (i == 1); cut++) { /* and each cut of it is truncated */
            d = decoder(texts[i], cut);
            assert_false(read_all(&d, &s) && !d.error);
            assert_true(d.truncated);
        }
    }
}

static void empty_and_wrong(void **state)
{
    static const struct { const char *text; int object, array; } rows[] = {
        {"{}", 2, 0}, {"{ }", 2, 0}, {"[]", 0, 2}, {"[\n]", 0, 2}, {"null", 0, 0}, {"1", 0, 0}, {"\"x\"", 0, 0},
        {"nul", -1, -1}, {"{", -1, -1},
        {"[", -1, -1}, {"{1", -1, -1}, {"[1]", 0, 1}, {"{\"a\":1}", 1, 0}, {"{x}", -1, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fl_decoder d = DECODER(rows[i].text);
        assert_int_equal(fl_object_begin(&d, "field"), rows[i].object);
        if (rows[i].object == 0 && *rows[i].text != 'n') {
            assert_string_equal(d.bad_field, "field");
            assert_string_equal(d.bad_what, "expected an object");
            assert_ptr_equal(d.p, d.end);
        } else {
            assert_null(d.bad_field);
        }
        d = DECODER(rows[i].text);
        assert_int_equal(fl_array_begin(&d, "field"), rows[i].array);
        if (rows[i].array == 0 && *rows[i].text != 'n')
            assert_string_equal(d.bad_what, "expected an array");
    }
}

/* ---- getters --------------------------------------------------------------------------------- */

static void strings(void **state)
{
    static const struct { const char *text, *raw, *plain; } rows[] = {
        {"\"\"", "", ""}, {"\"abc\"", "abc", "abc"}, {"\"<&>\"", "<&>", "<&>"},
        {"\"\xc3\xa4\"", "\xc3\xa4", "\xc3\xa4"}, {"\"a\\nb\"", "a\\nb", "a\nb"},
        {"\"\\u0041\\u00e4\\u20ac\\ud83d\\ude00\"", "\\u0041\\u00e4\\u20ac\\ud83d\\ude00",
         "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\"\\ud800\"", "\\ud800", "\xef\xbf\xbd"}, {"\"\\ud800x\"", "\\ud800x", "\xef\xbf\xbdx"},
        {"\"\\udc00\\ud83d\\ude00\"", "\\udc00\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
        {"\"\\ud83d\\ud83d\\ude00\"", "\\ud83d\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
        {"\"\\ud83d\\u0041\"", "\\ud83d\\u0041", "\xef\xbf\xbd" "A"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fl_str s;
        bool escapes = strchr(rows[i].raw, '\\') != NULL;
        struct fl_decoder d = DECODER(rows[i].text);
        assert_int_equal(fl_get_raw_string(&d, &s, "f"), 1);
        assert_int_equal(s.n, strlen(rows[i].raw));
        assert_memory_equal(s.p, rows[i].raw, s.n);
        assert_int_equal(s.kind, escapes ? FL_RAW : FL_CLEAN);
        assert_ptr_equal(d.p, d.end);
        d = DECODER(rows[i].text);
        assert_int_equal(fl_get_string(&d, &s, "f"), 1);
        assert_int_equal(s.n, strlen(rows[i].plain));
        assert_memory_equal(s.p, rows[i].plain, s.n);
        assert_int_equal(s.kind, escapes ? FL_PLAIN : FL_CLEAN);
        if (!escapes)
            assert_ptr_equal(s.p, d.start + 1);
    }
    struct fl_decoder d = DECODER("\"\\u0000x\"");
    fl_str s;
    assert_int_equal(fl_get_string(&d, &s, "f"), 1);
    assert_int_equal(s.n, 2);
    assert_memory_equal(s.p, "\0x", 2);
}

static void integers(void **state)
{
    static const struct { const char *text; int r; int64_t v; } rows[] = {
        {"0", 1, 0}, {"-0", 1, 0}, {"7", 1, 7}, {"-7", 1, -7}, {"1234567", 1, 1234567}, {"12345678", 1, 12345678},
        {"123456789", 1, 123456789}, {"1795424739249", 1, 1795424739249}, {"1234567890123456", 1, 1234567890123456},
        {"12345678901234567", 1, 12345678901234567},
        {"9223372036854775807", 1, INT64_MAX}, {"-9223372036854775808", 1, INT64_MIN},
        {"9223372036854775808", 0, 0}, {"-9223372036854775809", 0, 0},
        {"18446744073709551616", 0, 0}, {"99999999999999999999999", 0, 0}, {"1.0", 0, 0}, {"1e2", 0, 0},
        {"1E2", 0, 0}, {"12345678.5", 0, 0}, {"1234567812345678.5", 0, 0},
        {"\"1\"", 0, 0}, {"true", 0, 0}, {"null", 0, 0}, {"[1]", 0, 0}, {"{}", 0, 0}, {"01", -1, 0}, {"00", -1, 0},
        {"-", -1, 0}, {"1.", -1, 0}, {"1ee", -1, 0}, {"-01", -1, 0}, {"x", -1, 0}, {"", -1, 0}, {"012345678", -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const char *const ends[] = {"", ",", "}", "]", " ", "\n"};
        for (size_t e = 0; e < 6; e++) {
            char text[64];
            snprintf(text, sizeof text, "%s%s", rows[i].text, ends[e]);
            int64_t v = 42;
            struct fl_decoder d = DECODER(text);
            int r = fl_get_int(&d, &v, "f");
            if (r != rows[i].r)
                fail_msg("%s: %d", text, r);
            if (r == 1)
                assert_int_equal(v, rows[i].v);
            if (r >= 0)
                assert_int_equal(d.p - d.start, strlen(rows[i].text));
            assert_int_equal(d.bad_field != NULL, r == 0 && *text != 'n');
        }
    }
    /* All lengths and both ways to read them. */
    for (int64_t v = 1; v > 0 && v < INT64_MAX / 7; v *= 7) {
        char text[32];
        snprintf(text, sizeof text, "%lld,", (long long)v);
        struct fl_decoder d = DECODER(text);
        int64_t got;
        assert_int_equal(fl_get_int(&d, &got, "f"), 1);
        assert_int_equal(got, v);
        padded_free();
    }
}

static void integers_in_quotes(void **state)
{
    static const struct { const char *text; int r; int64_t v; } rows[] = {
        {"\"0\"", 1, 0}, {"\"-12\"", 1, -12}, {"12", 1, 12}, {"\"9223372036854775807\"", 1, INT64_MAX},
        {"\"9223372036854775808\"", 0, 0}, {"\"\"", 0, 0},
        {"\"-\"", 0, 0}, {"\"1x\"", 0, 0}, {"\" 1\"", 0, 0}, {"\"\\u0031\"", 1, 1}, {"\"007\"", 1, 7},
        {"null", 0, 0}, {"true", 0, 0}, {"\"1", -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t v = 0;
        struct fl_decoder d = DECODER(rows[i].text);
        assert_int_equal(fl_get_int_text(&d, &v, "f"), rows[i].r);
        assert_int_equal(v, rows[i].v);
    }
}

static void floats(void **state)
{
    static const char *const texts[] = {"0", "-0", "1", "1.5", "-2.25", "0.1", "1e22", "1e23", "123456789012345678",
    "9007199254740993", "1.7976931348623157e308",
                                        "5e-324", "2.2250738585072014e-308", "1e-400",
                                        "0.000000000000000000000000000000000000000000001",
        "3.1415926535897932384626433832795028841971693993751058209749445923078164062862089986280348253421",
                                        "100000000000000000000000000000000000000000000000", "8.5e-7", "1E5", "4.35",
                                        "0.3", "2e0", "1e0000005"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double v, want = strtod(texts[i], NULL);
        struct fl_decoder d = DECODER(texts[i]);
        assert_int_equal(fl_get_float(&d, &v, "f"), 1);
        if (memcmp(&v, &want, sizeof v))
            fail_msg("%s: %.17g", texts[i], v);
    }
    srand(1);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        snprintf(text, sizeof text, "%d.%0*de%d", rand() % 100000, 1 + rand() % 9, rand() % 1000000, rand() % 60 - 30);
        double v, want = strtod(text, NULL);
        struct fl_decoder d = DECODER(text);
        assert_int_equal(fl_get_float(&d, &v, "f"), 1);
        if (memcmp(&v, &want, sizeof v))
            fail_msg("%s: %.17g not %.17g", text, v, want);
        padded_free();
        fl_arena_reset(&arena);
    }
    double v;
    struct fl_decoder d = DECODER("1e999");
    assert_int_equal(fl_get_float(&d, &v, "f"), 0);
    assert_non_null(d.bad_field);
    d = DECODER("\"1\"");
    assert_int_equal(fl_get_float(&d, &v, "f"), 0);
    assert_string_equal(d.bad_what, "expected a number");
}

static void scaled(void **state)
{
    static const struct { const char *text; int64_t scale; bool fraction; int r; int64_t v; } rows[] = {
        {"1795424739249", 1000000, false, 1, 1795424739249000000}, {"-1", 1000000, false, 1, -1000000},
        {"9223372036854", 1000000, false, 1, 9223372036854000000},
        {"9223372036855", 1000000, false, 0, 0}, {"1.5", 1000000000, false, 0, 0},
        {"1.5", 1000000000, true, 1, 1500000000}, {"2", 1000000000, true, 1, 2000000000},
        {"-1.5", 1000000000, true, 1, -1500000000},
        {"1795424739.249000001", 1000000000, true, 1, 1795424739249000001}, {"0.0000000019", 1000000000, true, 1, 1},
        {"1.7954247e9", 1000000000, true, 1, 1795424700000000000}, {"15e-1", 1000000, true, 1, 1500000},
        {"9223372036.854775807", 1000000000, true, 1, INT64_MAX},
        {"9223372036.854775808", 1000000000, true, 0, 0}, {"-9223372036.854775808", 1000000000, true, 1, INT64_MIN},
        {"1e30", 1, true, 0, 0}, {"1e999999999999", 1, true, 0, 0},
        {"1e-999999999999", 1000000000, true, 1, 0}, {"0e99", 1000000000, true, 1, 0},
        {"0.100000000000000000000000000000000000000001", 1000000000, true, 1, 100000000},
        {"100000000000000000000000000000e-20", 1000000000, true, 1, INT64_C(1000000000000000000)},
        {"null", 1, true, 0, 0}, {"\"1\"", 1, true, 0, 0}, {"1.", 1, true, -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t v = 0;
        struct fl_decoder d = DECODER(rows[i].text);
        int r = fl_get_scaled(&d, &v, rows[i].scale, rows[i].fraction, "f");
        if (r != rows[i].r || (r == 1 && v != rows[i].v))
            fail_msg("%s: %d %lld", rows[i].text, r, (long long)v);
        assert_int_equal(d.bad_field != NULL, r == 0 && *rows[i].text != 'n');
    }
}

static void others(void **state)
{
    (void)state;
    bool b = true;
    struct fl_decoder d = DECODER("false,");
    assert_int_equal(fl_get_bool(&d, &b, "f"), 1);
    assert_false(b);
    assert_int_equal(*d.p, ',');
    d = DECODER("\"true\"");
    assert_int_equal(fl_get_bool(&d, &b, "f"), 0);
    assert_string_equal(d.bad_what, "expected true or false");
    d = DECODER("fals");
    assert_int_equal(fl_get_bool(&d, &b, "f"), -1);

    fl_str s;
    d = DECODER("{ \"a\" : [1, 2] },");
    assert_int_equal(fl_get_raw(&d, &s, "f"), 1);
    assert_int_equal(s.kind, FL_RAW);
    assert_int_equal(s.n, 16);
    assert_true(d.spaced);
    d = DECODER("null");
    assert_int_equal(fl_get_raw(&d, &s, "f"), 0);
    assert_null(d.bad_field);
    d = DECODER("[1,}");
    assert_int_equal(fl_get_raw(&d, &s, "f"), -1);

    fl_ip ip;
    d = DECODER("\"10.1.2.3\"");
    assert_int_equal(fl_get_ip(&d, &ip, "f"), 1);
    assert_int_equal(ip.family, 4);
    assert_int_equal((uint32_t)ip.lo, 0x0a010203);
    assert_int_equal(ip.text.kind, FL_CLEAN);
    d = DECODER("\"1\\u0030.1.2.3\"");
    assert_int_equal(fl_get_ip(&d, &ip, "f"), 1);
    assert_int_equal(ip.family, 4);
    assert_int_equal(ip.text.kind, FL_RAW);
    d = DECODER("\"nonsense\"");
    assert_int_equal(fl_get_ip(&d, &ip, "f"), 1);
    assert_int_equal(ip.family, 0);
    assert_null(d.bad_field);
    d = DECODER("7");
    assert_int_equal(fl_get_ip(&d, &ip, "f"), 0);
    assert_non_null(d.bad_field);

    fl_cidr c;
    d = DECODER("\"10.1.2.3/8\"");
    assert_int_equal(fl_get_cidr(&d, &c, "f"), 1);
    assert_int_equal((uint32_t)c.lo, 0x0a000000);
    d = DECODER("\"10.1.2.3\"");
    assert_int_equal(fl_get_cidr(&d, &c, "f"), 0);

    int64_t ns;
    d = DECODER("\"2026-11-23T08:55:02.5Z\"");
    assert_int_equal(fl_get_rfc3339(&d, &ns, "f"), 1);
    assert_int_equal(ns, INT64_C(1795424102500000000));
    d = DECODER("\"yesterday\"");
    assert_int_equal(fl_get_rfc3339(&d, &ns, "f"), 0);
    assert_non_null(d.bad_field);
}

static void first_bad_wins(void **state)
{
    (void)state;
    struct fl_decoder d = DECODER("\"x\"true");
    int64_t v;
    fl_str s;
    assert_int_equal(fl_get_int(&d, &v, "first"), 0);
    assert_int_equal(fl_get_string(&d, &s, "second"), 0);
    assert_string_equal(d.bad_field, "first");
    assert_string_equal(d.bad_what, "expected an integer");
}

#define T(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(valid), T(not_valid), T(nul_inside), T(every_cut), T(strings_of_all_lengths), T(depth),
        T(mixed_nesting), T(walk), T(empty_and_wrong), T(strings), T(integers),
        T(integers_in_quotes), T(floats), T(scaled), T(others), T(first_bad_wins),
    };
    fl_arena_init(&arena, 1 << 16);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
