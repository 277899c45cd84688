/*
 * long.c - what stays the same when there is much of it: long FLOWS RECORDING FLOWS.jsonl WORKDIR
 *
 * Linear growth: dummy and secadvisor read 100,000 flows a few times and FLOWS once, all made by makeflows while they
 * read, through a pipe. Keys: tests/bench/keys reads one small record for each of 1,000 or FLOWS keys, so that all are
 * alive, and is then sent whole flows with such keys in random order; what it uses for these is read off its CPU clock
 * while it runs. Run by make bench-long; nothing large is kept but what programs write, and that only while one runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define FEW 100000
#define FEW_RUNS 6
#define FEW_KEYS 1000
#define PIPE_SIZE (1 << 20)
#define PASSES 2       /* over FLOWS.jsonl for one measurement */
#define MEASUREMENTS 5
#define UUID_DIGITS 16 /* as in the recording */

static const char *recording, *flows_path, *work;
static char out[4096], log_path[4096];
static struct series z;

static void calibration(void)
{
    add(&z, calibrate(flows_path, 6).cpu);
}

static void make_pipe(int fd[2])
{
    if (pipe2(fd, O_CLOEXEC) != 0)
        die("pipe");
    if (fcntl(fd[1], F_SETPIPE_SZ, PIPE_SIZE) < 0)
        fprintf(stderr, "bench: small pipes: %s\n", strerror(errno));
}

static void expect_received(const char *label, double n)
{
    if (log_number(log_path, " ledger ", "received") != n)
        fail("%s: received %.0f flows of %.0f", label, log_number(log_path, " ledger ", "received"), n);
}

/* ---- linear growth ---------------------------------------------------------------------------------------- */

static pid_t start_makeflows(uint64_t flows, int to)
{
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        dup2(to, 1);
        execl(text("%s/tests/bench/makeflows", getenv("builddir")), "makeflows", recording,
              text("%llu", (unsigned long long)flows), (char *)NULL);
        _exit(127);
    }
    return pid;
}

static struct cost run_on(const char *words, uint64_t flows)
{
    int fd[2], status;
    make_pipe(fd);
    struct command c = {.label = words, .words = words, .out = out, .log = log_path, .input = fd[0]};
    pid_t maker = start_makeflows(flows, fd[1]);
    struct child child = start(&c);
    close(fd[0]);
    close(fd[1]);
    struct cost cost = finish(&child);
    if (waitpid(maker, &status, 0) < 0 || status != 0)
        fail("makeflows failed");
    expect_received(words, (double)flows);
    remove_folder(out);
    return cost;
}

static void growth(const char *name, uint64_t many)
{
    char *words = text("%s/%s --input - --output %%o", getenv("FLOWC_BIN_DIR"), name);
    struct series few = {0};
    struct cost cost = {0};
    for (int i = 0; i < FEW_RUNS / 2; i++) {
        calibration();
        cost = run_on(words, FEW);
        add(&few, cost.cpu / FEW * 1e9);
    }
    struct cost big = run_on(words, many);
    for (int i = 0; i < FEW_RUNS / 2; i++) {
        calibration();
        add(&few, run_on(words, FEW).cpu / FEW * 1e9);
    }
    double ns = big.cpu / (double)many * 1e9, ratio = ns / median(&few);
    printf("%-12s", name);
    print_series(&few, 6, 0, 1);
    printf(" %10.0f %9.3f   <= 1.10 %-6s %8.1f %9.1f %10.1f\n", ns, ratio, ratio <= 1.1 ? "met" : "missed",
           (double)cost.peak_kb / 1024, (double)big.peak_kb / 1024, big.wall);
    fflush(stdout);
}

/* ---- keys ------------------------------------------------------------------------------------------------- */

struct flows {
    char *p;
    size_t n;
    char **uuid;     /* where each flow's UUID stands */
    size_t count;
};

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void put_key(char *to, uint64_t number)
{
    uint64_t h = mix(number);
    for (int i = 0; i < UUID_DIGITS; i++, h >>= 4)
        to[i] = "0123456789abcdef"[h & 15];
}

/* Those whose UUID has the usual length; the others keep theirs. */
static struct flows load_flows(const char *path)
{
    static const char mark[] = "{\"UUID\":\"";
    struct flows f = {0};
    FILE *in = fopen(path, "rb");
    if (!in || fseek(in, 0, SEEK_END) != 0)
        die(path);
    f.n = (size_t)ftell(in);
    f.p = malloc(f.n + 1);
    f.uuid = malloc(FEW * sizeof *f.uuid);
    rewind(in);
    if (!f.p || !f.uuid || fread(f.p, 1, f.n, in) != f.n)
        die(path);
    fclose(in);
    f.p[f.n] = '\0';
    for (char *p = f.p; (p = memmem(p, (size_t)(f.p + f.n - p), mark, sizeof mark - 1)) != NULL && f.count < FEW;) {
        p += sizeof mark - 1;
        if (strcspn(p, "\"") == UUID_DIGITS)
            f.uuid[f.count++] = p;
    }
    return f;
}

static void write_all(int fd, const char *p, size_t n)
{
    for (const char *end = p + n; p < end;) {
        ssize_t did = write(fd, p, (size_t)(end - p));
        if (did < 0 && errno != EINTR)
            die("write to tests/bench/keys");
        p += did > 0 ? did : 0;
    }
}

static double clock_of(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        die("a process's CPU clock");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* CPU seconds of the child when it has read everything and does nothing any more. */
static double when_idle(clockid_t clock, int pipe)
{
    for (double before = clock_of(clock);;) {
        struct timespec pause = {0, 50 * 1000 * 1000};
        int waiting = 1;
        nanosleep(&pause, NULL);
        double t = clock_of(clock);
        if (ioctl(pipe, FIONREAD, &waiting) == 0 && waiting == 0 && t - before < 0.001)
            return t;
        before = t;
    }
}

static void send_keys(int to, uint64_t keys)
{
    static char buffer[1 << 16];
    static const char head[] = "{\"UUID\":\"", tail[] = "\"}\n";
    size_t n = 0;
    for (uint64_t i = 0; i < keys; i++) {
        if (n + 64 > sizeof buffer) {
            write_all(to, buffer, n);
            n = 0;
        }
        memcpy(buffer + n, head, sizeof head - 1);
        put_key(buffer + n + sizeof head - 1, i);
        memcpy(buffer + n + sizeof head - 1 + UUID_DIGITS, tail, sizeof tail - 1);
        n += sizeof head - 1 + UUID_DIGITS + sizeof tail - 1;
    }
    write_all(to, buffer, n);
}

/* MiB. wait4 would count what this process has, for a child begins as its copy. */
static double peak_of(pid_t pid)
{
    double kb = 0;
    char line[256];
    FILE *f = fopen(text("/proc/%d/status", (int)pid), "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtod(line + 6, NULL);
    if (f)
        fclose(f);
    return kb / 1024;
}

/* All live: ns per flow into `ns`; returns the peak memory in MiB. */
static double access_keys(struct flows *f, uint64_t keys, struct series *ns)
{
    int fd[2];
    clockid_t clock;
    uint64_t random = 1;
    char *words = text("%s/tests/bench/keys --input - --output %%o", getenv("builddir"));
    make_pipe(fd);
    struct command c = {.label = words, .words = words, .out = out, .log = log_path, .input = fd[0]};
    struct child child = start(&c);
    close(fd[0]);
    if (clock_getcpuclockid(child.pid, &clock) != 0)
        die("a process's CPU clock");
    send_keys(fd[1], keys);
    double before = when_idle(clock, fd[1]);
    for (int k = 0; k < MEASUREMENTS; k++) {
        for (int pass = 0; pass < PASSES; pass++) {
            for (size_t i = 0; i < f->count; i++)
                put_key(f->uuid[i], mix(random++) % keys);
            write_all(fd[1], f->p, f->n);
        }
        double after = when_idle(clock, fd[1]);
        add(ns, (after - before) / (PASSES * FEW) * 1e9);
        before = after;
    }
    double mib = peak_of(child.pid);
    close(fd[1]);
    finish(&child);
    expect_received("keys", (double)keys + (double)MEASUREMENTS * PASSES * FEW);
    remove_folder(out);
    return mib;
}

static void many_keys(uint64_t many)
{
    struct flows f = load_flows(flows_path);
    struct series few = {0}, lots = {0};
    calibration();
    double small = access_keys(&f, FEW_KEYS, &few);
    calibration();
    double large = access_keys(&f, many, &lots);
    calibration();
    double ratio = median(&lots) / median(&few);
    free(f.uuid);
    free(f.p);
    printf("%-12s %10s   ns per flow %22s   peak MiB\n", "table", "live keys", "[least - most]");
    printf("%-12s %10d", "keys", FEW_KEYS);
    print_series(&few, 10, 0, 1);
    printf("  %8.1f\n%-12s %10llu", small, "keys", (unsigned long long)many);
    print_series(&lots, 10, 0, 1);
    printf("  %8.1f   ratio %.2f, wanted <= 2: %s; %zu of %d flows had such a key\n", large, ratio,
           ratio <= 2 ? "met" : "missed", f.count, FEW);
}

int main(int argc, char **argv)
{
    if (argc != 5 || !getenv("builddir") || !getenv("FLOWC_BIN_DIR")) {
        fputs("usage: long FLOWS RECORDING FLOWS.jsonl WORKDIR; run by make bench-long\n", stderr);
        return 2;
    }
    uint64_t many = strtoull(argv[1], NULL, 10);
    recording = argv[2];
    flows_path = argv[3];
    work = argv[4];
    snprintf(out, sizeof out, "%s/out", work);
    snprintf(log_path, sizeof log_path, "%s/log", work);
    signal(SIGPIPE, SIG_IGN);
    printf("%llu flows beside %d, made by makeflows while they are read\n", (unsigned long long)many, FEW);
    printf("%-12s %25s %10s %9s %18s %8s %9s %10s\n", "program", "ns per flow, few", "many", "ratio", "wanted",
           "few MiB", "many MiB", "many, wall s");
    growth("dummy", many);
    growth("secadvisor", many);
    printf("\n");
    many_keys(many);
    printf("\nz = %.3f CPU s [%.3f - %.3f] for zlib level 6 on %d flows, between these runs\n", median(&z), least(&z),
           most(&z), FEW);
    warn_when_busy(&z);
    return 0;
}
