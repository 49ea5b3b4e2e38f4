/*
 * The registry helpers of the run-time library: paths relative to well-known keys, tables of
 * queries.
 *
 * Pages: wdm/nf-wdm-rtlqueryregistryvalues, wdm/nf-wdm-rtlwriteregistryvalue and their sisters.
 * What the page leaves open and drivers rely on: an entry without a name calls its routine for
 * every value, an entry with RTL_QUERY_REGISTRY_SUBKEY and a routine for every value of that
 * subkey; a missing value without a default is skipped.
 */
#include "cm/cm.h"

#include "cm/internal.h"
#include "ki/gate.h"
#include "mm/mm.h"

/* Of strings that the caller frees with ExFreePool. */
#define RTL_QUERY_TAG 0x76715267u /* "gRqv" */

static size_t cm_length(const WCHAR *text) {
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

static UNICODE_STRING cm_string(const WCHAR *text) {
    size_t length = text ? cm_length(text) : 0;
    return (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)),
                            (PWCH)(ULONG_PTR)text};
}

static const char *const cm_bases[RTL_REGISTRY_MAXIMUM] = {
    [RTL_REGISTRY_ABSOLUTE] = "",
    [RTL_REGISTRY_SERVICES] = "\\Registry\\Machine\\System\\CurrentControlSet\\Services",
    [RTL_REGISTRY_CONTROL] = "\\Registry\\Machine\\System\\CurrentControlSet\\Control",
    [RTL_REGISTRY_WINDOWS_NT] =
        "\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    [RTL_REGISTRY_DEVICEMAP] = "\\Registry\\Machine\\Hardware\\DeviceMap",
    [RTL_REGISTRY_USER] = "\\Registry\\User\\.Default",
};

/* Base and path joined, in pool; a path that begins with a backslash replaces the base, as absolute
 * ones do. */
static NTSTATUS cm_join(struct machine *m, ULONG base_number, const WCHAR *path,
                        UNICODE_STRING *name) {
    if (base_number >= RTL_REGISTRY_MAXIMUM)
        return STATUS_INVALID_PARAMETER;
    const char *base = cm_bases[base_number];
    size_t base_length = strlen(base), path_length = path ? cm_length(path) : 0;
    size_t length = base_length + 1 + path_length, used = 0;
    if (length * sizeof(WCHAR) > UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    name->Buffer = mm_pool_allocate(m, PagedPool, length * sizeof(WCHAR), CM_TAG);
    if (!name->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (size_t i = 0; i < base_length; i++)
        name->Buffer[used++] = (unsigned char)base[i];
    if (base_length && path_length && path[0] != '\\')
        name->Buffer[used++] = '\\';
    if (path_length)
        memcpy(name->Buffer + used, path, path_length * sizeof(WCHAR));
    name->Length = name->MaximumLength = (USHORT)((used + path_length) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/* Opens or creates the key; *own: the handle is to be closed. */
static NTSTATUS cm_open_relative(struct machine *m, ULONG relative, const WCHAR *path, bool create,
                                 HANDLE *handle, bool *own) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    *own = false;
    if (relative & RTL_REGISTRY_HANDLE) {
        *handle = (HANDLE)(ULONG_PTR)path;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = cm_join(m, relative & ~RTL_REGISTRY_OPTIONAL, path, &name);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    struct cm_open open = {create, 0, NULL, 0};
    status = cm_open_key(m, KernelMode, handle, create ? KEY_ALL_ACCESS : KEY_READ | KEY_WRITE,
                         &attributes, &open);
    mm_pool_free(m, name.Buffer, CM_TAG);
    *own = NT_SUCCESS(status);
    return status;
}

static void cm_close_relative(struct machine *m, HANDLE handle, bool own) {
    if (own)
        ob_handle_close(m, NULL, handle, KernelMode);
}

NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
    KI_GATE(RtlCheckRegistryKey);
    HANDLE handle;
    bool own;
    NTSTATUS status = cm_open_relative(m, RelativeTo, Path, false, &handle, &own);
    if (NT_SUCCESS(
            status)) /* a handle passed instead of a path is closed, too: the page warns of it */
        cm_close_relative(m, handle, true);
    return status;
}

NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
    KI_GATE(RtlCreateRegistryKey);
    HANDLE handle;
    bool own;
    NTSTATUS status = cm_open_relative(m, RelativeTo, Path, true, &handle, &own);
    if (NT_SUCCESS(status))
        cm_close_relative(m, handle, own);
    return status;
}

NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
                               PVOID ValueData, ULONG ValueLength) {
    KI_GATE(RtlWriteRegistryValue);
    HANDLE handle;
    bool own;
    UNICODE_STRING name = cm_string(ValueName);
    NTSTATUS status = cm_open_relative(m, RelativeTo, Path, true, &handle, &own);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwSetValueKey(handle, &name, 0, ValueType, ValueData, ValueLength);
    cm_close_relative(m, handle, own);
    return status;
}

NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
    KI_GATE(RtlDeleteRegistryValue);
    HANDLE handle;
    bool own;
    UNICODE_STRING name = cm_string(ValueName);
    NTSTATUS status = cm_open_relative(m, RelativeTo, Path, false, &handle, &own);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwDeleteValueKey(handle, &name);
    cm_close_relative(m, handle, own);
    return status;
}

/* A value in full, in pool; *result NULL if there is none of that name. */
static NTSTATUS cm_read_value(struct machine *m, HANDLE handle, PUNICODE_STRING name,
                              KEY_VALUE_FULL_INFORMATION **result) {
    ULONG needed = 0, room = 256;
    NTSTATUS status;
    *result = NULL;
    do {
        KEY_VALUE_FULL_INFORMATION *value = mm_pool_allocate(m, PagedPool, room, CM_TAG);
        if (!value)
            return STATUS_INSUFFICIENT_RESOURCES;
        status = ZwQueryValueKey(handle, name, KeyValueFullInformation, value, room, &needed);
        if (NT_SUCCESS(status)) {
            *result = value;
            return status;
        }
        mm_pool_free(m, value, CM_TAG);
        room = needed;
    } while (status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL);
    return status;
}

static NTSTATUS cm_read_from(struct machine *m, HANDLE handle, PUNICODE_STRING name, ULONG room,
                             PULONG type, PVOID data, PULONG needed) {
    KEY_VALUE_FULL_INFORMATION *value;
    NTSTATUS status =
        handle ? cm_read_value(m, handle, name, &value) : STATUS_OBJECT_NAME_NOT_FOUND;
    if (!NT_SUCCESS(status))
        return status;
    *needed = value->DataLength;
    if (type)
        *type = value->Type;
    if (value->DataLength > room)
        status = STATUS_BUFFER_OVERFLOW;
    else
        memcpy(data, (char *)value + value->DataOffset, value->DataLength);
    mm_pool_free(m, value, CM_TAG);
    return status;
}

/* ValueLength is taken as the size of the buffer ValueData: the page calls it the name's, which has
 * its own length. */
NTSTATUS RtlQueryRegistryValueWithFallback(HANDLE PrimaryHandle, HANDLE FallbackHandle,
                                           PUNICODE_STRING ValueName, ULONG ValueLength,
                                           PULONG ValueType, PVOID ValueData, PULONG ResultLength) {
    KI_GATE(RtlQueryRegistryValueWithFallback);
    NTSTATUS status =
        cm_read_from(m, PrimaryHandle, ValueName, ValueLength, ValueType, ValueData, ResultLength);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        status = cm_read_from(m, FallbackHandle, ValueName, ValueLength, ValueType, ValueData,
                              ResultLength);
    return status;
}

/* ---- RtlQueryRegistryValues ---- */

struct cm_table_walk {
    HANDLE top, current;
    bool own_current;
    PVOID context;
};

static bool cm_is_string(ULONG type) {
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ || type == REG_LINK;
}

/* A string for RTL_QUERY_REGISTRY_DIRECT: without a buffer, one is allocated that the caller frees.
 */
static NTSTATUS cm_direct_string(struct machine *m, PUNICODE_STRING string, const void *data,
                                 ULONG size) {
    if (size > UNICODE_STRING_MAX_BYTES)
        return STATUS_BUFFER_TOO_SMALL;
    if (!string->Buffer) {
        string->Buffer = mm_pool_allocate(m, PagedPool, size + sizeof(WCHAR), RTL_QUERY_TAG);
        if (!string->Buffer)
            return STATUS_INSUFFICIENT_RESOURCES;
        string->MaximumLength = (USHORT)size;
    } else if (size > string->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(string->Buffer, data, size);
    bool terminated = size >= sizeof(WCHAR) && !string->Buffer[size / sizeof(WCHAR) - 1];
    string->Length = (USHORT)(terminated ? size - sizeof(WCHAR) : size);
    return STATUS_SUCCESS;
}

/* Other data: up to 4 bytes as they are; more into a buffer that begins with its own size, see the
 * page. */
static NTSTATUS cm_direct_data(PVOID target, ULONG type, const void *data, ULONG size) {
    LONG room;
    if (size <= sizeof(ULONG)) {
        memcpy(target, data, size);
        return STATUS_SUCCESS;
    }
    memcpy(&room, target, sizeof room);
    if (room < 0) {
        if ((ULONG)-room < size)
            return STATUS_BUFFER_TOO_SMALL;
        memcpy(target, data, size);
        return STATUS_SUCCESS;
    }
    if ((ULONG)room < 2 * sizeof(ULONG) + size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(target, &size, sizeof size);
    memcpy((char *)target + sizeof(ULONG), &type, sizeof type);
    memcpy((char *)target + 2 * sizeof(ULONG), data, size);
    return STATUS_SUCCESS;
}

static NTSTATUS cm_direct(struct machine *m, const RTL_QUERY_REGISTRY_TABLE *entry, ULONG type,
                          const void *data, ULONG size) {
    ULONG expected = entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    if (entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK && expected != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return cm_is_string(type) ? cm_direct_string(m, entry->EntryContext, data, size)
                              : cm_direct_data(entry->EntryContext, type, data, size);
}

static NTSTATUS cm_call(const RTL_QUERY_REGISTRY_TABLE *entry, PVOID context, PWSTR name,
                        ULONG type, PVOID data, ULONG size) {
    NTSTATUS status = entry->QueryRoutine(name, type, data, size, context, entry->EntryContext);
    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
}

/* Each string of a REG_MULTI_SZ in a call of its own. */
static NTSTATUS cm_call_each(const RTL_QUERY_REGISTRY_TABLE *entry, PVOID context, PWSTR name,
                             PVOID data, ULONG size) {
    PWSTR at = data, end = at + size / sizeof(WCHAR);
    while (at < end && *at) {
        PWSTR next = at;
        while (next < end && *next)
            next++;
        next += next < end;
        NTSTATUS status =
            cm_call(entry, context, name, REG_SZ, at, (ULONG)((next - at) * (LONG)sizeof(WCHAR)));
        if (!NT_SUCCESS(status))
            return status;
        at = next;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS cm_deliver(struct machine *m, const RTL_QUERY_REGISTRY_TABLE *entry, PVOID context,
                           PWSTR name, ULONG type, PVOID data, ULONG size) {
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT) {
        if (type == REG_MULTI_SZ && !(entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND))
            return STATUS_INVALID_PARAMETER;
        return cm_direct(m, entry, type, data, size);
    }
    if (type == REG_MULTI_SZ && !(entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND))
        return cm_call_each(entry, context, name, data, size);
    return cm_call(entry, context, name, type, data, size);
}

/* The length of default strings may be left to us. */
static ULONG cm_default_length(const RTL_QUERY_REGISTRY_TABLE *entry, ULONG type) {
    const WCHAR *text = entry->DefaultData;
    if (entry->DefaultLength || !text || !cm_is_string(type))
        return entry->DefaultLength;
    size_t length = cm_length(text) + 1;
    if (type == REG_MULTI_SZ) {
        while (text[length])
            length += cm_length(text + length) + 1;
        length++;
    }
    return (ULONG)(length * sizeof(WCHAR));
}

static NTSTATUS cm_deliver_default(struct machine *m, const RTL_QUERY_REGISTRY_TABLE *entry,
                                   PVOID context) {
    ULONG type = entry->DefaultType & 0xffu;
    RTL_QUERY_REGISTRY_TABLE unchecked = *entry;
    if (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (type == REG_NONE)
        return STATUS_SUCCESS;
    unchecked.Flags &= ~(ULONG)RTL_QUERY_REGISTRY_TYPECHECK;
    return cm_deliver(m, &unchecked, context, entry->Name, type, entry->DefaultData,
                      cm_default_length(entry, type));
}

static NTSTATUS cm_query_named(struct machine *m, const struct cm_table_walk *walk,
                               const RTL_QUERY_REGISTRY_TABLE *entry) {
    KEY_VALUE_FULL_INFORMATION *value;
    UNICODE_STRING name = cm_string(entry->Name);
    NTSTATUS status = cm_read_value(m, walk->current, &name, &value);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return cm_deliver_default(m, entry, walk->context);
    if (!NT_SUCCESS(status))
        return status;
    status = cm_deliver(m, entry, walk->context, entry->Name, value->Type,
                        (char *)value + value->DataOffset, value->DataLength);
    mm_pool_free(m, value, CM_TAG);
    if (NT_SUCCESS(status) && entry->Flags & RTL_QUERY_REGISTRY_DELETE)
        ZwDeleteValueKey(walk->current, &name);
    return status;
}

/* One value of an enumeration, with a terminated copy of its name. */
static NTSTATUS cm_deliver_one(struct machine *m, const struct cm_table_walk *walk,
                               const RTL_QUERY_REGISTRY_TABLE *entry,
                               const UNICODE_STRING *stored) {
    UNICODE_STRING name = {stored->Length, stored->Length, NULL};
    KEY_VALUE_FULL_INFORMATION *value = NULL;
    name.Buffer = mm_pool_allocate_zeroed(m, PagedPool, stored->Length + sizeof(WCHAR), CM_TAG);
    if (!name.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(name.Buffer, stored->Buffer, stored->Length);
    NTSTATUS status = cm_read_value(m, walk->current, &name, &value);
    if (NT_SUCCESS(status)) {
        status = cm_deliver(m, entry, walk->context, name.Buffer, value->Type,
                            (char *)value + value->DataOffset, value->DataLength);
        mm_pool_free(m, value, CM_TAG);
    }
    mm_pool_free(m, name.Buffer, CM_TAG);
    return status;
}

static NTSTATUS cm_query_all(struct machine *m, const struct cm_table_walk *walk,
                             const RTL_QUERY_REGISTRY_TABLE *entry) {
    struct cm_object *object;
    NTSTATUS status = cm_reference(m, walk->current, KEY_QUERY_VALUE, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct cm_key *key = object->key;
    if (!key->value_count && entry->Flags & RTL_QUERY_REGISTRY_REQUIRED)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    for (ULONG i = 0; NT_SUCCESS(status) && i < key->value_count;) {
        ULONG before = key->value_count;
        UNICODE_STRING name = key->values[i]->name;
        status = cm_deliver_one(m, walk, entry, &name);
        if (NT_SUCCESS(status) && entry->Flags & RTL_QUERY_REGISTRY_DELETE &&
            key->value_count == before)
            cm_value_delete(m, key, &key->values[i]->name);
        else
            i++;
    }
    ob_dereference(m, object);
    return status;
}

/* Moves to another key: a subkey by path, or back to the top. */
static void cm_table_leave(struct machine *m, struct cm_table_walk *walk) {
    if (walk->own_current)
        ob_handle_close(m, NULL, walk->current, KernelMode);
    walk->current = walk->top;
    walk->own_current = false;
}

static NTSTATUS cm_table_enter(struct machine *m, struct cm_table_walk *walk, const WCHAR *path) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = cm_string(path);
    HANDLE handle;
    cm_table_leave(m, walk);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               walk->top, NULL);
    struct cm_open open = {false, 0, NULL, 0};
    NTSTATUS status = cm_open_key(m, KernelMode, &handle, KEY_READ | KEY_WRITE, &attributes, &open);
    if (NT_SUCCESS(status)) {
        walk->current = handle;
        walk->own_current = true;
    }
    return status;
}

static NTSTATUS cm_table_entry(struct machine *m, struct cm_table_walk *walk,
                               const RTL_QUERY_REGISTRY_TABLE *entry) {
    NTSTATUS status;
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT &&
        (!entry->Name || entry->Flags & RTL_QUERY_REGISTRY_SUBKEY || entry->QueryRoutine))
        return STATUS_INVALID_PARAMETER;
    if (entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY))
        cm_table_leave(m, walk);
    if (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) {
        if (!entry->Name)
            return STATUS_INVALID_PARAMETER;
        status = cm_table_enter(m, walk, entry->Name);
        if (!NT_SUCCESS(status))
            return status;
        return entry->QueryRoutine ? cm_query_all(m, walk, entry) : STATUS_SUCCESS;
    }
    if (entry->Name)
        return entry->QueryRoutine || entry->Flags & RTL_QUERY_REGISTRY_DIRECT
                   ? cm_query_named(m, walk, entry)
                   : STATUS_SUCCESS;
    if (entry->Flags & RTL_QUERY_REGISTRY_NOVALUE)
        return cm_call(entry, walk->context, NULL, REG_NONE, NULL, 0);
    return cm_query_all(m, walk, entry);
}

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
                                PVOID Context, PVOID Environment) {
    KI_GATE(RtlQueryRegistryValues);
    struct cm_table_walk walk = {.context = Context};
    bool own;
    (void)Environment; /* variables are not expanded: the kernel has none */
    NTSTATUS status = cm_open_relative(m, RelativeTo, Path, false, &walk.top, &own);
    if (!NT_SUCCESS(status))
        return status;
    walk.current = walk.top;
    for (PRTL_QUERY_REGISTRY_TABLE entry = QueryTable;
         NT_SUCCESS(status) &&
         (entry->QueryRoutine || entry->Name ||
          entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT));
         entry++)
        status = cm_table_entry(m, &walk, entry);
    cm_table_leave(m, &walk);
    cm_close_relative(m, walk.top, own);
    return status;
}
