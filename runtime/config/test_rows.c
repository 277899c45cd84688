/* test_rows.c - every row of dsl/stages.def as the configuration takes it: limits to the last unit, words, defaults. */
#include "tests/unit/config_case.h"

#include "base/rows.h"
#include "config/values.h"

static void no_csv(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out, const struct fl_csv *form)
{
    (void)cx;
    (void)r;
    (void)out;
    (void)form;
}

/* A pipeline with the row's kind, and the row's option as its text; NULL: not given. */
static struct config_case load(const struct fl_option_row *r, const char *text)
{
    static struct fl_option_set option;
    static struct fl_stage_choice stage;
    static struct fl_output_of output;
    static struct fl_pipeline pipeline;
    option = (struct fl_option_set){r->name, text, NULL};
    stage = (struct fl_stage_choice){r->phase, strcmp(r->kind, FL_ONLY) ? r->kind : "", &option, text ? 1 : 0};
    output = (struct fl_output_of){.csv = no_csv};
    pipeline = (struct fl_pipeline){.outputs = &output, .noutputs = 1, .magic = FL_MAGIC, .abi = FL_ABI, .name = "case",
                                    .file = "case.flow", .stages = &stage, .nstages = 1, .classes = case_classes,
                                    .nclasses = 4};
    return case_load(&pipeline, NULL, NULL, NULL);
}

static void takes(const struct fl_option_row *r, const char *text, int64_t value)
{
    struct config_case k = load(r, text);
    if (k.problems)
        fail_msg("%s %s %s = %s: %s", r->phase, r->kind, r->name, text, k.problems);
    if (fl_option_int(k.c, r->phase, r->kind, r->name) != value)
        fail_msg("%s %s %s = %s: has another value", r->phase, r->kind, r->name, text);
    case_end(&k);
}

static void refuses_yaml(const struct fl_option_row *r, const char *yaml, const char *text, const char *why)
{
    struct config_case k = load(r, yaml);
    if (!k.problems || !strstr(k.problems, text) || !strstr(k.problems, why))
        fail_msg("%s %s %s = %s: expected `%s`, got: %s", r->phase, r->kind, r->name, text, why,
                 k.problems ? k.problems : "(nothing)");
    case_end(&k);
}

static void refuses(const struct fl_option_row *r, const char *text, const char *why)
{
    refuses_yaml(r, text, text, why);
}

static void limits(void **state)
{
    (void)state;
    unsigned numbers = 0, most = 0;
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        enum fl_option_type t = r->of.type;
        if (t != FL_OPT_INT && t != FL_OPT_BYTES && t != FL_OPT_DURATION && t != FL_OPT_LEVEL)
            continue;
        const char *unit = t == FL_OPT_DURATION ? "ns" : "";
        char text[64];
        numbers++;
        snprintf(text, sizeof text, "%lld%s", (long long)r->of.least, unit);
        takes(r, text, r->of.least);
        if (r->of.least > 0 || t == FL_OPT_INT || t == FL_OPT_LEVEL) {
            snprintf(text, sizeof text, "%lld%s", (long long)r->of.least - 1, unit);
            refuses(r, text, t == FL_OPT_LEVEL ? "or a number from " : "is too small; expected ");
        }
        if (r->of.most == FL_ANY)
            continue;
        most++;
        snprintf(text, sizeof text, "%lld%s", (long long)r->of.most, unit);
        takes(r, text, r->of.most);
        snprintf(text, sizeof text, "%lld%s", (long long)r->of.most + 1, unit);
        refuses(r, text, t == FL_OPT_LEVEL ? "or a number from " : "is too large; expected ");
    }
    assert_true(numbers >= 18 && most >= 11);
}

static void levels_by_name(void **state)
{
    (void)state;
    const struct fl_option_row *r = fl_option_row("compress", "gzip", "level");
    takes(r, "fast", FL_LEVEL_FAST);
    takes(r, "Default", FL_LEVEL_DEFAULT);
    takes(r, "best", FL_LEVEL_BEST);
    refuses(r, "-2", "or a number from ");
}

static void words(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        const char *w;
        size_t n;
        bool built;
        if (r->of.type != FL_OPT_WORD)
            continue;
        for (uint32_t j = 0; (w = fl_word_at(r->of.words, j, &n, &built)) != NULL; j++) {
            char text[64];
            snprintf(text, sizeof text, "%.*s", (int)n, w);
            if (!built) {
                refuses(r, text, "is not in this build)");
                continue;
            }
            takes(r, text, j);
            text[0] = (char)(text[0] - 'a' + 'A'); /* any case, and spelled as in the row then */
            struct config_case k = load(r, text);
            assert_memory_equal(fl_option_str(k.c, r->phase, r->kind, r->name), w, n);
            case_end(&k);
            strcat(text, "x");
            refuses(r, text, "is not known");
        }
        refuses(r, "nonsense", "is not known; expected ");
    }
}

static void characters(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        if (r->of.type != FL_OPT_CHAR)
            continue;
        for (const char *c = r->of.words; *c; c++) {
            char text[] = {'"', *c, '"', 0};
            takes(r, text, *c);
        }
        refuses(r, "x", "is wrong; expected a comma");
        refuses_yaml(r, "\",,\"", ",,", "is wrong; expected a comma");
        refuses_yaml(r, "\"\"", "", "is wrong; expected a comma");
    }
}

static void cells(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        if (r->of.type != FL_OPT_CELL)
            continue;
        struct config_case k = load(r, "\"-\"");
        assert_string_equal(fl_option_str(k.c, r->phase, r->kind, r->name), "-");
        case_end(&k);
        char text[128], yaml[131];
        for (const char *c = " ,;|"; *c; c++) {
            snprintf(text, sizeof text, "a%cb", *c);
            snprintf(yaml, sizeof yaml, "\"%s\"", text);
            refuses_yaml(r, yaml, text, "printable characters, none of them a blank, a quote or one of , ; |");
        }
        memset(text, 'x', (size_t)r->of.most + 1);
        text[r->of.most + 1] = 0;
        refuses(r, text, "is wrong; expected at most ");
    }
}

static void defaults_are_good(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_kind_row *kind = fl_kind_row(fl_option_rows[i].phase, fl_option_rows[i].kind);
        if (kind && kind->needs & FL_NEEDS_METRICS)
            continue; /* of programs that have metrics, which choose nothing else */
        struct config_case k = load(&fl_option_rows[i], NULL);
        case_expect_fine(&k);
        case_end(&k);
    }
    for (uint32_t i = 0; i < fl_phase_nrows; i++)
        assert_non_null(fl_kind_row(fl_phase_rows[i].phase, fl_phase_rows[i].dflt));
    for (uint32_t i = 0; i < fl_implied_nrows; i++) {
        assert_non_null(fl_kind_row(fl_implied_rows[i].phase, fl_implied_rows[i].kind));
        assert_non_null(fl_kind_row(fl_implied_rows[i].other, fl_implied_rows[i].its));
    }
    for (uint32_t i = 0; i < fl_argument_nrows; i++) {
        const struct fl_argument_row *a = &fl_argument_rows[i];
        assert_non_null(a->option ? (const void *)fl_option_row(a->phase, a->kind, a->option)
                                  : (const void *)fl_kind_row(a->phase, a->kind));
    }
}

static void what_is_allowed_in_words(void **state)
{
    (void)state;
    static const struct { struct fl_option_row row; const char *said; } cases[] = {
        {{.of = FL_OF_WORD("a")}, "a"},
        {{.of = FL_OF_WORD("a b")}, "a or b"},
        {{.of = FL_OF_WORD("a -b c d")}, "a, c or d (b is not in this build)"},
        {{.of = FL_OF_INT(0, FL_ANY)}, "not negative"},
        {{.of = FL_OF_INT(1, FL_ANY)}, "at least 1"},
        {{.of = FL_OF_INT(1, 64)}, "from 1 to 64"},
        {{.of = FL_OF_DURATION(1, 3600)}, "from 1s to 3600s"},
        {{.of = FL_OF_DURATION(0, FL_ANY)}, "not negative"},
        {{.of = FL_OF_LEVEL(0, 12)}, "fast, default, best or a number from 0 to 12"},
        {{.of = FL_OF_URL("ws wss", "ws://host", NULL)}, "ws://host"},
    };
    char text[80];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fl_option_allows(&cases[i].row, text, sizeof text);
        assert_string_equal(text, cases[i].said);
    }
    fl_option_allows(&cases[2].row, text, 8);
    assert_string_equal(text, "a, c or");
    assert_int_equal(fl_word_find("a -b c", "b"), -1);
    assert_int_equal(fl_word_find("a -b c", "c"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(levels_by_name),
        cmocka_unit_test(words),
        cmocka_unit_test(characters),
        cmocka_unit_test(cells),
        cmocka_unit_test(defaults_are_good),
        cmocka_unit_test(what_is_allowed_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
