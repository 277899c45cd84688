/*
 * queue.h - messages of the source, and the bounded queue in which they wait for a worker.
 */
#ifndef FL_QUEUE_H
#define FL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One message of the source, or a block of a stream of documents. FL_PAD readable bytes follow data[n). */
struct fl_message {
    struct fl_message *next;
    uint64_t number;      /* from 1, counts the source's messages or blocks: for error messages */
    uint64_t offset;      /* stream: byte position of data[0] in the file */
    size_t n, cap;
    bool stream;          /* a block of documents; a document may go on in the next block */
    bool last;            /* the stream ends here: an unfinished document is an error */
    char *data;
    const char *path;     /* stream: of a plain file that can be read again, which lives as long as the source; NULL: of none */
    uint64_t device, inode; /* that file */
    struct fl_message *block; /* a slice: data lies in the memory of this one, cap is n; NULL: data is its own */
    uint32_t users;       /* intake/queue.c: of a block, its slices and who fills it */
};

/* Bounded by bytes; one producer, one consumer. Message memory is recycled. */
struct fl_queue;
struct fl_queue *fl_queue_new(size_t max_bytes);
void fl_queue_free(struct fl_queue *q);
/* For a source whose peer doesn't wait for ever: from now on so many bytes more may be waiting; 0, as it begins: none. */
void fl_queue_ahead(struct fl_queue *q, size_t bytes);
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
 * the queue locked: it must not call the queue) once there is room. Full is: max_bytes and those of fl_queue_ahead wait; so the queue holds at
 * most that and one message. What counts is memory: 4 KiB at least for a message that is no slice. */
bool fl_queue_full(struct fl_queue *q);
/* Do max_bytes wait? A source that reads ahead then pushes no slices: each keeps all of its block, many times what it counts. */
bool fl_queue_behind(struct fl_queue *q);
void fl_queue_on_room(struct fl_queue *q, void (*wake)(void *), void *arg);
/* The next message; waits until mono time `deadline` (INT64_MAX: for ever). NULL: deadline, or closed and empty (*end is set then). */
struct fl_message *fl_queue_pop(struct fl_queue *q, int64_t deadline, bool *end);
void fl_queue_recycle(struct fl_queue *q, struct fl_message *m);
/* Would a pop wait? */
bool fl_queue_empty(struct fl_queue *q);
/* How many messages (or blocks) wait to be decoded: what is lost when the process has to leave at once. */
uint64_t fl_queue_waiting(struct fl_queue *q);
/* Bytes that wait, as they count against the limit, and the limit without what may be read ahead. Any thread. */
size_t fl_queue_bytes(struct fl_queue *q, size_t *max_bytes);
/* No more messages will come: pop drains what is there, then sets *end. */
void fl_queue_close(struct fl_queue *q);

#endif
