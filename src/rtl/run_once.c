/*
 * One-time initialization.
 *
 * The word is zero, or its two low bits tell: 1 a synchronous initialization runs, and the rest
 * leads to the threads that wait for it; 2 done, and the rest is the context; 3 asynchronous
 * initializations run. A waiting thread keeps its place in the chain on its own stack.
 */
#include "ki/gate.h"

enum {
    RTL_ONCE_IDLE = 0,
    RTL_ONCE_RUNNING = 1,
    RTL_ONCE_DONE = 2,
    RTL_ONCE_ASYNC = 3,
};

#define RTL_ONCE_MASK ((ULONG_PTR)3)

struct DECLSPEC_ALIGN(16) rtl_once_waiter {
    struct rtl_once_waiter *next;
    KEVENT event;
};

static ULONG_PTR rtl_once_word(const RTL_RUN_ONCE *once) { return (ULONG_PTR)once->Ptr; }

static void rtl_once_wait(PRTL_RUN_ONCE once) {
    struct rtl_once_waiter waiter;
    KeInitializeEvent(&waiter.event, NotificationEvent, FALSE);
    /* The gate above may have let the initialization end. */
    ULONG_PTR word = rtl_once_word(once);
    if ((word & RTL_ONCE_MASK) != RTL_ONCE_RUNNING)
        return;
    waiter.next = (struct rtl_once_waiter *)(word & ~RTL_ONCE_MASK);
    once->Ptr = (PVOID)((ULONG_PTR)&waiter | RTL_ONCE_RUNNING);
    KeWaitForSingleObject(&waiter.event, Executive, KernelMode, FALSE, NULL);
}

VOID RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce) {
    KI_GATE(RtlRunOnceInitialize);
    RunOnce->Ptr = NULL;
}

NTSTATUS RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context) {
    KI_GATE(RtlRunOnceBeginInitialize);
    bool async = Flags & RTL_RUN_ONCE_ASYNC, check = Flags & RTL_RUN_ONCE_CHECK_ONLY;
    if ((Flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY)) || (async && check))
        return STATUS_INVALID_PARAMETER_2;
    for (;;) {
        ULONG_PTR word = rtl_once_word(RunOnce), state = word & RTL_ONCE_MASK;
        if (state == RTL_ONCE_DONE) {
            if (Context)
                *Context = (PVOID)(word & ~RTL_ONCE_MASK);
            return STATUS_SUCCESS;
        }
        if (check)
            return STATUS_UNSUCCESSFUL;
        if (state == RTL_ONCE_IDLE) {
            RunOnce->Ptr = (PVOID)(ULONG_PTR)(async ? RTL_ONCE_ASYNC : RTL_ONCE_RUNNING);
            return STATUS_PENDING;
        }
        if (async != (state == RTL_ONCE_ASYNC))
            return STATUS_INVALID_PARAMETER_2;
        if (async)
            return STATUS_PENDING;
        rtl_once_wait(RunOnce);
    }
}

NTSTATUS RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context) {
    KI_GATE(RtlRunOnceComplete);
    bool async = Flags & RTL_RUN_ONCE_ASYNC, failed = Flags & RTL_RUN_ONCE_INIT_FAILED;
    ULONG_PTR word = rtl_once_word(RunOnce), state = word & RTL_ONCE_MASK;
    if ((Flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED)) || (async && failed))
        return STATUS_INVALID_PARAMETER_2;
    if (((ULONG_PTR)Context & RTL_ONCE_MASK) || (failed && Context))
        return STATUS_INVALID_PARAMETER_3;
    if (state == RTL_ONCE_IDLE || state == RTL_ONCE_DONE)
        return STATUS_UNSUCCESSFUL;
    if (async != (state == RTL_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER_2;
    RunOnce->Ptr = failed ? NULL : (PVOID)((ULONG_PTR)Context | RTL_ONCE_DONE);
    if (state == RTL_ONCE_RUNNING) {
        struct rtl_once_waiter *waiter = (struct rtl_once_waiter *)(word & ~RTL_ONCE_MASK);
        while (waiter) {
            struct rtl_once_waiter *next = waiter->next; /* its stack may be gone once it runs */
            KeSetEvent(&waiter->event, IO_NO_INCREMENT, FALSE);
            waiter = next;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter,
                               PVOID *Context) {
    KI_GATE(RtlRunOnceExecuteOnce);
    PVOID context = NULL;
    RTL_RUN_ONCE_INIT_FN *initialize = InitFn;
    KeEnterCriticalRegion();
    NTSTATUS status = RtlRunOnceBeginInitialize(RunOnce, 0, &context);
    if (status == STATUS_PENDING) {
        if (initialize(RunOnce, Parameter, &context))
            status = RtlRunOnceComplete(RunOnce, 0, context);
        else
            status = RtlRunOnceComplete(RunOnce, RTL_RUN_ONCE_INIT_FAILED, NULL) == STATUS_SUCCESS
                         ? STATUS_UNSUCCESSFUL
                         : STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(status) && Context)
        *Context = context;
    KeLeaveCriticalRegion();
    return status;
}
