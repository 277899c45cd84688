/* texts.h - JSON arrays as objects, with the bytes of the original: for those encoders that are one. */
#ifndef FL_ENCODER_TEXTS_H
#define FL_ENCODER_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

struct fl_buf;
struct fl_cx;
struct fl_bundle;
struct fl_rec;
struct fl_runtime;

/* `wrap`: the name in the object that is put around the array; "": none, or the storeheader's. */
void *fl_array_new(struct fl_runtime *rt, uint32_t output, bool pretty, const char *wrap);
void fl_array_begin_object(void *array, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out);
void fl_array_add(void *array, struct fl_cx *cx, const struct fl_rec *r, bool first, struct fl_buf *out);
void fl_array_end_object(void *array, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out);
void fl_array_free(void *array);

#endif
