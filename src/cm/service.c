/*
 * Services on open keys. Pages: wdm/nf-wdm-zwqueryvaluekey, wdm/nf-wdm-zwsetvaluekey,
 * wdm/nf-wdm-zwenumeratekey and their sisters.
 *
 * Each service has one body, which works on a referenced key object, and registry callbacks around
 * it. There is no storage behind the registry, so ZwFlushKey has nothing to write: a key is as
 * durable as its machine.
 */
#include "cm/cm.h"

#include "cm/internal.h"
#include "ki/dispatch.h"
#include "ki/gate.h"
#include "mm/mm.h"

NTSTATUS cm_reference(struct machine *m, HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode,
                      struct cm_object **object) {
    void *referenced;
    struct cm_key *key;
    NTSTATUS status =
        ob_handle_reference(m, NULL, handle, access, &cm_key_type, mode, &referenced, NULL);
    if (!NT_SUCCESS(status))
        return status;
    *object = referenced;
    status = cm_live_key(*object, &key);
    if (!NT_SUCCESS(status))
        ob_dereference(m, referenced);
    return status;
}

/* Asks the callbacks; true: the operation itself is to be done. */
static bool cm_begin(struct machine *m, struct cm_event *event, NTSTATUS *status) {
    *status = cm_event_before(m, event);
    if (*status == STATUS_CALLBACK_BYPASS)
        *status = STATUS_SUCCESS;
    else if (*status == STATUS_SUCCESS)
        return true;
    return false;
}

/* Tells the callbacks and lets go of the object. */
static NTSTATUS cm_finish(struct machine *m, struct cm_event *event, NTSTATUS status) {
    status = cm_event_after(m, event, event->object, status);
    ob_dereference(m, event->object);
    return status;
}

/* ---- keys ---- */

static NTSTATUS cm_service_query_key(struct machine *m, HANDLE handle, KEY_INFORMATION_CLASS class,
                                     void *buffer, ULONG length, PULONG needed) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, KEY_QUERY_VALUE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_QUERY_KEY_INFORMATION, RegNtPreQueryKey, RegNtPostQueryKey, object);
    event_information.KeyInformationClass = class;
    event_information.KeyInformation = buffer;
    event_information.Length = length;
    event_information.ResultLength = needed;
    if (cm_begin(m, &event, &status))
        status = cm_query_key(object->key, class, buffer, length, needed);
    return cm_finish(m, &event, status);
}

NTSTATUS ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass,
                    PVOID KeyInformation, ULONG Length, PULONG ResultLength) {
    KI_GATE(ZwQueryKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           cm_service_query_key(m, KeyHandle, KeyInformationClass, KeyInformation,
                                                Length, ResultLength));
}

static NTSTATUS cm_service_enumerate_key(struct machine *m, HANDLE handle, ULONG index,
                                         KEY_INFORMATION_CLASS class, void *buffer, ULONG length,
                                         PULONG needed) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, KEY_ENUMERATE_SUB_KEYS, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_ENUMERATE_KEY_INFORMATION, RegNtPreEnumerateKey, RegNtPostEnumerateKey,
             object);
    event_information.Index = index;
    event_information.KeyInformationClass = class;
    event_information.KeyInformation = buffer;
    event_information.Length = length;
    event_information.ResultLength = needed;
    if (cm_begin(m, &event, &status))
        status = index < object->key->subkey_count
                     ? cm_query_key(object->key->subkeys[index], class, buffer, length, needed)
                     : STATUS_NO_MORE_ENTRIES;
    return cm_finish(m, &event, status);
}

NTSTATUS ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                        PVOID KeyInformation, ULONG Length, PULONG ResultLength) {
    KI_GATE(ZwEnumerateKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           cm_service_enumerate_key(m, KeyHandle, Index, KeyInformationClass,
                                                    KeyInformation, Length, ResultLength));
}

static NTSTATUS cm_delete_key(struct machine *m, struct cm_key *key) {
    if (key->subkey_count || !key->parent)
        return STATUS_CANNOT_DELETE;
    struct cm_key *parent = key->parent;
    cm_key_remove(m, key);
    cm_changed(m, parent, CM_CHANGE_NAME);
    return STATUS_SUCCESS;
}

static NTSTATUS cm_service_delete_key(struct machine *m, HANDLE handle) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, DELETE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_DELETE_KEY_INFORMATION, RegNtPreDeleteKey, RegNtPostDeleteKey, object);
    if (cm_begin(m, &event, &status))
        status = cm_delete_key(m, object->key);
    return cm_finish(m, &event, status);
}

NTSTATUS ZwDeleteKey(HANDLE KeyHandle) {
    KI_GATE(ZwDeleteKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, cm_service_delete_key(m, KeyHandle));
}

static NTSTATUS cm_service_flush(struct machine *m, HANDLE handle) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, 0, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_FLUSH_KEY_INFORMATION, RegNtPreFlushKey, RegNtPostFlushKey, object);
    cm_begin(m, &event, &status);
    return cm_finish(m, &event, status);
}

NTSTATUS ZwFlushKey(HANDLE KeyHandle) {
    KI_GATE(ZwFlushKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, cm_service_flush(m, KeyHandle));
}

/* ---- values ---- */

/* A value's name may be absent: the unnamed value. */
static UNICODE_STRING cm_value_name(const UNICODE_STRING *name) {
    UNICODE_STRING copy = name ? *name : (UNICODE_STRING){0, 0, NULL};
    /* Some callers count the terminator in. */
    while (copy.Length >= sizeof(WCHAR) && !copy.Buffer[copy.Length / sizeof(WCHAR) - 1])
        copy.Length -= sizeof(WCHAR);
    return copy;
}

static NTSTATUS cm_service_query_value(struct machine *m, HANDLE handle, PUNICODE_STRING name,
                                       KEY_VALUE_INFORMATION_CLASS class, void *buffer,
                                       ULONG length, PULONG needed) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, KEY_QUERY_VALUE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_QUERY_VALUE_KEY_INFORMATION, RegNtPreQueryValueKey, RegNtPostQueryValueKey,
             object);
    event_information.ValueName = name;
    event_information.KeyValueInformationClass = class;
    event_information.KeyValueInformation = buffer;
    event_information.Length = length;
    event_information.ResultLength = needed;
    if (cm_begin(m, &event, &status)) {
        UNICODE_STRING value_name = cm_value_name(name);
        const struct cm_value *value = cm_value(object->key, &value_name);
        status = value ? cm_query_value(value, class, buffer, length, needed)
                       : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return cm_finish(m, &event, status);
}

NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
                         KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
    KI_GATE(ZwQueryValueKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           cm_service_query_value(m, KeyHandle, ValueName, KeyValueInformationClass,
                                                  KeyValueInformation, Length, ResultLength));
}

static NTSTATUS cm_service_enumerate_value(struct machine *m, HANDLE handle, ULONG index,
                                           KEY_VALUE_INFORMATION_CLASS class, void *buffer,
                                           ULONG length, PULONG needed) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, KEY_QUERY_VALUE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_ENUMERATE_VALUE_KEY_INFORMATION, RegNtPreEnumerateValueKey,
             RegNtPostEnumerateValueKey, object);
    event_information.Index = index;
    event_information.KeyValueInformationClass = class;
    event_information.KeyValueInformation = buffer;
    event_information.Length = length;
    event_information.ResultLength = needed;
    if (cm_begin(m, &event, &status))
        status = index < object->key->value_count
                     ? cm_query_value(object->key->values[index], class, buffer, length, needed)
                     : STATUS_NO_MORE_ENTRIES;
    return cm_finish(m, &event, status);
}

NTSTATUS ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
                             KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                             PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
    KI_GATE(ZwEnumerateValueKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           cm_service_enumerate_value(m, KeyHandle, Index, KeyValueInformationClass,
                                                      KeyValueInformation, Length, ResultLength));
}

static NTSTATUS cm_service_set_value(struct machine *m, HANDLE handle, PUNICODE_STRING name,
                                     ULONG title, ULONG type, void *data, ULONG size) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, KEY_SET_VALUE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_SET_VALUE_KEY_INFORMATION, RegNtPreSetValueKey, RegNtPostSetValueKey,
             object);
    event_information.ValueName = name;
    event_information.TitleIndex = title;
    event_information.Type = type;
    event_information.Data = data;
    event_information.DataSize = size;
    if (cm_begin(m, &event, &status)) {
        UNICODE_STRING value_name = cm_value_name(name);
        status = value_name.Length / sizeof(WCHAR) > CM_VALUE_NAME_MAX
                     ? STATUS_OBJECT_NAME_INVALID
                     : cm_value_set(m, object->key, &value_name, type, data, size);
        if (NT_SUCCESS(status))
            cm_changed(m, object->key, CM_CHANGE_LAST_SET);
    }
    return cm_finish(m, &event, status);
}

NTSTATUS ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type,
                       PVOID Data, ULONG DataSize) {
    KI_GATE(ZwSetValueKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(
        m, mode, cm_service_set_value(m, KeyHandle, ValueName, TitleIndex, Type, Data, DataSize));
}

static NTSTATUS cm_service_delete_value(struct machine *m, HANDLE handle, PUNICODE_STRING name) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, KEY_SET_VALUE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_DELETE_VALUE_KEY_INFORMATION, RegNtPreDeleteValueKey,
             RegNtPostDeleteValueKey, object);
    event_information.ValueName = name;
    if (cm_begin(m, &event, &status)) {
        UNICODE_STRING value_name = cm_value_name(name);
        status = cm_value_delete(m, object->key, &value_name) ? STATUS_SUCCESS
                                                              : STATUS_OBJECT_NAME_NOT_FOUND;
        if (NT_SUCCESS(status))
            cm_changed(m, object->key, CM_CHANGE_LAST_SET);
    }
    return cm_finish(m, &event, status);
}

NTSTATUS ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName) {
    KI_GATE(ZwDeleteValueKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, cm_service_delete_value(m, KeyHandle, ValueName));
}

/* ---- name and properties of a key ---- */

static NTSTATUS cm_rename(struct machine *m, struct cm_key *key, const UNICODE_STRING *name) {
    UNICODE_STRING copy;
    size_t length = name->Length / sizeof(WCHAR);
    if (!key->parent || !length || length > CM_NAME_MAX)
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < length; i++) {
        if (name->Buffer[i] == '\\')
            return STATUS_INVALID_PARAMETER;
    }
    struct cm_key *other = cm_subkey(key->parent, name->Buffer, length);
    if (other)
        return other == key ? STATUS_SUCCESS : STATUS_CANNOT_DELETE;
    NTSTATUS status = cm_copy_string(m, &copy, name->Buffer, length);
    if (!NT_SUCCESS(status))
        return status;
    cm_key_rename(m, key, &copy);
    cm_changed(m, key->parent, CM_CHANGE_NAME);
    return STATUS_SUCCESS;
}

static NTSTATUS cm_service_rename(struct machine *m, HANDLE handle, PUNICODE_STRING name) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, KEY_WRITE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_RENAME_KEY_INFORMATION, RegNtPreRenameKey, RegNtPostRenameKey, object);
    event_information.NewName = name;
    if (cm_begin(m, &event, &status))
        status = cm_rename(m, object->key, name);
    return cm_finish(m, &event, status);
}

NTSTATUS ZwRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName) {
    KI_GATE(ZwRenameKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, cm_service_rename(m, KeyHandle, NewName));
}

/* Of the classes only the time of the last write means something here. */
static NTSTATUS cm_set_information(struct cm_key *key, KEY_SET_INFORMATION_CLASS class,
                                   const void *data, ULONG size) {
    if (class != KeyWriteTimeInformation)
        return STATUS_INVALID_PARAMETER;
    if (size != sizeof(LARGE_INTEGER))
        return STATUS_INFO_LENGTH_MISMATCH;
    memcpy(&key->write_time, data, sizeof key->write_time);
    return STATUS_SUCCESS;
}

static NTSTATUS cm_service_set_information(struct machine *m, HANDLE handle,
                                           KEY_SET_INFORMATION_CLASS class, void *data,
                                           ULONG size) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, handle, KEY_SET_VALUE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    CM_EVENT(event, REG_SET_INFORMATION_KEY_INFORMATION, RegNtPreSetInformationKey,
             RegNtPostSetInformationKey, object);
    event_information.KeySetInformationClass = class;
    event_information.KeySetInformation = data;
    event_information.KeySetInformationLength = size;
    if (cm_begin(m, &event, &status))
        status = cm_set_information(object->key, class, data, size);
    return cm_finish(m, &event, status);
}

NTSTATUS ZwSetInformationKey(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass,
                             PVOID KeySetInformation, ULONG KeySetInformationLength) {
    KI_GATE(ZwSetInformationKey);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           cm_service_set_information(m, KeyHandle, KeySetInformationClass,
                                                      KeySetInformation, KeySetInformationLength));
}
