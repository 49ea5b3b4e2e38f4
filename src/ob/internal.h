/* What the files of ob share among themselves. */
#ifndef OB_INTERNAL_H
#define OB_INTERNAL_H

#include "ob/ob.h"

#define OB_NAME_TAG 0x6d4e624fu   /* "ObNm" */
#define OB_HANDLE_TAG 0x6274624fu /* "Obtb" */

/* A directory's body: a hash of names by their upper-case form, and the entries in order of
 * insertion. */
struct ob_directory {
    struct ob_header **buckets;
    ULONG bucket_count; /* power of two, or 0 while it is empty */
    ULONG count;
    LIST_ENTRY entries;
};

struct ob_link {
    UNICODE_STRING target;
    LONGLONG create_time;
};

WCHAR ob_upcase(WCHAR c);
void ob_namespace_start(struct machine *m);
/* Drops several references at once. */
void ob_dereference_many(struct machine *m, void *object, LONG count);
/* The type of an object that a driver wants to reference or look at; a bug check if it is deleted.
 */
const struct ob_type *ob_live_type(struct machine *m, const void *object);
/* Names an object below a root object (NULL: absolute path) with OB_ flags. */
NTSTATUS ob_insert_name_at(struct machine *m, void *object, void *root, const UNICODE_STRING *path,
                           bool permanent);
/* After the last handle went: a temporary object loses its name. */
void ob_check_name(struct machine *m, struct ob_header *header);
NTSTATUS ob_copy_string(struct machine *m, UNICODE_STRING *to, const WCHAR *text, size_t length);

/* A handle about to be made, and what ObRegisterCallbacks' routines are told of it. */
struct ob_operation {
    OB_OPERATION kind;
    void *object;
    const struct ob_type *type;
    bool kernel_handle;
    bool unrestricted; /* callbacks are told of the handle, but cannot take rights away */
    ACCESS_MASK original, desired;
    PEPROCESS source, target; /* of a duplication */
    PEPROCESS process;        /* whose table */
    ULONG attributes;
    HANDLE *handle;
};
NTSTATUS ob_make_handle(struct machine *m, struct ob_operation *operation);
/* What it does: puts the object into the table, with the rights in `desired` … */
NTSTATUS ob_insert_handle(struct machine *m, const struct ob_operation *operation);
/* … between the routines before and after it, if there are any. */
NTSTATUS ob_callbacks_around(struct machine *m, struct ob_operation *operation);

NTSTATUS ob_name_information(struct machine *m, void *object, POBJECT_NAME_INFORMATION buffer,
                             ULONG length, PULONG needed);
NTSTATUS ob_directory_new(struct machine *m, void **object);
/* A service that opens an existing object of a type by name. */
NTSTATUS ob_open_handle(struct machine *m, KPROCESSOR_MODE mode, PHANDLE handle, ACCESS_MASK access,
                        POBJECT_ATTRIBUTES attributes, const struct ob_type *type);

/* The table a handle value belongs to, the kernel's or the process's (NULL: the current one). */
struct ob_handle_table *ob_table_of(struct machine *m, PEPROCESS process, HANDLE handle);
/* The entry of a handle value, or NULL. */
struct ob_handle *ob_handle_entry(struct ob_handle_table *table, HANDLE handle);

#endif
