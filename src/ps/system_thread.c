/*
 * Threads that drivers make for themselves. Pages: wdm/nf-wdm-pscreatesystemthread,
 * wdm/nf-wdm-iocreatesystemthread, wdm/nf-wdm-psterminatesystemthread.
 */
#include "ps/ps.h"

#include "ke/ke.h"
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/mm.h"
#include "ps/internal.h"

/* The process a thread is to run in; referenced. */
static NTSTATUS ps_reference_target(struct machine *m, HANDLE handle, PEPROCESS *process) {
    void *object = m->ps->system;
    NTSTATUS status = STATUS_SUCCESS;
    if (handle)
        status = ob_handle_reference(m, NULL, handle, PROCESS_CREATE_THREAD, &ps_process_type,
                                     KernelMode, &object, NULL);
    else
        ob_reference(m, object);
    *process = object;
    return status;
}

/* The start routine as a name for reports: "driver!worker". */
static const char *ps_routine_name(struct machine *m, PKSTART_ROUTINE routine) {
    return ki_address_name(m, (const void *)(ULONG_PTR)routine);
}

/* Its handle and the descriptor its maker gave it, with the reference of its making. */
static NTSTATUS ps_insert_thread(struct machine *m, PETHREAD thread, ACCESS_MASK access,
                                 const struct ob_attributes *attributes, HANDLE *handle) {
    struct ob_attributes kernel = *attributes;
    kernel.attributes |= OBJ_KERNEL_HANDLE;
    return ob_insert(m, thread, &kernel, KernelMode, access, handle);
}

/* A thread that cannot have a handle ends without having run its routine. */
static NTSTATUS ps_start_thread(struct machine *m, const struct ps_thread_parameters *parameters,
                                ACCESS_MASK access, const struct ob_attributes *attributes,
                                PHANDLE handle, PCLIENT_ID client) {
    PETHREAD thread;
    NTSTATUS status = ps_thread_make(m, parameters, &thread);
    if (!NT_SUCCESS(status))
        return status;
    CLIENT_ID id = {thread->process->id.value, thread->id.value};
    ob_reference(m, thread);
    status = ps_insert_thread(m, thread, access, attributes, handle);
    if (!NT_SUCCESS(status)) {
        thread->terminating = true;
        thread->exit_status = status;
    } else if (client) {
        *client = id;
    }
    ps_thread_begin(m, thread);
    ob_dereference(m, thread);
    return status;
}

/* The object, if any, is referenced until the thread has ended: its driver stays loaded. */
static NTSTATUS ps_create_system_thread(struct machine *m, void *object, PHANDLE handle,
                                        ULONG access, POBJECT_ATTRIBUTES attributes,
                                        HANDLE process_handle, PCLIENT_ID client,
                                        PKSTART_ROUTINE routine, PVOID context) {
    struct ob_attributes captured;
    PEPROCESS process;
    *handle = NULL;
    if (attributes && attributes->Attributes & (OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF))
        return STATUS_INVALID_PARAMETER;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = ob_attributes_capture(m, attributes, KernelMode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = ps_reference_target(m, process_handle, &process);
    if (NT_SUCCESS(status)) {
        struct ps_thread_parameters parameters = {.process = process,
                                                  .start = routine,
                                                  .context = context,
                                                  .name = ps_routine_name(m, routine),
                                                  .system_routine = true,
                                                  .io_object = object};
        status = ps_start_thread(m, &parameters, access, &captured, handle, client);
        ob_dereference(m, process);
    }
    ob_attributes_release(m, &captured);
    return status;
}

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                              PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                              PVOID StartContext) {
    KI_GATE(PsCreateSystemThread);
    return ps_create_system_thread(m, NULL, ThreadHandle, DesiredAccess, ObjectAttributes,
                                   ProcessHandle, ClientId, StartRoutine, StartContext);
}

NTSTATUS IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                              PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                              PVOID StartContext) {
    KI_GATE(IoCreateSystemThread);
    return ps_create_system_thread(m, IoObject, ThreadHandle, DesiredAccess, ObjectAttributes,
                                   ProcessHandle, ClientId, StartRoutine, StartContext);
}

NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus) {
    KI_GATE(PsTerminateSystemThread);
    PKTHREAD thread = ki_current_thread(m);
    if (ps_is_idle_thread(thread) || thread->user)
        return STATUS_INVALID_PARAMETER;
    if (ps_thread_of(thread)->worker)
        ki_bugcheck(m, ACTIVE_EX_WORKER_THREAD_TERMINATION, (ULONG_PTR)thread, 0, 0, 0,
                    "a work item ends the system worker thread %u that runs it", thread->serial);
    ps_thread_exit(m, ExitStatus);
}
