/* test_ledger.c - the books add up, in the log and at /metrics; the HTTP endpoint itself; fl_clock_*. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "core/runtime.h"
#include "program/metrics.h"

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
    fl_ledger_log(&l);
    assert_non_null(strstr(said, " INFO ledger pending=0"));
    fl_count(&l, FL_C_received, 5);
    fl_count(&l, FL_C_written, 2);
    drop(&l, 1, 1);
    fl_ledger_log(&l);
    assert_non_null(strstr(said, " INFO ledger received=5 written=2 dropped.started=1 pending=2"));
    fl_log_capture(NULL, NULL);
    fl_ledger_free(&l);
}

static void metrics_text(void **state)
{
    (void)state;
    struct fl_ledger l;
    struct fl_buf b = { 0 };
    fl_ledger_init(&l, &pipeline);
    fl_count(&l, FL_C_received, 3);
    drop(&l, 0, 2);
    fl_ledger_metrics(&l, &pipeline, &b);
    fl_buf_putc(&b, 0);
    assert_non_null(strstr(b.p, "# TYPE flowc_received_total counter\nflowc_received_total 3\n"));
    assert_non_null(strstr(b.p, "flowc_dropped_total{reason=\"excluded_class\"} 2\n"));
    assert_non_null(strstr(b.p, "# TYPE flowc_pending gauge\nflowc_pending 1\n"));
    assert_non_null(strstr(b.p, "flowc_build_info{pipeline=\"case\",version=\"1\\\"2\\\\\"} 1\n"));
    fl_buf_free(&b);
    fl_ledger_free(&l);
}

/* ---- /metrics over HTTP ----------------------------------------------------------------------------------- */

static char *get(int port, const char *path)
{
    static char answer[65536];
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    char request[200];
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    assert_int_equal(write(fd, request, (size_t)n), n);
    size_t got = 0;
    for (ssize_t r; got < sizeof answer - 1 && (r = read(fd, answer + got, sizeof answer - 1 - got)) > 0;)
        got += (size_t)r;
    answer[got] = 0;
    close(fd);
    return answer;
}

static struct fl_runtime rt;

static void endpoint(void **state)
{
    (void)state;
    char *error = NULL;
    rt = (struct fl_runtime){ .pipeline = &pipeline, .clock = fl_clock_real };
    fl_ledger_init(&rt.ledger, &pipeline);
    fl_count(&rt.ledger, FL_C_received, 77);
    struct fl_metrics *m = fl_metrics_start(&rt, "127.0.0.1:0", &error);
    assert_non_null(m);
    int port = fl_metrics_port(m);
    assert_true(port > 0);
    char *a = get(port, "/metrics");
    assert_memory_equal(a, "HTTP/1.1 200", 12);
    assert_non_null(strstr(a, "text/plain; version=0.0.4"));
    assert_non_null(strstr(a, "\nflowc_received_total 77\n"));
    assert_non_null(strstr(a, "\nprocess_resident_memory_bytes "));
    assert_non_null(strstr(a, "\nflowc_uptime_seconds "));
    assert_memory_equal(get(port, "/healthz"), "HTTP/1.1 503", 12);
    fl_metrics_ready(m, true);
    assert_memory_equal(get(port, "/healthz"), "HTTP/1.1 200", 12);
    assert_memory_equal(get(port, "/other"), "HTTP/1.1 404", 12);
    char again[32];
    snprintf(again, sizeof again, "127.0.0.1:%d", port);
    assert_null(fl_metrics_start(&rt, again, &error));
    assert_non_null(strstr(error, "the port is in use"));
    free(error);
    fl_metrics_stop(m);
    fl_ledger_free(&rt.ledger);
}

static void bad_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = { "", ":", "x", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1",
                                       "127.0.0.1:12x", "256.1.1.1:0" };
    rt = (struct fl_runtime){ .pipeline = &pipeline, .clock = fl_clock_real };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *error = NULL;
        assert_null(fl_metrics_start(&rt, bad[i], &error));
        assert_non_null(strstr(error, "--metrics-listen"));
        free(error);
    }
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
        cmocka_unit_test(pending_is_what_is_left), cmocka_unit_test(log_line), cmocka_unit_test(metrics_text),
            cmocka_unit_test(endpoint), cmocka_unit_test(bad_addresses), cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
