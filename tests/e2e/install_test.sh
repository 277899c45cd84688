#!/bin/sh
# install_test - `make install` into a folder gives a flowc that builds programs from there, and FLOWC_CHECK of flowc.m4
# works in somebody else's autotools project.
set -eu
: "${srcdir:?}" "${builddir:?}"
if [ -n "${INSTRUMENTED:-}" ]; then
    echo "SKIPPED: somebody else's project isn't built with our sanitizers or coverage"
    exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/flow-install.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
unset FLOWC FLOWC_RUNTIME FLOWC_BIN_DIR MAKEFLAGS MFLAGS MAKELEVEL
prefix=$work/usr

# What was configured for another prefix is found through pkg-config's own relocation and flowc's environment.
make -s -C "$builddir" install prefix="$prefix" > "$work/install.log" 2>&1 || { tail -n 30 "$work/install.log"; exit 1; }
for f in bin/flowc bin/skydive-dummy bin/skydive-prom_sky_con bin/skydive-secadvisor etc/skydive/dummy.yml.default etc/skydive/secadvisor.yml.default lib/libflowrt.a include/flowc/flowrt.h share/flowc/skydive.flow \
    lib/pkgconfig/flowc.pc share/aclocal/flowc.m4 share/man/man1/flowc.1 share/man/man7/flow-pipeline.7; do
    [ -f "$prefix/$f" ] || { echo "not installed: $f"; exit 1; }
done
"$prefix/bin/flowc" --version

# Every installed header stands on its own, in C and with only the installed folder.
for h in $(cd "$prefix/include/flowc" && find . -name '*.h'); do
    printf '#include "flowrt.h"\n#include "%s"\nint main(void) { return 0; }\n' "${h#./}" > "$work/h.c"
    ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Werror -I"$prefix/include/flowc" -fsyntax-only "$work/h.c"
done

# Each pipeline with the sample of its configuration; no name of theirs is a general one.
for sample in "$prefix"/etc/skydive/*.yml.default; do
    name=$(basename "$sample" .yml.default)
    "$prefix/bin/skydive-$name" --check-config "$sample" > "$work/check.log" 2>&1 || { cat "$work/check.log"; echo "$sample isn't good"; exit 1; }
    [ -f "$prefix/share/man/man1/skydive-$name.1" ] || { echo "skydive-$name has no manual page"; exit 1; }
done
others=$(cd "$prefix/bin" && ls | grep -v -e '^skydive-' -e '^flowc$') || :
[ -z "$others" ] || { echo "installed besides flowc and skydive-*: $others"; exit 1; }
grep -q "^skydive-secadvisor .*/etc/skydive/secadvisor.yml.default" "$srcdir/README.md" || { echo "README starts the demo in another way"; exit 1; }
if [ -e "$prefix/share/doc/flowc/gen-tables.awk" ]; then echo "a program of the build is installed as documentation"; exit 1; fi

command -v autoreconf > /dev/null || { echo "SKIPPED: the rest needs autoconf and automake"; exit 77; }
mkdir "$work/project" && cd "$work/project"
cat > configure.ac <<'END'
AC_INIT([edge], [1.0])
AC_CONFIG_AUX_DIR([build-aux])
AM_INIT_AUTOMAKE([foreign subdir-objects])
AC_PROG_CC
END
sed -n '/^```m4$/,/^```$/{/^```/d;p}' "$srcdir/README.md" >> configure.ac
grep -q '^FLOWC_CHECK' configure.ac || { echo "README has no FLOWC_CHECK"; exit 1; }
cat >> configure.ac <<'END'
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
END
cat > Makefile.am <<'END'
@FLOWC_RULES@
bin_PROGRAMS = edge deep
nodist_edge_SOURCES = edge.c
edge_CFLAGS = $(FLOWC_CFLAGS)
edge_LDADD = $(FLOWC_LIBS)
nodist_deep_SOURCES = flows/deep.c
deep_CFLAGS = $(FLOWC_CFLAGS)
deep_LDADD = $(FLOWC_LIBS)
EXTRA_DIST = edge.flow nets.flow flows/deep.flow
CLEANFILES = edge.c edge.c.d flows/deep.c flows/deep.c.d
END
cat > nets.flow <<'END'
param cluster : [cidr] = [10.0.0.0/8]  yaml "classify.cluster_net_masks";
END
cat > edge.flow <<'END'
pipeline edge "somebody else's";
use skydive;
include "nets.flow";
source skydive;
classify { egress when Network.A in cluster; other otherwise; }
filter { drop other when class == other; }
transform Edge { UUID; src? = Network.A; }
output { store buffered; encode ndjson; compress none; write s3; }
END
mkdir flows
sed 's/^pipeline edge/pipeline deep/; s|"nets.flow"|"../nets.flow"|' edge.flow > flows/deep.flow
# Without flowc.m4 it is autoreconf that says so, and what is missing.
if ACLOCAL_PATH= autoreconf -fi > log 2>&1; then
    [ -f /usr/share/aclocal/flowc.m4 ] || [ -f /usr/local/share/aclocal/flowc.m4 ] || { echo "autoreconf passes without flowc.m4"; exit 1; }
elif ! grep -q 'FLOWC_CHECK' log; then
    cat log; echo "autoreconf doesn't name FLOWC_CHECK"; exit 1
fi
rm -rf autom4te.cache aclocal.m4 configure
# The prefix was moved: say where flowc.pc, flowc.m4 and flowc are, as a packager would.
sed -i "s|^prefix=.*|prefix=$prefix|" "$prefix/lib/pkgconfig/flowc.pc"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
ACLOCAL_PATH=$prefix/share/aclocal autoreconf -fi > log 2>&1 || { tail -n 20 log; exit 1; }
mkdir b && cd b
../configure > log 2>&1 || { tail -n 20 log; exit 1; }
make > log 2>&1 || { tail -n 20 log; exit 1; }
./edge --input "$srcdir/tests/fixtures/skydive/messages.jsonl" --output out > log 2>&1 || { tail -n 20 log; exit 1; }
n=$(find out -type f -exec cat {} + | grep -c '"UUID"')
[ "$n" -gt 100 ] || { echo "only $n records came out"; exit 1; }

# An included file is a prerequisite.
make -q || { echo "a second make has something to do"; exit 1; }
sleep 1
touch ../nets.flow
for program in edge deep; do
    if make -q "$program"; then echo "$program isn't made again though nets.flow changed"; exit 1; fi
done
make distcheck > log 2>&1 || { tail -n 30 log; exit 1; }
echo "installed, and used by another project"
