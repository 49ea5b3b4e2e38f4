/*
 * calendar: has a timer for the first of February 2026 and one for an hour after its load, and says
 * when they expire and when the system time is set.
 */
#include <ntddk.h>

#define CALENDAR_SECOND 10000000ll

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD CalendarUnload;
static KDEFERRED_ROUTINE CalendarExpired;
static CALLBACK_FUNCTION CalendarTimeSet;

static KTIMER CalendarDate, CalendarHour;
static KDPC CalendarDateDpc, CalendarHourDpc;
static PCALLBACK_OBJECT CalendarObject;
static PVOID CalendarRegistration;

static VOID CalendarExpired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    DbgPrint("calendar: %s\n", (const char *)Context);
}

static VOID CalendarTimeSet(PVOID Context, PVOID Argument1, PVOID Argument2) {
    LARGE_INTEGER time;
    TIME_FIELDS fields;

    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeQuerySystemTime(&time);
    RtlTimeToTimeFields(&time, &fields);
    DbgPrint("calendar: set to %04d-%02d-%02d %02d:%02d\n", fields.Year, fields.Month, fields.Day,
             fields.Hour, fields.Minute);
}

static VOID CalendarUnload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    KeCancelTimer(&CalendarDate);
    KeCancelTimer(&CalendarHour);
    ExUnregisterCallback(CalendarRegistration);
    ObDereferenceObject(CalendarObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\SetSystemTime");
    TIME_FIELDS february = {.Year = 2026, .Month = 2, .Day = 1};
    LARGE_INTEGER date, hour = {.QuadPart = -3600 * CALENDAR_SECOND};
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = ExCreateCallback(&CalendarObject, &attributes, FALSE, TRUE);
    if (!NT_SUCCESS(status))
        return status;
    CalendarRegistration = ExRegisterCallback(CalendarObject, CalendarTimeSet, NULL);
    DriverObject->DriverUnload = CalendarUnload;
    RtlTimeFieldsToTime(&february, &date);
    KeInitializeTimer(&CalendarDate);
    KeInitializeDpc(&CalendarDateDpc, CalendarExpired, (PVOID) "February");
    KeSetTimer(&CalendarDate, date, &CalendarDateDpc);
    KeInitializeTimer(&CalendarHour);
    KeInitializeDpc(&CalendarHourDpc, CalendarExpired, (PVOID) "an hour");
    KeSetTimer(&CalendarHour, hour, &CalendarHourDpc);
    return STATUS_SUCCESS;
}
