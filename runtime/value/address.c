/*
 * address.c - see address.h. Called by the JSON scanner, builtins and config; sets of prefixes are built once at
 * start.
 */
#include "value/address.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/put.h"

#if defined(__SSE2__) && !defined(FL_PLAIN_C)
#include <emmintrin.h>
#endif

#define MAPPED (UINT64_C(0xffff) << 32)

/* ---- reading --------------------------------------------------------------------------------- */

static inline unsigned digit(char c)
{
    return (unsigned)((unsigned char)c - '0');
}

#if defined(__SSE2__) && !defined(FL_PLAIN_C)

static inline uint32_t load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

/*
 * Four octets, nothing else. How many digits they have can't be predicted, so there is no branch on it: sets of places (bits)
 * say whether the text is right, then each octet's digits are moved to the top of 32 bits, and all four are summed at once.
 */
static bool parse4(const char *text, uint32_t n, uint32_t *out)
{
    uint64_t lo, hi = 0;
    if (n < 7 || n > 15)
        return false;
    if (n == 7) {
        lo = load4(text) | (uint64_t)load4(text + 3) << 24;
    } else {
        memcpy(&lo, text, 8);
        memcpy(&hi, text + n - 8, 8);
        hi = hi >> 8 * (15 - n) >> 8;
    }
    __m128i v = _mm_set_epi64x((int64_t)hi, (int64_t)lo);
    __m128i other = _mm_adds_epu8(_mm_sub_epi8(v, _mm_set1_epi8('0')), _mm_set1_epi8(0x80 - 10));
    unsigned digits = ~(unsigned)_mm_movemask_epi8(other) & 0xffff;
    unsigned dots = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
    unsigned zeros = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('0')));
    unsigned starts = dots << 1 | 1, second = dots & (dots - 1), third = second & (second - 1);
    unsigned wrong = ((digits | dots) ^ ((1u << n) - 1)) | (third & (third - 1)) /* dots */
                     | (starts & ~digits) | (zeros & starts & digits >> 1)       /* no digit, a leading zero */
                     | (digits & digits >> 1 & digits >> 2 & digits >> 3);
    if (wrong || !third)
        return false;
    /* No load reaches beyond the text: the first two octets from where they begin, the others from where they end. */
    unsigned p1 = (unsigned)__builtin_ctz(dots), p2 = (unsigned)__builtin_ctz(second), p3 = (unsigned)__builtin_ctz(third);
    unsigned free3 = 8 * (4 - (p3 - p2 - 1)), free4 = 8 * (4 - (n - p3 - 1));
    uint32_t one = (uint32_t)lo << 8 * (4 - p1), two = load4(text + p1 + 1) << 8 * (4 - (p2 - p1 - 1));
    uint32_t three = load4(text + p3 - 4) >> free3 << free3, four = load4(text + n - 4) >> free4 << free4;
    v = _mm_and_si128(_mm_set_epi32((int)four, (int)three, (int)two, (int)one), _mm_set1_epi8(0x0f));
    __m128i tens = _mm_madd_epi16(_mm_and_si128(v, _mm_set1_epi16(0xff)), _mm_set1_epi32(10 << 16));
    __m128i octets = _mm_add_epi32(tens, _mm_madd_epi16(_mm_srli_epi16(v, 8), _mm_set1_epi32(1 << 16 | 100)));
    if (_mm_movemask_epi8(_mm_cmpgt_epi32(octets, _mm_set1_epi32(255))))
        return false;
    octets = _mm_packs_epi32(octets, octets);
    *out = __builtin_bswap32((uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(octets, octets)));
    return true;
}

/* The bytes of x that are at least k; all are below 0x80 then, or it doesn't matter. */
static inline uint32_t at_least(uint32_t x, uint32_t k)
{
    return (x | 0x80808080) - k * 0x01010101;
}

/* Up to four hexadecimal digits of a text of four bytes and more; returns the byte behind, p itself if there is none. */
static inline const char *parse_group(const char *p, const char *end, uint16_t *out)
{
    uint32_t x = end - p >= 4 ? load4(p) : end == p ? 0 : load4(end - 4) >> 8 * (4 - (end - p)), small = x | 0x20202020;
    uint32_t digits = at_least(x, '0') & ~at_least(x, '9' + 1), letters = at_least(small, 'a') & ~at_least(small, 'f' + 1);
    uint32_t other = ~((digits | letters) & ~x) & 0x80808080;
    unsigned n = other ? (unsigned)__builtin_ctz(other) / 8 : 4;
    if (n == 0)
        return p;
    uint32_t v = (x & 0x0f0f0f0f) + 9 * (x >> 6 & 0x01010101);
    v = __builtin_bswap32(v << 8 * (4 - n)); /* the last one is the lowest byte */
    v = (v | v >> 4) & 0x00ff00ff;
    *out = (uint16_t)(v | v >> 8);
    return p + n;
}

#else

/* Four octets, nothing else. The bytes are copied first, so that octets can be read without looking for the end. */
static bool parse4(const char *text, uint32_t n, uint32_t *out)
{
    char b[16] = {0};
    if (n < 7 || n > 15)
        return false;
    unsigned half = n > 7 ? 8 : 4;
    memcpy(b, text, half);
    memcpy(b + n - half, text + n - half, half);
    const char *p = b;
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        unsigned octet = digit(p[0]), next = digit(p[1]);
        if (octet > 9)
            return false;
        p++;
        if (next <= 9) {
            if (octet == 0)
                return false;
            octet = octet * 10 + next;
            next = digit(p[1]);
            p++;
            if (next <= 9) {
                octet = octet * 10 + next;
                p++;
            }
        }
        if (octet > 255 || *p != (i < 3 ? '.' : 0))
            return false;
        p += i < 3;
        v = v << 8 | octet;
    }
    *out = v;
    return p == b + n;
}

static int hex(char c)
{
    if (digit(c) <= 9)
        return (int)digit(c);
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to four hexadecimal digits; returns the byte behind, p itself if there is none. */
static const char *parse_group(const char *p, const char *end, uint16_t *out)
{
    unsigned v = 0;
    int h;
    const char *stop = end - p > 4 ? p + 4 : end;
    for (; p < stop && (h = hex(*p)) >= 0; p++)
        v = v << 4 | (unsigned)h;
    *out = (uint16_t)v;
    return p;
}

#endif

/* RFC 4291 section 2.2, forms 1 to 3. */
static bool parse6(const char *p, uint32_t n, uint64_t *hi, uint64_t *lo)
{
    uint16_t group[8] = {0};
    char room[8] = {0}; /* parse_group wants four bytes */
    if (n < 4)
        p = memcpy(room + 4, p, n);
    const char *end = p + n;
    unsigned count = 0;
    int gap = -1; /* groups before `::` */
    if (n >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        p += 2;
    }
    while (p < end) {
        uint32_t v4;
        if (count == 8)
            return false;
        const char *q = parse_group(p, end, &group[count]);
        if (q == p)
            return false;
        if (q < end && *q == '.') {
            if (count > 6 || !parse4(p, (uint32_t)(end - p), &v4))
                return false;
            group[count] = (uint16_t)(v4 >> 16);
            group[count + 1] = (uint16_t)v4;
            count += 2;
            break;
        }
        count++;
        p = q;
        if (p == end)
            break;
        if (*p != ':' || p + 1 == end)
            return false;
        p++;
        if (*p == ':') {
            if (gap >= 0)
                return false;
            gap = (int)count;
            p++;
        }
    }
    if (gap < 0 ? count != 8 : count > 7)
        return false;
    if (gap >= 0) {
        unsigned behind = count - (unsigned)gap;
        memmove(group + 8 - behind, group + gap, behind * sizeof group[0]);
        memset(group + gap, 0, (8 - count) * sizeof group[0]);
    }
    *hi = (uint64_t)group[0] << 48 | (uint64_t)group[1] << 32 | (uint64_t)group[2] << 16 | group[3];
    *lo = (uint64_t)group[4] << 48 | (uint64_t)group[5] << 32 | (uint64_t)group[6] << 16 | group[7];
    return true;
}

void fl_ip_parse(fl_ip *ip, const char *text, uint32_t n)
{
    uint32_t v4;
    ip->hi = ip->lo = 0;
    ip->family = 0;
    if (parse4(text, n, &v4)) {
        ip->lo = MAPPED | v4;
        ip->family = 4;
    } else if (n >= 2 && n <= 45 && parse6(text, n, &ip->hi, &ip->lo)) {
        ip->family = ip->hi == 0 && ip->lo >> 32 == 0xffff ? 4 : 6;
    } else {
        ip->hi = ip->lo = 0;
    }
}

/* Mask of the first bits of 128. */
static void mask_of(unsigned bits, uint64_t *hi, uint64_t *lo)
{
    *hi = bits == 0 ? 0 : bits >= 64 ? ~UINT64_C(0) : ~UINT64_C(0) << (64 - bits);
    *lo = bits <= 64 ? 0 : ~UINT64_C(0) << (128 - bits);
}

bool fl_cidr_parse(fl_cidr *c, const char *text, uint32_t n)
{
    const char *slash = memchr(text, '/', n);
    if (!slash)
        return false;
    uint32_t length = (uint32_t)(slash - text), places = n - length - 1;
    unsigned bits = 0;
    if (places < 1 || places > 3)
        return false;
    for (uint32_t i = 0; i < places; i++) {
        if (digit(slash[1 + i]) > 9)
            return false;
        bits = bits * 10 + digit(slash[1 + i]);
    }
    fl_ip ip;
    fl_ip_parse(&ip, text, length);
    bool dotted = ip.family == 4 && !memchr(text, ':', length);
    if (ip.family == 0 || bits > (dotted ? 32u : 128u))
        return false;
    if (dotted)
        bits += 96;
    /* A mapped prefix of 96 bits and more is one of IPv4; a shorter one holds IPv6 addresses. */
    bool v4 = ip.family == 4 && bits >= 96;
    uint64_t mhi, mlo;
    mask_of(bits, &mhi, &mlo);
    *c = (fl_cidr){.hi = ip.hi & mhi, .lo = ip.lo & mlo, .addr_hi = ip.hi, .addr_lo = ip.lo,
                   .family = v4 ? 4 : 6, .bits = (uint8_t)(v4 ? bits - 96 : bits)};
    return true;
}

/* ---- writing --------------------------------------------------------------------------------- */

static char *format4(char *w, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        w = fl_put_uint(w, v >> shift & 255);
        *w++ = '.';
    }
    return w - 1;
}

/* RFC 5952: lower case, the first of the longest runs of two and more zero groups as `::`. */
static char *format6(char *w, uint64_t hi, uint64_t lo)
{
    static const char hexes[] = "0123456789abcdef";
    unsigned group[8], run = 0, run_at = 8;
    for (unsigned i = 0; i < 8; i++)
        group[i] = (unsigned)((i < 4 ? hi : lo) >> (48 - 16 * (i % 4))) & 0xffff;
    for (unsigned i = 0; i < 8; i++) {
        unsigned j = i;
        while (j < 8 && group[j] == 0)
            j++;
        if (j - i > 1 && j - i > run) {
            run = j - i;
            run_at = i;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == run_at) {
            *w++ = ':';
            *w++ = ':';
            i += run - 1;
            continue;
        }
        if (i && i != run_at + run)
            *w++ = ':';
        int shift = group[i] > 0xfff ? 12 : group[i] > 0xff ? 8 : group[i] > 0xf ? 4 : 0;
        for (; shift >= 0; shift -= 4)
            *w++ = hexes[group[i] >> shift & 15];
    }
    return w;
}

uint32_t fl_ip_format(uint64_t hi, uint64_t lo, uint32_t family, char *buf)
{
    return (uint32_t)((family == 4 ? format4(buf, (uint32_t)lo) : format6(buf, hi, lo)) - buf);
}

uint32_t fl_cidr_format(const fl_cidr *c, char *buf)
{
    char *w = buf + fl_ip_format(c->hi, c->lo, c->family, buf);
    *w++ = '/';
    return (uint32_t)(fl_put_uint(w, c->bits) - buf);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static int by_start4(const void *a, const void *b)
{
    const struct fl_range4 *x = a, *y = b;
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static int by_start6(const void *a, const void *b)
{
    const struct fl_range6 *x = a, *y = b;
    if (x->lo_hi != y->lo_hi)
        return x->lo_hi < y->lo_hi ? -1 : 1;
    return x->lo_lo < y->lo_lo ? -1 : x->lo_lo > y->lo_lo;
}

static inline bool above6(uint64_t a_hi, uint64_t a_lo, uint64_t b_hi, uint64_t b_lo)
{
    return a_hi != b_hi ? a_hi > b_hi : a_lo > b_lo;
}

/*
 * Sorted ranges of prefixes either hold one another or don't touch; a range that begins right behind is joined,
 * too.
 */
static uint32_t join4(struct fl_range4 *v, uint32_t n)
{
    uint32_t kept = 0;
    qsort(v, n, sizeof *v, by_start4);
    for (uint32_t i = 0; i < n; i++) {
        if (kept && (v[kept - 1].hi == UINT32_MAX || v[i].lo <= v[kept - 1].hi + 1)) {
            if (v[i].hi > v[kept - 1].hi)
                v[kept - 1].hi = v[i].hi;
        } else {
            v[kept++] = v[i];
        }
    }
    return kept;
}

static uint32_t join6(struct fl_range6 *v, uint32_t n)
{
    uint32_t kept = 0;
    qsort(v, n, sizeof *v, by_start6);
    for (uint32_t i = 0; i < n; i++) {
        struct fl_range6 *last = &v[kept - (kept > 0)];
        uint64_t next_lo = last->hi_lo + 1, next_hi = last->hi_hi + (next_lo == 0);
        bool to_end = next_lo == 0 && next_hi == 0;
        if (kept && (to_end || !above6(v[i].lo_hi, v[i].lo_lo, next_hi, next_lo))) {
            if (above6(v[i].hi_hi, v[i].hi_lo, last->hi_hi, last->hi_lo)) {
                last->hi_hi = v[i].hi_hi;
                last->hi_lo = v[i].hi_lo;
            }
        } else {
            v[kept++] = v[i];
        }
    }
    return kept;
}

void fl_prefixes_build(struct fl_prefixes *s, const fl_cidr *v, uint32_t n)
{
    *s = (struct fl_prefixes){0};
    if (n == 0)
        return;
    s->v4 = fl_new_array(struct fl_range4, n);
    s->v6 = fl_new_array(struct fl_range6, n);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t mhi, mlo;
        mask_of(v[i].family == 4 ? v[i].bits + 96u : v[i].bits, &mhi, &mlo);
        if (v[i].family == 4)
            s->v4[s->n4++] = (struct fl_range4){(uint32_t)v[i].lo, (uint32_t)(v[i].lo | ~mlo)};
        else
            s->v6[s->n6++] = (struct fl_range6){v[i].hi, v[i].lo, v[i].hi | ~mhi, v[i].lo | ~mlo};
    }
    s->n4 = join4(s->v4, s->n4);
    s->n6 = join6(s->v6, s->n6);
}

void fl_prefixes_free(struct fl_prefixes *s)
{
    free(s->v4);
    free(s->v6);
    *s = (struct fl_prefixes){0};
}

bool fl_prefixes_search(const struct fl_prefixes *s, const fl_ip *ip)
{
    /* How many ranges begin at or before the address? Only the last of them can hold it. */
    if (ip->family == 4) {
        uint32_t a = (uint32_t)ip->lo, from = 0, n = s->n4;
        while (n) {
            uint32_t half = n / 2;
            bool right = s->v4[from + half].lo <= a;
            from = right ? from + half + 1 : from;
            n = right ? n - half - 1 : half;
        }
        return from && a <= s->v4[from - 1].hi;
    }
    if (ip->family == 6) {
        uint32_t from = 0, n = s->n6;
        while (n) {
            uint32_t half = n / 2;
            const struct fl_range6 *r = &s->v6[from + half];
            bool right = !above6(r->lo_hi, r->lo_lo, ip->hi, ip->lo);
            from = right ? from + half + 1 : from;
            n = right ? n - half - 1 : half;
        }
        return from && !above6(ip->hi, ip->lo, s->v6[from - 1].hi_hi, s->v6[from - 1].hi_lo);
    }
    return false;
}

bool fl_host_is_loopback(const char *host, size_t n)
{
    if (n && host[0] == '[') {
        host++;
        n--;
    }
    if (n >= 3 && memcmp(host, "::1", 3) == 0)
        return n == 3 || host[3] == ']';
    const char *colon = memchr(host, ':', n);
    if (colon)
        n = (size_t)(colon - host);
    if (n == 9 && strncasecmp(host, "localhost", 9) == 0)
        return true;
    /* a name may begin like an address: 127.example.com */
    return n > 4 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= n;
}
