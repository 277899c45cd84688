/* test_config.c - which value holds, which keys and kinds are known, and what is said about the rest. */
#include "tests/unit/config_case.h"

#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "config/print.h"
#include "config/values.h"
#include "core/clock.h"

static struct fl_list cluster, excluded, analyzers;
static fl_str classify_kind, transform_kind, mangle_kind;
static const char *const one_subnet[] = { "subnet", NULL }, *const one_secadvisor[] = { "secadvisor", NULL };
static const char *const one_mangle[] = { "none", "logstatus", NULL };

static const struct fl_param params[] = {
    { .name = "cluster", .yaml = "pipeline.classify.cluster_net_masks", .type = FL_T_CIDR, .shape = FL_LIST_OF,
      .dflt = "[10.0.0.0/8]", .value = &cluster },
    { .name = "excluded", .yaml = "pipeline.filter.excluded_tags", .type = FL_T_CLASS, .shape = FL_LIST_OF,
      .dflt = "[other]", .decides = true, .value = &excluded },
    { .name = "classify_kind", .yaml = "pipeline.classify.type", .type = FL_T_STRING, .dflt = "subnet",
      .one_of = one_subnet, .value = &classify_kind },
    { .name = "transform_kind", .yaml = "pipeline.transform.type", .type = FL_T_STRING, .dflt = "secadvisor",
      .one_of = one_secadvisor, .value = &transform_kind },
    { .name = "mangle_kind", .yaml = "pipeline.mangle.type", .type = FL_T_STRING, .dflt = "none", .one_of = one_mangle,
      .value = &mangle_kind },
    { .name = "analyzers", .yaml = "analyzers", .type = FL_T_STRING, .shape = FL_LIST_OF,
      .dflt = "[\"127.0.0.1:8082\"]", .value = &analyzers },
};
static const struct fl_option_set buffered[] = { { "max_flows_per_object", "500", NULL } };
static const struct fl_option_set secadvisor[] = { { "pretty", "true", NULL } };
static const struct fl_stage_choice stages[] = {
    { "source", "skydive", NULL, 0 },
};
static const struct fl_stage_choice output_stages[] = {
    { "store", "buffered", buffered, 1 }, { "encode", "secadvisor", secadvisor, 1 }, { "compress", "gzip", NULL, 0 },
    { "write", "s3", NULL, 0 },
};
static const struct fl_output_of outputs[] = { { .stages = output_stages, .nstages = 4 } };
static const struct fl_pipeline pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI, .name = "case", .file = "pipelines/case.flow", .params = params,
    .nparams = sizeof params / sizeof *params, .stages = stages, .nstages = sizeof stages / sizeof *stages,
    .classes = case_classes, .nclasses = 4, .reasons = case_reasons, .nreasons = 1, .outputs = outputs, .noutputs = 1,
};

static struct config_case load(const char *text)
{
    return case_load(&pipeline, text, NULL, NULL);
}

static struct config_case load_set(const char *text, const char *set)
{
    const char *sets[] = { set, NULL };
    return case_load(&pipeline, text, sets, NULL);
}

static int64_t max_flows(const struct config_case *k)
{
    return fl_option_int(k->c, "store", "buffered", "max_flows_per_object");
}

/* Without those of original.c. */
static uint32_t notes(const struct config_case *k)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < k->c->nnotes; i++)
        n += !strstr(k->c->note[i].text, "the original's default");
    return n;
}

#define MAX_FLOWS "pipeline.store.buffered.max_flows_per_object"

/* ---- precedence ---------------------------------------------------------------------------------------------- */

static void set_beats_environment_beats_file_beats_flow_beats_table(void **state)
{
    (void)state;
    static const char file[] = "pipeline: {store: {buffered: {max_flows_per_object: 30}}}";
    struct config_case k = load("");
    assert_int_equal(max_flows(&k), 500);
    assert_int_equal(fl_option_int(k.c, "store", "buffered", "max_seconds_per_object"), 60 * FL_SECOND);
    case_end(&k);
    k = load(file);
    assert_int_equal(max_flows(&k), 30);
    case_end(&k);
    setenv("SKYDIVE_PIPELINE_STORE_BUFFERED_MAX_FLOWS_PER_OBJECT", "20", 1);
    k = load(file);
    assert_int_equal(max_flows(&k), 20);
    case_end(&k);
    k = load_set(file, MAX_FLOWS "=10");
    assert_int_equal(max_flows(&k), 10);
    case_end(&k);
    setenv("SKYDIVE_PIPELINE_STORE_BUFFERED_MAX_FLOWS_PER_OBJECT", "", 1); /* empty: not set */
    k = load(file);
    assert_int_equal(max_flows(&k), 30);
    case_expect_fine(&k);
    case_end(&k);
    unsetenv("SKYDIVE_PIPELINE_STORE_BUFFERED_MAX_FLOWS_PER_OBJECT");
}

static void last_set_wins_and_an_empty_one_goes_back(void **state)
{
    (void)state;
    const char *sets[] = { MAX_FLOWS "=1", MAX_FLOWS "=2", NULL };
    struct config_case k = case_load(&pipeline, NULL, sets, NULL);
    assert_int_equal(max_flows(&k), 2);
    case_end(&k);
    k = load_set("pipeline.store.buffered.max_flows_per_object: 7", MAX_FLOWS "=");
    assert_int_equal(max_flows(&k), 500);
    case_end(&k);
}

static void nested_and_dotted_and_any_case_are_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "pipeline:\n  store:\n    buffered:\n      max_flows_per_object: 9\n",
            "pipeline.store.buffered.max_flows_per_object: 9\n",
        "PIPELINE:\n  Store.Buffered:\n    MAX_flows_per_object: \"9\"\n",
        "base: &b {max_flows_per_object: 9}\n",
        "pipeline: {store: {buffered: {<<: {max_flows_per_object: 9}}}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct config_case k = load(texts[i]);
        if (i == 3)
            case_expect_problem(&k, "unknown key base.max_flows_per_object", NULL);
        else
            assert_int_equal(max_flows(&k), 9);
        case_end(&k);
    }
}

static void empty_value_is_not_set_but_empty_text_is(void **state)
{
    (void)state;
    struct config_case k = load("host_id:\nlogging: {id: ~}\npipeline:\n  store:\n    buffered:\n      "
                                "max_flows_per_object:\n  write:\n");
    case_expect_fine(&k);
    assert_null(fl_config_str(k.c, "host_id"));
    assert_int_equal(max_flows(&k), 500);
    case_end(&k);
    k = load("host_id: \"\"\n");
    assert_string_equal(fl_config_str(k.c, "host_id"), "");
    case_end(&k);
}

/* ---- keys ------------------------------------------------------------------------------------------------- */

static void unknown_keys_are_errors_with_a_suggestion(void **state)
{
    (void)state;
    struct config_case k = load("pipeline:\n  store:\n    buffered:\n      max_flows_per_objekt: 10\n  "
                                "excluded_tags: [other]\n");
    case_expect_problem(&k,
                        ":4:7: unknown key pipeline.store.buffered.max_flows_per_objekt; did you mean " MAX_FLOWS "?",
                        ":5:3: unknown key pipeline.excluded_tags; did you mean pipeline.filter.excluded_tags?", NULL);
    case_end(&k);
    k = load_set(NULL, "exclude=[other]");
    case_expect_problem(&k, "--set exclude: unknown key exclude; did you mean excluded?", NULL);
    case_end(&k);
    k = load("pipeline: {zzzz: 1}");
    case_expect_problem(&k, "unknown key pipeline.zzzz; --print-config", NULL);
    case_end(&k);
}

static void sections_and_values_are_told_apart(void **state)
{
    (void)state;
    struct config_case k = load("pipeline:\n  compress: gzip\nhost_id: {a: b}\n");
    case_expect_problem(&k, ":2:3: pipeline.compress is a section", ":3:11: host_id.a: host_id is a value", NULL);
    case_end(&k);
}

static void duplicate_keys_are_errors(void **state)
{
    (void)state;
    struct config_case k = load("host_id: a\nHost_ID: b\n");
    case_expect_problem(&k, ":2:1: host_id is given twice; the first is in line 1", NULL);
    case_end(&k);
    k = load("pipeline: {write: {type: s3}}\npipeline: {store: {type: direct}}\n");
    case_expect_problem(&k, ":2:1: section pipeline is given twice; the first is in line 1", NULL);
    case_end(&k);
    k = load("pipeline: {write: {type: s3}}\npipeline.write.type: file\n");
    case_expect_problem(&k, ":2:1: pipeline.write.type is given twice", NULL);
    case_end(&k);
}

/* A configuration costs what it is long, whatever stands in it: each of these took half a minute. */
static void hostile_sizes(void **state)
{
    (void)state;
    struct fl_buf b = { 0 };
    fl_buf_puts(&b, "l0: &l0 {a: 1, b: 2}\n");
    for (int i = 1; i < 12; i++) { /* sequences of aliases of sequences, merged */
        fl_buf_printf(&b, "l%d: &l%d [", i, i);
        for (int k = 0; k < 9; k++)
            fl_buf_printf(&b, "%s*l%d", k ? ", " : "", i - 1);
        fl_buf_puts(&b, "]\n");
    }
    fl_buf_puts(&b, "pipeline: {<<: *l11}\n");
    fl_buf_putc(&b, 0);
    struct config_case k = load(b.p);
    case_expect_problem(&k, "too much nesting or too many aliases", NULL);
    case_end(&k);
    k = load("a: &a [*a]\npipeline: {<<: *a}\n"); /* itself inside itself */
    case_expect_problem(&k, "too much nesting or too many aliases", NULL);
    case_end(&k);
    b.n = 0;
    for (int i = 0; i < 2000; i++)
        fl_buf_printf(&b, "- &a%d x\n", i);
    fl_buf_putc(&b, 0);
    k = load(b.p);
    case_expect_problem(&k, ":1001:3: more than 1000 anchors", NULL);
    case_end(&k);
    b.n = 0;
    for (int i = 0; i < 50000; i++)
        fl_buf_printf(&b, "unknown_key_number_%d: 1\n", i);
    fl_buf_putc(&b, 0);
    k = load(b.p);
    assert_int_equal(k.c->problems.n, 50000);
    char *text = fl_problems_text(&k.c->problems);
    size_t lines = 1;
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 21);
    assert_string_equal(strrchr(text, '\n') + 1, "and 49980 more");
    free(text);
    case_end(&k);
    fl_buf_free(&b);
}

static void passwords_in_problems(void **state)
{
    (void)state;
    struct config_case k = load("logging: {level: \"http://me:PASS@host\"}\n");
    char *text = fl_problems_text(&k.c->problems);
    assert_non_null(strstr(text, "logging.level: `http://***@host` is no level;"));
    free(text);
    case_end(&k);
}

static void keys_without_effect_get_one_note(void **state)
{
    (void)state;
    struct config_case k = load("pipeline:\n  storeheader: {vpclogs: {Any: x}}\n  store: {prom_sky_con: {port: "
                                "9100}, direct: {dirname: d}}\n"
                                "  action: {tid1: a}\nhttp: {ws: {ping_delay: 2}}\nflow: {expire: 600}\n");
    case_expect_fine(&k);
    assert_int_equal(notes(&k), 6);
    assert_true(case_noted(k.c, "pipeline.store.direct.dirname has no effect in this program: store is buffered"));
    assert_true(case_noted(k.c, "flow.expire has no effect"));
    case_end(&k);
}

static void numbers_that_are_only_validated(void **state)
{
    (void)state;
    struct config_case k = load("flow: {expire: 0, update: x}\netcd: {max_wal_files: -1, max_snap_files: 0}\n");
    case_expect_problem(&k, "invalid value for flow.expire (0)", "flow.update: `x` is not a whole number",
                        "invalid value for etcd.max_wal_files (-1)", NULL);
    assert_int_equal(k.c->problems.n, 3);
    case_end(&k);
}

static void all_problems_in_the_order_of_the_file(void **state)
{
    (void)state;
    struct config_case k = load("pipeline:\n  write: {type: s4}\n  filter: {exclude_tags: 1}\n  classify: "
                                "{cluster_net_masks: [x]}\n");
    char *a = strstr(k.problems, ":2:"), *b = strstr(k.problems, ":3:"), *c = strstr(k.problems, ":4:");
    assert_true(a && b && c && a < b && b < c);
    case_end(&k);
}

static void broken_yaml_is_said_with_its_place(void **state)
{
    (void)state;
    static const char *const bad[] = { "a: [1, 2\nb: }\n", "- just\n- a list\n", "text\n",
                                       "host_id: x\n---\nhost_id: y\n", "a: *nowhere\n",
                                       "? [a]\n: b\n", "host_id: \"a\\0b\"\n", "a: &a [*a]\n", "\xff\xfe\xff" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct config_case k = load(bad[i]);
        case_expect_problem(&k, k.file, NULL);
        case_end(&k);
    }
    /* Aliases of aliases: refused, not expanded. */
    struct config_case k = load("a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c "
                                "[*b,*b,*b,*b,*b,*b,*b,*b]\n"
                                "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\n"
                                "f: [*e,*e,*e,*e,*e,*e,*e,*e]\n");
    case_expect_problem(&k, "too many aliases", NULL);
    case_end(&k);
}

static void missing_file(void **state)
{
    (void)state;
    struct fl_overrides over = { 0 };
    struct fl_config *c = fl_config_load(&pipeline, &over, "/nonexistent/case.yml");
    char *text = fl_problems_text(&c->problems);
    assert_non_null(strstr(text, "/nonexistent/case.yml: cannot open the configuration: No such file"));
    free(text);
    fl_config_free(c);
}

/* ---- kinds ------------------------------------------------------------------------------------------------ */

static void yaml_chooses_among_the_runtimes_kinds(void **state)
{
    (void)state;
    struct config_case k = load("");
    assert_string_equal(fl_config_kind(k.c, "encode"), "secadvisor");
    assert_true(fl_option_bool(k.c, "encode", "secadvisor", "pretty"));
    assert_string_equal(fl_config_kind(k.c, "decode"), "skydive");
    assert_string_equal(fl_config_kind(k.c, "decompress"), "none");
    case_end(&k);
    k = load("pipeline: {store: {type: direct}, encode: {type: ndjson}, compress: {type: none}, write: {type: "
             "stdout}}");
    case_expect_fine(&k);
    assert_string_equal(fl_config_kind(k.c, "store"), "direct");
    assert_string_equal(fl_config_kind(k.c, "encode"), "ndjson");
    assert_string_equal(fl_config_kind(k.c, "compress"), "none");
    assert_string_equal(fl_config_kind(k.c, "write"), "stdout");
    case_end(&k);
}

static void input_and_output_beat_yaml(void **state)
{
    (void)state;
    struct fl_overrides over = { .input = "-", .output = "/tmp/out" };
    struct config_case k = case_load(&pipeline, "pipeline: {write: {type: stdout, s3: {region: x}}, subscriber: "
                                     "{url: x}}", NULL, &over);
    case_expect_fine(&k);
    assert_string_equal(fl_config_kind(k.c, "source"), "stdin");
    assert_string_equal(fl_config_kind(k.c, "write"), "file");
    assert_string_equal(fl_option_str(k.c, "write", "file", "directory"), "/tmp/out");
    assert_int_equal(notes(&k), 0); /* of course they have none now */
    case_end(&k);
    over = (struct fl_overrides){ .input = "flows.jsonl", .output = "-" };
    k = case_load(&pipeline, NULL, NULL, &over);
    assert_string_equal(fl_config_kind(k.c, "source"), "file");
    assert_string_equal(fl_option_str(k.c, "source", "file", "path"), "flows.jsonl");
    assert_string_equal(fl_config_kind(k.c, "write"), "stdout");
    case_end(&k);
}

static void kinds_that_are_not_there(void **state)
{
    (void)state;
    struct config_case k = load("pipeline:\n  encode: {type: csv}\n  write: {type: sdtout}\n"
                                "  transform: {type: vpclogs}\n  storeheader: {type: vpclogs}\n"
                                 "  account: {type: fil}\n"
                                "  mangle: {type: logstats}\n  store: {type: [buffered]}\n");
    case_expect_problem(&k, ":2:18: pipeline.encode.type: csv is not compiled into this program", "`encode csv;`",
                        "case.flow",
                        "did you mean stdout?",
                        "pipeline.transform.type: vpclogs is not in this program, which was compiled with secadvisor",
                        "change param transform_kind in case.flow",
                            "pipeline.storeheader.type: vpclogs is not in this program",
                        "did you mean file?",
                            "did you mean logstatus?", "pipeline.store.type: expected one name", NULL);
    case_end(&k);
}

static void none_is_taken_in_every_phase(void **state)
{
    (void)state;
    struct config_case k = load("pipeline:\n  mangle: {type: none}\n  transform: {type: none}\n  classify: {type: "
                                "none}\n  filter: {type: none}\n"
                                "  storeheader: {type: none}\n  encode: {type: none}\n  compress: {type: none}\n"
                                 "  store: {type: none}\n"
                                "  account: {type: none}\n  write: {type: none}\n");
    case_expect_fine(&k);
    assert_string_equal(fl_config_kind(k.c, "compress"), "none");
    assert_string_equal(fl_config_kind(k.c, "write"), "s3");
    assert_memory_equal(transform_kind.p, "secadvisor", transform_kind.n);
    assert_true(case_noted(k.c, "pipeline.transform.type: none has no effect"));
    assert_true(case_noted(k.c, "pipeline.write.type: none has no effect"));
    case_end(&k);
}

/* ---- options ---------------------------------------------------------------------------------------------- */

static void bad_option_values(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { MAX_FLOWS "=-3", "`-3` is too small; expected 1 or more" },
        { MAX_FLOWS "=0", "`0` is too small" },
        { MAX_FLOWS "=abc", "`abc` is wrong; expected a whole number" },
        { MAX_FLOWS "=99999999999999999999", "expected a whole number" },
        { MAX_FLOWS "=[1]", "not a list" },
        { "pipeline.store.buffered.max_seconds_per_object=12 parsecs", "expected a duration" },
        { "pipeline.store.buffered.max_seconds_per_object=-1s", "expected a duration" },
        { "pipeline.store.buffered.policy=blok", "did you mean block?" },
        { "pipeline.compress.gzip.level=13", "fast, default, best or a number from 0 to 12" },
        { "pipeline.compress.gzip.library=isal", "`isal` is not known; expected auto, flow" },
        { "pipeline.write.s3.uploads=1000", "is too large; expected 64 or less" },
        { "pipeline.queue.max_bytes=1XB", "expected a size" },
        { "pipeline.encode.json.pretty=maybe", "expected true or false" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct config_case k = load_set(NULL, bad[i][0]);
        case_expect_problem(&k, "--set pipeline.", bad[i][1], NULL);
        case_end(&k);
    }
}

static void good_option_values(void **state)
{
    (void)state;
    const char *sets[] = { "pipeline.store.buffered.max_seconds_per_object=0",
                           "pipeline.store.buffered.max_seconds_per_stream=1h30m",
                           "pipeline.store.buffered.max_flow_array_size=0", "pipeline.compress.gzip.level=best",
                               "pipeline.queue.max_bytes=64KiB",
                           "pipeline.encode.json.pretty=off", MAX_FLOWS "='0x10'", NULL };
    struct config_case k = case_load(&pipeline, NULL, sets, NULL);
    case_expect_fine(&k);
    assert_int_equal(fl_option_int(k.c, "store", "buffered", "max_seconds_per_object"), 0);
    assert_int_equal(fl_option_int(k.c, "store", "buffered", "max_seconds_per_stream"), 5400 * FL_SECOND);
    assert_int_equal(fl_option_int(k.c, "store", "buffered", "max_flow_array_size"), 0);
    assert_int_equal(fl_option_int(k.c, "compress", "gzip", "level"), -3);
    assert_int_equal(fl_option_int(k.c, "intake", "", "max_bytes"), 65536);
    assert_false(fl_option_bool(k.c, "encode", "secadvisor", "pretty"));
    assert_int_equal(max_flows(&k), 16);
    case_end(&k);
}

static void url_and_bucket_are_needed_to_run(void **state)
{
    (void)state;
    static const char *const urls[][2] = {
        { "", "pipeline.subscriber.url is not set" }, { "http://a:1/x", "another scheme" },
            { "ws://", "host is missing" },
        { "ws://%zz", "%" }, { "ws://u:p@host/x", "holds a user" }, { "ws://host:0/x", "port" },
            { "ws://[::1]:8082/x", NULL }, { "WSS://host/ws/subscriber/flow", NULL }, { "ws://host:80/a b", "blank" },
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char set[100];
        snprintf(set, sizeof set, "pipeline.subscriber.url='%s'", urls[i][0]);
        struct config_case k = load_set(NULL, set);
        case_expect_fine(&k); /* to be printed it need not be there */
        fl_config_require(k.c);
        k.problems = fl_problems_text(&k.c->problems);
        if (urls[i][1])
            case_expect_problem(&k, "pipeline.subscriber.url", urls[i][1], NULL);
        else
            case_expect_fine(&k);
        case_end(&k);
    }
    const char *sets[] = { "pipeline.subscriber.url=ws://a/b", "pipeline.store.buffered.dirname=''",
                           "pipeline.write.s3.endpoint='ftp://x'", NULL };
    struct config_case k = case_load(&pipeline, NULL, sets, NULL);
    fl_config_require(k.c);
    k.problems = fl_problems_text(&k.c->problems);
    case_expect_problem(&k, "pipeline.store.buffered.dirname has to be given", "malformed URL ftp://x", NULL);
    case_end(&k);
}

/* ---- plain keys, logging ---------------------------------------------------------------------------------- */

static void plain_keys_and_lists(void **state)
{
    (void)state;
    uint32_t n;
    struct config_case k = load("tls: {ca_cert: /a}\n");
    const char *const *list = fl_config_list(k.c, "analyzers", &n); /* the param's default */
    assert_int_equal(n, 1);
    assert_string_equal(list[0], "127.0.0.1:8082");
    assert_string_equal(fl_config_str(k.c, "tls.ca_cert"), "/a");
    case_end(&k);
    setenv("SKYDIVE_ANALYZERS", " a:1  b:2 ", 1);
    k = load("analyzers: [c:3]");
    list = fl_config_list(k.c, "analyzers", &n);
    assert_int_equal(n, 2);
    assert_string_equal(list[1], "b:2");
    case_end(&k);
    unsetenv("SKYDIVE_ANALYZERS");
}

static void logging_keys(void **state)
{
    (void)state;
    struct config_case k = load("logging:\n  level: warning\n  backends: [stderr, file]\n  encoder: json\n  color: "
                                "false\n  id: me\n"
                                "  file: {path: /tmp/x.log, level: DEBUG, encoder: \"\"}\n");
    case_expect_fine(&k);
    const struct fl_log_options *o = &k.c->log;
    assert_int_equal(o->backends, FL_LOG_STDERR | FL_LOG_FILE);
    assert_int_equal(o->level[0], FL_WARN);
    assert_int_equal(o->level[2], FL_DEBUG);
    assert_true(o->json[0] && !o->json[2]);
    assert_int_equal(o->color, 0);
    assert_string_equal(o->file, "/tmp/x.log");
    case_end(&k);
    k = load("logging: {level: LOUD, backends: [fiel], encoder: xml, color: 7x}\n");
    case_expect_problem(&k, "`LOUD` is no level", "did you mean file?", "`xml` is no encoder",
                        "`7x` is not true or false", NULL);
    case_end(&k);
}

static void secrets_are_not_printed(void **state)
{
    (void)state;
    struct config_case k = load("pipeline: {write: {s3: {secret_key: hunter2, api_key: hunter3, session_token: "
                                "hunter4}}}\n"
                                "analyzer: {auth: {cluster: {username: u, password: hunter5}}}\n");
    case_expect_fine(&k);
    assert_string_equal(fl_option_str(k.c, "write", "s3", "secret_key"), "hunter2");
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    fl_print_config(k.c, f);
    fclose(f);
    assert_null(strstr(text, "hunter"));
    assert_non_null(strstr(text, "# secret_key: (set, not shown)"));
    case_end(&k);
    free(text);
}

static char *printed(const char *text)
{
    struct config_case k = load(text);
    case_expect_fine(&k);
    char *out = NULL;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    fl_print_config(k.c, f);
    fclose(f);
    case_end(&k);
    return out;
}

static void printed_configuration_reads_back(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "host_id: \"a: b # c\"\nlogging: {backends: [stderr, "
                                         "syslog]}\npipeline: {write: {type: file, "
                                             "file: {directory: ' x '}}, filter: {excluded_tags: []}, "
                                             "store: {buffered: {dirname: \"\"}}}" };
    for (size_t i = 0; i < 2; i++) {
        char *first = printed(texts[i]), *second = printed(first);
        assert_string_equal(first, second);
        free(first);
        free(second);
    }
}

static void defaults_for_tests(void **state)
{
    (void)state;
    char *error;
    setenv("SKYDIVE_PIPELINE_WRITE_TYPE", "stdout", 1);
    struct fl_config *c = fl_config_defaults(&pipeline, &error);
    unsetenv("SKYDIVE_PIPELINE_WRITE_TYPE");
    assert_non_null(c);
    assert_string_equal(fl_config_kind(c, "compress"), "gzip");
    assert_string_equal(fl_config_kind(c, "encode"), "secadvisor");
    assert_string_equal(fl_config_kind(c, "write"), "s3");
    assert_int_equal(cluster.n, 1);
    fl_config_free(c);
}

/* Each output has its own kinds and options, below its name; the first one's may stand below pipeline as well. */
static void several_outputs(void **state)
{
    (void)state;
    static const struct fl_output_of two[] = { { .name = "all", .stages = output_stages, .nstages = 4 },
                                               { .name = "Alerts", .stages = output_stages, .nstages = 4 } };
    struct fl_pipeline p = pipeline;
    p.outputs = two;
    p.noutputs = 2;
    const char *sets[] = { "outputs.alerts.write.type=stdout", "pipeline.store.buffered.max_flow_array_size=7", NULL };
    setenv("SKYDIVE_OUTPUTS_ALERTS_STORE_BUFFERED_DIRNAME", "there", 1);
    struct config_case k = case_load(&p, "pipeline:\n  store:\n    buffered:\n      max_flows_per_object: 3\n"
                                         "outputs:\n  all:\n    store: { buffered: { max_flow_array_size: 9, dirname: here } }\n"
                                         "  Alerts:\n    compress:\n      type: none\n    queue:\n      when_full: drop_oldest\n", sets, NULL);
    case_expect_fine(&k);
    unsetenv("SKYDIVE_OUTPUTS_ALERTS_STORE_BUFFERED_DIRNAME");
    static const int64_t flows[] = { 3, 500 }, waiting[] = { 7, 100000 }, full[] = { 0, 1 };
    static const char *const bucket[] = { "here", "there" }, *const compress[] = { "gzip", "none" }, *const write[] = { "s3", "stdout" };
    for (uint32_t i = 0; i < 2; i++) {
        struct fl_options store = fl_options_of_output(k.c, i, "store"), queue = fl_options_of_output(k.c, i, "queue");
        queue.kind = "_";
        assert_int_equal(fl_opt_int(&store, "max_flows_per_object"), flows[i]);
        assert_int_equal(fl_opt_int(&store, "max_flow_array_size"), waiting[i]); /* --set beats the file */
        assert_string_equal(fl_opt_str(&store, "dirname"), bucket[i]);
        assert_string_equal(fl_config_kind_of(k.c, i, "compress"), compress[i]);
        assert_string_equal(fl_config_kind_of(k.c, i, "write"), write[i]);
        assert_string_equal(fl_config_kind_of(k.c, i, "source"), "skydive");
        assert_int_equal(fl_opt_int(&queue, "when_full"), full[i]);
    }
    case_end(&k);
    k = case_load(&p, "outputs:\n  alert:\n    write:\n      type: s3\n  all:\n    queue:\n      max_bytes: 5\n", NULL, NULL);
    case_expect_problem(&k, ":4:7: unknown key outputs.alert.write.type; did you mean outputs.alerts.write.type?",
                        ":7:18: outputs.all.queue.max_bytes: `5` is too small; expected 65536 or more", NULL);
    case_end(&k);
    struct fl_overrides over = { .output = "/tmp/out" };
    k = case_load(&p, NULL, NULL, &over);
    struct fl_options o = fl_options_of_output(k.c, 1, "write");
    assert_string_equal(fl_opt_str(&o, "directory"), "/tmp/out/Alerts");
    case_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_beats_environment_beats_file_beats_flow_beats_table),
        cmocka_unit_test(last_set_wins_and_an_empty_one_goes_back),
        cmocka_unit_test(nested_and_dotted_and_any_case_are_the_same),
        cmocka_unit_test(empty_value_is_not_set_but_empty_text_is),
        cmocka_unit_test(unknown_keys_are_errors_with_a_suggestion),
        cmocka_unit_test(sections_and_values_are_told_apart),
        cmocka_unit_test(duplicate_keys_are_errors),
        cmocka_unit_test(hostile_sizes), cmocka_unit_test(passwords_in_problems),
        cmocka_unit_test(keys_without_effect_get_one_note),
        cmocka_unit_test(numbers_that_are_only_validated),
        cmocka_unit_test(all_problems_in_the_order_of_the_file),
        cmocka_unit_test(broken_yaml_is_said_with_its_place),
        cmocka_unit_test(missing_file),
        cmocka_unit_test(yaml_chooses_among_the_runtimes_kinds),
        cmocka_unit_test(input_and_output_beat_yaml),
        cmocka_unit_test(kinds_that_are_not_there),
        cmocka_unit_test(none_is_taken_in_every_phase),
        cmocka_unit_test(bad_option_values),
        cmocka_unit_test(good_option_values),
        cmocka_unit_test(url_and_bucket_are_needed_to_run),
        cmocka_unit_test(plain_keys_and_lists),
        cmocka_unit_test(logging_keys),
        cmocka_unit_test(secrets_are_not_printed),
        cmocka_unit_test(printed_configuration_reads_back),
        cmocka_unit_test(defaults_for_tests),
        cmocka_unit_test(several_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
