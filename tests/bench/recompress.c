/*
 * recompress.c - what other compressors make of the same bytes: recompress FOLDER
 *
 * Every gzip object below the folder is unpacked and packed again, each as one object, by zlib levels 1 and 6.
 * Prints ` plain=BYTES ours=BYTES zlib1=BYTES zlib1_s=CPU-SECONDS zlib6=BYTES zlib6_s=CPU-SECONDS`.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

struct bytes {
    unsigned char *p;
    size_t n, cap;
};

struct total {
    double bytes, seconds;
};

static struct total zlib1, zlib6;
static double plain, ours;

static void die(const char *what)
{
    fprintf(stderr, "recompress: %s\n", what);
    exit(1);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void need(struct bytes *b, size_t n)
{
    if (n <= b->cap)
        return;
    b->cap = 2 * n;
    b->p = realloc(b->p, b->cap);
    if (!b->p)
        die("out of memory");
}

static void unpack(const char *path, struct bytes *to)
{
    gzFile f = gzopen(path, "rb");
    to->n = 0;
    if (!f)
        die(path);
    for (int got = 1; got > 0; to->n += (size_t)got) {
        need(to, to->n + (1 << 20));
        got = gzread(f, to->p + to->n, 1 << 20);
        if (got < 0)
            die(path);
    }
    if (gzclose(f) != Z_OK)
        die(path);
}

static void by_zlib(const struct bytes *in, struct bytes *out, int level, struct total *t)
{
    z_stream z = {0};
    double begin = cpu_seconds();
    if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        die("zlib");
    need(out, deflateBound(&z, in->n));
    z.next_in = in->p;
    z.avail_in = (uInt)in->n;
    z.next_out = out->p;
    z.avail_out = (uInt)out->cap;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        die("zlib");
    t->bytes += (double)z.total_out;
    deflateEnd(&z);
    t->seconds += cpu_seconds() - begin;
}


static void object(const char *path, double size)
{
    static struct bytes text, packed; /* used again */
    unpack(path, &text);
    plain += (double)text.n;
    ours += size;
    by_zlib(&text, &packed, 1, &zlib1);
    by_zlib(&text, &packed, 6, &zlib6);
}

static void folder(const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        die(path);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char sub[4096];
        struct stat st;
        if (e->d_name[0] == '.')
            continue;
        if (snprintf(sub, sizeof sub, "%s/%s", path, e->d_name) >= (int)sizeof sub || stat(sub, &st) != 0)
            die(sub);
        if (S_ISDIR(st.st_mode))
            folder(sub);
        else
            object(sub, (double)st.st_size);
    }
    closedir(d);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        die("usage: recompress FOLDER");
    folder(argv[1]);
    printf(" plain=%.0f ours=%.0f zlib1=%.0f zlib1_s=%.4f zlib6=%.0f zlib6_s=%.4f\n", plain, ours, zlib1.bytes,
           zlib1.seconds, zlib6.bytes, zlib6.seconds);
    return 0;
}
