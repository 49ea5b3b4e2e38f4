/*
 * The kernel transaction manager: transactions, resource managers, enlistments, transaction
 * managers. PASSIVE_LEVEL. The Tm routines take objects, the Zw and Nt routines handles.
 * (kernel/using-kernel-transaction-manager)
 */
#ifndef WDMSIM_NT_KTM_H
#define WDMSIM_NT_KTM_H

#include "../guiddef.h"
#include "io_types.h"

EXTERN_C_START

typedef struct _KTRANSACTION KTRANSACTION, *PKTRANSACTION;
typedef struct _KENLISTMENT KENLISTMENT, *PKENLISTMENT;
typedef struct _KRESOURCEMANAGER KRESOURCEMANAGER, *PKRESOURCEMANAGER, *PRKRESOURCEMANAGER;
typedef struct _KTM KTM, *PKTM, *PRKTM;

/* ---- options of new objects ---- */

#define CRM_PROTOCOL_DYNAMIC_MARSHAL_INFO 2
#define CRM_PROTOCOL_EXPLICIT_MARSHAL_ONLY 1
#define CRM_PROTOCOL_MAXIMUM_OPTION 3
#define ENLISTMENT_MAXIMUM_OPTION 1
#define ENLISTMENT_SUPERIOR 1
#define MAX_RESOURCEMANAGER_DESCRIPTION_LENGTH 0x00000040
#define MAX_TRANSACTION_DESCRIPTION_LENGTH 0x00000040
#define RESOURCE_MANAGER_COMMUNICATION 2
#define RESOURCE_MANAGER_MAXIMUM_OPTION 3
#define RESOURCE_MANAGER_VOLATILE 1
#define TRANSACTION_DO_NOT_PROMOTE 1
#define TRANSACTION_MANAGER_COMMIT_DEFAULT 0
#define TRANSACTION_MANAGER_COMMIT_LOWEST 8
#define TRANSACTION_MANAGER_COMMIT_SYSTEM_HIVES 4
#define TRANSACTION_MANAGER_COMMIT_SYSTEM_VOLUME 2
#define TRANSACTION_MANAGER_CORRUPT_FOR_PROGRESS 0x00000020
#define TRANSACTION_MANAGER_CORRUPT_FOR_RECOVERY 0x00000010
#define TRANSACTION_MANAGER_MAXIMUM_OPTION 0x0000003F
#define TRANSACTION_MANAGER_VOLATILE 1
#define TRANSACTION_MAXIMUM_OPTION 1
#define TRANSACTION_OBJECT_NAME_LENGTH_IN_BYTES 0x68ULL
#define TRANSACTIONMANAGER_OBJECT_NAME_LENGTH_IN_BYTES 0x76ULL
#define RESOURCE_MANAGER_OBJECT_NAME_LENGTH_IN_BYTES 0x70ULL
#define ENLISTMENT_OBJECT_NAME_LENGTH_IN_BYTES 0x66ULL

/* ---- notifications of a resource manager ---- */

typedef ULONG NOTIFICATION_MASK;
typedef ULONG SAVEPOINT_ID;
#define TRANSACTION_NOTIFICATION_TM_ONLINE_FLAG_IS_CLUSTERED 0x00000001
#define TRANSACTION_NOTIFY_COMMIT 4
#define TRANSACTION_NOTIFY_COMMIT_COMPLETE 0x00000040
#define TRANSACTION_NOTIFY_COMMIT_FINALIZE 0x40000000
#define TRANSACTION_NOTIFY_COMMIT_REQUEST 0x04000000
#define TRANSACTION_NOTIFY_DELEGATE_COMMIT 0x00000400
#define TRANSACTION_NOTIFY_ENLIST_MASK 0x00040000
#define TRANSACTION_NOTIFY_ENLIST_PREPREPARE 0x00001000
#define TRANSACTION_NOTIFY_INDOUBT 0x00004000
#define TRANSACTION_NOTIFY_LAST_RECOVER 0x00002000
#define TRANSACTION_NOTIFY_MARSHAL 0x00020000
#define TRANSACTION_NOTIFY_MASK 0x3FFFFFFF
#define TRANSACTION_NOTIFY_PREPARE 2
#define TRANSACTION_NOTIFY_PREPARE_COMPLETE 0x00000020
#define TRANSACTION_NOTIFY_PREPREPARE 1
#define TRANSACTION_NOTIFY_PREPREPARE_COMPLETE 0x00000010
#define TRANSACTION_NOTIFY_PROMOTE 0x08000000
#define TRANSACTION_NOTIFY_PROMOTE_NEW 0x10000000
#define TRANSACTION_NOTIFY_PROPAGATE_PULL 0x00008000
#define TRANSACTION_NOTIFY_PROPAGATE_PUSH 0x00010000
#define TRANSACTION_NOTIFY_RECOVER 0x00000100
#define TRANSACTION_NOTIFY_RECOVER_QUERY 0x00000800
#define TRANSACTION_NOTIFY_REQUEST_OUTCOME 0x20000000
#define TRANSACTION_NOTIFY_RM_DISCONNECTED 0x01000000
#define TRANSACTION_NOTIFY_ROLLBACK 8
#define TRANSACTION_NOTIFY_ROLLBACK_COMPLETE 0x00000080
#define TRANSACTION_NOTIFY_SINGLE_PHASE_COMMIT 0x00000200
#define TRANSACTION_NOTIFY_TM_ONLINE 0x02000000
typedef struct _TRANSACTION_NOTIFICATION {
    PVOID TransactionKey;
    ULONG TransactionNotification;
    LARGE_INTEGER TmVirtualClock;
    ULONG ArgumentLength;
} TRANSACTION_NOTIFICATION, *PTRANSACTION_NOTIFICATION;
typedef struct _TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT {
    GUID EnlistmentId;
    GUID UOW;
} TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT, *PTRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT;
typedef struct _TRANSACTION_NOTIFICATION_TM_ONLINE_ARGUMENT {
    GUID TmIdentity;
    ULONG Flags;
} TRANSACTION_NOTIFICATION_TM_ONLINE_ARGUMENT, *PTRANSACTION_NOTIFICATION_TM_ONLINE_ARGUMENT;

/*
 * Called for each notification that the enlistment's mask asks for; returns its own status or
 * STATUS_PENDING. (wdm/nc-wdm-ptm_rm_notification)
 */
typedef NTSTATUS (*PTM_RM_NOTIFICATION)(PKENLISTMENT EnlistmentObject, PVOID RMContext,
                                        PVOID TransactionContext, ULONG TransactionNotification,
                                        PLARGE_INTEGER TmVirtualClock, ULONG ArgumentLength,
                                        PVOID Argument);

/* ---- what can be asked of the objects ---- */

typedef enum _KTMOBJECT_TYPE {
    KTMOBJECT_TRANSACTION = 0,
    KTMOBJECT_TRANSACTION_MANAGER = 1,
    KTMOBJECT_RESOURCE_MANAGER = 2,
    KTMOBJECT_ENLISTMENT = 3,
    KTMOBJECT_INVALID = 4
} KTMOBJECT_TYPE,
    *PKTMOBJECT_TYPE;
typedef struct _KTMOBJECT_CURSOR {
    GUID LastQuery;
    ULONG ObjectIdCount;
    GUID ObjectIds[1];
} KTMOBJECT_CURSOR, *PKTMOBJECT_CURSOR;
typedef enum _TRANSACTION_OUTCOME {
    TransactionOutcomeUndetermined = 1,
    TransactionOutcomeCommitted = 2,
    TransactionOutcomeAborted = 3
} TRANSACTION_OUTCOME;
typedef enum _TRANSACTION_STATE {
    TransactionStateNormal = 1,
    TransactionStateIndoubt = 2,
    TransactionStateCommittedNotify = 3
} TRANSACTION_STATE;
typedef enum _TRANSACTION_INFORMATION_CLASS {
    TransactionBasicInformation = 0,
    TransactionPropertiesInformation,
    TransactionEnlistmentInformation,
    TransactionSuperiorEnlistmentInformation
} TRANSACTION_INFORMATION_CLASS;
typedef struct _TRANSACTION_BASIC_INFORMATION {
    GUID TransactionId;
    ULONG State;
    ULONG Outcome;
} TRANSACTION_BASIC_INFORMATION, *PTRANSACTION_BASIC_INFORMATION;
typedef struct _TRANSACTION_PROPERTIES_INFORMATION {
    ULONG IsolationLevel;
    ULONG IsolationFlags;
    LARGE_INTEGER Timeout;
    ULONG Outcome;
    ULONG DescriptionLength;
    WCHAR Description[1];
} TRANSACTION_PROPERTIES_INFORMATION, *PTRANSACTION_PROPERTIES_INFORMATION;
typedef struct _TRANSACTION_ENLISTMENT_PAIR {
    GUID EnlistmentId;
    GUID ResourceManagerId;
} TRANSACTION_ENLISTMENT_PAIR, *PTRANSACTION_ENLISTMENT_PAIR;
typedef struct _TRANSACTION_ENLISTMENTS_INFORMATION {
    ULONG NumberOfEnlistments;
    TRANSACTION_ENLISTMENT_PAIR EnlistmentPair[1];
} TRANSACTION_ENLISTMENTS_INFORMATION, *PTRANSACTION_ENLISTMENTS_INFORMATION;
typedef enum _TRANSACTIONMANAGER_INFORMATION_CLASS {
    TransactionManagerBasicInformation = 0,
    TransactionManagerLogInformation = 1,
    TransactionManagerLogPathInformation = 2,
    TransactionManagerRecoveryInformation = 4
} TRANSACTIONMANAGER_INFORMATION_CLASS;
typedef struct _TRANSACTIONMANAGER_BASIC_INFORMATION {
    GUID TmIdentity;
    LARGE_INTEGER VirtualClock;
} TRANSACTIONMANAGER_BASIC_INFORMATION, *PTRANSACTIONMANAGER_BASIC_INFORMATION;
typedef struct _TRANSACTIONMANAGER_LOG_INFORMATION {
    GUID LogIdentity;
} TRANSACTIONMANAGER_LOG_INFORMATION, *PTRANSACTIONMANAGER_LOG_INFORMATION;
typedef struct _TRANSACTIONMANAGER_LOGPATH_INFORMATION {
    ULONG LogPathLength;
    WCHAR LogPath[1];
} TRANSACTIONMANAGER_LOGPATH_INFORMATION, *PTRANSACTIONMANAGER_LOGPATH_INFORMATION;
typedef struct _TRANSACTIONMANAGER_RECOVERY_INFORMATION {
    ULONGLONG LastRecoveredLsn;
} TRANSACTIONMANAGER_RECOVERY_INFORMATION, *PTRANSACTIONMANAGER_RECOVERY_INFORMATION;
typedef enum _RESOURCEMANAGER_INFORMATION_CLASS {
    ResourceManagerBasicInformation = 0,
    ResourceManagerCompletionInformation = 1
} RESOURCEMANAGER_INFORMATION_CLASS;
typedef struct _RESOURCEMANAGER_BASIC_INFORMATION {
    GUID ResourceManagerId;
    ULONG DescriptionLength;
    WCHAR Description[1];
} RESOURCEMANAGER_BASIC_INFORMATION, *PRESOURCEMANAGER_BASIC_INFORMATION;
typedef struct _RESOURCEMANAGER_COMPLETION_INFORMATION {
    HANDLE IoCompletionPortHandle;
    ULONG_PTR CompletionKey;
} RESOURCEMANAGER_COMPLETION_INFORMATION, *PRESOURCEMANAGER_COMPLETION_INFORMATION;
typedef enum _ENLISTMENT_INFORMATION_CLASS {
    EnlistmentBasicInformation = 0,
    EnlistmentRecoveryInformation,
    EnlistmentCrmInformation
} ENLISTMENT_INFORMATION_CLASS;
typedef struct _ENLISTMENT_BASIC_INFORMATION {
    GUID EnlistmentId;
    GUID TransactionId;
    GUID ResourceManagerId;
} ENLISTMENT_BASIC_INFORMATION, *PENLISTMENT_BASIC_INFORMATION;
typedef struct _ENLISTMENT_CRM_INFORMATION {
    GUID CrmTransactionManagerId;
    GUID CrmResourceManagerId;
    GUID CrmEnlistmentId;
} ENLISTMENT_CRM_INFORMATION, *PENLISTMENT_CRM_INFORMATION;

/* ---- by object ---- */

NTKERNELAPI NTSTATUS TmCommitComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmCommitEnlistment(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmCommitTransaction(PKTRANSACTION Transaction, BOOLEAN Wait);
NTKERNELAPI NTSTATUS TmCreateEnlistment(PHANDLE EnlistmentHandle, KPROCESSOR_MODE PreviousMode,
                                        ACCESS_MASK DesiredAccess,
                                        POBJECT_ATTRIBUTES ObjectAttributes,
                                        PRKRESOURCEMANAGER ResourceManager,
                                        PKTRANSACTION Transaction, ULONG CreateOptions,
                                        NOTIFICATION_MASK NotificationMask, PVOID EnlistmentKey);
NTKERNELAPI NTSTATUS TmDereferenceEnlistmentKey(PKENLISTMENT Enlistment, PBOOLEAN LastReference);
NTKERNELAPI NTSTATUS TmEnableCallbacks(PKRESOURCEMANAGER ResourceManager,
                                       PTM_RM_NOTIFICATION CallbackRoutine, PVOID RMKey);
NTKERNELAPI VOID TmGetTransactionId(PKTRANSACTION Transaction, PUOW TransactionId);
NTKERNELAPI NTSTATUS TmInitializeTransactionManager(PRKTM TransactionManager,
                                                    PCUNICODE_STRING LogFileName, PGUID TmId,
                                                    ULONG CreateOptions);
NTKERNELAPI BOOLEAN TmIsTransactionActive(PKTRANSACTION Transaction);
NTKERNELAPI NTSTATUS TmPrepareComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmPrepareEnlistment(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmPrePrepareComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmPrePrepareEnlistment(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmReadOnlyEnlistment(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmRecoverEnlistment(PKENLISTMENT Enlistment, PVOID EnlistmentKey);
NTKERNELAPI NTSTATUS TmRecoverResourceManager(PKRESOURCEMANAGER ResourceManager);
NTKERNELAPI NTSTATUS TmRecoverTransactionManager(PKTM Tm, PLARGE_INTEGER TargetVirtualClock);
NTKERNELAPI NTSTATUS TmReferenceEnlistmentKey(PKENLISTMENT Enlistment, PVOID *Key);
NTKERNELAPI NTSTATUS TmRenameTransactionManager(PUNICODE_STRING LogFileName,
                                                LPGUID ExistingTransactionManagerGuid);
NTKERNELAPI NTSTATUS TmRequestOutcomeEnlistment(PKENLISTMENT Enlistment,
                                                PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmRollbackComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmRollbackEnlistment(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS TmRollbackTransaction(PKTRANSACTION Transaction, BOOLEAN Wait);
NTKERNELAPI NTSTATUS TmSinglePhaseReject(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock);

/* ---- by handle ---- */

NTSYSAPI NTSTATUS ZwCommitComplete(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwCommitEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwCommitTransaction(HANDLE TransactionHandle, BOOLEAN Wait);
NTSYSAPI NTSTATUS ZwCreateEnlistment(PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess,
                                     HANDLE ResourceManagerHandle, HANDLE TransactionHandle,
                                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                     NOTIFICATION_MASK NotificationMask, PVOID EnlistmentKey);
NTSYSAPI NTSTATUS ZwCreateResourceManager(PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess,
                                          HANDLE TmHandle, LPGUID ResourceManagerGuid,
                                          POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                          PUNICODE_STRING Description);
NTSYSAPI NTSTATUS ZwCreateTransaction(PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess,
                                      POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow,
                                      HANDLE TmHandle, ULONG CreateOptions, ULONG IsolationLevel,
                                      ULONG IsolationFlags, PLARGE_INTEGER Timeout,
                                      PUNICODE_STRING Description);
NTSYSAPI NTSTATUS ZwCreateTransactionManager(PHANDLE TmHandle, ACCESS_MASK DesiredAccess,
                                             POBJECT_ATTRIBUTES ObjectAttributes,
                                             PUNICODE_STRING LogFileName, ULONG CreateOptions,
                                             ULONG CommitStrength);
NTSYSAPI NTSTATUS ZwEnumerateTransactionObject(HANDLE RootObjectHandle, KTMOBJECT_TYPE QueryType,
                                               PKTMOBJECT_CURSOR ObjectCursor,
                                               ULONG ObjectCursorLength, PULONG ReturnLength);
NTSYSAPI NTSTATUS ZwGetNotificationResourceManager(
    HANDLE ResourceManagerHandle, PTRANSACTION_NOTIFICATION TransactionNotification,
    ULONG NotificationLength, PLARGE_INTEGER Timeout, PULONG ReturnLength, ULONG Asynchronous,
    ULONG_PTR AsynchronousContext);
NTSYSAPI NTSTATUS ZwOpenEnlistment(PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess,
                                   HANDLE RmHandle, LPGUID EnlistmentGuid,
                                   POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS ZwOpenResourceManager(PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess,
                                        HANDLE TmHandle, LPGUID ResourceManagerGuid,
                                        POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS ZwOpenTransaction(PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow,
                                    HANDLE TmHandle);
NTSYSAPI NTSTATUS ZwOpenTransactionManager(PHANDLE TmHandle, ACCESS_MASK DesiredAccess,
                                           POBJECT_ATTRIBUTES ObjectAttributes,
                                           PUNICODE_STRING LogFileName, LPGUID TmIdentity,
                                           ULONG OpenOptions);
NTSYSAPI NTSTATUS ZwPrepareComplete(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwPrepareEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwPrePrepareComplete(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwPrePrepareEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwQueryInformationEnlistment(
    HANDLE EnlistmentHandle, ENLISTMENT_INFORMATION_CLASS EnlistmentInformationClass,
    PVOID EnlistmentInformation, ULONG EnlistmentInformationLength, PULONG ReturnLength);
NTSYSAPI NTSTATUS ZwQueryInformationResourceManager(
    HANDLE ResourceManagerHandle, RESOURCEMANAGER_INFORMATION_CLASS ResourceManagerInformationClass,
    PVOID ResourceManagerInformation, ULONG ResourceManagerInformationLength, PULONG ReturnLength);
NTSYSAPI NTSTATUS ZwQueryInformationTransaction(
    HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
    PVOID TransactionInformation, ULONG TransactionInformationLength, PULONG ReturnLength);
NTSYSAPI NTSTATUS ZwQueryInformationTransactionManager(
    HANDLE TransactionManagerHandle,
    TRANSACTIONMANAGER_INFORMATION_CLASS TransactionManagerInformationClass,
    PVOID TransactionManagerInformation, ULONG TransactionManagerInformationLength,
    PULONG ReturnLength);
NTSYSAPI NTSTATUS ZwReadOnlyEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwRecoverEnlistment(HANDLE EnlistmentHandle, PVOID EnlistmentKey);
NTSYSAPI NTSTATUS ZwRecoverResourceManager(HANDLE ResourceManagerHandle);
NTSYSAPI NTSTATUS ZwRecoverTransactionManager(HANDLE TransactionManagerHandle);
NTSYSAPI NTSTATUS ZwRollbackComplete(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwRollbackEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwRollbackTransaction(HANDLE TransactionHandle, BOOLEAN Wait);
NTSYSAPI NTSTATUS ZwRollforwardTransactionManager(HANDLE TransactionManagerHandle,
                                                  PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwSetInformationEnlistment(
    HANDLE EnlistmentHandle, ENLISTMENT_INFORMATION_CLASS EnlistmentInformationClass,
    PVOID EnlistmentInformation, ULONG EnlistmentInformationLength);
NTSYSAPI NTSTATUS ZwSetInformationTransaction(
    HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
    PVOID TransactionInformation, ULONG TransactionInformationLength);
NTSYSAPI NTSTATUS ZwSinglePhaseReject(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtCommitComplete(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtCommitEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtCommitTransaction(HANDLE TransactionHandle, BOOLEAN Wait);
NTSYSAPI NTSTATUS NtCreateEnlistment(PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess,
                                     HANDLE ResourceManagerHandle, HANDLE TransactionHandle,
                                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                     NOTIFICATION_MASK NotificationMask, PVOID EnlistmentKey);
NTSYSAPI NTSTATUS NtCreateResourceManager(PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess,
                                          HANDLE TmHandle, LPGUID ResourceManagerGuid,
                                          POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                          PUNICODE_STRING Description);
NTSYSAPI NTSTATUS NtCreateTransaction(PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess,
                                      POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow,
                                      HANDLE TmHandle, ULONG CreateOptions, ULONG IsolationLevel,
                                      ULONG IsolationFlags, PLARGE_INTEGER Timeout,
                                      PUNICODE_STRING Description);
NTSYSAPI NTSTATUS NtCreateTransactionManager(PHANDLE TmHandle, ACCESS_MASK DesiredAccess,
                                             POBJECT_ATTRIBUTES ObjectAttributes,
                                             PUNICODE_STRING LogFileName, ULONG CreateOptions,
                                             ULONG CommitStrength);
NTSYSAPI NTSTATUS NtEnumerateTransactionObject(HANDLE RootObjectHandle, KTMOBJECT_TYPE QueryType,
                                               PKTMOBJECT_CURSOR ObjectCursor,
                                               ULONG ObjectCursorLength, PULONG ReturnLength);
NTSYSAPI NTSTATUS NtGetNotificationResourceManager(
    HANDLE ResourceManagerHandle, PTRANSACTION_NOTIFICATION TransactionNotification,
    ULONG NotificationLength, PLARGE_INTEGER Timeout, PULONG ReturnLength, ULONG Asynchronous,
    ULONG_PTR AsynchronousContext);
NTSYSAPI NTSTATUS NtOpenEnlistment(PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess,
                                   HANDLE RmHandle, LPGUID EnlistmentGuid,
                                   POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NtOpenResourceManager(PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess,
                                        HANDLE TmHandle, LPGUID ResourceManagerGuid,
                                        POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NtOpenTransaction(PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow,
                                    HANDLE TmHandle);
NTSYSAPI NTSTATUS NtOpenTransactionManager(PHANDLE TmHandle, ACCESS_MASK DesiredAccess,
                                           POBJECT_ATTRIBUTES ObjectAttributes,
                                           PUNICODE_STRING LogFileName, LPGUID TmIdentity,
                                           ULONG OpenOptions);
NTSYSAPI NTSTATUS NtPrepareComplete(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtPrepareEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtPrePrepareComplete(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtPrePrepareEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtQueryInformationEnlistment(
    HANDLE EnlistmentHandle, ENLISTMENT_INFORMATION_CLASS EnlistmentInformationClass,
    PVOID EnlistmentInformation, ULONG EnlistmentInformationLength, PULONG ReturnLength);
NTSYSAPI NTSTATUS NtQueryInformationResourceManager(
    HANDLE ResourceManagerHandle, RESOURCEMANAGER_INFORMATION_CLASS ResourceManagerInformationClass,
    PVOID ResourceManagerInformation, ULONG ResourceManagerInformationLength, PULONG ReturnLength);
NTSYSAPI NTSTATUS NtQueryInformationTransaction(
    HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
    PVOID TransactionInformation, ULONG TransactionInformationLength, PULONG ReturnLength);
NTSYSAPI NTSTATUS NtQueryInformationTransactionManager(
    HANDLE TransactionManagerHandle,
    TRANSACTIONMANAGER_INFORMATION_CLASS TransactionManagerInformationClass,
    PVOID TransactionManagerInformation, ULONG TransactionManagerInformationLength,
    PULONG ReturnLength);
NTSYSAPI NTSTATUS NtReadOnlyEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtRecoverEnlistment(HANDLE EnlistmentHandle, PVOID EnlistmentKey);
NTSYSAPI NTSTATUS NtRecoverResourceManager(HANDLE ResourceManagerHandle);
NTSYSAPI NTSTATUS NtRecoverTransactionManager(HANDLE TransactionManagerHandle);
NTSYSAPI NTSTATUS NtRenameTransactionManager(PUNICODE_STRING LogFileName,
                                             LPGUID ExistingTransactionManagerGuid);
NTSYSAPI NTSTATUS NtRollbackComplete(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtRollbackEnlistment(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtRollbackTransaction(HANDLE TransactionHandle, BOOLEAN Wait);
NTSYSAPI NTSTATUS NtRollforwardTransactionManager(HANDLE TransactionManagerHandle,
                                                  PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS NtSetInformationEnlistment(
    HANDLE EnlistmentHandle, ENLISTMENT_INFORMATION_CLASS EnlistmentInformationClass,
    PVOID EnlistmentInformation, ULONG EnlistmentInformationLength);
NTSYSAPI NTSTATUS NtSetInformationTransaction(
    HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
    PVOID TransactionInformation, ULONG TransactionInformationLength);
NTSYSAPI NTSTATUS NtSetInformationTransactionManager(
    HANDLE TmHandle, TRANSACTIONMANAGER_INFORMATION_CLASS TransactionManagerInformationClass,
    PVOID TransactionManagerInformation, ULONG TransactionManagerInformationLength);
NTSYSAPI NTSTATUS NtSinglePhaseReject(HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock);
NTSYSAPI NTSTATUS ZwSetInformationResourceManager(
    HANDLE ResourceManagerHandle, RESOURCEMANAGER_INFORMATION_CLASS ResourceManagerInformationClass,
    PVOID ResourceManagerInformation, ULONG ResourceManagerInformationLength);
NTSYSAPI NTSTATUS NtSetInformationResourceManager(
    HANDLE ResourceManagerHandle, RESOURCEMANAGER_INFORMATION_CLASS ResourceManagerInformationClass,
    PVOID ResourceManagerInformation, ULONG ResourceManagerInformationLength);

EXTERN_C_END

#endif
