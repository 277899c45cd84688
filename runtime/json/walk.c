/*
 * walk.c - what doesn't look as expected on the way of walk.h: handed to the general scanner.
 */
#include "json/walk.h"

#include "json/once.h"

const char *fl_pass_value(struct fl_decoder *d, const char *p)
{
    fl_at(d, p);
    return fl_skip_value(d) ? d->p : NULL;
}

const char *fl_pass_members(struct fl_decoder *d, const char *p)
{
    d->p = p;
    int more = fl_member_end(d);
    if (more > 0)
        more = fl_skip_members(d) ? 0 : -1;
    return more == 0 ? d->p : NULL;
}

const char *fl_pass_on(struct fl_decoder *d, const char *p)
{
    const char *end = fl_pass_value(d, p);
    if (end)
        d->repeated |= fl_json_repeats(p, end);
    return end;
}

const char *fl_pass_on_members(struct fl_decoder *d, const char *start, const char *p)
{
    const char *end = fl_pass_members(d, p);
    if (end)
        d->repeated |= fl_json_repeats(start, end);
    return end;
}
