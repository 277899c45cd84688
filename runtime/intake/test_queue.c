/* test_queue.c - order, bounds, waiting, waking, closing and recycling of runtime/intake/queue.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "intake/queue.h"

static int64_t mono(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * FL_SECOND + ts.tv_nsec;
}

static struct fl_message *message(struct fl_queue *q, size_t n, uint64_t number)
{
    struct fl_message *m = fl_queue_message(q, n);
    memset(m->data, 'x', n);
    m->n = n;
    m->number = number;
    return m;
}

static void order_and_end(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(1 << 20);
    bool end = true;
    for (uint64_t i = 1; i <= 3; i++)
        assert_true(fl_queue_push(q, message(q, 10, i)));
    fl_queue_close(q);
    for (uint64_t i = 1; i <= 3; i++) {
        struct fl_message *m = fl_queue_pop(q, INT64_MAX, &end);
        assert_non_null(m);
        assert_false(end);
        assert_int_equal(m->number, i);
        fl_queue_recycle(q, m);
    }
    assert_null(fl_queue_pop(q, INT64_MAX, &end));
    assert_true(end);
    assert_false(fl_queue_push(q, message(q, 10, 4)));
    fl_queue_free(q);
}

static void deadline_and_empty(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(100);
    bool end = true;
    int64_t before = mono();
    assert_null(fl_queue_pop(q, before + FL_SECOND / 50, &end));
    assert_false(end);
    assert_true(mono() - before >= FL_SECOND / 50);
    assert_null(fl_queue_pop(q, 0, &end)); /* long ago: no wait */
    assert_true(fl_queue_empty(q));
    assert_true(fl_queue_push(q, message(q, 10, 1)));
    assert_false(fl_queue_empty(q));
    fl_queue_recycle(q, fl_queue_pop(q, 0, &end));
    assert_true(fl_queue_empty(q));
    fl_queue_free(q);
}

static void count_wake(void *arg)
{
    ++*(int *)arg;
}

static void full_and_woken_once(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(100);
    int woken = 0;
    bool end;
    fl_queue_on_room(q, count_wake, &woken);
    assert_false(fl_queue_full(q));
    assert_true(fl_queue_push(q, message(q, 1000, 1))); /* larger than the queue: let through */
    assert_true(fl_queue_full(q));
    assert_int_equal(woken, 0);
    fl_queue_recycle(q, fl_queue_pop(q, INT64_MAX, &end));
    assert_int_equal(woken, 1);
    assert_false(fl_queue_full(q));
    assert_true(fl_queue_push(q, message(q, 10, 2)));
    fl_queue_recycle(q, fl_queue_pop(q, INT64_MAX, &end));
    assert_int_equal(woken, 1); /* nobody asked */
    fl_queue_free(q);
}

/* A source may read ahead beyond max_bytes; what counts is memory, so empty messages fill the queue as well. */
static void ahead_is_bounded_too(void **state)
{
    (void)state;
    enum { MAX = 10000, AHEAD = 100000 };
    struct fl_queue *q = fl_queue_new(MAX);
    int woken = 0, n = 0, behind = 0;
    bool end;
    fl_queue_on_room(q, count_wake, &woken);
    fl_queue_ahead(q, AHEAD);
    for (; !fl_queue_full(q); n++) {
        assert_true(fl_queue_push(q, message(q, 0, 1)));
        behind += fl_queue_behind(q);
    }
    assert_in_range(n, (MAX + AHEAD) / 5000, (MAX + AHEAD) / 4096 + 1);
    assert_in_range(n - behind, MAX / 5000 - 1, MAX / 4096);
    for (int left = n; left; left--) {
        assert_int_equal(woken, left < n - 1); /* half of MAX below full, not half of all */
        fl_queue_recycle(q, fl_queue_pop(q, INT64_MAX, &end));
    }
    assert_false(fl_queue_behind(q));
    fl_queue_free(q);
}

static void memory_goes_round(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(1 << 20);
    struct fl_message *m = message(q, 50000, 1);
    char *data = m->data;
    m->stream = m->last = true;
    fl_queue_recycle(q, m);
    struct fl_message *again = fl_queue_message(q, 40000);
    assert_ptr_equal(again->data, data);
    assert_int_equal(again->n, 0);
    assert_false(again->stream || again->last);
    memcpy(again->data, "kept", 4);
    again->n = 4;
    fl_message_room(again, 1 << 20); /* grows in use: what is there stays */
    assert_memory_equal(again->data, "kept", 4);
    fl_queue_recycle(q, again);
    fl_queue_free(q);
}

enum { MANY = 20000 };

static void *produce(void *arg)
{
    struct fl_queue *q = arg;
    uint64_t seed = 1;
    for (uint64_t i = 1; i <= MANY; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (!fl_queue_push(q, message(q, (seed >> 33) % 3000, i)))
            return (void *)1;
    }
    fl_queue_close(q);
    return NULL;
}

static void two_threads(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(8192);
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, produce, q), 0);
    uint64_t next = 1;
    for (bool end = false; !end;) {
        struct fl_message *m = fl_queue_pop(q, mono() + FL_SECOND / 1000, &end);
        if (!m)
            continue;
        assert_int_equal(m->number, next++);
        for (size_t i = 0; i < m->n; i++)
            assert_int_equal(m->data[i], 'x');
        fl_queue_recycle(q, m);
    }
    assert_int_equal(next, MANY + 1);
    void *result;
    pthread_join(t, &result);
    assert_null(result);
    fl_queue_free(q);
}

static void *push_one(void *arg)
{
    struct fl_queue *q = arg;
    return fl_queue_push(q, message(q, 10, 2)) ? q : NULL;
}

static void close_frees_a_waiting_source(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(5);
    assert_true(fl_queue_push(q, message(q, 10, 1)));
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, push_one, q), 0);
    usleep(10000);
    fl_queue_close(q);
    void *result;
    pthread_join(t, &result);
    assert_null(result);
    fl_queue_free(q); /* frees what nobody took */
}

/* A block goes round when its last slice and who filled it have given it back, in any order. */
static void slices(void **state)
{
    (void)state;
    struct fl_queue *q = fl_queue_new(1 << 20);
    bool end;
    struct fl_message *block = fl_queue_block(q, NULL, 50000);
    char *memory = block->data;
    assert_ptr_equal(fl_queue_block(q, block, 50000), block);
    memcpy(memory, "onetwothree", 11);
    assert_true(fl_queue_push(q, fl_queue_slice(q, block, memory, 3)));
    assert_true(fl_queue_push(q, fl_queue_slice(q, block, memory + 3, 3)));
    assert_true(fl_queue_push(q, fl_queue_slice(q, block, memory + 6, 5)));
    struct fl_message *other = fl_queue_block(q, block, 50000);
    assert_ptr_not_equal(other->data, memory);
    const char *const texts[] = {"one", "two", "three"};
    for (int i = 0; i < 3; i++) {
        struct fl_message *m = fl_queue_pop(q, INT64_MAX, &end), *new = fl_queue_message(q, 40000);
        assert_ptr_not_equal(new->data, memory);
        assert_int_equal(m->n, strlen(texts[i]));
        assert_memory_equal(m->data, texts[i], m->n);
        fl_queue_recycle(q, m);
        fl_queue_push(q, new);
    }
    struct fl_message *again = fl_queue_message(q, 50000);
    assert_ptr_equal(again->data, memory);
    fl_queue_recycle(q, again);

    struct fl_message *slice = fl_queue_slice(q, other, other->data, 10);
    fl_queue_recycle(q, slice);
    assert_ptr_equal(fl_queue_block(q, other, 50000), other); /* no slices are left */
    assert_true(fl_queue_push(q, fl_queue_slice(q, other, other->data, 10)));
    fl_queue_recycle(q, other);
    fl_queue_close(q);
    assert_false(fl_queue_push(q, fl_queue_slice(q, other, other->data, 10)));
    fl_queue_free(q); /* frees the slice that nobody took, and its block */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_end),
        cmocka_unit_test(deadline_and_empty),
        cmocka_unit_test(full_and_woken_once),
        cmocka_unit_test(ahead_is_bounded_too),
        cmocka_unit_test(memory_goes_round),
        cmocka_unit_test(slices),
        cmocka_unit_test(two_threads),
        cmocka_unit_test(close_frees_a_waiting_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
