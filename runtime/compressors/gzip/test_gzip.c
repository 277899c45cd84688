/* test_gzip.c - gzip by each library: it comes out what went in, equal bytes however they were cut, one member. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "compressors/gzip/gzip.h"
#include "base/text.h"

#define N 700000

static char *sample; /* N bytes like flows: repetitive, with numbers that differ */

static int make_sample(void **state)
{
    (void)state;
    uint32_t x = 1;
    struct fl_buf b = {0};
    while (b.n < N) {
        x = x * 1664525 + 1013904223;
        fl_buf_printf(&b, "{\"UUID\":\"%08x\",\"Network\":{\"A\":\"10.%u.%u.7\",\"B\":\"172.16.0.%u\"},\"Bytes\":%u},",
                      x * 2654435761u, x >> 28, x >> 20 & 255, x >> 10 & 255, x >> 15);
    }
    sample = b.p;
    return 0;
}

static int free_sample(void **state)
{
    (void)state;
    free(sample);
    return 0;
}

static void assert_gunzips(const struct fl_buf *b, const char *p, size_t n)
{
    z_stream z = {0};
    char *out = malloc(n + 1);
    assert_non_null(out);
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_in = (Bytef *)b->p;
    z.avail_in = (uInt)b->n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)n + 1;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END); /* check sum and length agree */
    assert_int_equal(z.avail_in, 0);
    assert_int_equal(z.total_out, n);
    assert_memory_equal(out, p, n);
    inflateEnd(&z);
    free(out);
}

/* In pieces of `cut` bytes, or of all sizes when 0. */
static void compress_cut(struct fl_gzip *c, size_t n, size_t cut, struct fl_buf *out)
{
    uint32_t x = 7;
    for (size_t at = 0; at < n;) {
        x = x * 1664525 + 1013904223;
        size_t k = cut ? cut : (x >> 8) % 150000;
        k = k > n - at ? n - at : k;
        fl_gzip_put(c, sample + at, k, out);
        at += k;
    }
    fl_gzip_end(c, out);
}

static const int levels[] = {-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 9, 12};
static const char *const libraries[] = { /* that this build has */
    "auto", "flow", "zlib",
#ifdef HAVE_LIBDEFLATE
    "libdeflate",
#endif
};
enum { LIBRARIES = sizeof libraries / sizeof *libraries, LEVELS = sizeof levels / sizeof *levels };

static void round_trips(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 100, 65535, 65536, 65537, 131072, N};
    for (int l = 0; l < LIBRARIES * LEVELS; l++) {
        struct fl_gzip *c = fl_gzip_new((enum fl_gzip_library)(l / LEVELS), levels[l % LEVELS]);
        assert_string_equal(fl_compress_gzip.encoding, "gzip");
        assert_string_equal(fl_compress_gzip.suffix, ".gz");
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct fl_buf out = {0};
            compress_cut(c, sizes[i], 50000, &out);
            assert_memory_equal(out.p, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
            assert_gunzips(&out, sample, sizes[i]);
            fl_buf_free(&out);
        }
        fl_gzip_free(c);
    }
}

/* The same bytes, whatever the pieces, whatever was compressed before. */
static void same_bytes_however_cut(void **state)
{
    (void)state;
    static const size_t cuts[] = {777, 65536, 100003, 131072, 0};
    for (int l = 0; l < LIBRARIES * LEVELS; l++) {
        struct fl_gzip *c = fl_gzip_new((enum fl_gzip_library)(l / LEVELS), levels[l % LEVELS]);
        struct fl_buf first = {0};
        compress_cut(c, N, N, &first);
        for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
            struct fl_buf out = {0};
            compress_cut(c, N, cuts[i], &out);
            assert_int_equal(out.n, first.n);
            assert_memory_equal(out.p, first.p, out.n);
            fl_buf_free(&out);
        }
        fl_buf_free(&first);
        fl_gzip_free(c);
    }
}

/* Bytes and name of the sample by a library at a level. */
static size_t compressed(enum fl_gzip_library library, int level, const char **name)
{
    struct fl_gzip *c = fl_gzip_new(library, level);
    struct fl_buf out = {0};
    compress_cut(c, N, 0, &out);
    size_t n = out.n;
    *name = fl_gzip_engine(c);
    fl_buf_free(&out);
    fl_gzip_free(c);
    return n;
}

/* What was asked for compresses, whatever the level; its numbers of fast, default and best are its own. */
static void chosen_library(void **state)
{
    (void)state;
    const char *name;
    for (int l = 0; l < LEVELS; l++)
        for (int library = FL_GZIP_FLOW; library < LIBRARIES; library++) {
            compressed((enum fl_gzip_library)library, levels[l], &name);
            assert_string_equal(name, levels[l] == 0 ? "zlib" : libraries[library]);
        }
    for (int library = FL_GZIP_ZLIB; library < LIBRARIES; library++) {
        enum fl_gzip_library chosen = (enum fl_gzip_library)library;
        size_t one = compressed(chosen, 1, &name), six = compressed(chosen, 6, &name), twelve = compressed(chosen, 12, &name);
        assert_true(one > six && six > twelve);
        assert_int_equal(compressed(chosen, -2, &name), one);
        assert_int_equal(compressed(chosen, -1, &name), six);
        assert_int_equal(compressed(chosen, -3, &name), twelve);
    }
}

/* Two streams take turns in one compressor; each is one member still. */
static void suspended_streams(void **state)
{
    (void)state;
    static const int suspendable[] = {-2, -1, 0, 1, 2, 3, 4, 5};
    for (size_t l = 0; l < sizeof suspendable / sizeof *suspendable; l++) {
        struct fl_gzip *c = fl_gzip_new(FL_GZIP_AUTO, suspendable[l]);
        struct fl_compress_mark mark[2] = {{0}, {0}};
        struct fl_buf out[2] = {{0}, {0}};
        size_t at[2] = {0, 0};
        for (unsigned turn = 0; at[0] < N || at[1] < N; turn ^= 1) {
            size_t k = 30000 + turn * 61000;
            k = k > N - at[turn] ? N - at[turn] : k;
            fl_gzip_resume(c, &mark[turn]);
            fl_gzip_put(c, sample + at[turn], k, &out[turn]);
            at[turn] += k;
            assert_true(fl_gzip_suspend(c, &out[turn], &mark[turn]));
        }
        for (unsigned i = 0; i < 2; i++) {
            fl_gzip_resume(c, &mark[i]);
            fl_gzip_end(c, &out[i]);
            assert_gunzips(&out[i], sample, N);
            fl_buf_free(&out[i]);
        }
        fl_gzip_free(c);
    }
}

/* What the default isn't made for: text without any likeness, long runs, periods, and all of it in turns. */
static void odd_bytes(void **state)
{
    (void)state;
    static const size_t periods[] = {1, 2, 3, 5, 6, 63, 64, 65, 4099, 16384, 32768, 32769, 131072};
    enum { KINDS = 3 + sizeof periods / sizeof *periods };
    char *p = malloc(N);
    assert_non_null(p);
    struct fl_gzip *c = fl_gzip_new(FL_GZIP_AUTO, -1);
    uint32_t x = 3;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < N; i++) {
            x = x * 1664525 + 1013904223;
            size_t period = kind < 3 ? 0 : periods[kind - 3];
            if (kind == 0)
                p[i] = (char)(x >> 24);
            else if (kind == 1) /* each megabyte has a sample: what follows it here is something else */
                p[i] = i < 200000 ? sample[i] : i < 400000 ? (char)(x >> 24) : i < 600000 ? 0 : (char)(x >> 31);
            else if (kind == 2) /* runs of all lengths */
                p[i] = x >> 30 || i == 0 ? (i ? p[i - 1] : 'a') : (char)(x >> 20);
            else
                p[i] = i < period ? (char)(x >> 24) : p[i - period];
        }
        for (size_t n = N; n > 0; n = n > 65536 ? n / 2 + 1 : n > 150 ? n - n / 3 : n - 1) {
            struct fl_buf out = {0};
            fl_gzip_put(c, p, n, &out);
            fl_gzip_end(c, &out);
            assert_gunzips(&out, p, n);
            if (out.n > n + n / 1000 + 50)
                fail_msg("kind %u: %zu bytes became %zu", kind, n, out.n);
            if (kind >= 3 && periods[kind - 3] <= 4099 && n == N && out.n > 32 * periods[kind - 3] + N / 64)
                fail_msg("period %zu: %zu bytes became %zu", periods[kind - 3], n, out.n);
            fl_buf_free(&out);
        }
    }
    fl_gzip_free(c);
    free(p);
}

/* Each place of the sample's beginning as the end of a stream: borders of pieces, steps and what is kept of them. */
static void ends_anywhere(void **state)
{
    (void)state;
    static const size_t around[] = {0, 16384, 65536, 131072, 131072 + 16384, 131072 + 65536, 262144};
    struct fl_gzip *c = fl_gzip_new(FL_GZIP_AUTO, -1);
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
        for (size_t n = around[i] > 150 ? around[i] - 150 : 0; n < around[i] + 150; n += around[i] ? 7 : 1) {
            struct fl_buf out = {0};
            fl_gzip_put(c, sample, n, &out);
            fl_gzip_end(c, &out);
            assert_gunzips(&out, sample, n);
            fl_buf_free(&out);
        }
    fl_gzip_free(c);
}

/* The default may not be worse than zlib's fastest. */
static void default_is_small(void **state)
{
    (void)state;
    struct fl_gzip *c = fl_gzip_new(FL_GZIP_AUTO, -1);
    struct fl_buf out = {0};
    uLong zlib1 = compressBound(N);
    Bytef *b = malloc(zlib1);
    assert_non_null(b);
    assert_int_equal(compress2(b, &zlib1, (const Bytef *)sample, N, 1), Z_OK);
    compress_cut(c, N, 114688, &out);
    if (out.n > zlib1 + 32)
        fail_msg("%zu bytes, zlib's level 1 takes %lu", out.n, zlib1);
    free(b);
    fl_buf_free(&out);
    fl_gzip_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips), cmocka_unit_test(same_bytes_however_cut), cmocka_unit_test(chosen_library),
        cmocka_unit_test(suspended_streams),
        cmocka_unit_test(odd_bytes), cmocka_unit_test(ends_anywhere), cmocka_unit_test(default_is_small),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample);
}
