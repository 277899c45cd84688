/* record.c - see record.h. */
#include "lang/record.h"

#include "flowrt.h"
#include "json/once.h"

/* ---- records passed on as text -------------------------------------------------------------------------- */

/* A buffer in scratch that never grows: what is written is known to fit into `most` bytes. */
static struct fl_buf fixed_buf(struct fl_arena *scratch, size_t most)
{
    size_t cap = most + 2 * FL_PAD;
    return (struct fl_buf){.p = fl_arena_get(scratch, cap), .cap = cap};
}

static fl_str raw_text(const struct fl_buf *b)
{
    memset(b->p + b->n, 0, FL_PAD);
    return (fl_str){b->p, (uint32_t)b->n, FL_RAW};
}

/* Bytes that defaults can add, at most. */
static size_t defaults_max(const struct fl_form *form)
{
    size_t n = 2;
    for (uint32_t i = 0; i < form->n; i++) {
        const struct fl_form_member *m = &form->members[i];
        n += m->dflt ? m->n + strlen(m->dflt) + 4 : 0;
        n += m->inner ? defaults_max(m->inner) : 0;
    }
    return n;
}

/* The member of this name, expected from number `at` on; NULL: none. */
static const struct fl_form_member *member_of(const struct fl_form *form, fl_str key, uint32_t at)
{
    for (uint32_t i = 0; i < form->n; i++) {
        const struct fl_form_member *m = &form->members[at + i < form->n ? at + i : at + i - form->n];
        if (m->name_n == key.n && memcmp(m->name, key.p, key.n) == 0)
            return m;
    }
    return NULL;
}

/* The last one of a key wins, as everywhere. */
static void collect(struct fl_decoder *d, const struct fl_form *form, fl_str *values)
{
    fl_str key;
    uint32_t at = 0;
    int k = fl_object_begin(d, "");
    while (k == 1) {
        fl_str v = {0};
        if (fl_next_key(d, &key) < 0)
            return;
        const struct fl_form_member *m = member_of(form, key, at);
        int got = fl_get_raw(d, &v, "");
        if (got < 0)
            return;
        if (m) {
            at = (uint32_t)(m - form->members);
            values[at++] = got == 1 ? v : (fl_str){0};
        }
        k = fl_member_end(d);
    }
}

static void reshape(struct fl_buf *out, struct fl_arena *scratch, fl_str raw, const struct fl_form *form)
{
    fl_str *values = fl_arena_zero(scratch, sizeof *values * (form->n + 1));
    struct fl_decoder d;
    bool any = false;
    fl_decoder_init(&d, raw.p, raw.n, scratch);
    collect(&d, form, values);
    fl_buf_putc(out, '{');
    for (uint32_t i = 0; i < form->n; i++) {
        const struct fl_form_member *m = &form->members[i];
        if (!values[i].p && !m->dflt)
            continue;
        if (any)
            fl_buf_putc(out, ',');
        any = true;
        fl_buf_putc(out, '"');
        fl_buf_put(out, m->key, m->n);
        fl_buf_put(out, "\":", 2);
        if (!values[i].p)
            fl_buf_puts(out, m->dflt);
        else if (m->inner && values[i].p[0] == '{')
            reshape(out, scratch, values[i], m->inner);
        else
            fl_json_compact(out, values[i].p, values[i].n);
    }
    fl_buf_putc(out, '}');
}

fl_str fl_reshape(struct fl_arena *scratch, fl_str raw, const struct fl_form *form)
{
    struct fl_buf out = fixed_buf(scratch, raw.n + defaults_max(form));
    reshape(&out, scratch, raw, form);
    return raw_text(&out);
}

void fl_once(struct fl_decoder *d, struct fl_rec *r)
{
    fl_str text = fl_json_once(d->scratch, (fl_str){r->raw, r->raw_n, FL_RAW});
    r->raw = text.p;
    r->raw_n = text.n;
    d->end = text.p + text.n;
    d->bad_field = NULL;
    d->spaced = false;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

struct growing {
    char *v;
    uint32_t n, cap;
};

static void *next_element(struct fl_arena *a, struct growing *g, size_t size)
{
    if (g->n == g->cap) {
        uint32_t cap = g->cap ? g->cap * 2 : 8;
        char *v = fl_arena_get(a, size * cap);
        if (g->n)
            memcpy(v, g->v, size * g->n);
        g->v = v;
        g->cap = cap;
    }
    return g->v + size * g->n++;
}

int fl_get_list(struct fl_decoder *d, struct fl_list *out, const char *field, size_t size,
                int (*get)(struct fl_decoder *d, void *out, const char *field))
{
    struct growing g = {0};
    int k = fl_array_begin(d, field);
    bool bad = false;
    if (k == 2)
        *out = (struct fl_list){"", 0};
    if (k != 1)
        return k == 2 ? 1 : k;
    do {
        int got = get(d, next_element(d->scratch, &g, size), field);
        if (got < 0)
            return -1;
        if (got == 0) {
            fl_bad(d, field, "a list has an element of another type");
            bad = true;
        }
        k = fl_element_end(d);
    } while (k == 1);
    *out = (struct fl_list){g.v, g.n};
    return k < 0 ? -1 : !bad;
}

static int one_string(struct fl_decoder *d, void *out, const char *field)
{
    return fl_get_string(d, out, field);
}

static int one_int(struct fl_decoder *d, void *out, const char *field)
{
    return fl_get_int(d, out, field);
}

static int one_ip(struct fl_decoder *d, void *out, const char *field)
{
    return fl_get_ip(d, out, field);
}

static int one_cidr(struct fl_decoder *d, void *out, const char *field)
{
    return fl_get_cidr(d, out, field);
}

int fl_get_strings(struct fl_decoder *d, struct fl_list *out, const char *field)
{
    return fl_get_list(d, out, field, sizeof(fl_str), one_string);
}

int fl_get_ints(struct fl_decoder *d, struct fl_list *out, const char *field)
{
    return fl_get_list(d, out, field, sizeof(int64_t), one_int);
}

int fl_get_ips(struct fl_decoder *d, struct fl_list *out, const char *field)
{
    return fl_get_list(d, out, field, sizeof(fl_ip), one_ip);
}

int fl_get_cidrs(struct fl_decoder *d, struct fl_list *out, const char *field)
{
    return fl_get_list(d, out, field, sizeof(fl_cidr), one_cidr);
}

#define LIST_WRITER(name, type, bound, put)                            \
    size_t fl_##name##_max(struct fl_list l)                           \
    {                                                                  \
        const type *v = l.v;                                           \
        size_t n = 2;                                                  \
        for (uint32_t i = 0; i < l.n; i++, v++)                        \
            n += (bound) + 1;                                          \
        return n;                                                      \
    }                                                                  \
    char *fl_put_##name(char *w, struct fl_list l, bool html)          \
    {                                                                  \
        const type *v = l.v;                                           \
        (void)html;                                                    \
        *w++ = '[';                                                    \
        for (uint32_t i = 0; i < l.n; i++, v++) {                      \
            if (i)                                                     \
                *w++ = ',';                                            \
            w = (put);                                                 \
        }                                                              \
        *w++ = ']';                                                    \
        return w;                                                      \
    }

static char *put_computed(char *w, fl_str s, bool html)
{
    *w++ = '"';
    w = fl_put_computed(w, s, html);
    *w++ = '"';
    return w;
}

LIST_WRITER(strings, fl_str, fl_string_max(*v), put_computed(w, *v, html))
LIST_WRITER(ints, int64_t, FL_INT_MAX, fl_put_int(w, *v))
LIST_WRITER(ips, fl_ip, fl_string_max(v->text), put_computed(w, v->text, html))
LIST_WRITER(cidrs, fl_cidr, FL_CIDR_MAX, fl_put_cidr(w, v))

char *fl_csv_cell(char *start, char *end, char separator)
{
    size_t quotes = 0, separators = 0;
    for (const char *p = start; p < end; p++) {
        quotes += *p == '"';
        separators += *p == separator;
    }
    if (quotes + separators == 0)
        return end;
    char *w = end + quotes + 2, *result = w;
    *--w = '"';
    while (end > start) { /* from the end, so that nothing is overwritten before it is moved */
        *--w = *--end;
        if (*end == '"')
            *--w = '"';
    }
    *--w = '"';
    return result;
}

/* ---- maps ---------------------------------------------------------------------------------------------------------- */

/* Stand before the value of `key`; the last one wins. */
static bool find(struct fl_decoder *d, fl_str map, const char *key, size_t n, struct fl_arena *scratch, fl_str *value)
{
    fl_str name;
    bool found = false;
    if (!map.p)
        return false;
    fl_decoder_init(d, map.p, map.n, scratch);
    int k = fl_object_begin(d, "");
    while (k == 1) {
        fl_str v = {0}; /* stays so for null */
        if (fl_next_key(d, &name) < 0 || fl_get_raw(d, &v, "") < 0)
            return false;
        if (name.n == n && memcmp(name.p, key, n) == 0) {
            *value = v;
            found = true;
        }
        k = fl_member_end(d);
    }
    return found && value->p && value->n;
}

static bool at_value(struct fl_cx *cx, struct fl_decoder *d, fl_str map, fl_str key)
{
    fl_str v = {0};
    if (!find(d, map, key.p, key.n, cx->scratch, &v))
        return false;
    fl_decoder_init(d, v.p, v.n, cx->scratch);
    return true;
}

bool fl_map_string(struct fl_cx *cx, fl_str map, fl_str key, fl_str *out)
{
    struct fl_decoder d;
    return at_value(cx, &d, map, key) && fl_get_string(&d, out, "") == 1;
}

bool fl_map_int(struct fl_cx *cx, fl_str map, fl_str key, int64_t *out)
{
    struct fl_decoder d;
    return at_value(cx, &d, map, key) && fl_get_int(&d, out, "") == 1;
}

bool fl_map_float(struct fl_cx *cx, fl_str map, fl_str key, double *out)
{
    struct fl_decoder d;
    return at_value(cx, &d, map, key) && fl_get_float(&d, out, "") == 1;
}

bool fl_map_bool(struct fl_cx *cx, fl_str map, fl_str key, bool *out)
{
    struct fl_decoder d;
    return at_value(cx, &d, map, key) && fl_get_bool(&d, out, "") == 1;
}

bool fl_map_has(struct fl_cx *cx, fl_str map, fl_str key)
{
    struct fl_decoder d;
    fl_str v = {0};
    return find(&d, map, key.p, key.n, cx->scratch, &v) && !(v.n == 4 && memcmp(v.p, "null", 4) == 0);
}

/* ---- storeheader -------------------------------------------------------------------------------------------------------- */

static bool among(fl_str name, const fl_str *declared, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fl_str_eq(name, declared[i]))
            return true;
    return false;
}

void fl_header_map(struct fl_cx *cx, struct fl_buf *out, fl_str map, const fl_str *declared, size_t n)
{
    struct fl_decoder d;
    if (!map.p)
        return;
    fl_decoder_init(&d, map.p, map.n, cx->scratch);
    for (int k = fl_object_begin(&d, ""); k == 1; k = fl_member_end(&d)) {
        fl_str name, value = {0};
        if (fl_next_key(&d, &name) < 0 || fl_get_raw(&d, &value, "") < 0)
            return;
        if (among(name, declared, n))
            continue;
        char *w = fl_buf_room(out, fl_string_max(name) + value.n + 2);
        w = fl_put_string(w, name);
        *w++ = ':';
        w = fl_put_raw(w, value);
        *w++ = ',';
        out->n = (size_t)(w - out->p);
    }
}

void fl_header_close(struct fl_buf *out)
{
    out->n -= out->p[out->n - 1] == ',';
    fl_buf_puts(out, "},");
}

bool fl_path_text(struct fl_cx *cx, const char *raw, uint32_t n, const char *path, struct fl_buf *out)
{
    struct fl_decoder d;
    fl_str v = {raw, n, FL_RAW};
    while (*path) {
        size_t len = strcspn(path, ".");
        fl_str inner = {0};
        if (!find(&d, v, path, len, cx->scratch, &inner))
            return path[len] == 0; /* an absent last part is empty text; an absent record on the way is not there */
        v = inner;
        path += len + (path[len] == '.');
    }
    fl_decoder_init(&d, v.p, v.n, cx->scratch);
    fl_str s;
    if (v.n && v.p[0] == '"' && fl_get_string(&d, &s, "") == 1)
        fl_buf_put(out, s.p, s.n);
    else if (!(v.n == 4 && memcmp(v.p, "null", 4) == 0))
        fl_buf_put(out, v.p, v.n);
    return true;
}

/* ---- keys ------------------------------------------------------------------------------------------------------------ */

void fl_key_text(struct fl_key *k, fl_str s)
{
    uint32_t n = s.n;
    if (k->n + 4 + n > sizeof k->s) {
        uint64_t h = (uint64_t)fl_b_hash(s);
        uint32_t room = k->n + 12 < sizeof k->s ? (uint32_t)sizeof k->s - k->n - 12 : 0;
        if (room)
            memcpy(k->s + k->n + 12, s.p, room < n ? room : n);
        if (room) {
            memcpy(k->s + k->n, &n, 4);
            memcpy(k->s + k->n + 4, &h, 8);
        }
        k->n = sizeof k->s;
        return;
    }
    memcpy(k->s + k->n, &n, 4);
    if (n) /* an absent text has no address */
        memcpy(k->s + k->n + 4, s.p, n);
    k->n += 4 + n;
}

fl_ip fl_ip_of_key(struct fl_cx *cx, const void *key)
{
    struct fl_ip_key k;
    memcpy(&k, key, sizeof k);
    fl_ip ip = {.hi = k.hi, .lo = k.lo, .family = (uint32_t)k.family};
    char *p = fl_scratch(cx, FL_CIDR_MAX);
    ip.text = (fl_str){p, fl_ip_format(k.hi, k.lo, ip.family, p), FL_CLEAN};
    return ip;
}

void fl_key_cidr(struct fl_key *k, const fl_cidr *c)
{
    fl_key_int(k, (int64_t)c->hi);
    fl_key_int(k, (int64_t)c->lo);
    fl_key_int(k, c->family * 256 + c->bits);
}

fl_str fl_text_copy(struct fl_cx *cx, fl_str s)
{
    char *p = fl_scratch(cx, s.n);
    memcpy(p, s.p, s.n);
    s.p = p;
    return s;
}

/* ---- addresses --------------------------------------------------------------------------------------------------------- */

bool fl_b_cidrs_have(struct fl_list cidrs, const fl_ip *ip)
{
    const fl_cidr *c = cidrs.v;
    for (uint32_t i = 0; i < cidrs.n; i++)
        if (fl_cidr_has(&c[i], ip))
            return true;
    return false;
}

bool fl_b_ips_have(struct fl_list ips, const fl_ip *ip)
{
    const fl_ip *v = ips.v;
    for (uint32_t i = 0; i < ips.n; i++)
        if (fl_b_equal_ip(v[i], *ip))
            return true;
    return false;
}

bool fl_b_cidrs_equal(struct fl_list cidrs, const fl_cidr *c)
{
    const fl_cidr *v = cidrs.v;
    for (uint32_t i = 0; i < cidrs.n; i++)
        if (fl_b_same_cidr(v[i], *c))
            return true;
    return false;
}

bool fl_floats_has(struct fl_list floats, double v)
{
    const double *f = floats.v;
    for (uint32_t i = 0; i < floats.n; i++)
        if (f[i] == v)
            return true;
    return false;
}

bool fl_bools_has(struct fl_list bools, bool v)
{
    const bool *b = bools.v;
    for (uint32_t i = 0; i < bools.n; i++)
        if (b[i] == v)
            return true;
    return false;
}

/* ---- partitions -------------------------------------------------------------------------------------------------------- */

void fl_partition_put(struct fl_buf *out, fl_str v)
{
    static const char hex[] = "0123456789ABCDEF";
    if (v.n == 0)
        fl_buf_puts(out, "__empty__");
    for (uint32_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == ':' || c >= 0x80 ||
                     (c == '.' && i > 0);
        if (plain) {
            fl_buf_putc(out, (char)c);
        } else {
            fl_buf_putc(out, '%');
            fl_buf_putc(out, hex[c >> 4]);
            fl_buf_putc(out, hex[c & 15]);
        }
    }
}

void *fl_table_match(struct fl_table *t, const fl_ip *ip, int64_t now)
{
    const uint64_t *lengths = t->lengths[ip->family != 4];
    for (int word = 2; word >= 0 && ip->family; word--)
        for (uint64_t left = lengths[word]; left;) {
            int bit = 63 - __builtin_clzll(left);
            char key[FL_CIDR_MAX + FL_PAD];
            fl_cidr c;
            left &= ~(UINT64_C(1) << bit);
            if (!fl_b_network(*ip, word * 64 + bit, &c))
                continue;
            void *value = fl_table_get(t, key, (uint32_t)fl_cidr_format(&c, key), now);
            if (value)
                return value;
        }
    return NULL;
}
