/*
 * once.h - objects in which a key comes twice: of these the last one holds, as in most readers of JSON.
 *
 * Generated decoders notice it for the keys that they read. What is passed on without being looked into is searched here, and a record
 * that has such an object is written anew before it is decoded again (lang/record.h, fl_once).
 */
#ifndef FL_JSON_ONCE_H
#define FL_JSON_ONCE_H

#include "json/scan.h"

/*
 * Does a key come twice in an object of the JSON text from p to end, which was checked? May say so of one that has very many keys, or
 * escapes in one; never overlooks it.
 */
bool fl_json_repeats(const char *p, const char *end);

/* JSON that was checked, without white space, and of a key that comes twice only the last member; FL_RAW text in scratch. */
fl_str fl_json_once(struct fl_arena *scratch, fl_str json);

#endif
