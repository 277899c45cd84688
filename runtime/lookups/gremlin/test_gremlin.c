/* test_gremlin.c - addresses, requests, failures, fail-over and concurrency against a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/analyzer_stub.h"
#include "core/clock.h"
#include "lookups/gremlin/gremlin.h"
#include "base/log.h"

#define SECOND INT64_C(1000000000)
#define MAX 400

struct outcome {
    enum fl_answered_how kind;
    unsigned times;
    char text[2000];
};

struct asked {
    struct fl_question query[MAX];
    struct outcome outcome[MAX];
};

static struct asked asked;

static void done(void *arg, struct fl_question *q, enum fl_answered_how kind, const char *text, size_t n)
{
    struct asked *a = arg;
    struct outcome *o = &a->outcome[q - a->query];
    o->kind = kind;
    o->times++;
    snprintf(o->text, sizeof o->text, "%.*s", (int)n, text);
}

/* Ask `n` texts with a timeout in ms; returns how long it took, in ms. */
static int64_t ask(struct fl_gremlin *g, const char *const *texts, unsigned n, int64_t timeout)
{
    int64_t began = fl_clock_monotonic();
    memset(&asked, 0, sizeof asked);
    for (unsigned i = 0; i < n; i++) {
        asked.query[i] = (struct fl_question){.next = i + 1 < n ? &asked.query[i + 1] : NULL,
                                                   .text = texts[i],
                                                   .n = (uint32_t)strlen(texts[i]),
                                                   .deadline = began + timeout * 1000000};
    }
    fl_gremlin_run(g, asked.query, done, &asked);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(asked.outcome[i].times, 1);
    return (fl_clock_monotonic() - began) / 1000000;
}

static struct fl_gremlin *to(const char *first, const char *second)
{
    const char *list[] = {first, second};
    char *error = NULL;
    struct fl_gremlin_options o = {.analyzers = list, .nanalyzers = second ? 2 : 1,
                                   .username = "flow", .password = "s:ecret"};
    struct fl_gremlin *g = fl_gremlin_new(&o, &error);
    assert_null(error);
    assert_non_null(g);
    return g;
}

/* An address on which nothing listens: bound, never listened to, so that nobody else gets it. */
static int closed_port(char *address, size_t n)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    snprintf(address, n, "127.0.0.1:%u", ntohs(a.sin_port));
    return fd;
}

static void addresses(void **state)
{
    static const struct { const char *entry, *url; } rows[] = {
        {"1234", "http://localhost:1234"},
        {":1234", "http://localhost:1234"},
        {"10.0.0.1:8082", "http://10.0.0.1:8082"},
        {"analyzer.example.com:8082", "http://analyzer.example.com:8082"},
        {"[2001:db8::1]:8082", "http://[2001:db8::1]:8082"},
        {"https", "http://localhost:443"},
        {"host:https", "http://host:443"},
        {"", NULL}, {"0", NULL}, {"99999", NULL}, {"host:", NULL}, {"host:0", NULL}, {"host:nosuchservice", NULL},
        {"host.example.com", NULL}, {"::1:8082", NULL}, {"[::1]", NULL}, {"[]:80", NULL},
        {"[::1:80", NULL}, {"[zz]:80", NULL},
        {"http://host:80", NULL}, {"user@host:80", NULL}, {"host:80/x", NULL}, {"ho st:80", NULL}, {"-1", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *error = NULL, *url = fl_gremlin_url(rows[i].entry, false, &error);
        if (rows[i].url) {
            assert_null(error);
            assert_string_equal(url, rows[i].url);
        } else {
            assert_null(url);
            assert_non_null(strstr(error, "expected"));
        }
        free(url);
        free(error);
    }
    char *error = NULL, *url = fl_gremlin_url("a:1", true, &error);
    assert_string_equal(url, "https://a:1");
    free(url);
}

static void bad_options(void **state)
{
    const char *list[] = {"127.0.0.1:1", "127.0.0.1:99999"};
    char *error = NULL;
    (void)state;
    assert_null(fl_gremlin_new(&(struct fl_gremlin_options){.analyzers = list, .nanalyzers = 2}, &error));
    assert_string_equal(error, "analyzers[1]: `127.0.0.1:99999`: the port `99999` is neither a number "
                                "from 1 to 65535 nor a service; "
                               "expected host:port, as 10.0.0.1:8082");
    free(error);
    assert_null(fl_gremlin_new(&(struct fl_gremlin_options){.analyzers = list, .nanalyzers = 1,
                                                            .client_cert = "/nonexistent/c.pem",
                                                            .client_key = "/nonexistent/k.pem"}, &error));
    assert_non_null(strstr(error, "tls.client_cert: `/nonexistent/c.pem`"));
    free(error);
    assert_null(fl_gremlin_new(&(struct fl_gremlin_options){.url = "http://user@host"}, &error));
    free(error);
}

static void request(void **state)
{
    struct stub s;
    const char *query[] = {"G.V().Has(\"A&B\", \"<x>\")"};
    (void)state;
    stub_start(&s);
    struct fl_gremlin *g = to(s.address, NULL);
    ask(g, query, 1, 5000);
    assert_int_equal(asked.outcome[0].kind, FL_ANSWERED);
    assert_memory_equal(s.last, "POST /api/topology HTTP/1.1\r\n", 29);
    assert_non_null(strstr(s.last, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(s.last, "\r\nAccept-Encoding: gzip\r\n"));
    assert_non_null(strstr(s.last, "\r\nAuthorization: Basic ZmxvdzpzOmVjcmV0\r\n")); /* flow:s:ecret */
    assert_null(strstr(s.last, "\r\nAccept: "));
    assert_string_equal(strstr(s.last, "\r\n\r\n") + 4,
                        "{\"GremlinQuery\":\"G.V().Has(\\\"A\\u0026B\\\", \\\"\\u003cx\\u003e\\\")\"}");
    fl_gremlin_free(g);
    stub_stop(&s);
}

/* Long enough for 16 MiB on a slow machine; one question waits for all of it. */
#ifdef __SANITIZE_THREAD__
enum { PATIENCE = 8000 };
#else
enum { PATIENCE = 800 };
#endif

static void outcomes(void **state)
{
    struct stub s;
    const char *query[] = {"plain", "refuse", "drop", "big", "gzip", "hang", "last"};
    (void)state;
    stub_start(&s);
    struct fl_gremlin *g = to(s.address, NULL);
    int64_t ms = ask(g, query, 7, PATIENCE);
    assert_in_range(ms, PATIENCE - 10, PATIENCE + 1700);
    assert_int_equal(asked.outcome[0].kind, FL_ANSWERED);
    assert_string_equal(asked.outcome[0].text, "[{\"ID\":\"1\",\"Metadata\":{\"Name\":\"plain\"}}]\n");
    assert_int_equal(asked.outcome[1].kind, FL_REFUSED_ANSWER);
    assert_string_equal(asked.outcome[1].text, "400 Bad Request: no such step");
    assert_int_equal(asked.outcome[2].kind, FL_REFUSED_ANSWER);
    assert_int_equal(asked.outcome[3].kind, FL_REFUSED_ANSWER);
    assert_string_equal(asked.outcome[3].text, "the answer is larger than 16 MiB");
    assert_int_equal(asked.outcome[4].kind, FL_ANSWERED);
    assert_string_equal(asked.outcome[4].text, "[{\"ID\":\"1\",\"Metadata\":{\"Name\":\"gzip\"}}]\n");
    assert_int_equal(asked.outcome[5].kind, FL_ANSWER_LATE);
    assert_int_equal(asked.outcome[6].kind, FL_ANSWERED);
    ask(g, query, 1, 0);
    assert_int_equal(asked.outcome[0].kind, FL_ANSWER_LATE);
    assert_false(asked.query[0].sent);
    fl_gremlin_free(g);
    stub_stop(&s);
}

static void concurrency(void **state)
{
    struct stub s;
    const char *query[200];
    (void)state;
    for (int i = 0; i < 200; i++)
        query[i] = "slow 50";
    stub_start(&s);
    struct fl_gremlin *g = to(s.address, NULL);
    int64_t ms = ask(g, query, 200, 5000);
    for (int i = 0; i < 200; i++)
        assert_int_equal(asked.outcome[i].kind, FL_ANSWERED);
    print_message("200 queries of 50 ms: %lld ms over %u connections\n", (long long)ms, s.connections);
    assert_in_range(s.connections, 2, FL_GREMLIN_AT_ONCE);
    assert_in_range(ms, 200, 2000); /* one after another: 10 s */
    unsigned before = s.connections;
    ask(g, query, 20, 5000);
    assert_int_equal(s.connections, before); /* kept alive between waves */
    assert_int_equal(s.queries, 220);
    fl_gremlin_free(g);
    stub_stop(&s);
}

static char lines[8192];

static void keep_line(void *arg, const char *line)
{
    (void)arg;
    strncat(lines, line, sizeof lines - strlen(lines) - 1);
}

static unsigned count(const char *what)
{
    unsigned n = 0;
    for (const char *p = lines; (p = strstr(p, what)); p++)
        n++;
    return n;
}

static void fail_over(void **state)
{
    struct stub s;
    char dead[64];
    const char *query[50];
    (void)state;
    for (int i = 0; i < 50; i++)
        query[i] = "x";
    int fd = closed_port(dead, sizeof dead);
    lines[0] = 0;
    fl_log_capture(keep_line, NULL);
    stub_start(&s);
    struct fl_gremlin *g = to(dead, s.address);
    ask(g, query, 50, 5000);
    for (int i = 0; i < 50; i++)
        assert_int_equal(asked.outcome[i].kind, FL_ANSWERED);
    assert_int_equal(count("analyzer can't be reached"), 1);
    /* The living one dies too: everything fails at once and without hanging, each reported once. */
    stub_stop(&s);
    int64_t ms = ask(g, query, 50, 5000);
    for (int i = 0; i < 50; i++)
        assert_int_not_equal(asked.outcome[i].kind, FL_ANSWERED);
    assert_in_range(ms, 0, 1000);
    assert_int_equal(count("analyzer can't be reached"), 2);
    fl_gremlin_free(g);
    close(fd);
    fl_log_capture(NULL, NULL);
}

static void comes_back(void **state)
{
    char address[64];
    const char *query[] = {"x"};
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    (void)state;
    int fd = closed_port(address, sizeof address);
    lines[0] = 0;
    fl_log_capture(keep_line, NULL);
    struct fl_gremlin *g = to(address, NULL);
    ask(g, query, 1, 5000);
    assert_int_equal(asked.outcome[0].kind, FL_NOBODY_ANSWERS);
    ask(g, query, 1, 5000);
    assert_int_equal(asked.outcome[0].kind, FL_NOBODY_ANSWERS);
    assert_false(asked.query[0].sent); /* left alone for a second */
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    struct stub s = {.fd = fd};
    pthread_mutex_init(&s.lock, NULL);
    assert_int_equal(listen(fd, 16), 0);
    pthread_create(&s.acceptor, NULL, stub_accept, &s);
    nanosleep(&(struct timespec){1, 100000000}, NULL);
    ask(g, query, 1, 5000);
    assert_int_equal(asked.outcome[0].kind, FL_ANSWERED);
    assert_int_equal(count("analyzer can't be reached"), 1);
    assert_int_equal(count("analyzer is back"), 1);
    fl_gremlin_free(g);
    stub_stop(&s);
    fl_log_capture(NULL, NULL);
}

/* An analyzer that takes connections but never answers costs one wave, then the next one is asked. */
static void silent_analyzer(void **state)
{
    struct stub quiet, good;
    const char *query[] = {"hang", "hang"}, *plain[] = {"x"};
    (void)state;
    stub_start(&quiet);
    stub_start(&good);
    struct fl_gremlin *g = to(quiet.address, good.address);
    ask(g, query, 2, 200);
    assert_int_equal(asked.outcome[0].kind, FL_ANSWER_LATE);
    ask(g, plain, 1, 2000);
    assert_int_equal(asked.outcome[0].kind, FL_ANSWERED);
    assert_int_equal(good.queries, 1);
    fl_gremlin_free(g);
    stub_stop(&quiet);
    stub_stop(&good);
}

/* With no other analyzer to ask, batches don't go on waiting out their time: it rests, and is tried again. */
static void silent_analyzer_rests(void **state)
{
    struct stub quiet;
    const char *query[] = {"hang"}, *plain[] = {"x"};
    (void)state;
    stub_start(&quiet);
    struct fl_gremlin *g = to(quiet.address, NULL);
    for (int i = 0; i < 3; i++) {
        ask(g, query, 1, 100);
        assert_int_equal(asked.outcome[0].kind, FL_ANSWER_LATE);
    }
    ask(g, plain, 1, 2000);
    assert_int_equal(asked.outcome[0].kind, FL_NOBODY_ANSWERS);
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
    ask(g, plain, 1, 2000);
    assert_int_equal(asked.outcome[0].kind, FL_ANSWERED);
    ask(g, query, 1, 100); /* answers in between: the count begins anew */
    ask(g, plain, 1, 2000);
    assert_int_equal(asked.outcome[0].kind, FL_ANSWERED);
    fl_gremlin_free(g);
    stub_stop(&quiet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),   cmocka_unit_test(bad_options), cmocka_unit_test(request),
        cmocka_unit_test(outcomes),    cmocka_unit_test(concurrency), cmocka_unit_test(fail_over),
        cmocka_unit_test(comes_back),  cmocka_unit_test(silent_analyzer),
        cmocka_unit_test(silent_analyzer_rests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
