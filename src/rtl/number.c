/*
 * Numbers and GUIDs as text, large integers, random numbers.
 *
 * Text to number: white space and one sign are skipped; base 0 looks for 0x, 0o, 0b; the number
 * ends at the first character that is no digit of its base. One reader serves both widths of text.
 */
#include <string.h>

#include "ki/gate.h"
#include "rtl/rtl.h"

/* ---- number to text ---- */

static NTSTATUS rtl_number_to_string(ULONGLONG value, ULONG base, PUNICODE_STRING string) {
    WCHAR digits[64];
    size_t at = KI_COUNT(digits);
    if (base == 0)
        base = 10;
    if (base != 2 && base != 8 && base != 10 && base != 16)
        return STATUS_INVALID_PARAMETER;
    do
        digits[--at] = (WCHAR) "0123456789ABCDEF"[value % base];
    while (value /= base);
    size_t bytes = (KI_COUNT(digits) - at) * sizeof(WCHAR);
    if (bytes + sizeof(WCHAR) > string->MaximumLength) /* the result is null-terminated */
        return STATUS_BUFFER_OVERFLOW;
    memcpy(string->Buffer, digits + at, bytes);
    string->Length = (USHORT)bytes;
    string->Buffer[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) {
    KI_GATE(RtlIntegerToUnicodeString);
    return rtl_number_to_string(Value, Base, String);
}

NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String) {
    KI_GATE(RtlInt64ToUnicodeString);
    return rtl_number_to_string(Value, Base, String);
}

/* ---- text to number ---- */

/* Text of either width; reads 0 behind its end. */
struct rtl_reader {
    const WCHAR *wide;
    const CHAR *narrow;
    size_t length;
    size_t at;
};

static unsigned rtl_peek(const struct rtl_reader *r) {
    if (r->at >= r->length)
        return 0;
    return r->wide ? r->wide[r->at] : (UCHAR)r->narrow[r->at];
}

static int rtl_digit(unsigned c) {
    if (c >= '0' && c <= '9')
        return (int)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (int)(c - 'a' + 10) : 16;
}

static ULONG rtl_read_base(struct rtl_reader *r) {
    if (rtl_peek(r) != '0')
        return 10;
    r->at++;
    ULONG base = 10;
    switch (rtl_peek(r)) {
    case 'x':
        base = 16;
        break;
    case 'o':
        base = 8;
        break;
    case 'b':
        base = 2;
        break;
    }
    if (base == 10)
        r->at--;
    else
        r->at++;
    return base;
}

static NTSTATUS rtl_read_number(struct rtl_reader *r, ULONG base, ULONGLONG *value) {
    if (base != 0 && base != 2 && base != 8 && base != 10 && base != 16)
        return STATUS_INVALID_PARAMETER;
    while (r->at < r->length && rtl_peek(r) && rtl_peek(r) <= ' ')
        r->at++;
    bool negative = rtl_peek(r) == '-';
    if (negative || rtl_peek(r) == '+')
        r->at++;
    if (base == 0)
        base = rtl_read_base(r);
    ULONGLONG result = 0;
    for (int digit; (digit = rtl_digit(rtl_peek(r))) < (int)base; r->at++)
        result = result * base + (ULONGLONG)digit;
    *value = negative ? 0 - result : result;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value) {
    KI_GATE(RtlUnicodeStringToInteger);
    struct rtl_reader r = {.wide = String->Buffer, .length = String->Length / sizeof(WCHAR)};
    ULONGLONG value;
    if (!r.length)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = rtl_read_number(&r, Base, &value);
    if (NT_SUCCESS(status))
        *Value = (ULONG)value;
    return status;
}

NTSTATUS RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number,
                                 PWSTR *EndPointer) {
    struct rtl_reader r = {.wide = String->Buffer, .length = String->Length / sizeof(WCHAR)};
    ULONGLONG value;
    if (!r.length)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = rtl_read_number(&r, Base, &value);
    if (!NT_SUCCESS(status))
        return status;
    *Number = (LONG64)value;
    if (EndPointer)
        *EndPointer = String->Buffer + r.at;
    return STATUS_SUCCESS;
}

NTSTATUS RtlCharToInteger(PCSTR String, ULONG Base, PULONG Value) {
    KI_GATE(RtlCharToInteger);
    struct rtl_reader r = {.narrow = String, .length = strlen(String)};
    ULONGLONG value;
    NTSTATUS status = rtl_read_number(&r, Base, &value);
    if (NT_SUCCESS(status))
        *Value = (ULONG)value;
    return status;
}

/* ---- GUIDs: {01234567-89AB-CDEF-0123-456789ABCDEF} ---- */

#define RTL_GUID_CHARACTERS 38u

/* Which byte of a GUID the two digits at each place mean, in order of the text. */
static const UCHAR rtl_guid_bytes[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

/* True where the text has a hyphen before the byte of that number. */
static bool rtl_guid_hyphen(unsigned byte) {
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString) {
    KI_GATE(RtlStringFromGUID);
    static const char digits[] = "0123456789ABCDEF";
    const UCHAR *bytes = (const UCHAR *)Guid;
    size_t size = (RTL_GUID_CHARACTERS + 1) * sizeof(WCHAR);
    PWCH text = rtl_string_allocate(m, size, __builtin_return_address(0));
    if (!text)
        return STATUS_NO_MEMORY;
    size_t at = 0;
    text[at++] = '{';
    for (unsigned i = 0; i < 16; i++) {
        if (rtl_guid_hyphen(i))
            text[at++] = '-';
        text[at++] = (WCHAR)digits[bytes[rtl_guid_bytes[i]] >> 4];
        text[at++] = (WCHAR)digits[bytes[rtl_guid_bytes[i]] & 15];
    }
    text[at++] = '}';
    text[at] = 0;
    GuidString->Buffer = text;
    GuidString->Length = (USHORT)(size - sizeof(WCHAR));
    GuidString->MaximumLength = (USHORT)size;
    return STATUS_SUCCESS;
}

NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid) {
    KI_GATE(RtlGUIDFromString);
    UCHAR bytes[16];
    const WCHAR *text = GuidString->Buffer;
    size_t at = 0;
    if (GuidString->Length / sizeof(WCHAR) < RTL_GUID_CHARACTERS || text[at++] != '{')
        return STATUS_INVALID_PARAMETER;
    for (unsigned i = 0; i < 16; i++) {
        if (rtl_guid_hyphen(i) && text[at++] != '-')
            return STATUS_INVALID_PARAMETER;
        int high = rtl_digit(text[at]), low = rtl_digit(text[at + 1]);
        if (high > 15 || low > 15)
            return STATUS_INVALID_PARAMETER;
        bytes[rtl_guid_bytes[i]] = (UCHAR)(high << 4 | low);
        at += 2;
    }
    if (text[at] != '}')
        return STATUS_INVALID_PARAMETER;
    memcpy(Guid, bytes, sizeof bytes);
    return STATUS_SUCCESS;
}

/* ---- large integers ---- */

LARGE_INTEGER RtlConvertLongToLargeInteger(LONG SignedInteger) {
    return (LARGE_INTEGER){.QuadPart = SignedInteger};
}

LARGE_INTEGER RtlConvertUlongToLargeInteger(ULONG UnsignedInteger) {
    return (LARGE_INTEGER){.QuadPart = UnsignedInteger};
}

/* ---- random numbers ---- */

/*
 * A step of the multiplicative generator modulo 2^31 - 1. The whole state is the caller's seed, so
 * equal seeds give equal numbers. Results are below MAXLONG.
 */
static ULONG rtl_random_step(PULONG seed) {
    ULONGLONG product = (ULONGLONG)*seed * 0x7fffffedu + 0x7fffffc3u;
    *seed = (ULONG)(product % 0x7fffffffu);
    return *seed;
}

ULONG RtlRandom(PULONG Seed) {
    KI_GATE(RtlRandom);
    return rtl_random_step(Seed);
}

ULONG RtlRandomEx(PULONG Seed) {
    KI_GATE(RtlRandomEx);
    ULONG first = rtl_random_step(Seed);
    return (first ^ rtl_random_step(Seed) >> 3) % 0x7fffffffu;
}
