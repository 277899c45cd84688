/* range.c - see range.h. */
#include "check/range.h"

#include <stdlib.h>
#include <string.h>

bool fc_range_empty(const struct fc_range *r)
{
    return r->n == 0 && !r->null;
}

struct fc_range fc_range_one(struct fl_arena *a, fc_point lo, fc_point hi)
{
    struct fc_interval *v = fl_arena_get(a, sizeof *v);
    *v = (struct fc_interval){lo, hi};
    return (struct fc_range){v, lo <= hi, false};
}

static int by_lo(const void *a, const void *b)
{
    const struct fc_interval *x = a, *y = b;
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

struct fc_range fc_range_of(struct fl_arena *a, struct fc_interval *v, uint32_t n)
{
    struct fc_interval *out = fl_arena_get(a, (n + 1u) * sizeof *out);
    uint32_t kept = 0;
    qsort(v, n, sizeof *v, by_lo);
    for (uint32_t i = 0; i < n; i++) {
        if (kept && (v[i].lo <= out[kept - 1].hi || v[i].lo == out[kept - 1].hi + 1)) {
            if (v[i].hi > out[kept - 1].hi)
                out[kept - 1].hi = v[i].hi;
        } else {
            out[kept++] = v[i];
        }
    }
    return (struct fc_range){out, kept, false};
}

struct fc_range fc_range_union(struct fl_arena *a, const struct fc_range *v, uint32_t n)
{
    size_t all = 0;
    bool null = false;
    if (n == 1)
        return *v;
    for (uint32_t i = 0; i < n; i++)
        all += v[i].n;
    struct fc_interval *w = fl_arena_get(a, (all + 1) * sizeof *w);
    all = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (v[i].n)
            memcpy(w + all, v[i].v, v[i].n * sizeof *w);
        all += v[i].n;
        null |= v[i].null;
    }
    struct fc_range r = fc_range_of(a, w, (uint32_t)all);
    r.null = null;
    return r;
}

struct fc_range fc_range_complement(struct fl_arena *a, const struct fc_range *r, fc_point last)
{
    struct fc_interval *out = fl_arena_get(a, (r->n + 1u) * sizeof *out);
    uint32_t n = 0;
    fc_point from = 0;
    bool open = true; /* is there anything from `from` on */
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->v[i].lo > from)
            out[n++] = (struct fc_interval){from, r->v[i].lo - 1};
        open = r->v[i].hi < last;
        from = r->v[i].hi + 1;
    }
    if (open)
        out[n++] = (struct fc_interval){from, last};
    return (struct fc_range){out, n, !r->null};
}

/* What is outside none of them: so n sets take one sort, and not n passes over a growing one. */
struct fc_range fc_range_intersection(struct fl_arena *a, const struct fc_range *v, uint32_t n, fc_point last)
{
    if (n == 1)
        return *v;
    struct fc_range *outside = fl_arena_get(a, n * sizeof *outside);
    for (uint32_t i = 0; i < n; i++)
        outside[i] = fc_range_complement(a, &v[i], last);
    struct fc_range any = fc_range_union(a, outside, n);
    return fc_range_complement(a, &any, last);
}

bool fc_range_within(const struct fc_range *part, const struct fc_range *whole)
{
    if (part->null && !whole->null)
        return false;
    for (uint32_t i = 0; i < part->n; i++) {
        uint32_t lo = 0, hi = whole->n; /* the last one that begins at or before part's */
        while (lo < hi) {
            uint32_t mid = lo + (hi - lo) / 2;
            if (whole->v[mid].lo <= part->v[i].lo)
                lo = mid + 1;
            else
                hi = mid;
        }
        if (lo == 0 || whole->v[lo - 1].hi < part->v[i].hi)
            return false;
    }
    return true;
}
