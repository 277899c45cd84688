# fl_warnings.m4 - FL_WARNINGS: the project's warnings, each only where the compiler knows it; --enable-werror.
#
# FL_WARN_CFLAGS      for all that people write, and for emitted C: a warning there is a bug of flowc
# FL_OVERFLOW_CFLAGS  for a unit test in which gcc 12 sees an overflow that can't be
# FL_RELAX_CFLAGS     for what flex and bison write: only what could be a bug of ours

AC_DEFUN([FL_TRY_CFLAG],
[AS_VAR_PUSHDEF([fl_cache], [fl_cv_cflag_$1])
AC_CACHE_CHECK([whether $CC takes $1], [fl_cache],
    [fl_saved=$CFLAGS
     CFLAGS="$CFLAGS -Werror $1"
     AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([fl_cache], [yes])], [AS_VAR_SET([fl_cache], [no])])
     CFLAGS=$fl_saved])
AS_VAR_IF([fl_cache], [yes], [$2="$$2 $1"])
AS_VAR_POPDEF([fl_cache])])

AC_DEFUN([FL_WARNINGS],
[AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [warnings are errors (for developers and CI)])],
    [fl_werror=$enableval], [fl_werror=no])
FL_WARN_CFLAGS=
FL_RELAX_CFLAGS=
m4_foreach_w([fl_flag],
    [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
     -Wformat-security -Wundef -Wno-missing-field-initializers -Wno-format-zero-length],
    [FL_TRY_CFLAG(fl_flag, [FL_WARN_CFLAGS])])
m4_foreach_w([fl_flag],
    [-Wall -Wno-unused-function -Wno-unused-but-set-variable -Wno-unused-variable],
    [FL_TRY_CFLAG(fl_flag, [FL_RELAX_CFLAGS])])
FL_OVERFLOW_CFLAGS=
FL_TRY_CFLAG([-Wno-stringop-overflow], [FL_OVERFLOW_CFLAGS])
AC_SUBST([FL_OVERFLOW_CFLAGS])
AS_IF([test "$fl_werror" = yes], [FL_WARN_CFLAGS="$FL_WARN_CFLAGS -Werror"])
AC_SUBST([FL_WARN_CFLAGS])
AC_SUBST([FL_RELAX_CFLAGS])])
