/* test_record.c - runtime/lang/record.c: records passed on as text, lists, maps, keys, partitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "flowrt.h"

static struct fl_arena memory, *const arena = &memory;
static struct fl_cx cx;

static int setup(void **state)
{
    (void)state;
    fl_arena_init(&memory, 1 << 12);
    cx.scratch = &memory;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_arena_free(arena);
    return 0;
}

/* The text in scratch, with the zero bytes behind that the scanner wants. */
static fl_str json(const char *text)
{
    size_t n = strlen(text);
    char *p = fl_arena_get(arena, n + FL_PAD);
    memcpy(p, text, n);
    memset(p + n, 0, FL_PAD);
    return (fl_str){p, (uint32_t)n, FL_RAW};
}

static void same(fl_str got, const char *want)
{
    char *text = strndup(got.p, got.n);
    assert_string_equal(text, want);
    free(text);
    assert_true(got.p[got.n] == 0 || strchr(",}] ", got.p[got.n])); /* readable, and the end of every scan */
}

static const struct fl_form inner = {(const struct fl_form_member[]){{"x", 1, "x", 1, NULL, NULL}, {"d", 1, "d", 1, "7", NULL}}, 2};
static const struct fl_form form = {(const struct fl_form_member[]){
    {"A", 1, "A", 1, NULL, NULL}, {"q\"k", 3, "q\\\"k", 4, "\"none\"", NULL}, {"R", 1, "R", 1, NULL, &inner}, {"L", 1, "L", 1, "[]", NULL}}, 4};

static void reshaped(const char *in, const char *want)
{
    same(fl_reshape(arena, json(in), &form), want);
}

static void test_reshape(void **state)
{
    (void)state;
    reshaped("{}", "{\"q\\\"k\":\"none\",\"L\":[]}");
    reshaped("{\"A\":1,\"q\\\"k\":2,\"R\":{\"x\":3,\"d\":4},\"L\":[5]}", "{\"A\":1,\"q\\\"k\":2,\"R\":{\"x\":3,\"d\":4},\"L\":[5]}");
    reshaped("{ \"L\" : [ 5 , { \"y\" : \" z \" } ] , \"A\" : null , \"zz\" : 1 , \"R\" : { } }", "{\"q\\\"k\":\"none\",\"R\":{\"d\":7},\"L\":[5,{\"y\":\" z \"}]}");
    reshaped("{\"A\":1,\"A\":2,\"\\u0041\":3}", "{\"A\":3,\"q\\\"k\":\"none\",\"L\":[]}");
    reshaped("{\"A\":1,\"A\":null,\"R\":7}", "{\"q\\\"k\":\"none\",\"R\":7,\"L\":[]}");
    reshaped("{\"R\":{\"x\":null,\"y\":{\"x\":1}},\"q\\u0022k\":\"\\u003c\"}", "{\"q\\\"k\":\"\\u003c\",\"R\":{\"d\":7},\"L\":[]}");
}

static void test_compact(void **state)
{
    (void)state;
    fl_str tight = json("{\"a\":[1,2]}");
    assert_ptr_equal(fl_compact(arena, tight).p, tight.p);
    same(fl_compact(arena, json("[ 1 ,\t\" a \" ,\r{ } ]")), "[1,\" a \",{}]");
    struct fl_decoder d;
    fl_str in = json("{\"a\" : 1}, 5"), out;
    fl_decoder_init(&d, in.p, in.n, arena);
    assert_int_equal(fl_get_json(&d, &out, "f"), 1);
    same(out, "{\"a\":1}");
    assert_true(d.spaced); /* the record as a whole has white space */
}

static void test_lists(void **state)
{
    (void)state;
    struct fl_decoder d;
    struct fl_list l;
    fl_str in = json("[\"a\", \"b\\u0063\", \"\"]");
    fl_decoder_init(&d, in.p, in.n, arena);
    assert_int_equal(fl_get_strings(&d, &l, "f"), 1);
    assert_int_equal(l.n, 3);
    assert_true(fl_strs_has(l, FL_LIT("bc")) && fl_strs_has(l, FL_LIT("")) && !fl_strs_has(l, FL_LIT("b")));
    char *w = fl_arena_get(arena, fl_strings_max(l) + FL_PAD), *end = fl_put_strings(w, l, true);
    assert_true((size_t)(end - w) <= fl_strings_max(l));
    *end = 0;
    assert_string_equal(w, "[\"a\",\"bc\",\"\"]");
    in = json("[]");
    fl_decoder_init(&d, in.p, in.n, arena);
    assert_int_equal(fl_get_ints(&d, &l, "f"), 1);
    assert_int_equal(l.n, 0);
    in = json("[1,\"2\",null]");
    fl_decoder_init(&d, in.p, in.n, arena);
    assert_int_equal(fl_get_ints(&d, &l, "f"), 0);
    assert_string_equal(d.bad_field, "f");
    in = json("[1,2");
    fl_decoder_init(&d, in.p, in.n, arena);
    assert_int_equal(fl_get_ints(&d, &l, "f"), -1);
    static const double floats[] = {0.5, 2};
    static const bool bools[] = {true, true};
    assert_true(fl_floats_has((struct fl_list){floats, 2}, 2.0) && !fl_floats_has((struct fl_list){floats, 2}, 1.0));
    assert_true(fl_bools_has((struct fl_list){bools, 2}, true) && !fl_bools_has((struct fl_list){bools, 2}, false));
}

static void test_maps(void **state)
{
    (void)state;
    fl_str map = json("{\"a\":\"x\\u0079\",\"n\":5,\"z\":null,\"a\":\"last\",\"b\":true,\"f\":0.5,\"\\u0065\":1}"), s;
    int64_t i;
    double f;
    bool b;
    assert_true(fl_map_string(&cx, map, FL_LIT("a"), &s) && s.n == 4 && memcmp(s.p, "last", 4) == 0);
    assert_false(fl_map_string(&cx, map, FL_LIT("n"), &s));
    assert_true(fl_map_int(&cx, map, FL_LIT("n"), &i) && i == 5);
    assert_true(fl_map_int(&cx, map, FL_LIT("e"), &i) && i == 1);
    assert_true(fl_map_float(&cx, map, FL_LIT("f"), &f) && f == 0.5);
    assert_true(fl_map_bool(&cx, map, FL_LIT("b"), &b) && b);
    assert_true(fl_map_has(&cx, map, FL_LIT("b")) && !fl_map_has(&cx, map, FL_LIT("z")) && !fl_map_has(&cx, map, FL_LIT("")));
    assert_false(fl_map_has(&cx, json("[\"b\"]"), FL_LIT("b")));
    assert_false(fl_map_has(&cx, (fl_str){0}, FL_LIT("b")));
}

static void test_keys(void **state)
{
    (void)state;
    struct fl_key a = {0}, b = {0};
    fl_key_text(&a, FL_LIT("ab"));
    fl_key_text(&a, FL_LIT("c"));
    fl_key_text(&b, FL_LIT("a"));
    fl_key_text(&b, FL_LIT("bc"));
    assert_int_equal(a.n, b.n);
    assert_memory_not_equal(a.s, b.s, a.n);
    char text[2000];
    memset(text, 'x', sizeof text);
    struct fl_key l1 = {0}, l2 = {0};
    fl_key_text(&l1, (fl_str){text, 2000, FL_PLAIN});
    text[1999] = 'y';
    fl_key_text(&l2, (fl_str){text, 2000, FL_PLAIN});
    assert_int_equal(fl_key_str(&l1).n, sizeof l1.s);
    assert_memory_not_equal(l1.s, l2.s, sizeof l1.s); /* the hash of what did not fit */
    assert_true(l1.n > FL_TABLE_KEY);                  /* so tables refuse it */
}

static void partition(const char *text, const char *want)
{
    struct fl_buf out = {0};
    fl_partition_put(&out, (fl_str){text, (uint32_t)strlen(text), FL_PLAIN});
    fl_buf_putc(&out, 0);
    assert_string_equal(out.p, want);
    fl_buf_free(&out);
}

static void test_partitions(void **state)
{
    (void)state;
    partition("eu-north_1", "eu-north_1");
    partition("", "__empty__");
    partition("a/b c", "a%2Fb%20c");
    partition("..", "%2E.");
    partition("10.0.0.1:80", "10.0.0.1:80");
    partition("é%", "é%25");
}

static void test_paths(void **state)
{
    (void)state;
    fl_str flow = json("{\"A\":{\"b\":\"x\\u0079\",\"n\":5,\"z\":null},\"t\":true}");
    struct fl_buf out = {0};
    assert_true(fl_path_text(&cx, flow.p, flow.n, "A.b", &out));
    assert_true(fl_path_text(&cx, flow.p, flow.n, "A.n", &out));
    assert_true(fl_path_text(&cx, flow.p, flow.n, "A.z", &out));
    assert_true(fl_path_text(&cx, flow.p, flow.n, "A.none", &out));
    assert_true(fl_path_text(&cx, flow.p, flow.n, "t", &out));
    assert_false(fl_path_text(&cx, flow.p, flow.n, "B.b", &out));
    fl_buf_putc(&out, 0);
    assert_string_equal(out.p, "xy5true");
    fl_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reshape), cmocka_unit_test(test_compact), cmocka_unit_test(test_lists), cmocka_unit_test(test_maps),
        cmocka_unit_test(test_keys), cmocka_unit_test(test_partitions), cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
