/*
 * answer.h - what an S3 server's answer means: status and error document to a result and a line for the log. Pure
 * functions; used by s3.c.
 */
#ifndef FL_S3_ANSWER_H
#define FL_S3_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "drivers/sink.h"

struct fl_s3_answer {
    long status;
    char code[64], message[256], region[64]; /* of the error document; "" if absent */
    char request_id[128];
    int64_t clock_ahead; /* seconds by which this machine's clock is ahead of the server's */
};

/* <Code>, <Message> and <Region> of the XML error document `body` (NUL-terminated, may be NULL or anything). */
void fl_s3_answer_read(struct fl_s3_answer *a, const char *body);
/* Of a PUT. What an administrator can mend is FL_RETRY: nothing may be lost by a wrong key or a missing bucket. */
enum fl_write_result fl_s3_answer_result(const struct fl_s3_answer *a);
/* `404 NoSuchBucket (what to do) request_id=..: the server's text` in one line. */
void fl_s3_answer_why(const struct fl_s3_answer *a, char *why, size_t why_size);

#endif
