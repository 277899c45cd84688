/*
 * encode.h - records to the bytes of an object, as the chosen encoding wants it.
 */
#ifndef FL_ENCODE_H
#define FL_ENCODE_H

struct fl_buf;
struct fl_cx;
struct fl_encoding;
struct fl_rec;
struct fl_runtime;

/* How records are put together to an object. Texts live as long as the runtime. */
struct fl_framing {
    const char *open, *between, *close; /* [ , ]\n and so on; csv's open is the header line */
    const char *empty;                  /* the whole object when there is no record: []\n */
    const char *extension;              /* json, ndjson, csv */
    const char *content_type;
};
void fl_framing_of(struct fl_runtime *rt, struct fl_framing *f);
/* Append one record as the chosen encoding wants it (pretty included), without framing. */
void fl_encode(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out);
void fl_encoding_free(struct fl_encoding *e);

#endif
