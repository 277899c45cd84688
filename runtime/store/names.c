/* names.c - see names.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "store/names.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SEGMENT_MAX 255u
#define DIGITS 32u
#define MARK (DIGITS + 1)  /* ~ and the digits */
#define SHARE_MIN 48u      /* shorter than that a segment isn't cut for the sake of the whole path */

/* ---- the instance ------------------------------------------------------------------------------------------------- */

bool fl_instance_token(const char *option, char token[FL_INSTANCE_MAX + 2])
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = strlen(option);
    *token = 0;
    if (strcmp(option, "none") == 0)
        return true;
    if (strcmp(option, "auto") == 0) {
        snprintf(token, FL_INSTANCE_MAX + 2, "-%06x", (unsigned)(fl_hash_seed(token) & 0xffffff));
        return true;
    }
    if (n == 0 || n > FL_INSTANCE_MAX || strspn(option, allowed) != n)
        return false;
    snprintf(token, FL_INSTANCE_MAX + 2, "-%s", option);
    return true;
}

/* ---- folders ------------------------------------------------------------------------------------------------------ */

static bool is_dots(const char *p, uint32_t n)
{
    return n && p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.'));
}

/* Does it end as a segment that was cut? Then it may not stay as it is: somebody could name himself like another. */
static bool looks_cut(const char *p, uint32_t n)
{
    if (n < MARK || p[n - MARK] != '~')
        return false;
    for (uint32_t i = n - DIGITS; i < n; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f')))
            return false;
    return true;
}

bool fl_path_is_plain(const char *p, uint32_t n, uint32_t limit)
{
    if (n > limit)
        return false;
    for (uint32_t i = 0, begin = 0; i <= n; i++) {
        if (i < n && p[i] != '/') {
            if ((uint8_t)p[i] < 0x20 || p[i] == 0x7f)
                return false;
            continue;
        }
        uint32_t len = i - begin;
        if (len == 0 || len > SEGMENT_MAX || is_dots(p + begin, len) || looks_cut(p + begin, len))
            return false;
        begin = i + 1;
    }
    return true;
}

/* Without empty segments; dots and control characters as %XX. */
static void escape(const char *p, uint32_t n, struct fl_buf *out)
{
    for (uint32_t i = 0, begin = 0; i <= n; i++) {
        if (i < n && p[i] != '/')
            continue;
        uint32_t len = i - begin;
        bool dots = is_dots(p + begin, len);
        if (len && out->n)
            fl_buf_putc(out, '/');
        for (uint32_t k = begin; k < i; k++) {
            if ((uint8_t)p[k] < 0x20 || p[k] == 0x7f || dots)
                fl_buf_printf(out, "%%%02X", (uint8_t)p[k]);
            else
                fl_buf_putc(out, p[k]);
        }
        begin = i + 1;
    }
}

static void put_mark(const char *p, size_t n, struct fl_buf *out)
{
    uint8_t hash[32];
    if (EVP_Digest(p, n, hash, NULL, EVP_sha256(), NULL) != 1) {
        fprintf(stderr, "openssl has no SHA-256\n");
        abort();
    }
    fl_buf_putc(out, '~');
    for (uint32_t i = 0; i < DIGITS / 2; i++)
        fl_buf_printf(out, "%02x", hash[i]);
}

/* How much of it stays, at most `most`: whole characters of UTF-8, no torn %XX. */
static uint32_t kept(const char *p, uint32_t n, uint32_t most)
{
    if (n <= most)
        return n;
    uint32_t k = most;
    for (int i = 0; i < 3 && k && ((uint8_t)p[k] & 0xc0) == 0x80; i++)
        k--;
    if (k && p[k - 1] == '%')
        return k - 1;
    return k > 1 && p[k - 2] == '%' ? k - 2 : k;
}

static void put_segment(const char *p, uint32_t n, uint32_t most, struct fl_buf *out)
{
    if (n <= most && !looks_cut(p, n)) {
        fl_buf_put(out, p, n);
        return;
    }
    fl_buf_put(out, p, kept(p, n, most - MARK));
    put_mark(p, n, out);
}

static void put_path(const struct fl_buf *text, uint32_t most, struct fl_buf *out)
{
    for (size_t i = 0; i < text->n;) {
        const char *p = text->p + i, *slash = memchr(p, '/', text->n - i);
        size_t n = slash ? (size_t)(slash - p) : text->n - i;
        put_segment(p, (uint32_t)n, most, out);
        i += n + 1;
        if (slash)
            fl_buf_putc(out, '/');
    }
}

void fl_path_make_plain(const char *p, uint32_t n, uint32_t limit, struct fl_buf *out)
{
    struct fl_buf text = {0};
    size_t begin = out->n;
    escape(p, n, &text);
    /* Long segments give way to short ones. */
    for (uint32_t most = SEGMENT_MAX; most >= SHARE_MIN; most--) {
        out->n = begin;
        put_path(&text, most, out);
        if (out->n - begin <= limit)
            break;
    }
    if (out->n - begin > limit) { /* so many folders: the last ones become one */
        uint32_t k = limit - MARK - 1;
        while (k && out->p[begin + k] != '/')
            k--;
        out->n = begin + k;
        if (k)
            fl_buf_putc(out, '/');
        put_mark(text.p, text.n, out);
    }
    fl_buf_free(&text);
}
