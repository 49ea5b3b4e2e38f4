/*
 * Services on a file that is named, not open: each opens it, does one thing through the handle, and
 * closes it, so that the drivers below see an ordinary create, cleanup and close.
 *
 * wdm/nf-wdm-zwqueryfullattributesfile, ntifs/nf-ntifs-zwdeletefile,
 * ntifs/nf-ntifs-ntqueryinformationbyname, ntifs/nf-ntifs-iofastquerynetworkattributes
 */
#include "io/io.h"

#define IO_SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static NTSTATUS io_query_by_name(POBJECT_ATTRIBUTES attributes, ACCESS_MASK access, ULONG options,
                                 PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length,
                                 FILE_INFORMATION_CLASS class) {
    IO_STATUS_BLOCK opened;
    HANDLE file;
    NTSTATUS status = ZwOpenFile(&file, access | SYNCHRONIZE, attributes, &opened, IO_SHARE_ALL,
                                 options | FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwQueryInformationFile(file, iosb, buffer, length, class);
    ZwClose(file);
    return status;
}

BOOLEAN IoFastQueryNetworkAttributes(POBJECT_ATTRIBUTES ObjectAttributes, ACCESS_MASK DesiredAccess,
                                     ULONG OpenOptions, PIO_STATUS_BLOCK IoStatus,
                                     PFILE_NETWORK_OPEN_INFORMATION Buffer) {
    KI_GATE(IoFastQueryNetworkAttributes);
    (void)m;
    IoStatus->Information = 0;
    IoStatus->Status = io_query_by_name(ObjectAttributes, DesiredAccess, OpenOptions, IoStatus,
                                        Buffer, sizeof *Buffer, FileNetworkOpenInformation);
    return TRUE; /* the answer is in the status block */
}

NTSTATUS ZwQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
                                   PFILE_NETWORK_OPEN_INFORMATION FileInformation) {
    KI_GATE(ZwQueryFullAttributesFile);
    (void)m;
    IO_STATUS_BLOCK iosb;
    return io_query_by_name(ObjectAttributes, FILE_READ_ATTRIBUTES, FILE_OPEN_REPARSE_POINT, &iosb,
                            FileInformation, sizeof *FileInformation, FileNetworkOpenInformation);
}

/* The classes that can be asked for by name. */
static bool io_is_by_name_class(FILE_INFORMATION_CLASS class) {
    return class == FileStatInformation || class == FileStatLxInformation ||
           class == FileCaseSensitiveInformation;
}

NTSTATUS ZwQueryInformationByName(POBJECT_ATTRIBUTES ObjectAttributes,
                                  PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                  ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
    KI_GATE(ZwQueryInformationByName);
    (void)m;
    if (!io_is_by_name_class(FileInformationClass))
        return STATUS_INVALID_INFO_CLASS;
    return io_query_by_name(ObjectAttributes, FILE_READ_ATTRIBUTES, FILE_OPEN_REPARSE_POINT,
                            IoStatusBlock, FileInformation, Length, FileInformationClass);
}

NTSTATUS NtQueryInformationByName(POBJECT_ATTRIBUTES ObjectAttributes,
                                  PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                  ULONG Length, FILE_INFORMATION_CLASS FileInformationClass) {
    KI_GATE(NtQueryInformationByName);
    if (m->cpu->thread->previous_mode == UserMode) {
        NTSTATUS status = mm_probe(m, IoStatusBlock, sizeof *IoStatusBlock, 4, true);
        if (NT_SUCCESS(status))
            status = mm_probe(m, FileInformation, Length, 4, true);
        if (!NT_SUCCESS(status))
            return status;
    }
    return ZwQueryInformationByName(ObjectAttributes, IoStatusBlock, FileInformation, Length,
                                    FileInformationClass);
}

NTSTATUS ZwDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes) {
    KI_GATE(ZwDeleteFile);
    (void)m;
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    NTSTATUS status =
        ZwOpenFile(&file, DELETE, ObjectAttributes, &iosb, IO_SHARE_ALL, FILE_DELETE_ON_CLOSE);
    return NT_SUCCESS(status) ? ZwClose(file) : status;
}
