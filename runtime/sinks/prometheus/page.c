/*
 * page.c - see page.h.
 *
 * A line is made of pieces: constant text, and stretches of the row's labels, which are there as text. So a line costs a few copies and a number.
 */
#include "sinks/prometheus/page.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/check.h"
#include "value/float.h"

/* Constant text, and behind it the row's labels from..to. */
struct piece {
    char *text;
    size_t n;
    uint32_t from, to;
};

enum shown { PLAIN, UP_TO, SUM, ALL }; /* UP_TO and ALL: what fell into a histogram's buckets up to one, into all of them */

struct line {
    enum shown shown;
    uint32_t bit, cell, ncells;    /* UP_TO, ALL: cells that are added */
    bool labelled;
    struct piece *pieces;
    uint32_t npieces;
    size_t fixed;                  /* bytes of its constant text */
};

struct family {
    struct fl_meters *of;
    uint32_t group;
    const struct fl_meter *meter;
    struct fl_buf head;
    struct line *lines;
    uint32_t nlines;
};

struct fl_page {
    struct fl_meters *const *meters;
    uint32_t nmeters;
    struct family *families;
    uint32_t nfamilies;
};

struct fl_page_reading {
    const struct fl_page *page;
    uint32_t family, row, line;
    bool headed;                   /* the family's head is there: it has a series */
    int reader[];                  /* by group */
};

/* ---- how lines look ----------------------------------------------------------------------------------------------- */

static struct piece *add_piece(struct line *l, struct fl_buf *text)
{
    l->pieces = fl_resize(l->pieces, l->npieces + 1);
    struct piece *p = &l->pieces[l->npieces++];
    *p = (struct piece){.text = fl_strndup(text->n ? text->p : "", text->n), .n = text->n};
    l->fixed += text->n;
    text->n = 0;
    return p;
}

static void put_label(struct fl_buf *b, const char *name, const char *value)
{
    fl_buf_puts(b, name);
    fl_buf_puts(b, "=\"");
    fl_buf_puts(b, value);
    fl_buf_puts(b, "\",");
}

/* NAME_SUFFIX{..: the row's labels and the value's own, by name; `le` stands last. */
static void make_line(struct family *f, const struct fl_value_of *v, const char *suffix, const char *le, struct line line)
{
    const struct fl_meters *m = f->of;
    struct fl_buf text = {0};
    const char *const *own = v->labels;
    f->lines = fl_resize(f->lines, f->nlines + 1);
    struct line *l = &f->lines[f->nlines++];
    *l = line;
    l->labelled = m->nlabels || own || le;
    fl_buf_puts(&text, f->meter->name);
    fl_buf_puts(&text, suffix);
    if (l->labelled)
        fl_buf_putc(&text, '{');
    for (uint32_t i = 0; i < m->nlabels;) {
        while (own && *own && strcmp(own[0], m->labels[i].name) < 0) {
            put_label(&text, own[0], own[1]);
            own += 2;
        }
        struct piece *p = add_piece(l, &text);
        p->from = i;
        while (i < m->nlabels && !(own && *own && strcmp(own[0], m->labels[i].name) < 0))
            i++;
        p->to = i;
    }
    for (; own && *own; own += 2)
        put_label(&text, own[0], own[1]);
    if (le)
        put_label(&text, "le", le);
    add_piece(l, &text);
    fl_buf_free(&text);
}

static void make_lines(struct family *f)
{
    const struct fl_meter *m = f->meter;
    for (uint32_t i = 0; i < m->nvalues; i++) {
        const struct fl_value_of *v = &m->values[i];
        struct line l = {.shown = PLAIN, .bit = m->first + i, .cell = v->cell};
        if (m->kind != FL_HISTOGRAM) {
            make_line(f, v, "", NULL, l);
            continue;
        }
        for (uint32_t k = 0; k <= m->nbuckets; k++) {
            l.shown = UP_TO;
            l.ncells = k + 1;
            make_line(f, v, "_bucket", k < m->nbuckets ? m->bounds[k] : "+Inf", l);
        }
        l.shown = SUM;
        l.cell = v->cell + m->nbuckets + 1;
        make_line(f, v, "_sum", NULL, l);
        l.shown = ALL;
        l.cell = v->cell;
        make_line(f, v, "_count", NULL, l);
    }
}

static void make_head(struct family *f)
{
    static const char *const kinds[] = {[FL_COUNTER] = "counter", [FL_GAUGE] = "gauge", [FL_HISTOGRAM] = "histogram"};
    fl_buf_printf(&f->head, "# HELP %s ", f->meter->name);
    for (const char *p = f->meter->help; *p; p++)
        if (*p == '\\' || *p == '\n')
            fl_buf_puts(&f->head, *p == '\n' ? "\\n" : "\\\\");
        else
            fl_buf_putc(&f->head, *p);
    fl_buf_printf(&f->head, "\n# TYPE %s %s\n", f->meter->name, kinds[f->meter->kind]);
}

static int by_name(const void *a, const void *b)
{
    const struct family *x = a, *y = b;
    return strcmp(x->meter->name, y->meter->name);
}

struct fl_page *fl_page_new(struct fl_meters *const *meters, uint32_t n)
{
    struct fl_page *p = fl_new(struct fl_page);
    p->meters = meters;
    p->nmeters = n;
    for (uint32_t i = 0; i < n; i++)
        p->nfamilies += meters[i]->nmeters;
    p->families = fl_new_array(struct family, p->nfamilies + 1);
    struct family *f = p->families;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < meters[i]->nmeters; k++, f++) {
            *f = (struct family){.of = meters[i], .group = i, .meter = &meters[i]->meters[k]};
            make_head(f);
            make_lines(f);
        }
    qsort(p->families, p->nfamilies, sizeof *p->families, by_name);
    return p;
}

void fl_page_free(struct fl_page *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        struct family *f = &p->families[i];
        for (uint32_t k = 0; k < f->nlines; k++) {
            for (uint32_t j = 0; j < f->lines[k].npieces; j++)
                free(f->lines[k].pieces[j].text);
            free(f->lines[k].pieces);
        }
        free(f->lines);
        fl_buf_free(&f->head);
    }
    free(p->families);
    free(p);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

struct fl_page_reading *fl_page_open(const struct fl_page *p)
{
    struct fl_page_reading *r = fl_alloc_zero(sizeof *r + p->nmeters * sizeof *r->reader);
    r->page = p;
    for (uint32_t i = 0; i < p->nmeters; i++) {
        r->reader[i] = fl_meters_enter(p->meters[i]);
        if (r->reader[i] < 0) {
            while (i-- > 0)
                fl_meters_leave(p->meters[i], r->reader[i]);
            free(r);
            return NULL;
        }
    }
    return r;
}

void fl_page_close(struct fl_page_reading *r)
{
    for (uint32_t i = 0; i < r->page->nmeters; i++)
        fl_meters_leave(r->page->meters[i], r->reader[i]);
    free(r);
}

static double value_of(const struct line *l, const struct fl_meter_row *r)
{
    double v = 0;
    if (l->shown == PLAIN || l->shown == SUM)
        return fl_cell_get(&r->cell[l->cell]);
    for (uint32_t i = 0; i < l->ncells; i++)
        v += fl_cell_get(&r->cell[l->cell + i]);
    return v;
}

static char *put_line(char *w, const struct fl_meters *m, const struct line *l, const struct fl_meter_row *r, const char *text)
{
    for (uint32_t i = 0; i < l->npieces; i++) {
        const struct piece *p = &l->pieces[i];
        memcpy(w, p->text, p->n);
        w += p->n;
        if (p->from == p->to)
            continue;
        uint32_t from = p->from ? fl_meter_label_end(m, r, p->from - 1) : 0;
        size_t n = fl_meter_label_end(m, r, p->to - 1) - from;
        memcpy(w, text + from, n);
        w += n;
    }
    if (l->labelled)
        w[-1] = '}'; /* where the last label's comma is */
    *w++ = ' ';
    w = fl_put_float_short(w, value_of(l, r));
    *w++ = '\n';
    return w;
}

/* The lines of the row that the reading stands at; false: there is no room for all of them. */
static bool put_row(struct fl_page_reading *r, const struct family *f, char **w, const char *end)
{
    const struct fl_meter_row *row = fl_meters_at(f->of, r->row);
    const char *text = atomic_load_explicit((_Atomic(char *) *)&row->text, memory_order_acquire);
    uint64_t there = text ? atomic_load_explicit((_Atomic uint64_t *)&row->there, memory_order_acquire) : 0;
    for (; there && r->line < f->nlines; r->line++) {
        const struct line *l = &f->lines[r->line];
        if (!(there >> l->bit & 1))
            continue;
        if ((size_t)(end - *w) < f->head.n + l->fixed + row->text_n + 2 * FL_FLOAT_MAX)
            return false;
        if (!r->headed) {
            memcpy(*w, f->head.p, f->head.n);
            *w += f->head.n;
            r->headed = true;
        }
        *w = put_line(*w, f->of, l, row, text);
    }
    r->line = 0;
    return true;
}

size_t fl_page_next(struct fl_page_reading *r, char *to, size_t room)
{
    const struct fl_page *p = r->page;
    char *w = to;
    for (; r->family < p->nfamilies; r->family++) {
        const struct family *f = &p->families[r->family];
        for (const uint32_t used = fl_meters_used(f->of); r->row < used; r->row++)
            if (!put_row(r, f, &w, to + room)) {
                FL_CHECK(w > to); /* else no line of it would ever fit */
                return (size_t)(w - to);
            }
        r->row = 0;
        r->headed = false;
    }
    return (size_t)(w - to);
}
