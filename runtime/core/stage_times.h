/*
 * stage_times.h - CPU time by stage, for make bench: FLOWC_STAGE_TIMES=1 in the environment switches it on, one log line at
 * exit shows it. Off, it costs one test per batch.
 */
#ifndef FL_STAGE_TIMES_H
#define FL_STAGE_TIMES_H

enum fl_timed { FL_TIMED_READ, FL_TIMED_DECODE, FL_TIMED_RUN, FL_TIMED_ENCODE, FL_TIMED_COMPRESS, FL_TIMED_WRITE, FL_TIMED_COUNT };

/* Before threads start. */
void fl_stage_times_init(void);
/* What this thread used since its last call belongs to `stage`. */
void fl_stage_time(enum fl_timed stage);
/* The log line: stage=nanoseconds. Nothing when switched off. */
void fl_stage_times_log(void);

#endif
