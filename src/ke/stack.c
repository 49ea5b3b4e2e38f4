/*
 * Calls with a promised amount of stack, and the residency of a stack.
 *
 * A call that fits on what is left of the stack is made there, any other one on a segment of its
 * own (ki_call_on_segment). Either way the EXPAND_STACK_CALLOUT stands by itself: an exception that
 * it does not handle is a bug check, it must leave the IRQL as it found it, and its thread must not
 * end before it has returned. (ntddk/nf-ntddk-keexpandkernelstackandcalloutex)
 */
#include "ke/ke.h"

/* Room that the kernel's own frames need besides what the caller was promised. */
#define KE_STACK_RESERVE 4096u

struct ke_callout {
    PEXPAND_STACK_CALLOUT routine;
    PVOID parameter;
};

static void ke_callout_main(void *argument) {
    const struct ke_callout *callout = argument;
    callout->routine(callout->parameter);
}

/* True if the call fits on the running stack. The host's own stack, whose limits are not known,
 * always does. */
static bool ke_stack_has(const struct machine *m, SIZE_T size) {
    ULONG_PTR here = (ULONG_PTR)__builtin_frame_address(0), low = (ULONG_PTR)m->running->stack;
    return m->running == &m->host || here - low >= size + KE_STACK_RESERVE;
}

static NTSTATUS ke_callout(struct machine *m, PEXPAND_STACK_CALLOUT routine, PVOID parameter,
                           SIZE_T size) {
    struct ke_callout callout = {routine, parameter};
    if (size > MAXIMUM_EXPANSION_SIZE)
        return STATUS_INVALID_PARAMETER_3;
    PKTHREAD thread = ki_current_thread(m);
    KIRQL irql = m->cpu->irql;
    void *seh = m->seh;
    bool called = true;
    m->seh = NULL;
    thread->expansions++;
    if (ke_stack_has(m, size))
        ke_callout_main(&callout);
    else
        called = ki_call_on_segment(m, ke_callout_main, &callout);
    thread->expansions--;
    m->seh = seh;
    if (KI_UNLIKELY(m->cpu->irql != irql))
        ki_bugcheck(m, IRQL_UNEXPECTED_VALUE, KI_UNEXPECTED_IRQL(m, irql, KI_UNEXPECTED_CALLOUT),
                    (ULONG_PTR)routine, (ULONG_PTR)parameter, 0,
                    "the stack callout %s returned at %s_LEVEL",
                    ki_address_name(m, (void *)routine), ki_irql_name(m->cpu->irql));
    return called ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter,
                                       SIZE_T Size) {
    KI_GATE(KeExpandKernelStackAndCallout);
    return ke_callout(m, Callout, Parameter, Size);
}

NTSTATUS KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter,
                                         SIZE_T Size, BOOLEAN Wait, PVOID Context) {
    KI_GATE(KeExpandKernelStackAndCalloutEx);
    UNREFERENCED_PARAMETER(Context);
    if (Wait && m->cpu->irql >= DISPATCH_LEVEL)
        return STATUS_INVALID_PARAMETER_4;
    return ke_callout(m, Callout, Parameter, Size);
}

/* Stacks are never swapped out; what can be seen of the setting is its last value, and that no
 * thread may end with it off. */
BOOLEAN KeSetKernelStackSwapEnable(BOOLEAN Enable) {
    KI_GATE(KeSetKernelStackSwapEnable);
    PKTHREAD thread = ki_current_thread(m);
    BOOLEAN enabled = !thread->stack_locked;
    thread->stack_locked = !Enable;
    return enabled;
}
