/*
 * The battery class driver and its miniports.
 */
#ifndef WDMSIM_BATCLASS_H
#define WDMSIM_BATCLASS_H

#include "wdm.h"
#include "poclass.h"
#include "wmilib.h"

typedef NTSTATUS BCLASS_QUERY_TAG_CALLBACK(PVOID Context, PULONG BatteryTag);
typedef BCLASS_QUERY_TAG_CALLBACK *PBCLASS_QUERY_TAG_CALLBACK, *BCLASS_QUERY_TAG;
typedef NTSTATUS BCLASS_QUERY_INFORMATION_CALLBACK(PVOID Context, ULONG BatteryTag,
                                                   BATTERY_QUERY_INFORMATION_LEVEL Level,
                                                   LONG AtRate, PVOID Buffer, ULONG BufferLength,
                                                   PULONG ReturnedLength);
typedef BCLASS_QUERY_INFORMATION_CALLBACK *PBCLASS_QUERY_INFORMATION_CALLBACK;
typedef PBCLASS_QUERY_INFORMATION_CALLBACK BCLASS_QUERY_INFORMATION;
typedef NTSTATUS BCLASS_QUERY_STATUS_CALLBACK(PVOID Context, ULONG BatteryTag,
                                              PBATTERY_STATUS BatteryStatus);
typedef BCLASS_QUERY_STATUS_CALLBACK *PBCLASS_QUERY_STATUS_CALLBACK, *BCLASS_QUERY_STATUS;
typedef NTSTATUS BCLASS_SET_STATUS_NOTIFY_CALLBACK(PVOID Context, ULONG BatteryTag,
                                                   PBATTERY_NOTIFY BatteryNotify);
typedef BCLASS_SET_STATUS_NOTIFY_CALLBACK *PBCLASS_SET_STATUS_NOTIFY_CALLBACK;
typedef PBCLASS_SET_STATUS_NOTIFY_CALLBACK BCLASS_SET_STATUS_NOTIFY;
typedef NTSTATUS BCLASS_SET_INFORMATION_CALLBACK(PVOID Context, ULONG BatteryTag,
                                                 BATTERY_SET_INFORMATION_LEVEL Level, PVOID Buffer);
typedef BCLASS_SET_INFORMATION_CALLBACK *PBCLASS_SET_INFORMATION_CALLBACK, *BCLASS_SET_INFORMATION;
typedef NTSTATUS BCLASS_DISABLE_STATUS_NOTIFY_CALLBACK(PVOID Context);
typedef BCLASS_DISABLE_STATUS_NOTIFY_CALLBACK *PBCLASS_DISABLE_STATUS_NOTIFY_CALLBACK;
typedef PBCLASS_DISABLE_STATUS_NOTIFY_CALLBACK BCLASS_DISABLE_STATUS_NOTIFY;

typedef struct _BATTERY_MINIPORT_INFO {
    USHORT MajorVersion;
    USHORT MinorVersion;
    PVOID Context;
    BCLASS_QUERY_TAG QueryTag;
    BCLASS_QUERY_INFORMATION QueryInformation;
    BCLASS_SET_INFORMATION SetInformation;
    BCLASS_QUERY_STATUS QueryStatus;
    BCLASS_SET_STATUS_NOTIFY SetStatusNotify;
    BCLASS_DISABLE_STATUS_NOTIFY DisableStatusNotify;
    struct _DEVICE_OBJECT *Pdo;
    PUNICODE_STRING DeviceName;
} BATTERY_MINIPORT_INFO, *PBATTERY_MINIPORT_INFO;

typedef struct _BATTERY_TAG_CHANGE {
    ULONG Tag;
} BATTERY_TAG_CHANGE, *PBATTERY_TAG_CHANGE;

typedef struct _BATTERY_WMI_CYCLE_COUNT {
    ULONG Tag;
    ULONG CycleCount;
} BATTERY_WMI_CYCLE_COUNT, *PBATTERY_WMI_CYCLE_COUNT;

typedef struct _BATTERY_WMI_FULL_CHARGED_CAPACITY {
    ULONG Tag;
    ULONG FullChargedCapacity;
} BATTERY_WMI_FULL_CHARGED_CAPACITY, *PBATTERY_WMI_FULL_CHARGED_CAPACITY;

typedef struct _BATTERY_WMI_RUNTIME {
    ULONG Tag;
    ULONG EstimatedRuntime;
} BATTERY_WMI_RUNTIME, *PBATTERY_WMI_RUNTIME;

typedef struct _BATTERY_WMI_STATIC_DATA {
    ULONG Tag;
    WCHAR ManufactureDate[25];
    BATTERY_REPORTING_SCALE Granularity[4];
    ULONG Capabilities;
    BOOLEAN Technology;
    ULONG Chemistry;
    ULONG DesignedCapacity;
    ULONG DefaultAlert1;
    ULONG DefaultAlert2;
    ULONG CriticalBias;
    WCHAR Strings[1];
} BATTERY_WMI_STATIC_DATA, *PBATTERY_WMI_STATIC_DATA;

typedef struct _BATTERY_WMI_STATUS {
    ULONG Tag;
    ULONG RemainingCapacity;
    LONG ChargeRate;
    LONG DischargeRate;
    ULONG Voltage;
    UCHAR PowerOnline;
    UCHAR Charging;
    UCHAR Discharging;
    UCHAR Critical;
} BATTERY_WMI_STATUS, *PBATTERY_WMI_STATUS;

typedef struct _BATTERY_WMI_STATUS_CHANGE {
    ULONG Tag;
    UCHAR PowerOnline;
    UCHAR Charging;
    UCHAR Discharging;
    UCHAR Critical;
} BATTERY_WMI_STATUS_CHANGE, *PBATTERY_WMI_STATUS_CHANGE;

typedef struct _BATTERY_WMI_TEMPERATURE {
    ULONG Tag;
    ULONG Temperature;
} BATTERY_WMI_TEMPERATURE, *PBATTERY_WMI_TEMPERATURE;

#define BATTERY_UNKNOWN_RATE 0x80000000
#define BATTERY_UNKNOWN_CAPACITY 0xFFFFFFFF
#define BATTERY_UNKNOWN_TIME 0xFFFFFFFF
#define BATTERY_UNKNOWN_VOLTAGE 0xFFFFFFFF

EXTERN_C_START

/* The class driver a battery miniport links with; PASSIVE_LEVEL. */
NTSTATUS BatteryClassInitializeDevice(PBATTERY_MINIPORT_INFO MiniportInfo, PVOID *ClassData);
NTSTATUS BatteryClassUnload(PVOID ClassData);
NTSTATUS BatteryClassIoctl(PVOID ClassData, PIRP Irp);
NTSTATUS BatteryClassStatusNotify(PVOID ClassData);
NTSTATUS BatteryClassSystemControl(PVOID ClassData, struct _WMILIB_CONTEXT *WmiLibContext,
                                   PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Disposition);

EXTERN_C_END

#endif
