/*
 * test_address.c - runtime/value/address.c: what is an address (as Go's net.ParseIP), prefixes, their texts, and sets of
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/address.h"

/* In memory that ends with the text: only n bytes may be looked at. */
static fl_ip parse(const char *text)
{
    fl_ip ip;
    size_t n = strlen(text);
    char *exact = malloc(n + 1);
    memcpy(exact, text, n);
    exact = realloc(exact, n ? n : 1);
    fl_ip_parse(&ip, exact, (uint32_t)n);
    free(exact);
    return ip;
}

static void addresses(void **state)
{
    static const struct { const char *text; uint32_t family; uint64_t hi, lo; } rows[] = {
        {"10.0.0.1", 4, 0, 0xffff0a000001}, {"0.0.0.0", 4, 0, 0xffff00000000},
        {"255.255.255.255", 4, 0, 0xffffffffffff}, {"1.2.3.4", 4, 0, 0xffff01020304},
        {"192.168.100.200", 4, 0, 0xffffc0a864c8},
        {"::", 6, 0, 0}, {"::1", 6, 0, 1}, {"1::", 6, 0x0001000000000000, 0},
        {"fe80::64a4:bdff:fea4:5440", 6, 0xfe80000000000000, 0x64a4bdfffea45440},
        {"FF02::2", 6, 0xff02000000000000, 2},
        {"1:2:3:4:5:6:7:8", 6, 0x0001000200030004, 0x0005000600070008},
        {"1:2:3:4:5:6:7::", 6, 0x0001000200030004, 0x0005000600070000},
        {"::2:3:4:5:6:7:8", 6, 0x0000000200030004, 0x0005000600070008},
        {"0001:0db8::abcd", 6, 0x00010db800000000, 0xabcd}, {"::ffff:10.0.0.1", 4, 0, 0xffff0a000001},
        {"::ffff:0a00:0001", 4, 0, 0xffff0a000001}, {"::10.0.0.1", 6, 0, 0x0a000001},
        {"1:2:3:4:5:6:10.0.0.1", 6, 0x0001000200030004, 0x000500060a000001},
        {"64:ff9b::10.0.0.1", 6, 0x0064ff9b00000000, 0x0a000001},
        {"2001:db8::1:0:0:1", 6, 0x20010db800000000, 0x0001000000000001},
        /* none */
        {"", 0, 0, 0}, {"x", 0, 0, 0}, {"1.2.3", 0, 0, 0}, {"1.2.3.4.5", 0, 0, 0}, {"010.0.0.1", 0, 0, 0},
        {"00.0.0.1", 0, 0, 0}, {"1.2.3.04", 0, 0, 0}, {"256.0.0.1", 0, 0, 0}, {"1.2.3.256", 0, 0, 0},
        {"1.2.3.1000", 0, 0, 0},
        {"999.2.3.4", 0, 0, 0}, {"1.2.3.4 ", 0, 0, 0}, {" 1.2.3.4", 0, 0, 0}, {"1.2.3.4:80", 0, 0, 0},
        {"1.2.3.4/8", 0, 0, 0}, {"1..3.4", 0, 0, 0}, {".1.2.3", 0, 0, 0}, {"1.2.3.", 0, 0, 0},
        {"1.2.3.4.", 0, 0, 0}, {"+1.2.3.4", 0, 0, 0},
        {"1.2.3.-4", 0, 0, 0}, {"0x1.2.3.4", 0, 0, 0}, {"fe80::1%eth0", 0, 0, 0}, {"[::1]", 0, 0, 0},
        {":", 0, 0, 0}, {":::", 0, 0, 0}, {"1::2::3", 0, 0, 0}, {"1:2:3:4:5:6:7", 0, 0, 0},
        {"1:2:3:4:5:6:7:8:9", 0, 0, 0},
        {"1:2:3:4:5:6:7:8::", 0, 0, 0}, {"::1:2:3:4:5:6:7:8", 0, 0, 0}, {"1:2:3:4::5:6:7:8", 0, 0, 0},
        {"12345::", 0, 0, 0}, {"00001::", 0, 0, 0}, {"g::", 0, 0, 0}, {"1:", 0, 0, 0}, {":1", 0, 0, 0},
        {"1:2:3:4:5:6:7:", 0, 0, 0}, {"::1:", 0, 0, 0},
        {"::ffff:010.0.0.1", 0, 0, 0}, {"::ffff:10.0.0", 0, 0, 0}, {"::10.0.0.1:1", 0, 0, 0},
        {"1:2:3:4:5:6:7:10.0.0.1", 0, 0, 0}, {"1:2:3:4:5:10.0.0.1", 0, 0, 0}, {"10.0.0.1::", 0, 0, 0},
        {"::1 ", 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fl_ip ip = parse(rows[i].text);
        if (ip.family != rows[i].family || ip.hi != rows[i].hi || ip.lo != rows[i].lo)
            fail_msg("%s: family %u %016llx %016llx", rows[i].text, ip.family, (unsigned long long)ip.hi,
                     (unsigned long long)ip.lo);
    }
    fl_ip mapped = parse("::ffff:10.0.0.1"), plain = parse("10.0.0.1");
    assert_true(fl_ip_eq(&mapped, &plain));
    fl_ip nul;
    fl_ip_parse(&nul, "1.2.3.4\0", 8);
    assert_int_equal(nul.family, 0);
    fl_ip_parse(&nul, "1.2.3\0.4", 8);
    assert_int_equal(nul.family, 0);
}

/* Random changes of addresses: what inet_pton takes we take with the same value, and the other way round. */
static void against_libc(void **state)
{
    static const char *const seeds[] = {"10.0.0.1", "192.168.100.200", "fe80::64a4:bdff:fea4:5440",
    "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1", "::", "2001:db8::1:0:0:1", "1:2:3:4:5:6:10.0.0.1"};
    static const char letters[] = "0123456789abcfF::..g /";
    (void)state;
    srand(7);
    for (int i = 0; i < 200000; i++) {
        char text[64], b[16] = {0};
        snprintf(text, sizeof text, "%s", seeds[rand() % 8]);
        for (int change = rand() % 4; change > 0; change--) {
            size_t n = strlen(text), at = (size_t)rand() % (n + 1);
            char c = letters[rand() % (int)(sizeof letters - 1)];
            if (rand() % 3 == 0 && n < 45) {
                memmove(text + at + 1, text + at, n - at + 1);
                text[at] = c;
            } else if (rand() % 2 && at < n) {
                memmove(text + at, text + at + 1, n - at);
            } else if (at < n) {
                text[at] = c;
            }
        }
        fl_ip ip = parse(text);
        bool v6 = strchr(text, ':') != NULL, ok = inet_pton(v6 ? AF_INET6 : AF_INET, text, b) == 1;
        if (ok != (ip.family != 0))
            fail_msg("%s: libc %d, we %u", text, ok, ip.family);
        if (!ok)
            continue;
        uint64_t hi = 0, lo = 0;
        for (int k = 0; k < 8; k++) {
            hi = hi << 8 | (unsigned char)b[k];
            lo = lo << 8 | (unsigned char)b[k + 8];
        }
        if (!v6) {
            lo = hi >> 32 | UINT64_C(0xffff) << 32;
            hi = 0;
        }
        assert_true(ip.hi == hi && ip.lo == lo);
        /* And its text reads back as the same. */
        char out[64];
        uint32_t n = fl_ip_format(ip.hi, ip.lo, ip.family, out);
        out[n] = 0;
        fl_ip again = parse(out);
        assert_true(fl_ip_eq(&ip, &again));
    }
}

static void texts(void **state)
{
    static const char *const same[] = {"10.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "1::", "fe80::1",
    "2001:db8::1:0:0:1", "1:2:3:4:5:6:7:8", "1:0:3:4:5:6:7:8", "1::4:5:6:7:8", "::10", "a:b:c:d:e:f:abcd:0",
    "2001:0:0:1::1",
                                       "0:1::", "1:2:3:4:5:6::"};
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        char out[50];
        fl_ip ip = parse(same[i]);
        uint32_t n = fl_ip_format(ip.hi, ip.lo, ip.family, out);
        out[n] = 0;
        assert_string_equal(out, same[i]);
    }
    fl_ip long_one = parse("1111:2222:3333:4444:5555:6666:7777:8888");
    char out[50];
    assert_int_equal(fl_ip_format(long_one.hi, long_one.lo, 6, out), 39);
}

static void prefixes(void **state)
{
    static const struct { const char *text, *want; int family; } rows[] = {
        {"10.0.0.0/8", "10.0.0.0/8", 4}, {"10.1.2.3/8", "10.0.0.0/8", 4}, {"10.1.2.3/32", "10.1.2.3/32", 4},
        {"10.1.2.3/0", "0.0.0.0/0", 4}, {"255.255.255.255/1", "128.0.0.0/1", 4}, {"::/0", "::/0", 6},
        {"fe80::1/10", "fe80::/10", 6},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33", 6}, {"::1/128", "::1/128", 6},
        {"1:2:3:4:5:6:7:8/64", "1:2:3:4::/64", 6}, {"1:2:3:4:5:6:7:8/65", "1:2:3:4::/65", 6},
        {"::ffff:10.1.2.3/104", "10.0.0.0/8", 4}, {"::ffff:10.1.2.3/80", "::/80", 6},
        {"10.0.0.0", NULL, 0}, {"10.0.0.0/", NULL, 0}, {"10.0.0.0/33", NULL, 0}, {"10.0.0.0/-1", NULL, 0},
        {"10.0.0.0/8x", NULL, 0}, {"/8", NULL, 0}, {"10.0.0/8", NULL, 0}, {"::/129", NULL, 0},
        {"10.0.0.0/8/8", NULL, 0}, {"", NULL, 0}, {"fe80::1%e/64", NULL, 0},
        {"10.0.0.0/0008", NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fl_cidr c;
        char out[60];
        bool ok = fl_cidr_parse(&c, rows[i].text, (uint32_t)strlen(rows[i].text));
        if (ok != (rows[i].want != NULL))
            fail_msg("%s: %d", rows[i].text, ok);
        if (!ok)
            continue;
        out[fl_cidr_format(&c, out)] = 0;
        assert_string_equal(out, rows[i].want);
        assert_int_equal(c.family, rows[i].family);
    }
    fl_cidr c;
    assert_true(fl_cidr_parse(&c, "10.1.2.3/8", 10)); /* the address as written is kept */
    assert_int_equal(c.addr_lo, 0xffff0a010203);
    fl_ip in = parse("10.255.0.1"), out = parse("11.0.0.0"), mapped = parse("::ffff:10.9.9.9"),
          other = parse("::a00:1"), none = parse("x");
    assert_true(fl_cidr_has(&c, &in));
    assert_true(fl_cidr_has(&c, &mapped));
    assert_false(fl_cidr_has(&c, &out));
    assert_false(fl_cidr_has(&c, &other));
    assert_false(fl_cidr_has(&c, &none));
    assert_true(fl_cidr_parse(&c, "::/0", 4));
    assert_false(fl_cidr_has(&c, &in));
    assert_true(fl_cidr_has(&c, &other));
}

static unsigned rnd(unsigned below)
{
    static uint64_t x = 88172645463325252;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return (unsigned)(x % below);
}

/* Sets of all sizes against asking every prefix; few bits vary, so that prefixes meet and nest. */
static void sets(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        fl_cidr v[64];
        uint32_t n = rnd(64);
        for (uint32_t i = 0; i < n; i++) {
            char text[80];
            if (rnd(2))
                snprintf(text, sizeof text, "10.%u.%u.%u/%u", rnd(4), rnd(4) * 64, rnd(256),
                         rnd(16) ? 10 + rnd(23) : rnd(33));
            else
                snprintf(text, sizeof text, "fd00:%x::%x:%x/%u", rnd(4), rnd(4), rnd(65536),
                         rnd(16) ? 24 + rnd(105) : rnd(129));
            assert_true(fl_cidr_parse(&v[i], text, (uint32_t)strlen(text)));
        }
        struct fl_prefixes set;
        fl_prefixes_build(&set, v, n);
        for (unsigned k = 0; k < 300; k++) {
            char text[80];
            if (rnd(2))
                snprintf(text, sizeof text, "%u.%u.%u.%u", rnd(20) ? 10 : 255, rnd(5), rnd(256), rnd(256));
            else
                snprintf(text, sizeof text, "%s:%x::%x:%x", rnd(20) ? "fd00" : "ffff", rnd(5), rnd(5), rnd(65536));
            fl_ip ip = parse(text);
            assert_int_not_equal(ip.family, 0);
            bool want = false;
            for (uint32_t i = 0; i < n; i++)
                want |= fl_cidr_has(&v[i], &ip);
            if (fl_prefixes_has(&set, &ip) != want || fl_prefixes_search(&set, &ip) != want)
                fail_msg("%s of %u prefixes: %d", text, n, want);
        }
        fl_prefixes_free(&set);
    }
    struct fl_prefixes set;
    fl_cidr all[4];
    assert_true(fl_cidr_parse(&all[0], "0.0.0.0/0", 9));
    assert_true(fl_cidr_parse(&all[1], "255.0.0.0/8", 11));
    assert_true(fl_cidr_parse(&all[2], "::/0", 4));
    assert_true(fl_cidr_parse(&all[3], "ffff::/16", 9));
    fl_prefixes_build(&set, all, 4);
    assert_int_equal(set.n4, 1);
    assert_int_equal(set.n6, 1);
    fl_ip a = parse("255.255.255.255"), b = parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), none = parse("no");
    assert_true(fl_prefixes_has(&set, &a));
    assert_true(fl_prefixes_has(&set, &b));
    assert_false(fl_prefixes_has(&set, &none));
    fl_prefixes_free(&set);
    fl_prefixes_build(&set, all + 2, 1);
    assert_false(fl_prefixes_has(&set, &a)); /* ::/0 holds no IPv4 address */
    fl_prefixes_free(&set);
    fl_prefixes_build(&set, NULL, 0);
    assert_false(fl_prefixes_has(&set, &a));
    fl_prefixes_free(&set);
    assert_true(fl_cidr_parse(&all[0], "10.0.0.0/9", 10)); /* neighbours join */
    assert_true(fl_cidr_parse(&all[1], "10.128.0.0/9", 12));
    fl_prefixes_build(&set, all, 2);
    assert_int_equal(set.n4, 1);
    fl_prefixes_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses), cmocka_unit_test(against_libc), cmocka_unit_test(texts),
        cmocka_unit_test(prefixes), cmocka_unit_test(sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
