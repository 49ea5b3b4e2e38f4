/*
 * Extra create parameters: what a caller or a filter attaches to an open request for those below.
 * A parameter is found by its GUID in the request's list. <= APC_LEVEL.
 * (ifs/using-extra-create-parameters-with-an-irp-mj-create-operation)
 */
#ifndef WDMSIM_NT_FSRTL_ECP_H
#define WDMSIM_NT_FSRTL_ECP_H

#include "../guiddef.h"
#include "io.h"

EXTERN_C_START

typedef struct _ECP_LIST ECP_LIST, *PECP_LIST;
typedef struct _ECP_HEADER ECP_HEADER, *PECP_HEADER;
typedef ULONG FSRTL_ALLOCATE_ECPLIST_FLAGS;
typedef ULONG FSRTL_ALLOCATE_ECP_FLAGS;
typedef ULONG FSRTL_ECP_LOOKASIDE_FLAGS;
#define FSRTL_ALLOCATE_ECPLIST_FLAG_CHARGE_QUOTA 0x00000001
#define FSRTL_ALLOCATE_ECP_FLAG_CHARGE_QUOTA 0x00000001
#define FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL 0x00000002
#define FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL 0x00000002

/* Called before a parameter is freed.
 * (ntifs/nc-ntifs-pfsrtl_extra_create_parameter_cleanup_callback) */
typedef VOID (*PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK)(PVOID EcpContext, LPCGUID EcpType);

NTKERNELAPI NTSTATUS FsRtlAllocateExtraCreateParameterList(FSRTL_ALLOCATE_ECPLIST_FLAGS Flags,
                                                           PECP_LIST *EcpList);
NTKERNELAPI VOID FsRtlFreeExtraCreateParameterList(PECP_LIST EcpList);
NTKERNELAPI NTSTATUS FsRtlAllocateExtraCreateParameter(
    LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, ULONG PoolTag,
    PVOID *EcpContext);
NTKERNELAPI NTSTATUS FsRtlAllocateExtraCreateParameterFromLookasideList(
    LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, PVOID LookasideList,
    PVOID *EcpContext);
NTKERNELAPI VOID FsRtlFreeExtraCreateParameter(PVOID EcpContext);
NTKERNELAPI VOID FsRtlInitExtraCreateParameterLookasideList(PVOID Lookaside,
                                                            FSRTL_ECP_LOOKASIDE_FLAGS Flags,
                                                            SIZE_T Size, ULONG Tag);
NTKERNELAPI VOID FsRtlDeleteExtraCreateParameterLookasideList(PVOID Lookaside,
                                                              FSRTL_ECP_LOOKASIDE_FLAGS Flags);
NTKERNELAPI NTSTATUS FsRtlInsertExtraCreateParameter(PECP_LIST EcpList, PVOID EcpContext);
NTKERNELAPI NTSTATUS FsRtlFindExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType,
                                                   PVOID *EcpContext, ULONG *EcpContextSize);
NTKERNELAPI NTSTATUS FsRtlGetNextExtraCreateParameter(PECP_LIST EcpList, PVOID CurrentEcpContext,
                                                      LPGUID NextEcpType, PVOID *NextEcpContext,
                                                      ULONG *NextEcpContextSize);
NTKERNELAPI NTSTATUS FsRtlRemoveExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType,
                                                     PVOID *EcpContext, ULONG *EcpContextSize);
NTKERNELAPI NTSTATUS FsRtlGetEcpListFromIrp(PIRP Irp, PECP_LIST *EcpList);
NTKERNELAPI NTSTATUS FsRtlSetEcpListIntoIrp(PIRP Irp, PECP_LIST EcpList);
NTKERNELAPI VOID FsRtlAcknowledgeEcp(PVOID EcpContext);
NTKERNELAPI BOOLEAN FsRtlIsEcpAcknowledged(PVOID EcpContext);
NTKERNELAPI BOOLEAN FsRtlIsEcpFromUserMode(PVOID EcpContext);
NTKERNELAPI VOID FsRtlPrepareToReuseEcp(PVOID EcpContext);
NTKERNELAPI VOID FsRtlInitializeExtraCreateParameter(
    PECP_HEADER Ecp, ULONG EcpFlags, PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback,
    ULONG TotalSize, LPCGUID EcpType, PVOID ListAllocatedFrom);
NTKERNELAPI NTSTATUS FsRtlInitializeExtraCreateParameterList(PECP_LIST EcpList);

/* ---- parameters of the system ---- */

#define ECP_OPEN_PARAMETERS_FLAG_OPEN_FOR_READ 0x00000001
#define ECP_OPEN_PARAMETERS_FLAG_OPEN_FOR_WRITE 0x00000002
#define ECP_OPEN_PARAMETERS_FLAG_OPEN_FOR_DELETE 0x00000004
#define ECP_OPEN_PARAMETERS_FLAG_IGNORE_DIR_CASE_SENSITIVITY 0x00000008
typedef struct _ECP_OPEN_PARAMETERS {
    USHORT Size;
    USHORT Reserved;
    ULONG Flags;
} ECP_OPEN_PARAMETERS, *PECP_OPEN_PARAMETERS;
typedef struct _OPLOCK_KEY_ECP_CONTEXT {
    GUID OplockKey;
    ULONG Reserved;
} OPLOCK_KEY_ECP_CONTEXT, *POPLOCK_KEY_ECP_CONTEXT;

EXTERN_C_END

#endif
