/*
 * The rest of the I/O manager that wdm.h has: opening files, share access, fast I/O, stack limits,
 * sessions, activity ids, memory that survives a kernel soft restart.
 */
#ifndef WDMSIM_NT_IO_MORE_H
#define WDMSIM_NT_IO_MORE_H

EXTERN_C_START

/* ---- opening files; PASSIVE_LEVEL (wdm/nf-wdm-iocreatefile) ---- */

typedef struct _IO_DRIVER_CREATE_CONTEXT {
    CSHORT Size;
    struct _ECP_LIST *ExtraCreateParameter;
    PVOID DeviceObjectHint;
    struct _TXN_PARAMETER_BLOCK *TxnParameters;
    PESILO SiloContext;
} IO_DRIVER_CREATE_CONTEXT, *PIO_DRIVER_CREATE_CONTEXT;
FORCEINLINE VOID IoInitializeDriverCreateContext(PIO_DRIVER_CREATE_CONTEXT DriverContext) {
    memset(DriverContext, 0, sizeof(*DriverContext));
    DriverContext->Size = sizeof(*DriverContext);
}
NTKERNELAPI NTSTATUS IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                                  POBJECT_ATTRIBUTES ObjectAttributes,
                                  PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                  ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition,
                                  ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                                  CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters,
                                  ULONG Options);
NTKERNELAPI NTSTATUS IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes,
                                    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                    ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition,
                                    ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                                    CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters,
                                    ULONG Options, PIO_DRIVER_CREATE_CONTEXT DriverContext);
NTKERNELAPI NTSTATUS IoCreateFileSpecifyDeviceObjectHint(
    PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
    ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
    CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options, PVOID DeviceObject);
NTKERNELAPI VOID IoCancelFileOpen(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject);
NTKERNELAPI PGENERIC_MAPPING IoGetFileObjectGenericMapping(VOID);
NTKERNELAPI struct _TXN_PARAMETER_BLOCK *IoGetTransactionParameterBlock(PFILE_OBJECT FileObject);
NTKERNELAPI BOOLEAN IoIsFileOriginRemote(PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS IoSetFileOrigin(PFILE_OBJECT FileObject, BOOLEAN Remote);
NTKERNELAPI BOOLEAN IoIsFileObjectIgnoringSharing(PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS IoSetFileObjectIgnoreSharing(PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS IoQueryFullDriverPath(PDRIVER_OBJECT DriverObject, PUNICODE_STRING FullPath);
NTKERNELAPI NTSTATUS IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName);
NTKERNELAPI PEPROCESS IoGetInitiatorProcess(PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS IoIncrementKeepAliveCount(PFILE_OBJECT FileObject, PEPROCESS Process);
NTKERNELAPI NTSTATUS IoDecrementKeepAliveCount(PFILE_OBJECT FileObject, PEPROCESS Process);
typedef struct _OPLOCK_KEY_CONTEXT *POPLOCK_KEY_CONTEXT;
typedef struct _OPLOCK_KEY_ECP_CONTEXT *POPLOCK_KEY_ECP_CONTEXT;
NTKERNELAPI POPLOCK_KEY_ECP_CONTEXT IoGetOplockKeyContext(PFILE_OBJECT FileObject);
NTKERNELAPI POPLOCK_KEY_CONTEXT IoGetOplockKeyContextEx(PFILE_OBJECT FileObject);
typedef struct _IO_FOEXT_SHADOW_FILE {
    PFILE_OBJECT BackingFileObject;
    PVOID BackingFltInstance;
} IO_FOEXT_SHADOW_FILE, *PIO_FOEXT_SHADOW_FILE;
NTKERNELAPI PIO_FOEXT_SHADOW_FILE IoGetShadowFileInformation(PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS IoSetShadowFileInformation(PFILE_OBJECT FileObject,
                                                PFILE_OBJECT BackingFileObject,
                                                PVOID BackingFltInstance);
typedef enum _IO_PAGING_PRIORITY {
    IoPagingPriorityInvalid,
    IoPagingPriorityNormal,
    IoPagingPriorityHigh,
    IoPagingPriorityReserved1,
    IoPagingPriorityReserved2
} IO_PAGING_PRIORITY;
NTKERNELAPI IO_PAGING_PRIORITY IoGetPagingIoPriority(PIRP Irp);

FORCEINLINE VOID Iosb64ToIosb(PIO_STATUS_BLOCK Iosb, const IO_STATUS_BLOCK64 *Iosb64) {
    Iosb->Pointer = (PVOID)(ULONG_PTR)Iosb64->Pointer;
    Iosb->Information = (ULONG_PTR)Iosb64->Information;
}
FORCEINLINE VOID IosbToIosb64(IO_STATUS_BLOCK64 *Iosb64, const IO_STATUS_BLOCK *Iosb) {
    Iosb64->Pointer = (ULONG64)(ULONG_PTR)Iosb->Pointer;
    Iosb64->Information = Iosb->Information;
}

/* ---- share access; <= APC_LEVEL, the caller serialises (wdm/nf-wdm-iocheckshareaccess) ---- */

NTKERNELAPI NTSTATUS IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                        PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                        BOOLEAN Update);
NTKERNELAPI NTSTATUS IoCheckShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                          PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                          BOOLEAN Update, PBOOLEAN WritePermission);
NTKERNELAPI NTSTATUS IoCheckLinkShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                            PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                            PLINK_SHARE_ACCESS LinkShareAccess,
                                            ULONG IoShareAccessFlags);
NTKERNELAPI VOID IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                  PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess);
NTKERNELAPI VOID IoSetShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                    PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                    PBOOLEAN WritePermission);
NTKERNELAPI VOID IoSetLinkShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                      PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                      PLINK_SHARE_ACCESS LinkShareAccess, ULONG IoShareAccessFlags);
NTKERNELAPI VOID IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess);
NTKERNELAPI VOID IoUpdateLinkShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                         PLINK_SHARE_ACCESS LinkShareAccess);
NTKERNELAPI VOID IoUpdateLinkShareAccessEx(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                           PLINK_SHARE_ACCESS LinkShareAccess,
                                           ULONG IoShareAccessFlags);
NTKERNELAPI VOID IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess);
NTKERNELAPI VOID IoRemoveLinkShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                         PLINK_SHARE_ACCESS LinkShareAccess);
NTKERNELAPI VOID IoRemoveLinkShareAccessEx(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                           PLINK_SHARE_ACCESS LinkShareAccess,
                                           ULONG IoShareAccessFlags);

/* ---- the stack of the current thread; any IRQL ---- */

NTKERNELAPI PVOID IoGetInitialStack(VOID);
NTKERNELAPI VOID IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit);
FORCEINLINE ULONG_PTR IoGetRemainingStackSize(VOID) {
    ULONG_PTR top, bottom;
    IoGetStackLimits(&bottom, &top);
    return (ULONG_PTR)&top - bottom;
}
NTKERNELAPI ULONG IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize);

/* ---- hard errors ---- */

NTKERNELAPI VOID IoRaiseHardError(PIRP Irp, PVPB Vpb, PDEVICE_OBJECT RealDeviceObject);
NTKERNELAPI BOOLEAN IoRaiseInformationalHardError(NTSTATUS ErrorStatus, PUNICODE_STRING String,
                                                  PKTHREAD Thread);
NTKERNELAPI VOID IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors);
/* Statuses that a user caused by taking a medium away and may set right. */
#define IoIsErrorUserInduced(Status)                                                               \
    ((BOOLEAN)(((Status) == STATUS_DEVICE_NOT_READY) || ((Status) == STATUS_IO_TIMEOUT) ||         \
               ((Status) == STATUS_MEDIA_WRITE_PROTECTED) ||                                       \
               ((Status) == STATUS_NO_MEDIA_IN_DEVICE) || ((Status) == STATUS_VERIFY_REQUIRED) ||  \
               ((Status) == STATUS_UNRECOGNIZED_MEDIA) || ((Status) == STATUS_WRONG_VOLUME)))

/* ---- sessions ---- */

typedef enum _IO_CONTAINER_INFORMATION_CLASS {
    IoSessionStateInformation,
    IoMaxContainerInformationClass
} IO_CONTAINER_INFORMATION_CLASS;
typedef enum _IO_SESSION_STATE {
    IoSessionStateCreated = 1,
    IoSessionStateInitialized,
    IoSessionStateConnected,
    IoSessionStateDisconnected,
    IoSessionStateDisconnectedLoggedOn,
    IoSessionStateLoggedOn,
    IoSessionStateLoggedOff,
    IoSessionStateTerminated,
    IoSessionStateMax
} IO_SESSION_STATE,
    *PIO_SESSION_STATE;
typedef enum _IO_SESSION_EVENT {
    IoSessionEventIgnore,
    IoSessionEventCreated,
    IoSessionEventTerminated,
    IoSessionEventConnected,
    IoSessionEventDisconnected,
    IoSessionEventLogon,
    IoSessionEventLogoff,
    IoSessionEventMax
} IO_SESSION_EVENT,
    *PIO_SESSION_EVENT;
typedef enum _IO_CONTAINER_NOTIFICATION_CLASS {
    IoSessionStateNotification,
    IoMaxContainerNotificationClass
} IO_CONTAINER_NOTIFICATION_CLASS;
typedef struct _IO_SESSION_STATE_INFORMATION {
    ULONG SessionId;
    IO_SESSION_STATE SessionState;
    BOOLEAN LocalSession;
} IO_SESSION_STATE_INFORMATION, *PIO_SESSION_STATE_INFORMATION;
typedef struct _IO_SESSION_CONNECT_INFO {
    ULONG SessionId;
    BOOLEAN LocalSession;
} IO_SESSION_CONNECT_INFO, *PIO_SESSION_CONNECT_INFO;
typedef struct _IO_SESSION_STATE_NOTIFICATION {
    ULONG Size;
    ULONG Flags;
    PVOID IoObject;
    ULONG EventMask;
    PVOID Context;
} IO_SESSION_STATE_NOTIFICATION, *PIO_SESSION_STATE_NOTIFICATION;
typedef NTSTATUS IO_CONTAINER_NOTIFICATION_FUNCTION(VOID);
typedef IO_CONTAINER_NOTIFICATION_FUNCTION *PIO_CONTAINER_NOTIFICATION_FUNCTION;
typedef NTSTATUS IO_SESSION_NOTIFICATION_FUNCTION(PVOID SessionObject, PVOID IoObject, ULONG Event,
                                                  PVOID Context, PVOID NotificationPayload,
                                                  ULONG PayloadLength);
typedef IO_SESSION_NOTIFICATION_FUNCTION *PIO_SESSION_NOTIFICATION_FUNCTION;
NTKERNELAPI NTSTATUS IoGetContainerInformation(IO_CONTAINER_INFORMATION_CLASS InformationClass,
                                               PVOID ContainerObject, PVOID Buffer,
                                               ULONG BufferLength);
NTKERNELAPI NTSTATUS IoRegisterContainerNotification(
    IO_CONTAINER_NOTIFICATION_CLASS NotificationClass,
    PIO_CONTAINER_NOTIFICATION_FUNCTION CallbackFunction, PVOID NotificationInformation,
    ULONG NotificationInformationLength, PVOID CallbackRegistration);
NTKERNELAPI VOID IoUnregisterContainerNotification(PVOID CallbackRegistration);

/* ---- activity ids of event tracing ---- */

NTKERNELAPI LPCGUID IoGetActivityIdThread(VOID);
NTKERNELAPI LPCGUID IoSetActivityIdThread(LPCGUID ActivityId);
NTKERNELAPI VOID IoClearActivityIdThread(LPCGUID OriginalId);
NTKERNELAPI NTSTATUS IoPropagateActivityIdToThread(PIRP Irp, LPGUID PropagatedId,
                                                   LPCGUID *OriginalId);
NTKERNELAPI NTSTATUS IoGetActivityIdIrp(PIRP Irp, LPGUID Guid);
NTKERNELAPI NTSTATUS IoSetActivityIdIrp(PIRP Irp, LPCGUID Guid);
NTKERNELAPI VOID IoTransferActivityId(LPCGUID ActivityId, LPCGUID RelatedActivityId);

/* ---- memory that outlives a kernel soft restart ---- */

typedef BOOLEAN IO_PERSISTED_MEMORY_ENUMERATION_CALLBACK(PDRIVER_OBJECT DriverObject,
                                                         PDEVICE_OBJECT PhysicalDeviceObject,
                                                         PUNICODE_STRING PhysicalDeviceId,
                                                         PUSHORT DataTag, PULONG DataVersion,
                                                         PVOID Buffer, SIZE_T Size,
                                                         PVOID CallbackContext);
typedef IO_PERSISTED_MEMORY_ENUMERATION_CALLBACK *PIO_PERSISTED_MEMORY_ENUMERATION_CALLBACK;
NTKERNELAPI NTSTATUS IoReserveKsrPersistentMemory(PDRIVER_OBJECT DriverObject,
                                                  PDEVICE_OBJECT PhysicalDeviceObject, SIZE_T Size,
                                                  ULONG Flags, PVOID *DataHandle);
NTKERNELAPI NTSTATUS IoReserveKsrPersistentMemoryEx(PDRIVER_OBJECT DriverObject,
                                                    PDEVICE_OBJECT PhysicalDeviceObject,
                                                    PUNICODE_STRING PhysicalDeviceId,
                                                    PUSHORT DataTag, ULONG DataVersion, SIZE_T Size,
                                                    ULONG Flags, PVOID *DataHandle);
NTKERNELAPI NTSTATUS IoWriteKsrPersistentMemory(PVOID DataHandle, PVOID Buffer, SIZE_T Size);
NTKERNELAPI NTSTATUS IoFreeKsrPersistentMemory(PVOID DataHandle);
NTKERNELAPI NTSTATUS IoQueryKsrPersistentMemorySize(PDRIVER_OBJECT DriverObject,
                                                    PDEVICE_OBJECT PhysicalDeviceObject,
                                                    PSIZE_T BufferSize);
NTKERNELAPI NTSTATUS IoQueryKsrPersistentMemorySizeEx(PDRIVER_OBJECT DriverObject,
                                                      PDEVICE_OBJECT PhysicalDeviceObject,
                                                      PUNICODE_STRING PhysicalDeviceId,
                                                      PUSHORT DataTag, PULONG DataVersion,
                                                      PSIZE_T BufferSize);
NTKERNELAPI NTSTATUS IoAcquireKsrPersistentMemory(PDRIVER_OBJECT DriverObject,
                                                  PDEVICE_OBJECT PhysicalDeviceObject, PVOID Buffer,
                                                  PSIZE_T Size);
NTKERNELAPI NTSTATUS IoAcquireKsrPersistentMemoryEx(PDRIVER_OBJECT DriverObject,
                                                    PDEVICE_OBJECT PhysicalDeviceObject,
                                                    PUNICODE_STRING PhysicalDeviceId,
                                                    PUSHORT DataTag, PULONG DataVersion,
                                                    PVOID Buffer, PSIZE_T Size);
NTKERNELAPI NTSTATUS IoEnumerateKsrPersistentMemoryEx(
    PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject,
    PUNICODE_STRING PhysicalDeviceId, PIO_PERSISTED_MEMORY_ENUMERATION_CALLBACK Callback,
    PVOID CallbackContext);

/* ---- boot disks ---- */

typedef struct _BOOTDISK_INFORMATION {
    LONGLONG BootPartitionOffset;
    LONGLONG SystemPartitionOffset;
    ULONG BootDeviceSignature;
    ULONG SystemDeviceSignature;
} BOOTDISK_INFORMATION, *PBOOTDISK_INFORMATION;
typedef struct _BOOTDISK_INFORMATION_EX {
    LONGLONG BootPartitionOffset;
    LONGLONG SystemPartitionOffset;
    ULONG BootDeviceSignature;
    ULONG SystemDeviceSignature;
    GUID BootDeviceGuid;
    GUID SystemDeviceGuid;
    BOOLEAN BootDeviceIsGpt;
    BOOLEAN SystemDeviceIsGpt;
} BOOTDISK_INFORMATION_EX, *PBOOTDISK_INFORMATION_EX;
NTKERNELAPI NTSTATUS IoGetBootDiskInformation(PBOOTDISK_INFORMATION BootDiskInformation,
                                              ULONG Size);

/* ---- controllers: one IRP at a time over several devices ---- */

typedef struct _CONTROLLER_OBJECT {
    CSHORT Type;
    CSHORT Size;
    PVOID ControllerExtension;
    KDEVICE_QUEUE DeviceWaitQueue;
    ULONG Spare1;
    LARGE_INTEGER Spare2;
} CONTROLLER_OBJECT, *PCONTROLLER_OBJECT;
NTKERNELAPI PCONTROLLER_OBJECT IoCreateController(ULONG Size);
NTKERNELAPI VOID IoDeleteController(PCONTROLLER_OBJECT ControllerObject);
NTKERNELAPI VOID IoAllocateController(PCONTROLLER_OBJECT ControllerObject,
                                      PDEVICE_OBJECT DeviceObject, PDRIVER_CONTROL ExecutionRoutine,
                                      PVOID Context);
NTKERNELAPI VOID IoFreeController(PCONTROLLER_OBJECT ControllerObject);

typedef struct _CONFIGURATION_INFORMATION {
    ULONG DiskCount;
    ULONG FloppyCount;
    ULONG CdRomCount;
    ULONG TapeCount;
    ULONG ScsiPortCount;
    ULONG SerialCount;
    ULONG ParallelCount;
    BOOLEAN AtDiskPrimaryAddressClaimed;
    BOOLEAN AtDiskSecondaryAddressClaimed;
    ULONG Version;
    ULONG MediumChangerCount;
} CONFIGURATION_INFORMATION, *PCONFIGURATION_INFORMATION;
NTKERNELAPI PCONFIGURATION_INFORMATION IoGetConfigurationInformation(VOID);

EXTERN_C_END

#include "io_fast.h"

#endif
