/*
 * Byte-range locks and opportunistic locks of a stream. A file system keeps a FILE_LOCK and an
 * OPLOCK per stream and passes them the requests; the contents are the run-time library's own.
 * <= APC_LEVEL. (ntifs/nf-ntifs-fsrtlprocessfilelock, ifs/oplock-overview)
 */
#ifndef WDMSIM_NT_FSRTL_LOCK_H
#define WDMSIM_NT_FSRTL_LOCK_H

#include "fsrtl.h"

EXTERN_C_START

/* ---- byte-range locks ---- */

typedef struct _FILE_LOCK_INFO {
    LARGE_INTEGER StartingByte;
    LARGE_INTEGER Length;
    BOOLEAN ExclusiveLock;
    ULONG Key;
    PFILE_OBJECT FileObject;
    PVOID ProcessId;
    LARGE_INTEGER EndingByte;
} FILE_LOCK_INFO, *PFILE_LOCK_INFO;

typedef NTSTATUS (*PCOMPLETE_LOCK_IRP_ROUTINE)(PVOID Context, PIRP Irp);
typedef VOID (*PUNLOCK_ROUTINE)(PVOID Context, PFILE_LOCK_INFO FileLockInfo);

typedef struct _FILE_LOCK {
    PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine;
    PUNLOCK_ROUTINE UnlockRoutine;
    BOOLEAN FastIoIsQuestionable;
    BOOLEAN SpareC[3];
    PVOID LockInformation;
    FILE_LOCK_INFO LastReturnedLockInfo;
    PVOID LastReturnedLock;
    LONG volatile LockRequestsInProgress;
} FILE_LOCK, *PFILE_LOCK;

#define FsRtlAreThereCurrentFileLocks(FL) ((FL)->FastIoIsQuestionable)
NTKERNELAPI PFILE_LOCK FsRtlAllocateFileLock(PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine,
                                             PUNLOCK_ROUTINE UnlockRoutine);
NTKERNELAPI VOID FsRtlFreeFileLock(PFILE_LOCK FileLock);
NTKERNELAPI VOID FsRtlInitializeFileLock(PFILE_LOCK FileLock,
                                         PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine,
                                         PUNLOCK_ROUTINE UnlockRoutine);
NTKERNELAPI VOID FsRtlUninitializeFileLock(PFILE_LOCK FileLock);
NTKERNELAPI NTSTATUS FsRtlProcessFileLock(PFILE_LOCK FileLock, PIRP Irp, PVOID Context);
NTKERNELAPI BOOLEAN FsRtlCheckLockForReadAccess(PFILE_LOCK FileLock, PIRP Irp);
NTKERNELAPI BOOLEAN FsRtlCheckLockForWriteAccess(PFILE_LOCK FileLock, PIRP Irp);
NTKERNELAPI BOOLEAN FsRtlCheckLockForOplockRequest(PFILE_LOCK FileLock,
                                                   PLARGE_INTEGER AllocationSize);
NTKERNELAPI BOOLEAN FsRtlAreThereCurrentOrInProgressFileLocks(PFILE_LOCK FileLock);
NTKERNELAPI BOOLEAN FsRtlAreThereWaitingFileLocks(PFILE_LOCK FileLock);
NTKERNELAPI BOOLEAN FsRtlFastCheckLockForRead(PFILE_LOCK FileLock, PLARGE_INTEGER StartingByte,
                                              PLARGE_INTEGER Length, ULONG Key,
                                              PFILE_OBJECT FileObject, PVOID ProcessId);
NTKERNELAPI BOOLEAN FsRtlFastCheckLockForWrite(PFILE_LOCK FileLock, PLARGE_INTEGER StartingByte,
                                               PLARGE_INTEGER Length, ULONG Key, PVOID FileObject,
                                               PVOID ProcessId);
NTKERNELAPI NTSTATUS FsRtlFastUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT FileObject,
                                        PEPROCESS ProcessId, PVOID Context);
NTKERNELAPI NTSTATUS FsRtlFastUnlockAllByKey(PFILE_LOCK FileLock, PFILE_OBJECT FileObject,
                                             PEPROCESS ProcessId, ULONG Key, PVOID Context);
NTKERNELAPI NTSTATUS FsRtlFastUnlockSingle(PFILE_LOCK FileLock, PFILE_OBJECT FileObject,
                                           LARGE_INTEGER UNALIGNED *FileOffset,
                                           PLARGE_INTEGER Length, PEPROCESS ProcessId, ULONG Key,
                                           PVOID Context, BOOLEAN AlreadySynchronized);
NTKERNELAPI PFILE_LOCK_INFO FsRtlGetNextFileLock(PFILE_LOCK FileLock, BOOLEAN Restart);
NTKERNELAPI BOOLEAN FsRtlPrivateLock(PFILE_LOCK FileLock, PFILE_OBJECT FileObject,
                                     PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length,
                                     PEPROCESS ProcessId, ULONG Key, BOOLEAN FailImmediately,
                                     BOOLEAN ExclusiveLock, PIO_STATUS_BLOCK Iosb, PIRP Irp,
                                     PVOID Context, BOOLEAN AlreadySynchronized);

/* A lock asked for without an IRP. (ntifs/nf-ntifs-fsrtlfastlock) */
#define FsRtlFastLock(FileLock, FileObject, FileOffset, Length, ProcessId, Key, FailImmediately,   \
                      ExclusiveLock, Iosb, Context, AlreadySynchronized)                           \
    FsRtlPrivateLock(FileLock, FileObject, FileOffset, Length, ProcessId, Key, FailImmediately,    \
                     ExclusiveLock, Iosb, NULL, Context, AlreadySynchronized)

/* ---- oplocks ---- */

#define OPLOCK_FLAG_COMPLETE_IF_OPLOCKED 0x00000001
#define OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY 0x00000002
#define OPLOCK_FLAG_BACK_OUT_ATOMIC_OPLOCK 0x00000004
#define OPLOCK_FLAG_IGNORE_OPLOCK_KEYS 0x00000008
#define OPLOCK_FLAG_PARENT_OBJECT 0x00000010
#define OPLOCK_FLAG_CLOSING_DELETE_ON_CLOSE 0x00000020
#define OPLOCK_FLAG_REMOVING_FILE_OR_LINK 0x00000040
#define OPLOCK_FSCTRL_FLAG_ALL_KEYS_MATCH 0x00000001
#define OPLOCK_UPPER_FLAG_CHECK_NO_BREAK 0x00010000
#define OPLOCK_UPPER_FLAG_NOTIFY_REFRESH_READ 0x00020000
typedef VOID (*POPLOCK_WAIT_COMPLETE_ROUTINE)(PVOID Context, PIRP Irp);
typedef VOID (*POPLOCK_FS_PREPOST_IRP)(PVOID Context, PIRP Irp);
NTKERNELAPI VOID FsRtlInitializeOplock(POPLOCK Oplock);
NTKERNELAPI VOID FsRtlUninitializeOplock(POPLOCK Oplock);
NTKERNELAPI NTSTATUS FsRtlOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount);
NTKERNELAPI NTSTATUS FsRtlOplockFsctrlEx(POPLOCK Oplock, PIRP Irp, ULONG OpenCount, ULONG Flags);
NTKERNELAPI NTSTATUS FsRtlUpperOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount,
                                            ULONG LowerOplockState, ULONG Flags);
NTKERNELAPI NTSTATUS FsRtlCheckOplock(POPLOCK Oplock, PIRP Irp, PVOID Context,
                                      POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                      POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTKERNELAPI NTSTATUS FsRtlCheckOplockEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                        POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                        POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTKERNELAPI NTSTATUS FsRtlCheckUpperOplock(POPLOCK Oplock, ULONG NewLowerOplockState,
                                           PVOID CompletionRoutineContext,
                                           POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                           POPLOCK_FS_PREPOST_IRP PrePendIrpRoutine, ULONG Flags);
NTKERNELAPI NTSTATUS FsRtlOplockBreakH(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                       POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                       POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTKERNELAPI NTSTATUS FsRtlOplockBreakToNoneEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                              POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                              POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTKERNELAPI BOOLEAN FsRtlCurrentBatchOplock(POPLOCK Oplock);
NTKERNELAPI BOOLEAN FsRtlCurrentOplock(POPLOCK Oplock);
NTKERNELAPI BOOLEAN FsRtlCurrentOplockH(POPLOCK Oplock);
NTKERNELAPI BOOLEAN FsRtlOplockIsFastIoPossible(POPLOCK Oplock);
NTKERNELAPI BOOLEAN FsRtlOplockIsSharedRequest(PIRP Irp);
NTKERNELAPI BOOLEAN FsRtlOplockKeysEqual(PFILE_OBJECT Fo1, PFILE_OBJECT Fo2);
NTKERNELAPI PEPROCESS FsRtlOplockGetAnyBreakOwnerProcess(POPLOCK Oplock);

EXTERN_C_END

#endif
