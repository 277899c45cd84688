/* test_templates.c - NAME=template entries: syntax, errors at start, escaping, order, and the fixture's query. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/runtime.h"
#include "program/registry.h"
#include "lookups/lookups.h"

static const struct fl_lookup_field value_field = {"Value", "", FL_T_STRING, FL_ONE, false, 0, 0};
static const struct fl_lookup rows[] = {
    {"extend", "gremlin", 600 * FL_SECOND, 100, FL_SECOND, sizeof(fl_str), &value_field, 1, true},
};
static const struct fl_pipeline pipeline = {.lookups = rows, .nlookups = 1};

/* The test's record: Network may be absent. */
struct rec {
    struct fl_rec head;
    const char *a, *name;
};

static const char *const names[] = {"UUID", "Network.A", "Network.A_Name", "UpdateCount", NULL};

static bool get(struct fl_cx *cx, const struct fl_rec *r, uint32_t id, struct fl_buf *out)
{
    const struct rec *x = (const struct rec *)r;
    (void)cx;
    if (id == 3) {
        fl_buf_puts(out, "7");
        return true;
    }
    const char *s = id == 0 ? "u-1" : id == 1 ? x->a : x->name;
    if (s)
        fl_buf_puts(out, s);
    return s != NULL;
}

static const struct fl_names record = {names, get};

/* Templates live for ever: kept here, so that they aren't reported as leaks. */
static struct fl_templates *kept[16];
static unsigned nkept;

static struct fl_templates *make(const char *const *texts, uint32_t n, char **error)
{
    fl_str v[8];
    for (uint32_t i = 0; i < n; i++)
        v[i] = (fl_str){texts[i], (uint32_t)strlen(texts[i]), FL_PLAIN};
    struct fl_templates *t = fl_templates_new((struct fl_list){v, n}, &record, 0, error);
    if (t)
        kept[nkept++] = t;
    return t;
}

static struct fl_runtime rt;
static struct fl_arena scratch;
static struct fl_cx cx;

static struct fl_time virtual_clock(struct fl_runtime *r)
{
    return r->virtual_time;
}

/* Evaluate until nothing pends; the text, and the number of waves. */
static const char *eval(struct fl_templates *t, const char *a, const char *name, unsigned *waves)
{
    static char text[1000];
    struct rec r = {.a = a, .name = name};
    fl_str out;
    for (*waves = 0;; ++*waves) {
        assert_true(*waves < 5);
        out = fl_templates_eval(&cx, &r.head, t);
        if (!cx.pending)
            break;
        assert_null(out.p);
        fl_lookup_wait(&cx);
    }
    if (!out.p)
        return NULL;
    assert_int_equal(out.kind, FL_RAW);
    char pad[FL_PAD];
    memcpy(pad, out.p + out.n, FL_PAD);
    snprintf(text, sizeof text, "%.*s", (int)out.n, out.p);
    return text;
}

static int start(void **state, const char *file)
{
    char path[] = "/tmp/fl_templates_XXXXXX", *error;
    int fd = mkstemp(path);
    (void)state;
    assert_int_equal(write(fd, file, strlen(file)), strlen(file));
    close(fd);
    rt = (struct fl_runtime){.drivers = fl_drivers, .pipeline = &pipeline, .clock = virtual_clock, .virtual_time = {FL_SECOND, FL_SECOND}};
    rt.lookups = fl_lookups_new(&rt, path, &error);
    unlink(path);
    fl_arena_init(&scratch, 4096);
    cx = (struct fl_cx){.scratch = &scratch, .wave = true, .rt = &rt};
    return rt.lookups ? 0 : -1;
}

static int set_up(void **state)
{
    return start(state, "{\"q 10.0.0.1 u-1\":[\"one\"],"
                        "\"h('10.0.0.1')\":[\"lab \\\"<1>\\\"\"],\"h('x\\\\u0027y')\":[\"quoted\"],"
                        "\"next lab \\\\u0022<1>\\\\u0022\":[\"two\"],\"n\":[],\"num 7\":[\"seven\"],\"odd\":[3]}");
}

static int tear_down(void **state)
{
    (void)state;
    fl_lookups_free(rt.lookups);
    fl_arena_free(&scratch);
    return 0;
}

static void values(void **state)
{
    const char *list[] = {"Z=q {{.Network.A}} {{ .UUID }}", "B=h('{{.Network.A}}')", "A=next {{.Extend.B}}", "N=n",
                          "S=num {{.UpdateCount}}"};
    unsigned waves;
    char *error;
    (void)state;
    struct fl_templates *t = make(list, 5, &error);
    assert_null(error);
    assert_string_equal(eval(t, "10.0.0.1", NULL, &waves),
                        "{\"A\":\"two\",\"B\":\"lab \\\"\\u003c1\\u003e\\\"\",\"N\":\"\","
                        "\"S\":\"seven\",\"Z\":\"one\"}");
    assert_int_equal(waves, 2); /* all that doesn't depend on another entry is asked in one */
    assert_int_equal(rt.ledger.n[FL_C_lookup_queries], 5);
    fl_lookups_batch_end(rt.lookups);
    eval(t, "10.0.0.1", NULL, &waves);
    assert_int_equal(waves, 0);
}

/* What has no value is left out; an error or a value that is no string is "". */
static void absent(void **state)
{
    const char *list[] = {"Z=q {{.Network.A}}", "E={{.Extend.Z}}", "F=unknown to the file", "O=odd",
                          "V={{.Network.AName}}"};
    const char *only[] = {"Z=q {{.Network.A}}"};
    unsigned waves;
    char *error;
    (void)state;
    struct fl_templates *t = make(list, 5, &error);
    assert_string_equal(eval(t, NULL, "", &waves), "{\"F\":\"\",\"O\":\"\",\"V\":\"\"}");
    t = make(only, 1, &error);
    assert_null(eval(t, NULL, NULL, &waves));
    t = make(NULL, 0, &error);
    assert_null(error);
    assert_null(eval(t, "x", NULL, &waves));
}

static void escaping_and_trimming(void **state)
{
    const char *list[] = {"E=h('{{.Network.A}}')", "T=h('  {{- .Network.A_Name -}}  ')", "Odd_\"Name=n", "E2=n }} {"};
    unsigned waves;
    char *error;
    (void)state;
    struct fl_templates *t = make(list, 4, &error);
    assert_null(error);
    assert_string_equal(eval(t, "x'y", "10.0.0.1", &waves),
                        "{\"E\":\"quoted\",\"E2\":\"\",\"Odd_\\\"Name\":\"\",\"T\":\"lab \\\"\\u003c1\\u003e\\\"\"}");
}

static void same_name_twice(void **state)
{
    const char *list[] = {"A=n", "A=q 10.0.0.1 {{.UUID}}", "A=none {{.Network.A}}"};
    unsigned waves;
    char *error;
    (void)state;
    struct fl_templates *t = make(list, 3, &error);
    assert_string_equal(eval(t, NULL, NULL, &waves), "{\"A\":\"one\"}");
}

static void errors(void **state)
{
    static const struct { const char *text, *why; } bad[] = {
        {"no equals", "entry 2, `no equals`, column 1: expected NAME=template"},
        {"=x", "expected NAME=template"},
        {"A=x{{.UUID", "column 4: `{{` without `}}`"},
        {"A={{.Uuid}}", "column 6: the record has no field `Uuid`; did you mean `UUID`?"},
        {"A={{.Netwrok.A}}", "did you mean `Network.A`?"},
        {"A={{.Whatever.Else}}", "its fields are UUID, Network.A, Network.A_Name, UpdateCount"},
        {"A={{if .UUID}}x{{end}}", "column 3: `{{if .UUID}}` is not supported"},
        {"A={{.UUID | printf}}", "is not supported"},
        {"A={{}}", "is not supported"},
        {"A={{.}}", "is not supported"},
        {"A={{.A..B}}", "is not supported"},
        {"A={{-.UUID}}", "is not supported"},
        {"A={{/* x */}}", "is not supported"},
        {"A={{$x}}", "is not supported"},
        {"A={{.Extend.A}}", "no earlier entry is called `A`"},
        {"A={{.Extend.Later}}", "no earlier entry is called `Later`"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *list[] = {"First=n", bad[i].text, "Later=n"};
        char *error = NULL;
        assert_null(make(list, 3, &error));
        assert_non_null(error);
        if (!strstr(error, bad[i].why))
            fail_msg("%s: %s", bad[i].text, error);
        free(error);
    }
}

/* The entry of fixtures/skydive/expected/secadvisor-extend, asked of the real analyzer's answers. */
static void recorded(void **state)
{
    const char *list[] = {"AA_Name=G.V().Has('RoutingTables.Src','{{.Network.A}}').Values('Host')"};
    const char *dir = getenv("srcdir");
    char path[4096], *error;
    unsigned waves;
    (void)state;
    snprintf(path, sizeof path, "%s/tests/fixtures/skydive/gremlin.json", dir ? dir : ".");
    if (access(path, R_OK) != 0)
        skip();
    struct fl_lookups *own = rt.lookups;
    rt.lookups = fl_lookups_new(&rt, path, &error);
    assert_null(error);
    struct fl_templates *t = make(list, 1, &error);
    assert_string_equal(eval(t, "10.0.0.1", NULL, &waves), "{\"AA_Name\":\"lab\"}");
    assert_int_equal(rt.ledger.n[FL_C_lookup_failed], 0);
    fl_lookups_free(rt.lookups);
    rt.lookups = own;
}

#define WITH_FILE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILE(values), WITH_FILE(absent), WITH_FILE(escaping_and_trimming), WITH_FILE(same_name_twice),
        WITH_FILE(errors), WITH_FILE(recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
