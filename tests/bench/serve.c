/*
 * serve.c - a Skydive analyzer's side of a WebSocket, fast enough not to be what is measured: serve FLOWS.jsonl
 *
 * Prints `PORT n`, then serves one client after the other until it is ended by a signal: handshake (RFC 6455 section
 * 4), every line of the file as a text message of one frame, a close frame. All frames lie in memory before the first
 * client comes, and are written at once. `DELIVERED` is printed when the client's close frame is here: then it has read
 * all that was sent before ours. Anything else is `LOST` and why. tests/peers/analyzer.py is the one for tests.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 65536
#define WRITE_SIZE ((size_t)4 << 20)

struct frames {
    unsigned char *p;
    size_t n;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- frames ----------------------------------------------------------------------------------------------- */

static unsigned char *put_frame(unsigned char *to, unsigned char opcode, const char *p, size_t n)
{
    *to++ = 0x80 | opcode;
    if (n < 126) {
        *to++ = (unsigned char)n;
    } else {
        int bytes = n < 65536 ? 2 : 8;
        *to++ = bytes == 2 ? 126 : 127;
        for (int i = bytes; i-- > 0;)
            *to++ = (unsigned char)((uint64_t)n >> 8 * i);
    }
    memcpy(to, p, n);
    return to + n;
}

static struct frames load(const char *path)
{
    static const char closing[] = "\x03\xe8the recording ends here";
    FILE *f = fopen(path, "rb");
    char *line = NULL;
    size_t room = 0, cap = 1 << 20;
    struct frames all = {malloc(cap), 0};
    if (!f)
        die(path);
    for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
        while (all.n + (size_t)n + ROOM > cap)
            cap *= 2;
        all.p = realloc(all.p, cap);
        if (!all.p)
            die("memory");
        n -= line[n - 1] == '\n';
        if (n > 0)
            all.n = (size_t)(put_frame(all.p + all.n, 1, line, (size_t)n) - all.p);
    }
    all.n = (size_t)(put_frame(all.p + all.n, 8, closing, sizeof closing - 1) - all.p);
    free(line);
    fclose(f);
    return all;
}

/* ---- a client --------------------------------------------------------------------------------------------- */

static bool send_all(int fd, const void *data, size_t n)
{
    for (const char *p = data, *end = p + n; p < end;) {
        size_t left = (size_t)(end - p);
        ssize_t sent = send(fd, p, left < WRITE_SIZE ? left : WRITE_SIZE, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return false;
        p += sent > 0 ? sent : 0;
    }
    return true;
}

/* Reads the request to its empty line, answers it. NULL, or what is wrong. */
static const char *shake_hands(int fd)
{
    static const char name[] = "\r\nSec-WebSocket-Key:", guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char head[ROOM], text[256];
    unsigned char digest[EVP_MAX_MD_SIZE], accept[64];
    unsigned int digest_n;
    size_t n = 0;
    do {
        ssize_t got = recv(fd, head + n, sizeof head - 1 - n, 0);
        if (got <= 0)
            return "the client left before its request ended";
        n += (size_t)got;
        head[n] = '\0';
    } while (!strstr(head, "\r\n\r\n"));
    const char *key = strcasestr(head, name);
    if (!key)
        return "no Sec-WebSocket-Key";
    key += sizeof name - 1;
    key += strspn(key, " ");
    snprintf(text, sizeof text, "%.*s%s", (int)strcspn(key, " \r"), key, guid);
    if (!EVP_Digest(text, strlen(text), digest, &digest_n, EVP_sha1(), NULL))
        return "no SHA-1";
    EVP_EncodeBlock(accept, digest, (int)digest_n);
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: %s\r\nX-Host-ID: bench\r\nX-Service-Type: analyzer\r\n\r\n", accept);
    return send_all(fd, head, (size_t)len) ? NULL : "the client left during the handshake";
}

/* Frames of the client up to its close frame; pings and pongs are passed over. */
static bool await_close(int fd)
{
    unsigned char b[ROOM];
    for (size_t n = 0, at = 0;;) {
        while (n - at >= 2 && n - at >= 6 + (size_t)(b[at + 1] & 0x7f)) {
            if ((b[at] & 0x0f) == 8)
                return true;
            at += 6 + (size_t)(b[at + 1] & 0x7f); /* control frames are short, and a client's are masked */
        }
        memmove(b, b + at, n - at);
        n -= at;
        at = 0;
        ssize_t got = recv(fd, b + n, sizeof b - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
    }
}

static const char *serve(int fd, struct frames all)
{
    const char *wrong = shake_hands(fd);
    if (wrong)
        return wrong;
    if (!send_all(fd, all.p, all.n))
        return "the client left before it had everything";
    return await_close(fd) ? NULL : "the client left without a close frame";
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    if (argc != 2) {
        fputs("usage: serve FLOWS.jsonl\n", stderr);
        return 2;
    }
    struct frames all = load(argv[1]);
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening < 0 || bind(listening, (struct sockaddr *)&a, len) != 0 || listen(listening, 5) != 0 ||
        getsockname(listening, (struct sockaddr *)&a, &len) != 0)
        die("socket");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("PORT %u\n", ntohs(a.sin_port));
    for (;;) {
        int fd = accept(listening, NULL, NULL);
        if (fd < 0)
            continue;
        const char *wrong = serve(fd, all);
        if (wrong)
            printf("LOST: %s\n", wrong);
        else
            puts("DELIVERED");
        close(fd);
    }
}
