/*
 * The rules of the repository, one function each.
 *
 * Most look at one file; the last section looks at the tree. Which component may include which is
 * the table `components`: a component includes those of its own level and of the levels below, the
 * ground (ki) only itself, and nobody includes vf, which watches through the gate.
 */
#include "tidy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_LINES = 900, MIN_OPENING_WORDS = 4, MIN_ESSAY_WORDS = 60 };

/* What a rule sees: the file, and the tree around it. */
struct check {
    const char *root;
    const struct tidy_paths *paths;
    const struct tidy_file *file;
    tidy_report *report;
    void *context;
};

static void found(const struct check *check, size_t offset, const char *message) {
    check->report(check->context, check->file->path, tidy_line(check->file, offset), message);
}

/* ---- layout of text ----------------------------------------------------------------------------
 */

/* A file that is nearly all rows, `#define NAME value` or `X(…)`, is one table, however long. */
static bool is_table(const struct tidy_file *file) {
    int rows = 0;
    for (const char *line = file->text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *word = line + strspn(line, " ");
        rows += strncmp(word, "#define ", 8) == 0 || strncmp(word, "X(", 2) == 0;
    }
    return rows > tidy_line(file, file->size) / 10 * 8;
}

static void rule_layout(const struct check *check) {
    const struct tidy_file *file = check->file;
    const char *path = file->path;
    bool code = tidy_is_c(path) || tidy_is_hash_commented(path);

    for (size_t at = 0; at < file->size; at++) {
        char c = file->text[at];
        if (c == '\n' && at > 0 && strchr(" \t\r", file->text[at - 1]))
            found(check, at, "trailing white space");
        if (c == '\t' && code)
            found(check, at, "tab");
    }
    if (file->size > 0 && file->text[file->size - 1] != '\n')
        found(check, file->size, "no newline at the end");
    if (code && tidy_line(file, file->size) > MAX_LINES + 1 && !is_table(file))
        found(check, 0, "too long: look for the second subject in it");
}

static void rule_opening_comment(const struct check *check) {
    const char *path = check->file->path;
    int words = 0;
    if (!tidy_is_c(path) && !tidy_is_hash_commented(path))
        return;
    if (tidy_opening_comment(check->file, &words) == 0 || words < MIN_OPENING_WORDS)
        found(check, 0, "does not open with a comment on what it is for");
}

/* ---- words -------------------------------------------------------------------------------------
 */

/* Spelled in halves, so that this file does not contain them. */
#define HALVES(first, second) first second

static const char *const banned_words[] = {
    HALVES("TO", "DO"), HALVES("FIX", "ME"), HALVES("XX", "X"),     HALVES("HA", "CK"),
    HALVES("st", "ub"), HALVES("st", "ubs"), HALVES("st", "ubbed"),
};

static const char *const banned_phrases[] = {
    HALVES("for ", "now"),
    HALVES("not yet ", "implemented"),
    HALVES("to be ", "implemented"),
    HALVES("not implemented ", "yet"),
    HALVES("Copyright (c) ", "Microsoft"),
    HALVES("Copyright (C) ", "Microsoft"),
    HALVES("ReactOS ", "project"),
    HALVES("Wine ", "project"),
};

static const char *const machine_paths[] = {
    HALVES("/wo", "rk/"),  HALVES("/ro", "ot/"),         HALVES("/ho", "me/"),
    HALVES("/Use", "rs/"), HALVES("/tmp/bash", "_jobs"),
};

static bool is_word_part(char c) { return isalnum((unsigned char)c) || c == '_'; }

static bool is_path_part(char c) { return is_word_part(c) || strchr(".-})>", c) != NULL; }

static void rule_words(const struct check *check) {
    const char *text = check->file->text;
    for (size_t i = 0; i < COUNT(banned_words); i++) {
        size_t length = strlen(banned_words[i]);
        for (const char *at = text; (at = strstr(at, banned_words[i])) != NULL; at += length) {
            if ((at == text || !is_word_part(at[-1])) && !is_word_part(at[length]))
                found(check, (size_t)(at - text), "a word that marks unfinished work");
        }
    }
    for (size_t i = 0; i < COUNT(banned_phrases); i++) {
        for (const char *at = text; (at = strstr(at, banned_phrases[i])) != NULL; at++)
            found(check, (size_t)(at - text), "a phrase of unfinished or foreign work");
    }
    for (size_t i = 0; i < COUNT(machine_paths); i++) {
        for (const char *at = text; (at = strstr(at, machine_paths[i])) != NULL; at++) {
            if (at == text || !is_path_part(at[-1]))
                found(check, (size_t)(at - text), "a path of somebody's machine");
        }
    }
}

/* The next word of the code at or after AT; false at the end. */
static bool next_word(const struct tidy_file *file, size_t *at, size_t *length) {
    while (*at < file->size && !is_word_part(file->code[*at]))
        ++*at;
    *length = 0;
    while (*at + *length < file->size && is_word_part(file->code[*at + *length]))
        ++*length;
    return *length > 0;
}

/* Windows' long has 32 bits and most hosts' has 64, so no header of ours says `long` alone. */
static void rule_plain_long(const struct check *check) {
    const struct tidy_file *file = check->file;
    if (!tidy_under(file->path, "include/"))
        return;
    int run = 0;
    size_t length, last = 0;
    for (size_t at = 0; next_word(file, &at, &length); at += length) {
        bool is_long = length == 4 && strncmp(file->code + at, "long", 4) == 0;
        if (!is_long && run == 1)
            found(check, last, "plain long: use a type of fixed size");
        run = is_long ? run + 1 : 0;
        last = at;
    }
    if (run == 1)
        found(check, last, "plain long: use a type of fixed size");
}

/* ---- includes ----------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    int level;
} components[] = {
    {"ki", 0},  {"ke", 1},  {"ex", 2},  {"mm", 2}, {"ob", 2},   {"rtl", 2},
    {"dbg", 2}, {"hal", 2}, {"ps", 3},  {"se", 3}, {"io", 3},   {"po", 4},
    {"pnp", 4}, {"cm", 4},  {"wmi", 4}, {"tm", 4}, {"clfs", 4}, {"vf", 5},
};

/* The level of the component that PATH begins with (`io/irp.h`), or -1. */
static int component_level(const char *path) {
    for (size_t i = 0; i < COUNT(components); i++) {
        size_t length = strlen(components[i].name);
        if (strncmp(path, components[i].name, length) == 0 && path[length] == '/')
            return components[i].level;
    }
    return -1;
}

static bool exists(const struct check *check, const char *folder, const char *name) {
    char path[TIDY_MAX_PATH];
    snprintf(path, sizeof(path), "%s/%s%s", check->root, folder, name);
    return access(path, F_OK) == 0;
}

static bool is_host_library(const char *name) {
    return strcmp(name, "uv.h") == 0 || tidy_under(name, "uv/") || tidy_under(name, "cjson/") ||
           strcmp(name, "cJSON.h") == 0;
}

static const char *arrow_from_src(const struct check *check, const char *name) {
    int own = component_level(check->file->path + strlen("src/"));
    int other = component_level(name);
    if (is_host_library(name) || exists(check, "sim/", name))
        return "src knows neither libuv nor cJSON nor sim";
    if (own < 0)
        return "a folder of src that is no component";
    if (other > own)
        return "an include against the arrows between components";
    if (other == 5 && !tidy_under(check->file->path, "src/vf/"))
        return "nobody includes vf: it watches through the gate";
    return NULL;
}

static const char *arrow_from_sim(const struct check *check, const char *name) {
    if (component_level(name) >= 0 || tidy_under(name, "src/"))
        return "sim includes nothing of src";
    if (exists(check, "include/ddk/", name))
        return "sim includes include/wdmsim, not driver headers";
    if (tidy_under(check->file->path, "sim/cc/") &&
        (is_host_library(name) || tidy_under(name, "wdmsim/")))
        return "wdmsim-cc needs the C library alone";
    return NULL;
}

static const char *arrow_from_include(const struct check *check, const char *name) {
    if (is_host_library(name) || component_level(name) >= 0)
        return "public headers include public headers only";
    if (tidy_under(check->file->path, "include/ddk/") && tidy_under(name, "wdmsim/"))
        return "driver headers do not know the host's";
    return NULL;
}

static const char *arrow_from_elsewhere(const struct check *check, const char *name) {
    if (tidy_under(check->file->path, "scenarios/drivers/") && tidy_under(name, "wdmsim/"))
        return "a driver includes driver headers only";
    /* Some folders under include/ddk are called as components are. */
    if (component_level(name) >= 0 && exists(check, "src/", name) &&
        !tidy_under(check->file->path, "tests/ki/") &&
        strcmp(check->file->path, "tests/fx/fx_inside.h") != 0 && /* stands in for the managers */
        !tidy_under(check->file->path, "tests/bench/"))
        return "only tests/ki looks inside the library";
    return NULL;
}

static const char *arrow(const struct check *check, const char *name) {
    const char *path = check->file->path;
    bool component = tidy_under(path, "src/") || tidy_under(path, "sim/");
    if (component && (tidy_under(name, "../") || strstr(name, "/../")))
        return "an include that climbs out of its folder";
    if (tidy_under(path, "src/"))
        return arrow_from_src(check, name);
    if (tidy_under(path, "sim/"))
        return arrow_from_sim(check, name);
    if (tidy_under(path, "include/"))
        return arrow_from_include(check, name);
    return arrow_from_elsewhere(check, name);
}

/* The name between quotes or brackets when the line at AT is an include; false otherwise. */
static bool include_name(const char *line, char *name, size_t room) {
    line += strspn(line, " ");
    if (*line != '#')
        return false;
    line += 1 + strspn(line + 1, " ");
    if (strncmp(line, "include", 7) != 0)
        return false;
    line += 7 + strspn(line + 7, "_next ");
    if (*line != '"' && *line != '<')
        return false;
    size_t length = strcspn(line + 1, "\">\n");
    snprintf(name, room, "%.*s", (int)length, line + 1);
    return true;
}

static void rule_includes(const struct check *check) {
    const struct tidy_file *file = check->file;
    char name[256];
    if (!tidy_is_c(file->path))
        return;
    for (const char *line = file->text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *why = NULL;
        /* The `#` is blank in the code when the line stands in a comment. */
        size_t hash = (size_t)(line - file->text) + strspn(line, " ");
        if (file->code[hash] == '#' && include_name(line, name, sizeof(name)))
            why = arrow(check, name);
        if (why)
            found(check, (size_t)(line - file->text), why);
    }
}

/* ---- the tree ----------------------------------------------------------------------------------
 */

static const char *const top_level[] = {
    ".ci/run",   ".clang-format", ".gitignore", "CMakeLists.txt", "CMakePresets.json", "LICENSE",
    "README.md", "include/",      "src/",       "sim/",           "scenarios/",        "tests/",
};

static const char *const rooms[] = {
    "include/ddk/", "include/crt/", "include/wdmsim/", "sim/cc/",      "sim/scenario/",
    "sim/world/",   "sim/loop/",    "sim/report/",     "sim/explore/",
};

static const char *const programs[] = {".ci/run", "tests/run.sh", "scenarios/demo.sh"};

static bool starts_with_one_of(const char *path, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(list[i]);
        bool folder = list[i][length - 1] == '/';
        if (folder ? strncmp(path, list[i], length) == 0 : strcmp(path, list[i]) == 0)
            return true;
    }
    return false;
}

/* A file is in one of the rooms of the house. */
static void rule_place(const struct check *check, const char *path) {
    bool fits = starts_with_one_of(path, top_level, COUNT(top_level));
    const char *inside = strchr(path, '/');
    bool deep = inside && strchr(inside + 1, '/');
    if (tidy_under(path, "src/"))
        fits = component_level(path + strlen("src/")) >= 0;
    else if (tidy_under(path, "include/") || (tidy_under(path, "sim/") && deep))
        fits = starts_with_one_of(path, rooms, COUNT(rooms));
    if (!fits)
        check->report(check->context, path, 0, "there is no such room in the house");
}

static void rule_executable(const struct check *check, const char *path) {
    struct stat about;
    char full[TIDY_MAX_PATH];
    if (!starts_with_one_of(path, programs, COUNT(programs)))
        return;
    snprintf(full, sizeof(full), "%s/%s", check->root, path);
    if (stat(full, &about) == 0 && !(about.st_mode & S_IXUSR))
        check->report(check->context, path, 0, "not executable");
}

/* The folder `src/io` or `sim/report` of a file that lies directly in one; its length, else 0. */
static size_t component_folder(const char *path) {
    if (!tidy_under(path, "src/") && !tidy_under(path, "sim/"))
        return 0;
    const char *end = strchr(path + 4, '/');
    return end && !strchr(end + 1, '/') ? (size_t)(end - path) : 0;
}

/* In each component one file opens with an essay: what the component is for and how it works. */
static void rule_essay(const struct check *check) {
    for (size_t i = 0; i < check->paths->count;) {
        const char *first = check->paths->path[i];
        size_t length = component_folder(first);
        int most = 0;
        size_t end = i;
        for (; end < check->paths->count; end++) {
            struct tidy_file file;
            int words = 0;
            const char *path = check->paths->path[end];
            if (!length || component_folder(path) != length || strncmp(path, first, length) != 0)
                break;
            if (!tidy_read(&file, check->root, path))
                continue;
            tidy_opening_comment(&file, &words);
            most = words > most ? words : most;
            tidy_free(&file);
        }
        if (length && most < MIN_ESSAY_WORDS)
            check->report(check->context, first, 0,
                          "no file of this folder opens with an essay on the component");
        i = end > i ? end : i + 1;
    }
}

/* Data that others than us wrote down: figures, and what scenarios feed to drivers. */
static bool is_data(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".csv") == 0;
}

void tidy_check(const char *root, const struct tidy_paths *paths, tidy_report *report,
                void *context) {
    struct check check = {.root = root, .paths = paths, .report = report, .context = context};
    for (size_t i = 0; i < paths->count; i++) {
        struct tidy_file file;
        const char *path = paths->path[i];
        rule_place(&check, path);
        rule_executable(&check, path);
        if (is_data(path) || !tidy_read(&file, root, path))
            continue;
        check.file = &file;
        rule_layout(&check);
        rule_opening_comment(&check);
        rule_words(&check);
        rule_plain_long(&check);
        rule_includes(&check);
        tidy_free(&file);
    }
    rule_essay(&check);
}
