/* turns.c - see turns.h. */
#include "run/turns.h"

#include <sched.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define RELAX() _mm_pause()
#else
#define RELAX() ((void)0)
#endif

/*
 * About half a millisecond. At full speed turns are passed several times in that, and a virtual processor that was put to
 * sleep takes as long to be woken as a stage takes.
 */
#define SPINS 20000

void fl_turns_init(struct fl_turns *t)
{
    *t = (struct fl_turns){.now = {0}};
    pthread_mutex_init(&t->lock, NULL);
    for (int i = 0; i < FL_TURNS; i++)
        pthread_cond_init(&t->passed[i], NULL);
}

void fl_turns_free(struct fl_turns *t)
{
    for (int i = 0; i < FL_TURNS; i++)
        pthread_cond_destroy(&t->passed[i]);
    pthread_mutex_destroy(&t->lock);
}

static bool is(struct fl_turns *t, enum fl_turn turn, uint64_t n)
{
    return atomic_load_explicit(&t->now[turn], memory_order_acquire) == n;
}

void fl_turns_wait(struct fl_turns *t, enum fl_turn turn, uint64_t n)
{
    for (unsigned i = 0; i < (t->spin ? SPINS : 1); i++) {
        if (is(t, turn, n))
            return;
        if (i % 64 == 63)
            sched_yield();
        RELAX();
    }
    pthread_mutex_lock(&t->lock);
    t->sleeping[turn]++;
    while (!is(t, turn, n))
        pthread_cond_wait(&t->passed[turn], &t->lock);
    t->sleeping[turn]--;
    pthread_mutex_unlock(&t->lock);
}

void fl_turns_pass(struct fl_turns *t, enum fl_turn turn)
{
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add_explicit(&t->now[turn], 1, memory_order_release);
    uint32_t sleeping = t->sleeping[turn];
    pthread_mutex_unlock(&t->lock);
    if (sleeping)
        pthread_cond_broadcast(&t->passed[turn]);
}
