/*
 * #include lines as MSVC reads them: backslashes are separators, letter case does not matter, and a
 * quoted name is also looked for beside the files that include the including file.
 *
 * The user's source and headers are read ahead of the compiler, without evaluating #if. Each name
 * that the compiler would not find as spelled, but that exists in another spelling, gets a
 * forwarding header: a file of exactly that spelling (backslashes and all) in a private directory
 * at the end of the include path, which includes the real file by its full path. The private
 * directory lies some folders deep, so that "../Inc/x.h" stays inside it. What is not found at all
 * is left for the compiler to report, except *.tmh files, which wpp.c writes.
 */
#include "cc.h"
#include "generate.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* The files between the source and the one being read, innermost first. */
struct chain {
    const struct chain *outer;
    const char *directory;
    size_t file; /* index in the files read ahead */
    unsigned depth;
};

struct found {
    const char *path;
    bool verbatim, system;
};

static bool is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0;
}

static const char *directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return !slash ? "." : slash == path ? "/" : cc_copy(path, (size_t)(slash - path));
}

/* ---- finding a name in any spelling ---- */

/* The entry of `directory` that equals `name` but for letter case. */
static const char *any_case_entry(const char *directory, const char *name) {
    DIR *stream = opendir(directory);
    const char *result = NULL;
    struct dirent *entry;
    while (stream && !result && (entry = readdir(stream))) {
        if (strcasecmp(entry->d_name, name) == 0) {
            result = cc_format("%s/%s", directory, entry->d_name);
        }
    }
    if (stream) {
        closedir(stream);
    }
    return result;
}

/* `name` below `directory`, component by component; '\' separates like '/'. */
const char *cc_any_case(const char *directory, const char *name, bool folder) {
    const char *path = name[0] == '/' ? "" : directory;
    while (*name) {
        size_t size = strcspn(name, "/\\");
        if (size) {
            const char *component = cc_copy(name, size);
            const char *next = cc_format("%s/%s", path, component);
            path = exists(next) ? next : any_case_entry(*path ? path : "/", component);
            if (!path) {
                return NULL;
            }
        }
        name += size;
        name += *name != '\0';
    }
    path = *path ? path : "/";
    return is_file(path) || (folder && exists(path)) ? path : NULL;
}

static bool look_in(const char *directory, const char *name, bool exact, bool system,
                    struct found *found) {
    const char *path =
        exact ? cc_format("%s/%s", directory, name) : cc_any_case(directory, name, false);
    if (!path || (exact && !is_file(path))) {
        return false;
    }
    *found = (struct found){.path = path, .verbatim = exact, .system = system};
    return true;
}

static bool look_in_list(const struct cc_list *list, const char *name, bool exact, bool system,
                         struct found *found) {
    for (size_t i = 0; i < list->count; i++) {
        if (look_in(list->items[i], name, exact, system, found)) {
            return true;
        }
    }
    return false;
}

static bool look_up(const struct cc_includes *includes, const struct chain *chain, const char *name,
                    bool quoted, bool exact, struct found *found) {
    const struct cc_command *command = includes->command;
    if (name[0] == '/') {
        return look_in("", name + 1, exact, false, found);
    }
    if (quoted) {
        for (const struct chain *c = chain; c; c = exact ? NULL : c->outer) {
            if (look_in(c->directory, name, exact, false, found)) {
                return true;
            }
        }
        if (look_in_list(&command->quote_dirs, name, exact, false, found)) {
            return true;
        }
    }
    return look_in_list(&command->user_dirs, name, exact, false, found) ||
           look_in_list(&command->system_dirs, name, exact, true, found);
}

/* ---- forwarding headers ---- */

enum { SEARCH_DEPTH = 8 }; /* folders that ".." can climb without leaving the private directory */

static bool stays_inside(const char *name) {
    int depth = SEARCH_DEPTH;
    while (*name && depth > 0) {
        size_t size = strcspn(name, "/\\");
        bool up = size == 2 && memcmp(name, "..", 2) == 0;
        depth += up ? -1 : size && !(size == 1 && *name == '.');
        name += size + (name[size] != '\0');
    }
    return depth > 0;
}

static void write_below(const char *path, const char *text) {
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        mkdir(cc_copy(path, (size_t)(slash - path)), 0700);
    }
    (void)cc_save_file(path, text, strlen(text)); /* else the compiler says what it misses */
}

void cc_write_private(const struct cc_includes *includes, const char *name, const char *text) {
    if (!stays_inside(name)) {
        return;
    }
    write_below(cc_format("%s/%s", includes->search, name), text);
    if (strchr(name, '\\')) { /* Clang with MSVC extensions looks for it with slashes */
        char *slashed = cc_copy(name, strlen(name));
        for (char *c = slashed; *c; c++) {
            *c = *c == '\\' ? '/' : *c;
        }
        write_below(cc_format("%s/%s", includes->search, slashed), text);
    }
}

static void write_forward(struct cc_includes *includes, const char *name, const char *text) {
    if (name[0] != '/' && !cc_list_has(&includes->generated, name)) {
        cc_add(&includes->generated, name);
        cc_write_private(includes, name, text);
    }
}

static void forward(struct cc_includes *includes, const char *name, const struct found *found) {
    char full[PATH_MAX];
    if (realpath(found->path, full)) {
        write_forward(includes, name,
                      cc_format("%s#include \"%s\"\n",
                                found->system ? "#pragma GCC system_header\n" : "", full));
    }
}

/* A name in none of the given directories, but perhaps one of the host's: <String.h>. */
static void forward_to_host(struct cc_includes *includes, const char *name) {
    char *lower = cc_copy(name, strlen(name));
    bool changed = false;
    for (char *c = lower; *c; c++) {
        changed |= *c == '\\' || isupper((unsigned char)*c);
        *c = *c == '\\' ? '/' : (char)tolower((unsigned char)*c);
    }
    if (changed && name[0] != '/' && lower[0] != '.') {
        write_forward(includes, name,
                      cc_format("#if __has_include(<%s>)\n#include <%s>\n#else\n"
                                "#error \"%s: no such file in any letter case\"\n#endif\n",
                                lower, lower, lower));
    }
}

/* ---- reading ahead ---- */

static void scan_file(struct cc_includes *includes, const struct chain *outer, const char *path);

static bool ends_in_tmh(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".tmh") == 0;
}

/* ---- #pragma include_alias ---- */

/* The name between the delimiters at *at, with the first of them in front; *at behind it. */
static const char *delimited(const char **at, const char *end) {
    while (*at < end && (**at == ' ' || **at == '\t')) {
        ++*at;
    }
    if (*at >= end || (**at != '"' && **at != '<')) {
        return NULL;
    }
    const char *open = *at;
    const char *close = memchr(open + 1, *open == '"' ? '"' : '>', (size_t)(end - open - 1));
    *at = close ? close + 1 : end;
    return close ? cc_copy(open, (size_t)(close - open)) : NULL;
}

static bool takes(const char **at, const char *end, char c) {
    while (*at < end && (**at == ' ' || **at == '\t')) {
        ++*at;
    }
    bool there = *at < end && **at == c;
    *at += there;
    return there;
}

/* `line` is behind "pragma" and blanks: include_alias("name", "other"), or with <…>. */
static void alias_line(struct cc_includes *includes, const struct chain *chain, const char *line,
                       const char *end, unsigned number) {
    const char *at = line + 13, *name, *other;
    if (end - line < 13 || memcmp(line, "include_alias", 13) != 0) {
        return;
    }
    if (takes(&at, end, '(') && (name = delimited(&at, end)) && takes(&at, end, ',') &&
        (other = delimited(&at, end)) && *name == *other && takes(&at, end, ')')) {
        cc_add(&includes->aliases, name);
        cc_add(&includes->aliases, other);
        return;
    }
    includes->errors++;
    if (includes->messages) {
        fprintf(includes->messages,
                "%s:%u: error: '#pragma include_alias' without its two names of one kind "
                "[wdmsim-cc]\n",
                includes->files[chain->file].path, number);
    }
}

/* What the name is an alias of, or the name itself; the latest pragma counts. */
static const char *alias_target(const struct cc_includes *includes, const char *name, bool quoted) {
    for (size_t i = includes->aliases.count; i > 0; i -= 2) {
        const char *alias = includes->aliases.items[i - 2];
        if (*alias == (quoted ? '"' : '<') && strcasecmp(alias + 1, name) == 0) {
            return includes->aliases.items[i - 1] + 1;
        }
    }
    return name;
}

static void include_line(struct cc_includes *includes, const struct chain *chain,
                         const char *written, bool quoted) {
    struct found found;
    const char *name = alias_target(includes, written, quoted);
    if (!look_up(includes, chain, name, quoted, true, &found) &&
        !look_up(includes, chain, name, quoted, false, &found)) {
        if (!ends_in_tmh(name)) {
            if (!quoted || !cc_generate_header(includes, chain->directory, name)) {
                forward_to_host(includes, name);
            }
        } else if (!cc_list_has(&includes->tmh, name)) {
            cc_add(&includes->tmh, cc_copy(name, strlen(name)));
        }
        return;
    }
    if (!found.verbatim) {
        forward(includes, name, &found);
    }
    if (!found.system) {
        scan_file(includes, chain, found.path);
    }
    if (chain->file != SIZE_MAX && (!found.system || name != written)) {
        struct cc_file *file = &includes->files[chain->file];
        cc_add(&file->includes, written);
        cc_add(&file->includes, found.path);
        if (name != written) { /* only a copy of the file can name the other one */
            file->shadowed = true;
            cc_add(&file->aliased, written);
        }
    }
}

/* `line` is behind the '#' of line `number`; up to `end`. */
static void directive_line(struct cc_includes *includes, const struct chain *chain,
                           const char *line, const char *end, unsigned number) {
    while (line < end && (*line == ' ' || *line == '\t')) {
        line++;
    }
    if (end - line > 7 && memcmp(line, "pragma", 6) == 0 && (line[6] == ' ' || line[6] == '\t')) {
        for (line += 6; line < end && (*line == ' ' || *line == '\t');) {
            line++;
        }
        alias_line(includes, chain, line, end, number);
        return;
    }
    if (end - line < 9 || strncmp(line, "include", 7) != 0) {
        return;
    }
    for (line += 7; line < end && (*line == ' ' || *line == '\t');) {
        line++;
    }
    if (line >= end || (*line != '"' && *line != '<')) {
        return;
    }
    bool quoted = *line == '"';
    const char *close = memchr(line + 1, quoted ? '"' : '>', (size_t)(end - line - 1));
    if (close && close > line + 1) {
        include_line(includes, chain, cc_copy(line + 1, (size_t)(close - line - 1)), quoted);
    }
}

static void scan_text(struct cc_includes *includes, const struct chain *chain,
                      const struct cc_text *text) {
    const char *at = text->data, *end = text->data + text->size;
    for (unsigned number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        newline = newline ? newline : end;
        while (at < newline && (*at == ' ' || *at == '\t')) {
            at++;
        }
        if (at < newline && *at == '#') {
            directive_line(includes, chain, at + 1, newline, number);
        }
        at = newline + 1;
    }
}

struct cc_file *cc_file_at(const struct cc_includes *includes, const char *path) {
    struct stat status;
    bool known = stat(path, &status) == 0;
    for (size_t i = 0; known && i < includes->file_count; i++) {
        struct cc_file *file = &includes->files[i];
        if (file->inode == (uint64_t)status.st_ino && file->device == (uint64_t)status.st_dev) {
            return file;
        }
    }
    return NULL;
}

static size_t add_file(struct cc_includes *includes, const char *path) {
    struct stat status = {0};
    if (includes->file_count == includes->file_capacity) {
        includes->file_capacity = includes->file_capacity ? includes->file_capacity * 2 : 64;
        includes->files =
            cc_realloc(includes->files, includes->file_capacity * sizeof *includes->files);
    }
    stat(path, &status);
    includes->files[includes->file_count] = (struct cc_file){
        .path = path, .device = (uint64_t)status.st_dev, .inode = (uint64_t)status.st_ino};
    return includes->file_count++;
}

static void scan_file(struct cc_includes *includes, const struct chain *outer, const char *path) {
    if ((outer && outer->depth > 200) || !is_file(path) || cc_file_at(includes, path)) {
        return;
    }
    struct chain chain = {outer, directory_of(path), add_file(includes, path),
                          outer ? outer->depth + 1 : 0};
    struct cc_text text = {0};
    if (cc_read_file(path, &text) && text.size) {
        includes->files[chain.file].shadowed = cc_needs_shadow(&text);
        cc_decode(&text);
        scan_text(includes, &chain, &text);
        cc_wpp_collect(includes, text.data, text.size);
    }
    cc_text_free(&text);
}

void cc_scan_includes(struct cc_includes *includes, const char *source) {
    const struct chain here = {.directory = ".", .file = SIZE_MAX};
    scan_file(includes, NULL, source);
    for (size_t i = 0; i < includes->command->forced_includes.count; i++) {
        include_line(includes, &here, includes->command->forced_includes.items[i], true);
    }
    cc_wpp_write(includes);
}

void cc_includes_free(struct cc_includes *includes) {
    for (size_t i = 0; i < includes->file_count; i++) {
        cc_list_free(&includes->files[i].includes);
        cc_list_free(&includes->files[i].aliased);
    }
    free(includes->files);
    cc_list_free(&includes->shadows);
    cc_list_free(&includes->aliases);
    cc_list_free(&includes->tmh);
    cc_list_free(&includes->generated);
    cc_text_free(&includes->wpp);
}

/* ---- dependency files ---- */

/* The length of the file name at `at`, up to white space that is not escaped. */
static size_t dependency_length(const char *at, const char *end) {
    const char *start = at;
    while (at < end && !isspace((unsigned char)*at)) {
        at += *at == '\\' && at + 1 < end && at[1] != '\n' ? 2 : 1;
    }
    return (size_t)(at - start);
}

void cc_clean_dependencies(const char *path, const char *private, const struct cc_list *shadows) {
    struct cc_text text = {0}, out = {0};
    if (!cc_read_file(path, &text) || !text.size) {
        cc_text_free(&text);
        return;
    }
    size_t prefix = strlen(private);
    for (size_t i = 0; i < text.size;) {
        if (strncmp(text.data + i, private, prefix) != 0) {
            cc_put(&out, text.data + i++, 1);
            continue;
        }
        size_t length = dependency_length(text.data + i, text.data + text.size);
        const char *original = cc_original(shadows, cc_copy(text.data + i, length));
        cc_puts(&out, original ? original : "");
        i += length;
    }
    cc_write_file(path, out.data ? out.data : "", out.size);
    cc_text_free(&text);
    cc_text_free(&out);
}
