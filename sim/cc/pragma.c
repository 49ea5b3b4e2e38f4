/*
 * Pragmas: MSVC's disappear, the host compiler's and `pack` stay.
 *
 * `#pragma` lines arrive as line records, `__pragma(…)` as tokens (GCC's preprocessor leaves it, so
 * does Clang's without MSVC extensions). A kept `__pragma` becomes a line of its own followed by a
 * line marker, because `_Pragma` means nothing in preprocessed text.
 */
#include "cc.h"

#include <ctype.h>
#include <string.h>

/* Is a pragma's text (behind "#pragma") for the host compiler? */
static bool is_kept(const char *text, size_t size) {
    static const char *const kept[] = {"pack", "GCC",  "clang",           "STDC",
                                       "omp",  "weak", "redefine_extname"};
    while (size && (*text == ' ' || *text == '\t' || *text == '(')) {
        text++;
        size--;
    }
    size_t word = 0;
    while (word < size && (text[word] == '_' || (text[word] | 32) >= 'a') && text[word] <= 'z') {
        word++;
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (strlen(kept[i]) == word && memcmp(kept[i], text, word) == 0) {
            bool shows = word == 4 && size > 4 && strncmp(kept[i], "pack", 4) == 0 &&
                         memchr(text, 'w', size) && strstr(cc_copy(text, size), "(show)");
            return !shows;
        }
    }
    return false;
}

/* ---- pack: the host's compilers ignore what they cannot read, and lay out otherwise ---- */

static const char *skip_blanks(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\r') {
        at++;
    }
    return at;
}

/* One word of the list at *at: its length, and *at behind it and its comma. */
static size_t next_item(const char **at, const char **item) {
    *item = skip_blanks(*at);
    size_t size = 0;
    while (isalnum((unsigned char)(*item)[size]) || (*item)[size] == '_') {
        size++;
    }
    *at = skip_blanks(*item + size);
    if (**at == ',' && size) {
        (*at)++;
    }
    return size;
}

static bool is_alignment(const char *item, size_t size) {
    return (size == 1 && strchr("1248", *item)) || (size == 2 && memcmp(item, "16", 2) == 0);
}

/* `text` is what follows "pack"; returns whether MSVC knows the form. */
static bool read_pack(struct cc_packing *packing, const char *text, uint32_t offset) {
    const char *at = skip_blanks(text), *item;
    if (*at++ != '(') {
        return false;
    }
    for (int i = 0; *(at = skip_blanks(at)) != ')'; i++) {
        size_t size = next_item(&at, &item);
        if (i == 0 && size == 4 && memcmp(item, "push", 4) == 0) {
            packing->pushes++;
            packing->last_push = offset;
        } else if (i == 0 && size == 3 && memcmp(item, "pop", 3) == 0) {
            packing->pops++;
            packing->last_pop = offset;
        } else if (i > 0 && i < 3 && size && !isdigit((unsigned char)*item)) {
            packing->labels = true;
        } else if (i >= 3 || !is_alignment(item, size)) {
            return false;
        }
    }
    return true;
}

/* `text` is the whole pragma, behind the word itself; only a kept one is looked at. */
static void check_pack(struct cc_unit *unit, const char *text, size_t size, uint32_t offset) {
    const char *copy = skip_blanks(cc_copy(text, size));
    if (strncmp(copy, "pack", 4) == 0 && !read_pack(&unit->packing, copy + 4, offset)) {
        cc_error_at(unit, offset, "'#pragma %s' is no form of pack", copy);
    }
}

void cc_check_packing(struct cc_unit *unit) {
    const struct cc_packing *packing = &unit->packing;
    if (packing->labels || packing->pushes == packing->pops) {
        return;
    }
    bool open = packing->pushes > packing->pops;
    cc_warn_at(unit, open ? packing->last_push : packing->last_pop,
               "'#pragma pack(%s)' without its %s", open ? "push" : "pop", open ? "pop" : "push");
}

void cc_pass_pragma(struct cc_unit *unit) {
    for (uint32_t i = 0; i < unit->line_count; i++) {
        struct cc_line *line = &unit->lines[i];
        const char *text = unit->text + line->start + 1;
        size_t size = line->end - line->start - 1;
        while (size && (*text == ' ' || *text == '\t')) {
            text++;
            size--;
        }
        if (line->replace || size < 6 || memcmp(text, "pragma", 6) != 0) {
            continue;
        }
        if (is_kept(text + 6, size - 6)) {
            check_pack(unit, text + 6, size - 6, line->start);
        } else if (!line->system) {
            line->replace = "";
        }
    }
}

uint32_t cc_pragma_operator(struct cc_unit *unit, uint32_t token) {
    uint32_t close = cc_punct(unit, token + 1, '(') ? unit->tokens[token + 1].match : CC_NONE;
    if (close == CC_NONE) {
        cc_error(unit, token, "'%s' without its parenthesised pragma", cc_spelling(unit, token));
        return token;
    }
    struct cc_text text = {0};
    for (uint32_t i = token + 2; i < close; i++) {
        bool spaced = text.size && unit->tokens[i].kind != CC_PUNCT;
        cc_printf(&text, "%s%s", spaced ? " " : "", cc_spelling(unit, i));
    }
    cc_delete(unit, token, close);
    if (text.size && is_kept(text.data, text.size)) {
        check_pack(unit, text.data, text.size, unit->tokens[token].start);
        const char *file;
        uint32_t line = cc_line_at(unit, unit->tokens[close].start, &file);
        cc_after(unit, close,
                 cc_format("\n#pragma %s\n# %u \"%s\"%s\n", text.data, line, file,
                           unit->tokens[close].system ? " 3" : ""));
    }
    cc_text_free(&text);
    return close;
}
