/*
 * Errors that the user caused and may set right: which device a thread's request is to have
 * verified, whether the thread wants the user told; and the session of a requestor.
 *
 * There is no user who could answer, so nothing is shown: the routines that would are not here.
 *
 * ntddk/nf-ntddk-iosetharderrororverifydevice, ntifs/nf-ntifs-iogetdevicetoverify,
 * ntifs/nf-ntifs-iogetrequestorsessionid
 */
#include "io/io.h"

VOID IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoSetHardErrorOrVerifyDevice);
    (void)m;
    Irp->Tail.Overlay.Thread->verify_device = DeviceObject;
}

PDEVICE_OBJECT IoGetDeviceToVerify(PETHREAD Thread) {
    KI_GATE(IoGetDeviceToVerify);
    (void)m;
    return Thread->verify_device;
}

VOID IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoSetDeviceToVerify);
    (void)m;
    Thread->verify_device = DeviceObject;
}

BOOLEAN IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors) {
    KI_GATE(IoSetThreadHardErrorMode);
    PETHREAD thread = CONTAINING_RECORD(m->cpu->thread, struct _ETHREAD, tcb);
    BOOLEAN before = !thread->hard_errors_off;
    thread->hard_errors_off = !EnableHardErrors;
    return before;
}

/* System processes are in session 0, like all that the host makes. */
NTSTATUS IoGetRequestorSessionId(PIRP Irp, PULONG pSessionId) {
    KI_GATE(IoGetRequestorSessionId);
    (void)m;
    *pSessionId = MAXULONG;
    PETHREAD thread = Irp->Tail.Overlay.Thread;
    if (!thread)
        return STATUS_UNSUCCESSFUL;
    PACCESS_TOKEN token = PsReferencePrimaryToken(thread->tcb.own_process);
    NTSTATUS status = SeQuerySessionIdToken(token, pSessionId);
    PsDereferencePrimaryToken(token);
    return status;
}
