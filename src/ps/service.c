/*
 * System services on processes and threads, and the duplication of handles between processes.
 *
 * Pages: ntddk/nf-ntddk-zwopenprocess, ntddk/nf-ntddk-zwterminateprocess,
 * ntifs/nf-ntifs-zwduplicateobject.
 */
#include "ps/ps.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "ps/internal.h"

/* The process of a client identifier, by its thread if it names one; referenced. */
static PEPROCESS ps_client_process(struct machine *m, const CLIENT_ID *client) {
    if (!client->UniqueThread)
        return ps_process_find(m, client->UniqueProcess);
    PETHREAD thread = ps_thread_find(m, client->UniqueThread);
    if (!thread)
        return NULL;
    PEPROCESS process = thread->process;
    bool matches = !client->UniqueProcess || client->UniqueProcess == process->id.value;
    if (matches)
        ob_reference(m, process);
    ob_dereference(m, thread);
    return matches ? process : NULL;
}

static NTSTATUS ps_open_process(struct machine *m, KPROCESSOR_MODE mode, PHANDLE handle,
                                ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                PCLIENT_ID client) {
    struct ob_attributes captured;
    ACCESS_MASK granted;
    NTSTATUS status = ob_probe_out(m, mode, handle, sizeof *handle);
    if (NT_SUCCESS(status) && client && mode != KernelMode)
        status = mm_probe(m, client, sizeof *client, 8, false);
    if (NT_SUCCESS(status))
        status = ob_attributes_capture(m, attributes, mode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    bool named = captured.named;
    ULONG flags = captured.attributes;
    ob_attributes_release(m, &captured);
    if (named || !client)
        return STATUS_INVALID_PARAMETER_MIX;
    PEPROCESS process = ps_client_process(m, client);
    if (!process)
        return STATUS_INVALID_CID;
    status = ob_check_access(m, process, mode, flags, access, &granted);
    if (NT_SUCCESS(status))
        status = ob_handle_create_attributes(m, process, granted, flags, mode, handle);
    ob_dereference(m, process);
    return status;
}

NTSTATUS ZwOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                       POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
    KI_GATE(ZwOpenProcess);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(
        m, mode,
        ps_open_process(m, KernelMode, ProcessHandle, DesiredAccess, ObjectAttributes, ClientId));
}

NTSTATUS NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                       POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
    KI_GATE(NtOpenProcess);
    return ob_leave_service(m, ps_open_process(m, m->cpu->thread->previous_mode, ProcessHandle,
                                               DesiredAccess, ObjectAttributes, ClientId));
}

/* NULL means all threads of the current process but the caller. */
static NTSTATUS ps_terminate_others(struct machine *m, NTSTATUS status) {
    PETHREAD self = ps_current_thread(m);
    LIST_ENTRY *head = &self->process->threads;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        PETHREAD thread = CONTAINING_RECORD(link, struct _ETHREAD, process_link);
        if (thread != self)
            ps_thread_terminate(m, thread, status);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ps_terminate_process(struct machine *m, HANDLE handle, NTSTATUS exit_status) {
    void *object;
    if (!handle)
        return ps_terminate_others(m, exit_status);
    NTSTATUS status = ob_handle_reference(m, NULL, handle, PROCESS_TERMINATE, &ps_process_type,
                                          KernelMode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    PEPROCESS process = object;
    if (process->system)
        status = STATUS_ACCESS_DENIED;
    else if (process->exiting)
        status = STATUS_PROCESS_IS_TERMINATING;
    else
        ps_process_terminate(m, process, exit_status);
    bool own = process == ps_current_thread(m)->process;
    ob_dereference(m, process);
    if (own && NT_SUCCESS(status))
        ps_thread_exit(m, exit_status);
    return status;
}

NTSTATUS ZwTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus) {
    KI_GATE(ZwTerminateProcess);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, ps_terminate_process(m, ProcessHandle, ExitStatus));
}

/* ---- duplication ---- */

static NTSTATUS ps_duplicate(struct machine *m, KPROCESSOR_MODE mode, HANDLE source_process,
                             HANDLE source, HANDLE target_process, PHANDLE target,
                             ACCESS_MASK access, ULONG attributes, ULONG options) {
    void *from, *to = NULL;
    HANDLE result = NULL;
    NTSTATUS status = target ? ob_probe_out(m, mode, target, sizeof *target) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    if (!target_process && !(options & DUPLICATE_CLOSE_SOURCE))
        return STATUS_INVALID_HANDLE;
    status = ob_handle_reference(m, NULL, source_process, PROCESS_DUP_HANDLE, &ps_process_type,
                                 mode, &from, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (target_process)
        status = ob_handle_reference(m, NULL, target_process, PROCESS_DUP_HANDLE, &ps_process_type,
                                     mode, &to, NULL);
    if (NT_SUCCESS(status) && to && ((PEPROCESS)to)->exiting)
        status = STATUS_PROCESS_IS_TERMINATING;
    if (NT_SUCCESS(status))
        status =
            ob_handle_duplicate(m, from, source, to, &result, access, attributes, options, mode);
    if (to)
        ob_dereference(m, to);
    ob_dereference(m, from);
    if (NT_SUCCESS(status) && target)
        *target = result;
    return status;
}

NTSTATUS ZwDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle,
                           HANDLE TargetProcessHandle, PHANDLE TargetHandle,
                           ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options) {
    KI_GATE(ZwDuplicateObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           ps_duplicate(m, KernelMode, SourceProcessHandle, SourceHandle,
                                        TargetProcessHandle, TargetHandle, DesiredAccess,
                                        HandleAttributes, Options));
}
