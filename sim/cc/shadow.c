/*
 * Shadows: corrected copies of source files whose text no host preprocessor takes.
 *
 * UTF-16 text, the charizing operator `#@`, string literals and parentheses beside `##`, macros in
 * `#pragma pack`, literals with MSVC's suffixes in #if, and an end-of-file character have to change
 * before preprocessing. A file with any of them gets a copy in the private directory, and so do the
 * files that include it, up to the source, with their #include lines naming copies or real files in
 * full. Line markers and dependency files show the original names. Most translation units need no
 * shadow at all.
 */
#include "cc.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- what is wrong with a text ---- */

static bool is_utf16(const struct cc_text *text) {
    const unsigned char *d = (const unsigned char *)text->data;
    return text->size >= 2 && ((d[0] == 0xFF && d[1] == 0xFE) || (d[0] == 0xFE && d[1] == 0xFF));
}

static void put_utf8(struct cc_text *out, uint32_t c) {
    char b[4] = {(char)c};
    if (c < 0x80) {
        cc_put(out, b, 1);
    } else if (c < 0x800) {
        b[0] = (char)(0xC0 | c >> 6), b[1] = (char)(0x80 | (c & 63));
        cc_put(out, b, 2);
    } else if (c < 0x10000) {
        b[0] = (char)(0xE0 | c >> 12), b[1] = (char)(0x80 | (c >> 6 & 63));
        b[2] = (char)(0x80 | (c & 63));
        cc_put(out, b, 3);
    } else {
        b[0] = (char)(0xF0 | c >> 18), b[1] = (char)(0x80 | (c >> 12 & 63));
        b[2] = (char)(0x80 | (c >> 6 & 63)), b[3] = (char)(0x80 | (c & 63));
        cc_put(out, b, 4);
    }
}

void cc_decode(struct cc_text *text) {
    if (!is_utf16(text)) {
        return;
    }
    const unsigned char *d = (const unsigned char *)text->data;
    bool little = d[0] == 0xFF;
    struct cc_text out = {0};
    for (size_t i = 2; i + 1 < text->size; i += 2) {
        uint32_t c = little ? d[i] | (uint32_t)d[i + 1] << 8 : d[i + 1] | (uint32_t)d[i] << 8;
        if (c >= 0xD800 && c < 0xDC00 && i + 3 < text->size) {
            i += 2;
            uint32_t low = little ? d[i] | (uint32_t)d[i + 1] << 8 : d[i + 1] | (uint32_t)d[i] << 8;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
        put_utf8(&out, c);
    }
    cc_text_free(text);
    *text = out;
}

/* The suffix of MSVC's at `at`, as the host spells it; *size is its length. */
static const char *suffix_at(const char *at, size_t *size) {
    bool is_unsigned = (at[0] | 32) == 'u';
    const char *i = at + is_unsigned;
    if ((i[0] | 32) != 'i' || strncmp(i + 1, "64", 2) != 0 || isalnum((unsigned char)i[3])) {
        return NULL;
    }
    *size = 3 + (size_t)is_unsigned;
    return is_unsigned ? "ULL" : "LL";
}

static bool is_condition(const char *line) {
    while (*line == ' ' || *line == '\t') {
        line++;
    }
    if (*line++ != '#') {
        return false;
    }
    while (*line == ' ' || *line == '\t') {
        line++;
    }
    return strncmp(line, "if", 2) == 0 || strncmp(line, "elif", 4) == 0;
}

static bool blank(char c) { return c == ' ' || c == '\t'; }

static bool ends_in_function_name(const char *line, const char *end) {
    static const char name[] = "__FUNCTION__";
    size_t size = sizeof name - 1;
    return (size_t)(end - line) >= size && memcmp(end - size, name, size) == 0;
}

/* Does the `##` at `at` paste what no token is made of: string literals, __FUNCTION__ (a literal
 * for MSVC), a parenthesis? MSVC leaves both sides as they are, others refuse; a space does it
 * too. */
static bool pastes_nothing(const char *line, const char *at, const char *end) {
    const char *before = at, *behind = at + 2;
    while (before > line && blank(before[-1])) {
        before--;
    }
    while (behind < end && blank(*behind)) {
        behind++;
    }
    bool list = (size_t)(end - behind) >= 11 && memcmp(behind, "__VA_ARGS__", 11) == 0;
    return (before > line && (before[-1] == '"' || before[-1] == '(')) ||
           (before > line && before[-1] == ',' && !list) || ends_in_function_name(line, before) ||
           (behind < end && (*behind == '"' || *behind == ')'));
}

/* The end of the literal at `at`, at most `end`. */
static const char *literal_end(const char *at, const char *end) {
    char quote = *at++;
    while (at < end && *at != quote) {
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    }
    return at < end ? at + 1 : end;
}

/* In `#pragma pack(NAME)` the text in the parentheses, when a macro may stand there; else NULL. */
static const char *pack_of_macro(const char *line, const char *end, size_t *size) {
    static const char *const words[] = {"#", "pragma", "pack", "("};
    const char *at = line;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        while (at < end && blank(*at)) {
            at++;
        }
        if ((size_t)(end - at) < length || memcmp(at, words[i], length) != 0) {
            return NULL;
        }
        at += length;
    }
    const char *close = memchr(at, ')', (size_t)(end - at));
    bool macro = false;
    for (const char *c = at; close && c < close;) {
        size_t length = 0;
        while (c + length < close && (isalnum((unsigned char)c[length]) || c[length] == '_')) {
            length++;
        }
        bool known = (length == 4 && (memcmp(c, "push", 4) == 0 || memcmp(c, "show", 4) == 0)) ||
                     (length == 3 && memcmp(c, "pop", 3) == 0);
        macro |= length && !isdigit((unsigned char)*c) && !known;
        c += length ? length : 1;
    }
    *size = close ? (size_t)(close - at) : 0;
    return macro ? at : NULL;
}

/* Copies one line with its corrections; returns whether there were any. */
static bool correct_line(const char *line, const char *end, struct cc_text *out) {
    bool condition = is_condition(line), changed = false;
    size_t packed;
    const char *pack = pack_of_macro(line, end, &packed);
    if (pack) { /* macros are replaced in the operator, not in the directive */
        cc_printf(out, "__pragma(pack(%.*s))", (int)packed, pack);
        return true;
    }
    for (const char *at = line; at < end;) {
        size_t size = 0;
        const char *suffix =
            condition && at > line && isxdigit((unsigned char)at[-1]) ? suffix_at(at, &size) : NULL;
        if (suffix) {
            cc_puts(out, suffix);
            at += size;
            changed = true;
        } else if (at[0] == '#' && at[1] == '@' &&
                   (isalpha((unsigned char)at[2]) || at[2] == '_')) {
            const char *name = at + 2;
            for (at = name; isalnum((unsigned char)*at) || *at == '_';) {
                at++;
            }
            cc_printf(out, "__wdmsim_char(#%.*s)", (int)(at - name), name);
            changed = true;
        } else if (at[0] == '#' && at + 1 < end && at[1] == '#' && pastes_nothing(line, at, end)) {
            cc_puts(out, "  ");
            at += 2;
            changed = true;
        } else if (*at == '"' || (*at == '\'' && at > line && !isalnum((unsigned char)at[-1]))) {
            const char *close = literal_end(at, end);
            cc_put(out, at, (size_t)(close - at));
            at = close;
        } else if (*at == 0x1A) {
            at++;
            changed = true;
        } else {
            cc_put(out, at++, 1);
        }
    }
    return changed;
}

bool cc_needs_shadow(const struct cc_text *text) {
    if (is_utf16(text) || memchr(text->data, 0x1A, text->size)) {
        return true;
    }
    const char *end = text->data + text->size;
    for (const char *at = text->data; (at = memchr(at, '#', (size_t)(end - at))); at++) {
        if (at[1] == '@') {
            return true;
        }
        if (at[1] == '#') { /* a few too many: in the copy, literals are told apart */
            if (pastes_nothing(text->data, at, end)) {
                return true;
            }
            at++;
        }
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        newline = newline ? newline : end;
        size_t size;
        if (pack_of_macro(at, newline, &size)) {
            return true;
        }
        if (is_condition(at)) {
            for (const char *c = at + 1; c < newline; c++) {
                if (isxdigit((unsigned char)c[-1]) && suffix_at(c, &size)) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* ---- which files get one, and writing them ---- */

/* Files that include a shadowed one are shadowed too; repeated until nothing changes. */
static void spread(struct cc_includes *includes) {
    bool changed = false;
    for (size_t i = 0; i < includes->file_count; i++) {
        changed |= includes->files[i].shadowed;
    }
    while (changed) {
        changed = false;
        for (size_t i = 0; i < includes->file_count; i++) {
            struct cc_file *file = &includes->files[i];
            for (size_t j = 0; j < file->includes.count && !file->shadowed; j += 2) {
                const struct cc_file *target = cc_file_at(includes, file->includes.items[j + 1]);
                if (target && target->shadowed) {
                    file->shadowed = changed = true;
                }
            }
        }
    }
}

static const char *shadow_path(const struct cc_includes *includes, const struct cc_file *file) {
    return cc_format("%s/s%zu", includes->search, (size_t)(file - includes->files));
}

static const char *in_full(const char *path) {
    char full[PATH_MAX];
    return realpath(path, full) ? cc_copy(full, strlen(full)) : path;
}

/* `#include "name"` of the file, resolved; NULL = leave the line alone. The lines come in the order
 * in which they were read ahead: *next is the first of the file's includes not yet met. */
static const char *resolved(const struct cc_includes *includes, const struct cc_file *file,
                            const char *line, const char *end, size_t *next) {
    const char *hash = line;
    while (hash < end && (*hash == ' ' || *hash == '\t')) {
        hash++;
    }
    const char *open = hash < end && *hash == '#' ? strpbrk(hash, "\"<\n") : NULL;
    if (!open || open >= end || *open == '\n') {
        return NULL;
    }
    const char *close = strpbrk(open + 1, *open == '"' ? "\"\n" : ">\n");
    if (!close || close >= end || *close == '\n') {
        return NULL;
    }
    const char *name = cc_copy(open + 1, (size_t)(close - open - 1));
    for (size_t j = *next; j < file->includes.count; j += 2) {
        if (strcmp(file->includes.items[j], name) == 0) {
            *next = j + 2;
            const struct cc_file *target = cc_file_at(includes, file->includes.items[j + 1]);
            if (target && target->shadowed) {
                return shadow_path(includes, target);
            }
            /* The search path finds the others as before; #include_next goes on from there. */
            bool found = *open == '<' && !cc_list_has(&file->aliased, name);
            return found ? NULL : in_full(file->includes.items[j + 1]);
        }
    }
    return NULL;
}

static void write_shadow(struct cc_includes *includes, const struct cc_file *file) {
    struct cc_text text = {0}, out = {0};
    if (!cc_read_file(file->path, &text)) {
        return;
    }
    cc_decode(&text);
    cc_printf(&out, "#line 1 \"%s\"\n", file->path);
    const char *at = text.data, *end = text.data + text.size;
    size_t next = 0;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        newline = newline ? newline : end;
        const char *target = resolved(includes, file, at, newline, &next);
        if (target) {
            cc_printf(&out, "#include \"%s\"", target);
        } else {
            correct_line(at, newline, &out);
        }
        cc_puts(&out, "\n");
        at = newline + 1;
    }
    const char *path = shadow_path(includes, file);
    cc_write_file(path, out.data, out.size);
    cc_add(&includes->shadows, path);
    cc_add(&includes->shadows, file->path);
    cc_text_free(&text);
    cc_text_free(&out);
}

const char *cc_write_shadows(struct cc_includes *includes, const char *source) {
    spread(includes);
    for (size_t i = 0; i < includes->file_count; i++) {
        if (includes->files[i].shadowed) {
            write_shadow(includes, &includes->files[i]);
        }
    }
    bool main_shadowed = includes->file_count && includes->files[0].shadowed &&
                         strcmp(includes->files[0].path, source) == 0;
    return main_shadowed ? shadow_path(includes, &includes->files[0]) : source;
}

const char *cc_original(const struct cc_list *shadows, const char *path) {
    for (size_t i = 0; shadows && i + 1 < shadows->count; i += 2) {
        if (strcmp(shadows->items[i], path) == 0) {
            return shadows->items[i + 1];
        }
    }
    return NULL;
}
