/*
 * The rest of the C run-time: random numbers of the machine, conversions by the ANSI code page,
 * sscanf.
 *
 * sscanf reads 8-bit text with Windows' sizes (`l` is 32 bits, I64 and ll are 64) and the types
 * d i u o x X p c s [ n; floating point is not understood, as in the kernel. sscanf_s takes the
 * number of characters in the buffer behind each pointer of c, s and [; a field that does not fit
 * empties the buffer and is no match.
 */
#include <limits.h>
#include <stdarg.h>
#include "stdio.h" /* the drivers': this file implements it */
#include "stdlib.h"
#include <string.h>

#include "ki/machine.h"
#include "rtl/codepage.h"

#include "wdmsim_crt.h"

/* ---- random numbers ---- */

struct rtl_part {
    ULONG random;
};

static struct rtl_part *crt_part(void) {
    struct machine *m = ki_self();
    if (!m->rtl) {
        m->rtl = ki_alloc(m, sizeof *m->rtl);
        m->rtl->random = 1;
    }
    return m->rtl;
}

void wdmsim_crt_srand(unsigned int seed) { crt_part()->random = seed; }

int wdmsim_crt_rand(void) {
    struct rtl_part *part = crt_part();
    part->random = part->random * 214013u + 2531011u;
    return (int)(part->random >> 16 & 0x7fff);
}

/* ---- conversions; (size_t)-1 and -1 never happen with a code page of single bytes ---- */

size_t wdmsim_crt_wcstombs(char *destination, const wchar_t *source, size_t count) {
    size_t length = 0;
    if (!destination)
        count = SIZE_MAX;
    for (; length < count; length++) {
        if (destination)
            destination[length] = (char)rtl_unicode_to_ansi(source[length]);
        if (!source[length])
            break;
    }
    return length;
}

size_t wdmsim_crt_mbstowcs(wchar_t *destination, const char *source, size_t count) {
    size_t length = 0;
    if (!destination)
        count = SIZE_MAX;
    for (; length < count; length++) {
        if (destination)
            destination[length] = rtl_ansi_to_unicode((UCHAR)source[length]);
        if (!source[length])
            break;
    }
    return length;
}

int wdmsim_crt_wctomb(char *destination, wchar_t character) {
    if (!destination)
        return 0;
    *destination = (char)rtl_unicode_to_ansi(character);
    return 1;
}

int wdmsim_crt_mbtowc(wchar_t *destination, const char *source, size_t count) {
    if (!source || !count)
        return 0;
    if (destination)
        *destination = rtl_ansi_to_unicode((UCHAR)*source);
    return *source != 0;
}

/* ---- sscanf ---- */

struct crt_scan {
    const char *text, *at, *format;
    va_list arguments;
    bool sized;    /* sscanf_s */
    bool suppress; /* * */
    size_t width;
    unsigned size; /* bytes of an integer */
    char type;
};

static bool crt_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void crt_scan_directive(struct crt_scan *s) {
    s->suppress = *s->format == '*';
    s->format += s->suppress;
    s->width = 0;
    for (; *s->format >= '0' && *s->format <= '9'; s->format++)
        if (s->width < INT_MAX / 10)
            s->width = s->width * 10 + (size_t)(*s->format - '0');
    if (!s->width)
        s->width = SIZE_MAX;
    s->size = 4;
    if (strncmp(s->format, "I64", 3) == 0 || strncmp(s->format, "I32", 3) == 0) {
        s->size = s->format[1] == '6' ? 8 : 4;
        s->format += 3;
    } else if (strncmp(s->format, "ll", 2) == 0 || strncmp(s->format, "hh", 2) == 0) {
        s->size = s->format[0] == 'l' ? 8 : 1;
        s->format += 2;
    } else if (*s->format && strchr("hlzjtI", *s->format)) {
        s->size = *s->format == 'h' ? 2 : *s->format == 'l' ? 4 : 8;
        s->format++;
    }
    s->type = *s->format;
    s->format += s->type != 0;
}

static void crt_store(struct crt_scan *s, unsigned long long value) {
    if (!s->suppress)
        memcpy(va_arg(s->arguments, void *), &value, s->size);
}

static int crt_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool crt_scan_number(struct crt_scan *s) {
    int base = s->type == 'x' || s->type == 'X' || s->type == 'p' ? 16
               : s->type == 'o'                                   ? 8
               : s->type == 'i'                                   ? 0
                                                                  : 10;
    size_t left = s->width;
    bool negative = *s->at == '-', any = false;
    if (left && (*s->at == '-' || *s->at == '+')) {
        s->at++;
        left--;
    }
    if (left > 2 && (base == 0 || base == 16) && s->at[0] == '0' && (s->at[1] | 0x20) == 'x' &&
        crt_value(s->at[2]) < 16) {
        s->at += 2;
        left -= 2;
        base = 16;
    }
    if (base == 0)
        base = *s->at == '0' ? 8 : 10;
    unsigned long long value = 0;
    for (; left && crt_value(*s->at) < base; s->at++, left--, any = true)
        value = value * (unsigned)base + (unsigned)crt_value(*s->at);
    if (s->type == 'p')
        s->size = 8;
    if (any)
        crt_store(s, negative ? 0 - value : value);
    return any;
}

/* Reads up to `]`; a set of characters, ranges included. */
static void crt_scan_set(struct crt_scan *s, bool set[256]) {
    bool invert = *s->format == '^';
    s->format += invert;
    memset(set, invert, 256);
    for (bool first = true; *s->format && (first || *s->format != ']'); first = false) {
        unsigned char low = (unsigned char)*s->format++, high = low;
        if (s->format[0] == '-' && s->format[1] && s->format[1] != ']') {
            high = (unsigned char)s->format[1];
            s->format += 2;
        }
        for (unsigned c = low; c <= high; c++)
            set[c] = !invert;
    }
    s->format += *s->format == ']';
}

static bool crt_scan_text(struct crt_scan *s) {
    bool set[256];
    if (s->type == '[') {
        crt_scan_set(s, set);
    } else {
        for (unsigned c = 0; c < 256; c++)
            set[c] = s->type == 'c' || !crt_blank((char)c);
        if (s->type == 'c' && s->width == SIZE_MAX)
            s->width = 1;
    }
    set[0] = false;
    char *to = s->suppress ? NULL : va_arg(s->arguments, char *);
    size_t room = to && s->sized ? va_arg(s->arguments, unsigned) : SIZE_MAX, length = 0;
    while (length < s->width && set[(unsigned char)s->at[length]])
        length++;
    bool ended = s->type != 'c';
    if (length + ended > room) {
        if (room)
            to[0] = 0;
        return false;
    }
    if (to)
        memcpy(to, s->at, length);
    if (to && ended)
        to[length] = 0;
    s->at += length;
    return length && (s->type != 'c' || length == s->width);
}

/* 1: a field was read, 0: nothing to count, -1: no match. */
static int crt_scan_one(struct crt_scan *s) {
    crt_scan_directive(s);
    if (s->type != 'c' && s->type != '[' && s->type != 'n')
        while (crt_blank(*s->at))
            s->at++;
    bool read;
    switch (s->type) {
    case 'n':
        crt_store(s, (unsigned long long)(s->at - s->text));
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
        read = s->type && *s->at == s->type;
        s->at += read;
        return read ? 0 : -1;
    }
    return !read ? -1 : !s->suppress;
}

static int crt_scan(struct crt_scan *s) {
    int fields = 0, result = 0;
    while (*s->format && result >= 0) {
        if (crt_blank(*s->format)) {
            while (crt_blank(*s->at))
                s->at++;
            s->format++;
        } else if (*s->format == '%') {
            s->format++;
            bool ended = *s->at == 0;
            result = crt_scan_one(s);
            if (result < 0 && ended && !fields)
                fields = EOF;
            fields += result > 0;
        } else if (*s->format++ != *s->at++) {
            break;
        }
    }
    return fields;
}

int wdmsim_crt_sscanf(const char *string, const char *format, ...) {
    struct crt_scan s = {.text = string, .at = string, .format = format};
    va_start(s.arguments, format);
    int fields = crt_scan(&s);
    va_end(s.arguments);
    return fields;
}

int wdmsim_crt_sscanf_s(const char *string, const char *format, ...) {
    struct crt_scan s = {.text = string, .at = string, .format = format, .sized = true};
    va_start(s.arguments, format);
    int fields = crt_scan(&s);
    va_end(s.arguments);
    return fields;
}
