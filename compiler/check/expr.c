/*
 * expr.c - expressions: literals, and the way to all other kinds.
 *
 * Types flow up; what a place asks for (`want`) flows down only to give bare numbers a unit and enumerators their enum.
 * A wrong expression has FC_ERROR_T, which agrees with everything, so that one mistake gives one message.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "check/checker.h"

void fck_condition(struct fc_checker *k, struct fc_expr *e)
{
    const struct fc_type *t = fck_expr(k, e, &FC_BOOL_T);
    if (t->kind == FC_K_BOOL || t->kind == FC_K_ERROR)
        return;
    struct fc_diag *g = fc_report(k->d, FC_NOT_BOOL, e->span, fck_type_text(k, t, false));
    if (e->nullable)
        fc_diag_help(k->d, g, "to ask whether it is there, write has %s", fck_text(k, e->span));
    else if (t->kind == FC_K_STRING || fc_type_number(t))
        fc_diag_help(k->d, g, "compare it with something, as %s != %s", fck_text(k, e->span),
                     t->kind == FC_K_STRING ? "\"\"" : "0");
}

/* ---- literals ------------------------------------------------------------------------- */

static const struct fc_type *check_number(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    if (want && want->kind == FC_K_DURATION) {
        if (e->i == 0)
            return fck_done(e, &FC_DURATION_T, false);
        struct fc_diag *g = fc_report(k->d, FC_NEEDS_UNIT, e->span);
        fc_diag_help(k->d, g, "write %llds if seconds are meant", (long long)e->i);
        return fck_done(e, &FC_ERROR_T, false);
    }
    if (want && want->kind == FC_K_TIME && e->i == 0)
        return fck_done(e, &FC_TIME_T, false); /* 1970, as a default */
    if (want && (want->kind == FC_K_BYTES || want->kind == FC_K_PACKETS))
        return fck_done(e, want->kind == FC_K_BYTES ? &FC_BYTES_T : &FC_PACKETS_T, false);
    if (want && want->kind == FC_K_FLOAT) {
        e->kind = FC_E_FLOAT;
        e->f = (double)e->i;
        return fck_done(e, &FC_FLOAT_T, false);
    }
    return fck_done(e, &FC_INT_T, false);
}

/* How many ones 255.255.0.0 begins with; -1 if it is no such mask. */
static int bits_of_mask(const char *text)
{
    unsigned char raw[4];
    if (inet_pton(AF_INET, text, raw) != 1)
        return -1;
    uint32_t mask = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
    int bits = mask ? __builtin_popcount(mask) : 0;
    return mask == (bits ? ~UINT32_C(0) << (32 - bits) : 0) ? bits : -1;
}

static const struct fc_type *check_address(struct fc_checker *k, struct fc_expr *e)
{
    char host[80];
    unsigned char raw[16];
    const char *slash = strchr(e->s, '/');
    size_t n = slash ? (size_t)(slash - e->s) : strlen(e->s);
    int family = 0;
    if (n < sizeof host) {
        memcpy(host, e->s, n);
        host[n] = 0;
        family = inet_pton(AF_INET, host, raw) == 1 ? 4 : inet_pton(AF_INET6, host, raw) == 1 ? 6 : 0;
    }
    bool ok = family != 0;
    if (slash && ok) {
        char *end;
        unsigned long bits = strtoul(slash + 1, &end, 10);
        ok = slash[1] >= '0' && slash[1] <= '9' && *end == 0 && bits <= (family == 4 ? 32u : 128u) &&
            !(slash[1] == '0' && slash[2]);
    }
    if (!ok) {
        struct fc_diag *g = fc_report(k->d, FC_BAD_ADDRESS, e->span, e->s);
        int mask = slash ? bits_of_mask(slash + 1) : -1;
        if (family == 4 && mask >= 0)
            fc_diag_help(k->d, g, "behind the slash stands the number of the mask's bits: `%s/%d`", host, mask);
        else if (strstr(e->s, ":::") || (strstr(e->s, "::") && strstr(strstr(e->s, "::") + 1, "::")))
            fc_diag_help(k->d, g, "`::` stands for a run of zeros, once in an address, and is two colons");
        else if (family)
            fc_diag_help(k->d, g, "behind the slash of an IPv%d prefix stands a number from 0 to %d", family,
                         family == 4 ? 32 : 128);
        else if (!strchr(e->s, ':'))
            fc_diag_help(k->d, g, "an IPv4 address has four numbers from 0 to 255, without leading zeros");
        return fck_done(e, &FC_ERROR_T, false);
    }
    return fck_done(e, slash ? &FC_CIDR_T : &FC_IP_T, false);
}

const struct fc_type *fck_expr(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want)
{
    switch (e->kind) {
    case FC_E_INT:
        return e->type ? e->type : check_number(k, e, want);
    case FC_E_FLOAT:
        return fck_done(e, &FC_FLOAT_T, false);
    case FC_E_DURATION:
        return fck_done(e, &FC_DURATION_T, false);
    case FC_E_SIZE:
        return fck_done(e, &FC_BYTES_T, false);
    case FC_E_ADDRESS:
        return check_address(k, e);
    case FC_E_STRING:
        return fck_constant_text(k, e);
    case FC_E_BOOL:
        return fck_done(e, &FC_BOOL_T, false);
    case FC_E_NULL:
        return fck_done(e, &FC_NULL_T, true);
    case FC_E_NAME:
        return fck_name(k, e, want);
    case FC_E_FIELD:
        return fck_field(k, e);
    case FC_E_INDEX:
        return fck_index(k, e);
    case FC_E_CALL:
        return fck_call(k, e, want);
    case FC_E_ANY:
        return fck_any(k, e);
    case FC_E_LIST:
        return fck_list(k, e, want);
    case FC_E_MATCH:
        return fck_match(k, e, want);
    case FC_E_NEW:
        return fck_new(k, e);
    case FC_E_TEMPLATE:
        return fck_template(k, e);
    case FC_E_COND:
        return fck_cond(k, e, want);
    case FC_E_BINARY:
        return fck_binary(k, e, want);
    case FC_E_UNARY:
        return fck_unary(k, e, want);
    }
    return fck_done(e, &FC_ERROR_T, false);
}

bool fck_expr_as(struct fc_checker *k, struct fc_expr *e, const struct fc_type *want, bool optional)
{
    const struct fc_type *t = fck_expr(k, e, want);
    if (t->kind == FC_K_ERROR || want->kind == FC_K_ERROR)
        return false;
    if (t->kind != FC_K_NULL && !fc_type_same(t, want)) {
        fck_mismatch(k, e, want);
        return false;
    }
    if (!optional && t->kind == FC_K_NULL) {
        fc_report(k->d, FC_TYPE_MISMATCH, e->span, fck_type_text(k, want, false), "`null`");
        return false;
    }
    if (!optional && e->nullable) {
        fck_help_null(k, fck_may_be_null(k, e), e);
        return false;
    }
    return true;
}
