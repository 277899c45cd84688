/* base/test_crc32.c - the check sum of gzip: zlib's, for all lengths around the borders of its loops, anywhere in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "compressors/gzip/crc32.h"

static void as_zlib(void **state)
{
    (void)state;
    uint32_t x = 1;
    for (size_t n = 0; n < 2000; n++) {
        uint8_t *p = malloc(n + 1); /* nothing behind is read */
        assert_non_null(p);
        for (size_t i = 0; i <= n; i++) {
            x = x * 1664525 + 1013904223;
            p[i] = (uint8_t)(x >> 24);
        }
        assert_int_equal(fl_crc32(0, p, n), crc32_z(0, p, n));
        assert_int_equal(fl_crc32(x, p + 1, n), crc32_z(x, p + 1, n));
        free(p);
    }
}

/* In two parts, as objects come. */
static void parts(void **state)
{
    (void)state;
    enum { N = 300000 };
    uint8_t *p = malloc(N);
    assert_non_null(p);
    for (size_t i = 0; i < N; i++)
        p[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t cut = 0; cut <= N; cut += 7919)
        assert_int_equal(fl_crc32(fl_crc32(0, p, cut), p + cut, N - cut), crc32_z(0, p, N));
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_zlib), cmocka_unit_test(parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
