# fl_harden.m4 - FL_HARDEN: --disable-hardening. What a fault in C must not become, by default, in flowc and in all that it builds.
#
# FL_HARD_CFLAGS   calls of libc that know how large their target is, canaries on stacks, position-independent code
# FL_HARD_LDFLAGS  addresses of functions are looked up at start, and then nobody may write them
#
# Each only where compiler and linker take it with the CFLAGS that were given: _FORTIFY_SOURCE needs -O, and a distribution gives its own.
# Sanitizers see more than _FORTIFY_SOURCE, whose calls they don't know. After FL_SANITIZE.

AC_DEFUN([FL_TRY_HARD],
[fl_saved=$CFLAGS
 fl_saved_ld=$LDFLAGS
 CFLAGS="-Werror $2 $CFLAGS"
 LDFLAGS="$3 $LDFLAGS"
 AC_MSG_CHECKING([whether programs can be built with m4_normalize([$2 $3])])
 AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>
#include <string.h>]], [[char b[8]; memset(b, 0, sizeof b); return puts(b) < 0;]])],
    [AC_MSG_RESULT([yes])
     m4_ifval([$2], [FL_HARD_CFLAGS="${FL_HARD_CFLAGS:+$FL_HARD_CFLAGS }$2"])
     m4_ifval([$3], [FL_HARD_LDFLAGS="${FL_HARD_LDFLAGS:+$FL_HARD_LDFLAGS }$3"])],
    [AC_MSG_RESULT([no])])
 CFLAGS=$fl_saved
 LDFLAGS=$fl_saved_ld])

AC_DEFUN([FL_HARDEN],
[AC_ARG_ENABLE([hardening],
    [AS_HELP_STRING([--disable-hardening], [without _FORTIFY_SOURCE, stack protector, RELRO, BIND_NOW and PIE])],
    [fl_hardening=$enableval], [fl_hardening=yes])
FL_HARD_CFLAGS=
FL_HARD_LDFLAGS=
AS_IF([test "$fl_hardening" != no],
    [AS_IF([test "$fl_sanitizers" = no], [FL_TRY_HARD([fortify], [-D_FORTIFY_SOURCE=2], [])])
     FL_TRY_HARD([protector], [-fstack-protector-strong], [])
     FL_TRY_HARD([relro], [], [-Wl,-z,relro -Wl,-z,now])
     AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#ifndef __PIE__
#error it has to be asked for
#endif]], [])], [], [FL_TRY_HARD([pie], [-fPIE], [-pie])])])
AC_SUBST([FL_HARD_CFLAGS])
AC_SUBST([FL_HARD_LDFLAGS])
# For the test: is all of it to be expected?
AS_CASE([" $FL_HARD_CFLAGS $CFLAGS "], [*_FORTIFY_SOURCE=@<:@123@:>@*], [fl_hardened=$fl_hardening], [fl_hardened=no])
AC_SUBST([fl_hardened])])
