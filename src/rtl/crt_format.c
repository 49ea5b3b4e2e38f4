/*
 * The C run-time's formatting functions, in Microsoft's dialect, on the kernel's engine (format.h).
 *
 * Three families differ in what happens when the text is too long. _snprintf and its relatives
 * write what fits, without a terminator, and return -1; snprintf is C99's: always terminated,
 * returns the length wanted; the _s functions leave an empty string and return -1, unless
 * truncation is asked for.
 */
#include <limits.h>
#include "stdio.h" /* the drivers': this file implements it */

#include "rtl/format.h"

#include "wdmsim_crt.h"

/* The length of the whole text; `capacity` units of it are written. */
static size_t crt_write(void *buffer, size_t capacity, bool wide, const void *format,
                        va_list arguments) {
    struct rtl_sink sink = {.buffer = buffer, .capacity = buffer ? capacity : 0, .wide = wide};
    rtl_format(&sink, format, arguments);
    return sink.length;
}

static void crt_terminate(void *buffer, bool wide, size_t at) {
    if (wide)
        ((WCHAR *)buffer)[at] = 0;
    else
        ((CHAR *)buffer)[at] = 0;
}

/* _snprintf, _snwprintf: a full buffer has no terminator. */
static int crt_bounded(void *buffer, size_t count, bool wide, const void *format,
                       va_list arguments) {
    if (!format || (!buffer && count))
        return -1;
    size_t length = crt_write(buffer, count, wide, format, arguments);
    if (!buffer)
        return (int)length;
    if (length < count)
        crt_terminate(buffer, wide, length);
    return length <= count ? (int)length : -1;
}

static int crt_unbounded(void *buffer, bool wide, const void *format, va_list arguments) {
    size_t length = crt_write(buffer, SIZE_MAX, wide, format, arguments);
    crt_terminate(buffer, wide, length);
    return (int)length;
}

/* snprintf, and swprintf with a count. */
static int crt_terminated(void *buffer, size_t count, bool wide, const void *format,
                          va_list arguments) {
    size_t length = crt_write(buffer, count ? count - 1 : 0, wide, format, arguments);
    if (buffer && count)
        crt_terminate(buffer, wide, length < count ? length : count - 1);
    return (int)length;
}

/* `count`: how many characters may be written at most, _TRUNCATE for as many as fit. */
static int crt_secure(void *buffer, size_t size, size_t count, bool wide, const void *format,
                      va_list arguments) {
    if (!buffer || !size || !format)
        return -1;
    size_t room = count < size - 1 ? count : size - 1;
    size_t length = crt_write(buffer, room, wide, format, arguments);
    if (length <= room) {
        crt_terminate(buffer, wide, length);
        return (int)length;
    }
    crt_terminate(buffer, wide, count == _TRUNCATE || count < size ? room : 0);
    return -1;
}

#define CRT_FORWARD(call)                                                                          \
    va_list arguments;                                                                             \
    va_start(arguments, format);                                                                   \
    int result = call;                                                                             \
    va_end(arguments);                                                                             \
    return result

/* ---- 8-bit text ---- */

int wdmsim_crt__vsnprintf(char *buffer, size_t count, const char *format, va_list arguments) {
    return crt_bounded(buffer, count, false, format, arguments);
}

int wdmsim_crt__snprintf(char *buffer, size_t count, const char *format, ...) {
    CRT_FORWARD(crt_bounded(buffer, count, false, format, arguments));
}

int wdmsim_crt__vscprintf(const char *format, va_list arguments) {
    return crt_bounded(NULL, 0, false, format, arguments);
}

int wdmsim_crt__scprintf(const char *format, ...) {
    CRT_FORWARD(crt_bounded(NULL, 0, false, format, arguments));
}

int wdmsim_crt_vsprintf(char *buffer, const char *format, va_list arguments) {
    return crt_unbounded(buffer, false, format, arguments);
}

int wdmsim_crt_sprintf(char *buffer, const char *format, ...) {
    CRT_FORWARD(crt_unbounded(buffer, false, format, arguments));
}

int wdmsim_crt_vsnprintf(char *buffer, size_t count, const char *format, va_list arguments) {
    return crt_terminated(buffer, count, false, format, arguments);
}

int wdmsim_crt_snprintf(char *buffer, size_t count, const char *format, ...) {
    CRT_FORWARD(crt_terminated(buffer, count, false, format, arguments));
}

int wdmsim_crt_vsprintf_s(char *buffer, size_t size, const char *format, va_list arguments) {
    return crt_secure(buffer, size, SIZE_MAX - 1, false, format, arguments);
}

int wdmsim_crt_sprintf_s(char *buffer, size_t size, const char *format, ...) {
    CRT_FORWARD(crt_secure(buffer, size, SIZE_MAX - 1, false, format, arguments));
}

int wdmsim_crt__vsnprintf_s(char *buffer, size_t size, size_t count, const char *format,
                            va_list arguments) {
    return crt_secure(buffer, size, count, false, format, arguments);
}

int wdmsim_crt__snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...) {
    CRT_FORWARD(crt_secure(buffer, size, count, false, format, arguments));
}

/* ---- 16-bit text ---- */

int wdmsim_crt__vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format,
                           va_list arguments) {
    return crt_bounded(buffer, count, true, format, arguments);
}

int wdmsim_crt__snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...) {
    CRT_FORWARD(crt_bounded(buffer, count, true, format, arguments));
}

int wdmsim_crt__vscwprintf(const wchar_t *format, va_list arguments) {
    return crt_bounded(NULL, 0, true, format, arguments);
}

int wdmsim_crt__scwprintf(const wchar_t *format, ...) {
    CRT_FORWARD(crt_bounded(NULL, 0, true, format, arguments));
}

int wdmsim_crt_vswprintf(wchar_t *buffer, const wchar_t *format, va_list arguments) {
    return crt_unbounded(buffer, true, format, arguments);
}

int wdmsim_crt_swprintf(wchar_t *buffer, const wchar_t *format, ...) {
    CRT_FORWARD(crt_unbounded(buffer, true, format, arguments));
}

int wdmsim_crt__swprintf(wchar_t *buffer, const wchar_t *format, ...) {
    CRT_FORWARD(crt_unbounded(buffer, true, format, arguments));
}

/* C's swprintf: -1 instead of the length when the text does not fit. */
int wdmsim_crt_vswprintf_c(wchar_t *buffer, size_t count, const wchar_t *format,
                           va_list arguments) {
    int length = crt_terminated(buffer, count, true, format, arguments);
    return count && (size_t)length >= count ? -1 : length;
}

int wdmsim_crt_swprintf_c(wchar_t *buffer, size_t count, const wchar_t *format, ...) {
    CRT_FORWARD(wdmsim_crt_vswprintf_c(buffer, count, format, arguments));
}

int wdmsim_crt_vswprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, va_list arguments) {
    return crt_secure(buffer, size, SIZE_MAX - 1, true, format, arguments);
}

int wdmsim_crt_swprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, ...) {
    CRT_FORWARD(crt_secure(buffer, size, SIZE_MAX - 1, true, format, arguments));
}

int wdmsim_crt__vsnwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format,
                             va_list arguments) {
    return crt_secure(buffer, size, count, true, format, arguments);
}

int wdmsim_crt__snwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format,
                            ...) {
    CRT_FORWARD(crt_secure(buffer, size, count, true, format, arguments));
}
