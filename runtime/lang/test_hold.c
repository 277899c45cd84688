/* test_hold.c - runtime/lang/hold.c: records are kept and found, who waits is given once and in order, memory stays what was reckoned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "flowrt.h"
#include "lang/hold.h"

static struct fl_arena memory;
static struct fl_cx cx;

static int setup(void **state)
{
    (void)state;
    fl_arena_init(&memory, 1 << 12);
    cx.scratch = &memory;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_arena_free(&memory);
    return 0;
}

static void open_hold(struct fl_hold *h, int64_t within, int64_t late, int64_t expire)
{
    fl_table_open(&h->table);
    fl_hold_times(h, within, late, expire);
}

/* A record of n bytes of one letter comes: does it meet the other leg's? */
static bool comes(struct fl_hold *h, const char *key, int leg, char letter, size_t n, int64_t now)
{
    struct fl_held *k = fl_hold_put(h, key, (uint32_t)strlen(key), now);
    assert_non_null(k);
    h->packed.n = 0;
    for (size_t i = 0; i < n; i++)
        fl_buf_putc(&h->packed, letter);
    return fl_hold_keep(h, k, leg, now, (uint16_t)letter) && fl_hold_meets(h, k, leg, now);
}

static struct fl_held *of(struct fl_hold *h, const char *key, int64_t now)
{
    return fl_table_get(&h->table, key, (uint32_t)strlen(key), now);
}

static void is_kept(struct fl_hold *h, const char *key, int which, char letter, size_t n, int64_t now)
{
    const struct fl_held *k = of(h, key, now);
    assert_non_null(k);
    assert_int_equal(k->bytes[which], n);
    assert_int_equal(k->class_[which], letter);
    const char *p = fl_hold_read(&cx, h, k, which);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p[i], letter);
}

static size_t cells_in_use(const struct fl_hold *h)
{
    return h->used - h->nfree;
}

static void kept_and_replaced(void **state)
{
    static const size_t sizes[] = {0, 1, FL_CELL_ROOM - 1, FL_CELL_ROOM, FL_CELL_ROOM + 1, 5 * FL_CELL_ROOM, 1000};
    struct fl_hold h = FL_HOLD("t", 10, 100, 0);
    (void)state;
    open_hold(&h, 5, 0, 10);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        comes(&h, "k", FL_LEG_1, (char)('a' + i), sizes[i], 0);
        is_kept(&h, "k", FL_LEG_1, (char)('a' + i), sizes[i], 0);
        assert_true(comes(&h, "k", FL_LEG_2, 'z', 200, 0));
        is_kept(&h, "k", FL_LEG_2, 'z', 200, 0);
        is_kept(&h, "k", FL_LEG_1, (char)('a' + i), sizes[i], 0);
    }
    assert_null(fl_hold_read(&cx, &h, of(&h, "k", 0), FL_HELD_LAST));
    assert_int_equal(cells_in_use(&h), 17 + 4);
    fl_table_forget(&h.table, "k", 1);
    assert_int_equal(cells_in_use(&h), 0);
    fl_table_close(&h.table);
}

static void given_once_in_order(void **state)
{
    struct fl_hold h = FL_HOLD("t", 10, 100, 0);
    (void)state;
    open_hold(&h, 5, 1, 100);
    assert_int_equal(fl_hold_next(&h), INT64_MAX);
    assert_false(comes(&h, "a", FL_LEG_1, '1', 10, 10));
    assert_false(comes(&h, "b", FL_LEG_2, '2', 10, 11));
    assert_false(comes(&h, "c", FL_LEG_1, '3', 10, 12));
    assert_false(comes(&h, "a", FL_LEG_1, '4', 10, 13)); /* waits already, no longer for that */
    assert_true(comes(&h, "b", FL_LEG_1, '5', 10, 14));
    assert_int_equal(fl_hold_next(&h), 16);
    assert_null(fl_hold_due(&h, 15));
    assert_ptr_equal(fl_hold_due(&h, 16), of(&h, "a", 16));
    assert_int_equal(of(&h, "a", 16)->leg, FL_LEG_1);
    is_kept(&h, "a", FL_LEG_1, '4', 10, 16);
    assert_null(fl_hold_due(&h, 16));
    assert_false(comes(&h, "a", FL_LEG_1, '6', 10, 50)); /* was given already */
    assert_ptr_equal(fl_hold_due(&h, INT64_MAX), of(&h, "c", 50));
    assert_null(fl_hold_due(&h, INT64_MAX));
    assert_true(comes(&h, "a", FL_LEG_2, '7', 10, 60)); /* the silence is over */
    assert_false(comes(&h, "a", FL_LEG_1, '8', 10, 161)); /* and begins anew when that record is forgotten */
    assert_ptr_equal(fl_hold_due(&h, 167), of(&h, "a", 167));
    assert_null(fl_hold_due(&h, INT64_MAX));
    fl_table_close(&h.table);
}

/* The one that was given is the other leg's: now this one waits. */
static void the_other_leg_waits(void **state)
{
    struct fl_hold h = FL_HOLD("t", 10, 100, 0);
    (void)state;
    open_hold(&h, 5, 0, 100);
    assert_false(comes(&h, "a", FL_LEG_1, '1', 10, 0));
    assert_non_null(fl_hold_due(&h, 5));
    assert_true(comes(&h, "a", FL_LEG_2, '2', 10, 99));
    assert_false(comes(&h, "a", FL_LEG_2, '3', 10, 150));
    struct fl_held *k = fl_hold_due(&h, 155);
    assert_non_null(k);
    assert_int_equal(k->leg, FL_LEG_2);
    fl_table_close(&h.table);
}

static void at_max_the_oldest_goes(void **state)
{
    struct fl_hold h = FL_HOLD("t", 2, 100, 0);
    (void)state;
    open_hold(&h, 5, 0, 100);
    comes(&h, "a", FL_LEG_1, '1', 100, 0);
    comes(&h, "b", FL_LEG_1, '2', 100, 1);
    comes(&h, "c", FL_LEG_1, '3', 100, 2);
    assert_int_equal(h.table.evicted, 1);
    assert_int_equal(cells_in_use(&h), 4);
    assert_null(of(&h, "a", 2));
    assert_ptr_equal(fl_hold_due(&h, INT64_MAX), of(&h, "b", 2)); /* a doesn't wait any more */
    assert_ptr_equal(fl_hold_due(&h, INT64_MAX), of(&h, "c", 2));
    assert_null(fl_hold_due(&h, INT64_MAX));
    comes(&h, "d", FL_LEG_1, '4', 100, 2);
    fl_table_clear(&h.table);
    assert_int_equal(cells_in_use(&h), 0);
    assert_null(fl_hold_due(&h, INT64_MAX));
    fl_table_close(&h.table);
}

static void a_full_pool_makes_room(void **state)
{
    struct fl_hold h = FL_HOLD("t", 1000, 1, 0);
    char key[16];
    (void)state;
    open_hold(&h, 5, 0, 1000000);
    const size_t record = h.cells / 4 * FL_CELL_ROOM;
    for (int i = 0; i < 6; i++) {
        snprintf(key, sizeof key, "%d", i);
        comes(&h, key, FL_LEG_1, (char)('a' + i), record, i);
    }
    assert_int_equal(h.table.evicted, 2);
    assert_null(of(&h, "1", 6));
    is_kept(&h, "2", FL_LEG_1, 'c', record, 6);
    is_kept(&h, "5", FL_LEG_1, 'f', record, 6);
    assert_false(comes(&h, "5", FL_LEG_2, 'x', h.cells * FL_CELL_ROOM, 7)); /* only what comes has room */
    assert_int_equal(h.table.evicted, 5);
    is_kept(&h, "5", FL_LEG_2, 'x', h.cells * FL_CELL_ROOM, 7);
    assert_int_equal(h.table.too_long, 0);
    assert_false(comes(&h, "5", FL_LEG_2, 'y', h.cells * FL_CELL_ROOM + 1, 8));
    assert_int_equal(h.table.too_long, 1);
    assert_null(fl_hold_read(&cx, &h, of(&h, "5", 8), FL_LEG_2));
    assert_null(fl_hold_due(&h, INT64_MAX)); /* nothing to be given */
    assert_int_equal(cells_in_use(&h), 0);
    fl_table_close(&h.table);
}

static void expired_rows_give_their_cells_back(void **state)
{
    struct fl_hold h = FL_HOLD("t", 100000, 100, 0);
    char key[16];
    (void)state;
    open_hold(&h, 5, 0, 10);
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%d", i);
        while (fl_hold_due(&h, i))
            ;
        comes(&h, key, FL_LEG_1, 'a', 100, i);
        assert_true(cells_in_use(&h) <= 2 * 11);
    }
    assert_true(h.used <= 2 * 11);
    fl_table_close(&h.table);
}

static void packed_and_back(void **state)
{
    static const int64_t numbers[] = {0, 1, -1, 63, 64, -64, -65, 8191, 8192, INT64_MAX, INT64_MIN, 1767225600000000000};
    struct fl_buf b = {0};
    const fl_ip ips[] = {fl_ip_of(FL_STR("10.0.0.1")), fl_ip_of(FL_STR("2001:db8::1")), fl_ip_of(FL_STR("no address")), fl_ip_of(FL_STR(""))};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        fl_pack_int(&b, numbers[i]);
    for (size_t i = 0; i < sizeof ips / sizeof *ips; i++)
        fl_pack_ip(&b, ips[i]);
    fl_pack_text(&b, (fl_str){"\\n", 2, FL_RAW});
    const char *p = b.p;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(fl_unpack_int(&p), numbers[i]);
    for (size_t i = 0; i < sizeof ips / sizeof *ips; i++) {
        fl_ip ip = fl_unpack_ip(&p);
        assert_true(fl_str_eq(ip.text, ips[i].text));
        assert_int_equal(ip.family, ips[i].family);
        assert_true(fl_ip_eq(&ip, &ips[i]));
    }
    fl_str s = fl_unpack_text(&p);
    assert_true(fl_str_eq(s, FL_LIT("\\n")) && s.kind == FL_RAW);
    assert_ptr_equal(p, b.p + b.n);
    fl_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_and_replaced),
        cmocka_unit_test(given_once_in_order),
        cmocka_unit_test(the_other_leg_waits),
        cmocka_unit_test(at_max_the_oldest_goes),
        cmocka_unit_test(a_full_pool_makes_room),
        cmocka_unit_test(expired_rows_give_their_cells_back),
        cmocka_unit_test(packed_and_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
