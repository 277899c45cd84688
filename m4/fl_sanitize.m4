# fl_sanitize.m4 - FL_SANITIZE: --enable-sanitizers[=LIST], --enable-coverage.
#
# They hold for everything that is built, pipelines made by `flowc build` included, since all of it links libflowrt.a.

AC_DEFUN([FL_SANITIZE],
[AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@], [build with -fsanitize=LIST (default list: address,undefined)])],
    [fl_sanitizers=$enableval], [fl_sanitizers=no])
AS_IF([test "$fl_sanitizers" = yes], [fl_sanitizers=address,undefined])
FL_SAN_CFLAGS=
AS_IF([test "$fl_sanitizers" != no],
    [fl_try="-fsanitize=$fl_sanitizers -fno-omit-frame-pointer -DFL_CHECKED"
     AS_CASE([",$fl_sanitizers,"], [*,undefined,*], [fl_try="$fl_try -fno-sanitize-recover=undefined"])
     AS_CASE([",$fl_sanitizers,"], [*,thread,*], [FL_TRY_CFLAG([-Wno-tsan], [fl_try])])
     fl_saved=$CFLAGS
     CFLAGS="$CFLAGS $fl_try"
     AC_MSG_CHECKING([whether programs built with -fsanitize=$fl_sanitizers run])
     AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([$CC can't build with -fsanitize=$fl_sanitizers; give another list, as --enable-sanitizers=thread])])
     CFLAGS=$fl_saved
     # Instrumented code confuses the warnings that follow values through a function; the plain build has them.
     FL_SAN_CFLAGS="$fl_try -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-format-truncation"])
AC_ARG_ENABLE([coverage],
    [AS_HELP_STRING([--enable-coverage], [count executed lines (gcov)])],
    [fl_coverage=$enableval], [fl_coverage=no])
AS_IF([test "$fl_coverage" = yes], [FL_SAN_CFLAGS="$FL_SAN_CFLAGS --coverage -fprofile-update=atomic"])
AC_SUBST([FL_SAN_CFLAGS])
AC_SUBST([fl_sanitizers])
AM_CONDITIONAL([SANITIZERS], [test "$fl_sanitizers" != no])

dnl Link what is used and nothing else.
AC_CACHE_CHECK([whether the linker takes --as-needed], [fl_cv_as_needed],
    [fl_saved=$LDFLAGS
     LDFLAGS="$LDFLAGS -Wl,--as-needed"
     AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [fl_cv_as_needed=yes], [fl_cv_as_needed=no])
     LDFLAGS=$fl_saved])
FL_LDFLAGS=
AS_IF([test "$fl_cv_as_needed" = yes], [FL_LDFLAGS="-Wl,--as-needed"])
AC_SUBST([FL_LDFLAGS])])
