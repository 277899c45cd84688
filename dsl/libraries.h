/*
 * libraries.h - what `compress gzip { library = .. }` may say: words for the compiler, which refuses others, and for the runtime.
 * drivers/sink.h says which level of each is what. Whoever uses the words includes config.h before.
 */
#ifndef FL_LIBRARIES_H
#define FL_LIBRARIES_H

enum fl_library { FL_LIBRARY_AUTO, FL_LIBRARY_FLOW, FL_LIBRARY_ZLIB, FL_LIBRARY_LIBDEFLATE };

/* In the order of the enum. */
#ifdef HAVE_LIBDEFLATE
#define FL_LIBRARIES {"auto", "flow", "zlib", "libdeflate"}
#define FL_LIBRARIES_SAID "auto, flow, zlib or libdeflate"
#else
#define FL_LIBRARIES {"auto", "flow", "zlib"}
#define FL_LIBRARIES_SAID "auto, flow or zlib (libdeflate is not in this build)"
#endif

#endif
