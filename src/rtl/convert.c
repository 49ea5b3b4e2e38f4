/*
 * Conversions between 16-bit text and text of the ANSI and OEM code pages.
 *
 * Both code pages have one byte per character, so sizes are known without looking at the text. A
 * code page is a pair of functions; routines of one shape exist for ANSI ("MultiByte") and for OEM,
 * with and without upper case, and share one body per shape. Sizes are bytes throughout.
 */
#include <string.h>

#include "ki/gate.h"
#include "rtl/codepage.h"
#include "rtl/rtl.h"

struct rtl_codepage {
    WCHAR (*to_unicode)(UCHAR);
    UCHAR (*from_unicode)(WCHAR);
};

static const struct rtl_codepage rtl_ansi = {rtl_ansi_to_unicode, rtl_unicode_to_ansi};
static const struct rtl_codepage rtl_oem = {rtl_oem_to_unicode, rtl_unicode_to_oem};

/*
 * ---- arrays of characters ----
 *
 * A text that is cut is a warning of the OEM routines, and success to the ANSI ones.
 */

static NTSTATUS rtl_widen(const struct rtl_codepage *page, PWCH to, ULONG room, PULONG written,
                          const CHAR *from, ULONG length) {
    ULONG count = room / sizeof(WCHAR) < length ? room / (ULONG)sizeof(WCHAR) : length;
    for (ULONG i = count; i-- > 0;) /* from the end: the text may be widened where it stands */
        to[i] = page->to_unicode((UCHAR)from[i]);
    if (written)
        *written = count * (ULONG)sizeof(WCHAR);
    return count < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS rtl_narrow(const struct rtl_codepage *page, bool upper, PCHAR to, ULONG room,
                           PULONG written, const WCHAR *from, ULONG bytes) {
    ULONG length = bytes / (ULONG)sizeof(WCHAR), count = length < room ? length : room;
    for (ULONG i = 0; i < count; i++)
        to[i] = (CHAR)page->from_unicode(upper ? rtl_upcase(from[i]) : from[i]);
    if (written)
        *written = count;
    return count < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString,
                                PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                ULONG BytesInMultiByteString) {
    KI_GATE(RtlMultiByteToUnicodeN);
    rtl_widen(&rtl_ansi, UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString,
              MultiByteString, BytesInMultiByteString);
    return STATUS_SUCCESS;
}

NTSTATUS RtlOemToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString,
                          PULONG BytesInUnicodeString, PCCH OemString, ULONG BytesInOemString) {
    KI_GATE(RtlOemToUnicodeN);
    return rtl_widen(&rtl_oem, UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString,
                     OemString, BytesInOemString);
}

NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString) {
    KI_GATE(RtlUnicodeToMultiByteN);
    rtl_narrow(&rtl_ansi, false, MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString,
               UnicodeString, BytesInUnicodeString);
    return STATUS_SUCCESS;
}

NTSTATUS RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                      PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                      ULONG BytesInUnicodeString) {
    KI_GATE(RtlUpcaseUnicodeToMultiByteN);
    rtl_narrow(&rtl_ansi, true, MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString,
               UnicodeString, BytesInUnicodeString);
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                          PCWCH UnicodeString, ULONG BytesInUnicodeString) {
    KI_GATE(RtlUnicodeToOemN);
    return rtl_narrow(&rtl_oem, false, OemString, MaxBytesInOemString, BytesInOemString,
                      UnicodeString, BytesInUnicodeString);
}

NTSTATUS RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                                PCWCH UnicodeString, ULONG BytesInUnicodeString) {
    KI_GATE(RtlUpcaseUnicodeToOemN);
    return rtl_narrow(&rtl_oem, true, OemString, MaxBytesInOemString, BytesInOemString,
                      UnicodeString, BytesInUnicodeString);
}

NTSTATUS RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                   ULONG BytesInMultiByteString) {
    KI_GATE(RtlMultiByteToUnicodeSize);
    UNREFERENCED_PARAMETER(MultiByteString);
    *BytesInUnicodeString = BytesInMultiByteString * (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                   ULONG BytesInUnicodeString) {
    KI_GATE(RtlUnicodeToMultiByteSize);
    UNREFERENCED_PARAMETER(UnicodeString);
    *BytesInMultiByteString = BytesInUnicodeString / (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

BOOLEAN RtlIsValidOemCharacter(PWCHAR Char) {
    KI_GATE(RtlIsValidOemCharacter);
    UCHAR oem = rtl_unicode_to_oem(rtl_upcase(*Char));
    if (oem == '?' && *Char != '?')
        return FALSE;
    *Char = rtl_oem_to_unicode(oem);
    return TRUE;
}

/* ---- counted strings ---- */

/* `caller`: allocate on its behalf; NULL: the destination has a buffer. */
static NTSTATUS rtl_string_to_unicode(struct machine *m, const struct rtl_codepage *page,
                                      PUNICODE_STRING to, const STRING *from, bool terminate,
                                      const void *caller) {
    size_t bytes = (size_t)from->Length * sizeof(WCHAR);
    size_t need = bytes + (terminate ? sizeof(WCHAR) : 0);
    if (need > UNICODE_STRING_MAX_BYTES)
        return STATUS_INVALID_PARAMETER_2;
    if (caller) {
        PWCH buffer = rtl_string_allocate(m, need, caller);
        if (!buffer)
            return STATUS_NO_MEMORY;
        to->Buffer = buffer;
        to->MaximumLength = (USHORT)need;
    } else if (need > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    to->Length = (USHORT)bytes;
    rtl_widen(page, to->Buffer, to->Length, NULL, from->Buffer, from->Length);
    if (terminate)
        to->Buffer[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/* Whether the code page has all characters of the text. */
static bool rtl_is_mappable(const struct rtl_codepage *page, PCUNICODE_STRING text) {
    for (size_t i = 0; i < text->Length / sizeof(WCHAR); i++)
        if (text->Buffer[i] != '?' && page->from_unicode(text->Buffer[i]) == '?')
            return false;
    return true;
}

/* The capital of a character of the code page; itself where the page lacks the capital. */
static UCHAR rtl_capital(const struct rtl_codepage *page, UCHAR character) {
    UCHAR capital = page->from_unicode(rtl_upcase(page->to_unicode(character)));
    return capital == '?' ? character : capital;
}

/* Counted strings, which are not terminated, are refused if a character is not in the page. */
static NTSTATUS rtl_unicode_to_string(struct machine *m, const struct rtl_codepage *page,
                                      bool upper, PSTRING to, PCUNICODE_STRING from, bool terminate,
                                      const void *caller) {
    ULONG length = from->Length / (ULONG)sizeof(WCHAR);
    ULONG need = length + (terminate ? 1 : 0);
    if (!terminate && !rtl_is_mappable(page, from))
        return STATUS_UNMAPPABLE_CHARACTER;
    if (caller) {
        PCHAR buffer = rtl_string_allocate(m, need, caller);
        if (!buffer)
            return STATUS_NO_MEMORY;
        to->Buffer = buffer;
        to->MaximumLength = (USHORT)need;
    } else if (need > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    to->Length = (USHORT)length;
    rtl_narrow(page, upper && terminate, to->Buffer, length, NULL, from->Buffer, from->Length);
    for (ULONG i = 0; upper && !terminate && i < length; i++)
        to->Buffer[i] = (CHAR)rtl_capital(page, (UCHAR)to->Buffer[i]);
    if (terminate)
        to->Buffer[length] = 0;
    return STATUS_SUCCESS;
}

/* For whom to allocate: the driver that called the exported routine. */
#define RTL_CALLER(allocate) ((allocate) ? __builtin_return_address(0) : NULL)

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlAnsiStringToUnicodeString);
    return rtl_string_to_unicode(m, &rtl_ansi, DestinationString, SourceString, true,
                                 RTL_CALLER(AllocateDestinationString));
}

NTSTATUS RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                     BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlOemStringToUnicodeString);
    return rtl_string_to_unicode(m, &rtl_oem, DestinationString, SourceString, true,
                                 RTL_CALLER(AllocateDestinationString));
}

NTSTATUS RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString,
                                            PCOEM_STRING SourceString,
                                            BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlOemStringToCountedUnicodeString);
    return rtl_string_to_unicode(m, &rtl_oem, DestinationString, SourceString, false,
                                 RTL_CALLER(AllocateDestinationString));
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlUnicodeStringToAnsiString);
    return rtl_unicode_to_string(m, &rtl_ansi, false, DestinationString, SourceString, true,
                                 RTL_CALLER(AllocateDestinationString));
}

NTSTATUS RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                     BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlUnicodeStringToOemString);
    return rtl_unicode_to_string(m, &rtl_oem, false, DestinationString, SourceString, true,
                                 RTL_CALLER(AllocateDestinationString));
}

NTSTATUS RtlUpcaseUnicodeStringToOemString(POEM_STRING DestinationString,
                                           PCUNICODE_STRING SourceString,
                                           BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlUpcaseUnicodeStringToOemString);
    return rtl_unicode_to_string(m, &rtl_oem, true, DestinationString, SourceString, true,
                                 RTL_CALLER(AllocateDestinationString));
}

NTSTATUS RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString,
                                            PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlUnicodeStringToCountedOemString);
    return rtl_unicode_to_string(m, &rtl_oem, false, DestinationString, SourceString, false,
                                 RTL_CALLER(AllocateDestinationString));
}

NTSTATUS RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString,
                                                  PCUNICODE_STRING SourceString,
                                                  BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlUpcaseUnicodeStringToCountedOemString);
    return rtl_unicode_to_string(m, &rtl_oem, true, DestinationString, SourceString, false,
                                 RTL_CALLER(AllocateDestinationString));
}

/* ---- sizes, terminator included ---- */

ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString) {
    KI_GATE(RtlxAnsiStringToUnicodeSize);
    return (AnsiString->Length + 1u) * (ULONG)sizeof(WCHAR);
}

ULONG RtlxOemStringToUnicodeSize(PCOEM_STRING OemString) {
    return (OemString->Length + 1u) * (ULONG)sizeof(WCHAR);
}

ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString) {
    KI_GATE(RtlxUnicodeStringToAnsiSize);
    return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1;
}

ULONG RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString) {
    return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1;
}
