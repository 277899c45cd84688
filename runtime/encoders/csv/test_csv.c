/* test_csv.c - encode csv: names unless they are not wanted, and lines. */
#include "tests/unit/encoding.h"

static const struct fl_option_set no_header[] = {{"header", "false", NULL}}, lf[] = {{"line_end", "lf", NULL}},
                                  aws[] = {{"separator", "\" \"", NULL}, {"missing", "a", NULL}, {"line_end", "lf", NULL}};

static void lines(void **state)
{
    (void)state;
    expect("csv", NULL, 0, 2, "a,\"b,c\"\r\n" ONE "\r\n{}\r\n", "csv", "text/csv");
    expect("csv", NULL, 0, 0, "a,\"b,c\"\r\n", "csv", "text/csv");
    expect("csv", no_header, 1, 1, ONE "\r\n", "csv", "text/csv");
    expect("csv", lf, 1, 2, "a,\"b,c\"\n" ONE "\n{}\n", "csv", "text/csv");
    expect("csv", aws, 3, 1, "\"a\" b,c\n" ONE "\n", "csv", "text/csv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
