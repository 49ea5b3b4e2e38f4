/*
 * Power manager: power IRPs, idle detection, power requests and settings. The framework is in
 * pofx.h.
 */
#ifndef WDMSIM_NT_PO_H
#define WDMSIM_NT_PO_H

#include "io_types.h"

EXTERN_C_START

/* <= DISPATCH_LEVEL; PASSIVE_LEVEL for pageable stacks. (wdm/nf-wdm-porequestpowerirp) */
typedef VOID REQUEST_POWER_COMPLETE(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction,
                                    POWER_STATE PowerState, PVOID Context,
                                    PIO_STATUS_BLOCK IoStatus);
typedef REQUEST_POWER_COMPLETE *PREQUEST_POWER_COMPLETE;
NTKERNELAPI NTSTATUS PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction,
                                       POWER_STATE PowerState,
                                       PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context,
                                       PIRP *Irp);
NTKERNELAPI NTSTATUS PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTKERNELAPI VOID PoStartNextPowerIrp(PIRP Irp);
NTKERNELAPI POWER_STATE PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type,
                                        POWER_STATE State);
NTKERNELAPI BOOLEAN PoQueryWatchdogTime(PDEVICE_OBJECT Pdo, PULONG SecondsRemaining);

/* ---- idle detection ---- */

NTKERNELAPI PULONG PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject,
                                                    ULONG ConservationIdleTime,
                                                    ULONG PerformanceIdleTime,
                                                    DEVICE_POWER_STATE State);
#define PoSetDeviceBusy(IdlePointer) ((void)(*(IdlePointer) = 0))
NTKERNELAPI VOID PoSetDeviceBusyEx(PULONG IdlePointer);
NTKERNELAPI VOID PoStartDeviceBusy(PULONG IdlePointer);
NTKERNELAPI VOID PoEndDeviceBusy(PULONG IdlePointer);

/* ---- system state ---- */

typedef ULONG EXECUTION_STATE, *PEXECUTION_STATE;
#define ES_SYSTEM_REQUIRED ((ULONG)0x00000001)
#define ES_DISPLAY_REQUIRED ((ULONG)0x00000002)
#define ES_USER_PRESENT ((ULONG)0x00000004)
#define ES_AWAYMODE_REQUIRED ((ULONG)0x00000040)
#define ES_CONTINUOUS ((ULONG)0x80000000)
NTKERNELAPI PVOID PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags);
NTKERNELAPI VOID PoUnregisterSystemState(PVOID StateHandle);
NTKERNELAPI VOID PoSetSystemState(EXECUTION_STATE Flags);
NTKERNELAPI VOID PoSetSystemWake(PIRP Irp);
NTKERNELAPI VOID PoSetSystemWakeDevice(PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN PoGetSystemWake(PIRP Irp);

EXTERN_C_END

#include "po_more.h"

#endif
