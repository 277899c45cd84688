/* test_credentials.c - sinks/s3/credentials.c: where keys come from, and what reading a secret's file again finds. */
#include "config/values.h"
#include "tests/unit/delivery.h"

#include "sinks/s3/credentials.h"

static char path[] = "/tmp/fl-secret.XXXXXX", set[64];

static void write_secret(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static struct fl_credentials *open_keys(struct world *w)
{
    char *error;
    world_config(w, SETS("pipeline.write.type=s3", "pipeline.write.s3.access_key=AK", set));
    struct fl_options options = fl_options_of(w->rt.config, "write");
    struct fl_credentials *c = fl_credentials_new(&options, &error);
    if (!c)
        fail_msg("%s", error);
    return c;
}

static void assert_secret(struct fl_credentials *c, const char *secret)
{
    struct fl_keys keys;
    fl_credentials_get(c, &keys);
    assert_string_equal(keys.access_key, "AK");
    assert_string_equal(keys.secret_key, secret);
    assert_string_equal(keys.session_token, "");
    fl_keys_wipe(&keys);
    assert_string_equal(keys.secret_key, "");
}

/* True only if there is another key to try: else a refusal would be tried again without end. */
static void a_file_is_read_again(void **state)
{
    (void)state;
    struct world w;
    write_secret("  the first secret \nmore\n");
    struct fl_credentials *c = open_keys(&w);
    assert_secret(c, "the first secret");
    assert_false(fl_credentials_reload(c));
    write_secret("the first secret");
    assert_false(fl_credentials_reload(c));
    write_secret("second\n");
    assert_true(fl_credentials_reload(c));
    assert_secret(c, "second");
    assert_false(fl_credentials_reload(c));
    /* What can't be used leaves the key as it was. */
    write_secret("\n");
    assert_false(fl_credentials_reload(c));
    assert_int_equal(logged(&w, "it is empty, expected the secret in its first line"), 1);
    assert_secret(c, "second");
    fl_credentials_free(c);
    world_close(&w);
}

static void nothing_to_read_again(void **state)
{
    (void)state;
    struct world w;
    snprintf(set, sizeof set, "pipeline.write.s3.secret_key=SK");
    struct fl_credentials *c = open_keys(&w);
    assert_secret(c, "SK");
    assert_false(fl_credentials_reload(c));
    fl_credentials_free(c);
    world_close(&w);
}

int main(void)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    snprintf(set, sizeof set, "pipeline.write.s3.secret_key_file=%s", path);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_again),
        cmocka_unit_test(nothing_to_read_again),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
