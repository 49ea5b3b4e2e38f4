/*
 * The safe string routines with a UNICODE_STRING as destination: its MaximumLength is the room, its
 * Length the result. A null behind the text is not promised.
 */

/* A string that holds together: even sizes, Length within MaximumLength, a buffer when there is
 * room. */
FORCEINLINE NTSTATUS wdmsim_unicode_check(PCUNICODE_STRING String, size_t MaximumCch, ULONG Flags) {
    if (String == NULL)
        return (Flags & STRSAFE_IGNORE_NULL_UNICODE_STRINGS) != 0 ? STATUS_SUCCESS
                                                                  : STATUS_INVALID_PARAMETER;
    if (String->Length % sizeof(WCHAR) != 0 || String->MaximumLength % sizeof(WCHAR) != 0 ||
        String->Length > String->MaximumLength ||
        String->MaximumLength > MaximumCch * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    if (String->Buffer == NULL && (String->Length != 0 || String->MaximumLength != 0))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlUnicodeStringValidate(PCUNICODE_STRING SourceString) {
    return wdmsim_unicode_check(SourceString, NTSTRSAFE_UNICODE_STRING_MAX_CCH, 0);
}
NTSTRSAFEDDI RtlUnicodeStringValidateEx(PCUNICODE_STRING SourceString, ULONG dwFlags) {
    if ((dwFlags & ~(ULONG)STRSAFE_IGNORE_NULLS) != 0)
        return STATUS_INVALID_PARAMETER;
    return wdmsim_unicode_check(SourceString, NTSTRSAFE_UNICODE_STRING_MAX_CCH,
                                dwFlags != 0 ? STRSAFE_IGNORE_NULL_UNICODE_STRINGS : 0);
}

/* Points at a null-terminated string, of at most 32766 characters. */
NTSTRSAFEDDI RtlUnicodeStringInit(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc) {
    size_t length = 0;
    if (DestinationString == NULL)
        return STATUS_INVALID_PARAMETER;
    memset(DestinationString, 0, sizeof(*DestinationString));
    if (pszSrc == NULL)
        return STATUS_SUCCESS;
    length = wdmsim_strsafe_length_w(pszSrc, NTSTRSAFE_UNICODE_STRING_MAX_CCH);
    if (length == NTSTRSAFE_UNICODE_STRING_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
    DestinationString->MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
    DestinationString->Buffer = (PWCH)(ULONG_PTR)pszSrc;
    return STATUS_SUCCESS;
}
NTSTRSAFEDDI RtlUnicodeStringInitEx(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc,
                                    ULONG dwFlags) {
    if ((dwFlags & ~(ULONG)STRSAFE_IGNORE_NULLS) != 0)
        return STATUS_INVALID_PARAMETER;
    if (DestinationString == NULL && pszSrc == NULL && dwFlags != 0)
        return STATUS_SUCCESS;
    return RtlUnicodeStringInit(DestinationString, pszSrc);
}

/* What the Ex routines say about the end of the result, and their fill flags. */
FORCEINLINE VOID wdmsim_unicode_finish(NTSTATUS status, PUNICODE_STRING dest, USHORT original,
                                       PUNICODE_STRING rest, ULONG flags) {
    if (dest->Buffer == NULL)
        return;
    if (NT_SUCCESS(status)) {
        if ((flags & STRSAFE_FILL_BEHIND) != 0)
            memset((PCHAR)dest->Buffer + dest->Length, STRSAFE_GET_FILL_PATTERN(flags),
                   (size_t)(dest->MaximumLength - dest->Length));
    } else {
        if ((flags & STRSAFE_NO_TRUNCATION) != 0)
            dest->Length = original;
        if ((flags & STRSAFE_FILL_ON_FAILURE) != 0) {
            memset(dest->Buffer, STRSAFE_GET_FILL_PATTERN(flags), dest->MaximumLength);
            dest->Length = 0;
        }
        if ((flags & STRSAFE_ZERO_LENGTH_ON_FAILURE) != 0)
            dest->Length = 0;
    }
    if (rest != NULL && (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW)) {
        rest->Buffer = (PWCH)((PCHAR)dest->Buffer + dest->Length);
        rest->Length = 0;
        rest->MaximumLength = (USHORT)(dest->MaximumLength - dest->Length);
    }
}

/* Puts `count` characters behind the first `keep` bytes of the destination. */
FORCEINLINE NTSTATUS wdmsim_unicode_place(PUNICODE_STRING dest, BOOLEAN append, const WCHAR *source,
                                          size_t count, PUNICODE_STRING rest, ULONG flags) {
    NTSTATUS status = STATUS_SUCCESS;
    USHORT original = append && dest != NULL ? dest->Length : 0;
    size_t room;
    if ((flags & ~(ULONG)STRSAFE_UNICODE_STRING_VALID_FLAGS) != 0)
        return STATUS_INVALID_PARAMETER;
    if (count != 0 && (dest == NULL || dest->MaximumLength == 0))
        return STATUS_INVALID_PARAMETER;
    if (dest == NULL)
        return STATUS_SUCCESS;
    room = (size_t)(dest->MaximumLength - original) / sizeof(WCHAR);
    if (count > room) {
        count = (flags & STRSAFE_NO_TRUNCATION) != 0 ? 0 : room;
        status = STATUS_BUFFER_OVERFLOW;
    }
    if (count != 0)
        memmove((PCHAR)dest->Buffer + original, source, count * sizeof(WCHAR));
    dest->Length = (USHORT)(original + count * sizeof(WCHAR));
    wdmsim_unicode_finish(status, dest, original, rest, flags);
    return status;
}

FORCEINLINE ULONG wdmsim_unicode_nulls(ULONG flags) {
    return (flags & STRSAFE_IGNORE_NULLS) != 0 ? STRSAFE_IGNORE_NULL_UNICODE_STRINGS : 0;
}

/* From a counted string, at most `most` characters of it. */
FORCEINLINE NTSTATUS wdmsim_unicode_from(PUNICODE_STRING dest, BOOLEAN append,
                                         PCUNICODE_STRING source, size_t most, PUNICODE_STRING rest,
                                         ULONG flags) {
    NTSTATUS status =
        wdmsim_unicode_check(dest, NTSTRSAFE_UNICODE_STRING_MAX_CCH, wdmsim_unicode_nulls(flags));
    size_t count;
    if (NT_SUCCESS(status))
        status = wdmsim_unicode_check(source, NTSTRSAFE_UNICODE_STRING_MAX_CCH,
                                      wdmsim_unicode_nulls(flags));
    if (NT_SUCCESS(status) && most > NTSTRSAFE_UNICODE_STRING_MAX_CCH)
        status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    count = source == NULL ? 0 : source->Length / sizeof(WCHAR);
    return wdmsim_unicode_place(dest, append, source == NULL ? NULL : source->Buffer,
                                count < most ? count : most, rest, flags);
}

/* From a null-terminated string, at most `most` characters of it. */
FORCEINLINE NTSTATUS wdmsim_unicode_from_string(PUNICODE_STRING dest, BOOLEAN append,
                                                const WCHAR *source, size_t most,
                                                PUNICODE_STRING rest, ULONG flags) {
    NTSTATUS status =
        wdmsim_unicode_check(dest, NTSTRSAFE_UNICODE_STRING_MAX_CCH, wdmsim_unicode_nulls(flags));
    size_t count;
    if (NT_SUCCESS(status) && (most > NTSTRSAFE_UNICODE_STRING_MAX_CCH ||
                               (source == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0)))
        status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    if (source == NULL)
        most = 0;
    count = most == 0 ? 0 : wdmsim_strsafe_length_w(source, most);
    return wdmsim_unicode_place(dest, append, source, count, rest, flags);
}

FORCEINLINE NTSTATUS wdmsim_unicode_print(PUNICODE_STRING dest, PUNICODE_STRING rest, ULONG flags,
                                          const WCHAR *format, va_list arguments) {
    NTSTATUS status =
        wdmsim_unicode_check(dest, NTSTRSAFE_UNICODE_STRING_MAX_CCH, wdmsim_unicode_nulls(flags));
    static const WCHAR nothing = 0;
    USHORT original;
    size_t room;
    int written;
    if (!NT_SUCCESS(status))
        return status;
    if (format == NULL && (flags & STRSAFE_IGNORE_NULLS) != 0)
        format = &nothing;
    if (format == NULL || (flags & ~(ULONG)STRSAFE_UNICODE_STRING_VALID_FLAGS) != 0)
        return STATUS_INVALID_PARAMETER;
    if (dest == NULL || dest->MaximumLength == 0)
        return *format != 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    original = dest->Length;
    room = dest->MaximumLength / sizeof(WCHAR);
    if ((flags & STRSAFE_NO_TRUNCATION) != 0 &&
        wdmsim_strsafe_print_cuts_w(room + 1, format, arguments)) {
        wdmsim_unicode_finish(STATUS_BUFFER_OVERFLOW, dest, original, rest, flags);
        return STATUS_BUFFER_OVERFLOW;
    }
    written = wdmsim_crt__vsnwprintf(dest->Buffer, room, format, arguments);
    if (written < 0 || (size_t)written > room) {
        status = STATUS_BUFFER_OVERFLOW;
        written = (int)room;
    }
    dest->Length = (USHORT)((size_t)written * sizeof(WCHAR));
    wdmsim_unicode_finish(status, dest, original, rest, flags);
    return status;
}

/* ---- copy ---- */

NTSTRSAFEDDI RtlUnicodeStringCopy(PUNICODE_STRING DestinationString,
                                  PCUNICODE_STRING SourceString) {
    return wdmsim_unicode_from(DestinationString, FALSE, SourceString,
                               NTSTRSAFE_UNICODE_STRING_MAX_CCH, NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCchCopyN(PUNICODE_STRING DestinationString,
                                      PCUNICODE_STRING SourceString, size_t cchToCopy) {
    return wdmsim_unicode_from(DestinationString, FALSE, SourceString, cchToCopy, NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCbCopyN(PUNICODE_STRING DestinationString,
                                     PCUNICODE_STRING SourceString, size_t cbToCopy) {
    return wdmsim_unicode_from(DestinationString, FALSE, SourceString, cbToCopy / sizeof(WCHAR),
                               NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCopyEx(PUNICODE_STRING DestinationString,
                                    PCUNICODE_STRING SourceString, PUNICODE_STRING RemainingString,
                                    ULONG dwFlags) {
    return wdmsim_unicode_from(DestinationString, FALSE, SourceString,
                               NTSTRSAFE_UNICODE_STRING_MAX_CCH, RemainingString, dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCchCopyNEx(PUNICODE_STRING DestinationString,
                                        PCUNICODE_STRING SourceString, size_t cchToCopy,
                                        PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from(DestinationString, FALSE, SourceString, cchToCopy, RemainingString,
                               dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCbCopyNEx(PUNICODE_STRING DestinationString,
                                       PCUNICODE_STRING SourceString, size_t cbToCopy,
                                       PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from(DestinationString, FALSE, SourceString, cbToCopy / sizeof(WCHAR),
                               RemainingString, dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString,
                                        NTSTRSAFE_PCWSTR pszSrc) {
    return wdmsim_unicode_from_string(DestinationString, FALSE, pszSrc,
                                      NTSTRSAFE_UNICODE_STRING_MAX_CCH, NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCchCopyStringN(PUNICODE_STRING DestinationString,
                                            NTSTRSAFE_PCWSTR pszSrc, size_t cchToCopy) {
    return wdmsim_unicode_from_string(DestinationString, FALSE, pszSrc, cchToCopy, NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCbCopyStringN(PUNICODE_STRING DestinationString,
                                           NTSTRSAFE_PCWSTR pszSrc, size_t cbToCopy) {
    return wdmsim_unicode_from_string(DestinationString, FALSE, pszSrc, cbToCopy / sizeof(WCHAR),
                                      NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCopyStringEx(PUNICODE_STRING DestinationString,
                                          NTSTRSAFE_PCWSTR pszSrc, PUNICODE_STRING RemainingString,
                                          ULONG dwFlags) {
    return wdmsim_unicode_from_string(DestinationString, FALSE, pszSrc,
                                      NTSTRSAFE_UNICODE_STRING_MAX_CCH, RemainingString, dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCchCopyStringNEx(PUNICODE_STRING DestinationString,
                                              NTSTRSAFE_PCWSTR pszSrc, size_t cchToCopy,
                                              PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from_string(DestinationString, FALSE, pszSrc, cchToCopy, RemainingString,
                                      dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCbCopyStringNEx(PUNICODE_STRING DestinationString,
                                             NTSTRSAFE_PCWSTR pszSrc, size_t cbToCopy,
                                             PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from_string(DestinationString, FALSE, pszSrc, cbToCopy / sizeof(WCHAR),
                                      RemainingString, dwFlags);
}

/* ---- append ---- */

NTSTRSAFEDDI RtlUnicodeStringCat(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
    return wdmsim_unicode_from(DestinationString, TRUE, SourceString,
                               NTSTRSAFE_UNICODE_STRING_MAX_CCH, NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCchCatN(PUNICODE_STRING DestinationString,
                                     PCUNICODE_STRING SourceString, size_t cchToAppend) {
    return wdmsim_unicode_from(DestinationString, TRUE, SourceString, cchToAppend, NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCbCatN(PUNICODE_STRING DestinationString,
                                    PCUNICODE_STRING SourceString, size_t cbToAppend) {
    return wdmsim_unicode_from(DestinationString, TRUE, SourceString, cbToAppend / sizeof(WCHAR),
                               NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCatEx(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                   PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from(DestinationString, TRUE, SourceString,
                               NTSTRSAFE_UNICODE_STRING_MAX_CCH, RemainingString, dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCchCatNEx(PUNICODE_STRING DestinationString,
                                       PCUNICODE_STRING SourceString, size_t cchToAppend,
                                       PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from(DestinationString, TRUE, SourceString, cchToAppend, RemainingString,
                               dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCbCatNEx(PUNICODE_STRING DestinationString,
                                      PCUNICODE_STRING SourceString, size_t cbToAppend,
                                      PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from(DestinationString, TRUE, SourceString, cbToAppend / sizeof(WCHAR),
                               RemainingString, dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCatString(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc) {
    return wdmsim_unicode_from_string(DestinationString, TRUE, pszSrc,
                                      NTSTRSAFE_UNICODE_STRING_MAX_CCH, NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCchCatStringN(PUNICODE_STRING DestinationString,
                                           NTSTRSAFE_PCWSTR pszSrc, size_t cchToAppend) {
    return wdmsim_unicode_from_string(DestinationString, TRUE, pszSrc, cchToAppend, NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCbCatStringN(PUNICODE_STRING DestinationString,
                                          NTSTRSAFE_PCWSTR pszSrc, size_t cbToAppend) {
    return wdmsim_unicode_from_string(DestinationString, TRUE, pszSrc, cbToAppend / sizeof(WCHAR),
                                      NULL, 0);
}
NTSTRSAFEDDI RtlUnicodeStringCatStringEx(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc,
                                         PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from_string(DestinationString, TRUE, pszSrc,
                                      NTSTRSAFE_UNICODE_STRING_MAX_CCH, RemainingString, dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCchCatStringNEx(PUNICODE_STRING DestinationString,
                                             NTSTRSAFE_PCWSTR pszSrc, size_t cchToAppend,
                                             PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from_string(DestinationString, TRUE, pszSrc, cchToAppend, RemainingString,
                                      dwFlags);
}
NTSTRSAFEDDI RtlUnicodeStringCbCatStringNEx(PUNICODE_STRING DestinationString,
                                            NTSTRSAFE_PCWSTR pszSrc, size_t cbToAppend,
                                            PUNICODE_STRING RemainingString, ULONG dwFlags) {
    return wdmsim_unicode_from_string(DestinationString, TRUE, pszSrc, cbToAppend / sizeof(WCHAR),
                                      RemainingString, dwFlags);
}

/* ---- format ---- */

NTSTRSAFEDDI RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat,
                                     va_list argList) {
    return wdmsim_unicode_print(DestinationString, NULL, 0, pszFormat, argList);
}
NTSTRSAFEDDI RtlUnicodeStringVPrintfEx(PUNICODE_STRING DestinationString,
                                       PUNICODE_STRING RemainingString, ULONG dwFlags,
                                       NTSTRSAFE_PCWSTR pszFormat, va_list argList) {
    return wdmsim_unicode_print(DestinationString, RemainingString, dwFlags, pszFormat, argList);
}
static inline __attribute__((unused)) NTSTATUS
RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat, ...) {
    NTSTATUS status;
    va_list argList;
    va_start(argList, pszFormat);
    status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, argList);
    va_end(argList);
    return status;
}
static inline __attribute__((unused)) NTSTATUS
RtlUnicodeStringPrintfEx(PUNICODE_STRING DestinationString, PUNICODE_STRING RemainingString,
                         ULONG dwFlags, NTSTRSAFE_PCWSTR pszFormat, ...) {
    NTSTATUS status;
    va_list argList;
    va_start(argList, pszFormat);
    status =
        RtlUnicodeStringVPrintfEx(DestinationString, RemainingString, dwFlags, pszFormat, argList);
    va_end(argList);
    return status;
}

/* ---- from a counted to a null-terminated string, and lengths of unaligned ones ---- */

/* The text of a counted string, which an empty one needs no buffer for. */
FORCEINLINE const WCHAR *wdmsim_unicode_text(PCUNICODE_STRING String) {
    static const WCHAR nothing = 0;
    if (String == NULL)
        return NULL;
    return String->Buffer == NULL ? &nothing : String->Buffer;
}

NTSTRSAFEDDI RtlStringCchCopyUnicodeStringEx(NTSTRSAFE_PWSTR pszDest, size_t cchDest,
                                             PCUNICODE_STRING SourceString,
                                             NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcchRemaining,
                                             ULONG dwFlags) {
    NTSTATUS status = wdmsim_unicode_check(SourceString, NTSTRSAFE_UNICODE_STRING_MAX_CCH,
                                           wdmsim_unicode_nulls(dwFlags));
    if (!NT_SUCCESS(status)) {
        if (cchDest >= 1 && pszDest != NULL)
            *pszDest = 0;
        return status;
    }
    return wdmsim_strsafe_copy_ex_w(pszDest, wdmsim_strsafe_bytes_w(cchDest),
                                    wdmsim_unicode_text(SourceString),
                                    SourceString == NULL ? 0 : SourceString->Length / sizeof(WCHAR),
                                    ppszDestEnd, pcchRemaining, 1, dwFlags);
}
NTSTRSAFEDDI RtlStringCchCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, size_t cchDest,
                                           PCUNICODE_STRING SourceString) {
    return RtlStringCchCopyUnicodeStringEx(pszDest, cchDest, SourceString, NULL, NULL, 0);
}
NTSTRSAFEDDI RtlUnalignedStringCchLengthW(NTSTRSAFE_PCUWSTR psz, size_t cchMax,
                                          size_t *pcchLength) {
    size_t n = 0, most = cchMax;
    WCHAR character = 1;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (psz != NULL && most <= NTSTRSAFE_MAX_CCH) {
        while (n < most &&
               (memcpy(&character, (const char *)psz + n * sizeof(WCHAR), sizeof(WCHAR)),
                character != 0))
            n++;
        status = n == most ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    }
    if (pcchLength != NULL)
        *pcchLength = NT_SUCCESS(status) ? n : 0;
    return status;
}
NTSTRSAFEDDI RtlStringCbCopyUnicodeStringEx(NTSTRSAFE_PWSTR pszDest, size_t cbDest,
                                            PCUNICODE_STRING SourceString,
                                            NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcbRemaining,
                                            ULONG dwFlags) {
    NTSTATUS status = wdmsim_unicode_check(SourceString, NTSTRSAFE_UNICODE_STRING_MAX_CCH,
                                           wdmsim_unicode_nulls(dwFlags));
    if (!NT_SUCCESS(status)) {
        if (cbDest >= sizeof(WCHAR) && pszDest != NULL)
            *pszDest = 0;
        return status;
    }
    return wdmsim_strsafe_copy_ex_w(pszDest, cbDest, wdmsim_unicode_text(SourceString),
                                    SourceString == NULL ? 0 : SourceString->Length / sizeof(WCHAR),
                                    ppszDestEnd, pcbRemaining, sizeof(WCHAR), dwFlags);
}
NTSTRSAFEDDI RtlStringCbCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, size_t cbDest,
                                          PCUNICODE_STRING SourceString) {
    return RtlStringCbCopyUnicodeStringEx(pszDest, cbDest, SourceString, NULL, NULL, 0);
}
NTSTRSAFEDDI RtlUnalignedStringCbLengthW(NTSTRSAFE_PCUWSTR psz, size_t cbMax, size_t *pcbLength) {
    size_t n = 0, most = cbMax / sizeof(WCHAR);
    WCHAR character = 1;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (psz != NULL && most <= NTSTRSAFE_MAX_CCH) {
        while (n < most &&
               (memcpy(&character, (const char *)psz + n * sizeof(WCHAR), sizeof(WCHAR)),
                character != 0))
            n++;
        status = n == most ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    }
    if (pcbLength != NULL)
        *pcbLength = NT_SUCCESS(status) ? n * sizeof(WCHAR) : 0;
    return status;
}
