/*
 * address.h - IP addresses, prefixes, and sets of prefixes.
 *
 * An address is two 64-bit halves in host order; IPv4 is held as IPv4-mapped IPv6 (::ffff:a.b.c.d), so one
 * comparison serves both. What counts as an address is what Go's net.ParseIP takes: four decimal
 * octets without leading zeros, or RFC 4291 text including embedded IPv4; no zone, port or mask.
 */
#ifndef FL_ADDRESS_H
#define FL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

typedef struct fl_ip {
    fl_str text;     /* as it was written */
    uint64_t hi, lo;
    uint32_t family; /* 4, 6; 0: the text is no address */
} fl_ip;

typedef struct fl_cidr {
    uint64_t hi, lo; /* host bits are 0 */
    uint64_t addr_hi, addr_lo; /* as written, host bits kept: address_of() */
    uint8_t family;  /* 4, 6 */
    uint8_t bits;    /* 0..32 or 0..128 */
} fl_cidr;

/* The text's address into hi, lo and family (0 if it is none). `text` needs FL_PAD readable bytes behind it or n exact; only n are looked at. */
void fl_ip_parse(fl_ip *ip, const char *text, uint32_t n);
static inline fl_ip fl_ip_of(fl_str s)
{
    fl_ip ip;
    ip.text = s;
    fl_ip_parse(&ip, s.p, s.n);
    return ip;
}

/* `10.0.0.0/8`, host bits allowed. False: not a prefix. */
bool fl_cidr_parse(fl_cidr *c, const char *text, uint32_t n);
/* The prefix's text into buf (at least 50 bytes); returns its length. RFC 5952 for IPv6. */
uint32_t fl_cidr_format(const fl_cidr *c, char *buf);
uint32_t fl_ip_format(uint64_t hi, uint64_t lo, uint32_t family, char *buf);

static inline bool fl_ip_eq(const fl_ip *a, const fl_ip *b)
{
    return a->hi == b->hi && a->lo == b->lo && a->family == b->family;
}

/*
 * A set of prefixes, made once at start: sorted, disjoint ranges per family; small sets are scanned, larger ones
 * searched by halves. ::/0 holds no IPv4 address.
 */
struct fl_prefixes {
    struct fl_range4 { uint32_t lo, hi; } *v4;
    struct fl_range6 { uint64_t lo_hi, lo_lo, hi_hi, hi_lo; } *v6;
    uint32_t n4, n6;
};

/* From n fl_cidr; memory is owned by the set and lives to the end of the process. */
void fl_prefixes_build(struct fl_prefixes *s, const fl_cidr *v, uint32_t n);
void fl_prefixes_free(struct fl_prefixes *s);
bool fl_prefixes_search(const struct fl_prefixes *s, const fl_ip *ip);

/* Is the address in the set? False for what is no address (family 0). */
static inline bool fl_prefixes_has(const struct fl_prefixes *s, const fl_ip *ip)
{
    if (ip->family == 4 && s->n4 <= 8) {
        uint32_t a = (uint32_t)ip->lo;
        for (uint32_t i = 0; i < s->n4; i++)
            if (a - s->v4[i].lo <= s->v4[i].hi - s->v4[i].lo)
                return true;
        return false;
    }
    return fl_prefixes_search(s, ip);
}

static inline bool fl_cidr_has(const fl_cidr *c, const fl_ip *ip)
{
    if (ip->family != c->family)
        return false;
    unsigned bits = c->family == 4 ? c->bits + 96u : c->bits;
    uint64_t mhi = bits == 0 ? 0 : bits >= 64 ? ~UINT64_C(0) : ~UINT64_C(0) << (64 - bits);
    uint64_t mlo = bits <= 64 ? 0 : bits >= 128 ? ~UINT64_C(0) : ~UINT64_C(0) << (128 - bits);
    return (ip->hi & mhi) == c->hi && (ip->lo & mlo) == c->lo;
}

/* Does a host as it stands in a URL, with or without a port, mean this machine: localhost, 127.0.0.0/8, ::1? */
bool fl_host_is_loopback(const char *host, size_t n);

#endif
