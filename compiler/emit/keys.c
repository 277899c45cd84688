/*
 * keys.c - the key that was read, to the label of its member: by length, then by text. Called by decode.c for what doesn't come in
 * the declared order. A record may have a thousand members whose keys have one length: then characters decide step by step.
 */
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"

/* Keys of one length: as many are compared one by one, of more a character decides first. */
#define MOST_COMPARED 8

static int by_length(const void *a, const void *b)
{
    const struct fc_in *x = *(const struct fc_in *const *)a, *y = *(const struct fc_in *const *)b;
    size_t m = strlen(x->member->key), n = strlen(y->member->key);
    return m != n ? m < n ? -1 : 1 : x->member->index < y->member->index ? -1 : 1;
}

static void compare_key(struct fc_em *m, const struct fc_in *x, size_t len, bool whole)
{
    fce_line(m, "if (memcmp(key.p, %s, %zu) == 0)%s", fce_quote(m, x->member->key, len), len, whole ? " {" : "");
    if (whole)
        fce_line(m, "    clean &= %d >= at;", x->member->index);
    fce_line(m, "    goto value_%s;", x->c);
    if (whole)
        fce_line(m, "}");
}

/* Where the n keys differ most. */
static size_t telling_character(const struct fc_in *const *keys, int n, size_t len)
{
    size_t best = 0;
    int most = 0;
    for (size_t at = 0; at < len; at++) {
        bool seen[256] = {false};
        int different = 0;
        for (int i = 0; i < n; i++) {
            unsigned char c = (unsigned char)keys[i]->member->key[at];
            different += !seen[c];
            seen[c] = true;
        }
        if (different > most) {
            most = different;
            best = at;
        }
    }
    return best;
}

/* The n keys have one length. Their order among each other stays: it is the declared one. */
static void keys_of_a_length(struct fc_em *m, const struct fc_in *const *keys, int n, size_t len, bool whole)
{
    if (n <= MOST_COMPARED) {
        for (int i = 0; i < n; i++)
            compare_key(m, keys[i], len, whole);
        return;
    }
    size_t at = telling_character(keys, n, len);
    const struct fc_in **some = fl_arena_get(m->a, sizeof *some * (size_t)n);
    fce_line(m, "switch ((unsigned char)key.p[%zu]) {", at);
    for (unsigned c = 0; c < 256; c++) {
        int found = 0;
        for (int i = 0; i < n; i++)
            if ((unsigned char)keys[i]->member->key[at] == c)
                some[found++] = keys[i];
        if (!found)
            continue;
        fce_line(m, "case %u:", c);
        m->depth++;
        keys_of_a_length(m, some, found, len, whole);
        fce_line(m, "break;");
        m->depth--;
    }
    fce_line(m, "}");
}

void fce_keys(struct fc_em *m, const struct fc_in *n, bool whole)
{
    const struct fc_in **keys = fl_arena_get(m->a, sizeof *keys * (size_t)(n->ninner + 1));
    for (int i = 0; i < n->ninner; i++)
        keys[i] = &n->inner[i];
    if (n->ninner)
        qsort(keys, (size_t)n->ninner, sizeof *keys, by_length);
    fce_line(m, "switch (key.n) {");
    for (int i = 0, next; i < n->ninner; i = next) {
        size_t len = strlen(keys[i]->member->key);
        for (next = i; next < n->ninner && strlen(keys[next]->member->key) == len;)
            next++;
        fce_line(m, "case %zu:", len);
        m->depth++;
        keys_of_a_length(m, keys + i, next - i, len, whole);
        fce_line(m, "break;");
        m->depth--;
    }
    fce_line(m, "}");
}
