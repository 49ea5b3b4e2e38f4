/*
 * RtlInitUnicodeStringEx, which a string that is too long for its counts cannot fool; wdmsec.lib
 * has it under the name WdmlibRtlInitUnicodeStringEx.
 *
 * wdmsec/nf-wdmsec-wdmlibrtlinitunicodestringex
 */
#include <wdmsec.h>

#include "ki/gate.h"

/* The longest string: with its terminator it fills an even number of bytes below 64 KiB. */
#define RTL_STRING_MAX ((0xffffu & ~1u) / sizeof(WCHAR) - 1)

NTSTATUS WdmlibRtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    KI_GATE(WdmlibRtlInitUnicodeStringEx);
    size_t length = 0;
    (void)m;
    *DestinationString = (UNICODE_STRING){0, 0, NULL};
    while (SourceString && SourceString[length]) {
        if (++length > RTL_STRING_MAX)
            return STATUS_NAME_TOO_LONG;
    }
    DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
    DestinationString->MaximumLength = (USHORT)(SourceString ? (length + 1) * sizeof(WCHAR) : 0);
    DestinationString->Buffer = (PWSTR)(ULONG_PTR)SourceString;
    return STATUS_SUCCESS;
}
