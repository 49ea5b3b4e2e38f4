/*
 * Patterns on lines of text.
 *
 * "irp 1" is not to be found in "irp 12", nor "read" in "thread": a match begins and ends where a
 * word does, unless the pattern begins or ends with * or with something that is no part of a word.
 */
#include "scenario/match.h"

#include <string.h>

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c & 0x80);
}

/* Between a and b a word goes on. */
static bool inside_word(char a, char b) { return is_word(a) && is_word(b); }

/* Greedy matching with one point to go back to, the last *: never more than length² steps. */
static bool match_here(const char *pattern, const char *line) {
    const char *star = NULL, *again = NULL, *p = pattern, *s = line;
    for (;;) {
        if (!*p && (p == pattern || p[-1] == '*' || s == line || !inside_word(s[-1], *s)))
            return true;
        if (*p == '*') {
            star = ++p;
            again = s;
        } else if (*p && *s && (*p == '?' || *p == *s)) {
            p++;
            s++;
        } else if (star && *again) {
            p = star;
            s = ++again;
        } else {
            return false;
        }
    }
}

bool match_line(const char *pattern, const char *line) {
    for (const char *s = line;; s++) {
        bool border = s == line || !inside_word(s[-1], *s) || *pattern == '*';
        if (border && match_here(pattern, s))
            return true;
        if (!*s)
            return false;
    }
}
