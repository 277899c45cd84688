/* test_journal.c - the journal and the positions in it: what a crash, a bad byte and a disk that says no leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "state/crc32c.h"
#include "state/directory.h"
#include "state/journal.h"
#include "state/positions.h"
#include "tests/unit/faults.h"

static char path[64], file[80];
static int folder;

static int setup(void **state)
{
    (void)state;
    faults_clear();
    snprintf(path, sizeof path, "/tmp/flowc-journal-XXXXXX");
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof file, "%s/journal", path);
    folder = open(path, O_RDONLY | O_DIRECTORY);
    return folder < 0;
}

static int teardown(void **state)
{
    (void)state;
    faults_clear();
    close(folder);
    char *command = fl_said("rm -rf %s", path);
    int rc = system(command);
    free(command);
    return rc;
}

static struct fl_journal *opened(const char *expected)
{
    uint8_t *record;
    size_t n;
    char *error = NULL;
    struct fl_journal *j = fl_journal_open(folder, path, &record, &n, &error);
    if (!j)
        fail_msg("%s", error);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(record ? (char *)record : "", expected, n);
    free(record);
    return j;
}

static void holds(const char *expected)
{
    fl_journal_close(opened(expected));
}

static void writes(struct fl_journal *j, const char *text, int error)
{
    assert_int_equal(fl_journal_write(j, text, strlen(text)), error);
}

static void three(void)
{
    struct fl_journal *j = opened("");
    writes(j, "one", 0);
    writes(j, "two", 0);
    writes(j, "three", 0);
    fl_journal_close(j);
}

static off_t size(void)
{
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    return st.st_size;
}

static void the_last_record_holds(void **state)
{
    (void)state;
    three();
    holds("three");
    struct fl_journal *j = opened("three");
    writes(j, "four", 0);
    fl_journal_close(j);
    holds("four");
}

static void a_torn_tail_is_cut(void **state)
{
    (void)state;
    three();
    const off_t whole = size(), last = 12 + 5;
    unlink(file);
    for (off_t cut = whole - 1; cut > whole - last; cut--) {
        three();
        assert_int_equal(truncate(file, cut), 0);
        holds("two");
        assert_int_equal(size(), whole - last);
        struct fl_journal *j = opened("two");
        writes(j, "after", 0);
        fl_journal_close(j);
        holds("after");
        assert_int_equal(unlink(file), 0);
    }
}

/* Each byte of it changed: an older record holds, or none; never one that wasn't written. */
static void a_bad_byte_never_makes_a_record(void **state)
{
    (void)state;
    three();
    const off_t whole = size();
    for (off_t at = 0; at < whole; at++) {
        int fd = open(file, O_RDWR);
        char byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
        holds(at < 15 ? "" : at < 30 ? "one" : "two");
        unlink(file);
        three();
    }
    char bad[96];
    snprintf(bad, sizeof bad, "%s.bad", file);
    assert_int_equal(access(bad, F_OK), 0);
}

static void a_newer_record_is_refused(void **state)
{
    (void)state;
    uint8_t frame[] = {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 'x'}, *record;
    uint32_t crc = fl_crc32c(0, frame + 8, 5);
    for (int i = 0; i < 4; i++)
        frame[4 + i] = (uint8_t)(crc >> (8 * i));
    int fd = open(file, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, frame, sizeof frame), sizeof frame);
    close(fd);
    size_t n;
    char *error = NULL;
    assert_null(fl_journal_open(folder, path, &record, &n, &error));
    char *expected = fl_said("%s/journal has a record of version 2, and this program knows 1: run a program built by that newer flowc, or choose "
                             "another directory (pipeline.state.directory, --state) to begin anew", path);
    assert_string_equal(error, expected);
    free(expected);
    free(error);
}

/* Whatever fails, and however often: what was acknowledged last holds, or what came after it; and later ones get through. */
static void a_failing_disk_loses_nothing_acknowledged(void **state)
{
    (void)state;
    static const struct { enum fault_call call; int error; } faults[] = {
        {CALL_WRITE, ENOSPC}, {CALL_FDATASYNC, EIO}, {CALL_FSYNC, EIO}, {CALL_OPENAT, EMFILE}, {CALL_RENAMEAT2, EIO},
    };
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++)
        for (unsigned n = 1; n <= 4; n++) {
            struct fl_journal *j = opened("");
            unsigned acknowledged = 0, failed = 0;
            char text[8];
            for (unsigned i = 1; i <= 6; i++) {
                if (i == 2) { /* while a file is appended to, and while a new one is begun */
                    faults_clear();
                    fault_at(faults[f].call, n, faults[f].error);
                    fault_at(CALL_FDATASYNC, 2, EIO);
                }
                snprintf(text, sizeof text, "%u", i);
                int e = fl_journal_write(j, text, 1);
                acknowledged = e ? acknowledged : i;
                failed += e != 0;
            }
            faults_clear();
            assert_true(failed >= 1);
            fl_journal_close(j);
            uint8_t *record;
            size_t length;
            char *error = NULL;
            j = fl_journal_open(folder, path, &record, &length, &error);
            assert_non_null(j);
            assert_int_equal(length, 1);
            assert_true((unsigned)(*record - '0') >= acknowledged);
            assert_true(acknowledged >= 5);
            free(record);
            fl_journal_close(j);
            unlink(file);
        }
}

static void a_long_file_is_begun_anew(void **state)
{
    (void)state;
    struct fl_journal *j = opened("");
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = 0;
    off_t most = 0;
    for (int i = 0; i < 600; i++) {
        writes(j, text, 0);
        most = size() > most ? size() : most;
    }
    fl_journal_close(j);
    assert_in_range(most, 200 << 10, 300 << 10);
    assert_true(size() < most);
    holds(text);
}

static void positions_come_back(void **state)
{
    (void)state;
    char *error = NULL, name[24];
    struct fl_state *s = fl_state_open(path, "p", &error);
    assert_non_null(s);
    struct fl_position at = {.device = 1, .inode = UINT64_MAX, .offset = UINT64_C(1) << 40, .before_n = 3, .before = "abc"}, got;
    struct fl_positions *p = fl_positions_open(s, &error);
    for (unsigned i = 0; i < 70; i++) {
        at.device = i;
        snprintf(name, sizeof name, "/file %u", i);
        assert_int_equal(fl_positions_set(p, name, &at), 0);
    }
    assert_int_equal(fl_positions_set(p, "/file 6", &at), 0);
    assert_int_equal(fl_positions_set(p, "/one more", &at), 0);
    fl_positions_free(p);
    p = fl_positions_open(s, &error);
    assert_non_null(p);
    assert_false(fl_positions_get(p, "/file 5", &got));
    assert_false(fl_positions_get(p, "/file 7", &got)); /* set longer ago than 6 */
    assert_true(fl_positions_get(p, "/file 6", &got));
    assert_true(fl_positions_get(p, "/file 69", &got));
    assert_memory_equal(&got, &at, sizeof at);
    fl_positions_free(p);
    fl_state_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_record_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(a_torn_tail_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_byte_never_makes_a_record, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_record_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failing_disk_loses_nothing_acknowledged, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_file_is_begun_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(positions_come_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
