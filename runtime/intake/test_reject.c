/* test_reject.c - intake/reject.c: what is kept, and what is said when it can't be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "intake/reject.h"
#include "tests/unit/faults.h"

#define WALL (INT64_C(1700000000) * 1000000000)
#define LINE "{\"time\":\"2023-11-14T22:13:20Z\",\"message\":7,\"error\":\"no\",\"text\":\"abc\"}\n"

static char dir[64], said[4][512];
static unsigned nsaid;

static void listen_(void *arg, const char *line)
{
    (void)arg;
    snprintf(said[nsaid++ % 4], sizeof said[0], "%s", strchr(line, ' ') + 1);
}

static int begin(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/fl-reject.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    faults_clear();
    nsaid = 0;
    fl_log_capture(listen_, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    char command[128];
    faults_clear();
    fl_log_capture(NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

static void keep(struct fl_reject *r)
{
    fl_reject_put(r, WALL, &(struct fl_rejected){.message = 7, .error = "no", .text = "abc", .n = 3});
    fl_reject_flush(r);
}

/* All that the folder holds. */
static const char *kept(void)
{
    static char text[4096];
    size_t n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[400];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        FILE *f = fopen(path, "r");
        n += fread(text + n, 1, sizeof text - 1 - n, f);
        fclose(f);
    }
    closedir(d);
    text[n] = 0;
    return text;
}

static void a_line_is_written_whole(void **state)
{
    (void)state;
    struct fl_reject *r = fl_reject_new(dir, 1 << 20);
    fault_at(CALL_WRITE, 1, EINTR);
    fault_short(CALL_WRITE, 2, 5);
    keep(r);
    assert_int_equal(fault_calls(CALL_WRITE), 3);
    assert_string_equal(kept(), LINE);
    assert_int_equal(nsaid, 0);
    fl_reject_free(r);
}

static void trouble_is_said_once_and_its_end(void **state)
{
    (void)state;
    static const struct {
        enum fault_call call;
        int error;
        const char *step, *says;
    } faults[] = {
        {CALL_MKDIR, ENOSPC, "mkdir", "No space left on device"},
        {CALL_OPEN, EMFILE, "open", "Too many open files"},
        {CALL_OPENAT, EDQUOT, "create", "Disk quota exceeded"},
        {CALL_WRITE, ENOSPC, "write", "No space left on device"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct fl_reject *r = fl_reject_new(dir, 1 << 20);
        char want[300];
        nsaid = 0;
        faults_clear();
        fault_at(faults[i].call, 1, faults[i].error);
        fault_at(faults[i].call, 2, faults[i].error);
        keep(r);
        keep(r);
        assert_int_equal(nsaid, 1);
        snprintf(want, sizeof want, "WARN can't keep rejected input; it is only counted directory=%s step=%s error=\"%s\"",
                 dir, faults[i].step, faults[i].says);
        assert_string_equal(said[0], want);
        keep(r);
        assert_int_equal(nsaid, 2);
        snprintf(want, sizeof want, "INFO rejected input is kept again directory=%s lost_bytes=%zu", dir, 2 * strlen(LINE));
        assert_string_equal(said[1], want);
        fl_reject_free(r);
    }
    assert_string_equal(kept(), LINE LINE LINE LINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_written_whole, begin, end),
        cmocka_unit_test_setup_teardown(trouble_is_said_once_and_its_end, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
