/*
 * value.h - texts of a configuration as typed values. Used for params (params.c), options (options.c) and the command
 * line.
 *
 * Every function takes the whole text or fails; none changes *out then. What is accepted where is said by
 * fl_value_expected, which error messages quote.
 */
#ifndef FL_VALUE_H
#define FL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/yaml.h"

/* true false yes no on off, t f y n, 1 0; as YAML 1.1 and the original take them. */
bool fl_value_bool(const char *s, bool *out);
/* Decimal, 0x.. hexadecimal, 0.. octal as in the original; k, M, G multiply by 10^3, 10^6, 10^9. */
bool fl_value_int(const char *s, int64_t *out);
bool fl_value_float(const char *s, double *out);
/* ns from `60` (seconds), `1.5s`, `250ms`, `1h30m`; units ns us ms s m h d; never negative. */
bool fl_value_duration(const char *s, int64_t *out);
/* Bytes from `4096`, `64KiB`, `1.5GiB`, `10MB`; never negative. */
bool fl_value_bytes(const char *s, int64_t *out);
/* ns since 1970 from RFC 3339 or seconds since 1970. */
bool fl_value_time(const char *s, int64_t *out);

/*
 * ws:// and the like, with a host: does it look like a URL of one of the schemes (`ws wss`)? Else *why says what is
 * wrong.
 */
bool fl_value_url(const char *s, const char *schemes, const char **why);

/*
 * `[a, b]`, or one text split at white space, as n texts; in the arena. NULL: an element is no text; *bad is its
 * index.
 */
const struct fl_yaml_value *fl_value_items(struct fl_arena *a, const struct fl_yaml_value *v, uint32_t *n,
                                           uint32_t *bad);

#endif
