/*
 * What wdmsim-cc takes from the files of Windows' own build tools: a Visual Studio project
 * (.vcxproj) or an old `sources` file. Which files there are, and for each its defines, include
 * folders, headers included by force and trace functions.
 */
#ifndef WDMSIM_CC_PROJECT_H
#define WDMSIM_CC_PROJECT_H

#include "cc.h"

struct cc_project_file {
    const char *path; /* as found; NULL in `others` */
    struct cc_list defines, undefines, includes, forced;
    struct cc_text wpp; /* WPP configuration statements, a line each */
};

struct cc_project {
    const char *path, *directory;
    FILE *messages; /* NULL = silent */
    unsigned errors;
    struct cc_project_file *files;
    size_t count;
    struct cc_project_file others; /* for files that the project does not name */
    struct cc_list generators;     /* pairs: a header's name, the .mc, .man or .xml it is made of */
};

/** Reads `path` for a configuration such as "Debug" and a platform such as "x64". False, with
 * messages `path:line: error: …`, when it is malformed or names a source that does not exist. */
bool cc_project_read(struct cc_project *project, const char *path, const char *configuration,
                     const char *platform);
/** The settings for a source; `others` when the project does not name it. */
const struct cc_project_file *cc_project_find(const struct cc_project *project, const char *source);
/** The list, one thing a line: `source PATH`, then for it `define X`, `undefine X`, `include DIR`,
 * `force FILE`, `trace STATEMENT`; at the end `header NAME FROM`. */
void cc_project_print(const struct cc_project *project, FILE *out);
void cc_project_free(struct cc_project *project);

/* ---- for the readers ---- */

bool cc_read_vcxproj(struct cc_project *project, const char *configuration, const char *platform);
bool cc_read_sources_file(struct cc_project *project, const char *configuration);
void cc_project_message(struct cc_project *project, const char *path, uint32_t line,
                        const char *kind, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/** A new file of the project, resolved; NULL after an error message, or when it is there already.
 */
struct cc_project_file *cc_project_add(struct cc_project *project, const char *name, uint32_t line);
/** Adds the parts of a list that is separated by any of `separators`; folders and files are
 * resolved. */
void cc_project_words(struct cc_list *into, const char *text, const char *separators);
void cc_project_folders(const struct cc_project *project, struct cc_list *into, const char *text,
                        const char *separators);
/** Adds trace functions `Name(LEVEL,MSG,…)`, one or several with ';' between, and the configuration
 * of a file. */
void cc_project_trace(struct cc_project_file *file, const char *functions);
void cc_project_scan(const struct cc_project *project, struct cc_project_file *file,
                     const char *name);
/** Compiler options in the form of MSVC's: /D, /U, /I, /FI; all others mean nothing here. */
void cc_project_options(const struct cc_project *project, struct cc_project_file *file,
                        const char *options);

#endif
