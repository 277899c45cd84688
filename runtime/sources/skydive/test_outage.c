/* test_outage.c - pauses and gaps of runtime/sources/skydive/outage.c, by times that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/clock.h"
#include "core/ledger.h"
#include "sources/skydive/outage.h"

#define MIDDLE (UINT32_MAX / 2 + 1) /* no jitter, but for a rounding error */
#define START (INT64_C(1795942502) * FL_SECOND)

static char said[2000];

static void listen_(void *arg, const char *line)
{
    (void)arg;
    strncat(said, strchr(line, ' ') + 1, sizeof said - strlen(said) - 1);
}

static struct fl_ledger ledger;

static struct fl_outage new_outage(void)
{
    ledger = (struct fl_ledger){0};
    said[0] = 0;
    fl_log_capture(listen_, NULL);
    return (struct fl_outage){.ledger = &ledger, .max_pause = 30 * FL_SECOND, .next_pause = FL_FIRST_PAUSE};
}

static unsigned gaps(void)
{
    return (unsigned)ledger.n[FL_C_gaps];
}

/* In ms. */
static int pause(struct fl_outage *o, uint32_t random)
{
    return (int)((fl_outage_pause(o, random) + 500000) / 1000000);
}

static void pauses_grow_while_it_fails(void **state)
{
    (void)state;
    struct fl_outage o = new_outage();
    static const int expected[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
            assert_int_equal(pause(&o, MIDDLE), expected[i]);
        fl_outage_connected(&o, START); /* however short that lasts */
    }
    assert_int_equal(gaps(), 0); /* nothing was missed before the first connection */
    assert_string_equal(said, "");
}

static void jitter_is_a_quarter(void **state)
{
    (void)state;
    struct fl_outage o = new_outage();
    assert_int_equal(pause(&o, 0), 750);
    assert_int_equal(pause(&o, UINT32_MAX), 2500);
    o.max_pause = FL_SECOND;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pause(&o, UINT32_MAX), 1250);
}

static void a_gap_has_from_to_and_why(void **state)
{
    (void)state;
    struct fl_outage o = new_outage();
    fl_outage_begin(&o, START + 123456789, "closed by the analyzer");
    assert_int_equal(gaps(), 1); /* at once: an outage may last */
    assert_string_equal(said, "");
    fl_outage_begin(&o, START + FL_SECOND, "no answer"); /* the same one */
    assert_int_equal(gaps(), 1);
    fl_outage_connected(&o, START + 12 * FL_SECOND);
    assert_string_equal(said, "WARN gap from=2026-11-29T08:55:02.123Z to=2026-11-29T08:55:14Z seconds=11.9 "
                              "why=\"closed by the analyzer\"");
    said[0] = 0;
    fl_outage_end(&o, START + 13 * FL_SECOND);
    assert_string_equal(said, "");

    fl_outage_begin(&o, START, "full"); /* the clock is set back meanwhile */
    fl_outage_end(&o, START - FL_SECOND);
    assert_string_equal(said, "WARN gap from=2026-11-29T08:55:02Z to=2026-11-29T08:55:02Z seconds=0.0 why=full");
    assert_int_equal(gaps(), 2);
    fl_log_capture(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_while_it_fails),
        cmocka_unit_test(jitter_is_a_quarter),
        cmocka_unit_test(a_gap_has_from_to_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
