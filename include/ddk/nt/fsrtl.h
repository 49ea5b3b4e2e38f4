/*
 * The file system run-time library: the headers that stream contexts of file systems begin with,
 * contexts that filters hang on streams, files and file objects, and helpers of every file system.
 * Its other parts are fsrtl_*.h. (ifs/the-fcb-structure, ntifs/ns-ntifs-_fsrtl_advanced_fcb_header)
 */
#ifndef WDMSIM_NT_FSRTL_H
#define WDMSIM_NT_FSRTL_H

#include "ex.h"
#include "ex_lists.h"
#include "io.h"
#include "ke_sync.h"
#include "mm.h"

EXTERN_C_START

/* ---- bits, as the guides' examples test and change them (ifs/executable-images) ---- */

#define FlagOn(Flags, Mask) ((Flags) & (Mask))
#define BooleanFlagOn(Flags, Mask) ((BOOLEAN)(((Flags) & (Mask)) != 0))
#define SetFlag(Flags, Mask) ((Flags) |= (Mask))
#define ClearFlag(Flags, Mask) ((Flags) &= ~(Mask))
#define NOTHING

typedef PVOID OPLOCK, *POPLOCK;
typedef PVOID PNOTIFY_SYNC;

/* ---- the header of a stream's context ---- */

#define FSRTL_FCB_HEADER_V0 0
#define FSRTL_FCB_HEADER_V1 1
#define FSRTL_FLAG_FILE_MODIFIED 0x00000001
#define FSRTL_FLAG_FILE_LENGTH_CHANGED 0x00000002
#define FSRTL_FLAG_LIMIT_MODIFIED_PAGES 0x00000004
#define FSRTL_FLAG_ACQUIRE_MAIN_RSRC_EX 0x00000008
#define FSRTL_FLAG_ACQUIRE_MAIN_RSRC_SH 0x00000010
#define FSRTL_FLAG_USER_MAPPED_FILE 0x00000020
#define FSRTL_FLAG_ADVANCED_HEADER 0x00000040
#define FSRTL_FLAG_EOF_ADVANCE_ACTIVE 0x00000080
#define FSRTL_FLAG2_DO_MODIFIED_WRITE 0x00000001
#define FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS 0x00000002
#define FSRTL_FLAG2_PURGE_WHEN_MAPPED 0x00000004
#define FSRTL_FLAG2_IS_PAGING_FILE 0x00000008
typedef enum _FAST_IO_POSSIBLE {
    FastIoIsNotPossible = 0,
    FastIoIsPossible = 1,
    FastIoIsQuestionable = 2
} FAST_IO_POSSIBLE;

/* Both headers begin with the same fields; a stream's advanced header is used as its common one. */
#define WDMSIM_COMMON_FCB_HEADER                                                                   \
    CSHORT NodeTypeCode;                                                                           \
    CSHORT NodeByteSize;                                                                           \
    UCHAR Flags;                                                                                   \
    UCHAR IsFastIoPossible;                                                                        \
    UCHAR Flags2;                                                                                  \
    UCHAR Reserved : 4;                                                                            \
    UCHAR Version : 4;                                                                             \
    PERESOURCE Resource;                                                                           \
    PERESOURCE PagingIoResource;                                                                   \
    LARGE_INTEGER AllocationSize;                                                                  \
    LARGE_INTEGER FileSize;                                                                        \
    LARGE_INTEGER ValidDataLength
typedef struct _FSRTL_COMMON_FCB_HEADER {
    WDMSIM_COMMON_FCB_HEADER;
} FSRTL_COMMON_FCB_HEADER, *PFSRTL_COMMON_FCB_HEADER;
typedef struct _FSRTL_ADVANCED_FCB_HEADER {
    WDMSIM_COMMON_FCB_HEADER;
    PFAST_MUTEX FastMutex;
    LIST_ENTRY FilterContexts;
    EX_PUSH_LOCK PushLock;
    PVOID *FileContextSupportPointer;
    union {
        OPLOCK Oplock;
        PVOID ReservedForRemote;
    };
} FSRTL_ADVANCED_FCB_HEADER, *PFSRTL_ADVANCED_FCB_HEADER;

/*
 * Prepare an advanced header whose fields the file system has zeroed. FMutex may be NULL: the file
 * system then sets FastMutex itself. The version given is the newest whose number the pages print;
 * it covers PushLock and FileContextSupportPointer. (ntifs/nf-ntifs-fsrtlsetupadvancedheaderex)
 */
#define FsRtlSetupAdvancedHeader(AdvHdr, FMutex) FsRtlSetupAdvancedHeaderEx(AdvHdr, FMutex, NULL)
#define FsRtlSetupAdvancedHeaderEx(AdvHdr, FMutex, FileContext)                                    \
    wdmsim_setup_advanced_header((PFSRTL_ADVANCED_FCB_HEADER)(AdvHdr), FMutex, FileContext)
FORCEINLINE VOID wdmsim_setup_advanced_header(PFSRTL_ADVANCED_FCB_HEADER Header,
                                              PFAST_MUTEX FastMutex, PVOID *FileContext) {
    Header->Flags |= FSRTL_FLAG_ADVANCED_HEADER;
    Header->Flags2 |= FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS;
    Header->Version = FSRTL_FCB_HEADER_V1;
    InitializeListHead(&Header->FilterContexts);
    Header->PushLock = 0;
    Header->FileContextSupportPointer = FileContext;
    if (FastMutex != NULL)
        Header->FastMutex = FastMutex;
}

/* ---- contexts of filters ---- */

typedef struct _FSRTL_PER_STREAM_CONTEXT {
    LIST_ENTRY Links;
    PVOID OwnerId;
    PVOID InstanceId;
    PFREE_FUNCTION FreeCallback;
} FSRTL_PER_STREAM_CONTEXT, *PFSRTL_PER_STREAM_CONTEXT;
typedef struct _FSRTL_PER_FILE_CONTEXT {
    LIST_ENTRY Links;
    PVOID OwnerId;
    PVOID InstanceId;
    PFREE_FUNCTION FreeCallback;
} FSRTL_PER_FILE_CONTEXT, *PFSRTL_PER_FILE_CONTEXT;
typedef struct _FSRTL_PER_FILEOBJECT_CONTEXT {
    LIST_ENTRY Links;
    PVOID OwnerId;
    PVOID InstanceId;
} FSRTL_PER_FILEOBJECT_CONTEXT, *PFSRTL_PER_FILEOBJECT_CONTEXT;

#define FsRtlGetPerStreamContextPointer(FO) ((PFSRTL_ADVANCED_FCB_HEADER)(FO)->FsContext)
#define FsRtlSupportsPerStreamContexts(FO)                                                         \
    ((BOOLEAN)(FsRtlGetPerStreamContextPointer(FO) != NULL &&                                      \
               (FsRtlGetPerStreamContextPointer(FO)->Flags2 &                                      \
                FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS) != 0))
#define FsRtlSupportsPerFileContexts(FO)                                                           \
    ((BOOLEAN)(FsRtlGetPerStreamContextPointer(FO) != NULL &&                                      \
               FsRtlGetPerStreamContextPointer(FO)->Version >= FSRTL_FCB_HEADER_V1 &&              \
               FsRtlGetPerStreamContextPointer(FO)->FileContextSupportPointer != NULL))
#define FsRtlInitPerStreamContext(Context, Owner, Instance, Free)                                  \
    ((Context)->OwnerId = (Owner), (Context)->InstanceId = (Instance),                             \
     (Context)->FreeCallback = (Free))
NTKERNELAPI PFSRTL_PER_STREAM_CONTEXT FsRtlLookupPerStreamContextInternal(
    PFSRTL_ADVANCED_FCB_HEADER StreamContext, PVOID OwnerId, PVOID InstanceId);
#define FsRtlLookupPerStreamContext(Stream, Owner, Instance)                                       \
    (IsListEmpty(&(Stream)->FilterContexts)                                                        \
         ? NULL                                                                                    \
         : FsRtlLookupPerStreamContextInternal(Stream, Owner, Instance))
NTKERNELAPI NTSTATUS FsRtlInsertPerStreamContext(PFSRTL_ADVANCED_FCB_HEADER StreamContext,
                                                 PFSRTL_PER_STREAM_CONTEXT Ptr);
NTKERNELAPI PFSRTL_PER_STREAM_CONTEXT FsRtlRemovePerStreamContext(
    PFSRTL_ADVANCED_FCB_HEADER StreamContext, PVOID OwnerId, PVOID InstanceId);
NTKERNELAPI VOID FsRtlTeardownPerStreamContexts(PFSRTL_ADVANCED_FCB_HEADER AdvancedHeader);
NTKERNELAPI NTSTATUS FsRtlInsertPerFileContext(PVOID *PerFileContextPointer,
                                               PFSRTL_PER_FILE_CONTEXT Ptr);
NTKERNELAPI PFSRTL_PER_FILE_CONTEXT FsRtlLookupPerFileContext(PVOID *PerFileContextPointer,
                                                              PVOID OwnerId, PVOID InstanceId);
NTKERNELAPI PFSRTL_PER_FILE_CONTEXT FsRtlRemovePerFileContext(PVOID *PerFileContextPointer,
                                                              PVOID OwnerId, PVOID InstanceId);
NTKERNELAPI VOID FsRtlTeardownPerFileContexts(PVOID *PerFileContextPointer);
NTKERNELAPI NTSTATUS FsRtlInsertPerFileObjectContext(PFILE_OBJECT FileObject,
                                                     PFSRTL_PER_FILEOBJECT_CONTEXT Ptr);
NTKERNELAPI PFSRTL_PER_FILEOBJECT_CONTEXT FsRtlLookupPerFileObjectContext(PFILE_OBJECT FileObject,
                                                                          PVOID OwnerId,
                                                                          PVOID InstanceId);
NTKERNELAPI PFSRTL_PER_FILEOBJECT_CONTEXT FsRtlRemovePerFileObjectContext(PFILE_OBJECT FileObject,
                                                                          PVOID OwnerId,
                                                                          PVOID InstanceId);

/* ---- what IoSetTopLevelIrp takes in place of an IRP ---- */

#define FSRTL_FSP_TOP_LEVEL_IRP ((LONG_PTR)0x01)
#define FSRTL_CACHE_TOP_LEVEL_IRP ((LONG_PTR)0x02)
#define FSRTL_MOD_WRITE_TOP_LEVEL_IRP ((LONG_PTR)0x03)
#define FSRTL_FAST_IO_TOP_LEVEL_IRP ((LONG_PTR)0x04)
#define FSRTL_NETWORK1_TOP_LEVEL_IRP ((LONG_PTR)0x05)
#define FSRTL_NETWORK2_TOP_LEVEL_IRP ((LONG_PTR)0x06)
#define FSRTL_MAX_TOP_LEVEL_IRP_FLAG ((LONG_PTR)0xFFFF)

/* ---- entering a file system, memory, statuses ---- */

#define FsRtlEnterFileSystem() KeEnterCriticalRegion()
#define FsRtlExitFileSystem() KeLeaveCriticalRegion()
#define FsRtlCompleteRequest(IRP, STATUS)                                                          \
    ((IRP)->IoStatus.Status = (STATUS), IoCompleteRequest((IRP), IO_DISK_INCREMENT))
typedef VOID (*PFSRTL_STACK_OVERFLOW_ROUTINE)(PVOID Context, PKEVENT Event);
NTKERNELAPI PVOID FsRtlAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag);
NTKERNELAPI PVOID FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag);
NTKERNELAPI VOID FsRtlPostPagingFileStackOverflow(
    PVOID Context, PKEVENT Event, PFSRTL_STACK_OVERFLOW_ROUTINE StackOverflowRoutine);
NTKERNELAPI VOID FsRtlPostStackOverflow(PVOID Context, PKEVENT Event,
                                        PFSRTL_STACK_OVERFLOW_ROUTINE StackOverflowRoutine);
NTKERNELAPI BOOLEAN FsRtlIsNtstatusExpected(NTSTATUS Exception);
NTKERNELAPI NTSTATUS FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException);
NTKERNELAPI NTSTATUS FsRtlCancellableWaitForMultipleObjects(ULONG Count, PVOID ObjectArray,
                                                            WAIT_TYPE WaitType,
                                                            PLARGE_INTEGER Timeout,
                                                            PKWAIT_BLOCK WaitBlockArray, PIRP Irp);
NTKERNELAPI NTSTATUS FsRtlCancellableWaitForSingleObject(PVOID Object, PLARGE_INTEGER Timeout,
                                                         PIRP Irp);

/* ---- files and volumes ---- */

NTKERNELAPI BOOLEAN FsRtlCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                  BOOLEAN Wait, ULONG LockKey, PVOID Buffer,
                                  PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN FsRtlCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                   BOOLEAN Wait, ULONG LockKey, PVOID Buffer,
                                   PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN FsRtlMdlReadDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                    ULONG Length, ULONG LockKey, PMDL *MdlChain,
                                    PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS FsRtlMdlReadEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                    ULONG Length, ULONG LockKey, PMDL *MdlChain,
                                    PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI BOOLEAN FsRtlMdlReadCompleteDev(PFILE_OBJECT FileObject, PMDL MdlChain,
                                            PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN FsRtlPrepareMdlWriteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                            ULONG Length, ULONG LockKey, PMDL *MdlChain,
                                            PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS FsRtlPrepareMdlWriteEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                            ULONG Length, ULONG LockKey, PMDL *MdlChain,
                                            PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI BOOLEAN FsRtlMdlWriteCompleteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                             PMDL MdlChain, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI VOID FsRtlIncrementCcFastMdlReadWait(VOID);
NTKERNELAPI VOID FsRtlIncrementCcFastReadNotPossible(VOID);
NTKERNELAPI VOID FsRtlIncrementCcFastReadNoWait(VOID);
NTKERNELAPI VOID FsRtlIncrementCcFastReadResourceMiss(VOID);
NTKERNELAPI VOID FsRtlIncrementCcFastReadWait(VOID);
typedef enum _FSRTL_CHANGE_BACKING_TYPE {
    ChangeDataControlArea = 0,
    ChangeImageControlArea = 1,
    ChangeSharedCacheMap = 2
} FSRTL_CHANGE_BACKING_TYPE,
    *PFSRTL_CHANGE_BACKING_TYPE;
NTKERNELAPI NTSTATUS FsRtlGetFileSize(PFILE_OBJECT FileObject, PLARGE_INTEGER FileSize);
NTKERNELAPI LOGICAL FsRtlIsPagingFile(PFILE_OBJECT FileObject);
NTKERNELAPI BOOLEAN FsRtlIsDaxVolume(PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS FsRtlQueryCachedVdl(PFILE_OBJECT FileObject, PLONGLONG Vdl);
NTKERNELAPI NTSTATUS FsRtlGetSectorSizeInformation(PDEVICE_OBJECT RealDevice,
                                                   PFILE_FS_SECTOR_SIZE_INFORMATION SectorSizeInfo);
NTKERNELAPI NTSTATUS FsRtlGetSupportedFeatures(PDEVICE_OBJECT DeviceObject,
                                               PULONG SupportedFeatures);
NTKERNELAPI NTSTATUS FsRtlBalanceReads(PDEVICE_OBJECT TargetDevice);
NTKERNELAPI BOOLEAN FsRtlAreVolumeStartupApplicationsComplete(VOID);
NTKERNELAPI NTSTATUS FsRtlChangeBackingFileObject(PFILE_OBJECT CurrentFileObject,
                                                  PFILE_OBJECT NewFileObject,
                                                  FSRTL_CHANGE_BACKING_TYPE ChangeBackingType,
                                                  ULONG Flags);
NTKERNELAPI NTSTATUS FsRtlCreateSectionForDataScan(
    PHANDLE SectionHandle, PVOID *SectionObject, PLARGE_INTEGER SectionFileSize,
    PFILE_OBJECT FileObject, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes,
    ULONG Flags);
NTKERNELAPI NTSTATUS FsRtlLogCcFlushError(PUNICODE_STRING FileName, PDEVICE_OBJECT DeviceObject,
                                          PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                          NTSTATUS FlushError, ULONG Flags);
NTKERNELAPI NTSTATUS FsRtlValidateReparsePointBuffer(ULONG BufferLength,
                                                     PREPARSE_DATA_BUFFER ReparseBuffer);
NTKERNELAPI NTSTATUS FsRtlIssueDeviceIoControl(PDEVICE_OBJECT DeviceObject, ULONG IoCtl,
                                               ULONG IrpFlags, PVOID InputBuffer,
                                               ULONG InputBufferLength, PVOID OutputBuffer,
                                               ULONG OutputBufferLength,
                                               PULONG_PTR IosbInformation);
NTKERNELAPI LOGICAL FsRtlIsSystemPagingFile(PFILE_OBJECT FileObject);
NTKERNELAPI NTSTATUS FsRtlKernelFsControlFile(PFILE_OBJECT FileObject, ULONG FsControlCode,
                                              PVOID InputBuffer, ULONG InputBufferLength,
                                              PVOID OutputBuffer, ULONG OutputBufferLength,
                                              PULONG RetOutputBufferSize);
NTKERNELAPI NTSTATUS FsRtlQueryInformationFile(PFILE_OBJECT FileObject, PVOID FileInformation,
                                               ULONG Length,
                                               FILE_INFORMATION_CLASS FileInformationClass,
                                               PULONG RetFileInformationSize);
NTKERNELAPI NTSTATUS FsRtlQueryKernelEaFile(PFILE_OBJECT FileObject, PVOID ReturnedEaData,
                                            ULONG Length, BOOLEAN ReturnSingleEntry, PVOID EaList,
                                            ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan,
                                            PULONG LengthReturned);
NTKERNELAPI NTSTATUS FsRtlSetKernelEaFile(PFILE_OBJECT FileObject, PVOID EaBuffer, ULONG Length);

/* ---- redirectors ---- */

#define FSRTL_UNC_PROVIDER_FLAGS_MAILSLOTS_SUPPORTED 0x00000001
#define FSRTL_UNC_PROVIDER_FLAGS_CSC_ENABLED 0x00000002
#define FSRTL_UNC_PROVIDER_FLAGS_DOMAIN_SVC_AWARE 0x00000004
typedef struct _FSRTL_MUP_PROVIDER_INFO_LEVEL_1 {
    ULONG32 ProviderId;
} FSRTL_MUP_PROVIDER_INFO_LEVEL_1, *PFSRTL_MUP_PROVIDER_INFO_LEVEL_1;
typedef struct _FSRTL_MUP_PROVIDER_INFO_LEVEL_2 {
    ULONG32 ProviderId;
    UNICODE_STRING ProviderName;
} FSRTL_MUP_PROVIDER_INFO_LEVEL_2, *PFSRTL_MUP_PROVIDER_INFO_LEVEL_2;
NTKERNELAPI NTSTATUS FsRtlRegisterUncProvider(PHANDLE MupHandle, PUNICODE_STRING RedirDevName,
                                              BOOLEAN MailslotsSupported);
NTKERNELAPI NTSTATUS FsRtlRegisterUncProviderEx(PHANDLE MupHandle, PUNICODE_STRING RedirDevName,
                                                PDEVICE_OBJECT DeviceObject, ULONG Flags);
NTKERNELAPI VOID FsRtlDeregisterUncProvider(HANDLE Handle);
NTKERNELAPI NTSTATUS FsRtlMupGetProviderIdFromName(PUNICODE_STRING pProviderName,
                                                   PULONG32 pProviderId);
NTKERNELAPI NTSTATUS FsRtlMupGetProviderInfoFromFileObject(PFILE_OBJECT pFileObject, ULONG Level,
                                                           PVOID pBuffer, PULONG pBufferSize);

EXTERN_C_END

#endif
