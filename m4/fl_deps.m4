# fl_deps.m4 - libraries by pkg-config, with errors that name the Debian package.
#
# FL_REQUIRE(VAR, MODULE, PACKAGE)              VAR_CFLAGS, VAR_LIBS; a missing one is remembered,
# FL_OPTIONAL(VAR, MODULE, PACKAGE, NAME, WHY)  --with-NAME[=yes|no|auto]; defines HAVE_LIBNAME
# FL_SORT_MISSING                               and all missing ones are named in one error.

AC_DEFUN([FL_REQUIRE],
[PKG_CHECK_MODULES([$1], [$2], [],
    [fl_missing="$fl_missing
    $2"
     fl_packages="$fl_packages $3"])])

AC_DEFUN([FL_OPTIONAL],
[AC_ARG_WITH([$4],
    [AS_HELP_STRING([--with-$4], [$5 (default: if it is there)])],
    [], [with_$4=auto])
have_$4=no
AS_IF([test "$with_$4" != no],
    [PKG_CHECK_MODULES([$1], [$2],
        [have_$4=yes
         AC_DEFINE([HAVE_LIB]m4_toupper([$4]), [1], [$5])],
        [AS_IF([test "$with_$4" = yes],
            [fl_missing="$fl_missing
    $2"
             fl_packages="$fl_packages $3"])])])])

AC_DEFUN([FL_SORT_MISSING],
[AS_IF([test -n "$fl_missing"],
    [AC_MSG_ERROR([these libraries were not found by pkg-config:$fl_missing

On Debian: apt-get install$fl_packages
(./quickstart installs all that is needed and builds.)])])])
