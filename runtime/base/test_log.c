/* test_log.c - lines, levels, backends, quoting and limits of base/log.c; names of base/suggest.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/suggest.h"

static char said[8192];
static int lines;

static void listen_(void *arg, const char *line)
{
    (void)arg;
    snprintf(said, sizeof said, "%s", line);
    lines++;
}

static void text_lines(void **state)
{
    (void)state;
    fl_log_capture(listen_, NULL);
    fl_log(FL_WARN, "connected", "url=%s after=%.1fs", "ws://a", 0.1);
    int y, mo, d, h, mi, s, ms, n = 0;
    assert_int_equal(sscanf(said, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &y, &mo, &d, &h, &mi, &s, &ms, &n), 7);
    assert_string_equal(said + n, " WARN connected url=ws://a after=0.1s");
    fl_log(FL_INFO, "alone", NULL);
    assert_string_equal(said + n, " INFO alone");
    fl_log(FL_INFO, "split", "x=%s", "a\nb\033c"); /* never two lines */
    assert_null(strchr(said, '\n'));
    char big[10000];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = 0;
    fl_log(FL_INFO, "long", "x=%s", big);
    assert_string_equal(said + strlen(said) - 4, "x...");
    errno = 42;
    fl_log(FL_INFO, "keeps errno", NULL);
    assert_int_equal(errno, 42);
    fl_log_capture(NULL, NULL);
}

static void quoting(void **state)
{
    (void)state;
    assert_string_equal(fl_log_quote("plain-1.2:3/x"), "plain-1.2:3/x");
    assert_string_equal(fl_log_quote(""), "\"\"");
    assert_string_equal(fl_log_quote("a b"), "\"a b\"");
    assert_string_equal(fl_log_quote("a=b"), "\"a=b\"");
    assert_string_equal(fl_log_quote("q\"\\\n\t\x01\x7f"), "\"q\\\"\\\\\\n\\t\\x01\\x7f\"");
    char big[400];
    memset(big, 'x', 399);
    big[399] = 0;
    const char *q = fl_log_quote(big);
    assert_int_equal(strlen(q), 205);
    assert_string_equal(q + 201, "...\"");
    memset(big, ' ', 199);
    memcpy(big + 199, "\xc3\xa9", 2); /* not cut inside of a character */
    q = fl_log_quote(big);
    assert_string_equal(q + strlen(q) - 5, " ...\"");
    const char *a = fl_log_quote("1"), *b = fl_log_quote("2");
    assert_string_equal(a, "1");
    assert_string_equal(b, "2");
    assert_string_equal(fl_log_quoten("abc", 2), "ab");
}

/* Whatever a value brings along, a line is one line of UTF-8. */
static void lines_are_text(void **state)
{
    static const struct { const char *value, *line, *quoted; } cases[] = {
        { "caf\xc3\xa9", "x=caf\xc3\xa9", "caf\xc3\xa9" },
        { "a\nb\033c\x7f", "x=a\\nb\\x1bc\\x7f", "\"a\\nb\\x1bc\\x7f\"" },
        { "a\xff", "x=a\\xff", "\"a\\xff\"" },
        { "a\xc3", "x=a\\xc3", "\"a\\xc3\"" },
        { "\xed\xa0\x80", "x=\\xed\\xa0\\x80", "\"\\xed\\xa0\\x80\"" },
        { "\xc2\x9b" "2J", "x=\\xc2\\x9b2J", "\"\\xc2\\x9b2J\"" },
        { "\xe2\x80\xae", "x=\\xe2\\x80\\xae", "\"\\xe2\\x80\\xae\"" },
        { "\xf0\x9f\x98\x80", "x=\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
    };
    (void)state;
    fl_log_capture(listen_, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fl_log(FL_INFO, "m", "x=%s", cases[i].value);
        assert_string_equal(strstr(said, " m ") + 3, cases[i].line);
        assert_string_equal(fl_log_quote(cases[i].value), cases[i].quoted);
    }
    fl_log(FL_INFO, "a\xff\nmessage", NULL);
    assert_string_equal(strstr(said, "INFO ") + 5, "a\\xff\\nmessage");
    fl_log_capture(NULL, NULL);
}

/* Who gets in at a URL is nobody's business. */
static void passwords_are_masked(void **state)
{
    static const struct { const char *value, *line; } cases[] = {
        { "ws://user:PASS@host:8082/ws", "url=ws://***@host:8082/ws" },
        { "http://TOKEN@host", "url=http://***@host" },
        { "http://user:p@ss@host/x", "url=http://***@host/x" },
        { "http://user:p/ss@host/x", "url=http://***@host/x" },
        { "http://host:9000/a@b", "url=http://host:9000/a@b" },
        { "http://[::1]:9000/a@b", "url=http://[::1]:9000/a@b" },
        { "user:PASS@host:8082", "url=***@host:8082" },
        { "me@example.com", "url=me@example.com" },
        { "[\"a:b@c\", \"d:e@f\"]", "url=[\"***@c\", \"***@f\"]" },
        { "`http://a:b@c`: x (http://d:e@f)", "url=`http://***@c`: x (http://***@f)" },
    };
    (void)state;
    fl_log_capture(listen_, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fl_log(FL_INFO, "m", "url=%s", cases[i].value);
        assert_string_equal(strstr(said, " m ") + 3, cases[i].line);
    }
    fl_log(FL_INFO, "cannot ask http://a:b@c", NULL);
    assert_string_equal(strstr(said, "INFO ") + 5, "cannot ask http://***@c");
    char url[400] = "http://user:";
    memset(url + 12, 'p', 300);
    memcpy(url + 312, "@host", 6);
    fl_log(FL_INFO, "m", "url=%s", fl_log_quote(url)); /* cut inside of the password */
    assert_string_equal(strstr(said, " m ") + 3, "url=\"http://...\"");
    fl_log_capture(NULL, NULL);
}

static char *read_file(const char *path)
{
    static char text[200000];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

static struct fl_log_options to_file(const char *path)
{
    struct fl_log_options o = { .backends = FL_LOG_FILE, .color = 1, .file = path,
                                .level = { FL_INFO, FL_INFO, FL_INFO, FL_INFO } };
    return o;
}

static void back_to_stderr(void)
{
    assert_null(fl_log_configure(&(struct fl_log_options){ .backends = FL_LOG_STDERR, .level = { FL_INFO } }));
}

static char *temp_file(void)
{
    static char path[] = "/tmp/test_log.XXXXXX";
    memcpy(path + 14, "XXXXXX", 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return path;
}

static void levels_and_file(void **state)
{
    (void)state;
    const char *path = temp_file();
    struct fl_log_options o = to_file(path);
    o.id = "me";
    o.level[2] = FL_WARN;
    assert_null(fl_log_configure(&o));
    assert_false(fl_log_wanted(FL_INFO));
    assert_true(fl_log_wanted(FL_WARN));
    fl_log(FL_INFO, "not this", NULL);
    fl_log(FL_ERROR, "but this", "a=1");
    char *text = read_file(path);
    assert_null(strstr(text, "not this"));
    assert_non_null(strstr(text, "Z ERROR but this id=me a=1\n")); /* a file is no terminal: no colour */
    assert_null(fl_log_configure(&o)); /* appended to, not cut */
    fl_log(FL_CRITICAL, "second", NULL);
    text = read_file(path);
    assert_non_null(strstr(text, "but this"));
    assert_non_null(strstr(text, " CRITICAL second id=me\n"));
    back_to_stderr();
    unlink(path);
}

static void json_lines(void **state)
{
    (void)state;
    const char *path = temp_file();
    struct fl_log_options o = to_file(path);
    o.json[2] = true;
    o.id = "a \"b\"";
    assert_null(fl_log_configure(&o));
    fl_log(FL_INFO, "connected", "url=%s empty=%s odd=%s", fl_log_quote("ws://a b\n\"\x01\xff"), fl_log_quote(""), "1");
    json_error_t error;
    json_t *j = json_loads(read_file(path), 0, &error);
    assert_non_null(j);
    assert_string_equal(json_string_value(json_object_get(j, "level")), "INFO");
    assert_string_equal(json_string_value(json_object_get(j, "message")), "connected");
    assert_string_equal(json_string_value(json_object_get(j, "id")), "a \"b\"");
    assert_string_equal(json_string_value(json_object_get(j, "url")), "ws://a b\n\"\x01\xef\xbf\xbd");
    assert_string_equal(json_string_value(json_object_get(j, "empty")), "");
    assert_string_equal(json_string_value(json_object_get(j, "odd")), "1");
    assert_non_null(json_object_get(j, "time"));
    json_decref(j);
    back_to_stderr();
    unlink(path);
}

static void backends_that_fail(void **state)
{
    (void)state;
    struct fl_log_options o = to_file("/nonexistent/x.log");
    char *error = fl_log_configure(&o);
    assert_string_equal(error, "cannot write the log file /nonexistent/x.log: No such file or directory");
    free(error);
    o = (struct fl_log_options){ .backends = FL_LOG_SYSLOG, .syslog_address = "/nonexistent/log" };
    error = fl_log_configure(&o);
    assert_string_equal(error, "cannot log to /nonexistent/log: No such file or directory");
    free(error);
    back_to_stderr();
}

static void syslog_packets(void **state)
{
    (void)state;
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    snprintf(a.sun_path, sizeof a.sun_path, "/tmp/test_log.%d.sock", (int)getpid());
    for (int i = 0; i < 2; i++) { /* the second time the daemon was restarted */
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
        struct fl_log_options o = { .backends = FL_LOG_SYSLOG, .syslog_address = a.sun_path, .syslog_tag = "case" };
        if (i == 0)
            assert_null(fl_log_configure(&o));
        fl_log(FL_ERROR, "trouble", "a=1");
        char packet[1000] = "", want[60];
        ssize_t n = recv(fd, packet, sizeof packet - 1, MSG_DONTWAIT);
        assert_true(n > 0);
        packet[n] = 0;
        snprintf(want, sizeof want, " case[%d]: trouble a=1", (int)getpid());
        assert_memory_equal(packet, "<27>", 4); /* daemon, error */
        assert_string_equal(strstr(packet, " case["), want);
        close(fd);
        unlink(a.sun_path);
    }
    fl_log(FL_ERROR, "nobody there", NULL); /* lost, but harmless */
    back_to_stderr();
}

static void limited_lines(void **state)
{
    (void)state;
    static const char a[] = "limited a", b[] = "limited b";
    fl_log_capture(listen_, NULL);
    lines = 0;
    for (int i = 0; i < 5; i++)
        fl_log_limited(1, FL_WARN, a, "i=%d", i);
    assert_int_equal(lines, 1);
    assert_non_null(strstr(said, "limited a i=0"));
    fl_log_limited(1, FL_WARN, b, NULL); /* counted by itself */
    assert_int_equal(lines, 2);
    fl_log_limited_of(&a, 1, FL_WARN, a, NULL); /* so is another's */
    assert_int_equal(lines, 3);
    fl_log_limited_of(&a, 1, FL_WARN, a, NULL);
    assert_int_equal(lines, 3);
    usleep(1100000);
    fl_log_limited(1, FL_WARN, a, "i=%d", 9);
    assert_int_equal(lines, 4);
    assert_non_null(strstr(said, "limited a i=9 repeated=4"));
    fl_log_capture(NULL, NULL);
}

static void *write_lines(void *arg)
{
    for (int i = 0; i < 200; i++)
        fl_log(FL_INFO, "line", "thread=%s i=%d pad=%s", fl_log_quote(arg), i,
               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    const char *path = temp_file();
    struct fl_log_options o = to_file(path);
    assert_null(fl_log_configure(&o));
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, write_lines, (char *[]){ "a", "b", "c", "d" }[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    int n = 0;
    char *save, *text = read_file(path);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save), n++) {
        assert_non_null(strstr(line, " INFO line thread="));
        assert_string_equal(line + strlen(line) - 4, "xxxx");
    }
    assert_int_equal(n, 800);
    back_to_stderr();
    unlink(path);
}

static const char *nearest(const char *want)
{
    static const char *const names[] = { "excluded_tags", "type", "max_flows_per_object", "url" };
    struct fl_suggest s;
    fl_suggest_init(&s, want);
    for (size_t i = 0; i < 4; i++)
        fl_suggest_try(&s, names[i]);
    return fl_suggest_best(&s);
}

static void suggestions(void **state)
{
    (void)state;
    assert_string_equal(nearest("exclude_tags"), "excluded_tags");
    assert_string_equal(nearest("tpye"), "type"); /* a swap is one edit */
    assert_string_equal(nearest("URL"), "url");
    assert_string_equal(nearest("max_flow_per_objects"), "max_flows_per_object");
    assert_null(nearest("zz"));
    assert_null(nearest(""));
    char big[300];
    memset(big, 'x', 299);
    big[299] = 0;
    assert_null(nearest(big));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_lines), cmocka_unit_test(quoting),
        cmocka_unit_test(lines_are_text),
        cmocka_unit_test(passwords_are_masked), cmocka_unit_test(levels_and_file),
            cmocka_unit_test(json_lines),
        cmocka_unit_test(backends_that_fail), cmocka_unit_test(syslog_packets), cmocka_unit_test(limited_lines),
        cmocka_unit_test(lines_of_threads_do_not_mix), cmocka_unit_test(suggestions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
