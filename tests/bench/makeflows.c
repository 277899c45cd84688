/*
 * makeflows.c - many flows from a few recorded ones: makeflows MESSAGES.jsonl FLOWS > out.jsonl
 *
 * The recorded messages are repeated in rounds. In each round identifiers, cluster addresses, MACs, client ports,
 * counters and times become others, one-to-one, and everything keeps its length and form: what repeats within a
 * round (the updates of a flow) repeats in the copy, and what doesn't shouldn't compress better than real flows do.
 * The same arguments give the same bytes. Output streams; memory is one copy of the recording.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t round_seed;
static uint64_t round_number;

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t hash(const char *p, size_t n)
{
    uint64_t h = round_seed;
    for (size_t i = 0; i < n; i++)
        h = mix(h ^ (unsigned char)p[i]);
    return h;
}

static void put(const char *p, size_t n)
{
    fwrite_unlocked(p, 1, n, stdout);
}

/* Hexadecimal digits become others, all else stays: UUIDs, tracking ids, MACs. */
static void put_hex(const char *p, size_t n)
{
    uint64_t h = hash(p, n);
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
            h = mix(h);
            c = "0123456789abcdef"[h & 15];
        }
        putchar_unlocked(c);
    }
}

/* 10.0.0.x becomes 10.r.r.x, 203.0.113.x becomes 203.0.r.x: the class stays what it was. */
static void put_ipv4(const char *p, size_t n)
{
    unsigned a, b, c, d;
    char text[64];
    if (n >= sizeof text) {
        put(p, n);
        return;
    }
    memcpy(text, p, n);
    text[n] = '\0';
    if (sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d) != 4) {
        put(p, n);
        return;
    }
    if (a == 10)
        printf("10.%u.%u.%u", (unsigned)(round_number >> 8 & 255), (unsigned)(round_number & 255), d);
    else if (a == 203)
        printf("203.0.%u.%u", (unsigned)(round_number & 255), d);
    else
        put(p, n);
}

/* The first digit stays, so the number of digits does too. */
static void put_counter(const char *p, size_t n)
{
    uint64_t h = hash(p, n);
    putchar_unlocked(p[0]);
    for (size_t i = 1; i < n; i++) {
        h = mix(h);
        putchar_unlocked('0' + (int)(h % 10));
    }
}

static void put_number(const char *key, size_t key_n, const char *p, size_t n)
{
    bool time = (key_n == 5 && memcmp(key, "Start", 5) == 0) || (key_n == 4 && memcmp(key, "Last", 4) == 0);
    if (time && n == 13)
        printf("%llu", (unsigned long long)(strtoull(p, NULL, 10) + round_number * 1000));
    else if (key_n == 1 && (key[0] == 'A' || key[0] == 'B') && n == 5)
        printf("%llu", 32768 + (unsigned long long)(hash(p, n) % 28000)); /* a client's port */
    else if (key_n >= 7 && (key[0] == 'A' || key[0] == 'B') && n > 1 && n < 13)
        put_counter(p, n); /* ABBytes, BAPackets, ... */
    else
        put(p, n);
}

static void put_string(const char *key, size_t key_n, const char *p, size_t n)
{
    if ((key_n >= 4 && memcmp(key + key_n - 4, "UUID", 4) == 0) ||
        (key_n >= 10 && memcmp(key + key_n - 10, "TrackingID", 10) == 0))
        put_hex(p, n);
    else if (key_n == 1 && (key[0] == 'A' || key[0] == 'B')) {
        if (memchr(p, '.', n) && !memchr(p, ':', n))
            put_ipv4(p, n);
        else if (n == 17)
            put_hex(p, n);
        else
            put(p, n);
    } else
        put(p, n);
}

/* One message, at most `flows` of its flows; returns how many. Recorded messages have no white space. */
static uint64_t put_message(const char *p, size_t n, uint64_t flows)
{
    const char *end = p + n, *key = "";
    size_t key_n = 0;
    uint64_t done = 0;
    int depth = 0;
    while (p < end) {
        if (*p == '"') {
            const char *s = ++p;
            while (p < end && *p != '"')
                p += *p == '\\' ? 2 : 1;
            size_t len = (size_t)(p - s);
            p++;
            putchar_unlocked('"');
            if (p < end && *p == ':') {
                key = s;
                key_n = len;
                put(s, len);
            } else
                put_string(key, key_n, s, len);
            putchar_unlocked('"');
        } else if (*p >= '0' && *p <= '9') {
            const char *s = p;
            while (p < end && *p >= '0' && *p <= '9')
                p++;
            put_number(key, key_n, s, (size_t)(p - s));
        } else {
            depth += *p == '{' || *p == '[';
            depth -= *p == '}' || *p == ']';
            putchar_unlocked(*p);
            if (*p == '}' && depth == 2 && ++done == flows) {
                put("]}\n", 3);
                return done;
            }
            p++;
        }
    }
    putchar_unlocked('\n');
    return done;
}

static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t cap = 0;
    *n = 0;
    if (!f) {
        perror(path);
        exit(2);
    }
    do {
        if (cap - *n < 65536) {
            cap = cap ? cap * 2 : 1 << 20;
            text = realloc(text, cap);
            if (!text)
                abort();
        }
        *n += fread(text + *n, 1, cap - *n, f);
    } while (!feof(f) && !ferror(f));
    fclose(f);
    return text;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: makeflows MESSAGES.jsonl FLOWS > out.jsonl\n", stderr);
        return 2;
    }
    static char buffer[256 << 10]; /* stdio's own is a page if this is a pipe */
    size_t n;
    char *text = read_file(argv[1], &n);
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    uint64_t left = strtoull(argv[2], NULL, 10);
    while (left) {
        round_seed = mix(round_number);
        uint64_t before = left;
        for (char *p = text, *end = text + n; p < end && left;) {
            char *stop = memchr(p, '\n', (size_t)(end - p));
            if (!stop)
                stop = end;
            if (stop > p)
                left -= put_message(p, (size_t)(stop - p), left);
            p = stop + 1;
        }
        if (left == before) {
            fprintf(stderr, "makeflows: %s: no flows\n", argv[1]);
            return 1;
        }
        round_number++;
    }
    free(text);
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
