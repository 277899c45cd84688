/*
 * output.h - the output as tests and the test runner see it; the ordinary life cycle is in core/runtime.h, what the store
 * calls in store/store.h.
 */
#ifndef FL_OUTPUT_H
#define FL_OUTPUT_H

#include "core/runtime.h"
#include "drivers/sink.h"

/* fl_output_new with this sink instead of the configured one. */
struct fl_output *fl_output_new_with(struct fl_runtime *rt, const struct fl_sink_kind *sink, char **error);
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
