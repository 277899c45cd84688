/*
 * notify.h - a service manager is told how it goes (sd_notify(3)): one datagram, without libsystemd. Nothing happens where none listens.
 */
#ifndef FL_NOTIFY_H
#define FL_NOTIFY_H

#include <stdint.h>

struct fl_runtime;

/* Lines such as "READY=1". Never waits. */
void fl_notify(const char *lines);
/* SIGHUP: what is read again begins to be read. READY=1 ends it. */
void fl_notify_reloading(void);
/* What `systemctl status` shows, and that the process lives. */
void fl_notify_alive(const struct fl_runtime *rt);
/* How often fl_notify_alive is to be called, ns: twice as often as the watchdog looks, every 10 s at least; 0: nobody listens. */
int64_t fl_notify_every(void);

#endif
