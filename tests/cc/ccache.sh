#!/bin/sh
# The launcher with ccache, on either side: ccache.sh wdmsim-cc include-directory work-directory
# As the compiler under the launcher, and around it as CCACHE_PREFIX: a second compilation is a hit,
# with another trace header it is not, and the object is the launcher's.
set -u
launcher=$1 include=$2 work=$3
command -v ccache >/dev/null || exit 77
rm -rf "$work"
mkdir -p "$work"
cd "$work" || exit 2
export CCACHE_DIR="$work/cache" CCACHE_NODIRECT=1
unset CCACHE_PREFIX CCACHE_PREFIX_CPP CCACHE_DISABLE
options="-I$include/ddk -I$include/crt -I$include -c"
failed=0

write() { # write MESSAGE-PARAMETER
    cat >a.c <<END
#include <ntddk.h>
// begin_wpp config
// FUNC Trace{FLAGS=$1}(MSG, ...);
// end_wpp
#include "a.tmh"
char size_of_long[sizeof(long)];
void f(void);
void f(void) { __try { Trace("x"); } __except (1) { } }
END
}

hits() {
    ccache --print-stats | awk '/^(direct|preprocessed)_cache_hit/ { n += $2 } END { print n + 0 }'
}

expect() { # expect HITS WHAT
    if [ "$(hits)" -ne "$1" ] || ! nm -S a.o | grep -q '0*4 . size_of_long'; then
        echo "$2: $(hits) hits where $1 are due, or another object"
        failed=1
    fi
}

for side in inside around; do
    ccache -Cz >/dev/null 2>&1
    if [ $side = inside ]; then
        set -- "$launcher" ccache cc
    else
        export CCACHE_PREFIX="$launcher" CCACHE_PREFIX_CPP="$launcher"
        set -- ccache cc
    fi
    write ONE
    for round in 0 1; do
        rm -f a.o
        "$@" $options a.c -o a.o || failed=1
        expect $round "$side, round $round"
    done
    write TWO
    "$@" $options a.c -o a.o || failed=1
    expect 1 "$side, changed"
done
exit $failed
