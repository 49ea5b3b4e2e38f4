/*
 * What older plug-ins were written against: earlier shapes of the kernel's information, and
 * processor notifications in which the plug-in chose idle states itself. The framework sends none
 * of the latter.
 */
#ifndef WDMSIM_NT_PEP_OLD_H
#define WDMSIM_NT_PEP_OLD_H

EXTERN_C_START

/*
 * As documented. The framework fills in version 1 up to TransitionCriticalResource, version 2 up to
 * UpdatePlatformIdleState, and leaves what follows alone.
 */
typedef struct _PEP_KERNEL_INFORMATION_STRUCT_V1 {
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
    PVOID CompleteWork;
    PPOFXCALLBACKREQUESTCOMMON RequestCommon;
} PEP_KERNEL_INFORMATION_STRUCT_V1, *PPEP_KERNEL_INFORMATION_STRUCT_V1;
typedef struct _PEP_KERNEL_INFORMATION_STRUCT_V2 {
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
    PVOID CompleteWork;
    PPOFXCALLBACKREQUESTCOMMON RequestCommon;
} PEP_KERNEL_INFORMATION_STRUCT_V2, *PPEP_KERNEL_INFORMATION_STRUCT_V2;

#define PEP_INFORMATION_V2 0x00000002

typedef struct _PEP_PROCESSOR_IDLE_STATE {
    union {
        ULONG Ulong;
        struct {
            ULONG Interruptible : 1;
            ULONG CacheCoherent : 1;
            ULONG ThreadContextRetained : 1;
            ULONG CStateType : 4;
            ULONG Reserved : 25;
        };
    };
} PEP_PROCESSOR_IDLE_STATE, *PPEP_PROCESSOR_IDLE_STATE;
typedef struct _PEP_PPM_QUERY_IDLE_STATES {
    ULONG Count;
    ULONG MaximumCoordinatedProcessors;
    PEP_PROCESSOR_IDLE_STATE IdleStates[ANYSIZE_ARRAY];
} PEP_PPM_QUERY_IDLE_STATES, *PPEP_PPM_QUERY_IDLE_STATES;
typedef enum {
    PepIdleTypeProcessor,
    PepIdleTypePlatform,
    PepIdleTypeMax
} PEP_PROCESSOR_IDLE_TYPE,
    *PPEP_PROCESSOR_IDLE_TYPE;
typedef struct _PEP_PROCESSOR_IDLE_CONSTRAINTS {
    ULONGLONG IdleDuration;
    BOOLEAN Interruptible;
    PEP_PROCESSOR_IDLE_TYPE Type;
} PEP_PROCESSOR_IDLE_CONSTRAINTS, *PPEP_PROCESSOR_IDLE_CONSTRAINTS;
typedef struct _PEP_PPM_IDLE_SELECT {
    PPEP_PROCESSOR_IDLE_CONSTRAINTS Constraints;
    BOOLEAN AbortTransition;
    ULONG IdleStateIndex;
    ULONG DependencyArrayUsed;
    ULONG DependencyArrayCount;
    PPEP_PROCESSOR_IDLE_DEPENDENCY DependencyArray;
    ULONG PlatformIdleStateIndex;
} PEP_PPM_IDLE_SELECT, *PPEP_PPM_IDLE_SELECT;
typedef enum {
    PepIdleCancelWorkPending,
    PepIdleCancelDependencyCheckFailed,
    PepIdleCancelNoCState,
    PepIdleCancelMax
} PEP_PROCESSOR_IDLE_CANCEL_CODE,
    *PPEP_PROCESSOR_IDLE_CANCEL_CODE;
typedef struct _PEP_PPM_IDLE_CANCEL {
    PEP_PROCESSOR_IDLE_CANCEL_CODE CancelCode;
} PEP_PPM_IDLE_CANCEL, *PPEP_PPM_IDLE_CANCEL;
#define PEP_PPM_LP_SETTINGS_V1 1
#define PEP_PPM_LP_SETTINGS_VERSION PEP_PPM_LP_SETTINGS_V1
typedef struct _PEP_PPM_QUERY_LP_SETTINGS {
    HANDLE RegistryRoot;
} PEP_PPM_QUERY_LP_SETTINGS, *PPEP_PPM_QUERY_LP_SETTINGS;

EXTERN_C_END

#endif
