/* test_answer.c - from the JSON of an answer to result structs: paths, types, null, malformed answers, presets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "lookups/answer.h"

struct result {
    bool has_kind, has_ips, has_up, has_mtu, has_rate, has_addr, has_ports;
    fl_str name, kind;
    struct fl_list ips, ports;
    bool up;
    int64_t mtu;
    double rate;
    fl_ip addr;
};

#define AT(f) offsetof(struct result, f)
static const struct fl_lookup_field fields[] = {
    {"Name", "Metadata.K8s.Name", FL_T_STRING, FL_ONE, false, AT(name), 0},
    {"Kind", "Metadata.Owners[0].Kind", FL_T_STRING, FL_ONE, true, AT(kind), AT(has_kind)},
    {"IPV4", "Metadata.IPV4", FL_T_CIDR, FL_LIST_OF, true, AT(ips), AT(has_ips)},
    {"Up", "Metadata.Up", FL_T_BOOL, FL_ONE, true, AT(up), AT(has_up)},
    {"MTU", "Metadata.MTU", FL_T_INT, FL_ONE, true, AT(mtu), AT(has_mtu)},
    {"Rate", "Metadata.Rate", FL_T_FLOAT, FL_ONE, true, AT(rate), AT(has_rate)},
    {"Addr", "Metadata.Addr", FL_T_IP, FL_ONE, true, AT(addr), AT(has_addr)},
    {"Ports", "Metadata.Ports.Name", FL_T_STRING, FL_LIST_OF, true, AT(ports), AT(has_ports)},
};
static const struct fl_lookup row = {"pod", "gremlin", 1, 1, 1, sizeof(struct result), fields, 8, false};

static struct result *read_all(const char *text, enum fl_answer want)
{
    void *r;
    char why[FL_ANSWER_WHY] = "";
    char *exact = malloc(strlen(text)); /* no byte behind the answer may be read */
    memcpy(exact, text, strlen(text));
    assert_int_equal(fl_answer_text(&row, exact, strlen(text), &r, why), want);
    free(exact);
    if (want == FL_ANSWER_BAD)
        assert_string_not_equal(why, "");
    if (want != FL_ANSWER_RESULT)
        assert_null(r);
    return r;
}

static struct result *read_metadata(const char *metadata)
{
    char text[1000];
    snprintf(text, sizeof text, "[{\"ID\":\"1\",\"Metadata\":{\"K8s\":{\"Name\":\"n\"},%s}}]", metadata);
    return read_all(text, FL_ANSWER_RESULT);
}

static void is(fl_str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static void whole(void **state)
{
    (void)state;
    struct result *r = read_metadata("\"Owners\":[{\"Kind\":\"Set \\\"x\\\"\"}],\"IPV4\":[\"10.0.0.1/24\","
                                     "\"10.1.2.3\"],\"Up\":true,\"MTU\":1500,\"Rate\":0.5,\"Addr\":\"10.0.0.7\","
                                     "\"Ports\":[{\"Name\":\"a\"},3,{\"Name\":\"b\"},{}]");
    is(r->name, "n");
    assert_int_equal(r->name.kind, FL_CLEAN);
    assert_true(r->has_kind);
    is(r->kind, "Set \"x\"");
    assert_int_equal(r->kind.kind, FL_PLAIN);
    assert_true(r->has_ips);
    assert_int_equal(r->ips.n, 2);
    assert_int_equal(((const fl_cidr *)r->ips.v)[0].bits, 24);
    assert_int_equal(((const fl_cidr *)r->ips.v)[0].addr_lo & 0xffffffff, 0x0a000001);
    assert_int_equal(((const fl_cidr *)r->ips.v)[1].bits, 32);
    assert_true(r->has_up && r->up);
    assert_true(r->has_mtu);
    assert_int_equal(r->mtu, 1500);
    assert_true(r->has_rate && r->rate > 0.4 && r->rate < 0.6);
    assert_true(r->has_addr);
    assert_int_equal(r->addr.family, 4);
    is(r->addr.text, "10.0.0.7");
    assert_int_equal(r->ports.n, 2);
    is(((const fl_str *)r->ports.v)[1], "b");
    char sink[FL_PAD];
    memcpy(sink, r->addr.text.p + r->addr.text.n, FL_PAD); /* readable behind every text: ASan says if not */
    free(r);
}

/* A value of another type is a missing one. */
static void types(void **state)
{
    (void)state;
    struct result *r = read_metadata("\"Owners\":{\"Kind\":\"x\"},\"IPV4\":\"10.0.0.1/24\",\"Up\":1,\"MTU\":1.5,"
                                     "\"Rate\":\"1\","
                                     "\"Addr\":null,\"Ports\":{\"Name\":\"a\"}");
    assert_false(r->has_kind || r->has_ips || r->has_up || r->has_mtu || r->has_rate || r->has_addr || r->has_ports);
    assert_int_equal(r->ips.n, 0);
    free(r);
    r = read_metadata("\"Owners\":[],\"IPV4\":[],\"MTU\":1500.0,\"Rate\":3,\"Addr\":\"nowhere\"");
    assert_false(r->has_kind);
    assert_true(r->has_ips);
    assert_int_equal(r->ips.n, 0);
    assert_int_equal(r->mtu, 1500);
    assert_true(r->has_rate && r->rate > 2.9);
    assert_true(r->has_addr);
    assert_int_equal(r->addr.family, 0);
    free(r);
    r = read_metadata("\"IPV4\":[1,\"10.0.0.0/33\",\"fe80::1/64\",\"\",\"1.2.3.4/\"],\"MTU\":1e30");
    assert_int_equal(r->ips.n, 1);
    assert_int_equal(((const fl_cidr *)r->ips.v)[0].family, 6);
    assert_false(r->has_mtu);
    free(r);
    /* A number over 64 bits elsewhere doesn't lose the answer. */
    r = read_metadata("\"Counter\":99999999999999999999,\"MTU\":9");
    assert_int_equal(r->mtu, 9);
    free(r);
}

static void nodes(void **state)
{
    (void)state;
    free(read_all("[[{\"ID\":\"1\",\"Metadata\":{\"K8s\":{\"Name\":\"path\"}}},{\"ID\":\"2\"}]]", FL_ANSWER_RESULT));
    free(read_all("[3,\"x\",[],[4],{\"ID\":\"1\",\"Metadata\":{\"K8s\":{\"Name\":\"a\"}}}]\n", FL_ANSWER_RESULT));
    read_all("[]", FL_ANSWER_NULL);
    read_all("null", FL_ANSWER_NULL);
    read_all("[[],[]]", FL_ANSWER_NULL);
    read_all("[{\"ID\":\"1\",\"Metadata\":{}}]", FL_ANSWER_NULL); /* the required Name is missing */
    read_all("[{\"ID\":\"1\",\"Metadata\":{\"K8s\":{\"Name\":7}}}]", FL_ANSWER_NULL);
    /* a list of names is no name */
    read_all("[{\"ID\":\"1\",\"Metadata\":{\"K8s\":[{\"Name\":\"x\"}]}}]", FL_ANSWER_NULL);
    read_all("[{\"Metadata\":{\"K8s\":{\"Name\":\"x\"}}}]", FL_ANSWER_BAD); /* no ID */
    read_all("{\"ID\":\"1\"}", FL_ANSWER_BAD);
    read_all("\"x\"", FL_ANSWER_BAD);
    read_all("", FL_ANSWER_BAD);
    read_all("[{\"ID\":", FL_ANSWER_BAD);
    read_all("[\"\xff\"]", FL_ANSWER_BAD);
}

static void top_level(void **state)
{
    struct { fl_str host; int64_t created; } *r;
    const struct fl_lookup_field two[] = {{"Host", "Host", FL_T_STRING, FL_ONE, false, 0, 0},
                                          {"Created", "CreatedAt", FL_T_TIME, FL_ONE, false, sizeof(fl_str), 0}};
    struct fl_lookup top = {"node", "gremlin", 1, 1, 1, sizeof *r, two, 2, false};
    const char *text = "[{\"ID\":\"1\",\"Host\":\"lab\\u0000\",\"CreatedAt\":1795424639985}]";
    void *result;
    char why[FL_ANSWER_WHY];
    (void)state;
    assert_int_equal(fl_answer_text(&top, text, strlen(text), &result, why), FL_ANSWER_RESULT);
    r = result;
    assert_int_equal(r->host.n, 4);
    assert_int_equal(r->host.kind, FL_PLAIN);
    assert_int_equal(r->created, 1795424639985);
    free(r);
}

static void first_values(void **state)
{
    static const struct { const char *answer; const char *want; } rows[] = {
        {"[\"lab\",\"x\"]", "lab"}, {"[]", ""}, {"null", ""}, {"[7]", ""}, {"[null]", ""},
        {"[{\"ID\":\"1\"}]", ""}, {"{}", NULL}, {"x", NULL},
    };
    const struct fl_lookup_field value = {"Value", "", FL_T_STRING, FL_ONE, false, 0, 0};
    const struct fl_lookup one = {"extend", "gremlin", 1, 1, 1, sizeof(fl_str), &value, 1, true};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *r;
        char why[FL_ANSWER_WHY];
        enum fl_answer kind = fl_answer_text(&one, rows[i].answer, strlen(rows[i].answer), &r, why);
        assert_int_equal(kind, rows[i].want ? FL_ANSWER_RESULT : FL_ANSWER_BAD);
        if (r)
            is(*(fl_str *)r, rows[i].want);
        free(r);
    }
}

struct port {
    int64_t n;
    bool has_name;
    fl_str name;
};
struct leaf {
    fl_str type;
    bool has_ports;
    struct fl_list ports;
};
struct tree {
    struct fl_list leaves;
    bool has_last, has_chosen, has_first;
    int64_t last;
    fl_str chosen, first;
};

/* Records in lists, in lists of such records; what lacks a required field is left out. */
static void records(void **state)
{
    static const struct fl_lookup_field port_fields[] = {
        {"n", "N", FL_T_INT, FL_ONE, false, offsetof(struct port, n), 0, NULL},
        {"name", "a.b", FL_T_STRING, FL_ONE, true, offsetof(struct port, name), offsetof(struct port, has_name), NULL},
    };
    static const struct fl_lookup port = {.name = "port", .size = sizeof(struct port), .fields = port_fields, .nfields = 2};
    static const struct fl_lookup_field leaf_fields[] = {
        {"type", "Type", FL_T_STRING, FL_ONE, false, offsetof(struct leaf, type), 0, NULL},
        {"ports", "Ports", FL_T_RECORD, FL_LIST_OF, true, offsetof(struct leaf, ports), offsetof(struct leaf, has_ports), &port},
    };
    static const struct fl_lookup leaf = {.name = "leaf", .size = sizeof(struct leaf), .fields = leaf_fields, .nfields = 2};
    static const struct fl_lookup_field tree_fields[] = {
        {"leaves", "M.Leaves", FL_T_RECORD, FL_LIST_OF, false, offsetof(struct tree, leaves), 0, &leaf},
        {"chosen", "M.None|M.Leaves[Type=\"no\"].Type|M.Leaves[-Type=\"x\"].Name", FL_T_STRING, FL_ONE, true, offsetof(struct tree, chosen), offsetof(struct tree, has_chosen), NULL},
        {"first", "M.Leaves[Type=\"x\"].Name|ID", FL_T_STRING, FL_ONE, true, offsetof(struct tree, first), offsetof(struct tree, has_first), NULL},
        {"last", "M.Leaves[-1].Ports[-2].N", FL_T_INT, FL_ONE, true, offsetof(struct tree, last), offsetof(struct tree, has_last), NULL},
    };
    static const struct fl_lookup tree = {.name = "tree", .size = sizeof(struct tree), .fields = tree_fields, .nfields = 4};
    const char *text = "[{\"ID\":\"1\",\"M\":{\"Leaves\":[{\"Type\":\"a\",\"Ports\":[]},{\"Ports\":[]},7,{\"Type\":\"bb\"},"
                       "{\"Type\":\"ccc\",\"Ports\":[{\"N\":1,\"a.b\":\"x\"},{\"N\":\"no\"},{\"N\":2}]}]}}]";
    char why[FL_ANSWER_WHY];
    void *r;
    (void)state;
    assert_int_equal(fl_answer_text(&tree, text, strlen(text), &r, why), FL_ANSWER_RESULT);
    const struct tree *t = r;
    const struct leaf *l = t->leaves.v;
    assert_int_equal(t->leaves.n, 3);
    is(l[0].type, "a");
    is(l[1].type, "bb");
    is(l[2].type, "ccc");
    assert_true(l[0].has_ports && !l[1].has_ports && l[0].ports.n == 0 && l[2].ports.n == 2);
    const struct port *p = l[2].ports.v;
    assert_true(p[0].n == 1 && p[0].has_name && p[1].n == 2 && !p[1].has_name);
    is(p[0].name, "x");
    assert_false(t->has_last); /* the last but one's N is a text */
    assert_false(t->has_chosen);
    is(t->first, "1");
    free(r);
    text = "[{\"ID\":\"1\",\"M\":{\"Leaves\":[{\"Type\":\"x\",\"Name\":\"a\"},{\"Type\":\"xx\",\"Name\":\"b\"},{\"Type\":\"x\",\"Name\":\"c\"},{\"Type\":5},{\"Type\":\"x\"},7]}}]";
    assert_int_equal(fl_answer_text(&tree, text, strlen(text), &r, why), FL_ANSWER_RESULT);
    t = r;
    is(t->chosen, "c");
    is(t->first, "a");
    free(r);
    assert_null(fl_answer_preset(&tree, "{\"leaves\":[{\"type\":\"a\",\"ports\":[{\"n\":5}]}],\"last\":3}", &r));
    t = r;
    l = t->leaves.v;
    assert_true(t->last == 3 && t->leaves.n == 1 && ((const struct port *)l[0].ports.v)->n == 5);
    free(r);
}

static void preset_fails(const char *json, const char *why)
{
    void *r;
    char *error = fl_answer_preset(&row, json, &r);
    assert_non_null(error);
    assert_non_null(strstr(error, why));
    assert_null(r);
    free(error);
}

static void presets(void **state)
{
    void *r;
    (void)state;
    assert_null(fl_answer_preset(&row,
                                 "{\"Name\":\"x\",\"IPV4\":[\"10.0.0.1/8\"],\"Kind\":null,\"Ports\":[\"a\"]}", &r));
    struct result *p = r;
    is(p->name, "x");
    assert_false(p->has_kind);
    assert_int_equal(p->ips.n, 1);
    assert_int_equal(p->ports.n, 1);
    free(p);
    assert_null(fl_answer_preset(&row, "null", &r));
    assert_null(r);
    preset_fails("{}", "lookup pod: the answer lacks the required field Name; its fields are Name, Kind?");
    preset_fails("{\"Name\":\"x\",\"Kin\":\"y\"}", "unknown field Kin");
    preset_fails("{\"Name\":3}", "another type is given for Name");
    preset_fails("[]", "an object or null, not a list");
    preset_fails("{", "not JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),     cmocka_unit_test(types),        cmocka_unit_test(nodes),
        cmocka_unit_test(top_level), cmocka_unit_test(first_values), cmocka_unit_test(presets),
        cmocka_unit_test(records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
