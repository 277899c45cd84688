/* test_once.c - keys that come twice: found, and taken out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "json/once.h"

static struct fl_arena scratch;

static const char *padded(const char *text)
{
    char *p = fl_arena_zero(&scratch, strlen(text) + FL_PAD);
    memcpy(p, text, strlen(text));
    return p;
}

static bool repeats(const char *text)
{
    const char *p = padded(text);
    return fl_json_repeats(p, p + strlen(p));
}

static void expect_once(const char *text, const char *want)
{
    const char *p = padded(text);
    fl_str got = fl_json_once(&scratch, (fl_str){p, (uint32_t)strlen(p), FL_RAW});
    assert_int_equal(got.n, strlen(want));
    assert_string_equal(got.p, want); /* zeros follow */
}

static void found(void **state)
{
    (void)state;
    assert_false(repeats("{}"));
    assert_false(repeats("{\"a\":1,\"b\":{\"a\":2,\"b\":\"a\"},\"c\":[{\"a\":1},{\"a\":2}],\"d\":\"a\"}"));
    assert_true(repeats("{\"a\":1,\"a\":1}"));
    assert_true(repeats("{ \"a\" : 1 , \"b\" : [ { \"c\" : {} , \"d\":0, \"c\" : 2 } ] }"));
    assert_true(repeats("{\"a\":1,\"\\u0061\":1}"));
    assert_true(repeats("{\"\":1,\"b\":{\"x\":1},\"\":2}"));
    assert_false(repeats("[\"a\",\"a\",{\"q\":\"a\\\"\"}]"));
}

static void many_keys(void **state)
{
    (void)state;
    struct fl_buf b = {0};
    for (int most = 8; most <= 2048; most *= 4) {
        b.n = 0;
        for (int i = 0; i < most; i++)
            fl_buf_printf(&b, "%s\"key%d\":%d", i ? "," : "{", i, i);
        fl_buf_puts(&b, "}");
        fl_buf_printf(&b, "%c", 0);
        if (most <= 128)
            assert_false(repeats(b.p));
        expect_once(b.p, b.p);
        b.n -= 2;
        fl_buf_puts(&b, ",\"key3\":-1}");
        fl_buf_printf(&b, "%c", 0);
        assert_true(repeats(b.p));
        const char *p = padded(b.p);
        fl_str got = fl_json_once(&scratch, (fl_str){p, (uint32_t)strlen(p), FL_RAW});
        assert_null(strstr(got.p, "\"key3\":3,"));
        assert_non_null(strstr(got.p, "\"key2\":2,\"key4\":4,"));
        assert_non_null(strstr(got.p, ",\"key3\":-1}"));
    }
    fl_buf_free(&b);
}

static void taken_out(void **state)
{
    (void)state;
    expect_once("{}", "{}");
    expect_once("{\"a\":1,\"a\":2}", "{\"a\":2}");
    expect_once("{\"a\":1,\"b\":\"x\",\"a\":null}", "{\"b\":\"x\",\"a\":null}");
    expect_once("{\"a\":1,\"a\":2,\"a\":3,\"b\":4}", "{\"a\":3,\"b\":4}");
    expect_once(" { \"a\" : { \"b\" : 1 , \"b\" : [ 1 , 2 ] } , \"c\" : [ { \"x y\" : 1, \"x y\" : 2 }, { } ] } ",
                "{\"a\":{\"b\":[1,2]},\"c\":[{\"x y\":2},{}]}");
    expect_once("{\"\\u0061\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}");
    expect_once("{\"a\":{\"b\":1,\"b\":2},\"a\":{\"c\":1,\"c\":2}}", "{\"a\":{\"c\":2}}");
    expect_once("[{\"a\":\"\\\"{,\",\"a\":\"}\"}]", "[{\"a\":\"}\"}]");
    expect_once("{\"n\":-1.50e+3,\"n\":123456789012345678901}", "{\"n\":123456789012345678901}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(found), cmocka_unit_test(many_keys), cmocka_unit_test(taken_out)};
    fl_arena_init(&scratch, (size_t)64 << 10);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    fl_arena_free(&scratch);
    return rc;
}
