/*
 * The run-time library of the kernel: strings, bitmaps, tables, times, and the printf engine here.
 *
 * How the folder works. Routines are grouped by subject, one file each. They are computations on
 * the caller's memory and keep no state of their own; what allocates takes paged pool with a tag of
 * this folder, as the callers' RtlFree… routines expect. Routines that have an IRQL rule enter
 * through the gate, those that may run at any level are plain functions, so that they cost nothing.
 * 16-bit text never meets the host's wide functions: wchar_t has 32 bits there.
 *
 * The engine. A format is read unit by unit, 8 or 16 bits wide; each directive becomes a struct
 * rtl_directive, and one function per type writes it to the sink. The host's printf is used for
 * floating point alone. Sizes are those of Windows x64: `l` means 32 bits.
 */
#include <stdio.h>
#include <string.h>

#include "rtl/codepage.h"
#include "rtl/format.h"

#undef snprintf /* include/crt has made it a user of this file */

enum rtl_size {
    RTL_SIZE_INT,
    RTL_SIZE_CHAR,
    RTL_SIZE_SHORT,
    RTL_SIZE_LONG, /* 32 bits; 16-bit text */
    RTL_SIZE_WIDE, /* %ws, %wc, %wZ */
    RTL_SIZE_64,
};

struct rtl_directive {
    bool left, plus, space, alternate, zero;
    int width;
    int precision; /* -1: none */
    enum rtl_size size;
    unsigned type;
};

/* A text of either width, as a directive names it. */
struct rtl_text {
    const void *units;
    size_t length;
    bool wide;
};

#define RTL_WIDTH_LIMIT 65536

static void rtl_put(struct rtl_sink *sink, unsigned unit) {
    if (sink->length < sink->capacity) {
        if (sink->wide)
            ((WCHAR *)sink->buffer)[sink->length] = (WCHAR)unit;
        else
            ((CHAR *)sink->buffer)[sink->length] = (CHAR)unit;
    }
    sink->length++;
}

static void rtl_pad(struct rtl_sink *sink, unsigned unit, size_t count) {
    while (count-- > 0)
        rtl_put(sink, unit);
}

static void rtl_put_chars(struct rtl_sink *sink, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        rtl_put(sink, (unsigned char)text[i]);
}

/* ---- text ---- */

/* Writes one character that begins at text[at]; returns the units it took. */
static size_t rtl_put_converted(struct rtl_sink *sink, const struct rtl_text *text, size_t at) {
    if (!text->wide) {
        UCHAR byte = ((const UCHAR *)text->units)[at];
        rtl_put(sink, sink->wide ? rtl_ansi_to_unicode(byte) : byte);
        return 1;
    }
    const WCHAR *units = text->units;
    if (sink->wide) {
        rtl_put(sink, units[at]);
        return 1;
    }
    if (!sink->utf8) {
        rtl_put(sink, rtl_unicode_to_ansi(units[at]));
        return 1;
    }
    char bytes[4];
    ULONG code;
    size_t taken = rtl_utf16_decode(units + at, text->length - at, &code);
    rtl_put_chars(sink, bytes, rtl_utf8_encode(code, bytes));
    return taken;
}

static void rtl_put_text(struct rtl_sink *sink, const struct rtl_directive *d,
                         const struct rtl_text *text) {
    size_t fill = (size_t)d->width > text->length ? (size_t)d->width - text->length : 0;
    if (!d->left)
        rtl_pad(sink, d->zero ? '0' : ' ', fill);
    for (size_t at = 0; at < text->length;)
        at += rtl_put_converted(sink, text, at);
    if (d->left)
        rtl_pad(sink, ' ', fill);
}

/* True if a text or character directive means 16-bit text. */
static bool rtl_is_wide(struct rtl_sink *sink, const struct rtl_directive *d) {
    bool upper = d->type == 'S' || d->type == 'C';
    bool wide;
    if (d->size == RTL_SIZE_SHORT || d->size == RTL_SIZE_CHAR)
        wide = false;
    else if (d->size == RTL_SIZE_LONG || d->size == RTL_SIZE_WIDE)
        wide = true;
    else
        wide = d->type != 'Z' && upper != sink->wide;
    if (wide && !sink->wide)
        sink->converted = true;
    return wide;
}

static void rtl_format_string(struct rtl_sink *sink, const struct rtl_directive *d,
                              const void *units) {
    struct rtl_text text = {.units = units, .wide = rtl_is_wide(sink, d)};
    if (!units)
        text = (struct rtl_text){.units = "(null)"};
    size_t limit = d->precision >= 0 ? (size_t)d->precision : SIZE_MAX;
    if (text.wide)
        while (text.length < limit && ((const WCHAR *)text.units)[text.length])
            text.length++;
    else
        while (text.length < limit && ((const CHAR *)text.units)[text.length])
            text.length++;
    rtl_put_text(sink, d, &text);
}

static void rtl_format_counted(struct rtl_sink *sink, const struct rtl_directive *d,
                               const void *counted) {
    const STRING *narrow = counted; /* of one layout with UNICODE_STRING */
    struct rtl_text text = {.wide = rtl_is_wide(sink, d)};
    if (!counted || !narrow->Buffer) {
        text = (struct rtl_text){.units = "(null)", .length = 6};
    } else {
        text.units = narrow->Buffer;
        text.length = text.wide ? narrow->Length / sizeof(WCHAR) : narrow->Length;
    }
    if (d->precision >= 0 && text.length > (size_t)d->precision)
        text.length = (size_t)d->precision;
    rtl_put_text(sink, d, &text);
}

static void rtl_format_character(struct rtl_sink *sink, const struct rtl_directive *d, int value) {
    struct rtl_text text = {.length = 1, .wide = rtl_is_wide(sink, d)};
    WCHAR wide = (WCHAR)value;
    CHAR narrow = (CHAR)value;
    text.units = text.wide ? (const void *)&wide : (const void *)&narrow;
    rtl_put_text(sink, d, &text);
}

/* ---- numbers ---- */

/* A number's digits behind its sign or prefix, padded as asked. */
static void rtl_put_number(struct rtl_sink *sink, const struct rtl_directive *d, const char *prefix,
                           const char *digits, size_t count) {
    size_t before = strlen(prefix);
    size_t zeros =
        d->precision >= 0 && (size_t)d->precision > count ? (size_t)d->precision - count : 0;
    size_t total = before + zeros + count;
    size_t fill = (size_t)d->width > total ? (size_t)d->width - total : 0;
    if (d->zero && !d->left && d->precision < 0) {
        zeros += fill;
        fill = 0;
    }
    if (!d->left)
        rtl_pad(sink, ' ', fill);
    rtl_put_chars(sink, prefix, before);
    rtl_pad(sink, '0', zeros);
    rtl_put_chars(sink, digits, count);
    if (d->left)
        rtl_pad(sink, ' ', fill);
}

static void rtl_format_unsigned(struct rtl_sink *sink, const struct rtl_directive *d,
                                const char *sign, ULONGLONG value) {
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    const char *digits = d->type == 'X' ? upper : lower;
    unsigned base = d->type == 'o' ? 8 : d->type == 'x' || d->type == 'X' ? 16 : 10;
    char buffer[24];
    size_t at = sizeof buffer;
    if (d->alternate && base == 16 && value)
        sign = d->type == 'X' ? "0X" : "0x";
    bool octal = d->alternate && base == 8;
    for (; value; value /= base)
        buffer[--at] = digits[value % base];
    if (at == sizeof buffer && d->precision != 0)
        buffer[--at] = '0';
    if (octal && (at == sizeof buffer || buffer[at] != '0'))
        buffer[--at] = '0';
    rtl_put_number(sink, d, sign, buffer + at, sizeof buffer - at);
}

static void rtl_format_signed(struct rtl_sink *sink, const struct rtl_directive *d,
                              LONGLONG value) {
    const char *sign = value < 0 ? "-" : d->plus ? "+" : d->space ? " " : "";
    ULONGLONG magnitude = value < 0 ? 0 - (ULONGLONG)value : (ULONGLONG)value;
    rtl_format_unsigned(sink, d, sign, magnitude);
}

/* Sixteen upper-case digits without a prefix. */
static void rtl_format_pointer(struct rtl_sink *sink, struct rtl_directive d, const void *value) {
    d.type = 'X';
    d.precision = sizeof value * 2;
    rtl_format_unsigned(sink, &d, "", (ULONG_PTR)value);
}

static void rtl_format_integer(struct rtl_sink *sink, const struct rtl_directive *d,
                               ULONGLONG raw) {
    if (d->type == 'd' || d->type == 'i') {
        LONGLONG value = d->size == RTL_SIZE_64      ? (LONGLONG)raw
                         : d->size == RTL_SIZE_SHORT ? (SHORT)raw
                         : d->size == RTL_SIZE_CHAR  ? (signed char)raw
                                                     : (LONG)raw;
        rtl_format_signed(sink, d, value);
        return;
    }
    ULONGLONG value = d->size == RTL_SIZE_64      ? raw
                      : d->size == RTL_SIZE_SHORT ? (USHORT)raw
                      : d->size == RTL_SIZE_CHAR  ? (UCHAR)raw
                                                  : (ULONG)raw;
    rtl_format_unsigned(sink, d, "", value);
}

/* A double has at most 310 digits before the point; so many after it are more than enough. */
#define RTL_FLOAT_PRECISION 100

static void rtl_format_float(struct rtl_sink *sink, const struct rtl_directive *d, double value) {
    char format[16], text[512];
    size_t at = 0;
    int precision = d->precision > RTL_FLOAT_PRECISION ? RTL_FLOAT_PRECISION : d->precision;
    format[at++] = '%';
    if (d->plus)
        format[at++] = '+';
    if (d->space)
        format[at++] = ' ';
    if (d->alternate)
        format[at++] = '#';
    format[at++] = '.';
    format[at++] = '*';
    format[at++] = (char)d->type;
    format[at] = 0;
    int length = snprintf(text, sizeof text, format, precision, value);
    size_t sign = text[0] == '-' || text[0] == '+' || text[0] == ' ';
    char prefix[2] = {sign ? text[0] : 0, 0};
    struct rtl_directive layout = *d;
    layout.precision = -1;
    rtl_put_number(sink, &layout, prefix, text + sign, (size_t)length - sign);
}

/* ---- directives ---- */

static unsigned rtl_unit(const struct rtl_sink *sink, const void *format, size_t at) {
    return sink->wide ? ((const WCHAR *)format)[at] : ((const UCHAR *)format)[at];
}

static size_t rtl_read_flags(const struct rtl_sink *sink, const void *format, size_t at,
                             struct rtl_directive *d) {
    for (;; at++) {
        switch (rtl_unit(sink, format, at)) {
        case '-':
            d->left = true;
            break;
        case '+':
            d->plus = true;
            break;
        case ' ':
            d->space = true;
            break;
        case '#':
            d->alternate = true;
            break;
        case '0':
            d->zero = true;
            break;
        default:
            return at;
        }
    }
}

/* A number or an argument in its place; -1 stands for an argument below zero. */
static size_t rtl_read_number(const struct rtl_sink *sink, const void *format, size_t at,
                              struct rtl_arguments *arguments, int *value) {
    if (rtl_unit(sink, format, at) == '*') {
        *value = va_arg(arguments->list, int);
        if (*value > RTL_WIDTH_LIMIT)
            *value = RTL_WIDTH_LIMIT;
        return at + 1;
    }
    *value = 0;
    for (unsigned c; (c = rtl_unit(sink, format, at)) >= '0' && c <= '9'; at++)
        if (*value < RTL_WIDTH_LIMIT)
            *value = *value * 10 + (int)(c - '0');
    return at;
}

static size_t rtl_read_size(const struct rtl_sink *sink, const void *format, size_t at,
                            struct rtl_directive *d) {
    unsigned c = rtl_unit(sink, format, at);
    unsigned next = c ? rtl_unit(sink, format, at + 1) : 0;
    switch (c) {
    case 'h':
        d->size = next == 'h' ? RTL_SIZE_CHAR : RTL_SIZE_SHORT;
        return next == 'h' ? at + 2 : at + 1;
    case 'l':
        d->size = next == 'l' ? RTL_SIZE_64 : RTL_SIZE_LONG;
        return next == 'l' ? at + 2 : at + 1;
    case 'w':
        d->size = RTL_SIZE_WIDE;
        return at + 1;
    case 'L':
        return at + 1;
    case 'j':
    case 'z':
    case 't':
        d->size = RTL_SIZE_64;
        return at + 1;
    case 'I':
        if (next == '3' && rtl_unit(sink, format, at + 2) == '2')
            return at + 3;
        d->size = RTL_SIZE_64;
        return next == '6' && rtl_unit(sink, format, at + 2) == '4' ? at + 3 : at + 1;
    default:
        return at;
    }
}

/* Reads what stands behind a %; returns the place behind the type. */
static size_t rtl_read_directive(const struct rtl_sink *sink, const void *format, size_t at,
                                 struct rtl_arguments *arguments, struct rtl_directive *d) {
    *d = (struct rtl_directive){.precision = -1};
    at = rtl_read_flags(sink, format, at, d);
    at = rtl_read_number(sink, format, at, arguments, &d->width);
    if (d->width < 0) {
        d->left = true;
        d->width = d->width < -RTL_WIDTH_LIMIT ? RTL_WIDTH_LIMIT : -d->width;
    }
    if (rtl_unit(sink, format, at) == '.')
        at = rtl_read_number(sink, format, at + 1, arguments, &d->precision);
    at = rtl_read_size(sink, format, at, d);
    d->type = rtl_unit(sink, format, at);
    return d->type ? at + 1 : at;
}

static void rtl_format_one(struct rtl_sink *sink, const struct rtl_directive *d,
                           struct rtl_arguments *arguments) {
    switch (d->type) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        rtl_format_integer(sink, d,
                           d->size == RTL_SIZE_64 ? va_arg(arguments->list, ULONGLONG)
                                                  : va_arg(arguments->list, ULONG));
        break;
    case 'p':
        rtl_format_pointer(sink, *d, va_arg(arguments->list, void *));
        break;
    case 'c':
    case 'C':
        rtl_format_character(sink, d, va_arg(arguments->list, int));
        break;
    case 's':
    case 'S':
        rtl_format_string(sink, d, va_arg(arguments->list, const void *));
        break;
    case 'Z':
        rtl_format_counted(sink, d, va_arg(arguments->list, const void *));
        break;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        if (!sink->no_floats) {
            rtl_format_float(sink, d, va_arg(arguments->list, double));
            break;
        }
        rtl_put(sink, d->type);
        break;
    case 0:
        break;
    default:
        rtl_put(sink, d->type);
    }
}

void rtl_format(struct rtl_sink *sink, const void *format, va_list arguments) {
    struct rtl_arguments rest;
    va_copy(rest.list, arguments);
    size_t at = 0;
    for (unsigned c; (c = rtl_unit(sink, format, at)) != 0;) {
        at++;
        if (c != '%') {
            rtl_put(sink, c);
            continue;
        }
        if (sink->extension && rtl_unit(sink, format, at) == '!') {
            at = sink->extension(sink, format, at, &rest);
            continue;
        }
        struct rtl_directive d;
        at = rtl_read_directive(sink, format, at, &rest, &d);
        rtl_format_one(sink, &d, &rest);
    }
    va_end(rest.list);
}

void rtl_print(struct rtl_sink *sink, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    rtl_format(sink, format, arguments);
    va_end(arguments);
}
