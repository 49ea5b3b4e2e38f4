/*
 * The object namespace: directories, symbolic links, paths.
 *
 * A directory hashes its entries by upper-case name and also keeps them in order of insertion, so
 * that walking it does not depend on hashes. A path is walked component by component; at a symbolic
 * link the walk starts over with the link's target in front of what is left; at any other object it
 * ends, and the rest of the path is that object's business (a device hands it to its driver, a
 * registry key to cm).
 *
 * "\??" and "\DosDevices" are links to \GLOBAL??, where "Global" and "GLOBALROOT" lead on; logon
 * sessions with directories of their own are not modelled.
 */
#include "ob/ob.h"

#include "ki/trace.h"
#include "mm/mm.h"
#include "ob/internal.h"

#define OB_MAX_REPARSE 32

WCHAR ob_upcase(WCHAR c) {
    if (c < 'a')
        return c;
    if (c <= 'z')
        return (WCHAR)(c - ('a' - 'A'));
    return c < 0x80 ? c : RtlUpcaseUnicodeChar(c);
}

static uint32_t ob_hash(const WCHAR *name, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ob_upcase(name[i])) * 16777619u;
    return hash;
}

static bool ob_name_equals(const UNICODE_STRING *name, const WCHAR *text, size_t length) {
    if (name->Length != length * sizeof(WCHAR))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (name->Buffer[i] != text[i] && ob_upcase(name->Buffer[i]) != ob_upcase(text[i]))
            return false;
    }
    return true;
}

NTSTATUS ob_copy_string(struct machine *m, UNICODE_STRING *to, const WCHAR *text, size_t length) {
    *to = (UNICODE_STRING){0, 0, NULL};
    if (length * sizeof(WCHAR) > UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    if (!length)
        return STATUS_SUCCESS;
    to->Buffer = mm_pool_allocate(m, NonPagedPoolNx, length * sizeof(WCHAR), OB_NAME_TAG);
    if (!to->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(to->Buffer, text, length * sizeof(WCHAR));
    to->Length = to->MaximumLength = (USHORT)(length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

void ob_free_string(struct machine *m, UNICODE_STRING *string) {
    if (string->Buffer)
        mm_pool_free(m, string->Buffer, OB_NAME_TAG);
    *string = (UNICODE_STRING){0, 0, NULL};
}

/* ---- directories ---- */

static struct ob_header *ob_directory_find(const struct ob_directory *directory, const WCHAR *name,
                                           size_t length) {
    if (!directory->bucket_count)
        return NULL;
    uint32_t hash = ob_hash(name, length);
    struct ob_header *header = directory->buckets[hash & (directory->bucket_count - 1)];
    while (header && !(header->name_hash == hash && ob_name_equals(&header->name, name, length)))
        header = header->bucket_next;
    return header;
}

static bool ob_directory_grow(struct machine *m, struct ob_directory *directory) {
    ULONG count = directory->bucket_count ? directory->bucket_count * 4 : 16;
    struct ob_header **buckets =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, count * sizeof *buckets, OB_TAG);
    if (!buckets)
        return directory->bucket_count != 0; /* a full one is slow, not wrong */
    for (LIST_ENTRY *link = directory->entries.Flink; link != &directory->entries;
         link = link->Flink) {
        struct ob_header *header = CONTAINING_RECORD(link, struct ob_header, directory_link);
        struct ob_header **bucket = &buckets[header->name_hash & (count - 1)];
        header->bucket_next = *bucket;
        *bucket = header;
    }
    if (directory->buckets)
        mm_pool_free(m, directory->buckets, OB_TAG);
    directory->buckets = buckets;
    directory->bucket_count = count;
    return true;
}

/* The name is in the header already. */
static NTSTATUS ob_directory_add(struct machine *m, struct ob_directory *directory,
                                 struct ob_header *header) {
    if (directory->count >= directory->bucket_count && !ob_directory_grow(m, directory))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct ob_header **bucket =
        &directory->buckets[header->name_hash & (directory->bucket_count - 1)];
    header->bucket_next = *bucket;
    *bucket = header;
    InsertTailList(&directory->entries, &header->directory_link);
    directory->count++;
    header->directory = directory;
    ob_reference(m, directory);
    ob_reference(m, header->body);
    return STATUS_SUCCESS;
}

void ob_remove_name(struct machine *m, void *object) {
    struct ob_header *header = ob_header_of(object);
    struct ob_directory *directory = header->directory;
    if (!directory)
        return;
    struct ob_header **link =
        &directory->buckets[header->name_hash & (directory->bucket_count - 1)];
    while (*link != header)
        link = &(*link)->bucket_next;
    *link = header->bucket_next;
    RemoveEntryList(&header->directory_link);
    directory->count--;
    header->directory = NULL;
    header->flags &= ~(ULONG)OB_PERMANENT;
    ob_free_string(m, &header->name);
    ob_dereference(m, directory);
    ob_dereference(m, object);
}

void ob_check_name(struct machine *m, struct ob_header *header) {
    if (!header->handle_count && !(header->flags & OB_PERMANENT))
        ob_remove_name(m, header->body);
}

void ob_make_temporary(struct machine *m, void *object) {
    ob_header_of(object)->flags &= ~(ULONG)OB_PERMANENT;
    ob_check_name(m, ob_header_of(object));
}

void ob_directory_visit(struct machine *m, void *directory,
                        bool (*visit)(void *context, void *object), void *context) {
    (void)m;
    struct ob_directory *d = directory;
    LIST_ENTRY *next;
    for (LIST_ENTRY *link = d->entries.Flink; link != &d->entries; link = next) {
        next = link->Flink;
        if (!visit(context, CONTAINING_RECORD(link, struct ob_header, directory_link)->body))
            return;
    }
}

static void ob_directory_delete(struct machine *m, void *object) {
    struct ob_directory *directory = object;
    if (directory->buckets)
        mm_pool_free(m, directory->buckets, OB_TAG);
}

const struct ob_type ob_directory_type = {
    .name = "Directory",
    .mapping = {STANDARD_RIGHTS_READ | 3, STANDARD_RIGHTS_WRITE | 12, STANDARD_RIGHTS_EXECUTE | 3,
                STANDARD_RIGHTS_REQUIRED | 15},
    .valid_access = STANDARD_RIGHTS_REQUIRED | 15,
    .wait_offset = OB_NO_WAIT,
    .delete = ob_directory_delete,
};

static void ob_link_delete_object(struct machine *m, void *object) {
    ob_free_string(m, &((struct ob_link *)object)->target);
}

const struct ob_type ob_link_type = {
    .name = "SymbolicLink",
    .mapping = {STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE | 1,
                STANDARD_RIGHTS_REQUIRED | 1},
    .valid_access = STANDARD_RIGHTS_REQUIRED | 1,
    .wait_offset = OB_NO_WAIT,
    .delete = ob_link_delete_object,
};

/* ---- the walk ---- */

struct ob_walk {
    const WCHAR *next, *end; /* what is left of the path, starting at a backslash or a name */
    UNICODE_STRING owned;    /* the buffer it lies in after a symbolic link */
    struct ob_directory *directory;
    unsigned reparses;
};

/* An absolute path: starts at the root, or with a host's prefix in the directory of DOS devices. */
static NTSTATUS ob_walk_root(struct machine *m, struct ob_walk *walk) {
    size_t length = (size_t)(walk->end - walk->next);
    if (!length || walk->next[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    walk->directory = m->ob->root;
    walk->next++;
    if (length >= 4 && walk->next[0] == '\\' && (walk->next[1] == '.' || walk->next[1] == '?') &&
        walk->next[2] == '\\') {
        walk->directory = m->ob->dos_devices;
        walk->next += 3;
    }
    return STATUS_SUCCESS;
}

/* Puts a link's target in front of the rest and starts over. */
static NTSTATUS ob_walk_link(struct machine *m, struct ob_walk *walk, const struct ob_link *link) {
    size_t target = link->target.Length / sizeof(WCHAR);
    size_t rest = (size_t)(walk->end - walk->next);
    if (++walk->reparses > OB_MAX_REPARSE)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (target && rest && link->target.Buffer[target - 1] == '\\')
        target--;
    if ((target + rest) * sizeof(WCHAR) > UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    WCHAR *buffer =
        mm_pool_allocate(m, NonPagedPoolNx, (target + rest + 1) * sizeof(WCHAR), OB_NAME_TAG);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(buffer, link->target.Buffer, target * sizeof(WCHAR));
    memcpy(buffer + target, walk->next, rest * sizeof(WCHAR));
    ob_free_string(m, &walk->owned);
    walk->owned.Buffer = buffer;
    walk->next = buffer;
    walk->end = buffer + target + rest;
    return ob_walk_root(m, walk);
}

/* One component: *found is the entry, next stands behind it. */
static NTSTATUS ob_walk_component(struct ob_walk *walk, struct ob_header **found) {
    const WCHAR *name = walk->next;
    while (walk->next < walk->end && *walk->next != '\\')
        walk->next++;
    if (walk->next == name)
        return STATUS_OBJECT_NAME_INVALID;
    *found = ob_directory_find(walk->directory, name, (size_t)(walk->next - name));
    if (*found)
        return STATUS_SUCCESS;
    return walk->next < walk->end ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* Walks to an object that is no directory or ends the path. */
static NTSTATUS ob_walk_to(struct machine *m, struct ob_walk *walk, bool open_link,
                           struct ob_header **found) {
    *found = ob_header_of(walk->directory);
    while (walk->next < walk->end) {
        NTSTATUS status = ob_walk_component(walk, found);
        if (!NT_SUCCESS(status))
            return status;
        bool at_end = walk->next == walk->end;
        if ((*found)->type == &ob_link_type) {
            if (at_end && open_link)
                return STATUS_SUCCESS;
            status = ob_walk_link(m, walk, (struct ob_link *)(*found)->body);
            if (!NT_SUCCESS(status))
                return status;
            *found = ob_header_of(walk->directory);
        } else if ((*found)->type == &ob_directory_type) {
            if (at_end)
                return STATUS_SUCCESS;
            walk->directory = (struct ob_directory *)(*found)->body;
            walk->next++;
            if (walk->next == walk->end)
                return STATUS_OBJECT_NAME_INVALID;
        } else {
            return STATUS_SUCCESS;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS ob_lookup_from(struct machine *m, void *root, const UNICODE_STRING *path, bool open_link,
                        UNICODE_STRING *rest, void **object) {
    struct ob_walk walk = {
        path->Buffer, path->Buffer + path->Length / sizeof(WCHAR), {0, 0, NULL}, root, 0};
    struct ob_header *found = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    *object = NULL;
    if (!root)
        status = ob_walk_root(m, &walk);
    else if (!ob_is(root, &ob_directory_type))
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (walk.next < walk.end && *walk.next == '\\')
        status = STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (NT_SUCCESS(status))
        status = ob_walk_to(m, &walk, open_link, &found);
    if (NT_SUCCESS(status) && rest)
        status = ob_copy_string(m, rest, walk.next, (size_t)(walk.end - walk.next));
    else if (NT_SUCCESS(status) && walk.next < walk.end)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    ob_free_string(m, &walk.owned);
    if (!NT_SUCCESS(status))
        return status;
    ob_reference(m, found->body);
    *object = found->body;
    return STATUS_SUCCESS;
}

NTSTATUS ob_lookup(struct machine *m, const UNICODE_STRING *path, UNICODE_STRING *rest,
                   void **object) {
    return ob_lookup_from(m, NULL, path, false, rest, object);
}

/* A short ASCII path as a counted string over `buffer`. */
static UNICODE_STRING ob_ascii(const char *text, WCHAR *buffer, size_t capacity) {
    size_t length = strlen(text);
    KI_ASSERT(length <= capacity);
    for (size_t i = 0; i < length; i++)
        buffer[i] = (unsigned char)text[i];
    return (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)),
                            buffer};
}

NTSTATUS ob_lookup_ascii(struct machine *m, const char *path, UNICODE_STRING *rest, void **object) {
    WCHAR buffer[256];
    if (strlen(path) > KI_COUNT(buffer))
        return STATUS_NAME_TOO_LONG;
    UNICODE_STRING string = ob_ascii(path, buffer, KI_COUNT(buffer));
    return ob_lookup(m, &string, rest, object);
}

/* ---- naming ---- */

NTSTATUS ob_insert_name_at(struct machine *m, void *object, void *root, const UNICODE_STRING *path,
                           bool permanent) {
    struct ob_header *header = ob_header_of(object);
    size_t length = path->Length / sizeof(WCHAR), start = length;
    void *directory;
    KI_ASSERT(!header->directory);
    while (start && path->Buffer[start - 1] != '\\')
        start--;
    if (!root && !start)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (start == length)
        return STATUS_OBJECT_NAME_INVALID;
    UNICODE_STRING parent = {(USHORT)(start * sizeof(WCHAR)), (USHORT)(start * sizeof(WCHAR)),
                             path->Buffer};
    if (start > 1 && !(start == 4 && path->Buffer[1] == '\\'))
        parent.Length -= sizeof(WCHAR);
    NTSTATUS status = ob_lookup_from(m, root, &parent, false, NULL, &directory);
    if (!NT_SUCCESS(status))
        return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : status;
    const WCHAR *name = path->Buffer + start;
    if (!ob_is(directory, &ob_directory_type))
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    else if (ob_directory_find(directory, name, length - start))
        status = STATUS_OBJECT_NAME_COLLISION;
    else
        status = ob_copy_string(m, &header->name, name, length - start);
    if (NT_SUCCESS(status)) {
        header->name_hash = ob_hash(name, length - start);
        header->flags |= permanent ? OB_PERMANENT : 0;
        status = ob_directory_add(m, directory, header);
        if (!NT_SUCCESS(status))
            ob_free_string(m, &header->name);
    }
    ob_dereference(m, directory);
    return status;
}

NTSTATUS ob_insert_name(struct machine *m, void *object, const UNICODE_STRING *path) {
    return ob_insert_name_at(m, object, NULL, path, true);
}

size_t ob_full_name(struct machine *m, const void *object, WCHAR *buffer, size_t capacity) {
    const struct ob_header *header = ob_header_of(object);
    if (header->type->query_name)
        return header->type->query_name(m, object, buffer, capacity);
    if (object == m->ob->root) {
        if (capacity)
            buffer[0] = '\\';
        return 1;
    }
    if (!header->directory)
        return 0;
    size_t length =
        header->directory == m->ob->root ? 0 : ob_full_name(m, header->directory, buffer, capacity);
    if (length < capacity)
        buffer[length] = '\\';
    length++;
    for (size_t i = 0; i < header->name.Length / sizeof(WCHAR); i++, length++) {
        if (length < capacity)
            buffer[length] = header->name.Buffer[i];
    }
    return length;
}

const char *ob_full_name_text(struct machine *m, const void *object) {
    WCHAR buffer[512];
    size_t length = ob_full_name(m, object, buffer, KI_COUNT(buffer));
    return ki_intern_wide(m, buffer, length < KI_COUNT(buffer) ? length : KI_COUNT(buffer));
}

/* ---- creating directories and links ---- */

NTSTATUS ob_directory_new(struct machine *m, void **object) {
    NTSTATUS status = ob_create(m, &ob_directory_type, sizeof(struct ob_directory), object);
    if (NT_SUCCESS(status))
        InitializeListHead(&((struct ob_directory *)*object)->entries);
    return status;
}

/* Names a new object and keeps only the name's reference unless the caller wants one. */
static NTSTATUS ob_name_new(struct machine *m, void *object, const UNICODE_STRING *path,
                            void **result) {
    NTSTATUS status = ob_insert_name(m, object, path);
    if (result)
        *result = NT_SUCCESS(status) ? object : NULL;
    if (!NT_SUCCESS(status) || !result)
        ob_dereference(m, object);
    return status;
}

NTSTATUS ob_directory_create(struct machine *m, const char *path, void **object) {
    WCHAR buffer[256];
    void *directory;
    UNICODE_STRING string = ob_ascii(path, buffer, KI_COUNT(buffer));
    NTSTATUS status = ob_directory_new(m, &directory);
    return NT_SUCCESS(status) ? ob_name_new(m, directory, &string, object) : status;
}

NTSTATUS ob_link_new(struct machine *m, const UNICODE_STRING *target, void **object) {
    NTSTATUS status = ob_create(m, &ob_link_type, sizeof(struct ob_link), object);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_copy_string(m, &((struct ob_link *)*object)->target, target->Buffer,
                            target->Length / sizeof(WCHAR));
    if (!NT_SUCCESS(status))
        ob_dereference(m, *object);
    return status;
}

NTSTATUS ob_link_create(struct machine *m, const UNICODE_STRING *path, const UNICODE_STRING *target,
                        void **object) {
    void *link;
    NTSTATUS status = ob_link_new(m, target, &link);
    return NT_SUCCESS(status) ? ob_name_new(m, link, path, object) : status;
}

NTSTATUS ob_link_delete(struct machine *m, const UNICODE_STRING *path) {
    void *link;
    NTSTATUS status = ob_lookup_from(m, NULL, path, true, NULL, &link);
    if (!NT_SUCCESS(status))
        return status;
    if (ob_is(link, &ob_link_type))
        ob_make_temporary(m, link);
    else
        status = STATUS_OBJECT_TYPE_MISMATCH;
    ob_dereference(m, link);
    return status;
}

const UNICODE_STRING *ob_link_target(const void *link) {
    return &((const struct ob_link *)link)->target;
}

static void ob_link_start(struct machine *m, const char *path, const char *target) {
    WCHAR from[64], to[64];
    UNICODE_STRING from_string = ob_ascii(path, from, KI_COUNT(from));
    UNICODE_STRING to_string = ob_ascii(target, to, KI_COUNT(to));
    NTSTATUS status = ob_link_create(m, &from_string, &to_string, NULL);
    KI_ASSERT(NT_SUCCESS(status));
}

void ob_namespace_start(struct machine *m) {
    static const char *const directories[] = {
        "\\Device",   "\\Driver",      "\\FileSystem", "\\BaseNamedObjects", "\\KernelObjects",
        "\\Callback", "\\ObjectTypes", "\\Security",   "\\Windows",          "\\Sessions",
    };
    void *object;
    NTSTATUS status = ob_directory_new(m, &object);
    KI_ASSERT(NT_SUCCESS(status));
    m->ob->root = object;
    status = ob_directory_create(m, "\\GLOBAL??", &object);
    KI_ASSERT(NT_SUCCESS(status));
    m->ob->dos_devices = object;
    for (size_t i = 0; i < KI_COUNT(directories); i++) {
        status = ob_directory_create(m, directories[i], NULL);
        KI_ASSERT(NT_SUCCESS(status));
    }
    ob_link_start(m, "\\??", "\\GLOBAL??");
    ob_link_start(m, "\\DosDevices", "\\GLOBAL??");
    ob_link_start(m, "\\GLOBAL??\\Global", "\\GLOBAL??");
    ob_link_start(m, "\\GLOBAL??\\GLOBALROOT", "\\");
}
