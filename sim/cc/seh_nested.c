/*
 * Functions inside functions, which C++ has as lambdas and as members of local classes. Guarded
 * blocks treat them as functions of their own: the frame of one lives in its own locals, and what
 * __leave or GetExceptionCode mean outside does not reach into it.
 */
#include "seh.h"

#include <string.h>

static bool is_word(const struct cc_unit *unit, uint32_t token, uint16_t word) {
    return unit->tokens[token].kind == CC_IDENT && unit->tokens[token].word == word;
}

static uint32_t match_behind(const struct cc_unit *unit, uint32_t open) {
    uint32_t match = unit->tokens[open].match;
    return match != CC_NONE && match > open ? match : CC_NONE;
}

/* An index or an attribute has brackets too. */
static bool introduces_lambda(const struct cc_unit *unit, uint32_t open) {
    const struct cc_token *before = &unit->tokens[open - 1];
    bool operand = cc_punct(unit, open - 1, ')') || cc_punct(unit, open - 1, ']') ||
                   before->kind == CC_STRING ||
                   (before->kind == CC_IDENT && before->word != CC_W_RETURN);
    return !operand && !cc_punct(unit, open - 1, '[') && !cc_punct(unit, open + 1, '[');
}

/* The `{` behind `mutable`, `noexcept (…)` and `-> type`; *arrow is where that begins. */
static uint32_t lambda_body(const struct cc_unit *unit, uint32_t from, uint32_t end,
                            uint32_t *arrow) {
    *arrow = CC_NONE;
    for (uint32_t i = from; i < end; i++) {
        if (cc_punct(unit, i, '{')) {
            return match_behind(unit, i) != CC_NONE ? i : CC_NONE;
        }
        if (cc_punct(unit, i, '-') && cc_punct(unit, i + 1, '>')) {
            *arrow = *arrow == CC_NONE ? i : *arrow;
            i++;
        } else if (cc_punct(unit, i, '(') && match_behind(unit, i) != CC_NONE) {
            i = unit->tokens[i].match;
        } else if (unit->tokens[i].kind == CC_PUNCT &&
                   (*arrow == CC_NONE || cc_punct(unit, i, ';') || cc_punct(unit, i, ')'))) {
            break;
        }
    }
    return CC_NONE;
}

/* Each compiler takes an attribute at one place only: Clang behind the parameters, GCC behind the
 * words that follow these. */
static bool lambda(const struct cc_unit *unit, uint32_t token, uint32_t end,
                   struct cc_nested *nested) {
    uint32_t close = introduces_lambda(unit, token) ? match_behind(unit, token) : CC_NONE;
    if (close == CC_NONE) {
        return false;
    }
    bool list = cc_punct(unit, close + 1, '(') && match_behind(unit, close + 1) != CC_NONE;
    uint32_t last = list ? unit->tokens[close + 1].match : close, arrow;
    uint32_t open = lambda_body(unit, last + 1, end, &arrow);
    if (open == CC_NONE) {
        return false;
    }
    bool behind_list = unit->options.clang || !list;
    *nested = (struct cc_nested){.place = behind_list        ? last + 1
                                          : arrow != CC_NONE ? arrow
                                                             : open,
                                 .open = open,
                                 .close = unit->tokens[open].match,
                                 .parameters = list ? "" : "()"};
    return true;
}

/* The next member function at or behind `from`: a `{` behind a parameter list, and in a
 * constructor's list not that of `member{value}`. */
static bool member(const struct cc_unit *unit, uint32_t from, struct cc_nested *nested) {
    bool list = false, colon = false;
    nested->place = from;
    for (uint32_t i = from; i < nested->end; i++) {
        if (cc_punct(unit, i, '{') && match_behind(unit, i) != CC_NONE) {
            bool value =
                colon && (unit->tokens[i - 1].kind == CC_IDENT || cc_punct(unit, i - 1, '>'));
            if (list && !value) {
                nested->open = i;
                nested->close = unit->tokens[i].match;
                return true;
            }
            i = unit->tokens[i].match;
        } else if (cc_punct(unit, i, ';') || (cc_punct(unit, i, ':') && !list)) {
            list = colon = false;
            nested->place = i + 1;
        } else if (cc_punct(unit, i, '(') && match_behind(unit, i) != CC_NONE) {
            i = unit->tokens[i].match;
            list = true;
        } else {
            colon |= cc_punct(unit, i, ':');
        }
    }
    return false;
}

/* The `{` of the class that `token`, on its tag, defines. */
static uint32_t class_body(const struct cc_unit *unit, uint32_t token, uint32_t end) {
    for (uint32_t i = token + 1; i < end; i++) {
        if (cc_punct(unit, i, '{')) {
            return match_behind(unit, i) != CC_NONE ? i : CC_NONE;
        }
        if (unit->tokens[i].kind == CC_PUNCT &&
            strchr(";(),=*&", unit->text[unit->tokens[i].start])) {
            break;
        }
    }
    return CC_NONE;
}

bool cc_nested_function(const struct cc_unit *unit, uint32_t token, uint32_t end,
                        struct cc_nested *nested) {
    if (!unit->options.cplusplus || !token) {
        return false;
    }
    if (cc_punct(unit, token, '[')) {
        return lambda(unit, token, end, nested);
    }
    if (is_word(unit, token, CC_W_STRUCT) || is_word(unit, token, CC_W_CLASS) ||
        is_word(unit, token, CC_W_UNION)) {
        uint32_t open = class_body(unit, token, end);
        *nested = (struct cc_nested){.parameters = ""};
        nested->end = open == CC_NONE ? 0 : unit->tokens[open].match;
        return open != CC_NONE && member(unit, open + 1, nested);
    }
    return false;
}

bool cc_next_member(const struct cc_unit *unit, struct cc_nested *nested) {
    return member(unit, nested->close + 1, nested);
}
