/*
 * The cache manager, as file systems call it. A failed call raises its status: guard the calls.
 * <= APC_LEVEL. (ntifs/nf-ntifs-ccinitializecachemap and its neighbours)
 */
#ifndef WDMSIM_NT_CC_H
#define WDMSIM_NT_CC_H

#include "ex.h"
#include "io_file.h"
#include "mm.h"

EXTERN_C_START

/* A file is cached through views of this size. */
#define VACB_MAPPING_GRANULARITY 0x00040000
#define VACB_OFFSET_SHIFT 0x00000012

/* ---- how data is pinned, mapped, purged and flushed ---- */

#define PIN_WAIT 1
#define PIN_EXCLUSIVE 2
#define PIN_NO_READ 4
#define PIN_IF_BCB 8
#define PIN_CALLER_TRACKS_DIRTY_DATA 0x00000020
#define PIN_HIGH_PRIORITY 0x00000040
#define MAP_WAIT 1
#define MAP_NO_READ 0x00000010
#define MAP_HIGH_PRIORITY 0x00000040
#define UNINITIALIZE_CACHE_MAPS 1
#define DO_NOT_RETRY_PURGE 2
#define DO_NOT_PURGE_DIRTY_PAGES 4
#define CC_FLUSH_AND_PURGE_NO_PURGE 1

typedef struct _CC_FILE_SIZES {
    LARGE_INTEGER AllocationSize;
    LARGE_INTEGER FileSize;
    LARGE_INTEGER ValidDataLength;
} CC_FILE_SIZES, *PCC_FILE_SIZES;

/* The public part of a buffer control block: which bytes of the file the pinned memory holds. */
typedef struct _PUBLIC_BCB {
    CSHORT NodeTypeCode;
    CSHORT NodeByteSize;
    ULONG MappedLength;
    LARGE_INTEGER MappedFileOffset;
} PUBLIC_BCB, *PPUBLIC_BCB;

typedef struct _CACHE_UNINITIALIZE_EVENT {
    struct _CACHE_UNINITIALIZE_EVENT *Next;
    KEVENT Event;
} CACHE_UNINITIALIZE_EVENT, *PCACHE_UNINITIALIZE_EVENT;

/* ---- what the cache manager calls back ---- */

typedef BOOLEAN (*PACQUIRE_FOR_LAZY_WRITE)(PVOID Context, BOOLEAN Wait);
typedef VOID (*PRELEASE_FROM_LAZY_WRITE)(PVOID Context);
typedef BOOLEAN (*PACQUIRE_FOR_READ_AHEAD)(PVOID Context, BOOLEAN Wait);
typedef VOID (*PRELEASE_FROM_READ_AHEAD)(PVOID Context);
typedef struct _CACHE_MANAGER_CALLBACKS {
    PACQUIRE_FOR_LAZY_WRITE AcquireForLazyWrite;
    PRELEASE_FROM_LAZY_WRITE ReleaseFromLazyWrite;
    PACQUIRE_FOR_READ_AHEAD AcquireForReadAhead;
    PRELEASE_FROM_READ_AHEAD ReleaseFromReadAhead;
} CACHE_MANAGER_CALLBACKS, *PCACHE_MANAGER_CALLBACKS;
typedef VOID (*PDIRTY_PAGE_ROUTINE)(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                    ULONG Length, PLARGE_INTEGER OldestLsn,
                                    PLARGE_INTEGER NewestLsn, PVOID Context1, PVOID Context2);
typedef VOID (*PFLUSH_TO_LSN)(PVOID LogHandle, LARGE_INTEGER Lsn);
typedef VOID (*PCC_POST_DEFERRED_WRITE)(PVOID Context1, PVOID Context2);

/* ---- routines ---- */

NTKERNELAPI BOOLEAN CcCanIWrite(PFILE_OBJECT FileObject, ULONG BytesToWrite, BOOLEAN Wait,
                                UCHAR Retrying);
NTKERNELAPI VOID CcCoherencyFlushAndPurgeCache(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                               PLARGE_INTEGER FileOffset, ULONG Length,
                                               PIO_STATUS_BLOCK IoStatus, ULONG Flags);
NTKERNELAPI BOOLEAN CcCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                               BOOLEAN Wait, PVOID Buffer, PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI BOOLEAN CcCopyReadEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                 BOOLEAN Wait, PVOID Buffer, PIO_STATUS_BLOCK IoStatus,
                                 PETHREAD IoIssuerThread);
NTKERNELAPI BOOLEAN CcCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                BOOLEAN Wait, PVOID Buffer);
NTKERNELAPI BOOLEAN CcCopyWriteEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                  BOOLEAN Wait, PVOID Buffer, PETHREAD IoIssuerThread);
NTKERNELAPI BOOLEAN CcCopyWriteWontFlush(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                         ULONG Length);
NTKERNELAPI VOID CcDeferWrite(PFILE_OBJECT FileObject, PCC_POST_DEFERRED_WRITE PostRoutine,
                              PVOID Context1, PVOID Context2, ULONG BytesToWrite, BOOLEAN Retrying);
NTKERNELAPI VOID CcFastCopyRead(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length,
                                ULONG PageCount, PVOID Buffer, PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI VOID CcFastCopyWrite(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length,
                                 PVOID Buffer);
NTKERNELAPI VOID CcFlushCache(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                              PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI LARGE_INTEGER CcGetDirtyPages(PVOID LogHandle, PDIRTY_PAGE_ROUTINE DirtyPageRoutine,
                                          PVOID Context1, PVOID Context2);
NTKERNELAPI PFILE_OBJECT CcGetFileObjectFromBcb(PVOID Bcb);
NTKERNELAPI PFILE_OBJECT
CcGetFileObjectFromSectionPtrs(PSECTION_OBJECT_POINTERS SectionObjectPointer);
NTKERNELAPI PFILE_OBJECT
CcGetFileObjectFromSectionPtrsRef(PSECTION_OBJECT_POINTERS SectionObjectPointer);
NTKERNELAPI LARGE_INTEGER CcGetFlushedValidData(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                                BOOLEAN BcbListHeld);
NTKERNELAPI VOID CcInitializeCacheMap(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes,
                                      BOOLEAN PinAccess, PCACHE_MANAGER_CALLBACKS Callbacks,
                                      PVOID LazyWriteContext);
NTKERNELAPI BOOLEAN CcIsThereDirtyData(PVPB Vpb);
NTKERNELAPI BOOLEAN CcIsThereDirtyDataEx(PVPB Vpb, PULONG NumberOfDirtyPages);
NTKERNELAPI BOOLEAN CcMapData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                              ULONG Flags, PVOID *Bcb, PVOID *Buffer);
NTKERNELAPI VOID CcMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain);
NTKERNELAPI VOID CcMdlWriteAbort(PFILE_OBJECT FileObject, PMDL MdlChain);
NTKERNELAPI VOID CcMdlWriteComplete(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                    PMDL MdlChain);
NTKERNELAPI BOOLEAN CcPinMappedData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                    ULONG Length, ULONG Flags, PVOID *Bcb);
NTKERNELAPI BOOLEAN CcPinRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                              ULONG Flags, PVOID *Bcb, PVOID *Buffer);
NTKERNELAPI VOID CcPrepareMdlWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                   PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI BOOLEAN CcPreparePinWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                      ULONG Length, BOOLEAN Zero, ULONG Flags, PVOID *Bcb,
                                      PVOID *Buffer);
NTKERNELAPI BOOLEAN CcPurgeCacheSection(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                        PLARGE_INTEGER FileOffset, ULONG Length,
                                        ULONG UninitializeCacheMaps);
NTKERNELAPI PVOID CcRemapBcb(PVOID Bcb);
NTKERNELAPI VOID CcRepinBcb(PVOID Bcb);
NTKERNELAPI VOID CcScheduleReadAhead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                     ULONG Length);
NTKERNELAPI VOID CcScheduleReadAheadEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                       ULONG Length, PETHREAD IoIssuerThread);
NTKERNELAPI VOID CcSetAdditionalCacheAttributes(PFILE_OBJECT FileObject, BOOLEAN DisableReadAhead,
                                                BOOLEAN DisableWriteBehind);
NTKERNELAPI VOID CcSetAdditionalCacheAttributesEx(PFILE_OBJECT FileObject, ULONG Flags);
NTKERNELAPI VOID CcSetBcbOwnerPointer(PVOID Bcb, PVOID OwnerPointer);
NTKERNELAPI VOID CcSetDirtyPageThreshold(PFILE_OBJECT FileObject, ULONG DirtyPageThreshold);
NTKERNELAPI VOID CcSetDirtyPinnedData(PVOID BcbVoid, PLARGE_INTEGER Lsn);
NTKERNELAPI VOID CcSetFileSizes(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes);
NTKERNELAPI VOID CcSetLogHandleForFile(PFILE_OBJECT FileObject, PVOID LogHandle,
                                       PFLUSH_TO_LSN FlushToLsnRoutine);
NTKERNELAPI VOID CcSetReadAheadGranularity(PFILE_OBJECT FileObject, ULONG Granularity);
NTKERNELAPI BOOLEAN CcUninitializeCacheMap(PFILE_OBJECT FileObject, PLARGE_INTEGER TruncateSize,
                                           PCACHE_UNINITIALIZE_EVENT UninitializeCompleteEvent);
NTKERNELAPI VOID CcUnpinData(PVOID Bcb);
NTKERNELAPI VOID CcUnpinDataForThread(PVOID Bcb, ERESOURCE_THREAD ResourceThreadId);
NTKERNELAPI VOID CcUnpinRepinnedBcb(PVOID Bcb, BOOLEAN WriteThrough, PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI NTSTATUS CcWaitForCurrentLazyWriterActivity(VOID);
NTKERNELAPI BOOLEAN CcZeroData(PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset,
                               PLARGE_INTEGER EndOffset, BOOLEAN Wait);
NTKERNELAPI NTSTATUS CcSetFileSizesEx(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes);
NTKERNELAPI NTSTATUS CcSetCacheFileSizes(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                         PCC_FILE_SIZES FileSizes);
NTKERNELAPI LONGLONG CcGetCacheFileSize(PSECTION_OBJECT_POINTERS SectionObjectPointer);

NTKERNELAPI VOID CcMdlRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                           PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus);

/* Points to the file's size in the cache manager's own structure. */
NTKERNELAPI PLARGE_INTEGER CcGetFileSizePointer(PFILE_OBJECT FileObject);

/* A file is cached while the streams' shared cache map exists, whoever of its openers made it. */
#define CcIsFileCached(FO)                                                                         \
    ((BOOLEAN)((FO)->SectionObjectPointer != NULL &&                                               \
               (FO)->SectionObjectPointer->SharedCacheMap != NULL))

EXTERN_C_END

#endif
