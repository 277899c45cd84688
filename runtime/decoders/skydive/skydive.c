/* skydive.c - decode skydive: Skydive's messages around lists of flows (envelope.h); in a stream, single flows too. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "decoders/skydive/envelope.h"
#include "drivers/decoder.h"
#include "drivers/source.h"

/* The decoder is the namespace that the source asked for. */
static void *skydive_open(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)options;
    (void)error;
    struct fl_options o = fl_options_of(rt->config, "source");
    const struct fl_source_kind *source = fl_driver(rt->drivers, FL_SOURCE, o.kind);
    return source && source->asked ? source->asked(&o) : fl_strdup("flow");
}

static bool skydive_holds(const void *decoder, const struct fl_decoder *d)
{
    (void)decoder;
    return fl_envelope_here(d);
}

static enum fl_decoded skydive_read(void *decoder, struct fl_decoder *d, bool stream, fl_take_list *take, void *arg,
                                    char *why, size_t why_size)
{
    struct fl_envelope e = {.asked = decoder, .any_capture = stream, .flows = take, .arg = arg};
    switch (fl_envelope_read(&e, d)) {
    case FL_ENVELOPE_BROKEN: return FL_DECODED_BROKEN;
    case FL_ENVELOPE_REFUSED: snprintf(why, why_size, "%s", e.why); return FL_DECODED_REFUSED;
    case FL_ENVELOPE_TAKEN: break;
    }
    return FL_DECODED_TAKEN;
}

extern const struct fl_decode_kind fl_decode_skydive;
const struct fl_decode_kind fl_decode_skydive = {
    .name = "skydive",
    .expected = "expected a message or a flow, which begin with `{`, or a list of flows",
    .open = skydive_open,
    .holds = skydive_holds,
    .read = skydive_read,
    .close = free,
};
