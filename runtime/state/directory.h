/*
 * directory.h - the state directory of a program: one process at a time has it, and in it lies who the program is.
 *
 *   lock        locked (flock) as long as a process uses the directory; its pid
 *   identity    text: format, name of the pipeline, instance, how often it was started; written anew at each start
 *
 * docs/reliability.md has what users may rely on.
 */
#ifndef FL_STATE_DIRECTORY_H
#define FL_STATE_DIRECTORY_H

#include <stdint.h>

#define FL_STATE_FORMAT 1

struct fl_state;

/*
 * Makes the directory if it isn't there (0700, its parents as mkdir -p would), locks it, and notes on disk that the program was started once
 * more. NULL: *error says why and what to do, to be freed; nothing is locked then.
 */
struct fl_state *fl_state_open(const char *path, const char *pipeline, char **error);
/* What no other process has or had, as long as nobody copies the directory: INSTANCE.START, such as 7f3a9c21.4. Lives as long as s. */
const char *fl_state_token(const struct fl_state *s);
/* How often it was opened, this time too. */
uint64_t fl_state_starts(const struct fl_state *s);
/* The directory, for openat, and its name for messages; s keeps both. */
int fl_state_fd(const struct fl_state *s);
const char *fl_state_path(const struct fl_state *s);
/* Unlocks it. s may be NULL. */
void fl_state_close(struct fl_state *s);

#endif
