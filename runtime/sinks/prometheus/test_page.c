/* test_page.c - metrics: rows by their labels, expiry, the row `other`, readers; and the page that shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sinks/prometheus/page.h"
#include "value/float.h"

#define S INT64_C(1000000000)

static const char *const to_target[] = {"direction", "out", NULL}, *const from_target[] = {"direction", "in", NULL};
static const struct fl_value_of bytes_values[] = {{to_target, 0}, {from_target, 1}}, seen_values[] = {{NULL, 2}}, rtt_values[] = {{NULL, 3}};
static const double buckets[] = {0.1, 1};
static const char *const bounds[] = {"0.1", "1"};
static const struct fl_meter meters[] = {
    {.name = "net_bytes", .help = "Bytes\\ and\nmore", .kind = FL_GAUGE, .values = bytes_values, .nvalues = 2, .first = 0},
    {.name = "flows_total", .help = "Flows", .kind = FL_COUNTER, .values = seen_values, .nvalues = 1, .first = 2},
    {.name = "rtt_seconds", .help = "RTT", .kind = FL_HISTOGRAM, .values = rtt_values, .nvalues = 1, .first = 3, .buckets = buckets,
     .bounds = bounds, .nbuckets = 2},
};
static const struct fl_meter_label_of labels[] = {{"a", FL_LABEL_TEXT}, {"port", FL_LABEL_NUMBER}};

static struct fl_meters the_meters(int64_t max, int64_t expire)
{
    struct fl_meters m = {.meters = meters, .nmeters = 3, .labels = labels, .nlabels = 2, .ncells = 7, .max = max, .expire = expire};
    fl_meters_open(&m);
    return m;
}

static struct fl_meter_row *row(struct fl_meters *m, const char *a, int64_t port, int64_t now)
{
    struct fl_meter_label l[] = {{.p = a, .n = a ? (uint32_t)strlen(a) : 0, .null = !a}, {.number = port}};
    return fl_meters_row(m, l, now);
}

/* In parts, as a scrape reads it. To be freed. */
static char *page_of(struct fl_meters *m, size_t room)
{
    struct fl_meters *list[] = {m};
    struct fl_page *p = fl_page_new(list, 1);
    struct fl_page_reading *r = fl_page_open(p);
    struct fl_buf all = {0};
    char *part = malloc(room);
    for (size_t n; (n = fl_page_next(r, part, room)) > 0;)
        fl_buf_put(&all, part, n);
    fl_page_close(r);
    fl_page_free(p);
    free(part);
    fl_buf_putc(&all, 0);
    return all.p;
}

static void expect_page(struct fl_meters *m, const char *want)
{
    char *got = page_of(m, FL_PAGE_LEAST);
    assert_string_equal(got, want);
    free(got);
}

static void whole_page(void **state)
{
    (void)state;
    struct fl_meters m = the_meters(10, INT64_MAX);
    expect_page(&m, "");
    struct fl_meter_row *r = row(&m, "x\"y\\z\n\xff", 80, S);
    fl_gauge_set(r, 0, 0, 1234567);
    fl_gauge_set(r, 1, 1, -0.5);
    r = row(&m, NULL, -1, S);
    fl_counter_add(r, 2, 2, 2);
    fl_counter_add(r, 2, 2, 3);
    fl_counter_add(r, 2, 2, -7);
    fl_histogram_observe(r, 3, 3, buckets, 2, 0.1);
    fl_histogram_observe(r, 3, 3, buckets, 2, 0.5);
    fl_histogram_observe(r, 3, 3, buckets, 2, 2);
    expect_page(&m,
        "# HELP flows_total Flows\n"
        "# TYPE flows_total counter\n"
        "flows_total{a=\"\",port=\"-1\"} 5\n"
        "# HELP net_bytes Bytes\\\\ and\\nmore\n"
        "# TYPE net_bytes gauge\n"
        "net_bytes{a=\"x\\\"y\\\\z\\n\xef\xbf\xbd\",direction=\"out\",port=\"80\"} 1.234567e+06\n"
        "net_bytes{a=\"x\\\"y\\\\z\\n\xef\xbf\xbd\",direction=\"in\",port=\"80\"} -0.5\n"
        "# HELP rtt_seconds RTT\n"
        "# TYPE rtt_seconds histogram\n"
        "rtt_seconds_bucket{a=\"\",port=\"-1\",le=\"0.1\"} 1\n"
        "rtt_seconds_bucket{a=\"\",port=\"-1\",le=\"1\"} 2\n"
        "rtt_seconds_bucket{a=\"\",port=\"-1\",le=\"+Inf\"} 3\n"
        "rtt_seconds_sum{a=\"\",port=\"-1\"} 2.6\n"
        "rtt_seconds_count{a=\"\",port=\"-1\"} 3\n");
    fl_meters_close(&m);
}

static void one_row_for_the_same_labels(void **state)
{
    (void)state;
    struct fl_meters m = the_meters(5000, INT64_MAX);
    char name[2000][32];
    struct fl_meter_row *r[2000];
    for (int i = 0; i < 2000; i++) {
        snprintf(name[i], sizeof name[i], i % 2 ? "n%d" : "n\\%d", i);
        r[i] = row(&m, name[i], i, S);
        fl_gauge_set(r[i], 0, 0, i);
    }
    for (int i = 0; i < 2000; i++) {
        assert_ptr_equal(row(&m, name[i], i, S), r[i]);
        assert_ptr_not_equal(row(&m, name[i], i + 1, S), r[i]);
    }
    /* What another's text looks like on the page is another text. */
    assert_ptr_not_equal(row(&m, "\\\\", 1, S), row(&m, "\\", 1, S));
    assert_ptr_not_equal(row(&m, NULL, 1, S), row(&m, "", 1, S));
    fl_meters_close(&m);
}

static void more_than_max_is_other(void **state)
{
    (void)state;
    struct fl_meters m = the_meters(2, 60 * S);
    char big[FL_LABEL + 2];
    memset(big, 'x', sizeof big);
    big[FL_LABEL + 1] = 0;
    fl_counter_add(row(&m, "1", 1, S), 2, 2, 1);
    fl_counter_add(row(&m, big, 1, S), 2, 2, 1);
    assert_int_equal(m.others, 1);
    big[FL_LABEL] = 0;
    struct fl_meter_row *longest = row(&m, big, 1, S);
    for (int i = 0; i < 10; i++)
        fl_counter_add(row(&m, "more", i, 2 * S), 2, 2, 1);
    assert_int_equal(m.others, 11);
    assert_ptr_equal(row(&m, big, 1, S), longest);
    expect_page(&m, "# HELP flows_total Flows\n# TYPE flows_total counter\n"
                    "flows_total{a=\"other\",port=\"other\"} 11\nflows_total{a=\"1\",port=\"1\"} 1\n");
    /* It goes as others go, and its counter begins again. */
    fl_meters_sweep(&m, 62 * S);
    expect_page(&m, "");
    for (int i = 0; i < 3; i++)
        fl_counter_add(row(&m, "more", i, 63 * S), 2, 2, 1);
    expect_page(&m, "# HELP flows_total Flows\n# TYPE flows_total counter\nflows_total{a=\"other\",port=\"other\"} 1\n"
                    "flows_total{a=\"more\",port=\"1\"} 1\nflows_total{a=\"more\",port=\"0\"} 1\n");
    fl_meters_close(&m);
}

static void rows_expire(void **state)
{
    (void)state;
    struct fl_meters m = the_meters(100, 60 * S);
    for (int i = 0; i < 50; i++)
        fl_gauge_set(row(&m, "x", i, i * S), 0, 0, i);
    int64_t next = fl_meters_sweep(&m, 50 * S);
    assert_int_equal(next, 60 * S); /* when the first is 60 s old */
    for (int64_t now = 60; now <= 110; now++) {
        fl_meters_sweep(&m, now * S);
        int left = 0;
        for (uint32_t i = 0; i < fl_meters_used(&m); i++)
            left += fl_meters_at(&m, i)->text != NULL;
        int want = now - 60 >= 49 ? 0 : (int)(49 - (now - 60));
        assert_in_range(left, want, want + 3); /* looked at every 3 s */
    }
    assert_int_equal(fl_meters_sweep(&m, 200 * S), 260 * S);
    expect_page(&m, "");
    fl_gauge_set(row(&m, "x", 7, 200 * S), 0, 0, 1);
    expect_page(&m, "# HELP net_bytes Bytes\\\\ and\\nmore\n# TYPE net_bytes gauge\nnet_bytes{a=\"x\",direction=\"out\",port=\"7\"} 1\n");
    fl_meters_sweep(&m, 1 * S); /* the clock was set back */
    assert_in_range(fl_meters_sweep(&m, 2 * S), 0, 70 * S);
    fl_meters_close(&m);
}

/* A row that a reader may be looking at isn't used again. */
static void readers_keep_rows(void **state)
{
    (void)state;
    struct fl_meters m = the_meters(2, 10 * S);
    struct fl_meter_row *a = row(&m, "a", 1, S);
    int reader = fl_meters_enter(&m);
    fl_meters_sweep(&m, 20 * S);
    struct fl_meter_row *b = row(&m, "b", 1, 20 * S);
    assert_ptr_not_equal(a, b);
    uint64_t others = m.others;
    row(&m, "c", 1, 20 * S);
    assert_int_equal(m.others, others + 1); /* a's place isn't free yet */
    fl_meters_leave(&m, reader);
    int late = fl_meters_enter(&m); /* it can't see a any more */
    fl_meters_sweep(&m, 21 * S);
    assert_ptr_equal(row(&m, "c", 1, 21 * S), a);
    fl_meters_leave(&m, late);
    int all[FL_READERS];
    for (int i = 0; i < FL_READERS; i++)
        assert_true((all[i] = fl_meters_enter(&m)) >= 0);
    assert_int_equal(fl_meters_enter(&m), -1);
    for (int i = 0; i < FL_READERS; i++)
        fl_meters_leave(&m, all[i]);
    fl_meters_close(&m);
}

static void numbers(void **state)
{
    (void)state;
    static const struct { double v; const char *text; } cases[] = {
        {0, "0"}, {-0.0, "0"}, {1, "1"}, {120, "120"}, {999999, "999999"}, {1e6, "1e+06"}, {1234567, "1.234567e+06"}, {1234567890123.0, "1.234567890123e+12"},
        {0.0001, "0.0001"}, {0.00001, "1e-05"}, {1e-100, "1e-100"}, {123456.5, "123456.5"}, {-2.5, "-2.5"}, {1e15, "1e+15"}, {9007199254740993.0, "9.007199254740992e+15"},
        {INFINITY, "+Inf"}, {-INFINITY, "-Inf"}, {NAN, "NaN"}, {1e22, "1e+22"}, {1.7976931348623157e308, "1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char room[FL_FLOAT_MAX + 64];
        *fl_put_float_short(room, cases[i].v) = 0;
        assert_string_equal(room, cases[i].text);
    }
}

/* Whatever the room for a part is, the page is the same. */
static void parts(void **state)
{
    (void)state;
    struct fl_meters m = the_meters(5000, INT64_MAX);
    for (int i = 0; i < 3000; i++) {
        struct fl_meter_row *r = row(&m, "part", i, S);
        fl_gauge_set(r, 0, 0, i);
        fl_histogram_observe(r, 3, 3, buckets, 2, i);
    }
    char *small = page_of(&m, FL_PAGE_LEAST), *big = page_of(&m, 4 << 20);
    assert_true(strlen(big) > 10 * FL_PAGE_LEAST);
    assert_string_equal(small, big);
    free(small);
    free(big);
    fl_meters_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_page),
        cmocka_unit_test(one_row_for_the_same_labels),
        cmocka_unit_test(more_than_max_is_other),
        cmocka_unit_test(rows_expire),
        cmocka_unit_test(readers_keep_rows),
        cmocka_unit_test(numbers),
        cmocka_unit_test(parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
