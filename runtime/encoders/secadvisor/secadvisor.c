/* secadvisor.c - encode secadvisor: an array of records in the object that the original put it into. */
#include "config/values.h"
#include "drivers/encoder.h"
#include "encoders/texts.h"

static void *open_array(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)error;
    return fl_array_new(rt, o->output, fl_opt_bool(o, "pretty"), "data");
}

extern const struct fl_encode_kind fl_encode_secadvisor;
const struct fl_encode_kind fl_encode_secadvisor = {
    .name = "secadvisor",
    .extension = "json",
    .content_type = "application/json",
    .open = open_array,
    .begin = fl_array_begin_object,
    .end = fl_array_end_object,
    .add = fl_array_add,
    .close = fl_array_free,
};
