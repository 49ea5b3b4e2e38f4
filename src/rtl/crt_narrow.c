/*
 * The C run-time's own functions for 8-bit text and for memory with a size.
 *
 * Case is that of ASCII: the kernel's C run-time knows the C locale alone.
 */
#include "stdlib.h" /* the drivers': this file implements some of it */
#include <string.h>

#include "ki/machine.h"
#include "rtl/crt_errors.h"

#include "wdmsim_crt.h"

static unsigned crt_upper(unsigned char c) { return c >= 'a' && c <= 'z' ? c - 32u : c; }

static unsigned crt_lower(unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32u : c; }

#define CRT_T char
#define CRT_STR(name) wdmsim_crt_str##name
#define CRT__STR(name) wdmsim_crt__str##name
#define CRT_NUM(name) wdmsim_crt__##name##toa
#define CRT_NUM_S(name) wdmsim_crt__##name##toa_s
#define CRT_PATH(name) wdmsim_crt__##name
#define CRT_UPPER(c) crt_upper((unsigned char)(c))
#define CRT_LOWER(c) crt_lower((unsigned char)(c))
#include "rtl/crt_text.inc"

char *wdmsim_crt__ltoa(int value, char *buffer, int radix) {
    return wdmsim_crt__itoa(value, buffer, radix);
}

long long wdmsim_crt__atoi64(const char *string) { return crt_to_number(string); }

char *wdmsim_crt__strset(char *string, int value) { return crt_set(string, (char)value, SIZE_MAX); }

char *wdmsim_crt__strnset(char *string, int value, size_t count) {
    return crt_set(string, (char)value, count);
}

int wdmsim_crt__strset_s(char *string, size_t size, int value) {
    return crt_set_s(string, size, (char)value, SIZE_MAX);
}

int wdmsim_crt__strnset_s(char *string, size_t size, int value, size_t count) {
    return crt_set_s(string, size, (char)value, count);
}

size_t wdmsim_crt_strnlen_s(const char *string, size_t maximum) {
    return string ? crt_length(string, maximum) : 0;
}

/* ---- memory ---- */

int wdmsim_crt_memmove_s(void *destination, size_t size, const void *source, size_t count) {
    if (!count)
        return 0;
    if (!destination || !source)
        return CRT_EINVAL;
    if (count > size)
        return CRT_ERANGE;
    memmove(destination, source, count);
    return 0;
}

/* Unlike memmove_s it clears the destination when it fails. */
int wdmsim_crt_memcpy_s(void *destination, size_t size, const void *source, size_t count) {
    int error = wdmsim_crt_memmove_s(destination, size, source, count);
    if (error && destination)
        memset(destination, 0, size);
    return error;
}
