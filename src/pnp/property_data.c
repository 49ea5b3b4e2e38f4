/*
 * Properties by key: IoGetDevicePropertyData, IoSetDevicePropertyData.
 *
 * Keys that name what IoGetDeviceProperty knows read the same source; a few more are answered from
 * the node. All others are the drivers' own: they are kept in the registry, below the hardware key
 * (or, for an interface, its key) as Properties\{format}\0002 with the type of the property in the
 * type of the value, so they last as long as the keys do. The unnamed value is the one of the
 * neutral language, others are named by their locale.
 *
 * Judgements: system keys can be set only where an installation could (description, friendly name,
 * and such texts); others are STATUS_ACCESS_DENIED. A value whose size does not fit its type is
 * STATUS_INVALID_PARAMETER.
 *
 * wdm/nf-wdm-iogetdevicepropertydata, nf-wdm-iosetdevicepropertydata
 */
#include "pnp/device.h"

#include <devpkey.h>
#include <stdio.h>
#include <string.h>

#include "ki/gate.h"
#include "pnp/internal.h"

/* ---- what a key may hold ---- */

/* Bytes of one value of a type; 0: any number. */
static ULONG pnp_type_size(DEVPROPTYPE type) {
    static const UCHAR sizes[MAX_DEVPROP_TYPE + 1] = {
        [DEVPROP_TYPE_SBYTE] = 1,
        [DEVPROP_TYPE_BYTE] = 1,
        [DEVPROP_TYPE_INT16] = 2,
        [DEVPROP_TYPE_UINT16] = 2,
        [DEVPROP_TYPE_INT32] = 4,
        [DEVPROP_TYPE_UINT32] = 4,
        [DEVPROP_TYPE_INT64] = 8,
        [DEVPROP_TYPE_UINT64] = 8,
        [DEVPROP_TYPE_FLOAT] = 4,
        [DEVPROP_TYPE_DOUBLE] = 8,
        [DEVPROP_TYPE_DECIMAL] = 16,
        [DEVPROP_TYPE_GUID] = 16,
        [DEVPROP_TYPE_CURRENCY] = 8,
        [DEVPROP_TYPE_DATE] = 8,
        [DEVPROP_TYPE_FILETIME] = 8,
        [DEVPROP_TYPE_BOOLEAN] = 1,
        [DEVPROP_TYPE_DEVPROPKEY] = sizeof(DEVPROPKEY),
        [DEVPROP_TYPE_DEVPROPTYPE] = 4,
        [DEVPROP_TYPE_ERROR] = 4,
        [DEVPROP_TYPE_NTSTATUS] = 4,
    };
    return sizes[type & DEVPROP_MASK_TYPE];
}

bool pnp_property_valid(DEVPROPTYPE type, ULONG size, const void *data) {
    DEVPROPTYPE base = type & DEVPROP_MASK_TYPE, modifier = type & DEVPROP_MASK_TYPEMOD;
    if (base > MAX_DEVPROP_TYPE || modifier > MAX_DEVPROP_TYPEMOD ||
        type & ~(DEVPROPTYPE)(DEVPROP_MASK_TYPE | DEVPROP_MASK_TYPEMOD))
        return false;
    if (!data)
        return true;
    if (base == DEVPROP_TYPE_EMPTY || base == DEVPROP_TYPE_NULL)
        return base == DEVPROP_TYPE_NULL && !modifier && !size;
    ULONG one = pnp_type_size(type);
    if (modifier == DEVPROP_TYPEMOD_ARRAY)
        return one && size % one == 0;
    if (modifier == DEVPROP_TYPEMOD_LIST || base == DEVPROP_TYPE_STRING)
        return size >= sizeof(WCHAR) && size % sizeof(WCHAR) == 0 &&
               ((const WCHAR *)data)[size / sizeof(WCHAR) - 1] == 0;
    return !one || size == one;
}

/* ---- keys of drivers, in the registry ---- */

#define PNP_PROPERTY_REG_TYPE 0xffff0000u

static struct cm_key *pnp_property_key(struct machine *m, const struct cm_key *owner,
                                       const DEVPROPKEY *key, bool create) {
    char path[PNP_GUID_LENGTH + 40], guid[PNP_GUID_LENGTH + 1];
    pnp_guid_text(&key->fmtid, guid);
    snprintf(path, sizeof path, "Properties\\%s\\%04X", guid, (unsigned)key->pid);
    return pnp_key(m, (struct cm_key *)owner, path, create);
}

static const char *pnp_property_name(LCID lcid, char name[12]) {
    name[0] = 0;
    if (lcid)
        snprintf(name, 12, "%08X", (unsigned)lcid);
    return name;
}

NTSTATUS pnp_property_set(struct machine *m, struct cm_key *owner, const DEVPROPKEY *key, LCID lcid,
                          DEVPROPTYPE type, ULONG size, const void *data) {
    char name[12];
    struct cm_key *place = pnp_property_key(m, owner, key, data != NULL);
    pnp_property_name(lcid, name);
    if (data)
        return place ? pnp_key_set(m, place, name, PNP_PROPERTY_REG_TYPE | type, data, size)
                     : STATUS_INSUFFICIENT_RESOURCES;
    const struct cm_value *value = place ? pnp_key_value(place, name) : NULL;
    if (!value)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    UNICODE_STRING copy = value->name;
    cm_value_delete(m, place, &copy);
    return STATUS_SUCCESS;
}

NTSTATUS pnp_property_get(struct machine *m, const struct cm_key *owner, const DEVPROPKEY *key,
                          LCID lcid, ULONG size, void *data, PULONG required, PDEVPROPTYPE type) {
    char name[12];
    const struct cm_key *place = pnp_property_key(m, owner, key, false);
    const struct cm_value *value =
        place ? pnp_key_value(place, pnp_property_name(lcid, name)) : NULL;
    *required = 0;
    if (!value)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *type = value->type & ~PNP_PROPERTY_REG_TYPE;
    return pnp_property_give(value->data, value->size, size, data, required);
}

/* ---- keys of the system ---- */

enum pnp_source {
    PNP_OLD,      /* a DEVICE_REGISTRY_PROPERTY */
    PNP_HARDWARE, /* a value of the hardware key */
    PNP_SOFTWARE, /* a value of the software key */
    PNP_NODE,     /* something of the node */
};
enum pnp_node_property {
    PNP_INSTANCE_ID,
    PNP_PARENT,
    PNP_CHILDREN,
    PNP_PROBLEM,
    PNP_CONTAINER,
    PNP_REPORTED_DESCRIPTION,
    PNP_NUMA_NODE,
    PNP_CLASS_GUID,
};

static const struct pnp_system_key {
    const DEVPROPKEY *key;
    DEVPROPTYPE type;
    enum pnp_source source;
    int what;
    const char *name;
    bool writable;
} pnp_system_keys[] = {
    {&DEVPKEY_Device_DeviceDesc, DEVPROP_TYPE_STRING, PNP_HARDWARE, 0, "DeviceDesc", true},
    {&DEVPKEY_Device_HardwareIds, DEVPROP_TYPE_STRING_LIST, PNP_HARDWARE, 0, "HardwareID", false},
    {&DEVPKEY_Device_CompatibleIds, DEVPROP_TYPE_STRING_LIST, PNP_HARDWARE, 0, "CompatibleIDs",
     false},
    {&DEVPKEY_Device_Service, DEVPROP_TYPE_STRING, PNP_HARDWARE, 0, "Service", false},
    {&DEVPKEY_Device_Class, DEVPROP_TYPE_STRING, PNP_OLD, DevicePropertyClassName, NULL, false},
    {&DEVPKEY_Device_ClassGuid, DEVPROP_TYPE_GUID, PNP_NODE, PNP_CLASS_GUID, NULL, false},
    {&DEVPKEY_Device_Driver, DEVPROP_TYPE_STRING, PNP_HARDWARE, 0, "Driver", false},
    {&DEVPKEY_Device_ConfigFlags, DEVPROP_TYPE_UINT32, PNP_HARDWARE, 0, "ConfigFlags", true},
    {&DEVPKEY_Device_Manufacturer, DEVPROP_TYPE_STRING, PNP_HARDWARE, 0, "Mfg", true},
    {&DEVPKEY_Device_FriendlyName, DEVPROP_TYPE_STRING, PNP_HARDWARE, 0, "FriendlyName", true},
    {&DEVPKEY_Device_LocationInfo, DEVPROP_TYPE_STRING, PNP_HARDWARE, 0, "LocationInformation",
     true},
    {&DEVPKEY_Device_PDOName, DEVPROP_TYPE_STRING, PNP_OLD, DevicePropertyPhysicalDeviceObjectName,
     NULL, false},
    {&DEVPKEY_Device_Capabilities, DEVPROP_TYPE_UINT32, PNP_HARDWARE, 0, "Capabilities", false},
    {&DEVPKEY_Device_UINumber, DEVPROP_TYPE_UINT32, PNP_OLD, DevicePropertyUINumber, NULL, false},
    {&DEVPKEY_Device_UpperFilters, DEVPROP_TYPE_STRING_LIST, PNP_HARDWARE, 0, "UpperFilters", true},
    {&DEVPKEY_Device_LowerFilters, DEVPROP_TYPE_STRING_LIST, PNP_HARDWARE, 0, "LowerFilters", true},
    {&DEVPKEY_Device_BusTypeGuid, DEVPROP_TYPE_GUID, PNP_OLD, DevicePropertyBusTypeGuid, NULL,
     false},
    {&DEVPKEY_Device_LegacyBusType, DEVPROP_TYPE_UINT32, PNP_OLD, DevicePropertyLegacyBusType, NULL,
     false},
    {&DEVPKEY_Device_BusNumber, DEVPROP_TYPE_UINT32, PNP_OLD, DevicePropertyBusNumber, NULL, false},
    {&DEVPKEY_Device_EnumeratorName, DEVPROP_TYPE_STRING, PNP_OLD, DevicePropertyEnumeratorName,
     NULL, false},
    {&DEVPKEY_Device_Address, DEVPROP_TYPE_UINT32, PNP_OLD, DevicePropertyAddress, NULL, false},
    {&DEVPKEY_Device_RemovalPolicy, DEVPROP_TYPE_UINT32, PNP_OLD, DevicePropertyRemovalPolicy, NULL,
     false},
    {&DEVPKEY_Device_InstallState, DEVPROP_TYPE_UINT32, PNP_OLD, DevicePropertyInstallState, NULL,
     false},
    {&DEVPKEY_Device_InstanceId, DEVPROP_TYPE_STRING, PNP_NODE, PNP_INSTANCE_ID, NULL, false},
    {&DEVPKEY_Device_Parent, DEVPROP_TYPE_STRING, PNP_NODE, PNP_PARENT, NULL, false},
    {&DEVPKEY_Device_Children, DEVPROP_TYPE_STRING_LIST, PNP_NODE, PNP_CHILDREN, NULL, false},
    {&DEVPKEY_Device_ProblemCode, DEVPROP_TYPE_UINT32, PNP_NODE, PNP_PROBLEM, NULL, false},
    {&DEVPKEY_Device_ContainerId, DEVPROP_TYPE_GUID, PNP_NODE, PNP_CONTAINER, NULL, false},
    {&DEVPKEY_Device_BusReportedDeviceDesc, DEVPROP_TYPE_STRING, PNP_NODE, PNP_REPORTED_DESCRIPTION,
     NULL, false},
    {&DEVPKEY_Device_Numa_Node, DEVPROP_TYPE_UINT32, PNP_NODE, PNP_NUMA_NODE, NULL, false},
    {&DEVPKEY_Device_DriverDesc, DEVPROP_TYPE_STRING, PNP_SOFTWARE, 0, "DriverDesc", false},
    {&DEVPKEY_Device_DriverVersion, DEVPROP_TYPE_STRING, PNP_SOFTWARE, 0, "DriverVersion", false},
    {&DEVPKEY_Device_DriverProvider, DEVPROP_TYPE_STRING, PNP_SOFTWARE, 0, "ProviderName", false},
    {&DEVPKEY_Device_DriverInfPath, DEVPROP_TYPE_STRING, PNP_SOFTWARE, 0, "InfPath", false},
    {&DEVPKEY_Device_DriverInfSection, DEVPROP_TYPE_STRING, PNP_SOFTWARE, 0, "InfSection", false},
    {&DEVPKEY_Device_MatchingDeviceId, DEVPROP_TYPE_STRING, PNP_SOFTWARE, 0, "MatchingDeviceId",
     false},
};

static const struct pnp_system_key *pnp_system_key(const DEVPROPKEY *key) {
    for (size_t i = 0; i < KI_COUNT(pnp_system_keys); i++) {
        if (IsEqualDevPropKey(*pnp_system_keys[i].key, *key))
            return &pnp_system_keys[i];
    }
    return NULL;
}

/* The instance path as a text with its terminator. */
static NTSTATUS pnp_value_path(struct machine *m, const struct pnp_node *node,
                               struct pnp_value *value) {
    UNICODE_STRING wide = io_wide(m, node && node->path ? node->path : "");
    if (!node || !node->path || !wide.Buffer) {
        io_wide_free(m, &wide);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    value->owned = wide.Buffer;
    value->data = wide.Buffer;
    value->size = wide.Length + sizeof(WCHAR);
    return STATUS_SUCCESS;
}

static NTSTATUS pnp_value_children(struct machine *m, const struct pnp_node *node,
                                   struct pnp_value *value) {
    size_t room = 1, length = 0;
    const LIST_ENTRY *head = &node->children, *at;
    for (at = head->Flink; at != head; at = at->Flink) {
        const struct pnp_node *child = CONTAINING_RECORD(at, struct pnp_node, sibling);
        room += child->path ? strlen(child->path) + 1 : 0;
    }
    if (room == 1)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    WCHAR *list = mm_pool_allocate_zeroed(m, PagedPool, room * sizeof(WCHAR), IO_TAG_NAME);
    if (!list)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (at = head->Flink; at != head; at = at->Flink) {
        const struct pnp_node *child = CONTAINING_RECORD(at, struct pnp_node, sibling);
        UNICODE_STRING wide = io_wide(m, child->path ? child->path : "");
        if (wide.Buffer && wide.Length) {
            memcpy(list + length, wide.Buffer, wide.Length);
            length += wide.Length / sizeof(WCHAR) + 1;
        }
        io_wide_free(m, &wide);
    }
    value->owned = list;
    value->data = list;
    value->size = (length + 1) * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

static NTSTATUS pnp_value_of(struct pnp_value *value, ULONG number) {
    value->number = number;
    value->data = &value->number;
    value->size = sizeof number;
    return STATUS_SUCCESS;
}

/* A {guid} in text of `length` characters as a GUID. */
static NTSTATUS pnp_value_guid(struct machine *m, const WCHAR *text, size_t length,
                               struct pnp_value *value) {
    GUID guid;
    if (!text || !pnp_guid_parse(text, length, &guid))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    GUID *copy = mm_pool_allocate(m, PagedPool, sizeof guid, IO_TAG_NAME);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    *copy = guid;
    value->owned = copy;
    value->data = copy;
    value->size = sizeof guid;
    return STATUS_SUCCESS;
}

static NTSTATUS pnp_value_of_node(struct machine *m, const struct pnp_node *node,
                                  enum pnp_node_property what, struct pnp_value *value) {
    const struct cm_value *found;
    switch (what) {
    case PNP_INSTANCE_ID:
        return pnp_value_path(m, node, value);
    case PNP_PARENT:
        return pnp_value_path(m, node->parent, value);
    case PNP_CHILDREN:
        return pnp_value_children(m, node, value);
    case PNP_PROBLEM:
        return pnp_value_of(value, node->problem);
    case PNP_NUMA_NODE:
        return pnp_value_of(value, 0);
    case PNP_CONTAINER:
        return pnp_value_guid(m, node->container_id, PNP_GUID_LENGTH, value);
    case PNP_CLASS_GUID:
        found = pnp_key_value(pnp_hardware_key(m, node, false), "ClassGUID");
        return pnp_value_guid(m, found ? found->data : NULL,
                              found ? found->size / sizeof(WCHAR) - 1 : 0, value);
    case PNP_REPORTED_DESCRIPTION:
        if (!node->description || !*node->description)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        value->data = node->description;
        value->size = (pnp_wide_length(node->description) + 1) * sizeof(WCHAR);
        return STATUS_SUCCESS;
    default:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
}

static NTSTATUS pnp_system_value(struct machine *m, struct pnp_node *node,
                                 const struct pnp_system_key *system, struct pnp_value *value) {
    *value = (struct pnp_value){0};
    if (system->source == PNP_OLD)
        return pnp_device_property(m, node, (DEVICE_REGISTRY_PROPERTY)system->what, value);
    if (system->source == PNP_NODE)
        return pnp_value_of_node(m, node, (enum pnp_node_property)system->what, value);
    const struct cm_value *found =
        pnp_key_value(system->source == PNP_HARDWARE ? pnp_hardware_key(m, node, false)
                                                     : pnp_software_key(m, node),
                      system->name);
    if (!found)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    value->data = found->data;
    value->size = found->size;
    return STATUS_SUCCESS;
}

/* ---- the routines ---- */

NTSTATUS IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid,
                                 ULONG Flags, ULONG Size, PVOID Data, PULONG RequiredSize,
                                 PDEVPROPTYPE Type) {
    KI_GATE(IoGetDevicePropertyData);
    struct pnp_node *node = pnp_node_checked(m, Pdo, __builtin_return_address(0));
    const struct pnp_system_key *system = pnp_system_key(PropertyKey);
    struct pnp_value value;
    *RequiredSize = 0;
    if (Flags || !pnp_property_lcid_valid(Lcid))
        return STATUS_INVALID_PARAMETER;
    if (!system) {
        const struct cm_key *key = pnp_hardware_key(m, node, false);
        return key ? pnp_property_get(m, key, PropertyKey, Lcid, Size, Data, RequiredSize, Type)
                   : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    NTSTATUS status = pnp_system_value(m, node, system, &value);
    if (NT_SUCCESS(status)) {
        *Type = system->type;
        status = pnp_property_give(value.data, value.size, Size, Data, RequiredSize);
    }
    if (value.owned)
        mm_pool_free(m, value.owned, 0);
    return status;
}

/* A system key that is a value of the hardware key. */
static NTSTATUS pnp_set_system_value(struct machine *m, struct cm_key *key,
                                     const struct pnp_system_key *system, DEVPROPTYPE type,
                                     ULONG size, const void *data) {
    ULONG registry_type = system->type == DEVPROP_TYPE_STRING        ? REG_SZ
                          : system->type == DEVPROP_TYPE_STRING_LIST ? REG_MULTI_SZ
                                                                     : REG_DWORD;
    if (!system->writable)
        return STATUS_ACCESS_DENIED;
    if (data && type != system->type)
        return STATUS_INVALID_PARAMETER;
    if (data)
        return pnp_key_set(m, key, system->name, registry_type, data, size);
    const struct cm_value *value = pnp_key_value(key, system->name);
    if (!value)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    UNICODE_STRING copy = value->name;
    cm_value_delete(m, key, &copy);
    return STATUS_SUCCESS;
}

NTSTATUS IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid,
                                 ULONG Flags, DEVPROPTYPE Type, ULONG Size, PVOID Data) {
    KI_GATE(IoSetDevicePropertyData);
    const struct pnp_node *node = pnp_node_checked(m, Pdo, __builtin_return_address(0));
    const struct pnp_system_key *system = pnp_system_key(PropertyKey);
    if (Flags & ~(ULONG)PLUGPLAY_PROPERTY_PERSISTENT || !pnp_property_lcid_valid(Lcid) ||
        PropertyKey->pid < DEVPROPID_FIRST_USABLE || !pnp_property_valid(Type, Size, Data))
        return STATUS_INVALID_PARAMETER;
    struct cm_key *key = pnp_hardware_key(m, node, true);
    if (!key)
        return STATUS_INSUFFICIENT_RESOURCES;
    return system ? pnp_set_system_value(m, key, system, Type, Size, Data)
                  : pnp_property_set(m, key, PropertyKey, Lcid, Type, Size, Data);
}
