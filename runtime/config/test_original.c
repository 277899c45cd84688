/* test_original.c - runtime/config/original.c: what a file leaves out and the original had otherwise is said, each once. */
#include "tests/unit/config_case.h"

#include "base/log.h"

static struct fl_list cluster, excluded;
static bool started;

static const struct fl_param params[] = {
    { .name = "cluster", .yaml = "pipeline.classify.cluster_net_masks", .type = FL_T_CIDR, .shape = FL_LIST_OF,
      .dflt = "[10.0.0.0/8]", .value = &cluster },
    { .name = "excluded", .yaml = "pipeline.filter.excluded_tags", .type = FL_T_CLASS, .shape = FL_LIST_OF,
      .dflt = "[other]", .decides = true, .value = &excluded },
    { .name = "exclude_started", .yaml = "pipeline.transform.secadvisor.exclude_started_flows", .type = FL_T_BOOL,
      .dflt = "false", .value = &started },
};
static const struct fl_option_set pretty[] = { { "pretty", "true", NULL } };
static const struct fl_stage_choice stages[] = { { "source", "skydive", NULL, 0 } };
static const struct fl_stage_choice output_stages[] = {
    { "store", "buffered", NULL, 0 }, { "encode", "secadvisor", pretty, 1 }, { "compress", "gzip", NULL, 0 },
    { "write", "s3", NULL, 0 },
};
static const struct fl_output_of outputs[] = { { .stages = output_stages, .nstages = 4 } };
static const struct fl_pipeline secadvisor = {
    .magic = FL_MAGIC, .abi = FL_ABI, .name = "secadvisor", .file = "secadvisor.flow", .params = params,
    .nparams = sizeof params / sizeof *params, .stages = stages, .nstages = 1,
    .classes = case_classes, .nclasses = 4, .reasons = case_reasons, .nreasons = 1, .outputs = outputs, .noutputs = 1,
};

#define BUFFERED "store: {buffered: {dirname: b, filename_prefix: l, max_flows_per_object: 6, max_flow_array_size: 10, " \
                 "max_seconds_per_object: 6, max_seconds_per_stream: 9}}"

static void notes(const struct fl_pipeline *p, const char *file, const char *const *sets, const char *expected)
{
    struct config_case k = case_load(p, file, sets, NULL);
    char said[4096] = "";
    for (uint32_t i = 0; i < k.c->nnotes; i++) {
        if (k.c->note[i].level == FL_INFO && strstr(k.c->note[i].text, "the original's default")) {
            strcat(said, k.c->note[i].text);
            strcat(said, "\n");
        }
    }
    assert_null(k.problems);
    assert_string_equal(said, expected);
    case_end(&k);
}

static void each_is_named(void **state)
{
    (void)state;
    notes(&secadvisor, "pipeline: {" BUFFERED "}", NULL,
          "pipeline.classify.cluster_net_masks is not set: [10.0.0.0/8] by default; the original's default is []\n"
          "pipeline.encode.json.pretty is not set: true by default; the original's default is false\n"
          "pipeline.compress.type is not set: gzip by default; the original's default is none\n");
}

static void options_that_the_flow_leaves_out_too(void **state)
{
    (void)state;
    notes(&secadvisor, "pipeline: {classify: {cluster_net_masks: [10.0.0.0/8]}, compress: {type: none}, "
          "encode: {json: {pretty: true}}, store: {buffered: {max_seconds_per_stream: 0}}}", NULL,
          "pipeline.store.buffered.dirname is not set: bucket by default; the original's default is empty\n"
          "pipeline.store.buffered.filename_prefix is not set: logs by default; the original's default is empty\n"
          "pipeline.store.buffered.max_flows_per_object is not set: 6000 by default; the original's default is 0\n"
          "pipeline.store.buffered.max_flow_array_size is not set: 100000 by default; the original's default is 0\n"
          "pipeline.store.buffered.max_seconds_per_object is not set: 60s by default; the original's default is 0\n");
}

/* Given anywhere, to whatever value; and options of kinds that don't hold have nothing to say. */
static void what_is_given_is_not_named(void **state)
{
    (void)state;
    const char *sets[] = { "pipeline.compress.type=gzip", "pipeline.classify.cluster_net_masks=[10.0.0.0/8]", NULL };
    setenv("SKYDIVE_PIPELINE_ENCODE_JSON_PRETTY", "true", 1);
    notes(&secadvisor, "pipeline: {" BUFFERED "}", sets, "");
    unsetenv("SKYDIVE_PIPELINE_ENCODE_JSON_PRETTY");
    notes(&secadvisor, "pipeline: {store: {type: direct}, encode: {type: ndjson}, compress: {type: none}}", sets + 1, "");
}

/* Without a file nobody expects what the original's file would do. */
static void only_with_a_file(void **state)
{
    (void)state;
    notes(&secadvisor, NULL, NULL, "");
}

/* The original's secadvisor had its encoder by default, others json. */
static void the_encoder_of_the_name(void **state)
{
    (void)state;
    struct fl_pipeline other = secadvisor;
    const char *sets[] = { "pipeline.compress.type=gzip", "pipeline.encode.json.pretty=true",
                           "pipeline.classify.cluster_net_masks=[10.0.0.0/8]", NULL };
    other.name = "other";
    notes(&other, "pipeline: {" BUFFERED "}", sets,
          "pipeline.encode.type is not set: secadvisor by default; the original's default is json\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_named),
        cmocka_unit_test(options_that_the_flow_leaves_out_too),
        cmocka_unit_test(what_is_given_is_not_named),
        cmocka_unit_test(only_with_a_file),
        cmocka_unit_test(the_encoder_of_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
