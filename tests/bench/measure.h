/*
 * measure.h - running commands and seeing what they cost. For the programs of make bench: bench.c, figures.c, long.c.
 *
 * CPU seconds are user + system of one process, from wait4. Everything here ends the benchmark with a message when
 * something fails: a figure of a program that didn't do its work is worse than none.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MAX_RUNS 99

/* ---- numbers of several runs --------------------------------------------------------------------------- */

struct series {
    double v[MAX_RUNS];
    int n;
};

void add(struct series *s, double v);
double least(const struct series *s);
double median(const struct series *s);
double most(const struct series *s);
/* `123.456 [123.000 - 124.000]`; each number `width` wide (the one in front one more), with so many decimals. */
void print_series(const struct series *s, int width, int decimals, double factor);

/* ---- commands --------------------------------------------------------------------------------------------- */

struct command {
    const char *label;    /* for messages */
    const char *words;    /* split at blanks; %o: out, %u: url */
    const char *out;      /* folder that it writes to */
    const char *url;
    const char *log;      /* file for standard output and error */
    int input;            /* descriptor that becomes standard input; 0: ours */
    int cpus;             /* bound to so many processors; 0: not bound */
    bool stages;          /* it reads its threads' clocks, which costs 5 % of what dummy takes */
};

struct child {
    const char *label;
    pid_t pid;
    double begin;
};

struct cost {
    double cpu, wall;     /* s */
    long peak_kb;
};

void die(const char *what) __attribute__((noreturn));
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
double now(void);
/* As printf; lives as long as the process. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct child start(const struct command *c);
/* Waits for its end, which has to be exit status 0. */
struct cost finish(struct child *c);
/* Both. */
struct cost run(const struct command *c);
/* How many processors this process may use. */
int processors(void);

/* ---- what they leave behind ------------------------------------------------------------------------------- */

/* Sum of the files below a folder; removes them when asked to. */
void walk(const char *path, uint64_t *bytes, uint64_t *files, bool remove_all);
void remove_folder(const char *path);
/* The number behind ` key=` in the last line of a log that holds `mark`; NAN when there is none. */
double log_number(const char *path, const char *mark, const char *key);

/* ---- flows ------------------------------------------------------------------------------------------------ */

/* How many flows a file of messages has. */
uint64_t count_flows(const char *path, uint64_t *bytes);
/* The calibration z: zlib at this level over a file, in blocks of 5 MB, in a process of its own; calibrate binds it to one processor. */
struct child start_calibration(const char *path, int level, int cpus);
struct cost calibrate(const char *path, int level);
/* Says so when z varied by more than a fifth: somebody else was at work. */
void warn_when_busy(const struct series *z);

/* The other side of a WebSocket: tests/bench/serve, see there; on the second processor, if there is one. */
struct server {
    pid_t pid;
    int from;
    char url[64];
};

struct server serve(const char *program, const char *flows);
/* One client got everything, saw the close frame and answered it. */
void await_delivery(const struct server *s, const char *label);
void stop_server(struct server *s);

#endif
