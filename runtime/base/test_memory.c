/* test_memory.c - what is got and what is said without memory: base/memory.c, and who builds on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/unit/faults.h"

/* ---- what there is ---------------------------------------------------------------------------------------------- */

static void new_ones_are_zero(void **state)
{
    (void)state;
    uint64_t *one = fl_new(uint64_t), *many = fl_new_array(uint64_t, 100);
    assert_int_equal(*one, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(many[i], 0);
    char *none = fl_alloc(0), *bytes = fl_alloc_zero(3);
    assert_non_null(none);
    assert_memory_equal(bytes, "\0\0", 3);
    free(one);
    free(many);
    free(none);
    free(bytes);
}

static void a_list_doubles_and_keeps_what_it_holds(void **state)
{
    (void)state;
    int *list = NULL;
    uint32_t n = 0, cap = 0;
    for (int i = 0; i < 1000; i++) {
        fl_grow(list, n, cap);
        list[n++] = i;
    }
    assert_int_equal(cap, 1024);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(list[i], i);
    list = fl_resize(list, 3);
    assert_int_equal(list[2], 2);
    free(list);
}

static void texts(void **state)
{
    (void)state;
    char *a = fl_strdup("whole"), *b = fl_strndup("only this much", 4), *c = fl_strndup("all", 100);
    char *d = fl_said("%s is %d, expected %s", "x", 7, "8");
    assert_string_equal(a, "whole");
    assert_string_equal(b, "only");
    assert_string_equal(c, "all");
    assert_string_equal(d, "x is 7, expected 8");
    assert_ptr_equal(fl_given(d), d);
    free(a);
    free(b);
    free(c);
    free(d);
}

/* ---- without ---------------------------------------------------------------------------------------------------- */

/* `ask` in a process of its own has to end it with FL_NO_MEMORY; what it says comes back. */
static const char *last_words(void (*ask)(void))
{
    static char text[512];
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        ask();
        _exit(98);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t r; (r = read(ends[0], text + n, sizeof text - 1 - n)) > 0;)
        n += (size_t)r;
    text[n] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FL_NO_MEMORY);
    return text;
}

static void ask_too_many(void)
{
    size_t n = SIZE_MAX / 4;
    free(fl_new_array(uint64_t, n));
}

static void ask_for_a_full_list(void)
{
    uint64_t *list = NULL;
    uint8_t n = 128, cap = 128;
    fl_grow(list, n, cap);
}

static void ask_nothing(void)
{
    char *(*volatile none)(const char *) = getenv;
    fl_given(none("FLOWC_NEVER_SET"));
}

static void ask_a_text(void)
{
    struct fl_buf b = {.n = 10};
    fl_buf_grow(&b, SIZE_MAX / 2);
}

/* Nothing is left: the next call of whatever kind fails. */
static void none_left(void)
{
    faults_clear();
    fault_from(CALL_MALLOC, 1, ENOMEM);
    fault_from(CALL_CALLOC, 1, ENOMEM);
    fault_from(CALL_REALLOC, 1, ENOMEM);
}

static void ask_one(void)
{
    none_left();
    free(fl_new(uint64_t));
}

static void ask_bytes(void)
{
    none_left();
    free(fl_alloc(77));
}

static void ask_for_a_list(void)
{
    uint64_t *list = NULL;
    size_t n = 0, cap = 0;
    none_left();
    fl_grow(list, n, cap);
    free(list);
}

static void ask_a_copy(void)
{
    none_left();
    free(fl_strdup("seven.."));
}

static void ask_an_error(void)
{
    none_left();
    free(fl_said("%d", 12345));
}

static void ask_an_arena(void)
{
    struct fl_arena a;
    fl_arena_init(&a, 1000);
    none_left();
    fl_arena_get(&a, 2000);
}

static void ask_elsewhere(void)
{
    fl_no_memory("../compiler/plan/plan.c", 12);
}

/* Without the time, and as the log writes it. */
static void ask_the_log(void)
{
    fl_log_configure(&(struct fl_log_options){.backends = FL_LOG_STDERR});
    fl_no_memory("../runtime/intake/queue.c", 70);
}

static void ask_a_stranger(void)
{
    fl_no_memory("somewhere", 0);
}

static void the_end_says_who_and_how_much(void **state)
{
    (void)state;
#define OUT "test_memory: out of memory part="
    assert_string_equal(last_words(ask_too_many), OUT "base/test_memory bytes=18446744073709551615\n");
    assert_string_equal(last_words(ask_for_a_full_list), OUT "base/test_memory bytes=2048\n");
    assert_string_equal(last_words(ask_nothing), OUT "base/test_memory\n");
    assert_string_equal(last_words(ask_a_text), OUT "base/text bytes=18446744073709551615\n");
    assert_string_equal(last_words(ask_one), OUT "base/test_memory bytes=8\n");
    assert_string_equal(last_words(ask_bytes), OUT "base/test_memory bytes=77\n");
    assert_string_equal(last_words(ask_for_a_list), OUT "base/test_memory bytes=128\n");
    assert_string_equal(last_words(ask_a_copy), OUT "base/test_memory bytes=8\n");
    assert_string_equal(last_words(ask_an_error), OUT "base/memory bytes=6\n");
    assert_string_equal(last_words(ask_an_arena), OUT "base/arena bytes=2016\n");
    assert_string_equal(last_words(ask_elsewhere), OUT "plan/plan bytes=12\n");
    assert_string_equal(last_words(ask_a_stranger), OUT "somewhere\n");
    assert_string_equal(strchr(last_words(ask_the_log), ' '), " CRITICAL out of memory part=intake/queue bytes=70\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_ones_are_zero),
        cmocka_unit_test(a_list_doubles_and_keeps_what_it_holds),
        cmocka_unit_test(texts),
        cmocka_unit_test(the_end_says_who_and_how_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
