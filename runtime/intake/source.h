/*
 * source.h - the chosen source and its thread; kinds of sources: drivers/source.h.
 */
#ifndef FL_INTAKE_SOURCE_H
#define FL_INTAKE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct fl_message;
struct fl_runtime;
struct fl_source;

struct fl_source *fl_source_new(struct fl_runtime *rt, char **error); /* picks skydive, file or stdin; checks what can be checked without a network */
void fl_source_start(struct fl_source *s);                             /* its own thread; closes rt->queue at the end of a file */
/* Nothing has to be waited for (a plain file): start does nothing, the worker reads. s may be NULL. */
bool fl_source_ready(const struct fl_source *s);
/* The next block into m, at most n bytes; by any thread, one at a time. False: it was the last one (m->n may be 0), or fl_source_stop was called. */
bool fl_source_read(struct fl_source *s, struct fl_message *m, size_t n);
void fl_source_stop(struct fl_source *s);                              /* stops reading, sends a close frame; closes rt->queue; joins the thread */
void fl_source_free(struct fl_source *s);
/* Did the input break off before its end? main exits with 1 then. After fl_source_stop or the end of the input. */
bool fl_source_failed(const struct fl_source *s);
/* Any thread: is it connected, or needs no connection? s may be NULL. */
bool fl_source_connected(const struct fl_source *s);

#endif
