/* test_testrun.c - the runner of `test` blocks: what passes, what fails, and what it says then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "flowrt.h"
#include "program/program.h"
#include "tests/unit/small_pipeline.h"

static enum fl_truth is_big(struct fl_cx *cx, const struct fl_rec *last)
{
    (void)cx;
    return last->class_ == 1 ? FL_YES : FL_NO;
}

static enum fl_truth is_null(struct fl_cx *cx, const struct fl_rec *last)
{
    (void)cx;
    return ((const struct small *)last)->has_n ? FL_YES : FL_NULL;
}

static enum fl_truth is_tick(struct fl_cx *cx, const struct fl_rec *last)
{
    (void)cx;
    return fl_str_eq(((const struct small *)last)->id, FL_LIT("tick")) && last->emitted ? FL_YES : FL_NO;
}

static enum fl_truth now_is_65s(struct fl_cx *cx, const struct fl_rec *last)
{
    (void)last;
    return cx->now == (INT64_C(1767225600) + 65) * FL_SECOND ? FL_YES : FL_NO;
}

static enum fl_truth table_empty(struct fl_cx *cx, const struct fl_rec *last)
{
    (void)last;
    return fl_table_get(&small_seen, "a", 1, cx->now) == NULL ? FL_YES : FL_NO;
}

static const char *const names[] = {"record.n", "class", NULL};

static void show(struct fl_cx *cx, const struct fl_rec *last, uint32_t i, struct fl_buf *out)
{
    (void)cx;
    if (i == 0)
        fl_buf_printf(out, "%lld", (long long)((const struct small *)last)->n);
    else
        fl_buf_printf(out, "\"%s\"", small_classes[last->class_]);
}

static enum fl_truth two_records(struct fl_cx *cx, const struct fl_test_object *o)
{
    (void)cx;
    return o->count == 2 && o->class_.n ? FL_YES : FL_NO;
}

#define GIVEN(t) {.kind = FL_STEP_GIVEN, .line = 10, .source = "given", .text = (t)}
#define AT(s) {.kind = FL_STEP_AT, .line = 11, .source = "at", .number = (s) * FL_SECOND}
#define EXPECT(f) \
    {.kind = FL_STEP_EXPECT, .line = 12, .source = "expect " #f, .expect = f, .names = names, .show = show}
#define JSON(p, t) {.kind = FL_STEP_EXPECT_JSON, .line = 13, .source = "expect " p, .path = (p), .text = (t)}
#define DROPPED(r) {.kind = FL_STEP_EXPECT_DROPPED, .line = 14, .source = "expect dropped", .number = (r)}
#define OBJECT(p, f) {.kind = FL_STEP_EXPECT_OBJECT, .line = 15, .source = "expect object", .text = (p), .object = (f)}
#define LIST(...) (const struct fl_test_step[]){__VA_ARGS__}
#define STEPS(...) LIST(__VA_ARGS__), sizeof(LIST(__VA_ARGS__)) / sizeof(struct fl_test_step)


/* Runs the tests; what was printed, to be freed. */
static char *run(const struct fl_test *tests, uint32_t n, int *result)
{
    static const struct fl_stage_choice stages[] = {{"decode", "json", NULL, 0}}, chosen[] = {{"encode", "json", NULL, 0}};
    static const struct fl_output_of output = {.stages = chosen, .nstages = 1, .json = small_json};
    struct fl_pipeline p = {SMALL_PIPELINE, .stages = stages, .nstages = 1, .tests = tests, .ntests = n};
    p.outputs = &output;
    FILE *f = tmpfile();
    assert_non_null(f);
    fflush(stdout);
    int saved = dup(1);
    dup2(fileno(f), 1);
    *result = fl_run_tests(&p);
    fflush(stdout);
    dup2(saved, 1);
    close(saved);
    long size = lseek(fileno(f), 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    assert_int_equal(pread(fileno(f), text, (size_t)size, 0), size);
    fclose(f);
    return text;
}

static void all_good(void **state)
{
    (void)state;
    const struct fl_test tests[] = {
        {"classes", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\",\"n\":5}"), GIVEN("{\"id\":\"b\",\"n\":100}"), EXPECT(is_big),
                             JSON("record", "{\"n\":100,\"id\":\"b\"}"), JSON("record.n", "100"))},
        {"nothing is left over", "small.flow", 2, STEPS(GIVEN("{\"id\":\"b\",\"n\":-1}"), DROPPED(1), GIVEN("{\"id\":\"c\"}"),
                                          EXPECT(table_empty))},
        {"objects", "small.flow", 3, STEPS(GIVEN("{\"id\":\"a\"}"), AT(2), GIVEN("{\"id\":\"b\"}"), OBJECT("*/small/*", two_records),
                             OBJECT("logs/*", NULL))},
        {"objects are sealed by the clock", "small.flow", 4,
         STEPS(GIVEN("{\"id\":\"a\"}"), AT(65), EXPECT(now_is_65s), GIVEN("{\"id\":\"b\"}"),
                                                     OBJECT("*/00000000*", NULL), OBJECT("*/00000001*", NULL))},
    };
    int result;
    char *text = run(tests, 4, &result);
    assert_string_equal(text,
                        "ok 1 - classes\nok 2 - nothing is left over\nok 3 - objects\n"
                        "ok 4 - objects are sealed by the clock\n"
                              "4 passed, 0 failed\n");
    assert_int_equal(result, 0);
    free(text);
}

static void timers_emit(void **state)
{
    (void)state;
    const struct fl_test tests[] = {
        {"ticks", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\"}"), AT(65), EXPECT(is_tick), OBJECT("*", NULL))},
        {"ticks again", "small.flow", 2, STEPS(AT(9), AT(21), EXPECT(is_tick), OBJECT("*/small/*", two_records))},
    };
    int result;
    small_ticks = true;
    char *text = run(tests, 2, &result);
    small_ticks = false;
    assert_string_equal(text,
                        "ok 1 - ticks\nok 2 - ticks again\nnot reached: small.flow:3 big when n >= 100\n"
                        "2 passed, 0 failed\n");
    free(text);
}

static void what_fails_is_said(void **state)
{
    (void)state;
    const struct fl_test tests[] = {
        {"false", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\",\"n\":5}"), EXPECT(is_big))},
        {"null", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\"}"), EXPECT(is_null))},
        {"dropped", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\",\"n\":-5}"), EXPECT(is_big), DROPPED(0))},
        {"kept", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\"}"), DROPPED(1))},
        {"malformed", "small.flow", 1, STEPS(GIVEN("{\"id\":5}"), EXPECT(is_big))},
        {"rejected", "small.flow", 1, STEPS(GIVEN("{\"id\":"), EXPECT(is_big))},
        {"nothing", "small.flow", 1, STEPS(EXPECT(is_big), DROPPED(1))},
        {"json", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\"}"), JSON("record.id", "\"b\""), JSON("record.x.y", "1"),
                          JSON("record", "}"))},
        {"object", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\"}"), OBJECT("nowhere/*", NULL), OBJECT("*", two_records))},
        {"clock", "small.flow", 1, STEPS(AT(5), AT(4))},
        {"good", "small.flow", 1, STEPS(GIVEN("{\"id\":\"a\",\"n\":500}"), EXPECT(is_big))},
    };
    static const char *const parts[] = {
        "not ok 1 - false\n# small.flow:12: expect is_big\n#   it is false\n#     record.n = 5\n#     class = \"",
        "not ok 2 - null\n# small.flow:12: expect is_null\n#   it is null\n",
        "not ok 3 - dropped\n# small.flow:12: expect is_big\n#   the record was dropped: negative\n# small.flow:14: ",
        "expect dropped\n#   the record was dropped: negative, not unused\n",
        "the record was not dropped; its class is small\n",
        "the record is malformed: id: ",
        "what was given was rejected: ",
        "no record has been given yet\n",
        "#   expected \"b\"\n#   found    \"a\"\n",
        "it isn't there; the record is {\"id\":\"a\"}\n",
        "what is expected is no JSON: ",
        "no object's key matches; there is 1\n#     logs/small/",
        "it is false for logs/small/",
        "the clock can't go back, it stands at 5.000s\n",
        "ok 11 - good\n1 passed, 10 failed\n",
    };
    int result;
    char *text = run(tests, 11, &result), *at = text;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *found = strstr(at, parts[i]);
        if (!found)
            fail_msg("`%s` isn't in\n%s", parts[i], text);
        at = found;
    }
    assert_int_equal(result, 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_good),
        cmocka_unit_test(timers_emit),
        cmocka_unit_test(what_fails_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
