/* test_fills.c - tables filled from outside: reading again, failures, rows that stay, what the worker sees when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "core/runtime.h"
#include "drivers/table.h"
#include "lookups/answer.h"
#include "tables/fills.h"

/* A kind that answers what the test says. */
static const char *answer, *error_text;
static unsigned readings;

static void *fake_open(struct fl_runtime *rt, const char *url, char **error)
{
    (void)rt, (void)url, (void)error;
    return &readings;
}

static char *fake_read(void *kind, const struct fl_fill *f, fl_row_read *row, void *arg, uint64_t *skipped)
{
    char why[FL_ANSWER_WHY];
    (void)kind;
    readings++;
    if (error_text)
        return fl_strdup(error_text);
    return fl_answer_rows(f->row, answer, strlen(answer), row, arg, skipped, why) ? NULL : fl_strdup(why);
}

static void fake_until(void *kind, int64_t until)
{
    (void)kind, (void)until;
}

static void fake_close(void *kind)
{
    (void)kind;
}

static const struct fl_table_kind fake = {"fake", fake_open, fake_read, fake_until, fake_close};

/* table t[int] : int from fake "q" { key K; value V; } */
struct found {
    int64_t key, value;
};

#define EXPIRE (60 * FL_SECOND)

static struct fl_table table = FL_TABLE("t", 8, sizeof(int64_t), sizeof(int64_t), false);
static const struct fl_lookup_field fields[] = {
    {"[0]", "K", FL_T_INT, FL_ONE, false, offsetof(struct found, key), 0, NULL},
    {"[value]", "V", FL_T_INT, FL_ONE, false, offsetof(struct found, value), 0, NULL},
};
static const struct fl_lookup row = {.name = "t", .size = sizeof(struct found), .fields = fields, .nfields = 2};
static bool wanted;
static int64_t expire;

static void put(struct fl_cx *cx, struct fl_table *t, const void *found)
{
    const struct found *f = found;
    int64_t *v = fl_table_put(t, &f->key, sizeof f->key, cx->now, expire, 0);
    if (v)
        *v = f->value;
}

static struct fl_fill fill = {.table = &table, .from = "fake", .query = "q", .reload = 20 * FL_SECOND, .row = &row, .put = put, .wanted = &wanted};
static const char *const none[] = {NULL};
static struct fl_pipeline pipeline = {.name = "p", .classes = none, .reasons = none, .fills = &fill, .nfills = 1};
static const struct fl_driver drivers[] = {{FL_TABLE_KIND, &fake}, {FL_SOURCE, NULL}};
static struct fl_runtime rt;

static struct fl_time virtual_clock(struct fl_runtime *r)
{
    return r->virtual_time;
}

static struct fl_fills *begin(bool keeps)
{
    char *error = NULL;
    rt = (struct fl_runtime){.drivers = drivers, .pipeline = &pipeline, .clock = virtual_clock, .virtual_time = {1000 * FL_SECOND, FL_SECOND}};
    fl_ledger_init(&rt.ledger, &pipeline);
    fl_table_open(&table);
    fill.keeps = keeps;
    expire = keeps ? EXPIRE : INT64_MAX;
    wanted = true;
    readings = 0;
    error_text = NULL;
    struct fl_fills *l = fl_fills_new(&rt, NULL, &error);
    assert_non_null(l);
    return l;
}

static void end(struct fl_fills *l)
{
    fl_fills_free(l);
    fl_table_close(&table);
    fl_ledger_free(&rt.ledger);
}

static void pass(int64_t ns)
{
    rt.virtual_time.wall += ns;
    rt.virtual_time.mono += ns;
}

/* The seconds until the next reading. */
static int64_t step(struct fl_fills *l)
{
    return (fl_fills_step(l, rt.virtual_time.mono) - rt.virtual_time.mono) / FL_SECOND;
}

static int64_t value(int64_t key)
{
    const int64_t *v = fl_table_get(&table, &key, sizeof key, rt.virtual_time.wall);
    return v ? *v : -1;
}

static uint64_t counted(enum fl_counter c)
{
    return atomic_load(&rt.ledger.n[c]);
}

static void read_again(void **state)
{
    struct fl_fills *l = begin(false);
    (void)state;
    answer = "[{\"K\":1,\"V\":10},{\"K\":2,\"V\":20},{\"K\":3},{\"K\":\"4\",\"V\":1},[{\"K\":5,\"V\":50}],7]";
    assert_int_equal(step(l), 20);
    assert_int_equal(value(1), -1); /* not before the worker takes it */
    fl_fills_take(l);
    assert_true(value(1) == 10 && value(2) == 20 && value(3) == -1 && value(5) == 50);
    assert_int_equal(counted(FL_C_table_rows_skipped), 2);
    pass(19 * FL_SECOND);
    assert_int_equal(step(l), 1);
    assert_int_equal(readings, 1);
    pass(FL_SECOND);
    answer = "[{\"K\":2,\"V\":21}]";
    assert_int_equal(step(l), 20);
    assert_int_equal(value(2), 20);
    fl_fills_take(l);
    fl_fills_take(l); /* nothing new: nothing happens */
    assert_true(value(1) == -1 && value(2) == 21);
    end(l);
}

static void asked_for(void **state)
{
    struct fl_fills *l = begin(false);
    (void)state;
    assert_false(fl_fills_again(NULL));
    answer = "[{\"K\":1,\"V\":10}]";
    assert_int_equal(step(l), 20);
    fl_fills_take(l);
    answer = "[{\"K\":1,\"V\":11}]";
    pass(FL_SECOND);
    assert_int_equal(step(l), 19);
    assert_true(fl_fills_again(l));
    assert_int_equal(step(l), 20); /* before it would be due */
    assert_int_equal(readings, 2);
    fl_fills_take(l);
    assert_int_equal(value(1), 11);
    assert_int_equal(step(l), 20); /* once */
    assert_int_equal(readings, 2);
    end(l);
}

/* As long as the worker hasn't taken the last reading, there is no further one. */
static void not_taken(void **state)
{
    struct fl_fills *l = begin(false);
    (void)state;
    answer = "[{\"K\":1,\"V\":10}]";
    step(l);
    pass(20 * FL_SECOND);
    step(l);
    assert_int_equal(readings, 1);
    fl_fills_take(l);
    pass(FL_SECOND);
    step(l);
    assert_int_equal(readings, 2);
    end(l);
}

static void failures(void **state)
{
    static const int64_t pauses[] = {1, 2, 4, 8, 16, 20, 20};
    struct fl_fills *l = begin(false);
    struct fl_buf b = {0};
    (void)state;
    fl_fills_metrics(l, &b);
    assert_int_equal(b.n, 0);
    answer = "[{\"K\":1,\"V\":10}]";
    step(l);
    fl_fills_take(l);
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        pass((i ? pauses[i - 1] : 20) * FL_SECOND);
        error_text = i % 2 ? NULL : "no";
        answer = "{}"; /* no list */
        assert_int_equal(step(l), pauses[i]);
        fl_fills_take(l);
        assert_int_equal(value(1), 10);
        assert_int_equal(counted(FL_C_table_reload_failed), i + 1);
    }
    fl_fills_metrics(l, &b);
    fl_buf_putc(&b, 0);
    assert_non_null(strstr(b.p, "\nflowc_table_age_seconds{table=\"t\"} 71.000\n"));
    fl_buf_free(&b);
    pass(20 * FL_SECOND);
    answer = "null"; /* there is none */
    error_text = NULL;
    assert_int_equal(step(l), 20);
    fl_fills_take(l);
    assert_int_equal(value(1), -1);
    end(l);
}

static void rows_that_stay(void **state)
{
    struct fl_fills *l = begin(true);
    (void)state;
    answer = "[{\"K\":1,\"V\":10},{\"K\":2,\"V\":20}]";
    step(l);
    fl_fills_take(l);
    pass(50 * FL_SECOND);
    answer = "[{\"K\":2,\"V\":21}]";
    step(l);
    fl_fills_take(l);
    assert_true(value(1) == 10 && value(2) == 21);
    pass(10 * FL_SECOND); /* a minute after the first reading */
    assert_true(value(1) == -1 && value(2) == 21);
    pass(20 * FL_SECOND);
    answer = "[]";
    step(l);
    fl_fills_take(l);
    assert_true(value(2) == 21 && fl_table_live(&table) == 1);
    pass(30 * FL_SECOND);
    assert_true(value(2) == -1);
    end(l);
}

/* More rows than fit: those that were read last stay. */
static void full(void **state)
{
    struct fl_fills *l = begin(true);
    (void)state;
    answer = "[{\"K\":1,\"V\":1},{\"K\":2,\"V\":2},{\"K\":3,\"V\":3},{\"K\":4,\"V\":4},{\"K\":5,\"V\":5}]";
    step(l);
    fl_fills_take(l);
    pass(20 * FL_SECOND);
    answer = "[{\"K\":11,\"V\":1},{\"K\":12,\"V\":2},{\"K\":13,\"V\":3},{\"K\":14,\"V\":4},{\"K\":15,\"V\":5}]";
    step(l);
    fl_fills_take(l);
    assert_int_equal(fl_table_live(&table), 8);
    assert_int_equal(table.evicted, 2);
    for (int64_t k = 11; k <= 15; k++)
        assert_int_equal(value(k), k - 10);
    end(l);
}

static void not_wanted(void **state)
{
    struct fl_fills *l = begin(false);
    (void)state;
    wanted = false;
    assert_true(fl_fills_step(l, rt.virtual_time.mono) == INT64_MAX);
    assert_int_equal(readings, 0);
    end(l);
    fl_fills_take(NULL);
    fl_fills_stop(NULL);
    fl_fills_free(NULL);
}

/* The thread: the first reading is waited for, and stopping doesn't wait for the next. */
static void thread(void **state)
{
    struct fl_fills *l = begin(false);
    (void)state;
    answer = "[{\"K\":1,\"V\":10}]";
    rt.clock = fl_clock_real;
    fl_fills_start(l);
    fl_fills_await(l, 60 * FL_SECOND);
    const int64_t key = 1;
    assert_non_null(fl_table_get(&table, &key, sizeof key, fl_clock_real(&rt).wall));
    end(l);
}

/* Nobody answers: the input doesn't wait for ever. */
static void thread_fails(void **state)
{
    struct fl_fills *l = begin(false);
    (void)state;
    error_text = "nobody is there";
    rt.clock = fl_clock_real;
    fl_fills_start(l);
    fl_fills_await(l, FL_SECOND / 20);
    assert_int_equal(fl_table_live(&table), 0);
    end(l);
}

int main(void)
{
    static const struct fl_log_options quiet = {.backends = FL_LOG_STDERR, .level = {FL_ERROR, FL_ERROR, FL_ERROR, FL_ERROR}};
    free(fl_log_configure(&quiet));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_again), cmocka_unit_test(asked_for), cmocka_unit_test(not_taken),  cmocka_unit_test(failures), cmocka_unit_test(rows_that_stay),
        cmocka_unit_test(full),       cmocka_unit_test(not_wanted), cmocka_unit_test(thread),   cmocka_unit_test(thread_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
