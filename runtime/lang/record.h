/*
 * record.h - what generated code needs around records: records passed on as text, maps, lists, keys.
 */
#ifndef FL_RECORD_H
#define FL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "value/address.h"
#include "json/passed.h"
#include "lang/table.h"
#include "base/text.h"

struct fl_cx;
struct fl_list;
struct fl_rec;

/* ---- presence sets of more than 64 members: words ---------------------------------------------------- */

static inline bool fl_has_any(const uint64_t *has, unsigned words)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < words; i++)
        any |= has[i];
    return any != 0;
}

/* Is all there that is in `need`? */
static inline bool fl_has_all(const uint64_t *has, const uint64_t *need, unsigned words)
{
    uint64_t lacks = 0;
    for (unsigned i = 0; i < words; i++)
        lacks |= need[i] & ~has[i];
    return lacks == 0;
}

/* Are some of those that came in `before` too? Then they are there as well, and nothing has come. */
static inline bool fl_came_again(uint64_t *came, uint64_t *before, unsigned words)
{
    uint64_t again = 0;
    for (unsigned i = 0; i < words; i++) {
        again |= came[i] & before[i];
        before[i] |= came[i];
        came[i] = 0;
    }
    return again != 0;
}

/* ---- records passed on as text ------------------------------------------------------------------------- */

/* The declared members of a record, in order: what comes out when it is passed on. */
struct fl_form_member {
    const char *name;          /* the key as it is meant */
    uint32_t name_n;
    const char *key;           /* as JSON between the quotes */
    uint32_t n;
    const char *dflt;          /* JSON when it is absent, NULL: left out */
    const struct fl_form *inner; /* a record, or NULL */
};

struct fl_form {
    const struct fl_form_member *members;
    uint32_t n;
};

/*
 * `raw` is a JSON object that was checked. Returns it with exactly the declared members, in order, without white space and
 * nulls, defaults put in; FL_RAW text in `scratch`. Used when a record did not come exactly so already.
 */
fl_str fl_reshape(struct fl_arena *scratch, fl_str raw, const struct fl_form *form);

/*
 * A record was decoded that has a key twice: its text becomes one that has each once, in d's scratch, d->end is its end, and nothing is
 * known to be wrong. The caller decodes it again.
 */
void fl_once(struct fl_decoder *d, struct fl_rec *r);

/* ---- lists and maps --------------------------------------------------------------------------------------- */

/* A JSON array of strings, integers, addresses or prefixes into scratch; a wrong element makes the field bad. */
int fl_get_strings(struct fl_decoder *d, struct fl_list *out, const char *field);
int fl_get_ints(struct fl_decoder *d, struct fl_list *out, const char *field);
int fl_get_ips(struct fl_decoder *d, struct fl_list *out, const char *field);
int fl_get_cidrs(struct fl_decoder *d, struct fl_list *out, const char *field);
/* Of anything else: `get` takes one element of `size` bytes. */
int fl_get_list(struct fl_decoder *d, struct fl_list *out, const char *field, size_t size,
                int (*get)(struct fl_decoder *d, void *out, const char *field));

/* Lists as JSON arrays; the caller has reserved fl_*_max bytes. `html` as for fl_put_computed. */
size_t fl_strings_max(struct fl_list l);
char *fl_put_strings(char *w, struct fl_list l, bool html);
size_t fl_ints_max(struct fl_list l);
char *fl_put_ints(char *w, struct fl_list l, bool html);
size_t fl_ips_max(struct fl_list l);
char *fl_put_ips(char *w, struct fl_list l, bool html);
size_t fl_cidrs_max(struct fl_list l);
char *fl_put_cidrs(char *w, struct fl_list l, bool html);

/* The members of a map that aren't among the `n` declared ones, each with a comma behind it. */
void fl_header_map(struct fl_cx *cx, struct fl_buf *out, fl_str map, const fl_str *declared, size_t n);
/* An object's end: its last comma becomes the bracket, and a comma stands behind it. */
void fl_header_close(struct fl_buf *out);

/* What was written from `start` to `end` becomes one csv cell in place (RFC 4180); room for as much again + 2. Returns its end. */
char *fl_csv_cell(char *start, char *end, char separator);

/* m["key"] of a map kept as JSON text; false: no such key, null, or of another type. */
bool fl_map_string(struct fl_cx *cx, fl_str map, fl_str key, fl_str *out);
bool fl_map_int(struct fl_cx *cx, fl_str map, fl_str key, int64_t *out);
bool fl_map_float(struct fl_cx *cx, fl_str map, fl_str key, double *out);
bool fl_map_bool(struct fl_cx *cx, fl_str map, fl_str key, bool *out);
bool fl_map_has(struct fl_cx *cx, fl_str map, fl_str key);
/* The text of a dotted path in a flow as it was received; false: not there. Slow: for templates. */
bool fl_path_text(struct fl_cx *cx, const char *raw, uint32_t n, const char *path, struct fl_buf *out);

/* ---- keys of tables and lookups ------------------------------------------------------------------------------ */

/* One-to-one with the parts: integers are 8 bytes, texts have their length in front. */
struct fl_key {
    uint32_t n;
    bool none;   /* a part is no address; set by who begins it, read by fl_key_size */
    char s[2 * FL_TABLE_KEY + 64];
};

static inline void fl_key_int(struct fl_key *k, int64_t v)
{
    if (k->n + 8 <= sizeof k->s)
        memcpy(k->s + k->n, &v, 8);
    k->n += 8;
}

/* An address as a key of a table: equal for all texts of it. */
struct fl_ip_key {
    uint64_t hi, lo, family; /* 0: it is none */
};

static inline struct fl_ip_key fl_ip_key(fl_ip ip)
{
    return (struct fl_ip_key){ip.hi, ip.lo, ip.family};
}

static inline uint32_t fl_ip_key_size(const struct fl_ip_key *k)
{
    return k->family ? sizeof *k : FL_NO_KEY;
}

/* The value of the longest prefix that has the address, in a table of prefixes; NULL: none has. */
void *fl_table_match(struct fl_table *t, const fl_ip *ip, int64_t now);

/* The address with its shortest text, in scratch. */
fl_ip fl_ip_of_key(struct fl_cx *cx, const void *key);

static inline void fl_key_ip(struct fl_key *k, fl_ip ip)
{
    fl_key_int(k, (int64_t)ip.hi);
    fl_key_int(k, (int64_t)ip.lo);
    fl_key_int(k, ip.family);
    k->none |= !ip.family;
}

static inline uint32_t fl_key_size(const struct fl_key *k)
{
    return k->none ? FL_NO_KEY : k->n;
}

/* A text that does not fit is cut and its hash added, so that keys of lookups stay one-to-one in practice; tables refuse it by n. */
void fl_key_text(struct fl_key *k, fl_str s);
void fl_key_cidr(struct fl_key *k, const fl_cidr *c);

static inline fl_str fl_key_str(const struct fl_key *k)
{
    return (fl_str){k->s, k->n <= sizeof k->s ? k->n : (uint32_t)sizeof k->s, FL_PLAIN};
}

/* A value of a partition path: what is not safe in an object key is percent-encoded; an empty one is `__empty__`. */
void fl_partition_put(struct fl_buf *out, fl_str v);

/* A text that stays to the end of the batch. */
fl_str fl_text_copy(struct fl_cx *cx, fl_str s);

/* ---- comparisons of addresses; null where a text is no address ------------------------------------------------- */

static inline bool fl_b_same_ip(fl_ip a, fl_ip b, bool *out)
{
    *out = fl_ip_eq(&a, &b);
    return a.family && b.family;
}

static inline bool fl_b_other_ip(fl_ip a, fl_ip b, bool *out)
{
    *out = !fl_ip_eq(&a, &b);
    return a.family && b.family;
}

static inline bool fl_b_equal_ip(fl_ip a, fl_ip b)
{
    return a.family && fl_ip_eq(&a, &b);
}

static inline bool fl_b_same_cidr(fl_cidr a, fl_cidr b)
{
    return a.family == b.family && a.bits == b.bits && a.hi == b.hi && a.lo == b.lo;
}

static inline fl_cidr fl_cidr_of(const char *text, uint32_t n)
{
    fl_cidr c;
    fl_cidr_parse(&c, text, n);
    return c;
}

static inline bool fl_b_int_of(double v, int64_t *out)
{
    bool fits = v >= -9223372036854775808.0 && v < 9223372036854775808.0;
    *out = fits ? (int64_t)v : 0;
    return fits;
}

bool fl_floats_has(struct fl_list floats, double v);
bool fl_bools_has(struct fl_list bools, bool v);
bool fl_b_cidrs_have(struct fl_list cidrs, const fl_ip *ip);
bool fl_b_ips_have(struct fl_list ips, const fl_ip *ip);
bool fl_b_cidrs_equal(struct fl_list cidrs, const fl_cidr *c);

#endif
