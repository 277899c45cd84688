/* credentials.c - see credentials.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "sinks/s3/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/values.h"

struct fl_credentials {
    pthread_mutex_t lock;
    struct fl_keys keys;
    const char *file; /* of the secret key; "": it came from elsewhere */
};

bool fl_secret_file(const char *path, char *value, size_t size, char **error)
{
    char text[4608];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    int e = errno;
    if (fd >= 0)
        close(fd);
    *error = NULL;
    const char *what = n < 0 ? strerror(e) : NULL;
    if (n >= 0) {
        text[n] = 0;
        char *p = text + strspn(text, " \t\r\n");
        p[strcspn(p, "\r\n")] = 0;
        size_t len = strlen(p);
        while (len && (p[len - 1] == ' ' || p[len - 1] == '\t'))
            len--;
        if (len == 0)
            what = "it is empty, expected the secret in its first line";
        else if (len >= size)
            what = "its first line is too long for a secret";
        else
            memcpy(value, p, len);
        if (!what)
            value[len] = 0;
        OPENSSL_cleanse(text, sizeof text);
    }
    if (what)
        *error = fl_said("cannot read the secret from %s: %s", path, what);
    return !what;
}

/* The option's text, or the environment's. False: too long. */
static bool take(char *to, size_t size, const char *option, const char *env)
{
    const char *v = *option ? option : getenv(env);
    if (!v)
        v = "";
    if (strlen(v) >= size)
        return false;
    memcpy(to, v, strlen(v) + 1);
    return true;
}

static const char *fill(struct fl_credentials *c, const struct fl_options *options, char **error)
{
    struct fl_keys *k = &c->keys;
    const char *secret = fl_opt_str(options, "secret_key");
    c->file = *secret ? "" : fl_opt_str(options, "secret_key_file");
    if (!take(k->access_key, sizeof k->access_key, fl_opt_str(options, "access_key"),
              "AWS_ACCESS_KEY_ID"))
        return "access_key is too long for a key";
    if (*c->file) {
        if (!fl_secret_file(c->file, k->secret_key, sizeof k->secret_key, error))
            return NULL;
    } else if (!take(k->secret_key, sizeof k->secret_key, secret, "AWS_SECRET_ACCESS_KEY")) {
        return "secret_key is too long for a key";
    }
    if (!take(k->session_token, sizeof k->session_token, fl_opt_str(options, "session_token"),
              "AWS_SESSION_TOKEN"))
        return "session_token is too long for a token";
    if (!*k->access_key && !*k->secret_key)
        return "no credentials: set access_key with secret_key or secret_key_file there, or AWS_ACCESS_KEY_ID and "
               "AWS_SECRET_ACCESS_KEY, or api_key for IBM Cloud";
    if (!*k->access_key)
        return "there is a secret key but no access_key (or AWS_ACCESS_KEY_ID)";
    if (!*k->secret_key)
        return "there is an access key but no secret_key, secret_key_file (or AWS_SECRET_ACCESS_KEY)";
    return NULL;
}

struct fl_credentials *fl_credentials_new(const struct fl_options *options, char **error)
{
    struct fl_credentials *c = fl_new(struct fl_credentials);
    pthread_mutex_init(&c->lock, NULL);
    *error = NULL;
    const char *what = fill(c, options, error);
    if (what)
        *error = fl_said("pipeline.write.s3: %s", what);
    if (!*error)
        return c;
    fl_credentials_free(c);
    return NULL;
}

void fl_credentials_free(struct fl_credentials *c)
{
    if (!c)
        return;
    fl_keys_wipe(&c->keys);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void fl_credentials_get(struct fl_credentials *c, struct fl_keys *keys)
{
    pthread_mutex_lock(&c->lock);
    *keys = c->keys;
    pthread_mutex_unlock(&c->lock);
}

bool fl_credentials_reload(struct fl_credentials *c)
{
    char secret[sizeof c->keys.secret_key], *error;
    if (!*c->file)
        return false;
    if (!fl_secret_file(c->file, secret, sizeof secret, &error)) {
        fl_log_limited(60, FL_WARN, "secret key", "reason=%s", fl_log_quote(error));
        free(error);
        return false;
    }
    pthread_mutex_lock(&c->lock);
    bool changed = strcmp(secret, c->keys.secret_key) != 0;
    if (changed)
        memcpy(c->keys.secret_key, secret, strlen(secret) + 1);
    pthread_mutex_unlock(&c->lock);
    OPENSSL_cleanse(secret, sizeof secret);
    return changed;
}

bool fl_credentials_in_file(const struct fl_credentials *c)
{
    return *c->file != 0;
}

void fl_keys_wipe(struct fl_keys *keys)
{
    OPENSSL_cleanse(keys->access_key, sizeof keys->access_key);
    OPENSSL_cleanse(keys->secret_key, sizeof keys->secret_key);
    OPENSSL_cleanse(keys->session_token, sizeof keys->session_token);
}
