/*
 * Threads that drivers make for themselves. Pages: wdm/nf-wdm-pscreatesystemthread,
 * wdm/nf-wdm-iocreatesystemthread, wdm/nf-wdm-psterminatesystemthread.
 */
#include "ps/ps.h"

#include "ke/ke.h"
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

/* The object, if any, is referenced until the thread has ended: its driver stays loaded. */
static NTSTATUS ps_create_system_thread(struct machine *m, void *object, PHANDLE handle,
                                        ULONG access, POBJECT_ATTRIBUTES attributes,
                                        HANDLE process_handle, PCLIENT_ID client,
                                        PKSTART_ROUTINE routine, PVOID context) {
    PEPROCESS process;
    PETHREAD thread;
    ULONG flags = OBJ_KERNEL_HANDLE | (attributes ? attributes->Attributes : 0);
    *handle = NULL;
    if (flags & (OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF))
        return STATUS_INVALID_PARAMETER;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = ps_reference_target(m, process_handle, &process);
    if (!NT_SUCCESS(status))
        return status;
    struct ps_thread_parameters parameters = {
        process, routine, context, ps_routine_name(m, routine), false, true, object};
    status = ps_thread_make(m, &parameters, &thread);
    ob_dereference(m, process);
    if (!NT_SUCCESS(status))
        return status;
    if (client)
        *client = (CLIENT_ID){thread->process->id.value, thread->id.value};
    status = ob_handle_create_attributes(m, thread, access ? access : THREAD_ALL_ACCESS, flags,
                                         KernelMode, handle);
    ob_dereference(m, thread);
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
    ps_thread_exit(m, ExitStatus);
}
