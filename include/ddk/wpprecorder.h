/*
 * The in-flight recorder: named logs that trace functions with an IFRLOG parameter write to.
 *
 * On the simulated machine every trace message goes to the one trace, whatever its log; messages
 * name the log's expression. A log here is what a driver can observe of it: it is created (a pool
 * block, so that a log which is not deleted is a leak), renamed and deleted; the default log is
 * there unless WppRecorderConfigure switched it off. Dumping a log's memory has no equivalent, so
 * WppRecorderDumpLiveDriverData, WppRecorderLogDumpLiveData, WppRecorderGetTriageInfo and the
 * counters are not here.
 */
#ifndef WDMSIM_WPPRECORDER_H
#define WDMSIM_WPPRECORDER_H

#include "wdm.h"

EXTERN_C_START

#define RECORDER_LOG_IDENTIFIER_MAX_CHARS 16
#define WDMSIM_RECORDER_TAG 0x52707057u /* "WppR" */

typedef struct RECORDER_LOG__ {
    CHAR Identifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS];
} * RECORDER_LOG, **PRECORDER_LOG;

typedef enum _WPP_RECORDER_TRI_STATE {
    WppRecorderFalse,
    WppRecorderTrue,
    WppRecorderDefault
} WPP_RECORDER_TRI_STATE,
    *PWPP_RECORDER_TRI_STATE;

typedef struct _RECORDER_LOG_CREATE_PARAMS {
    ULONG Size;
    ULONG LogTag;
    ULONG TotalBufferSize;
    ULONG ErrorPartitionSize;
    ULONG_PTR LogIdentifierAppendValue;
    BOOLEAN LogIdentifierAppendValueSet;
    ULONG LogIdentifierSize;
    CHAR LogIdentifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS];
    WPP_RECORDER_TRI_STATE UseTimeStamp;
    WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_LOG_CREATE_PARAMS, *PRECORDER_LOG_CREATE_PARAMS;

typedef struct _RECORDER_CONFIGURE_PARAMS {
    ULONG Size;
    BOOLEAN CreateDefaultLog;
    WPP_RECORDER_TRI_STATE UseTimeStamp;
    WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_CONFIGURE_PARAMS, *PRECORDER_CONFIGURE_PARAMS;

/* One per driver: the default log, and whether it is there. */
DECLSPEC_SELECTANY struct RECORDER_LOG__ wdmsim_recorder_log = {"Default"};
DECLSPEC_SELECTANY BOOLEAN wdmsim_recorder_off = 0;

FORCEINLINE VOID RECORDER_CONFIGURE_PARAMS_INIT(PRECORDER_CONFIGURE_PARAMS Params) {
    RtlZeroMemory(Params, sizeof(*Params));
    Params->Size = sizeof(*Params);
    Params->CreateDefaultLog = TRUE;
    Params->UseTimeStamp = WppRecorderDefault;
    Params->PreciseTimeStamp = WppRecorderDefault;
}

/* Copies what fits, and ends it. */
FORCEINLINE VOID wdmsim_recorder_name(CHAR *To, PCSTR From) {
    ULONG i = 0;
    for (; From && From[i] && i + 1 < RECORDER_LOG_IDENTIFIER_MAX_CHARS; i++)
        To[i] = From[i];
    To[i] = 0;
}

FORCEINLINE VOID RECORDER_LOG_CREATE_PARAMS_INIT(PRECORDER_LOG_CREATE_PARAMS Params,
                                                 PCSTR LogIdentifier) {
    RtlZeroMemory(Params, sizeof(*Params));
    Params->Size = sizeof(*Params);
    Params->TotalBufferSize = 4096;
    Params->LogIdentifierSize = sizeof(Params->LogIdentifier);
    Params->UseTimeStamp = WppRecorderDefault;
    Params->PreciseTimeStamp = WppRecorderDefault;
    wdmsim_recorder_name(Params->LogIdentifier, LogIdentifier);
}

FORCEINLINE VOID RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_POINTER(PRECORDER_LOG_CREATE_PARAMS Params,
                                                                PCSTR LogIdentifier,
                                                                PVOID Pointer) {
    RECORDER_LOG_CREATE_PARAMS_INIT(Params, LogIdentifier);
    Params->LogIdentifierAppendValueSet = TRUE;
    Params->LogIdentifierAppendValue = (ULONG_PTR)Pointer;
}

/* PASSIVE_LEVEL, before the trace is initialised. */
FORCEINLINE VOID WppRecorderConfigure(PRECORDER_CONFIGURE_PARAMS ConfigureParams) {
    wdmsim_recorder_off = !ConfigureParams->CreateDefaultLog;
}

FORCEINLINE BOOLEAN WppRecorderIsDefaultLogAvailable(VOID) { return !wdmsim_recorder_off; }

FORCEINLINE RECORDER_LOG WppRecorderLogGetDefault(VOID) {
    return wdmsim_recorder_off ? NULL : &wdmsim_recorder_log;
}

/* Up to DISPATCH_LEVEL. */
FORCEINLINE NTSTATUS WppRecorderLogCreate(PRECORDER_LOG_CREATE_PARAMS CreateParams,
                                          RECORDER_LOG *RecorderLog) {
    *RecorderLog = NULL;
    if (CreateParams->Size != sizeof(*CreateParams) || !CreateParams->TotalBufferSize)
        return STATUS_INVALID_PARAMETER;
    RECORDER_LOG log =
        (RECORDER_LOG)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*log), WDMSIM_RECORDER_TAG);
    if (!log)
        return STATUS_INSUFFICIENT_RESOURCES;
    wdmsim_recorder_name(log->Identifier, CreateParams->LogIdentifier);
    *RecorderLog = log;
    return STATUS_SUCCESS;
}

FORCEINLINE VOID WppRecorderLogDelete(RECORDER_LOG RecorderLog) {
    ExFreePoolWithTag(RecorderLog, WDMSIM_RECORDER_TAG);
}

FORCEINLINE NTSTATUS WppRecorderLogSetIdentifier(RECORDER_LOG RecorderLog, PCSTR LogIdentifier) {
    if (!RecorderLog)
        return STATUS_INVALID_PARAMETER;
    wdmsim_recorder_name(RecorderLog->Identifier, LogIdentifier);
    return STATUS_SUCCESS;
}

EXTERN_C_END

#endif
