/* memory.h - objects that stay in memory: the sink of tests and of the test runner. */
#ifndef FL_SINK_MEMORY_H
#define FL_SINK_MEMORY_H

#include "drivers/sink.h"

extern const struct fl_sink_kind fl_sink_memory;

/* What fl_sink_memory holds, in the order of writing: copies, valid until it is closed. */
const struct fl_object *fl_memory_objects(void *sink, size_t *n);
/*
 * The next writes give these results; FL_WRITTEN when the script is at its end. For tests of what comes before a
 * sink.
 */
void fl_memory_script(void *sink, const enum fl_write_result *results, size_t n);

#endif
