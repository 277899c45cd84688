/*
 * hash.h - the hash of tables, lookup caches and folders: bytes to 64 bits with a secret seed, since what is hashed
 * comes from the network, and nobody may be able to send keys that all fall together.
 */
#ifndef FL_HASH_H
#define FL_HASH_H

#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Both halves of the product of 64 x 64 bits, together. */
static inline uint64_t fl_hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static inline uint64_t fl_hash_load(const char *p, uint32_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

/* 16 bytes a step, each mixed with the secret and with what came before. p may be NULL if n is 0. */
static inline uint64_t fl_hash(uint64_t seed, const char *p, uint32_t n)
{
    const uint64_t k1 = UINT64_C(0x9e3779b97f4a7c15), k2 = UINT64_C(0xd1b54a32d192ed03);
    uint64_t h = seed ^ k1, a, b;
    uint32_t left = n;
    for (; left > 16; left -= 16, p += 16)
        h = fl_hash_fold(fl_hash_load(p, 8) ^ k2 ^ h, fl_hash_load(p + 8, 8) ^ seed ^ k1);
    if (left >= 8) {
        a = fl_hash_load(p, 8);
        b = fl_hash_load(p + left - 8, 8);
    } else if (left >= 4) {
        a = fl_hash_load(p, 4);
        b = fl_hash_load(p + left - 4, 4);
    } else {
        a = left ? fl_hash_load(p, 1) << 16 | fl_hash_load(p + left / 2, 1) << 8 | fl_hash_load(p + left - 1, 1) : 0;
        b = 0;
    }
    h = fl_hash_fold(a ^ k2 ^ h, b ^ seed ^ k1);
    return fl_hash_fold(h ^ seed, n ^ k2);
}

/* `own` is an address of the caller's, for the case that the kernel has no entropy yet at boot. */
static inline uint64_t fl_hash_seed(const void *own)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return seed;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return fl_hash_fold((uint64_t)now.tv_nsec * 4096 + (uint64_t)now.tv_sec, (uint64_t)(uintptr_t)own);
}

#endif
