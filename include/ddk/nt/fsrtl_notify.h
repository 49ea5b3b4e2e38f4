/*
 * Notification of changes in directories and of volumes that come and go. <= APC_LEVEL.
 * (ntifs/nf-ntifs-fsrtlnotifyfullchangedirectory, ntifs/nf-ntifs-fsrtlnotifyvolumeevent)
 */
#ifndef WDMSIM_NT_FSRTL_NOTIFY_H
#define WDMSIM_NT_FSRTL_NOTIFY_H

#include "fsrtl.h"
#include "pnp_types.h"
#include "se.h"

EXTERN_C_START

/* ---- what to watch, what happened ---- */

#define FILE_NOTIFY_CHANGE_FILE_NAME 1
#define FILE_NOTIFY_CHANGE_DIR_NAME 2
#define FILE_NOTIFY_CHANGE_NAME 3
#define FILE_NOTIFY_CHANGE_ATTRIBUTES 4
#define FILE_NOTIFY_CHANGE_SIZE 8
#define FILE_NOTIFY_CHANGE_LAST_WRITE 0x00000010
#define FILE_NOTIFY_CHANGE_LAST_ACCESS 0x00000020
#define FILE_NOTIFY_CHANGE_CREATION 0x00000040
#define FILE_NOTIFY_CHANGE_EA 0x00000080
#define FILE_NOTIFY_CHANGE_SECURITY 0x00000100
#define FILE_NOTIFY_CHANGE_STREAM_NAME 0x00000200
#define FILE_NOTIFY_CHANGE_STREAM_SIZE 0x00000400
#define FILE_NOTIFY_CHANGE_STREAM_WRITE 0x00000800
#define FILE_NOTIFY_VALID_MASK 0x00000FFF
#define FILE_ACTION_ADDED 1
#define FILE_ACTION_REMOVED 2
#define FILE_ACTION_MODIFIED 3
#define FILE_ACTION_RENAMED_OLD_NAME 4
#define FILE_ACTION_RENAMED_NEW_NAME 5
#define FILE_ACTION_ADDED_STREAM 6
#define FILE_ACTION_REMOVED_STREAM 7
#define FILE_ACTION_MODIFIED_STREAM 8
#define FILE_ACTION_REMOVED_BY_DELETE 9
#define FILE_ACTION_ID_NOT_TUNNELLED 0x0000000A
#define FILE_ACTION_TUNNELLED_ID_COLLISION 0x0000000B
typedef struct _FILE_NOTIFY_INFORMATION {
    ULONG NextEntryOffset;
    ULONG Action;
    ULONG FileNameLength;
    WCHAR FileName[1];
} FILE_NOTIFY_INFORMATION, *PFILE_NOTIFY_INFORMATION;

typedef BOOLEAN (*PCHECK_FOR_TRAVERSE_ACCESS)(PVOID NotifyContext, PVOID TargetContext,
                                              PSECURITY_SUBJECT_CONTEXT SubjectContext);
typedef BOOLEAN (*PFILTER_REPORT_CHANGE)(PVOID NotifyContext, PVOID FilterContext);
NTKERNELAPI VOID FsRtlNotifyInitializeSync(PNOTIFY_SYNC *NotifySync);
NTKERNELAPI VOID FsRtlNotifyUninitializeSync(PNOTIFY_SYNC *NotifySync);
NTKERNELAPI VOID FsRtlNotifyFullChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                                PVOID FsContext, PSTRING FullDirectoryName,
                                                BOOLEAN WatchTree, BOOLEAN IgnoreBuffer,
                                                ULONG CompletionFilter, PIRP NotifyIrp,
                                                PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                                PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI VOID FsRtlNotifyFilterChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                                  PVOID FsContext, PSTRING FullDirectoryName,
                                                  BOOLEAN WatchTree, BOOLEAN IgnoreBuffer,
                                                  ULONG CompletionFilter, PIRP NotifyIrp,
                                                  PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                                  PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                  PFILTER_REPORT_CHANGE FilterCallback);
NTKERNELAPI VOID FsRtlNotifyFullReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                             PSTRING FullTargetName, USHORT TargetNameOffset,
                                             PSTRING StreamName, PSTRING NormalizedParentName,
                                             ULONG FilterMatch, ULONG Action, PVOID TargetContext);
NTKERNELAPI VOID FsRtlNotifyFilterReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                               PSTRING FullTargetName, USHORT TargetNameOffset,
                                               PSTRING StreamName, PSTRING NormalizedParentName,
                                               ULONG FilterMatch, ULONG Action, PVOID TargetContext,
                                               PVOID FilterContext);
NTKERNELAPI VOID FsRtlNotifyCleanup(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                    PVOID FsContext);
NTKERNELAPI VOID FsRtlNotifyCleanupAll(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList);

/* ---- volumes ---- */

#define FSRTL_VOLUME_DISMOUNT 1
#define FSRTL_VOLUME_DISMOUNT_FAILED 2
#define FSRTL_VOLUME_LOCK 3
#define FSRTL_VOLUME_LOCK_FAILED 4
#define FSRTL_VOLUME_UNLOCK 5
#define FSRTL_VOLUME_MOUNT 6
#define FSRTL_VOLUME_NEEDS_CHKDSK 7
#define FSRTL_VOLUME_WORM_NEAR_FULL 8
#define FSRTL_VOLUME_WEARING_OUT 9
#define FSRTL_VOLUME_FORCED_CLOSED 0x0000000A
#define FSRTL_VOLUME_INFO_MAKE_COMPAT 0x0000000B
#define FSRTL_VOLUME_PREPARING_EJECT 0x0000000C
#define FSRTL_VOLUME_CHANGE_SIZE 0x0000000D
#define FSRTL_VOLUME_BACKGROUND_FORMAT 0x0000000E
NTKERNELAPI NTSTATUS FsRtlNotifyVolumeEvent(PFILE_OBJECT FileObject, ULONG EventCode);
NTKERNELAPI NTSTATUS FsRtlNotifyVolumeEventEx(PFILE_OBJECT FileObject, ULONG EventCode,
                                              PTARGET_DEVICE_CUSTOM_NOTIFICATION Event);

EXTERN_C_END

#endif
