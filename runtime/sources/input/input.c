/* input.c - what --input names, instead of the pipeline's source: plain or packed, whatever it is. No .flow can choose it. */
#include <string.h>

#include "core/runtime.h"
#include "sources/documents.h"

static void *open_input(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)options;
    struct fl_documents_options o = {.path = strcmp(rt->input, "-") == 0 ? NULL : rt->input, .detect = true};
    return fl_documents_open(rt, &o, error);
}

extern const struct fl_source_kind fl_source_input;
const struct fl_source_kind fl_source_input = {.name = FL_INPUT, .open = open_input, FL_DOCUMENTS_SOURCE};
