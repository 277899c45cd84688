/* test_directory.c - the state directory: made, locked, counted, refused; what a disk that fails leaves of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "state/crc32c.h"
#include "state/directory.h"
#include "tests/unit/faults.h"

static char folder[64], path[80];

static int setup(void **state)
{
    (void)state;
    faults_clear();
    snprintf(folder, sizeof folder, "/tmp/flowc-state-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a/b", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_clear();
    char *command = fl_said("rm -rf %s", folder);
    int rc = system(command);
    free(command);
    return rc;
}

/* Its token, or the error with `path` as PATH; to be freed. */
static char *opened(const char *pipeline)
{
    char *error = NULL;
    struct fl_state *s = fl_state_open(path, pipeline, &error);
    char *said = s ? fl_strdup(fl_state_token(s)) : error;
    assert_true((s != NULL) == (error == NULL));
    fl_state_close(s);
    char *at = s ? NULL : strstr(said, path);
    if (!at)
        return said;
    char *out = fl_said("%.*sPATH%s", (int)(at - said), said, at + strlen(path));
    free(said);
    return out;
}

static void gives(const char *pipeline, const char *expected)
{
    char *said = opened(pipeline);
    assert_string_equal(said, expected);
    free(said);
}

static void write_identity(const char *text)
{
    char name[120];
    snprintf(name, sizeof name, "%s/identity", path);
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void sums_as_others_do(void **state)
{
    (void)state;
    assert_int_equal(fl_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(fl_crc32c(fl_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    assert_int_equal(fl_crc32c(0, "", 0), 0);
}

static void keeps_its_instance_and_counts_its_starts(void **state)
{
    (void)state;
    char *first = opened("dummy"), *second = opened("dummy"), *third = opened("dummy");
    assert_int_equal(strlen(first), 10);
    assert_memory_equal(first, second, 9);
    assert_memory_equal(first, third, 9);
    assert_string_equal(first + 8, ".1");
    assert_string_equal(second + 8, ".2");
    assert_string_equal(third + 8, ".3");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    free(first);
    free(second);
    free(third);
}

static void two_have_different_instances(void **state)
{
    (void)state;
    char *one = opened("dummy");
    snprintf(path, sizeof path, "%s/c", folder);
    char *other = opened("dummy");
    assert_string_not_equal(one, other);
    free(one);
    free(other);
}

static void a_second_process_is_told_the_pid(void **state)
{
    (void)state;
    char *error = NULL;
    struct fl_state *s = fl_state_open(path, "dummy", &error);
    assert_non_null(s);
    char *said = opened("dummy");
    char *expected = fl_said("the state directory PATH is in use by process %ld: stop that one first, or give this one a directory of its own "
                             "(pipeline.state.directory, --state)", (long)getpid());
    assert_string_equal(said, expected);
    fl_state_close(s);
    free(said);
    free(expected);
    said = opened("dummy");
    assert_string_equal(said + 8, ".2"); /* the one that was sent away doesn't count */
    free(said);
}

static void a_killed_process_leaves_no_lock(void **state)
{
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *error = NULL, byte = fl_state_open(path, "dummy", &error) != NULL;
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ready[0]);
    close(ready[1]);
    char *said = opened("dummy");
    assert_string_equal(said + 8, ".2");
    free(said);
}

static void refuses_what_is_another_s(void **state)
{
    (void)state;
    free(opened("dummy"));
    gives("secadvisor", "the state directory PATH is that of pipeline dummy, and this one is secadvisor: give each a directory of its own "
                        "(pipeline.state.directory, --state)");
    assert_int_equal(chmod(path, 0770), 0);
    gives("dummy", "others may write to the state directory PATH (mode 0770): chmod 700 it");
}

static void refuses_a_newer_format(void **state)
{
    (void)state;
    free(opened("dummy"));
    write_identity("flowc-state 2\nwhatever that has\n");
    gives("dummy", "the state directory PATH has format 2, and this program knows 1: run a program built by that newer flowc, or choose "
                   "another directory (pipeline.state.directory, --state) to begin anew");
}

static void refuses_what_is_damaged(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "flowc-state", "flowc-state 1\npipeline dummy\n",
        "flowc-state 1\npipeline dummy\ninstance 0123abcd\nstarts 7\ncrc32c 00000000\n",
    };
    free(opened("dummy"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_identity(texts[i]);
        gives("dummy", "PATH/identity is damaged: put it back from a copy, or choose another directory (pipeline.state.directory, --state) to "
                       "begin anew");
    }
}

/* Whatever fails, the next start that works has a number that none had before. */
static void a_failing_disk_repeats_no_token(void **state)
{
    (void)state;
    static const struct { enum fault_call call; int error; } faults[] = {
        {CALL_WRITE, ENOSPC}, {CALL_FSYNC, EIO}, {CALL_FDATASYNC, EIO}, {CALL_OPENAT, EACCES}, {CALL_RENAMEAT2, EIO},
    };
    unsigned long seen = 0, failed = 0;
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
        for (unsigned n = 1; n <= 4; n++) {
            faults_clear();
            fault_at(faults[i].call, n, faults[i].error);
            char *said = opened("dummy");
            faults_clear();
            bool good = strlen(said) > 9 && said[8] == '.';
            failed += !good;
            if (good) {
                unsigned long number = strtoul(said + 9, NULL, 10);
                assert_true(number > seen);
                seen = number;
            }
            free(said);
        }
    assert_true(failed >= 5);
    char *said = opened("dummy");
    assert_true(strtoul(said + 9, NULL, 10) > seen);
    free(said);
}

static void short_writes_are_gone_on_with(void **state)
{
    (void)state;
    fault_short(CALL_WRITE, 1, 5);
    char *said = opened("dummy");
    assert_string_equal(said + 8, ".1");
    free(said);
    said = opened("dummy");
    assert_string_equal(said + 8, ".2");
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_as_others_do),
        cmocka_unit_test_setup_teardown(keeps_its_instance_and_counts_its_starts, setup, teardown),
        cmocka_unit_test_setup_teardown(two_have_different_instances, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_process_is_told_the_pid, setup, teardown),
        cmocka_unit_test_setup_teardown(a_killed_process_leaves_no_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_another_s, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_newer_format, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failing_disk_repeats_no_token, setup, teardown),
        cmocka_unit_test_setup_teardown(short_writes_are_gone_on_with, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
