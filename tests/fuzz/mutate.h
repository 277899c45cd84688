/*
 * mutate.h - changes to JSON texts at random, the same each time: for fuzz_json.c and schema.c.
 */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHANGES 4    /* at most, by one call of change() */
#define CHANGE 12    /* bytes that one of them adds at most */

static uint64_t random_state = 88172645463325252;

/* 0 to n - 1. */
static inline size_t below(size_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return n ? (size_t)(random_state % n) : 0;
}

/* Changes text[0, n) in up to CHANGES places, with what tends to matter; returns its new length. */
static inline size_t change(char *text, size_t n)
{
    static const char *const bits[] = {
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d\\ude00", "\\udc00", "0", "01", "-", ".", "e", "E+", "1e5",
        "null", "true", "false", " ", "\n", "\t", "\x01", "\x7f", "\x80", "\xc3\xa4", "\xe2\x82\xac", "\xed\xa0\x80",
        "\xf0\x9f\x98\x80", "\xf4\x90\x80\x80", "\xc0\x80", "\"a\":", "{}", "[]",
    };
    for (size_t changes = below(CHANGES + 1); changes > 0; changes--) {
        size_t at = below(n + 1), kind = below(4);
        const char *bit = bits[below(sizeof bits / sizeof bits[0])];
        size_t length = strlen(bit), cut = kind == 0 ? 0 : below(8);
        if (cut > n - at)
            cut = n - at;
        if (kind == 1)
            length = 0;
        memmove(text + at + length, text + at + cut, n - at - cut);
        memcpy(text + at, bit, length);
        n = n - cut + length;
        if (kind == 3 && n)
            text[below(n)] = (char)below(256);
    }
    return n;
}

#endif
