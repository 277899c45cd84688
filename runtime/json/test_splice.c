/* test_splice.c - members replaced, left out and added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "json/splice.h"

static struct fl_arena scratch;

static const struct fl_edit edits[] = {{"a", 1, "a", 1}, {"\"", 1, "\\\"", 2}, {"new", 3, "new", 3}};

/* The values of a, `"` and new; NULL leaves one out. */
static void expect(const char *object, const char *a, const char *quote, const char *new, const char *want)
{
    const char *texts[] = {a, quote, new};
    fl_str values[3] = {{0}};
    for (int i = 0; i < 3; i++)
        if (texts[i])
            values[i] = (fl_str){texts[i], (uint32_t)strlen(texts[i]), FL_RAW};
    char *p = fl_arena_zero(&scratch, strlen(object) + FL_PAD);
    memcpy(p, object, strlen(object));
    fl_str got = fl_json_splice(&scratch, (fl_str){p, (uint32_t)strlen(p), FL_RAW}, edits, values, 3);
    assert_int_equal(got.n, strlen(want));
    assert_string_equal(got.p, want); /* zeros follow */
}

static void replaced_in_place(void **state)
{
    (void)state;
    expect("{\"x\":1,\"a\":2,\"y\":[3]}", "\"b\"", NULL, NULL, "{\"x\":1,\"a\":\"b\",\"y\":[3]}");
    expect("{\"\\\"\":2,\"a\":{\"a\":1}}", "{}", "[]", NULL, "{\"\\\"\":[],\"a\":{}}");
    expect("{\"\\u0061\":2}", "1", NULL, NULL, "{\"a\":1}");
}

static void left_out(void **state)
{
    (void)state;
    expect("{}", NULL, NULL, NULL, "{}");
    expect("{\"a\":\"},{\\\\\"}", NULL, NULL, NULL, "{}");
    expect("{\"a\":[{},[\"]\"]],\"b\":{\"a\":1}}", NULL, NULL, NULL, "{\"b\":{\"a\":1}}");
    expect("{\"b\":-1.5e3,\"a\":null}", NULL, NULL, NULL, "{\"b\":-1.5e3}");
    expect("{\"a\":1,\"b\":true,\"\\\"\":2}", NULL, NULL, NULL, "{\"b\":true}");
}

static void added_behind(void **state)
{
    (void)state;
    expect("{}", NULL, "1", "2", "{\"\\\"\":1,\"new\":2}");
    expect("{\"b\":\"a\"}", "0", NULL, "2", "{\"b\":\"a\",\"a\":0,\"new\":2}");
}

static void once(void **state)
{
    (void)state;
    expect("{\"a\":1,\"b\":2,\"a\":3}", "9", NULL, NULL, "{\"a\":9,\"b\":2}");
    expect("{\"a\":1,\"b\":2,\"a\":3}", NULL, NULL, NULL, "{\"b\":2}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaced_in_place),
        cmocka_unit_test(left_out),
        cmocka_unit_test(added_behind),
        cmocka_unit_test(once),
    };
    fl_arena_init(&scratch, (size_t)64 << 10);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fl_arena_free(&scratch);
    return failed;
}
