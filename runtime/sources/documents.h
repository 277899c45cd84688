/*
 * documents.h - reading documents from a file, a pipe or standard input: what several kinds of sources are, with other options.
 */
#ifndef FL_DOCUMENTS_H
#define FL_DOCUMENTS_H

#include "drivers/source.h"

struct fl_decompress_kind;

struct fl_documents_options {
    const char *path;   /* NULL: standard input */
    bool follow;        /* read on as the file grows or is replaced */
    const struct fl_decompress_kind *packed; /* it is packed so, or an error; NULL: it is not packed */
    bool detect;        /* whether and how it is packed is seen from its first bytes */
    size_t block;       /* bytes of a message; 0: the default */
    unsigned poll_ms;   /* how often a followed file is looked at; 0: the default */
};
void *fl_documents_open(struct fl_runtime *rt, const struct fl_documents_options *o, char **error);
/* What `decompress` chose, NULL: nothing. */
const struct fl_decompress_kind *fl_documents_packed(const struct fl_runtime *rt);

/* All of a kind but its name and open. */
void fl_documents_run(void *source);
bool fl_documents_ready(const void *source);
bool fl_documents_read(void *source, struct fl_message *m, size_t n);
void fl_documents_stop(void *source);
void fl_documents_close(void *source);
bool fl_documents_failed(const void *source);
#define FL_DOCUMENTS_SOURCE                                                                                             \
    .run = fl_documents_run, .ready = fl_documents_ready, .read = fl_documents_read, .stop = fl_documents_stop, .close = fl_documents_close, \
    .failed = fl_documents_failed

#endif
