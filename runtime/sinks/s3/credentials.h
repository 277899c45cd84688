/*
 * credentials.h - the S3 keys: from the configuration, a file or the environment, in this order. Thread-safe: upload
 * threads take a copy for each request. Values are never logged.
 */
#ifndef FL_CREDENTIALS_H
#define FL_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

struct fl_options;
struct fl_credentials;

struct fl_keys {
    char access_key[256], secret_key[256];
    char session_token[4096]; /* "": none */
};

/*
 * access_key, secret_key, secret_key_file and session_token of write s3; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN for what is not set there. On trouble NULL and a text in *error (to be freed).
 */
struct fl_credentials *fl_credentials_new(const struct fl_options *options, char **error);
void fl_credentials_free(struct fl_credentials *c);
void fl_credentials_get(struct fl_credentials *c, struct fl_keys *keys);
/* The server refused the keys: read the file again. True: it holds another key now, try again at once. */
bool fl_credentials_reload(struct fl_credentials *c);
/* Does the secret key come from a file? */
bool fl_credentials_in_file(const struct fl_credentials *c);
/* Overwrite a copy that is no longer needed. */
void fl_keys_wipe(struct fl_keys *keys);

/*
 * The first line of a file that holds a secret, without white space at its ends, into value (size bytes). False: a
 * text in *error (to be freed).
 */
bool fl_secret_file(const char *path, char *value, size_t size, char **error);

#endif
