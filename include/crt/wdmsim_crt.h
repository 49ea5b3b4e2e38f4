/*
 * The C run-time names of Windows that hosts lack, or spell with another width of wchar_t.
 *
 * Each name is a macro for a function wdmsim_crt_NAME of the library, so the host's own function of
 * that name is never called with 16-bit characters. The host's <wchar.h> is included first: its
 * declarations stay as they are, and including it later is harmless. wdm.h includes this file; what
 * belongs to <stdio.h> and <stdlib.h> alone is in the files of that name beside this one.
 */
#ifndef WDMSIM_CRT_H
#define WDMSIM_CRT_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- strings of 16-bit characters ---- */

size_t wdmsim_crt_wcslen(const wchar_t *string);
size_t wdmsim_crt_wcsnlen(const wchar_t *string, size_t maximum);
wchar_t *wdmsim_crt_wcscpy(wchar_t *destination, const wchar_t *source);
wchar_t *wdmsim_crt_wcsncpy(wchar_t *destination, const wchar_t *source, size_t count);
wchar_t *wdmsim_crt_wcscat(wchar_t *destination, const wchar_t *source);
wchar_t *wdmsim_crt_wcsncat(wchar_t *destination, const wchar_t *source, size_t count);
int wdmsim_crt_wcscmp(const wchar_t *left, const wchar_t *right);
int wdmsim_crt_wcsncmp(const wchar_t *left, const wchar_t *right, size_t count);
wchar_t *wdmsim_crt_wcschr(const wchar_t *string, wchar_t character);
wchar_t *wdmsim_crt_wcsrchr(const wchar_t *string, wchar_t character);
wchar_t *wdmsim_crt_wcsstr(const wchar_t *string, const wchar_t *part);
wchar_t *wdmsim_crt_wcspbrk(const wchar_t *string, const wchar_t *set);
size_t wdmsim_crt_wcsspn(const wchar_t *string, const wchar_t *set);
size_t wdmsim_crt_wcscspn(const wchar_t *string, const wchar_t *set);
wchar_t *wdmsim_crt_wcstok_s(wchar_t *string, const wchar_t *delimiters, wchar_t **context);
int wdmsim_crt_wcstol(const wchar_t *string, wchar_t **end, int base);
unsigned int wdmsim_crt_wcstoul(const wchar_t *string, wchar_t **end, int base);
wchar_t *wdmsim_crt_wmemcpy(wchar_t *destination, const wchar_t *source, size_t count);
wchar_t *wdmsim_crt_wmemset(wchar_t *destination, wchar_t value, size_t count);
wchar_t *wdmsim_crt_wmemmove(wchar_t *destination, const wchar_t *source, size_t count);
int wdmsim_crt_wmemcmp(const wchar_t *left, const wchar_t *right, size_t count);
wchar_t *wdmsim_crt_wmemchr(const wchar_t *memory, wchar_t character, size_t count);
wchar_t wdmsim_crt_towupper(wchar_t character);
wchar_t wdmsim_crt_towlower(wchar_t character);
int wdmsim_crt_iswdigit(wchar_t character);
int wdmsim_crt_iswxdigit(wchar_t character);
int wdmsim_crt_iswalpha(wchar_t character);
int wdmsim_crt_iswalnum(wchar_t character);
int wdmsim_crt_iswspace(wchar_t character);
int wdmsim_crt_iswupper(wchar_t character);
int wdmsim_crt_iswlower(wchar_t character);
int wdmsim_crt_iswprint(wchar_t character);
int wdmsim_crt_iswctype(wchar_t character, unsigned short type);

/* ---- Microsoft's additions: comparing and changing case, in place where a pointer is returned
 * ---- */

int wdmsim_crt__wcsicmp(const wchar_t *left, const wchar_t *right);
int wdmsim_crt__wcsnicmp(const wchar_t *left, const wchar_t *right, size_t count);
wchar_t *wdmsim_crt__wcslwr(wchar_t *string);
wchar_t *wdmsim_crt__wcsupr(wchar_t *string);
wchar_t *wdmsim_crt__wcsrev(wchar_t *string);
wchar_t *wdmsim_crt__wcsset(wchar_t *string, wchar_t value);
wchar_t *wdmsim_crt__wcsnset(wchar_t *string, wchar_t value, size_t count);
int wdmsim_crt__wtoi(const wchar_t *string);
int wdmsim_crt__wtol(const wchar_t *string);
long long wdmsim_crt__wtoi64(const wchar_t *string);
wchar_t *wdmsim_crt__itow(int value, wchar_t *buffer, int radix);
wchar_t *wdmsim_crt__ltow(int value, wchar_t *buffer, int radix);
wchar_t *wdmsim_crt__ultow(unsigned int value, wchar_t *buffer, int radix);
wchar_t *wdmsim_crt__i64tow(long long value, wchar_t *buffer, int radix);
wchar_t *wdmsim_crt__ui64tow(unsigned long long value, wchar_t *buffer, int radix);
int wdmsim_crt__stricmp(const char *left, const char *right);
int wdmsim_crt__strnicmp(const char *left, const char *right, size_t count);
char *wdmsim_crt__strlwr(char *string);
char *wdmsim_crt__strupr(char *string);
char *wdmsim_crt__strrev(char *string);
char *wdmsim_crt__strset(char *string, int value);
char *wdmsim_crt__strnset(char *string, int value, size_t count);
char *wdmsim_crt__itoa(int value, char *buffer, int radix);
char *wdmsim_crt__ltoa(int value, char *buffer, int radix);
char *wdmsim_crt__ultoa(unsigned int value, char *buffer, int radix);
char *wdmsim_crt__i64toa(long long value, char *buffer, int radix);
char *wdmsim_crt__ui64toa(unsigned long long value, char *buffer, int radix);
long long wdmsim_crt__atoi64(const char *string);

/* ---- with the destination's size in elements; result is errno_t: 0, EINVAL 22 or ERANGE 34 ----
 */

int wdmsim_crt_strcpy_s(char *destination, size_t size, const char *source);
int wdmsim_crt_strncpy_s(char *destination, size_t size, const char *source, size_t count);
int wdmsim_crt_strcat_s(char *destination, size_t size, const char *source);
int wdmsim_crt_strncat_s(char *destination, size_t size, const char *source, size_t count);
char *wdmsim_crt_strtok_s(char *string, const char *delimiters, char **context);
int wdmsim_crt_wcscpy_s(wchar_t *destination, size_t size, const wchar_t *source);
int wdmsim_crt_wcsncpy_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count);
int wdmsim_crt_wcscat_s(wchar_t *destination, size_t size, const wchar_t *source);
int wdmsim_crt_wcsncat_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count);
int wdmsim_crt_memcpy_s(void *destination, size_t size, const void *source, size_t count);
int wdmsim_crt_memmove_s(void *destination, size_t size, const void *source, size_t count);
int wdmsim_crt_wmemcpy_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count);
int wdmsim_crt_wmemmove_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count);
size_t wdmsim_crt_strnlen_s(const char *string, size_t maximum);
size_t wdmsim_crt_wcsnlen_s(const wchar_t *string, size_t maximum);
int wdmsim_crt__strset_s(char *string, size_t size, int value);
int wdmsim_crt__strnset_s(char *string, size_t size, int value, size_t count);
int wdmsim_crt__wcsset_s(wchar_t *string, size_t size, wchar_t value);
int wdmsim_crt__wcsnset_s(wchar_t *string, size_t size, wchar_t value, size_t count);
int wdmsim_crt__strlwr_s(char *string, size_t size);
int wdmsim_crt__strupr_s(char *string, size_t size);
int wdmsim_crt__wcslwr_s(wchar_t *string, size_t size);
int wdmsim_crt__wcsupr_s(wchar_t *string, size_t size);
int wdmsim_crt__itoa_s(int value, char *buffer, size_t size, int radix);
int wdmsim_crt__ltoa_s(int value, char *buffer, size_t size, int radix);
int wdmsim_crt__ultoa_s(unsigned int value, char *buffer, size_t size, int radix);
int wdmsim_crt__i64toa_s(long long value, char *buffer, size_t size, int radix);
int wdmsim_crt__ui64toa_s(unsigned long long value, char *buffer, size_t size, int radix);
int wdmsim_crt__itow_s(int value, wchar_t *buffer, size_t size, int radix);
int wdmsim_crt__ltow_s(int value, wchar_t *buffer, size_t size, int radix);
int wdmsim_crt__ultow_s(unsigned int value, wchar_t *buffer, size_t size, int radix);
int wdmsim_crt__i64tow_s(long long value, wchar_t *buffer, size_t size, int radix);
int wdmsim_crt__ui64tow_s(unsigned long long value, wchar_t *buffer, size_t size, int radix);

/* ---- formatting in Microsoft's dialect: %ld is 32 bits, %I64d 64; %ws, %S, %wZ, %Z; sizes in
 * elements ---- */

int wdmsim_crt__snprintf(char *buffer, size_t count, const char *format, ...);
int wdmsim_crt__vsnprintf(char *buffer, size_t count, const char *format, va_list arguments);
int wdmsim_crt__scprintf(const char *format, ...);
int wdmsim_crt__vscprintf(const char *format, va_list arguments);
int wdmsim_crt_sprintf_s(char *buffer, size_t size, const char *format, ...);
int wdmsim_crt_vsprintf_s(char *buffer, size_t size, const char *format, va_list arguments);
int wdmsim_crt__snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...);
int wdmsim_crt__vsnprintf_s(char *buffer, size_t size, size_t count, const char *format,
                            va_list arguments);
int wdmsim_crt__swprintf(wchar_t *buffer, const wchar_t *format, ...);
int wdmsim_crt__snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...);
int wdmsim_crt__vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format, va_list arguments);
int wdmsim_crt__scwprintf(const wchar_t *format, ...);
int wdmsim_crt__vscwprintf(const wchar_t *format, va_list arguments);
int wdmsim_crt_swprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, ...);
int wdmsim_crt_vswprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, va_list arguments);
int wdmsim_crt__snwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format, ...);
int wdmsim_crt__vsnwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format,
                             va_list arguments);
int wdmsim_crt_swprintf(wchar_t *buffer, const wchar_t *format, ...);
int wdmsim_crt_swprintf_c(wchar_t *buffer, size_t count, const wchar_t *format, ...);
int wdmsim_crt_vswprintf(wchar_t *buffer, const wchar_t *format, va_list arguments);
int wdmsim_crt_vswprintf_c(wchar_t *buffer, size_t count, const wchar_t *format, va_list arguments);

/* ---- scanning, likewise; with _s there is behind each pointer of %s, %c and %[ the number of
 * characters in what it points to, an unsigned int ---- */

int wdmsim_crt_swscanf(const wchar_t *string, const wchar_t *format, ...);
int wdmsim_crt_swscanf_s(const wchar_t *string, const wchar_t *format, ...);
/** These read no more than `count` characters of the string. */
int wdmsim_crt__snscanf_s(const char *string, size_t count, const char *format, ...);
int wdmsim_crt__snwscanf_s(const wchar_t *string, size_t count, const wchar_t *format, ...);

#ifdef __cplusplus
}
#endif

typedef int errno_t;
#define _TRUNCATE ((size_t)-1)

#undef wcslen
#define wcslen wdmsim_crt_wcslen
#undef wcsnlen
#define wcsnlen wdmsim_crt_wcsnlen
#undef wcscpy
#define wcscpy wdmsim_crt_wcscpy
#undef wcsncpy
#define wcsncpy wdmsim_crt_wcsncpy
#undef wcscat
#define wcscat wdmsim_crt_wcscat
#undef wcsncat
#define wcsncat wdmsim_crt_wcsncat
#undef wcscmp
#define wcscmp wdmsim_crt_wcscmp
#undef wcsncmp
#define wcsncmp wdmsim_crt_wcsncmp
#undef wcschr
#define wcschr wdmsim_crt_wcschr
#undef wcsrchr
#define wcsrchr wdmsim_crt_wcsrchr
#undef wcsstr
#define wcsstr wdmsim_crt_wcsstr
#undef wcspbrk
#define wcspbrk wdmsim_crt_wcspbrk
#undef wcsspn
#define wcsspn wdmsim_crt_wcsspn
#undef wcscspn
#define wcscspn wdmsim_crt_wcscspn
#define wcstok_s wdmsim_crt_wcstok_s
#undef wcstol
#define wcstol wdmsim_crt_wcstol
#undef wcstoul
#define wcstoul wdmsim_crt_wcstoul
#undef wmemcpy
#define wmemcpy wdmsim_crt_wmemcpy
#undef wmemset
#define wmemset wdmsim_crt_wmemset
#undef wmemmove
#define wmemmove wdmsim_crt_wmemmove
#undef wmemcmp
#define wmemcmp wdmsim_crt_wmemcmp
#undef wmemchr
#define wmemchr wdmsim_crt_wmemchr
#undef towupper
#define towupper wdmsim_crt_towupper
#undef towlower
#define towlower wdmsim_crt_towlower
#undef iswdigit
#define iswdigit wdmsim_crt_iswdigit
#undef iswxdigit
#define iswxdigit wdmsim_crt_iswxdigit
#undef iswalpha
#define iswalpha wdmsim_crt_iswalpha
#undef iswalnum
#define iswalnum wdmsim_crt_iswalnum
#undef iswspace
#define iswspace wdmsim_crt_iswspace
#undef iswupper
#define iswupper wdmsim_crt_iswupper
#undef iswlower
#define iswlower wdmsim_crt_iswlower
#undef iswprint
#define iswprint wdmsim_crt_iswprint
#undef iswctype
#define iswctype wdmsim_crt_iswctype
#define _wcsicmp wdmsim_crt__wcsicmp
#define _wcsnicmp wdmsim_crt__wcsnicmp
#define _wcslwr wdmsim_crt__wcslwr
#define _wcsupr wdmsim_crt__wcsupr
#define _wcsrev wdmsim_crt__wcsrev
#define _wcsset wdmsim_crt__wcsset
#define _wcsnset wdmsim_crt__wcsnset
#define _wtoi wdmsim_crt__wtoi
#define _wtol wdmsim_crt__wtol
#define _wtoi64 wdmsim_crt__wtoi64
#define _itow wdmsim_crt__itow
#define _ltow wdmsim_crt__ltow
#define _ultow wdmsim_crt__ultow
#define _i64tow wdmsim_crt__i64tow
#define _ui64tow wdmsim_crt__ui64tow
#define _stricmp wdmsim_crt__stricmp
#define _strnicmp wdmsim_crt__strnicmp
#define _strlwr wdmsim_crt__strlwr
#define _strupr wdmsim_crt__strupr
#define _strrev wdmsim_crt__strrev
#define _strset wdmsim_crt__strset
#define _strnset wdmsim_crt__strnset
#define _itoa wdmsim_crt__itoa
#define _ltoa wdmsim_crt__ltoa
#define _ultoa wdmsim_crt__ultoa
#define _i64toa wdmsim_crt__i64toa
#define _ui64toa wdmsim_crt__ui64toa
#define _atoi64 wdmsim_crt__atoi64
#define strcpy_s wdmsim_crt_strcpy_s
#define strncpy_s wdmsim_crt_strncpy_s
#define strcat_s wdmsim_crt_strcat_s
#define strncat_s wdmsim_crt_strncat_s
#define strtok_s wdmsim_crt_strtok_s
#define wcscpy_s wdmsim_crt_wcscpy_s
#define wcsncpy_s wdmsim_crt_wcsncpy_s
#define wcscat_s wdmsim_crt_wcscat_s
#define wcsncat_s wdmsim_crt_wcsncat_s
#define memcpy_s wdmsim_crt_memcpy_s
#define memmove_s wdmsim_crt_memmove_s
#define wmemcpy_s wdmsim_crt_wmemcpy_s
#define wmemmove_s wdmsim_crt_wmemmove_s
#define strnlen_s wdmsim_crt_strnlen_s
#define wcsnlen_s wdmsim_crt_wcsnlen_s
#define _strset_s wdmsim_crt__strset_s
#define _strnset_s wdmsim_crt__strnset_s
#define _wcsset_s wdmsim_crt__wcsset_s
#define _wcsnset_s wdmsim_crt__wcsnset_s
#define _strlwr_s wdmsim_crt__strlwr_s
#define _strupr_s wdmsim_crt__strupr_s
#define _wcslwr_s wdmsim_crt__wcslwr_s
#define _wcsupr_s wdmsim_crt__wcsupr_s
#define _itoa_s wdmsim_crt__itoa_s
#define _ltoa_s wdmsim_crt__ltoa_s
#define _ultoa_s wdmsim_crt__ultoa_s
#define _i64toa_s wdmsim_crt__i64toa_s
#define _ui64toa_s wdmsim_crt__ui64toa_s
#define _itow_s wdmsim_crt__itow_s
#define _ltow_s wdmsim_crt__ltow_s
#define _ultow_s wdmsim_crt__ultow_s
#define _i64tow_s wdmsim_crt__i64tow_s
#define _ui64tow_s wdmsim_crt__ui64tow_s
#define _snprintf wdmsim_crt__snprintf
#define _vsnprintf wdmsim_crt__vsnprintf
#define _scprintf wdmsim_crt__scprintf
#define _vscprintf wdmsim_crt__vscprintf
#define sprintf_s wdmsim_crt_sprintf_s
#define vsprintf_s wdmsim_crt_vsprintf_s
#define _snprintf_s wdmsim_crt__snprintf_s
#define _vsnprintf_s wdmsim_crt__vsnprintf_s
#define _swprintf wdmsim_crt__swprintf
#define _vswprintf wdmsim_crt_vswprintf
#define _snwprintf wdmsim_crt__snwprintf
#define _vsnwprintf wdmsim_crt__vsnwprintf
#define _scwprintf wdmsim_crt__scwprintf
#define _vscwprintf wdmsim_crt__vscwprintf
#define swprintf_s wdmsim_crt_swprintf_s
#define vswprintf_s wdmsim_crt_vswprintf_s
#define _snwprintf_s wdmsim_crt__snwprintf_s
#define _vsnwprintf_s wdmsim_crt__vsnwprintf_s
#undef swscanf
#define swscanf wdmsim_crt_swscanf
#define swscanf_s wdmsim_crt_swscanf_s
#define _snscanf_s wdmsim_crt__snscanf_s
#define _snwscanf_s wdmsim_crt__snwscanf_s

/* swprintf and vswprintf exist with and without a count; the second argument tells which is meant.
 */
#undef swprintf
#undef vswprintf
#ifdef __cplusplus
extern "C++" {
template <typename... T> static inline int wdmsim_swprintf(wchar_t *b, const wchar_t *f, T... a) {
    return wdmsim_crt_swprintf(b, f, a...);
}
template <typename... T>
static inline int wdmsim_swprintf(wchar_t *b, size_t n, const wchar_t *f, T... a) {
    return wdmsim_crt_swprintf_c(b, n, f, a...);
}
static inline int wdmsim_vswprintf(wchar_t *b, const wchar_t *f, va_list a) {
    return wdmsim_crt_vswprintf(b, f, a);
}
static inline int wdmsim_vswprintf(wchar_t *b, size_t n, const wchar_t *f, va_list a) {
    return wdmsim_crt_vswprintf_c(b, n, f, a);
}
}
#define swprintf wdmsim_swprintf
#define vswprintf wdmsim_vswprintf
#else
#define swprintf(b, x, ...)                                                                        \
    _Generic((x), wchar_t *: wdmsim_crt_swprintf, const wchar_t *: wdmsim_crt_swprintf,            \
             default: wdmsim_crt_swprintf_c)(b, x, ##__VA_ARGS__)
#define vswprintf(b, x, ...)                                                                       \
    _Generic((x), wchar_t *: wdmsim_crt_vswprintf, const wchar_t *: wdmsim_crt_vswprintf,          \
             default: wdmsim_crt_vswprintf_c)(b, x, __VA_ARGS__)
#endif

#ifdef __cplusplus
#include "wdmsim_crt_arrays.h"
#endif

#define stricmp _stricmp
#define strcmpi _stricmp
#define strnicmp _strnicmp
#define strlwr _strlwr
#define strupr _strupr
#define wcsicmp _wcsicmp
#define wcsnicmp _wcsnicmp
#define wcslwr _wcslwr
#define wcsupr _wcsupr

#endif
