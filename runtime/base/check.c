/* check.c - see check.h. Allocates nothing, takes no lock: whatever is broken, this still works. */
#include "base/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say_plainly(const char *what, const char *pairs)
{
    char line[512];
    int n = snprintf(line, sizeof line, "%s: %s%s%s\n", program_invocation_short_name, what, *pairs ? " " : "", pairs);
    ssize_t w = write(STDERR_FILENO, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
    (void)w; /* nowhere left to complain */
}

static void (*say)(const char *what, const char *pairs) = say_plainly;

void fl_last_words_go_to(void (*to)(const char *what, const char *pairs))
{
    say = to;
}

void fl_last_words(const char *what, const char *pairs)
{
    say(what, pairs);
}

void fl_part_of(const char *file, char *name, unsigned long size)
{
    static const char *const tops[] = {"runtime/", "compiler/"};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        const char *top = strstr(file, tops[i]);
        if (top)
            file = top + strlen(tops[i]);
    }
    const char *end = strrchr(file, '.');
    snprintf(name, size, "%.*s", end ? (int)(end - file) : (int)strlen(file), file);
}

void fl_bug(const char *file, int line, const char *fmt, ...)
{
    char part[80], text[256], pairs[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *p = text; *p; p++)
        if (*p == '"' || *p == '\\')
            *p = '\''; /* it stands in quotes */
    fl_part_of(file, part, sizeof part);
    snprintf(pairs, sizeof pairs, "at=%s:%d what=\"%s\"", part, line, text);
    fl_last_words("a bug of this program", pairs);
    abort();
}

void fl_not_alive(const char *file, int line, const char *name, uint32_t wanted, uint32_t found)
{
    char is[40] = "freed";
    if (found == 1)
        snprintf(is, sizeof is, "not there");
    else if (found)
        snprintf(is, sizeof is, "something else (%08x)", (unsigned)found);
    fl_bug(file, line, "%s, a '%c%c%c%c', is %s", name, wanted >> 24, wanted >> 16 & 255, wanted >> 8 & 255, wanted & 255,
           is);
}

void fl_give_up(const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fl_last_words(text, "");
    _exit(1);
}
