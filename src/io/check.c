/*
 * Checks that file servers make before they act: granted access against what a function needs,
 * lists of extended attributes and of quota entries.
 *
 * ntifs/nf-ntifs-iocheckdesiredaccess, -iocheckfunctionaccess, -iocheckeabuffervalidity
 */
#include "io/io.h"

NTSTATUS IoCheckDesiredAccess(PACCESS_MASK DesiredAccess, ACCESS_MASK GrantedAccess) {
    KI_GATE(IoCheckDesiredAccess);
    (void)m;
    const GENERIC_MAPPING *map = &io_file_type.mapping;
    ACCESS_MASK mask = *DesiredAccess;
    if (mask & GENERIC_READ)
        mask |= map->GenericRead;
    if (mask & GENERIC_WRITE)
        mask |= map->GenericWrite;
    if (mask & GENERIC_EXECUTE)
        mask |= map->GenericExecute;
    if (mask & GENERIC_ALL)
        mask |= map->GenericAll;
    mask &= ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
    *DesiredAccess = mask;
    return mask & ~GrantedAccess ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static ACCESS_MASK io_control_needs(ULONG code) {
    ULONG access = code >> 14 & 3;
    return (access & FILE_READ_ACCESS ? FILE_READ_DATA : 0) |
           (access & FILE_WRITE_ACCESS ? FILE_WRITE_DATA : 0);
}

/* One of the rights in the mask is enough for a write; all are needed otherwise. */
NTSTATUS IoCheckFunctionAccess(ACCESS_MASK GrantedAccess, UCHAR MajorFunction, UCHAR MinorFunction,
                               ULONG IoControlCode, PVOID Arg1, PVOID Arg2) {
    KI_GATE(IoCheckFunctionAccess);
    (void)m;
    (void)MinorFunction;
    (void)Arg2;
    ACCESS_MASK needed = 0;
    bool any = false;
    switch (MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_DIRECTORY_CONTROL:
        needed = FILE_READ_DATA;
        break;
    case IRP_MJ_WRITE:
    case IRP_MJ_FLUSH_BUFFERS:
        needed = FILE_WRITE_DATA | FILE_APPEND_DATA;
        any = true;
        break;
    case IRP_MJ_LOCK_CONTROL:
        needed = FILE_READ_DATA | FILE_WRITE_DATA;
        any = true;
        break;
    case IRP_MJ_QUERY_EA:
        needed = FILE_READ_EA;
        break;
    case IRP_MJ_SET_EA:
        needed = FILE_WRITE_EA;
        break;
    case IRP_MJ_QUERY_INFORMATION:
        needed = io_class_access(*(FILE_INFORMATION_CLASS *)Arg1, false);
        break;
    case IRP_MJ_SET_INFORMATION:
        needed = io_class_access(*(FILE_INFORMATION_CLASS *)Arg1, true);
        break;
    case IRP_MJ_SET_VOLUME_INFORMATION:
        needed = FILE_WRITE_DATA;
        break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        needed = io_control_needs(IoControlCode);
        break;
    case IRP_MJ_QUERY_SECURITY:
        needed = READ_CONTROL;
        break;
    case IRP_MJ_SET_SECURITY:
        needed = WRITE_DAC | WRITE_OWNER;
        any = true;
        break;
    default:
        break;
    }
    bool allowed = any ? (GrantedAccess & needed) != 0 : (GrantedAccess & needed) == needed;
    return allowed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static NTSTATUS io_list_error(const void *list, const void *entry, PULONG offset) {
    *offset = (ULONG)((const char *)entry - (const char *)list);
    return STATUS_EA_LIST_INCONSISTENT;
}

NTSTATUS IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength,
                                 PULONG ErrorOffset) {
    KI_GATE(IoCheckEaBufferValidity);
    (void)m;
    PFILE_FULL_EA_INFORMATION entry = EaBuffer;
    LONG left = (LONG)EaLength;
    for (;;) {
        const LONG head = FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName);
        if (left < head)
            return io_list_error(EaBuffer, entry, ErrorOffset);
        LONG size = head + entry->EaNameLength + 1 + entry->EaValueLength;
        if (left < size || entry->EaName[entry->EaNameLength] != 0)
            return io_list_error(EaBuffer, entry, ErrorOffset);
        if (!entry->NextEntryOffset)
            return STATUS_SUCCESS;
        if (entry->NextEntryOffset != (ULONG)((size + 3) & ~3) ||
            (LONG)entry->NextEntryOffset > left)
            return io_list_error(EaBuffer, entry, ErrorOffset);
        left -= (LONG)entry->NextEntryOffset;
        entry = (PFILE_FULL_EA_INFORMATION)(PVOID)((char *)entry + entry->NextEntryOffset);
    }
}

/* ---- quota entries and reparse data ---- */

static NTSTATUS io_quota_error(const void *list, const void *entry, PULONG offset) {
    io_list_error(list, entry, offset);
    return STATUS_QUOTA_LIST_INCONSISTENT;
}

NTSTATUS IoCheckQuotaBufferValidity(PFILE_QUOTA_INFORMATION QuotaBuffer, ULONG QuotaLength,
                                    PULONG ErrorOffset) {
    KI_GATE(IoCheckQuotaBufferValidity);
    (void)m;
    const ULONG head = FIELD_OFFSET(FILE_QUOTA_INFORMATION, Sid);
    const ULONG sid_head = FIELD_OFFSET(SID, SubAuthority);
    PFILE_QUOTA_INFORMATION entry = QuotaBuffer;
    LONG left = (LONG)QuotaLength;
    if ((ULONG_PTR)QuotaBuffer & (sizeof(ULONG) - 1)) {
        *ErrorOffset = 0;
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    for (;;) {
        if (left < (LONG)(head + sid_head))
            return io_quota_error(QuotaBuffer, entry, ErrorOffset);
        ULONG sid = sid_head + entry->Sid.SubAuthorityCount * (ULONG)sizeof(ULONG);
        ULONG next = entry->NextEntryOffset;
        if (entry->Sid.Revision != SID_REVISION ||
            entry->Sid.SubAuthorityCount > SID_MAX_SUB_AUTHORITIES || entry->SidLength != sid ||
            left < (LONG)(head + sid) || next & (sizeof(ULONG) - 1))
            return io_quota_error(QuotaBuffer, entry, ErrorOffset);
        if (!next)
            return STATUS_SUCCESS;
        if (next < head + sid || (LONG)next > left)
            return io_quota_error(QuotaBuffer, entry, ErrorOffset);
        left -= (LONG)next;
        entry = (PFILE_QUOTA_INFORMATION)(PVOID)((char *)entry + next);
    }
}

/*
 * Do the two names of a mount point lie one behind the other, each followed by a null, and fill the
 * data? That is the one form in which name grafting works. `Irp` is the FSCTL_SET_REPARSE_POINT
 * that the buffer came with. The page says nothing more than that the routine exists; what is
 * checked is how mount points are laid out (winioctl's REPARSE_DATA_BUFFER).
 */
BOOLEAN IoIsValidNameGraftingBuffer(PIRP Irp, PREPARSE_DATA_BUFFER ReparseBuffer) {
    KI_GATE(IoIsValidNameGraftingBuffer);
    (void)m;
    ULONG length =
        IoGetCurrentIrpStackLocation(Irp)->Parameters.FileSystemControl.InputBufferLength;
    const ULONG head = FIELD_OFFSET(REPARSE_DATA_BUFFER, GenericReparseBuffer.DataBuffer);
    const ULONG names = FIELD_OFFSET(REPARSE_DATA_BUFFER, MountPointReparseBuffer.PathBuffer);
    if (length < names || ReparseBuffer->ReparseTag != IO_REPARSE_TAG_MOUNT_POINT ||
        head + ReparseBuffer->ReparseDataLength != length)
        return FALSE;
    ULONG substitute = ReparseBuffer->MountPointReparseBuffer.SubstituteNameLength;
    ULONG print = ReparseBuffer->MountPointReparseBuffer.PrintNameLength;
    const WCHAR *path = ReparseBuffer->MountPointReparseBuffer.PathBuffer;
    if (substitute % sizeof(WCHAR) || print % sizeof(WCHAR) ||
        ReparseBuffer->MountPointReparseBuffer.SubstituteNameOffset != 0 ||
        ReparseBuffer->MountPointReparseBuffer.PrintNameOffset != substitute + sizeof(WCHAR) ||
        names + substitute + print + 2 * sizeof(WCHAR) != length)
        return FALSE;
    return !path[substitute / sizeof(WCHAR)] && !path[(substitute + print) / sizeof(WCHAR) + 1];
}
