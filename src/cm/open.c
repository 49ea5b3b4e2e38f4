/*
 * Creating and opening keys: ZwCreateKey, ZwOpenKey, ZwOpenKeyEx. Pages: wdm/nf-wdm-zwcreatekey,
 * wdm/nf-wdm-zwopenkeyex.
 *
 * Creation makes the last component of the path only; what leads to it must exist.
 */
#include "cm/cm.h"

#include "cm/internal.h"
#include "ki/gate.h"
#include "mm/mm.h"

/* The operation as registry callbacks see it; creation and opening have the same structure. */
struct cm_open_state {
    REG_CREATE_KEY_INFORMATION_V1 information;
    struct cm_event event;
    UNICODE_STRING rest; /* the name below the root object */
    PVOID result;        /* the key object: the operation's, or one that a callback supplies */
};
_Static_assert(sizeof(REG_CREATE_KEY_INFORMATION_V1) == sizeof(REG_OPEN_KEY_INFORMATION_V1),
               "one layout");

/* What follows the first `taken` characters, without separators before it. */
static UNICODE_STRING cm_open_rest(const UNICODE_STRING *name, size_t taken) {
    size_t length = name->Length / sizeof(WCHAR);
    while (taken < length && name->Buffer[taken] == '\\')
        taken++;
    USHORT size = (USHORT)((length - taken) * sizeof(WCHAR));
    return (UNICODE_STRING){size, size, name->Buffer + taken};
}

/* An absolute path, of which `taken` characters name the root of the registry, has that root. */
static void cm_open_describe(struct machine *m, struct cm_open_state *state,
                             struct ob_attributes *attributes, size_t taken, KPROCESSOR_MODE mode,
                             ACCESS_MASK access, struct cm_open *open) {
    memset(state, 0, sizeof *state);
    REG_CREATE_KEY_INFORMATION_V1 *information = &state->information;
    struct cm_object *root = attributes->root ? attributes->root : m->cm->registry;
    state->rest = cm_open_rest(&attributes->name, taken);
    information->CompleteName = &attributes->name;
    information->RootObject = root;
    information->ObjectType = *CmKeyObjectType;
    information->Options = open->options;
    information->Class = open->class_name;
    information->SecurityDescriptor = attributes->security;
    information->DesiredAccess = access;
    information->Disposition = &open->disposition;
    information->ResultObject = &state->result;
    information->Version = 1;
    information->RemainingName = &state->rest;
    information->Attributes = attributes->attributes;
    information->CheckAccessMode = mode;
    cm_event_init(&state->event, open->create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx,
                  open->create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx, root, information,
                  offsetof(REG_CREATE_KEY_INFORMATION_V1, CallContext),
                  offsetof(REG_CREATE_KEY_INFORMATION_V1, RootObjectContext));
}

static NTSTATUS cm_check_access(struct machine *m, const struct cm_key *key, KPROCESSOR_MODE mode,
                                ULONG attributes, ACCESS_MASK access, ACCESS_MASK *granted) {
    access &= ~(ACCESS_MASK)KEY_WOW64_RES;
    if (mode == KernelMode && !(attributes & OBJ_FORCE_ACCESS_CHECK)) {
        *granted = ob_map_access(&cm_key_type, access);
        return STATUS_SUCCESS;
    }
    return m->ob->access_check(m, &cm_key_type, key->security, access, granted);
}

/* Where the walk begins. */
static NTSTATUS cm_open_start(struct machine *m, const struct ob_attributes *attributes,
                              struct cm_key **key, size_t *taken) {
    *taken = 0;
    if (!attributes->root) {
        if (!attributes->named)
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        return cm_path_start(m, attributes->name.Buffer, attributes->name.Length / sizeof(WCHAR),
                             key, taken);
    }
    if (!ob_is(attributes->root, &cm_key_type))
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (attributes->named && attributes->name.Buffer[0] == '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    return cm_live_key(attributes->root, key);
}

/* Makes the one missing component below lookup->key. */
static NTSTATUS cm_create_last(struct machine *m, const struct cm_lookup *lookup,
                               const struct ob_attributes *attributes, KPROCESSOR_MODE mode,
                               const struct cm_open *open, struct cm_key **key) {
    ACCESS_MASK granted;
    size_t length = lookup->rest_length;
    while (length && lookup->rest[length - 1] == '\\')
        length--;
    for (size_t i = 0; i < length; i++) {
        if (lookup->rest[i] == '\\')
            return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (lookup->key->is_volatile && !(open->options & REG_OPTION_VOLATILE))
        return STATUS_CHILD_MUST_BE_VOLATILE;
    NTSTATUS status =
        cm_check_access(m, lookup->key, mode, attributes->attributes, KEY_CREATE_SUB_KEY, &granted);
    if (NT_SUCCESS(status))
        status = cm_subkey_create(m, lookup->key, lookup->rest, length, key);
    if (!NT_SUCCESS(status))
        return status;
    (*key)->is_volatile = (open->options & REG_OPTION_VOLATILE) != 0;
    (*key)->is_link = (open->options & REG_OPTION_CREATE_LINK) != 0;
    if (open->class_name && open->class_name->Length)
        cm_copy_string(m, &(*key)->class_name, open->class_name->Buffer,
                       open->class_name->Length / sizeof(WCHAR));
    cm_changed(m, lookup->key, CM_CHANGE_NAME);
    return STATUS_SUCCESS;
}

/* Finds or makes the key and an object for it. */
static NTSTATUS cm_open_object(struct machine *m, struct ob_attributes *attributes,
                               KPROCESSOR_MODE mode, ACCESS_MASK access, struct cm_open *open,
                               struct cm_object **object, ACCESS_MASK *granted) {
    struct cm_lookup lookup;
    struct cm_key *key;
    size_t taken;
    bool link = attributes->attributes & OBJ_OPENLINK ||
                open->options & (REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK);
    NTSTATUS status = cm_open_start(m, attributes, &key, &taken);
    if (!NT_SUCCESS(status))
        return status;
    status = cm_walk(m, key, attributes->name.Buffer + taken,
                     attributes->name.Length / sizeof(WCHAR) - taken, link, &lookup);
    open->disposition = REG_OPENED_EXISTING_KEY;
    key = lookup.key;
    bool created = status == STATUS_OBJECT_NAME_NOT_FOUND && open->create && lookup.rest_length;
    if (created) {
        status = cm_create_last(m, &lookup, attributes, mode, open, &key);
        open->disposition = REG_CREATED_NEW_KEY;
    }
    cm_lookup_release(m, &lookup);
    if (NT_SUCCESS(status) && !created)
        status = cm_check_access(m, key, mode, attributes->attributes, access, granted);
    if (NT_SUCCESS(status))
        status = cm_object_create(m, key, object);
    if (!NT_SUCCESS(status) || !created)
        return status;
    *granted = ob_map_access(&cm_key_type, access & ~(ACCESS_MASK)KEY_WOW64_RES);
    return attributes->security ? ob_security_assign(m, *object, attributes->security, mode)
                                : STATUS_SUCCESS;
}

/*
 * The same with callbacks around it. They may put another key object in place of the operation's:
 * before it, with STATUS_CALLBACK_BYPASS, or after it, whether it succeeded or not.
 */
static NTSTATUS cm_open_filtered(struct machine *m, struct ob_attributes *attributes,
                                 KPROCESSOR_MODE mode, ACCESS_MASK access, struct cm_open *open,
                                 struct cm_object **object, ACCESS_MASK *granted) {
    struct cm_open_state state;
    struct cm_key *key;
    size_t taken;
    NTSTATUS status = cm_open_start(m, attributes, &key, &taken);
    if (!NT_SUCCESS(status))
        return status;
    cm_open_describe(m, &state, attributes, taken, mode, access, open);
    status = cm_event_before(m, &state.event);
    if (status == STATUS_CALLBACK_BYPASS) {
        status = STATUS_SUCCESS;
    } else if (status == STATUS_SUCCESS) {
        status = cm_open_object(m, attributes, mode, state.information.DesiredAccess, open, object,
                                &state.information.GrantedAccess);
        state.result = *object;
        status = cm_event_after(m, &state.event, NT_SUCCESS(status) ? *object : NULL, status);
    }
    *object = state.result;
    *granted = state.information.GrantedAccess;
    if (NT_SUCCESS(status) && !(*object && ob_is(*object, &cm_key_type)))
        return STATUS_INVALID_PARAMETER;
    return status;
}

/* Opens by captured attributes. */
static NTSTATUS cm_open_captured(struct machine *m, struct ob_attributes *attributes,
                                 KPROCESSOR_MODE mode, ACCESS_MASK access, struct cm_open *open,
                                 HANDLE *handle) {
    struct cm_object *object = NULL;
    ACCESS_MASK granted = 0;
    NTSTATUS status = IsListEmpty(&m->cm->callbacks)
                          ? cm_open_object(m, attributes, mode, access, open, &object, &granted)
                          : cm_open_filtered(m, attributes, mode, access, open, &object, &granted);
    if (NT_SUCCESS(status))
        status =
            ob_handle_create_attributes(m, object, granted, attributes->attributes, mode, handle);
    if (object)
        ob_dereference(m, object);
    return status;
}

NTSTATUS cm_open_key(struct machine *m, KPROCESSOR_MODE mode, PHANDLE handle, ACCESS_MASK access,
                     POBJECT_ATTRIBUTES attributes, struct cm_open *open) {
    struct ob_attributes captured;
    HANDLE result = NULL;
    if (!attributes)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ob_probe_out(m, mode, handle, sizeof *handle);
    if (NT_SUCCESS(status))
        status = ob_attributes_capture(m, attributes, mode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = cm_open_captured(m, &captured, mode, access, open, &result);
    ob_attributes_release(m, &captured);
    if (NT_SUCCESS(status))
        *handle = result;
    return status;
}

NTSTATUS ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex, PUNICODE_STRING Class,
                     ULONG CreateOptions, PULONG Disposition) {
    KI_GATE(ZwCreateKey);
    struct cm_open open = {true, CreateOptions, Class, 0};
    CCHAR mode = ob_enter_kernel(m);
    (void)TitleIndex;
    NTSTATUS status = cm_open_key(m, KernelMode, KeyHandle, DesiredAccess, ObjectAttributes, &open);
    if (NT_SUCCESS(status) && Disposition)
        *Disposition = open.disposition;
    return ob_leave_kernel(m, mode, status);
}

NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                   POBJECT_ATTRIBUTES ObjectAttributes) {
    KI_GATE(ZwOpenKey);
    struct cm_open open = {false, 0, NULL, 0};
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(
        m, mode, cm_open_key(m, KernelMode, KeyHandle, DesiredAccess, ObjectAttributes, &open));
}

NTSTATUS ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions) {
    KI_GATE(ZwOpenKeyEx);
    struct cm_open open = {false, OpenOptions, NULL, 0};
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(
        m, mode, cm_open_key(m, KernelMode, KeyHandle, DesiredAccess, ObjectAttributes, &open));
}
