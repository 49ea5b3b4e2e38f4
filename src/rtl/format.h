/*
 * The kernel's printf: what DbgPrint, the trace and the C run-time's formatting functions share.
 */
#ifndef RTL_FORMAT_H
#define RTL_FORMAT_H

#include <ntifs.h>

#include <stdbool.h>

/* The arguments that are still to come. */
struct rtl_arguments {
    va_list list;
};

/* Where the text goes. Units beyond the capacity are counted, not written; nothing is terminated.
 */
struct rtl_sink {
    void *buffer;    /* CHAR or WCHAR */
    size_t capacity; /* units */
    size_t length;   /* units the whole text has */
    bool wide;       /* buffer and format consist of 16-bit units, and %s, %c mean 16-bit text */
    bool utf8;       /* 8-bit text made from 16-bit text is UTF-8, else of the ANSI code page */
    bool no_floats;  /* %f and its relatives are not understood */
    bool converted;  /* set when a directive for 16-bit text was met in an 8-bit format */
    /* Handles a directive that begins with %! at format[at]; returns the place behind it. */
    size_t (*extension)(struct rtl_sink *sink, const CHAR *format, size_t at,
                        struct rtl_arguments *arguments);
    const void *extension_context;
};

/*
 * Writes the text. `format` consists of CHAR, or of WCHAR when sink->wide. Understands
 *   %[-+ #0][width|*][.precision|.*][size]type
 *   types d i u o x X p c C s S Z f F e E g G a A, sizes hh h l ll w I I32 I64 j z t L
 * with Windows' sizes: `l` is 32 bits, `I` and p those of a pointer; %Z takes a counted string
 * (%wZ a UNICODE_STRING). Any other type stands for itself; %n is not understood.
 */
void rtl_format(struct rtl_sink *sink, const void *format, va_list arguments);
/* The same for a format of ours, with 8-bit text. */
void rtl_print(struct rtl_sink *sink, const char *format, ...);

#endif
