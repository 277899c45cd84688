/* test_ahead.c - a source that waits for a slow worker and reads on beside one that stands still: runtime/intake/ahead.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/ahead.h"
#include "intake/queue.h"

enum { MAX = 100000, MORE = 300000, ONE = 50000 };

static void put(struct fl_queue *q)
{
    struct fl_message *m = fl_queue_message(q, ONE);
    m->n = ONE;
    assert_true(fl_queue_push(q, m));
}

static void take(struct fl_queue *q)
{
    bool end;
    fl_queue_recycle(q, fl_queue_pop(q, 0, &end));
}

/* How many messages go in until it is full. */
static int fill(struct fl_queue *q)
{
    int n = 0;
    for (; !fl_queue_full(q); n++)
        put(q);
    return n;
}

static void a_worker_that_is_slow_is_waited_for(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(MAX);
    struct fl_ahead a = {.queue = q, .max = MORE};
    int64_t now = 1000;
    for (int i = 0; i < 100; i++, now += FL_PATIENCE - 1) {
        assert_int_equal(fill(q), i ? 1 : 2);
        fl_ahead_pause(&a, now);
        assert_false(fl_ahead_resume(&a, now + FL_PATIENCE - 1));
        assert_true(a.paused);
        assert_false(a.full);
        take(q);
        assert_true(fl_ahead_resume(&a, now + FL_PATIENCE - 1));
        assert_false(a.paused);
        fl_ahead_turn_ends(&a);
        assert_true(fl_ahead_slices(&a));
    }
    fl_queue_free(q);
}

static void a_worker_that_stands_is_not(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(MAX);
    struct fl_ahead a = {.queue = q, .max = MORE};
    assert_int_equal(fill(q), 2);
    fl_ahead_pause(&a, 0);
    fl_ahead_pause(&a, 5); /* it has */
    assert_int_equal(a.paused_at, 0);
    assert_int_equal(a.next, FL_PATIENCE);
    assert_true(fl_ahead_slices(&a));
    /* a turn, and no more than a turn */
    assert_true(fl_ahead_resume(&a, a.next));
    put(q);
    assert_false(fl_queue_full(q));
    fl_ahead_turn_ends(&a);
    assert_true(fl_queue_full(q));
    assert_false(fl_ahead_slices(&a));
    /* the rest */
    fl_ahead_pause(&a, 2 * FL_PATIENCE);
    assert_false(fl_ahead_resume(&a, 3 * FL_PATIENCE - 1));
    assert_true(fl_ahead_resume(&a, 3 * FL_PATIENCE));
    assert_int_equal(fill(q), (MAX + MORE) / ONE - 3); /* which count a little more than their bytes */
    fl_ahead_turn_ends(&a);
    /* nothing is left: it is asked every now and then, and the pause is one */
    fl_ahead_pause(&a, 4 * FL_PATIENCE);
    for (int i = 5; i < 10; i++) {
        assert_false(fl_ahead_resume(&a, i * FL_PATIENCE));
        assert_true(a.full);
        assert_int_equal(a.next, (i + 1) * FL_PATIENCE);
    }
    assert_int_equal(a.paused_at, 4 * FL_PATIENCE);
    /* the worker moves again */
    take(q);
    take(q);
    assert_true(fl_ahead_resume(&a, 10 * FL_PATIENCE));
    assert_false(a.full);
    fl_ahead_turn_ends(&a);
    assert_false(fl_ahead_slices(&a));
    while (fl_queue_full(q))
        take(q);
    assert_true(fl_ahead_slices(&a));
    assert_int_equal(fill(q), 1);
    assert_true(fl_ahead_slices(&a)); /* what was read ahead has gone */
    fl_queue_free(q);
}

static void none_may_be_read_ahead(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(MAX);
    struct fl_ahead a = {.queue = q};
    fill(q);
    fl_ahead_pause(&a, 0);
    assert_false(fl_ahead_resume(&a, FL_PATIENCE));
    assert_true(a.full);
    fl_ahead_all(&a);
    assert_true(fl_queue_full(q));
    fl_queue_free(q);
}

static void all_at_once(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(MAX);
    struct fl_ahead a = {.queue = q, .max = MORE};
    fill(q);
    fl_ahead_all(&a);
    assert_int_equal(fill(q), MORE / ONE);
    fl_ahead_turn_ends(&a);
    assert_true(fl_queue_full(q));
    fl_queue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_is_slow_is_waited_for),
        cmocka_unit_test(a_worker_that_stands_is_not),
        cmocka_unit_test(none_may_be_read_ahead),
        cmocka_unit_test(all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
