/*
 * decode.c - the generated decoder of secadvisor alone: decode FLOWS.jsonl [jansson]
 *
 * Links the pipeline's own object with the runtime, and calls what the descriptor names for every flow of every message
 * in memory, as the worker does: a zeroed record, an arena that is reset per message. No threads, no run, no output.
 * The envelope around a message's flows (0.2 % of it) is passed over. Prints ` flows=N mb_per_s=N`: bytes of whole
 * messages per CPU second of the second pass. With `jansson`: json_loadb on every tenth message, the usual way to read
 * JSON in C. tests/bench/simdjson.cc is the same for simdjson.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flowrt.h"

struct input {
    char *p;
    size_t n;
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "decode: %s\n", what);
    exit(1);
}

static struct input load(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        die(path);
    struct input in = {NULL, (size_t)ftell(f)};
    in.p = calloc(1, in.n + FL_PAD);
    rewind(f);
    if (!in.p || fread(in.p, 1, in.n, f) != in.n)
        die(path);
    fclose(f);
    return in;
}

/* The flows of one message; returns how many. */
static uint64_t decode_message(const char *p, size_t n, struct fl_rec *r, struct fl_arena *scratch)
{
    static const char mark[] = "\"Obj\":";
    struct fl_decoder d;
    const char *list = memmem(p, n, mark, sizeof mark - 1);
    uint64_t flows = 0;
    if (!list)
        die("a message without Obj");
    fl_decoder_init(&d, p, n, scratch);
    d.p = list + sizeof mark - 1;
    d.bad_field = NULL;
    for (int more = fl_array_begin(&d, "Obj"); more != 0 && more != 2; more = fl_element_end(&d), flows++) {
        memset(r, 0, fl_pipeline.record_size);
        if (more < 0 || !fl_pipeline.decode(&d, r) || d.bad_field)
            die("a message was refused");
    }
    fl_arena_reset(scratch);
    return flows;
}

static uint64_t decode_all(struct input in, struct fl_rec *r, struct fl_arena *scratch)
{
    uint64_t flows = 0;
    for (const char *p = in.p, *end = p + in.n, *stop; p < end; p = stop + 1) {
        stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop)
            stop = end;
        if (stop > p)
            flows += decode_message(p, (size_t)(stop - p), r, scratch);
    }
    return flows;
}

/* Bytes that were read. */
static size_t load_by_jansson(struct input in)
{
    size_t bytes = 0, message = 0;
    for (const char *p = in.p, *end = p + in.n, *stop; p < end; p = stop + 1) {
        json_error_t e;
        stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop)
            stop = end;
        if (stop == p || message++ % 10 != 0)
            continue;
        json_t *j = json_loadb(p, (size_t)(stop - p), 0, &e);
        if (!j)
            die(e.text);
        json_decref(j);
        bytes += (size_t)(stop - p) + 1;
    }
    return bytes;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        die("usage: decode FLOWS.jsonl [jansson]");
    struct input in = load(argv[1]);
    uint64_t flows = 0;
    double begin = 0, used;
    if (argc > 2) {
        begin = cpu_seconds();
        in.n = load_by_jansson(in);
        used = cpu_seconds() - begin;
    } else {
        struct fl_arena scratch;
        struct fl_rec *r = calloc(1, fl_pipeline.record_size);
        fl_arena_init(&scratch, (size_t)256 << 10);
        for (int pass = 0; pass < 2; pass++) {
            begin = cpu_seconds();
            flows = decode_all(in, r, &scratch);
        }
        used = cpu_seconds() - begin;
        fl_arena_free(&scratch);
        free(r);
    }
    free(in.p);
    printf(" flows=%llu mb_per_s=%.1f\n", (unsigned long long)flows, (double)in.n / 1e6 / used);
    return 0;
}
