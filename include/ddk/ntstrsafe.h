/*
 * Safe strings: every routine knows the destination's size, always ends it with a null (the
 * RtlString family) and says what happened: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW, the result is
 * cut; STATUS_INVALID_PARAMETER, a size of 0 or beyond the limit, a destination not terminated, a
 * NULL pointer without STRSAFE_IGNORE_NULLS.
 * Cch sizes count characters, Cb bytes. IRQL: any for resident memory; the formatting routines
 * PASSIVE_LEVEL. (ntstrsafe/nf-ntstrsafe-rtlstringcchcopyw …)
 *
 * The two widths are one text, nt/strsafe_string.h, included twice; UNICODE_STRING destinations are
 * in nt/strsafe_unicode.h.
 */
#ifndef WDMSIM_NTSTRSAFE_H
#define WDMSIM_NTSTRSAFE_H
#define _NTSTRSAFE_H_INCLUDED_

#include "nt/types.h"
#include "ntstatus.h"
#include "../crt/wdmsim_crt.h"

#define NTSTRSAFEDDI FORCEINLINE NTSTATUS
#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))
#define NTSTRSAFE_USE_SECURE_CRT 0

/* Flags of the Ex routines; the low byte is the byte to fill with. */
#define STRSAFE_FILL_BYTE(x) ((ULONG)(((x)&0x000000FF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)(((x)&0x000000FF) | STRSAFE_FILL_ON_FAILURE))
#define STRSAFE_GET_FILL_PATTERN(dwFlags) ((int)((dwFlags)&0x000000FF))
#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_FILL_BEHIND 0x00000200
#define STRSAFE_ZERO_LENGTH_ON_FAILURE 0x00000800
#define STRSAFE_IGNORE_NULL_UNICODE_STRINGS 0x00010000
#define STRSAFE_UNICODE_STRING_DEST_NULL_TERMINATED 0x00020000
#define STRSAFE_VALID_FLAGS                                                                        \
    (0x000000FF | STRSAFE_IGNORE_NULLS | STRSAFE_FILL_BEHIND_NULL | STRSAFE_FILL_ON_FAILURE |      \
     STRSAFE_NULL_ON_FAILURE | STRSAFE_NO_TRUNCATION)
#define STRSAFE_UNICODE_STRING_VALID_FLAGS                                                         \
    (0x000000FF | STRSAFE_IGNORE_NULLS | STRSAFE_FILL_BEHIND | STRSAFE_FILL_ON_FAILURE |           \
     STRSAFE_ZERO_LENGTH_ON_FAILURE | STRSAFE_NO_TRUNCATION)

typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef wchar_t *NTSTRSAFE_PWSTR;
typedef const wchar_t *NTSTRSAFE_PCWSTR, *NTSTRSAFE_PCUWSTR;

EXTERN_C_START

#define STRSAFE_CHAR char
#define STRSAFE_CB(Name) RtlStringCb##Name##A
#define STRSAFE_CCH(Name) RtlStringCch##Name##A
#define STRSAFE_OWN(Name) wdmsim_strsafe_##Name##_a
#define STRSAFE_FORMAT wdmsim_crt__vsnprintf
#define STRSAFE_MEASURE wdmsim_crt__vscprintf
#include "nt/strsafe_string.h"
#undef STRSAFE_CHAR
#undef STRSAFE_CB
#undef STRSAFE_CCH
#undef STRSAFE_OWN
#undef STRSAFE_FORMAT
#undef STRSAFE_MEASURE

#define STRSAFE_CHAR wchar_t
#define STRSAFE_CB(Name) RtlStringCb##Name##W
#define STRSAFE_CCH(Name) RtlStringCch##Name##W
#define STRSAFE_OWN(Name) wdmsim_strsafe_##Name##_w
#define STRSAFE_FORMAT wdmsim_crt__vsnwprintf
#define STRSAFE_MEASURE wdmsim_crt__vscwprintf
#include "nt/strsafe_string.h"
#undef STRSAFE_CHAR
#undef STRSAFE_CB
#undef STRSAFE_CCH
#undef STRSAFE_OWN
#undef STRSAFE_FORMAT
#undef STRSAFE_MEASURE

#include "nt/strsafe_unicode.h"

EXTERN_C_END

#endif
