/*
 * The in-flight recorder: logs in memory that keep the latest trace messages of a driver
 * (devtest/using-wpp-recorder).
 *
 * In source compiled with ENABLE_WPP_RECORDER every message of a generated trace function goes to
 * the machine's trace and to a log: to the one its IFRLOG argument names, else to the driver's
 * default log, which exists from WPP_INIT_TRACING to WPP_CLEANUP unless WppRecorderConfigure
 * switches it off. Logs lie in non-paged pool, so that one that is not deleted is a leak. A log is
 * text, a message a line, as many of the latest as fit; <wdmsim/recorder.h> reads it, after a bug
 * check too.
 *
 * Verbose messages (LEVEL is spelled ...VERBOSE) are not kept, as where the VerboseOn setting is
 * absent; of LogPages and the time stamp settings the defaults hold, whatever a registry says.
 *
 * Judgements: an error partition takes the messages whose level is spelled with ERROR, CRITICAL or
 * FATAL; a time stamp is seconds since the machine began; a value appended to an identifier is
 * written in hexadecimal. The binary shape of Windows' logs and its counters are not documented:
 * WppRecorderGetTriageInfo, WppRecorderGetCounterHandle and WppRecorderLinkCounters are not here.
 */
#ifndef WDMSIM_WPPRECORDER_H
#define WDMSIM_WPPRECORDER_H

#include "wdm.h"

EXTERN_C_START

#define RECORDER_LOG_IDENTIFIER_MAX_CHARS 16
#define WDMSIM_RECORDER_TAG 0x52707057u /* "WppR" */

/* A log: the part for errors, if it has one, is the end of its text. */
typedef struct RECORDER_LOG__ {
    struct RECORDER_LOG__ *Next; /* logs of the machine, the newest first */
    CHAR Identifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS + 16];
    ULONG Tag;
    ULONG Digits;    /* of seconds in a time stamp, 0: none */
    ULONG Size;      /* bytes of text in all */
    ULONG ErrorSize; /* bytes of them for errors */
    CHAR Text[];     /* lines, the oldest first; zeros behind them */
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

/* The machine's list of logs. */
VOID wdmsim_recorder_add(RECORDER_LOG Log);
VOID wdmsim_recorder_remove(RECORDER_LOG Log);
/* Any IRQL. Traces a message and keeps it in the log, if there is one. */
VOID wdmsim_recorder_message(RECORDER_LOG Log, const char *File, int Line, const char *Function,
                             const char *Tags, const char *Format, ...);

/* One per driver. */
struct wdmsim_recorder {
    RECORDER_LOG Log; /* the default one */
    GUID Control;
    BOOLEAN Started, Off;
    ULONG Digits;
};
DECLSPEC_SELECTANY struct wdmsim_recorder wdmsim_recorder = {NULL, {0, 0, 0, {0}}, 0, 0, 0};

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

FORCEINLINE ULONG wdmsim_recorder_digits(WPP_RECORDER_TRI_STATE Use,
                                         WPP_RECORDER_TRI_STATE Precise) {
    if (Use != WppRecorderTrue)
        return 0;
    return Precise == WppRecorderTrue ? 7 : 3;
}

FORCEINLINE RECORDER_LOG wdmsim_recorder_new(PCSTR Identifier, ULONG Size, ULONG ErrorSize,
                                             ULONG Digits, ULONG Tag) {
    RECORDER_LOG log = (RECORDER_LOG)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*log) + Size, Tag);
    if (!log)
        return NULL;
    wdmsim_recorder_name(log->Identifier, Identifier);
    log->Tag = Tag;
    log->Digits = Digits;
    log->Size = Size;
    log->ErrorSize = ErrorSize;
    wdmsim_recorder_add(log);
    return log;
}

/* Up to DISPATCH_LEVEL. */
FORCEINLINE VOID WppRecorderLogDelete(RECORDER_LOG RecorderLog) {
    wdmsim_recorder_remove(RecorderLog);
    ExFreePoolWithTag(RecorderLog, RecorderLog->Tag);
}

/* The default log is there or not, as it should. */
FORCEINLINE VOID wdmsim_recorder_default(VOID) {
    BOOLEAN wanted = wdmsim_recorder.Started && !wdmsim_recorder.Off;
    if (wanted && !wdmsim_recorder.Log)
        wdmsim_recorder.Log = wdmsim_recorder_new("Default", PAGE_SIZE, 0, wdmsim_recorder.Digits,
                                                  WDMSIM_RECORDER_TAG);
    if (!wanted && wdmsim_recorder.Log) {
        WppRecorderLogDelete(wdmsim_recorder.Log);
        wdmsim_recorder.Log = NULL;
    }
}

/* WPP_INIT_TRACING, with the control GUID of the source, or NULL. */
FORCEINLINE VOID wdmsim_recorder_start(const GUID *Control) {
    if (Control)
        wdmsim_recorder.Control = *Control;
    wdmsim_recorder.Started = TRUE;
    wdmsim_recorder_default();
}

/* WPP_CLEANUP. */
FORCEINLINE VOID wdmsim_recorder_end(VOID) {
    wdmsim_recorder.Started = FALSE;
    wdmsim_recorder_default();
}

/* PASSIVE_LEVEL, before or after WPP_INIT_TRACING. */
FORCEINLINE VOID WppRecorderConfigure(PRECORDER_CONFIGURE_PARAMS ConfigureParams) {
    wdmsim_recorder.Off = !ConfigureParams->CreateDefaultLog;
    wdmsim_recorder.Digits =
        wdmsim_recorder_digits(ConfigureParams->UseTimeStamp, ConfigureParams->PreciseTimeStamp);
    if (wdmsim_recorder.Log)
        wdmsim_recorder.Log->Digits = wdmsim_recorder.Digits;
    wdmsim_recorder_default();
}

FORCEINLINE BOOLEAN WppRecorderIsDefaultLogAvailable(VOID) { return wdmsim_recorder.Log != NULL; }

FORCEINLINE RECORDER_LOG WppRecorderLogGetDefault(VOID) { return wdmsim_recorder.Log; }

/* Up to DISPATCH_LEVEL, after WPP_INIT_TRACING. */
FORCEINLINE NTSTATUS WppRecorderLogCreate(PRECORDER_LOG_CREATE_PARAMS CreateParams,
                                          RECORDER_LOG *RecorderLog) {
    ULONG_PTR value = CreateParams->LogIdentifierAppendValue;
    *RecorderLog = NULL;
    if (CreateParams->Size != sizeof(*CreateParams) || !CreateParams->TotalBufferSize ||
        CreateParams->ErrorPartitionSize > CreateParams->TotalBufferSize)
        return STATUS_INVALID_PARAMETER;
    RECORDER_LOG log = wdmsim_recorder_new(
        CreateParams->LogIdentifier, CreateParams->TotalBufferSize,
        CreateParams->ErrorPartitionSize,
        wdmsim_recorder_digits(CreateParams->UseTimeStamp, CreateParams->PreciseTimeStamp),
        CreateParams->LogTag ? CreateParams->LogTag : WDMSIM_RECORDER_TAG);
    if (!log)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (CreateParams->LogIdentifierAppendValueSet) {
        CHAR *end = log->Identifier;
        int shift = 60;
        while (*end)
            end++;
        while (shift && !(value >> shift))
            shift -= 4;
        for (; shift >= 0; shift -= 4)
            *end++ = "0123456789abcdef"[value >> shift & 15];
    }
    *RecorderLog = log;
    return STATUS_SUCCESS;
}

/* Not of the default log. */
FORCEINLINE NTSTATUS WppRecorderLogSetIdentifier(RECORDER_LOG RecorderLog, PCSTR LogIdentifier) {
    if (!RecorderLog || RecorderLog == wdmsim_recorder.Log)
        return STATUS_INVALID_PARAMETER;
    wdmsim_recorder_name(RecorderLog->Identifier, LogIdentifier);
    return STATUS_SUCCESS;
}

/* Any IRQL. The log's own memory, which changes with the next message. The GUID is reserved. */
FORCEINLINE NTSTATUS WppRecorderLogDumpLiveData(RECORDER_LOG RecorderLog, PVOID *OutBuffer,
                                                PULONG OutBufferLength, GUID *Guid) {
    UNREFERENCED_PARAMETER(Guid);
    if (!RecorderLog)
        return STATUS_INVALID_PARAMETER;
    *OutBuffer = RecorderLog->Text;
    *OutBufferLength = RecorderLog->Size;
    return STATUS_SUCCESS;
}

/* The same of the default log, with the driver's control GUID. */
FORCEINLINE NTSTATUS WppRecorderDumpLiveDriverData(PVOID *OutBuffer, PULONG OutBufferLength,
                                                   GUID *Guid) {
    if (!wdmsim_recorder.Log)
        return STATUS_NOT_FOUND;
    *Guid = wdmsim_recorder.Control;
    return WppRecorderLogDumpLiveData(wdmsim_recorder.Log, OutBuffer, OutBufferLength, Guid);
}

EXTERN_C_END

#endif
