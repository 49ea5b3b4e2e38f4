/*
 * Cuts preprocessed text into tokens.
 *
 * Identifiers, numbers, strings and characters are tokens as in C and C++ (raw strings too); every
 * other byte is a token of its own, so `->` is two of them: no pass needs the longer punctuators.
 * Line markers and pragma lines are not tokens; they go to lists of their own, so that tokens which
 * are neighbours in the language are neighbours in the array even when a macro of a system header
 * made the preprocessor put a marker between them. Any byte sequence is accepted: what is wrong is
 * left for the compiler to complain about.
 */
#include "cc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE = 1, START = 2, DIGIT = 4, BRACKET = 8 };

static unsigned char classes[256];

static void fill_classes(void) {
    for (int c = 0; c < 256; c++) {
        bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c >= 0x80;
        classes[c] = (unsigned char)(letter ? START : c >= '0' && c <= '9' ? DIGIT : 0);
    }
    for (const char *s = " \t\r\v\f\n"; *s; s++) {
        classes[(unsigned char)*s] = SPACE;
    }
    for (const char *s = "()[]{}"; *s; s++) {
        classes[(unsigned char)*s] = BRACKET;
    }
}

struct lexer {
    struct cc_unit *unit;
    const char *text;
    size_t size, at;
    bool system;
    bool entering;  /* a private file was entered, and nothing from it yet */
    uint32_t *open; /* stack of open brackets */
    uint32_t depth, open_capacity;
};

static struct cc_token *add_token(struct lexer *lexer, enum cc_kind kind, size_t end) {
    struct cc_unit *unit = lexer->unit;
    if (unit->count == unit->capacity) {
        unit->capacity = unit->capacity ? unit->capacity * 2 : 1024;
        unit->tokens = cc_realloc(unit->tokens, unit->capacity * sizeof *unit->tokens);
    }
    struct cc_token *token = &unit->tokens[unit->count++];
    *token =
        (struct cc_token){.start = (uint32_t)lexer->at,
                          .length = (uint32_t)(end - lexer->at),
                          .match = CC_NONE,
                          .kind = (uint8_t)kind,
                          .system = lexer->system,
                          .word = (uint16_t)(CC_OTHER | (unsigned char)lexer->text[lexer->at])};
    lexer->at = end;
    return token;
}

static size_t line_end(const struct lexer *lexer, size_t at) {
    const char *end = memchr(lexer->text + at, '\n', lexer->size - at);
    return end ? (size_t)(end - lexer->text) : lexer->size;
}

static bool is_private(const struct cc_unit *unit, const char *file) {
    const char *private = unit->options.private;
    return private && strncmp(file, private, strlen(private)) == 0;
}

static void add_line(struct cc_unit *unit, struct cc_line line) {
    if (unit->line_count == unit->line_capacity) {
        unit->line_capacity = unit->line_capacity ? unit->line_capacity * 2 : 64;
        unit->lines = cc_realloc(unit->lines, unit->line_capacity * sizeof *unit->lines);
    }
    unit->lines[unit->line_count++] = line;
}

static void add_marker(struct cc_unit *unit, struct cc_marker marker) {
    if (unit->marker_count == unit->marker_capacity) {
        unit->marker_capacity = unit->marker_capacity ? unit->marker_capacity * 2 : 256;
        unit->markers = cc_realloc(unit->markers, unit->marker_capacity * sizeof *unit->markers);
    }
    unit->markers[unit->marker_count++] = marker;
}

/* A generated forwarding header leaves no trace; a generated *.tmh is shown by its bare name. */
static const char *public_marker(struct cc_marker *marker, const struct cc_list *shadows,
                                 const char *flags, size_t size) {
    const char *slash = strrchr(marker->file, '/');
    const char *original = cc_original(shadows, marker->file);
    if (original) {
        marker->file = original;
        return cc_format("# %u \"%s\"%.*s", marker->line, original, (int)size, flags);
    }
    size_t length = strlen(marker->file);
    if (length < 4 || strcmp(marker->file + length - 4, ".tmh") != 0) {
        return "";
    }
    marker->file = slash ? slash + 1 : marker->file;
    return cc_format("# %u \"%s\"%.*s", marker->line, marker->file, (int)size, flags);
}

static bool has_flag(const char *flags, size_t size, char flag) {
    for (size_t i = 0; i + 1 < size; i++) {
        if (flags[i] == ' ' && flags[i + 1] == flag) {
            return true;
        }
    }
    return false;
}

/* `# 12 "file.c" 1 3`; `at` is behind the '#' and white space, on the digit. */
static void line_marker(struct lexer *lexer, size_t start, size_t at, size_t end) {
    const char *text = lexer->text;
    struct cc_marker marker = {.offset = (uint32_t)(end + 1), .file = ""};
    while (at < end && classes[(unsigned char)text[at]] == DIGIT) {
        marker.line = marker.line * 10 + (uint32_t)(text[at++] - '0');
    }
    while (at < end && text[at] == ' ') {
        at++;
    }
    if (at < end && text[at] == '"') {
        size_t quote = ++at;
        while (at < end && text[at] != '"') {
            at += text[at] == '\\' && at + 1 < end ? 2 : 1;
        }
        at = at < end ? at : end;
        marker.file = cc_copy(text + quote, at - quote);
        at += at < end;
        marker.system = has_flag(text + at, end - at, '3');
    } else if (lexer->unit->marker_count) {
        marker.file = lexer->unit->markers[lexer->unit->marker_count - 1].file;
        marker.system = lexer->system;
    }
    bool enters = has_flag(text + at, end - at, '1'), returns = has_flag(text + at, end - at, '2');
    if (is_private(lexer->unit, marker.file)) {
        const char *shown =
            public_marker(&marker, lexer->unit->options.shadows, text + at, end - at);
        add_line(lexer->unit, (struct cc_line){(uint32_t)start, (uint32_t)end, false, shown});
        lexer->entering = enters ? !*shown : lexer->entering;
    } else {
        if (returns &&
            lexer->entering) { /* its target was included before: nothing to return from */
            const char *plain =
                cc_format("# %u \"%s\"%s", marker.line, marker.file, marker.system ? " 3" : "");
            add_line(lexer->unit, (struct cc_line){(uint32_t)start, (uint32_t)end, false, plain});
        }
        lexer->entering = false;
    }
    lexer->system = marker.system;
    add_marker(lexer->unit, marker);
}

/* A line that begins with '#', `at` on it. */
static void directive(struct lexer *lexer) {
    size_t start = lexer->at, end = line_end(lexer, start), at = start + 1;
    const char *text = lexer->text;
    while (at < end && classes[(unsigned char)text[at]] == SPACE) {
        at++;
    }
    if (end - at > 5 && strncmp(text + at, "line ", 5) == 0) {
        at += 5;
    }
    if (at < end && classes[(unsigned char)text[at]] == DIGIT) {
        line_marker(lexer, start, at, end);
    } else {
        add_line(lexer->unit,
                 (struct cc_line){(uint32_t)start, (uint32_t)end, lexer->system, NULL});
    }
    lexer->at = end;
}

static size_t quoted_end(const struct lexer *lexer, size_t at, char quote) {
    for (at++; at < lexer->size && lexer->text[at] != '\n'; at++) {
        if (lexer->text[at] == quote) {
            return at + 1;
        }
        at += lexer->text[at] == '\\' && at + 1 < lexer->size;
    }
    return at < lexer->size ? at : lexer->size;
}

/* R"delimiter( … )delimiter", `at` on the quotation mark. */
static size_t raw_end(const struct lexer *lexer, size_t at) {
    size_t begin = at + 1, size = 0;
    while (begin + size < lexer->size && size <= 16 && lexer->text[begin + size] != '(') {
        size++;
    }
    if (begin + size >= lexer->size || lexer->text[begin + size] != '(') {
        return quoted_end(lexer, at, '"');
    }
    for (size_t i = begin + size + 1; i + size + 1 < lexer->size; i++) {
        if (lexer->text[i] == ')' && lexer->text[i + size + 1] == '"' &&
            memcmp(lexer->text + i + 1, lexer->text + begin, size) == 0) {
            return i + size + 2;
        }
    }
    return lexer->size;
}

/* Is the identifier at the cursor (up to `end`) a literal's prefix? */
static bool literal_prefix(const struct lexer *lexer, size_t end) {
    const char *prefix = lexer->text + lexer->at;
    size_t size = end - lexer->at;
    char quote = end < lexer->size ? lexer->text[end] : '\0';
    if ((quote != '"' && quote != '\'') || size > 3) {
        return false;
    }
    bool raw = prefix[size - 1] == 'R' && lexer->unit->options.cplusplus;
    if (raw && (quote != '"' || --size == 0)) {
        return quote == '"';
    }
    return (size == 1 && strchr("LuU", prefix[0])) || (size == 2 && memcmp(prefix, "u8", 2) == 0);
}

static void identifier(struct lexer *lexer) {
    size_t end = lexer->at;
    while (end < lexer->size && classes[(unsigned char)lexer->text[end]] & (START | DIGIT)) {
        end++;
    }
    if (literal_prefix(lexer, end)) {
        bool raw = lexer->text[end - 1] == 'R';
        char quote = lexer->text[end];
        add_token(lexer, quote == '"' ? CC_STRING : CC_CHAR,
                  raw ? raw_end(lexer, end) : quoted_end(lexer, end, quote));
        return;
    }
    uint16_t word = cc_word_of(lexer->text + lexer->at, end - lexer->at);
    lexer->unit->guards |= word >= CC_W_TRY_PLAIN && word <= CC_W_ABNORMAL4;
    add_token(lexer, CC_IDENT, end)->word = word;
}

static size_t number_end(const struct lexer *lexer, size_t at) {
    for (; at < lexer->size; at++) {
        unsigned char c = (unsigned char)lexer->text[at];
        if ((c == '+' || c == '-') && strchr("eEpP", lexer->text[at - 1])) {
            bool hex = lexer->text[lexer->at] == '0' && (lexer->text[lexer->at + 1] | 32) == 'x';
            if (hex && (lexer->text[at - 1] | 32) == 'e') {
                break; /* MSVC ends a hexadecimal number there, and 0x1e+1 is a sum */
            }
            continue;
        }
        bool separator = c == '\'' && lexer->unit->options.cplusplus && at + 1 < lexer->size &&
                         classes[(unsigned char)lexer->text[at + 1]] & (START | DIGIT);
        if (!(classes[c] & (START | DIGIT)) && c != '.' && !separator) {
            break;
        }
    }
    return at;
}

static char closing(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }

static void bracket(struct lexer *lexer, uint32_t index, char c) {
    if (c == '(' || c == '[' || c == '{') {
        if (lexer->depth == lexer->open_capacity) {
            lexer->open_capacity = lexer->open_capacity ? lexer->open_capacity * 2 : 256;
            lexer->open = cc_realloc(lexer->open, lexer->open_capacity * sizeof *lexer->open);
        }
        lexer->open[lexer->depth++] = index;
        return;
    }
    struct cc_token *tokens = lexer->unit->tokens;
    for (uint32_t depth = lexer->depth; depth > 0; depth--) {
        uint32_t candidate = lexer->open[depth - 1];
        char open = (char)tokens[candidate].word;
        if (closing(open) == c) {
            tokens[candidate].match = index;
            tokens[index].match = candidate;
            lexer->depth = depth - 1;
            return;
        }
        if (open == '{') {
            return; /* a stray ) or ] does not close blocks */
        }
    }
}

static void next_token(struct lexer *lexer) {
    char c = lexer->text[lexer->at];
    unsigned char class = classes[(unsigned char)c];
    char next = lexer->at + 1 < lexer->size ? lexer->text[lexer->at + 1] : '\0';
    if (class == START) {
        identifier(lexer);
    } else if (class == DIGIT || (c == '.' && classes[(unsigned char)next] == DIGIT)) {
        add_token(lexer, CC_NUMBER, number_end(lexer, lexer->at + 1));
    } else if (c == '"' || c == '\'') {
        add_token(lexer, c == '"' ? CC_STRING : CC_CHAR, quoted_end(lexer, lexer->at, c));
    } else {
        add_token(lexer, CC_PUNCT, lexer->at + 1);
        if (class == BRACKET) {
            bracket(lexer, lexer->unit->count - 1, c);
        }
    }
}

void cc_lex(struct cc_unit *unit, const char *text, size_t size) {
    if (!classes['a']) {
        fill_classes();
    }
    unit->text = text;
    unit->size = size;
    struct lexer lexer = {.unit = unit, .text = text, .size = size};
    bool line_start = true;
    while (lexer.at < size) {
        char c = text[lexer.at];
        if (classes[(unsigned char)c] == SPACE) {
            line_start |= c == '\n';
            lexer.at++;
        } else if (c == '#' && line_start) {
            directive(&lexer);
        } else {
            next_token(&lexer);
            line_start = false;
        }
    }
    add_token(&lexer, CC_END, size)->system = false;
    free(lexer.open);
}

void cc_unit_free(struct cc_unit *unit) {
    free(unit->tokens);
    free(unit->markers);
    free(unit->lines);
    free(unit->functions);
    unit->tokens = NULL;
    unit->markers = NULL;
    unit->lines = NULL;
    unit->functions = NULL;
    cc_strings_free();
}

uint32_t cc_line_at(const struct cc_unit *unit, uint32_t offset, const char **file) {
    uint32_t low = 0, high = unit->marker_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (unit->markers[middle].offset <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t from = low ? unit->markers[low - 1].offset : 0;
    uint32_t line = low ? unit->markers[low - 1].line : 1;
    *file = low ? unit->markers[low - 1].file : "<input>";
    for (uint32_t at = from; at < offset; at++) {
        line += unit->text[at] == '\n';
    }
    return line;
}

bool cc_is(const struct cc_unit *unit, uint32_t token, const char *spelling) {
    const struct cc_token *t = &unit->tokens[token];
    return t->length == strlen(spelling) && memcmp(unit->text + t->start, spelling, t->length) == 0;
}

char *cc_spelling(const struct cc_unit *unit, uint32_t token) {
    return cc_copy(unit->text + unit->tokens[token].start, unit->tokens[token].length);
}

static void report(struct cc_unit *unit, uint32_t offset, const char *kind, const char *format,
                   va_list arguments) {
    if (!unit->messages) {
        return;
    }
    const char *file;
    uint32_t line = cc_line_at(unit, offset, &file);
    fprintf(unit->messages, "%s:%u: %s: ", file, line, kind);
    vfprintf(unit->messages, format, arguments);
    fputs(" [wdmsim-cc]\n", unit->messages);
}

void cc_error(struct cc_unit *unit, uint32_t token, const char *format, ...) {
    va_list arguments;
    unit->errors++;
    va_start(arguments, format);
    report(unit, unit->tokens[token].start, "error", format, arguments);
    va_end(arguments);
}

void cc_error_at(struct cc_unit *unit, uint32_t offset, const char *format, ...) {
    va_list arguments;
    unit->errors++;
    va_start(arguments, format);
    report(unit, offset, "error", format, arguments);
    va_end(arguments);
}

void cc_warn_at(struct cc_unit *unit, uint32_t offset, const char *format, ...) {
    va_list arguments;
    if (unit->options.quiet) {
        return;
    }
    va_start(arguments, format);
    report(unit, offset, "warning", format, arguments);
    va_end(arguments);
}
