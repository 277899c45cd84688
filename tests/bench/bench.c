/*
 * bench.c - how much CPU, memory and room pipelines need: bench RUNS FLOWS.jsonl WORKDIR LABEL=COMMAND...
 *
 * Each COMMAND (words split at blanks; %o is an empty folder for its output) is run RUNS times and measured by wait4.
 * In every turn zlib at level 6 over the same bytes, in blocks of 5 MB, is measured too: z. It is the yardstick for
 * numbers from different machines, and for one that was busy. A table of medians, minima and maxima goes to stdout.
 * This process stays small on purpose: a child's peak memory counts what it had before exec.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_RUNS 99
#define MAX_PROGRAMS 16
#define MAX_WORDS 64
#define BLOCK (5 * 1024 * 1024)

/* As the pipeline itself says with FLOWC_STAGE_TIMES=1 (runtime/stage_times.h). */
static const char *const stages[] = {"read", "decode", "run", "encode", "compress", "write"};
enum { NSTAGES = sizeof stages / sizeof *stages };

struct row {
    const char *label, *command;
    double cpu[MAX_RUNS], wall[MAX_RUNS], stage[NSTAGES][MAX_RUNS];
    long peak_kb;
    uint64_t out_bytes, out_objects;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Sum of the files below a folder; removes them when asked to. */
static void walk(const char *path, uint64_t *bytes, uint64_t *files, bool remove_all)
{
    DIR *d = opendir(path);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char sub[4096];
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (snprintf(sub, sizeof sub, "%s/%s", path, e->d_name) >= (int)sizeof sub || lstat(sub, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            walk(sub, bytes, files, remove_all);
        else {
            *bytes += (uint64_t)st.st_size;
            ++*files;
            if (remove_all)
                unlink(sub);
        }
    }
    closedir(d);
    if (remove_all)
        rmdir(path);
}

/* The child's part of z: read everything, compress it block by block, throw the result away. */
static int compress_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    unsigned char *in = malloc(BLOCK);
    uLong bound = compressBound(BLOCK);
    unsigned char *out = malloc(bound);
    if (!f || !in || !out)
        return 1;
    for (size_t n; (n = fread(in, 1, BLOCK, f)) > 0;) {
        uLongf len = bound;
        if (compress2(out, &len, in, n, 6) != Z_OK)
            return 1;
    }
    free(in);
    free(out);
    fclose(f);
    return 0;
}

static void exec_command(const char *command, const char *out, const char *log_path)
{
    char *words[MAX_WORDS + 1], *text = strdup(command);
    int n = 0, log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    setenv("FLOWC_STAGE_TIMES", "1", 1);
    for (char *w = text, *next; w && n < MAX_WORDS; w = next) {
        next = strchr(w, ' ');
        if (next)
            *next++ = '\0';
        if (*w)
            words[n++] = strcmp(w, "%o") == 0 ? (char *)out : w;
    }
    words[n] = NULL;
    dup2(log, 1);
    dup2(log, 2);
    if (n > 0)
        execv(words[0], words);
    _exit(127);
}

/* The line `stage times read=NS decode=NS ..` of a run's log. */
static void read_stages(struct row *r, int run, const char *log_path)
{
    char line[4096];
    FILE *f = fopen(log_path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (getenv("BENCH_LOG"))
            fputs(line, stderr);
        for (int i = 0; i < NSTAGES && strstr(line, " stage times "); i++) {
            char key[32];
            snprintf(key, sizeof key, " %s=", stages[i]);
            const char *at = strstr(line, key);
            r->stage[i][run] = at ? strtod(at + strlen(key), NULL) : 0;
        }
    }
    if (f)
        fclose(f);
}

static void run_once(struct row *r, int run, const char *flows, const char *out)
{
    struct rusage u;
    int status;
    uint64_t bytes = 0, files = 0;
    char log_path[4200];
    snprintf(log_path, sizeof log_path, "%s.log", out);
    walk(out, &bytes, &files, true);
    double begin = now();
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        if (!r->command)
            _exit(compress_file(flows));
        exec_command(r->command, out, log_path);
    }
    while (wait4(pid, &status, 0, &u) < 0)
        if (errno != EINTR)
            die("wait4");
    r->wall[run] = now() - begin;
    r->cpu[run] = seconds(u.ru_utime) + seconds(u.ru_stime);
    if (u.ru_maxrss > r->peak_kb)
        r->peak_kb = u.ru_maxrss;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench: %s: %s %d\n", r->command ? r->command : r->label, WIFEXITED(status) ? "exit status" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        exit(1);
    }
    if (r->command)
        read_stages(r, run, log_path);
    r->out_bytes = r->out_objects = 0;
    walk(out, &r->out_bytes, &r->out_objects, true);
    if (r->command && r->out_objects == 0) {
        fprintf(stderr, "bench: %s: wrote nothing\n", r->command);
        exit(1);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint64_t count_flows(const char *path, uint64_t *bytes)
{
    static const char mark[] = "\"RawPacketsCaptured\":"; /* in every flow, once */
    static char buf[1 << 16];
    uint64_t flows = 0;
    size_t at = 0, n;
    FILE *f = fopen(path, "rb");
    if (!f)
        die(path);
    *bytes = 0;
    while ((n = fread(buf, 1, sizeof buf, f)) > 0) {
        *bytes += n;
        for (size_t i = 0; i < n; i++) {
            at = buf[i] == mark[at] ? at + 1 : buf[i] == mark[0];
            if (mark[at] == '\0') {
                flows++;
                at = 0;
            }
        }
    }
    fclose(f);
    return flows;
}

static void print_table(struct row *rows, int n, int runs, uint64_t flows, uint64_t bytes)
{
    for (int i = 0; i < n; i++)
        qsort(rows[i].cpu, (size_t)runs, sizeof(double), by_value), qsort(rows[i].wall, (size_t)runs, sizeof(double), by_value);
    double z = rows[0].cpu[runs / 2];
    printf("%llu flows, %.1f MB; medians of %d runs [least - most]; z = %.3f CPU s [%.3f - %.3f] for zlib level 6 on the same bytes\n\n",
           (unsigned long long)flows, (double)bytes / 1e6, runs, z, rows[0].cpu[0], rows[0].cpu[runs - 1]);
    printf("%-12s %26s %12s %14s %10s %9s %9s %9s\n", "program", "CPU s", "wall s", "flows/CPU s", "MB/CPU s", "peak MB",
           "out MB", "CPU/z");
    for (int i = 0; i < n; i++) {
        struct row *r = &rows[i];
        double cpu = r->cpu[runs / 2];
        printf("%-12s %8.3f [%6.3f - %6.3f] %12.3f %14.0f %10.1f %9.1f ", r->label, cpu, r->cpu[0], r->cpu[runs - 1],
               r->wall[runs / 2], (double)flows / cpu, (double)bytes / 1e6 / cpu, (double)r->peak_kb / 1024);
        if (r->command)
            printf("%9.2f %9.3f\n", (double)r->out_bytes / 1e6, cpu / z);
        else
            printf("%9s %9.3f\n", "-", 1.0);
    }
    printf("\n%-12s", "ns per flow");
    for (int k = 0; k < NSTAGES; k++)
        printf(" %22s", stages[k]);
    printf("\n");
    for (int i = 1; i < n; i++) {
        printf("%-12s", rows[i].label);
        for (int k = 0; k < NSTAGES; k++) {
            double *v = rows[i].stage[k];
            qsort(v, (size_t)runs, sizeof *v, by_value);
            printf("  %6.0f [%5.0f - %5.0f]", v[runs / 2] / (double)flows, v[0] / (double)flows, v[runs - 1] / (double)flows);
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static struct row rows[MAX_PROGRAMS + 1];
    char out[4096];
    uint64_t bytes;
    int runs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0, n = 1;
    if (argc < 5 || runs < 1 || runs > MAX_RUNS || argc - 4 > MAX_PROGRAMS) {
        fputs("usage: bench RUNS FLOWS.jsonl WORKDIR LABEL=COMMAND...\n", stderr);
        return 2;
    }
    if (snprintf(out, sizeof out, "%s/out", argv[3]) >= (int)sizeof out)
        return 2;
    rows[0].label = "zlib -6 (z)";
    for (int i = 4; i < argc; i++) {
        char *eq = strchr(argv[i], '=');
        if (!eq)
            return 2;
        *eq = '\0';
        rows[n++] = (struct row){.label = argv[i], .command = eq + 1};
    }
    uint64_t flows = count_flows(argv[2], &bytes);
    for (int run = 0; run < runs; run++)
        for (int i = 0; i < n; i++)
            run_once(&rows[i], run, argv[2], out);
    print_table(rows, n, runs, flows, bytes);
    return 0;
}
