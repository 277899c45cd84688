/* embedded.h - the modules compiled into flowc: dsl/NAME.flow, made into embedded.c by dsl/embed.awk. */
#ifndef FC_EMBEDDED_H
#define FC_EMBEDDED_H

struct fc_embedded {
    const char *name;
    const char *text;
    unsigned len;
};

extern const struct fc_embedded fc_embedded_modules[]; /* ended by a NULL name */

#endif
