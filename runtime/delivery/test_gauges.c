/* test_gauges.c - what a scrape reads of outputs: the whole text, while objects are open, wait, and after they were written. */
#include "tests/unit/delivery.h"

#include "core/runtime.h"
#include "delivery/output.h"
#include "delivery/private.h"
#include "sinks/memory/memory.h"

#define HEAD(name, type, doc) "# HELP flowc_" name " " doc "\n# TYPE flowc_" name " " type "\n"

static void assert_gauges(struct world *w, const char *bytes, int objects, const char *oldest, const char *wrote, int durations)
{
    struct fl_buf got = {0}, want = {0};
    fl_output_metrics(&w->rt, &got);
    fl_buf_printf(&want, HEAD("output_queue_bytes", "gauge", "memory of sealed objects that wait to be written") "flowc_output_queue_bytes %s\n", bytes);
    fl_buf_puts(&want, HEAD("output_queue_limit_bytes", "gauge", "as many may wait: pipeline.output.queue.max_bytes") "flowc_output_queue_limit_bytes 1048576\n");
    fl_buf_printf(&want, HEAD("output_queue_objects", "gauge", "sealed objects that wait to be written") "flowc_output_queue_objects %d\n", objects);
    fl_buf_printf(&want, HEAD("oldest_unsent_seconds", "gauge", "since the oldest record came that isn't written yet, those in open objects too; "
                              "0: there is none") "flowc_oldest_unsent_seconds %s\n", oldest);
    fl_buf_printf(&want, HEAD("last_write_timestamp_seconds", "gauge", "when the sink took an object last; 0: none yet")
                  "flowc_last_write_timestamp_seconds %s\n", wrote);
    fl_buf_puts(&want, HEAD("write_duration_seconds", "histogram", "how long the attempts took in which the sink took an object"));
    static const char *const le[] = { "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "60", "+Inf" };
    for (size_t i = 0; i < sizeof le / sizeof *le; i++)
        fl_buf_printf(&want, "flowc_write_duration_seconds_bucket{le=\"%s\"} %d\n", le[i], durations);
    fl_buf_printf(&want, "flowc_write_duration_seconds_sum 0.000\nflowc_write_duration_seconds_count %d\n", durations);
    fl_buf_putc(&got, 0);
    fl_buf_putc(&want, 0);
    assert_string_equal(got.p, want.p);
    fl_buf_free(&got);
    fl_buf_free(&want);
}

static void from_open_to_written(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS("pipeline.store.buffered.max_flows_per_object=2", "pipeline.compress.type=none", "pipeline.output.queue.max_bytes=1MiB"));
    w.rt.virtual_time.wall = 1000 * FL_SECOND;
    fl_memory_script(fl_output_sink(w.rt.route[0].output), (enum fl_write_result[]){ FL_RETRY, FL_RETRY }, 2);
    assert_gauges(&w, "0", 0, "0.000", "0.000", 0);
    add(&w, 0, "1");
    pass(&w, 3 * FL_SECOND / 2);
    assert_gauges(&w, "0", 0, "1.500", "0.000", 0);
    add(&w, 0, "2");
    size_t n;
    objects(&w, &n);
    assert_int_equal(n, 0);
    struct fl_parcel *p = w.rt.route[0].output->first;
    char bytes[32];
    snprintf(bytes, sizeof bytes, "%zu", FL_PARCEL_BYTES + p->object.size);
    assert_gauges(&w, bytes, 1, "1.500", "0.000", 0);
    /* a younger one that is open makes no difference */
    add(&w, 1, "3");
    pass(&w, FL_SECOND);
    assert_gauges(&w, bytes, 1, "2.500", "0.000", 0);
    pass(&w, 60 * FL_SECOND);
    int64_t due = fl_output_step(w.rt.route[0].output);
    if (due != INT64_MAX) {
        pass(&w, due - w.rt.virtual_time.mono);
        fl_output_step(w.rt.route[0].output);
    }
    objects(&w, &n);
    assert_int_equal(n, 1);
    char wrote[40], oldest[40];
    snprintf(wrote, sizeof wrote, "%lld.%03lld", (long long)(w.rt.virtual_time.wall / FL_SECOND), (long long)(w.rt.virtual_time.wall % FL_SECOND / 1000000));
    int64_t since = w.rt.virtual_time.mono - w.rt.route[0].output->open->opened;
    snprintf(oldest, sizeof oldest, "%lld.%03lld", (long long)(since / FL_SECOND), (long long)(since % FL_SECOND / 1000000));
    assert_gauges(&w, "0", 0, oldest, wrote, 1);
    world_close(&w);
}

static void durations(void **state)
{
    (void)state;
    struct fl_durations d = { .n = 0 };
    static const int64_t took[] = { 0, 5000000, 5000001, FL_SECOND, FL_SECOND + 1, 61 * FL_SECOND };
    for (size_t i = 0; i < sizeof took / sizeof *took; i++)
        fl_durations_add(&d, took[i]);
    static const uint64_t upto[FL_DURATIONS] = { 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5 };
    assert_memory_equal(d.upto, upto, sizeof upto);
    assert_int_equal(d.n, 6);
    assert_int_equal(d.sum, 63 * FL_SECOND + 10000002);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(from_open_to_written), cmocka_unit_test(durations) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
