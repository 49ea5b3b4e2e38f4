/*
 * Attaching: a thread that sees another process's address space and handles for a while.
 *
 * Both forms may be used by one thread; the stacking form remembers where to return to in the
 * caller's KAPC_STATE, the plain one can only leave the thread's own process. Pages:
 * ntifs/nf-ntifs-kestackattachprocess and its sisters.
 */
#include "ps/ps.h"

#include "ke/ke.h"
#include "ki/gate.h"
#include "ps/internal.h"

/* KAPC_STATE.Process when attaching changed nothing. */
#define PS_NOT_ATTACHED ((PKPROCESS)(ULONG_PTR)1)

static _Noreturn void ps_bad_attach(struct machine *m, PEPROCESS process, const char *what) {
    PKTHREAD thread = ki_current_thread(m);
    ki_bugcheck(m, INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)process, (ULONG_PTR)thread->process,
                thread->process != thread->own_process, m->cpu->in_dpc, "%s", what);
}

VOID KeAttachProcess(PRKPROCESS Process) {
    KI_GATE(KeAttachProcess);
    PKTHREAD thread = ki_current_thread(m);
    if (thread->process == Process)
        return;
    if (m->cpu->in_dpc)
        ps_bad_attach(m, Process, "KeAttachProcess was called in a DPC routine");
    if (thread->process != thread->own_process)
        ps_bad_attach(m, Process,
                      "KeAttachProcess was called by a thread that is attached already");
    thread->process = Process;
}

VOID KeDetachProcess(VOID) {
    KI_GATE(KeDetachProcess);
    ki_current_thread(m)->process = ki_current_thread(m)->own_process;
}

VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState) {
    KI_GATE(KeStackAttachProcess);
    PKTHREAD thread = ki_current_thread(m);
    if (m->cpu->in_dpc)
        ps_bad_attach(m, Process, "KeStackAttachProcess was called in a DPC routine");
    memset(ApcState, 0, sizeof *ApcState);
    ApcState->Process = thread->process == Process ? PS_NOT_ATTACHED : thread->process;
    thread->process = Process;
}

VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState) {
    KI_GATE(KeUnstackDetachProcess);
    PKTHREAD thread = ki_current_thread(m);
    if (ApcState->Process == PS_NOT_ATTACHED)
        return;
    if (!ApcState->Process || thread->process == thread->own_process)
        ps_bad_attach(m, ApcState->Process,
                      "KeUnstackDetachProcess was called by a thread that is not attached");
    thread->process = ApcState->Process;
    ApcState->Process = NULL;
}
