/*
 * strftime.h - the letters that may stand behind `%` in a format of strftime(time, format): the compiler refuses others in a constant
 * format, the runtime copies them as they are. Also %3f, %6f and %9f.
 */
#ifndef FL_STRFTIME_H
#define FL_STRFTIME_H

#define FL_TIME_FIELDS "YyCmdeHIpMSfjFTRDsaAbhBuwGVZznt%"

#endif
