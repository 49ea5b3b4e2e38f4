/*
 * Callback objects: named lists of routines that one component calls and others register with
 * (wdm/nf-wdm-excreatecallback and its neighbours).
 *
 * Routines are called in order of registration, at the IRQL of the notification. A registration
 * that is removed while it is being called goes away when that call has returned, and
 * ExUnregisterCallback waits for that.
 */
#include "ex/ex.h"
#include "mm/mm.h"
#include "ob/ob.h"

#define EX_CALLBACK_TAG 0x626c6143u /* "Calb" */

struct _CALLBACK_OBJECT {
    LIST_ENTRY registrations;
    BOOLEAN multiple;
};

struct ex_registration {
    LIST_ENTRY link;
    PCALLBACK_OBJECT object; /* referenced */
    PCALLBACK_FUNCTION function;
    PVOID context;
    ULONG busy;   /* calls in progress */
    PKEVENT idle; /* unregistering: who waits for them */
};

static void ex_callback_delete(struct machine *m, void *object) {
    PCALLBACK_OBJECT callback = object;
    (void)m;
    KI_ASSERT(IsListEmpty(&callback->registrations)); /* each holds a reference */
}

static const struct ob_type ex_callback_type = {
    .name = "Callback",
    .mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | 1, STANDARD_RIGHTS_EXECUTE,
                STANDARD_RIGHTS_REQUIRED | 1},
    .valid_access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 1,
    .wait_offset = OB_NO_WAIT,
    .delete = ex_callback_delete,
};

static NTSTATUS ex_callback_new(struct machine *m, BOOLEAN multiple, PCALLBACK_OBJECT *result) {
    void *object;
    NTSTATUS status = ob_create(m, &ex_callback_type, sizeof **result, &object);
    if (!NT_SUCCESS(status))
        return status;
    *result = object;
    InitializeListHead(&(*result)->registrations);
    (*result)->multiple = multiple;
    return STATUS_SUCCESS;
}

/* Finds a callback object by its attributes. */
static NTSTATUS ex_callback_open(struct machine *m, const struct ob_attributes *attributes,
                                 PCALLBACK_OBJECT *result) {
    void *object;
    NTSTATUS status = ob_lookup_from(m, attributes->root, &attributes->name, false, NULL, &object);
    if (!NT_SUCCESS(status))
        return status;
    if (!ob_is(object, &ex_callback_type)) {
        ob_dereference(m, object);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *result = object;
    return STATUS_SUCCESS;
}

/* A new one. Its name stays if it is permanent; otherwise it would go with the handle that no
 * caller ever sees. */
static NTSTATUS ex_callback_create(struct machine *m, const struct ob_attributes *attributes,
                                   BOOLEAN multiple, PCALLBACK_OBJECT *result) {
    NTSTATUS status = ex_callback_new(m, multiple, result);
    if (!NT_SUCCESS(status) || !(attributes->attributes & OBJ_PERMANENT))
        return status;
    status = ob_insert_name(m, *result, &attributes->name);
    if (!NT_SUCCESS(status))
        ob_dereference(m, *result);
    return status;
}

NTSTATUS ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes,
                          BOOLEAN Create, BOOLEAN AllowMultipleCallbacks) {
    KI_GATE(ExCreateCallback);
    struct ob_attributes attributes;
    NTSTATUS status = ob_attributes_capture(m, ObjectAttributes, KernelMode, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    if (attributes.name.Length == 0) {
        status = STATUS_UNSUCCESSFUL;
    } else {
        status = ex_callback_open(m, &attributes, CallbackObject);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND && Create)
            status = ex_callback_create(m, &attributes, AllowMultipleCallbacks, CallbackObject);
    }
    ob_attributes_release(m, &attributes);
    return status;
}

PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                         PVOID CallbackContext) {
    KI_GATE(ExRegisterCallback);
    if (!CallbackObject->multiple && !IsListEmpty(&CallbackObject->registrations))
        return NULL;
    struct ex_registration *registration = mm_pool_allocate_for(
        m, NonPagedPoolNx, sizeof *registration, EX_CALLBACK_TAG, __builtin_return_address(0));
    if (!registration)
        return NULL;
    *registration = (struct ex_registration){
        .object = CallbackObject, .function = CallbackFunction, .context = CallbackContext};
    ob_reference(m, CallbackObject);
    InsertTailList(&CallbackObject->registrations, &registration->link);
    return registration;
}

static void ex_registration_free(struct machine *m, struct ex_registration *registration) {
    PCALLBACK_OBJECT object = registration->object;
    RemoveEntryList(&registration->link);
    mm_pool_free(m, registration, EX_CALLBACK_TAG);
    ob_dereference(m, object);
}

VOID ExUnregisterCallback(PVOID CallbackRegistration) {
    KI_GATE(ExUnregisterCallback);
    struct ex_registration *registration = CallbackRegistration;
    if (registration->busy) {
        KEVENT idle;
        KeInitializeEvent(&idle, NotificationEvent, FALSE);
        registration->idle = &idle;
        KeWaitForSingleObject(&idle, Executive, KernelMode, FALSE, NULL);
    }
    ex_registration_free(m, registration);
}

/* Lets go on who waits to free a registration. Others may run then, so the one that comes next is
 * kept meanwhile. */
static void ex_registration_release(PCALLBACK_OBJECT object, PLIST_ENTRY link, PKEVENT idle) {
    struct ex_registration *next = link == &object->registrations
                                       ? NULL
                                       : CONTAINING_RECORD(link, struct ex_registration, link);
    if (next)
        next->busy++;
    KeSetEvent(idle, IO_NO_INCREMENT, FALSE);
    if (next)
        next->busy--;
}

VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2) {
    KI_GATE(ExNotifyCallback);
    PCALLBACK_OBJECT object = CallbackObject;
    PLIST_ENTRY link = object->registrations.Flink;
    (void)m;
    while (link != &object->registrations) {
        struct ex_registration *registration =
            CONTAINING_RECORD(link, struct ex_registration, link);
        PKEVENT idle = registration->idle;
        if (!idle) {
            registration->busy++;
            registration->function(registration->context, Argument1, Argument2);
            registration->busy--;
            idle = registration->idle;
        }
        link = link->Flink; /* before whoever waits can free the registration */
        if (idle && !registration->busy)
            ex_registration_release(object, link, idle);
    }
}

void ex_callback_announce(const WCHAR *name, PVOID argument1, PVOID argument2) {
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    RtlInitUnicodeString(&path, name);
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(ExCreateCallback(&object, &attributes, FALSE, TRUE)))
        return;
    ExNotifyCallback(object, argument1, argument2);
    ObDereferenceObject(object);
}

/* The objects that the system itself makes. */
void ex_callback_start(struct machine *m) {
    static const WCHAR *const names[] = {L"\\Callback\\SetSystemTime", L"\\Callback\\PowerState",
                                         L"\\Callback\\ProcessorAdd"};
    PCALLBACK_OBJECT object;
    void *directory;
    if (NT_SUCCESS(ob_lookup_ascii(m, "\\Callback", NULL, &directory)))
        ob_dereference(m, directory);
    else if (NT_SUCCESS(ob_directory_create(m, "\\Callback", &directory)))
        ob_dereference(m, directory);
    for (unsigned i = 0; i < KI_COUNT(names); i++) {
        UNICODE_STRING name;
        RtlInitUnicodeString(&name, names[i]);
        if (!NT_SUCCESS(ex_callback_new(m, TRUE, &object)) ||
            !NT_SUCCESS(ob_insert_name(m, object, &name)))
            ki_no_memory();
        ob_dereference(m, object);
    }
}
