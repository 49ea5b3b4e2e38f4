/*
 * STRING, the counted string of 8-bit characters (ANSI, OEM, UTF-8): initialising, copying,
 * comparing, appending, upper case.
 *
 * No terminator is written here; Length is what counts. Case is that of the ANSI code page.
 */
#include <string.h>

#include "ki/gate.h"
#include "mm/mm.h"
#include "rtl/codepage.h"
#include "rtl/rtl.h"

static UCHAR rtl_upper_ansi(UCHAR character) {
    if (character < 0x80)
        return (UCHAR)(character >= 'a' && character <= 'z' ? character - 32 : character);
    WCHAR upper = rtl_upcase(rtl_ansi_to_unicode(character));
    UCHAR result = rtl_unicode_to_ansi(upper);
    return result == '?' ? character : result; /* the capital is not in the code page */
}

/* ---- initialising ---- */

static void rtl_init_string(PSTRING to, const char *from, size_t limit) {
    size_t length = from ? strnlen(from, limit) : 0;
    to->Buffer = (PCHAR)(ULONG_PTR)from;
    to->Length = (USHORT)length;
    to->MaximumLength = (USHORT)(from ? length + 1 : 0);
}

static NTSTATUS rtl_init_string_checked(PSTRING to, const char *from) {
    *to = (STRING){.Buffer = NULL};
    if (from && strnlen(from, MAXUSHORT) > MAXUSHORT - 1)
        return STATUS_NAME_TOO_LONG;
    rtl_init_string(to, from, MAXUSHORT - 1);
    return STATUS_SUCCESS;
}

VOID RtlInitString(PSTRING DestinationString, const char *SourceString) {
    KI_GATE(RtlInitString);
    rtl_init_string(DestinationString, SourceString, MAXUSHORT - 1);
}

VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString) {
    KI_GATE(RtlInitAnsiString);
    rtl_init_string(DestinationString, SourceString, MAXUSHORT - 1);
}

VOID RtlInitUTF8String(PUTF8_STRING DestinationString, PCSTR SourceString) {
    KI_GATE(RtlInitUTF8String);
    rtl_init_string(DestinationString, SourceString, MAXUSHORT - 1);
}

NTSTATUS RtlInitStringEx(PSTRING DestinationString, const char *SourceString) {
    KI_GATE(RtlInitStringEx);
    return rtl_init_string_checked(DestinationString, SourceString);
}

NTSTATUS RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSTR SourceString) {
    return rtl_init_string_checked(DestinationString, SourceString);
}

NTSTATUS RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSTR SourceString) {
    KI_GATE(RtlInitUTF8StringEx);
    return rtl_init_string_checked(DestinationString, SourceString);
}

static void rtl_free_string(struct machine *m, PSTRING string) {
    if (string->Buffer) {
        mm_pool_free(m, string->Buffer, 0);
        memset(string, 0, sizeof *string);
    }
}

VOID RtlFreeAnsiString(PANSI_STRING AnsiString) {
    KI_GATE(RtlFreeAnsiString);
    rtl_free_string(m, AnsiString);
}

VOID RtlFreeOemString(POEM_STRING OemString) {
    KI_GATE(RtlFreeOemString);
    rtl_free_string(m, OemString);
}

VOID RtlFreeUTF8String(PUTF8_STRING utf8String) {
    KI_GATE(RtlFreeUTF8String);
    rtl_free_string(m, utf8String);
}

/* ---- copying and appending ---- */

VOID RtlCopyString(PSTRING DestinationString, const STRING *SourceString) {
    KI_GATE(RtlCopyString);
    if (!SourceString) {
        DestinationString->Length = 0;
        return;
    }
    USHORT length = SourceString->Length;
    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength;
    if (length)
        memmove(DestinationString->Buffer, SourceString->Buffer, length);
    DestinationString->Length = length;
}

NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING *Source) {
    KI_GATE(RtlAppendStringToString);
    if (Destination->Length + Source->Length > Destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (Source->Length)
        memmove(Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
    Destination->Length = (USHORT)(Destination->Length + Source->Length);
    return STATUS_SUCCESS;
}

/* ---- comparing ---- */

static LONG rtl_compare_ansi(const char *a, size_t a_length, const char *b, size_t b_length,
                             bool ignore_case) {
    size_t common = a_length < b_length ? a_length : b_length;
    for (size_t i = 0; i < common; i++) {
        UCHAR x = (UCHAR)a[i], y = (UCHAR)b[i];
        if (ignore_case) {
            x = rtl_upper_ansi(x);
            y = rtl_upper_ansi(y);
        }
        if (x != y)
            return (LONG)x - (LONG)y;
    }
    return a_length < b_length ? -1 : a_length > b_length;
}

LONG RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive) {
    KI_GATE(RtlCompareString);
    return rtl_compare_ansi(String1->Buffer, String1->Length, String2->Buffer, String2->Length,
                            CaseInSensitive);
}

BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive) {
    KI_GATE(RtlEqualString);
    return String1->Length == String2->Length &&
           rtl_compare_ansi(String1->Buffer, String1->Length, String2->Buffer, String2->Length,
                            CaseInSensitive) == 0;
}

BOOLEAN RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive) {
    return String1->Length <= String2->Length &&
           rtl_compare_ansi(String1->Buffer, String1->Length, String2->Buffer, String1->Length,
                            CaseInSensitive) == 0;
}

/* ---- case ---- */

CHAR RtlUpperChar(CHAR Character) {
    KI_GATE(RtlUpperChar);
    return (CHAR)rtl_upper_ansi((UCHAR)Character);
}

VOID RtlUpperString(PSTRING DestinationString, const STRING *SourceString) {
    KI_GATE(RtlUpperString);
    USHORT length = SourceString->Length;
    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength;
    for (USHORT i = 0; i < length; i++)
        DestinationString->Buffer[i] = (CHAR)rtl_upper_ansi((UCHAR)SourceString->Buffer[i]);
    DestinationString->Length = length;
}
