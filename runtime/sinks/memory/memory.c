/*
 * memory.c - sink `memory`: keeps copies of the objects, for `test` blocks and unit tests; see drivers/sink.h. It is not
 * in dsl/stages.def: nobody can choose it in a configuration.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/runtime.h"
#include "sinks/memory/memory.h"

struct memory {
    pthread_mutex_t lock;
    struct fl_object *objects;
    size_t n, cap;
    enum fl_write_result *script;
    size_t script_n, script_at;
};

static void *memory_open(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)rt;
    (void)options;
    (void)error;
    struct memory *m = fl_new(struct memory);
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void keep(struct memory *m, const struct fl_object *o)
{
    fl_grow(m->objects, m->n, m->cap);
    struct fl_object *to = &m->objects[m->n++];
    *to = *o;
    to->bucket = fl_strdup(o->bucket);
    to->key = fl_strdup(o->key);
    char *data = fl_alloc(o->size + 1);
    memcpy(data, o->data, o->size);
    data[o->size] = 0;
    to->data = data;
}

static enum fl_write_result memory_write(void *sink, const struct fl_object *o, char *why, size_t why_size)
{
    struct memory *m = sink;
    pthread_mutex_lock(&m->lock);
    enum fl_write_result r = m->script_at < m->script_n ? m->script[m->script_at++] : FL_WRITTEN;
    if (r == FL_WRITTEN)
        keep(m, o);
    else
        snprintf(why, why_size, "scripted failure %zu", m->script_at);
    pthread_mutex_unlock(&m->lock);
    return r;
}

static void memory_close(void *sink)
{
    struct memory *m = sink;
    for (size_t i = 0; i < m->n; i++) {
        free((char *)(uintptr_t)m->objects[i].bucket);
        free((char *)(uintptr_t)m->objects[i].key);
        free((char *)(uintptr_t)m->objects[i].data);
    }
    free(m->objects);
    free(m->script);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

const struct fl_object *fl_memory_objects(void *sink, size_t *n)
{
    struct memory *m = sink;
    pthread_mutex_lock(&m->lock);
    const struct fl_object *objects = m->objects;
    *n = m->n;
    pthread_mutex_unlock(&m->lock);
    return objects;
}

void fl_memory_script(void *sink, const enum fl_write_result *results, size_t n)
{
    struct memory *m = sink;
    pthread_mutex_lock(&m->lock);
    m->script = fl_resize(m->script, n + 1);
    if (n)
        memcpy(m->script, results, n * sizeof *results);
    m->script_n = n;
    m->script_at = 0;
    pthread_mutex_unlock(&m->lock);
}

const struct fl_sink_kind fl_sink_memory = {
    .name = "memory",
    .open = memory_open,
    .write = memory_write,
    .close = memory_close,
};
