/* test_names.c - the parts of object keys that are not the program's own: folders named by data, tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/names.h"

#define LIMIT 880

static char made[4096];

/* `text` as a path, checked for what holds of all. */
static const char *make(const char *text, uint32_t limit)
{
    struct fl_buf out = {0};
    fl_buf_puts(&out, "before");
    fl_path_make_plain(text, (uint32_t)strlen(text), limit, &out);
    fl_buf_putc(&out, 0);
    assert_true(out.n - 7 <= limit);
    snprintf(made, sizeof made, "%s", out.p + 6);
    fl_buf_free(&out);
    for (const char *p = made; *p; p += *p == '/') {
        assert_in_range(strcspn(p, "/"), 1, 255);
        p += strcspn(p, "/");
    }
    return made;
}

/* n times c. */
static char *times(uint32_t n, char c)
{
    char *p = malloc(n + 1);
    assert_non_null(p);
    memset(p, c, n);
    p[n] = 0;
    return p;
}

static void plain_paths_stay(void **state)
{
    (void)state;
    char *longest = times(255, 'x');
    const char *paths[] = {"a", "date=2026-11-23/class=x", "s=%2F", "a~b/~", "a~0123456789abcdef0123456789abcde",
                           "a~0123456789ABCDEF0123456789ABCDEF", longest};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_true(fl_path_is_plain(paths[i], (uint32_t)strlen(paths[i]), LIMIT));
        assert_string_equal(make(paths[i], LIMIT), paths[i]);
    }
    free(longest);
}

static void odd_paths_are_escaped(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"x/../../etc//.", "x/%2E%2E/%2E%2E/etc/%2E"}, {"/a/", "a"}, {"a\tb\x7f", "a%09b%7F"}, {"//", ""}, {"...", "..."}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(make(rows[i][0], LIMIT), rows[i][1]);
}

/* The digits are sha256sum's of what stands before the slash. */
static void too_long_is_cut(void **state)
{
    (void)state;
    char text[3000], first[300];
    char *value = times(2000, 'L');
    snprintf(text, sizeof text, "s=%s/t=1", value);
    assert_false(fl_path_is_plain(text, (uint32_t)strlen(text), 5000));
    snprintf(first, sizeof first, "%.222s~708e0068dfc7fbf63636a233079a1d7f/t=1", text);
    assert_string_equal(make(text, LIMIT), first);
    assert_string_equal(make(text, LIMIT), first);
    text[2001] = 'M';
    assert_string_not_equal(make(text, LIMIT), first);
    /* 256 are one too many, 255 are not. */
    value[256] = 0;
    assert_false(fl_path_is_plain(value, 256, LIMIT));
    assert_true(fl_path_is_plain(value, 255, LIMIT));
    free(value);
}

/* Somebody who knows how another's name is cut can't call himself so. */
static void no_two_share_a_name(void **state)
{
    (void)state;
    char cut[300], again[300];
    char *value = times(300, 'a');
    snprintf(cut, sizeof cut, "%s", make(value, LIMIT));
    assert_false(fl_path_is_plain(cut, 255, LIMIT));
    snprintf(again, sizeof again, "%s", make(cut, LIMIT));
    assert_string_not_equal(again, cut);
    assert_string_not_equal(make("~0123456789abcdef0123456789abcdef", LIMIT), "~0123456789abcdef0123456789abcdef");
    free(value);
}

/* Neither a character of UTF-8 nor an escape is cut in two. */
static void cuts_between_characters(void **state)
{
    (void)state;
    for (uint32_t shift = 0; shift < 4; shift++) {
        static const char *const units[] = {"\xf0\x9f\x98\x80", "\xe2\x82\xac", "%2F", "\xc3\xa4"};
        for (int u = 0; u < 4; u++) {
            char text[1200];
            size_t n = shift, k = strlen(units[u]);
            memset(text, 'x', shift);
            for (; n + k < 1000; n += k)
                memcpy(text + n, units[u], k);
            text[n] = 0;
            make(text, LIMIT);
            size_t kept = strcspn(made, "~");
            assert_in_range(kept, 219, 222);
            assert_int_equal((kept - shift) % k, 0);
        }
    }
    /* Nor does text that is no UTF-8 end it early. */
    char *value = times(300, '\x80');
    make(value, LIMIT);
    assert_in_range(strcspn(made, "~"), 219, 222);
    free(value);
}

/* Each folder may be short enough and the key too long: the longest give way, then the last become one. */
static void whole_keys(void **state)
{
    (void)state;
    char text[60000], first[1000];
    size_t n = 0;
    for (int i = 0; i < 5; i++)
        n += (size_t)sprintf(text + n, "%sp%d=%0250d", i ? "/" : "", i, i);
    n += (size_t)sprintf(text + n, "/short=1");
    assert_false(fl_path_is_plain(text, (uint32_t)n, LIMIT));
    make(text, LIMIT);
    assert_non_null(strstr(made, "/short=1"));
    for (int i = 0; i < 5; i++) {
        snprintf(first, sizeof first, "p%d=0", i);
        assert_non_null(strstr(made, first));
    }
    assert_true(strlen(made) > LIMIT - 20);
    n = 0;
    for (int i = 0; i < 2000; i++)
        n += (size_t)sprintf(text + n, "%sfolder-%010d", i ? "/" : "", i);
    snprintf(first, sizeof first, "%s", make(text, LIMIT));
    assert_true(strlen(first) > LIMIT - 60);
    text[n - 1] = 'x';
    assert_string_not_equal(make(text, LIMIT), first);
    assert_non_null(strstr(made, "folder-0000000000/folder-0000000001/"));
    make(text, 255);
}

static void tokens(void **state)
{
    (void)state;
    char a[FL_INSTANCE_MAX + 2], b[FL_INSTANCE_MAX + 2];
    bool other = false;
    assert_true(fl_instance_token("none", a));
    assert_string_equal(a, "");
    for (int i = 0; i < 5; i++) {
        assert_true(fl_instance_token("auto", a) && fl_instance_token("auto", b));
        assert_int_equal(strlen(a), 7);
        assert_int_equal(a[0], '-');
        assert_int_equal(strspn(a + 1, "0123456789abcdef"), 6);
        other |= strcmp(a, b) != 0;
    }
    assert_true(other);
    assert_true(fl_instance_token("pod-7.a_B", a));
    assert_string_equal(a, "-pod-7.a_B");
    char *longest = times(65, 'x');
    const char *bad[] = {"", "a/b", "a b", "ü", "a%", longest};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(fl_instance_token(bad[i], a));
    assert_true(fl_instance_token(longest + 1, a));
    free(longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_paths_stay), cmocka_unit_test(odd_paths_are_escaped), cmocka_unit_test(too_long_is_cut),
        cmocka_unit_test(no_two_share_a_name), cmocka_unit_test(cuts_between_characters), cmocka_unit_test(whole_keys),
        cmocka_unit_test(tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
