/* test_check.c - what base/check.c says and how the process ends: bugs, marks, what can't be done without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

#define MAGIC FL_MARK('t', 'e', 's', 't')

struct part {
    uint32_t magic;
};

/* What `end` says in a process of its own, and how that ends: a signal, or minus a status. */
static const char *last_words(void (*end)(void), int *how)
{
    static char text[512];
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        end();
        _exit(98);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t r; (r = read(ends[0], text + n, sizeof text - 1 - n)) > 0;)
        n += (size_t)r;
    text[n] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    *how = WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
    return text;
}

static struct part *volatile part;

static void not_true(void)
{
#line 100
    FL_CHECK(part && "it's");
}

static void in_words(void)
{
#line 110
    FL_BUG("no option \"%s\"", "x");
}

static void none(void)
{
#line 120
    FL_ALIVE(part, MAGIC);
}

static void freed(void)
{
    struct part p;
    fl_mark(&p, MAGIC);
    FL_ALIVE(&p, MAGIC);
    fl_unmark(&p);
    part = &p;
#line 130
    FL_ALIVE(part, MAGIC);
}

static void another(void)
{
    struct part p = {FL_MARK('q', 'u', 'e', 'u')};
    part = &p;
#line 140
    FL_ALIVE(part, MAGIC);
}

static void given_up(void)
{
    fl_give_up("can't start a thread: %s", "no more");
}

static void each_ends_with_its_words(void **state)
{
    (void)state;
    int how;
#define BUG "test_check: a bug of this program at=base/test_check:"
    assert_string_equal(last_words(not_true, &how), BUG "100 what=\"not true: part && 'it's'\"\n");
    assert_int_equal(how, SIGABRT);
    assert_string_equal(last_words(in_words, &how), BUG "110 what=\"no option 'x'\"\n");
    assert_int_equal(how, SIGABRT);
    assert_string_equal(last_words(none, &how), BUG "120 what=\"part, a 'test', is not there\"\n");
    assert_int_equal(how, SIGABRT);
    assert_string_equal(last_words(freed, &how), BUG "130 what=\"part, a 'test', is freed\"\n");
    assert_string_equal(last_words(another, &how), BUG "140 what=\"part, a 'test', is something else (71756575)\"\n");
    assert_string_equal(last_words(given_up, &how), "test_check: can't start a thread: no more\n");
    assert_int_equal(how, -1);
}

static int evaluated;

static bool yes(void)
{
    evaluated++;
    return true;
}

static void grades(void **state)
{
    (void)state;
    FL_CHECK(yes());
    assert_int_equal(evaluated, 1);
    FL_EXPECT(yes());
#ifdef FL_CHECKED
    assert_int_equal(evaluated, 2);
#else
    assert_int_equal(evaluated, 1);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ends_with_its_words),
        cmocka_unit_test(grades),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
