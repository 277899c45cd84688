/*
 * runtime.h - how the parts of a running pipeline are put together. Internal to libflowrt.
 *
 *   source thread --fl_message--> queue --> worker threads --objects--> upload threads --> sink
 *   source_*.c                    intake/queue.c   run/hands.c, run/worker.c           delivery/upload.c           write_*.c
 *                                           decode, run, encode,        write, retry
 *                                           store_*.c, delivery/output.c: compress, seal
 *
 * One worker thread does all of it for a load of messages; with two processors or more there are two, which take turns (run/turns.h).
 * A plain file is read by the worker threads themselves: there is no source thread then.
 * The queue and the output are bounded; whoever is ahead waits (back-pressure), nothing is dropped silently.
 * The main thread starts everything, waits for signals, and stops it in the order of the arrows.
 */
#ifndef FL_RUNTIME_H
#define FL_RUNTIME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "flowrt.h"

/* ---- clock ------------------------------------------------------------------------------------------------
 * wall: labels (keys, metadata), ns since 1970. mono: ages and deadlines, ns, never steps back.
 * Tests set rt->clock to a virtual one. */
struct fl_time {
    int64_t wall, mono;
};
#define FL_SECOND INT64_C(1000000000)
struct fl_runtime;
struct fl_time fl_clock_real(struct fl_runtime *rt);
struct fl_time fl_clock_virtual(struct fl_runtime *rt); /* rt->virtual_time */

/* ---- ledger ------------------------------------------------------------------------------------------------ */
enum fl_counter {
#define C(name, unit, doc) FL_C_##name,
#include "dsl/counters.def"
#undef C
    FL_COUNTERS
};

struct fl_ledger {
    _Atomic uint64_t n[FL_COUNTERS];
    _Atomic uint64_t *dropped; /* by reason */
    uint32_t nreasons;
    const char *const *reasons;
};

static inline void fl_count(struct fl_ledger *l, enum fl_counter c, uint64_t n)
{
    atomic_fetch_add_explicit(&l->n[c], n, memory_order_relaxed);
}

void fl_ledger_init(struct fl_ledger *l, const struct fl_pipeline *p);
void fl_ledger_free(struct fl_ledger *l);
/* received + emitted - written - malformed - overflow - undelivered - dropped. */
uint64_t fl_ledger_pending(const struct fl_ledger *l);
/* One log line (INFO) with every counter that isn't 0, and pending. */
void fl_ledger_log(const struct fl_ledger *l);
/* Prometheus text exposition. */
void fl_ledger_metrics(const struct fl_ledger *l, const struct fl_pipeline *p, struct fl_buf *out);

/* ---- messages and the queue --------------------------------------------------------------------------------- */

/* One message of the source, or a block of a stream of documents. FL_PAD readable bytes follow data[n). */
struct fl_message {
    struct fl_message *next;
    uint64_t number;      /* from 1, counts the source's messages or blocks: for error messages */
    uint64_t offset;      /* stream: byte position of data[0] in the file */
    size_t n, cap;
    bool stream;          /* a block of documents; a document may go on in the next block */
    bool last;            /* the stream ends here: an unfinished document is an error */
    char *data;
    struct fl_message *block; /* a slice: data lies in the memory of this one, cap is n; NULL: data is its own */
    uint32_t users;       /* intake/queue.c: of a block, its slices and who fills it */
};

/* Bounded by bytes; one producer, one consumer. Message memory is recycled. */
struct fl_queue;
struct fl_queue *fl_queue_new(size_t max_bytes);
void fl_queue_free(struct fl_queue *q);
/* A message with room for n bytes (+ FL_PAD). Never blocks. Given back by push or fl_queue_recycle. */
struct fl_message *fl_queue_message(struct fl_queue *q, size_t n);
/* A message of n bytes that lie in `block` already, from `data` on. Whoever fills the block calls fl_queue_recycle or
 * fl_queue_block when it is done with it; its memory goes round when the last slice has come back too. What is behind a
 * slice is changed and put back while the consumer has it: all of a block is looked through before one is pushed, and n is at least FL_PAD. */
struct fl_message *fl_queue_slice(struct fl_queue *q, struct fl_message *block, char *data, size_t n);
/* `old` (or NULL) again, if it has no slices, else another message with room for n bytes. */
struct fl_message *fl_queue_block(struct fl_queue *q, struct fl_message *old, size_t n);
/* More room for a message that is being filled; data may move. */
void fl_message_room(struct fl_message *m, size_t n);
/* Hand over. Waits while the queue is full; false: the queue was closed, the message is recycled. */
bool fl_queue_push(struct fl_queue *q, struct fl_message *m);
/* Would push wait? The WebSocket source then stops reading; `wake` is called (from the consumer's thread,
 * the queue locked: it must not call the queue) once there is room. Full is: max_bytes or more wait; so the queue holds at most that and one message. */
bool fl_queue_full(struct fl_queue *q);
void fl_queue_on_room(struct fl_queue *q, void (*wake)(void *), void *arg);
/* The next message; waits until mono time `deadline` (INT64_MAX: for ever). NULL: deadline, or closed and empty (*end is set then). */
struct fl_message *fl_queue_pop(struct fl_queue *q, int64_t deadline, bool *end);
void fl_queue_recycle(struct fl_queue *q, struct fl_message *m);
/* Would a pop wait? */
bool fl_queue_empty(struct fl_queue *q);
/* How many messages (or blocks) wait to be decoded: what is lost when the process has to leave at once. */
uint64_t fl_queue_waiting(struct fl_queue *q);
/* No more messages will come: pop drains what is there, then sets *end. */
void fl_queue_close(struct fl_queue *q);

/* ---- configuration: config/config.c, config/options.c ------------------------------------------------------------------------- */

struct fl_config;
/* The kind that holds for a phase ("store" -> "buffered"), after YAML, --set, --output and --input. */
const char *fl_config_kind(const struct fl_config *c, const char *phase);
/* Effective value of an option row of the chosen kind. Asking for a row that isn't in stages.def aborts: a bug. */
bool fl_option_bool(const struct fl_config *c, const char *phase, const char *kind, const char *name);
int64_t fl_option_int(const struct fl_config *c, const char *phase, const char *kind, const char *name);   /* INT, BYTES; DURATION in ns */
const char *fl_option_str(const struct fl_config *c, const char *phase, const char *kind, const char *name); /* never NULL; SECRET too */
/* Plain keys of the original: host_id, analyzers, analyzer.auth.cluster.username, tls.*, logging.*. NULL if not set. */
const char *fl_config_str(const struct fl_config *c, const char *key);
/* A list key; *n gets its length. */
const char *const *fl_config_list(const struct fl_config *c, const char *key, uint32_t *n);

/* ---- encoding: encoders/encode.c --------------------------------------------------------------------------------------------- */

/* How records are put together to an object. Texts live as long as the runtime. */
struct fl_framing {
    const char *open, *between, *close; /* [ , ]\n and so on; csv's open is the header line */
    const char *empty;                  /* the whole object when there is no record: []\n */
    const char *extension;              /* json, ndjson, csv */
    const char *content_type;
};
void fl_framing_of(struct fl_runtime *rt, struct fl_framing *f);
/* Append one record as the chosen encoding wants it (pretty included), without framing. */
void fl_encode(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out);
struct fl_encoding;
void fl_encoding_free(struct fl_encoding *e);

/* ---- store: store/store.c, store/buffered.c, store/direct.c (in the turn to run) ------------------------------------------------ */

struct fl_store;
/* After fl_output_new. NULL and *error (to be freed) when the options are no good. */
struct fl_store *fl_store_new(struct fl_runtime *rt, char **error);
void fl_store_free(struct fl_store *s);
/* Encode one live record into the open object of its class and partition ({NULL} or "": none); seals what is full. */
void fl_store_add(struct fl_store *s, struct fl_cx *cx, const struct fl_rec *r, fl_str partition);
/* A message's records are through: `direct` seals. */
void fl_store_batch_end(struct fl_store *s);
/* Seal what is old enough; returns the mono time at which it wants to be called next, INT64_MAX: not before more records. */
int64_t fl_store_tick(struct fl_store *s, struct fl_time now);
void fl_store_seal_all(struct fl_store *s, struct fl_time now);

/* ---- output: delivery/output.c (compress, write, retry) ------------------------------------------------------------------------------- */

struct fl_output;
struct fl_output *fl_output_new(struct fl_runtime *rt, char **error);
/* Ask the sink for a first sign of life (directory is writable, bucket configured); error text to be freed, or NULL. */
char *fl_output_check(struct fl_output *o);
/* Without it (tests) there are no threads: an object is written when it is sealed, or by fl_output_step of delivery/output.h. */
void fl_output_start(struct fl_output *o);
/*
 * Raw pieces of objects, 128 KiB each, which their store has handed over and which wait to be compressed, oldest first;
 * and buffers for more, so that these stay with the thread that fills and compresses them.
 */
#define FL_PIECES 8
#define FL_SPARE_RAW (FL_PIECES + 1)
struct fl_piece {
    struct fl_parcel *parcel;
    struct fl_buf raw;
    bool last;
};
struct fl_pieces {
    struct fl_piece piece[FL_PIECES];
    uint32_t n, nspare;
    struct fl_buf spare[FL_SPARE_RAW];
    /* Called when more come, or when others have to be waited for: waits until what was handed over earlier, into other
     * lists, is compressed as far as it belongs to the lane. NULL: nothing waits here, all is compressed at once. */
    void (*turn)(void *arg, unsigned lane);
    void *arg;
};
/* From now on pieces go there; NULL: all are compressed at once, as at first. By whoever calls the store. */
void fl_output_into(struct fl_output *o, struct fl_pieces *pieces);
/*
 * A lane is what some of the classes' objects are compressed in, with compressors of its own. Compress those that wait there
 * and belong to it, in the order in which they were handed over; by one thread at a time for each lane.
 */
#define FL_LANES 4
void fl_output_compress(struct fl_output *o, struct fl_pieces *pieces, unsigned lane);
void fl_pieces_free(struct fl_pieces *p);
/* The process is to stop: records that still wait in front of a full output are let through, retries go at once. Any thread. */
void fl_output_hurry(struct fl_output *o);
/* Becomes readable when the sink is gone for good and the process can only end. */
int fl_output_lost_fd(const struct fl_output *o);
/* The process leaves now: no object is counted any more, so that the books can be closed. Never undone. */
void fl_output_freeze(struct fl_output *o);
/* Nothing more will be sealed: write what is left until mono time `deadline`. Returns how many records could not be delivered. */
uint64_t fl_output_stop(struct fl_output *o, int64_t deadline);
void fl_output_free(struct fl_output *o);

/* ---- source -------------------------------------------------------------------------------------------------------------------- */

struct fl_source;
struct fl_source *fl_source_new(struct fl_runtime *rt, char **error); /* picks skydive, file or stdin; checks what can be checked without a network */
void fl_source_start(struct fl_source *s);                             /* its own thread; closes rt->queue at the end of a file */
/* Nothing has to be waited for (a plain file): start does nothing, the worker reads. s may be NULL. */
bool fl_source_ready(const struct fl_source *s);
/* The next block into m, at most n bytes; by any thread, one at a time. False: it was the last one (m->n may be 0), or fl_source_stop was called. */
bool fl_source_read(struct fl_source *s, struct fl_message *m, size_t n);
void fl_source_stop(struct fl_source *s);                              /* stops reading, sends a close frame; closes rt->queue; joins the thread */
void fl_source_free(struct fl_source *s);

/* ---- lookups: lookups/lookup.c, lookups/gremlin/gremlin.c (in the turn to run) ---------------------------------------------------------------------------- */

struct fl_lookups;
/* `file_or_url` is --lookups, or NULL. Without one and with --input every lookup is null and not counted. */
struct fl_lookups *fl_lookups_new(struct fl_runtime *rt, const char *file_or_url, char **error);
void fl_lookups_free(struct fl_lookups *l);
/* Is every lookup null? l may be NULL. */
bool fl_lookups_silent(const struct fl_lookups *l);
/* The process is to stop: from mono time `until` on no answer is waited for; null instead. Any thread. */
void fl_lookups_until(struct fl_lookups *l, int64_t until);
/* Between batches: drop what is too old or too much; results given out before are invalid then. */
void fl_lookups_batch_end(struct fl_lookups *l);
/* Tests: answer `key` of lookup `n` with a JSON object by field names, or "null". */
char *fl_lookups_preset(struct fl_lookups *l, uint32_t n, fl_str key, const char *json);

/* ---- worker -------------------------------------------------------------------------------------------------------------------------- */

struct fl_worker;
/* Opens the tables and calls pipeline->init. NULL: *error says why, to be freed. rt->config, lookups, store and ledger have to be there. */
struct fl_worker *fl_worker_new(struct fl_runtime *rt, char **error);
void fl_worker_start(struct fl_worker *w);
/* Waits for the end of the queue; all records are then in sealed objects. */
void fl_worker_join(struct fl_worker *w);
/* Without a thread, for tests and fuzzers: one message through the whole path; the clock is read from rt. */
void fl_worker_message(struct fl_worker *w, struct fl_message *m);
/* The same for timers: store and `absent`. Returns the next mono time. */
int64_t fl_worker_tick(struct fl_worker *w);
void fl_worker_free(struct fl_worker *w);

/* ---- all of it ------------------------------------------------------------------------------------------------------------------------- */

struct fl_runtime {
    const struct fl_pipeline *pipeline;
    struct fl_config *config;
    struct fl_ledger ledger;
    struct fl_time (*clock)(struct fl_runtime *rt); /* real or virtual */
    struct fl_time virtual_time;
    struct fl_queue *queue;
    struct fl_lookups *lookups;
    struct fl_encoding *encoding; /* encoders/encode.c makes it on first use; fl_worker_free frees it */
    struct fl_store *store;
    struct fl_output *output;
    struct fl_source *source;
    struct fl_worker *worker;
    const char *input;     /* --input, or NULL */
    const char *output_to; /* --output, or NULL */
};

/* The process's entry: program/main.c; generated binaries link it. `flowc test` runs fl_run_tests instead. */
int fl_main(const struct fl_pipeline *p, int argc, char **argv);
int fl_run_tests(const struct fl_pipeline *p);

#endif
