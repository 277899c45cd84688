/* file.c - source file: documents from a file, which may be followed as it grows. */
#include "config/values.h"
#include "sources/documents.h"

static void *open_configured(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    struct fl_documents_options o = {
        .path = fl_opt_str(options, "path"),
        .follow = fl_opt_bool(options, "follow"),
        .packed = fl_documents_packed(rt),
    };
    return fl_documents_open(rt, &o, error);
}

extern const struct fl_source_kind fl_source_file;
const struct fl_source_kind fl_source_file = {.name = "file", .open = open_configured, FL_DOCUMENTS_SOURCE};
