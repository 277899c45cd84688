/*
 * store.c - records to objects: which open object a record belongs to, when it is full or old, what it is called.
 * Called by one thread at a time, the one that has the turn to run; what differs between `buffered` and `direct` is in buffered.c and
 * direct.c, what happens to the bytes in delivery/output.c.
 *
 * Encoding goes straight into the open object's raw piece, so per record there is no copy, lock or allocation.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "config/values.h"
#include "delivery/records.h"
#include "state/directory.h"
#include "store/series.h"

/*
 * Raw bytes of an open object are handed to the compressor in pieces of this size, which is the one it works with, so
 * that it need not copy them together. With many objects open they share RAW_TOTAL.
 */
#define PIECE ((size_t)128 << 10)
#define PIECE_MIN ((size_t)16 << 10)
#define RAW_TOTAL ((size_t)2 << 20)
/* Folders that are remembered beyond the open ones; see forget_idle. */
#define FOLDERS_KEPT 1024
#define FOLDER_REST (600 * FL_SECOND)
#define PREFIX_MAX 600 /* bytes of filename_prefix, of the 1024 of a key */

/* ---- folders and series ------------------------------------------------------------------------------------- */

static void rehash(struct fl_store *s, uint32_t size)
{
    struct fl_folder **to = fl_new_array(struct fl_folder *, size);
    for (uint32_t i = 0; i < s->folder_size; i++)
        for (struct fl_folder *f = s->folders[i], *next; f; f = next) {
            next = f->next;
            f->next = to[f->hash & (size - 1)];
            to[f->hash & (size - 1)] = f;
        }
    free(s->folders);
    s->folders = to;
    s->folder_size = size;
}

static void free_folder(struct fl_folder *f)
{
    for (struct fl_series *e = f->series, *next; e; e = next) {
        next = e->sibling;
        fl_buf_free(&e->raw);
        free(e);
    }
    free(f->path);
    free(f);
}

/*
 * A partition that got no record for a while may be forgotten once its stream's second is past: coming back
 * it begins a stream of a later second, so no name is used twice.
 */
static void forget_idle(struct fl_store *s, struct fl_time now, int64_t rest)
{
    for (uint32_t i = 0; i < s->folder_size; i++)
        for (struct fl_folder **at = &s->folders[i]; *at;) {
            struct fl_folder *f = *at;
            if (f->partition && f->open == 0 && now.mono - f->idle_since >= rest &&
                f->stream < s->now.wall / FL_SECOND) {
                *at = f->next;
                s->gone_latest = f->latest > s->gone_latest ? f->latest : s->gone_latest;
                s->gone_most = f->most > s->gone_most ? f->most : s->gone_most;
                free_folder(f);
                s->nfolders--;
            } else {
                at = &f->next;
            }
        }
}

static struct fl_folder *folder_of(struct fl_store *s, const char *path, uint32_t n, bool partition)
{
    uint64_t h = fl_hash(s->seed, path, n) ^ partition;
    for (struct fl_folder *f = s->folders[h & (s->folder_size - 1)]; f; f = f->next)
        if (f->hash == h && f->path_n == n && f->partition == partition && memcmp(f->path, path, n) == 0)
            return f;
    struct fl_time now = s->rt->clock(s->rt);
    if (s->nfolders >= FOLDERS_KEPT && s->nfolders >= s->folder_size) {
        forget_idle(s, now, FOLDER_REST);
        if (s->nfolders >= s->folder_size / 2)
            forget_idle(s, now, 0);
    }
    if (s->nfolders >= s->folder_size)
        rehash(s, s->folder_size * 2);
    struct fl_folder *f = fl_new(struct fl_folder);
    f->path = fl_strndup(path, n);
    f->path_n = n;
    f->hash = h;
    f->partition = partition;
    f->idle_since = now.mono;
    f->latest = s->gone_latest;
    f->most = s->gone_most;
    f->next = s->folders[h & (s->folder_size - 1)];
    s->folders[h & (s->folder_size - 1)] = f;
    s->nfolders++;
    return f;
}

static struct fl_series *series_in(struct fl_store *s, struct fl_folder *f, uint32_t class_)
{
    for (struct fl_series *e = f->series; e; e = e->sibling)
        if (e->class_ == class_)
            return e;
    struct fl_series *e = fl_new(struct fl_series);
    e->folder = f;
    e->class_ = class_;
    e->window = s->rt->clock(s->rt).wall;
    e->sibling = f->series;
    f->series = e;
    return e;
}

static struct fl_series *plain_series(struct fl_store *s, uint32_t class_)
{
    if (!s->plain[class_]) {
        const char *name = s->rt->pipeline->classes[class_];
        struct fl_buf path = {0};
        if (strlen(name) > s->max_path)
            fl_path_make_plain(name, (uint32_t)strlen(name), s->max_path, &path);
        else
            fl_buf_puts(&path, name);
        s->plain[class_] = series_in(s, folder_of(s, path.p, (uint32_t)path.n, false), class_);
        fl_buf_free(&path);
    }
    return s->plain[class_];
}

static struct fl_series *series_of(struct fl_store *s, uint32_t class_, fl_str partition)
{
    if (partition.n == 0)
        return plain_series(s, class_);
    if (fl_path_is_plain(partition.p, partition.n, s->max_path))
        return series_in(s, folder_of(s, partition.p, partition.n, true), class_);
    struct fl_buf path = {0};
    fl_path_make_plain(partition.p, partition.n, s->max_path, &path);
    struct fl_series *e = path.n ? series_in(s, folder_of(s, path.p, (uint32_t)path.n, true), class_)
                                 : plain_series(s, class_);
    fl_buf_free(&path);
    return e;
}

/* ---- open and sealed objects ------------------------------------------------------------------------------------ */

static void set_piece(struct fl_store *s)
{
    size_t share = s->nopen ? RAW_TOTAL / s->nopen : PIECE;
    s->chunk = share > PIECE ? PIECE : share < PIECE_MIN ? PIECE_MIN : share;
}

/* When its window began; a clock that was put back doesn't make it end before that. */
static int64_t began(const struct fl_series *e, int64_t wall)
{
    return e->window < wall ? e->window : wall;
}

/* The name of the object without prefix and ending. */
static fl_str name_of(const struct fl_store *s, fl_str key)
{
    const char *const endings[] = {s->extension, s->buffered_extension};
    size_t prefix = strlen(s->prefix);
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(endings[i]);
        if (n && key.n > n && memcmp(key.p + key.n - n, endings[i], n) == 0) {
            key.n -= (uint32_t)n;
            break;
        }
    }
    return (fl_str){key.p + prefix, key.n - (uint32_t)prefix, FL_PLAIN};
}

static void end_object(struct fl_store *s, struct fl_series *e, fl_str key)
{
    struct fl_bundle o = {.start = began(e, s->now.wall), .end = s->now.wall, .count = (int64_t)e->records, .id = name_of(s, key)};
    if (s->encode->end)
        s->encode->end(s->encoder, &s->cx, &o, &e->raw);
    fl_arena_reset(&s->scratch);
}

static void seal(struct fl_store *s, struct fl_series *e, struct fl_time now)
{
    s->now.mono = now.mono;
    if (s->now.wall < now.wall || s->now.wall - now.wall > FL_CORRECTION)
        s->now.wall = now.wall;
    struct fl_buf key = {0};
    uint32_t stamp_at = s->kind->key(s, e, &key);
    end_object(s, e, (fl_str){key.p, (uint32_t)key.n, FL_PLAIN});
    struct fl_label label = {
        .bucket = s->bucket,
        .stamp_at = stamp_at,
        .own_key = s->own_keys,
        .content_type = s->encode->content_type,
        .content_encoding = s->encoding,
        .first_timestamp = began(e, s->now.wall) / 1000000,
        .last_timestamp = s->now.wall / 1000000,
        .num_records = e->records,
    };
    fl_buf_putc(&key, 0);
    label.key = key.p;
    struct fl_parcel *p = e->parcel;
    e->parcel = NULL;
    *(e->older ? &e->older->newer : &s->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &s->newest) = e->older;
    e->older = e->newer = NULL;
    s->open_records[e->class_] -= e->records;
    e->records = 0;
    e->window = s->now.wall;
    e->folder->idle_since = now.mono;
    e->folder->open--;
    s->nopen--;
    set_piece(s);
    fl_output_seal(s->output, p, &e->raw, &label);
    fl_buf_free(&key);
    /* Of many partitions most have no open object: their buffers would add up. */
    if (e->folder->partition)
        fl_buf_free(&e->raw);
}

static void open_object(struct fl_store *s, struct fl_series *e)
{
    struct fl_time now = s->rt->clock(s->rt);
    while (s->oldest && s->nopen >= s->max_open)
        seal(s, s->oldest, now);
    e->parcel = fl_output_open(s->output, e->class_);
    e->opened = now.mono;
    e->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
    e->folder->open++;
    s->nopen++;
    set_piece(s);
    struct fl_bundle o = {.start = began(e, now.wall)};
    s->cx.now = now.wall;
    if (s->encode->begin)
        s->encode->begin(s->encoder, &s->cx, &o, &e->raw);
    fl_arena_reset(&s->scratch);
}

static void seal_class(struct fl_store *s, uint32_t class_)
{
    struct fl_time now = s->rt->clock(s->rt);
    for (struct fl_series *e = s->oldest, *next; e; e = next) {
        next = e->newer;
        if (e->class_ == class_)
            seal(s, e, now);
    }
}

/*
 * max_flow_array_size records of the class wait, or queue.max_bytes of all: hold up the input, or let the oldest go. False: the record
 * isn't taken. The others' objects don't get older than they may meanwhile.
 */
static bool make_room(struct fl_store *s, uint32_t class_)
{
    for (;;) {
        uint64_t waiting = fl_output_waiting(s->output, class_);
        bool many = s->open_records[class_] + waiting >= (uint64_t)s->max_waiting, full = fl_output_full(s->output);
        if (!many && !full)
            return true;
        if (many && waiting == 0) {
            seal_class(s, class_); /* the limit is below the size of one object */
            continue;
        }
        enum fl_when_full what = full ? fl_output_when_full(s->output) : s->drop_oldest ? FL_DROP_OLDEST : FL_BLOCK;
        if (what == FL_DROP_NEWEST) {
            fl_output_drop_newest(s->output, class_);
            return false;
        }
        if (what == FL_DROP_OLDEST) {
            if (!fl_output_drop_oldest(s->output, full ? FL_ANY_CLASS : class_))
                return true;
            continue;
        }
        static const char message[] = "output is full, input waits";
        if (full)
            fl_log_limited_of(s->output, 60, FL_WARN, message, "%squeue.max_bytes", fl_output_label(s->output));
        else
            fl_log_limited_of(s->output, 60, FL_WARN, message, "%sclass=%s waiting=%llu limit=%lld", fl_output_label(s->output),
                              s->rt->pipeline->classes[class_], (unsigned long long)(s->open_records[class_] + waiting),
                              (long long)s->max_waiting);
        int64_t until = fl_stores_tick(s->rt, s->rt->clock(s->rt));
        FL_EACH_OUTPUT(s->rt, i)
            fl_output_flush(s->rt->route[i].output);
        if (!fl_output_wait(s->output, full ? FL_ANY_CLASS : class_, waiting, until))
            return true;
    }
}

/* A whole number of pieces; what is over, less than a record as a rule, begins the next one. */
static void hand_over(struct fl_store *s, struct fl_series *e)
{
    size_t over = e->raw.n % s->chunk;
    fl_buf_room(&s->spill, over);
    memcpy(s->spill.p, e->raw.p + e->raw.n - over, over);
    e->raw.n -= over;
    fl_output_append(s->output, e->parcel, &e->raw);
    fl_buf_put(&e->raw, s->spill.p, over);
}

void fl_store_add(struct fl_store *s, struct fl_cx *cx, const struct fl_rec *r, fl_str partition)
{
    FL_EXPECT(s && s->magic == FL_STORE_MARK);
    uint32_t class_ = r->class_;
    struct fl_series *e = series_of(s, class_, partition);
    bool many = s->open_records[class_] + fl_output_waiting(s->output, class_) >= (uint64_t)s->max_waiting;
    if (__builtin_expect(many || (!e->parcel && fl_output_full(s->output)), 0) && !make_room(s, class_))
        return;
    if (!e->parcel)
        open_object(s, e);
    s->encode->add(s->encoder, cx, r, e->records == 0, &e->raw);
    e->records++;
    s->open_records[class_]++;
    if (e->records >= (uint64_t)s->max_records)
        seal(s, e, s->rt->clock(s->rt));
    else if (e->raw.n >= s->chunk)
        hand_over(s, e);
}

/* ---- timers and ends -------------------------------------------------------------------------------------------- */

void fl_store_seal_all(struct fl_store *s, struct fl_time now)
{
    while (s->oldest)
        seal(s, s->oldest, now);
}

void fl_store_batch_end(struct fl_store *s)
{
    if (s->seal_at_batch_end && s->oldest)
        fl_store_seal_all(s, s->rt->clock(s->rt));
}

int64_t fl_store_tick(struct fl_store *s, struct fl_time now)
{
    FL_ALIVE(s, FL_STORE_MARK);
    if (s->max_age == INT64_MAX)
        return INT64_MAX;
    while (s->oldest && now.mono - s->oldest->opened >= s->max_age)
        seal(s, s->oldest, now);
    return s->oldest ? s->oldest->opened + s->max_age : INT64_MAX;
}

int64_t fl_stores_tick(struct fl_runtime *rt, struct fl_time now)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < rt->pipeline->noutputs; i++) {
        const struct fl_route *r = &rt->route[i];
        int64_t t = r->store ? fl_store_tick(r->store, now) : r->records ? fl_records_tick(r->records, now) : INT64_MAX;
        next = t < next ? t : next;
    }
    return next;
}

/* ---- start ------------------------------------------------------------------------------------------------------ */

/* False: *error says why. */
static bool read_prefix(struct fl_store *s, const struct fl_options *o, char **error)
{
    const char *prefix = fl_opt_str(o, "filename_prefix");
    prefix += strspn(prefix, "/");
    size_t n = strlen(prefix);
    while (n && prefix[n - 1] == '/')
        n--;
    s->prefix = fl_said("%.*s%s", (int)n, prefix, n ? "/" : "");
    s->max_path = n < PREFIX_MAX ? FL_KEY_MAX - FL_KEY_TAIL - (uint32_t)strlen(s->prefix) : 0;
    bool good = s->max_path > 0;
    for (const char *p = s->prefix; good && *p; p += strcspn(p, "/") + 1)
        good = strcspn(p, "/") <= 255;
    if (!good)
        *error = fl_said("pipeline.store.%s.filename_prefix is too long: expected at most %d bytes, 255 between slashes",
                         o->kind, PREFIX_MAX - 1);
    return good;
}

static bool read_instance(struct fl_store *s, const struct fl_options *o, char **error)
{
    const char *option = fl_opt_str(o, "instance");
    s->random_token = strcmp(option, "auto") == 0;
    if (s->random_token && s->rt->state)
        option = fl_state_token(s->rt->state);
    if (fl_instance_token(option, s->instance))
        return true;
    *error = fl_said("pipeline.store.%s.instance is \"%s\": expected auto, none, or up to %d letters, digits, dots, "
                     "underscores and hyphens", o->kind, option, FL_INSTANCE_MAX);
    return false;
}

/* NULL, or what is wrong. */
static char *read_common(struct fl_store *s, const struct fl_options *o)
{
    s->max_waiting = fl_opt_int(o, "max_flow_array_size");
    if (s->max_waiting == 0)
        s->max_waiting = INT64_MAX;
    s->drop_oldest = strcmp(fl_opt_str(o, "policy"), "drop_oldest") == 0;
    s->bucket = fl_opt_str(o, "dirname");
    char *error = NULL;
    return read_prefix(s, o, &error) && read_instance(s, o, &error) ? NULL : error;
}

static char *open_encoder(struct fl_store *s)
{
    struct fl_options o = fl_options_of_output(s->rt->config, s->of, "encode");
    char *error = NULL;
    s->encode = fl_driver(s->rt->drivers, FL_ENCODE, o.kind);
    if (!s->encode)
        return fl_said("encode %s is not in this program", o.kind);
    s->encoder = s->encode->open(s->rt, &o, &error);
    snprintf(s->extension, sizeof s->extension, ".%s%s", s->encode->extension, s->compress->suffix);
    return error;
}

static const struct fl_store_kind *kind_of(const struct fl_runtime *rt, uint32_t number)
{
    static const struct fl_store_kind *const kinds[] = {&fl_store_buffered, &fl_store_direct};
    const char *name = fl_config_kind_of(rt->config, number, "store");
    size_t i = 0;
    while (i + 1 < sizeof kinds / sizeof *kinds && strcmp(kinds[i]->name, name) != 0)
        i++;
    return kinds[i];
}

struct fl_store *fl_store_new(struct fl_runtime *rt, uint32_t number, char **error)
{
    struct fl_store *s = fl_new(struct fl_store);
    fl_mark(s, FL_STORE_MARK);
    s->rt = rt;
    s->of = number;
    s->output = rt->route[number].output;
    fl_arena_init(&s->scratch, 4096);
    s->cx = (struct fl_cx){.scratch = &s->scratch, .rt = rt};
    s->kind = kind_of(rt, number);
    s->max_records = s->max_age = s->max_open = INT64_MAX;
    s->now = rt->clock(rt);
    s->compress = fl_output_compression(s->output);
    s->encoding = s->compress->encoding;
    s->buffered_extension = s->compress->suffix;
    s->seed = fl_hash_seed(s);
    rehash(s, 64);
    s->plain = fl_new_array(struct fl_series *, rt->pipeline->nclasses + 1);
    s->open_records = fl_new_array(uint64_t, rt->pipeline->nclasses + 1);
    set_piece(s);
    struct fl_options o = fl_options_of_output(rt->config, number, "store");
    *error = open_encoder(s);
    if (!*error)
        *error = read_common(s, &o);
    if (!*error)
        *error = s->kind->init(s, &o);
    s->own_keys = s->random_token && *s->instance;
    if (!*error)
        return s;
    fl_store_free(s);
    return NULL;
}

void fl_store_free(struct fl_store *s)
{
    if (!s)
        return;
    FL_ALIVE(s, FL_STORE_MARK);
    for (struct fl_series *e = s->oldest; e; e = e->newer)
        fl_output_discard(s->output, e->parcel);
    for (uint32_t i = 0; i < s->folder_size; i++)
        for (struct fl_folder *f = s->folders[i], *next; f; f = next) {
            next = f->next;
            free_folder(f);
        }
    if (s->encoder && s->encode->close)
        s->encode->close(s->encoder);
    free(s->folders);
    fl_buf_free(&s->spill);
    fl_arena_free(&s->scratch);
    free(s->plain);
    free(s->open_records);
    free(s->prefix);
    fl_unmark(s);
    free(s);
}
