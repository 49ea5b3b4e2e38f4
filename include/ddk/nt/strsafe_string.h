/*
 * The safe string routines for one width of character; ntstrsafe.h includes this text once for
 * each.
 *
 * Copy, Cat and Printf come in four forms (Cb or Cch, plain or Ex), which all end in the Ex workers
 * below: check the destination, write, then do what the flags ask on truncation or failure.
 */

/* Where a result ended, for the Ex forms. */
struct STRSAFE_OWN(end) {
    STRSAFE_CHAR *at;
    size_t left; /* characters from `at` to the buffer's end, the null's place included */
};

/* Characters before the null, at most `most`; `most` when there is none. */
FORCEINLINE size_t STRSAFE_OWN(length)(const STRSAFE_CHAR *string, size_t most) {
    size_t n = 0;
    while (n < most && string[n] != 0)
        n++;
    return n;
}

/* Are the size and the pointer usable? */
FORCEINLINE NTSTATUS STRSAFE_OWN(check)(const STRSAFE_CHAR *dest, size_t cch, ULONG flags) {
    if (cch > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    if ((flags & STRSAFE_IGNORE_NULLS) != 0)
        return dest == NULL && cch != 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    return dest == NULL || cch == 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* Copies at most `most` characters of `source` into `cch` > 0, and ends them with a null. */
FORCEINLINE NTSTATUS STRSAFE_OWN(copy)(STRSAFE_CHAR *dest, size_t cch, const STRSAFE_CHAR *source,
                                       size_t most, size_t *copied) {
    size_t n = 0;
    while (n < cch && n < most && source[n] != 0) {
        dest[n] = source[n];
        n++;
    }
    *copied = n < cch ? n : cch - 1;
    dest[*copied] = 0;
    return n < cch ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

/* True if the text would be cut. (Variable argument lists keep it from being inlined.) */
static inline __attribute__((unused)) BOOLEAN
STRSAFE_OWN(print_cuts)(size_t cch, const STRSAFE_CHAR *format, va_list arguments) {
    va_list again;
    int n;
    va_copy(again, arguments);
    n = STRSAFE_MEASURE(format, again);
    va_end(again);
    return n < 0 || (size_t)n >= cch;
}

/* Formats into `cch` > 0, and ends the text with a null. */
FORCEINLINE NTSTATUS STRSAFE_OWN(print)(STRSAFE_CHAR *dest, size_t cch, const STRSAFE_CHAR *format,
                                        va_list arguments, size_t *written) {
    int n = STRSAFE_FORMAT(dest, cch - 1, format, arguments);
    *written = n < 0 || (size_t)n > cch - 1 ? cch - 1 : (size_t)n;
    dest[*written] = 0;
    return n < 0 || (size_t)n > cch - 1 ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* After success or failure: the flags that fill and empty. */
FORCEINLINE VOID STRSAFE_OWN(flags)(NTSTATUS status, STRSAFE_CHAR *dest, size_t cb,
                                    struct STRSAFE_OWN(end) * end, ULONG flags) {
    size_t cch = cb / sizeof(STRSAFE_CHAR);
    if (NT_SUCCESS(status)) {
        if ((flags & STRSAFE_FILL_BEHIND_NULL) != 0 && end->left > 1)
            memset(end->at + 1, STRSAFE_GET_FILL_PATTERN(flags),
                   (end->left - 1) * sizeof(STRSAFE_CHAR) + cb % sizeof(STRSAFE_CHAR));
        return;
    }
    if (cch == 0)
        return;
    if ((flags & STRSAFE_FILL_ON_FAILURE) != 0) {
        memset(dest, STRSAFE_GET_FILL_PATTERN(flags), cb);
        end->at = STRSAFE_GET_FILL_PATTERN(flags) == 0 ? dest : dest + cch - 1;
        end->left = STRSAFE_GET_FILL_PATTERN(flags) == 0 ? cch : 1;
        *end->at = 0;
    }
    if ((flags & STRSAFE_NULL_ON_FAILURE) != 0) {
        end->at = dest;
        end->left = cch;
        *dest = 0;
    }
}

/* The common course of the copying and appending routines. `start` is where the source goes. */
FORCEINLINE NTSTATUS STRSAFE_OWN(place)(STRSAFE_CHAR *dest, size_t cb, size_t start,
                                        const STRSAFE_CHAR *source, size_t most,
                                        struct STRSAFE_OWN(end) * end, ULONG flags) {
    static const STRSAFE_CHAR nothing[1] = {0};
    size_t cch = cb / sizeof(STRSAFE_CHAR), copied = 0;
    NTSTATUS status = STATUS_SUCCESS;
    end->at = dest + start;
    end->left = cch - start;
    if (source == NULL && (flags & STRSAFE_IGNORE_NULLS) != 0)
        source = nothing;
    if (source == NULL || (flags & ~(ULONG)STRSAFE_VALID_FLAGS) != 0 ||
        most > NTSTRSAFE_MAX_LENGTH) {
        status = STATUS_INVALID_PARAMETER;
        if (cch != 0 && start == 0)
            *dest = 0;
    } else if (cch == 0) {
        if (most != 0 && *source != 0)
            status = STATUS_INVALID_PARAMETER;
    } else if ((flags & STRSAFE_NO_TRUNCATION) != 0 && most >= end->left &&
               STRSAFE_OWN(length)(source, end->left) == end->left) {
        status = STATUS_BUFFER_OVERFLOW; /* what would be cut is not written at all */
        *end->at = 0;
    } else {
        status = STRSAFE_OWN(copy)(dest + start, cch - start, source, most, &copied);
        end->at += copied;
        end->left -= copied;
    }
    STRSAFE_OWN(flags)(status, dest, cb, end, flags);
    return status;
}

/* `odd`: bytes behind the last whole character. */
FORCEINLINE VOID STRSAFE_OWN(tell)(NTSTATUS status, const struct STRSAFE_OWN(end) * end,
                                   STRSAFE_CHAR **dest_end, size_t *remaining, size_t unit,
                                   size_t odd) {
    if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW)
        return;
    if (dest_end != NULL)
        *dest_end = end->at;
    if (remaining != NULL)
        *remaining = end->left * unit + odd;
}

FORCEINLINE NTSTATUS STRSAFE_OWN(copy_ex)(STRSAFE_CHAR *dest, size_t cb, const STRSAFE_CHAR *source,
                                          size_t most, STRSAFE_CHAR **dest_end, size_t *remaining,
                                          size_t unit, ULONG flags) {
    struct STRSAFE_OWN(end) end = {dest, 0};
    NTSTATUS status = STRSAFE_OWN(check)(dest, cb / sizeof(STRSAFE_CHAR), flags);
    if (!NT_SUCCESS(status)) {
        if (cb >= sizeof(STRSAFE_CHAR) && dest != NULL)
            *dest = 0;
        return status;
    }
    status = STRSAFE_OWN(place)(dest, cb, 0, source, most, &end, flags);
    STRSAFE_OWN(tell)(status, &end, dest_end, remaining, unit, cb % sizeof(STRSAFE_CHAR));
    return status;
}

FORCEINLINE NTSTATUS STRSAFE_OWN(cat_ex)(STRSAFE_CHAR *dest, size_t cb, const STRSAFE_CHAR *source,
                                         size_t most, STRSAFE_CHAR **dest_end, size_t *remaining,
                                         size_t unit, ULONG flags) {
    struct STRSAFE_OWN(end) end = {dest, 0};
    size_t cch = cb / sizeof(STRSAFE_CHAR), length;
    NTSTATUS status = STRSAFE_OWN(check)(dest, cch, flags);
    if (!NT_SUCCESS(status))
        return status;
    length = cch == 0 ? 0 : STRSAFE_OWN(length)(dest, cch);
    if (cch != 0 && length == cch) {
        STRSAFE_OWN(flags)(STATUS_INVALID_PARAMETER, dest, cb, &end, flags);
        return STATUS_INVALID_PARAMETER;
    }
    status = STRSAFE_OWN(place)(dest, cb, length, source, most, &end, flags);
    STRSAFE_OWN(tell)(status, &end, dest_end, remaining, unit, cb % sizeof(STRSAFE_CHAR));
    return status;
}

FORCEINLINE NTSTATUS STRSAFE_OWN(print_ex)(STRSAFE_CHAR *dest, size_t cb, STRSAFE_CHAR **dest_end,
                                           size_t *remaining, size_t unit, ULONG flags,
                                           const STRSAFE_CHAR *format, va_list arguments) {
    static const STRSAFE_CHAR nothing[1] = {0};
    struct STRSAFE_OWN(end) end = {dest, cb / sizeof(STRSAFE_CHAR)};
    size_t cch = cb / sizeof(STRSAFE_CHAR), written = 0;
    NTSTATUS status = STRSAFE_OWN(check)(dest, cch, flags);
    if (!NT_SUCCESS(status)) {
        if (cch != 0 && dest != NULL)
            *dest = 0;
        return status;
    }
    if (format == NULL && (flags & STRSAFE_IGNORE_NULLS) != 0)
        format = nothing;
    if (format == NULL || (flags & ~(ULONG)STRSAFE_VALID_FLAGS) != 0) {
        status = STATUS_INVALID_PARAMETER;
        if (cch != 0)
            *dest = 0;
    } else if (cch == 0) {
        if (*format != 0)
            status = STATUS_INVALID_PARAMETER;
    } else if ((flags & STRSAFE_NO_TRUNCATION) != 0 &&
               STRSAFE_OWN(print_cuts)(cch, format, arguments)) {
        status = STATUS_BUFFER_OVERFLOW; /* and the destination is as it was */
    } else {
        status = STRSAFE_OWN(print)(dest, cch, format, arguments, &written);
        end.at += written;
        end.left -= written;
    }
    STRSAFE_OWN(flags)(status, dest, cb, &end, flags);
    STRSAFE_OWN(tell)(status, &end, dest_end, remaining, unit, cb % sizeof(STRSAFE_CHAR));
    return status;
}

FORCEINLINE NTSTATUS STRSAFE_OWN(length_of)(const STRSAFE_CHAR *string, size_t most, size_t *length,
                                            size_t unit) {
    size_t n = 0;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (string != NULL && most <= NTSTRSAFE_MAX_CCH) {
        n = STRSAFE_OWN(length)(string, most);
        status = n == most ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    }
    if (length != NULL)
        *length = NT_SUCCESS(status) ? n * unit : 0;
    return status;
}

/* Bytes for a count of characters, kept beyond the limit when the product would wrap. */
FORCEINLINE size_t STRSAFE_OWN(bytes)(size_t cch) {
    return (cch > NTSTRSAFE_MAX_CCH ? (size_t)NTSTRSAFE_MAX_CCH + 1 : cch) * sizeof(STRSAFE_CHAR);
}

#define STRSAFE_WIDE sizeof(STRSAFE_CHAR)

/* ---- copy ---- */

NTSTRSAFEDDI STRSAFE_CCH(Copy)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszSrc) {
    return STRSAFE_OWN(copy_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), pszSrc, NTSTRSAFE_MAX_LENGTH,
                                NULL, NULL, 1, 0);
}
NTSTRSAFEDDI STRSAFE_CB(Copy)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszSrc) {
    return STRSAFE_OWN(copy_ex)(pszDest, cbDest, pszSrc, NTSTRSAFE_MAX_LENGTH, NULL, NULL, 1, 0);
}
NTSTRSAFEDDI STRSAFE_CCH(CopyN)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszSrc,
                                size_t cchToCopy) {
    return STRSAFE_OWN(copy_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), pszSrc, cchToCopy, NULL, NULL,
                                1, 0);
}
NTSTRSAFEDDI STRSAFE_CB(CopyN)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszSrc,
                               size_t cbToCopy) {
    return STRSAFE_OWN(copy_ex)(pszDest, cbDest, pszSrc, cbToCopy / STRSAFE_WIDE, NULL, NULL, 1, 0);
}

/* ---- append ---- */

NTSTRSAFEDDI STRSAFE_CCH(Cat)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszSrc) {
    return STRSAFE_OWN(cat_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), pszSrc, NTSTRSAFE_MAX_LENGTH,
                               NULL, NULL, 1, 0);
}
NTSTRSAFEDDI STRSAFE_CB(Cat)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszSrc) {
    return STRSAFE_OWN(cat_ex)(pszDest, cbDest, pszSrc, NTSTRSAFE_MAX_LENGTH, NULL, NULL, 1, 0);
}
NTSTRSAFEDDI STRSAFE_CCH(CatN)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszSrc,
                               size_t cchToAppend) {
    return STRSAFE_OWN(cat_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), pszSrc, cchToAppend, NULL,
                               NULL, 1, 0);
}
NTSTRSAFEDDI STRSAFE_CB(CatN)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszSrc,
                              size_t cbToAppend) {
    return STRSAFE_OWN(cat_ex)(pszDest, cbDest, pszSrc, cbToAppend / STRSAFE_WIDE, NULL, NULL, 1,
                               0);
}

/* ---- format ---- */

NTSTRSAFEDDI STRSAFE_CCH(VPrintf)(STRSAFE_CHAR *pszDest, size_t cchDest,
                                  const STRSAFE_CHAR *pszFormat, va_list argList) {
    return STRSAFE_OWN(print_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), NULL, NULL, 1, 0, pszFormat,
                                 argList);
}
NTSTRSAFEDDI STRSAFE_CB(VPrintf)(STRSAFE_CHAR *pszDest, size_t cbDest,
                                 const STRSAFE_CHAR *pszFormat, va_list argList) {
    return STRSAFE_OWN(print_ex)(pszDest, cbDest, NULL, NULL, 1, 0, pszFormat, argList);
}

/* Variable argument lists keep these from being inlined. */
static inline __attribute__((unused)) NTSTATUS
STRSAFE_CCH(Printf)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszFormat, ...) {
    NTSTATUS status;
    va_list argList;
    va_start(argList, pszFormat);
    status = STRSAFE_CCH(VPrintf)(pszDest, cchDest, pszFormat, argList);
    va_end(argList);
    return status;
}
static inline __attribute__((unused)) NTSTATUS
STRSAFE_CB(Printf)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszFormat, ...) {
    NTSTATUS status;
    va_list argList;
    va_start(argList, pszFormat);
    status = STRSAFE_CB(VPrintf)(pszDest, cbDest, pszFormat, argList);
    va_end(argList);
    return status;
}

/* ---- length; 0 and STATUS_INVALID_PARAMETER when there is no null within the bound ---- */

NTSTRSAFEDDI STRSAFE_CCH(Length)(const STRSAFE_CHAR *psz, size_t cchMax, size_t *pcchLength) {
    return STRSAFE_OWN(length_of)(psz, cchMax, pcchLength, 1);
}
NTSTRSAFEDDI STRSAFE_CB(Length)(const STRSAFE_CHAR *psz, size_t cbMax, size_t *pcbLength) {
    return STRSAFE_OWN(length_of)(psz, cbMax / STRSAFE_WIDE, pcbLength, STRSAFE_WIDE);
}

/* ---- the Ex forms: flags, the end of the result, and the room left ---- */

NTSTRSAFEDDI STRSAFE_CCH(CopyEx)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszSrc,
                                 STRSAFE_CHAR **ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags) {
    return STRSAFE_OWN(copy_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), pszSrc, NTSTRSAFE_MAX_LENGTH,
                                ppszDestEnd, pcchRemaining, 1, dwFlags);
}
NTSTRSAFEDDI STRSAFE_CB(CopyEx)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszSrc,
                                STRSAFE_CHAR **ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags) {
    return STRSAFE_OWN(copy_ex)(pszDest, cbDest, pszSrc, NTSTRSAFE_MAX_LENGTH, ppszDestEnd,
                                pcbRemaining, STRSAFE_WIDE, dwFlags);
}
NTSTRSAFEDDI STRSAFE_CCH(CopyNEx)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszSrc,
                                  size_t cchToCopy, STRSAFE_CHAR **ppszDestEnd,
                                  size_t *pcchRemaining, ULONG dwFlags) {
    return STRSAFE_OWN(copy_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), pszSrc, cchToCopy,
                                ppszDestEnd, pcchRemaining, 1, dwFlags);
}
NTSTRSAFEDDI STRSAFE_CB(CopyNEx)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszSrc,
                                 size_t cbToCopy, STRSAFE_CHAR **ppszDestEnd, size_t *pcbRemaining,
                                 ULONG dwFlags) {
    return STRSAFE_OWN(copy_ex)(pszDest, cbDest, pszSrc, cbToCopy / STRSAFE_WIDE, ppszDestEnd,
                                pcbRemaining, STRSAFE_WIDE, dwFlags);
}
NTSTRSAFEDDI STRSAFE_CCH(CatEx)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszSrc,
                                STRSAFE_CHAR **ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags) {
    return STRSAFE_OWN(cat_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), pszSrc, NTSTRSAFE_MAX_LENGTH,
                               ppszDestEnd, pcchRemaining, 1, dwFlags);
}
NTSTRSAFEDDI STRSAFE_CB(CatEx)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszSrc,
                               STRSAFE_CHAR **ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags) {
    return STRSAFE_OWN(cat_ex)(pszDest, cbDest, pszSrc, NTSTRSAFE_MAX_LENGTH, ppszDestEnd,
                               pcbRemaining, STRSAFE_WIDE, dwFlags);
}
NTSTRSAFEDDI STRSAFE_CCH(CatNEx)(STRSAFE_CHAR *pszDest, size_t cchDest, const STRSAFE_CHAR *pszSrc,
                                 size_t cchToAppend, STRSAFE_CHAR **ppszDestEnd,
                                 size_t *pcchRemaining, ULONG dwFlags) {
    return STRSAFE_OWN(cat_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), pszSrc, cchToAppend,
                               ppszDestEnd, pcchRemaining, 1, dwFlags);
}
NTSTRSAFEDDI STRSAFE_CB(CatNEx)(STRSAFE_CHAR *pszDest, size_t cbDest, const STRSAFE_CHAR *pszSrc,
                                size_t cbToAppend, STRSAFE_CHAR **ppszDestEnd, size_t *pcbRemaining,
                                ULONG dwFlags) {
    return STRSAFE_OWN(cat_ex)(pszDest, cbDest, pszSrc, cbToAppend / STRSAFE_WIDE, ppszDestEnd,
                               pcbRemaining, STRSAFE_WIDE, dwFlags);
}
NTSTRSAFEDDI STRSAFE_CCH(VPrintfEx)(STRSAFE_CHAR *pszDest, size_t cchDest,
                                    STRSAFE_CHAR **ppszDestEnd, size_t *pcchRemaining,
                                    ULONG dwFlags, const STRSAFE_CHAR *pszFormat, va_list argList) {
    return STRSAFE_OWN(print_ex)(pszDest, STRSAFE_OWN(bytes)(cchDest), ppszDestEnd, pcchRemaining,
                                 1, dwFlags, pszFormat, argList);
}
static inline __attribute__((unused)) NTSTATUS
STRSAFE_CCH(PrintfEx)(STRSAFE_CHAR *pszDest, size_t cchDest, STRSAFE_CHAR **ppszDestEnd,
                      size_t *pcchRemaining, ULONG dwFlags, const STRSAFE_CHAR *pszFormat, ...) {
    NTSTATUS status;
    va_list argList;
    va_start(argList, pszFormat);
    status = STRSAFE_CCH(VPrintfEx)(pszDest, cchDest, ppszDestEnd, pcchRemaining, dwFlags,
                                    pszFormat, argList);
    va_end(argList);
    return status;
}
NTSTRSAFEDDI STRSAFE_CB(VPrintfEx)(STRSAFE_CHAR *pszDest, size_t cbDest, STRSAFE_CHAR **ppszDestEnd,
                                   size_t *pcbRemaining, ULONG dwFlags,
                                   const STRSAFE_CHAR *pszFormat, va_list argList) {
    return STRSAFE_OWN(print_ex)(pszDest, cbDest, ppszDestEnd, pcbRemaining, STRSAFE_WIDE, dwFlags,
                                 pszFormat, argList);
}
static inline __attribute__((unused)) NTSTATUS
STRSAFE_CB(PrintfEx)(STRSAFE_CHAR *pszDest, size_t cbDest, STRSAFE_CHAR **ppszDestEnd,
                     size_t *pcbRemaining, ULONG dwFlags, const STRSAFE_CHAR *pszFormat, ...) {
    NTSTATUS status;
    va_list argList;
    va_start(argList, pszFormat);
    status = STRSAFE_CB(VPrintfEx)(pszDest, cbDest, ppszDestEnd, pcbRemaining, dwFlags, pszFormat,
                                   argList);
    va_end(argList);
    return status;
}

#undef STRSAFE_WIDE
