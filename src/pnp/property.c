/*
 * IoGetDeviceProperty: what the PnP manager knows of a device, in the older vocabulary.
 *
 * What an installation may change is read from the device's registry keys, what the bus driver said
 * from the node. A text of the registry that is missing is STATUS_OBJECT_NAME_NOT_FOUND; so is what
 * the bus driver did not say.
 *
 * wdm/nf-wdm-iogetdeviceproperty, ne-wdm-device_registry_property
 */
#include "pnp/device.h"

#include <string.h>

#include "ki/gate.h"
#include "pnp/internal.h"

NTSTATUS pnp_property_give(const void *value, size_t length, ULONG room, void *buffer,
                           PULONG result_length) {
    *result_length = (ULONG)length;
    if (length > room || (length && !buffer))
        return STATUS_BUFFER_TOO_SMALL;
    if (length)
        memcpy(buffer, value, length);
    return STATUS_SUCCESS;
}

static NTSTATUS pnp_value_number(struct pnp_value *value, ULONG64 number, size_t size) {
    value->number = number;
    value->data = &value->number;
    value->size = size;
    return STATUS_SUCCESS;
}

static NTSTATUS pnp_value_data(struct pnp_value *value, const void *data, size_t size) {
    value->data = data;
    value->size = size;
    return data ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS pnp_value_registry(struct pnp_value *value, const struct cm_key *key,
                                   const char *name) {
    const struct cm_value *found = pnp_key_value(key, name);
    return found ? pnp_value_data(value, found->data, found->size) : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* A text that is made up here, with its terminator. */
static NTSTATUS pnp_value_own(struct machine *m, struct pnp_value *value, const char *text,
                              size_t length) {
    WCHAR *wide = mm_pool_allocate(m, PagedPool, (length + 1) * sizeof(WCHAR), PNP_TAG);
    if (!wide)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (size_t i = 0; i < length; i++)
        wide[i] = (WCHAR)(unsigned char)text[i];
    wide[length] = 0;
    value->owned = wide;
    return pnp_value_data(value, wide, (length + 1) * sizeof(WCHAR));
}

static NTSTATUS pnp_value_class_name(struct machine *m, const struct pnp_node *node,
                                     struct pnp_value *value) {
    const struct cm_value *guid = pnp_key_value(pnp_hardware_key(m, node, false), "ClassGUID");
    if (!guid || guid->size < sizeof(WCHAR))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    const struct cm_key *class = pnp_key_path(m, pnp_key(m, NULL, PNP_KEY_CLASS, true), guid->data,
                                              guid->size / sizeof(WCHAR) - 1, false);
    return pnp_value_registry(value, class, "Class");
}

static NTSTATUS pnp_value_pdo_name(struct machine *m, const struct pnp_node *node,
                                   struct pnp_value *value) {
    size_t length = ob_full_name(m, node->pdo, NULL, 0);
    WCHAR *name = mm_pool_allocate_zeroed(m, PagedPool, (length + 1) * sizeof(WCHAR), PNP_TAG);
    if (!name)
        return STATUS_INSUFFICIENT_RESOURCES;
    ob_full_name(m, node->pdo, name, length);
    value->owned = name;
    /* A PDO without a name has an empty result. */
    return pnp_value_data(value, name, length ? (length + 1) * sizeof(WCHAR) : 0);
}

static NTSTATUS pnp_value_bus(const struct pnp_node *node, DEVICE_REGISTRY_PROPERTY property,
                              struct pnp_value *value) {
    const PNP_BUS_INFORMATION *bus = &node->bus_information;
    if (!node->has_bus_information)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (property == DevicePropertyBusTypeGuid)
        return pnp_value_data(value, &bus->BusTypeGuid, sizeof bus->BusTypeGuid);
    if (property == DevicePropertyLegacyBusType)
        return pnp_value_number(value, (ULONG)bus->LegacyBusType, sizeof bus->LegacyBusType);
    return pnp_value_number(value, bus->BusNumber, sizeof bus->BusNumber);
}

static DEVICE_REMOVAL_POLICY pnp_removal_policy(const DEVICE_CAPABILITIES *c) {
    if (!c->Removable)
        return c->EjectSupported ? RemovalPolicyExpectOrderlyRemoval : RemovalPolicyExpectNoRemoval;
    return c->SurpriseRemovalOK ? RemovalPolicyExpectSurpriseRemoval
                                : RemovalPolicyExpectOrderlyRemoval;
}

static DEVICE_INSTALL_STATE pnp_install_state(const struct pnp_node *node) {
    return node->service || node->capabilities.RawDeviceOK ? InstallStateInstalled
                                                           : InstallStateNeedsReinstall;
}

static NTSTATUS pnp_value_resources(const CM_RESOURCE_LIST *list, struct pnp_value *value) {
    return pnp_value_data(value, list, list ? pnp_cm_size(list) : 0);
}

/* Those that are values of the hardware key. */
static const struct {
    DEVICE_REGISTRY_PROPERTY property;
    const char *name;
} pnp_registry_properties[] = {
    {DevicePropertyDeviceDescription, "DeviceDesc"},
    {DevicePropertyHardwareID, "HardwareID"},
    {DevicePropertyCompatibleIDs, "CompatibleIDs"},
    {DevicePropertyClassGuid, "ClassGUID"},
    {DevicePropertyDriverKeyName, "Driver"},
    {DevicePropertyManufacturer, "Mfg"},
    {DevicePropertyFriendlyName, "FriendlyName"},
    {DevicePropertyLocationInformation, "LocationInformation"},
    {DevicePropertyContainerID, "ContainerID"},
};

NTSTATUS pnp_device_property(struct machine *m, struct pnp_node *node,
                             DEVICE_REGISTRY_PROPERTY property, struct pnp_value *value) {
    const IO_RESOURCE_REQUIREMENTS_LIST *requirements = node->requirements;
    *value = (struct pnp_value){0};
    for (size_t i = 0; i < KI_COUNT(pnp_registry_properties); i++) {
        if (pnp_registry_properties[i].property == property)
            return pnp_value_registry(value, pnp_hardware_key(m, node, false),
                                      pnp_registry_properties[i].name);
    }
    switch (property) {
    case DevicePropertyBootConfiguration:
    case DevicePropertyBootConfigurationTranslated:
        return pnp_value_resources(node->boot, value);
    case DevicePropertyAllocatedResources:
        return pnp_value_resources(node->raw, value);
    case DevicePropertyResourceRequirements:
        return pnp_value_data(value, requirements, requirements ? requirements->ListSize : 0);
    case DevicePropertyClassName:
        return pnp_value_class_name(m, node, value);
    case DevicePropertyPhysicalDeviceObjectName:
        return pnp_value_pdo_name(m, node, value);
    case DevicePropertyBusTypeGuid:
    case DevicePropertyLegacyBusType:
    case DevicePropertyBusNumber:
        return pnp_value_bus(node, property, value);
    case DevicePropertyEnumeratorName:
        return node->path ? pnp_value_own(m, value, node->path, strcspn(node->path, "\\"))
                          : STATUS_OBJECT_NAME_NOT_FOUND;
    case DevicePropertyAddress:
        return pnp_value_number(value, node->capabilities.Address, sizeof(ULONG));
    case DevicePropertyUINumber:
        return pnp_value_number(value, node->capabilities.UINumber, sizeof(ULONG));
    case DevicePropertyInstallState:
        return pnp_value_number(value, pnp_install_state(node), sizeof(DEVICE_INSTALL_STATE));
    case DevicePropertyRemovalPolicy:
        return pnp_value_number(value, pnp_removal_policy(&node->capabilities),
                                sizeof(DEVICE_REMOVAL_POLICY));
    default:
        return STATUS_INVALID_PARAMETER_2;
    }
}

NTSTATUS IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                             ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength) {
    KI_GATE(IoGetDeviceProperty);
    struct pnp_value value;
    struct pnp_node *node = pnp_node_checked(m, DeviceObject, __builtin_return_address(0));
    NTSTATUS status = pnp_device_property(m, node, DeviceProperty, &value);
    if (NT_SUCCESS(status))
        status =
            pnp_property_give(value.data, value.size, BufferLength, PropertyBuffer, ResultLength);
    else
        *ResultLength = 0;
    if (value.owned)
        mm_pool_free(m, value.owned, PNP_TAG);
    return status;
}

NTSTATUS IoGetDeviceNumaNode(PDEVICE_OBJECT Pdo, PUSHORT NodeNumber) {
    KI_GATE(IoGetDeviceNumaNode);
    if (!Pdo || Pdo->Type != IO_TYPE_DEVICE)
        return STATUS_INVALID_PARAMETER;
    pnp_node_checked(m, Pdo, __builtin_return_address(0));
    /* Devices have no affinity to a node of processors: as on a machine that is not NUMA. */
    *NodeNumber = 0;
    return STATUS_SUCCESS;
}
