/*
 * Between 8-bit and 16-bit characters: the ANSI and OEM code pages of the simulated system, UTF-8.
 */
#ifndef RTL_CODEPAGE_H
#define RTL_CODEPAGE_H

#include <ntifs.h>

/* ANSI is code page 1252, OEM is 437; what has no counterpart becomes '?'. */
WCHAR rtl_ansi_to_unicode(UCHAR character);
UCHAR rtl_unicode_to_ansi(WCHAR character);
WCHAR rtl_oem_to_unicode(UCHAR character);
UCHAR rtl_unicode_to_oem(WCHAR character);

/* The character that begins at units[0], U+FFFD for a lone surrogate; returns the units it takes. */
size_t rtl_utf16_decode(const WCHAR *units, size_t length, ULONG *code);
/* Writes a character as one to four bytes; returns their number. */
size_t rtl_utf8_encode(ULONG code, char bytes[4]);
/*
 * The character that begins at bytes[0]; returns the bytes it takes. What is not well formed gives
 * U+FFFD, and `*bad` is set.
 */
size_t rtl_utf8_decode(const UCHAR *bytes, size_t length, ULONG *code, BOOLEAN *bad);

#endif
