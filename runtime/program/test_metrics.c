/* test_metrics.c - the books at /metrics; the HTTP endpoint itself. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/runtime.h"
#include "intake/queue.h"
#include "program/metrics.h"

static const char *const reasons[] = { "excluded_class", "started", NULL };
static const struct fl_pipeline pipeline = { .magic = FL_MAGIC, .abi = FL_ABI, .name = "case", .version = "1\"2\\",
                                             .reasons = reasons, .nreasons = 2 };

static void drop(struct fl_ledger *l, uint32_t reason, uint64_t n)
{
    atomic_fetch_add(&l->dropped[reason], n);
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
    assert_non_null(strstr(b.p, "flowc_build_info{flowc=\"" PACKAGE_VERSION "\",pipeline=\"case\",version=\"1\\\"2\\\\\"} 1\n"));
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

/* The value of a series without labels. */
static double number(const char *text, const char *name)
{
    char line[100];
    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(text, line);
    if (!at)
        fail_msg("no %s", name);
    return atof(at + strlen(line));
}

static struct fl_runtime rt;

static void endpoint(void **state)
{
    (void)state;
    char *error = NULL;
    rt = (struct fl_runtime){ .pipeline = &pipeline, .clock = fl_clock_real };
    fl_ledger_init(&rt.ledger, &pipeline);
    fl_count(&rt.ledger, FL_C_received, 77);
    rt.queue = fl_queue_new(12345);
    struct fl_metrics *m = fl_metrics_start(&rt, "127.0.0.1:0", 1, &error);
    assert_non_null(m);
    int port = fl_metrics_port(m);
    assert_true(port > 0);
    char *a = get(port, "/metrics");
    assert_memory_equal(a, "HTTP/1.1 200", 12);
    assert_non_null(strstr(a, "text/plain; version=0.0.4"));
    assert_non_null(strstr(a, "\nflowc_received_total 77\n"));
    assert_true(number(a, "process_resident_memory_bytes") > 1 << 20);
    assert_true(number(a, "process_start_time_seconds") > (double)time(NULL) - 3600);
    assert_true(number(a, "process_start_time_seconds") <= (double)time(NULL) + 1);
    assert_true(number(a, "process_cpu_seconds_total") > 0);
    assert_true(number(a, "process_threads") >= 2);
    double fds = number(a, "process_open_fds");
    int more = dup(0);
    assert_true(number(get(port, "/metrics"), "process_open_fds") == fds + 1);
    close(more);
    assert_true(number(a, "process_max_fds") > fds);
    assert_true(number(a, "flowc_input_queue_bytes") == 0);
    assert_true(number(a, "flowc_input_queue_limit_bytes") == 12345);
    assert_memory_equal(get(port, "/healthz"), "HTTP/1.1 200", 12);
    a = get(port, "/readyz");
    assert_memory_equal(a, "HTTP/1.1 503", 12);
    assert_non_null(strstr(a, "\r\n\r\nnot ready: still starting, or stopping\n"));
    fl_metrics_ready(m, true);
    a = get(port, "/readyz");
    assert_memory_equal(a, "HTTP/1.1 200", 12);
    assert_non_null(strstr(a, "\r\n\r\nready\n"));
    assert_memory_equal(get(port, "/other"), "HTTP/1.1 404", 12);
    char again[32];
    snprintf(again, sizeof again, "127.0.0.1:%d", port);
    assert_null(fl_metrics_start(&rt, again, 1, &error));
    assert_non_null(strstr(error, "the port is in use"));
    free(error);
    fl_metrics_stop(m);
    fl_queue_free(rt.queue);
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
        assert_null(fl_metrics_start(&rt, bad[i], 1, &error));
        assert_non_null(strstr(error, "--metrics-listen"));
        free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_text), cmocka_unit_test(endpoint), cmocka_unit_test(bad_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
