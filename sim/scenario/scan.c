/*
 * The strict grammar of JSON (RFC 8259), recording where each value stands.
 *
 * cJSON has no positions and forgives much: numbers such as 01, control characters in strings, a
 * message-less failure. So this scanner goes over the text first. What it lets pass, cJSON takes;
 * the list of values it leaves behind, in the order of the text, is cJSON's tree in pre-order.
 */
#include "scenario/tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    const struct source *source;
    struct problems *problems;
    const char *p;
    unsigned depth;
    struct tree_entry *entries;
    size_t count, capacity;
};

static bool scan_value(struct scan *scan, size_t key);

static size_t offset_of(const struct scan *scan, const char *p) {
    return (size_t)(p - scan->source->data);
}

static bool fail(struct scan *scan, const char *at, const char *message) {
    problem_add(scan->problems, source_place(scan->source, offset_of(scan, at)), "%s", message);
    return false;
}

static void skip_space(struct scan *scan) { scan->p += strspn(scan->p, " \t\r\n"); }

static size_t add_entry(struct scan *scan, size_t key, size_t value) {
    if (scan->count == scan->capacity) {
        scan->capacity = scan->capacity ? scan->capacity * 2 : 256;
        scan->entries = memory_grow(scan->entries, scan->capacity * sizeof *scan->entries);
    }
    scan->entries[scan->count] = (struct tree_entry){.key = key, .value = value};
    return scan->count++;
}

/* The four hexadecimal digits at p, or -1. */
static int hex4(const char *p) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = p[i] ? strchr(digits, p[i]) : NULL;
        if (!digit)
            return -1;
        value = value << 4 | (int)((digit - digits) & 15);
    }
    return value;
}

static bool scan_unicode(struct scan *scan, const char *escape) {
    int unit = hex4(escape + 2);
    if (unit < 0)
        return fail(scan, escape, "\\u wants four hexadecimal digits");
    scan->p = escape + 6;
    if (unit >= 0xd800 && unit < 0xdc00) {
        int low = scan->p[0] == '\\' && scan->p[1] == 'u' ? hex4(scan->p + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return fail(scan, escape, "half of a surrogate pair");
        scan->p += 6;
    } else if (unit >= 0xdc00 && unit < 0xe000) {
        return fail(scan, escape, "half of a surrogate pair");
    }
    return true;
}

static bool scan_string(struct scan *scan) {
    const char *open = scan->p++;
    while (*scan->p != '"') {
        const char *p = scan->p;
        if (!*p || *p == '\n' || *p == '\r')
            return fail(scan, open, "this string has no end on its line");
        if ((unsigned char)*p < 0x20)
            return fail(scan, p, "a control character in a string; write it as \\uXXXX");
        if (*p != '\\') {
            scan->p++;
        } else if (p[1] == 'u') {
            if (!scan_unicode(scan, p))
                return false;
        } else if (p[1] && strchr("\"\\/bfnrt", p[1])) {
            scan->p += 2;
        } else {
            return fail(scan, p, "no such escape; a backslash is written \\\\");
        }
    }
    scan->p++;
    return true;
}

static const char *skip_digits(const char *p) { return p + strspn(p, "0123456789"); }

static bool scan_number(struct scan *scan) {
    const char *start = scan->p, *p = start + (*start == '-'), *digits = p;
    p = skip_digits(p);
    if (p == digits)
        return fail(scan, start, "a minus sign without digits");
    if (*digits == '0' && p > digits + 1)
        return fail(scan, start, "a number cannot begin with 0");
    if (*digits == '0' && (*p == 'x' || *p == 'X'))
        return fail(scan, start, "a hexadecimal number is written as a string: \"0x…\"");
    if (*p == '.') {
        digits = ++p;
        p = skip_digits(p);
        if (p == digits)
            return fail(scan, start, "a decimal point without digits behind it");
    }
    if (*p == 'e' || *p == 'E') {
        p += p[1] == '+' || p[1] == '-' ? 2 : 1;
        digits = p;
        p = skip_digits(p);
        if (p == digits)
            return fail(scan, start, "an exponent without digits");
    }
    scan->p = p;
    return true;
}

static bool scan_word(struct scan *scan) {
    static const char *const words[] = {"true", "false", "null", NULL};
    size_t length =
        strspn(scan->p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    for (unsigned i = 0; words[i]; i++) {
        if (length == strlen(words[i]) && memcmp(scan->p, words[i], length) == 0) {
            scan->p += length;
            return true;
        }
    }
    if (!*scan->p)
        return fail(scan, scan->p, "the text ends where a value should stand");
    return fail(scan, scan->p,
                length ? "not a JSON value; is it a string without quotes?"
                       : "a value should stand here");
}

/* Behind a value in an array or object: true to go on with the next one, *done at the closing
 * bracket. */
static bool scan_comma(struct scan *scan, const char *open, char close, bool *done) {
    skip_space(scan);
    *done = *scan->p == close;
    if (*done || *scan->p == ',') {
        const char *comma = scan->p++;
        skip_space(scan);
        if (!*done && *scan->p == close)
            return fail(scan, comma, "a comma with nothing behind it");
        return true;
    }
    if (!*scan->p)
        return fail(scan, open,
                    close == ']' ? "this '[' is never closed" : "this '{' is never closed");
    return fail(scan, scan->p,
                close == ']' ? "',' or ']' should stand here" : "',' or '}' should stand here");
}

static bool scan_array(struct scan *scan) {
    const char *open = scan->p++;
    skip_space(scan);
    bool done = *scan->p == ']';
    scan->p += done;
    while (!done)
        if (!scan_value(scan, SIZE_MAX) || !scan_comma(scan, open, ']', &done))
            return false;
    return true;
}

static bool scan_member(struct scan *scan, const char *open) {
    const char *key = scan->p;
    if (*key != '"')
        return fail(scan, *key ? key : open,
                    *key ? "a key in double quotes should stand here" : "this '{' is never closed");
    if (!scan_string(scan))
        return false;
    for (const char *p = key; p + 6 <= scan->p; p++) {
        if (memcmp(p, "\\u0000", 6) == 0)
            return fail(scan, p, "a zero character in a key");
        p += *p == '\\';
    }
    skip_space(scan);
    if (*scan->p != ':')
        return fail(scan, scan->p, "':' should stand here");
    scan->p++;
    return scan_value(scan, offset_of(scan, key));
}

static bool scan_object(struct scan *scan) {
    const char *open = scan->p++;
    skip_space(scan);
    bool done = *scan->p == '}';
    scan->p += done;
    while (!done)
        if (!scan_member(scan, open) || !scan_comma(scan, open, '}', &done))
            return false;
    return true;
}

static bool scan_value(struct scan *scan, size_t key) {
    skip_space(scan);
    size_t start = offset_of(scan, scan->p);
    size_t index = add_entry(scan, key == SIZE_MAX ? start : key, start);
    bool good;
    if (*scan->p == '{' || *scan->p == '[') {
        if (++scan->depth > TREE_DEPTH_LIMIT)
            return fail(scan, scan->p, "nested too deeply");
        good = *scan->p == '{' ? scan_object(scan) : scan_array(scan);
        scan->depth--;
    } else if (*scan->p == '"') {
        good = scan_string(scan);
    } else if (*scan->p == '-' || (*scan->p >= '0' && *scan->p <= '9')) {
        good = scan_number(scan);
    } else {
        good = scan_word(scan);
    }
    scan->entries[index].end = offset_of(scan, scan->p);
    return good;
}

size_t scan_json(const struct source *source, struct tree_entry **entries, struct store *store,
                 struct problems *problems) {
    struct scan scan = {.source = source, .problems = problems, .p = source->data};
    bool good = scan_value(&scan, SIZE_MAX);
    skip_space(&scan);
    if (good && *scan.p)
        good = fail(&scan, scan.p, "text behind the end of the scenario");
    if (good) {
        *entries = store_take(store, scan.count * sizeof **entries);
        memcpy(*entries, scan.entries, scan.count * sizeof **entries);
    }
    free(scan.entries);
    return good ? scan.count : 0;
}
