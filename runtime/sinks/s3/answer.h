/*
 * answer.h - what an S3 server's answer means: status and error document to a result and a line for the log. Pure
 * functions; used by s3.c.
 */
#ifndef FL_S3_ANSWER_H
#define FL_S3_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/sink.h"

struct fl_s3_answer {
    long status;
    bool document; /* the body is an S3 error document with a code */
    bool page;     /* it is an HTML page */
    bool has_body; /* there is any text in it */
    char code[64], message[256], region[64]; /* of the error document; "" if absent */
    char request_id[128];
    int64_t clock_ahead; /* seconds by which this machine's clock is ahead of the server's */
};

/*
 * What the body (NUL-terminated, may be NULL or anything) is; <Code>, <Message> and <Region> if it is an XML error
 * document.
 */
void fl_s3_answer_read(struct fl_s3_answer *a, const char *body);
/*
 * Of a PUT. FL_WRITTEN: 200, which is to be proven yet. FL_REFUSED: an error document of S3 says that it won't take this
 * object. FL_DENIED: one says that the key may not write under this name. Whatever else is wrong can pass or be mended:
 * FL_RETRY, for nothing may be lost by a wrong key, a missing bucket or a proxy in between.
 */
enum fl_write_result fl_s3_answer_result(const struct fl_s3_answer *a);
/* `404 NoSuchBucket (what to do) request_id=..: the server's text` in one line. */
void fl_s3_answer_why(const struct fl_s3_answer *a, char *why, size_t why_size);

#endif
