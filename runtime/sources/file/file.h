/*
 * file.h - reading documents from a file, a pipe or standard input: what several kinds of sources are, with other options.
 */
#ifndef FL_SOURCE_FILE_H
#define FL_SOURCE_FILE_H

#include "drivers/source.h"

struct fl_decompress_kind;

struct fl_file_options {
    const char *path;   /* NULL: standard input */
    bool follow;        /* read on as the file grows or is replaced */
    const struct fl_decompress_kind *packed; /* it is packed so, or an error; NULL: it is not packed */
    bool detect;        /* whether and how it is packed is seen from its first bytes */
    size_t block;       /* bytes of a message; 0: the default */
    unsigned poll_ms;   /* how often a followed file is looked at; 0: the default */
};
void *fl_file_open(struct fl_runtime *rt, const struct fl_file_options *o, char **error);
/* What `decompress` chose, NULL: nothing. */
const struct fl_decompress_kind *fl_file_packed(const struct fl_runtime *rt);

/* All of a kind but its name and open. */
void fl_file_run(void *source);
bool fl_file_ready(const void *source);
bool fl_file_read(void *source, struct fl_message *m, size_t n);
void fl_file_stop(void *source);
void fl_file_close(void *source);
bool fl_file_failed(const void *source);
#define FL_FILE_SOURCE                                                                                             \
    .run = fl_file_run, .ready = fl_file_ready, .read = fl_file_read, .stop = fl_file_stop, .close = fl_file_close, \
    .failed = fl_file_failed

#endif
