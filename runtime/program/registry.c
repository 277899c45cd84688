/*
 * registry.c - the kinds that are linked into a program: the only place that knows them by name. main.c and testrun.c hand
 * the list to those below, in fl_runtime.drivers.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "program/registry.h"

#include "drivers/account.h"
#include "drivers/compressor.h"
#include "drivers/decoder.h"
#include "drivers/encoder.h"
#include "drivers/lookup.h"
#include "drivers/record_sink.h"
#include "drivers/sink.h"
#include "drivers/source.h"
#include "drivers/table.h"

#define DRIVER(family, FAMILY, kind) extern const struct fl_##family##_kind fl_##family##_##kind;
#include "program/drivers.def"

const struct fl_driver fl_drivers[] = {
#define DRIVER(family, FAMILY, kind) {FL_##FAMILY, &fl_##family##_##kind},
#include "program/drivers.def"
    {FL_SOURCE, NULL},
};
