/*
 * store.h - encoded records to objects: which object a record goes into, what it is called, when it is sealed.
 * All of it is called by the worker thread that has the turn to run.
 */
#ifndef FL_STORE_H
#define FL_STORE_H

#include <stdint.h>

#include "core/clock.h"
#include "flowrt.h"

struct fl_runtime;
struct fl_store;

/* For output number `number`, after its fl_output_new. NULL and *error (to be freed) when the options are no good. */
struct fl_store *fl_store_new(struct fl_runtime *rt, uint32_t number, char **error);
void fl_store_free(struct fl_store *s);
/*
 * Encode one live record into the open object of its class and partition ({NULL} or "": none); seals what is full. When too much waits
 * for the sink it is held up meanwhile, or something is dropped and counted, as the output says.
 */
void fl_store_add(struct fl_store *s, struct fl_cx *cx, const struct fl_rec *r, fl_str partition);
/* A message's records are through: `direct` seals. */
void fl_store_batch_end(struct fl_store *s);
/* Seal what is old enough; returns the mono time at which it wants to be called next, INT64_MAX: not before more records. */
int64_t fl_store_tick(struct fl_store *s, struct fl_time now);
/* All outputs' stores. */
int64_t fl_stores_tick(struct fl_runtime *rt, struct fl_time now);
void fl_store_seal_all(struct fl_store *s, struct fl_time now);

#endif
