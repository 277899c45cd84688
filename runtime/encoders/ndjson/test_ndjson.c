/* test_ndjson.c - encode ndjson: a record per line. */
#include "tests/unit/encoding.h"

static void lines(void **state)
{
    (void)state;
    expect("ndjson", NULL, 0, 2, ONE "\n{}\n", "ndjson", "application/x-ndjson");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
