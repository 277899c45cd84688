/*
 * test_table.c - runtime/lang/table.c against a plain model, and its limits: expiry, eviction, long keys, `absent`,
 * colliding hashes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/table.h"

#define NEVER INT64_MAX

static void put_get_forget(void **state)
{
    struct fl_table t = FL_TABLE("t", 100, sizeof(int64_t), 0, true);
    (void)state;
    fl_table_open(&t);
    assert_null(fl_table_get(&t, "a", 1, 0));
    int64_t *v = fl_table_put(&t, "a", 1, 0, NEVER, 3);
    assert_int_equal(*v, 0);
    *v = 7;
    assert_ptr_equal(fl_table_get(&t, "a", 1, 0), v);
    assert_ptr_equal(fl_table_put(&t, "a", 1, 5, NEVER, 3), v); /* writing again keeps the value */
    assert_int_equal(*v, 7);
    assert_null(fl_table_get(&t, "a", 0, 0));
    assert_null(fl_table_get(&t, "ab", 2, 0));
    assert_non_null(fl_table_put(&t, "", 0, 5, NEVER, 0)); /* the empty text is a key */
    assert_non_null(fl_table_get(&t, "", 0, 5));
    assert_int_equal(fl_table_live(&t), 2);
    fl_table_forget(&t, "a", 1);
    fl_table_forget(&t, "a", 1);
    fl_table_forget(&t, "never there", 11);
    assert_null(fl_table_get(&t, "a", 1, 5));
    assert_int_equal(fl_table_live(&t), 1);
    v = fl_table_put(&t, "a", 1, 5, NEVER, 0); /* a new row is zero, though its memory was used */
    assert_int_equal(*v, 0);
    fl_table_clear(&t);
    assert_int_equal(fl_table_live(&t), 0);
    assert_null(fl_table_get(&t, "a", 1, 5));
    fl_table_close(&t);
}

static void long_keys(void **state)
{
    struct fl_table t = FL_TABLE("t", 1000, 4, 0, true);
    char key[400];
    (void)state;
    fl_table_open(&t);
    memset(key, 'k', sizeof key);
    for (uint32_t n = 0; n <= FL_TABLE_KEY; n++)
        *(uint32_t *)fl_table_put(&t, key, n, 0, NEVER, 0) = n + 1;
    for (uint32_t n = 0; n <= FL_TABLE_KEY; n++)
        assert_int_equal(*(uint32_t *)fl_table_get(&t, key, n, 0), n + 1);
    for (uint32_t at = 0; at < FL_TABLE_KEY; at++) { /* every byte counts */
        key[at] ^= 1;
        assert_null(fl_table_get(&t, key, FL_TABLE_KEY, 0));
        key[at] ^= 1;
    }
    assert_null(fl_table_put(&t, key, FL_TABLE_KEY + 1, 0, NEVER, 0));
    assert_null(fl_table_get(&t, key, FL_TABLE_KEY + 1, 0));
    fl_table_forget(&t, key, FL_TABLE_KEY + 1);
    assert_int_equal(t.too_long, 1);
    for (uint32_t n = 0; n <= FL_TABLE_KEY; n += 2)
        fl_table_forget(&t, key, n);
    for (uint32_t n = 0; n <= FL_TABLE_KEY; n++)
        assert_int_equal(fl_table_get(&t, key, n, 0) != NULL, n % 2);
    fl_table_close(&t);
}

static void fixed_keys(void **state)
{
    struct fl_table t = FL_TABLE("t", 1 << 17, 8, 8, true);
    (void)state;
    fl_table_open(&t);
    for (uint64_t i = 0; i < 100000; i++)
        *(uint64_t *)fl_table_put(&t, &i, 8, 0, NEVER, 0) = i * 3;
    for (uint64_t i = 0; i < 100000; i++)
        assert_int_equal(*(uint64_t *)fl_table_get(&t, &i, 8, 0), i * 3);
    uint64_t none = 100000;
    assert_null(fl_table_get(&t, &none, 8, 0));
    assert_null(fl_table_put(&t, "123456789", 9, 0, NEVER, 0));
    fl_table_close(&t);
}

static void expiry(void **state)
{
    struct fl_table t = FL_TABLE("t", 1000, 8, 0, true);
    char key[16];
    (void)state;
    fl_table_open(&t);
    int64_t *v = fl_table_put(&t, "x", 1, 100, 10, 0);
    *v = 9;
    assert_non_null(fl_table_get(&t, "x", 1, 109));
    assert_null(fl_table_get(&t, "x", 1, 110)); /* at the moment it expires it is gone */
    v = fl_table_put(&t, "x", 1, 110, 10, 0);
    assert_int_equal(*v, 0);
    v = fl_table_put(&t, "x", 1, 115, 10, 0); /* renewed */
    assert_non_null(fl_table_get(&t, "x", 1, 124));
    fl_table_clear(&t);

    /* Expired rows go by themselves while others are written. */
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof key, "%d", i);
        fl_table_put(&t, key, (uint32_t)strlen(key), 0, 10, 0);
    }
    assert_int_equal(fl_table_live(&t), 500);
    for (int i = 500; i < 1000; i++) {
        snprintf(key, sizeof key, "%d", i);
        fl_table_put(&t, key, (uint32_t)strlen(key), 10, 10, 0);
    }
    assert_int_equal(fl_table_live(&t), 500);
    assert_int_equal(t.evicted, 0);
    fl_table_clear(&t);

    /* With different expiry too: a row that never expires doesn't hold up the others. */
    fl_table_put(&t, "old", 3, 0, NEVER, 0);
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "%d", i);
        fl_table_put(&t, key, (uint32_t)strlen(key), 0, 10, 0);
    }
    for (int i = 0; i < 700; i++)
        fl_table_put(&t, "one", 3, 10 + i, 1000, 0);
    assert_int_equal(fl_table_live(&t), 2);
    assert_non_null(fl_table_get(&t, "old", 3, INT64_MAX - 1));
    fl_table_clear(&t);
    fl_table_put(&t, "x", 1, INT64_MAX - 5, 100, 0); /* saturated */
    assert_non_null(fl_table_get(&t, "x", 1, INT64_MAX - 1));
    fl_table_close(&t);
}

static void eviction(void **state)
{
    struct fl_table t = FL_TABLE("t", 3, 8, 0, true);
    (void)state;
    fl_table_open(&t);
    fl_table_put(&t, "a", 1, 1, NEVER, 0);
    fl_table_put(&t, "b", 1, 2, NEVER, 0);
    fl_table_put(&t, "c", 1, 3, NEVER, 0);
    fl_table_put(&t, "a", 1, 4, NEVER, 0); /* now b is the oldest */
    assert_non_null(fl_table_get(&t, "b", 1, 5)); /* reading doesn't count as writing */
    fl_table_put(&t, "d", 1, 6, NEVER, 0);
    assert_int_equal(t.evicted, 1);
    assert_null(fl_table_get(&t, "b", 1, 6));
    assert_non_null(fl_table_get(&t, "a", 1, 6));
    assert_non_null(fl_table_get(&t, "c", 1, 6));
    assert_int_equal(fl_table_live(&t), 3);
    fl_table_forget(&t, "c", 1);
    fl_table_put(&t, "e", 1, 7, NEVER, 0);
    assert_int_equal(t.evicted, 1);
    fl_table_close(&t);
    struct fl_table one = FL_TABLE("one", 1, 8, 0, true);
    fl_table_open(&one);
    for (int i = 0; i < 100; i++)
        assert_non_null(fl_table_put(&one, &i, sizeof i, i, NEVER, 0));
    assert_int_equal(fl_table_live(&one), 1);
    assert_int_equal(one.evicted, 99);
    fl_table_close(&one);
    /* A row that has expired doesn't count, also where there is room for no other. */
    struct fl_table brief = FL_TABLE("brief", 1, 8, 0, true);
    fl_table_open(&brief);
    for (int i = 0; i < 100; i++)
        assert_non_null(fl_table_put(&brief, &i, sizeof i, 10 * i, 10, 0));
    assert_int_equal(brief.evicted, 0);
    assert_non_null(fl_table_put(&brief, "x", 1, 999, 10, 0));
    assert_int_equal(brief.evicted, 1);
    fl_table_close(&brief);
}

static unsigned count_absent(struct fl_table *t, int64_t now, int64_t before, char *order)
{
    const void *key;
    void *value;
    uint32_t cursor = 0, n;
    uint16_t class_;
    unsigned count = 0;
    while (fl_table_absent(t, &cursor, now, before, &key, &n, &class_, &value)) {
        assert_int_equal(class_, *(const char *)key - 'a');
        if (order)
            order[count] = *(const char *)key;
        count++;
    }
    if (order)
        order[count] = 0;
    return count;
}

static void absent(void **state)
{
    struct fl_table t = FL_TABLE("t", 100, 8, 0, true);
    char order[100];
    (void)state;
    fl_table_open(&t);
    for (char c = 'a'; c <= 'j'; c++)
        fl_table_put(&t, &c, 1, c - 'a', NEVER, (uint8_t)(c - 'a'));
    fl_table_put(&t, "c", 1, 20, NEVER, 2);
    assert_int_equal(count_absent(&t, 30, 5, order), 4);
    assert_string_equal(order, "abde");
    assert_int_equal(count_absent(&t, 30, 0, NULL), 0);
    assert_int_equal(count_absent(&t, 30, 21, order), 10);
    assert_string_equal(order, "abdefghijc");

    /* While going through: forget the row itself, the next one, and write one that is still to come. */
    const void *key;
    void *value;
    uint32_t cursor = 0, n, seen = 0;
    uint16_t class_;
    char got[32];
    while (fl_table_absent(&t, &cursor, 30, 20, &key, &n, &class_, &value)) {
        char c = *(const char *)key;
        got[seen++] = c;
        fl_table_forget(&t, &c, 1);
        if (c == 'a')
            fl_table_forget(&t, "b", 1);
        if (c == 'e')
            fl_table_put(&t, "f", 1, 30, NEVER, 5);
        if (c == 'g')
            fl_table_put(&t, "z", 1, 30, NEVER, 25);
    }
    got[seen] = 0;
    assert_string_equal(got, "adeghij");
    assert_int_equal(fl_table_live(&t), 3); /* c f z */
    fl_table_clear(&t);

    /* Expired ones aren't told; the clock may be set back. */
    fl_table_put(&t, "a", 1, 100, 10, 0);
    fl_table_put(&t, "b", 1, 100, 1000, 1);
    assert_int_equal(count_absent(&t, 120, 110, order), 1);
    assert_string_equal(order, "b");
    fl_table_put(&t, "c", 1, 50, 1000, 2);
    assert_int_equal(count_absent(&t, 60, 55, order), 1);
    assert_string_equal(order, "c");
    fl_table_clear(&t);

    char longer[100];
    memset(longer, 'a', sizeof longer);
    fl_table_put(&t, longer, sizeof longer, 0, NEVER, 0);
    cursor = 0;
    assert_true(fl_table_absent(&t, &cursor, 9, 9, &key, &n, &class_, &value));
    assert_int_equal(n, sizeof longer);
    assert_memory_equal(key, longer, n);
    assert_false(fl_table_absent(&t, &cursor, 9, 9, &key, &n, &class_, &value));
    fl_table_close(&t);
}

/* A slow table with the same rules: rows in the order of writing. */
struct model {
    struct { int key; int64_t written, expires; uint64_t value; } row[64];
    unsigned n, max;
};

static void model_drop(struct model *m, unsigned i)
{
    memmove(&m->row[i], &m->row[i + 1], (m->n - i - 1) * sizeof m->row[0]);
    m->n--;
}

static int model_find(const struct model *m, int key, int64_t now)
{
    for (unsigned i = 0; i < m->n; i++)
        if (m->row[i].key == key && m->row[i].expires > now)
            return (int)i;
    return -1;
}

static uint32_t key_text(int key, char *text)
{
    uint32_t n = (uint32_t)sprintf(text, "%d", key);
    if (key % 3 == 0) /* some are long */
        for (; n < 60 + (uint32_t)key; n++)
            text[n] = 'l';
    return n;
}

static void against_model(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct fl_table t = FL_TABLE("t", 1 + round % 32, 8, 0, true);
        struct model m = {.max = 1 + round % 32};
        int64_t now = 1000, expire = 50; /* one expiry: what has expired is then always the oldest */
        srand(round);
        fl_table_open(&t);
        fl_table_seed(&t, round);
        for (int step = 0; step < 5000; step++) {
            int key = rand() % 50, op = rand() % 10;
            char text[300];
            uint32_t n = key_text(key, text);
            now += rand() % 3;
            int at = model_find(&m, key, now);
            if (op < 5) {
                uint64_t *v = fl_table_put(&t, text, n, now, expire, 0), old = at >= 0 ? m.row[at].value : 0;
                if (*v != old)
                    fail_msg("round %u step %d: put found %llu, not %llu", round, step, (unsigned long long)*v,
                             (unsigned long long)old);
                *v = (uint64_t)step;
                while (m.n && m.row[0].expires <= now)
                    model_drop(&m, 0);
                at = model_find(&m, key, now);
                if (at >= 0)
                    model_drop(&m, (unsigned)at);
                else if (m.n == m.max)
                    model_drop(&m, 0);
                m.row[m.n].key = key;
                m.row[m.n].written = now;
                m.row[m.n].expires = now + expire;
                m.row[m.n++].value = (uint64_t)step;
            } else if (op < 8) {
                uint64_t *v = fl_table_get(&t, text, n, now);
                assert_int_equal(v != NULL, at >= 0);
                if (v)
                    assert_int_equal(*v, m.row[at].value);
            } else if (op == 8) {
                fl_table_forget(&t, text, n);
                if (at >= 0)
                    model_drop(&m, (unsigned)at);
            } else {
                const void *found;
                void *value;
                uint32_t cursor = 0, length;
                uint16_t class_;
                for (unsigned i = 0; i < m.n; i++) {
                    if (m.row[i].expires <= now || m.row[i].written >= now - 20)
                        continue;
                    assert_true(fl_table_absent(&t, &cursor, now, now - 20, &found, &length, &class_, &value));
                    assert_int_equal(*(uint64_t *)value, m.row[i].value);
                    n = key_text(m.row[i].key, text);
                    assert_int_equal(length, n);
                    assert_memory_equal(found, text, n);
                }
                assert_false(fl_table_absent(&t, &cursor, now, now - 20, &found, &length, &class_, &value));
            }
        }
        fl_table_close(&t);
    }
}

/* With any seed keys spread; and rows stay findable through growth, eviction and removal in a full table. */
static void many(void **state)
{
    enum { N = 200000 };
    struct fl_table t = FL_TABLE("t", N, 8, 0, true);
    (void)state;
    fl_table_open(&t);
    char key[32];
    for (int i = 0; i < 2 * N; i++) {
        int n = snprintf(key, sizeof key, "%016x", i);
        *(int64_t *)fl_table_put(&t, key, (uint32_t)n, i, NEVER, 0) = i;
    }
    assert_int_equal(fl_table_live(&t), N);
    assert_int_equal(t.evicted, N);
    for (int i = 0; i < 2 * N; i++) {
        int n = snprintf(key, sizeof key, "%016x", i);
        int64_t *v = fl_table_get(&t, key, (uint32_t)n, 0);
        assert_int_equal(v != NULL, i >= N);
        if (v)
            assert_int_equal(*v, i);
    }
    for (int i = N; i < 2 * N; i += 2) {
        int n = snprintf(key, sizeof key, "%016x", i);
        fl_table_forget(&t, key, (uint32_t)n);
    }
    for (int i = N; i < 2 * N; i++) {
        int n = snprintf(key, sizeof key, "%016x", i);
        assert_int_equal(fl_table_get(&t, key, (uint32_t)n, 0) != NULL, i % 2);
    }
    assert_int_equal(fl_table_live(&t), N / 2);
    fl_table_close(&t);
}

/* At every size all keys are found: while the index splits its buckets, and before and after. */
static void growth(void **state)
{
    enum { ALL = 700, N = 30000 };
    struct fl_table t = FL_TABLE("t", N, 8, 8, false);
    (void)state;
    fl_table_open(&t);
    for (int64_t i = 0; i < N; i++) {
        *(int64_t *)fl_table_put(&t, &i, 8, 0, NEVER, 0) = i;
        for (int64_t k = i < ALL ? 0 : i - 3; k <= i; k++)
            if (*(int64_t *)fl_table_get(&t, &k, 8, 0) != k)
                fail_msg("key %d of %d", (int)k, (int)i);
        int64_t none = i + 1;
        assert_null(fl_table_get(&t, &none, 8, 0));
    }
    for (int64_t i = 0; i < N; i++)
        assert_int_equal(*(int64_t *)fl_table_get(&t, &i, 8, 0), i);
    fl_table_close(&t);
}

/* Keys whose hashes end in the same bits. */
static void colliding(const struct fl_table *t, uint32_t bits, int64_t *key, unsigned n)
{
    int64_t k = 0;
    for (unsigned i = 0; i < n; k++)
        if ((fl_table_hash(t, &k, 8) & ((1u << bits) - 1)) == 5)
            key[i++] = k;
}

/* All keys in one bucket and those behind it: found, taken out from the middle, put back. */
static void one_bucket(void **state)
{
    enum { N = 300 };
    struct fl_table t = FL_TABLE("t", N, 8, 8, false);
    int64_t key[N];
    bool there[N] = {false};
    (void)state;
    fl_table_open(&t);
    fl_table_seed(&t, 1);
    colliding(&t, 12, key, N);
    srand(3);
    for (int step = 0; step < 20000; step++) {
        unsigned i = (unsigned)rand() % N;
        if (step % 5000 < 2500 ? rand() % 4 : rand() % 4 == 0)
            *(int64_t *)fl_table_put(&t, &key[i], 8, 0, NEVER, 0) = key[i];
        else
            fl_table_forget(&t, &key[i], 8);
        there[i] = fl_table_get(&t, &key[i], 8, 0) != NULL;
        unsigned k = (unsigned)rand() % N;
        int64_t *v = fl_table_get(&t, &key[k], 8, 0);
        if ((v != NULL) != there[k] || (v && *v != key[k]))
            fail_msg("step %d, key %u", step, k);
    }
    fl_table_clear(&t);
    for (int i = 0; i < N; i++)
        assert_null(fl_table_get(&t, &key[i], 8, 0));
    fl_table_close(&t);
}

/* Keys that fall together under one seed are spread under another: they can't be found without knowing the seed. */
static void flood(void **state)
{
    enum { N = 2000, BITS = 8 };
    static int64_t key[N];
    unsigned count[1 << BITS] = {0}, most = 0;
    struct fl_table t = FL_TABLE("t", N, 8, 8, false);
    (void)state;
    fl_table_open(&t);
    fl_table_seed(&t, 1);
    colliding(&t, BITS, key, N);
    for (uint64_t seed = 2; seed < 10; seed++) {
        fl_table_seed(&t, seed);
        memset(count, 0, sizeof count);
        for (int i = 0; i < N; i++)
            count[fl_table_hash(&t, &key[i], 8) & ((1 << BITS) - 1)]++;
        for (int i = 0; i < 1 << BITS; i++)
            most = count[i] > most ? count[i] : most;
    }
    assert_in_range(most, N >> BITS, 4 * (N >> BITS)); /* 7.8 on average */
    fl_table_close(&t);
}

/* Thousands of rows with different expiry, more than fl_table_far; hints about any keys change nothing. */
static void large_model(void **state)
{
    enum { KEYS = 20000 };
    static struct { int64_t expires; uint64_t value; } row[KEYS];
    struct fl_table t = FL_TABLE("t", KEYS, 8, 0, true);
    int64_t now = 0;
    (void)state;
    fl_table_open(&t);
    srand(7);
    for (int step = 0; step < 400000; step++) {
        int key = rand() % (1 + step % KEYS), op = rand() % 8;
        char text[400];
        uint32_t n = (uint32_t)sprintf(text, "%0*d", key % 3 ? 16 : 20 + key % 230, key), hash[FL_AHEAD], hints = 0;
        now += rand() % 2;
        if (step % 100 == 0) {
            assert_int_equal(fl_table_far(&t), t.used > 2048);
            for (; hints < FL_AHEAD; hints++) {
                char hint[16];
                hash[hints] = fl_table_hash(&t, hint, (uint32_t)sprintf(hint, "%d", rand() % (2 * KEYS)));
            }
            fl_table_fetch(&t, hash, hints);
            fl_table_fetch_order(&t, hash, hints);
        }
        bool alive = row[key].expires > now;
        if (op < 4) {
            int64_t expire = 1 + rand() % (step % 3 ? 100 : 20000);
            uint64_t *v = fl_table_put(&t, text, n, now, expire, 0);
            assert_int_equal(*v, alive ? row[key].value : 0);
            *v = row[key].value = (uint64_t)step + 1;
            row[key].expires = now + expire;
        } else if (op < 7) {
            const uint64_t *v = fl_table_get(&t, text, n, now);
            assert_int_equal(v ? *v : 0, alive ? row[key].value : 0);
        } else {
            fl_table_forget(&t, text, n);
            row[key].expires = 0;
        }
    }
    assert_int_equal(t.evicted, 0);
    assert_true(fl_table_far(&t));
    uint64_t alive = 0;
    for (int key = 0; key < KEYS; key++)
        alive += row[key].expires > now;
    assert_in_range(fl_table_live(&t), alive, 3 * alive); /* what has expired is swept */
    fl_table_close(&t);
}

static void sizes(void **state)
{
    (void)state;
    size_t text = fl_table_worst(1000000, 16, 0, true), fixed = fl_table_worst(1000000, 16, 8, true);
    assert_true(fixed >= 1000000 * (28 + 8 + 16) && fixed < 1000000 * 90);
    assert_true(text >= 1000000 * (28 + 256 + 16) && text < 1000000 * 400);
    assert_true(fl_table_worst(1, 8, 8, true) < 3 * 4096);
    assert_int_equal(fl_row_stride(8, 0, false), 64); /* a UUID and a number: one line of the cache */
    struct fl_table big = FL_TABLE("big", 10000000, 64, 0, true); /* address space only */
    fl_table_open(&big);
    assert_non_null(fl_table_put(&big, "x", 1, 0, NEVER, 0));
    fl_table_close(&big);
}

static void kept(void **state)
{
    struct fl_kept k;
    char text[300];
    (void)state;
    fl_keep(&k, FL_LIT("abc"));
    assert_true(fl_str_eq(fl_kept_str(&k), FL_LIT("abc")));
    fl_keep(&k, (fl_str){0});
    assert_int_equal(fl_kept_str(&k).n, 0);
    memset(text, 'x', sizeof text);
    fl_keep(&k, (fl_str){text, FL_KEPT, FL_PLAIN});
    assert_int_equal(fl_kept_str(&k).n, 252);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_forget), cmocka_unit_test(long_keys), cmocka_unit_test(fixed_keys),
        cmocka_unit_test(expiry), cmocka_unit_test(eviction),
        cmocka_unit_test(absent), cmocka_unit_test(against_model), cmocka_unit_test(many),
        cmocka_unit_test(growth), cmocka_unit_test(one_bucket), cmocka_unit_test(flood),
        cmocka_unit_test(large_model), cmocka_unit_test(sizes), cmocka_unit_test(kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
