/* test_query.c - values in query texts: as the original sent ordinary ones, and none leaves its quotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "flowrt.h"
#include "lookups/lookup.h"

#define RAW(s) ((fl_str){(s), sizeof(s) - 1, FL_RAW})

typedef void fl_append(struct fl_buf *, fl_str);

static void is(fl_append *f, fl_str in, const char *want)
{
    struct fl_buf b = {0};
    f(&b, in);
    fl_buf_putc(&b, 0);
    assert_string_equal(b.p, want);
    fl_buf_free(&b);
}

static void quoted(void **state)
{
    (void)state;
    is(fl_query_quoted, FL_LIT("07fbc23f-e182-5305-70cc-3ac9c2d7f8bb"), "\"07fbc23f-e182-5305-70cc-3ac9c2d7f8bb\"");
    is(fl_query_quoted, FL_LIT(""), "\"\"");
    is(fl_query_quoted, FL_LIT("a<b>&c"), "\"a\\u003cb\\u003e\\u0026c\"");
    is(fl_query_quoted, FL_LIT("a\\b\n\r\t\x01\b\x7f"), "\"a\\\\b\\n\\r\\t\\u0001\\u0008\x7f\"");
    is(fl_query_quoted, FL_LIT("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80"),
       "\"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80\"");
    is(fl_query_quoted, FL_LIT("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"");
    is(fl_query_quoted, FL_LIT("\xff\xc0\x80\xed\xa0\x80\xe2\x82"),
       "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"");
    is(fl_query_quoted, (fl_str){"a\0b", 3, FL_PLAIN}, "\"a\\u0000b\"");
}

/* Skydive's scanner ends a string at any bare quote, escaped or not: none may be left in a value. */
static void injection(void **state)
{
    (void)state;
    is(fl_query_quoted, FL_LIT("x\").Drop() //"), "\"x\\u0022).Drop() //\"");
    is(fl_query_quoted, FL_LIT("x').Drop()"), "\"x\\u0027).Drop()\"");
    is(fl_query_inside, FL_LIT("x\").Drop()"), "x\\u0022).Drop()");
    is(fl_query_inside, FL_LIT("x').Drop()\\"), "x\\u0027).Drop()\\\\");
    is(fl_query_inside, (fl_str){"a\0b", 3, FL_PLAIN}, "a\\u0000b");
}

static void inside(void **state)
{
    (void)state;
    is(fl_query_inside, FL_LIT("10.0.0.1"), "10.0.0.1");
    is(fl_query_regex, FL_LIT("10.0.0.1"), "10.0.0.1");
    is(fl_query_regex, FL_LIT("2001:db8::1"), "2001:db8::1");
    is(fl_query_regex, FL_LIT(".*|a"), "[.][*][|]a"); /* no address: it may not be an expression */
    is(fl_query_regex, FL_LIT("^(a+)?[b]{2}$\\d"), ".[(]a[+][)][?][[]b[]][{]2[}][$].d");
    is(fl_query_regex, FL_LIT("x\").Drop()"), "x\\u0022[)][.]Drop[(][)]");
    is(fl_query_regex, (fl_str){"\\u002e*", 7, FL_RAW}, "[.][*]");
    is(fl_query_inside, FL_LIT("a<b>&c\n\xff"), "a<b>&c\\n\xef\xbf\xbd");
}

static void raw(void **state)
{
    (void)state;
    is(fl_query_quoted, RAW("a\\u00e9\\/\\n\\\"\\ud83d\\ude00\\ud83d"),
       "\"a\xc3\xa9/\\n\\u0022\xf0\x9f\x98\x80\xef\xbf\xbd\"");
    is(fl_query_quoted, RAW("\\u003c\\\\n"), "\"\\u003c\\\\n\"");
    is(fl_query_inside, RAW("\\"), "\\\\");
    is(fl_query_inside, RAW("\\u00"), "\xef\xbf\xbd" "00");
}

static void json(void **state)
{
    (void)state;
    is(fl_query_json, FL_LIT("G.V().Has(\"T\", 'x')"), "\"G.V().Has(\\\"T\\\", 'x')\"");
}

/* Every recorded query that ends in a quoted value is made again, byte for byte, from that value. */
static void recorded(void **state)
{
    const char *dir = getenv("srcdir");
    char path[4096];
    unsigned made = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/tests/fixtures/skydive/gremlin.json", dir ? dir : ".");
    json_t *file = json_load_file(path, 0, NULL), *answer;
    const char *query;
    if (!file)
        skip();
    json_object_foreach(file, query, answer) {
        size_t n = strlen(query);
        const char *end = query + n - 2, *begin = end;
        if (strcmp(end, "\")") != 0)
            continue;
        while (begin > query && begin[-1] != '"')
            begin--;
        struct fl_buf b = {0};
        fl_buf_put(&b, query, (size_t)(begin - 1 - query));
        fl_query_quoted(&b, (fl_str){begin, (uint32_t)(end - begin), FL_PLAIN});
        fl_buf_puts(&b, ")");
        fl_buf_putc(&b, 0);
        assert_string_equal(b.p, query);
        fl_buf_free(&b);
        made++;
    }
    json_decref(file);
    assert_true(made > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted), cmocka_unit_test(injection), cmocka_unit_test(inside),
        cmocka_unit_test(raw), cmocka_unit_test(json), cmocka_unit_test(recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
