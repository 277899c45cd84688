# flowc.m4 - for the configure.ac of projects that have .flow files.
#
# FLOWC_CHECK([VERSION], [IF-FOUND], [IF-NOT])
#
#   looks for flowc (the FLOWC variable, else pkg-config's answer, else PATH) and its runtime library, in at least this version.
#   Sets and substitutes FLOWC, FLOWC_CFLAGS, FLOWC_LIBS, and FLOWC_RULES: make rules from .flow to .c. Without IF-NOT a
#   missing flowc ends configure with an error that says so.
#
# configure.ac:
#     m4_pattern_forbid([^FLOWC_CHECK$])
#     FLOWC_CHECK([0.1])
# Makefile.am:
#     @FLOWC_RULES@
#     bin_PROGRAMS = edge
#     nodist_edge_SOURCES = edge.c
#     edge_CFLAGS = $(FLOWC_CFLAGS)
#     edge_LDADD = $(FLOWC_LIBS)
#     EXTRA_DIST = edge.flow
#     CLEANFILES = edge.c edge.c.d
#
# edge.c is made again when edge.flow, a file that it includes, a module or flowc changes (GNU make); .flow files may lie in
# subfolders. Where aclocal doesn't find this file, m4_pattern_forbid lets autoreconf say that FLOWC_CHECK is missing, instead of
# configure, much later, that there is a syntax error: ACLOCAL_PATH=PREFIX/share/aclocal autoreconf -fi.
#
# serial 2

AC_DEFUN([FLOWC_CHECK],
[m4_ifndef([PKG_CHECK_MODULES], [m4_fatal([pkg.m4 is missing: install pkg-config (Debian: pkg-config)])])dnl
AC_REQUIRE([PKG_PROG_PKG_CONFIG])dnl
AC_ARG_VAR([FLOWC], [the compiler of .flow files])
flowc_ok=no
PKG_CHECK_MODULES([FLOWC], [flowc[]m4_ifval([$1], [ >= $1])],
    [flowc_ok=yes
     AS_IF([test -z "$FLOWC"], [FLOWC=`$PKG_CONFIG --variable=flowc flowc`])],
    [flowc_ok=no])
AS_IF([test "$flowc_ok" = yes && test ! -x "$FLOWC"],
    [AC_PATH_PROG([FLOWC_IN_PATH], [flowc])
     FLOWC=$FLOWC_IN_PATH
     AS_IF([test -z "$FLOWC"], [flowc_ok=no])])
AC_MSG_CHECKING([for flowc])
AS_IF([test "$flowc_ok" = yes],
    [AC_MSG_RESULT([$FLOWC])],
    [AC_MSG_RESULT([no])])
FLOWC_RULES='
%.c: %.flow
	@mkdir -p @S|@(@D)
	$(FLOWC) emit -MD -MF @S|@@.d -o @S|@@ @S|@<
-include $(shell find . -name "*.c.d")
'
AC_SUBST([FLOWC_RULES])
AM_SUBST_NOTMAKE([FLOWC_RULES])
AS_IF([test "$flowc_ok" = yes],
    [m4_default([$2], [:])],
    [m4_default([$3], [AC_MSG_ERROR([flowc is missing[]m4_ifval([$1], [ (version $1 or newer)]): the .flow files of this package can't be compiled.
Install flowc, or set PKG_CONFIG_PATH to the folder of its flowc.pc.])])])])
