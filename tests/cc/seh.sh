#!/bin/sh
# Runs the guarded-block suite with one compiler:
#   seh.sh generated-source source-directory include-directory work-directory wdmsim-cc
#          language compiler "options" host-object -- link-argument...
# The generated programs and their caller are compiled as driver source and linked with the host.
set -eu
generated=$1 sources=$2 include=$3 work=$4 launcher=$5 language=$6 compiler=$7 options=$8 host=$9
shift 10

mkdir -p "$work"
cd "$work"
c_compiler=$compiler
case $language in c++)
    c_compiler=$(echo "$compiler" | sed 's/clang++/clang/; s/g++/gcc/') ;;
esac
# shellcheck disable=SC2086
"$launcher" "$compiler" $options -x "$language" -I"$sources" -c "$generated" -o programs.o
# shellcheck disable=SC2086
"$launcher" "$c_compiler" $options -I"$sources" -I"$include/ddk" -I"$include/crt" \
    -c "$sources/seh_caller.c" -o caller.o
# shellcheck disable=SC2086
"$compiler" $options programs.o caller.o "$host" -o programs "$@"
${EMULATOR:-} ./programs
