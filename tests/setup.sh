# What tests/run.sh and scenarios/demo.sh share: installing what is missing, configuring, building.
#
# To be sourced by a POSIX shell in the root of the tree. The packages come from the machine's own
# package manager (apt-get, dnf, apk, Homebrew); nothing is installed while everything is there.

# What is looked for, and set by the options of the calling script.
preset=debug
install=yes
with_valgrind=no
jobs=

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 2
}
have() { command -v "$1" >/dev/null 2>&1; }

count_processors() {
    getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null || echo 2
}

# The C compiler that the preset uses.
compiler() {
    if [ "$preset" = clang ]; then
        echo clang
    else
        echo "${CC:-cc}"
    fi
}

# compiles CODE [OPTION…]: whether a program of that one line can be compiled and linked.
compiles() {
    code=$1
    shift
    scratch=$(mktemp -d) || fail "no temporary directory"
    printf '%s\n' "$code" >"$scratch/a.c"
    # $prefix_flags and the compiler may be several words.
    # shellcheck disable=SC2046,SC2086
    $(compiler) $prefix_flags "$@" "$scratch/a.c" -o "$scratch/a" >"$scratch/log" 2>&1
    result=$?
    rm -rf "$scratch"
    return $result
}

has_header() { compiles "#include <$1>
int main(void) { return 0; }" -fsyntax-only; }

has_cmake() {
    have cmake || return 1
    version=$(cmake --version | sed -n '1s/^cmake version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    # shellcheck disable=SC2086
    set -- $version
    [ "${1:-0}" -gt 3 ] || { [ "${1:-0}" -eq 3 ] && [ "${2:-0}" -ge 20 ]; }
}

# Prints what is missing, one word each.
missing() {
    prefix_flags=
    if have brew; then
        prefix_flags="-I$(brew --prefix)/include"
    fi
    compiles '#include <stdio.h>
int main(void) { return puts("x") < 0; }' || echo "C-compiler"
    has_cmake || echo "cmake-3.20"
    have ninja || have ninja-build || have samu || echo "ninja"
    has_header uv.h || echo "libuv"
    has_header cjson/cJSON.h || echo "cJSON"
    # CMocka's header wants these before it.
    has_header "stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h" || echo "cmocka"
    if [ "$preset" = asan ]; then
        compiles 'int main(void) { return 0; }' -fsanitize=address,undefined || echo "sanitizers"
    fi
    if [ "$with_valgrind" = yes ]; then
        have valgrind || echo "valgrind"
    fi
}

# Runs a command as root, showing its output only when it fails.
as_root() {
    become=
    if [ "$(id -u)" -ne 0 ]; then
        if have sudo; then
            become=sudo
        elif have doas; then
            become=doas
        else
            fail "not root, and neither sudo nor doas is here; as root, run: $*"
        fi
    fi
    log=$(mktemp) || fail "no temporary file"
    if ! $become "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "failed: $*"
    fi
    rm -f "$log"
}

install_packages() {
    if have apt-get; then
        set -- gcc g++ libc6-dev cmake ninja-build libuv1-dev libcjson-dev libcmocka-dev
        [ "$with_valgrind" = no ] || set -- "$@" valgrind
        as_root apt-get update
        if [ "$preset" = clang ]; then
            set -- "$@" clang
            # The sanitizers' runtime is a package of its own, or a part of the compiler's.
            apt-cache show libclang-rt-dev >/dev/null 2>&1 && set -- "$@" libclang-rt-dev
        fi
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "$@"
    elif have dnf; then
        set -- gcc gcc-c++ cmake ninja-build libuv-devel cjson-devel libcmocka-devel
        [ "$preset" != clang ] || set -- "$@" clang
        [ "$preset" != asan ] || set -- "$@" libasan libubsan
        [ "$with_valgrind" = no ] || set -- "$@" valgrind valgrind-devel
        as_root dnf install -y "$@"
    elif have apk; then
        set -- gcc g++ musl-dev cmake samurai libuv-dev cjson-dev cmocka-dev
        [ "$preset" != clang ] || set -- "$@" clang
        [ "$with_valgrind" = no ] || set -- "$@" valgrind valgrind-dev musl-dbg
        as_root apk add --no-cache "$@"
    elif have brew; then
        # Homebrew refuses to run as root and brings no compiler.
        have cc || fail "no C compiler: run xcode-select --install"
        brew install --quiet cmake ninja libuv cjson cmocka
    else
        fail "no apt-get, dnf, apk or brew here; please install: $(missing | tr '\n' ' ')"
    fi
}

# Sees to it that everything needed is there.
ensure_packages() {
    [ -n "$(missing)" ] || return 0
    if [ "$install" = no ]; then
        fail "missing: $(missing | tr '\n' ' ')"
    fi
    say "installing: $(missing | tr '\n' ' ')"
    install_packages
    still=$(missing | tr '\n' ' ')
    [ -z "$still" ] || fail "still missing after installing packages: $still"
}

# The options of the configure step besides the preset.
configure_options() {
    if [ "$with_valgrind" = yes ]; then
        printf ' -DWDMSIM_VALGRIND=ON'
    fi
    if have ccache; then
        printf ' -DCMAKE_C_COMPILER_LAUNCHER=ccache'
    fi
    if have brew; then
        printf ' -DCMAKE_PREFIX_PATH=%s' "$(brew --prefix)"
    fi
}

# build [TARGET…]: configures and builds quietly; everything when no target is named.
build() {
    mkdir -p build
    log="build/$preset.log"
    # shellcheck disable=SC2046
    if ! cmake --preset "$preset" $(configure_options) >"$log" 2>&1; then
        cat "$log" >&2
        fail "cmake could not configure the preset $preset"
    fi
    targets=
    [ $# -eq 0 ] || targets="--target $*"
    # shellcheck disable=SC2086
    if ! cmake --build --preset "$preset" --parallel "$jobs" $targets >"$log" 2>&1; then
        # Without the steps that went well.
        grep -v '^\[[0-9]*/[0-9]*\] ' "$log" >&2
        fail "the build of the preset $preset failed"
    fi
}
