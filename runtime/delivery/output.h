/*
 * output.h - the life of what comes behind the store: compressing, retrying, writing.
 */
#ifndef FL_OUTPUT_H
#define FL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_buf;
struct fl_output;
struct fl_runtime;
struct fl_sink_kind;

/* For output number `number` of the .flow. */
struct fl_output *fl_output_new(struct fl_runtime *rt, uint32_t number, char **error);
/* Ask the sink for a first sign of life (directory is writable, bucket configured); error text to be freed, or NULL. */
char *fl_output_check(struct fl_output *o);
/* Without it (tests) there are no threads: an object is written when it is sealed, or by fl_output_step. */
void fl_output_start(struct fl_output *o);
/* SIGHUP: the sink reads its credentials again. True: it has some in files. Any thread. */
bool fl_output_reload(struct fl_output *o);
/*
 * For checkpoints, by whoever calls the store: all that was sealed by now is to be watched; and has it left since, written, refused or
 * dropped by the .flow's policy? The one before has to be settled before another mark.
 */
void fl_output_mark(struct fl_output *o);
bool fl_output_settled(const struct fl_output *o);
/* The process is to stop: records that still wait in front of a full output are let through, retries go at once. Any thread. */
void fl_output_hurry(struct fl_output *o);
/* Becomes readable when the sink is gone for good and the process can only end. */
int fl_output_lost_fd(const struct fl_output *o);
/*
 * The process leaves now: nothing new is written, what is being written gets a second to arrive, and then no object is
 * counted any more, so that the books can be closed. Never undone.
 */
void fl_output_freeze(struct fl_output *o);
/* Nothing more will be sealed: write what is left until mono time `deadline`. Returns how many records could not be delivered. */
uint64_t fl_output_stop(struct fl_output *o, int64_t deadline);
void fl_output_free(struct fl_output *o);
/* ns that the oldest sealed object has waited for the sink; 0: none waits. Any thread. */
int64_t fl_output_age(struct fl_output *o);
/* What waits, since when and why, as `objects_waiting=3 bytes_waiting=.. oldest=12s ..`; "" when nothing does. Any thread. */
void fl_output_waits(struct fl_output *o, char *out, size_t size);
/* For /metrics: of each output whose sink takes objects what waits, the limit, how long; when something was written last; how long that takes. */
void fl_output_metrics(const struct fl_runtime *rt, struct fl_buf *out);
/* Says in the log that an attempt has gone on for 10 s. To be called every few seconds, by any thread. */
void fl_output_watch(struct fl_output *o);

/* ---- for tests and the test runner ---- */

/* fl_output_new with this sink instead of the configured one. */
struct fl_output *fl_output_new_with(struct fl_runtime *rt, uint32_t number, const struct fl_sink_kind *sink, char **error);
/* The sink's own state, as its `open` gave it: for fl_memory_objects. */
void *fl_output_sink(struct fl_output *o);
/*
 * Without threads: try what is due at the clock's time. Returns the mono time at which the next object is due,
 * INT64_MAX: none waits.
 */
int64_t fl_output_step(struct fl_output *o);
/* The pause after so many failures in a row, ns: 0.5 s, doubled each time, up to a quarter more; 30 s at most. */
int64_t fl_output_backoff(unsigned failures, uint64_t random);

#endif
