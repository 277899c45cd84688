/* rotated.c - see rotated.h. */
#include "sources/rotated.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

#define ROUNDS 8 /* looked at again, when it was rotated meanwhile */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool fl_rotated_same(int fd, uint64_t at, const uint8_t *before, size_t n)
{
    uint8_t now[FL_BEFORE];
    ssize_t got;
    do
        got = pread(fd, now, n, (off_t)(at - n));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)n && memcmp(now, before, n) == 0;
}

static bool open_regular(const char *path, struct fl_rotated *r)
{
    r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (r->fd < 0)
        return false;
    if (fstat(r->fd, &r->st) == 0 && S_ISREG(r->st.st_mode))
        return true;
    close(r->fd);
    return false;
}

static uint64_t nanoseconds(const struct stat *st)
{
    return (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
}

/* `.7` is older than `.6`; what is named otherwise is as old as its last byte. */
static uint64_t rank_of(const char *suffix, const struct stat *st)
{
    char *end;
    unsigned long n = *suffix == '.' ? strtoul(suffix + 1, &end, 10) : 0;
    return n > 0 && n < 1000000 && (*end == 0 || *end == '.') ? UINT64_MAX - n : nanoseconds(st);
}

static void close_all(struct fl_rotated_list *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        close(list->file[i].fd);
    list->n = 0;
}

static void add(struct fl_rotated_list *list, struct fl_rotated r)
{
    for (uint32_t i = 0; i < list->n; i++) {
        if (same_file(&list->file[i].st, &r.st)) { /* renamed while the folder was read */
            close(r.fd);
            return;
        }
    }
    fl_grow(list->file, list->n, list->cap);
    list->file[list->n++] = r;
}

/* Every sibling, open. */
static void siblings(const char *path, struct fl_rotated_list *list)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *folder = slash ? fl_said("%.*s", (int)(slash - path + 1), path) : fl_said("./");
    size_t n = strlen(base);
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct fl_rotated r;
        if (strncmp(e->d_name, base, n) != 0 || (e->d_name[n] != '.' && e->d_name[n] != '-'))
            continue;
        char *name = fl_said("%s%s", folder, e->d_name);
        if (open_regular(name, &r)) {
            r.rank = rank_of(e->d_name + n, &r.st);
            snprintf(r.suffix, sizeof r.suffix, "%.63s", e->d_name + n);
            add(list, r);
        }
        free(name);
    }
    if (d)
        closedir(d);
    free(folder);
}

static int older_first(const void *a, const void *b)
{
    const struct fl_rotated *x = a, *y = b;
    return x->rank == y->rank ? strcmp(x->suffix, y->suffix) : x->rank < y->rank ? -1 : 1;
}

/* Leaves what is newer than the file of st. True: it was among them. */
static bool leave_newer(struct fl_rotated_list *list, const struct stat *st)
{
    uint32_t from = 0, n = 0;
    bool there = false;
    for (uint32_t i = 0; i < list->n && !there; i++) {
        there = same_file(&list->file[i].st, st);
        from = there ? i + 1 : from;
    }
    for (uint32_t i = 0; i < list->n; i++) {
        bool newer = there ? i >= from : nanoseconds(&list->file[i].st) > nanoseconds(st);
        if (newer)
            list->file[n++] = list->file[i];
        else
            close(list->file[i].fd);
    }
    list->n = n;
    return there;
}

bool fl_rotated_after(const char *path, const struct stat *st, struct fl_rotated_list *list)
{
    bool there = false;
    for (int round = 0; round < ROUNDS; round++) {
        struct fl_rotated now;
        struct stat again;
        close_all(list);
        siblings(path, list);
        if (list->n)
            qsort(list->file, list->n, sizeof *list->file, older_first);
        there = leave_newer(list, st);
        bool open = open_regular(path, &now);
        if (open)
            add(list, now);
        if (open && stat(path, &again) == 0 && same_file(&again, &now.st))
            break;
    }
    return there || list->n < 2;
}

int fl_rotated_copy(const char *path, uint64_t at, const uint8_t *before, size_t n, struct stat *st)
{
    struct fl_rotated_list list = {0};
    int fd = -1;
    siblings(path, &list);
    for (uint32_t i = 0; i < list.n; i++) {
        struct fl_rotated *r = &list.file[i];
        if (fd < 0 && (uint64_t)r->st.st_size >= at && fl_rotated_same(r->fd, at, before, n)) {
            fd = r->fd;
            *st = r->st;
        } else {
            close(r->fd);
        }
    }
    free(list.file);
    return fd;
}

int fl_rotated_find(const char *path, uint64_t device, uint64_t inode, struct stat *st)
{
    struct fl_rotated_list list = {0};
    int fd = -1;
    siblings(path, &list);
    for (uint32_t i = 0; i < list.n; i++) {
        struct fl_rotated *r = &list.file[i];
        if (fd < 0 && r->st.st_dev == device && r->st.st_ino == inode) {
            fd = r->fd;
            *st = r->st;
        } else {
            close(r->fd);
        }
    }
    free(list.file);
    return fd;
}
