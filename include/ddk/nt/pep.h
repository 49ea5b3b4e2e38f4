/*
 * Platform extension plug-ins (PEP): registration, the routines that the power management framework
 * hands to a plug-in, and the work that a plug-in asks for.
 * (pepfx/nf-pepfx-pofxregisterplugin, pepfx/ns-pepfx-_pep_kernel_information_struct_v3 …)
 *
 * A plug-in that wants another than the newest shape of PEP_KERNEL_INFORMATION defines
 * PEP_KERNEL_INFORMATION_VERSION before it includes <pepfx.h> or <pep_x.h>.
 */
#ifndef WDMSIM_NT_PEP_H
#define WDMSIM_NT_PEP_H

#include "../acpiioct.h"

EXTERN_C_START

/* What a plug-in calls a device; its own value. */
typedef struct PEPHANDLE__ *PEPHANDLE;

#ifndef STATUS_INVALID_KERNEL_INFO_VERSION
#define STATUS_INVALID_KERNEL_INFO_VERSION ((NTSTATUS)0xC000A004)
#endif
#ifndef STATUS_INVALID_PEP_INFO_VERSION
#define STATUS_INVALID_PEP_INFO_VERSION ((NTSTATUS)0xC000A005)
#endif

/* ---- what a plug-in may call; RequestWorker at <= DISPATCH_LEVEL, the rest as each says ---- */

/* One PEP_DPM_WORK (or PEP_NOTIFY_ACPI_WORK) per call. */
typedef VOID POFXCALLBACKREQUESTWORKER(POHANDLE PluginHandle);
typedef POFXCALLBACKREQUESTWORKER *PPOFXCALLBACKREQUESTWORKER;
/* A core device's component becomes active or idle; <= HIGH_LEVEL. */
typedef VOID POFXCALLBACKCRITICALRESOURCE(POHANDLE DeviceHandle, ULONG Component, BOOLEAN Active);
typedef POFXCALLBACKCRITICALRESOURCE *PPOFXCALLBACKCRITICALRESOURCE;
/* Halts the calling processor through Halt; PROCESSOR_HALT_ flags; <= HIGH_LEVEL. */
typedef NTSTATUS PROCESSOR_HALT_ROUTINE(PVOID Context);
typedef PROCESSOR_HALT_ROUTINE *PPROCESSOR_HALT_ROUTINE;
typedef NTSTATUS POFXCALLBACKPROCESSORHALT(ULONG Flags, PVOID Context,
                                           PPROCESSOR_HALT_ROUTINE Halt);
typedef POFXCALLBACKPROCESSORHALT *PPOFXCALLBACKPROCESSORHALT;
#define PROCESSOR_HALT_CACHE_FLUSH_OVERRIDE 0x00000001
#define PROCESSOR_HALT_CACHE_COHERENT 0x00000002
#define PROCESSOR_HALT_CONTEXT_RETAINED 0x00000004
#define PROCESSOR_HALT_RETURN_NOT_SAFE 0x00000008
/* The value that the documentation prints; no single bit. */
#define PROCESSOR_HALT_VIA_PSCI_CPU_SUSPEND 0x00000016
/* Replays an edge interrupt that was lost; <= HIGH_LEVEL. */
typedef NTSTATUS POFXCALLBACKREQUESTINTERRUPT(ULONG Gsiv);
typedef POFXCALLBACKREQUESTINTERRUPT *PPOFXCALLBACKREQUESTINTERRUPT;

#define PEP_UNMASKED_INTERRUPT_INFORMATION_V1 0x00000001
#define PEP_ENUMERATE_UNMASKED_INTERRUPT_FLAGS_NONE 0x0
typedef union _PEP_UNMASKED_INTERRUPT_FLAGS {
    struct {
        USHORT SecondaryInterrupt : 1;
        USHORT Reserved : 15;
    };
    USHORT AsUSHORT;
} PEP_UNMASKED_INTERRUPT_FLAGS, *PPEP_UNMASKED_INTERRUPT_FLAGS;
typedef struct _PEP_UNMASKED_INTERRUPT_INFORMATION {
    USHORT Version;
    USHORT Size;
    PEP_UNMASKED_INTERRUPT_FLAGS Flags;
    KINTERRUPT_MODE Mode;
    KINTERRUPT_POLARITY Polarity;
    ULONG Gsiv;
    USHORT PinNumber; /* of a secondary interrupt, with DeviceHandle */
    PEPHANDLE DeviceHandle;
} PEP_UNMASKED_INTERRUPT_INFORMATION, *PPEP_UNMASKED_INTERRUPT_INFORMATION;
/* FALSE ends the enumeration. */
typedef BOOLEAN
PO_ENUMERATE_INTERRUPT_SOURCE_CALLBACK(PVOID CallbackContext,
                                       PPEP_UNMASKED_INTERRUPT_INFORMATION InterruptInformation);
typedef PO_ENUMERATE_INTERRUPT_SOURCE_CALLBACK *PPO_ENUMERATE_INTERRUPT_SOURCE_CALLBACK;
/* Every unmasked interrupt source of a plug-in (NULL: of all), synchronously; <= HIGH_LEVEL. */
typedef NTSTATUS POFXCALLBACKENUMERATEUNMASKEDINTERRUPTS(
    POHANDLE PluginHandle, ULONG EnumerateFlags, PPO_ENUMERATE_INTERRUPT_SOURCE_CALLBACK Callback,
    PVOID CallbackContext, PPEP_UNMASKED_INTERRUPT_INFORMATION InterruptInformation);
typedef POFXCALLBACKENUMERATEUNMASKEDINTERRUPTS *PPOFXCALLBACKENUMERATEUNMASKEDINTERRUPTS;

/* Vetoes and updates of idle states; PASSIVE_LEVEL. */
typedef NTSTATUS POFXCALLBACKPROCESSORIDLEVETO(POHANDLE ProcessorHandle, ULONG ProcessorState,
                                               ULONG VetoReason, BOOLEAN Increment);
typedef POFXCALLBACKPROCESSORIDLEVETO *PPOFXCALLBACKPROCESSORIDLEVETO;
typedef NTSTATUS POFXCALLBACKPLATFORMIDLEVETO(POHANDLE ProcessorHandle, ULONG PlatformState,
                                              ULONG VetoReason, BOOLEAN Increment);
typedef POFXCALLBACKPLATFORMIDLEVETO *PPOFXCALLBACKPLATFORMIDLEVETO;
#define PEP_PROCESSOR_IDLE_STATE_UPDATE_VERSION_1 1
typedef struct _PEP_PROCESSOR_IDLE_STATE_UPDATE {
    ULONG Version;
    ULONG Latency;           /* 100 ns */
    ULONG BreakEvenDuration; /* 100 ns */
} PEP_PROCESSOR_IDLE_STATE_UPDATE, *PPEP_PROCESSOR_IDLE_STATE_UPDATE;
typedef NTSTATUS POFXCALLBACKUPDATEPROCESSORIDLESTATE(POHANDLE ProcessorHandle,
                                                      ULONG ProcessorState,
                                                      PPEP_PROCESSOR_IDLE_STATE_UPDATE Update);
typedef POFXCALLBACKUPDATEPROCESSORIDLESTATE *PPOFXCALLBACKUPDATEPROCESSORIDLESTATE;
#define PEP_PLATFORM_IDLE_STATE_UPDATE_VERSION_1 1
typedef struct _PEP_PLATFORM_IDLE_STATE_UPDATE {
    ULONG Version;
    ULONG Latency;           /* 100 ns */
    ULONG BreakEvenDuration; /* 100 ns */
} PEP_PLATFORM_IDLE_STATE_UPDATE, *PPEP_PLATFORM_IDLE_STATE_UPDATE;
typedef NTSTATUS POFXCALLBACKUPDATEPLATFORMIDLESTATE(POHANDLE ProcessorHandle, ULONG PlatformState,
                                                     PPEP_PLATFORM_IDLE_STATE_UPDATE Update);
typedef POFXCALLBACKUPDATEPLATFORMIDLESTATE *PPOFXCALLBACKUPDATEPLATFORMIDLESTATE;
/* A request by number, PEP_REQUEST_COMMON_…; <= HIGH_LEVEL. */
typedef NTSTATUS POFXCALLBACKREQUESTCOMMON(ULONG RequestId, PVOID Data);
typedef POFXCALLBACKREQUESTCOMMON *PPOFXCALLBACKREQUESTCOMMON;

#define PEP_KERNEL_INFORMATION_V1 0x00000001
#define PEP_KERNEL_INFORMATION_V2 0x00000002
#define PEP_KERNEL_INFORMATION_V3 0x00000003
/* Version and Size are the caller's; the framework fills in the rest. */
typedef struct _PEP_KERNEL_INFORMATION_STRUCT_V3 {
    USHORT Version;
    USHORT Size;
    POHANDLE Plugin;
    PPOFXCALLBACKREQUESTWORKER RequestWorker;
    PPOFXCALLBACKENUMERATEUNMASKEDINTERRUPTS EnumerateUnmaskedInterrupts;
    PPOFXCALLBACKPROCESSORHALT ProcessorHalt;
    PPOFXCALLBACKREQUESTINTERRUPT RequestInterrupt;
    PPOFXCALLBACKCRITICALRESOURCE TransitionCriticalResource;
    PPOFXCALLBACKPROCESSORIDLEVETO ProcessorIdleVeto;
    PPOFXCALLBACKPLATFORMIDLEVETO PlatformIdleVeto;
    PPOFXCALLBACKUPDATEPROCESSORIDLESTATE UpdateProcessorIdleState;
    PPOFXCALLBACKUPDATEPLATFORMIDLESTATE UpdatePlatformIdleState;
    PPOFXCALLBACKREQUESTCOMMON RequestCommon;
} PEP_KERNEL_INFORMATION_STRUCT_V3, *PPEP_KERNEL_INFORMATION_STRUCT_V3;

/* ---- work: what a plug-in wants done, given in answer to PEP_DPM_WORK ---- */

typedef enum _PEP_WORK_TYPE {
    PepWorkActiveComplete,
    PepWorkRequestIdleState,
    PepWorkDevicePower,
    PepWorkRequestPowerControl,
    PepWorkDeviceIdle,
    PepWorkCompleteIdleState,
    PepWorkCompletePerfState,
    PepWorkAcpiNotify,
    PepWorkAcpiEvaluateControlMethodComplete,
    PepWorkMax
} PEP_WORK_TYPE,
    *PPEP_WORK_TYPE;
typedef struct _PEP_WORK_ACTIVE_COMPLETE {
    POHANDLE DeviceHandle;
    ULONG Component;
} PEP_WORK_ACTIVE_COMPLETE, *PPEP_WORK_ACTIVE_COMPLETE;
typedef struct _PEP_WORK_IDLE_STATE {
    POHANDLE DeviceHandle;
    ULONG Component;
    ULONG State;
} PEP_WORK_IDLE_STATE, *PPEP_WORK_IDLE_STATE;
typedef struct _PEP_WORK_DEVICE_POWER {
    POHANDLE DeviceHandle;
    BOOLEAN PowerRequired;
} PEP_WORK_DEVICE_POWER, *PPEP_WORK_DEVICE_POWER;
typedef struct _PEP_WORK_DEVICE_IDLE {
    POHANDLE DeviceHandle;
    BOOLEAN IgnoreIdleTimeout;
} PEP_WORK_DEVICE_IDLE, *PPEP_WORK_DEVICE_IDLE;
typedef struct _PEP_WORK_POWER_CONTROL {
    POHANDLE DeviceHandle;
    LPCGUID PowerControlCode;
    PVOID RequestContext; /* handed back by PEP_DPM_POWER_CONTROL_COMPLETE */
    PVOID InBuffer;
    SIZE_T InBufferSize;
    PVOID OutBuffer;
    SIZE_T OutBufferSize;
} PEP_WORK_POWER_CONTROL, *PPEP_WORK_POWER_CONTROL;
typedef struct _PEP_WORK_COMPLETE_IDLE_STATE {
    POHANDLE DeviceHandle;
    ULONG Component;
} PEP_WORK_COMPLETE_IDLE_STATE, *PPEP_WORK_COMPLETE_IDLE_STATE;
typedef struct _PEP_WORK_COMPLETE_PERF_STATE {
    POHANDLE DeviceHandle;
    ULONG Component;
    BOOLEAN Succeeded;
} PEP_WORK_COMPLETE_PERF_STATE, *PPEP_WORK_COMPLETE_PERF_STATE;
typedef struct _PEP_WORK_ACPI_NOTIFY {
    POHANDLE DeviceHandle;
    ULONG NotifyCode;
} PEP_WORK_ACPI_NOTIFY, *PPEP_WORK_ACPI_NOTIFY;
#define PEP_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE_FLAG_NONE 0x0
typedef struct _PEP_WORK_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE {
    POHANDLE DeviceHandle;
    ULONG CompletionFlags;
    NTSTATUS MethodStatus;
    PVOID CompletionContext; /* as PEP_ACPI_EVALUATE_CONTROL_METHOD gave it */
    SIZE_T OutputArgumentSize;
    PACPI_METHOD_ARGUMENT OutputArguments;
} PEP_WORK_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE, *PPEP_WORK_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE;
typedef struct _PEP_WORK_INFORMATION {
    PEP_WORK_TYPE WorkType;
    union {
        PEP_WORK_ACTIVE_COMPLETE ActiveComplete;
        PEP_WORK_IDLE_STATE IdleState;
        PEP_WORK_DEVICE_POWER DevicePower;
        PEP_WORK_POWER_CONTROL PowerControl;
        PEP_WORK_DEVICE_IDLE DeviceIdle;
        PEP_WORK_COMPLETE_IDLE_STATE CompleteIdleState;
        PEP_WORK_COMPLETE_PERF_STATE CompletePerfState;
        PEP_WORK_ACPI_NOTIFY AcpiNotify;
        PEP_WORK_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE ControlMethodComplete;
    };
} PEP_WORK_INFORMATION, *PPEP_WORK_INFORMATION;
typedef struct _PEP_WORK {
    PPEP_WORK_INFORMATION WorkInformation;
    BOOLEAN NeedWork;
} PEP_WORK, *PPEP_WORK;

/* ---- registration; PASSIVE_LEVEL ---- */

/* TRUE: handled. (pepfx/nc-pepfx-pepcallbacknotifydpm, …ppm, …acpi) */
typedef BOOLEAN PEPCALLBACKNOTIFYDPM(ULONG Notification, PVOID Data);
typedef PEPCALLBACKNOTIFYDPM *PPEPCALLBACKNOTIFYDPM;
typedef BOOLEAN PEPCALLBACKNOTIFYPPM(PEPHANDLE Handle, ULONG Notification, PVOID Data);
typedef PEPCALLBACKNOTIFYPPM *PPEPCALLBACKNOTIFYPPM;
typedef BOOLEAN PEPCALLBACKNOTIFYACPI(ULONG Notification, PVOID Data);
typedef PEPCALLBACKNOTIFYACPI *PPEPCALLBACKNOTIFYACPI;

#define PEP_INFORMATION_V3 0x00000003
#define PEP_INFORMATION_VERSION PEP_INFORMATION_V3
typedef struct _PEP_INFORMATION {
    USHORT Version;
    USHORT Size;
    PPEPCALLBACKNOTIFYDPM AcceptDeviceNotification;
    PPEPCALLBACKNOTIFYPPM AcceptProcessorNotification; /* or NULL */
    PPEPCALLBACKNOTIFYACPI AcceptAcpiNotification;     /* or NULL */
} PEP_INFORMATION, *PPEP_INFORMATION;

/* Flags of PoFxRegisterPluginEx: several work notifications at once. */
#define PEP_FLAG_WORKER_CONCURRENCY 0x00000001

/* A resource that belongs to the HAL; components as the newest PO_FX_COMPONENT. */
typedef struct _PO_FX_CORE_DEVICE {
    ULONG Version;
    ULONG ComponentCount;
    PPO_FX_COMPONENT_ACTIVE_CONDITION_CALLBACK ComponentActiveConditionCallback;
    PPO_FX_COMPONENT_IDLE_CONDITION_CALLBACK ComponentIdleConditionCallback;
    PPO_FX_COMPONENT_CRITICAL_TRANSITION_CALLBACK ComponentCriticalTransitionCallback;
    PPO_FX_COMPONENT_IDLE_STATE_CALLBACK ComponentIdleStateCallback;
    PVOID DeviceContext;
    PO_FX_COMPONENT_V2 Components[ANYSIZE_ARRAY];
} PO_FX_CORE_DEVICE, *PPO_FX_CORE_DEVICE;
/* (pepfx/nf-pepfx-pofxregistercoredevice) */
NTKERNELAPI NTSTATUS PoFxRegisterCoreDevice(PCUNICODE_STRING Id, PPO_FX_CORE_DEVICE Device,
                                            POHANDLE *Handle);

EXTERN_C_END

#endif
