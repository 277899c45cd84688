/*
 * worker.h - messages in, records in sealed objects out: the life of the worker threads.
 */
#ifndef FL_WORKER_H
#define FL_WORKER_H

#include <stdint.h>

struct fl_message;
struct fl_runtime;
struct fl_worker;

/* Opens the tables and calls pipeline->init. NULL: *error says why, to be freed. rt->config, lookups, store and ledger have to be there. */
struct fl_worker *fl_worker_new(struct fl_runtime *rt, char **error);
void fl_worker_start(struct fl_worker *w);
/* Waits for the end of the queue; all records are then in sealed objects. */
void fl_worker_join(struct fl_worker *w);
/* After fl_worker_join, when all was delivered: the input's position is noted, so that the next run goes on there. */
void fl_worker_save(struct fl_worker *w);
/* Without a thread, for tests and fuzzers: one message through the whole path; the clock is read from rt. */
void fl_worker_message(struct fl_worker *w, struct fl_message *m);
/* The same for timers: store and `absent`. Returns the next mono time. */
int64_t fl_worker_tick(struct fl_worker *w);
void fl_worker_free(struct fl_worker *w);

#endif
