/*
 * fuzz_journal.c - whatever became of a journal's bytes, what is found in it was written to it, and cutting it anywhere leaves the last
 * whole record. Records that are whole but say nonsense are refused by those who read them.
 *
 *     fuzz_journal RUNS SEED        in an empty folder (tests/fuzz/run)
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "state/crc32c.h"
#include "state/directory.h"
#include "state/journal.h"
#include "state/positions.h"
#include "tests/fuzz/mutate.h"

#define RECORDS 6
#define LONGEST 200
#define HEAD 12
#define FILES_EVERY 100 /* runs: files are slow */

static uint8_t bytes[2 * RECORDS * (LONGEST + HEAD)];
static struct { size_t at, n; } written[RECORDS];
static uint8_t was[sizeof bytes];

static void number(uint8_t *p, unsigned n, uint64_t v)
{
    for (unsigned i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static size_t frame(uint8_t *p, size_t n)
{
    number(p, 4, n);
    number(p + 8, 2, FL_JOURNAL_VERSION);
    number(p + 10, 2, 1);
    number(p + 4, 4, fl_crc32c(0, p + 8, n + 4));
    return n + HEAD;
}

static size_t build(void)
{
    size_t n = 0;
    for (unsigned i = 0; i < RECORDS; i++) {
        written[i].at = n + HEAD;
        written[i].n = 1 + below(LONGEST);
        for (size_t k = 0; k < written[i].n; k++)
            bytes[n + HEAD + k] = (uint8_t)below(256);
        n += frame(bytes + n, written[i].n);
    }
    memcpy(was, bytes, n);
    return n;
}

static size_t damage(size_t n)
{
    for (size_t i = 1 + below(3); i > 0 && n > 1; i--)
        switch (below(5)) {
        case 0:
            bytes[below(n)] ^= (uint8_t)(1u << below(8));
            break;
        case 1: { /* a hole */
            size_t at = below(n), k = 1 + below(n - at);
            memset(bytes + at, 0, k);
            break;
        }
        case 2: { /* something is gone */
            size_t at = below(n), k = 1 + below(n - at);
            memmove(bytes + at, bytes + at + k, n - at - k);
            n -= k;
            break;
        }
        case 3: /* or came on top */
            for (size_t k = below(40); k > 0 && n < sizeof bytes; k--)
                bytes[n++] = (uint8_t)below(256);
            break;
        default:
            n = below(n + 1);
        }
    return n ? n : 1;
}

static void was_written(struct fl_journal_found f, size_t n)
{
    bool known = f.n == 0;
    for (unsigned i = 0; i < RECORDS && !known; i++)
        known = f.n == written[i].n && memcmp(bytes + f.at, was + written[i].at, f.n) == 0;
    if (!known || f.end > n || (f.n && f.at + f.n != f.end) || (f.torn && f.damaged) || f.newer)
        abort();
}

static void cut(size_t n)
{
    size_t at = below(n + 1), whole = 0;
    unsigned i = 0;
    for (; i < RECORDS && written[i].at + written[i].n <= at; i++)
        whole = written[i].at + written[i].n;
    struct fl_journal_found f = fl_journal_look(bytes, at);
    if (f.end != whole || f.torn != (at > whole) || f.damaged || f.n != (i ? written[i - 1].n : 0))
        abort();
}

/* A file of it, read as the program does. */
static void from_file(size_t n)
{
    char *error = NULL;
    struct fl_state *s = fl_state_open("state", "fuzz", &error);
    if (!s)
        abort();
    int fd = openat(fl_state_fd(s), "journal", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) != 0)
        abort();
    struct fl_positions *p = fl_positions_open(s, &error);
    struct fl_position at = {.offset = 7}, got;
    if (p && (fl_positions_set(p, "file", &at) != 0 || !fl_positions_get(p, "file", &got) || got.offset != 7))
        abort();
    if (!p == !error)
        abort();
    free(error);
    fl_positions_free(p);
    fl_state_close(s);
}

/* A record that is nearly one of positions. */
static size_t nearly(void)
{
    size_t n = HEAD;
    for (size_t i = 1 + below(3); i > 0; i--) {
        number(bytes + n, 8, below(9));
        number(bytes + n + 8, 8, below(9));
        number(bytes + n + 16, 8, below(200));
        size_t before = below(70), path = below(30);
        number(bytes + n + 24, 2, below(10) ? before : below(65536));
        number(bytes + n + 26, 2, below(10) ? path : below(65536));
        for (size_t k = 0; k < before + path; k++)
            bytes[n + 28 + k] = (uint8_t)('a' + below(3));
        n += 28 + before + path;
    }
    return frame(bytes, n - HEAD - (below(4) ? 0 : below(n - HEAD)));
}

int main(int argc, char **argv)
{
    struct fl_log_options quiet = {.backends = FL_LOG_STDERR};
    unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    random_state ^= argc > 2 ? strtoull(argv[2], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) : 0;
    for (int i = 0; i < 4; i++)
        quiet.level[i] = FL_CRITICAL;
    free(fl_log_configure(&quiet));
    for (unsigned long i = 0; i < runs; i++) {
        size_t n = build();
        cut(n);
        n = damage(n);
        was_written(fl_journal_look(bytes, n), n);
        if (i % FILES_EVERY == 0) {
            from_file(n);
            from_file(nearly());
        }
    }
    return 0;
}
