/*
 * test_params.c - params of every type and shape, where their values come from, and what is said about wrong ones;
 * value.c's texts.
 */
#include "tests/unit/config_case.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "config/print.h"
#include "config/value.h"
#include "core/clock.h"

static bool flag;
static int64_t count, wait_, size, packets, when, class_, color;
static double share;
static fl_str name, token, given;
static fl_ip address;
static fl_cidr net;
static struct fl_list nets, names, counts, classes, colors;
static fl_str header;

static const char *const color_names[] = { "RED", "GREEN", NULL };
static const char *const one_of[] = { "a", "b", NULL };
static char secret_file[] = "/tmp/test_params.XXXXXX";

#define P(n, t, d, v) { .name = n, .yaml = "pipeline.case." n, .type = t, .dflt = d, .value = v }
#define L(n, t, d, v) { .name = n, .yaml = "pipeline.case." n, .type = t, .shape = FL_LIST_OF, .dflt = d, .value = v }

static const struct fl_param params[] = {
    P("flag", FL_T_BOOL, "true", &flag), P("count", FL_T_INT, "7", &count), P("share", FL_T_FLOAT, "0.5", &share),
    P("name", FL_T_STRING, "\"\"", &name), P("address", FL_T_IP, "10.0.0.1", &address),
        P("net", FL_T_CIDR, "10.1.2.3/8", &net),
    P("when", FL_T_TIME, "0", &when), P("wait", FL_T_DURATION, "5s", &wait_), P("size", FL_T_BYTES, "1KiB", &size),
    P("packets", FL_T_PACKETS, "1k", &packets), P("class", FL_T_CLASS, "other", &class_),
    { .name = "color", .yaml = "pipeline.case.color", .type = FL_T_ENUM, .names = color_names, .dflt = "GREEN",
      .value = &color },
    L("nets", FL_T_CIDR, "[10.0.0.0/8, \"fd00::/8\"]", &nets), L("names", FL_T_STRING, "[]", &names),
    L("counts", FL_T_INT, "[1, 2]", &counts), L("classes", FL_T_CLASS, "[other]", &classes),
    { .name = "colors", .yaml = "pipeline.case.colors", .type = FL_T_ENUM, .names = color_names, .shape = FL_LIST_OF,
      .dflt = "[]", .value = &colors },
    { .name = "header", .yaml = "pipeline.case.header", .type = FL_T_STRING, .shape = FL_MAP_OF, .value = &header },
    { .name = "token", .yaml = "pipeline.case.token", .type = FL_T_STRING, .secret = true, .secret_file = secret_file,
      .secret_env = "CASE_TOKEN", .dflt = "", .value = &token },
    { .name = "bare", .type = FL_T_STRING, .dflt = "a", .one_of = one_of, .value = &given },
};
static const struct fl_stage_choice stages[] = { { "source", "stdin", NULL, 0 } };
static const struct fl_stage_choice output_stages[] = { { "write", "stdout", NULL, 0 } };
static const struct fl_output_of outputs[] = { { .stages = output_stages, .nstages = 1 } };
static const struct fl_pipeline pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI, .name = "case", .params = params, .nparams = sizeof params / sizeof *params,
    .stages = stages, .nstages = 1, .classes = case_classes, .nclasses = 4, .reasons = case_reasons, .nreasons = 1,
    .outputs = outputs, .noutputs = 1,
};

static struct config_case load(const char *text)
{
    return case_load(&pipeline, text, NULL, NULL);
}

static struct config_case load_set(const char *set)
{
    const char *sets[] = { set, NULL };
    return case_load(&pipeline, NULL, sets, NULL);
}

static bool is(fl_str s, const char *text)
{
    return s.n == strlen(text) && !memcmp(s.p, text, s.n);
}

/* Values are compared with the allowed ones, of every type. */
static void allowed_values(void **state)
{
    (void)state;
    static const struct {
        enum fl_value_type type;
        const char *allowed[3], *same, *other;
    } rows[] = {
        { FL_T_BOOL, { "true" }, "yes", "no" },
        { FL_T_INT, { "1", "1000" }, "1k", "2" },
        { FL_T_FLOAT, { "1", "2.5" }, "2.50", "2.6" },
        { FL_T_STRING, { "x", "y z" }, "y z", "X" },
        { FL_T_IP, { "10.0.0.1", "2001:db8::1" }, "2001:DB8:0::1", "10.0.0.2" },
        { FL_T_CIDR, { "10.0.0.0/8", "2001:db8::/32" }, "10.1.0.0/8", "10.0.0.0/9" },
        { FL_T_TIME, { "2026-01-02T03:04:05Z" }, "2026-01-02T04:04:05+01:00", "2026-01-02T03:04:06Z" },
        { FL_T_DURATION, { "1m", "5m" }, "300", "301" },
        { FL_T_BYTES, { "1kB", "1MiB" }, "1048576", "1MB" },
        { FL_T_PACKETS, { "5" }, "5", "6" },
        { FL_T_ENUM, { "RED" }, "RED", "GREEN" },
        { FL_T_CLASS, { "other" }, "other", "nothing" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t value[8];
        const struct fl_param one = { .name = "one", .type = rows[i].type, .names = color_names, .dflt = rows[i].allowed[0],
                                      .one_of = rows[i].allowed, .value = value };
        struct fl_pipeline p = pipeline;
        p.params = &one;
        p.nparams = 1;
        for (int same = 0; same < 2; same++) {
            char set[80], expected[120];
            const char *text = same ? rows[i].same : rows[i].other, *sets[] = { set, NULL };
            snprintf(set, sizeof set, "one=%s", text);
            snprintf(expected, sizeof expected, "one: `%s` is not allowed", text);
            struct config_case k = case_load(&p, NULL, sets, NULL);
            if (same)
                case_expect_fine(&k);
            else
                case_expect_problem(&k, expected, NULL);
            case_end(&k);
        }
    }
}

static void defaults_of_every_type(void **state)
{
    (void)state;
    struct config_case k = load(NULL);
    case_expect_fine(&k);
    assert_true(flag);
    assert_int_equal(count, 7);
    assert_true(share > 0.49 && share < 0.51);
    assert_true(is(name, ""));
    assert_int_equal(address.family, 4);
    assert_true(is(address.text, "10.0.0.1"));
    assert_int_equal(net.bits, 8);
    assert_int_equal(net.family, 4);
    assert_int_equal(wait_, 5 * FL_SECOND);
    assert_int_equal(size, 1024);
    assert_int_equal(packets, 1000);
    assert_int_equal(class_, 3);
    assert_int_equal(color, 1);
    assert_int_equal(nets.n, 2);
    assert_int_equal(((const fl_cidr *)nets.v)[1].family, 6);
    assert_int_equal(names.n, 0);
    assert_int_equal(((const int64_t *)counts.v)[1], 2);
    assert_int_equal(*(const int64_t *)classes.v, 3);
    assert_true(is(header, "{}"));
    case_end(&k);
}

static void values_from_the_file(void **state)
{
    (void)state;
    struct config_case k = load("pipeline.case:\n  flag: no\n  count: '12'\n  share: 1e3\n  name: a b\n  address: "
                                "'::ffff:1.2.3.4'\n  net: fd00::1/64\n"
                                "  when: 2026-11-23T08:55:02Z\n  wait: 1.5\n  size: 2MiB\n  packets: 3\n"
                                 "  class: ingress\n  color: RED\n"
                                "  nets: 10.0.0.0/8  192.168.0.0/16\n  names: [a, 'b c']\n  counts: 5\n"
                                 "  classes: [internal, nowhere]\n  colors: [RED, GREEN]\n"
                                "  header: {Version: '1', host: \"a<b\\\"\"}\n");
    case_expect_fine(&k);
    assert_false(flag);
    assert_int_equal(count, 12);
    assert_true(share > 999.9 && share < 1000.1);
    assert_true(is(name, "a b"));
    assert_int_equal(net.family, 6);
    assert_int_equal(net.bits, 64);
    assert_true(when == INT64_C(1795424102) * FL_SECOND);
    assert_int_equal(wait_, FL_SECOND + FL_SECOND / 2);
    assert_int_equal(size, 2 << 20);
    assert_int_equal(class_, 2);
    assert_int_equal(color, 0);
    assert_int_equal(nets.n, 2);
    assert_int_equal(names.n, 2);
    assert_true(is(((const fl_str *)names.v)[1], "b c"));
    assert_int_equal(counts.n, 1);
    assert_int_equal(((const int64_t *)classes.v)[0], 0);
    assert_int_equal(((const int64_t *)classes.v)[1], -1);
    assert_true(case_noted(k.c, "pipeline.case.classes[1]: no class is called nowhere"));
    assert_int_equal(((const int64_t *)colors.v)[1], 1);
    assert_true(is(header, "{\"Version\":\"1\",\"host\":\"a\\u003cb\\\"\"}"));
    assert_int_equal(header.kind, FL_RAW);
    case_end(&k);
}

static void wrong_values(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "flag=maybe", "pipeline.case.flag: `maybe` is wrong; expected true or false" },
        { "count=1.5", "expected a whole number" }, { "count=0x", "expected a whole number" },
            { "count=[1]", "not a list" }, { "share=x", "expected a number" }, { "share=nan", "expected a number" },
        { "address=10.0.0.01", "expected an address" }, { "net=10.0.0.0", "expected a prefix" },
            { "net=10.0.0.0/33", "expected a prefix" },
        { "when=soon", "expected a time" }, { "wait=5 parsecs", "expected a duration" },
            { "wait=-1", "expected a duration" }, { "size=-1", "expected a size" }, { "packets=-1", "not negative" },
        { "color=GREE",
          "pipeline.case.color: `GREE` is not allowed (did you mean GREEN?); expected one of RED, GREEN" },
        { "nets=[10.0.0.0/8, 10.0.0.0/99, 10.0.0.0/7]", "pipeline.case.nets[1]: `10.0.0.0/99` is wrong" },
        { "names=[a, [b]]", "pipeline.case.names[1]: expected a text" }, { "names=[a, ~]", "pipeline.case.names[1]: "
                                                                           "expected a text" },
        { "counts=[1, x]", "pipeline.case.counts[1]" }, { "header={a: [1]}",
                                                          "pipeline.case.header.a: expected a text" },
        { "bare=c", "bare: `c` is not allowed" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct config_case k = load_set(bad[i][0]);
        case_expect_problem(&k, "--set ", bad[i][1], NULL);
        assert_int_equal(k.c->problems.n, 1);
        case_end(&k);
    }
    struct config_case k = load("pipeline:\n  case:\n    nets: [10.0.0.0/8, nonsense]\n");
    case_expect_problem(&k, ":3:24: pipeline.case.nets[1]: `nonsense`", NULL);
    case_end(&k);
}

static void a_param_without_a_key(void **state)
{
    (void)state;
    struct config_case k = load_set("bare=b");
    case_expect_fine(&k);
    assert_true(is(given, "b"));
    case_end(&k);
    setenv("SKYDIVE_BARE", "b", 1);
    k = load(NULL);
    assert_true(is(given, "b"));
    case_end(&k);
    unsetenv("SKYDIVE_BARE");
    k = load("bare: b\n"); /* not a key of files */
    case_expect_problem(&k, ":1:1: unknown key bare", NULL);
    case_end(&k);
}

static void lists_and_maps_in_the_environment(void **state)
{
    (void)state;
    setenv("SKYDIVE_PIPELINE_CASE_NETS", "[10.0.0.0/8]", 1);
    setenv("SKYDIVE_PIPELINE_CASE_NAMES", "a b  c", 1);
    setenv("SKYDIVE_PIPELINE_CASE_HEADER", "{A: b}", 1);
    setenv("SKYDIVE_PIPELINE_CASE_NETZ", "x", 1);
    struct config_case k = load(NULL);
    case_expect_fine(&k);
    assert_int_equal(nets.n, 1);
    assert_int_equal(names.n, 3);
    assert_true(is(header, "{\"A\":\"b\"}"));
    assert_true(case_noted(k.c, "environment variable SKYDIVE_PIPELINE_CASE_NETZ has no effect"));
    case_end(&k);
    setenv("SKYDIVE_PIPELINE_CASE_NETS", "10.0.0.0/8 x", 1);
    k = load(NULL);
    case_expect_problem(&k, "SKYDIVE_PIPELINE_CASE_NETS: pipeline.case.nets[1]: `x`", NULL);
    case_end(&k);
    unsetenv("SKYDIVE_PIPELINE_CASE_NETS");
    unsetenv("SKYDIVE_PIPELINE_CASE_NAMES");
    unsetenv("SKYDIVE_PIPELINE_CASE_HEADER");
    unsetenv("SKYDIVE_PIPELINE_CASE_NETZ");
}

static void secrets(void **state)
{
    (void)state;
    struct config_case k = load_set("token=hunter2"); /* everyone can read a command line */
    case_expect_problem(&k, "token is a secret", secret_file, "CASE_TOKEN", NULL);
    assert_null(strstr(k.problems, "hunter2"));
    case_end(&k);

    int fd = mkstemp(secret_file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "from file\n", 10), 10);
    close(fd);
    k = load(NULL);
    case_expect_fine(&k);
    assert_true(is(token, "from file"));
    case_end(&k);
    k = load("pipeline.case.token: yaml");
    assert_true(is(token, "yaml"));
    case_end(&k);
    setenv("CASE_TOKEN", "environment", 1);
    k = load("pipeline.case.token: yaml");
    assert_true(is(token, "environment"));
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    fl_print_config(k.c, f);
    fclose(f);
    assert_null(strstr(text, "environment"));
    assert_non_null(strstr(text, "# token: (set, not shown)"));
    free(text);
    case_end(&k);
    unsetenv("CASE_TOKEN");
    unlink(secret_file);
}

static void put_credential(const char *folder, const char *key, const char *text, size_t n)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, key);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0400);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
}

static void credentials_of_systemd(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_params.XXXXXX", path[200], *text = NULL, long_one[5000];
    assert_non_null(mkdtemp(folder));
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    put_credential(folder, "pipeline.case.token", "from systemd\n", 13);
    struct config_case k = load("pipeline.case.token: yaml");
    case_expect_fine(&k);
    assert_true(is(token, "from systemd"));
    size_t n;
    FILE *f = open_memstream(&text, &n);
    fl_print_config(k.c, f);
    fclose(f);
    assert_null(strstr(text, "from systemd"));
    free(text);
    case_end(&k);
    setenv("SKYDIVE_PIPELINE_CASE_TOKEN", "environment", 1);
    k = load(NULL);
    assert_true(is(token, "environment"));
    case_end(&k);
    unsetenv("SKYDIVE_PIPELINE_CASE_TOKEN");
    snprintf(path, sizeof path, "%s/pipeline.case.token", folder);
    unlink(path);
    memset(long_one, 'x', sizeof long_one);
    put_credential(folder, "pipeline.case.token", long_one, sizeof long_one);
    k = load("pipeline.case.token: yaml");
    case_expect_problem(&k, path, "the credential pipeline.case.token is longer than 4096 bytes", NULL);
    case_end(&k);
    unlink(path);
    k = load("pipeline.case.token: yaml");
    assert_true(is(token, "yaml"));
    case_end(&k);
    unsetenv("CREDENTIALS_DIRECTORY");
    rmdir(folder);
}

static void what_has_to_be_given(void **state)
{
    (void)state;
    struct fl_param needed[] = { { .name = "who", .yaml = "pipeline.case.who", .type = FL_T_STRING, .value = &name } };
    struct fl_pipeline p = pipeline;
    p.params = needed;
    p.nparams = 1;
    struct config_case k = case_load(&p, NULL, NULL, NULL);
    case_expect_fine(&k);
    fl_config_require(k.c);
    k.problems = fl_problems_text(&k.c->problems);
    case_expect_problem(&k, "param who has to be given: as key pipeline.case.who", "SKYDIVE_PIPELINE_CASE_WHO",
                        "--set who=", NULL);
    case_end(&k);
}

static char said[4096];

static void listen(void *arg, const char *line)
{
    (void)arg;
    strncat(said, line, sizeof said - strlen(said) - 2);
    strncat(said, "\n", sizeof said - strlen(said) - 1);
}

static void a_default_that_decides_is_named(void **state)
{
    (void)state;
    struct fl_param deciding[] = { { .name = "excluded", .yaml = "pipeline.filter.excluded_tags", .type = FL_T_CLASS,
                                     .shape = FL_LIST_OF, .dflt = "[other]", .decides = true, .value = &classes } };
    struct fl_pipeline p = pipeline;
    p.params = deciding;
    p.nparams = 1;
    fl_log_capture(listen, NULL);
    struct config_case k = case_load(&p, NULL, NULL, NULL);
    fl_config_log_notes(k.c);
    assert_non_null(strstr(said,
                           "INFO dropping by default: excluded = [other] "
                                  "(pipeline.filter.excluded_tags is not set)\n"));
    case_end(&k);
    said[0] = 0;
    k = case_load(&p, "pipeline: {filter: {excluded_tags: [other]}}", NULL, NULL);
    fl_config_log_notes(k.c);
    assert_null(strstr(said, "dropping"));
    case_end(&k);
    fl_log_capture(NULL, NULL);
}

/* ---- value.c ---------------------------------------------------------------------------------------------------- */

static void texts_as_numbers(void **state)
{
    (void)state;
    int64_t v;
    static const struct { const char *text; int64_t ns; } good[] = {
        { "0", 0 }, { "60", 60 * FL_SECOND }, { "1.5", 1500000000 }, { "50ms", 50000000 }, { "7ns", 7 },
            { "1us", 1000 }, { "1h30m", 5400 * FL_SECOND },
        { "1d", 86400 * FL_SECOND }, { "106751d", INT64_C(106751) * 86400 * FL_SECOND },
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(fl_value_duration(good[i].text, &v));
        assert_true(v == good[i].ns);
    }
    static const char *const bad[] = { "", "-1", "s", "1x", "1 s", "1h30", "1.s", ".5s", "1e3", "999999d",
                                       "99999999999999999999", "1s " };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(fl_value_duration(bad[i], &v));
    assert_true(fl_value_bytes("1.5KiB", &v) && v == 1536);
    assert_true(fl_value_bytes("10MB", &v) && v == 10000000);
    assert_false(fl_value_bytes("9999999999GiB", &v));
    assert_false(fl_value_bytes("1 KiB", &v));
    assert_true(fl_value_int("-9223372036854775808", &v) && v == INT64_MIN);
    assert_true(fl_value_int("010", &v) && v == 8);
    assert_false(fl_value_int("9223372036854775808", &v));
    assert_false(fl_value_int("", &v));
    assert_false(fl_value_int(" 1", &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allowed_values), cmocka_unit_test(credentials_of_systemd), cmocka_unit_test(defaults_of_every_type), cmocka_unit_test(values_from_the_file),
            cmocka_unit_test(wrong_values),
        cmocka_unit_test(a_param_without_a_key), cmocka_unit_test(lists_and_maps_in_the_environment),
            cmocka_unit_test(secrets),
        cmocka_unit_test(what_has_to_be_given), cmocka_unit_test(a_default_that_decides_is_named),
            cmocka_unit_test(texts_as_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
