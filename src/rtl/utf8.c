/*
 * Conversions between UTF-16 and UTF-8, as arrays and as counted strings.
 *
 * What is not well formed becomes U+FFFD and is reported as STATUS_SOME_NOT_MAPPED. With a NULL
 * destination the size is computed alone. A character never goes in part into a full buffer.
 */
#include <string.h>

#include "ki/gate.h"
#include "rtl/codepage.h"
#include "rtl/rtl.h"

/* Writes as much as fits; *size is what was written, or without a destination what is needed. */
static NTSTATUS rtl_to_utf8(PCHAR to, ULONG room, PULONG size, const WCHAR *from, size_t length) {
    bool lone = false;
    ULONG used = 0;
    for (size_t at = 0; at < length;) {
        ULONG code;
        char bytes[4];
        at += rtl_utf16_decode(from + at, length - at, &code);
        if (code == 0xfffd && from[at - 1] != 0xfffd)
            lone = true;
        ULONG count = (ULONG)rtl_utf8_encode(code, bytes);
        if (to) {
            if (room - used < count) {
                if (size)
                    *size = used;
                return STATUS_BUFFER_TOO_SMALL;
            }
            memcpy(to + used, bytes, count);
        }
        used += count;
    }
    if (size)
        *size = used;
    return lone ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

static NTSTATUS rtl_from_utf8(PWCH to, ULONG room, PULONG size, const UCHAR *from, size_t length) {
    BOOLEAN bad = FALSE;
    ULONG used = 0;
    for (size_t at = 0; at < length;) {
        ULONG code;
        at += rtl_utf8_decode(from + at, length - at, &code, &bad);
        ULONG count = code < 0x10000 ? 1 : 2;
        if (to) {
            if ((room - used) / sizeof(WCHAR) < count) {
                if (size)
                    *size = used;
                return STATUS_BUFFER_TOO_SMALL;
            }
            PWCH unit = to + used / sizeof(WCHAR);
            if (count == 1) {
                unit[0] = (WCHAR)code;
            } else {
                unit[0] = (WCHAR)(0xd800 + ((code - 0x10000) >> 10));
                unit[1] = (WCHAR)(0xdc00 + (code & 0x3ff));
            }
        }
        used += count * (ULONG)sizeof(WCHAR);
    }
    if (size)
        *size = used;
    return bad ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
                           PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
                           ULONG UnicodeStringByteCount) {
    KI_GATE(RtlUnicodeToUTF8N);
    if (!UnicodeStringSource)
        return STATUS_INVALID_PARAMETER_4;
    if (!UTF8StringDestination && !UTF8StringActualByteCount)
        return STATUS_INVALID_PARAMETER;
    if (UnicodeStringByteCount % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER_5;
    return rtl_to_utf8(UTF8StringDestination, UTF8StringMaxByteCount, UTF8StringActualByteCount,
                       UnicodeStringSource, UnicodeStringByteCount / sizeof(WCHAR));
}

NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
                           PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource,
                           ULONG UTF8StringByteCount) {
    KI_GATE(RtlUTF8ToUnicodeN);
    if (!UTF8StringSource)
        return STATUS_INVALID_PARAMETER_4;
    if (!UnicodeStringDestination && !UnicodeStringActualByteCount)
        return STATUS_INVALID_PARAMETER;
    return rtl_from_utf8(UnicodeStringDestination, UnicodeStringMaxByteCount,
                         UnicodeStringActualByteCount, (const UCHAR *)UTF8StringSource,
                         UTF8StringByteCount);
}

/* A counted string that is too small for the whole text is left as it is. */

NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlUnicodeStringToUTF8String);
    size_t length = SourceString->Length / sizeof(WCHAR);
    ULONG size;
    rtl_to_utf8(NULL, 0, &size, SourceString->Buffer, length);
    if (AllocateDestinationString) {
        if (size >= MAXUSHORT)
            return STATUS_INVALID_PARAMETER_2;
        PCHAR buffer = rtl_string_allocate(m, size + 1, __builtin_return_address(0));
        if (!buffer)
            return STATUS_NO_MEMORY;
        buffer[size] = 0;
        DestinationString->Buffer = buffer;
        DestinationString->MaximumLength = (USHORT)(size + 1);
    } else if (size > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    NTSTATUS status = rtl_to_utf8(DestinationString->Buffer, DestinationString->MaximumLength,
                                  &size, SourceString->Buffer, length);
    DestinationString->Length = (USHORT)size;
    return status;
}

NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlUTF8StringToUnicodeString);
    const UCHAR *source = (const UCHAR *)SourceString->Buffer;
    ULONG size;
    rtl_from_utf8(NULL, 0, &size, source, SourceString->Length);
    if (AllocateDestinationString) {
        if (size + sizeof(WCHAR) > UNICODE_STRING_MAX_BYTES)
            return STATUS_INVALID_PARAMETER_2;
        PWCH buffer = rtl_string_allocate(m, size + sizeof(WCHAR), __builtin_return_address(0));
        if (!buffer)
            return STATUS_NO_MEMORY;
        buffer[size / sizeof(WCHAR)] = 0;
        DestinationString->Buffer = buffer;
        DestinationString->MaximumLength = (USHORT)(size + sizeof(WCHAR));
    } else if (size > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    NTSTATUS status = rtl_from_utf8(DestinationString->Buffer, DestinationString->MaximumLength,
                                    &size, source, SourceString->Length);
    DestinationString->Length = (USHORT)size;
    return status;
}
