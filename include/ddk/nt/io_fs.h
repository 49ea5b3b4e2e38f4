/*
 * I/O and memory routines that ntifs.h adds for file systems. PASSIVE_LEVEL unless noted.
 */
#ifndef WDMSIM_NT_IO_FS_H
#define WDMSIM_NT_IO_FS_H

#include "io.h"
#include "ob.h"
#include "se_fs.h"
#include "zw_fs.h"

EXTERN_C_START

typedef struct _FILE_QUOTA_INFORMATION {
    ULONG NextEntryOffset;
    ULONG SidLength;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER QuotaUsed;
    LARGE_INTEGER QuotaThreshold;
    LARGE_INTEGER QuotaLimit;
    SID Sid;
} FILE_QUOTA_INFORMATION, *PFILE_QUOTA_INFORMATION;
typedef struct _FILE_GET_QUOTA_INFORMATION {
    ULONG NextEntryOffset;
    ULONG SidLength;
    SID Sid;
} FILE_GET_QUOTA_INFORMATION, *PFILE_GET_QUOTA_INFORMATION;
#define IO_REPARSE_TAG_MOUNT_POINT (0xA0000003)
#define IO_REPARSE_TAG_HSM (0xC0000004)
#define IO_REPARSE_TAG_HSM2 (0x80000006)
#define IO_REPARSE_TAG_SIS (0x80000007)
#define IO_REPARSE_TAG_DFS (0x8000000A)
#define IO_REPARSE_TAG_FILTER_MANAGER (0x8000000B)
#define IO_REPARSE_TAG_SYMLINK (0xA000000C)
#define IO_REPARSE_TAG_DFSR (0x80000012)
#define REPARSE_DATA_BUFFER_HEADER_SIZE 8
#define MAXIMUM_REPARSE_DATA_BUFFER_SIZE (16 * 1024)
typedef struct _REPARSE_DATA_BUFFER {
    ULONG ReparseTag;
    USHORT ReparseDataLength;
    USHORT Reserved;
    union {
        struct {
            USHORT SubstituteNameOffset;
            USHORT SubstituteNameLength;
            USHORT PrintNameOffset;
            USHORT PrintNameLength;
            ULONG Flags;
            WCHAR PathBuffer[1];
        } SymbolicLinkReparseBuffer;
        struct {
            USHORT SubstituteNameOffset;
            USHORT SubstituteNameLength;
            USHORT PrintNameOffset;
            USHORT PrintNameLength;
            WCHAR PathBuffer[1];
        } MountPointReparseBuffer;
        struct {
            UCHAR DataBuffer[1];
        } GenericReparseBuffer;
    };
} REPARSE_DATA_BUFFER, *PREPARSE_DATA_BUFFER;
typedef struct _READ_LIST {
    PFILE_OBJECT FileObject;
    ULONG NumberOfEntries;
    LOGICAL IsImage;
    FILE_SEGMENT_ELEMENT List[ANYSIZE_ARRAY];
} READ_LIST, *PREAD_LIST;
typedef VOID DRIVER_FS_NOTIFICATION(PDEVICE_OBJECT DeviceObject, BOOLEAN FsActive);
typedef DRIVER_FS_NOTIFICATION *PDRIVER_FS_NOTIFICATION;
typedef struct _IO_CREATE_STREAM_FILE_OPTIONS {
    USHORT Size;
    USHORT Flags;
    PDEVICE_OBJECT TargetDeviceObject;
} IO_CREATE_STREAM_FILE_OPTIONS, *PIO_CREATE_STREAM_FILE_OPTIONS;
#define IO_CREATE_STREAM_FILE_RAISE_ON_ERROR 0x00000001
#define IO_CREATE_STREAM_FILE_LITE 0x00000002
#define IRP_MN_FLUSH_DATA_ONLY 0x02
#define IRP_MN_FLUSH_NO_SYNC 0x03
#define IRP_MN_FLUSH_DATA_SYNC_ONLY 0x04
#define FLUSH_FLAGS_FILE_DATA_ONLY 0x00000001
#define FLUSH_FLAGS_NO_SYNC 0x00000002
#define FLUSH_FLAGS_FILE_DATA_SYNC_ONLY 0x00000004
#define SL_RETURN_ON_DISK_ENTRIES_ONLY 0x08
#define SL_NO_CURSOR_UPDATE_QUERY 0x10
typedef enum _MMFLUSH_TYPE { MmFlushForDelete, MmFlushForWrite } MMFLUSH_TYPE;
typedef struct _IO_PRIORITY_INFO {
    ULONG Size;
    ULONG ThreadPriority;
    ULONG PagePriority;
    IO_PRIORITY_HINT IoPriority;
} IO_PRIORITY_INFO, *PIO_PRIORITY_INFO;
FORCEINLINE VOID IoInitializePriorityInfo(PIO_PRIORITY_INFO PriorityInfo) {
    PriorityInfo->Size = sizeof(*PriorityInfo);
    PriorityInfo->ThreadPriority = 0xffff;
    PriorityInfo->IoPriority = IoPriorityNormal;
    PriorityInfo->PagePriority = 0;
}
#define IoIsFileOpenedExclusively(FileObject)                                                      \
    ((BOOLEAN) !((FileObject)->SharedRead || (FileObject)->SharedWrite ||                          \
                 (FileObject)->SharedDelete))

NTKERNELAPI NTSTATUS IoCheckDesiredAccess(PACCESS_MASK DesiredAccess, ACCESS_MASK GrantedAccess);
NTKERNELAPI NTSTATUS IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength,
                                             PULONG ErrorOffset);
NTKERNELAPI NTSTATUS IoCheckFunctionAccess(ACCESS_MASK GrantedAccess, UCHAR MajorFunction,
                                           UCHAR MinorFunction, ULONG IoControlCode, PVOID Arg1,
                                           PVOID Arg2);
NTKERNELAPI NTSTATUS IoCheckQuerySetFileInformation(FILE_INFORMATION_CLASS FileInformationClass,
                                                    ULONG Length, BOOLEAN SetOperation);
NTKERNELAPI NTSTATUS IoCheckQuerySetVolumeInformation(FS_INFORMATION_CLASS FsInformationClass,
                                                      ULONG Length, BOOLEAN SetOperation);
NTKERNELAPI NTSTATUS IoCheckQuotaBufferValidity(struct _FILE_QUOTA_INFORMATION *QuotaBuffer,
                                                ULONG QuotaLength, PULONG ErrorOffset);
NTKERNELAPI BOOLEAN IoCheckFileObjectOpenedAsCopySource(PFILE_OBJECT FileObject);
NTKERNELAPI BOOLEAN IoCheckFileObjectOpenedAsCopyDestination(PFILE_OBJECT FileObject);
NTKERNELAPI PFILE_OBJECT IoCreateStreamFileObject(PFILE_OBJECT FileObject,
                                                  PDEVICE_OBJECT DeviceObject);
NTKERNELAPI PFILE_OBJECT IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject,
                                                    PDEVICE_OBJECT DeviceObject,
                                                    PHANDLE FileObjectHandle);
NTKERNELAPI NTSTATUS IoCreateStreamFileObjectEx2(PIO_CREATE_STREAM_FILE_OPTIONS CreateOptions,
                                                 PFILE_OBJECT FileObject,
                                                 PDEVICE_OBJECT DeviceObject,
                                                 PFILE_OBJECT *StreamFileObject,
                                                 PHANDLE FileHandle);
NTKERNELAPI PFILE_OBJECT IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject,
                                                      PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN IoFastQueryNetworkAttributes(POBJECT_ATTRIBUTES ObjectAttributes,
                                                 ACCESS_MASK DesiredAccess, ULONG OpenOptions,
                                                 PIO_STATUS_BLOCK IoStatus,
                                                 PFILE_NETWORK_OPEN_INFORMATION Buffer);
NTKERNELAPI NTSTATUS IoEnumerateRegisteredFiltersList(PDRIVER_OBJECT *DriverObjectList,
                                                      ULONG DriverObjectListSize,
                                                      PULONG ActualNumberDriverObjects);
NTKERNELAPI BOOLEAN IoIsValidNameGraftingBuffer(PIRP Irp,
                                                struct _REPARSE_DATA_BUFFER *ReparseBuffer);
NTKERNELAPI NTSTATUS IoPageRead(PFILE_OBJECT FileObject, PMDL MemoryDescriptorList,
                                PLARGE_INTEGER StartingOffset, PKEVENT Event,
                                PIO_STATUS_BLOCK IoStatusBlock);
NTKERNELAPI NTSTATUS IoSynchronousPageWrite(PFILE_OBJECT FileObject, PMDL MemoryDescriptorList,
                                            PLARGE_INTEGER StartingOffset, PKEVENT Event,
                                            PIO_STATUS_BLOCK IoStatusBlock);
NTKERNELAPI NTSTATUS IoQueryFileDosDeviceName(PFILE_OBJECT FileObject,
                                              POBJECT_NAME_INFORMATION *ObjectNameInformation);
NTKERNELAPI NTSTATUS IoQueryFileInformation(PFILE_OBJECT FileObject,
                                            FILE_INFORMATION_CLASS FileInformationClass,
                                            ULONG Length, PVOID FileInformation,
                                            PULONG ReturnedLength);
NTKERNELAPI NTSTATUS IoQueryVolumeInformation(PFILE_OBJECT FileObject,
                                              FS_INFORMATION_CLASS FsInformationClass, ULONG Length,
                                              PVOID FsInformation, PULONG ReturnedLength);
NTKERNELAPI NTSTATUS IoSetInformation(PFILE_OBJECT FileObject,
                                      FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                      PVOID FileInformation);
NTKERNELAPI NTSTATUS IoReplaceFileObjectName(PFILE_OBJECT FileObject, PWSTR NewFileName,
                                             USHORT FileNameLength);
NTKERNELAPI VOID IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject);
NTKERNELAPI VOID IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS IoRegisterFsRegistrationChange(
    PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine);
NTKERNELAPI NTSTATUS IoRegisterFsRegistrationChangeEx(
    PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine);
NTKERNELAPI NTSTATUS IoRegisterFsRegistrationChangeMountAware(
    PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine,
    BOOLEAN SynchronizeWithMounts);
NTKERNELAPI VOID IoUnregisterFsRegistrationChange(
    PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine);
NTKERNELAPI VOID IoAcquireVpbSpinLock(PKIRQL Irql);
NTKERNELAPI VOID IoReleaseVpbSpinLock(KIRQL Irql);
NTKERNELAPI PDEVICE_OBJECT IoGetDeviceToVerify(PETHREAD Thread);
NTKERNELAPI VOID IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount);

/* ---- memory manager ---- */

NTKERNELAPI BOOLEAN MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer,
                                         PLARGE_INTEGER NewFileSize);
NTKERNELAPI ULONG MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer);
NTKERNELAPI BOOLEAN MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                        MMFLUSH_TYPE FlushType);
NTKERNELAPI BOOLEAN MmForceSectionClosed(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                         BOOLEAN DelayClose);
NTKERNELAPI BOOLEAN MmForceSectionClosedEx(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                           ULONG ForceCloseFlags);
NTKERNELAPI ULONGLONG MmGetMaximumFileSectionSize(VOID);
NTKERNELAPI LOGICAL MmIsRecursiveIoFault(VOID);
NTKERNELAPI NTSTATUS MmPrefetchPages(ULONG NumberOfLists, struct _READ_LIST **ReadLists);
NTKERNELAPI BOOLEAN MmSetAddressRangeModified(PVOID Address, SIZE_T Length);

EXTERN_C_END

#endif
