/*
 * main.c - fl_main, the whole life of a pipeline binary: command line, configuration, start, and through stop.c the
 * end.
 * Called by entry.c.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/help.h"
#include "config/print.h"
#include "config/values.h"
#include "core/runtime.h"
#include "core/stage_times.h"
#include "delivery/output.h"
#include "delivery/records.h"
#include "intake/queue.h"
#include "intake/source.h"
#include "lookups/lookups.h"
#include "program/registry.h"
#include "program/cmdline.h"
#include "program/metrics.h"
#include "program/notify.h"
#include "program/program.h"
#include "program/stop.h"
#include "run/worker.h"
#include "state/directory.h"
#include "state/positions.h"
#include "store/store.h"
#include "tables/fills.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define FIRST_ROWS (5 * FL_SECOND) /* the input waits so long for what fills tables */

/* ---- parts ----------------------------------------------------------------------------------------------------- */

static bool fail(const char *what, char *error)
{
    char *text = fl_said("%s: %s", what, error ? error : "no reason is known");
    fl_log(FL_ERROR, text, NULL); /* as the message: a quoted value would be cut */
    free(text);
    free(error);
    return false;
}

/* The same about an output, with its name where there are several. */
static bool fail_at(const struct fl_runtime *rt, uint32_t output, const char *what, char *error)
{
    char *text = rt->pipeline->noutputs > 1 ? fl_said("%s %s", what, rt->pipeline->outputs[output].name) : fl_said("%s", what);
    fail(text, error);
    free(text);
    return false;
}

static bool make_route(struct fl_runtime *rt, uint32_t i)
{
    struct fl_route *r = &rt->route[i];
    char *error = NULL;
    if (fl_records_wanted(rt, i)) {
        r->records = fl_records_new(rt, i, &error);
        return r->records || fail_at(rt, i, "cannot set up the output", error);
    }
    r->output = fl_output_new(rt, i, &error);
    if (!r->output)
        return fail_at(rt, i, "cannot set up the output", error);
    r->store = fl_store_new(rt, i, &error);
    return r->store || fail_at(rt, i, "cannot set up the store", error);
}

/* A check leaves nothing behind, and may be made while the program runs. */
static bool open_state(struct fl_runtime *rt, const struct fl_args *args)
{
    char *error = NULL;
    const char *path = args->state ? args->state : fl_option_str(rt->config, "state", "_", "directory");
    if (!*path || args->verb == FL_CHECK_CONFIG)
        return true;
    rt->state = fl_state_open(path, rt->pipeline->name, &error);
    if (!rt->state)
        return fail("no state", error);
    rt->positions = fl_positions_open(rt->state, &error);
    if (!rt->positions)
        return fail("no state", error);
    fl_log(FL_INFO, "state directory", "path=%s instance=%s", fl_log_quote(path), fl_state_token(rt->state));
    return true;
}

/* Everything up to where threads and the network would begin. */
static bool make_parts(struct fl_runtime *rt, const struct fl_args *args)
{
    char *error = NULL;
    if (!open_state(rt, args))
        return false;
    rt->queue = fl_queue_new((size_t)fl_option_int(rt->config, "intake", "_", "max_bytes"));
    rt->lookups = fl_lookups_new(rt, args->lookups, &error);
    if (!rt->lookups)
        return fail("cannot set up lookups", error);
    rt->fills = fl_fills_new(rt, args->lookups, &error);
    if (!rt->fills)
        return fail("cannot set up the tables", error);
    for (uint32_t i = 0; i < rt->pipeline->noutputs; i++)
        if (!make_route(rt, i))
            return false;
    rt->worker = fl_worker_new(rt, &error);
    if (!rt->worker)
        return fail("cannot set up the pipeline", error);
    if (args->verb == FL_CHECK_CONFIG && args->over.input)
        return true; /* opening it may wait for whoever writes it */
    rt->source = fl_source_new(rt, &error);
    if (!rt->source)
        return fail("cannot set up the source", error);
    return true;
}

/* What has threads of its own beside those of source, worker and outputs, and reads what is the worker's. */
static void free_readers(struct fl_runtime *rt)
{
    fl_fills_free(rt->fills);
    for (uint32_t i = 0; i < rt->pipeline->noutputs; i++)
        fl_records_free(rt->route[i].records);
}

/* Of a program that ends: what else there is is the system's to free. */
static void end_threads(struct fl_runtime *rt, struct fl_metrics *metrics)
{
    fl_metrics_stop(metrics);
    free_readers(rt);
}

static void free_parts(struct fl_runtime *rt)
{
    fl_source_free(rt->source);
    free_readers(rt);
    fl_worker_free(rt->worker);
    for (uint32_t i = 0; i < rt->pipeline->noutputs; i++) {
        fl_store_free(rt->route[i].store);
        fl_output_free(rt->route[i].output);
    }
    fl_lookups_free(rt->lookups);
    fl_queue_free(rt->queue);
    fl_positions_free(rt->positions);
    fl_state_close(rt->state);
    fl_config_free(rt->config);
    fl_ledger_free(&rt->ledger);
}

static bool start(struct fl_runtime *rt, const struct fl_args *args, struct fl_metrics **metrics)
{
    const struct fl_pipeline *p = rt->pipeline;
    char *error = NULL;
    for (uint32_t i = 0; i < p->noutputs; i++)
        if ((error = rt->route[i].records ? fl_records_check(rt->route[i].records) : fl_output_check(rt->route[i].output)) != NULL)
            return fail_at(rt, i, p->noutputs > 1 ? "this output does not work:" : "the output does not work", error);
    if (args->metrics_listen) {
        *metrics = fl_metrics_start(rt, args->metrics_listen, args->ready_age, &error);
        if (!*metrics)
            return fail("cannot serve metrics", error);
        fl_log(FL_INFO, "serving metrics", "address=%s port=%d", fl_log_quote(args->metrics_listen),
               fl_metrics_port(*metrics));
    }
    struct fl_buf sinks = { 0 };
    for (uint32_t i = 0; i < p->noutputs; i++) {
        if (rt->route[i].output)
            fl_output_start(rt->route[i].output);
        fl_buf_printf(&sinks, "%s%s", i ? "," : "", fl_config_kind_of(rt->config, i, "write"));
    }
    fl_fills_start(rt->fills);
    fl_fills_await(rt->fills, FIRST_ROWS);
    fl_worker_start(rt->worker);
    fl_log(FL_INFO, "started", "pipeline=%s version=%s flowc=%s source=%s write=%.*s", p->name,
           fl_log_quote(p->version ? p->version : ""), PACKAGE_VERSION, fl_config_kind(rt->config, "source"), (int)sinks.n, sinks.p);
    fl_buf_free(&sinks);
    fl_source_start(rt->source);
    fl_metrics_ready(*metrics, true);
    fl_notify("READY=1");
    return true;
}

/* ---- configuration ---------------------------------------------------------------------------------------- */

/* The file to read, or NULL. */
static const char *config_file(const struct fl_pipeline *p, const struct fl_args *args, char room[PATH_MAX])
{
    if (args->config || args->over.input || args->over.output)
        return args->config;
    static const char *const folders[] = { FL_SYSCONFDIR, "/etc" }; /* the second is the original's */
    for (int i = 0; i < 2; i++) {
        snprintf(room, PATH_MAX, "%s/skydive/%s.yml", folders[i], p->name);
        if (access(room, F_OK) == 0)
            return room;
    }
    snprintf(room, PATH_MAX, "%s/skydive/%s.yml", folders[0], p->name);
    if (args->verb == FL_PRINT_CONFIG)
        return NULL; /* what would stand in it is what was asked for */
    return room;
}

static bool report(struct fl_config *c)
{
    uint32_t n = c->problems.n;
    if (n == 0)
        return true;
    fl_problems_print(&c->problems, stderr);
    fprintf(stderr, "%s: %u error%s in the configuration; nothing was started\n", c->pipeline->name, n,
            n == 1 ? "" : "s");
    return false;
}

static bool set_up_log(struct fl_config *c, const struct fl_args *args)
{
    struct fl_log_options o = c->log;
    for (int i = 0; args->log_level >= 0 && i < 4; i++)
        o.level[i] = (enum fl_level)args->log_level;
    if (args->verb == FL_CHECK_CONFIG)
        o.backends = FL_LOG_STDERR; /* a check leaves nothing behind */
    char *error = fl_log_configure(&o);
    return !error || fail("failed to initialize logging", error);
}

static int run(const struct fl_pipeline *p, const struct fl_args *args, struct fl_config *c)
{
    /* Lives as long as the process: a source or upload that could not be stopped may still look at it. */
    static struct fl_runtime rt;
    struct fl_metrics *metrics = NULL;
    rt = (struct fl_runtime){ .drivers = fl_drivers, .pipeline = p, .config = c, .clock = fl_clock_real, .input = args->over.input,
                              .output_to = args->over.output };
    if (!set_up_log(c, args))
        return 1;
    fl_config_log_notes(c);
    fl_config_log_dangers(c);
    fl_stage_times_init();
    fl_ledger_init(&rt.ledger, p);
    bool ok = make_parts(&rt, args);
    if (args->verb == FL_CHECK_CONFIG || !ok) {
        free_parts(&rt);
        if (ok)
            puts("configuration ok");
        return !ok;
    }
    if (!start(&rt, args, &metrics)) {
        end_threads(&rt, metrics);
        return 1;
    }
    int status = fl_run_to_end(&rt, args->stop_timeout, args->ledger_every);
    end_threads(&rt, metrics);
    fl_log(FL_INFO, "stopped", "status=%d", status);
    return status;
}

/*
 * Memory holds passwords and keys, and a core file would hand them to whoever reads it. One byte, not 0: where cores go to
 * a program (systemd-coredump) the kernel looks past 0, but takes 1 for "none".
 */
static void no_core_files(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_cur > 1) {
        r.rlim_cur = 1;
        setrlimit(RLIMIT_CORE, &r);
    }
}

static int with_config(const struct fl_pipeline *p, const struct fl_args *args)
{
    char room[PATH_MAX];
    if (!args->core_files)
        no_core_files();
    struct fl_config *c = fl_config_load(p, &args->over, config_file(p, args, room));
    p = c->pipeline;
    if (args->verb == FL_PRINT_CONFIG) {
        bool ok = report(c);
        if (ok)
            fl_print_config(c, stdout);
        fl_config_free(c);
        return !ok;
    }
    if (c->problems.n == 0 || c->file.n || c->set.n) /* a file that can't be read says it all */
        fl_config_require(c);
    if (!report(c)) {
        fl_config_free(c);
        return 1;
    }
    return run(p, args, c);
}

/*
 * Started with a closed standard descriptor, the next file or socket would get its number, and log lines or records
 * would go there. Opened the wrong way round, so that using it is still the error that it was.
 */
static void fill_standard_descriptors(void)
{
    static const int mode[] = { O_WRONLY, O_RDONLY, O_WRONLY };
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", mode[fd]) != fd)
            fl_give_up("cannot open /dev/null in the place of closed descriptor %d", fd);
}

/* ---- entry ------------------------------------------------------------------------------------------------ */

/*
 * Blocks and objects of half a megabyte come and go in several threads. From the first one that is freed glibc would keep
 * such memory in each thread's heap, which nearly doubles what the process takes; mapped, it goes back.
 */
static void map_large_memory(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
#endif
}

int fl_main(const struct fl_pipeline *p, int argc, char **argv)
{
    struct fl_args args;
    int status = 0;
    if (p->magic != FL_MAGIC || p->abi != FL_ABI) {
        fprintf(stderr, "this program was compiled for another version of libflowrt (ABI %u, here %u); build it "
                "again\n", p->abi, (unsigned)FL_ABI);
        return 1;
    }
    map_large_memory();
    const char *low = fl_limits_begin();
    if (low) {
        fprintf(stderr, "%s: %s\n", p->name, low);
        return 1;
    }
    fill_standard_descriptors();
    fl_signals_block();
    if (!fl_args_parse(&args, p->name, argc, argv))
        status = 2;
    else if (args.verb == FL_HELP)
        fl_help(p, stdout);
    else if (args.verb == FL_VERSION)
        fl_version(p, stdout);
    else
        status = with_config(p, &args);
    free(args.over.set);
    if (fflush(stdout) != 0 && status == 0) {
        fprintf(stderr, "%s: cannot write to standard output: %s\n", p->name, strerror(errno));
        status = 1;
    }
    return status;
}
