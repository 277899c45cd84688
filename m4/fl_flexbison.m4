# fl_flexbison.m4 - FL_FLEX_BISON: flex and bison, needed only where their output isn't there (a git clone).
#
# A release tarball has lex.c and parse.c, so it builds without either; automake's `missing` says what to do when
# someone edits lex.l or parse.y without having the tool. bison 3.6 is the first with `parse.error custom`.

AC_DEFUN([FL_FLEX_BISON],
[AC_PROG_YACC
# With -y bison makes a macro of every token's name (MAX, REJECT, ...), as POSIX asks; only the file name is wanted.
AS_CASE([$YACC], ['bison -y'], [YACC='bison -o y.tab.c'])
AC_PROG_LEX([noyywrap])
AS_IF([test ! -f "$srcdir/compiler/syntax/parse.c" || test ! -f "$srcdir/compiler/syntax/lex.c"],
    [AS_CASE([$YACC], [*bison*], [],
        [AC_MSG_ERROR([bison is missing (found: $YACC). On Debian: apt-get install bison])])
     AS_CASE([$LEX], [*flex*], [],
        [AC_MSG_ERROR([flex is missing (found: $LEX). On Debian: apt-get install flex])])
     AC_CACHE_CHECK([bison's version], [fl_cv_bison],
        [fl_cv_bison=`$YACC --version | sed -n '1s/.* //p'`])
     AS_VERSION_COMPARE([$fl_cv_bison], [3.6],
        [AC_MSG_ERROR([bison $fl_cv_bison is too old: 3.6 or newer is needed])])])])
