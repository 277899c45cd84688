/*
 * names.h - the parts of object keys: time stamps, the instance's token, folders named by data.
 */
#ifndef FL_NAMES_H
#define FL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define FL_INSTANCE_MAX 64 /* bytes of a token */
#define FL_KEY_MAX 1024    /* bytes of a key, for S3 */
#define FL_KEY_TAIL 140    /* of them, what comes behind the folder: stream, number, extensions */

/*
 * `-TOKEN`, or "": auto is six random digits, none nothing. False: the text is no token; letters, digits, . _ and - are.
 */
bool fl_instance_token(const char *option, char token[FL_INSTANCE_MAX + 2]);

/*
 * Data may not choose where in the sink it is put, nor make names that no store takes. Plain: no empty, `.` or `..`
 * segments, no control characters, none of more than 255 bytes, `limit` in all, none that looks as if it had been cut.
 */
bool fl_path_is_plain(const char *p, uint32_t n, uint32_t limit);
/*
 * A plain path of the same meaning, appended to `out`; it may be empty. What is too long is cut and ends in ~ and 32 digits
 * of the whole text's SHA-256: the same text gives the same name, and no two share one. `limit` is at least 255.
 */
void fl_path_make_plain(const char *p, uint32_t n, uint32_t limit, struct fl_buf *out);

#endif
