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

static char lines[4096];

static void gather(void *arg, const char *line)
{
    (void)arg;
    snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%s\n", line);
}

/* Each of several outputs has its own books; what came in, and what no output gets, is common to them. */
static void several(void **state)
{
    (void)state;
    static const struct fl_output_of outputs[] = {{.name = "all"}, {.name = "alerts"}};
    struct fl_pipeline two = pipeline;
    two.outputs = outputs;
    two.noutputs = 2;
    struct fl_ledger l;
    struct fl_buf text = {0};
    fl_ledger_init(&l, &two);
    fl_count(&l, FL_C_received, 10);
    fl_count(&l, FL_C_malformed, 1);
    drop(&l, 0, 2);
    fl_count(fl_ledger_of(&l, 0), FL_C_written, 7);
    fl_count(fl_ledger_of(&l, 1), FL_C_written, 1);
    fl_count(fl_ledger_of(&l, 1), FL_C_overflow, 3);
    drop(fl_ledger_of(&l, 1), 1, 1);
    assert_int_equal(fl_ledger_pending(fl_ledger_of(&l, 0)), 0);
    assert_int_equal(fl_ledger_pending(fl_ledger_of(&l, 1)), 2);
    assert_int_equal(fl_ledger_pending(&l), 2);
    assert_int_equal(fl_ledger_sum(&l, FL_C_written), 8);
    fl_log_capture(gather, NULL);
    fl_ledger_log(&l, (const char *const[]){"", "objects_waiting=1"});
    fl_log_capture(NULL, NULL);
    assert_non_null(strstr(lines, " INFO ledger received=10 malformed=1 dropped.excluded_class=2 pending=2\n"));
    assert_non_null(strstr(lines, " INFO ledger output=all written=7 pending=0\n"));
    assert_non_null(strstr(lines, " INFO ledger output=alerts written=1 overflow=3 dropped.started=1 pending=2 objects_waiting=1\n"));
    fl_ledger_metrics(&l, &two, &text);
    fl_buf_putc(&text, 0);
    static const char *const series[] = {
        "\nflowc_received_total 10\n", "\nflowc_written_total{output=\"all\"} 7\nflowc_written_total{output=\"alerts\"} 1\n",
        "\nflowc_dropped_total{reason=\"excluded_class\"} 2\n", "\nflowc_dropped_total{output=\"alerts\",reason=\"started\"} 1\n",
        "\nflowc_pending{output=\"all\"} 0\nflowc_pending{output=\"alerts\"} 2\n"};
    for (size_t i = 0; i < sizeof series / sizeof *series; i++)
        if (!strstr(text.p, series[i]))
            fail_msg("no %s in %s", series[i], text.p);
    assert_null(strstr(text.p, "\nflowc_written_total "));
    fl_buf_free(&text);
    fl_ledger_clear(&l);
    assert_int_equal(fl_ledger_pending(&l), 0);
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
        cmocka_unit_test(pending_is_what_is_left), cmocka_unit_test(log_line), cmocka_unit_test(several),
        cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
