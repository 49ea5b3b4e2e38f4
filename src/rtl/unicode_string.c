/*
 * UNICODE_STRING: initialising, copying, comparing, appending, changing case.
 *
 * Length and MaximumLength are bytes. A driver may hand an odd length; half a character does not
 * count in comparisons and is copied as a byte, as memory copies are. Whatever writes a string adds
 * a terminating null where it fits behind the text, and never counts it in Length.
 */
#include <string.h>

#include "ki/gate.h"
#include "mm/mm.h"
#include "rtl/rtl.h"

void *rtl_string_allocate(struct machine *m, size_t size, const void *caller) {
    return mm_pool_allocate_for(m, PagedPool, size ? size : 1, RTL_STRING_TAG, caller);
}

static size_t rtl_wide_length(const WCHAR *text, size_t limit) {
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    return length;
}

static void rtl_terminate(PUNICODE_STRING string) {
    if (string->Length + sizeof(WCHAR) <= string->MaximumLength)
        string->Buffer[string->Length / sizeof(WCHAR)] = 0;
}

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    KI_GATE(RtlInitUnicodeString);
    size_t bytes = 0;
    DestinationString->Buffer = (PWCH)(ULONG_PTR)SourceString;
    if (SourceString) {
        /* Text that a USHORT cannot count is cut, terminator included. */
        bytes = rtl_wide_length(SourceString, UNICODE_STRING_MAX_BYTES / sizeof(WCHAR) - 1);
        bytes *= sizeof(WCHAR);
    }
    DestinationString->Length = (USHORT)bytes;
    DestinationString->MaximumLength = (USHORT)(SourceString ? bytes + sizeof(WCHAR) : 0);
}

BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    KI_GATE(RtlCreateUnicodeString);
    size_t bytes = (rtl_wide_length(SourceString, SIZE_MAX) + 1) * sizeof(WCHAR);
    if (bytes > UNICODE_STRING_MAX_BYTES)
        return FALSE;
    PWCH buffer = rtl_string_allocate(m, bytes, __builtin_return_address(0));
    if (!buffer)
        return FALSE;
    memcpy(buffer, SourceString, bytes);
    DestinationString->Buffer = buffer;
    DestinationString->Length = (USHORT)(bytes - sizeof(WCHAR));
    DestinationString->MaximumLength = (USHORT)bytes;
    return TRUE;
}

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
    KI_GATE(RtlFreeUnicodeString);
    if (UnicodeString->Buffer) {
        mm_pool_free(m, UnicodeString->Buffer, 0);
        memset(UnicodeString, 0, sizeof *UnicodeString);
    }
}

VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
    KI_GATE(RtlCopyUnicodeString);
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
    rtl_terminate(DestinationString);
}

NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn,
                                   PUNICODE_STRING StringOut) {
    struct machine *m = ki_self();
    bool terminate = Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE;
    size_t bytes = StringIn->Length + (terminate ? sizeof(WCHAR) : 0);
    if (bytes > UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    *StringOut = (UNICODE_STRING){.MaximumLength = (USHORT)bytes};
    if (!bytes)
        return STATUS_SUCCESS;
    StringOut->Buffer = rtl_string_allocate(m, bytes, __builtin_return_address(0));
    if (!StringOut->Buffer)
        return STATUS_NO_MEMORY;
    RtlCopyUnicodeString(StringOut, StringIn);
    return STATUS_SUCCESS;
}

VOID RtlSanitizeUnicodeStringPadding(PUNICODE_STRING String) {
    if (String->Length < String->MaximumLength)
        memset((char *)String->Buffer + String->Length, 0,
               (size_t)(String->MaximumLength - String->Length));
}

/* ---- comparing ---- */

LONG rtl_compare_unicode(const WCHAR *a, size_t a_length, const WCHAR *b, size_t b_length,
                         bool ignore_case) {
    size_t common = a_length < b_length ? a_length : b_length;
    for (size_t i = 0; i < common; i++) {
        WCHAR x = a[i], y = b[i];
        if (x != y && ignore_case) {
            x = rtl_upcase(x);
            y = rtl_upcase(y);
        }
        if (x != y)
            return (LONG)x - (LONG)y;
    }
    return a_length < b_length ? -1 : a_length > b_length;
}

/* True if the first `length` units are the same. */
static bool rtl_same(const WCHAR *a, const WCHAR *b, size_t length, bool ignore_case) {
    return rtl_compare_unicode(a, length, b, length, ignore_case) == 0;
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                             BOOLEAN CaseInSensitive) {
    KI_GATE(RtlCompareUnicodeString);
    return rtl_compare_unicode(String1->Buffer, String1->Length / sizeof(WCHAR), String2->Buffer,
                               String2->Length / sizeof(WCHAR), CaseInSensitive);
}

LONG RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2,
                              SIZE_T String2Length, BOOLEAN CaseInSensitive) {
    return rtl_compare_unicode(String1, String1Length, String2, String2Length, CaseInSensitive);
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                              BOOLEAN CaseInSensitive) {
    KI_GATE(RtlEqualUnicodeString);
    return String1->Length == String2->Length &&
           rtl_same(String1->Buffer, String2->Buffer, String1->Length / sizeof(WCHAR),
                    CaseInSensitive);
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                               BOOLEAN CaseInSensitive) {
    KI_GATE(RtlPrefixUnicodeString);
    return String1->Length <= String2->Length &&
           rtl_same(String1->Buffer, String2->Buffer, String1->Length / sizeof(WCHAR),
                    CaseInSensitive);
}

BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                               BOOLEAN CaseInSensitive) {
    if (String1->Length > String2->Length)
        return FALSE;
    size_t length = String1->Length / sizeof(WCHAR);
    return rtl_same(String1->Buffer, String2->Buffer + String2->Length / sizeof(WCHAR) - length,
                    length, CaseInSensitive);
}

NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
                              PULONG HashValue) {
    KI_GATE(RtlHashUnicodeString);
    if (!String || !HashValue ||
        (HashAlgorithm != HASH_STRING_ALGORITHM_DEFAULT &&
         HashAlgorithm != HASH_STRING_ALGORITHM_X65599))
        return STATUS_INVALID_PARAMETER;
    ULONG hash = 0;
    for (size_t i = 0; i < String->Length / sizeof(WCHAR); i++) {
        WCHAR c = String->Buffer[i];
        hash = hash * 65599 + (CaseInSensitive ? rtl_upcase(c) : c);
    }
    *HashValue = hash;
    return STATUS_SUCCESS;
}

/* ---- appending ---- */

static NTSTATUS rtl_append(PUNICODE_STRING to, const void *from, size_t bytes) {
    if (to->Length + bytes > to->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (bytes)
        memmove((char *)to->Buffer + to->Length, from, bytes);
    to->Length = (USHORT)(to->Length + bytes);
    rtl_terminate(to);
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
    KI_GATE(RtlAppendUnicodeStringToString);
    return rtl_append(Destination, Source->Buffer, Source->Length);
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) {
    KI_GATE(RtlAppendUnicodeToString);
    if (!Source)
        return STATUS_SUCCESS;
    return rtl_append(Destination, Source, rtl_wide_length(Source, MAXUSHORT) * sizeof(WCHAR));
}

/* ---- case ---- */

/* Into a new buffer of the caller's if there is a caller. */
static NTSTATUS rtl_change_case(struct machine *m, PUNICODE_STRING to, PCUNICODE_STRING from,
                                const void *caller, WCHAR (*change)(WCHAR)) {
    if (caller) {
        PWCH buffer = rtl_string_allocate(m, from->Length, caller);
        if (!buffer)
            return STATUS_NO_MEMORY;
        to->Buffer = buffer;
        to->MaximumLength = from->Length;
    } else if (from->Length > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (size_t i = 0; i < from->Length / sizeof(WCHAR); i++)
        to->Buffer[i] = change(from->Buffer[i]);
    to->Length = from->Length;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlUpcaseUnicodeString);
    return rtl_change_case(m, DestinationString, SourceString,
                           AllocateDestinationString ? __builtin_return_address(0) : NULL,
                           rtl_upcase);
}

NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                  BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlDowncaseUnicodeString);
    return rtl_change_case(m, DestinationString, SourceString,
                           AllocateDestinationString ? __builtin_return_address(0) : NULL,
                           rtl_downcase);
}
