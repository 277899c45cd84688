/*
 * known_keys.h - the rows of config/known_keys.def: keys of the YAML file that are no options of a stage.
 */
#ifndef FL_KNOWN_KEYS_H
#define FL_KNOWN_KEYS_H

#include <stdint.h>

enum fl_key_type {
    FL_KEY_STRING, FL_KEY_SECRET, FL_KEY_LIST, FL_KEY_INT, FL_KEY_COUNT, FL_KEY_POSITIVE, FL_KEY_BOOL, FL_KEY_ANY
};
enum fl_key_use { FL_KEY_READ, FL_KEY_CHECKED, FL_KEY_KIND, FL_KEY_IDLE };

struct fl_key_row {
    const char *path;
    enum fl_key_type type;
    enum fl_key_use use;
    const char *doc;
};

extern const struct fl_key_row fl_key_rows[];
extern const uint32_t fl_key_nrows;

#endif
