/*
 * Event objects behind handles: their services, and the two routines of the I/O manager that make
 * named events.
 *
 * Pages: ntifs/nf-ntifs-zwcreateevent, wdm/nf-wdm-zwopenevent, ntifs/nf-ntifs-zwsetevent,
 * ntifs/nf-ntifs-zwwaitforsingleobject, wdm/nf-wdm-iocreatenotificationevent,
 * wdm/nf-wdm-iocreatesynchronizationevent.
 */
#include "ob/ob.h"

#include "ke/ke.h"
#include "ki/gate.h"
#include "mm/mm.h"
#include "ob/internal.h"

#define OB_SYNC_MAPPING(query, modify)                                                             \
    {                                                                                              \
        STANDARD_RIGHTS_READ | (query), STANDARD_RIGHTS_WRITE | (modify),                          \
            STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, STANDARD_RIGHTS_ALL | (query) | (modify)        \
    }

const struct ob_type ob_event_type = {
    .name = "Event",
    .mapping = OB_SYNC_MAPPING(1, 2),
    .valid_access = STANDARD_RIGHTS_ALL | 3,
};
const struct ob_type ob_semaphore_type = {
    .name = "Semaphore",
    .mapping = OB_SYNC_MAPPING(1, 2),
    .valid_access = STANDARD_RIGHTS_ALL | 3,
};

static POBJECT_TYPE const ob_event_pointer = (POBJECT_TYPE)(ULONG_PTR)&ob_event_type;
static POBJECT_TYPE const ob_semaphore_pointer = (POBJECT_TYPE)(ULONG_PTR)&ob_semaphore_type;
POBJECT_TYPE *ExEventObjectType = (POBJECT_TYPE *)(ULONG_PTR)&ob_event_pointer;
POBJECT_TYPE *ExSemaphoreObjectType = (POBJECT_TYPE *)(ULONG_PTR)&ob_semaphore_pointer;

NTSTATUS ob_event_create(struct machine *m, EVENT_TYPE type, bool signaled, PKEVENT *event) {
    void *object;
    NTSTATUS status = ob_create(m, &ob_event_type, sizeof(KEVENT), &object);
    *event = object;
    if (NT_SUCCESS(status))
        KeInitializeEvent(object, type, signaled);
    return status;
}

NTSTATUS ob_probe_out(struct machine *m, KPROCESSOR_MODE mode, void *address, size_t size) {
    return mode == KernelMode ? STATUS_SUCCESS
                              : mm_probe(m, address, size, (ULONG)(size < 8 ? size : 8), true);
}

static NTSTATUS ob_create_event(struct machine *m, PHANDLE handle, ACCESS_MASK access,
                                POBJECT_ATTRIBUTES attributes, EVENT_TYPE type, BOOLEAN state) {
    struct ob_attributes captured;
    PKEVENT event;
    HANDLE result = NULL;
    if (type != NotificationEvent && type != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = ob_attributes_capture(m, attributes, KernelMode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_event_create(m, type, state, &event);
    if (NT_SUCCESS(status))
        status = ob_insert(m, event, &captured, KernelMode, access, &result);
    ob_attributes_release(m, &captured);
    if (NT_SUCCESS(status))
        *handle = result;
    return status;
}

NTSTATUS ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                       POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                       BOOLEAN InitialState) {
    KI_GATE(ZwCreateEvent);
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(
        m, mode,
        ob_create_event(m, EventHandle, DesiredAccess, ObjectAttributes, EventType, InitialState));
}

NTSTATUS ob_open_handle(struct machine *m, KPROCESSOR_MODE mode, PHANDLE handle, ACCESS_MASK access,
                        POBJECT_ATTRIBUTES attributes, const struct ob_type *type) {
    struct ob_attributes captured;
    ACCESS_MASK granted;
    HANDLE result = NULL;
    void *object;
    NTSTATUS status = ob_probe_out(m, mode, handle, sizeof *handle);
    if (NT_SUCCESS(status))
        status = attributes ? ob_attributes_capture(m, attributes, mode, &captured)
                            : STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    status = ob_open(m, &captured, type, mode, access, &object, &granted);
    if (NT_SUCCESS(status)) {
        status =
            ob_handle_create_attributes(m, object, granted, captured.attributes, mode, &result);
        ob_dereference(m, object);
    }
    ob_attributes_release(m, &captured);
    if (NT_SUCCESS(status))
        *handle = result;
    return status;
}

NTSTATUS ZwOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                     POBJECT_ATTRIBUTES ObjectAttributes) {
    KI_GATE(ZwOpenEvent);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           ob_open_handle(m, KernelMode, EventHandle, DesiredAccess,
                                          ObjectAttributes, &ob_event_type));
}

static NTSTATUS ob_set_event(struct machine *m, HANDLE handle, PLONG previous) {
    void *event;
    NTSTATUS status = ob_handle_reference(m, NULL, handle, EVENT_MODIFY_STATE, &ob_event_type,
                                          KernelMode, &event, NULL);
    if (!NT_SUCCESS(status))
        return status;
    LONG old = KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    if (previous)
        *previous = old;
    ob_dereference(m, event);
    return STATUS_SUCCESS;
}

NTSTATUS ZwSetEvent(HANDLE EventHandle, PLONG PreviousState) {
    KI_GATE(ZwSetEvent);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, ob_set_event(m, EventHandle, PreviousState));
}

/* ---- waiting ---- */

/* The dispatcher object a wait on a handle means; NULL: the type has none, and such a wait ends at
 * once. */
static void *ob_waitable(void *object) {
    const struct ob_type *type = ob_type_of(object);
    if (type->wait_offset == OB_NO_WAIT)
        return NULL;
    char *at = (char *)object + type->wait_offset;
    return type->wait_indirect ? *(void **)(void *)at : at;
}

static NTSTATUS ob_wait_handle(struct machine *m, HANDLE handle, BOOLEAN alertable,
                               PLARGE_INTEGER timeout) {
    void *object;
    NTSTATUS status =
        ob_handle_reference(m, NULL, handle, SYNCHRONIZE, NULL, KernelMode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    void *waitable = ob_waitable(object);
    if (waitable)
        status = KeWaitForSingleObject(waitable, UserRequest, KernelMode, alertable, timeout);
    ob_dereference(m, object);
    return status;
}

NTSTATUS ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    KI_GATE(ZwWaitForSingleObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, ob_wait_handle(m, Handle, Alertable, Timeout));
}

/* ---- named events of the I/O manager ---- */

static PKEVENT ob_named_event(struct machine *m, PUNICODE_STRING name, PHANDLE handle,
                              EVENT_TYPE type) {
    OBJECT_ATTRIBUTES attributes;
    HANDLE result;
    void *event = NULL;
    InitializeObjectAttributes(&attributes, name,
                               OBJ_OPENIF | OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = ob_create_event(m, &result, EVENT_ALL_ACCESS, &attributes, type, TRUE);
    if (!NT_SUCCESS(status))
        return NULL;
    status = ob_handle_reference(m, NULL, result, 0, &ob_event_type, KernelMode, &event, NULL);
    KI_ASSERT(NT_SUCCESS(status));
    ob_dereference(m, event); /* the handle keeps it */
    *handle = result;
    return event;
}

PKEVENT IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
    KI_GATE(IoCreateNotificationEvent);
    return ob_named_event(m, EventName, EventHandle, NotificationEvent);
}

PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
    KI_GATE(IoCreateSynchronizationEvent);
    return ob_named_event(m, EventName, EventHandle, SynchronizationEvent);
}
