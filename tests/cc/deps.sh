#!/bin/sh
# Dependency files, objects and exit statuses are those of the compiler alone: deps.sh wdmsim-cc compiler work-directory
# Each command runs twice in a folder of its own, without and with the launcher; for the launcher one #include is in
# another letter case, so that a generated header stands between, which no dependency file may name.
set -u
launcher=$1 compiler=$2 work=$3
export CCACHE_DISABLE=1 # ccache in front of the compiler gives -S a target of its own
rm -rf "$work"
mkdir -p "$work"
cd "$work" || exit 2
failed=0

files() { # files DIRECTORY NAME: the sources, with inc/one.h included by that name
    rm -rf "$1"
    mkdir -p "$1/inc" "$1/sys tem"
    printf '#include "inc/%s"\n#include <sys.h>\nint f(void) { return ONE + SYS; }\n' "$2" >"$1/x y.c"
    printf '#include "inc/one.h"\nint g(void) { return ONE; }\n' >"$1/y.c"
    printf '#define ONE 1\n' >"$1/inc/one.h"
    printf '#define SYS 2\n' >"$1/sys tem/sys.h"
}

# One rule a line, single spaces, names relative to the folder.
rules() {
    sed -e ':a' -e '/\\$/N; s/\\\n//; ta' "$1" | sed -e "s|$2/||g" -e 's/  */ /g' -e 's/ *$//' -e '/^$/d'
}

# same ARGUMENT...: the compiler and the launcher leave the same files and status
same() {
    files plain one.h
    files driver One.h
    for side in plain driver; do
        (
            cd $side || exit 2
            [ $side = driver ] && set -- "$launcher" "$compiler" "$@" || set -- "$compiler" "$@"
            "$@" -isystem 'sys tem' >/dev/null 2>../log.$side
            echo $? >status
        )
        # (the folders have spaces and dollars nowhere: nothing to escape in their path)
        (cd $side && find . -type f | sort) >files.$side
    done
    cmp -s files.plain files.driver && cmp -s plain/status driver/status || {
        echo "$compiler $*: other files, or another status"
        diff files.plain files.driver
        cat plain/status driver/status log.driver
        failed=1
    }
    grep -E '\.(d|dep)$' files.plain >names
    while read -r name; do
        rules "plain/$name" "$work/plain" >rules.plain
        rules "driver/$name" "$work/driver" >rules.driver
        cmp -s rules.plain rules.driver || {
            echo "$compiler $*: another $name"
            diff rules.plain rules.driver
            failed=1
        }
    done <names
}

same -c 'x y.c'
same -c 'x y.c' -MD
same -c 'x y.c' -MMD -o 'o ut.o'
same -c 'x y.c' -MD -MF 'd e p.d' -o out.o
same -c 'x y.c' -MD -MFdep.d -oout.o
same -c 'x y.c' -MD -MF dep.d -MT target -o out.o
same -c 'x y.c' -MD -MT 'a b' -MTc
# shellcheck disable=SC2016
same -c 'x y.c' -MD -MQ 'a $b' -MP
same -c 'x y.c' -MMD -MP -o out.x.o
same -c 'x y.c' y.c -MMD -MP
same -c 'x y.c' -MD -pipe
same -S 'x y.c' -MD
same -shared -fPIC 'x y.c' y.c -o lib.so -MD
same -shared -fPIC 'x y.c' -o lib.so -MMD -MF dep.d
same -c 'x y.c' -Wp,-MD,wp.d -MT out.o -o out.o
same -c y.c --coverage -o z.o
same -c y.c -DONE=error -Werror -MD -o z.o
same -c nosuch.c -MD
# (Clang looks for its files before it starts, and compiles none.)
case $compiler in *clang*) ;; *) same -c 'x y.c' y.c nosuch.c -MD ;; esac
same -c 'x y.c' -MD -o nodir/x.o
exit $failed
