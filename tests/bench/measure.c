/*
 * measure.c - see measure.h. This process stays small on purpose: a child's peak memory counts what it had before exec.
 */
#include "measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_WORDS 64
#define BLOCK (5 * 1024 * 1024)
#define PATIENCE 20 /* s, for what takes a fraction of one */

void die(const char *what)
{
    perror(what);
    exit(1);
}

void fail(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

char *text(const char *format, ...)
{
    static struct kept {
        struct kept *next;
        char text[];
    } *all;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    struct kept *k = malloc(sizeof *k + (size_t)n + 1);
    if (!k)
        die("memory");
    va_start(ap, format);
    vsnprintf(k->text, (size_t)n + 1, format, ap);
    va_end(ap);
    k->next = all;
    all = k;
    return k->text;
}

/* ---- numbers of several runs ------------------------------------------------------------------------------ */

void add(struct series *s, double v)
{
    int i = s->n++;
    for (; i > 0 && s->v[i - 1] > v; i--)
        s->v[i] = s->v[i - 1];
    s->v[i] = v;
}

double least(const struct series *s)
{
    return s->v[0];
}

double median(const struct series *s)
{
    return s->n % 2 ? s->v[s->n / 2] : (s->v[s->n / 2 - 1] + s->v[s->n / 2]) / 2;
}

double most(const struct series *s)
{
    return s->v[s->n - 1];
}

void print_series(const struct series *s, int width, int decimals, double factor)
{
    printf("%*.*f [%*.*f - %*.*f]", width + 1, decimals, median(s) * factor, width, decimals, least(s) * factor, width,
           decimals, most(s) * factor);
}

/* ---- commands --------------------------------------------------------------------------------------------- */

/* To the first `cpus` of the processors that this process may use, without the first `skip` of them. */
static void bind_to(int skip, int cpus)
{
    cpu_set_t may, set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof may, &may) != 0)
        _exit(126);
    for (int i = 0, seen = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &may) && seen++ >= skip && cpus > 0) {
            CPU_SET(i, &set);
            cpus--;
        }
    if (cpus > 0 || sched_setaffinity(0, sizeof set, &set) != 0)
        _exit(126);
}

int processors(void)
{
    cpu_set_t may;
    return sched_getaffinity(0, sizeof may, &may) == 0 ? CPU_COUNT(&may) : 1;
}

static void become(const struct command *c)
{
    char *words[MAX_WORDS + 1], *text = strdup(c->words);
    int n = 0, log = open(c->log ? c->log : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (c->stages)
        setenv("FLOWC_STAGE_TIMES", "1", 1);
    else
        unsetenv("FLOWC_STAGE_TIMES");
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a benchmark that fails leaves nothing behind */
    for (char *w = text, *next; w && n < MAX_WORDS; w = next) {
        next = strchr(w, ' ');
        if (next)
            *next++ = '\0';
        if (*w)
            words[n++] = strcmp(w, "%o") == 0 ? (char *)(uintptr_t)c->out : w;
        if (strstr(w, "%u") && asprintf(&words[n - 1], "%.*s%s", (int)(strstr(w, "%u") - w), w, c->url) < 0)
            _exit(127);
    }
    words[n] = NULL;
    if (c->input > 0)
        dup2(c->input, 0);
    dup2(log, 1);
    dup2(log, 2);
    if (c->cpus)
        bind_to(0, c->cpus);
    if (n > 0)
        execvp(words[0], words);
    _exit(127);
}

struct child start(const struct command *c)
{
    struct child child = {.label = c->label, .begin = now()};
    if (c->out)
        remove_folder(c->out);
    fflush(stdout);
    child.begin = now();
    child.pid = fork();
    if (child.pid < 0)
        die("fork");
    if (child.pid == 0)
        become(c);
    return child;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

struct cost finish(struct child *c)
{
    struct rusage u;
    int status;
    while (wait4(c->pid, &status, 0, &u) < 0)
        if (errno != EINTR)
            die("wait4");
    struct cost cost = {seconds(u.ru_utime) + seconds(u.ru_stime), now() - c->begin, u.ru_maxrss};
    if (WIFSIGNALED(status))
        fail("%s: ended by signal %d", c->label, WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        fail("%s: exit status %d", c->label, WEXITSTATUS(status));
    return cost;
}

struct cost run(const struct command *c)
{
    struct child child = start(c);
    return finish(&child);
}

/* ---- what they leave behind ------------------------------------------------------------------------------- */

void walk(const char *path, uint64_t *bytes, uint64_t *files, bool remove_all)
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

void remove_folder(const char *path)
{
    uint64_t bytes = 0, files = 0;
    walk(path, &bytes, &files, true);
}

double log_number(const char *path, const char *mark, const char *key)
{
    char line[4096], name[64];
    double found = NAN;
    FILE *f = fopen(path, "r");
    snprintf(name, sizeof name, " %s=", key);
    while (f && fgets(line, sizeof line, f)) {
        const char *at = strstr(line, mark) ? strstr(line, name) : NULL;
        if (at)
            found = strtod(at + strlen(name), NULL);
    }
    if (f)
        fclose(f);
    return found;
}

/* ---- flows ------------------------------------------------------------------------------------------------ */

uint64_t count_flows(const char *path, uint64_t *bytes)
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

/* Read everything, compress it block by block, throw the result away. */
static int compress_file(const char *path, int level)
{
    FILE *f = fopen(path, "rb");
    unsigned char *in = malloc(BLOCK);
    uLong bound = compressBound(BLOCK);
    unsigned char *out = malloc(bound);
    if (!f || !in || !out)
        return 1;
    for (size_t n; (n = fread(in, 1, BLOCK, f)) > 0;) {
        uLongf len = bound;
        if (compress2(out, &len, in, n, level) != Z_OK)
            return 1;
    }
    free(in);
    free(out);
    fclose(f);
    return 0;
}

struct child start_calibration(const char *path, int level, int cpus)
{
    struct child child = {.label = "zlib", .begin = now()};
    fflush(stdout);
    child.pid = fork();
    if (child.pid < 0)
        die("fork");
    if (child.pid == 0) {
        if (cpus)
            bind_to(0, cpus);
        _exit(compress_file(path, level));
    }
    return child;
}

struct cost calibrate(const char *path, int level)
{
    struct child child = start_calibration(path, level, 1);
    return finish(&child);
}

void warn_when_busy(const struct series *z)
{
    double spread = (most(z) - least(z)) / median(z);
    if (spread > 0.2)
        printf("\nWARNING: z varied by %.0f %% between runs: this machine was busy or throttled, and so were all of "
               "these figures.\nRun it again when the machine is idle.\n", 100 * spread);
}

/* ---- the other side of a WebSocket ------------------------------------------------------------------------ */

static void read_line(const struct server *s, const char *label, char *line, size_t room)
{
    size_t n = 0;
    double until = now() + PATIENCE;
    do {
        struct pollfd p = {s->from, POLLIN, 0};
        if (n + 1 == room || now() > until || poll(&p, 1, PATIENCE * 1000) <= 0 || read(s->from, line + n, 1) != 1)
            fail("%s: nothing was heard of tests/bench/serve", label);
    } while (line[n++] != '\n');
    line[n - 1] = '\0';
}

struct server serve(const char *program, const char *flows)
{
    struct server s;
    int fd[2];
    char line[256];
    if (pipe2(fd, O_CLOEXEC) != 0)
        die("pipe");
    s.from = fd[0];
    s.pid = fork();
    if (s.pid < 0)
        die("fork");
    if (s.pid == 0) {
        dup2(fd[1], 1);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (processors() > 1)
            bind_to(1, 1);
        execl(program, program, flows, (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    read_line(&s, program, line, sizeof line);
    long port = strtol(line + strlen("PORT "), NULL, 10);
    snprintf(s.url, sizeof s.url, "ws://127.0.0.1:%ld/ws/subscriber/flow", port);
    return s;
}

void await_delivery(const struct server *s, const char *label)
{
    char line[256];
    read_line(s, label, line, sizeof line);
    if (strncmp(line, "DELIVERED", 9) != 0)
        fail("%s: %s", label, line);
}

void stop_server(struct server *s)
{
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    close(s->from);
}
