/*
 * parcel.h - one object on its way, as the store sees it.
 *
 * A parcel is open (it gets raw pieces), sealed (key and bytes are final), uploading, gone. Few pieces wait to be
 * compressed: a megabyte of them, then the store sees to it.
 */
#ifndef FL_PARCEL_H
#define FL_PARCEL_H

#include <stdbool.h>
#include <stdint.h>

struct fl_buf;
struct fl_compress_kind;
struct fl_output;
struct fl_parcel;

/* What is done when queue.max_bytes wait; in the order of the option's words. */
enum fl_when_full { FL_BLOCK, FL_DROP_OLDEST, FL_DROP_NEWEST };
#define FL_ANY_CLASS UINT32_MAX

/* What a sealed object is called; texts are copied. */
struct fl_label {
    const char *bucket, *key;
    uint32_t stamp_at;  /* where the key's YYYYMMDDTHHMMSS is: it is counted up when the name is taken */
    const char *content_type, *content_encoding; /* constants */
    int64_t first_timestamp, last_timestamp;     /* ms */
    uint64_t num_records;
    bool own_key;       /* nobody but this process makes such keys */
};

/* An empty object of the class. Never waits. */
struct fl_parcel *fl_output_open(struct fl_output *o, uint32_t class_);
/* Hand over *raw; it comes back as another buffer, empty. It is compressed at once, or waits in fl_output_into's list. */
void fl_output_append(struct fl_output *o, struct fl_parcel *p, struct fl_buf *raw);
/* The same for the last piece; the parcel belongs to the output from now on. Waits a moment when uploads lag behind. */
void fl_output_seal(struct fl_output *o, struct fl_parcel *p, struct fl_buf *raw, const struct fl_label *label);
/* Pieces that wait to be compressed are compressed now: the caller is going to wait. */
void fl_output_flush(struct fl_output *o);
/* Forget an open parcel. */
void fl_output_discard(struct fl_output *o, struct fl_parcel *p);
/* Records of the class in sealed parcels that are not yet written. No lock: for one look per record. */
uint64_t fl_output_waiting(const struct fl_output *o, uint32_t class_);
/* Do queue.max_bytes wait for the sink? No lock. And what is to be done then. */
bool fl_output_full(const struct fl_output *o);
enum fl_when_full fl_output_when_full(const struct fl_output *o);
/*
 * Wait until fewer than `seen` of the class wait, or, for FL_ANY_CLASS, until it isn't full; mono time `until` at most. False: don't
 * wait (hurry, or no threads).
 */
bool fl_output_wait(struct fl_output *o, uint32_t class_, uint64_t seen, int64_t until);
/* The class's oldest sealed parcel goes, or that of FL_ANY_CLASS, counted as overflow. False: all are being written. */
bool fl_output_drop_oldest(struct fl_output *o, uint32_t class_);
/* FL_DROP_NEWEST: a record of the class isn't taken, and counted. */
void fl_output_drop_newest(struct fl_output *o, uint32_t class_);
/* For log lines about it: "output=NAME ", "" for the only one. */
const char *fl_output_label(const struct fl_output *o);
/* Suffix of the chosen compression, "" or ".gz", and its content encoding or NULL. */
const struct fl_compress_kind *fl_output_compression(const struct fl_output *o);
/* YYYYMMDDTHHMMSS of a UTC second, 15 bytes and a NUL: how keys tell the time. */
void fl_stamp(int64_t second, char stamp[16]);

#endif
