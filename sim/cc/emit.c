/*
 * Edits at tokens, and the text with the edits applied.
 *
 * What stands between two tokens (white space, line markers, pragmas) is copied as it is, except
 * for lines that a pass replaced, so deleting tokens never deletes a line.
 */
#include "cc.h"

#include <string.h>

static const char *joined(const char *first, const char *second) {
    return cc_format("%s%s", first, second);
}

void cc_before(struct cc_unit *unit, uint32_t token, const char *text) {
    struct cc_token *t = &unit->tokens[token];
    t->before = t->before ? joined(t->before, text) : text;
}

void cc_after(struct cc_unit *unit, uint32_t token, const char *text) {
    struct cc_token *t = &unit->tokens[token];
    t->after = t->after ? joined(t->after, text) : text;
}

void cc_replace(struct cc_unit *unit, uint32_t token, const char *text) {
    unit->tokens[token].replace = text;
}

void cc_delete(struct cc_unit *unit, uint32_t first, uint32_t last) {
    for (uint32_t i = first; i <= last && i < unit->count; i++) {
        if (unit->tokens[i].kind != CC_END) {
            unit->tokens[i].replace = "";
        }
    }
}

/* Copies text[from, to), replacing lines; *line is the first line record not yet passed. */
static void copy_gap(const struct cc_unit *unit, struct cc_text *out, uint32_t from, uint32_t to,
                     uint32_t *line) {
    while (*line < unit->line_count && unit->lines[*line].start < to) {
        const struct cc_line *record = &unit->lines[(*line)++];
        if (record->replace && record->start >= from) {
            cc_put(out, unit->text + from, record->start - from);
            cc_puts(out, record->replace);
            from = record->end;
        }
    }
    cc_put(out, unit->text + from, to - from);
}

/* Two tokens that did not touch must not melt together after edits. */
static void put_edit(struct cc_text *out, const char *text) {
    if (text && *text) {
        cc_puts(out, text);
    }
}

void cc_emit(const struct cc_unit *unit, struct cc_text *out) {
    uint32_t from = 0, line = 0;
    for (uint32_t i = 0; i < unit->count; i++) {
        const struct cc_token *token = &unit->tokens[i];
        if (!token->before && !token->replace && !token->after) {
            continue;
        }
        copy_gap(unit, out, from, token->start, &line);
        put_edit(out, token->before);
        if (token->replace) {
            put_edit(out, token->replace);
        } else {
            cc_put(out, unit->text + token->start, token->length);
        }
        put_edit(out, token->after);
        from = token->start + token->length;
    }
    copy_gap(unit, out, from, (uint32_t)unit->size, &line);
}

static void explain_line(const struct cc_unit *unit, uint32_t offset, FILE *out) {
    const char *file;
    uint32_t line = cc_line_at(unit, offset, &file);
    fprintf(out, "%s:%u: ", file, line);
}

/* Adjacent edited tokens are shown as one edit. */
static uint32_t explain_tokens(const struct cc_unit *unit, uint32_t first, FILE *out) {
    struct cc_text old = {0}, new = {0};
    uint32_t i = first;
    for (; i < unit->count; i++) {
        const struct cc_token *token = &unit->tokens[i];
        if (!token->before && !token->replace && !token->after) {
            break;
        }
        bool spaced = i > first && token->start != token[-1].start + token[-1].length;
        cc_printf(&old, "%s%.*s", spaced ? " " : "", (int)token->length, unit->text + token->start);
        cc_puts(&new, spaced && new.size ? " " : "");
        put_edit(&new, token->before);
        if (token->replace) {
            put_edit(&new, token->replace);
        } else {
            cc_put(&new, unit->text + token->start, token->length);
        }
        put_edit(&new, token->after);
    }
    explain_line(unit, unit->tokens[first].start, out);
    fprintf(out, "'%s' -> '%s'\n", old.data ? old.data : "", new.data ? new.data : "");
    cc_text_free(&old);
    cc_text_free(&new);
    return i;
}

void cc_explain(const struct cc_unit *unit, FILE *out) {
    uint32_t line = 0;
    for (uint32_t i = 0; i < unit->count;) {
        const struct cc_token *token = &unit->tokens[i];
        for (; line < unit->line_count && unit->lines[line].start < token->start; line++) {
            const struct cc_line *record = &unit->lines[line];
            if (record->replace && !*record->replace && unit->text[record->start + 1] == 'p') {
                explain_line(unit, record->start, out);
                fprintf(out, "'%.*s' dropped\n", (int)(record->end - record->start),
                        unit->text + record->start);
            }
        }
        bool edited = token->before || token->replace || token->after;
        i = edited && !token->system ? explain_tokens(unit, i, out) : i + 1;
    }
}
