/*
 * curl.h - libcurl on first use, for sinks/s3/s3.c and lookups/gremlin/gremlin.c; curl.c says why.
 */
#ifndef FL_CURL_LATE_H
#define FL_CURL_LATE_H

/*
 * Instead of curl_global_init, before any other function of libcurl and before threads are started. NULL, or why
 * libcurl can't be used (to be freed); then nothing else of it may be called. curl_global_cleanup ends it.
 */
char *fl_curl_init(void);

#endif
