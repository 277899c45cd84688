/*
 * source.h - the texts being compiled, and places in them.
 *
 * A span is a half-open byte range in one source; line and column are computed only to print. Sources stay in
 * memory until the compilation ends, so a diagnostic can always show its line.
 */
#ifndef FC_SOURCE_H
#define FC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_arena; /* runtime/base/arena.h */

struct fc_span {
    uint32_t file;       /* index of the source; 0 is "no place" */
    uint32_t start, end; /* bytes */
};

struct fc_source {
    const char *path;    /* as the user wrote it or as it was found on the module path */
    const char *text;    /* NUL-terminated, followed by a second NUL for flex */
    size_t len;
    uint32_t *lines;     /* offsets of line starts, made on first use */
    uint32_t nlines;
    struct fc_span from; /* the use or include that brought it in first; file 0 for the main file */
    bool embedded;       /* a standard module compiled into flowc */
    uint64_t variants;   /* of a file with `select`, a bit each: those that have this text */
};

struct fc_sources {
    struct fl_arena *arena;
    struct fc_source *v; /* v[0] is unused */
    uint32_t n, cap;
};

struct fc_place {
    uint32_t line, col; /* from 1; columns count characters of UTF-8, not bytes */
};

void fc_sources_init(struct fc_sources *s, struct fl_arena *arena);

/* Read a file. Returns its index, or 0 with errno set. "-" is standard input. Files over 16 MiB: EFBIG. */
uint32_t fc_source_open(struct fc_sources *s, const char *path, struct fc_span from);

/* Add a text that is in memory; it is copied. Returns its index. */
uint32_t fc_source_text(struct fc_sources *s, const char *path, const char *text, size_t len, struct fc_span from);

/* Line and column of a byte offset. */
struct fc_place fc_source_place(struct fc_sources *s, uint32_t file, uint32_t offset);

/* The text of a line (from 1) without its end; *len gets its length. */
const char *fc_source_line(struct fc_sources *s, uint32_t file, uint32_t line, size_t *len);

/* The text of a span as a NUL-terminated copy in the arena. */
const char *fc_source_slice(struct fc_sources *s, struct fc_span span);

/* From a's start to b's end. */
static inline struct fc_span fc_span_join(struct fc_span a, struct fc_span b)
{
    if (a.file == 0)
        return b;
    if (b.file == 0 || a.file != b.file)
        return a;
    return (struct fc_span){a.file, a.start, b.end > a.end ? b.end : a.end};
}

#endif
