/* time.c - see time.h. Called by the JSON scanner and writer, builtins and stores. */
#include "value/time.h"

#include "base/put.h"

#define SECOND INT64_C(1000000000)

/* ---- calendar -------------------------------------------------------------------------------- */

/*
 * Years are counted from the 1st of March, so that the leap day is the last of its year; 400 of them are an era of
 * 146097 days. Day 0 of era 0 is 0000-03-01, 719468 days before 1970-01-01.
 */
int64_t fl_days_of(int64_t year, uint32_t month, uint32_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t in_era = y - era * 400;
    int64_t in_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

void fl_civil_of(int64_t ns, struct fl_civil *c)
{
    static const uint16_t before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t seconds = floor_div(ns, SECOND), days = floor_div(seconds, 86400);
    uint32_t in_day = (uint32_t)(seconds - days * 86400);
    c->ns = (uint32_t)((uint64_t)ns - (uint64_t)seconds * (uint64_t)SECOND);
    c->hour = in_day / 3600;
    c->minute = in_day / 60 % 60;
    c->second = in_day % 60;
    c->weekday = (uint32_t)((days % 7 + 11) % 7); /* 1970-01-01 was a Thursday */

    /* 64-bit ns stay within eras 4 and 5, so this is never negative. */
    uint32_t z = (uint32_t)(days + 719468), in_era = z % 146097;
    uint32_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    uint32_t in_year = in_era - (365 * y + y / 4 - y / 100), m = (5 * in_year + 2) / 153;
    c->day = in_year - (153 * m + 2) / 5 + 1;
    c->month = m < 10 ? m + 3 : m - 9;
    c->year = (int32_t)(z / 146097 * 400 + y + (c->month <= 2));
    c->yearday = before[c->month - 1] + c->day - 1 + (c->month > 2 && is_leap(c->year));
}

/* ---- writing --------------------------------------------------------------------------------- */

static inline char *put2(char *w, uint32_t v)
{
    w[0] = (char)('0' + v / 10);
    w[1] = (char)('0' + v % 10);
    return w + 2;
}

static char *put_fixed(char *w, uint32_t v, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; v /= 10)
        w[i] = (char)('0' + v % 10);
    return w + digits;
}

static char *put_year(char *w, int32_t year)
{
    return put2(put2(w, (uint32_t)year / 100), (uint32_t)year % 100);
}

static char *put_date(char *w, const struct fl_civil *c)
{
    w = put_year(w, c->year);
    *w++ = '-';
    w = put2(w, c->month);
    *w++ = '-';
    return put2(w, c->day);
}

static char *put_clock(char *w, const struct fl_civil *c)
{
    w = put2(w, c->hour);
    *w++ = ':';
    w = put2(w, c->minute);
    *w++ = ':';
    return put2(w, c->second);
}

char *fl_time_put(char *w, int64_t ns, bool decimals)
{
    struct fl_civil c;
    fl_civil_of(ns, &c);
    w = put_date(w, &c);
    *w++ = 'T';
    w = put_clock(w, &c);
    if (decimals && c.ns) {
        *w++ = '.';
        if (c.ns % 1000)
            w = put_fixed(w, c.ns, 9);
        else if (c.ns % 1000000)
            w = put_fixed(w, c.ns / 1000, 6);
        else
            w = put_fixed(w, c.ns / 1000000, 3);
    }
    *w++ = 'Z';
    return w;
}

/* v in units of `unit` (a power of ten) with the decimals it has. */
static char *put_decimal(char *w, uint64_t v, uint32_t unit)
{
    w = fl_put_uint(w, v / unit);
    uint32_t rest = (uint32_t)(v % unit);
    if (!rest)
        return w;
    *w++ = '.';
    for (; rest; rest *= 10) {
        *w++ = (char)('0' + rest / (unit / 10));
        rest %= unit / 10;
    }
    return w;
}

char *fl_duration_put(char *w, int64_t ns)
{
    uint64_t v = (uint64_t)ns;
    if (ns < 0) {
        *w++ = '-';
        v = 0 - v;
    }
    if (v == 0)
        return FL_PUT_LIT(w, "0s");
    if (v < 1000)
        return FL_PUT_LIT(fl_put_uint(w, v), "ns");
    if (v < 1000000)
        return FL_PUT_LIT(put_decimal(w, v, 1000), "us");
    if (v < (uint64_t)SECOND)
        return FL_PUT_LIT(put_decimal(w, v, 1000000), "ms");
    uint64_t minutes = v / (60 * (uint64_t)SECOND);
    v %= 60 * (uint64_t)SECOND;
    if (minutes >= 60) {
        w = fl_put_uint(w, minutes / 60);
        *w++ = 'h';
        minutes %= 60;
    }
    if (minutes) {
        w = fl_put_uint(w, minutes);
        *w++ = 'm';
    }
    if (v) {
        w = put_decimal(w, v, (uint32_t)SECOND);
        *w++ = 's';
    }
    return w;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* n digits; false: something else. */
static bool digits(const char **p, const char *end, unsigned n, uint32_t *out)
{
    uint32_t v = 0;
    if ((size_t)(end - *p) < n)
        return false;
    for (unsigned i = 0; i < n; i++) {
        unsigned c = (unsigned char)*(*p)++ - '0';
        if (c > 9)
            return false;
        v = v * 10 + c;
    }
    *out = v;
    return true;
}

static bool one(const char **p, const char *end, char c)
{
    if (*p == end || **p != c)
        return false;
    ++*p;
    return true;
}

static bool read_decimals(const char **p, const char *end, uint32_t *ns)
{
    uint32_t v = 0, unit = 100000000;
    const char *first = *p;
    for (; *p < end && (unsigned char)(**p - '0') <= 9; ++*p, unit /= 10)
        v += (uint32_t)(**p - '0') * unit;
    *ns = v;
    return *p > first;
}

/* `Z`, `+hh:mm`, `+hhmm`: what has to be taken off, in seconds. */
static bool read_offset(const char **p, const char *end, int64_t *seconds)
{
    uint32_t h, m;
    *seconds = 0;
    if (one(p, end, 'Z') || one(p, end, 'z'))
        return true;
    bool minus = one(p, end, '-');
    if (!minus && !one(p, end, '+'))
        return false;
    if (!digits(p, end, 2, &h))
        return false;
    one(p, end, ':');
    if (!digits(p, end, 2, &m) || h > 23 || m > 59)
        return false;
    *seconds = (minus ? -1 : 1) * (int64_t)(h * 3600 + m * 60);
    return true;
}

bool fl_time_parse(const char *p, size_t n, int64_t *ns)
{
    static const uint8_t length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *end = p + n;
    uint32_t year, month, day, hour, minute, second, fraction = 0;
    int64_t offset;
    if (!digits(&p, end, 4, &year) || !one(&p, end, '-') || !digits(&p, end, 2, &month) || !one(&p, end, '-') ||
        !digits(&p, end, 2, &day))
        return false;
    if (!one(&p, end, 'T') && !one(&p, end, 't') && !one(&p, end, ' '))
        return false;
    if (!digits(&p, end, 2, &hour) || !one(&p, end, ':') || !digits(&p, end, 2, &minute) || !one(&p, end, ':') ||
        !digits(&p, end, 2, &second))
        return false;
    if (one(&p, end, '.') && !read_decimals(&p, end, &fraction))
        return false;
    if (!read_offset(&p, end, &offset) || p != end)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > (uint32_t)length[month - 1] + (month == 2 && is_leap(year)) ||
        hour > 23 || minute > 59 || second > 60)
        return false;
    int64_t s = fl_days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    __int128 v = (__int128)s * SECOND + fraction;
    if (v < INT64_MIN || v > INT64_MAX)
        return false;
    *ns = (int64_t)v;
    return true;
}

/* ---- formats --------------------------------------------------------------------------------- */

static const char *const weekdays[7] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[12] = {"January", "February", "March", "April", "May", "June", "July", "August",
                                       "September", "October", "November", "December"};

/* ISO 8601 week: the week's Thursday says which year it belongs to. */
static void iso_week(const struct fl_civil *c, int32_t *year, uint32_t *week)
{
    int32_t thursday = (int32_t)c->yearday + 3 - (int32_t)((c->weekday + 6) % 7);
    *year = c->year;
    if (thursday < 0) {
        --*year;
        thursday += 365 + is_leap(*year);
    } else if (thursday >= 365 + is_leap(*year)) {
        thursday -= 365 + is_leap(*year);
        ++*year;
    }
    *week = (uint32_t)thursday / 7 + 1;
}

static char *put_name(char *w, const char *name, size_t n)
{
    memcpy(w, name, n);
    return w + n;
}

static char *put_padded(char *w, uint32_t v, char pad)
{
    put2(w, v);
    if (v < 10)
        w[0] = pad;
    return w + 2;
}

/* Times of day and dates; NULL: no such field. */
static char *put_field(char *w, char field, int64_t ns, const struct fl_civil *c)
{
    int32_t year;
    uint32_t week;
    iso_week(c, &year, &week);
    switch (field) {
    case 'Y': return put_year(w, c->year);
    case 'y': return put2(w, (uint32_t)c->year % 100);
    case 'C': return put2(w, (uint32_t)c->year / 100);
    case 'm': return put2(w, c->month);
    case 'd': return put2(w, c->day);
    case 'e': return put_padded(w, c->day, ' ');
    case 'H': return put2(w, c->hour);
    case 'I': return put2(w, (c->hour + 11) % 12 + 1);
    case 'p': return put_name(w, c->hour < 12 ? "AM" : "PM", 2);
    case 'M': return put2(w, c->minute);
    case 'S': return put2(w, c->second);
    case 'f': return put_fixed(w, c->ns / 1000, 6);
    case 'j': return put_fixed(w, c->yearday + 1, 3);
    case 'F': return put_date(w, c);
    case 'T': return put_clock(w, c);
    case 'R': return put_clock(w, c) - 3;
    case 'D': return put2(put_name(put2(put_name(put2(w, c->month), "/", 1), c->day), "/", 1), (uint32_t)c->year % 100);
    case 's': return fl_put_int(w, floor_div(ns, SECOND));
    case 'a': return put_name(w, weekdays[c->weekday], 3);
    case 'A': return put_name(w, weekdays[c->weekday], strlen(weekdays[c->weekday]));
    case 'b': case 'h': return put_name(w, months[c->month - 1], 3);
    case 'B': return put_name(w, months[c->month - 1], strlen(months[c->month - 1]));
    case 'u': *w = (char)('0' + (c->weekday + 6) % 7 + 1); return w + 1;
    case 'w': *w = (char)('0' + c->weekday); return w + 1;
    case 'G': return put_year(w, year);
    case 'V': return put2(w, week);
    case 'Z': return put_name(w, "UTC", 3);
    case 'z': return put_name(w, "+0000", 5);
    case 'n': *w = '\n'; return w + 1;
    case 't': *w = '\t'; return w + 1;
    case '%': *w = '%'; return w + 1;
    default: return NULL;
    }
}

void fl_time_format(struct fl_buf *out, int64_t ns, const char *fmt, size_t n)
{
    struct fl_civil c;
    fl_civil_of(ns, &c);
    for (size_t i = 0; i < n; i++) {
        char *w = fl_buf_room(out, 32), *begin = w;
        if (fmt[i] != '%' || i + 1 == n) {
            *w++ = fmt[i];
        } else if (i + 2 < n && fmt[i + 2] == 'f' && (fmt[i + 1] == '3' || fmt[i + 1] == '6' || fmt[i + 1] == '9')) {
            unsigned places = (unsigned)(fmt[i + 1] - '0');
            w = put_fixed(w, c.ns / (places == 3 ? 1000000 : places == 6 ? 1000 : 1), places);
            i += 2;
        } else {
            w = put_field(w, fmt[i + 1], ns, &c);
            if (w) {
                i++;
            } else {
                w = begin;
                *w++ = '%';
            }
        }
        out->n += (size_t)(w - begin);
    }
}
