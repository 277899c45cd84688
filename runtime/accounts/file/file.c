/*
 * file.c - account file: bytes of the objects that were written, in a small JSON file of the original's form. Whoever bills by it reads `accumulate-bytes` and may delete the file to begin anew.
 *
 * The next state is written beside it, as FILE.bak, and takes its place when it is on the disk: one of the two is always whole.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/clock.h"
#include "core/runtime.h"
#include "drivers/account.h"
#include "drivers/sink.h"
#include "json/get.h"

#define FORM_VERSION "1.1.0"
#define MOST 4096 /* bytes of such a file */

enum { ACC_START, ACC_END, ACC_BYTES, CUR_START, CUR_END, CUR_BYTES, NUMBERS };
static const char *const names[NUMBERS] = {
    "accumulate-start", "accumulate-end", "accumulate-bytes", "current-start", "current-end", "current-bytes"};

struct account {
    struct fl_runtime *rt;
    char *path, *bak;
    pthread_mutex_t lock;
};

static void *open_account(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)error;
    struct account *a = fl_new(struct account);
    a->rt = rt;
    a->path = fl_said("%s", fl_opt_str(o, "filename"));
    a->bak = fl_said("%s.bak", a->path);
    pthread_mutex_init(&a->lock, NULL);
    return a;
}

static void close_account(void *account)
{
    struct account *a = account;
    pthread_mutex_destroy(&a->lock);
    free(a->path);
    free(a->bak);
    free(a);
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

static bool parse(const char *text, size_t n, struct fl_arena *scratch, int64_t v[NUMBERS])
{
    struct fl_decoder d;
    bool version = false;
    unsigned have = 0;
    fl_decoder_init(&d, text, (uint32_t)n, scratch);
    int k = fl_object_begin(&d, "");
    for (; k == 1; k = fl_member_end(&d)) {
        fl_str name, text_of;
        if (fl_next_key(&d, &name) < 0)
            return false;
        int i = 0;
        while (i < NUMBERS && (strlen(names[i]) != name.n || memcmp(names[i], name.p, name.n)))
            i++;
        bool good = i < NUMBERS ? fl_get_int(&d, &v[i], "") == 1 : fl_get_string(&d, &text_of, "") == 1;
        if (!good)
            return false;
        have |= i < NUMBERS ? 1u << i : 0;
        version |= i == NUMBERS && name.n == 7 && !memcmp(name.p, "version", 7) && text_of.n == strlen(FORM_VERSION) &&
                   !memcmp(text_of.p, FORM_VERSION, text_of.n);
    }
    return k == 0 && d.p[strspn(d.p, " \t\r\n")] == 0 && version && have == (1u << NUMBERS) - 1 && v[ACC_START] && v[ACC_START] <= v[ACC_END] && v[CUR_START] &&
           v[CUR_START] <= v[CUR_END];
}

/* Is it there and whole? */
static bool read_state(const char *path, int64_t v[NUMBERS])
{
    char text[MOST + FL_PAD] = "";
    struct fl_arena scratch;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, MOST);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    memset(text + n, 0, FL_PAD);
    fl_arena_init(&scratch, MOST);
    bool good = parse(text, (size_t)n, &scratch, v);
    fl_arena_free(&scratch);
    return good;
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

/* NULL, or what went wrong. */
static const char *write_state(const struct account *a, const int64_t v[NUMBERS])
{
    struct fl_buf text = {0};
    fl_buf_puts(&text, "{\n \"version\": \"" FORM_VERSION "\"");
    for (int i = 0; i < NUMBERS; i++)
        fl_buf_printf(&text, ",\n \"%s\": %" PRId64, names[i], v[i]);
    fl_buf_puts(&text, "\n}");
    int fd = open(a->bak, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    int e = errno;
    if (fd >= 0 && close(fd) != 0 && good) {
        good = false;
        e = errno;
    }
    fl_buf_free(&text);
    if (good && rename(a->bak, a->path) == 0)
        return NULL;
    return strerror(good ? errno : e);
}

static void add(void *account, const struct fl_object *o)
{
    struct account *a = account;
    int64_t v[NUMBERS], now = a->rt->clock(a->rt).wall / 1000000;
    pthread_mutex_lock(&a->lock);
    if (!read_state(a->path, v) && !read_state(a->bak, v)) {
        v[ACC_START] = now;
        v[ACC_BYTES] = 0;
    }
    if (v[ACC_START] > now) /* the clock was put back */
        v[ACC_START] = now;
    v[ACC_END] = v[CUR_START] = v[CUR_END] = now;
    v[CUR_BYTES] = (int64_t)o->size;
    v[ACC_BYTES] += (int64_t)o->size;
    const char *why = write_state(a, v);
    pthread_mutex_unlock(&a->lock);
    if (why)
        fl_log_limited(300, FL_WARN, "cannot write the accounting file", "file=%s reason=%s", fl_log_quote(a->path), fl_log_quote(why));
}

extern const struct fl_account_kind fl_account_file;
const struct fl_account_kind fl_account_file = {.name = "file", .open = open_account, .add = add, .close = close_account};
