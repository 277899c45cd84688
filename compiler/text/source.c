/* source.c - see source.h. */
#include "text/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { MAX_SOURCE = 16 << 20 };

void fc_sources_init(struct fc_sources *s, struct fl_arena *arena)
{
    memset(s, 0, sizeof *s);
    s->arena = arena;
    s->n = 1;
}

/* `text` belongs to the arena and is followed by two NULs. */
static uint32_t add(struct fc_sources *s, const char *path, const char *text, size_t len, struct fc_span from)
{
    if (s->n >= s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 8;
        struct fc_source *v = fl_arena_zero(s->arena, cap * sizeof *v);
        if (s->v)
            memcpy(v, s->v, s->n * sizeof *v);
        s->v = v;
        s->cap = cap;
    }
    s->v[s->n] = (struct fc_source){.path = fl_arena_strdup(s->arena, path), .text = text, .len = len, .from = from};
    return s->n++;
}

static int read_all(struct fc_sources *s, int fd, char **text, size_t *len)
{
    size_t cap = 1 << 16, n = 0;
    char *p = fl_arena_get(s->arena, cap + 2);
    for (;;) {
        ssize_t r = read(fd, p + n, cap - n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return errno;
        if (r == 0)
            break;
        n += (size_t)r;
        if (n > MAX_SOURCE)
            return EFBIG;
        if (n == cap) {
            char *q = fl_arena_get(s->arena, cap * 2 + 2);
            memcpy(q, p, n);
            p = q;
            cap *= 2;
        }
    }
    p[n] = p[n + 1] = 0;
    *text = p;
    *len = n;
    return 0;
}

uint32_t fc_source_open(struct fc_sources *s, const char *path, struct fc_span from)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    char *text = NULL;
    size_t len = 0;
    int error = read_all(s, fd, &text, &len);
    if (!standard)
        close(fd);
    if (error) {
        errno = error;
        return 0;
    }
    return add(s, standard ? "<stdin>" : path, text, len, from);
}

uint32_t fc_source_text(struct fc_sources *s, const char *path, const char *text, size_t len, struct fc_span from)
{
    char *copy = fl_arena_get(s->arena, len + 2);
    if (len)
        memcpy(copy, text, len);
    copy[len] = copy[len + 1] = 0;
    return add(s, path, copy, len, from);
}

static void find_lines(struct fc_sources *s, struct fc_source *src)
{
    uint32_t n = 1;
    for (size_t i = 0; i < src->len; i++)
        n += src->text[i] == '\n';
    src->lines = fl_arena_get(s->arena, n * sizeof *src->lines);
    src->lines[0] = 0;
    src->nlines = 1;
    for (size_t i = 0; i < src->len; i++)
        if (src->text[i] == '\n')
            src->lines[src->nlines++] = (uint32_t)i + 1;
}

struct fc_place fc_source_place(struct fc_sources *s, uint32_t file, uint32_t offset)
{
    struct fc_source *src = &s->v[file];
    if (!src->lines)
        find_lines(s, src);
    if (offset > src->len)
        offset = (uint32_t)src->len;
    uint32_t lo = 0, hi = src->nlines;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (src->lines[mid] <= offset)
            lo = mid;
        else
            hi = mid;
    }
    uint32_t col = 1;
    for (uint32_t i = src->lines[lo]; i < offset; i++)
        col += (src->text[i] & 0xC0) != 0x80;
    return (struct fc_place){lo + 1, col};
}

const char *fc_source_line(struct fc_sources *s, uint32_t file, uint32_t line, size_t *len)
{
    struct fc_source *src = &s->v[file];
    if (!src->lines)
        find_lines(s, src);
    *len = 0;
    if (line < 1 || line > src->nlines)
        return "";
    uint32_t start = src->lines[line - 1];
    size_t end = line < src->nlines ? src->lines[line] - 1 : src->len;
    if (end > start && src->text[end - 1] == '\r')
        end--;
    *len = end - start;
    return src->text + start;
}

const char *fc_source_slice(struct fc_sources *s, struct fc_span span)
{
    if (span.file == 0 || span.file >= s->n || span.start > span.end || span.end > s->v[span.file].len)
        return "";
    return fl_arena_strndup(s->arena, s->v[span.file].text + span.start, span.end - span.start);
}
