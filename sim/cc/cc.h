/*
 * wdmsim-cc: the shared types of the compiler launcher.
 *
 * The launcher stands where ccache would stand: `wdmsim-cc cc … -c x.c -o x.o`. One compilation is
 *
 *   main.c     reads the command line (args.c) and decides what kind of run it is
 *   include.c  looks ahead through the user's #include lines and writes forwarding headers into a
 *              private directory for names with another letter case or backslashes, and *.tmh
 *              files (wpp.c)
 *   generate.c makes headers of message files and event manifests (events.c, xml.c)
 *   project.c  what a Visual Studio project or a `sources` file says (vcxproj.c, sources.c)
 *   spawn.c    runs the real compiler with -E and reads its output through a pipe
 *   lex.c      cuts the preprocessed text into tokens and remembers the line markers
 *   llp64.c, dialect.c, declspec.c, pragma.c, seh.c …   attach edits to tokens
 *   emit.c     writes the text with the edits applied; the real compiler compiles that
 *
 * A rewriting pass never moves text: it replaces, deletes or inserts at tokens, so every line
 * stays on its line, and debuggers, coverage and sanitizers see the original file.
 */
#ifndef WDMSIM_CC_H
#define WDMSIM_CC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- text.c: growing text, strings that live as long as the process's current unit ---- */

struct cc_text {
    char *data;
    size_t size, capacity;
};

void cc_put(struct cc_text *text, const char *data, size_t size);
void cc_puts(struct cc_text *text, const char *string);
void cc_printf(struct cc_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Reads a whole file; false (errno set) when it cannot. */
bool cc_read_file(const char *path, struct cc_text *into);
/** Writes a whole file; false (errno set) when it cannot. */
bool cc_save_file(const char *path, const char *data, size_t size);
/** The same, ending the process with a message when it cannot. */
void cc_write_file(const char *path, const char *data, size_t size);
void cc_text_free(struct cc_text *text);
/** Formats into memory that lives until cc_strings_free. */
char *cc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *cc_copy(const char *data, size_t size);
/** Zeroed memory of the same life, for any type. */
void *cc_zeroed(size_t size);
void cc_strings_free(void);
/** Memory or death. */
void *cc_realloc(void *old, size_t size);
/** Ends the process with `wdmsim-cc: message` and status 1. */
void cc_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/** A growing list of strings, always NULL-terminated once something was added. */
struct cc_list {
    const char **items;
    size_t count, capacity;
};

void cc_add(struct cc_list *list, const char *item);
void cc_add_all(struct cc_list *list, const struct cc_list *other);
bool cc_list_has(const struct cc_list *list, const char *item);
void cc_list_free(struct cc_list *list);

/* ---- lex.c: tokens ---- */

enum cc_kind { CC_END, CC_IDENT, CC_NUMBER, CC_STRING, CC_CHAR, CC_PUNCT };

#define CC_NONE UINT32_MAX
#define CC_OTHER 0x8000u

struct cc_token {
    uint32_t start, length; /* in the unit's text, bytes */
    uint32_t match;         /* the matching bracket's index, or CC_NONE */
    uint8_t kind;           /* enum cc_kind */
    bool system;            /* stands in a system header or comes from a system header's macro */
    uint16_t word;          /* enum cc_word of an identifier, CC_OTHER + first byte of others */
    const char *before, *replace, *after; /* edits; NULL = none */
};

/** A line marker: text from `offset` on is line `line` of `file`. */
struct cc_marker {
    uint32_t offset, line;
    const char *file; /* as written, escapes kept, without the quotes */
    bool system;
};

/** A whole line that is not a token: #pragma or a marker that must not survive. */
struct cc_line {
    uint32_t start, end; /* without the newline */
    bool system;
    const char *replace; /* NULL = keep */
};

struct cc_options {
    bool cplusplus, clang;
    bool explain;
    bool seh;            /* the unit turned out to have guarded blocks */
    bool quiet;          /* no warnings, as -w asks for */
    bool old_c;          /* implicit int and undeclared functions, as old samples have them */
    const char *private; /* directory of generated headers; markers below it are dropped */
    const struct cc_list *shadows; /* pairs: shadow, original */
};

struct cc_function {
    uint32_t first, name, open, close; /* tokens: declaration, name, body's braces */
    const char *qualified;             /* what __FUNCTION__ says */
};

/** How often `#pragma pack` pushed and popped, and where last. */
struct cc_packing {
    uint32_t pushes, pops, last_push, last_pop;
    bool labels; /* a pop of a label pops what is above it too: not counted */
};

struct cc_unit {
    struct cc_options options;
    const char *text;
    size_t size;
    struct cc_token *tokens; /* ends with one CC_END */
    uint32_t count, capacity;
    struct cc_marker *markers;
    uint32_t marker_count, marker_capacity;
    struct cc_line *lines;
    uint32_t line_count, line_capacity;
    struct cc_function *functions;
    uint32_t function_count, function_capacity;
    FILE *messages; /* NULL = silent */
    unsigned errors;
    bool guards; /* a word of guarded blocks stands somewhere */
    bool uses_seh, uses_breakpoint;
    struct cc_packing packing;
};

/** Cuts `text` (`size` bytes, readable one byte beyond, which is 0) into tokens. */
void cc_lex(struct cc_unit *unit, const char *text, size_t size);
void cc_unit_free(struct cc_unit *unit);
/** Line and file at an offset of the text. */
uint32_t cc_line_at(const struct cc_unit *unit, uint32_t offset, const char **file);
bool cc_is(const struct cc_unit *unit, uint32_t token, const char *spelling);
static inline bool cc_punct(const struct cc_unit *unit, uint32_t token, char c) {
    const struct cc_token *t = &unit->tokens[token];
    return t->kind == CC_PUNCT && t->word == (CC_OTHER | (unsigned char)c);
}
char *cc_spelling(const struct cc_unit *unit, uint32_t token);
void cc_error(struct cc_unit *unit, uint32_t token, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** The same about a place in the text, and what is no error. */
void cc_error_at(struct cc_unit *unit, uint32_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void cc_warn_at(struct cc_unit *unit, uint32_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- words.c: identifiers that mean something to a pass ---- */

enum cc_word {
    CC_W_NONE,
#define CC_WORD(id, spelling, flags) CC_W_##id,
#include "words.inc"
#undef CC_WORD
    CC_W_COUNT
};

enum { CC_SPECIFIER = 1, CC_STORAGE = 2, CC_DROP = 4, CC_TYPE = 8 };

uint16_t cc_word_of(const char *data, size_t size);
unsigned cc_word_flags(uint16_t word);

/* ---- edit helpers (emit.c) and output ---- */

void cc_before(struct cc_unit *unit, uint32_t token, const char *text);
void cc_after(struct cc_unit *unit, uint32_t token, const char *text);
void cc_replace(struct cc_unit *unit, uint32_t token, const char *text);
/** Deletes tokens first … last, both included. */
void cc_delete(struct cc_unit *unit, uint32_t first, uint32_t last);
void cc_emit(const struct cc_unit *unit, struct cc_text *out);
/** Writes `file:line: 'old' -> 'new'` for each edit outside system headers. */
void cc_explain(const struct cc_unit *unit, FILE *out);

/* ---- functions.c ---- */

/** Fills unit->functions, in the order of the text. */
void cc_find_functions(struct cc_unit *unit);
/** What __FUNCTION__ says in it: the name, in C++ with its classes. */
const char *cc_function_name(const struct cc_unit *unit, struct cc_function *function);
/** The function whose body holds the token, or NULL. */
struct cc_function *cc_function_at(const struct cc_unit *unit, uint32_t token);

/** The function whose name is the token, or NULL. */
struct cc_function *cc_function_named(const struct cc_unit *unit, uint32_t token);

/* ---- names.c ---- */

struct cc_names {
    const struct cc_unit *unit;
    uint32_t *slots; /* token + 1, 0 = free */
    uint32_t size;
};

/** A table for up to `expected` names. */
void cc_names_init(struct cc_names *names, const struct cc_unit *unit, uint32_t expected);
/** The entry of the name at `token`: the noted token + 1, or 0 for the caller to set. */
uint32_t *cc_names_find(const struct cc_names *names, uint32_t token);
void cc_names_free(struct cc_names *names);

/* ---- the passes, in the order in which cc_rewrite runs them ---- */

void cc_pass_pragma(struct cc_unit *unit);
/** Warns of `#pragma pack(push)` without its pop and the other way round; behind both passes. */
void cc_check_packing(struct cc_unit *unit);
void cc_pass_dialect(struct cc_unit *unit);
void cc_pass_seh(struct cc_unit *unit);
void cc_pass_enums(struct cc_unit *unit);
void cc_pass_lvalues(struct cc_unit *unit);
void cc_pass_flexible(struct cc_unit *unit);
void cc_pass_linkage(struct cc_unit *unit);
void cc_pass_roles(struct cc_unit *unit);
void cc_pass_llp64(struct cc_unit *unit);
/** All passes over `text`; the result is appended to `out`. False when an error was reported. */
bool cc_rewrite(struct cc_unit *unit, const char *text, size_t size, struct cc_text *out);

/* pieces that dialect.c hands on */
uint32_t cc_declspec(struct cc_unit *unit, uint32_t token);
uint32_t cc_pragma_operator(struct cc_unit *unit, uint32_t token);
uint32_t cc_specifiers_begin(const struct cc_unit *unit, uint32_t token);
uint32_t cc_specifiers_end(const struct cc_unit *unit, uint32_t token);

/* ---- args.c: the command line ---- */

struct cc_source {
    size_t position; /* in the argument list */
    const char *path;
    bool cplusplus;
};

struct cc_command {
    struct cc_list all;        /* the compiler and its arguments as given, @files expanded */
    size_t words;              /* of the compiler itself: 2 behind ccache */
    struct cc_list preprocess; /* arguments that matter for -E, without sources and outputs */
    struct cc_list compile;    /* arguments that matter after preprocessing */
    struct cc_source *sources;
    size_t source_count;
    struct cc_list link_inputs; /* objects and libraries, only when linking */
    const char *output, *dependency_file, *dependency_mode; /* -MD or -MMD, NULL = none */
    bool dependency_target, phony, no_link, assembly, cplusplus_driver;
    bool text_only;       /* -E: the rewritten text is the result */
    bool preprocess_only; /* not ours: -M and the like */
    struct cc_list quote_dirs, user_dirs, system_dirs, forced_includes;
};

void cc_parse_command(struct cc_command *command, int count, char **arguments);

/* ---- include.c, wpp.c ---- */

/** A user's file that was read ahead. */
struct cc_file {
    const char *path;        /* as found */
    uint64_t device, inode;  /* which file that is */
    struct cc_list includes; /* pairs: name as written, path it was found at */
    struct cc_list aliased;  /* names among them that stand for another one */
    bool shadowed;
};

struct cc_includes {
    const struct cc_command *command;
    const char *private;   /* root of the private directory */
    const char *search;    /* the directory below it that goes on the include path */
    struct cc_file *files; /* the source first, unless something is included by force */
    size_t file_count, file_capacity;
    struct cc_list shadows;   /* pairs: shadow, original */
    struct cc_list aliases;   /* pairs of #pragma include_alias: "name, "other or <name, <other */
    struct cc_text wpp;       /* text of begin_wpp config blocks */
    struct cc_list tmh;       /* trace headers to write, as included */
    struct cc_list generated; /* generated files */
    FILE *messages;           /* NULL = silent */
    unsigned errors;
    const struct cc_list *generators; /* pairs: header, what it is made of; NULL = none known */
};

void cc_scan_includes(struct cc_includes *includes, const char *source);
/** `name` below `directory` (or absolute) in any letter case, '\\' like '/': the file, or with
 *  `folder` the directory, or NULL. */
const char *cc_any_case(const char *directory, const char *name, bool folder);
/** Writes `text` below the private directory as the file called `name`, and for a name with
 *  backslashes another one with slashes. Names that no file there can have are left alone. */
void cc_write_private(const struct cc_includes *includes, const char *name, const char *text);
/** The file read ahead that was found at `path`, or NULL. */
struct cc_file *cc_file_at(const struct cc_includes *includes, const char *path);
void cc_includes_free(struct cc_includes *includes);
void cc_wpp_collect(struct cc_includes *includes, const char *text, size_t size);
void cc_wpp_write(struct cc_includes *includes);
/** Removes private paths from a dependency file the compiler wrote; shadows become originals. */
void cc_clean_dependencies(const char *path, const char *private, const struct cc_list *shadows);

/* ---- shadow.c ---- */

/** Turns UTF-16 into UTF-8; leaves other text alone. */
void cc_decode(struct cc_text *text);
bool cc_needs_shadow(const struct cc_text *text);
/** Writes the corrected copies; returns what is to be compiled instead of `source`. */
const char *cc_write_shadows(struct cc_includes *includes, const char *source);
/** The file that `path` is the shadow of, or NULL. */
const char *cc_original(const struct cc_list *shadows, const char *path);

/* ---- spawn.c ---- */

/** Runs argv[0] from PATH; with `output` its standard output is collected there.
 *  Returns its exit status (128 + signal when it was killed). */
int cc_run(const struct cc_list *argv, struct cc_text *output);
/** Hands a signal on to the compiler, now or when one is started; for signal handlers. */
void cc_interrupt(int number);
/** Becomes the command. */
void cc_exec(const struct cc_list *argv) __attribute__((noreturn));

#endif
