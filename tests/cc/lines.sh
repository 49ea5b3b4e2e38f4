#!/bin/sh
# What tools say about code inside guarded blocks is about the original lines, and memory errors are seen:
#   lines.sh wdmsim-cc compiler work-directory -- link-argument...
# A tool that is not here is left out.
set -u
launcher=$1 compiler=$2 work=$3
shift 4
rm -rf "$work"
mkdir -p "$work"
cd "$work" || exit 2
failed=0

complain() {
    echo "$1"
    failed=1
}

cat >a.c <<'END'
static int divide(int a, int b) {
    int result = 0;
    __try {
        result = a / b;
        if (a == 7)
            result += 1;
    } __finally {
        result += 2;
    }
    return result;
}
int main(int argc, char **argv) {
    (void)argv;
    int shifted = 1;
    __try {
        shifted <<= argc + 31;
    } __except (1) {
        shifted = 0;
    }
    return divide(8, argc) == 10 ? 0 : 1;
}
END

if "$launcher" "$compiler" -g --coverage a.c -o covered "$@" >log 2>&1 && ${EMULATOR:-} ./covered &&
    command -v gcov >/dev/null && case $compiler in *clang*) false ;; esac; then
    gcov -o . covered-a.gcda >/dev/null 2>&1 || gcov -o . a.gcda >/dev/null 2>&1
    grep -qE '^ +1\*?: +4:' a.c.gcov || complain "coverage does not count line 4"
    grep -qE '^ +#####: +6:' a.c.gcov || complain "coverage does not miss line 6"
fi

if "$launcher" "$compiler" -g -O1 -fsanitize=undefined a.c -o undefined "$@" >log 2>&1; then
    ${EMULATOR:-} ./undefined 2>&1 | grep -q 'a\.c:16:.*shift exponent 32' || complain "no undefined shift in line 16"
fi

if command -v gdb >/dev/null && "$launcher" "$compiler" -g -O0 a.c -o plain "$@" >log 2>&1; then
    gdb -q -batch -nx -ex 'break divide' -ex 'break 8' -ex run -ex next -ex next -ex next -ex next -ex continue ./plain \
        >log 2>&1 </dev/null
    if grep -q '^Breakpoint 1,' log; then
        # the __finally block runs inside a call of the run-time: a breakpoint stops there, steps do (below)
        for line in 4 5 8; do
            grep -qE "^$line[[:space:]]" log || complain "gdb does not step through line $line: $(cat log)"
        done
        grep -q 'wdmsim-cc-' log && complain "gdb shows a private file: $(cat log)"
    fi
fi

cat >steps.c <<'END'
void ExRaiseStatus(int);
static int steps(int a) {
    __try {
        a += 1;
    } __finally {
        a += 2;
    }
    __try {
        ExRaiseStatus(a);
    } __except (1) {
        a += 3;
    }
    return a;
}
int main(void) { return steps(1) == 7 ? 0 : 1; }
END

# walk COMMAND TIMES: in which of the lines with code of ours it stops, in this order
walk() {
    printf '%s\n' 'set breakpoint pending on' 'break steps' run >commands
    yes "$1" | head -n "$2" >>commands
    gdb -q -batch -nx -x commands ./steps >log 2>&1 </dev/null
    sed -nE 's/^(0x[0-9a-f]+[[:space:]]+)?(4|6|9|11|13)[[:space:]].*/\2/p; s/.*seh\.c:.*/run-time/p' log | uniq | tr '\n' ' '
}

if command -v gdb >/dev/null && "$launcher" "$compiler" -g -O0 steps.c -o steps "$@" >log 2>&1 && ./steps; then
    lines=$(walk next 18)
    if grep -q '^Breakpoint 1,' log; then
        [ "$lines" = "4 6 9 11 13 " ] || complain "gdb's next stops in lines $lines: $(cat log)"
        lines=$(walk step 15) # into the routine that raises, as into every other
        case $lines in "4 6 9 "*) ;; *) complain "gdb's step stops in lines $lines: $(cat log)" ;; esac
    fi
fi

cat >b.c <<'END'
unsigned char tentative[8];
int __asan_address_is_poisoned(void const volatile *address);
int main(void) { return __asan_address_is_poisoned(tentative + 8) ? 0 : 1; }
END
if "$launcher" "$compiler" -g -fsanitize=address b.c -o address >log 2>&1; then
    ASAN_OPTIONS=detect_leaks=0 ${EMULATOR:-} ./address || complain "Address Sanitizer does not watch a tentative definition"
fi
exit $failed
