/*
 * curl.c - libcurl, loaded when it is needed; see curl.h.
 *
 * libcurl brings thirty libraries along (LDAP, Kerberos, GnuTLS ..): 4 ms of CPU and 4 MB of memory at every start, also
 * of programs that never make a request. So programs aren't linked to it: the functions of libcurl that the runtime
 * calls are defined here, and pass the call on. Their callers include <curl/curl.h> and notice nothing.
 */
#define CURL_DISABLE_TYPECHECK
#include "net/curl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>

#include "base/memory.h"

#define SONAME "libcurl.so.4"

/* X(type, name, parameters, arguments); those with `...` are written out below. */
#define CALLS(X)                                                                                          \
    X(CURLcode, curl_global_init, (long flags), (flags))                                                  \
    X(CURL *, curl_easy_init, (void), ())                                                                 \
    X(CURLcode, curl_easy_perform, (CURL *c), (c))                                                        \
    X(const char *, curl_easy_strerror, (CURLcode code), (code))                                          \
    X(CURLM *, curl_multi_init, (void), ())                                                               \
    X(CURLMcode, curl_multi_add_handle, (CURLM *m, CURL *c), (m, c))                                      \
    X(CURLMcode, curl_multi_remove_handle, (CURLM *m, CURL *c), (m, c))                                   \
    X(CURLMcode, curl_multi_perform, (CURLM *m, int *running), (m, running))                              \
    X(CURLMcode, curl_multi_poll,                                                                         \
      (CURLM *m, struct curl_waitfd fds[], unsigned n, int ms, int *ready), (m, fds, n, ms, ready))       \
    X(CURLMcode, curl_multi_wakeup, (CURLM *m), (m))                                                      \
    X(CURLMsg *, curl_multi_info_read, (CURLM *m, int *left), (m, left))                                  \
    X(CURLMcode, curl_multi_cleanup, (CURLM *m), (m))                                                     \
    X(struct curl_slist *, curl_slist_append, (struct curl_slist *l, const char *s), (l, s))              \
    X(time_t, curl_getdate, (const char *s, const time_t *unused), (s, unused))
#define VOID_CALLS(X)                                                                                     \
    X(void, curl_global_cleanup, (void), ())                                                              \
    X(void, curl_easy_cleanup, (CURL *c), (c))                                                            \
    X(void, curl_slist_free_all, (struct curl_slist *l), (l))
#define VARIADIC_CALLS(X)                                                                                 \
    X(CURLcode, curl_easy_setopt, , )                                                                     \
    X(CURLcode, curl_easy_getinfo, , )                                                                    \
    X(CURLMcode, curl_multi_setopt, , )
#define ALL_CALLS(X) CALLS(X) VOID_CALLS(X) VARIADIC_CALLS(X)

#define MEMBER(type, name, parameters, arguments) __typeof__(&(name)) name;
static struct {
    ALL_CALLS(MEMBER)
} late;

static char *load(void)
{
    static void *library;
    char *error = NULL;
    if (library)
        return NULL;
    void *loaded = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
    const char *why = loaded ? NULL : dlerror();
#define FIND(type, name, parameters, arguments)                                                           \
    if (!why && !((late.name) = (__typeof__(late.name))dlsym(loaded, #name)))                             \
        why = dlerror();
    ALL_CALLS(FIND)
    if (!why)
        library = loaded; /* for good: OpenSSL and GnuTLS don't like to be unloaded */
    else
        error = fl_said("libcurl cannot be loaded (%s): install the package libcurl4", why);
    return error;
}

char *fl_curl_init(void)
{
    char *error = load();
    if (!error && curl_global_init(CURL_GLOBAL_DEFAULT))
        error = fl_strdup("libcurl cannot be set up");
    return error;
}

#define PASS(type, name, parameters, arguments)                                                           \
    type name parameters                                                                                  \
    {                                                                                                     \
        return late.name arguments;                                                                       \
    }
#define PASS_VOID(type, name, parameters, arguments)                                                      \
    void name parameters                                                                                  \
    {                                                                                                     \
        late.name arguments;                                                                              \
    }
CALLS(PASS)
VOID_CALLS(PASS_VOID)

/* The number of an option says which type its argument has. */
#define IS_LONG(option) ((option) < CURLOPTTYPE_OBJECTPOINT)
#define IS_OFF_T(option) ((option) >= CURLOPTTYPE_OFF_T && (option) < CURLOPTTYPE_BLOB)

CURLcode(curl_easy_setopt)(CURL *c, CURLoption option, ...)
{
    va_list ap;
    va_start(ap, option);
    CURLcode rc = IS_LONG(option)    ? (late.curl_easy_setopt)(c, option, va_arg(ap, long))
                  : IS_OFF_T(option) ? (late.curl_easy_setopt)(c, option, va_arg(ap, curl_off_t))
                                     : (late.curl_easy_setopt)(c, option, va_arg(ap, void *));
    va_end(ap);
    return rc;
}

CURLMcode(curl_multi_setopt)(CURLM *m, CURLMoption option, ...)
{
    va_list ap;
    va_start(ap, option);
    CURLMcode rc = IS_LONG(option)    ? (late.curl_multi_setopt)(m, option, va_arg(ap, long))
                   : IS_OFF_T(option) ? (late.curl_multi_setopt)(m, option, va_arg(ap, curl_off_t))
                                      : (late.curl_multi_setopt)(m, option, va_arg(ap, void *));
    va_end(ap);
    return rc;
}

/* What is asked for goes where the pointer says, whatever its type. */
CURLcode(curl_easy_getinfo)(CURL *c, CURLINFO info, ...)
{
    va_list ap;
    va_start(ap, info);
    CURLcode rc = (late.curl_easy_getinfo)(c, info, va_arg(ap, void *));
    va_end(ap);
    return rc;
}
