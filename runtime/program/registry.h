/* registry.h - the kinds that are linked in; program/drivers.def has a row for each. */
#ifndef FL_REGISTRY_H
#define FL_REGISTRY_H

#include "core/drivers.h"

extern const struct fl_driver fl_drivers[];

#endif
