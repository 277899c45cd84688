/*
 * get.h - getters: the decoder stands at a value's first byte and takes it as what it should be; for generated decoders.
 *
 * 1: got; 0: null, or a wrong type that was recorded; -1: not JSON. json/scan.h says how each is told.
 */
#ifndef FL_JSON_GET_H
#define FL_JSON_GET_H

#include <stdbool.h>
#include <stdint.h>

#include "json/scan.h"
#include "value/address.h"

/* A string as it is in the message, without a copy: FL_CLEAN, or FL_RAW if it has escapes. */
int fl_get_raw_string(struct fl_decoder *d, fl_str *out, const char *field);
/* A string decoded: FL_CLEAN and no copy without escapes, else FL_PLAIN in scratch. */
int fl_get_string(struct fl_decoder *d, fl_str *out, const char *field);
int fl_get_bool(struct fl_decoder *d, bool *out, const char *field);
/* An integer without fraction and exponent that fits into 64 bits. */
int fl_get_int(struct fl_decoder *d, int64_t *out, const char *field);
/* The same, most likely one digit. */
static inline int fl_get_digit(struct fl_decoder *d, int64_t *out, const char *field)
{
    unsigned digit = (unsigned char)d->p[0] - (unsigned)'0';
    if (FL_UNLIKELY(digit > 9 || (d->p[1] != ',' && d->p[1] != '}')))
        return fl_get_int(d, out, field);
    *out = digit;
    d->p++;
    return 1;
}
/* An integer in quotes, or a plain one. */
int fl_get_int_text(struct fl_decoder *d, int64_t *out, const char *field);
int fl_get_float(struct fl_decoder *d, double *out, const char *field);
/*
 * A number in units of `scale` ns (1000000: milliseconds; at most a day) as ns. Over 64 bits is a wrong type.
 * `fraction` allows decimals and exponents, exact down to a ns; what is smaller is cut off.
 */
int fl_get_scaled(struct fl_decoder *d, int64_t *ns, int64_t scale, bool fraction, const char *field);
/* An integer as fl_get_int takes it or, with another scale than 1, fl_get_scaled: where its digits are. */
int fl_get_digits(struct fl_decoder *d, const char **at, int64_t scale, const char *field);
/* What fl_get_digits has found, or constant digits, as a value; NULL: 0. */
int64_t fl_int_at(const char *digits);
static inline int64_t fl_scaled_at(const char *digits, int64_t scale)
{
    return fl_int_at(digits) * scale;
}
/* The text of an integer as a decimal text: the same, but JSON has a negative zero. */
static inline fl_str fl_digits_text(fl_str s)
{
    uint32_t minus = s.n == 2 && s.p[0] == '-' && s.p[1] == '0';
    return (fl_str){s.p + minus, s.n - minus, FL_CLEAN};
}
/* A text of RFC 3339, see value/time.h. */
int fl_get_rfc3339(struct fl_decoder *d, int64_t *ns, const char *field);
/* Any string; its family is 0 if it is no address. */
int fl_get_ip(struct fl_decoder *d, fl_ip *out, const char *field);
int fl_get_cidr(struct fl_decoder *d, fl_cidr *out, const char *field);
/* Any value but null as its JSON text (FL_RAW, white space inside kept, no copy), checked. */
int fl_get_raw(struct fl_decoder *d, fl_str *out, const char *field);

#endif
