/*
 * What ntddk.h adds to wdm.h in several components: memory, boot drivers, disks, hardware counters.
 */
#ifndef WDMSIM_NT_DDK_H
#define WDMSIM_NT_DDK_H

#include "io.h"
#include "hal.h"

EXTERN_C_START

typedef struct _PHYSICAL_MEMORY_RANGE {
    PHYSICAL_ADDRESS BaseAddress;
    LARGE_INTEGER NumberOfBytes;
} PHYSICAL_MEMORY_RANGE, *PPHYSICAL_MEMORY_RANGE;
typedef struct _DISK_SIGNATURE {
    ULONG PartitionStyle;
    union {
        struct {
            ULONG Signature;
            ULONG CheckSum;
        } Mbr;
        struct {
            GUID DiskId;
        } Gpt;
    };
} DISK_SIGNATURE, *PDISK_SIGNATURE;
struct _CREATE_DISK;
struct _DRIVE_LAYOUT_INFORMATION;
struct _DRIVE_LAYOUT_INFORMATION_EX;
struct _SET_PARTITION_INFORMATION_EX;
struct _PHYSICAL_COUNTER_RESOURCE_LIST;

typedef enum _BDCB_CALLBACK_TYPE {
    BdCbStatusUpdate,
    BdCbInitializeImage
} BDCB_CALLBACK_TYPE,
    *PBDCB_CALLBACK_TYPE;
typedef enum _BDCB_CLASSIFICATION {
    BdCbClassificationUnknownImage,
    BdCbClassificationKnownGoodImage,
    BdCbClassificationKnownBadImage,
    BdCbClassificationKnownBadImageBootCritical,
    BdCbClassificationEnd
} BDCB_CLASSIFICATION,
    *PBDCB_CLASSIFICATION;
typedef enum _BDCB_STATUS_UPDATE_TYPE {
    BdCbStatusPrepareForDependencyLoad,
    BdCbStatusPrepareForDriverLoad,
    BdCbStatusPrepareForUnload
} BDCB_STATUS_UPDATE_TYPE,
    *PBDCB_STATUS_UPDATE_TYPE;
typedef struct _BDCB_STATUS_UPDATE_CONTEXT {
    BDCB_STATUS_UPDATE_TYPE StatusType;
} BDCB_STATUS_UPDATE_CONTEXT, *PBDCB_STATUS_UPDATE_CONTEXT;
#define BDCB_IMAGEFLAGS_FAILED_CODE_INTEGRITY 0x00000001
typedef struct _BDCB_IMAGE_INFORMATION {
    BDCB_CLASSIFICATION Classification;
    ULONG ImageFlags;
    UNICODE_STRING ImageName;
    UNICODE_STRING RegistryPath;
    UNICODE_STRING CertificatePublisher;
    UNICODE_STRING CertificateIssuer;
    PVOID ImageHash;
    PVOID CertificateThumbprint;
    ULONG ImageHashAlgorithm;
    ULONG ThumbprintHashAlgorithm;
    ULONG ImageHashLength;
    ULONG CertificateThumbprintLength;
} BDCB_IMAGE_INFORMATION, *PBDCB_IMAGE_INFORMATION;
struct _PHYSICAL_COUNTER_EVENT_BUFFER_CONFIGURATION;
typedef VOID BOOT_DRIVER_CALLBACK_FUNCTION(PVOID CallbackContext, BDCB_CALLBACK_TYPE Classification,
                                           struct _BDCB_IMAGE_INFORMATION *ImageInformation);
typedef BOOT_DRIVER_CALLBACK_FUNCTION *PBOOT_DRIVER_CALLBACK_FUNCTION;

typedef enum _HARDWARE_COUNTER_TYPE { PMCCounter, MaxHardwareCounterType } HARDWARE_COUNTER_TYPE;
typedef struct _HARDWARE_COUNTER {
    HARDWARE_COUNTER_TYPE Type;
    ULONG Reserved;
    ULONG64 Index;
} HARDWARE_COUNTER, *PHARDWARE_COUNTER;
typedef VOID (*PPHYSICAL_COUNTER_OVERFLOW_HANDLER)(ULONGLONG OverflowStatus, HANDLE OwningHandle);
typedef VOID (*PPHYSICAL_COUNTER_EVENT_BUFFER_OVERFLOW_HANDLER)(
    struct _PHYSICAL_COUNTER_EVENT_BUFFER_CONFIGURATION *Configuration, ULONG64 EntryCount,
    HANDLE OwningHandle);

typedef enum _BUS_DATA_TYPE {
    ConfigurationSpaceUndefined = -1,
    Cmos,
    EisaConfiguration,
    Pos,
    CbusConfiguration,
    PCIConfiguration,
    VMEConfiguration,
    NuBusConfiguration,
    PCMCIAConfiguration,
    MPIConfiguration,
    MPSAConfiguration,
    PNPISAConfiguration,
    SgiInternalConfiguration,
    MaximumBusDataType
} BUS_DATA_TYPE,
    *PBUS_DATA_TYPE;

NTKERNELAPI NTSTATUS MmAddPhysicalMemory(PPHYSICAL_ADDRESS StartAddress,
                                         PLARGE_INTEGER NumberOfBytes);
NTKERNELAPI NTSTATUS MmRemovePhysicalMemory(PPHYSICAL_ADDRESS StartAddress,
                                            PLARGE_INTEGER NumberOfBytes);
NTKERNELAPI PPHYSICAL_MEMORY_RANGE MmGetPhysicalMemoryRanges(VOID);
NTKERNELAPI PPHYSICAL_MEMORY_RANGE MmGetPhysicalMemoryRangesEx2(PVOID PartitionObject, ULONG Flags);
NTKERNELAPI NTSTATUS MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize);
NTKERNELAPI NTSTATUS MmUnmapViewInSystemSpace(PVOID MappedBase);
NTKERNELAPI NTSTATUS MmMapViewInSessionSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize);
NTKERNELAPI NTSTATUS MmUnmapViewInSessionSpace(PVOID MappedBase);

/* ---- boot drivers ---- */

NTKERNELAPI PVOID IoRegisterBootDriverCallback(PBOOT_DRIVER_CALLBACK_FUNCTION CallbackFunction,
                                               PVOID CallbackContext);
NTKERNELAPI VOID IoUnregisterBootDriverCallback(PVOID CallbackHandle);

/* ---- partition tables of disks; PASSIVE_LEVEL ---- */

NTKERNELAPI NTSTATUS IoCreateDisk(PDEVICE_OBJECT DeviceObject, struct _CREATE_DISK *Disk);
NTKERNELAPI NTSTATUS IoReadDiskSignature(PDEVICE_OBJECT DeviceObject, ULONG BytesPerSector,
                                         PDISK_SIGNATURE Signature);
NTKERNELAPI NTSTATUS IoReadPartitionTable(PDEVICE_OBJECT DeviceObject, ULONG SectorSize,
                                          BOOLEAN ReturnRecognizedPartitions,
                                          struct _DRIVE_LAYOUT_INFORMATION **PartitionBuffer);
NTKERNELAPI NTSTATUS IoReadPartitionTableEx(PDEVICE_OBJECT DeviceObject,
                                            struct _DRIVE_LAYOUT_INFORMATION_EX **PartitionBuffer);
NTKERNELAPI NTSTATUS IoSetPartitionInformation(PDEVICE_OBJECT DeviceObject, ULONG SectorSize,
                                               ULONG PartitionNumber, ULONG PartitionType);
NTKERNELAPI NTSTATUS
IoSetPartitionInformationEx(PDEVICE_OBJECT DeviceObject, ULONG PartitionNumber,
                            struct _SET_PARTITION_INFORMATION_EX *PartitionInfo);
NTKERNELAPI NTSTATUS IoSetSystemPartition(PUNICODE_STRING VolumeNameString);
NTKERNELAPI NTSTATUS IoVerifyPartitionTable(PDEVICE_OBJECT DeviceObject, BOOLEAN FixErrors);
NTKERNELAPI NTSTATUS IoWritePartitionTable(PDEVICE_OBJECT DeviceObject, ULONG SectorSize,
                                           ULONG SectorsPerTrack, ULONG NumberOfHeads,
                                           struct _DRIVE_LAYOUT_INFORMATION *PartitionBuffer);
NTKERNELAPI NTSTATUS IoWritePartitionTableEx(PDEVICE_OBJECT DeviceObject,
                                             struct _DRIVE_LAYOUT_INFORMATION_EX *DriveLayout);

/* ---- hardware counters and bus data ---- */

NTKERNELAPI VOID HalExamineMBR(PDEVICE_OBJECT DeviceObject, ULONG SectorSize,
                               ULONG MBRTypeIdentifier, PVOID *Buffer);
NTKERNELAPI ULONG HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber,
                                        ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length);
NTKERNELAPI ULONG HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber,
                                        ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length);
NTKERNELAPI NTSTATUS HalAllocateHardwareCounters(
    PGROUP_AFFINITY GroupAffinty, ULONG GroupCount,
    struct _PHYSICAL_COUNTER_RESOURCE_LIST *ResourceList, PHANDLE CounterSetHandle);
NTKERNELAPI NTSTATUS HalFreeHardwareCounters(HANDLE CounterSetHandle);
NTKERNELAPI NTSTATUS KeSetHardwareCounterConfiguration(PHARDWARE_COUNTER CounterArray, ULONG Count);
NTKERNELAPI NTSTATUS KeQueryHardwareCounterConfiguration(PHARDWARE_COUNTER CounterArray,
                                                         ULONG MaximumCount, PULONG Count);

/* ---- whether a status means that a device is gone, not one request lost ---- */

NTKERNELAPI BOOLEAN FsRtlIsTotalDeviceFailure(NTSTATUS Status);

EXTERN_C_END

#endif
