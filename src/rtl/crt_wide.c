/*
 * The C run-time's functions for 16-bit text.
 *
 * The host's functions of these names take 32-bit characters, so all of them are here. Case and
 * classes follow the kernel's case tables (case.c): a character with another case is a letter, and
 * so are the letters of Latin-1 that have none.
 */
#include <limits.h>
#include "stdlib.h" /* the drivers': this file implements some of it */
#include <string.h>

#include "rtl/crt_errors.h"
#include "rtl/rtl.h"

#include "wdmsim_crt.h"

#define CRT_T wchar_t
#define CRT_STR(name) wdmsim_crt_wcs##name
#define CRT__STR(name) wdmsim_crt__wcs##name
#define CRT_NUM(name) wdmsim_crt__##name##tow
#define CRT_NUM_S(name) wdmsim_crt__##name##tow_s
#define CRT_PATH(name) wdmsim_crt__w##name
#define CRT_UPPER(c) rtl_upcase(c)
#define CRT_LOWER(c) rtl_downcase(c)
#include "rtl/crt_text.inc"

size_t wdmsim_crt_wcslen(const wchar_t *string) { return crt_length(string, SIZE_MAX); }

size_t wdmsim_crt_wcsnlen(const wchar_t *string, size_t maximum) {
    return crt_length(string, maximum);
}

size_t wdmsim_crt_wcsnlen_s(const wchar_t *string, size_t maximum) {
    return string ? crt_length(string, maximum) : 0;
}

wchar_t *wdmsim_crt__ltow(int value, wchar_t *buffer, int radix) {
    return wdmsim_crt__itow(value, buffer, radix);
}

/* ---- copying ---- */

wchar_t *wdmsim_crt_wcscpy(wchar_t *destination, const wchar_t *source) {
    memcpy(destination, source, (crt_length(source, SIZE_MAX) + 1) * sizeof(wchar_t));
    return destination;
}

wchar_t *wdmsim_crt_wcsncpy(wchar_t *destination, const wchar_t *source, size_t count) {
    size_t length = crt_length(source, count);
    memcpy(destination, source, length * sizeof(wchar_t));
    memset(destination + length, 0, (count - length) * sizeof(wchar_t));
    return destination;
}

wchar_t *wdmsim_crt_wcscat(wchar_t *destination, const wchar_t *source) {
    wdmsim_crt_wcscpy(destination + crt_length(destination, SIZE_MAX), source);
    return destination;
}

wchar_t *wdmsim_crt_wcsncat(wchar_t *destination, const wchar_t *source, size_t count) {
    wchar_t *end = destination + crt_length(destination, SIZE_MAX);
    size_t length = crt_length(source, count);
    memcpy(end, source, length * sizeof(wchar_t));
    end[length] = 0;
    return destination;
}

wchar_t *wdmsim_crt_wmemcpy(wchar_t *destination, const wchar_t *source, size_t count) {
    return memcpy(destination, source, count * sizeof(wchar_t));
}

int wdmsim_crt_wmemcpy_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count) {
    if (size > SIZE_MAX / sizeof(wchar_t) || count > SIZE_MAX / sizeof(wchar_t))
        return CRT_ERANGE;
    return wdmsim_crt_memcpy_s(destination, size * sizeof(wchar_t), source,
                               count * sizeof(wchar_t));
}

wchar_t *wdmsim_crt_wmemset(wchar_t *destination, wchar_t value, size_t count) {
    for (size_t i = 0; i < count; i++)
        destination[i] = value;
    return destination;
}

wchar_t *wdmsim_crt__wcsset(wchar_t *string, wchar_t value) {
    return crt_set(string, value, SIZE_MAX);
}

wchar_t *wdmsim_crt__wcsnset(wchar_t *string, wchar_t value, size_t count) {
    return crt_set(string, value, count);
}

int wdmsim_crt__wcsset_s(wchar_t *string, size_t size, wchar_t value) {
    return crt_set_s(string, size, value, SIZE_MAX);
}

int wdmsim_crt__wcsnset_s(wchar_t *string, size_t size, wchar_t value, size_t count) {
    return crt_set_s(string, size, value, count);
}

wchar_t *wdmsim_crt_wmemmove(wchar_t *destination, const wchar_t *source, size_t count) {
    return memmove(destination, source, count * sizeof(wchar_t));
}

int wdmsim_crt_wmemmove_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count) {
    if (size > SIZE_MAX / sizeof(wchar_t) || count > SIZE_MAX / sizeof(wchar_t))
        return CRT_ERANGE;
    return wdmsim_crt_memmove_s(destination, size * sizeof(wchar_t), source,
                                count * sizeof(wchar_t));
}

/* ---- comparing and searching ---- */

int wdmsim_crt_wmemcmp(const wchar_t *left, const wchar_t *right, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

wchar_t *wdmsim_crt_wmemchr(const wchar_t *memory, wchar_t character, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (memory[i] == character)
            return (wchar_t *)(ULONG_PTR)(memory + i);
    return NULL;
}

int wdmsim_crt_wcsncmp(const wchar_t *left, const wchar_t *right, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
        if (!left[i])
            break;
    }
    return 0;
}

int wdmsim_crt_wcscmp(const wchar_t *left, const wchar_t *right) {
    return wdmsim_crt_wcsncmp(left, right, SIZE_MAX);
}

wchar_t *wdmsim_crt_wcschr(const wchar_t *string, wchar_t character) {
    for (;; string++) {
        if (*string == character)
            return (wchar_t *)(ULONG_PTR)string;
        if (!*string)
            return NULL;
    }
}

wchar_t *wdmsim_crt_wcsrchr(const wchar_t *string, wchar_t character) {
    for (size_t at = crt_length(string, SIZE_MAX) + 1; at-- > 0;)
        if (string[at] == character)
            return (wchar_t *)(ULONG_PTR)(string + at);
    return NULL;
}

wchar_t *wdmsim_crt_wcsstr(const wchar_t *string, const wchar_t *part) {
    size_t length = crt_length(part, SIZE_MAX);
    for (;; string++) {
        if (wdmsim_crt_wcsncmp(string, part, length) == 0)
            return (wchar_t *)(ULONG_PTR)string;
        if (!*string)
            return NULL;
    }
}

size_t wdmsim_crt_wcsspn(const wchar_t *string, const wchar_t *set) {
    size_t length = 0;
    while (string[length] && crt_is_in(string[length], set))
        length++;
    return length;
}

size_t wdmsim_crt_wcscspn(const wchar_t *string, const wchar_t *set) {
    size_t length = 0;
    while (string[length] && !crt_is_in(string[length], set))
        length++;
    return length;
}

wchar_t *wdmsim_crt_wcspbrk(const wchar_t *string, const wchar_t *set) {
    string += wdmsim_crt_wcscspn(string, set);
    return *string ? (wchar_t *)(ULONG_PTR)string : NULL;
}

/* ---- numbers ---- */

static int crt_digit(wchar_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 36;
}

static bool crt_is_space(wchar_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Magnitude, capped at `limit`, and sign of the number that a string begins with. */
static unsigned long long crt_parse(const wchar_t *string, wchar_t **end, int base, bool *negative,
                                    unsigned long long limit) {
    const wchar_t *at = string, *digits;
    while (crt_is_space(*at))
        at++;
    *negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    bool prefixed = at[0] == '0' && (at[1] | 0x20) == 'x' && crt_digit(at[2]) < 16;
    if ((base == 0 || base == 16) && prefixed) {
        at += 2;
        base = 16;
    }
    if (base == 0)
        base = *at == '0' ? 8 : 10;
    unsigned long long value = 0;
    for (digits = at; crt_digit(*at) < base; at++) {
        value = value * (unsigned)base + (unsigned)crt_digit(*at);
        if (value > limit)
            value = limit;
    }
    if (end)
        *end = (wchar_t *)(ULONG_PTR)(at == digits ? string : at);
    return value;
}

int wdmsim_crt_wcstol(const wchar_t *string, wchar_t **end, int base) {
    bool negative;
    unsigned long long value = crt_parse(string, end, base, &negative, 1ull << 31);
    if (!negative && value > INT_MAX)
        return INT_MAX;
    return (int)(negative ? 0 - (long long)value : (long long)value);
}

/* What does not fit is the highest value, whatever its sign. */
unsigned int wdmsim_crt_wcstoul(const wchar_t *string, wchar_t **end, int base) {
    bool negative;
    unsigned long long value = crt_parse(string, end, base, &negative, 1ull << 32);
    if (value > UINT_MAX)
        return UINT_MAX;
    return (unsigned)(negative ? 0 - value : value);
}

int wdmsim_crt__wtoi(const wchar_t *string) { return (int)crt_to_number(string); }

int wdmsim_crt__wtol(const wchar_t *string) { return (int)crt_to_number(string); }

long long wdmsim_crt__wtoi64(const wchar_t *string) { return crt_to_number(string); }

/* ---- classes ---- */

wchar_t wdmsim_crt_towupper(wchar_t character) { return rtl_upcase(character); }

wchar_t wdmsim_crt_towlower(wchar_t character) { return rtl_downcase(character); }

int wdmsim_crt_iswdigit(wchar_t character) { return character >= '0' && character <= '9'; }

int wdmsim_crt_iswxdigit(wchar_t character) { return crt_digit(character) < 16; }

int wdmsim_crt_iswupper(wchar_t character) { return rtl_downcase(character) != character; }

int wdmsim_crt_iswlower(wchar_t character) {
    return rtl_upcase(character) != character || character == 0xdf;
}

int wdmsim_crt_iswalpha(wchar_t character) {
    return wdmsim_crt_iswupper(character) || wdmsim_crt_iswlower(character) || character == 0xaa ||
           character == 0xb5 || character == 0xba;
}

int wdmsim_crt_iswalnum(wchar_t character) {
    return wdmsim_crt_iswalpha(character) || wdmsim_crt_iswdigit(character);
}

int wdmsim_crt_iswspace(wchar_t character) {
    return crt_is_space(character) || character == 0x85 || character == 0xa0;
}

static bool crt_is_control(wchar_t character) {
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

int wdmsim_crt_iswprint(wchar_t character) { return !crt_is_control(character); }

/* Bits of Windows' character types. */
enum {
    CRT_CLASS_UPPER = 0x1,
    CRT_CLASS_LOWER = 0x2,
    CRT_CLASS_DIGIT = 0x4,
    CRT_CLASS_SPACE = 0x8,
    CRT_CLASS_PUNCTUATION = 0x10,
    CRT_CLASS_CONTROL = 0x20,
    CRT_CLASS_BLANK = 0x40,
    CRT_CLASS_HEX = 0x80,
    CRT_CLASS_ALPHA = 0x100,
};

int wdmsim_crt_iswctype(wchar_t character, unsigned short type) {
    unsigned is = 0;
    if (wdmsim_crt_iswupper(character))
        is |= CRT_CLASS_UPPER;
    if (wdmsim_crt_iswlower(character))
        is |= CRT_CLASS_LOWER;
    if (wdmsim_crt_iswdigit(character))
        is |= CRT_CLASS_DIGIT;
    if (wdmsim_crt_iswspace(character))
        is |= CRT_CLASS_SPACE;
    if (crt_is_control(character))
        is |= CRT_CLASS_CONTROL;
    if (character == ' ' || character == '\t')
        is |= CRT_CLASS_BLANK;
    if (wdmsim_crt_iswxdigit(character))
        is |= CRT_CLASS_HEX;
    if (wdmsim_crt_iswalpha(character))
        is |= CRT_CLASS_ALPHA;
    if (character > ' ' && character < 0x7f && !wdmsim_crt_iswalnum(character))
        is |= CRT_CLASS_PUNCTUATION;
    return (is & type) != 0;
}
