/*
 * server.h - a small HTTP server: GET and HEAD of a few pages, in a thread of its own. For --metrics-listen and for metrics that a
 * pipeline serves.
 *
 * A slow or hostile client costs this thread, never the pipeline: there are few connections, each has little time to say what it wants
 * and to take the answer, and who comes when all are taken is turned away.
 */
#ifndef FL_SERVER_H
#define FL_SERVER_H

#include <stdbool.h>

#include "base/text.h"

#define FL_SERVER_CONNECTIONS 32

struct fl_server;

struct fl_server_answer {
    unsigned status;
    const char *type;     /* Content-Type */
    struct fl_buf body;   /* the server's from then on; not looked at where there is `more` */
    /*
     * For a body that is too long to be made at once: puts the next part at `to`, at most `room` bytes, and returns its length; 0: that was
     * all. `done` is called once, also when the client has gone, or never wanted the body (HEAD).
     */
    size_t (*more)(void *state, char *to, size_t room);
    void (*done)(void *state);
    void *state;
};

/* Fills *a, which is zeroed, for a GET or HEAD of `path`; in the server's thread. */
typedef void fl_server_handler(void *arg, const char *path, struct fl_server_answer *a);

/*
 * Listen at `address`: host:port, [::1]:port, :port or port; without a host at `host`, NULL: all addresses. The port is bound when this
 * returns. NULL and *error (to be freed), which begins with `what`, when that isn't possible.
 */
struct fl_server *fl_server_start(const char *what, const char *address, const char *host, fl_server_handler *handler, void *arg,
                                  char **error);
/* The port that is really listened at. */
int fl_server_port(const struct fl_server *s);
/* No handler runs after this, and each `done` has been called. */
void fl_server_stop(struct fl_server *s);

#endif
