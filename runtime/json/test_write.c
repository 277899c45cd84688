/*
 * test_write.c - runtime/json/write.c, value/float.c, value/time.c: numbers, escapes, times and csv as text and
 * back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json/pretty.h"
#include "json/scan.h"
#include "json/write.h"
#include "tests/unit/padded.h"
#include "value/time.h"

/* As the compiler writes it for record { a? : int; b? : string; c? : [int]; }. */
static char *lay_shape(struct fl_buf *out, char *w, const char **at, unsigned level, size_t room)
{
    const size_t start = (size_t)(w - out->p);
    const char *p = *at + 1;
    w = FL_PUT_LIT(w, "{");
    FL_LAY_MEMBER("a", fl_lay_number);
    FL_LAY_MEMBER("b", fl_lay_string);
    FL_LAY_MEMBER("c", fl_lay);
    return fl_lay(out, out->p + start, at, level, room);
end:
    w = FL_PUT_LIT(fl_put_line(w - 1, level), "}");
    *at = p;
    return w;
}

static char out[8192];

static int tear_down(void **state)
{
    (void)state;
    padded_free();
    return 0;
}

#define WROTE(end, want)                                                                                     \
    do {                                                                                                     \
        *(end) = 0;                                                                                          \
        assert_string_equal(out, (want));                                                                    \
    } while (0)

static void integers(void **state)
{
    (void)state;
    char want[32];
    int64_t edge[] = {0, 1, -1, 9, 10, 99, 100, 101, -100, INT64_MAX, INT64_MIN, INT64_MIN + 1, 4294967295, 4294967296};
    for (size_t i = 0; i < sizeof edge / sizeof edge[0]; i++) {
        snprintf(want, sizeof want, "%lld", (long long)edge[i]);
        char *end = fl_put_int(out, edge[i]);
        assert_true(end - out <= FL_INT_MAX);
        WROTE(end, want);
    }
    for (uint64_t p = 1, i = 0; i < 20; i++, p *= 10)
        for (int d = -1; d <= 1; d++) {
            snprintf(want, sizeof want, "%llu", (unsigned long long)(p + (uint64_t)d));
            WROTE(fl_put_uint(out, p + (uint64_t)d), want);
        }
    for (unsigned b = 0; b < 64; b++) {
        snprintf(want, sizeof want, "%llu", 1ull << b);
        WROTE(fl_put_uint(out, 1ull << b), want);
    }
    WROTE(fl_put_uint(out, UINT64_MAX), "18446744073709551615");
    WROTE(fl_put_bool(out, true), "true");
    WROTE(fl_put_bool(out, false), "false");
    WROTE(FL_PUT_LIT(out, "\"a\":"), "\"a\":");
}

static void copies(void **state)
{
    (void)state;
    for (size_t n = 0; n < 200; n++) {
        char text[200];
        for (size_t i = 0; i < n; i++)
            text[i] = (char)('a' + i % 26);
        memset(out, '.', 300);
        char *end = fl_put(out, padded(text, n), n);
        assert_ptr_equal(end, out + n);
        assert_memory_equal(out, text, n);
        assert_int_equal(out[n + 32], '.'); /* no more slack than promised */
    }
}

static void floats(void **state)
{
    static const struct { double v; const char *want; } rows[] = {
        {0, "0"}, {-0.0, "-0"}, {1, "1"}, {-1.5, "-1.5"}, {0.1, "0.1"}, {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"}, {1e20, "100000000000000000000"}, {1e21, "1e+21"},
        {123456789012345680000.0, "123456789012345680000"}, {0.000001, "0.000001"}, {0.0000001, "1e-7"},
        {1.5e-9, "1.5e-9"}, {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"}, {2.225073858507201e-308, "2.225073858507201e-308"},
        {9007199254740993.0, "9007199254740992"}, {2251799813685248.5, "2251799813685248.5"},
        {1.0 / 3, "0.3333333333333333"}, {2.0 / 3, "0.6666666666666666"}, {100, "100"}, {1e15, "1000000000000000"},
        {123456.789, "123456.789"}, {1e23, "1e+23"}, {9.5367431640625e-7, "9.5367431640625e-7"},
        {0.000001234567890123456, "0.000001234567890123456"}, {INFINITY, "null"}, {-INFINITY, "null"},
        {NAN, "null"}, {5e-5, "0.00005"}, {299792458, "299792458"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *end = fl_put_float(out, rows[i].v);
        assert_true(end - out <= FL_FLOAT_MAX);
        WROTE(end, rows[i].want);
    }
}

/* Reads as the same value, and no shorter text does. */
static void floats_round_trip(void **state)
{
    (void)state;
    uint64_t x = 88172645463325252;
    for (int i = 0; i < 60000; i++) {
        double v;
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t bits = x;
        if (i % 3 == 1)
            bits = (x & 0x000fffffffffffff) | (uint64_t)(1023 - 20 + x % 60) << 52; /* usual sizes */
        if (i % 7 == 2)
            bits &= ~((UINT64_C(1) << 52) - 1); /* powers of two: uneven neighbours */
        memcpy(&v, &bits, 8);
        if (i % 5 == 3)
            v = (double)(int64_t)(x % 1000000000) / 1000.0;
        if (v - v != 0)
            continue;
        char *end = fl_put_float(out, v);
        assert_true(end - out <= FL_FLOAT_MAX);
        *end = 0;
        double back = strtod(out, NULL);
        if (memcmp(&back, &v, 8))
            fail_msg("%.17g: %s", v, out);
        unsigned digits = 0;
        char shortest[40];
        for (int p = 1; p <= 17; p++) {
            snprintf(shortest, sizeof shortest, "%.*e", p - 1, v);
            if (strtod(shortest, NULL) == v)
                break;
        }
        const char *first = out;
        unsigned a = 0, zeros = 0, b = 0;
        for (; *first && *first != 'e'; first++)
            if (*first >= '0' && *first <= '9' && (a || *first != '0')) {
                a++;
                zeros = *first == '0' ? zeros + 1 : 0;
            }
        a -= zeros;
        zeros = 0;
        for (first = shortest; *first && *first != 'e'; first++)
            if (*first >= '0' && *first <= '9' && (b || *first != '0')) {
                b++;
                zeros = *first == '0' ? zeros + 1 : 0;
            }
        b -= zeros;
        digits = a;
        if (digits > b)
            fail_msg("%s is longer than %s", out, shortest);
    }
}

static void escapes(void **state)
{
    static const struct { const char *text, *want; } rows[] = {
        {"", "\"\""}, {"abc", "\"abc\""}, {"\"\\", "\"\\\"\\\\\""}, {"\n\r\t", "\"\\n\\r\\t\""},
        {"\b\f\x01\x1f", "\"\\u0008\\u000c\\u0001\\u001f\""},
        {"<a>&b", "\"\\u003ca\\u003e\\u0026b\""}, {"\x7f/", "\"\x7f/\""},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xa7", "\"\\u2028\\u2029\xe2\x80\xaa\xe2\x80\xa7\""},
        {"a\x80z", "\"a\\ufffdz\""}, {"\xc3", "\"\\ufffd\""}, {"\xe2\x82", "\"\\ufffd\\ufffd\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},
        {"= ; : @ ? ^ ` ~ ! # $ % ' ( ) * + , - . 0 9 A Z a z [ ] { | }",
        "\"= ; : @ ? ^ ` ~ ! # $ % ' ( ) * + , - . 0 9 A Z a z [ ] { | }\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i].text);
        char *exact = malloc(n + 1); /* FL_PLAIN texts have nothing readable behind them */
        memcpy(exact, rows[i].text, n);
        fl_str s = {exact, (uint32_t)n, FL_PLAIN};
        char *end = fl_put_string(out, s);
        assert_true((size_t)(end - out) <= fl_string_max(s));
        WROTE(end, rows[i].want);
        free(exact);
    }
    WROTE(fl_put_string(out, (fl_str){0}), "\"\"");
    WROTE(fl_put_string(out, padded_str("a<b", FL_CLEAN)), "\"a<b\"");
    WROTE(fl_put_string(out, padded_str("a\\u003cb\\n", FL_RAW)), "\"a\\u003cb\\n\"");
    WROTE(fl_put_raw(out, padded_str("{\"a\":1}", FL_RAW)), "{\"a\":1}");
    /* Every byte at every place of a longer text. */
    struct fl_arena arena;
    fl_arena_init(&arena, 4096);
    for (unsigned c = 0; c < 256; c++)
        for (unsigned at = 0; at < 40; at++) {
            char text[40], want[512], *w = want;
            memset(text, 'x', sizeof text);
            text[at] = (char)c;
            *w++ = '"';
            for (unsigned i = 0; i < 40; i++) {
                if (i != at)
                    *w++ = 'x';
                else if (c == '"' || c == '\\')
                    w += sprintf(w, "\\%c", (int)c);
                else if (c == '\n' || c == '\r' || c == '\t')
                    w += sprintf(w, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
                else if (c < 0x20 || strchr("<>&", (int)c))
                    w += sprintf(w, "\\u%04x", c);
                else if (c >= 0x80)
                    w += sprintf(w, "\\ufffd");
                else
                    *w++ = (char)c;
            }
            *w++ = '"';
            *w = 0;
            char *end = fl_put_string(out, (fl_str){text, 40, FL_PLAIN});
            WROTE(end, want);
            struct fl_decoder d; /* and it reads back */
            size_t n = (size_t)(end - out);
            memset(end, 0, FL_PAD);
            fl_decoder_init(&d, out, n, &arena);
            fl_str back;
            assert_int_equal(fl_get_string(&d, &back, "f"), 1);
            if (c < 0x80)
                assert_memory_equal(back.p, text, 40);
            fl_arena_reset(&arena);
        }
    fl_arena_free(&arena);
}

static void times(void **state)
{
    static const struct { int64_t ns; const char *want; } rows[] = {
        {0, "\"1970-01-01T00:00:00Z\""}, {-1, "\"1969-12-31T23:59:59.999999999Z\""},
        {1795424102000000000, "\"2026-11-23T08:55:02Z\""}, {1795424102120000000, "\"2026-11-23T08:55:02.120Z\""},
        {1795424102000120000, "\"2026-11-23T08:55:02.000120Z\""},
        {1795424102000000001, "\"2026-11-23T08:55:02.000000001Z\""}, {951782400000000000, "\"2000-02-29T00:00:00Z\""},
        {INT64_MAX, "\"2262-04-11T23:47:16.854775807Z\""}, {INT64_MIN, "\"1677-09-21T00:12:43.145224192Z\""},
        {4107542400000000000, "\"2100-03-01T00:00:00Z\""}, {4107456000000000000, "\"2100-02-28T00:00:00Z\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *end = fl_put_rfc3339(out, rows[i].ns);
        assert_true(end - out <= FL_TIME_MAX);
        WROTE(end, rows[i].want);
        int64_t back;
        assert_true(fl_time_parse(out + 1, (size_t)(end - out) - 2, &back));
        assert_int_equal(back, rows[i].ns);
    }
    static const char fields[] = "%FT%TZ %a %b %j %u %w %V %G %y %e %I %p %D %R %C %s";
    /* Every day of the range against gmtime, week numbers against strftime. */
    for (int64_t day = -106751; day <= 106751; day += 1) {
        time_t t = day * 86400 + 43200 + day % 86399 / 3;
        struct tm tm;
        char want[100];
        struct fl_buf b = {0};
        gmtime_r(&t, &tm);
        strftime(want, sizeof want, fields, &tm);
        fl_time_format(&b, t * INT64_C(1000000000), fields, sizeof fields - 1);
        assert_int_equal(b.n, strlen(want));
        if (memcmp(b.p, want, b.n))
            fail_msg("%s: %.*s", want, (int)b.n, b.p);
        int64_t real = day + (t < day * 86400 ? -1 : t >= (day + 1) * 86400);
        assert_int_equal(fl_days_of(tm.tm_year + 1900, (uint32_t)tm.tm_mon + 1, (uint32_t)tm.tm_mday), real);
        fl_buf_free(&b);
    }
}

static void times_read(void **state)
{
    static const struct { const char *text; bool ok; int64_t ns; } rows[] = {
        {"2026-11-23T08:55:02Z", true, 1795424102000000000}, {"2026-11-23t08:55:02z", true, 1795424102000000000},
        {"2026-11-23 08:55:02Z", true, 1795424102000000000},
        {"2026-11-23T08:55:02.5Z", true, 1795424102500000000},
        {"2026-11-23T08:55:02.1234567891Z", true, 1795424102123456789},
        {"2026-11-23T09:55:02+01:00", true, 1795424102000000000},
        {"2026-11-23T03:25:02-05:30", true, 1795424102000000000},
        {"2026-11-23T09:55:02.123456+0100", true, 1795424102123456000},
        {"2026-11-23T08:55:02-00:00", true, 1795424102000000000},
        {"2016-12-31T23:59:60Z", true, 1483228800000000000}, {"2000-02-29T00:00:00Z", true, 951782400000000000},
        {"1900-02-29T00:00:00Z", false, 0}, {"2026-02-29T00:00:00Z", false, 0},
        {"2026-13-01T00:00:00Z", false, 0}, {"2026-00-01T00:00:00Z", false, 0}, {"2026-11-31T00:00:00Z", false, 0},
        {"2026-11-00T00:00:00Z", false, 0}, {"2026-11-23T24:00:00Z", false, 0},
        {"2026-11-23T23:60:00Z", false, 0}, {"2026-11-23T23:59:61Z", false, 0}, {"2026-11-23T08:55:02", false, 0},
        {"2026-11-23T08:55:02.Z", false, 0}, {"2026-11-23T08:55Z", false, 0},
        {"2026-11-23", false, 0}, {"", false, 0}, {"2026-11-23T08:55:02Zx", false, 0},
        {"2026-11-23T08:55:02+24:00", false, 0}, {"2026-11-23T08:55:02+01:60", false, 0},
        {"2026-11-23T08:55:02+1", false, 0},
        {"0001-01-01T00:00:00Z", false, 0}, {"9999-12-31T23:59:59Z", false, 0},
        {"2262-04-11T23:47:16.854775807Z", true, INT64_MAX}, {"2262-04-11T23:47:16.854775808Z", false, 0},
        {"1677-09-21T00:12:43.145224192Z", true, INT64_MIN}, {"1677-09-21T00:12:43.145224191Z", false, 0},
        {"20261123T085502Z", false, 0}, {"2026-1-23T08:55:02Z", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i].text);
        char *exact = malloc(n + 1);
        memcpy(exact, rows[i].text, n);
        int64_t ns = 0;
        bool ok = fl_time_parse(exact, n, &ns);
        free(exact);
        if (ok != rows[i].ok || (ok && ns != rows[i].ns))
            fail_msg("%s: %d %lld", rows[i].text, ok, (long long)ns);
    }
}

static void durations(void **state)
{
    static const struct { int64_t ns; const char *want; } rows[] = {
        {0, "0s"}, {1, "1ns"}, {999, "999ns"}, {1500, "1.5us"}, {250000000, "250ms"}, {1500000000, "1.5s"},
        {60000000000, "1m"}, {120000000000, "2m"}, {5400000000000, "1h30m"}, {3600000000000, "1h"},
        {3661000000001, "1h1m1.000000001s"}, {-1500000000, "-1.5s"}, {INT64_MIN, "-2562047h47m16.854775808s"},
        {86400000000000, "24h"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        WROTE(fl_duration_put(out, rows[i].ns), rows[i].want);
}

static void scaled(void **state)
{
    (void)state;
    WROTE(fl_put_scaled(out, 1795424739249999999, 1000000), "1795424739249");
    WROTE(fl_put_scaled(out, -1, 1000000), "-1");
    WROTE(fl_put_scaled(out, -1000000, 1000000), "-1");
    WROTE(fl_put_scaled(out, INT64_MIN, 1), "-9223372036854775808");
    WROTE(fl_put_scaled(out, 0, 1000), "0");
    fl_cidr c;
    assert_true(fl_cidr_parse(&c, "10.9.8.7/8", 10));
    WROTE(fl_put_cidr(out, &c), "\"10.0.0.0/8\"");
}

static void csv(void **state)
{
    static const struct { const char *text; enum fl_str_kind kind; const char *want; } rows[] = {
        {"", FL_PLAIN, ""}, {"abc", FL_CLEAN, "abc"}, {"a,b", FL_CLEAN, "\"a,b\""},
        {"a\"b\"", FL_PLAIN, "\"a\"\"b\"\"\""}, {"a\nb", FL_PLAIN, "\"a\nb\""}, {"a\rb", FL_PLAIN, "\"a\rb\""},
        {" a", FL_CLEAN, "\" a\""},
        {"a ", FL_CLEAN, "a "}, {"\ta", FL_PLAIN, "\"\ta\""}, {"\\.", FL_PLAIN, "\"\\.\""},
        {"\\.x", FL_PLAIN, "\\.x"}, {"a\\\"b", FL_RAW, "\"a\"\"b\""}, {"\\u00e4\\u002c", FL_RAW, "\"\xc3\xa4,\""},
        {"\\u003c", FL_RAW, "<"}, {"\"\"\"", FL_PLAIN, "\"\"\"\"\"\"\"\""},
        {"\xc2\xa0x", FL_PLAIN, "\"\xc2\xa0x\""}, {"\xe3\x80\x80x", FL_PLAIN, "\"\xe3\x80\x80x\""},
        {"\xe2\x80\x80", FL_PLAIN, "\"\xe2\x80\x80\""}, {"\xc3\xa4", FL_PLAIN, "\xc3\xa4"},
    };
#define DASH {"-" FL_ZEROS, 1, FL_PLAIN}
    static const struct fl_csv commas = {',', {FL_ZEROS, 0, FL_PLAIN}};
    /* What reads as null, or is nothing, is told apart from null by its quotes, where null is written as something. */
    static const struct { struct fl_csv form; const char *text, *want; } with[] = {
        {{' ', DASH}, "-", "\"-\""}, {{' ', DASH}, "", "\"\""}, {{' ', DASH}, "--", "--"}, {{' ', DASH}, "a b", "\"a b\""},
        {{' ', DASH}, "a,b", "a,b"}, {{';', DASH}, "a;b", "\"a;b\""}, {{'\t', DASH}, "a\tb", "\"a\tb\""},
        {{'|', {FL_ZEROS, 0, FL_PLAIN}}, "a|\"", "\"a|\"\"\""}, {{';', {FL_ZEROS, 0, FL_PLAIN}}, "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fl_str s = padded_str(rows[i].text, rows[i].kind);
        char *end = fl_csv_string(out, s, &commas);
        assert_true((size_t)(end - out) <= fl_csv_max(s));
        WROTE(end, rows[i].want);
    }
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        WROTE(fl_csv_string(out, padded_str(with[i].text, FL_PLAIN), &with[i].form), with[i].want);
    WROTE(fl_csv_float(out, NAN, &commas), "");
    WROTE(fl_csv_float(out, NAN, &with[0].form), "-");
    WROTE(fl_csv_float(out, 1.5, &commas), "1.5");
    WROTE(fl_csv_missing(out, &with[0].form), "-");
    WROTE(fl_csv_rfc3339(out, 0), "1970-01-01T00:00:00Z");
    WROTE(fl_csv_int(out, -5), "-5");
}

/* ---- text ------------------------------------------------------------------------------------ */

static void compact(void **state)
{
    static const struct { const char *text, *want; } rows[] = {
        {"{\"a\":1}", "{\"a\":1}"},
        {" { \"a b\" : [ 1 , 2 , { } ] ,\n\t\"c\\\" d\" : \"x  y\" } ", "{\"a b\":[1,2,{}],\"c\\\" d\":\"x  y\"}"},
        {"  1", "1"}, {"[1 2]", NULL}, {"", NULL}, {"1 1", NULL}, {"{} x", NULL},
        {" \"a long string that needs wide copies, really\" ", "\"a long string that needs wide copies, really\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fl_buf b = {0};
        fl_buf_puts(&b, "before");
        bool ok = fl_json_compact(&b, padded(rows[i].text, strlen(rows[i].text)), strlen(rows[i].text));
        assert_int_equal(ok, rows[i].want != NULL);
        assert_int_equal(b.n, 6 + (rows[i].want ? strlen(rows[i].want) : 0));
        if (rows[i].want)
            assert_memory_equal(b.p + 6, rows[i].want, strlen(rows[i].want));
        fl_buf_free(&b);
    }
}

static void pretty(void **state)
{
    static const struct { const char *text; unsigned level; const char *want; } rows[] = {
        {"1", 0, "1"}, {"[]", 0, "[]"}, {"{}", 3, "{}"}, {"[1]", 0, "[\n\t1\n]"},
        {"[1,\"a,b\"]", 1, "[\n\t\t1,\n\t\t\"a,b\"\n\t]"},
        {"{\"a\":{},\"b\":[],\"c\":[{\"d\":null,\"e\\\"\":\"{[:,]}\"}]}", 0,
         "{\n\t\"a\": {},\n\t\"b\": [],\n\t\"c\": [\n\t\t{\n\t\t\t\"d\": null,"
         "\n\t\t\t\"e\\\"\": \"{[:,]}\"\n\t\t}\n\t]\n}"},
        {"[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fl_buf b = {0}, again = {0};
        size_t n = strlen(rows[i].text);
        fl_json_pretty(&b, padded(rows[i].text, n), n, rows[i].level);
        if (rows[i].want) {
            assert_int_equal(b.n, strlen(rows[i].want));
            assert_memory_equal(b.p, rows[i].want, b.n);
        }
        assert_true(fl_json_compact(&again, padded(b.p, b.n), b.n)); /* and back */
        assert_int_equal(again.n, n);
        assert_memory_equal(again.p, rows[i].text, n);
        fl_buf_free(&b);
        fl_buf_free(&again);
    }
}

/* Texts that have the shape and texts that do not come out as fl_json_pretty lays them out, with room for what follows. */
static void laid(void **state)
{
    static const char *const rows[] = {
        "{\"a\":1,\"b\":\"x\",\"c\":[1,2]}", "{\"a\":123456789012345678901234567890123456789}", "{\"b\":\"\"}", "{\"c\":[]}", "{}",
        "{\"a\":-1.5e3,\"c\":{\"x\":[{},[[]]]}}", "{\"a\":\"text\",\"b\":12,\"c\":null}", "{\"b\":\"\\\"}\",\"c\":true}",
        "{\"\\u0061\":1,\"b\":\"x\"}", "{\"a\":1,\"d\":2}", "{\"c\":[1],\"a\":1}", "[1,{\"a\":2}]", "\"text\"", "12", "null",
        "{\"b\":\"a text of more than sixty-four bytes, which is copied by memcpy and not in steps of sixteen\"}",
        "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[{\"deep\":[1,2,3]}]]]]]]]]]]]]]]]]]]]]]]]]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned level = 0; level < 4; level++) {
            struct fl_buf want = {0}, b = {0};
            size_t n = strlen(rows[i]), room = n + 3 * (level + 4) + level + 2;
            const char *text = padded(rows[i], n), *p = text;
            fl_json_pretty(&want, text, n, level);
            char *w = lay_shape(&b, fl_buf_room(&b, room), &p, level, room);
            assert_ptr_equal(p, text + n);
            assert_int_equal(w - b.p, want.n);
            assert_memory_equal(b.p, want.p, want.n);
            assert_true(b.cap - want.n >= FL_PAD);
            /* a value between others, in a buffer that is full but for `room` */
            b.n = b.cap - FL_PAD - room;
            memset(b.p, '=', b.n);
            size_t before = b.n;
            p = text;
            w = fl_lay(&b, b.p + before, &p, level, room);
            assert_ptr_equal(p, text + n);
            assert_int_equal(w - b.p, before + want.n);
            assert_memory_equal(b.p + before, want.p, want.n);
            assert_true(b.cap - (before + want.n) >= room + FL_PAD);
            for (size_t j = 0; j < before; j++)
                assert_int_equal(b.p[j], '=');
            fl_buf_free(&want);
            fl_buf_free(&b);
        }
    }
    WROTE(fl_put_line(out, 15), "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t");
    WROTE(fl_put_line(out, 0), "\n");
    WROTE(fl_put_long_line(out, 17), "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t");
}

static void locate(void **state)
{
    static const char text[] = "ab\ncd\n\nx";
    uint64_t line, column;
    (void)state;
    fl_json_locate(text, text, &line, &column);
    assert_true(line == 1 && column == 1);
    fl_json_locate(text, text + 4, &line, &column);
    assert_true(line == 2 && column == 2);
    fl_json_locate(text, text + 7, &line, &column);
    assert_true(line == 4 && column == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(compact, tear_down), cmocka_unit_test_teardown(pretty, tear_down), cmocka_unit_test_teardown(laid, tear_down),
        cmocka_unit_test(locate), cmocka_unit_test(integers), cmocka_unit_test_teardown(copies, tear_down),
        cmocka_unit_test(floats), cmocka_unit_test(floats_round_trip), cmocka_unit_test_teardown(escapes, tear_down),
        cmocka_unit_test(times), cmocka_unit_test(times_read), cmocka_unit_test(durations),
        cmocka_unit_test(scaled), cmocka_unit_test_teardown(csv, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
