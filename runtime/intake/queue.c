/*
 * queue.c - messages on their way from the source's thread to the worker's, bounded by bytes; see queue.h.
 *
 * One producer, one consumer, one mutex: it is taken once per message (about 100 flows) or block (half a MiB), so there is
 * nothing to win by doing without. The other side is woken when the mutex is free again, else it would run into it and
 * sleep once more. Message memory goes round: what the worker gives back is filled again by the source. The queue is
 * full when at least max_bytes (and what a source may read ahead) wait in it, so it never holds more than that and one message.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/clock.h"
#include "intake/queue.h"

#define SMALLEST ((size_t)4096)
#define CACHE_LINE ((size_t)64)
#define LARGEST_KEPT ((size_t)2 << 20) /* a larger buffer goes back to the system after use */
#define LOOK_AT 8                      /* free messages that are looked at for one that is large enough */

#define MAGIC FL_MARK('q', 'u', 'e', 'u')

struct fl_queue {
    uint32_t magic;
    pthread_mutex_t lock;
    pthread_cond_t more; /* a message came, or the end */
    pthread_cond_t room;
    struct fl_message *first, **last;
    struct fl_message *free;
    struct fl_message *slices; /* free ones, which have no memory */
    size_t max_bytes, ahead;
    size_t bytes;      /* that wait, as memory() counts them */
    size_t free_bytes; /* memory of the free list */
    bool closed;
    bool wanted;       /* the source saw a full queue and waits for `wake` */
    void (*wake)(void *);
    void *wake_arg;
};

struct fl_queue *fl_queue_new(size_t max_bytes)
{
    struct fl_queue *q = fl_new(struct fl_queue);
    fl_mark(q, MAGIC);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->more, &attr);
    pthread_cond_init(&q->room, &attr);
    pthread_condattr_destroy(&attr);
    q->max_bytes = max_bytes ? max_bytes : 1;
    q->last = &q->first;
    return q;
}

void fl_queue_ahead(struct fl_queue *q, size_t bytes)
{
    FL_ALIVE(q, MAGIC);
    pthread_mutex_lock(&q->lock);
    q->ahead = bytes;
    pthread_mutex_unlock(&q->lock);
}

static size_t limit(const struct fl_queue *q)
{
    return q->max_bytes + q->ahead;
}

/* What a waiting message takes: memory of its own is never less than SMALLEST, so that a flood of empty ones is bounded too. */
static size_t memory(const struct fl_message *m)
{
    return sizeof *m + (m->block || m->n > SMALLEST ? m->n : SMALLEST);
}

static void message_free(struct fl_message *m)
{
    free(m->data);
    free(m);
}

static void list_free(struct fl_message *m)
{
    for (struct fl_message *next; m; m = next) {
        next = m->next;
        message_free(m);
    }
}

void fl_queue_free(struct fl_queue *q)
{
    if (!q)
        return;
    FL_ALIVE(q, MAGIC);
    for (struct fl_message *m = q->first, *next; m; m = next) {
        next = m->next;
        fl_queue_recycle(q, m);
    }
    list_free(q->free);
    list_free(q->slices);
    pthread_cond_destroy(&q->more);
    pthread_cond_destroy(&q->room);
    pthread_mutex_destroy(&q->lock);
    fl_unmark(q);
    free(q);
}

/* The smallest free message with room for n, else any free one, else NULL. */
static struct fl_message *take_free(struct fl_queue *q, size_t n)
{
    struct fl_message **best = q->free ? &q->free : NULL;
    int looked = 0;
    for (struct fl_message **p = &q->free; *p && looked < LOOK_AT; p = &(*p)->next, looked++) {
        if ((*p)->cap >= n && ((*best)->cap < n || (*p)->cap < (*best)->cap))
            best = p;
    }
    if (!best)
        return NULL;
    struct fl_message *m = *best;
    *best = m->next;
    q->free_bytes -= m->cap;
    return m;
}

struct fl_message *fl_queue_message(struct fl_queue *q, size_t n)
{
    FL_ALIVE(q, MAGIC);
    pthread_mutex_lock(&q->lock);
    struct fl_message *m = take_free(q, n);
    pthread_mutex_unlock(&q->lock);
    if (!m)
        m = fl_new(struct fl_message);
    char *data = m->data;
    size_t cap = m->cap;
    if (cap < n) { /* nothing to carry over */
        free(data);
        data = NULL;
        cap = 0;
    }
    *m = (struct fl_message){.data = data, .cap = cap};
    fl_message_room(m, n);
    return m;
}

/* cap doesn't count FL_PAD. */
void fl_message_room(struct fl_message *m, size_t n)
{
    if (m->data && m->cap >= n)
        return;
    size_t cap = m->cap < SMALLEST ? SMALLEST : m->cap;
    while (cap < n)
        cap *= 2;
    /* Large blocks of malloc begin 16 bytes behind a page's start: for read(2), which copies from a page's start, that is
     * half as fast as any whole cache line (AMD's `rep movs`). */
    char *data = aligned_alloc(CACHE_LINE, (cap + FL_PAD + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    if (!data)
        fl_no_memory(FL_PART, cap + FL_PAD);
    if (m->n)
        memcpy(data, m->data, m->n);
    free(m->data);
    m->data = data;
    m->cap = cap;
}

/* The lock is held. Memory that isn't kept is given back to be freed without the lock. */
static struct fl_message *keep(struct fl_queue *q, struct fl_message *m)
{
    if (m->cap > LARGEST_KEPT || q->free_bytes + m->cap > q->max_bytes + LARGEST_KEPT)
        return m;
    m->next = q->free;
    q->free = m;
    q->free_bytes += m->cap;
    return NULL;
}

/* The same for a slice, or for a block that may still have some. */
static struct fl_message *give_back(struct fl_queue *q, struct fl_message *m)
{
    struct fl_message *block = m->block ? m->block : m;
    if (m->block) {
        *m = (struct fl_message){.next = q->slices};
        q->slices = m;
    }
    if (block->users && --block->users)
        return NULL;
    return keep(q, block);
}

struct fl_message *fl_queue_slice(struct fl_queue *q, struct fl_message *block, char *data, size_t n)
{
    FL_ALIVE(q, MAGIC);
    pthread_mutex_lock(&q->lock);
    struct fl_message *m = q->slices;
    if (m)
        q->slices = m->next;
    block->users += block->users ? 1 : 2; /* who fills it is the first */
    pthread_mutex_unlock(&q->lock);
    if (!m)
        m = fl_new(struct fl_message);
    *m = (struct fl_message){.data = data, .n = n, .cap = n, .block = block};
    return m;
}

struct fl_message *fl_queue_block(struct fl_queue *q, struct fl_message *old, size_t n)
{
    pthread_mutex_lock(&q->lock);
    bool again = old && old->users <= 1;
    pthread_mutex_unlock(&q->lock);
    if (again)
        return old;
    fl_queue_recycle(q, old);
    return fl_queue_message(q, n);
}

void fl_queue_recycle(struct fl_queue *q, struct fl_message *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&q->lock);
    m = give_back(q, m);
    pthread_mutex_unlock(&q->lock);
    if (m)
        message_free(m);
}

bool fl_queue_push(struct fl_queue *q, struct fl_message *m)
{
    FL_ALIVE(q, MAGIC);
    m->next = NULL;
    pthread_mutex_lock(&q->lock);
    while (q->bytes >= limit(q) && !q->closed)
        pthread_cond_wait(&q->room, &q->lock);
    bool taken = !q->closed;
    struct fl_message *unkept = NULL;
    if (taken) {
        *q->last = m;
        q->last = &m->next;
        q->bytes += memory(m);
    } else {
        unkept = give_back(q, m);
    }
    pthread_mutex_unlock(&q->lock);
    if (taken)
        pthread_cond_signal(&q->more);
    if (unkept)
        message_free(unkept);
    return taken;
}

bool fl_queue_full(struct fl_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool full = q->bytes >= limit(q) && !q->closed;
    q->wanted = full;
    pthread_mutex_unlock(&q->lock);
    return full;
}

bool fl_queue_behind(struct fl_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool behind = q->bytes >= q->max_bytes;
    pthread_mutex_unlock(&q->lock);
    return behind;
}

void fl_queue_on_room(struct fl_queue *q, void (*wake)(void *), void *arg)
{
    FL_ALIVE(q, MAGIC);
    pthread_mutex_lock(&q->lock);
    q->wake = wake;
    q->wake_arg = arg;
    pthread_mutex_unlock(&q->lock);
}

/* Waits for `more` until mono time `deadline`; false when it has come. */
static bool wait_more(struct fl_queue *q, int64_t deadline)
{
    if (deadline == INT64_MAX) {
        pthread_cond_wait(&q->more, &q->lock);
        return true;
    }
    if (deadline < 0)
        deadline = 0;
    struct timespec ts = {.tv_sec = deadline / FL_SECOND, .tv_nsec = deadline % FL_SECOND};
    return pthread_cond_timedwait(&q->more, &q->lock, &ts) != ETIMEDOUT;
}

/*
 * The lock is held. Half of max_bytes is soon enough: the worker still has half a queue, and nobody is woken per message. True:
 * `room` is to be signalled.
 */
static bool has_room(struct fl_queue *q)
{
    if (q->bytes > limit(q) - q->max_bytes / 2)
        return false;
    if (q->wanted && q->wake) {
        q->wanted = false;
        q->wake(q->wake_arg);
    }
    return true;
}

struct fl_message *fl_queue_pop(struct fl_queue *q, int64_t deadline, bool *end)
{
    FL_ALIVE(q, MAGIC);
    pthread_mutex_lock(&q->lock);
    bool waiting = true;
    while (!q->first && !q->closed && waiting)
        waiting = wait_more(q, deadline);
    struct fl_message *m = q->first;
    bool room = false;
    *end = !m && q->closed;
    if (m) {
        q->first = m->next;
        if (!q->first)
            q->last = &q->first;
        m->next = NULL;
        q->bytes -= memory(m);
        room = has_room(q);
    }
    pthread_mutex_unlock(&q->lock);
    if (room)
        pthread_cond_signal(&q->room);
    return m;
}

uint64_t fl_queue_waiting(struct fl_queue *q)
{
    pthread_mutex_lock(&q->lock);
    uint64_t n = 0;
    for (const struct fl_message *m = q->first; m; m = m->next)
        n += m->n > 0;
    pthread_mutex_unlock(&q->lock);
    return n;
}

size_t fl_queue_bytes(struct fl_queue *q, size_t *max_bytes)
{
    pthread_mutex_lock(&q->lock);
    size_t bytes = q->bytes;
    pthread_mutex_unlock(&q->lock);
    *max_bytes = q->max_bytes;
    return bytes;
}

bool fl_queue_empty(struct fl_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool empty = !q->first;
    pthread_mutex_unlock(&q->lock);
    return empty;
}

void fl_queue_close(struct fl_queue *q)
{
    FL_ALIVE(q, MAGIC);
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->more);
    pthread_cond_broadcast(&q->room);
    pthread_mutex_unlock(&q->lock);
}
