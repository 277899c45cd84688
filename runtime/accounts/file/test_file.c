/* test_file.c - account file: sums, the form of the file, what is broken begins anew or comes from FILE.bak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/account.h"
#include "drivers/sink.h"
#include "program/registry.h"

static struct fl_runtime rt;
static const struct fl_account_kind *kind;
static void *account;
static char folder[] = "/tmp/flow-account.XXXXXX", path[64], bak[72], got[1024];
static int64_t ms;

static struct fl_time virtual_clock(struct fl_runtime *r)
{
    (void)r;
    return (struct fl_time){ms * 1000000, ms * 1000000};
}

static int set_up(void **state)
{
    (void)state;
    static struct fl_option_set options[] = {{"filename", path, NULL}};
    static struct fl_stage_choice stage = {"account", "file", options, 1};
    static struct fl_output_of output = {.stages = &stage, .nstages = 1};
    static struct fl_pipeline p = {.magic = FL_MAGIC, .abi = FL_ABI, .name = "t", .outputs = &output, .noutputs = 1};
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/account.json", folder);
    snprintf(bak, sizeof bak, "%s.bak", path);
    char *error = NULL;
    rt = (struct fl_runtime){.drivers = fl_drivers, .pipeline = &p, .clock = virtual_clock};
    rt.config = fl_config_defaults(&p, &error);
    struct fl_options o = fl_options_of_output(rt.config, 0, "account");
    kind = fl_driver(fl_drivers, FL_ACCOUNT, "file");
    account = kind->open(&rt, &o, &error);
    return account && !error ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kind->close(account);
    fl_config_free(rt.config);
    unlink(path);
    unlink(bak);
    return rmdir(folder);
}

static void add(int64_t now, size_t bytes)
{
    ms = now;
    kind->add(account, &(struct fl_object){.size = bytes});
}

static void put(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static const char *state_of(const char *file)
{
    FILE *f = fopen(file, "r");
    if (!f)
        return NULL;
    got[fread(got, 1, sizeof got - 1, f)] = 0;
    fclose(f);
    return got;
}

#define STATE(start, end, sum, last)                                                                             \
    "{\n \"version\": \"1.1.0\",\n \"accumulate-start\": " start ",\n \"accumulate-end\": " end ",\n \"accumulate-bytes\": " sum \
    ",\n \"current-start\": " end ",\n \"current-end\": " end ",\n \"current-bytes\": " last "\n}"

static void sums(void **state)
{
    (void)state;
    unlink(path);
    add(1000, 10);
    assert_string_equal(state_of(path), STATE("1000", "1000", "10", "10"));
    add(2000, 100);
    assert_string_equal(state_of(path), STATE("1000", "2000", "110", "100"));
    assert_null(state_of(bak));
    put(path, STATE("5", "9", "7", "7"));
    add(3000, 1);
    assert_string_equal(state_of(path), STATE("5", "3000", "8", "1"));
    unlink(path);
    add(4000, 3);
    assert_string_equal(state_of(path), STATE("4000", "4000", "3", "3"));
    add(3500, 3); /* the clock was put back */
    assert_string_equal(state_of(path), STATE("3500", "3500", "6", "3"));
}

static void broken(void **state)
{
    static const char *const bad[] = {
        "", "{", "[]", "{}", STATE("1", "2", "3", "4") "x", STATE("0", "2", "3", "4"), STATE("3", "2", "3", "4"), STATE("1", "2", "1.5", "4"),
        "{\"version\": \"1.0.0\", \"accumulate-start\": 1, \"accumulate-end\": 2, \"accumulate-bytes\": 3, \"current-start\": 2, "
        "\"current-end\": 2, \"current-bytes\": 1}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(path, bad[i]);
        unlink(bak);
        add(7000, 5);
        assert_string_equal(state_of(path), STATE("7000", "7000", "5", "5"));
        put(path, bad[i]);
        put(bak, STATE("6", "8", "20", "1"));
        add(7000, 5);
        assert_string_equal(state_of(path), STATE("6", "7000", "25", "5"));
    }
}

static void cannot_write(void **state)
{
    (void)state;
    unlink(path);
    assert_int_equal(symlink("/nonexistent/x", bak), 0);
    add(1000, 10); /* said in the log; whoever writes objects goes on */
    assert_null(state_of(path));
    unlink(bak);
    add(2000, 10);
    assert_string_equal(state_of(path), STATE("2000", "2000", "10", "10"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums), cmocka_unit_test(broken), cmocka_unit_test(cannot_write)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
