/* once.c - see once.h. */
#include "json/once.h"

#include "base/hash.h"

/* ---- is there one? ------------------------------------------------------------------------------------------------ */

#define PLACES 256 /* a power of two */
#define MOST_KEYS 192

static const char *behind_space(const char *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
        p++;
    return p;
}

/* Notes a hash, which isn't 0. True: it was there. */
static bool noted(uint32_t *places, uint32_t hash)
{
    uint32_t i = hash % PLACES;
    for (; places[i]; i = (i + 1) % PLACES)
        if (places[i] == hash)
            return true;
    places[i] = hash;
    return false;
}

bool fl_json_repeats(const char *p, const char *end)
{
    uint32_t places[PLACES] = {0}, object[FL_JSON_DEPTH + 1], depth = 0, objects = 0, keys = 0;
    while (p < end) {
        switch (*p) {
        case '{':
        case '[':
            if (depth == FL_JSON_DEPTH)
                return true;
            object[++depth] = ++objects;
            p++;
            break;
        case '}':
        case ']':
            depth--;
            p++;
            break;
        case '"': {
            const char *q = fl_string_end(p), *next = q < end ? behind_space(q) : q;
            if (q < end && *next == ':') {
                uint32_t n = (uint32_t)(q - p - 2);
                if (++keys > MOST_KEYS || memchr(p + 1, '\\', n) || noted(places, (uint32_t)fl_hash(object[depth], p + 1, n) | 1))
                    return true;
            }
            p = next;
            break;
        }
        default:
            p++;
        }
    }
    return false;
}

/* ---- without them ------------------------------------------------------------------------------------------------- */

/* A member of an object that is being written: its key, and where it stands in what was written. */
struct member {
    fl_str key;
    size_t from, to;
    bool again; /* the key comes once more */
};

struct once {
    struct fl_decoder d;
    struct fl_buf out;
    uint64_t seed;
};

static bool same_key(const struct member *a, const struct member *b)
{
    return a->key.n == b->key.n && memcmp(a->key.p, b->key.p, a->key.n) == 0;
}

/* Marks the members whose key comes once more. False: there is none. */
static bool mark(const struct once *o, struct member *m, uint32_t n)
{
    uint32_t places = 4;
    bool any = false;
    while (places < 2 * n)
        places *= 2;
    uint32_t *last = fl_arena_zero(o->d.scratch, sizeof *last * places); /* 0, or the number of the last one, from 1 */
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (uint32_t)fl_hash(o->seed, m[i].key.p, m[i].key.n) & (places - 1);
        while (last[at] && !same_key(&m[last[at] - 1], &m[i]))
            at = (at + 1) & (places - 1);
        if (last[at])
            any = m[last[at] - 1].again = true;
        last[at] = i + 1;
    }
    return any;
}

static void value(struct once *o);

/* d at a member's key. */
static void member(struct once *o, struct member *m)
{
    const char *key = o->d.p;
    m->again = false;
    m->from = o->out.n;
    fl_buf_put(&o->out, key, (size_t)(fl_string_end(key) - key));
    fl_buf_putc(&o->out, ':');
    fl_next_key(&o->d, &m->key);
    value(o);
    m->to = o->out.n;
}

static void object(struct once *o)
{
    struct member *m = NULL;
    uint32_t n = 0, room = 0;
    fl_buf_putc(&o->out, '{');
    size_t begin = o->out.n;
    for (int k = fl_object_begin(&o->d, ""); k == 1; k = fl_member_end(&o->d)) {
        if (n == room) {
            struct member *more = fl_arena_get(o->d.scratch, sizeof *m * (room = room ? room * 2 : 16));
            if (n)
                memcpy(more, m, sizeof *m * n);
            m = more;
        }
        if (n)
            fl_buf_putc(&o->out, ',');
        member(o, &m[n++]);
    }
    if (n > 1 && mark(o, m, n)) {
        char *w = o->out.p + begin, *first = w;
        for (uint32_t i = 0; i < n; i++) {
            if (m[i].again)
                continue;
            if (w > first)
                *w++ = ',';
            memmove(w, o->out.p + m[i].from, m[i].to - m[i].from);
            w += m[i].to - m[i].from;
        }
        o->out.n = (size_t)(w - o->out.p);
    }
    fl_buf_putc(&o->out, '}');
}

static void value(struct once *o)
{
    const char *p = o->d.p;
    if (*p == '{') {
        object(o);
    } else if (*p == '[') {
        fl_buf_putc(&o->out, '[');
        bool any = false;
        for (int k = fl_array_begin(&o->d, ""); k == 1; k = fl_element_end(&o->d)) {
            if (any)
                fl_buf_putc(&o->out, ',');
            any = true;
            value(o);
        }
        fl_buf_putc(&o->out, ']');
    } else {
        fl_skip_value(&o->d);
        fl_buf_put(&o->out, p, (size_t)(o->d.p - p));
    }
}

fl_str fl_json_once(struct fl_arena *scratch, fl_str json)
{
    size_t room = json.n + 2 * FL_PAD; /* it only gets shorter, so the buffer never grows */
    struct once o = {.out = {.p = fl_arena_get(scratch, room), .cap = room}};
    o.seed = fl_hash_seed(&o);
    fl_decoder_init(&o.d, json.p, json.n, scratch);
    fl_skip_space(&o.d);
    value(&o);
    memset(o.out.p + o.out.n, 0, FL_PAD);
    return (fl_str){o.out.p, (uint32_t)o.out.n, FL_RAW};
}
