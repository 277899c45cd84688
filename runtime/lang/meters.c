/*
 * meters.c - see meters.h.
 *
 * Rows lie in one mapping that is touched as they are used, so that a row stays where it is; row 0 is `other`. An index of numbers and hashes,
 * which grows, finds a row by its labels. A row that is gone waits until every reader that could have seen it has left: each
 * enters with the number of the last row that went before it.
 */
#include "lang/meters.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/put.h"

#define SECOND INT64_C(1000000000)
#define INDEX_LEAST 64u

struct place { /* of the index; row 0 stands for none */
    uint32_t row, hash;
};

struct gone {
    uint64_t at;
    uint32_t row;
    char *text;
};

struct fl_meters_state {
    uint64_t seed;
    char *rows;
    size_t size;
    uint32_t stride, numbers_at, ends_at;
    uint32_t skip[FL_LABELS];      /* from the begin of a label to its value */
    _Atomic uint32_t used;
    uint32_t free, live;           /* free: the first of a list by hash; without row 0 */
    struct place *index;
    uint32_t mask;
    struct gone *gone;             /* oldest first; from gone_from on */
    size_t gone_from, gone_n, gone_cap;
    _Atomic uint64_t went;         /* rows that went */
    _Atomic uint64_t reader[FL_READERS]; /* went + 1 when it entered; 0: there is none */
    int64_t due;                   /* of the next sweep */
    struct fl_buf text, other;     /* of the row that is looked for; of row 0 */
};

static struct fl_meter_row *row_at(const struct fl_meters_state *s, uint32_t i)
{
    return (struct fl_meter_row *)(void *)(s->rows + (size_t)i * s->stride);
}

static int64_t *numbers(const struct fl_meters_state *s, const struct fl_meter_row *r)
{
    return (int64_t *)((uintptr_t)r + s->numbers_at);
}

static uint32_t *ends(const struct fl_meters_state *s, const struct fl_meter_row *r)
{
    return (uint32_t *)((uintptr_t)r + s->ends_at);
}

static bool alive(struct fl_meter_row *r)
{
    return atomic_load_explicit(&r->text, memory_order_relaxed) != NULL;
}

/* ---- what labels look like ---------------------------------------------------------------------------------------- */

/* Escaped; bytes that are no UTF-8 are U+FFFD, for one such label would spoil the whole page. True: it is as it was. */
static bool put_value(struct fl_buf *b, const char *p, uint32_t n)
{
    bool plain = true;
    for (uint32_t i = 0; i < n;) {
        size_t len = (unsigned char)p[i] < 0x80 ? 1 : fl_utf8_length(p + i, n - i);
        if (p[i] == '\\' || p[i] == '"' || p[i] == '\n') {
            fl_buf_putc(b, '\\');
            fl_buf_putc(b, p[i] == '\n' ? 'n' : p[i]);
            plain = false;
        } else if (len) {
            fl_buf_put(b, p + i, len);
        } else {
            fl_buf_puts(b, "\xef\xbf\xbd");
            plain = false;
        }
        i += len ? (uint32_t)len : 1;
    }
    return plain;
}

static bool put_label(struct fl_buf *b, const struct fl_meter_label_of *of, const struct fl_meter_label *l)
{
    char digits[FL_INT_MAX + 16];
    bool plain = true;
    fl_buf_puts(b, of->name);
    fl_buf_puts(b, "=\"");
    if (l->null)
        ;
    else if (of->form == FL_LABEL_TEXT)
        plain = put_value(b, l->p, l->n);
    else
        fl_buf_put(b, digits, (size_t)(fl_put_int(digits, l->number) - digits));
    fl_buf_puts(b, "\",");
    return plain;
}

/* All of them into s->text; `at` gets their ends, or is NULL. */
static bool put_labels(const struct fl_meters *m, const struct fl_meter_label *labels, uint32_t *at)
{
    bool plain = true;
    m->s->text.n = 0;
    for (uint32_t i = 0; i < m->nlabels; i++) {
        plain &= put_label(&m->s->text, &m->labels[i], &labels[i]);
        if (at)
            at[i] = (uint32_t)m->s->text.n;
    }
    return plain;
}

/* ---- the index ---------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct fl_meters *m, const struct fl_meter_label *labels, uint64_t *nulls)
{
    uint64_t h = m->s->seed;
    for (uint32_t i = 0; i < m->nlabels; i++) {
        if (labels[i].null)
            *nulls |= UINT64_C(1) << i;
        else if (m->labels[i].form == FL_LABEL_TEXT)
            h = fl_hash(h, labels[i].p, labels[i].n);
        else
            h = fl_hash_fold(h ^ UINT64_C(0x9e3779b97f4a7c15), (uint64_t)labels[i].number ^ m->s->seed);
    }
    return fl_hash_fold(h ^ *nulls, m->s->seed ^ UINT64_C(0xd1b54a32d192ed03));
}

static bool same(const struct fl_meters *m, struct fl_meter_row *r, const struct fl_meter_label *labels, uint64_t nulls)
{
    const struct fl_meters_state *s = m->s;
    const char *text = atomic_load_explicit(&r->text, memory_order_relaxed);
    uint32_t begin = 0;
    if (r->nulls != nulls)
        return false;
    if (!r->plain) { /* what is escaped could look like another's plain text */
        put_labels(m, labels, NULL);
        return s->text.n == r->text_n && memcmp(s->text.p, text, r->text_n) == 0;
    }
    for (uint32_t i = 0; i < m->nlabels; i++) {
        uint32_t end = ends(s, r)[i], from = begin + s->skip[i];
        begin = end;
        if (labels[i].null)
            continue;
        if (m->labels[i].form != FL_LABEL_TEXT) {
            if (numbers(s, r)[i] != labels[i].number)
                return false;
        } else if (end - from - 2 != labels[i].n || memcmp(text + from, labels[i].p, labels[i].n) != 0) {
            return false;
        }
    }
    return true;
}

static void index_put(struct fl_meters_state *s, uint32_t row, uint32_t hash)
{
    uint32_t at = hash & s->mask;
    while (s->index[at].row)
        at = (at + 1) & s->mask;
    s->index[at] = (struct place){row, hash};
}

static void index_grow(struct fl_meters_state *s)
{
    struct place *old = s->index;
    uint32_t n = old ? s->mask + 1 : 0, size = n ? n * 2 : INDEX_LEAST;
    s->index = fl_new_array(struct place, size);
    s->mask = size - 1;
    for (uint32_t i = 0; i < n; i++)
        if (old[i].row)
            index_put(s, old[i].row, old[i].hash);
    free(old);
}

/* Those behind it that would not be found over the gap move up. */
static void index_remove(struct fl_meters_state *s, uint32_t row, uint32_t hash)
{
    uint32_t at = hash & s->mask;
    while (s->index[at].row != row)
        at = (at + 1) & s->mask;
    for (uint32_t next = (at + 1) & s->mask; s->index[next].row; next = (next + 1) & s->mask)
        if (((next - s->index[next].hash) & s->mask) >= ((next - at) & s->mask)) {
            s->index[at] = s->index[next];
            at = next;
        }
    s->index[at].row = 0;
}

static struct fl_meter_row *find(const struct fl_meters *m, const struct fl_meter_label *labels, uint64_t hash, uint64_t nulls)
{
    const struct fl_meters_state *s = m->s;
    for (uint32_t at = (uint32_t)hash & s->mask; s->index[at].row; at = (at + 1) & s->mask) {
        struct fl_meter_row *r = row_at(s, s->index[at].row);
        if (s->index[at].hash == (uint32_t)hash && r->hash == hash && same(m, r, labels, nulls))
            return r;
    }
    return NULL;
}

/* ---- rows come ---------------------------------------------------------------------------------------------------- */

static void publish(struct fl_meters *m, struct fl_meter_row *r, const struct fl_buf *text, int64_t now)
{
    char *copy = fl_alloc(text->n + 1);
    if (text->n)
        memcpy(copy, text->p, text->n);
    r->text_n = (uint32_t)text->n;
    r->written = now;
    atomic_store_explicit(&r->there, 0, memory_order_relaxed);
    for (uint32_t i = 0; i < m->ncells; i++)
        fl_cell_put(&r->cell[i], 0);
    atomic_store_explicit(&r->text, copy, memory_order_release);
}

static struct fl_meter_row *other(struct fl_meters *m, int64_t now)
{
    struct fl_meters_state *s = m->s;
    struct fl_meter_row *r = row_at(s, 0);
    if (alive(r)) {
        r->written = now;
        return r;
    }
    struct fl_meter_label_of of;
    struct fl_meter_label all = {.p = "other", .n = 5};
    r->kept = true;
    s->other.n = 0;
    for (uint32_t i = 0; i < m->nlabels; i++) {
        of = (struct fl_meter_label_of){.name = m->labels[i].name};
        put_label(&s->other, &of, &all);
        ends(s, r)[i] = (uint32_t)s->other.n;
    }
    publish(m, r, &s->other, now);
    return r;
}

/* Is every label really called that? Then it is that row, for a page has no two of one name. */
static bool called_other(const struct fl_meters *m, const struct fl_meter_label *labels)
{
    for (uint32_t i = 0; i < m->nlabels; i++)
        if (labels[i].null || m->labels[i].form == FL_LABEL_NUMBER || labels[i].n != 5 || memcmp(labels[i].p, "other", 5) != 0)
            return false;
    return true;
}

/* The number of a row that nobody uses; 0: all are in use, or waited for. */
static uint32_t take_row(struct fl_meters *m)
{
    struct fl_meters_state *s = m->s;
    uint32_t i = s->free, used = atomic_load_explicit(&s->used, memory_order_relaxed);
    if (i)
        s->free = (uint32_t)row_at(s, i)->hash;
    else if (used <= m->max)
        i = used;
    return i;
}

static struct fl_meter_row *add(struct fl_meters *m, const struct fl_meter_label *labels, uint64_t hash, uint64_t nulls, int64_t now)
{
    struct fl_meters_state *s = m->s;
    bool fits = true;
    if (called_other(m, labels)) /* without labels there is one row */
        return other(m, now);
    for (uint32_t i = 0; i < m->nlabels; i++)
        fits &= labels[i].null || m->labels[i].form != FL_LABEL_TEXT || labels[i].n <= FL_LABEL;
    uint32_t i = fits ? take_row(m) : 0;
    if (!i) {
        m->others++;
        return other(m, now);
    }
    struct fl_meter_row *r = row_at(s, i);
    r->plain = put_labels(m, labels, ends(s, r));
    r->hash = hash;
    r->nulls = nulls;
    for (uint32_t k = 0; k < m->nlabels; k++)
        numbers(s, r)[k] = labels[k].number;
    publish(m, r, &s->text, now);
    if (i == atomic_load_explicit(&s->used, memory_order_relaxed))
        atomic_store_explicit(&s->used, i + 1, memory_order_release);
    if (++s->live * 2 > s->mask)
        index_grow(s);
    index_put(s, i, (uint32_t)hash);
    return r;
}

struct fl_meter_row *fl_meters_row(struct fl_meters *m, const struct fl_meter_label *labels, int64_t now)
{
    uint64_t nulls = 0, hash = hash_of(m, labels, &nulls);
    struct fl_meter_row *r = find(m, labels, hash, nulls);
    if (!r)
        return add(m, labels, hash, nulls, now);
    r->written = now;
    return r;
}

void fl_histogram_observe(struct fl_meter_row *r, uint32_t bit, uint32_t cell, const double *buckets, uint32_t nbuckets, double v)
{
    _Atomic double *c = r->cell + cell;
    uint32_t i = 0;
    while (i < nbuckets && !(v <= buckets[i]))
        i++;
    fl_cell_put(&c[i], fl_cell_get(&c[i]) + 1);
    fl_cell_put(&c[nbuckets + 1], fl_cell_get(&c[nbuckets + 1]) + v);
    fl_meter_there(r, bit);
}

/* ---- rows go ------------------------------------------------------------------------------------------------------ */

static void take_away(struct fl_meters *m, uint32_t i)
{
    struct fl_meters_state *s = m->s;
    struct fl_meter_row *r = row_at(s, i);
    if (r->kept) { /* it shows nothing until it is used again */
        atomic_store_explicit(&r->there, 0, memory_order_relaxed);
        for (uint32_t k = 0; k < m->ncells; k++)
            fl_cell_put(&r->cell[k], 0);
        return;
    }
    index_remove(s, i, (uint32_t)r->hash);
    s->live--;
    if (s->gone_from && s->gone_from == s->gone_n)
        s->gone_from = s->gone_n = 0;
    fl_grow(s->gone, s->gone_n, s->gone_cap);
    char *text = atomic_exchange(&r->text, NULL);
    s->gone[s->gone_n++] = (struct gone){atomic_fetch_add(&s->went, 1), i, text};
}

/* What no reader can see any more is given back. */
static void give_back(struct fl_meters_state *s)
{
    uint64_t least = UINT64_MAX;
    if (s->gone_from == s->gone_n)
        return;
    for (int i = 0; i < FL_READERS; i++) {
        uint64_t entered = atomic_load(&s->reader[i]);
        if (entered && entered < least)
            least = entered;
    }
    for (; s->gone_from < s->gone_n && s->gone[s->gone_from].at + 1 < least; s->gone_from++) {
        struct gone *g = &s->gone[s->gone_from];
        free(g->text);
        row_at(s, g->row)->hash = s->free;
        s->free = g->row;
    }
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* As often as a twentieth of the time, between one and five seconds. */
static int64_t pause_of(const struct fl_meters *m)
{
    int64_t p = m->expire / 20;
    return p < SECOND ? SECOND : p > 5 * SECOND ? 5 * SECOND : p;
}

int64_t fl_meters_sweep(struct fl_meters *m, int64_t now)
{
    struct fl_meters_state *s = m->s;
    uint32_t used = atomic_load_explicit(&s->used, memory_order_relaxed);
    if (m->expire == INT64_MAX || (now < s->due && s->due - now <= m->expire + pause_of(m))) {
        give_back(s);
        return sooner(m->expire == INT64_MAX ? INT64_MAX : s->due, s->gone_from < s->gone_n ? now + SECOND : INT64_MAX);
    }
    int64_t oldest = now;
    for (uint32_t i = 0; i < used; i++) {
        struct fl_meter_row *r = row_at(s, i);
        if (!alive(r))
            continue;
        if (now - r->written >= m->expire)
            take_away(m, i);
        else if (r->written < oldest)
            oldest = r->written;
    }
    give_back(s);
    if (__builtin_add_overflow(oldest, m->expire, &s->due))
        s->due = INT64_MAX;
    if (s->due < now + pause_of(m))
        s->due = now + pause_of(m);
    return sooner(s->due, s->gone_from < s->gone_n ? now + SECOND : INT64_MAX);
}

/* ---- life --------------------------------------------------------------------------------------------------------- */

/* Rows point to memory, and a program that ends doesn't free it. */
static void leaks_look_into(struct fl_meters_state *s, bool look)
{
#ifdef __SANITIZE_ADDRESS__
    if (look)
        __lsan_register_root_region(s->rows, s->size);
    else
        __lsan_unregister_root_region(s->rows, s->size);
#else
    (void)s, (void)look;
#endif
}

void fl_meters_open(struct fl_meters *m)
{
    _Static_assert(offsetof(struct fl_meter_row, cell) <= FL_METER_HEAD, "the head of a row has grown");
    struct fl_meters_state *s = m->s = fl_new(struct fl_meters_state);
    FL_CHECK(m->nlabels <= FL_LABELS && m->max > 0 && m->max < INT32_MAX);
    m->others = 0;
    s->seed = fl_hash_seed(m);
    s->stride = fl_meter_stride(m->ncells, m->nlabels);
    s->numbers_at = FL_METER_HEAD + 8 * m->ncells;
    s->ends_at = s->numbers_at + 8 * m->nlabels;
    for (uint32_t i = 0; i < m->nlabels; i++)
        s->skip[i] = (uint32_t)strlen(m->labels[i].name) + 2;
    s->size = ((size_t)m->max + 1) * s->stride;
    s->rows = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->rows == MAP_FAILED)
        fl_give_up("metric %s: no address space for %zu MiB (%lld rows); lower its max%s", m->nmeters ? m->meters[0].name : "?",
                   s->size >> 20, (long long)m->max, fl_limits_memory());
    leaks_look_into(s, true);
    atomic_init(&s->used, 1);
    index_grow(s);
}

static void free_texts(struct fl_meters_state *s)
{
    for (; s->gone_from < s->gone_n; s->gone_from++)
        free(s->gone[s->gone_from].text);
    for (uint32_t i = 0; i < atomic_load(&s->used); i++)
        free(atomic_exchange(&row_at(s, i)->text, NULL));
}

void fl_meters_close(struct fl_meters *m)
{
    struct fl_meters_state *s = m->s;
    if (!s)
        return;
    free_texts(s);
    leaks_look_into(s, false);
    munmap(s->rows, s->size);
    free(s->index);
    free(s->gone);
    fl_buf_free(&s->text);
    fl_buf_free(&s->other);
    free(s);
    m->s = NULL;
}

/* ---- readers ------------------------------------------------------------------------------------------------------ */

int fl_meters_enter(struct fl_meters *m)
{
    struct fl_meters_state *s = m->s;
    for (int i = 0; i < FL_READERS; i++) {
        uint64_t none = 0;
        if (atomic_compare_exchange_strong(&s->reader[i], &none, atomic_load(&s->went) + 1))
            return i;
    }
    return -1;
}

void fl_meters_leave(struct fl_meters *m, int reader)
{
    atomic_store(&m->s->reader[reader], 0);
}

uint32_t fl_meters_used(const struct fl_meters *m)
{
    return atomic_load_explicit(&m->s->used, memory_order_acquire);
}

const struct fl_meter_row *fl_meters_at(const struct fl_meters *m, uint32_t i)
{
    return row_at(m->s, i);
}

uint32_t fl_meter_label_end(const struct fl_meters *m, const struct fl_meter_row *r, uint32_t i)
{
    return ends(m->s, r)[i];
}
