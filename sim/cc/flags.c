/*
 * The options the launcher adds: what MSVC predefines for an x64 kernel driver, what its language
 * means (wrapping integers, no type-based aliasing, merged tentative definitions, 16-bit wide
 * characters), and silence about constructs that MSVC takes without a word.
 */
#include "cc.h"
#include "flags.h"

#include <string.h>

static const char *const definitions[] = {
    "_MSC_VER=1939",
    "_MSC_FULL_VER=193933523",
    "_MSC_BUILD=0",
    "_MSC_EXTENSIONS=1",
    "_KERNEL_MODE=1",
    "_WIN64=1",
    "_WIN32=1",
    "_M_AMD64=100",
    "_M_X64=100",
    "_AMD64_=1",
    "AMD64=1",
    "_INTEGRAL_MAX_BITS=64",
    "_WIN32_WINNT=0x0A00",
    "WINVER=0x0A00",
    "WINNT=1",
    "NTDDI_VERSION=0x0A00000C",
};

static const char *const version_names[] = {"_WIN32_WINNT", "WINVER", "NTDDI_VERSION"};

/* Does the command line define or undefine the macro itself? */
static bool given(const struct cc_list *arguments, const char *name, size_t size) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *argument = arguments->items[i];
        if (argument[0] != '-' || (argument[1] != 'D' && argument[1] != 'U')) {
            continue;
        }
        const char *value = argument[2]                ? argument + 2
                            : i + 1 < arguments->count ? arguments->items[i + 1]
                                                       : "";
        if (strncmp(value, name, size) == 0 && (value[size] == '\0' || value[size] == '=')) {
            return true;
        }
    }
    return false;
}

void cc_add_definitions(struct cc_list *into, const struct cc_list *arguments, bool cplusplus) {
    bool versions = false;
    for (size_t i = 0; i < sizeof version_names / sizeof *version_names; i++) {
        versions |= given(arguments, version_names[i], strlen(version_names[i]));
    }
    for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++) {
        size_t size = strcspn(definitions[i], "=");
        bool version = i >= 12 && strncmp(definitions[i], "WINNT", 5) != 0;
        if (!given(arguments, definitions[i], size) && !(version && versions)) {
            cc_add(into, cc_format("-D%s", definitions[i]));
        }
    }
    /* Clang's header declares two of its own built-in functions with MSVC's types there. */
    cc_add(into, "-D__XSAVEINTRIN_H");
    cc_add(into, "-Ulinux");
    cc_add(into, "-Uunix");
    if (cplusplus) { /* libstdc++ has a macro __try of its own: see host_try in dialect.c */
        cc_add(into, "-D_EXCEPTION_DEFINES_H=1");
        cc_add(into, "-D__catch(X)=if (false)");
        cc_add(into, "-D__throw_exception_again=");
    }
#if defined(__linux__) && !defined(__GLIBC__)
    /* musl declares wchar_t as int whatever the compiler makes of it. */
    if (!cplusplus) {
        cc_add(into, "-D__DEFINED_wchar_t");
        cc_add(into, "-Dwchar_t=__WCHAR_TYPE__");
    }
#endif
}

static void add_words(struct cc_list *into, const char *words) {
    while (*words) {
        size_t size = strcspn(words, " ");
        cc_add(into, cc_copy(words, size));
        words += size;
        words += strspn(words, " ");
    }
}

void cc_add_preprocess_flags(struct cc_list *into, bool cplusplus) {
    add_words(into, "-fshort-wchar -fsigned-char -fms-extensions");
    if (cplusplus) {
        add_words(into, "-fno-exceptions -fno-rtti");
    }
}

/* Whether the compiler makes code for x86: as this program is, unless its name or an option names
 * the other processor. */
static bool compiles_for_x86(const struct cc_list *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *word = arguments->items[i];
        const char *before = i ? arguments->items[i - 1] : "";
        bool compiler = i < 2 && word[0] != '-'; /* the second word behind ccache */
        bool tells = compiler || strncmp(word, "--target=", 9) == 0 ||
                     strcmp(before, "-target") == 0 || strcmp(before, "-arch") == 0;
        if (tells && (strstr(word, "aarch64") || strstr(word, "arm64"))) {
            return false;
        }
        if (tells && strstr(word, "x86_64")) {
            return true;
        }
    }
#if defined(__x86_64__) || defined(__i386__)
    return true;
#else
    return false;
#endif
}

static bool sanitizes_undefined(const struct cc_list *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *word = arguments->items[i];
        if (strncmp(word, "-fsanitize=", 11) == 0 &&
            (strstr(word, "undefined") || strstr(word, "integer"))) {
            return true;
        }
    }
    return false;
}

void cc_add_compile_flags(struct cc_list *into, const struct cc_list *arguments, bool cplusplus,
                          bool clang) {
    add_words(into,
              "-fshort-wchar -fsigned-char -fms-extensions -fno-strict-aliasing -fwrapv -fcommon "
              "-fno-delete-null-pointer-checks");
    bool x86 = compiles_for_x86(arguments);
    if (x86 || clang) { /* GCC has it for x86 alone */
        add_words(into, "-mms-bitfields");
    }
    if (!x86 && !sanitizes_undefined(arguments)) {
        /* Only x86 faults when it divides by zero: here a breakpoint does it (src/ki/fault.c). */
        add_words(into, clang ? "-fsanitize=integer-divide-by-zero "
                                "-fsanitize-trap=integer-divide-by-zero"
                              : "-fsanitize=integer-divide-by-zero "
                                "-fsanitize-undefined-trap-on-error");
    }
    if (clang) { /* it expands its predefined macros in preprocessed text too */
        add_words(into, "-undef");
    }
    if (cplusplus) {
        add_words(into, "-fno-exceptions -fno-rtti -fno-threadsafe-statics");
        add_words(into, clang ? "" : "-fpermissive -fcheck-new");
    }
}

void cc_add_quiet_preprocess_flags(struct cc_list *into) {
    add_words(into, "-Wno-unknown-pragmas -Wno-endif-labels -Wno-comment -Wno-trigraphs "
                    "-Wno-multichar");
}

void cc_add_quiet_flags(struct cc_list *into, const struct cc_options *options) {
    add_words(into, "-Wno-multichar -Wno-unknown-pragmas -Wno-attributes -Wno-pragmas "
                    "-Wno-switch -Wno-missing-braces -Wno-parentheses -Wno-sign-compare "
                    "-Wno-unused-parameter -Wno-unused-label -Wno-unused-value -Wno-format "
                    "-Wno-address-of-packed-member -Wno-unused-local-typedefs "
                    "-Wno-missing-field-initializers -Wno-write-strings");
    if (options->clang) {
        add_words(into, "-Wno-unused-command-line-argument -Wno-ignored-attributes "
                        "-Wno-microsoft -Wno-unknown-warning-option -Wno-ignored-pragmas "
                        "-Wno-ignored-optimization-argument -Wno-unknown-attributes "
                        "-Wno-extra-tokens -Wno-invalid-source-encoding "
                        "-Wno-incompatible-library-redeclaration");
    } else {
        add_words(into, "-Wno-builtin-declaration-mismatch -Wno-clobbered");
    }
    if (options->seh) { /* the compiler does not see that a guarded block's end is not reached */
        add_words(into, "-Wno-return-type");
    }
    if (options->seh && options->clang) {
        /* The ends of lifetimes are cleanups to Clang, and those inside a __finally block would
         * overwrite where the jump that runs it goes (seh.c). */
        add_words(into, "-Xclang -disable-lifetime-markers -fno-sanitize-address-use-after-scope");
    }
    if (options->cplusplus) {
        add_words(into, options->clang ? "-Wno-c++11-narrowing" : "-Wno-narrowing");
        return;
    }
    /* PVOID * takes the address of any pointer, as documented calls have it */
    add_words(into, "-Wno-incompatible-pointer-types -Wno-error=int-conversion "
                    "-Wno-pointer-sign -Wno-implicit-int -Wno-strict-prototypes");
    add_words(into, options->clang ? "-Wno-incompatible-function-pointer-types "
                                     "-Wno-deprecated-non-prototype -Wno-error=return-type"
                                   : "-Wno-old-style-declaration");
    add_words(into, options->old_c ? "-Wno-implicit-function-declaration -Wno-return-type"
                                   : "-Werror=implicit-function-declaration");
}
