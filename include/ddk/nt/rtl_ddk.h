/*
 * Run-time library that ntddk.h adds: correlation vectors and memory that keeps its contents
 * without power. PASSIVE_LEVEL unless the page says more.
 */
#ifndef WDMSIM_NT_RTL_DDK_H
#define WDMSIM_NT_RTL_DDK_H

#include "rtl.h"

EXTERN_C_START

#define RTL_CORRELATION_VECTOR_STRING_LENGTH 129
#define RTL_CORRELATION_VECTOR_VERSION_1 1
#define RTL_CORRELATION_VECTOR_VERSION_2 2
#define RTL_CORRELATION_VECTOR_VERSION_CURRENT RTL_CORRELATION_VECTOR_VERSION_2
typedef struct CORRELATION_VECTOR {
    CHAR Version;
    CHAR Vector[RTL_CORRELATION_VECTOR_STRING_LENGTH];
} CORRELATION_VECTOR, *PCORRELATION_VECTOR;
NTSYSAPI ULONG RtlInitializeCorrelationVector(PCORRELATION_VECTOR CorrelationVector, INT Version,
                                              const GUID *Guid);
NTSYSAPI ULONG RtlIncrementCorrelationVector(PCORRELATION_VECTOR CorrelationVector);
NTSYSAPI ULONG RtlExtendCorrelationVector(PCORRELATION_VECTOR CorrelationVector);
NTSYSAPI ULONG RtlValidateCorrelationVector(PCORRELATION_VECTOR Vector);

typedef struct _NV_MEMORY_RANGE {
    VOID *BaseAddress;
    SIZE_T Length;
} NV_MEMORY_RANGE, *PNV_MEMORY_RANGE;
#define FLUSH_NV_MEMORY_IN_FLAG_NO_DRAIN 0x00000001
#define WRITE_NV_MEMORY_FLAG_FLUSH 0x00000001
#define WRITE_NV_MEMORY_FLAG_NON_TEMPORAL 0x00000002
#define FILL_NV_MEMORY_FLAG_FLUSH 0x00000001
#define FILL_NV_MEMORY_FLAG_NON_TEMPORAL 0x00000002
NTSYSAPI NTSTATUS RtlGetNonVolatileToken(PVOID NvBuffer, SIZE_T Size, PVOID *NvToken);
NTSYSAPI NTSTATUS RtlFreeNonVolatileToken(PVOID NvToken);
NTSYSAPI NTSTATUS RtlFlushNonVolatileMemory(PVOID NvToken, PVOID NvBuffer, SIZE_T Size,
                                            ULONG Flags);
NTSYSAPI NTSTATUS RtlFlushNonVolatileMemoryRanges(PVOID NvToken, PNV_MEMORY_RANGE NvRanges,
                                                  SIZE_T NumRanges, ULONG Flags);
NTSYSAPI NTSTATUS RtlDrainNonVolatileFlush(PVOID NvToken);
NTSYSAPI NTSTATUS RtlWriteNonVolatileMemory(PVOID NvToken, VOID *NvDestination, const VOID *Source,
                                            SIZE_T Size, ULONG Flags);
NTSYSAPI NTSTATUS RtlFillNonVolatileMemory(PVOID NvToken, VOID *NvDestination, SIZE_T Size,
                                           const UCHAR Value, ULONG Flags);

typedef struct _CUSTOM_SYSTEM_EVENT_TRIGGER_CONFIG {
    ULONG Size;
    PCWSTR TriggerId;
} CUSTOM_SYSTEM_EVENT_TRIGGER_CONFIG, *PCUSTOM_SYSTEM_EVENT_TRIGGER_CONFIG;
FORCEINLINE VOID CUSTOM_SYSTEM_EVENT_TRIGGER_INIT(PCUSTOM_SYSTEM_EVENT_TRIGGER_CONFIG Config,
                                                  PCWSTR TriggerId) {
    memset(Config, 0, sizeof(*Config));
    Config->Size = sizeof(*Config);
    Config->TriggerId = TriggerId;
}
NTSYSAPI NTSTATUS
RtlRaiseCustomSystemEventTrigger(PCUSTOM_SYSTEM_EVENT_TRIGGER_CONFIG TriggerConfig);

EXTERN_C_END

#endif
