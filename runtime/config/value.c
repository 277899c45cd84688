/* value.c - see value.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "config/value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "value/time.h"

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit counts[] = {
    { "k", 1000 }, { "K", 1000 }, { "M", 1000000 }, { "G", 1000000000 }, { NULL, 0 }
};

static const struct unit durations[] = {
    { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { "m", INT64_C(60000000000) },
    { "h", INT64_C(3600000000000) }, { "d", INT64_C(86400000000000) }, { NULL, 0 }
};

static const struct unit sizes[] = {
    { "B", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { "TiB", INT64_C(1) << 40 },
    { "k", 1000 }, { "K", 1000 }, { "kB", 1000 }, { "KB", 1000 }, { "M", 1000000 }, { "MB", 1000000 },
    { "G", 1000000000 }, { "GB", 1000000000 }, { "TB", INT64_C(1000000000000) }, { NULL, 0 }
};

static int64_t factor_of(const struct unit *units, const char *name, size_t n)
{
    for (; units->name; units++)
        if (strlen(units->name) == n && !memcmp(units->name, name, n))
            return units->factor;
    return 0;
}

bool fl_value_bool(const char *s, bool *out)
{
    static const char *const yes[] = { "true", "yes", "on", "t", "y", "1" };
    static const char *const no[] = { "false", "no", "off", "f", "n", "0" };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (!strcasecmp(s, yes[i]) || !strcasecmp(s, no[i])) {
            *out = !strcasecmp(s, yes[i]);
            return true;
        }
    }
    return false;
}

bool fl_value_int(const char *s, int64_t *out)
{
    char *end;
    if (!isdigit((unsigned char)s[(*s == '-' || *s == '+')]))
        return false;
    errno = 0;
    long long v = strtoll(s, &end, 0);
    if (errno)
        return false;
    int64_t factor = *end ? factor_of(counts, end, strlen(end)) : 1, product;
    if (!factor || __builtin_mul_overflow(v, factor, &product))
        return false;
    *out = product;
    return true;
}

bool fl_value_float(const char *s, double *out)
{
    char *end;
    if (!isdigit((unsigned char)s[(*s == '-' || *s == '+')]) && !(s[0] == '.' && isdigit((unsigned char)s[1])))
        return false;
    double v = strtod(s, &end);
    if (*end || !isfinite(v))
        return false;
    *out = v;
    return true;
}

/* `digits[.digits]` times a factor, exact to the last unit; *s moves behind the number. The unit follows the number. */
static bool scaled(const char **s, const struct unit *units, int64_t bare, int64_t *out)
{
    const char *p = *s;
    uint64_t whole = 0, fraction = 0, scale = 1;
    if (!isdigit((unsigned char)*p))
        return false;
    for (; isdigit((unsigned char)*p); p++)
        if (__builtin_mul_overflow(whole, 10u, &whole) || __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
            return false;
    if (*p == '.') {
        if (!isdigit((unsigned char)*++p))
            return false;
        for (; isdigit((unsigned char)*p); p++) {
            if (scale < 1000000000) { /* further digits are below any unit */
                fraction = fraction * 10 + (uint64_t)(*p - '0');
                scale *= 10;
            }
        }
    }
    size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    int64_t factor = n ? factor_of(units, p, n) : bare, product;
    if (!factor || __builtin_mul_overflow(whole, (uint64_t)factor, &product))
        return false;
    int64_t rest = (int64_t)((double)fraction / (double)scale * (double)factor + 0.5);
    if (__builtin_add_overflow(product, rest, out))
        return false;
    *s = p + n;
    return true;
}

bool fl_value_duration(const char *s, int64_t *out)
{
    int64_t sum = 0, part;
    bool several = false;
    do {
        /* Seconds need no unit, but only where they stand alone. */
        if (!scaled(&s, durations, several ? 0 : INT64_C(1000000000), &part) || __builtin_add_overflow(sum, part, &sum))
            return false;
        several = true;
    } while (*s);
    *out = sum;
    return true;
}

bool fl_value_bytes(const char *s, int64_t *out)
{
    int64_t v;
    if (!scaled(&s, sizes, 1, &v) || *s)
        return false;
    *out = v;
    return true;
}

bool fl_value_time(const char *s, int64_t *out)
{
    double seconds;
    if (fl_time_parse(s, strlen(s), out))
        return true;
    if (!fl_value_float(s, &seconds) || seconds < -9e9 || seconds > 9e9)
        return false;
    *out = (int64_t)seconds * INT64_C(1000000000) + (int64_t)((seconds - (double)(int64_t)seconds) * 1e9);
    return true;
}

static bool port_ok(const char *p, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n && v < 100000; i++) {
        if (!isdigit((unsigned char)p[i]))
            return false;
        v = v * 10 + (unsigned)(p[i] - '0');
    }
    return n > 0 && v > 0 && v < 65536;
}

bool fl_value_url(const char *s, const char *schemes, const char **why)
{
    size_t n = strcspn(s, ":");
    const char *p = schemes;
    while (*p && (strcspn(p, " ") != n || strncasecmp(p, s, n)))
        p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' ');
    *why = "it has another scheme";
    if (!*p || strncmp(s + n, "://", 3))
        return false;
    const char *host = s + n + 3;
    size_t size = strcspn(host, "/?#");
    *why = "it holds a user; give credentials by their own keys";
    if (memchr(host, '@', size))
        return false;
    *why = "the host is missing";
    if (size == 0 || *host == ':')
        return false;
    const char *end = *host == '[' ? memchr(host, ']', size) : NULL;
    const char *colon = end ? (end[1] == ':' && end + 1 < host + size ? end + 1 : NULL) : memchr(host, ':', size);
    *why = "the port is not a number from 1 to 65535";
    if (colon && !port_ok(colon + 1, size - (size_t)(colon + 1 - host)))
        return false;
    *why = "it holds a blank or a control character, or a % without two hexadecimal digits";
    for (const char *q = s; *q; q++)
        if ((unsigned char)*q <= ' ' || *q == 0x7f ||
            (*q == '%' && (!isxdigit((unsigned char)q[1]) || !isxdigit((unsigned char)q[2]))))
            return false;
    return true;
}

static uint32_t words(const char *s, struct fl_arena *a, const struct fl_yaml_value *v, struct fl_yaml_value *out)
{
    uint32_t n = 0;
    for (;;) {
        s += strspn(s, " \t\r\n");
        size_t len = strcspn(s, " \t\r\n");
        if (len == 0)
            return n;
        if (out)
            out[n] = (struct fl_yaml_value){ .kind = FL_YAML_TEXT, .text = fl_arena_strndup(a, s, len), .at = v->at };
        n++;
        s += len;
    }
}

const struct fl_yaml_value *fl_value_items(struct fl_arena *a, const struct fl_yaml_value *v, uint32_t *n,
                                           uint32_t *bad)
{
    *n = 0;
    if (v->kind == FL_YAML_TEXT) {
        struct fl_yaml_value *item = fl_arena_get(a, (words(v->text, a, v, NULL) + 1) * sizeof *item);
        *n = words(v->text, a, v, item);
        return item;
    }
    if (v->kind != FL_YAML_LIST)
        return fl_arena_zero(a, sizeof *v);
    for (uint32_t i = 0; i < v->n; i++) {
        if (v->item[i].kind != FL_YAML_TEXT) {
            *bad = i;
            return NULL;
        }
    }
    *n = v->n;
    return v->item ? v->item : fl_arena_zero(a, sizeof *v);
}
