/*
 * builtins.c - see builtins.h. Called by generated code and by compiled templates, per record. Regular expressions:
 * regex.c.
 */
#include "lang/builtins.h"

#include <strings.h>

#include "flowrt.h"
#include "json/unescape.h"
#include "value/time.h"

char *fl_scratch(struct fl_cx *cx, size_t n)
{
    return fl_arena_get(cx->scratch, n + FL_PAD);
}

static fl_str text_of(const char *begin, const char *end, uint32_t kind)
{
    return (fl_str){begin, (uint32_t)(end - begin), kind};
}

fl_str fl_decoded(struct fl_cx *cx, fl_str s)
{
    return s.kind == FL_RAW ? fl_unescape(cx->scratch, s) : s;
}

fl_str fl_join(struct fl_cx *cx, const fl_str *parts, uint32_t n)
{
    size_t total = 0;
    uint32_t kind = FL_CLEAN;
    for (uint32_t i = 0; i < n; i++)
        total += parts[i].n;
    char *p = fl_scratch(cx, total), *w = p;
    for (uint32_t i = 0; i < n; i++) {
        if (parts[i].kind != FL_CLEAN)
            kind = FL_PLAIN;
        if (parts[i].kind == FL_RAW) {
            w = fl_unescape_to(w, parts[i].p, parts[i].n);
        } else if (parts[i].n) {
            memcpy(w, parts[i].p, parts[i].n);
            w += parts[i].n;
        }
    }
    return text_of(p, w, kind);
}

/* ---- text(..) -------------------------------------------------------------------------------- */

fl_str fl_b_text_int(struct fl_cx *cx, int64_t v)
{
    char *p = fl_scratch(cx, FL_INT_MAX);
    return text_of(p, fl_put_int(p, v), FL_CLEAN);
}

fl_str fl_b_text_scaled(struct fl_cx *cx, int64_t ns, int64_t scale)
{
    char *p = fl_scratch(cx, FL_INT_MAX);
    return text_of(p, fl_put_scaled(p, ns, scale), FL_CLEAN);
}

fl_str fl_b_text_float(struct fl_cx *cx, double v)
{
    if (v != v)
        return FL_LIT("NaN");
    if (v - v != 0)
        return v > 0 ? FL_LIT("+Inf") : FL_LIT("-Inf");
    char *p = fl_scratch(cx, FL_FLOAT_MAX);
    return text_of(p, fl_put_float(p, v), FL_CLEAN);
}

fl_str fl_b_text_bool(struct fl_cx *cx, bool v)
{
    (void)cx;
    return v ? FL_LIT("true") : FL_LIT("false");
}

fl_str fl_b_text_ip(struct fl_cx *cx, fl_ip v)
{
    return fl_decoded(cx, v.text);
}

fl_str fl_b_text_cidr(struct fl_cx *cx, fl_cidr v)
{
    char *p = fl_scratch(cx, FL_CIDR_MAX);
    return text_of(p, p + fl_cidr_format(&v, p), FL_CLEAN);
}

fl_str fl_b_text_time(struct fl_cx *cx, int64_t ns)
{
    char *p = fl_scratch(cx, FL_TIME_MAX);
    return text_of(p, fl_time_put(p, ns, true), FL_CLEAN);
}

fl_str fl_b_text_duration(struct fl_cx *cx, int64_t ns)
{
    char *p = fl_scratch(cx, FL_TIME_MAX);
    return text_of(p, fl_duration_put(p, ns), FL_CLEAN);
}

/* ---- numbers and texts ----------------------------------------------------------------------- */

bool fl_b_int(fl_str s, int64_t *out)
{
    if (s.n == 0)
        return false;
    const char *p = s.p, *end = s.p + s.n;
    bool minus = *p == '-';
    uint64_t v = 0;
    if (*p == '-' || *p == '+')
        p++;
    if (p == end)
        return false;
    for (; p < end; p++) {
        unsigned c = (unsigned char)*p - '0';
        if (c > 9 || __builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, c, &v))
            return false;
    }
    if (v > (uint64_t)INT64_MAX + minus)
        return false;
    *out = (int64_t)(minus ? 0 - v : v);
    return true;
}

/* Letters from `first` on, 26 of them, change case; a text without any is given back as it is. */
static fl_str change_case(struct fl_cx *cx, fl_str s, char first)
{
    bool any = false;
    for (uint32_t i = 0; i < s.n; i++)
        any |= (unsigned char)(s.p[i] - first) < 26;
    if (!any)
        return s;
    char *w = fl_scratch(cx, s.n);
    for (uint32_t i = 0; i < s.n; i++)
        w[i] = (char)(s.p[i] ^ ((unsigned char)(s.p[i] - first) < 26 ? 0x20 : 0));
    return text_of(w, w + s.n, s.kind);
}

fl_str fl_b_lower(struct fl_cx *cx, fl_str s)
{
    return change_case(cx, s, 'A');
}

fl_str fl_b_upper(struct fl_cx *cx, fl_str s)
{
    return change_case(cx, s, 'a');
}

static inline bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

int64_t fl_b_length(fl_str s)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < s.n; i++)
        n += begins_character(s.p[i]);
    return n;
}

bool fl_b_starts_with(fl_str s, fl_str with)
{
    return s.n >= with.n && (with.n == 0 || memcmp(s.p, with.p, with.n) == 0);
}

bool fl_b_ends_with(fl_str s, fl_str with)
{
    return s.n >= with.n && (with.n == 0 || memcmp(s.p + (s.n - with.n), with.p, with.n) == 0);
}

bool fl_b_contains(fl_str s, fl_str part)
{
    return part.n == 0 || (s.n >= part.n && memmem(s.p, s.n, part.p, part.n));
}

/* Where the `count`th character from byte `at` begins; s.n if there are fewer. */
static uint32_t forward(fl_str s, uint32_t at, int64_t count)
{
    if (count >= (int64_t)(s.n - at))
        return s.n;
    for (; count > 0 && at < s.n; count--)
        for (at++; at < s.n && !begins_character(s.p[at]); at++)
            ;
    return at;
}

fl_str fl_b_substring(struct fl_cx *cx, fl_str s, int64_t start, int64_t len)
{
    (void)cx;
    if (s.n == 0)
        return s;
    if (start < 0) { /* what would lie before the text is left out */
        if (__builtin_add_overflow(len, start, &len))
            len = 0;
        start = 0;
    }
    uint32_t from = forward(s, 0, start);
    uint32_t to = len > 0 ? forward(s, from, len) : from;
    return (fl_str){s.p + from, to - from, s.kind};
}

struct fl_list fl_b_split(struct fl_cx *cx, fl_str s, fl_str sep)
{
    uint32_t n = 1;
    if (s.n == 0)
        s = FL_STR(""); /* readable bytes behind */
    const char *p = s.p, *end = s.p + s.n, *hit;
    if (sep.n && s.n)
        for (const char *q = p; (hit = memmem(q, (size_t)(end - q), sep.p, sep.n)); q = hit + sep.n)
            n++;
    fl_str *v = fl_arena_get(cx->scratch, n * sizeof *v);
    for (uint32_t i = 0; i + 1 < n; i++) {
        hit = memmem(p, (size_t)(end - p), sep.p, sep.n);
        v[i] = text_of(p, hit, s.kind);
        p = hit + sep.n;
    }
    v[n - 1] = text_of(p, end, s.kind);
    return (struct fl_list){v, n};
}

fl_str fl_b_join(struct fl_cx *cx, struct fl_list strs, fl_str sep)
{
    if (strs.n == 0)
        return FL_STR("");
    const fl_str *v = strs.v;
    fl_str *parts = fl_arena_get(cx->scratch, (2 * (size_t)strs.n - 1) * sizeof *parts);
    for (uint32_t i = 0; i < strs.n; i++) {
        parts[2 * i] = v[i];
        if (i + 1 < strs.n)
            parts[2 * i + 1] = sep;
    }
    return fl_join(cx, parts, 2 * strs.n - 1);
}

const void *fl_list_at(struct fl_list list, int64_t i, size_t size)
{
    if (i < 0)
        i += list.n;
    return i >= 0 && i < list.n ? (const char *)list.v + size * (size_t)i : NULL;
}

int64_t fl_b_hash(fl_str s)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (uint32_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
    return (int64_t)((h ^ h >> 32) & INT64_MAX);
}

bool fl_strs_has(struct fl_list strs, fl_str s)
{
    const fl_str *v = strs.v;
    for (uint32_t i = 0; i < strs.n; i++)
        if (fl_str_eq(v[i], s))
            return true;
    return false;
}

bool fl_ints_has(struct fl_list ints, int64_t x)
{
    const int64_t *v = ints.v;
    for (uint32_t i = 0; i < ints.n; i++)
        if (v[i] == x)
            return true;
    return false;
}

int64_t fl_int_place(const int64_t *sorted, uint32_t n, int64_t v)
{
    const int64_t *from = sorted;
    for (uint32_t half; n > 1; n -= half) { /* those before `from` are less; no branch to be guessed */
        half = n / 2;
        from += from[half] <= v ? half : 0;
    }
    return n && *from == v ? from - sorted : -1;
}

int64_t fl_str_place(const fl_str *sorted, uint32_t n, fl_str s)
{
    for (const fl_str *from = sorted; n;) {
        const fl_str *x = from + n / 2;
        int order = s.n != x->n ? (s.n < x->n ? -1 : 1) : s.n ? memcmp(s.p, x->p, s.n) : 0;
        if (order == 0)
            return x - sorted;
        n = order < 0 ? n / 2 : n - n / 2 - 1;
        from = order < 0 ? from : x + 1;
    }
    return -1;
}

/* ---- times ----------------------------------------------------------------------------------- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t fl_b_seconds(int64_t ns)
{
    return floor_div(ns, 1000000000);
}

int64_t fl_b_millis(int64_t ns)
{
    return floor_div(ns, 1000000);
}

fl_str fl_b_rfc3339(struct fl_cx *cx, int64_t ns)
{
    char *p = fl_scratch(cx, FL_TIME_MAX);
    return text_of(p, fl_time_put(p, ns, false), FL_CLEAN);
}

fl_str fl_b_strftime(struct fl_cx *cx, int64_t ns, fl_str fmt)
{
    /* The longest field, %A or %B, is 9 bytes for 2; %s 11; %F and dates 10; %9f is 9 for 3. */
    struct fl_buf b = {0};
    b.cap = (size_t)fmt.n * 8 + 128 + FL_PAD; /* so it never grows: the buffer is scratch */
    b.p = fl_arena_get(cx->scratch, b.cap);
    fl_time_format(&b, ns, fmt.p, fmt.n);
    return text_of(b.p, b.p + b.n, FL_PLAIN);
}

/* ---- addresses ------------------------------------------------------------------------------- */

bool fl_b_family(fl_ip ip, int64_t *out)
{
    *out = ip.family;
    return ip.family != 0;
}

bool fl_b_network(fl_ip ip, int64_t bits, fl_cidr *out)
{
    if (ip.family == 0 || bits < 0 || bits > (ip.family == 4 ? 32 : 128))
        return false;
    unsigned wide = (unsigned)bits + (ip.family == 4 ? 96 : 0);
    uint64_t mhi = wide == 0 ? 0 : wide >= 64 ? ~UINT64_C(0) : ~UINT64_C(0) << (64 - wide);
    uint64_t mlo = wide <= 64 ? 0 : ~UINT64_C(0) << (128 - wide);
    *out = (fl_cidr){.hi = ip.hi & mhi, .lo = ip.lo & mlo, .addr_hi = ip.hi, .addr_lo = ip.lo,
                     .family = (uint8_t)ip.family, .bits = (uint8_t)bits};
    return true;
}

fl_ip fl_b_address_of(struct fl_cx *cx, fl_cidr c)
{
    fl_ip ip = {.hi = c.addr_hi, .lo = c.addr_lo};
    ip.family = c.addr_hi == 0 && c.addr_lo >> 32 == 0xffff ? 4 : 6;
    char *p = fl_scratch(cx, FL_CIDR_MAX);
    ip.text = text_of(p, p + fl_ip_format(ip.hi, ip.lo, ip.family, p), FL_CLEAN);
    return ip;
}

/* IANA "Assigned Internet Protocol Numbers", the ones in use; the common ones first. */
static const struct {
    const char *name;
    uint8_t number;
} protocols[] = {
    {"TCP", 6}, {"UDP", 17}, {"ICMP", 1}, {"SCTP", 132}, {"ICMPV4", 1}, {"ICMPV6", 58}, {"IPV6-ICMP", 58},
    {"GRE", 47}, {"ESP", 50}, {"AH", 51}, {"IGMP", 2}, {"HOPOPT", 0}, {"GGP", 3}, {"IPV4", 4}, {"IPIP", 4},
    {"IP-IN-IP", 4}, {"ST", 5}, {"CBT", 7}, {"EGP", 8}, {"IGP", 9}, {"PUP", 12}, {"CHAOS", 16}, {"HMP", 20},
    {"XNS-IDP", 22}, {"RDP", 27}, {"IRTP", 28}, {"ISO-TP4", 29}, {"DCCP", 33}, {"XTP", 36}, {"IDPR", 35},
    {"IPV6", 41}, {"IPV6-ROUTE", 43}, {"IPV6-FRAG", 44}, {"IDRP", 45}, {"RSVP", 46}, {"DSR", 48}, {"NARP", 54},
    {"MOBILE", 55}, {"MIN-IPV4", 55}, {"SKIP", 57}, {"IPV6-NONXT", 59}, {"IPV6-OPTS", 60}, {"EIGRP", 88},
    {"OSPF", 89}, {"OSPFIGP", 89}, {"MTP", 92}, {"ETHERIP", 97}, {"ENCAP", 98}, {"PIM", 103}, {"IPCOMP", 108},
    {"VRRP", 112}, {"PGM", 113}, {"L2TP", 115}, {"ISIS", 124}, {"ISIS OVER IPV4", 124}, {"FC", 133},
    {"RSVP-E2E-IGNORE", 134}, {"MOBILITY HEADER", 135}, {"UDPLITE", 136}, {"MPLS-IN-IP", 137}, {"MANET", 138},
    {"SHIM6", 139}, {"HIP", 139}, {"WESP", 141}, {"ROHC", 142}, {"ETHERNET", 143},
};

bool fl_b_proto_number(fl_str name, int64_t *out)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        if (strlen(protocols[i].name) == name.n && strncasecmp(protocols[i].name, name.p, name.n) == 0) {
            *out = protocols[i].number;
            return true;
        }
    return false;
}
