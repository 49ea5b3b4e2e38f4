/*
 * Reading a file for the rules: its text, its code without comments and literals, its opening
 * comment.
 */
#include "tidy.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *path, const char *end) {
    size_t length = strlen(path), part = strlen(end);
    return length >= part && strcmp(path + length - part, end) == 0;
}

bool tidy_under(const char *path, const char *prefix) {
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

bool tidy_is_c(const char *path) {
    return ends_with(path, ".c") || ends_with(path, ".h") || ends_with(path, ".cpp") ||
           ends_with(path, ".inc");
}

bool tidy_is_hash_commented(const char *path) {
    return ends_with(path, ".sh") || ends_with(path, ".cmake") || ends_with(path, ".cmake.in") ||
           ends_with(path, "CMakeLists.txt") || ends_with(path, ".py") ||
           strcmp(path, ".ci/run") == 0 || strcmp(path, ".clang-format") == 0;
}

/* The state of the scan over C text. */
enum scan { SCAN_CODE, SCAN_LINE_COMMENT, SCAN_BLOCK_COMMENT, SCAN_STRING, SCAN_CHARACTER };

static enum scan scan_start(const char *text, size_t at) {
    if (text[at] == '/' && text[at + 1] == '/')
        return SCAN_LINE_COMMENT;
    if (text[at] == '/' && text[at + 1] == '*')
        return SCAN_BLOCK_COMMENT;
    if (text[at] == '"')
        return SCAN_STRING;
    /* Between digits an apostrophe is C++'s digit separator. */
    if (text[at] == '\'' && !(at > 0 && isxdigit((unsigned char)text[at - 1])))
        return SCAN_CHARACTER;
    return SCAN_CODE;
}

/* Whether the part that STATE names ends with the character at AT. */
static bool scan_ends(enum scan state, const char *text, size_t at, size_t start) {
    switch (state) {
    case SCAN_LINE_COMMENT:
        return text[at] == '\n' && text[at - 1] != '\\';
    case SCAN_BLOCK_COMMENT:
        return text[at] == '/' && text[at - 1] == '*' && at > start + 2;
    case SCAN_STRING:
        return (text[at] == '"' && at > start) || text[at] == '\n';
    case SCAN_CHARACTER:
        return (text[at] == '\'' && at > start) || text[at] == '\n';
    case SCAN_CODE:
        break;
    }
    return true;
}

static void blank_comments(struct tidy_file *file) {
    const char *text = file->text;
    enum scan state = SCAN_CODE;
    size_t start = 0;

    for (size_t at = 0; at < file->size; at++) {
        if (state == SCAN_CODE) {
            state = scan_start(text, at);
            start = at;
            if (state == SCAN_CODE)
                continue;
        } else if ((state == SCAN_STRING || state == SCAN_CHARACTER) && text[at] == '\\') {
            file->code[at++] = ' ';
            if (at < file->size && text[at] != '\n')
                file->code[at] = ' ';
            continue;
        } else if (scan_ends(state, text, at, start)) {
            state = SCAN_CODE;
        }
        if (text[at] != '\n')
            file->code[at] = ' ';
    }
}

bool tidy_read(struct tidy_file *file, const char *root, const char *path) {
    char name[TIDY_MAX_PATH];
    snprintf(name, sizeof(name), "%s/%s", root, path);
    FILE *in = fopen(name, "rb");
    if (!in)
        return false;

    size_t room = 1 << 16;
    *file = (struct tidy_file){.path = path, .text = malloc(room)};
    while (file->text) {
        file->size += fread(file->text + file->size, 1, room - file->size - 1, in);
        if (file->size < room - 1)
            break;
        room *= 2;
        file->text = realloc(file->text, room);
    }
    fclose(in);
    if (file->text) {
        file->text[file->size] = '\0';
        file->code = malloc(file->size + 1);
    }
    if (!file->code) {
        fputs("tidy: no memory\n", stderr);
        exit(2);
    }
    memcpy(file->code, file->text, file->size + 1);
    if (tidy_is_c(path))
        blank_comments(file);
    return true;
}

void tidy_free(struct tidy_file *file) {
    free(file->text);
    free(file->code);
}

int tidy_line(const struct tidy_file *file, size_t offset) {
    int line = 1;
    for (size_t at = 0; at < offset; at++)
        line += file->text[at] == '\n';
    return line;
}

static int count_words(const char *from, const char *to) {
    int words = 0;
    bool inside = false;
    for (; from < to; from++) {
        bool letter = isalnum((unsigned char)*from) != 0;
        words += letter && !inside;
        inside = letter;
    }
    return words;
}

/* The end of the run of lines at FROM that begin with MARK. */
static const char *comment_lines(const char *from, const char *mark) {
    while (strncmp(from, mark, strlen(mark)) == 0) {
        const char *end = strchr(from, '\n');
        if (!end)
            return from + strlen(from);
        from = end + 1;
    }
    return from;
}

size_t tidy_opening_comment(const struct tidy_file *file, int *words) {
    const char *start = file->text;
    if (strncmp(start, "#!", 2) == 0) {
        start = strchr(start, '\n');
        start = start ? start + 1 : file->text + file->size;
    }
    start += strspn(start, " \r\n");

    const char *end = start;
    if (!tidy_is_c(file->path)) {
        end = comment_lines(start, "#");
    } else if (strncmp(start, "/*", 2) == 0) {
        end = strstr(start, "*/");
        end = end ? end + 2 : start;
    } else {
        end = comment_lines(start, "//");
    }
    *words = count_words(start, end);
    return end == start ? 0 : (size_t)(end - file->text);
}
