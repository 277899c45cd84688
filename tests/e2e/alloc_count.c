/*
 * alloc_count.c - counts allocations per thread: LD_PRELOAD=alloc_count.so PROGRAM. At the end a line per thread, in the
 * order of their creation, is written to the file that ALLOC_COUNT names: the name that pthread_setname_np gave it (main's
 * is `main`, without one `-`) and the count. For alloc_test.py; glibc only.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { THREADS = 64 };
static struct {
    char name[16];
    unsigned long n;
    pthread_t id;
    void *(*start)(void *);
    void *arg;
} threads[THREADS] = { { .name = "main" } };
static atomic_uint used = 1;
static __thread unsigned mine __attribute__((tls_model("initial-exec"))); /* main is 0 */

static void count(void)
{
    threads[mine].n++;
}

static void *begin(void *arg)
{
    mine = (unsigned)(size_t)arg;
    return threads[mine].start(threads[mine].arg);
}

int pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    unsigned i = atomic_fetch_add(&used, 1);
    if (i >= THREADS)
        abort();
    snprintf(threads[i].name, sizeof threads[i].name, "-");
    threads[i].start = start;
    threads[i].arg = arg;
    int error = create(id, attr, begin, (void *)(size_t)i);
    threads[i].id = *id;
    return error;
}

int pthread_setname_np(pthread_t id, const char *name)
{
    for (unsigned i = atomic_load(&used); i-- > 1;) {
        if (pthread_equal(threads[i].id, id)) {
            snprintf(threads[i].name, sizeof threads[i].name, "%s", name);
            break;
        }
    }
    return 0;
}

void *malloc(size_t n) { count(); return __libc_malloc(n); }
void *calloc(size_t n, size_t size) { count(); return __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { count(); return __libc_realloc(p, n); }
void *memalign(size_t a, size_t n) { count(); return __libc_memalign(a, n); }
void *aligned_alloc(size_t a, size_t n) { count(); return __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) { count(); *p = __libc_memalign(a, n); return *p ? 0 : 12; }

static void __attribute__((destructor)) report(void)
{
    const char *path = getenv("ALLOC_COUNT");
    char text[THREADS * 48];
    int n = 0, fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
    unsigned count_of = atomic_load(&used);
    if (fd < 0)
        return;
    for (unsigned i = 0; i < count_of && i < THREADS; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s %lu\n", threads[i].name, threads[i].n);
    if (write(fd, text, (size_t)n) != n)
        _exit(99);
    close(fd);
}
