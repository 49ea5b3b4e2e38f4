/*
 * From paths to keys, and the registry a machine starts with.
 *
 * The object manager knows one object of the registry, \REGISTRY; the rest of a path is walked
 * here. A key that is a symbolic link has its target, an absolute path, in the value
 * SymbolicLinkValue.
 */
#include "cm/cm.h"

#include "cm/internal.h"
#include "ki/dispatch.h"
#include "mm/mm.h"

#define CM_LINKS_MAX 16u

static void cm_key_object_delete(struct machine *m, void *object) {
    struct cm_object *key_object = object;
    cm_contexts_end(m, key_object);
    if (key_object->key)
        cm_key_dereference(m, key_object->key);
}

/* With the last handle the object may stay: who watches the key through it is told. */
static void cm_key_object_close(struct machine *m, PEPROCESS process, void *object,
                                ACCESS_MASK granted, ULONG handles_left) {
    (void)process, (void)granted;
    cm_handle_closed(m, object);
    if (!handles_left)
        cm_watches_end(m, object);
}

static size_t cm_object_name(struct machine *m, const void *object, WCHAR *buffer,
                             size_t capacity) {
    const struct cm_object *key_object = object;
    (void)m;
    return key_object->key->deleted ? 0 : cm_key_name(key_object->key, buffer, capacity);
}

static PSECURITY_DESCRIPTOR *cm_object_security(struct machine *m, void *object) {
    (void)m;
    return &((struct cm_object *)object)->key->security;
}

const struct ob_type cm_key_type = {
    .name = "Key",
    .mapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
    .valid_access = KEY_ALL_ACCESS | SYNCHRONIZE,
    .wait_offset = OB_NO_WAIT,
    .passive_delete = true,
    .delete = cm_key_object_delete,
    .close = cm_key_object_close,
    .query_name = cm_object_name,
    .security = cm_object_security,
};

static POBJECT_TYPE const cm_key_pointer = (POBJECT_TYPE)(ULONG_PTR)&cm_key_type;
POBJECT_TYPE *CmKeyObjectType = (POBJECT_TYPE *)(ULONG_PTR)&cm_key_pointer;

NTSTATUS cm_object_create(struct machine *m, struct cm_key *key, struct cm_object **object) {
    void *created;
    NTSTATUS status = ob_create(m, &cm_key_type, sizeof **object, &created);
    if (!NT_SUCCESS(status))
        return status;
    *object = created;
    (*object)->key = key;
    key->references++;
    return STATUS_SUCCESS;
}

NTSTATUS cm_live_key(const struct cm_object *object, struct cm_key **key) {
    *key = object->key;
    return object->key->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
}

NTSTATUS cm_path_start(struct machine *m, const WCHAR *path, size_t length, struct cm_key **key,
                       size_t *taken) {
    UNICODE_STRING string = {(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)),
                             (PWCH)(ULONG_PTR)path};
    UNICODE_STRING rest;
    void *object;
    NTSTATUS status = ob_lookup(m, &string, &rest, &object);
    if (!NT_SUCCESS(status))
        return status == STATUS_OBJECT_PATH_NOT_FOUND ? STATUS_OBJECT_NAME_NOT_FOUND : status;
    if (ob_is(object, &cm_key_type)) {
        *key = ((struct cm_object *)object)->key;
        *taken = length - rest.Length / sizeof(WCHAR);
    } else {
        status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    ob_free_string(m, &rest);
    ob_dereference(m, object);
    return status;
}

/* The target of a link and what follows it, as a new absolute path. */
static NTSTATUS cm_follow(struct machine *m, const struct cm_key *link, struct cm_lookup *lookup) {
    static const WCHAR value_name[] = L"SymbolicLinkValue";
    UNICODE_STRING name = {sizeof value_name - sizeof(WCHAR), sizeof value_name,
                           (PWCH)(ULONG_PTR)value_name};
    const struct cm_value *value = cm_value(link, &name);
    if (!value || value->type != REG_LINK || !value->size)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    size_t target = value->size / sizeof(WCHAR), length = target + 1 + lookup->rest_length;
    WCHAR *path = mm_pool_allocate(m, NonPagedPoolNx, length * sizeof(WCHAR), CM_TAG);
    if (!path)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(path, value->data, target * sizeof(WCHAR));
    path[target] = '\\';
    memcpy(path + target + 1, lookup->rest, lookup->rest_length * sizeof(WCHAR));
    cm_lookup_release(m, lookup);
    lookup->owned = path;
    size_t taken = 0;
    NTSTATUS status = cm_path_start(m, path, length, &lookup->key, &taken);
    lookup->rest = path + taken;
    lookup->rest_length = length - taken;
    return status;
}

static void cm_skip_separators(struct cm_lookup *lookup) {
    while (lookup->rest_length && *lookup->rest == '\\') {
        lookup->rest++;
        lookup->rest_length--;
    }
}

NTSTATUS cm_walk(struct machine *m, struct cm_key *from, const WCHAR *path, size_t length,
                 bool open_link, struct cm_lookup *lookup) {
    unsigned links = 0;
    *lookup = (struct cm_lookup){from, path, length, NULL};
    for (cm_skip_separators(lookup); lookup->rest_length; cm_skip_separators(lookup)) {
        size_t name = 0;
        while (name < lookup->rest_length && lookup->rest[name] != '\\')
            name++;
        if (name > CM_NAME_MAX)
            return STATUS_OBJECT_NAME_INVALID;
        struct cm_key *subkey = cm_subkey(lookup->key, lookup->rest, name);
        if (!subkey)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        lookup->key = subkey;
        lookup->rest += name;
        lookup->rest_length -= name;
        if (!subkey->is_link || (open_link && !lookup->rest_length))
            continue;
        NTSTATUS status =
            ++links > CM_LINKS_MAX ? STATUS_OBJECT_NAME_NOT_FOUND : cm_follow(m, subkey, lookup);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

void cm_lookup_release(struct machine *m, struct cm_lookup *lookup) {
    if (lookup->owned)
        mm_pool_free(m, lookup->owned, CM_TAG);
    lookup->owned = NULL;
}

/* ---- the first keys ---- */

struct cm_key *cm_make_path(struct machine *m, const char *path) {
    struct cm_key *key = m->cm->root;
    WCHAR name[CM_NAME_MAX];
    while (*path) {
        size_t length = 0;
        for (; path[length] && path[length] != '\\' && length < CM_NAME_MAX; length++)
            name[length] = (unsigned char)path[length];
        struct cm_key *subkey = cm_subkey(key, name, length);
        if (!subkey && !NT_SUCCESS(cm_subkey_create(m, key, name, length, &subkey)))
            return NULL;
        key = subkey;
        path += length;
        while (*path == '\\')
            path++;
    }
    return key;
}

void cm_set_text(struct machine *m, struct cm_key *key, const char *name, ULONG type,
                 const char *text) {
    WCHAR wide_name[64], wide[256];
    size_t name_length = strlen(name), length = strlen(text);
    KI_ASSERT(name_length < KI_COUNT(wide_name) && length < KI_COUNT(wide));
    for (size_t i = 0; i < name_length; i++)
        wide_name[i] = (unsigned char)name[i];
    for (size_t i = 0; i <= length; i++)
        wide[i] = (unsigned char)text[i];
    UNICODE_STRING string = {(USHORT)(name_length * sizeof(WCHAR)),
                             (USHORT)(name_length * sizeof(WCHAR)), wide_name};
    size_t size = (length + (type == REG_LINK ? 0 : 1)) * sizeof(WCHAR);
    NTSTATUS status = cm_value_set(m, key, &string, type, wide, (ULONG)size);
    KI_ASSERT(NT_SUCCESS(status));
}

static void cm_set_number(struct machine *m, struct cm_key *key, const WCHAR *name, size_t length,
                          ULONG number) {
    UNICODE_STRING string = {(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)),
                             (PWCH)(ULONG_PTR)name};
    NTSTATUS status = cm_value_set(m, key, &string, REG_DWORD, &number, sizeof number);
    KI_ASSERT(NT_SUCCESS(status));
}

static void cm_first_keys(struct machine *m) {
    static const char *const paths[] = {
        "MACHINE\\HARDWARE\\DEVICEMAP",
        "MACHINE\\HARDWARE\\DESCRIPTION\\System",
        "MACHINE\\HARDWARE\\RESOURCEMAP",
        "MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
        "MACHINE\\SYSTEM\\ControlSet001\\Services",
        "MACHINE\\SYSTEM\\ControlSet001\\Enum",
        "MACHINE\\SYSTEM\\ControlSet001\\Control\\Class",
        "MACHINE\\SYSTEM\\ControlSet001\\Control\\DeviceClasses",
        "MACHINE\\SYSTEM\\ControlSet001\\Control\\Session Manager",
        "MACHINE\\SYSTEM\\ControlSet001\\Hardware Profiles",
        "USER\\.DEFAULT\\Software",
    };
    for (size_t i = 0; i < KI_COUNT(paths); i++) {
        if (!cm_make_path(m, paths[i]))
            ki_no_memory();
    }
    struct cm_key *link = cm_make_path(m, "MACHINE\\SYSTEM\\CurrentControlSet");
    cm_set_text(m, link, "SymbolicLinkValue", REG_LINK,
                "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001");
    link->is_link = true;
    struct cm_key *select = cm_make_path(m, "MACHINE\\SYSTEM\\Select");
    cm_set_number(m, select, L"Current", 7, 1);
    cm_set_number(m, select, L"Default", 7, 1);
    struct cm_key *version =
        cm_make_path(m, "MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion");
    cm_set_text(m, version, "ProductName", REG_SZ, "Windows 10 Pro");
    cm_set_text(m, version, "CurrentVersion", REG_SZ, "6.3");
    cm_set_number(m, version, L"CurrentMajorVersionNumber", 25, 10);
    cm_set_number(m, version, L"CurrentMinorVersionNumber", 25, 0);
    cm_set_text(m, version, "SystemRoot", REG_SZ, "C:\\Windows");
}

void cm_start(struct machine *m) {
    static const WCHAR root_name[] = L"REGISTRY", root_path[] = L"\\REGISTRY";
    UNICODE_STRING path = {sizeof root_path - sizeof(WCHAR), sizeof root_path,
                           (PWCH)(ULONG_PTR)root_path};
    m->cm = ki_alloc(m, sizeof *m->cm);
    InitializeListHead(&m->cm->callbacks);
    InitializeListHead(&m->cm->inside);
    InitializeListHead(&m->cm->with_contexts);
    NTSTATUS status = cm_subkey_create(m, NULL, root_name, KI_COUNT(root_name) - 1, &m->cm->root);
    if (NT_SUCCESS(status))
        status = cm_object_create(m, m->cm->root, &m->cm->registry);
    if (NT_SUCCESS(status))
        status = ob_insert_name(m, m->cm->registry, &path); /* and stays referenced */
    KI_ASSERT(NT_SUCCESS(status));
    cm_first_keys(m);
}
