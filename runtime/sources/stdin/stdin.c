/* stdin.c - source stdin: documents from standard input, read as a file that cannot be followed. */
#include "sources/documents.h"

static void *open_stdin(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)options;
    struct fl_documents_options o = {.packed = fl_documents_packed(rt)};
    return fl_documents_open(rt, &o, error);
}

extern const struct fl_source_kind fl_source_stdin;
const struct fl_source_kind fl_source_stdin = {.name = "stdin", .open = open_stdin, FL_DOCUMENTS_SOURCE};
