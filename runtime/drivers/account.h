/*
 * account.h - kinds of accounts: who is told of each object that was written. One is a folder of accounts/ with its option rows, and a
 * row in program/drivers.def. `none` has no driver.
 */
#ifndef FL_DRIVER_ACCOUNT_H
#define FL_DRIVER_ACCOUNT_H

struct fl_object;
struct fl_options;
struct fl_runtime;

struct fl_account_kind {
    const char *name;
    /* NULL and *error (to be freed) when the options are no good. */
    void *(*open)(struct fl_runtime *rt, const struct fl_options *o, char **error);
    /* The sink has this object. Called from several threads at once; what goes wrong is logged, nothing waits for it. */
    void (*add)(void *a, const struct fl_object *o);
    void (*close)(void *a);
};

#endif
