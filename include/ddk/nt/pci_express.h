/*
 * PCI Express: registers and capabilities in the extended configuration space.
 */
#ifndef WDMSIM_NT_PCI_EXPRESS_H
#define WDMSIM_NT_PCI_EXPRESS_H

#include "pci.h"

typedef struct _PCI_EXPRESS_ENHANCED_CAPABILITY_HEADER {
    USHORT CapabilityID;
    USHORT Version : 4;
    USHORT Next : 12;
} PCI_EXPRESS_ENHANCED_CAPABILITY_HEADER, *PPCI_EXPRESS_ENHANCED_CAPABILITY_HEADER;

typedef struct _PCI_EXPRESS_CAPABILITIES_REGISTER {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT CapabilityVersion : 4;
            USHORT DeviceType : 4;
            USHORT SlotImplemented : 1;
            USHORT InterruptMessageNumber : 5;
            USHORT Rsvd : 2;
        };
    };
} PCI_EXPRESS_CAPABILITIES_REGISTER, *PPCI_EXPRESS_CAPABILITIES_REGISTER;

typedef struct _PCI_EXPRESS_DEVICE_CAPABILITIES_REGISTER {
    union {
        ULONG AsULONG;
        struct {
            ULONG MaxPayloadSizeSupported : 3;
            ULONG PhantomFunctionsSupported : 2;
            ULONG ExtendedTagSupported : 1;
            ULONG L0sAcceptableLatency : 3;
            ULONG L1AcceptableLatency : 3;
            ULONG Undefined : 3;
            ULONG RoleBasedErrorReporting : 1;
            ULONG Rsvd1 : 2;
            ULONG CapturedSlotPowerLimit : 8;
            ULONG CapturedSlotPowerLimitScale : 2;
            ULONG Rsvd2 : 4;
        };
    };
} PCI_EXPRESS_DEVICE_CAPABILITIES_REGISTER, *PPCI_EXPRESS_DEVICE_CAPABILITIES_REGISTER;

typedef struct _PCI_EXPRESS_DEVICE_CONTROL_REGISTER {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT CorrectableErrorEnable : 1;
            USHORT NonFatalErrorEnable : 1;
            USHORT FatalErrorEnable : 1;
            USHORT UnsupportedRequestErrorEnable : 1;
            USHORT EnableRelaxedOrder : 1;
            USHORT MaxPayloadSize : 3;
            USHORT ExtendedTagEnable : 1;
            USHORT PhantomFunctionsEnable : 1;
            USHORT AuxPowerEnable : 1;
            USHORT NoSnoopEnable : 1;
            USHORT MaxReadRequestSize : 3;
            USHORT BridgeConfigRetryEnable : 1;
        };
    };
} PCI_EXPRESS_DEVICE_CONTROL_REGISTER, *PPCI_EXPRESS_DEVICE_CONTROL_REGISTER;

typedef struct _PCI_EXPRESS_DEVICE_STATUS_REGISTER {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT CorrectableErrorDetected : 1;
            USHORT NonFatalErrorDetected : 1;
            USHORT FatalErrorDetected : 1;
            USHORT UnsupportedRequestDetected : 1;
            USHORT AuxPowerDetected : 1;
            USHORT TransactionsPending : 1;
            USHORT Rsvd : 10;
        };
    };
} PCI_EXPRESS_DEVICE_STATUS_REGISTER, *PPCI_EXPRESS_DEVICE_STATUS_REGISTER;

typedef struct _PCI_EXPRESS_LINK_CAPABILITIES_REGISTER {
    union {
        ULONG AsULONG;
        struct {
            ULONG MaximumLinkSpeed : 4;
            ULONG MaximumLinkWidth : 6;
            ULONG ActiveStatePMSupport : 2;
            ULONG L0sExitLatency : 3;
            ULONG L1ExitLatency : 3;
            ULONG ClockPowerManagement : 1;
            ULONG SurpriseDownErrorReportingCapable : 1;
            ULONG DataLinkLayerActiveReportingCapable : 1;
            ULONG Rsvd : 3;
            ULONG PortNumber : 8;
        };
    };
} PCI_EXPRESS_LINK_CAPABILITIES_REGISTER, *PPCI_EXPRESS_LINK_CAPABILITIES_REGISTER;

typedef struct _PCI_EXPRESS_LINK_CONTROL_REGISTER {
    union {
        struct {
            USHORT ActiveStatePMControl : 2;
            USHORT Rsvd1 : 1;
            USHORT ReadCompletionBoundary : 1;
            USHORT LinkDisable : 1;
            USHORT RetrainLink : 1;
            USHORT CommonClockConfig : 1;
            USHORT ExtendedSynch : 1;
            USHORT EnableClockPowerManagement : 1;
            USHORT Rsvd2 : 7;
        };
        USHORT AsUSHORT;
    };
} PCI_EXPRESS_LINK_CONTROL_REGISTER, *PPCI_EXPRESS_LINK_CONTROL_REGISTER;

typedef struct _PCI_EXPRESS_LINK_STATUS_REGISTER {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT LinkSpeed : 4;
            USHORT LinkWidth : 6;
            USHORT Undefined : 1;
            USHORT LinkTraining : 1;
            USHORT SlotClockConfig : 1;
            USHORT DataLinkLayerActive : 1;
            USHORT Rsvd : 2;
        };
    };
} PCI_EXPRESS_LINK_STATUS_REGISTER, *PPCI_EXPRESS_LINK_STATUS_REGISTER;

typedef struct _PCI_EXPRESS_PME_REQUESTOR_ID {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT FunctionNumber : 3;
            USHORT DeviceNumber : 5;
            USHORT BusNumber : 8;
        };
    };
} PCI_EXPRESS_PME_REQUESTOR_ID, *PPCI_EXPRESS_PME_REQUESTOR_ID;

typedef struct _PCI_EXPRESS_ROOT_CAPABILITIES_REGISTER {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT CRSSoftwareVisibility : 1;
            USHORT Rsvd : 15;
        };
    };
} PCI_EXPRESS_ROOT_CAPABILITIES_REGISTER, *PPCI_EXPRESS_ROOT_CAPABILITIES_REGISTER;

typedef struct _PCI_EXPRESS_ROOT_CONTROL_REGISTER {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT CorrectableSerrEnable : 1;
            USHORT NonFatalSerrEnable : 1;
            USHORT FatalSerrEnable : 1;
            USHORT PMEInterruptEnable : 1;
            USHORT CRSSoftwareVisibilityEnable : 1;
            USHORT Rsvd : 11;
        };
    };
} PCI_EXPRESS_ROOT_CONTROL_REGISTER, *PPCI_EXPRESS_ROOT_CONTROL_REGISTER;

typedef struct _PCI_EXPRESS_ROOT_STATUS_REGISTER {
    union {
        ULONG AsULONG;
        struct {
            ULONG PMERequestorId : 16;
            ULONG PMEStatus : 1;
            ULONG PMEPending : 1;
            ULONG Rsvd : 14;
        };
    };
} PCI_EXPRESS_ROOT_STATUS_REGISTER, *PPCI_EXPRESS_ROOT_STATUS_REGISTER;

typedef struct _PCI_EXPRESS_SLOT_CAPABILITIES_REGISTER {
    union {
        ULONG AsULONG;
        struct {
            ULONG AttentionButtonPresent : 1;
            ULONG PowerControllerPresent : 1;
            ULONG MRLSensorPresent : 1;
            ULONG AttentionIndicatorPresent : 1;
            ULONG PowerIndicatorPresent : 1;
            ULONG HotPlugSurprise : 1;
            ULONG HotPlugCapable : 1;
            ULONG SlotPowerLimit : 8;
            ULONG SlotPowerLimitScale : 2;
            ULONG ElectromechanicalLockPresent : 1;
            ULONG NoCommandCompletedSupport : 1;
            ULONG PhysicalSlotNumber : 13;
        };
    };
} PCI_EXPRESS_SLOT_CAPABILITIES_REGISTER, *PPCI_EXPRESS_SLOT_CAPABILITIES_REGISTER;

typedef struct _PCI_EXPRESS_SLOT_CONTROL_REGISTER {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT AttentionButtonEnable : 1;
            USHORT PowerFaultDetectEnable : 1;
            USHORT MRLSensorEnable : 1;
            USHORT PresenceDetectEnable : 1;
            USHORT CommandCompletedEnable : 1;
            USHORT HotPlugInterruptEnable : 1;
            USHORT AttentionIndicatorControl : 2;
            USHORT PowerIndicatorControl : 2;
            USHORT PowerControllerControl : 1;
            USHORT ElectromechanicalLockControl : 1;
            USHORT DataLinkStateChangeEnable : 1;
            USHORT Rsvd : 3;
        };
    };
} PCI_EXPRESS_SLOT_CONTROL_REGISTER, *PPCI_EXPRESS_SLOT_CONTROL_REGISTER;

typedef struct _PCI_EXPRESS_SLOT_STATUS_REGISTER {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT AttentionButtonPressed : 1;
            USHORT PowerFaultDetected : 1;
            USHORT MRLSensorChanged : 1;
            USHORT PresenceDetectChanged : 1;
            USHORT CommandCompleted : 1;
            USHORT MRLSensorState : 1;
            USHORT PresenceDetectState : 1;
            USHORT ElectromechanicalLockEngaged : 1;
            USHORT DataLinkStateChanged : 1;
            USHORT Rsvd : 7;
        };
    };
} PCI_EXPRESS_SLOT_STATUS_REGISTER, *PPCI_EXPRESS_SLOT_STATUS_REGISTER;

typedef struct _PCI_EXPRESS_AER_CAPABILITIES {
    union {
        ULONG AsULONG;
        struct {
            ULONG FirstErrorPointer : 5;
            ULONG ECRCGenerationCapable : 1;
            ULONG ECRCGenerationEnable : 1;
            ULONG ECRCCheckCapable : 1;
            ULONG ECRCCheckEnable : 1;
            ULONG Reserved : 23;
        };
    };
} PCI_EXPRESS_AER_CAPABILITIES, *PPCI_EXPRESS_AER_CAPABILITIES;

typedef struct _PCI_EXPRESS_CORRECTABLE_ERROR_MASK {
    union {
        ULONG AsULONG;
        struct {
            ULONG ReceiverError : 1;
            ULONG Reserved1 : 5;
            ULONG BadTLP : 1;
            ULONG BadDLLP : 1;
            ULONG ReplayNumRollover : 1;
            ULONG Reserved2 : 3;
            ULONG ReplayTimerTimeout : 1;
            ULONG AdvisoryNonFatalError : 1;
            ULONG Reserved3 : 18;
        };
    };
} PCI_EXPRESS_CORRECTABLE_ERROR_MASK, *PPCI_EXPRESS_CORRECTABLE_ERROR_MASK;

typedef struct _PCI_EXPRESS_CORRECTABLE_ERROR_STATUS {
    union {
        ULONG AsULONG;
        struct {
            ULONG ReceiverError : 1;
            ULONG Reserved1 : 5;
            ULONG BadTLP : 1;
            ULONG BadDLLP : 1;
            ULONG ReplayNumRollover : 1;
            ULONG Reserved2 : 3;
            ULONG ReplayTimerTimeout : 1;
            ULONG AdvisoryNonFatalError : 1;
            ULONG Reserved3 : 18;
        };
    };
} PCI_EXPRESS_CORRECTABLE_ERROR_STATUS, *PPCI_EXPRESS_CORRECTABLE_ERROR_STATUS;

typedef struct _PCI_EXPRESS_ERROR_SOURCE_ID {
    union {
        ULONG AsULONG;
        struct {
            ULONG CorrectableSourceIdFun : 3;
            ULONG CorrectableSourceIdDev : 5;
            ULONG CorrectableSourceIdBus : 8;
            ULONG UncorrectableSourceIdFun : 3;
            ULONG UncorrectableSourceIdDev : 5;
            ULONG UncorrectableSourceIdBus : 8;
        };
    };
} PCI_EXPRESS_ERROR_SOURCE_ID, *PPCI_EXPRESS_ERROR_SOURCE_ID;

typedef struct _PCI_EXPRESS_ROOT_ERROR_COMMAND {
    union {
        ULONG AsULONG;
        struct {
            ULONG CorrectableErrorReportingEnable : 1;
            ULONG NonFatalErrorReportingEnable : 1;
            ULONG FatalErrorReportingEnable : 1;
            ULONG Reserved : 29;
        };
    };
} PCI_EXPRESS_ROOT_ERROR_COMMAND, *PPCI_EXPRESS_ROOT_ERROR_COMMAND;

typedef struct _PCI_EXPRESS_ROOT_ERROR_STATUS {
    union {
        ULONG AsULONG;
        struct {
            ULONG CorrectableErrorReceived : 1;
            ULONG MultipleCorrectableErrorsReceived : 1;
            ULONG UncorrectableErrorReceived : 1;
            ULONG MultipleUncorrectableErrorsReceived : 1;
            ULONG FirstUncorrectableFatal : 1;
            ULONG NonFatalErrorMessagesReceived : 1;
            ULONG FatalErrorMessagesReceived : 1;
            ULONG Reserved : 20;
            ULONG AdvancedErrorInterruptMessageNumber : 5;
        };
    };
} PCI_EXPRESS_ROOT_ERROR_STATUS, *PPCI_EXPRESS_ROOT_ERROR_STATUS;

typedef struct _PCI_EXPRESS_SEC_AER_CAPABILITIES {
    union {
        ULONG AsULONG;
        struct {
            ULONG SecondaryUncorrectableFirstErrorPtr : 5;
            ULONG Reserved : 27;
        };
    };
} PCI_EXPRESS_SEC_AER_CAPABILITIES, *PPCI_EXPRESS_SEC_AER_CAPABILITIES;

typedef struct _PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_MASK {
    union {
        ULONG AsULONG;
        struct {
            ULONG TargetAbortOnSplitCompletion : 1;
            ULONG MasterAbortOnSplitCompletion : 1;
            ULONG ReceivedTargetAbort : 1;
            ULONG ReceivedMasterAbort : 1;
            ULONG RsvdZ : 1;
            ULONG UnexpectedSplitCompletionError : 1;
            ULONG UncorrectableSplitCompletion : 1;
            ULONG UncorrectableDataError : 1;
            ULONG UncorrectableAttributeError : 1;
            ULONG UncorrectableAddressError : 1;
            ULONG DelayedTransactionDiscardTimerExpired : 1;
            ULONG PERRAsserted : 1;
            ULONG SERRAsserted : 1;
            ULONG InternalBridgeError : 1;
            ULONG Reserved : 18;
        };
    };
} PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_MASK, *PPCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_MASK;

typedef struct _PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_SEVERITY {
    union {
        ULONG AsULONG;
        struct {
            ULONG TargetAbortOnSplitCompletion : 1;
            ULONG MasterAbortOnSplitCompletion : 1;
            ULONG ReceivedTargetAbort : 1;
            ULONG ReceivedMasterAbort : 1;
            ULONG RsvdZ : 1;
            ULONG UnexpectedSplitCompletionError : 1;
            ULONG UncorrectableSplitCompletion : 1;
            ULONG UncorrectableDataError : 1;
            ULONG UncorrectableAttributeError : 1;
            ULONG UncorrectableAddressError : 1;
            ULONG DelayedTransactionDiscardTimerExpired : 1;
            ULONG PERRAsserted : 1;
            ULONG SERRAsserted : 1;
            ULONG InternalBridgeError : 1;
            ULONG Reserved : 18;
        };
    };
} PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_SEVERITY, *PPCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_SEVERITY;

typedef struct _PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_STATUS {
    union {
        ULONG AsULONG;
        struct {
            ULONG TargetAbortOnSplitCompletion : 1;
            ULONG MasterAbortOnSplitCompletion : 1;
            ULONG ReceivedTargetAbort : 1;
            ULONG ReceivedMasterAbort : 1;
            ULONG RsvdZ : 1;
            ULONG UnexpectedSplitCompletionError : 1;
            ULONG UncorrectableSplitCompletion : 1;
            ULONG UncorrectableDataError : 1;
            ULONG UncorrectableAttributeError : 1;
            ULONG UncorrectableAddressError : 1;
            ULONG DelayedTransactionDiscardTimerExpired : 1;
            ULONG PERRAsserted : 1;
            ULONG SERRAsserted : 1;
            ULONG InternalBridgeError : 1;
            ULONG Reserved : 18;
        };
    };
} PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_STATUS, *PPCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_STATUS;

typedef struct _PCI_EXPRESS_SRIOV_CAPS {
    union {
        ULONG AsULONG;
        struct {
            ULONG VFMigrationCapable : 1;
            ULONG Reserved1 : 20;
            ULONG VFMigrationInterruptNumber : 11;
        };
    };
} PCI_EXPRESS_SRIOV_CAPS, *PPCI_EXPRESS_SRIOV_CAPS;

typedef struct _PCI_EXPRESS_SRIOV_CONTROL {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT VFEnable : 1;
            USHORT VFMigrationEnable : 1;
            USHORT VFMigrationInterruptEnable : 1;
            USHORT VFMemorySpaceEnable : 1;
            USHORT ARICapableHierarchy : 1;
            USHORT Reserved1 : 11;
        };
    };
} PCI_EXPRESS_SRIOV_CONTROL, *PPCI_EXPRESS_SRIOV_CONTROL;

typedef struct _PCI_EXPRESS_SRIOV_MIGRATION_STATE_ARRAY {
    union {
        ULONG AsULONG;
        struct {
            ULONG VFMigrationStateBIR : 3;
            ULONG VFMigrationStateOffset : 29;
        };
    };
} PCI_EXPRESS_SRIOV_MIGRATION_STATE_ARRAY, *PPCI_EXPRESS_SRIOV_MIGRATION_STATE_ARRAY;

typedef struct _PCI_EXPRESS_SRIOV_STATUS {
    union {
        USHORT AsUSHORT;
        struct {
            USHORT VFMigrationStatus : 1;
            USHORT Reserved1 : 15;
        };
    };
} PCI_EXPRESS_SRIOV_STATUS, *PPCI_EXPRESS_SRIOV_STATUS;

typedef struct _PCI_EXPRESS_UNCORRECTABLE_ERROR_MASK {
    union {
        ULONG AsULONG;
        struct {
            ULONG Undefined : 1;
            ULONG Reserved1 : 3;
            ULONG DataLinkProtocolError : 1;
            ULONG SurpriseDownError : 1;
            ULONG Reserved2 : 6;
            ULONG PoisonedTLP : 1;
            ULONG FlowControlProtocolError : 1;
            ULONG CompletionTimeout : 1;
            ULONG CompleterAbort : 1;
            ULONG UnexpectedCompletion : 1;
            ULONG ReceiverOverflow : 1;
            ULONG MalformedTLP : 1;
            ULONG ECRCError : 1;
            ULONG UnsupportedRequestError : 1;
            ULONG Reserved3 : 11;
        };
    };
} PCI_EXPRESS_UNCORRECTABLE_ERROR_MASK, *PPCI_EXPRESS_UNCORRECTABLE_ERROR_MASK;

typedef struct _PCI_EXPRESS_UNCORRECTABLE_ERROR_SEVERITY {
    union {
        ULONG AsULONG;
        struct {
            ULONG Undefined : 1;
            ULONG Reserved1 : 3;
            ULONG DataLinkProtocolError : 1;
            ULONG SurpriseDownError : 1;
            ULONG Reserved2 : 6;
            ULONG PoisonedTLP : 1;
            ULONG FlowControlProtocolError : 1;
            ULONG CompletionTimeout : 1;
            ULONG CompleterAbort : 1;
            ULONG UnexpectedCompletion : 1;
            ULONG ReceiverOverflow : 1;
            ULONG MalformedTLP : 1;
            ULONG ECRCError : 1;
            ULONG UnsupportedRequestError : 1;
            ULONG Reserved3 : 11;
        };
    };
} PCI_EXPRESS_UNCORRECTABLE_ERROR_SEVERITY, *PPCI_EXPRESS_UNCORRECTABLE_ERROR_SEVERITY;

typedef struct _PCI_EXPRESS_UNCORRECTABLE_ERROR_STATUS {
    union {
        ULONG AsULONG;
        struct {
            ULONG Undefined : 1;
            ULONG Reserved1 : 3;
            ULONG DataLinkProtocolError : 1;
            ULONG SurpriseDownError : 1;
            ULONG Reserved2 : 6;
            ULONG PoisonedTLP : 1;
            ULONG FlowControlProtocolError : 1;
            ULONG CompletionTimeout : 1;
            ULONG CompleterAbort : 1;
            ULONG UnexpectedCompletion : 1;
            ULONG ReceiverOverflow : 1;
            ULONG MalformedTLP : 1;
            ULONG ECRCError : 1;
            ULONG UnsupportedRequestError : 1;
            ULONG Reserved3 : 11;
        };
    };
} PCI_EXPRESS_UNCORRECTABLE_ERROR_STATUS, *PPCI_EXPRESS_UNCORRECTABLE_ERROR_STATUS;

typedef struct _PCI_EXPRESS_CAPABILITY {
    PCI_CAPABILITIES_HEADER Header;
    PCI_EXPRESS_CAPABILITIES_REGISTER ExpressCapabilities;
    PCI_EXPRESS_DEVICE_CAPABILITIES_REGISTER DeviceCapabilities;
    PCI_EXPRESS_DEVICE_CONTROL_REGISTER DeviceControl;
    PCI_EXPRESS_DEVICE_STATUS_REGISTER DeviceStatus;
    PCI_EXPRESS_LINK_CAPABILITIES_REGISTER LinkCapabilities;
    PCI_EXPRESS_LINK_CONTROL_REGISTER LinkControl;
    PCI_EXPRESS_LINK_STATUS_REGISTER LinkStatus;
    PCI_EXPRESS_SLOT_CAPABILITIES_REGISTER SlotCapabilities;
    PCI_EXPRESS_SLOT_CONTROL_REGISTER SlotControl;
    PCI_EXPRESS_SLOT_STATUS_REGISTER SlotStatus;
    PCI_EXPRESS_ROOT_CONTROL_REGISTER RootControl;
    PCI_EXPRESS_ROOT_CAPABILITIES_REGISTER RootCapabilities;
    PCI_EXPRESS_ROOT_STATUS_REGISTER RootStatus;
} PCI_EXPRESS_CAPABILITY, *PPCI_EXPRESS_CAPABILITY;

typedef struct _PCI_EXPRESS_AER_CAPABILITY {
    PCI_EXPRESS_ENHANCED_CAPABILITY_HEADER Header;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_STATUS UncorrectableErrorStatus;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_MASK UncorrectableErrorMask;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_SEVERITY UncorrectableErrorSeverity;
    PCI_EXPRESS_CORRECTABLE_ERROR_STATUS CorrectableErrorStatus;
    PCI_EXPRESS_CORRECTABLE_ERROR_MASK CorrectableErrorMask;
    PCI_EXPRESS_AER_CAPABILITIES CapabilitiesAndControl;
    ULONG HeaderLog[4];
    PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_STATUS SecUncorrectableErrorStatus;
    PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_MASK SecUncorrectableErrorMask;
    PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_SEVERITY SecUncorrectableErrorSeverity;
    PCI_EXPRESS_SEC_AER_CAPABILITIES SecCapabilitiesAndControl;
    ULONG SecHeaderLog[4];
} PCI_EXPRESS_AER_CAPABILITY, *PPCI_EXPRESS_AER_CAPABILITY;

typedef struct _PCI_EXPRESS_BRIDGE_AER_CAPABILITY {
    PCI_EXPRESS_ENHANCED_CAPABILITY_HEADER Header;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_STATUS UncorrectableErrorStatus;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_MASK UncorrectableErrorMask;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_SEVERITY UncorrectableErrorSeverity;
    PCI_EXPRESS_CORRECTABLE_ERROR_STATUS CorrectableErrorStatus;
    PCI_EXPRESS_CORRECTABLE_ERROR_MASK CorrectableErrorMask;
    PCI_EXPRESS_AER_CAPABILITIES CapabilitiesAndControl;
    ULONG HeaderLog[4];
    PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_STATUS SecUncorrectableErrorStatus;
    PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_MASK SecUncorrectableErrorMask;
    PCI_EXPRESS_SEC_UNCORRECTABLE_ERROR_SEVERITY SecUncorrectableErrorSeverity;
    PCI_EXPRESS_SEC_AER_CAPABILITIES SecCapabilitiesAndControl;
    ULONG SecHeaderLog[4];
} PCI_EXPRESS_BRIDGE_AER_CAPABILITY, *PPCI_EXPRESS_BRIDGE_AER_CAPABILITY;

typedef struct _PCI_EXPRESS_ROOTPORT_AER_CAPABILITY {
    PCI_EXPRESS_ENHANCED_CAPABILITY_HEADER Header;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_STATUS UncorrectableErrorStatus;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_MASK UncorrectableErrorMask;
    PCI_EXPRESS_UNCORRECTABLE_ERROR_SEVERITY UncorrectableErrorSeverity;
    PCI_EXPRESS_CORRECTABLE_ERROR_STATUS CorrectableErrorStatus;
    PCI_EXPRESS_CORRECTABLE_ERROR_MASK CorrectableErrorMask;
    PCI_EXPRESS_AER_CAPABILITIES CapabilitiesAndControl;
    ULONG HeaderLog[4];
    PCI_EXPRESS_ROOT_ERROR_COMMAND RootErrorCommand;
    PCI_EXPRESS_ROOT_ERROR_STATUS RootErrorStatus;
    PCI_EXPRESS_ERROR_SOURCE_ID ErrorSourceId;
} PCI_EXPRESS_ROOTPORT_AER_CAPABILITY, *PPCI_EXPRESS_ROOTPORT_AER_CAPABILITY;

typedef struct _PCI_EXPRESS_SERIAL_NUMBER_CAPABILITY {
    PCI_EXPRESS_ENHANCED_CAPABILITY_HEADER Header;
    ULONG LowSerialNumber;
    ULONG HighSerialNumber;
} PCI_EXPRESS_SERIAL_NUMBER_CAPABILITY, *PPCI_EXPRESS_SERIAL_NUMBER_CAPABILITY;

typedef struct _PCI_EXPRESS_SRIOV_CAPABILITY {
    PCI_EXPRESS_ENHANCED_CAPABILITY_HEADER Header;
    ULONG SRIOVCapabilities;
    USHORT SRIOVControl;
    USHORT SRIOVStatus;
    USHORT InitialVFs;
    USHORT TotalVFs;
    USHORT NumVFs;
    UCHAR FunctionDependencyLink;
    UCHAR RsvdP1;
    USHORT FirstVFOffset;
    USHORT VFStride;
    USHORT RsvdP2;
    USHORT VFDeviceId;
    ULONG SupportedPageSizes;
    ULONG SystemPageSize;
    UCHAR BaseAddresses[24];
    ULONG VFMigrationStateArrayOffset;
} PCI_EXPRESS_SRIOV_CAPABILITY, *PPCI_EXPRESS_SRIOV_CAPABILITY;

#endif
