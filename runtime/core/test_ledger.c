/* test_ledger.c - the books add up, in the log too; fl_clock_*. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/runtime.h"

static const char *const reasons[] = { "excluded_class", "started", NULL };
static const struct fl_pipeline pipeline = { .magic = FL_MAGIC, .abi = FL_ABI, .name = "case", .version = "1\"2\\",
                                             .reasons = reasons, .nreasons = 2 };

static void drop(struct fl_ledger *l, uint32_t reason, uint64_t n)
{
    atomic_fetch_add(&l->dropped[reason], n);
}

static void pending_is_what_is_left(void **state)
{
    (void)state;
    struct fl_ledger l;
    fl_ledger_init(&l, &pipeline);
    assert_int_equal(fl_ledger_pending(&l), 0);
    fl_count(&l, FL_C_received, 100);
    fl_count(&l, FL_C_emitted, 10);
    fl_count(&l, FL_C_malformed, 1);
    fl_count(&l, FL_C_overflow, 2);
    fl_count(&l, FL_C_undelivered, 4);
    fl_count(&l, FL_C_written, 8);
    drop(&l, 0, 16);
    drop(&l, 1, 32);
    fl_count(&l, FL_C_rejected_messages, 1000); /* not in the equation */
    assert_int_equal(fl_ledger_pending(&l), 110 - 63);
    fl_ledger_free(&l);
}

static char said[4096];

static void listen_(void *arg, const char *line)
{
    (void)arg;
    snprintf(said, sizeof said, "%s", line);
}

static void log_line(void **state)
{
    (void)state;
    struct fl_ledger l;
    fl_ledger_init(&l, &pipeline);
    fl_log_capture(listen_, NULL);
    fl_ledger_log(&l, NULL);
    assert_non_null(strstr(said, " INFO ledger pending=0"));
    fl_count(&l, FL_C_received, 5);
    fl_count(&l, FL_C_written, 2);
    drop(&l, 1, 1);
    fl_ledger_log(&l, NULL);
    assert_non_null(strstr(said, " INFO ledger received=5 written=2 dropped.started=1 pending=2"));
    fl_log_capture(NULL, NULL);
    fl_ledger_free(&l);
}

static void clocks(void **state)
{
    (void)state;
    struct fl_runtime r = { .virtual_time = { 5, 7 } };
    assert_int_equal(fl_clock_virtual(&r).wall, 5);
    assert_int_equal(fl_clock_virtual(&r).mono, 7);
    struct fl_time a = fl_clock_real(&r), b = fl_clock_real(&r);
    assert_true(b.mono >= a.mono);
    assert_true(a.wall > INT64_C(1700000000) * FL_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pending_is_what_is_left), cmocka_unit_test(log_line), cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
