/*
 * test_zstd.c - compress zstd and decompress zstd: it comes out what went in, by our reader and by the zstd command; equal bytes
 * however they were cut; frames in a row, skippable ones, and what is cut off, damaged or followed by something else.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "config/config.h"
#include "config/values.h"
#include "core/drivers.h"
#include "drivers/compressor.h"
#include "flowrt.h"

extern const struct fl_decompress_kind fl_decompress_zstd;

static void what_begins_so(void **state)
{
    (void)state;
    static const struct { const char *p; size_t n; enum fl_begins is; } cases[] = {
        {"", 0, FL_BEGINS_PERHAPS}, {"(", 1, FL_BEGINS_PERHAPS}, {"(\xb5/", 3, FL_BEGINS_PERHAPS},
        {"(\xb5/\xfd", 4, FL_BEGINS}, {"(\xb5/\xfc", 4, FL_BEGINS_NOT}, {"P*M\x18", 4, FL_BEGINS}, {"_*M\x18", 4, FL_BEGINS},
        {"`*M\x18", 4, FL_BEGINS_NOT}, {"{", 1, FL_BEGINS_NOT}, {"\x1f\x8b\x08", 3, FL_BEGINS_NOT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(fl_decompress_zstd.begins((const uint8_t *)cases[i].p, cases[i].n), cases[i].is);
}

#ifdef HAVE_LIBZSTD
extern const struct fl_compress_kind fl_compress_zstd;

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

static void *compressor(const char *level)
{
    struct fl_option_set set = {"level", level, NULL};
    struct fl_stage_choice stage = {"compress", "zstd", &set, 1};
    struct fl_output_of output = {.stages = &stage, .nstages = 1};
    struct fl_pipeline p = {.magic = FL_MAGIC, .abi = FL_ABI, .name = "t", .outputs = &output, .noutputs = 1};
    char *error = NULL;
    struct fl_config *config = fl_config_defaults(&p, &error);
    if (error)
        fail_msg("%s", error);
    struct fl_options o = {config, "compress", "zstd"};
    void *c = fl_compress_zstd.open(NULL, &o, &error);
    fl_config_free(config);
    return c;
}

/* In pieces of `cut` bytes, or of all sizes when 0. */
static void put_cut(void *c, size_t n, size_t cut, struct fl_buf *out)
{
    uint32_t x = 7;
    for (size_t at = 0; at < n;) {
        x = x * 1664525 + 1013904223;
        size_t k = cut ? cut : (x >> 8) % 150000;
        k = k > n - at ? n - at : k;
        fl_compress_zstd.put(c, sample + at, k, out);
        at += k;
    }
}

/* What comes out of p in reads of `read` bytes and takes of `room`; *why as the reader says it, *inside at the end. */
static struct fl_buf unpacked(const char *p, size_t n, size_t read, size_t room, const char **why, bool *inside)
{
    const struct fl_decompress_kind *k = &fl_decompress_zstd;
    struct fl_buf got = {0};
    void *z = k->open(NULL, NULL, NULL);
    *why = NULL;
    for (size_t at = 0;;) {
        size_t m = k->take(z, fl_buf_room(&got, room), room, why);
        got.n += m;
        if (*why || (m == 0 && at == n))
            break;
        if (m)
            continue;
        size_t space, put = n - at < read ? n - at : read;
        uint8_t *in = k->space(z, &space);
        put = put < space ? put : space;
        assert_true(put > 0);
        memcpy(in, p + at, put);
        k->filled(z, put);
        at += put;
    }
    *inside = k->inside(z);
    assert_false(!*why && k->ready(z));
    k->close(z);
    return got;
}

static void assert_unpacks(const struct fl_buf *b, const char *p, size_t n)
{
    static const size_t sizes[][2] = {{1 << 20, 1 << 20}, {131072, 16384}, {777, 1000}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *why;
        bool inside;
        struct fl_buf got = unpacked(b->p, b->n, sizes[i][0], sizes[i][1], &why, &inside);
        assert_null(why);
        assert_false(inside);
        assert_int_equal(got.n, n);
        assert_memory_equal(got.p, p, n);
        fl_buf_free(&got);
    }
}

static const char *const levels[] = {"1", "3", "9", "19"};

static void round_trips(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 100, 131071, 131072, 131073, N};
    assert_string_equal(fl_compress_zstd.encoding, "zstd");
    assert_string_equal(fl_compress_zstd.suffix, ".zst");
    for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
        void *c = compressor(levels[l]);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct fl_buf out = {0};
            put_cut(c, sizes[i], 50000, &out);
            fl_compress_zstd.end(c, &out);
            assert_memory_equal(out.p, "(\xb5/\xfd", 4);
            assert_true(out.p[4] & 4); /* a check sum */
            assert_unpacks(&out, sample, sizes[i]);
            fl_buf_free(&out);
        }
        fl_compress_zstd.close(c);
    }
}

/* The same bytes, whatever the pieces, whatever was compressed before. */
static void same_bytes_however_cut(void **state)
{
    (void)state;
    static const size_t cuts[] = {777, 65536, 100003, 131072, N, 0}, sizes[] = {100, 131072, 262144, N};
    for (size_t l = 0; l < sizeof levels / sizeof *levels; l++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            struct fl_buf first = {0};
            void *c = compressor(levels[l]), *fresh = compressor(levels[l]);
            put_cut(fresh, sizes[s], 1000, &first);
            fl_compress_zstd.end(fresh, &first);
            for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
                struct fl_buf out = {0};
                put_cut(c, sizes[s], cuts[i], &out);
                fl_compress_zstd.end(c, &out);
                assert_int_equal(out.n, first.n);
                assert_memory_equal(out.p, first.p, out.n);
                fl_buf_free(&out);
            }
            fl_buf_free(&first);
            fl_compress_zstd.close(c);
            fl_compress_zstd.close(fresh);
        }
}

/* Two streams take turns in one compressor; nothing comes of turns without data. */
static void suspended_streams(void **state)
{
    (void)state;
    const struct fl_compress_kind *k = &fl_compress_zstd;
    void *c = compressor("1");
    struct fl_compress_mark mark[2] = {{0}, {0}};
    struct fl_buf out[2] = {{0}, {0}};
    size_t at[2] = {0, 0};
    for (unsigned turn = 0; at[0] < N || at[1] < N; turn ^= 1) {
        size_t n = 30000 + turn * 61000;
        n = n > N - at[turn] ? N - at[turn] : n;
        k->resume(c, &mark[turn]);
        k->put(c, sample + at[turn], n, &out[turn]);
        at[turn] += n;
        assert_true(k->suspend(c, &out[turn], &mark[turn]));
    }
    for (unsigned i = 0; i < 2; i++) {
        size_t before = out[i].n;
        k->resume(c, &mark[i]);
        k->end(c, &out[i]);
        assert_int_equal(out[i].n, before); /* all frames were complete */
        assert_unpacks(&out[i], sample, N);
        fl_buf_free(&out[i]);
    }
    struct fl_buf nothing = {0};
    struct fl_compress_mark unused = {0};
    k->resume(c, &unused);
    assert_true(k->suspend(c, &nothing, &unused));
    assert_int_equal(nothing.n, 0);
    k->resume(c, &unused);
    k->end(c, &nothing);
    assert_unpacks(&nothing, "", 0);
    fl_buf_free(&nothing);
    k->close(c);
}

static struct fl_buf packed(size_t n)
{
    struct fl_buf out = {0};
    void *c = compressor("1");
    put_cut(c, n, 0, &out);
    fl_compress_zstd.end(c, &out);
    fl_compress_zstd.close(c);
    return out;
}

static void expect(const struct fl_buf *b, size_t least, size_t most, const char *said, bool within)
{
    const char *why;
    bool inside;
    struct fl_buf got = unpacked(b->p, b->n, 65536, 1 << 20, &why, &inside);
    if (got.n < least || got.n > most || !why != !said || (said && strcmp(why, said)) || (!said && inside != within))
        fail_msg("%zu bytes, %s, %sinside; expected %zu to %zu, %s", got.n, why ? why : "fine", inside ? "" : "not ", least, most,
                 said ? said : "fine");
    assert_memory_equal(got.p, sample, got.n < N ? got.n : N);
    fl_buf_free(&got);
}

static void frames_in_a_row(void **state)
{
    (void)state;
    static const char skipped[] = "P*M\x18\x05\0\0\0hello";
    struct fl_buf one = packed(N), all = {0};
    for (int i = 0; i < 3; i++) {
        fl_buf_put(&all, skipped, sizeof skipped - 1);
        fl_buf_put(&all, one.p, one.n);
    }
    fl_buf_put(&all, skipped, sizeof skipped - 1);
    expect(&all, 3 * N, 3 * N, NULL, false);
    all.n -= 2;
    expect(&all, 3 * N, 3 * N, NULL, true); /* cut off in the one that is skipped */
    fl_buf_free(&all);
    fl_buf_free(&one);
}

/* What stands before the damage comes out: all but the block, 128 KiB, that it is in. */
static void damaged(void **state)
{
    (void)state;
    struct fl_buf b = packed(N);
    size_t n = b.n;
    b.n = n - 4; /* without check sum */
    expect(&b, N, N, NULL, true);
    b.n = n / 2;
    expect(&b, 131072, N / 2 + 131072, NULL, true);
    b.n = 6;
    expect(&b, 0, 0, NULL, true);
    b.n = n;
    b.p[n - 1] ^= 1;
    expect(&b, N, N, "Restored data doesn't match checksum", false);
    b.p[n - 1] ^= 1;
    fl_buf_puts(&b, "hello");
    expect(&b, N, N, "something that is not zstd follows the zstd data", false);
    b.n = n + 1;
    expect(&b, N, N, "something that is not zstd follows the zstd data", false);
    b.n = n;
    fl_buf_put(&b, "(\xb5/", 3);
    expect(&b, N, N, NULL, true);
    fl_buf_free(&b);
}

/* ---- the zstd command ---------------------------------------------------------------------------------------------- */

static void run_command(const char *command, const char *folder, struct fl_buf *in, struct fl_buf *out)
{
    char text[256], path[64];
    size_t got;
    snprintf(path, sizeof path, "%s/in", folder);
    FILE *f = fopen(path, "w");
    assert_int_equal(fwrite(in->p, 1, in->n, f), in->n);
    fclose(f);
    snprintf(text, sizeof text, "%s < %s", command, path);
    f = popen(text, "r");
    assert_non_null(f);
    while ((got = fread(fl_buf_room(out, 65536), 1, 65536, f)) > 0)
        out->n += got;
    assert_int_equal(pclose(f), 0);
    unlink(path);
}

static void the_command_agrees(void **state)
{
    (void)state;
    if (system("zstd --version > /dev/null 2>&1") != 0)
        skip();
    char folder[] = "/tmp/test_zstd.XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct fl_buf ours = packed(N), plain = {0}, theirs = {0};
    run_command("zstd -q -d -c", folder, &ours, &plain);
    assert_int_equal(plain.n, N);
    assert_memory_equal(plain.p, sample, N);
    run_command("zstd -q -c -5", folder, &plain, &theirs);
    assert_unpacks(&theirs, sample, N);
    fl_buf_free(&ours);
    fl_buf_free(&plain);
    fl_buf_free(&theirs);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_begins_so), cmocka_unit_test(round_trips), cmocka_unit_test(same_bytes_however_cut),
        cmocka_unit_test(suspended_streams), cmocka_unit_test(frames_in_a_row), cmocka_unit_test(damaged),
        cmocka_unit_test(the_command_agrees),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample);
}
#else
static void not_in_this_build(void **state)
{
    (void)state;
    char *error = NULL;
    assert_null(fl_decompress_zstd.open(NULL, NULL, &error));
    assert_string_equal(error, "it is zstd, which is not in this build of flowc; install libzstd and build flowc again, or "
                               "unpack it first");
    free(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_begins_so), cmocka_unit_test(not_in_this_build)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
