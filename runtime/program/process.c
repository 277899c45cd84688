/* process.c - see process.h. Called by metrics.c for each scrape. */
#include "program/process.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "core/clock.h"

static void put_head(struct fl_buf *out, const char *name, const char *type, const char *doc)
{
    fl_buf_printf(out, "# HELP process_%s %s\n# TYPE process_%s %s\nprocess_%s ", name, doc, name, type, name);
}

static int64_t now(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return t.tv_sec * FL_SECOND + t.tv_nsec;
}

static void put_limit(struct fl_buf *out, const char *name, int resource, const char *doc)
{
    struct rlimit r;
    if (getrlimit(resource, &r) < 0)
        return;
    put_head(out, name, "gauge", doc);
    if (r.rlim_cur == RLIM_INFINITY)
        fl_buf_puts(out, "-1\n"); /* as their libraries say "none" */
    else
        fl_buf_printf(out, "%llu\n", (unsigned long long)r.rlim_cur);
}

/* Of /proc/self/stat: threads, start in ticks since the machine's, bytes, pages. The name before them may hold blanks and parentheses. */
static void put_stat(struct fl_buf *out)
{
    char text[1024] = "";
    FILE *f = fopen("/proc/self/stat", "re");
    if (!f)
        return;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    const char *p = strrchr(text, ')');
    unsigned long long threads, start, bytes, pages;
    if (!p || sscanf(p + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %*s %llu %llu %llu",
                     &threads, &start, &bytes, &pages) != 4)
        return;
    int64_t began = now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME) + (int64_t)start * (FL_SECOND / sysconf(_SC_CLK_TCK));
    put_head(out, "start_time_seconds", "gauge", "when the process started, as Unix time");
    fl_buf_printf(out, "%.2f\n", (double)began / FL_SECOND);
    put_head(out, "resident_memory_bytes", "gauge", "memory in use");
    fl_buf_printf(out, "%llu\n", pages * (unsigned long long)sysconf(_SC_PAGESIZE));
    put_head(out, "virtual_memory_bytes", "gauge", "address space in use");
    fl_buf_printf(out, "%llu\n", bytes);
    put_head(out, "threads", "gauge", "threads");
    fl_buf_printf(out, "%llu\n", threads);
}

static void put_descriptors(struct fl_buf *out)
{
    DIR *d = opendir("/proc/self/fd");
    if (!d)
        return;
    long n = -1; /* without the one that is being read */
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(d);
    put_head(out, "open_fds", "gauge", "open descriptors");
    fl_buf_printf(out, "%ld\n", n);
}

void fl_process_metrics(struct fl_buf *out)
{
    put_head(out, "cpu_seconds_total", "counter", "time of processors, user and system");
    fl_buf_printf(out, "%.3f\n", (double)now(CLOCK_PROCESS_CPUTIME_ID) / FL_SECOND);
    put_stat(out);
    put_descriptors(out);
    put_limit(out, "max_fds", RLIMIT_NOFILE, "as many descriptors may be open");
    put_limit(out, "virtual_memory_max_bytes", RLIMIT_AS, "as much address space may be in use; -1: there is no limit");
}
