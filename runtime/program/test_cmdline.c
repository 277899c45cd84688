/* test_cmdline.c - the command line of a pipeline binary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "core/clock.h"
#include "program/cmdline.h"

static bool parse(struct fl_args *a, char **argv)
{
    int n = 0;
    while (argv[n])
        n++;
    bool ok = fl_args_parse(a, "case", n, argv);
    free(a->over.set);
    return ok;
}
#define ARGS(...) (char *[]){ (char *)"case", __VA_ARGS__, NULL }

static void arguments(void **state)
{
    (void)state;
    struct fl_args a;
    assert_true(parse(&a, ARGS("c.yml", "--input=x", "--output", "-", "--set", "a=b", "--set=c=d", "--stop-timeout=2m",
                               "--log-level", "debug", "--metrics-listen", ":0", "--lookups=f")));
    assert_int_equal(a.verb, FL_RUN);
    assert_string_equal(a.config, "c.yml");
    assert_string_equal(a.over.input, "x");
    assert_string_equal(a.over.output, "-");
    assert_int_equal(a.over.nset, 2);
    assert_int_equal(a.stop_timeout, 120 * FL_SECOND);
    assert_int_equal(a.log_level, FL_DEBUG);
    assert_string_equal(a.metrics_listen, ":0");
    assert_string_equal(a.lookups, "f");
    assert_true(parse(&a, ARGS("-", "--check-config")));
    assert_int_equal(a.verb, FL_CHECK_CONFIG);
    assert_int_equal(a.stop_timeout, 30 * FL_SECOND);
    assert_int_equal(a.ledger_every, 300 * FL_SECOND);
    assert_int_equal(a.ready_age, 300 * FL_SECOND);
    assert_true(parse(&a, ARGS("--ledger-every", "0", "--ready-age", "90")));
    assert_int_equal(a.ledger_every, 0);
    assert_int_equal(a.ready_age, 90 * FL_SECOND);
    assert_true(parse(&a, ARGS("--", "--odd-name.yml")));
    assert_string_equal(a.config, "--odd-name.yml");
}

static void usage_errors(void **state)
{
    (void)state;
    struct fl_args a;
    fprintf(stderr, "usage errors are expected here:\n");
    assert_false(parse(&a, ARGS("--inptu", "x")));
    assert_false(parse(&a, ARGS("--input")));
    assert_false(parse(&a, ARGS("--input=")));
    assert_false(parse(&a, ARGS("--help=x")));
    assert_false(parse(&a, ARGS("--set", "nothing")));
    assert_false(parse(&a, ARGS("--set", "=1")));
    assert_false(parse(&a, ARGS("--stop-timeout", "soon")));
    assert_false(parse(&a, ARGS("--ledger-every", "often")));
    assert_false(parse(&a, ARGS("--ready-age=-1")));
    assert_false(parse(&a, ARGS("--log-level", "loud")));
    assert_false(parse(&a, ARGS("a.yml", "b.yml")));
    assert_false(parse(&a, ARGS("-", "--input", "-")));
    assert_false(parse(&a, ARGS("-x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments),
        cmocka_unit_test(usage_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
