/*
 * The registry keys of devices and drivers.
 *
 *     Enum\PCI\VEN_1234\0000                    hardware key: identifiers, class, service
 *     Enum\PCI\VEN_1234\0000\Device Parameters  what PLUGPLAY_REGKEY_DEVICE opens
 *     Control\Class\{guid}                      setup class: name, filters of the class
 *     Control\Class\{guid}\0000                 software key, what PLUGPLAY_REGKEY_DRIVER opens
 *     Services\NAME                             driver; Parameters, PersistentState below it
 *
 * all below \Registry\Machine\System\CurrentControlSet. Keys are looked up by path each time: a
 * driver may delete any of them. A device with drivers that nobody gave a setup class gets the
 * class Unknown, so that its drivers have their software key.
 *
 * wdm/nf-wdm-ioopendeviceregistrykey, nf-wdm-ioopendriverregistrykey
 */
#include "pnp/device.h"

#include <stdio.h>
#include <string.h>

#include "ki/gate.h"
#include "pnp/internal.h"

#define PNP_CONTROL_SET "MACHINE\\SYSTEM\\ControlSet001"
#define PNP_UNKNOWN_CLASS "{4d36e97e-e325-11ce-bfc1-08002be10318}"

/* ---- paths and values ---- */

struct cm_key *pnp_key_path(struct machine *m, struct cm_key *parent, const WCHAR *path,
                            size_t length, bool create) {
    struct cm_key *key = parent;
    while (key && length) {
        size_t part = 0;
        while (part < length && path[part] != '\\')
            part++;
        if (part) {
            struct cm_key *child = cm_subkey(key, path, part);
            if (!child && create && !NT_SUCCESS(cm_subkey_create(m, key, path, part, &child)))
                child = NULL;
            key = child;
        }
        path += part;
        length -= part;
        if (length) {
            path++;
            length--;
        }
    }
    return key;
}

struct cm_key *pnp_key(struct machine *m, struct cm_key *parent, const char *path, bool create) {
    if (!parent)
        parent = cm_make_path(m, PNP_CONTROL_SET);
    UNICODE_STRING wide = io_wide(m, path);
    if (!parent || !wide.Buffer)
        return NULL;
    struct cm_key *key = pnp_key_path(m, parent, wide.Buffer, wide.Length / sizeof(WCHAR), create);
    io_wide_free(m, &wide);
    return key;
}

/* A short ASCII name as a counted string. */
struct pnp_name {
    UNICODE_STRING string;
    WCHAR text[64];
};
static UNICODE_STRING *pnp_name(struct pnp_name *name, const char *ascii) {
    size_t length = strlen(ascii);
    KI_ASSERT(length < KI_COUNT(name->text));
    for (size_t i = 0; i < length; i++)
        name->text[i] = (WCHAR)ascii[i];
    name->string = (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)),
                                    (USHORT)(length * sizeof(WCHAR)), name->text};
    return &name->string;
}

const struct cm_value *pnp_key_value(const struct cm_key *key, const char *name) {
    struct pnp_name wide;
    return key ? cm_value(key, pnp_name(&wide, name)) : NULL;
}

NTSTATUS pnp_key_set(struct machine *m, struct cm_key *key, const char *name, ULONG type,
                     const void *data, size_t size) {
    struct pnp_name wide;
    if (!key)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = cm_value_set(m, key, pnp_name(&wide, name), type, data, (ULONG)size);
    if (NT_SUCCESS(status))
        cm_changed(m, key, CM_CHANGE_LAST_SET);
    return status;
}

size_t pnp_wide_length(const WCHAR *text) {
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

void pnp_key_set_wide(struct machine *m, struct cm_key *key, const char *name, const WCHAR *text) {
    if (text)
        pnp_key_set(m, key, name, REG_SZ, text, (pnp_wide_length(text) + 1) * sizeof(WCHAR));
}

void pnp_key_set_text(struct machine *m, struct cm_key *key, const char *name, const char *text) {
    if (!text)
        return;
    UNICODE_STRING wide = io_wide(m, text);
    if (wide.Buffer)
        pnp_key_set(m, key, name, REG_SZ, wide.Buffer, wide.Length + sizeof(WCHAR));
    io_wide_free(m, &wide);
}

void pnp_key_set_number(struct machine *m, struct cm_key *key, const char *name, ULONG number) {
    pnp_key_set(m, key, name, REG_DWORD, &number, sizeof number);
}

size_t pnp_multi_length(const WCHAR *list) {
    size_t length = 0;
    while (list[length])
        length += pnp_wide_length(list + length) + 1;
    return length + 1;
}

NTSTATUS pnp_key_handle(struct machine *m, struct cm_key *key, ACCESS_MASK access, HANDLE *handle) {
    struct cm_object *object;
    NTSTATUS status = cm_object_create(m, key, &object);
    if (!NT_SUCCESS(status))
        return status;
    access = ob_map_access(&cm_key_type, access & ~(ACCESS_MASK)KEY_WOW64_RES);
    status = ob_handle_create(m, NULL, object, access, handle);
    ob_dereference(m, object);
    return status;
}

/* ---- GUIDs as text ---- */

void pnp_guid_text(const GUID *guid, char text[PNP_GUID_LENGTH + 1]) {
    const UCHAR *d = guid->Data4;
    snprintf(text, PNP_GUID_LENGTH + 1, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
             (unsigned)guid->Data1, guid->Data2, guid->Data3, d[0], d[1], d[2], d[3], d[4], d[5],
             d[6], d[7]);
}

bool pnp_guid_parse(const WCHAR *text, size_t length, GUID *guid) {
    char narrow[PNP_GUID_LENGTH + 1] = "";
    if (length != PNP_GUID_LENGTH)
        return false;
    for (size_t i = 0; i < length; i++)
        narrow[i] = text[i] < 0x80 ? (char)text[i] : '?';
    return pnp_parse_guid(narrow, guid);
}

/* ---- the keys of a device ---- */

struct cm_key *pnp_hardware_key(struct machine *m, const struct pnp_node *node, bool create) {
    if (!node->path)
        return NULL;
    return pnp_key(m, pnp_key(m, NULL, PNP_KEY_ENUM, true), node->path, create);
}

struct cm_key *pnp_software_key(struct machine *m, const struct pnp_node *node) {
    const struct cm_value *driver = pnp_key_value(pnp_hardware_key(m, node, false), "Driver");
    if (!driver || driver->type != REG_SZ || driver->size < 2 * sizeof(WCHAR))
        return NULL;
    return pnp_key_path(m, pnp_key(m, NULL, PNP_KEY_CLASS, true), driver->data,
                        driver->size / sizeof(WCHAR) - 1, false);
}

/* The lowest number that is no software key of the class. */
static void pnp_new_software_key(struct machine *m, struct cm_key *class, struct cm_key *hardware,
                                 const char *guid) {
    char number[PNP_GUID_LENGTH + 16];
    ULONG next = 0;
    const struct cm_value *hint = pnp_key_value(class, "NextInstance");
    if (hint && hint->size == sizeof next)
        memcpy(&next, hint->data, sizeof next);
    do
        snprintf(number, sizeof number, "%04u", (unsigned)next++);
    while (pnp_key(m, class, number, false));
    pnp_key(m, class, number, true);
    pnp_key_set_number(m, class, "NextInstance", next);
    snprintf(number, sizeof number, "%s\\%04u", guid, (unsigned)next - 1);
    pnp_key_set_text(m, hardware, "Driver", number);
}

struct cm_key *pnp_assign_class(struct machine *m, struct pnp_node *node, const char *guid,
                                const char *name) {
    struct cm_key *hardware = pnp_hardware_key(m, node, true);
    struct cm_key *class = pnp_key(m, pnp_key(m, NULL, PNP_KEY_CLASS, true), guid, true);
    if (!hardware || !class)
        return NULL;
    if (name && *name && !pnp_key_value(class, "Class"))
        pnp_key_set_text(m, class, "Class", name);
    /* A device that changes its class leaves the software key of the old one. */
    const struct cm_value *old = pnp_key_value(hardware, "ClassGUID");
    GUID was, is;
    bool same = old && old->size >= 2 && pnp_parse_guid(guid, &is) &&
                pnp_guid_parse(old->data, old->size / sizeof(WCHAR) - 1, &was) &&
                memcmp(&was, &is, sizeof is) == 0;
    pnp_key_set_text(m, hardware, "ClassGUID", guid);
    if (!same || !pnp_software_key(m, node))
        pnp_new_software_key(m, class, hardware, guid);
    return pnp_software_key(m, node);
}

static void pnp_key_set_list(struct machine *m, struct cm_key *key, const char *name,
                             const WCHAR *list) {
    if (list && *list)
        pnp_key_set(m, key, name, REG_MULTI_SZ, list, pnp_multi_length(list) * sizeof(WCHAR));
}

/* The bits of the registry's Capabilities are those of DEVICE_CAPABILITIES from LockSupported on.
 */
static ULONG pnp_capability_bits(const DEVICE_CAPABILITIES *c) {
    return c->LockSupported | c->EjectSupported << 1 | c->Removable << 2 | c->DockDevice << 3 |
           c->UniqueID << 4 | c->SilentInstall << 5 | c->RawDeviceOK << 6 |
           c->SurpriseRemovalOK << 7 | c->HardwareDisabled << 8 | c->NonDynamic << 9;
}

void pnp_keys_identified(struct machine *m, struct pnp_node *node) {
    struct cm_key *key = pnp_hardware_key(m, node, true);
    if (!key)
        return;
    pnp_key_set_list(m, key, "HardwareID", node->hardware_ids);
    pnp_key_set_list(m, key, "CompatibleIDs", node->compatible_ids);
    pnp_key_set_wide(m, key, "LocationInformation", node->location);
    pnp_key_set_wide(m, key, "ContainerID", node->container_id);
    if (!pnp_key_value(key, "DeviceDesc"))
        pnp_key_set_wide(m, key, "DeviceDesc", node->description);
    pnp_key_set_number(m, key, "Capabilities", pnp_capability_bits(&node->capabilities));
    if (node->capabilities.Address != ~0u)
        pnp_key_set_number(m, key, "Address", node->capabilities.Address);
    if (node->capabilities.UINumber != ~0u)
        pnp_key_set_number(m, key, "UINumber", node->capabilities.UINumber);
    if (!pnp_key_value(key, "ConfigFlags"))
        pnp_key_set_number(m, key, "ConfigFlags", 0);
}

void pnp_keys_installed(struct machine *m, struct pnp_node *node) {
    struct cm_key *key = pnp_hardware_key(m, node, true);
    const struct pnp_match *match = node->match;
    char guid[PNP_GUID_LENGTH + 1] = PNP_UNKNOWN_CLASS;
    if (!key)
        return;
    if (match && match->inf) {
        pnp_inf_install(m, node);
        return;
    }
    static const GUID none;
    bool has_class = match && memcmp(&match->class_guid, &none, sizeof none) != 0;
    if (has_class)
        pnp_guid_text(&match->class_guid, guid);
    if (has_class || node->service)
        pnp_assign_class(m, node, guid, has_class ? match->class_name : "Unknown");
    pnp_key_set_text(m, key, "Service", node->service);
    if (match) {
        pnp_key_set_text(m, key, "DeviceDesc", match->description);
        pnp_key_set_text(m, key, "Mfg", match->provider);
    }
    if (node->service) {
        struct cm_key *service =
            pnp_key(m, pnp_key(m, NULL, PNP_KEY_SERVICES, true), node->service, true);
        if (!pnp_key_value(service, "Type"))
            pnp_key_set_number(m, service, "Type", 1);
    }
}

/* ---- for drivers ---- */

NTSTATUS IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType,
                                 ACCESS_MASK DesiredAccess, PHANDLE DeviceRegKey) {
    KI_GATE(IoOpenDeviceRegistryKey);
    ULONG kind = DevInstKeyType & ~(ULONG)PLUGPLAY_REGKEY_CURRENT_HWPROFILE;
    if (kind != PLUGPLAY_REGKEY_DEVICE && kind != PLUGPLAY_REGKEY_DRIVER)
        return STATUS_INVALID_PARAMETER;
    const struct pnp_node *node = pnp_node_checked(m, DeviceObject, __builtin_return_address(0));
    struct cm_key *key = kind == PLUGPLAY_REGKEY_DEVICE ? pnp_hardware_key(m, node, true)
                                                        : pnp_software_key(m, node);
    if (!key)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    /* There is one hardware profile; what is kept for it has a subkey of its own. */
    if (DevInstKeyType & PLUGPLAY_REGKEY_CURRENT_HWPROFILE)
        key = pnp_key(m, key, "Hardware Profile", true);
    if (kind == PLUGPLAY_REGKEY_DEVICE)
        key = pnp_key(m, key, "Device Parameters", true);
    return key ? pnp_key_handle(m, key, DesiredAccess, DeviceRegKey)
               : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
                                 ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey) {
    KI_GATE(IoOpenDriverRegistryKey);
    static const char *const subkeys[] = {"Parameters", "PersistentState", "SharedPersistentState"};
    if (!DriverObject || !DriverRegKey || Flags || (ULONG)RegKeyType >= KI_COUNT(subkeys))
        return STATUS_INVALID_PARAMETER;
    const UNICODE_STRING *name = &DriverObject->DriverExtension->ServiceKeyName;
    struct cm_key *key = pnp_key_path(m, pnp_key(m, NULL, PNP_KEY_SERVICES, true), name->Buffer,
                                      name->Length / sizeof(WCHAR), true);
    if (key)
        key = pnp_key(m, key, subkeys[RegKeyType], true);
    return key ? pnp_key_handle(m, key, DesiredAccess, DriverRegKey)
               : STATUS_INSUFFICIENT_RESOURCES;
}
