/*
 * figures.c - the second table of make bench, single figures and what is wanted of each: figures RUNS FLOWS.jsonl
 * MORE-FLOWS.jsonl ONE-FLOW.jsonl WORKDIR WORKDIR-IN-MEMORY
 *
 * What is compared with each other runs in turns. Where programs and sources lie is told by the environment of
 * `make check` and by BENCH_COMPILE, the command that compiles a C file with the project's flags. What this machine
 * lacks (a second processor, simdjson) has a row that says so.
 */
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

#define MAX_FIGURES 40
#define STARTS 25
#define COMPILATIONS 5

enum sense { PLAIN, AT_MOST, AT_LEAST, LESS_THAN };

struct figure {
    const char *name, *unit, *missing;
    struct series s;
    int decimals;
    enum sense sense;
    double wanted;
};

static struct figure figures[MAX_FIGURES];
static int nfigures;
static int runs;
static const char *flows, *more_flows, *one_flow, *work;
static char out[4096], memory_out[4096], log_path[4096];

/* ---- helpers ---------------------------------------------------------------------------------------------- */

static struct figure *figure(const char *name, const char *unit, int decimals, enum sense sense, double wanted)
{
    if (nfigures == MAX_FIGURES)
        fail("too many figures");
    figures[nfigures] = (struct figure){.name = name, .unit = unit, .decimals = decimals, .sense = sense,
                                        .wanted = wanted};
    return &figures[nfigures++];
}

static const char *folder(const char *name)
{
    const char *path = getenv(name);
    if (!path)
        fail("%s is not set; this is run by make bench", name);
    return path;
}

static char *program(const char *name)
{
    return text("%s/%s", folder("FLOWC_BIN_DIR"), name);
}

static struct cost run_words(const char *words)
{
    struct command c = {.label = words, .words = words, .out = out, .log = log_path};
    return run(&c);
}

/* A command prints ` key=NUMBER`. */
static double said(const char *key)
{
    double v = log_number(log_path, "", key);
    if (isnan(v))
        fail("%s is missing in what a program printed", key);
    return v;
}

/* ---- the decoder ------------------------------------------------------------------------------------------ */

static void measure_decoders(void)
{
    const char *dir = folder("builddir");
    char *decode = text("%s/tests/bench/decode %s", dir, flows), *jansson = text("%s jansson", decode);
    char *simdjson = text("%s/tests/bench/simdjson %s", dir, flows);
    bool yardstick = access(text("%s/tests/bench/simdjson", dir), X_OK) == 0;
    struct figure *ratio = figure("secadvisor's decoder to simdjson, aim 2", "x", 2, AT_LEAST, 1);
    struct figure *ours = figure("  secadvisor's generated decoder alone", "MB/CPU s", 0, PLAIN, 0);
    struct figure *dom = figure("  simdjson, full DOM of the same bytes", "MB/CPU s", 0, PLAIN, 0);
    struct figure *slow = figure("  jansson, on a tenth of the messages", "MB/CPU s", 0, PLAIN, 0);
    if (!yardstick)
        ratio->missing = dom->missing = "not here: libsimdjson-dev or a C++ compiler was missing when configure ran";
    for (int i = 0; i < runs; i++) {
        run_words(decode);
        double speed = said("mb_per_s"), n = said("flows");
        add(&ours->s, speed);
        run_words(jansson);
        add(&slow->s, said("mb_per_s"));
        if (!yardstick)
            continue;
        run_words(simdjson);
        add(&dom->s, said("mb_per_s"));
        add(&ratio->s, speed / said("mb_per_s"));
        if (said("flows") != n)
            fail("simdjson saw %.0f flows, the decoder %.0f", said("flows"), n);
    }
}

/* ---- two processors --------------------------------------------------------------------------------------- */

static const char one_processor[] = "not here: this machine, or the set given to this process, has one processor";

/* With more flows, and without a disk: start and end can't overlap, and a disk's moods aren't ours. */
static void measure_cores(const char *name)
{
    char *words = text("%s --input %s --output %%o", program(name), more_flows);
    struct figure *ratio = figure(text("%s, throughput on two processors to one", name), "x", 2, AT_LEAST, 1.7);
    if (processors() < 2) {
        ratio->missing = one_processor;
        return;
    }
    struct figure *one = figure("  wall-clock time, bound to one", "ms", 0, PLAIN, 0);
    struct figure *two = figure("  wall-clock time, bound to two", "ms", 0, PLAIN, 0);
    for (int i = 0; i < 3 * runs && i < MAX_RUNS; i++) { /* what else runs on either processor moves them */
        struct command c = {.label = name, .words = words, .out = memory_out, .log = log_path, .cpus = 1};
        double a = run(&c).wall;
        c.cpus = 2;
        double b = run(&c).wall;
        add(&one->s, a * 1e3);
        add(&two->s, b * 1e3);
        add(&ratio->s, a / b);
    }
}

/* What two processes that share nothing get from two processors, which may be halves of one. */
static void measure_hardware(void)
{
    struct figure *ratio = figure("  two zlib -1 at once, throughput to one alone", "x", 2, PLAIN, 0);
    if (processors() < 2) {
        ratio->missing = one_processor;
        return;
    }
    for (int i = 0; i < runs; i++) {
        double alone = calibrate(flows, 1).wall, begin = now();
        struct child a = start_calibration(flows, 1, 0), b = start_calibration(flows, 1, 0);
        finish(&a);
        finish(&b);
        add(&ratio->s, 2 * alone / (now() - begin));
    }
}

/* ---- outputs ---------------------------------------------------------------------------------------------- */

/* A second output costs its own work; reading and decoding are done once. */
static void measure_outputs(void)
{
    const char *dir = folder("builddir");
    struct figure *ratio = figure("two identical outputs, CPU to one", "x", 2, AT_MOST, 1.9);
    struct figure *one = figure("  one output: ndjson, gzip", "CPU ms", 0, PLAIN, 0);
    struct figure *two = figure("  two of them", "CPU ms", 0, PLAIN, 0);
    struct command c = {.label = "one", .words = text("%s/tests/bench/one --input %s --output %%o", dir, flows), .out = out, .log = log_path, .cpus = 1};
    struct command d = {.label = "two", .words = text("%s/tests/bench/two --input %s --output %%o", dir, flows), .out = out, .log = log_path, .cpus = 1};
    for (int i = 0; i < runs; i++) {
        double a = run(&c).cpu, b = run(&d).cpu;
        add(&one->s, a * 1e3);
        add(&two->s, b * 1e3);
        add(&ratio->s, b / a);
    }
}

/* ---- sizes ------------------------------------------------------------------------------------------------ */

static void size_figure(const char *name, const char *unit, double value)
{
    add(&figure(name, unit, strcmp(unit, "CPU s") == 0 ? 3 : 2, PLAIN, 0)->s, value);
}

static void measure_sizes(const char *name)
{
    run_words(text("%s --input %s --output %%o", program(name), flows));
    struct command c = {.label = "recompress", .log = log_path,
                        .words = text("%s/tests/bench/recompress %s", folder("builddir"), out)};
    run(&c);
    struct figure *f = figure(text("%s, compressed objects", name), "MB", 2, AT_MOST, said("zlib1") / 1e6);
    add(&f->s, said("ours") / 1e6);
    size_figure("  the same, not compressed", "MB", said("plain") / 1e6);
    size_figure("  zlib -1 on it", "MB", said("zlib1") / 1e6);
    size_figure("  zlib -1 on it, cost", "CPU s", said("zlib1_s"));
}

/* ---- start ------------------------------------------------------------------------------------------------ */

static size_t one_record(char *to, size_t room)
{
    FILE *f = fopen(one_flow, "r");
    size_t n = f ? fread(to, 1, room, f) : 0;
    if (n == 0 || n == room)
        fail("%s: expected one short message", one_flow);
    fclose(f);
    return n;
}

/*
 * The record waits in a pipe of one page, which is full then; when there is room again it was read.
 */
static void measure_start(const char *name)
{
    struct figure *first = figure(text("%s, exec to first record read", name), "ms", 1, LESS_THAN, 20);
    struct figure *life = figure("  whole life on one record", "ms", 1, PLAIN, 0);
    char *words = text("%s --input - --output %%o", program(name)), record[4096];
    size_t n = one_record(record, sizeof record);
    for (int i = 0; i < STARTS; i++) {
        int fd[2];
        if (pipe2(fd, O_CLOEXEC) != 0 || fcntl(fd[1], F_SETPIPE_SZ, 4096) != 4096 ||
            write(fd[1], record, n) != (ssize_t)n)
            die("pipe");
        struct command c = {.label = words, .words = words, .out = out, .log = log_path, .input = fd[0]};
        struct child child = start(&c);
        struct pollfd p = {fd[1], POLLOUT, 0};
        close(fd[0]);
        if (poll(&p, 1, 10000) != 1 || p.revents != POLLOUT)
            fail("%s: it did not read its input", words);
        add(&first->s, (now() - child.begin) * 1e3);
        close(fd[1]);
        add(&life->s, finish(&child).wall * 1e3);
        if (log_number(log_path, " ledger ", "received") != 1)
            fail("%s: it did not receive the record", words);
    }
}

/* ---- code ------------------------------------------------------------------------------------------------- */

static void measure_code(void)
{
    struct stat st;
    char *copy = text("%s/stripped", work);
    struct command strip = {.label = "strip", .words = text("strip -o %s %s", copy, program("dummy")), .log = log_path};
    struct figure *f = figure("dummy stripped, whole file (libraries are shared)", "MiB", 2, LESS_THAN, 1);
    run(&strip);
    if (stat(copy, &st) != 0)
        die(copy);
    add(&f->s, (double)st.st_size / (1 << 20));

    /* A shell splits it: flags may have quotes. */
    char *script = text("%s/compile", work);
    FILE *to = fopen(script, "w");
    if (!to || fprintf(to, "%s -c -o %s/x.o %s.c\n", folder("BENCH_COMPILE"), work, program("secadvisor")) < 0 ||
        fclose(to) != 0)
        die(script);
    struct command cc = {.label = "compiling secadvisor.c", .log = log_path,
                         .words = text("%s %s", folder("SHELL"), script)};
    f = figure("C compiler on the generated secadvisor.c", "s", 2, LESS_THAN, 5);
    for (int i = 0; i < COMPILATIONS; i++)
        add(&f->s, run(&cc).wall);

    struct command flowc = {.label = "flowc", .log = log_path,
                            .words = text("%s emit --line -o %s/x.c %s/pipelines/secadvisor.flow", folder("FLOWC"),
                                          work, folder("srcdir"))};
    f = figure("flowc on secadvisor.flow", "ms", 1, LESS_THAN, 50);
    for (int i = 0; i < STARTS; i++)
        add(&f->s, run(&flowc).wall * 1e3);
}

/* ---- the table -------------------------------------------------------------------------------------------- */

static bool met(const struct figure *f)
{
    double v = median(&f->s);
    return f->sense == AT_MOST ? v <= f->wanted : f->sense == LESS_THAN ? v < f->wanted : v >= f->wanted;
}

static void print_figure(const struct figure *f)
{
    static const char *const signs[] = {"", "<=", ">=", "<"};
    printf("%-50s", f->name);
    if (f->missing) {
        printf(" %s\n", f->missing);
        return;
    }
    print_series(&f->s, 7, f->decimals, 1);
    printf(" %-9s", f->unit);
    if (f->sense != PLAIN)
        printf(" %2s %-7.*f %s", signs[f->sense], f->decimals, f->wanted, met(f) ? "met" : "missed");
    printf("\n");
}

/* Those since the last call: the whole takes a minute. */
static void print_new_figures(void)
{
    static int printed;
    while (printed < nfigures)
        print_figure(&figures[printed++]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    runs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (argc != 7 || runs < 1 || runs > MAX_RUNS) {
        fputs("usage: figures RUNS FLOWS.jsonl MORE.jsonl ONE.jsonl WORKDIR MEMORY\n", stderr);
        return 2;
    }
    flows = argv[2];
    more_flows = argv[3];
    one_flow = argv[4];
    work = argv[5];
    snprintf(out, sizeof out, "%s/out", work);
    snprintf(memory_out, sizeof memory_out, "%s/out", argv[6]);
    snprintf(log_path, sizeof log_path, "%s/log", work);
    printf("%-50s %27s %-9s %s\n", "figure", "median [least - most]", "", "wanted");
    measure_decoders();
    print_new_figures();
    measure_cores("dummy");
    measure_cores("secadvisor");
    measure_hardware();
    print_new_figures();
    measure_outputs();
    print_new_figures();
    measure_sizes("dummy");
    measure_sizes("secadvisor");
    print_new_figures();
    measure_start("dummy");
    measure_start("secadvisor");
    measure_code();
    print_new_figures();
    return 0;
}
