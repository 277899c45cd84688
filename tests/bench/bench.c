/*
 * bench.c - how much CPU, memory and room pipelines need: bench RUNS FLOWS.jsonl WORKDIR LABEL[:RATIO[:MIB]]=COMMAND...
 *
 * Each COMMAND (words split at blanks; %o is an empty folder for its output, %u the URL of an analyzer that sends the
 * flows and then closes) is run RUNS times, bound to one processor: on two, threads share caches and buses, and the
 * same work costs a fifth more. In every turn zlib at level 6 over the same bytes, in blocks of 5 MB, is measured too:
 * z. It is the yardstick for numbers from different machines, and for one that was busy. RATIO is the wanted CPU/z and
 * MIB the wanted peak memory. A table of medians, minima and maxima goes to stdout. Stages are timed in a second run,
 * whose cost doesn't count: reading the clocks of threads isn't cheap.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

#define MAX_PROGRAMS 16

/* As the pipeline itself says with FLOWC_STAGE_TIMES=1 (runtime/core/stage_times.h). */
static const char *const stages[] = {"read", "decode", "run", "encode", "compress", "write"};
enum { NSTAGES = sizeof stages / sizeof *stages };

struct row {
    const char *label, *command;
    double wanted_ratio, wanted_mib; /* 0: none */
    struct series cpu, wall, stage[NSTAGES];
    long peak_kb;
    uint64_t out_bytes, out_objects;
};

/* ---- measuring -------------------------------------------------------------------------------------------- */

static struct cost run_program(const struct row *r, const struct command *c, const struct server *server)
{
    struct child child = start(c);
    if (strstr(r->command, "%u")) {
        await_delivery(server, r->label);
        kill(child.pid, SIGTERM); /* it would connect again */
    }
    return finish(&child);
}

/* One run, which has to receive all flows and to write something. */
static struct cost run_checked(struct row *r, struct command *c, uint64_t nflows, const struct server *server)
{
    struct cost cost = run_program(r, c, server);
    double received = log_number(c->log, " ledger ", "received");
    if (received != (double)nflows)
        fail("%s: received %.0f flows of %.0f", r->command, received, (double)nflows);
    r->out_bytes = r->out_objects = 0;
    walk(c->out, &r->out_bytes, &r->out_objects, true);
    if (r->out_objects == 0)
        fail("%s: wrote nothing", r->command);
    return cost;
}

static void run_once(struct row *r, const char *flows, uint64_t nflows, const char *work, const struct server *server)
{
    char out[4096], log[4096];
    snprintf(out, sizeof out, "%s/out", work);
    snprintf(log, sizeof log, "%s/log", work);
    struct command c = {.label = r->label, .words = r->command, .out = out, .url = server->url, .log = log, .cpus = 1};
    struct cost cost = r->command ? run_checked(r, &c, nflows, server) : calibrate(flows, 6);
    add(&r->cpu, cost.cpu);
    add(&r->wall, cost.wall);
    if (cost.peak_kb > r->peak_kb)
        r->peak_kb = cost.peak_kb;
    if (!r->command)
        return;
    c.stages = true;
    run_checked(r, &c, nflows, server);
    for (int i = 0; i < NSTAGES; i++)
        add(&r->stage[i], log_number(log, " stage times ", stages[i]) / (double)nflows);
}

/* ---- the table -------------------------------------------------------------------------------------------- */

static void print_wanted(double wanted, int width, int decimals)
{
    char text[32] = "-";
    if (wanted > 0)
        snprintf(text, sizeof text, "<= %.*f", decimals, wanted);
    printf(" %*s", width, text);
}

static void print_row(const struct row *r, double z, double flows, double bytes)
{
    double cpu = median(&r->cpu);
    printf("%-16s", r->label);
    print_series(&r->cpu, 6, 3, 1);
    printf(" %8.3f %12.0f %9.0f %8.1f", median(&r->wall), flows / cpu, bytes / 1e6 / cpu, (double)r->peak_kb / 1024);
    print_wanted(r->wanted_mib, 6, 0);
    if (r->command)
        printf(" %8.2f", (double)r->out_bytes / 1e6);
    else
        printf(" %8s", "-");
    printf(" %8.3f", cpu / z);
    print_wanted(r->wanted_ratio, 8, 2);
    printf("\n");
}

static void print_table(const struct row *rows, int n, double flows, double bytes)
{
    const struct series *zs = &rows[0].cpu;
    double z = median(zs);
    printf("%.0f flows, %.1f MB; medians of %d runs [least - most]; z = %.3f CPU s [%.3f - %.3f] for zlib level 6 on "
           "the same bytes\n\n", flows, bytes / 1e6, zs->n, z, least(zs), most(zs));
    printf("%-16s%25s %8s %12s %9s %8s %6s %8s %8s %8s\n", "program", "CPU s", "wall s", "flows/CPU s", "MB/CPU s",
           "peak MiB", "wanted", "out MB", "CPU/z", "wanted");
    for (int i = 0; i < n; i++)
        print_row(&rows[i], z, flows, bytes);
    printf("\n%-16s", "ns per flow");
    for (int k = 0; k < NSTAGES; k++)
        printf(" %20s", stages[k]);
    printf("\n");
    for (int i = 1; i < n; i++) {
        printf("%-16s", rows[i].label);
        for (int k = 0; k < NSTAGES; k++)
            printf("  "), print_series(&rows[i].stage[k], 4, 0, 1);
        printf("\n");
    }
    warn_when_busy(zs);
}

/* ---- main ------------------------------------------------------------------------------------------------- */

static bool read_row(struct row *r, char *arg)
{
    char *eq = strchr(arg, '=');
    if (!eq)
        return false;
    *eq = '\0';
    r->command = eq + 1;
    r->label = strtok(arg, ":");
    char *ratio = strtok(NULL, ":"), *mib = strtok(NULL, ":");
    r->wanted_ratio = ratio ? strtod(ratio, NULL) : 0;
    r->wanted_mib = mib ? strtod(mib, NULL) : 0;
    return r->label != NULL;
}

int main(int argc, char **argv)
{
    static struct row rows[MAX_PROGRAMS + 1] = {{.label = "zlib -6 (z)"}};
    struct server server = {0};
    uint64_t bytes;
    int runs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0, n = 1;
    bool serving = false;
    for (int i = 4; i < argc && n <= MAX_PROGRAMS; i++, n++)
        if (!read_row(&rows[n], argv[i]))
            return 2;
    if (argc < 5 || runs < 1 || runs > MAX_RUNS || n + 3 < argc) {
        fputs("usage: bench RUNS FLOWS.jsonl WORKDIR LABEL[:RATIO[:MIB]]=COMMAND...\n", stderr);
        return 2;
    }
    uint64_t flows = count_flows(argv[2], &bytes);
    for (int i = 1; i < n; i++)
        serving = serving || strstr(rows[i].command, "%u");
    if (serving) { /* it lies beside this program */
        const char *slash = strrchr(argv[0], '/');
        server = serve(text("%.*sserve", slash ? (int)(slash + 1 - argv[0]) : 0, argv[0]), argv[2]);
    }
    for (int turn = 0; turn < runs; turn++)
        for (int i = 0; i < n; i++)
            run_once(&rows[i], argv[2], flows, argv[3], &server);
    if (serving)
        stop_server(&server);
    print_table(rows, n, (double)flows, (double)bytes);
    return 0;
}
