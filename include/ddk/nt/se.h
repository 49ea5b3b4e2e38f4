/*
 * Security reference monitor: access checks, subjects, descriptors of new objects, privileges.
 */
#ifndef WDMSIM_NT_SE_H
#define WDMSIM_NT_SE_H

#include "io_types.h"

EXTERN_C_START

/* ---- access checks; PASSIVE_LEVEL (wdm/nf-wdm-seaccesscheck) ---- */

NTKERNELAPI BOOLEAN SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                  PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                                  BOOLEAN SubjectContextLocked, ACCESS_MASK DesiredAccess,
                                  ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET *Privileges,
                                  PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode,
                                  PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus);
NTKERNELAPI BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);
NTKERNELAPI VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI VOID SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI VOID SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor,
                                      PSECURITY_DESCRIPTOR ExplicitDescriptor,
                                      PSECURITY_DESCRIPTOR *NewDescriptor,
                                      BOOLEAN IsDirectoryObject,
                                      PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                      PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType);
NTKERNELAPI NTSTATUS SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor,
                                        PSECURITY_DESCRIPTOR ExplicitDescriptor,
                                        PSECURITY_DESCRIPTOR *NewDescriptor, GUID *ObjectType,
                                        BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags,
                                        PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                        PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType);
NTKERNELAPI NTSTATUS SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor);
NTKERNELAPI BOOLEAN SeValidSecurityDescriptor(ULONG Length,
                                              PSECURITY_DESCRIPTOR SecurityDescriptor);
NTKERNELAPI NTSTATUS SeEtwWriteKMCveEvent(PCUNICODE_STRING CveId,
                                          PCUNICODE_STRING AdditionalDetails);

/* ---- security descriptors ---- */

NTSYSAPI NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                              ULONG Revision);
NTSYSAPI BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSYSAPI ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSYSAPI BOOLEAN RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput,
                                                    ULONG SecurityDescriptorLength,
                                                    SECURITY_INFORMATION RequiredInformation);
NTSYSAPI NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                               BOOLEAN DaclPresent, PACL Dacl,
                                               BOOLEAN DaclDefaulted);
NTSYSAPI BOOLEAN RtlNormalizeSecurityDescriptor(PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                                ULONG SecurityDescriptorLength,
                                                PSECURITY_DESCRIPTOR *NewSecurityDescriptor,
                                                PULONG NewSecurityDescriptorLength,
                                                BOOLEAN CheckOnly);
NTSYSAPI VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING *GenericMapping);

/* ---- well-known privileges, as LUIDs ---- */

#define SE_MIN_WELL_KNOWN_PRIVILEGE (2)
#define SE_CREATE_TOKEN_PRIVILEGE (2)
#define SE_ASSIGNPRIMARYTOKEN_PRIVILEGE (3)
#define SE_LOCK_MEMORY_PRIVILEGE (4)
#define SE_INCREASE_QUOTA_PRIVILEGE (5)
#define SE_MACHINE_ACCOUNT_PRIVILEGE (6)
#define SE_TCB_PRIVILEGE (7)
#define SE_SECURITY_PRIVILEGE (8)
#define SE_TAKE_OWNERSHIP_PRIVILEGE (9)
#define SE_LOAD_DRIVER_PRIVILEGE (10)
#define SE_SYSTEM_PROFILE_PRIVILEGE (11)
#define SE_SYSTEMTIME_PRIVILEGE (12)
#define SE_PROF_SINGLE_PROCESS_PRIVILEGE (13)
#define SE_INC_BASE_PRIORITY_PRIVILEGE (14)
#define SE_CREATE_PAGEFILE_PRIVILEGE (15)
#define SE_CREATE_PERMANENT_PRIVILEGE (16)
#define SE_BACKUP_PRIVILEGE (17)
#define SE_RESTORE_PRIVILEGE (18)
#define SE_SHUTDOWN_PRIVILEGE (19)
#define SE_DEBUG_PRIVILEGE (20)
#define SE_AUDIT_PRIVILEGE (21)
#define SE_SYSTEM_ENVIRONMENT_PRIVILEGE (22)
#define SE_CHANGE_NOTIFY_PRIVILEGE (23)
#define SE_REMOTE_SHUTDOWN_PRIVILEGE (24)
#define SE_UNDOCK_PRIVILEGE (25)
#define SE_SYNC_AGENT_PRIVILEGE (26)
#define SE_ENABLE_DELEGATION_PRIVILEGE (27)
#define SE_MANAGE_VOLUME_PRIVILEGE (28)
#define SE_IMPERSONATE_PRIVILEGE (29)
#define SE_CREATE_GLOBAL_PRIVILEGE (30)
#define SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE (31)
#define SE_RELABEL_PRIVILEGE (32)
#define SE_INC_WORKING_SET_PRIVILEGE (33)
#define SE_TIME_ZONE_PRIVILEGE (34)
#define SE_CREATE_SYMBOLIC_LINK_PRIVILEGE (35)
#define SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE (36)
#define SE_MAX_WELL_KNOWN_PRIVILEGE SE_CREATE_SYMBOLIC_LINK_PRIVILEGE

EXTERN_C_END

#endif
