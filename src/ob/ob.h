/*
 * Objects: what has a type, a reference count, perhaps a name, and can be behind a handle.
 *
 * An object is a header (struct ob_header) and, 16-byte aligned behind it, the body that everyone
 * else sees: a KEVENT, a FILE_OBJECT, an ETHREAD. Types are constant tables, one per kind of object
 * and the same for all machines, so that *PsThreadType and its like can be plain exported
 * constants.
 *
 * References. ob_create gives one. A name in a directory holds one, each handle holds one. Objects
 * that are not permanent lose their name with their last handle. At the last reference the type's
 * delete procedure runs; if the type asks for PASSIVE_LEVEL and the caller is above it, a system
 * worker thread does it later.
 */
#ifndef OB_OB_H
#define OB_OB_H

#include "ki/machine.h"
#include "ki/thread.h"

struct ob_header;
struct ob_directory;

/* `struct ob_type` is what drivers know as the opaque type behind POBJECT_TYPE. */
#define ob_type _OBJECT_TYPE

#define OB_NO_WAIT (-1)
#define OB_TAG 0x6a624f42u /* "BObj": objects, their security descriptors */

/* Which per-type list of the machine a type has, if any. */
enum ob_type_hook { OB_HOOK_NONE, OB_HOOK_PROCESS, OB_HOOK_THREAD, OB_HOOKS };

struct ob_type {
    const char *name; /* "Event" */
    GENERIC_MAPPING mapping;
    ACCESS_MASK valid_access;
    int wait_offset; /* of the DISPATCHER_HEADER that a wait on a handle waits for, or OB_NO_WAIT */
    bool wait_indirect;  /* wait_offset is that of a pointer to it */
    bool passive_delete; /* the delete procedure calls drivers or waits: PASSIVE_LEVEL only */
    enum ob_type_hook hook;
    /* Frees what the body owns, before the object's own memory goes. NULL: nothing. */
    void (*delete)(struct machine *m, void *object);
    /* A handle was closed; `handles_left` counts the object's remaining ones in all processes. In
     * the closer's context. */
    void (*close)(struct machine *m, PEPROCESS process, void *object, ACCESS_MASK granted,
                  ULONG handles_left);
    /* May the handle be closed now? NULL: yes. */
    bool (*okay_to_close)(struct machine *m, PEPROCESS process, void *object, HANDLE handle,
                          KPROCESSOR_MODE mode);
    /*
     * The object's name where that is more than a place in a directory (a file: its device's name
     * and its own): returns its length in characters, writes at most `capacity`. NULL: the name in
     * the directory.
     */
    size_t (*query_name)(struct machine *m, const void *object, WCHAR *buffer, size_t capacity);
    /*
     * Where the self-relative security descriptor of the object is kept (pool memory, replaced
     * through ob_security_set). NULL: in its header.
     */
    PSECURITY_DESCRIPTOR *(*security)(struct machine *m, void *object);
};

enum {
    OB_PERMANENT = 1, /* keeps its name without handles */
    OB_EXCLUSIVE = 2, /* at most one process has handles */
    OB_DELETING = 4,
    OB_OPENED_ALONE =
        8, /* its one handle was opened with OBJ_EXCLUSIVE: no other until it is closed */
};

struct ob_header {
    LONG64 pointer_count;
    LONG handle_count;
    ULONG flags;
    const struct ob_type *type;
    uint32_t serial;
    uint32_t name_hash;
    PEPROCESS exclusive;
    PSECURITY_DESCRIPTOR security;
    UNICODE_STRING name;            /* last component; Length 0: unnamed */
    struct ob_directory *directory; /* in which the name is */
    struct ob_header *bucket_next;
    LIST_ENTRY directory_link; /* order of insertion */
    struct ob_header *delete_next;
    LONG64 body[] __attribute__((aligned(16)));
};

static inline struct ob_header *ob_header_of(const void *object) {
    return CONTAINING_RECORD((PCHAR)(ULONG_PTR)object, struct ob_header, body);
}
static inline const struct ob_type *ob_type_of(const void *object) {
    return ob_header_of(object)->type;
}
static inline bool ob_is(const void *object, const struct ob_type *type) {
    return ob_header_of(object)->type == type;
}

/* ---- life ---- */

/* A new object of `size` bytes: zeroed, nonpaged, unnamed, one reference.
 * STATUS_INSUFFICIENT_RESOURCES. Any IRQL <= 2. */
NTSTATUS ob_create(struct machine *m, const struct ob_type *type, size_t size, void **object);
static inline void ob_reference(struct machine *m, void *object) {
    (void)m;
    ob_header_of(object)->pointer_count++;
}
/* False if the object is being deleted. */
bool ob_reference_safe(struct machine *m, void *object);
/* The last one deletes; <= DISPATCH_LEVEL. */
void ob_dereference(struct machine *m, void *object);
/* The same, never in the caller's context: the delete procedure runs in a system worker thread. */
void ob_dereference_defer(struct machine *m, void *object);

/* ---- names ---- */

/* Names an object, permanently; the name holds a reference. The last directory of the path must
 * exist. Statuses as NT's: OBJECT_NAME_COLLISION, OBJECT_NAME_INVALID, OBJECT_PATH_NOT_FOUND,
 * OBJECT_PATH_SYNTAX_BAD. */
NTSTATUS ob_insert_name(struct machine *m, void *object, const UNICODE_STRING *path);
/* Takes the name away, with its reference. Nothing if it has none. */
void ob_remove_name(struct machine *m, void *object);
/* ObMakeTemporaryObject: the name goes now or with the last handle. */
void ob_make_temporary(struct machine *m, void *object);

/*
 * Finds the object of a path and references it. Symbolic links are followed; "\??", "\DosDevices",
 * "\GLOBAL??" and, as host programs write it, "\\.\" and "\\?\" are one directory; case does not
 * matter. The walk stops at the first object that is neither directory nor link: what is left of
 * the path (with its leading backslash, or empty) goes to *rest, a string in pool that
 * ob_free_string gives back, or is an error if rest is NULL.
 */
NTSTATUS ob_lookup(struct machine *m, const UNICODE_STRING *path, UNICODE_STRING *rest,
                   void **object);
/* The same below a directory (NULL: an absolute path); with `open_link` a link that ends the path
 * is itself the result. */
NTSTATUS ob_lookup_from(struct machine *m, void *root, const UNICODE_STRING *path, bool open_link,
                        UNICODE_STRING *rest, void **object);
void ob_free_string(struct machine *m, UNICODE_STRING *string);
/* A path in ASCII. */
NTSTATUS ob_lookup_ascii(struct machine *m, const char *path, UNICODE_STRING *rest, void **object);

/* The whole name "\Device\echo", in characters without terminator: returns how many there are,
 * writes at most `capacity`. */
size_t ob_full_name(struct machine *m, const void *object, WCHAR *buffer, size_t capacity);
/* The same as UTF-8 text that lives as long as the machine; "" if it has no name. */
const char *ob_full_name_text(struct machine *m, const void *object);

NTSTATUS ob_directory_create(struct machine *m, const char *path, void **object);
/* A symbolic link object at `path`, permanent; ob_link_delete removes it. */
NTSTATUS ob_link_create(struct machine *m, const UNICODE_STRING *path, const UNICODE_STRING *target,
                        void **object);
NTSTATUS ob_link_new(struct machine *m, const UNICODE_STRING *target, void **object); /* unnamed */
NTSTATUS ob_link_delete(struct machine *m, const UNICODE_STRING *path);
const UNICODE_STRING *ob_link_target(const void *link);
/* Calls visit for each object of a directory in order of insertion until it returns false. */
void ob_directory_visit(struct machine *m, void *directory,
                        bool (*visit)(void *context, void *object), void *context);

/* ---- handles ---- */

struct ob_handle {
    struct ob_header *object; /* NULL: free */
    ACCESS_MASK access;
    ULONG attributes;  /* OBJ_INHERIT …, or the next free index */
    const void *owner; /* a code address of the driver that made it, or NULL */
};
struct ob_handle_table {
    struct ob_handle *entries; /* entry 0 is never used; handle = index * 4 */
    ULONG capacity, used, first_free;
};
/* What a process begins with; the rest of struct _KPROCESS is ps's. */
struct ob_process {
    DISPATCHER_HEADER Header;
    struct ob_handle_table handles;
};

#define OB_KERNEL_HANDLE_BITS 0xffffffff80000000ull
static inline bool ob_is_kernel_handle(HANDLE handle) {
    return ((ULONG_PTR)handle & OB_KERNEL_HANDLE_BITS) == OB_KERNEL_HANDLE_BITS &&
           (LONG_PTR)handle < -2;
}

/*
 * A handle of the process, or a kernel handle (process NULL). `access` is granted as it is, generic
 * bits mapped. The object gains a reference of the handle's own.
 */
NTSTATUS ob_handle_create(struct machine *m, PEPROCESS process, void *object, ACCESS_MASK access,
                          HANDLE *handle);
/* The same with OBJ_INHERIT, OBJ_KERNEL_HANDLE, OBJ_EXCLUSIVE of an OBJECT_ATTRIBUTES; the process
 * is the current one. */
NTSTATUS ob_handle_create_attributes(struct machine *m, void *object, ACCESS_MASK access,
                                     ULONG attributes, KPROCESSOR_MODE mode, HANDLE *handle);
/* NtDuplicateObject: target NULL with DUPLICATE_CLOSE_SOURCE only closes. */
NTSTATUS ob_handle_duplicate(struct machine *m, PEPROCESS source, HANDLE handle, PEPROCESS target,
                             HANDLE *result, ACCESS_MASK access, ULONG attributes, ULONG options,
                             KPROCESSOR_MODE mode);
/* STATUS_INVALID_HANDLE, STATUS_HANDLE_NOT_CLOSABLE. PASSIVE_LEVEL: the close procedure may call
 * drivers. */
NTSTATUS ob_handle_close(struct machine *m, PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode);
/*
 * The object behind a handle, referenced. Kernel handles are resolved in any process, but not for
 * UserMode; `type` NULL: any. `access` is checked for UserMode only. STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. Process NULL: the current one. `granted` may
 * be NULL.
 */
NTSTATUS ob_handle_reference(struct machine *m, PEPROCESS process, HANDLE handle,
                             ACCESS_MASK access, const struct ob_type *type, KPROCESSOR_MODE mode,
                             void **object, ACCESS_MASK *granted);
/* Gives a new process, whose table is empty, its parent's handles with OBJ_INHERIT, under the same
 * values. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS ob_handles_inherit(struct machine *m, PEPROCESS parent, PEPROCESS process);
/* Closes every handle of a process that ends, in its context. */
void ob_handles_close_all(struct machine *m, PEPROCESS process);
size_t ob_handle_count(const struct ob_handle_table *table);

/* ---- OBJECT_ATTRIBUTES ---- */

/* An OBJECT_ATTRIBUTES of a caller, checked and copied: nothing in it changes or faults any more.
 */
struct ob_attributes {
    ULONG attributes;
    void *root;          /* referenced object of RootDirectory, or NULL */
    UNICODE_STRING name; /* in pool; Length 0: none */
    bool named;
    PSECURITY_DESCRIPTOR security; /* the caller's, as it is */
};
/* STATUS_INVALID_PARAMETER, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_ACCESS_VIOLATION of a user
 * pointer. */
NTSTATUS ob_attributes_capture(struct machine *m, const OBJECT_ATTRIBUTES *attributes,
                               KPROCESSOR_MODE mode, struct ob_attributes *captured);
void ob_attributes_release(struct machine *m, struct ob_attributes *captured);

/* Opens the object of captured attributes: lookup, type, access. The object is referenced. */
NTSTATUS ob_open(struct machine *m, const struct ob_attributes *attributes,
                 const struct ob_type *type, KPROCESSOR_MODE mode, ACCESS_MASK desired,
                 void **object, ACCESS_MASK *granted);
/*
 * Gives a new object its name (if the attributes have one) and a handle, and drops the reference of
 * its creation. With OBJ_OPENIF an existing object of that name and type is opened instead:
 * STATUS_OBJECT_NAME_EXISTS.
 */
NTSTATUS ob_insert(struct machine *m, void *object, const struct ob_attributes *attributes,
                   KPROCESSOR_MODE mode, ACCESS_MASK desired, HANDLE *handle);
/* Generic rights as the type's specific ones, without bits the type does not have. */
ACCESS_MASK ob_map_access(const struct ob_type *type, ACCESS_MASK access);
/* Maps generic bits and MAXIMUM_ALLOWED and checks against the object's security for UserMode. */
NTSTATUS ob_check_access(struct machine *m, void *object, KPROCESSOR_MODE mode, ULONG attributes,
                         ACCESS_MASK desired, ACCESS_MASK *granted);
/* Replaces the security descriptor by a copy of a self-relative one; NULL: none, everyone may. */
NTSTATUS ob_security_set(struct machine *m, void *object, PSECURITY_DESCRIPTOR descriptor,
                         size_t size);
PSECURITY_DESCRIPTOR ob_security_of(struct machine *m, void *object);

/* Gives an object a copy of the security descriptor that its creator passed. */
NTSTATUS ob_security_assign(struct machine *m, void *object, PSECURITY_DESCRIPTOR descriptor,
                            KPROCESSOR_MODE mode);

/* ---- what services share ---- */

/* Checks where a service writes a result of `size` bytes. */
NTSTATUS ob_probe_out(struct machine *m, KPROCESSOR_MODE mode, void *address, size_t size);

/* Altitudes of filters are decimal numbers of any length: is it one; which is higher (below, equal
 * to, above zero)? */
bool ob_altitude_valid(const UNICODE_STRING *altitude);
int ob_altitude_compare(const UNICODE_STRING *a, const UNICODE_STRING *b);

/* Every routine that ObRegisterCallbacks was given (or NULL, where only one of two was). */
void ob_visit_callbacks(struct machine *m, void (*visit)(void *context, const void *routine),
                        void *context);

/* ---- types of this component ---- */

extern const struct ob_type ob_directory_type, ob_link_type, ob_event_type, ob_semaphore_type,
    ob_mutant_type, ob_timer_type;

/* A new event object. */
NTSTATUS ob_event_create(struct machine *m, EVENT_TYPE type, bool signaled, PKEVENT *event);

/* ---- ob's part of the machine ---- */

struct ob_part {
    struct ob_directory *root;
    struct ob_directory *dos_devices;             /* \GLOBAL?? */
    struct ob_handle_table *kernel_handles;       /* the system process's, set by ps */
    struct ob_header *delete_first, *delete_last; /* objects whose deletion waits for the worker */
    WORK_QUEUE_ITEM delete_item;
    bool delete_queued;
    LIST_ENTRY callbacks; /* ObRegisterCallbacks, highest altitude first */
    size_t object_count;
    /* Set by se: may the current thread do this to the object? */
    NTSTATUS(*access_check)
    (struct machine *m, const struct ob_type *type, PSECURITY_DESCRIPTOR descriptor,
     ACCESS_MASK desired, ACCESS_MASK *granted);
    /* Set by se: a self-relative copy in pool (tag OB_TAG) of a descriptor that a caller passed. */
    NTSTATUS(*security_capture)
    (struct machine *m, PSECURITY_DESCRIPTOR descriptor, KPROCESSOR_MODE mode,
     PSECURITY_DESCRIPTOR *copy, size_t *size);
    /* Set by io: the driver whose code, by the calling stack, makes a handle now; NULL: none. */
    const void *(*handle_owner)(struct machine *m);
    /* Set by ps: what is left to do before a system service returns to user mode. */
    void (*leave_service)(struct machine *m);
};

void ob_start(struct machine *m);

/* The process whose handles the calling thread uses. */
static inline PEPROCESS ob_current_process(struct machine *m) { return m->cpu->thread->process; }

/*
 * A system service called by its Nt name runs between KI_GATE and ob_leave_service; by its Zw name,
 * with the previous mode set to KernelMode in between: KI_GATE(ZwClose); CCHAR mode =
 * ob_enter_kernel(m); NTSTATUS status = …; return ob_leave_kernel(m, mode, status);
 */
static inline CCHAR ob_enter_kernel(struct machine *m) {
    CCHAR mode = m->cpu->thread->previous_mode;
    m->cpu->thread->previous_mode = KernelMode;
    return mode;
}
static inline NTSTATUS ob_leave_kernel(struct machine *m, CCHAR mode, NTSTATUS status) {
    m->cpu->thread->previous_mode = mode;
    return status;
}
static inline NTSTATUS ob_leave_service(struct machine *m, NTSTATUS status) {
    const struct _KTHREAD *thread = m->cpu->thread;
    if (KI_UNLIKELY(thread->previous_mode == UserMode && thread->user_apc_pending))
        m->ob->leave_service(m);
    return status;
}

#endif
