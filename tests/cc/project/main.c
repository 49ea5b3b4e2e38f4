/* The project's driver: what it was compiled with, and one event and one trace message of it. */
#include <ntddk.h>
#include <evntrace.h>
#include "NUMBERS.H"
#include "sampleEvents.h"
#include "main.tmh"

#ifdef WRONG_PLATFORM
#error "the settings of another platform"
#endif

DRIVER_INITIALIZE DriverEntry;
int OtherNumber(void);

static const char per_file[] = PER_FILE;

static void Unload(PDRIVER_OBJECT DriverObject) {
    EventUnregisterSample_Provider();
    WPP_CLEANUP(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    static const UCHAR bytes[] = {0xab, 0xcd};
    RECORDER_LOG_CREATE_PARAMS params;
    RECORDER_LOG log;
    DriverObject->DriverUnload = Unload;
    if (NUMBER + MORE + FROM_FOLDER + FROM_OPTIONS + OtherNumber() != 150 ||
        RtlCompareMemory(per_file, "x & y", 6) != 6)
        return STATUS_UNSUCCESSFUL;
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    RECORDER_LOG_CREATE_PARAMS_INIT(&params, "sample");
    if (!WppRecorderIsDefaultLogAvailable() || !NT_SUCCESS(WppRecorderLogCreate(&params, &log)))
        return STATUS_UNSUCCESSFUL;
    SampleTrace(TRACE_LEVEL_ERROR, WORK, "traced %d", 7);
    WppRecorderLogDelete(log);
    EventRegisterSample_Provider();
    EventWriteNamedEvent(NULL, sizeof bytes, L"x", bytes);
    EventWritePlainEvent(NULL);
    return SAMPLE_LOADING == 4 && SAMPLE_WORK == 3 && NamedEvent_value == 1 ? STATUS_SUCCESS
                                                                            : STATUS_UNSUCCESSFUL;
}
