/* test_secadvisor.c - encode secadvisor: framing and pretty printing are the very bytes of the original. */
#include "tests/unit/encoding.h"

static const struct fl_option_set pretty[] = {{"pretty", "true", NULL}};

static void compact(void **state)
{
    (void)state;
    expect("secadvisor", NULL, 0, 2, "{\"data\":[" ONE ",{}]}\n", "json", "application/json");
}

static void indented(void **state)
{
    (void)state;
    expect("secadvisor", pretty, 1, 2,
           "{\n\t\"data\": [\n\t\t{\n\t\t\t\"UUID\": \"1\",\n\t\t\t\"Link\": {\n\t\t\t\t\"A\": \"x\"\n\t\t\t},\n"
           "\t\t\t\"List\": [\n"
           "\t\t\t\t1,\n\t\t\t\t2\n\t\t\t],\n\t\t\t\"None\": [],\n\t\t\t\"No\": {}\n\t\t},\n\t\t{}\n\t]\n}\n",
           "json", "application/json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(compact), cmocka_unit_test(indented)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
