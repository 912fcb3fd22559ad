dnl SPDX-License-Identifier: BSD-2-Clause
dnl Macros of pointsman's configure.ac.

dnl PM_COMPILE_FLAGS(VARIABLE, FLAGS): appends those that the compiler takes without a word.
AC_DEFUN([PM_COMPILE_FLAGS],
[for pm_flag in m4_normalize([$2]); do
    AC_MSG_CHECKING([whether $CC takes $pm_flag])
    pm_saved=$CFLAGS
    CFLAGS="$CFLAGS -Werror $pm_flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([],[])],
        [AC_MSG_RESULT([yes])
         $1="$$1 $pm_flag"],
        [AC_MSG_RESULT([no])])
    CFLAGS=$pm_saved
done])

dnl PM_LINK_FLAGS(VARIABLE, FLAGS): the same for linking.
AC_DEFUN([PM_LINK_FLAGS],
[for pm_flag in m4_normalize([$2]); do
    AC_MSG_CHECKING([whether the linker takes $pm_flag])
    pm_saved=$LDFLAGS
    LDFLAGS="$LDFLAGS -fPIE $pm_flag"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([],[])],
        [AC_MSG_RESULT([yes])
         $1="$$1 $pm_flag"],
        [AC_MSG_RESULT([no])])
    LDFLAGS=$pm_saved
done])

dnl PM_NEED_SANITIZERS(LIST): stops where the compiler lacks their runtime libraries.
AC_DEFUN([PM_NEED_SANITIZERS],
[AC_MSG_CHECKING([whether $CC links with -fsanitize=$1])
pm_saved=$CFLAGS
CFLAGS="$CFLAGS -fsanitize=$1"
AC_LINK_IFELSE([AC_LANG_PROGRAM([],[])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([$CC has no runtime library for these sanitizers (Debian: clang needs libclang-rt-14-dev)])])
CFLAGS=$pm_saved])

dnl PM_MODULE(PREFIX, MODULE, PACKAGE): PKG_CHECK_MODULES that names the Debian package.
AC_DEFUN([PM_MODULE],
[PKG_CHECK_MODULES([$1],[$2],[],[AC_MSG_ERROR([$2 is missing or too old (Debian: $3)])])])
