#!/bin/sh
# Runs the dialect suite with one compiler and language:
#   dialect.sh cases-file work-directory wdmsim-cc language compiler option -- link-argument...
# language is c or c++. Each case is compiled in a directory of its own and must behave as it says.
set -u
cases=$1 work=$2 launcher=$3 language=$4 compiler=$5 option=$6
shift 7

rm -rf "$work"
mkdir -p "$work"
ending=c
[ "$language" = c++ ] && ending=cpp

# One directory per case; languages, options and the demanded message go to files of their own.
awk -v work="$work" -v ending="$ending" '
/^=== / { directory = work "/" $2; system("mkdir -p " directory); file = directory "/case." ending
          print $3 > (directory "/languages"); print "" > (directory "/options"); next }
!directory { next }
/^\.\.\. / { print substr($0, 5) > (directory "/options"); next }
/^!!! / { print substr($0, 5) > (directory "/message"); next }
/^--- main$/ { file = directory "/case." ending; next }
/^--- / { name = substr($0, 5); parent = name
          if (sub(/\/[^\/]*$/, "", parent)) system("mkdir -p " directory "/" parent)
          file = directory "/" name; next }
{ print > file }' "$cases"

ran=0 failed=0
for directory in "$work"/*/; do
    name=$(basename "$directory")
    cd "$directory" || exit 2
    case $(cat languages) in both | "$language") ;; *) continue ;; esac
    ran=$((ran + 1))
    # shellcheck disable=SC2046
    "$launcher" "$compiler" $option -I. $(cat options) "case.$ending" -o case "$@" >log 2>&1
    status=$?
    if [ -f message ]; then
        if [ $status -eq 0 ] || ! grep -qF -- "$(cat message)" log; then
            failed=$((failed + 1))
            echo "$name: was not refused with: $(cat message)"
            cat log
        fi
    elif [ $status -ne 0 ]; then
        failed=$((failed + 1))
        echo "$name: does not compile"
        cat log
    elif ! ${EMULATOR:-} ./case >log 2>&1; then
        failed=$((failed + 1))
        echo "$name: does not behave"
        cat log
    fi
done
echo "$ran cases with $compiler $option ($language), $failed failed"
[ $failed -eq 0 ] && [ $ran -gt 80 ]
