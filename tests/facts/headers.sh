#!/bin/sh
# Check that each driver-facing header is valid on its own, and all of them together, in any order and
# with the host's headers around them.
#
#   headers.sh INCLUDE-DIR WORK-DIR LANGUAGE COMPILER [OPTION...]      LANGUAGE: c or c++
include=$1 work=$2 language=$3
shift 3
extension=c
[ "$language" = c++ ] && extension=cpp
mkdir -p "$work" && cd "$work" || exit 2
status=0

# compile NAME INCLUDES: a file with these includes compiles without a warning.
compile() {
    name=$1
    printf '%s\n' "$2" >"$name.$extension"
    shift 2
    "$@" -x "$language" -fsyntax-only -I"$include/ddk" -I"$include/crt" -I"$include" \
        "$name.$extension" || {
        echo "not valid as $language: $name"
        status=1
    }
}

list=$(cd "$include/ddk" && ls ./*.h | sed 's|^\./||')
for header in $list $(cd "$include/crt" && ls ./*.h | sed 's|^\./||'); do
    compile "alone-${header%.h}" "#include <$header>" "$@"
done

lines() {
    for header in "$@"; do printf '#include <%s>\n' "$header"; done
}
forward=$(echo "$list" | grep -v '^initguid\.h$')
backward=$(echo "$forward" | sort -r)
host='setjmp.h stdarg.h stddef.h stdint.h stdio.h stdlib.h string.h limits.h assert.h time.h'
compile forward "$(lines $forward)" "$@"
compile backward "$(lines $backward)" "$@"
compile host-first "$(lines $host $forward)" "$@"
compile host-last "$(lines ntifs.h $host)" "$@"
compile with-guids "$(lines initguid.h $forward)" "$@"
[ "$language" = c++ ] && compile linkage "extern \"C\" {
$(lines ntddk.h ntstrsafe.h)
}" "$@"

# What C++ drivers rely on: min and max unless they say no, also behind the host's header that takes
# them away; a thread is one type.
if [ "$language" = c++ ]; then
    compile min "#include <ntifs.h>
#include <stdlib.h>
int least(int a) { return min(a, 2) + max(a, 3); }" "$@"
    compile no-min "#define NOMINMAX
#include <ntifs.h>
#include <stdlib.h>
#include <algorithm>
int least(int a) { return std::min(a, 2) + std::max(a, 3); }" "$@"
    compile thread "#include <fltkernel.h>
KPRIORITY raise(PETHREAD thread) { return KeSetPriorityThread(thread, 9); }
VOID attach(PEPROCESS process, PKAPC_STATE state) { KeStackAttachProcess(process, state); }" "$@"
fi
exit $status
