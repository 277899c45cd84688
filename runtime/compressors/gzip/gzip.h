/* gzip.h - one gzip stream, for tests; all others use fl_compress_gzip by drivers/compressor.h, which says what these do. */
#ifndef FL_GZIP_H
#define FL_GZIP_H

#include "base/text.h"
#include "drivers/compressor.h"

/* As the words of option `library`. */
enum fl_gzip_library { FL_GZIP_AUTO, FL_GZIP_FLOW, FL_GZIP_ZLIB, FL_GZIP_LIBDEFLATE };

struct fl_gzip;
/* `level`: FL_LEVEL_.. or 0..12, of which zlib takes 9 for those above. flow has one level. 0 stores, whatever the library. */
struct fl_gzip *fl_gzip_new(enum fl_gzip_library library, int level);
/* What compresses: flow, zlib, libdeflate. */
const char *fl_gzip_engine(const struct fl_gzip *c);
void fl_gzip_put(struct fl_gzip *c, const char *p, size_t n, struct fl_buf *out);
void fl_gzip_end(struct fl_gzip *c, struct fl_buf *out);
bool fl_gzip_suspend(struct fl_gzip *c, struct fl_buf *out, struct fl_compress_mark *mark);
void fl_gzip_resume(struct fl_gzip *c, const struct fl_compress_mark *mark);
void fl_gzip_free(struct fl_gzip *c);

extern const struct fl_compress_kind fl_compress_gzip;

#endif
