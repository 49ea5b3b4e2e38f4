/*
 * Security that ntifs.h adds: tokens, clients, audits, identifiers, access control lists.
 * PASSIVE_LEVEL.
 */
#ifndef WDMSIM_NT_SE_FS_H
#define WDMSIM_NT_SE_FS_H

#include "se.h"
#include "zw_fs.h"

EXTERN_C_START

#define SID_REVISION (1)
#define SID_MAX_SUB_AUTHORITIES (15)
#define SID_RECOMMENDED_SUB_AUTHORITIES (1)
typedef struct _SID_IDENTIFIER_AUTHORITY {
    UCHAR Value[6];
} SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;
typedef struct _SID {
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    ULONG SubAuthority[ANYSIZE_ARRAY];
} SID, *PISID;
typedef struct _SID_AND_ATTRIBUTES {
    PSID Sid;
    ULONG Attributes;
} SID_AND_ATTRIBUTES, *PSID_AND_ATTRIBUTES;
typedef struct _TOKEN_GROUPS {
    ULONG GroupCount;
    SID_AND_ATTRIBUTES Groups[ANYSIZE_ARRAY];
} TOKEN_GROUPS, *PTOKEN_GROUPS;
typedef struct _TOKEN_PRIVILEGES {
    ULONG PrivilegeCount;
    LUID_AND_ATTRIBUTES Privileges[ANYSIZE_ARRAY];
} TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;
typedef struct _TOKEN_ACCESS_INFORMATION *PTOKEN_ACCESS_INFORMATION;
typedef struct _TOKEN_CONTROL {
    LUID TokenId;
    LUID AuthenticationId;
    LUID ModifiedId;
    struct {
        CHAR SourceName[8];
        LUID SourceIdentifier;
    } TokenSource;
} TOKEN_CONTROL, *PTOKEN_CONTROL;
typedef struct _SECURITY_CLIENT_CONTEXT {
    SECURITY_QUALITY_OF_SERVICE SecurityQos;
    PACCESS_TOKEN ClientToken;
    BOOLEAN DirectlyAccessClientToken;
    BOOLEAN DirectAccessEffectiveOnly;
    BOOLEAN ServerIsRemote;
    TOKEN_CONTROL ClientTokenControl;
} SECURITY_CLIENT_CONTEXT, *PSECURITY_CLIENT_CONTEXT;
typedef USHORT SECURITY_DESCRIPTOR_CONTROL, *PSECURITY_DESCRIPTOR_CONTROL;
typedef struct _SECURITY_DESCRIPTOR_RELATIVE {
    UCHAR Revision;
    UCHAR Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    ULONG Owner;
    ULONG Group;
    ULONG Sacl;
    ULONG Dacl;
} SECURITY_DESCRIPTOR_RELATIVE, *PISECURITY_DESCRIPTOR_RELATIVE;
typedef struct _SECURITY_DESCRIPTOR {
    UCHAR Revision;
    UCHAR Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    PSID Owner;
    PSID Group;
    PACL Sacl;
    PACL Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;
#define SE_OWNER_DEFAULTED (0x0001)
#define SE_GROUP_DEFAULTED (0x0002)
#define SE_DACL_PRESENT (0x0004)
#define SE_DACL_DEFAULTED (0x0008)
#define SE_SACL_PRESENT (0x0010)
#define SE_SACL_DEFAULTED (0x0020)
#define SE_DACL_AUTO_INHERIT_REQ (0x0100)
#define SE_SACL_AUTO_INHERIT_REQ (0x0200)
#define SE_DACL_AUTO_INHERITED (0x0400)
#define SE_SACL_AUTO_INHERITED (0x0800)
#define SE_DACL_PROTECTED (0x1000)
#define SE_SACL_PROTECTED (0x2000)
#define SE_RM_CONTROL_VALID (0x4000)
#define SE_SELF_RELATIVE (0x8000)
#define ACCESS_ALLOWED_ACE_TYPE (0x0)
#define ACCESS_DENIED_ACE_TYPE (0x1)
#define SYSTEM_AUDIT_ACE_TYPE (0x2)
#define SYSTEM_ALARM_ACE_TYPE (0x3)
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE (0x11)
#define OBJECT_INHERIT_ACE (0x1)
#define CONTAINER_INHERIT_ACE (0x2)
#define NO_PROPAGATE_INHERIT_ACE (0x4)
#define INHERIT_ONLY_ACE (0x8)
#define INHERITED_ACE (0x10)
#define VALID_INHERIT_FLAGS (0x1F)
#define SUCCESSFUL_ACCESS_ACE_FLAG (0x40)
#define FAILED_ACCESS_ACE_FLAG (0x80)
typedef struct _ACE_HEADER {
    UCHAR AceType;
    UCHAR AceFlags;
    USHORT AceSize;
} ACE_HEADER, *PACE_HEADER;
typedef struct _ACCESS_ALLOWED_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG SidStart;
} ACCESS_ALLOWED_ACE, *PACCESS_ALLOWED_ACE;
typedef struct _ACCESS_DENIED_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG SidStart;
} ACCESS_DENIED_ACE, *PACCESS_DENIED_ACE;
typedef struct _SYSTEM_AUDIT_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG SidStart;
} SYSTEM_AUDIT_ACE, *PSYSTEM_AUDIT_ACE;
typedef struct _SYSTEM_MANDATORY_LABEL_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG SidStart;
} SYSTEM_MANDATORY_LABEL_ACE, *PSYSTEM_MANDATORY_LABEL_ACE;
typedef NTSTATUS (*PSE_LOGON_SESSION_TERMINATED_ROUTINE)(PLUID LogonId);
#define SeLengthSid(Sid) (8 + (4 * ((SID *)(Sid))->SubAuthorityCount))
#define SeQuerySubjectContextToken(SubjectContext)                                                 \
    ((((PSECURITY_SUBJECT_CONTEXT)(SubjectContext))->ClientToken != NULL)                          \
         ? ((PSECURITY_SUBJECT_CONTEXT)(SubjectContext))->ClientToken                              \
         : ((PSECURITY_SUBJECT_CONTEXT)(SubjectContext))->PrimaryToken)
#define SeDeleteClientSecurity(C)                                                                  \
    do {                                                                                           \
        if (SeTokenType((C)->ClientToken) == TokenPrimary)                                         \
            PsDereferencePrimaryToken((C)->ClientToken);                                           \
        else                                                                                       \
            PsDereferenceImpersonationToken((C)->ClientToken);                                     \
    } while (0)

NTKERNELAPI BOOLEAN SeAccessCheckFromState(
    PSECURITY_DESCRIPTOR SecurityDescriptor, PTOKEN_ACCESS_INFORMATION PrimaryTokenInformation,
    PTOKEN_ACCESS_INFORMATION ClientTokenInformation, ACCESS_MASK DesiredAccess,
    ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET *Privileges,
    PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess,
    PNTSTATUS AccessStatus);
NTKERNELAPI BOOLEAN SeAccessCheckFromStateEx(
    PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_TOKEN PrimaryToken, PACCESS_TOKEN ClientToken,
    ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET *Privileges,
    PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess,
    PNTSTATUS AccessStatus);
NTKERNELAPI NTSTATUS SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges);
NTKERNELAPI VOID SeFreePrivileges(PPRIVILEGE_SET Privileges);
NTKERNELAPI BOOLEAN SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges,
                                     PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                                     KPROCESSOR_MODE AccessMode);
NTKERNELAPI VOID SeSetAccessStateGenericMapping(PACCESS_STATE AccessState,
                                                PGENERIC_MAPPING GenericMapping);
NTKERNELAPI VOID SeAuditHardLinkCreation(PUNICODE_STRING FileName, PUNICODE_STRING LinkName,
                                         BOOLEAN bSuccess);
NTKERNELAPI BOOLEAN SeAuditingHardLinkEvents(BOOLEAN AccessGranted,
                                             PSECURITY_DESCRIPTOR SecurityDescriptor);
NTKERNELAPI BOOLEAN SeAuditingFileEvents(BOOLEAN AccessGranted,
                                         PSECURITY_DESCRIPTOR SecurityDescriptor);
NTKERNELAPI BOOLEAN SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted,
                                                 PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                 PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext);
NTKERNELAPI VOID SeOpenObjectAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                        PUNICODE_STRING AbsoluteObjectName,
                                        PSECURITY_DESCRIPTOR SecurityDescriptor,
                                        PACCESS_STATE AccessState, BOOLEAN ObjectCreated,
                                        BOOLEAN AccessGranted, KPROCESSOR_MODE AccessMode,
                                        PBOOLEAN GenerateOnClose);
NTKERNELAPI VOID SeOpenObjectForDeleteAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                                 PUNICODE_STRING AbsoluteObjectName,
                                                 PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                 PACCESS_STATE AccessState, BOOLEAN ObjectCreated,
                                                 BOOLEAN AccessGranted, KPROCESSOR_MODE AccessMode,
                                                 PBOOLEAN GenerateOnClose);
NTKERNELAPI VOID SeDeleteObjectAuditAlarm(PVOID Object, HANDLE Handle);
NTKERNELAPI VOID SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process,
                                           PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI NTSTATUS SeCreateClientSecurity(PETHREAD ClientThread,
                                            PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                            BOOLEAN RemoteSession,
                                            PSECURITY_CLIENT_CONTEXT ClientContext);
NTKERNELAPI NTSTATUS SeCreateClientSecurityFromSubjectContext(
    PSECURITY_SUBJECT_CONTEXT SubjectContext, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
    BOOLEAN ServerIsRemote, PSECURITY_CLIENT_CONTEXT ClientContext);
NTKERNELAPI VOID SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread);
NTKERNELAPI NTSTATUS SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext,
                                           PETHREAD ServerThread);
NTKERNELAPI NTSTATUS SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags,
                                   PTOKEN_GROUPS SidsToDisable,
                                   PTOKEN_PRIVILEGES PrivilegesToDelete,
                                   PTOKEN_GROUPS RestrictedSids, PACCESS_TOKEN *FilteredToken);
NTKERNELAPI NTSTATUS SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *pImageFileName);
NTKERNELAPI NTSTATUS SeMarkLogonSessionForTerminationNotification(PLUID LogonId);
NTKERNELAPI NTSTATUS
SeRegisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine);
NTKERNELAPI NTSTATUS
SeUnregisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine);
NTKERNELAPI NTSTATUS SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId);
NTKERNELAPI NTSTATUS SeQueryInformationToken(PACCESS_TOKEN Token,
                                             TOKEN_INFORMATION_CLASS TokenInformationClass,
                                             PVOID *TokenInformation);
NTKERNELAPI NTSTATUS SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId);
NTKERNELAPI NTSTATUS SeSetSessionIdToken(PACCESS_TOKEN Token, ULONG SessionId);
NTKERNELAPI NTSTATUS SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation,
                                                   PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                   PULONG Length,
                                                   PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor);
NTKERNELAPI NTSTATUS SeSetSecurityDescriptorInfo(PVOID Object,
                                                 PSECURITY_INFORMATION SecurityInformation,
                                                 PSECURITY_DESCRIPTOR ModificationDescriptor,
                                                 PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                                 POOL_TYPE PoolType,
                                                 PGENERIC_MAPPING GenericMapping);
NTKERNELAPI NTSTATUS SeSetSecurityDescriptorInfoEx(PVOID Object,
                                                   PSECURITY_INFORMATION SecurityInformation,
                                                   PSECURITY_DESCRIPTOR ModificationDescriptor,
                                                   PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                                   ULONG AutoInheritFlags, POOL_TYPE PoolType,
                                                   PGENERIC_MAPPING GenericMapping);
NTKERNELAPI BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN Token);
NTKERNELAPI BOOLEAN SeTokenIsRestricted(PACCESS_TOKEN Token);
NTKERNELAPI TOKEN_TYPE SeTokenType(PACCESS_TOKEN Token);
NTKERNELAPI BOOLEAN SeTokenIsNoChildProcessRestrictionEnforced(PACCESS_TOKEN Token);
NTKERNELAPI VOID SeTokenGetNoChildProcessRestricted(PACCESS_TOKEN Token, PBOOLEAN Enforced,
                                                    PBOOLEAN UnlessSecure, PBOOLEAN AuditOnly);
NTKERNELAPI NTSTATUS SeTokenSetNoChildProcessRestricted(PACCESS_TOKEN Token, BOOLEAN UnlessSecure,
                                                        BOOLEAN AuditOnly);

/* ---- impersonation and quotas of processes and threads ---- */

NTKERNELAPI NTSTATUS PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen,
                                         BOOLEAN EffectiveOnly,
                                         SECURITY_IMPERSONATION_LEVEL ImpersonationLevel);
NTKERNELAPI VOID PsRevertToSelf(VOID);
NTKERNELAPI PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS Process);
NTKERNELAPI VOID PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken);
NTKERNELAPI PACCESS_TOKEN
PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                              PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel);
NTKERNELAPI VOID PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken);
NTKERNELAPI VOID PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
NTKERNELAPI VOID PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
NTKERNELAPI BOOLEAN PsIsDiskCountersEnabled(VOID);
NTKERNELAPI VOID PsUpdateDiskCounters(PEPROCESS Process, ULONG64 BytesRead, ULONG64 BytesWritten,
                                      ULONG ReadOperationCount, ULONG WriteOperationCount,
                                      ULONG FlushOperationCount);

/* ---- security identifiers, lists and descriptors ---- */

NTSYSAPI BOOLEAN RtlValidSid(PSID Sid);
NTSYSAPI BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2);
NTSYSAPI BOOLEAN RtlEqualPrefixSid(PSID Sid1, PSID Sid2);
NTSYSAPI ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount);
NTSYSAPI ULONG RtlLengthSid(PSID Sid);
NTSYSAPI PVOID RtlFreeSid(PSID Sid);
NTSYSAPI NTSTATUS RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                              UCHAR SubAuthorityCount, ULONG SubAuthority0,
                                              ULONG SubAuthority1, ULONG SubAuthority2,
                                              ULONG SubAuthority3, ULONG SubAuthority4,
                                              ULONG SubAuthority5, ULONG SubAuthority6,
                                              ULONG SubAuthority7, PSID *Sid);
NTSYSAPI NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                   UCHAR SubAuthorityCount);
NTSYSAPI NTSTATUS RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                     UCHAR SubAuthorityCount, ...);
NTSYSAPI PSID_IDENTIFIER_AUTHORITY RtlIdentifierAuthoritySid(PSID Sid);
NTSYSAPI PULONG RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority);
NTSYSAPI PUCHAR RtlSubAuthorityCountSid(PSID Sid);
NTSYSAPI NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid);
NTSYSAPI NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid,
                                               BOOLEAN AllocateDestinationString);
NTSYSAPI VOID RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid);
NTSYSAPI NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision);
NTSYSAPI NTSTATUS RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList,
                            ULONG AceListLength);
NTSYSAPI NTSTATUS RtlDeleteAce(PACL Acl, ULONG AceIndex);
NTSYSAPI NTSTATUS RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace);
NTSYSAPI NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask,
                                         PSID Sid);
NTSYSAPI NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags,
                                           ACCESS_MASK AccessMask, PSID Sid);
NTSYSAPI NTSTATUS RtlCreateSecurityDescriptorRelative(
    PISECURITY_DESCRIPTOR_RELATIVE SecurityDescriptor, ULONG Revision);
NTSYSAPI NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                               PBOOLEAN DaclPresent, PACL *Dacl,
                                               PBOOLEAN DaclDefaulted);
NTSYSAPI NTSTATUS RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                               PBOOLEAN SaclPresent, PACL *Sacl,
                                               PBOOLEAN SaclDefaulted);
NTSYSAPI NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                PSID *Owner, PBOOLEAN OwnerDefaulted);
NTSYSAPI NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner,
                                                BOOLEAN OwnerDefaulted);
NTSYSAPI NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                PSID *Group, PBOOLEAN GroupDefaulted);
NTSYSAPI NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group,
                                                BOOLEAN GroupDefaulted);
NTSYSAPI NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                              PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                              PULONG BufferLength);
NTSYSAPI NTSTATUS RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                              PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                              PULONG AbsoluteSecurityDescriptorSize, PACL Dacl,
                                              PULONG DaclSize, PACL Sacl, PULONG SaclSize,
                                              PSID Owner, PULONG OwnerSize, PSID PrimaryGroup,
                                              PULONG PrimaryGroupSize);

EXTERN_C_END

#endif
