/*
 * text.h - slices of text and a growing buffer.
 *
 * fl_str points into memory that someone else owns: the message being processed, the batch's scratch arena, a
 * constant, a cache. Texts from a message and from scratch are followed by at least FL_PAD readable bytes, so
 * scanners and copies may read past the end in wide steps.
 */
#ifndef FL_TEXT_H
#define FL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FL_PAD 64 /* readable bytes behind every message and scratch text */

enum fl_str_kind {
    FL_PLAIN, /* any UTF-8 text; has to be escaped for JSON */
    FL_CLEAN, /* holds nothing that JSON escapes: may be copied between quotes as it is */
    FL_RAW    /* the inside of a JSON string as it was written, escapes included; decode before looking into it */
};

typedef struct fl_str {
    const char *p;
    uint32_t n;
    uint32_t kind; /* enum fl_str_kind */
} fl_str;

#define FL_LIT(s) ((fl_str){(s), sizeof(s) - 1, FL_PLAIN})

/* Constant texts with FL_PAD readable bytes behind: FL_STR holds nothing that JSON escapes, FL_ESC does. */
#define FL_ZEROS_16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define FL_ZEROS FL_ZEROS_16 FL_ZEROS_16 FL_ZEROS_16 FL_ZEROS_16
#define FL_STR(s) ((fl_str){s FL_ZEROS, sizeof(s) - 1, FL_CLEAN})
#define FL_ESC(s) ((fl_str){s FL_ZEROS, sizeof(s) - 1, FL_PLAIN})

/* Bytes of a character at s that ends a line, controls a terminal or turns the direction of reading; 0: it is text. */
size_t fl_control(const char *s);

/* Bytes of the UTF-8 character at s, of which n > 0 are there; 0: they are none. */
size_t fl_utf8_length(const char *s, size_t n);

/*
 * Who may get in stands in front of the host: `scheme://USER:PASS@host`, and `USER:PASS@host:port` without a scheme. Finds
 * the first such part of a text at or behind *from; false: there is none. It is s[*from] up to s[*to], which is the `@`.
 */
bool fl_userinfo(const char *s, size_t n, size_t *from, size_t *to);

static inline bool fl_str_eq(fl_str a, fl_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/*
 * Has s, which is evaluated twice, the text of the literal? Generated code may ask thousands of these in a row: with fl_str_eq each would
 * store two fl_str, and C compilers look back at all stores from every read.
 */
#define FL_STR_IS(s, literal) fl_bytes_eq((s).p, (s).n, literal, sizeof(literal) - 1)

static inline bool fl_bytes_eq(const char *p, size_t n, const char *q, size_t m)
{
    return n == m && (m == 0 || memcmp(p, q, m) == 0);
}

/* A buffer that grows by doubling; never shrinks. {0} is an empty one. Without memory the process ends: memory.h. */
struct fl_buf {
    char *p;
    size_t n, cap;
};

void fl_buf_grow(struct fl_buf *b, size_t more);
void fl_buf_free(struct fl_buf *b);

/* Room for n more bytes (and FL_PAD behind); returns where to write them. */
static inline char *fl_buf_room(struct fl_buf *b, size_t n)
{
    if (b->cap - b->n < n + FL_PAD)
        fl_buf_grow(b, n + FL_PAD);
    return b->p + b->n;
}

static inline void fl_buf_put(struct fl_buf *b, const void *p, size_t n)
{
    memcpy(fl_buf_room(b, n), p, n);
    b->n += n;
}

static inline void fl_buf_putc(struct fl_buf *b, char c)
{
    *fl_buf_room(b, 1) = c;
    b->n++;
}

static inline void fl_buf_puts(struct fl_buf *b, const char *s)
{
    fl_buf_put(b, s, strlen(s));
}

void fl_buf_printf(struct fl_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The text with *** for each part that fl_userinfo finds: what is shown to anybody, in logs, errors and configurations. */
void fl_put_masked(struct fl_buf *b, const char *s);

/* The character at *s as it may stand in YAML between double quotes; *s moves behind it. */
void fl_put_yaml(struct fl_buf *b, const char **s);

#endif
