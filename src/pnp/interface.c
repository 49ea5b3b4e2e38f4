/*
 * Device interfaces: names by which a device is found and opened for what it can do.
 *
 * An interface is registered for a device, a class and perhaps a reference string; that lasts, as
 * its registry keys do, and a device that comes again finds its interfaces. Enabled, it is a
 * symbolic link to the PDO, `\??\PCI#VEN_1234#0000#{guid}`; what follows the link's name,
 * `\reference`, reaches the drivers as the name of the file. Interfaces of one class and device
 * that differ in the reference share the link. Listeners are told of an arrival when the device's
 * START is complete, of a removal at once; a device that goes takes its enabled interfaces along.
 *
 * wdm/nf-wdm-ioregisterdeviceinterface, nf-wdm-iosetdeviceinterfacestate,
 * nf-wdm-iogetdeviceinterfaces, nf-wdm-iogetdeviceinterfacealias
 */
#include "pnp/device.h"

#include <string.h>

#include "ki/gate.h"
#include "pnp/internal.h"
#include "rtl/rtl.h"

#define PNP_PREFIX_LENGTH 4u /* \??\, or \\?\ as programs write it */

/* ---- by name ---- */

static bool pnp_is_interface_name(const UNICODE_STRING *name) {
    const WCHAR *text = name->Buffer;
    return text && name->Length > PNP_PREFIX_LENGTH * sizeof(WCHAR) && text[0] == '\\' &&
           (text[1] == '?' || text[1] == '\\') && text[2] == '?' && text[3] == '\\';
}

static ULONG pnp_name_bucket(const WCHAR *text, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = PNP_PREFIX_LENGTH; i < length; i++)
        hash = (hash ^ rtl_upcase(text[i])) * 16777619u;
    return (hash ^ hash >> 15) % PNP_INTERFACE_BUCKETS;
}

struct pnp_interface *pnp_interface_find(struct machine *m, const UNICODE_STRING *name) {
    struct pnp_device_part *part = m->pnp->device;
    if (!part->buckets || !pnp_is_interface_name(name))
        return NULL;
    size_t length = name->Length / sizeof(WCHAR);
    struct pnp_interface *i = part->buckets[pnp_name_bucket(name->Buffer, length)];
    while (i && rtl_compare_unicode(i->name.Buffer + PNP_PREFIX_LENGTH,
                                    i->name.Length / sizeof(WCHAR) - PNP_PREFIX_LENGTH,
                                    name->Buffer + PNP_PREFIX_LENGTH, length - PNP_PREFIX_LENGTH,
                                    true) != 0)
        i = i->hashed;
    return i;
}

struct pnp_interface_class *pnp_interface_class(struct machine *m, const GUID *guid, bool create) {
    struct pnp_device_part *part = m->pnp->device;
    struct pnp_interface_class *class = part->classes;
    while (class && memcmp(&class->guid, guid, sizeof *guid) != 0)
        class = class->next;
    if (!class && create) {
        class = ki_alloc(m, sizeof *class);
        class->guid = *guid;
        class->next = part->classes;
        InitializeListHead(&class->interfaces);
        part->classes = class;
    }
    return class;
}

/* ---- registering ---- */

/* Writes the name \??\PATH#{guid}[\reference] to `to`; returns its length in characters. */
static size_t pnp_write_name(WCHAR *to, const UNICODE_STRING *path, const GUID *guid,
                             const UNICODE_STRING *reference, size_t *base) {
    char text[PNP_GUID_LENGTH + 1];
    size_t length = 0;
    for (const char *prefix = "\\??\\"; *prefix; prefix++)
        to[length++] = (WCHAR)*prefix;
    for (size_t i = 0; i < path->Length / sizeof(WCHAR); i++)
        to[length++] = path->Buffer[i] == '\\' ? '#' : path->Buffer[i];
    to[length++] = '#';
    pnp_guid_text(guid, text);
    for (size_t i = 0; i < PNP_GUID_LENGTH; i++)
        to[length++] = (WCHAR)text[i];
    *base = length;
    if (reference && reference->Length) {
        to[length++] = '\\';
        memcpy(to + length, reference->Buffer, reference->Length);
        length += reference->Length / sizeof(WCHAR);
    }
    to[length] = 0;
    return length;
}

static void pnp_interface_join(struct pnp_interface *i, struct pnp_node *node) {
    if (i->node == node)
        return;
    if (i->node)
        RemoveEntryList(&i->of_node);
    i->node = node;
    InsertTailList(&node->interfaces, &i->of_node);
}

static struct pnp_interface *pnp_interface_new(struct machine *m, struct pnp_node *node,
                                               const GUID *guid, const UNICODE_STRING *name,
                                               size_t base) {
    struct pnp_device_part *part = m->pnp->device;
    struct pnp_interface *i = ki_alloc(m, sizeof *i);
    WCHAR *text = ki_alloc(m, name->Length + sizeof(WCHAR));
    memcpy(text, name->Buffer, name->Length);
    i->name = (UNICODE_STRING){name->Length, (USHORT)(name->Length + sizeof(WCHAR)), text};
    i->base = (USHORT)(base * sizeof(WCHAR));
    i->path = ki_intern(m, node->path);
    i->class = pnp_interface_class(m, guid, true);
    InsertTailList(&i->class->interfaces, &i->of_class);
    if (!part->buckets)
        part->buckets = ki_alloc(m, PNP_INTERFACE_BUCKETS * sizeof *part->buckets);
    ULONG bucket = pnp_name_bucket(text, name->Length / sizeof(WCHAR));
    i->hashed = part->buckets[bucket];
    part->buckets[bucket] = i;
    pnp_interface_join(i, node);
    return i;
}

/* The registry's part: the class, the device's instance of it, and the reference below that. */
static void pnp_interface_write_keys(struct machine *m, struct pnp_interface *i) {
    struct cm_key *key = pnp_interface_key(m, i, true);
    if (!key)
        return;
    pnp_key_set(m, key, "SymbolicLink", REG_SZ, i->name.Buffer, i->name.MaximumLength);
    pnp_key_set_text(m, key->parent, "DeviceInstance", i->path);
}

struct cm_key *pnp_interface_key(struct machine *m, const struct pnp_interface *i, bool create) {
    char guid[PNP_GUID_LENGTH + 1];
    WCHAR part[2 * CM_NAME_MAX];
    size_t base = i->base / sizeof(WCHAR), length = i->name.Length / sizeof(WCHAR) - base;
    if (base > CM_NAME_MAX || length > CM_NAME_MAX)
        return NULL;
    pnp_guid_text(&i->class->guid, guid);
    struct cm_key *key = pnp_key(m, pnp_key(m, NULL, PNP_KEY_INTERFACES, true), guid, create);
    /* "##?#PCI#…", and "#" or "#reference" below it. */
    memcpy(part, i->name.Buffer, i->base);
    part[0] = part[1] = part[3] = '#';
    if (key)
        key = pnp_key_path(m, key, part, base, create);
    part[0] = '#';
    if (length)
        memcpy(part + 1, i->name.Buffer + base + 1, (length - 1) * sizeof(WCHAR));
    return key ? pnp_key_path(m, key, part, length ? length : 1, create) : NULL;
}

static bool pnp_reference_valid(const UNICODE_STRING *reference) {
    for (size_t i = 0; reference && i < reference->Length / sizeof(WCHAR); i++) {
        if (reference->Buffer[i] == '\\' || reference->Buffer[i] == '/')
            return false;
    }
    return true;
}

NTSTATUS pnp_interface_register(struct machine *m, struct pnp_node *node, const GUID *guid,
                                const UNICODE_STRING *reference, struct pnp_interface **result,
                                bool *existed) {
    if (!node->path || !pnp_reference_valid(reference))
        return STATUS_INVALID_DEVICE_REQUEST;
    UNICODE_STRING path = io_wide(m, node->path), name = {0};
    size_t room = path.Length / sizeof(WCHAR) + (reference ? reference->Length : 0u) + 64, base = 0;
    if (path.Buffer)
        name.Buffer = mm_pool_allocate(m, PagedPool, room * sizeof(WCHAR), PNP_TAG);
    if (!name.Buffer) {
        io_wide_free(m, &path);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    size_t length = pnp_write_name(name.Buffer, &path, guid, reference, &base);
    NTSTATUS status = length > UNICODE_STRING_MAX_CHARS - 1 ? STATUS_NAME_TOO_LONG : STATUS_SUCCESS;
    if (NT_SUCCESS(status)) {
        name.Length = (USHORT)(length * sizeof(WCHAR));
        *result = pnp_interface_find(m, &name);
        *existed = *result != NULL;
        if (*existed) {
            pnp_interface_join(*result, node);
        } else {
            *result = pnp_interface_new(m, node, guid, &name, base);
            pnp_interface_write_keys(m, *result);
        }
    }
    mm_pool_free(m, name.Buffer, PNP_TAG);
    io_wide_free(m, &path);
    return status;
}

/* A copy of the name that the caller frees with RtlFreeUnicodeString. */
static NTSTATUS pnp_give_name(struct machine *m, const struct pnp_interface *i, UNICODE_STRING *to,
                              const void *caller) {
    WCHAR *copy = rtl_string_allocate(m, i->name.MaximumLength, caller);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(copy, i->name.Buffer, i->name.MaximumLength);
    *to = (UNICODE_STRING){i->name.Length, i->name.MaximumLength, copy};
    return STATUS_SUCCESS;
}

NTSTATUS IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject,
                                   const GUID *InterfaceClassGuid, PUNICODE_STRING ReferenceString,
                                   PUNICODE_STRING SymbolicLinkName) {
    KI_GATE(IoRegisterDeviceInterface);
    const void *caller = __builtin_return_address(0);
    struct pnp_interface *i;
    bool existed;
    struct pnp_node *node = pnp_node_checked(m, PhysicalDeviceObject, caller);
    NTSTATUS status =
        pnp_interface_register(m, node, InterfaceClassGuid, ReferenceString, &i, &existed);
    if (NT_SUCCESS(status))
        status = pnp_give_name(m, i, SymbolicLinkName, caller);
    return NT_SUCCESS(status) && existed ? STATUS_OBJECT_NAME_EXISTS : status;
}

/* ---- enabling ---- */

/* How many enabled interfaces share the link. */
static unsigned pnp_link_users(const struct pnp_interface *i) {
    unsigned users = 0;
    const LIST_ENTRY *head = &i->node->interfaces;
    for (const LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        const struct pnp_interface *other = CONTAINING_RECORD(at, struct pnp_interface, of_node);
        users += other->enabled && other->class == i->class;
    }
    return users;
}

static NTSTATUS pnp_link(struct machine *m, const struct pnp_interface *i) {
    UNICODE_STRING link = {i->base, i->base, i->name.Buffer}, target = {0};
    size_t length = ob_full_name(m, i->node->pdo, NULL, 0);
    void *object;
    /* Without a name the PDO cannot be opened. */
    if (!length)
        return STATUS_INVALID_DEVICE_REQUEST;
    target.Buffer = mm_pool_allocate(m, PagedPool, length * sizeof(WCHAR), PNP_TAG);
    if (!target.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    ob_full_name(m, i->node->pdo, target.Buffer, length);
    target.Length = target.MaximumLength = (USHORT)(length * sizeof(WCHAR));
    NTSTATUS status = ob_link_create(m, &link, &target, &object);
    if (NT_SUCCESS(status))
        ob_dereference(m, object);
    mm_pool_free(m, target.Buffer, PNP_TAG);
    return status;
}

static void pnp_interface_linked(struct machine *m, const struct pnp_interface *i) {
    struct cm_key *key = pnp_interface_key(m, i, true);
    struct cm_key *control = key ? pnp_key(m, key, "Control", true) : NULL;
    if (control) {
        control->is_volatile = true;
        pnp_key_set_number(m, control, "Linked", i->enabled);
    }
}

static void pnp_announce(struct machine *m, struct pnp_interface *i, bool arrival) {
    if (i->announced == arrival)
        return;
    i->announced = arrival;
    pnp_notify_interface(m, i, arrival);
}

static NTSTATUS pnp_interface_enable(struct machine *m, struct pnp_interface *i) {
    NTSTATUS status = STATUS_SUCCESS;
    if (i->enabled)
        return STATUS_OBJECT_NAME_EXISTS;
    if (!i->node)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!pnp_link_users(i))
        status = pnp_link(m, i);
    if (!NT_SUCCESS(status))
        return status;
    i->enabled = true;
    pnp_interface_linked(m, i);
    enum wdmsim_node_state state = i->node->state;
    if (state >= WDMSIM_NODE_STARTED && state <= WDMSIM_NODE_REMOVE_PENDING)
        pnp_announce(m, i, true);
    return STATUS_SUCCESS;
}

static NTSTATUS pnp_interface_disable(struct machine *m, struct pnp_interface *i) {
    if (!i->enabled)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    i->enabled = false;
    if (!pnp_link_users(i)) {
        UNICODE_STRING link = {i->base, i->base, i->name.Buffer};
        ob_link_delete(m, &link);
    }
    pnp_interface_linked(m, i);
    pnp_announce(m, i, false);
    return STATUS_SUCCESS;
}

NTSTATUS pnp_interface_set_state(struct machine *m, struct pnp_interface *i, bool enable) {
    return enable ? pnp_interface_enable(m, i) : pnp_interface_disable(m, i);
}

NTSTATUS IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable) {
    KI_GATE(IoSetDeviceInterfaceState);
    if (!SymbolicLinkName || !pnp_is_interface_name(SymbolicLinkName))
        return STATUS_INVALID_PARAMETER;
    struct pnp_interface *i = pnp_interface_find(m, SymbolicLinkName);
    return i ? pnp_interface_set_state(m, i, Enable) : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* ---- the device's life ---- */

void pnp_interfaces_ready(struct machine *m, struct pnp_node *node) {
    LIST_ENTRY *head = &node->interfaces;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        struct pnp_interface *i = CONTAINING_RECORD(at, struct pnp_interface, of_node);
        if (i->enabled)
            pnp_announce(m, i, true);
    }
}

void pnp_interfaces_gone(struct machine *m, struct pnp_node *node) {
    LIST_ENTRY *head = &node->interfaces;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        struct pnp_interface *i = CONTAINING_RECORD(at, struct pnp_interface, of_node);
        if (i->enabled)
            pnp_interface_disable(m, i);
    }
}

void pnp_interfaces_forget(struct machine *m, struct pnp_node *node) {
    (void)m;
    while (!IsListEmpty(&node->interfaces)) {
        LIST_ENTRY *at = RemoveHeadList(&node->interfaces);
        CONTAINING_RECORD(at, struct pnp_interface, of_node)->node = NULL;
    }
}

/* ---- lists ---- */

static bool pnp_interface_wanted(const struct pnp_interface *i, const struct pnp_node *node,
                                 ULONG flags) {
    return (!node || i->node == node) && (i->enabled || flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE);
}

NTSTATUS IoGetDeviceInterfaces(const GUID *InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject,
                               ULONG Flags, PZZWSTR *SymbolicLinkList) {
    KI_GATE(IoGetDeviceInterfaces);
    const void *caller = __builtin_return_address(0);
    const struct pnp_node *node =
        PhysicalDeviceObject ? pnp_node_checked(m, PhysicalDeviceObject, caller) : NULL;
    struct pnp_interface_class *class = pnp_interface_class(m, InterfaceClassGuid, false);
    LIST_ENTRY none = {&none, &none}, *head = class ? &class->interfaces : &none;
    size_t size = sizeof(WCHAR);
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        const struct pnp_interface *i = CONTAINING_RECORD(at, struct pnp_interface, of_class);
        if (pnp_interface_wanted(i, node, Flags))
            size += i->name.MaximumLength;
    }
    /* An empty list is one terminator, and two for those who look for an empty string in it. */
    WCHAR *list = mm_pool_allocate_for(m, PagedPool, size + sizeof(WCHAR), PNP_TAG, caller),
          *to = list;
    *SymbolicLinkList = list;
    if (!list)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        const struct pnp_interface *i = CONTAINING_RECORD(at, struct pnp_interface, of_class);
        if (!pnp_interface_wanted(i, node, Flags))
            continue;
        memcpy(to, i->name.Buffer, i->name.MaximumLength);
        to += i->name.MaximumLength / sizeof(WCHAR);
    }
    to[0] = to[1] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS IoGetDeviceInterfaceAlias(PUNICODE_STRING SymbolicLinkName,
                                   const GUID *AliasInterfaceClassGuid,
                                   PUNICODE_STRING AliasSymbolicLinkName) {
    KI_GATE(IoGetDeviceInterfaceAlias);
    const struct pnp_interface *i = pnp_interface_find(m, SymbolicLinkName);
    if (!i)
        return STATUS_INVALID_HANDLE;
    const struct pnp_interface_class *class =
        pnp_interface_class(m, AliasInterfaceClassGuid, false);
    const WCHAR *reference = i->name.Buffer + i->base / sizeof(WCHAR);
    size_t length = (i->name.Length - i->base) / sizeof(WCHAR);
    for (LIST_ENTRY *at = class ? class->interfaces.Flink : NULL; at && at != &class->interfaces;
         at = at->Flink) {
        const struct pnp_interface *other = CONTAINING_RECORD(at, struct pnp_interface, of_class);
        if (other != i && other->path == i->path &&
            rtl_compare_unicode(other->name.Buffer + other->base / sizeof(WCHAR),
                                (other->name.Length - other->base) / sizeof(WCHAR), reference,
                                length, true) == 0)
            return pnp_give_name(m, other, AliasSymbolicLinkName, __builtin_return_address(0));
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}
