/*
 * builtins.h - functions of the language that generated code calls.
 *
 * Texts given must be decoded (not FL_RAW) unless it says otherwise; UTF-8 is assumed. Results that are new texts
 * live in the batch's scratch arena, with FL_PAD readable bytes behind them. Nothing here depends on the process's
 * locale or time zone. Null is the caller's business; bool results say whether there is a value.
 */
#ifndef FL_BUILTINS_H
#define FL_BUILTINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/address.h"
#include "base/text.h"

struct fl_cx;
struct fl_list; /* flowrt.h */

/* n bytes in scratch with FL_PAD readable ones behind. */
char *fl_scratch(struct fl_cx *cx, size_t n);
/* The parts one after another; FL_RAW ones decoded. For templates f"..". */
fl_str fl_join(struct fl_cx *cx, const fl_str *parts, uint32_t n);
/* FL_RAW decoded into scratch; others as they are. */
fl_str fl_decoded(struct fl_cx *cx, fl_str s);

/* ---- text(..) by type ------------------------------------------------------------------------ */

fl_str fl_b_text_int(struct fl_cx *cx, int64_t v);
/* A time or duration as it is written in units of `scale` ns. */
fl_str fl_b_text_scaled(struct fl_cx *cx, int64_t ns, int64_t scale);
fl_str fl_b_text_float(struct fl_cx *cx, double v);        /* shortest that reads the same; `NaN`, `+Inf`, `-Inf` */
fl_str fl_b_text_bool(struct fl_cx *cx, bool v);
fl_str fl_b_text_ip(struct fl_cx *cx, fl_ip v);            /* as it was written */
fl_str fl_b_text_cidr(struct fl_cx *cx, fl_cidr v);        /* host bits 0 */
fl_str fl_b_text_time(struct fl_cx *cx, int64_t ns);       /* RFC 3339 with the decimals it has */
fl_str fl_b_text_duration(struct fl_cx *cx, int64_t ns);   /* `1.5s`, `2m`, `1h30m` */

/* ---- numbers and texts ----------------------------------------------------------------------- */

/* Decimal, with an optional sign; nothing else around it. False: not an integer or over 64 bits. */
bool fl_b_int(fl_str s, int64_t *out);
/* Only A-Z and a-z change, as in names of protocols and hosts; other letters stay. */
fl_str fl_b_lower(struct fl_cx *cx, fl_str s);
fl_str fl_b_upper(struct fl_cx *cx, fl_str s);
/* In Unicode characters. */
int64_t fl_b_length(fl_str s);
bool fl_b_starts_with(fl_str s, fl_str with);
bool fl_b_ends_with(fl_str s, fl_str with);
bool fl_b_contains(fl_str s, fl_str part);
/* `len` characters from character `start` (0 is the first); held within the text. No copy. */
fl_str fl_b_substring(struct fl_cx *cx, fl_str s, int64_t start, int64_t len);
/*
 * List of fl_str, without copies. An empty `sep` gives the text as the only element; an empty text one empty
 * element.
 */
struct fl_list fl_b_split(struct fl_cx *cx, fl_str s, fl_str sep);
fl_str fl_b_join(struct fl_cx *cx, struct fl_list strs, fl_str sep);
/* Element i of a list, or its -i'th from the end; NULL: there is none. `size`: of an element. */
const void *fl_list_at(struct fl_list list, int64_t i, size_t size);
/*
 * 63 bits, never negative, the same on every machine and for ever: FNV-1a (64 bits), the upper half folded in, top
 * bit cleared.
 */
int64_t fl_b_hash(fl_str s);
bool fl_strs_has(struct fl_list strs, fl_str s);
bool fl_ints_has(struct fl_list ints, int64_t v);
/* Where it stands among n that are sorted, texts by length, then by bytes, no two the same; -1: nowhere. */
int64_t fl_int_place(const int64_t *sorted, uint32_t n, int64_t v);
int64_t fl_str_place(const fl_str *sorted, uint32_t n, fl_str s);

/* ---- times ----------------------------------------------------------------------------------- */

int64_t fl_b_seconds(int64_t ns); /* rounded down */
int64_t fl_b_millis(int64_t ns);
/* In whole seconds, rounded down, as the original prints times: `2026-11-23T08:55:02Z`. */
fl_str fl_b_rfc3339(struct fl_cx *cx, int64_t ns);
/* UTC; fields: see fl_time_format. */
fl_str fl_b_strftime(struct fl_cx *cx, int64_t ns, fl_str fmt);

/* ---- addresses ------------------------------------------------------------------------------- */

/* 4 or 6; false: not an address. */
bool fl_b_family(fl_ip ip, int64_t *out);
/* The prefix of that many bits around the address; false: no address, or not 0..32 or 0..128. */
bool fl_b_network(fl_ip ip, int64_t bits, fl_cidr *out);
/* The address as it was written before the mask. */
fl_ip fl_b_address_of(struct fl_cx *cx, fl_cidr c);
/* IANA's number by keyword, without regard to case. */
bool fl_b_proto_number(fl_str name, int64_t *out);

/* ---- regular expressions (POSIX extended) ---------------------------------------------------- */

struct fl_regex;
/* Compile; lives for ever. NULL: *error says why (to be freed). */
struct fl_regex *fl_regex_new(const char *pattern, char **error);
void fl_regex_free(struct fl_regex *re);
/* Does it match anywhere in the text? Thread-safe. `.` and brackets match whole UTF-8 characters. */
bool fl_regex_matches(const struct fl_regex *re, fl_str s);
/* Every match replaced; `\1`..`\9` in `with` are groups, `\0` the match, `\\` a backslash. */
fl_str fl_b_replace(struct fl_cx *cx, fl_str s, const struct fl_regex *re, fl_str with);

#endif
