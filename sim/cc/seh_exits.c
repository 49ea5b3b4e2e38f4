/*
 * Jumps out of guarded blocks inside a __finally block, for Clang: the scopes that a jump leaves
 * are ended by calls in front of it. Which ones these are follows from where the jump goes: a
 * label, or the innermost loop or switch around it, for which statements are parsed just enough to
 * know where they end.
 */
#include "seh.h"

#include <string.h>

static uint16_t word_at(const struct cc_unit *unit, uint32_t token) {
    return unit->tokens[token].kind == CC_IDENT ? unit->tokens[token].word : CC_W_NONE;
}

static uint32_t behind_parentheses(const struct cc_unit *unit, uint32_t open) {
    bool matched = cc_punct(unit, open, '(') && unit->tokens[open].match != CC_NONE;
    return matched ? unit->tokens[open].match + 1 : open;
}

static uint32_t simple_end(const struct cc_unit *unit, uint32_t token) {
    for (uint32_t i = token; i + 1 < unit->count; i++) {
        if (cc_punct(unit, i, ';') || cc_punct(unit, i, '}')) {
            return i;
        }
        if (unit->tokens[i].match != CC_NONE && unit->tokens[i].match > i) {
            i = unit->tokens[i].match;
        }
    }
    return unit->count - 1;
}

/* `depth` bounds the recursion. */
static uint32_t statement_end(const struct cc_unit *unit, uint32_t token, int depth) {
    uint32_t end;
    if (depth > 200 || token + 1 >= unit->count) {
        return token;
    }
    if (cc_punct(unit, token, '{') && unit->tokens[token].match != CC_NONE) {
        return unit->tokens[token].match;
    }
    switch (word_at(unit, token)) {
    case CC_W_IF:
        end = statement_end(unit, behind_parentheses(unit, token + 1), depth + 1);
        return word_at(unit, end + 1) == CC_W_ELSE ? statement_end(unit, end + 2, depth + 1) : end;
    case CC_W_FOR:
    case CC_W_WHILE:
    case CC_W_SWITCH:
        return statement_end(unit, behind_parentheses(unit, token + 1), depth + 1);
    case CC_W_DO:
        end = statement_end(unit, token + 1, depth + 1);
        return simple_end(unit, end + 1);
    case CC_W_TRY:
    case CC_W_TRY_OLD:
    case CC_W_TRY_PLAIN:
        end = statement_end(unit, token + 1, depth + 1);
        return statement_end(unit, behind_parentheses(unit, end + 2), depth + 1);
    default:
        return simple_end(unit, token);
    }
}

uint32_t cc_statement_end(const struct cc_unit *unit, uint32_t token) {
    return statement_end(unit, token, 0);
}

/* The start of the innermost loop (for break: or switch) around `token` inside the outermost of the
 * scopes; 0 when the jump goes further. */
static uint32_t loop_around(const struct cc_unit *unit, uint32_t token,
                            const struct cc_crossing *crossing, bool is_break) {
    while (crossing->outer) {
        crossing = crossing->outer;
    }
    for (uint32_t i = token; i > crossing->start; i--) {
        uint16_t word = word_at(unit, i - 1);
        bool loop = word == CC_W_FOR || word == CC_W_WHILE || word == CC_W_DO ||
                    (is_break && word == CC_W_SWITCH);
        if (loop && statement_end(unit, i - 1, 0) >= token) {
            return i - 1;
        }
    }
    return 0;
}

/* Does a statement, and so perhaps a label, begin at `token`? Else `name :` is part of `a ? b : c`.
 */
static bool begins_statement(const struct cc_unit *unit, uint32_t token) {
    uint16_t before = word_at(unit, token - 1);
    return cc_punct(unit, token - 1, ';') || cc_punct(unit, token - 1, '{') ||
           cc_punct(unit, token - 1, '}') || cc_punct(unit, token - 1, ':') ||
           cc_punct(unit, token - 1, ')') || before == CC_W_ELSE || before == CC_W_DO;
}

uint32_t cc_label_place(const struct cc_unit *unit, uint32_t name) {
    const struct cc_function *function = cc_function_at(unit, name);
    for (uint32_t i = function ? function->open + 1 : 0; function && i < function->close; i++) {
        const struct cc_token *t = &unit->tokens[i], *wanted = &unit->tokens[name];
        bool same = t->kind == CC_IDENT && t->length == wanted->length &&
                    memcmp(unit->text + t->start, unit->text + wanted->start, t->length) == 0;
        if (same && cc_punct(unit, i + 1, ':') && begins_statement(unit, i)) {
            return i;
        }
    }
    return 0;
}

const char *cc_crossing_calls(const struct cc_crossing *crossing, uint32_t target) {
    const char *calls = "";
    for (; crossing && crossing->start > target; crossing = crossing->outer) {
        calls = crossing->guard
                    ? cc_format("%swdmsim_seh_abandon(&__seh%u_guard); ", calls, crossing->frame)
                    : cc_format("%swdmsim_seh_exit(&__seh%u); ", calls, crossing->frame);
    }
    return calls;
}

/* Calls for a goto: the scopes that do not hold the label. */
static const char *goto_calls(const struct cc_unit *unit, uint32_t token,
                              const struct cc_crossing *crossing) {
    uint32_t label = cc_label_place(unit, token + 1);
    const char *calls = "";
    for (const struct cc_crossing *c = crossing; c; c = c->outer) {
        uint32_t open = c->start + 1;
        if (label > open && label < unit->tokens[open].match) {
            break;
        }
        struct cc_crossing alone = *c;
        alone.outer = NULL;
        calls = cc_format("%s%s", calls, cc_crossing_calls(&alone, 0));
    }
    return calls;
}

/* A value that no __finally block can change: literals, nullptr, casts of them. */
static bool constant(const struct cc_unit *unit, uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; i++) {
        const struct cc_token *t = &unit->tokens[i];
        if (t->kind == CC_IDENT && !(cc_word_flags(t->word) & CC_TYPE) &&
            !cc_is(unit, i, "nullptr")) {
            return false;
        }
    }
    return true;
}

static void return_statement(struct cc_unit *unit, uint32_t token, uint32_t end,
                             const char *calls) {
    if (constant(unit, token + 1, end)) {
        cc_before(unit, token, cc_format("{ %s", calls));
        cc_after(unit, end, " }");
        return;
    }
    cc_replace(unit, token,
               unit->options.cplusplus ? "{ auto __seh_value = ("
                                       : "{ __auto_type __seh_value = (");
    cc_before(unit, end, ")");
    cc_after(unit, end, cc_format(" %sreturn __seh_value; }", calls));
}

void cc_jump(struct cc_unit *unit, uint32_t token, const struct cc_crossing *crossing) {
    uint32_t end = simple_end(unit, token);
    uint16_t word = word_at(unit, token);
    const char *calls;
    switch (word) {
    case CC_W_RETURN:
        calls = cc_crossing_calls(crossing, 0);
        return_statement(unit, token, end, calls);
        return;
    case CC_W_BREAK:
    case CC_W_CONTINUE:
        calls = cc_crossing_calls(crossing, loop_around(unit, token, crossing, word == CC_W_BREAK));
        break;
    case CC_W_GOTO:
        calls = goto_calls(unit, token, crossing);
        break;
    default:
        return;
    }
    if (*calls) {
        cc_before(unit, token, cc_format("{ %s", calls));
        cc_after(unit, end, " }");
    }
}
