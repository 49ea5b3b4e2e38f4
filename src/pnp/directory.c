/*
 * Directories of drivers and devices for their files.
 *
 * The image of a driver lies in \SystemRoot\System32\drivers, its data in \DriverData\NAME, what it
 * shares in \DriverData\NAME\Shared, a device's data in \DriverData\Devices with the instance path
 * in one component. They are opened as any file: a machine has no disk of its own, so until a file
 * system under test serves these names the open fails, as it does on Windows before the volumes
 * have started.
 *
 * wdm/nf-wdm-iogetdriverdirectory, nf-wdm-iogetdevicedirectory
 */
#include "pnp/device.h"

#include <stdio.h>

#include "ki/gate.h"
#include "pnp/internal.h"

static NTSTATUS pnp_open_directory(struct machine *m, const char *path, bool make, HANDLE *handle) {
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING wide = io_wide(m, path);
    struct io_create create = {
        .access = FILE_GENERIC_READ | FILE_GENERIC_WRITE | SYNCHRONIZE,
        .attributes = FILE_ATTRIBUTE_NORMAL,
        .share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        .disposition = make ? FILE_OPEN_IF : FILE_OPEN,
        .options = FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT,
    };
    if (!wide.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    InitializeObjectAttributes(&attributes, &wide, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    NTSTATUS status = io_create_file(m, KernelMode, &create, handle, &attributes, &iosb);
    io_wide_free(m, &wide);
    return status;
}

NTSTATUS IoGetDriverDirectory(PDRIVER_OBJECT DriverObject, DRIVER_DIRECTORY_TYPE DirectoryType,
                              ULONG Flags, PHANDLE DriverDirectoryHandle) {
    KI_GATE(IoGetDriverDirectory);
    char path[256];
    if (!DriverObject || !DriverDirectoryHandle || Flags ||
        (ULONG)DirectoryType > DriverDirectorySharedData)
        return STATUS_INVALID_PARAMETER;
    const UNICODE_STRING *key = &DriverObject->DriverExtension->ServiceKeyName;
    const char *name = ki_intern_wide(m, key->Buffer, key->Length / sizeof(WCHAR));
    if (DirectoryType == DriverDirectoryImage)
        return pnp_open_directory(m, "\\SystemRoot\\System32\\drivers", false,
                                  DriverDirectoryHandle);
    snprintf(path, sizeof path, "\\DriverData\\%s%s", name,
             DirectoryType == DriverDirectorySharedData ? "\\Shared" : "");
    return pnp_open_directory(m, path, true, DriverDirectoryHandle);
}

NTSTATUS IoGetDeviceDirectory(PDEVICE_OBJECT PhysicalDeviceObject,
                              DEVICE_DIRECTORY_TYPE DirectoryType, ULONG Flags, PVOID Reserved,
                              PHANDLE DeviceDirectoryHandle) {
    KI_GATE(IoGetDeviceDirectory);
    char path[512];
    if (!PhysicalDeviceObject || !DeviceDirectoryHandle || Flags || Reserved ||
        DirectoryType != DeviceDirectoryData)
        return STATUS_INVALID_PARAMETER;
    const struct pnp_node *node =
        pnp_node_checked(m, PhysicalDeviceObject, __builtin_return_address(0));
    if (!node->path)
        return STATUS_INVALID_PARAMETER;
    size_t length = (size_t)snprintf(path, sizeof path, "\\DriverData\\Devices\\%s", node->path);
    for (size_t i = sizeof "\\DriverData\\Devices"; i < length && i < sizeof path - 1; i++) {
        if (path[i] == '\\')
            path[i] = '#';
    }
    return pnp_open_directory(m, path, true, DeviceDirectoryHandle);
}
