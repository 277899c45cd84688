/*
 * fuzz_ws_frame.c - whatever a server sends, the frame parser and the handshake's answer neither crash nor hang, and a
 * stream of bytes gives the same events however it is cut.
 *
 *     fuzz_ws_frame SECONDS [CORPUS [SRC]]     mutates for so long (tests/fuzz/run); writes each input to ./fuzz-input
 *     clang -fsanitize=fuzzer,address -DLIBFUZZER ...      the same as a libFuzzer target
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "intake/queue.h"
#include "sources/skydive/ws_frame.h"
#include "sources/skydive/ws_handshake.h"

#define MAX_MESSAGE 5000
#define LARGEST 8192

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Everything that an event says, mixed into one number. */
static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const uint8_t *c = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ c[i]) * UINT64_C(0x100000001b3);
    return h;
}

static uint64_t events(struct fl_queue *q, const uint8_t *p, size_t n, size_t first, size_t step)
{
    struct fl_ws_parser parser;
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    fl_ws_parser_init(&parser, q, MAX_MESSAGE);
    for (size_t i = 0, k; i < n; i += k) {
        k = i ? step : first;
        if (k > n - i)
            k = n - i;
        uint8_t *copy = malloc(k ? k : 1);
        memcpy(copy, p + i, k);
        const uint8_t *at = copy;
        struct fl_ws_event ev;
        while (fl_ws_next(&parser, &at, copy + k, &ev) != FL_WS_MORE) {
            unsigned kind = ev.kind;
            h = mix(mix(h, &kind, sizeof kind), &ev.n, sizeof ev.n);
            if (ev.kind == FL_WS_MESSAGE) {
                if (ev.n > MAX_MESSAGE)
                    abort();
                h = mix(h, ev.message->data, ev.message->n);
                fl_queue_recycle(q, ev.message);
            } else if (ev.data) {
                h = mix(h, ev.data, ev.n);
            }
        }
        if (at != copy + k)
            abort();
        free(copy);
    }
    fl_ws_parser_free(&parser);
    return h;
}

static int answer(const uint8_t *p, size_t n, size_t step)
{
    static char host[] = "h", path[] = "/";
    struct fl_ws_url url = {.host = host, .authority = host, .path = path, .port = 80};
    struct fl_ws_request request = {.url = &url, .host_id = "me", .namespace_ = "flow", .username = "u",
                                    .password = "p"};
    struct fl_ws_response r;
    enum fl_ws_response_state state = FL_WS_RESPONSE_MORE;
    fl_ws_response_init(&r, &request);
    for (size_t i = 0; i < n && state == FL_WS_RESPONSE_MORE; i += step) {
        const uint8_t *at = p + i, *end = p + (n - i < step ? n : i + step);
        state = fl_ws_response_feed(&r, &at, end);
    }
    if (state == FL_WS_RESPONSE_MORE)
        fl_ws_response_cut(&r);
    if (state != FL_WS_RESPONSE_OK && !r.why[0])
        abort();
    fl_ws_response_free(&r);
    return (int)state * 1000 + r.status;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct fl_queue *q = fl_queue_new(1 << 16);
    uint64_t whole = events(q, p, n, n, n ? n : 1);
    if (events(q, p, n, 1, 1) != whole || (n > 2 && events(q, p, n, n / 2, 3) != whole))
        abort();
    fl_queue_free(q);
    if (answer(p, n, n ? n : 1) != answer(p, n, 1))
        abort();
    char *text = strndup((const char *)p, n);
    struct fl_ws_url url;
    char *error = fl_ws_url_parse(text, &url);
    if (!error && (!url.host || !*url.host || !url.port || url.path[0] != '/'))
        abort();
    free(error);
    fl_ws_url_free(&url);
    free(text);
    return 0;
}

#ifndef LIBFUZZER

/* Beginnings; files of the corpus come on top. */
#define SEED(s) {(const uint8_t *)(s), sizeof(s) - 1}
static const struct seed {
    const uint8_t *p;
    size_t n;
} seeds[] = {
    SEED("\x81\x05hello\x89\x02pi\x82\x01x\x88\x05\x03\xe8" "bye"),
    SEED("\x01\x03hel\x89\x00\x00\x02lo\x80\x02\xc3\xa4\x8a\x00"),
    SEED("\x81\x7e\x00\x80" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x81\x01z"),
    SEED("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" "abc"),
    SEED("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\nX-Host-ID: a\r\n"
         "X-Service-Type: analyzer\r\n\r\n\x81\x01x"),
    SEED("HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nwrong"),
    SEED("wss://[::1]:8082/ws/subscriber/flow?x=y"),
};

static uint64_t state = 88172645463325252;

static uint32_t rnd(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % below;
}

static size_t file_input(const char *folder, uint8_t *to)
{
    DIR *d = folder ? opendir(folder) : NULL;
    size_t n = 0;
    unsigned seen = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' || rnd(++seen)) /* each file with the same chance */
            continue;
        int fd = openat(dirfd(d), e->d_name, O_RDONLY);
        ssize_t got = fd < 0 ? -1 : read(fd, to, LARGEST);
        n = got > 0 ? (size_t)got : 0;
        if (fd >= 0)
            close(fd);
    }
    if (d)
        closedir(d);
    return n;
}

static size_t insert(uint8_t *p, size_t n, size_t at, const void *what, size_t k)
{
    if (n + k > LARGEST)
        return n;
    memmove(p + at + k, p + at, n - at);
    memcpy(p + at, what, k);
    return n + k;
}

static size_t mutate(uint8_t *p, size_t n)
{
    static const uint8_t odd[] = {0x00, 0x01, 0x02, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc3, 0xed,
                                  0xf4, 0xff, '\r', '\n', ':', ' '};
    for (uint32_t times = 1 + rnd(6); times--;) {
        size_t at = rnd((uint32_t)n + 1), k = rnd(16);
        const struct seed *s = &seeds[rnd(sizeof seeds / sizeof *seeds)];
        switch (rnd(6)) {
        case 0:
            if (at < n)
                p[at] ^= (uint8_t)(1u << rnd(8));
            break;
        case 1:
            if (at < n)
                p[at] = odd[rnd(sizeof odd)];
            break;
        case 2:
            n = insert(p, n, at, &odd[rnd(sizeof odd)], 1);
            break;
        case 3:
            k = n - at < k ? n - at : k;
            memmove(p + at, p + at + k, n - at - k);
            n -= k;
            break;
        case 4:
            n = insert(p, n, at, s->p, s->n);
            break;
        default: {
            uint8_t copy[16];
            k = n - at < k ? n - at : k;
            memcpy(copy, p + at, k);
            n = insert(p, n, rnd((uint32_t)n + 1), copy, k);
        }
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    static uint8_t input[LARGEST];
    time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
    int fd = open("fuzz-input", O_RDWR | O_CREAT | O_TRUNC, 0600);
    unsigned long runs = 0;
    for (; time(NULL) < end; runs++) {
        size_t n = rnd(4) ? 0 : file_input(argc > 2 ? argv[2] : NULL, input);
        if (!n) {
            const struct seed *s = &seeds[rnd(sizeof seeds / sizeof *seeds)];
            memcpy(input, s->p, n = s->n);
        }
        n = mutate(input, n);
        if (fd >= 0 && (pwrite(fd, input, n, 0) != (ssize_t)n || ftruncate(fd, (off_t)n)))
            return 1;
        LLVMFuzzerTestOneInput(input, n);
    }
    printf("%lu inputs\n", runs);
    return 0;
}
#endif
