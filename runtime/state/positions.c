/* positions.c - see positions.h. */
#include "state/positions.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "state/directory.h"
#include "state/journal.h"
#include "state/numbers.h"

#define KEPT 64

struct entry {
    char *path;
    struct fl_position at;
};

struct fl_positions {
    pthread_mutex_t lock;
    struct fl_journal *journal;
    struct entry entry[KEPT]; /* the one that was set last is the last */
    unsigned n;
};

/* ---- the record: for each file device, inode, offset, u64; before_n, path_n, u16; their bytes ---------------------------------- */

static void put_number(struct fl_buf *out, uint64_t v, unsigned n)
{
    uint8_t bytes[8];
    fl_number_put(bytes, n, v);
    fl_buf_put(out, (const char *)bytes, n);
}

static void put_entry(struct fl_buf *out, const struct entry *e)
{
    size_t path_n = strlen(e->path);
    put_number(out, e->at.device, 8);
    put_number(out, e->at.inode, 8);
    put_number(out, e->at.offset, 8);
    put_number(out, e->at.before_n, 2);
    put_number(out, path_n, 2);
    fl_buf_put(out, (const char *)e->at.before, e->at.before_n);
    fl_buf_put(out, e->path, path_n);
}

/* False: it isn't as put_entry writes it. */
static bool take_entries(struct fl_positions *p, const uint8_t *at, size_t n)
{
    while (n) {
        if (n < 28 || p->n == KEPT)
            return false;
        struct entry e = {.at = {.device = fl_number_at(at, 8), .inode = fl_number_at(at + 8, 8), .offset = fl_number_at(at + 16, 8),
                                 .before_n = (uint32_t)fl_number_at(at + 24, 2)}};
        size_t path_n = fl_number_at(at + 26, 2), whole = 28 + e.at.before_n + path_n;
        if (e.at.before_n > FL_POSITION_BEFORE || e.at.before_n > e.at.offset || whole > n)
            return false;
        memcpy(e.at.before, at + 28, e.at.before_n);
        e.path = fl_strndup((const char *)at + 28 + e.at.before_n, path_n);
        p->entry[p->n++] = e;
        at += whole;
        n -= whole;
    }
    return true;
}

/* ---- the list ------------------------------------------------------------------------------------------------------ */

struct fl_positions *fl_positions_open(struct fl_state *s, char **error)
{
    struct fl_positions *p = fl_new(struct fl_positions);
    uint8_t *record;
    size_t n;
    *error = NULL;
    pthread_mutex_init(&p->lock, NULL);
    p->journal = fl_journal_open(fl_state_fd(s), fl_state_path(s), &record, &n, error);
    if (p->journal && !take_entries(p, record, n))
        *error = fl_said("%s/journal has a record that can't be: choose another directory (pipeline.state.directory, --state) to begin anew",
                         fl_state_path(s));
    if (p->journal)
        free(record);
    if (!*error)
        return p;
    fl_positions_free(p);
    return NULL;
}

static unsigned find(const struct fl_positions *p, const char *path)
{
    unsigned i = 0;
    while (i < p->n && strcmp(p->entry[i].path, path) != 0)
        i++;
    return i;
}

bool fl_positions_get(struct fl_positions *p, const char *path, struct fl_position *at)
{
    if (!p)
        return false;
    pthread_mutex_lock(&p->lock);
    unsigned i = find(p, path);
    bool known = i < p->n;
    if (known)
        *at = p->entry[i].at;
    pthread_mutex_unlock(&p->lock);
    return known;
}

int fl_positions_set(struct fl_positions *p, const char *path, const struct fl_position *at)
{
    pthread_mutex_lock(&p->lock);
    unsigned i = find(p, path);
    if (i == KEPT)
        i = 0; /* the one that was set longest ago goes */
    struct entry e = {.path = fl_strdup(path), .at = *at};
    if (i < p->n) {
        free(p->entry[i].path);
        memmove(p->entry + i, p->entry + i + 1, (p->n - i - 1) * sizeof *p->entry);
        p->n--;
    }
    p->entry[p->n++] = e;
    struct fl_buf out = {0};
    for (i = 0; i < p->n; i++)
        put_entry(&out, &p->entry[i]);
    int error = fl_journal_write(p->journal, out.p, out.n);
    fl_buf_free(&out);
    pthread_mutex_unlock(&p->lock);
    return error;
}

void fl_positions_free(struct fl_positions *p)
{
    if (!p)
        return;
    fl_journal_close(p->journal);
    pthread_mutex_destroy(&p->lock);
    for (unsigned i = 0; i < p->n; i++)
        free(p->entry[i].path);
    free(p);
}
