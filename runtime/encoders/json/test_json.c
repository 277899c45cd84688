/* test_json.c - encode json: framing and pretty printing are the very bytes of the original. */
#include "tests/unit/encoding.h"

static const struct fl_option_set pretty[] = {{"pretty", "true", NULL}};
static const struct fl_option_set wrap[] = {{"wrap", "\"a\\\"b\"", NULL}};
static const struct fl_option_set pretty_wrap[] = {{"pretty", "true", NULL}, {"wrap", "records", NULL}};

static void compact(void **state)
{
    (void)state;
    expect("json", NULL, 0, 2, "[" ONE ",{}]\n", "json", "application/json");
    expect("json", wrap, 1, 1, "{\"a\\\"b\":[" ONE "]}\n", "json", "application/json");
}

static void indented(void **state)
{
    (void)state;
    expect("json", pretty, 1, 2,
           "[\n\t{\n\t\t\"UUID\": \"1\",\n\t\t\"Link\": {\n\t\t\t\"A\": \"x\"\n\t\t},\n\t\t\"List\": [\n\t\t\t1,\n"
           "\t\t\t2\n\t\t],\n"
           "\t\t\"None\": [],\n\t\t\"No\": {}\n\t},\n\t{}\n]\n", "json", "application/json");
    expect("json", pretty_wrap, 2, 1,
           "{\n\t\"records\": [\n\t\t{\n\t\t\t\"UUID\": \"1\",\n\t\t\t\"Link\": {\n\t\t\t\t\"A\": \"x\"\n\t\t\t},\n"
           "\t\t\t\"List\": [\n\t\t\t\t1,\n\t\t\t\t2\n\t\t\t],\n\t\t\t\"None\": [],\n\t\t\t\"No\": {}\n\t\t}\n\t]\n}\n",
           "json", "application/json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(compact), cmocka_unit_test(indented)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
