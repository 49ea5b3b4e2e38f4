/*
 * What an interface has of its own: a registry key for drivers, and properties.
 *
 * The key that IoOpenDeviceInterfaceRegistryKey opens is Device Parameters below the instance's key
 * in DeviceClasses. Properties of the system are the class, the device, whether it is enabled, the
 * reference string and the friendly name; the last one can be set, as any key of a driver's own.
 *
 * wdm/nf-wdm-ioopendeviceinterfaceregistrykey, nf-wdm-iogetdeviceinterfacepropertydata
 */
#include "pnp/device.h"

#include <devpkey.h>
#include <string.h>

#include "ki/gate.h"
#include "pnp/internal.h"

NTSTATUS IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName,
                                          ACCESS_MASK DesiredAccess,
                                          PHANDLE DeviceInterfaceRegKey) {
    KI_GATE(IoOpenDeviceInterfaceRegistryKey);
    if (!SymbolicLinkName || !SymbolicLinkName->Length || SymbolicLinkName->Buffer[0] != '\\')
        return STATUS_INVALID_PARAMETER;
    const struct pnp_interface *i = pnp_interface_find(m, SymbolicLinkName);
    struct cm_key *key = i ? pnp_interface_key(m, i, false) : NULL;
    if (!key)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    key = pnp_key(m, key, "Device Parameters", true);
    return key ? pnp_key_handle(m, key, DesiredAccess, DeviceInterfaceRegKey)
               : STATUS_INSUFFICIENT_RESOURCES;
}

/* Values that are made up; *size 0 and false: the key is not one of these. */
static bool pnp_interface_value(struct machine *m, const struct pnp_interface *i,
                                const DEVPROPKEY *key, struct pnp_value *value, DEVPROPTYPE *type) {
    *value = (struct pnp_value){0};
    if (IsEqualDevPropKey(*key, DEVPKEY_DeviceInterface_Enabled)) {
        value->number = (UCHAR)(i->enabled ? DEVPROP_TRUE : DEVPROP_FALSE);
        value->data = &value->number;
        value->size = sizeof(DEVPROP_BOOLEAN);
        *type = DEVPROP_TYPE_BOOLEAN;
    } else if (IsEqualDevPropKey(*key, DEVPKEY_DeviceInterface_ClassGuid)) {
        value->data = &i->class->guid;
        value->size = sizeof i->class->guid;
        *type = DEVPROP_TYPE_GUID;
    } else if (IsEqualDevPropKey(*key, DEVPKEY_DeviceInterface_ReferenceString)) {
        size_t skip = i->name.Length > i->base ? sizeof(WCHAR) : 0;
        value->data = (const char *)i->name.Buffer + i->base + skip;
        value->size = i->name.Length - i->base - skip + sizeof(WCHAR);
        *type = DEVPROP_TYPE_STRING;
    } else if (IsEqualDevPropKey(*key, DEVPKEY_Device_InstanceId)) {
        UNICODE_STRING wide = io_wide(m, i->path);
        value->owned = wide.Buffer;
        value->data = wide.Buffer;
        value->size = wide.Buffer ? wide.Length + sizeof(WCHAR) : 0;
        *type = DEVPROP_TYPE_STRING;
    } else {
        return false;
    }
    return true;
}

NTSTATUS IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName,
                                          const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                          ULONG Size, PVOID Data, PULONG RequiredSize,
                                          PDEVPROPTYPE Type) {
    KI_GATE(IoGetDeviceInterfacePropertyData);
    const struct pnp_interface *i = pnp_interface_find(m, SymbolicLinkName);
    struct pnp_value value;
    *RequiredSize = 0;
    if (Flags)
        return STATUS_INVALID_PARAMETER;
    if (!pnp_property_lcid_valid(Lcid))
        return STATUS_UNSUCCESSFUL;
    if (!i)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (pnp_interface_value(m, i, PropertyKey, &value, Type)) {
        NTSTATUS status = pnp_property_give(value.data, value.size, Size, Data, RequiredSize);
        if (value.owned)
            mm_pool_free(m, value.owned, 0);
        return status;
    }
    const struct cm_key *key = pnp_interface_key(m, i, false);
    return key ? pnp_property_get(m, key, PropertyKey, Lcid, Size, Data, RequiredSize, Type)
               : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName,
                                          const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                          DEVPROPTYPE Type, ULONG Size, PVOID Data) {
    KI_GATE(IoSetDeviceInterfacePropertyData);
    const struct pnp_interface *i = pnp_interface_find(m, SymbolicLinkName);
    struct pnp_value value;
    DEVPROPTYPE type;
    if (Flags & ~(ULONG)PLUGPLAY_PROPERTY_PERSISTENT || PropertyKey->pid < DEVPROPID_FIRST_USABLE ||
        !pnp_property_valid(Type, Size, Data))
        return STATUS_INVALID_PARAMETER;
    if (!pnp_property_lcid_valid(Lcid))
        return STATUS_UNSUCCESSFUL;
    if (!i)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (pnp_interface_value(m, i, PropertyKey, &value, &type)) {
        if (value.owned)
            mm_pool_free(m, value.owned, 0);
        return STATUS_ACCESS_DENIED;
    }
    struct cm_key *key = pnp_interface_key(m, i, true);
    return key ? pnp_property_set(m, key, PropertyKey, Lcid, Type, Size, Data)
               : STATUS_INSUFFICIENT_RESOURCES;
}
