/*
 * test_builtins.c - runtime/lang/builtins.c, regex.c and dsl/ops.h: the language's functions and its arithmetic at
 * the edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsl/strftime.h"
#include "flowrt.h"
#include "tests/unit/padded.h"

static struct fl_arena arena;
static struct fl_cx cx = {.scratch = &arena};

static fl_str text(const char *s)
{
    return (fl_str){s, (uint32_t)strlen(s), FL_PLAIN};
}

static void same(fl_str s, const char *want)
{
    if (s.n != strlen(want) || (s.n && memcmp(s.p, want, s.n)))
        fail_msg("\"%.*s\" not \"%s\"", (int)s.n, s.p, want);
    assert_int_not_equal(s.kind, FL_RAW);
}

static int tear_down(void **state)
{
    (void)state;
    padded_free();
    fl_arena_free(&arena);
    return 0;
}

static void arithmetic(void **state)
{
    uint64_t over = 0;
    int64_t q;
    double f;
    (void)state;
    assert_int_equal(fl_add(1, 2, &over), 3);
    assert_int_equal(fl_sub(1, 2, &over), -1);
    assert_int_equal(fl_mul(-3, 2, &over), -6);
    assert_int_equal(fl_neg(5, &over), -5);
    assert_int_equal(fl_abs(-5, &over), 5);
    assert_int_equal(over, 0);
    assert_int_equal(fl_add(INT64_MAX, 1, &over), INT64_MAX);
    assert_int_equal(fl_add(INT64_MIN, -1, &over), INT64_MIN);
    assert_int_equal(fl_sub(INT64_MIN, 1, &over), INT64_MIN);
    assert_int_equal(fl_sub(INT64_MAX, -1, &over), INT64_MAX);
    assert_int_equal(fl_sub(0, INT64_MIN, &over), INT64_MAX);
    assert_int_equal(fl_mul(INT64_MAX, 2, &over), INT64_MAX);
    assert_int_equal(fl_mul(INT64_MAX, -2, &over), INT64_MIN);
    assert_int_equal(fl_mul(INT64_MIN, -1, &over), INT64_MAX);
    assert_int_equal(fl_neg(INT64_MIN, &over), INT64_MAX);
    assert_int_equal(fl_abs(INT64_MIN, &over), INT64_MAX);
    assert_int_equal(over, 10);
    assert_true(fl_div(7, -2, &q, &over) && q == -3);
    assert_true(fl_div(7, -1, &q, &over) && q == -7);
    assert_int_equal(over, 10);
    assert_true(fl_div(INT64_MIN, -1, &q, &over) && q == INT64_MAX);
    assert_int_equal(over, 11);
    assert_true(fl_mod(-7, 2, &q) && q == -1);
    assert_true(fl_mod(INT64_MIN, -1, &q) && q == 0);
    q = 42;
    assert_false(fl_div(1, 0, &q, &over));
    assert_false(fl_mod(1, 0, &q));
    assert_int_equal(q, 42);
    assert_false(fl_fdiv(1, 0, &f));
    assert_false(fl_fdiv(1, -0.0, &f));
    assert_true(fl_fdiv(1, 4, &f) && f == 0.25);
    assert_true(fl_rate(1000, 2000000000, &f) && f == 500);
    assert_false(fl_rate(1000, 0, &f));
    over = 0;
    assert_int_equal(fl_trunc(-1.9, &over), -1);
    assert_int_equal(over, 0);
    assert_int_equal(fl_trunc(1e300, &over), INT64_MAX);
    assert_int_equal(fl_trunc(-1e300, &over), INT64_MIN);
    assert_int_equal(fl_trunc(NAN, &over), 0);
    assert_int_equal(fl_trunc(9223372036854775808.0, &over), INT64_MAX);
    assert_int_equal(over, 4);
    assert_int_equal(fl_trunc(-9223372036854775808.0, &over), INT64_MIN);
    assert_int_equal(over, 4);
    assert_int_equal(fl_min(1, 2), 1);
    assert_int_equal(fl_max(1, 2), 2);
}

static void as_text(void **state)
{
    fl_cidr c;
    (void)state;
    same(fl_b_text_int(&cx, INT64_MIN), "-9223372036854775808");
    same(fl_b_text_float(&cx, 1.5), "1.5");
    same(fl_b_text_float(&cx, NAN), "NaN");
    same(fl_b_text_float(&cx, -INFINITY), "-Inf");
    same(fl_b_text_bool(&cx, true), "true");
    same(fl_b_text_ip(&cx, fl_ip_of(text("::FFFF:10.0.0.1"))), "::FFFF:10.0.0.1");
    fl_ip escaped = {.text = {padded("\\u0061b", 7), 7, FL_RAW}};
    same(fl_b_text_ip(&cx, escaped), "ab");
    assert_true(fl_cidr_parse(&c, "fe80::1/10", 10));
    same(fl_b_text_cidr(&cx, c), "fe80::/10");
    same(fl_b_text_time(&cx, 1795424102500000000), "2026-11-23T08:55:02.500Z");
    same(fl_b_rfc3339(&cx, 1795424102500000000), "2026-11-23T08:55:02Z");
    same(fl_b_rfc3339(&cx, -1), "1969-12-31T23:59:59Z");
    same(fl_b_text_duration(&cx, 90000000000), "1m30s");
    same(fl_b_strftime(&cx, 1795424102500000000, text("%Y-%m-%d %H.%M.%S.%3f %q 100%% %")),
         "2026-11-23 08.55.02.500 %q 100% %");
    same(fl_b_strftime(&cx, 1795424102123456789, text("%6f %9f %f %A %B %Z%z %2f")),
         "123456 123456789 123456 Monday November UTC+0000 %2f");
    same(fl_b_strftime(&cx, 0, text("")), "");
    for (int letter = 1; letter < 128; letter++) { /* those that the compiler takes, and no others */
        char one[] = {'%', (char)letter, 0};
        fl_str made = fl_b_strftime(&cx, 0, text(one));
        assert_int_equal(made.n != 2 || memcmp(made.p, one, 2) != 0,
                         strchr(FL_TIME_FIELDS, letter) != NULL);
    }
    char many[401] = "";
    for (int i = 0; i < 200; i++)
        strcat(many, "%B");
    assert_int_equal(fl_b_strftime(&cx, 1795424102500000000, text(many)).n, 1600);
    assert_int_equal(fl_b_seconds(-1), -1);
    assert_int_equal(fl_b_seconds(1999999999), 1);
    assert_int_equal(fl_b_millis(-1000000), -1);
    assert_int_equal(fl_b_millis(1999999), 1);
}

static void to_int(void **state)
{
    static const struct { const char *s; bool ok; int64_t v; } rows[] = {
        {"0", true, 0}, {"-12", true, -12}, {"+7", true, 7}, {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX}, {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0}, {"99999999999999999999", false, 0}, {"", false, 0}, {"-", false, 0},
        {"+", false, 0}, {" 1", false, 0}, {"1 ", false, 0}, {"1.0", false, 0}, {"0x1", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t v = 0;
        assert_int_equal(fl_b_int(text(rows[i].s), &v), rows[i].ok);
        assert_int_equal(v, rows[i].v);
    }
}

static void texts(void **state)
{
    (void)state;
    same(fl_b_lower(&cx, text("ABC-xyz-\xc3\x84[@`{Z")), "abc-xyz-\xc3\x84[@`{z");
    same(fl_b_upper(&cx, text("ABC-xyz-\xc3\xa4[@`{z")), "ABC-XYZ-\xc3\xa4[@`{Z");
    fl_str keep = text("123");
    assert_ptr_equal(fl_b_lower(&cx, keep).p, keep.p);
    assert_int_equal(fl_b_length(text("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
    assert_int_equal(fl_b_length(text("")), 0);
    assert_true(fl_b_starts_with(text("abc"), text("ab")) &&
    fl_b_starts_with(text("abc"), text("")) && !fl_b_starts_with(text("ab"), text("abc")) &&
                !fl_b_starts_with(text("abc"), text("bc")));
    assert_true(fl_b_ends_with(text("abc"), text("bc")) &&
    fl_b_ends_with(text("abc"), text("")) && !fl_b_ends_with(text("bc"), text("abc")) &&
                !fl_b_ends_with(text("abc"), text("ab")));
    assert_true(fl_b_contains(text("abc"), text("b")) &&
    fl_b_contains(text(""), text("")) && !fl_b_contains(text("abc"), text("ac")) &&
                !fl_b_contains(text(""), text("a")));
    static const struct { int64_t start, len; const char *want; } cuts[] = {
        {0, 1, "a"}, {1, 1, "\xc3\xa4"}, {2, 2, "\xe2\x82\xac" "z"}, {0, 99, "a\xc3\xa4\xe2\x82\xac" "z"},
        {4, 1, ""}, {99, 1, ""}, {0, 0, ""}, {1, -1, ""}, {-1, 2, "a"}, {-5, 2, ""},
        {INT64_MIN, INT64_MAX, ""}, {INT64_MAX, INT64_MAX, ""}, {0, INT64_MAX, "a\xc3\xa4\xe2\x82\xac" "z"},
        {INT64_MIN, INT64_MIN, ""}, {3, INT64_MAX, "z"},
    };
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++)
        same(fl_b_substring(&cx, text("a\xc3\xa4\xe2\x82\xacz"), cuts[i].start, cuts[i].len), cuts[i].want);
    fl_str raw = {padded("x\\n\\u0041", 9), 9, FL_RAW};
    fl_str parts[] = {FL_LIT("a="), raw, FL_LIT(""), {padded("c", 1), 1, FL_CLEAN}, {0}};
    same(fl_join(&cx, parts, 5), "a=x\nAc");
    same(fl_join(&cx, parts, 0), "");
    same(fl_decoded(&cx, raw), "x\nA");
    assert_int_equal(fl_join(&cx, parts + 3, 1).kind, FL_CLEAN);
}

static void lists(void **state)
{
    static const struct { const char *s, *sep, *want; uint32_t n; } rows[] = {
        {"a,b,,c", ",", "a|b||c|", 4}, {"", ",", "|", 1}, {"abc", "", "abc|", 1}, {",", ",", "||", 2},
        {"a--b-c", "--", "a|b-c|", 2}, {"aaa", "aa", "|a|", 2}, {"abc", "x", "abc|", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fl_list l = fl_b_split(&cx, text(rows[i].s), text(rows[i].sep));
        const fl_str *v = l.v;
        char joined[64] = "";
        for (uint32_t k = 0; k < l.n; k++) {
            strncat(joined, v[k].n ? v[k].p : "", v[k].n);
            strcat(joined, "|");
        }
        assert_int_equal(l.n, rows[i].n);
        assert_string_equal(joined, rows[i].want);
    }
    fl_str strs[] = {FL_LIT("a"), FL_LIT(""), FL_LIT("ccc")};
    int64_t ints[] = {1, -5, INT64_MAX};
    struct fl_list s = {strs, 3}, n = {ints, 3}, none = {NULL, 0};
    assert_true(fl_strs_has(s, text("ccc")) &&
    fl_strs_has(s, text("")) && !fl_strs_has(s, text("cc")) && !fl_strs_has(none, text("")));
    assert_true(fl_list_at(n, 0, 8) == &ints[0] && fl_list_at(n, 2, 8) == &ints[2] && fl_list_at(n, -1, 8) == &ints[2]);
    assert_true(fl_list_at(n, -3, 8) == &ints[0] && !fl_list_at(n, 3, 8) && !fl_list_at(n, -4, 8) && !fl_list_at(none, 0, 8));
    assert_true(!fl_list_at(n, INT64_MIN, 8) && !fl_list_at(n, INT64_MAX, 8) && !fl_list_at(none, -1, 8));
    same(fl_b_join(&cx, none, text(", ")), "");
    same(fl_b_join(&cx, s, text(", ")), "a, , ccc");
    assert_true(fl_ints_has(n, -5) && !fl_ints_has(n, 5) && !fl_ints_has(none, 0));
}

/* Each of n is found, and nothing between, before and behind them. */
static void places(void **state)
{
    (void)state;
    static const int64_t ints[] = {INT64_MIN, -7, -5, 0, 3, 5, 8, 1000, INT64_MAX};
    static const int64_t not[] = {INT64_MIN + 1, -8, -6, -1, 1, 4, 6, 999, 1001, INT64_MAX - 1};
    const fl_str strs[] = {FL_LIT(""), FL_LIT("a"), FL_LIT("c"), FL_LIT("\xff"), FL_LIT("aa"), FL_LIT("ab"), FL_LIT("ba"), FL_LIT("abc")};
    static const char *const none[] = {"b", "d", "A", "a\xff", "ac", "aaa", "abd", "abcd"};
    for (uint32_t n = 0; n <= 9; n++) {
        for (uint32_t i = 0; i < 9; i++)
            assert_int_equal(fl_int_place(ints, n, ints[i]), i < n ? (int64_t)i : -1);
        for (size_t i = 0; i < sizeof not / sizeof *not; i++)
            assert_int_equal(fl_int_place(ints, n, not[i]), -1);
    }
    for (uint32_t n = 0; n <= 8; n++) {
        for (uint32_t i = 0; i < 8; i++)
            assert_int_equal(fl_str_place(strs, n, strs[i]), i < n ? (int64_t)i : -1);
        for (size_t i = 0; i < sizeof none / sizeof *none; i++)
            assert_int_equal(fl_str_place(strs, n, text(none[i])), -1);
    }
    assert_int_equal(fl_str_place(strs, 8, (fl_str){NULL, 0, FL_RAW}), 0);
}

/* The numbers are a promise: they must not change between versions or machines. */
static void hash(void **state)
{
    (void)state;
    assert_true(fl_b_hash(text("")) == 5472609001614131137);
    assert_true(fl_b_hash(text("a")) == 3414815162146894016);
    assert_true(fl_b_hash(text("10.0.0.1")) == 574190661962045648);
    for (int i = 0; i < 1000; i++)
        assert_true(fl_b_hash(fl_b_text_int(&cx, i)) >= 0);
    assert_int_not_equal(fl_b_hash(text("a")), fl_b_hash(text("b")));
}

static void addresses(void **state)
{
    int64_t v = 0;
    fl_cidr c;
    char out[60];
    (void)state;
    assert_true(fl_b_family(fl_ip_of(text("1.2.3.4")), &v) && v == 4);
    assert_true(fl_b_family(fl_ip_of(text("::1")), &v) && v == 6);
    assert_false(fl_b_family(fl_ip_of(text("x")), &v));
    assert_true(fl_b_network(fl_ip_of(text("10.1.2.3")), 16, &c));
    out[fl_cidr_format(&c, out)] = 0;
    assert_string_equal(out, "10.1.0.0/16");
    same(fl_b_address_of(&cx, c).text, "10.1.2.3");
    assert_true(fl_b_network(fl_ip_of(text("fe80::1:2")), 64, &c));
    out[fl_cidr_format(&c, out)] = 0;
    assert_string_equal(out, "fe80::/64");
    assert_true(fl_b_network(fl_ip_of(text("::1")), 0, &c) && fl_b_network(fl_ip_of(text("::1")), 128, &c));
    assert_false(fl_b_network(fl_ip_of(text("10.1.2.3")), 33, &c));
    assert_false(fl_b_network(fl_ip_of(text("::1")), 129, &c));
    assert_false(fl_b_network(fl_ip_of(text("::1")), -1, &c));
    assert_false(fl_b_network(fl_ip_of(text("x")), 8, &c));
    assert_true(fl_cidr_parse(&c, "192.168.1.7/24", 14));
    fl_ip ip = fl_b_address_of(&cx, c);
    same(ip.text, "192.168.1.7");
    assert_int_equal(ip.family, 4);
    assert_true(fl_b_proto_number(text("tcp"), &v) && v == 6);
    assert_true(fl_b_proto_number(text("UDP"), &v) && v == 17);
    assert_true(fl_b_proto_number(text("SCTP"), &v) && v == 132);
    assert_true(fl_b_proto_number(text("ICMPv6"), &v) && v == 58);
    assert_true(fl_b_proto_number(text("IPv6-ICMP"), &v) && v == 58);
    assert_true(fl_b_proto_number(text("HOPOPT"), &v) && v == 0);
    assert_false(fl_b_proto_number(text("TC"), &v));
    assert_false(fl_b_proto_number(text("TCPX"), &v));
    assert_false(fl_b_proto_number(text(""), &v));
}

static void regexes(void **state)
{
    static const struct { const char *pattern, *s; bool matches; const char *with, *want; } rows[] = {
        {"[^A-Za-z0-9.-]", "a_b.c-d/e", true, "-", "a-b.c-d-e"},
        {"[^A-Za-z0-9.-]", "pl\xc3\xa4in \xf0\x9f\x98\x80", true, "-", "pl-in--"},
        {"[^A-Za-z0-9.-]", "plain", false, "-", "plain"},
        {"[^A-Za-z0-9.-]+", "a___b \xc3\xa4\xc3\xa4", true, "-", "a-b-"},
        {"[aeiou]", "education", true, "", "dctn"}, {"[]x]", "a]bx", true, "_", "a_b_"},
        {"[^]x]", "a]bx", true, "_", "_]_x"}, {"[a-]", "a-b", true, "+", "++b"},
        {"[\\]", "a\\b", true, "/", "a/b"}, {"[[:digit:]]+", "a12b3", true, "#", "a#b#"},
        {".", "a\xc3\xa4\xe2\x82\xac", true, "x", "xxx"}, {"^.{3}$", "a\xc3\xa4\xe2\x82\xac", true, "x", "x"},
        {"^.{6}$", "a\xc3\xa4\xe2\x82\xac", false, "x", "a\xc3\xa4\xe2\x82\xac"},
        {"[^a]b", "\xc3\xa4" "b", true, "x", "x"}, {"a|b+", "abbbc", true, "x", "xxc"},
        {"^a", "aaa", true, "x", "xaa"}, {"a$", "aaa", true, "x", "aax"},
        {"^(fe|ff)80:", "fe80::1", true, "\\1:", "fe::1"},
        {"([a-z]+)\\.([a-z]+)", "see a.b and cc.dd", true, "\\2@\\1\\\\", "see b@a\\ and dd@cc\\"},
        {"x*", "abc", true, "-", "-a-b-c-"}, {"x*", "axxb", true, "-", "-a-b-"}, {"x*", "", true, "-", "-"},
        {"x*", "\xc3\xa4", true, "-", "-\xc3\xa4-"},
        {"b", "abab", true, "\\0\\0", "abbabb"}, {"(a)|(b)", "ab", true, "<\\1|\\2>", "<a|><|b>"},
        {"[ab]", "cab", true, "\\0.", "ca.b."}, {"n", "no", true, "\\", "\\o"}, {"^$", "", true, "e", "e"},
        {"", "ab", true, "-", "-a-b-"},
    };
    (void)state;
    setlocale(LC_ALL, ""); /* whatever it is, it must not matter */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *error = NULL;
        struct fl_regex *re = fl_regex_new(rows[i].pattern, &error);
        if (!re)
            fail_msg("%s", error);
        size_t n = strlen(rows[i].s);
        char *exact = malloc(n + 1);
        memcpy(exact, rows[i].s, n);
        exact = realloc(exact, n ? n : 1);
        fl_str s = {exact, (uint32_t)n, FL_PLAIN};
        if (fl_regex_matches(re, s) != rows[i].matches)
            fail_msg("%s on \"%s\"", rows[i].pattern, rows[i].s);
        same(fl_b_replace(&cx, s, re, text(rows[i].with)), rows[i].want);
        free(exact);
        fl_regex_free(re);
    }
    char *error = NULL;
    assert_null(fl_regex_new("a(b", &error));
    assert_non_null(strstr(error, "a(b"));
    free(error);
    error = NULL;
    assert_null(fl_regex_new("[z-a]", &error));
    assert_non_null(error);
    free(error);
    struct fl_regex *re = fl_regex_new("b$", &error);
    assert_true(fl_regex_matches(re, (fl_str){"a\0b", 3, FL_PLAIN}));
    assert_false(fl_regex_matches(re, (fl_str){"ab\0", 3, FL_PLAIN}));
    fl_regex_free(re);
    re = fl_regex_new("[^a-z]", &error);
    same(fl_b_replace(&cx, (fl_str){"a\0b", 3, FL_PLAIN}, re, text("-")), "a-b");
    fl_regex_free(re);
}

/* A text that is {0} is the empty one everywhere. */
static void nothing(void **state)
{
    fl_str none = {0};
    int64_t v;
    char *error = NULL;
    (void)state;
    assert_false(fl_b_int(none, &v));
    same(fl_b_lower(&cx, none), "");
    assert_int_equal(fl_b_length(none), 0);
    assert_true(fl_b_starts_with(none, none) && fl_b_ends_with(none, none) && fl_b_contains(none, none));
    same(fl_b_substring(&cx, none, 0, 5), "");
    assert_int_equal(fl_b_split(&cx, none, none).n, 1);
    assert_int_equal(fl_b_split(&cx, none, text(",")).n, 1);
    same(fl_b_strftime(&cx, 0, none), "");
    assert_false(fl_b_proto_number(none, &v));
    assert_true(fl_b_hash(none) == fl_b_hash(text("")));
    struct fl_regex *re = fl_regex_new("[a]", &error), *any = fl_regex_new("x*", &error);
    assert_false(fl_regex_matches(re, none));
    assert_true(fl_regex_matches(any, none));
    same(fl_b_replace(&cx, none, re, none), "");
    same(fl_b_replace(&cx, none, any, none), "");
    same(fl_b_replace(&cx, text("xax"), any, none), "a");
    fl_regex_free(re);
    fl_regex_free(any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic), cmocka_unit_test_teardown(as_text, tear_down),
        cmocka_unit_test(to_int), cmocka_unit_test_teardown(texts, tear_down),
        cmocka_unit_test_teardown(lists, tear_down), cmocka_unit_test(places),
        cmocka_unit_test_teardown(hash, tear_down), cmocka_unit_test_teardown(addresses, tear_down),
        cmocka_unit_test_teardown(regexes, tear_down), cmocka_unit_test_teardown(nothing, tear_down),
    };
    fl_arena_init(&arena, 1 << 14);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
