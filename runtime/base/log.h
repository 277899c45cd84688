/*
 * log.h - one line per event: `time level message key=value ...`.
 *
 *     fl_log(FL_INFO, "connected", "url=%s after=%.1fs", url, seconds);
 *     2026-11-23T08:55:02.123Z INFO connected url=ws://... after=0.1s
 *
 * The message is constant text; what varies goes into the second format as key=value pairs separated by one blank
 * (a value with a blank, quote or `=` is quoted by %s's caller through fl_log_quote). With logging.encoder json:
 * {"time":..,"level":..,"message":..,"url":..}. Colour only on a terminal. Thread-safe; a line is one write(2).
 * What goes to systemd's journal (JOURNAL_STREAM) has <N> in front, its priority, and neither time nor level.
 * Before fl_log_configure is called: stderr, INFO. Secrets never go in here; who gets in at a URL (`//user:password@`) is
 * masked here, in every message and value. A line is valid UTF-8 without control characters: what isn't is written as \xNN.
 */
#ifndef FL_LOG_H
#define FL_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum fl_level { FL_DEBUG, FL_INFO, FL_WARN, FL_ERROR, FL_CRITICAL };

void fl_log(enum fl_level level, const char *message, const char *pairs, ...) __attribute__((format(printf, 3, 4)));
bool fl_log_wanted(enum fl_level level);

/* Quote a value if it needs it, into a ring of 8 static thread-local buffers; cut at 200 bytes with "...". */
const char *fl_log_quote(const char *s);
const char *fl_log_quoten(const char *s, size_t n);

/*
 * At most one line per `seconds` for the same `message` and `whose` (pointer identity; NULL: the program's); what was left out is
 * said with the next one as repeated=N. For events that data can cause.
 */
void fl_log_limited_of(const void *whose, unsigned seconds, enum fl_level level, const char *message, const char *pairs, ...)
    __attribute__((format(printf, 5, 6)));
#define fl_log_limited(...) fl_log_limited_of(NULL, __VA_ARGS__)

enum fl_log_backend { FL_LOG_STDERR = 1, FL_LOG_STDOUT = 2, FL_LOG_FILE = 4, FL_LOG_SYSLOG = 8 };

struct fl_log_options {
    unsigned backends;              /* of enum fl_log_backend */
    enum fl_level level[4];         /* by backend, in the order above */
    bool json[4];
    int color;                      /* 0 never, 1 on a terminal */
    const char *id;                 /* as the original's logging.id; "" or NULL: left out */
    const char *file;               /* for FL_LOG_FILE; appended to */
    const char *syslog_address, *syslog_tag;
};

/* CRITICAL .. DEBUG, any case; false: none of them. */
bool fl_level_parse(const char *s, enum fl_level *level);
/* Returns NULL, or an error text to be freed. */
char *fl_log_configure(const struct fl_log_options *o);
/* Open the log file anew, as after it was moved away. False: none is written. An error is logged to what there is. */
bool fl_log_reopen(void);
/* Tests: lines go to this function instead; NULL: back. */
void fl_log_capture(void (*line)(void *arg, const char *text), void *arg);

#endif
