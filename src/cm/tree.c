/* The registry's tree: keys, values, names. */
#include "cm/cm.h"

#include "ki/dispatch.h"
#include "mm/mm.h"
#include "rtl/rtl.h"

NTSTATUS cm_copy_string(struct machine *m, UNICODE_STRING *to, const WCHAR *text, size_t length) {
    *to = (UNICODE_STRING){0, 0, NULL};
    if (!length)
        return STATUS_SUCCESS;
    to->Buffer = mm_pool_allocate(m, NonPagedPoolNx, length * sizeof(WCHAR), CM_TAG);
    if (!to->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(to->Buffer, text, length * sizeof(WCHAR));
    to->Length = to->MaximumLength = (USHORT)(length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

void cm_free_string(struct machine *m, UNICODE_STRING *string) {
    if (string->Buffer)
        mm_pool_free(m, string->Buffer, CM_TAG);
    *string = (UNICODE_STRING){0, 0, NULL};
}

/* An array of pointers with room for one more. */
static bool cm_make_room(struct machine *m, void *array, ULONG count, ULONG *room) {
    void ***slot = array;
    if (count < *room)
        return true;
    ULONG larger = *room ? *room * 2 : 4;
    void **copy = mm_pool_allocate(m, NonPagedPoolNx, larger * sizeof *copy, CM_TAG);
    if (!copy)
        return false;
    if (*slot) {
        memcpy(copy, *slot, count * sizeof *copy);
        mm_pool_free(m, *slot, CM_TAG);
    }
    *slot = copy;
    *room = larger;
    return true;
}

/* ---- keys ---- */

/* Where a name is or would be among the subkeys. */
static bool cm_subkey_place(const struct cm_key *key, const WCHAR *name, size_t length,
                            ULONG *place) {
    ULONG low = 0, high = key->subkey_count;
    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        const UNICODE_STRING *other = &key->subkeys[middle]->name;
        LONG order =
            rtl_compare_unicode(name, length, other->Buffer, other->Length / sizeof(WCHAR), true);
        if (order == 0) {
            *place = middle;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    *place = low;
    return false;
}

struct cm_key *cm_subkey(const struct cm_key *key, const WCHAR *name, size_t length) {
    ULONG place;
    return cm_subkey_place(key, name, length, &place) ? key->subkeys[place] : NULL;
}

static void cm_key_free(struct machine *m, struct cm_key *key) {
    while (key->value_count)
        cm_value_delete(m, key, &key->values[key->value_count - 1]->name);
    if (key->values)
        mm_pool_free(m, key->values, CM_TAG);
    if (key->subkeys)
        mm_pool_free(m, key->subkeys, CM_TAG);
    if (key->security)
        mm_pool_free(m, key->security, OB_TAG);
    cm_free_string(m, &key->name);
    cm_free_string(m, &key->class_name);
    mm_pool_free(m, key, CM_TAG);
}

/* Takes a key from its parent's list. */
static void cm_unlink(struct cm_key *parent, const struct cm_key *key) {
    ULONG place;
    bool found =
        cm_subkey_place(parent, key->name.Buffer, key->name.Length / sizeof(WCHAR), &place);
    KI_ASSERT(found && parent->subkeys[place] == key);
    parent->subkey_count--;
    memmove(&parent->subkeys[place], &parent->subkeys[place + 1],
            (parent->subkey_count - place) * sizeof parent->subkeys[0]);
}

/* Puts a key into a list that has room for it. */
static void cm_link(struct cm_key *parent, struct cm_key *key) {
    ULONG place;
    bool found =
        cm_subkey_place(parent, key->name.Buffer, key->name.Length / sizeof(WCHAR), &place);
    KI_ASSERT(!found);
    memmove(&parent->subkeys[place + 1], &parent->subkeys[place],
            (parent->subkey_count - place) * sizeof parent->subkeys[0]);
    parent->subkeys[place] = key;
    parent->subkey_count++;
}

NTSTATUS cm_subkey_create(struct machine *m, struct cm_key *parent, const WCHAR *name,
                          size_t length, struct cm_key **result) {
    if (!length || length > CM_NAME_MAX)
        return STATUS_INVALID_PARAMETER;
    struct cm_key *key = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *key, CM_TAG);
    if (!key)
        return STATUS_INSUFFICIENT_RESOURCES;
    InitializeListHead(&key->watches);
    key->parent = parent;
    key->references = 1;
    key->write_time = ki_system_time(m);
    if (!NT_SUCCESS(cm_copy_string(m, &key->name, name, length)) ||
        (parent &&
         !cm_make_room(m, &parent->subkeys, parent->subkey_count, &parent->subkey_room))) {
        cm_key_free(m, key);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (parent) {
        cm_link(parent, key);
        parent->write_time = key->write_time;
    }
    *result = key;
    return STATUS_SUCCESS;
}

void cm_key_dereference(struct machine *m, struct cm_key *key) {
    if (--key->references == 0)
        cm_key_free(m, key);
}

void cm_key_remove(struct machine *m, struct cm_key *key) {
    cm_unlink(key->parent, key);
    key->parent->write_time = ki_system_time(m);
    key->deleted = true;
    cm_key_dereference(m, key);
}

void cm_key_rename(struct machine *m, struct cm_key *key, const UNICODE_STRING *name) {
    cm_unlink(key->parent, key);
    cm_free_string(m, &key->name);
    key->name = *name;
    cm_link(key->parent, key);
    key->write_time = key->parent->write_time = ki_system_time(m);
}

size_t cm_key_name(const struct cm_key *key, WCHAR *buffer, size_t capacity) {
    size_t length = key->parent ? cm_key_name(key->parent, buffer, capacity) : 0;
    if (length < capacity)
        buffer[length] = '\\';
    length++;
    for (size_t i = 0; i < key->name.Length / sizeof(WCHAR); i++, length++) {
        if (length < capacity)
            buffer[length] = key->name.Buffer[i];
    }
    return length;
}

/* ---- values ---- */

static bool cm_value_place(const struct cm_key *key, const UNICODE_STRING *name, ULONG *place) {
    for (ULONG i = 0; i < key->value_count; i++) {
        const UNICODE_STRING *other = &key->values[i]->name;
        if (other->Length == name->Length &&
            rtl_compare_unicode(other->Buffer, other->Length / sizeof(WCHAR), name->Buffer,
                                name->Length / sizeof(WCHAR), true) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

struct cm_value *cm_value(const struct cm_key *key, const UNICODE_STRING *name) {
    ULONG place;
    return cm_value_place(key, name, &place) ? key->values[place] : NULL;
}

static struct cm_value *cm_value_new(struct machine *m, struct cm_key *key,
                                     const UNICODE_STRING *name) {
    if (!cm_make_room(m, &key->values, key->value_count, &key->value_room))
        return NULL;
    struct cm_value *value = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *value, CM_TAG);
    if (!value)
        return NULL;
    if (!NT_SUCCESS(cm_copy_string(m, &value->name, name->Buffer, name->Length / sizeof(WCHAR)))) {
        mm_pool_free(m, value, CM_TAG);
        return NULL;
    }
    key->values[key->value_count++] = value;
    return value;
}

NTSTATUS cm_value_set(struct machine *m, struct cm_key *key, const UNICODE_STRING *name, ULONG type,
                      const void *data, ULONG size) {
    void *copy = NULL;
    if (size) {
        copy = mm_pool_allocate(m, NonPagedPoolNx, size, CM_TAG);
        if (!copy)
            return STATUS_INSUFFICIENT_RESOURCES;
        memcpy(copy, data, size);
    }
    struct cm_value *value = cm_value(key, name);
    if (!value)
        value = cm_value_new(m, key, name);
    if (!value) {
        if (copy)
            mm_pool_free(m, copy, CM_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (value->data)
        mm_pool_free(m, value->data, CM_TAG);
    value->data = copy;
    value->type = type;
    value->size = size;
    key->write_time = ki_system_time(m);
    return STATUS_SUCCESS;
}

bool cm_value_delete(struct machine *m, struct cm_key *key, const UNICODE_STRING *name) {
    ULONG place;
    if (!cm_value_place(key, name, &place))
        return false;
    struct cm_value *value = key->values[place];
    key->value_count--;
    memmove(&key->values[place], &key->values[place + 1],
            (key->value_count - place) * sizeof key->values[0]);
    if (value->data)
        mm_pool_free(m, value->data, CM_TAG);
    cm_free_string(m, &value->name);
    mm_pool_free(m, value, CM_TAG);
    key->write_time = ki_system_time(m);
    return true;
}
