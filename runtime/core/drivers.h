/*
 * drivers.h - the kinds that are linked in, by family; drivers/ says what each family's kind is. Only program/registry.c
 * knows them by name; the others find the one that the configuration chose.
 */
#ifndef FL_DRIVERS_H
#define FL_DRIVERS_H

#include <stddef.h>
#include <string.h>

enum fl_family { FL_SOURCE, FL_DECODE, FL_ENCODE, FL_COMPRESS, FL_DECOMPRESS, FL_SINK, FL_RECORD_SINK, FL_ACCOUNT, FL_LOOKUP, FL_TABLE_KIND };

struct fl_driver {
    enum fl_family family;
    const void *kind; /* struct fl_sink_kind and so on, which begin with their name; NULL: the end of the list */
};

/* The kind of that name, NULL: there is none. */
static inline const void *fl_driver(const struct fl_driver *list, enum fl_family family, const char *name)
{
    for (; list && list->kind; list++)
        if (list->family == family && strcmp(*(const char *const *)list->kind, name) == 0)
            return list->kind;
    return NULL;
}

#endif
