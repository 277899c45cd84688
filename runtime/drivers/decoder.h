/*
 * decoder.h - kinds of decoders: what a message holds. One is a folder of decoders/ with its option rows, and a row in
 * program/drivers.def. The records themselves are read by generated code.
 */
#ifndef FL_DRIVER_DECODER_H
#define FL_DRIVER_DECODER_H

#include <stdbool.h>
#include <stddef.h>

struct fl_decoder;
struct fl_options;
struct fl_runtime;

/*
 * Takes a list of records, d->p at its first byte, to its end: 1, 0: it is not a list (fl_bad was called), -1: not JSON.
 * When it is called a second time for a message, what it did the first time doesn't count.
 */
typedef int fl_take_list(void *arg, struct fl_decoder *d);

enum fl_decoded {
    FL_DECODED_BROKEN = -1, /* not JSON: the decoder says why */
    FL_DECODED_REFUSED,     /* read to its end, but not what was asked for; what was taken doesn't count */
    FL_DECODED_TAKEN
};

struct fl_decode_kind {
    const char *name;
    const char *expected; /* what a document is, for the message about one that isn't */
    bool bare;            /* a message may be a record or a list of records with nothing around it, as in a stream */
    void *(*open)(struct fl_runtime *rt, const struct fl_options *o, char **error);
    /* In a stream: is the object at d->p one that holds records, rather than a record? It isn't moved. NULL: never. */
    bool (*holds)(const void *decoder, const struct fl_decoder *d);
    /* Read such an object, and give its list to `take`. When it is refused, `why` (why_size bytes) says what is wrong with it. */
    enum fl_decoded (*read)(void *decoder, struct fl_decoder *d, bool stream, fl_take_list *take, void *arg, char *why,
                            size_t why_size);
    void (*close)(void *decoder);
};

#endif
