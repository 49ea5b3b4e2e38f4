/*
 * Pragmas: MSVC's disappear, the host compiler's and `pack` stay.
 *
 * `#pragma` lines arrive as line records, `__pragma(…)` as tokens (GCC's preprocessor leaves it, so
 * does Clang's without MSVC extensions). A kept `__pragma` becomes a line of its own followed by a
 * line marker, because `_Pragma` means nothing in preprocessed text.
 */
#include "cc.h"

#include <string.h>

bool cc_pragma_kept(const char *text, size_t size) {
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

/* A name in `#pragma pack(…)` that is still there is no macro, and GCC would ignore the pragma. */
static void check_pack(struct cc_unit *unit, const struct cc_line *line, const char *text,
                       size_t size) {
    char name[64];
    if (sscanf(cc_copy(text, size), " pack ( %63[A-Za-z_0-9] )", name) == 1 &&
        !strchr("0123456789", name[0]) && strcmp(name, "push") != 0 && strcmp(name, "pop") != 0) {
        const char *file;
        uint32_t number = cc_line_at(unit, line->start, &file);
        unit->errors++;
        if (unit->messages) {
            fprintf(unit->messages, "%s:%u: error: '#pragma pack(%s)' needs a number [wdmsim-cc]\n",
                    file, number, name);
        }
    }
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
        if (line->replace || line->system || size < 6 || memcmp(text, "pragma", 6) != 0) {
            continue;
        }
        if (!cc_pragma_kept(text + 6, size - 6)) {
            line->replace = "";
        } else {
            check_pack(unit, line, text + 6, size - 6);
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
    if (text.size && cc_pragma_kept(text.data, text.size)) {
        const char *file;
        uint32_t line = cc_line_at(unit, unit->tokens[close].start, &file);
        cc_after(unit, close,
                 cc_format("\n#pragma %s\n# %u \"%s\"%s\n", text.data, line, file,
                           unit->tokens[close].system ? " 3" : ""));
    }
    cc_text_free(&text);
    return close;
}
