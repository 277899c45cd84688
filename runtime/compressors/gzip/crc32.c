/*
 * crc32.c - see crc32.h. Called by gzip.c for every piece that is compressed.
 *
 * Bytes are a polynomial over GF(2), and the check sum is what is left of it modulo another one, P. What stands k bits in
 * front may be replaced by its product with x^k mod P: so 64 bytes are multiplied and added to those that follow,
 * four such sums side by side, until 64 bytes are left, whose sum is the library's. Which variant runs is
 * chosen once, by the processor; the result is the same.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "compressors/gzip/crc32.h"

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

static uint32_t library(uint32_t crc, const uint8_t *p, size_t n)
{
#ifdef HAVE_LIBDEFLATE
    return libdeflate_crc32(crc, p, n);
#else
    return (uint32_t)crc32_z(crc, p, n);
#endif
}

#if defined(__x86_64__) && !defined(FL_PLAIN_C)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,vpclmulqdq")))
#define ENOUGH 512 /* bytes; with fewer the library is as fast */

/* The 64 bytes of `sum`, moved to where `next` stands: k has x^n mod P for both halves of each 16 bytes. */
WIDE static inline __m512i fold(__m512i sum, __m512i k, __m512i next)
{
    __m512i low = _mm512_clmulepi64_epi128(sum, k, 0x00), high = _mm512_clmulepi64_epi128(sum, k, 0x11);
    return _mm512_ternarylogic_epi64(low, high, next, 0x96); /* low ^ high ^ next */
}

WIDE static inline __m512i load(const uint8_t *p)
{
    return _mm512_loadu_si512((const void *)p);
}

/*
 * Bits are reversed, so the constants are x^(n + 32) and x^(n - 32) mod P for n bits forwards, reversed as 32 bits and
 * shifted by one (a product of reversed factors is one bit short): n is 2048 and 512.
 */
WIDE static uint32_t wide(uint32_t crc, const uint8_t *p, size_t n)
{
    const __m512i by256 = _mm512_broadcast_i32x4(_mm_set_epi64x(0x1322d1430, 0x11542778a));
    const __m512i by64 = _mm512_broadcast_i32x4(_mm_set_epi64x(0x1c6e41596, 0x154442bd4));
    __m512i a = _mm512_xor_si512(load(p), _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)~crc)));
    __m512i b = load(p + 64), c = load(p + 128), d = load(p + 192);
    for (p += 256, n -= 256; n >= 256; p += 256, n -= 256) {
        a = fold(a, by256, load(p));
        b = fold(b, by256, load(p + 64));
        c = fold(c, by256, load(p + 128));
        d = fold(d, by256, load(p + 192));
    }
    a = fold(fold(fold(a, by64, b), by64, c), by64, d);
    uint8_t left[64];
    _mm512_storeu_si512((void *)left, a);
    /* A sum begins with ~0 added to the first bytes, which a sum of ~0 so far cancels. */
    return library(library(UINT32_MAX, left, sizeof left), p, n);
}
#endif

uint32_t fl_crc32(uint32_t crc, const void *p, size_t n)
{
#ifdef ENOUGH
    static int has = -1; /* every thread finds the same */
    int known = __atomic_load_n(&has, __ATOMIC_RELAXED);
    if (known < 0) {
        known = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
        __atomic_store_n(&has, known, __ATOMIC_RELAXED);
    }
    if (n >= ENOUGH && known)
        return wide(crc, p, n);
#endif
    return library(crc, p, n);
}
