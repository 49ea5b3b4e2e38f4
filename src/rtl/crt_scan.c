/*
 * The C run-time's scanning functions, for 8-bit and 16-bit text.
 *
 * Windows' sizes (`l` is 32 bits, I64 and ll are 64) and the types d i u o x X p c s [ C S n;
 * floating point is not understood, as in the kernel. Text is stored as wide as the string that is
 * read, or as h, l and w say; C and S mean the other width. The _s functions take the number of
 * characters in the buffer behind each pointer to text; a field that does not fit empties the
 * buffer and is no match.
 */
#include <limits.h>
#include <stdarg.h>
#include "stdio.h" /* the drivers': this file implements some of it */
#include <string.h>

#include "ki/machine.h"
#include "rtl/codepage.h"

#include "wdmsim_crt.h"

/* Text of either width, of which no more than `count` characters are looked at. */
struct crt_source {
    const void *text;
    size_t at, count;
    bool wide;
};

struct crt_scan {
    struct crt_source text, format;
    va_list arguments;
    bool sized;    /* one of the _s functions */
    bool suppress; /* * */
    size_t width;
    unsigned size; /* bytes of an integer */
    bool wide;     /* of the text that is stored */
    unsigned type;
};

/* What is read, `ahead` of where it stands; 0 at the end. */
static unsigned crt_peek(const struct crt_source *source, size_t ahead) {
    size_t at = source->at + ahead;
    if (at >= source->count)
        return 0;
    return source->wide ? ((const WCHAR *)source->text)[at] : ((const UCHAR *)source->text)[at];
}

static bool crt_skip(struct crt_source *source, const char *word) {
    size_t length = 0;
    while (word[length] && crt_peek(source, length) == (UCHAR)word[length])
        length++;
    if (word[length])
        return false;
    source->at += length;
    return true;
}

static bool crt_blank(unsigned c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void crt_skip_blanks(struct crt_source *source) {
    while (crt_blank(crt_peek(source, 0)))
        source->at++;
}

/* ---- directives ---- */

static void crt_scan_size(struct crt_scan *s) {
    s->size = 4;
    s->wide = s->text.wide;
    if (crt_skip(&s->format, "I64") || crt_skip(&s->format, "ll")) {
        s->size = 8;
    } else if (crt_skip(&s->format, "I32")) {
        s->size = 4;
    } else if (crt_skip(&s->format, "hh")) {
        s->size = 1;
        s->wide = false;
    } else if (crt_skip(&s->format, "h")) {
        s->size = 2;
        s->wide = false;
    } else if (crt_skip(&s->format, "l") || crt_skip(&s->format, "w")) {
        s->wide = true;
    } else if (crt_skip(&s->format, "z") || crt_skip(&s->format, "j") ||
               crt_skip(&s->format, "t") || crt_skip(&s->format, "I")) {
        s->size = 8;
    }
}

static void crt_scan_directive(struct crt_scan *s) {
    unsigned digit;
    s->suppress = crt_skip(&s->format, "*");
    s->width = 0;
    for (; (digit = crt_peek(&s->format, 0) - '0') < 10; s->format.at++)
        if (s->width < INT_MAX / 10)
            s->width = s->width * 10 + digit;
    if (!s->width)
        s->width = SIZE_MAX;
    crt_scan_size(s);
    s->type = crt_peek(&s->format, 0);
    s->format.at += s->type != 0;
    if (s->type == 'C' || s->type == 'S') {
        s->wide = !s->text.wide;
        s->type |= 0x20;
    }
}

/* ---- numbers ---- */

static void crt_store(struct crt_scan *s, unsigned long long value) {
    if (!s->suppress)
        memcpy(va_arg(s->arguments, void *), &value, s->size);
}

static int crt_value(unsigned c) {
    if (c >= '0' && c <= '9')
        return (int)c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (int)c - 'a' + 10 : 16;
}

static int crt_base(unsigned type) {
    switch (type) {
    case 'x':
    case 'X':
    case 'p':
        return 16;
    case 'o':
        return 8;
    case 'i':
        return 0;
    default:
        return 10;
    }
}

static bool crt_scan_number(struct crt_scan *s) {
    int base = crt_base(s->type);
    size_t left = s->width;
    unsigned sign = crt_peek(&s->text, 0);
    bool any = false;
    if (sign == '-' || sign == '+') {
        s->text.at++;
        left--;
    }
    if (left > 2 && (base == 0 || base == 16) && crt_peek(&s->text, 0) == '0' &&
        (crt_peek(&s->text, 1) | 0x20) == 'x' && crt_value(crt_peek(&s->text, 2)) < 16) {
        s->text.at += 2;
        left -= 2;
        base = 16;
    }
    if (base == 0)
        base = crt_peek(&s->text, 0) == '0' ? 8 : 10;
    unsigned long long value = 0;
    for (int digit; left && (digit = crt_value(crt_peek(&s->text, 0))) < base; left--, any = true) {
        value = value * (unsigned)base + (unsigned)digit;
        s->text.at++;
    }
    if (s->type == 'p')
        s->size = 8;
    if (any)
        crt_store(s, sign == '-' ? 0 - value : value);
    return any;
}

/* ---- text ---- */

/* Whether a set (`set` is behind its opening bracket, and behind ^) has a character. */
static bool crt_in_set(struct crt_source set, unsigned c) {
    for (bool first = true;; first = false) {
        unsigned low = crt_peek(&set, 0), high = low;
        if (!low || (low == ']' && !first))
            return false;
        unsigned last = crt_peek(&set, 1) == '-' ? crt_peek(&set, 2) : 0;
        if (last && last != ']') {
            high = last;
            set.at += 2;
        }
        set.at++;
        if (c >= low && c <= high)
            return true;
    }
}

/* How many characters of the text belong to a field of type c, s or [. */
static size_t crt_field_length(struct crt_scan *s) {
    struct crt_source set = s->format;
    bool invert = s->type == '[' && crt_skip(&set, "^");
    size_t length = 0;
    for (unsigned c; length < s->width && (c = crt_peek(&s->text, length)) != 0; length++)
        if ((s->type == 's' && crt_blank(c)) || (s->type == '[' && crt_in_set(set, c) == invert))
            break;
    if (s->type == '[') { /* a bracket that comes first belongs to the set */
        set.at += crt_peek(&set, 0) == ']';
        while (crt_peek(&set, 0) && !crt_skip(&set, "]"))
            set.at++;
        s->format.at = set.at;
    }
    return length;
}

static void crt_put_character(const struct crt_scan *s, void *to, size_t at, unsigned c) {
    if (s->wide)
        ((WCHAR *)to)[at] = s->text.wide ? (WCHAR)c : rtl_ansi_to_unicode((UCHAR)c);
    else
        ((CHAR *)to)[at] = (CHAR)(s->text.wide ? rtl_unicode_to_ansi((WCHAR)c) : c);
}

static bool crt_scan_text(struct crt_scan *s) {
    if (s->type == 'c' && s->width == SIZE_MAX)
        s->width = 1;
    size_t length = crt_field_length(s), ended = s->type != 'c';
    void *to = s->suppress ? NULL : va_arg(s->arguments, void *);
    size_t room = to && s->sized ? va_arg(s->arguments, unsigned) : SIZE_MAX;
    if (length + ended > room) {
        if (room)
            crt_put_character(s, to, 0, 0);
        return false;
    }
    for (size_t i = 0; to && i < length; i++)
        crt_put_character(s, to, i, crt_peek(&s->text, i));
    if (to && ended)
        crt_put_character(s, to, length, 0);
    s->text.at += length;
    return length && (ended || length == s->width);
}

/* ---- all ---- */

/* 1: a field was read, 0: nothing to count, -1: no match. */
static int crt_scan_one(struct crt_scan *s) {
    crt_scan_directive(s);
    if (s->type != 'c' && s->type != '[' && s->type != 'n')
        crt_skip_blanks(&s->text);
    bool read;
    switch (s->type) {
    case 'n':
        crt_store(s, (unsigned long long)s->text.at);
        return 0;
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'p':
        read = crt_scan_number(s);
        break;
    case 's':
    case 'c':
    case '[':
        read = crt_scan_text(s);
        break;
    default:
        read = s->type && crt_peek(&s->text, 0) == s->type;
        s->text.at += read;
        return read ? 0 : -1;
    }
    return !read ? -1 : !s->suppress;
}

static int crt_scan(struct crt_scan *s) {
    int fields = 0, result = 0;
    for (unsigned c; (c = crt_peek(&s->format, 0)) != 0 && result >= 0;) {
        s->format.at++;
        if (crt_blank(c)) {
            crt_skip_blanks(&s->text);
        } else if (c == '%') {
            bool ended = crt_peek(&s->text, 0) == 0;
            result = crt_scan_one(s);
            if (result < 0 && ended && !fields)
                fields = EOF;
            fields += result > 0;
        } else if (crt_peek(&s->text, 0) == c) {
            s->text.at++;
        } else {
            break;
        }
    }
    return fields;
}

#define CRT_SCAN(is_wide, limit, is_sized)                                                         \
    struct crt_scan s = {.text = {.text = string, .count = limit, .wide = is_wide},                \
                         .format = {.text = format, .count = SIZE_MAX, .wide = is_wide},           \
                         .sized = is_sized};                                                       \
    va_start(s.arguments, format);                                                                 \
    int fields = crt_scan(&s);                                                                     \
    va_end(s.arguments);                                                                           \
    return fields

int wdmsim_crt_sscanf(const char *string, const char *format, ...) {
    CRT_SCAN(false, SIZE_MAX, false);
}

int wdmsim_crt_sscanf_s(const char *string, const char *format, ...) {
    CRT_SCAN(false, SIZE_MAX, true);
}

int wdmsim_crt__snscanf_s(const char *string, size_t count, const char *format, ...) {
    CRT_SCAN(false, count, true);
}

int wdmsim_crt_swscanf(const wchar_t *string, const wchar_t *format, ...) {
    CRT_SCAN(true, SIZE_MAX, false);
}

int wdmsim_crt_swscanf_s(const wchar_t *string, const wchar_t *format, ...) {
    CRT_SCAN(true, SIZE_MAX, true);
}

int wdmsim_crt__snwscanf_s(const wchar_t *string, size_t count, const wchar_t *format, ...) {
    CRT_SCAN(true, count, true);
}
