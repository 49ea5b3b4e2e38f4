/*
 * WMI of the kernel: providers (drivers that answer IRP_MJ_SYSTEM_CONTROL) and consumers (drivers
 * that ask). PASSIVE_LEVEL unless noted. The library that saves providers the work is in wmilib.h.
 */
#ifndef WDMSIM_NT_WMI_H
#define WDMSIM_NT_WMI_H

#include "io_types.h"

EXTERN_C_START

/* ---- providers ---- */

#define WMIREG_ACTION_REGISTER 1
#define WMIREG_ACTION_DEREGISTER 2
#define WMIREG_ACTION_REREGISTER 3
#define WMIREG_ACTION_UPDATE_GUIDS 4
#define WMIREG_ACTION_BLOCK_IRPS 5
#define WMIREGISTER 0
#define WMIUPDATE 1
NTKERNELAPI NTSTATUS IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action);
NTKERNELAPI NTSTATUS IoWMIAllocateInstanceIds(GUID *Guid, ULONG InstanceCount,
                                              ULONG *FirstInstanceId);
NTKERNELAPI NTSTATUS IoWMISuggestInstanceName(PDEVICE_OBJECT PhysicalDeviceObject,
                                              PUNICODE_STRING SymbolicLinkName,
                                              BOOLEAN CombineNames,
                                              PUNICODE_STRING SuggestedInstanceName);
/* <= DISPATCH_LEVEL; the item's memory becomes WMI's. (wdm/nf-wdm-iowmiwriteevent) */
NTKERNELAPI NTSTATUS IoWMIWriteEvent(PVOID WnodeEventItem);
NTKERNELAPI ULONG IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject);

/* ---- consumers ---- */

typedef VOID FWMI_NOTIFICATION_CALLBACK(PVOID Wnode, PVOID Context);
typedef FWMI_NOTIFICATION_CALLBACK *WMI_NOTIFICATION_CALLBACK;
NTKERNELAPI NTSTATUS IoWMIOpenBlock(LPCGUID Guid, ULONG DesiredAccess, PVOID *DataBlockObject);
NTKERNELAPI NTSTATUS IoWMIQueryAllData(PVOID DataBlockObject, ULONG *InOutBufferSize,
                                       PVOID OutBuffer);
NTKERNELAPI NTSTATUS IoWMIQueryAllDataMultiple(PVOID *DataBlockObjectList, ULONG ObjectCount,
                                               ULONG *InOutBufferSize, PVOID OutBuffer);
NTKERNELAPI NTSTATUS IoWMIQuerySingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName,
                                              ULONG *InOutBufferSize, PVOID OutBuffer);
NTKERNELAPI NTSTATUS IoWMIQuerySingleInstanceMultiple(PVOID *DataBlockObjectList,
                                                      PUNICODE_STRING InstanceNames,
                                                      ULONG ObjectCount, ULONG *InOutBufferSize,
                                                      PVOID OutBuffer);
NTKERNELAPI NTSTATUS IoWMISetSingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName,
                                            ULONG Version, ULONG ValueBufferSize,
                                            PVOID ValueBuffer);
NTKERNELAPI NTSTATUS IoWMISetSingleItem(PVOID DataBlockObject, PUNICODE_STRING InstanceName,
                                        ULONG DataItemId, ULONG Version, ULONG ValueBufferSize,
                                        PVOID ValueBuffer);
NTKERNELAPI NTSTATUS IoWMIExecuteMethod(PVOID DataBlockObject, PUNICODE_STRING InstanceName,
                                        ULONG MethodId, ULONG InBufferSize, PULONG OutBufferSize,
                                        PUCHAR InOutBuffer);
NTKERNELAPI NTSTATUS IoWMISetNotificationCallback(PVOID Object, WMI_NOTIFICATION_CALLBACK Callback,
                                                  PVOID Context);
NTKERNELAPI NTSTATUS IoWMIHandleToInstanceName(PVOID DataBlockObject, HANDLE FileHandle,
                                               PUNICODE_STRING InstanceName);
NTKERNELAPI NTSTATUS IoWMIDeviceObjectToInstanceName(PVOID DataBlockObject,
                                                     PDEVICE_OBJECT DeviceObject,
                                                     PUNICODE_STRING InstanceName);

/* ---- software tracing; <= HIGH_LEVEL for messages ---- */

typedef ULONG64 TRACEHANDLE, *PTRACEHANDLE;
typedef enum _TRACE_INFORMATION_CLASS {
    TraceIdClass,
    TraceHandleClass,
    TraceEnableFlagsClass,
    TraceEnableLevelClass,
    GlobalLoggerHandleClass,
    EventLoggerHandleClass,
    AllLoggerHandlesClass,
    TraceHandleByNameClass,
    LoggerEventsLostClass,
    TraceSessionSettingsClass,
    LoggerEventsLoggedClass,
    DiskIoNotifyRoutinesClass,
    TraceInformationClassReserved1,
    FltIoNotifyRoutinesClass,
    TraceInformationClassReserved2,
    WdfNotifyRoutinesClass,
    MaxTraceInformationClass
} TRACE_INFORMATION_CLASS;
#define TRACE_MESSAGE_SEQUENCE 1
#define TRACE_MESSAGE_GUID 2
#define TRACE_MESSAGE_COMPONENTID 4
#define TRACE_MESSAGE_TIMESTAMP 8
#define TRACE_MESSAGE_PERFORMANCE_TIMESTAMP 16
#define TRACE_MESSAGE_SYSTEMINFO 32
#define TRACE_MESSAGE_FLAG_MASK 0xFFFF
NTKERNELAPI NTSTATUS WmiTraceMessage(TRACEHANDLE LoggerHandle, ULONG MessageFlags,
                                     LPCGUID MessageGuid, USHORT MessageNumber, ...);
NTKERNELAPI NTSTATUS WmiTraceMessageVa(TRACEHANDLE LoggerHandle, ULONG MessageFlags,
                                       LPCGUID MessageGuid, USHORT MessageNumber,
                                       va_list MessageArgList);
NTKERNELAPI NTSTATUS WmiQueryTraceInformation(TRACE_INFORMATION_CLASS TraceInformationClass,
                                              PVOID TraceInformation, ULONG TraceInformationLength,
                                              PULONG RequiredLength, PVOID Buffer);

EXTERN_C_END

#endif
