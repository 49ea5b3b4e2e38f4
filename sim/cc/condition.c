/*
 * Conditions by recursive descent:
 *
 *   or:    and {'or' and}      and:  not {'and' not}      not: ['!'] primary
 *   primary: '(' or ')' | exists('…') | HasTrailingSlash('…') | operand [== != < > <= >= operand]
 *
 * Operands are quoted text, words and $(…); text is compared without letter case, as MSBuild does
 * it. Both sides of and/or are always evaluated: nothing here has effects.
 */
#include "condition.h"

#include "cc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct parser {
    const struct cc_condition *surroundings;
    const char *at;
    unsigned depth;
    bool failed;
};

static bool either(struct parser *parser);

static bool fail(struct parser *parser, const char *message) {
    if (!parser->failed) {
        parser->surroundings->complain(parser->surroundings->context, message);
    }
    parser->failed = true;
    return false;
}

static void skip_space(struct parser *parser) {
    while (isspace((unsigned char)*parser->at)) {
        parser->at++;
    }
}

static bool takes(struct parser *parser, const char *text) {
    size_t size = strlen(text);
    skip_space(parser);
    bool word = isalpha((unsigned char)text[0]);
    if (strncasecmp(parser->at, text, size) != 0 ||
        (word && (isalnum((unsigned char)parser->at[size]) || parser->at[size] == '_'))) {
        return false;
    }
    parser->at += size;
    return true;
}

/* A quoted text, $(…), or a word; expanded. */
static const char *operand(struct parser *parser) {
    skip_space(parser);
    const char *start = parser->at;
    const char *raw;
    if (*start == '\'') {
        const char *close = strchr(start + 1, '\'');
        if (!close) {
            fail(parser, "a quotation mark is not closed");
            return "";
        }
        raw = cc_copy(start + 1, (size_t)(close - start - 1));
        parser->at = close + 1;
    } else if (start[0] == '$' || start[0] == '%' || start[0] == '@') {
        const char *close = strchr(start, ')');
        if (!close) {
            fail(parser, "'(' without its ')'");
            return "";
        }
        raw = cc_copy(start, (size_t)(close + 1 - start));
        parser->at = close + 1;
    } else {
        while (isalnum((unsigned char)*parser->at) || (*parser->at && strchr("._-", *parser->at))) {
            parser->at++;
        }
        if (parser->at == start) {
            fail(parser, *start ? "an operand is missing" : "it ends too early");
            return "";
        }
        raw = cc_copy(start, (size_t)(parser->at - start));
    }
    return parser->surroundings->expand(parser->surroundings->context, raw);
}

static bool is_number(const char *text, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

static bool compare(struct parser *parser, const char *left) {
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">"};
    for (int i = 0; i < 6; i++) {
        if (!takes(parser, operators[i])) {
            continue;
        }
        const char *right = operand(parser);
        double a, b;
        bool numbers = is_number(left, &a) && is_number(right, &b);
        if (i < 2) {
            bool equal = numbers ? a == b : strcasecmp(left, right) == 0;
            return equal == (i == 0);
        }
        if (!numbers) {
            return fail(parser, "an order of things that are no numbers");
        }
        return i == 2 ? a <= b : i == 3 ? a >= b : i == 4 ? a < b : a > b;
    }
    if (strcasecmp(left, "true") == 0 || strcasecmp(left, "false") == 0 ||
        strcasecmp(left, "on") == 0 || strcasecmp(left, "off") == 0) {
        return (left[0] | 32) == 't' || (left[1] | 32) == 'n';
    }
    return fail(parser, "neither a comparison nor true or false");
}

static bool function(struct parser *parser, bool exists) {
    if (!takes(parser, "(")) {
        return fail(parser, "a function without its '('");
    }
    const char *argument = operand(parser);
    if (!takes(parser, ")")) {
        return fail(parser, "'(' without its ')'");
    }
    size_t size = strlen(argument);
    return exists ? parser->surroundings->exists(parser->surroundings->context, argument)
                  : size && strchr("/\\", argument[size - 1]);
}

static bool primary(struct parser *parser) {
    if (parser->depth > 100) {
        return fail(parser, "it is nested too deeply");
    }
    if (takes(parser, "!")) {
        parser->depth++;
        bool value = primary(parser);
        parser->depth--;
        return !value;
    }
    if (takes(parser, "(")) {
        parser->depth++;
        bool value = either(parser);
        parser->depth--;
        return takes(parser, ")") ? value : fail(parser, "'(' without its ')'");
    }
    if (takes(parser, "exists")) {
        return function(parser, true);
    }
    if (takes(parser, "HasTrailingSlash")) {
        return function(parser, false);
    }
    const char *left = operand(parser);
    return !parser->failed && compare(parser, left);
}

static bool both(struct parser *parser) {
    bool value = primary(parser);
    while (!parser->failed && takes(parser, "and")) {
        value &= primary(parser);
    }
    return value;
}

static bool either(struct parser *parser) {
    bool value = both(parser);
    while (!parser->failed && takes(parser, "or")) {
        value |= both(parser);
    }
    return value;
}

bool cc_condition_holds(const struct cc_condition *surroundings, const char *text) {
    struct parser parser = {.surroundings = surroundings, .at = text};
    bool value = either(&parser);
    skip_space(&parser);
    if (*parser.at && !parser.failed) {
        fail(&parser, "something follows its end");
    }
    return value && !parser.failed;
}
