/*
 * Waiting for dispatcher objects.
 *
 * A wait that can be satisfied at once takes its objects and returns; nothing is linked. Otherwise
 * the thread's wait blocks go to the objects' lists, a time-out to the clock, and the processor to
 * somebody else. A kernel APC ends such a sleep with STATUS_KERNEL_APC; the APC runs as the IRQL is
 * lowered and the wait begins anew with what is left of its time.
 */
#include "ke/ke.h"
#include "ki/lock_log.h"

uint64_t ke_due_time(const struct machine *m, LARGE_INTEGER time) {
    if (time.QuadPart < 0) {
        uint64_t span = (uint64_t)0 - (uint64_t)time.QuadPart;
        uint64_t room = (KI_CLOCK_LAST - m->clock.now) / 100;
        return span > room ? KI_CLOCK_LAST : m->clock.now + span * 100;
    }
    if (time.QuadPart <= m->boot_time)
        return 0;
    uint64_t span = (uint64_t)time.QuadPart - (uint64_t)m->boot_time;
    return span > KI_CLOCK_LAST / 100 ? KI_CLOCK_LAST : span * 100;
}

/* What a wait asks for. */
struct ke_wait {
    ULONG count;
    PVOID *objects;
    WAIT_TYPE type;
    PKWAIT_BLOCK blocks;
    KPROCESSOR_MODE mode;
    BOOLEAN alertable;
    bool has_timeout, absolute;
    LARGE_INTEGER time; /* an absolute one */
    uint64_t due;
    uint64_t slept; /* when `due` was computed, the system had slept so long */
};

static void ke_wait_time(const struct machine *m, struct ke_wait *wait, PLARGE_INTEGER timeout) {
    wait->has_timeout = true;
    wait->absolute = timeout->QuadPart >= 0;
    wait->time = *timeout;
    wait->due = ke_due_time(m, *timeout);
    wait->slept = m->clock.slept;
}

/* The wait begins anew: if the system has slept meanwhile, that time does not count; the calendar
 * may have been changed. */
static void ke_wait_again(const struct machine *m, struct ke_wait *wait) {
    if (wait->absolute)
        wait->due = ke_due_time(m, wait->time);
    else
        wait->due += m->clock.slept - wait->slept;
    wait->slept = m->clock.slept;
}

/* Raises to DISPATCH_LEVEL; returns the level the caller will be at afterwards. A caller that was
 * to wait, and lowered the IRQL instead, waits like any other. */
static KIRQL ke_wait_enter(struct machine *m, PKTHREAD thread) {
    if (KI_UNLIKELY(thread->wait_next)) {
        thread->wait_next = FALSE;
        if (m->cpu->irql >= DISPATCH_LEVEL)
            return thread->wait_irql;
    }
    return ki_raise(m, DISPATCH_LEVEL);
}

/* A mutex recursed into too deep would wrap its count. */
static void ke_wait_check_mutant(DISPATCHER_HEADER *object, KIRQL irql, struct machine *m) {
    if ((object->Type & KI_OBJECT_TYPE_MASK) == MutantObject &&
        object->SignalState == (LONG)MINLONG) {
        ki_lower(m, irql);
        ExRaiseStatus(STATUS_MUTANT_LIMIT_EXCEEDED);
    }
}

/* Takes an object. A mutex remembers whether that was at DISPATCH_LEVEL, for it must be released
 * there then. */
static NTSTATUS ke_wait_take(struct machine *m, DISPATCHER_HEADER *object, PKTHREAD thread,
                             KIRQL irql) {
    NTSTATUS status = ki_satisfy(m, object, thread);
    if ((object->Type & KI_OBJECT_TYPE_MASK) == MutantObject && object->SignalState == 0)
        object->DpcActive = irql >= DISPATCH_LEVEL;
    return status;
}

/* Tries to take what the wait asks for without sleeping. */
static bool ke_wait_try(struct machine *m, PKTHREAD thread, const struct ke_wait *wait, KIRQL irql,
                        NTSTATUS *status) {
    if (wait->count == 0)
        return false; /* a delay: only time ends it */
    if (wait->type == WaitAny) {
        for (ULONG i = 0; i < wait->count; i++) {
            DISPATCHER_HEADER *object = wait->objects[i];
            ke_wait_check_mutant(object, irql, m);
            if (ki_is_signaled(object, thread)) {
                *status = ke_wait_take(m, object, thread, irql) + (NTSTATUS)i;
                return true;
            }
        }
        return false;
    }
    for (ULONG i = 0; i < wait->count; i++) {
        ke_wait_check_mutant(wait->objects[i], irql, m);
        if (!ki_is_signaled(wait->objects[i], thread))
            return false;
    }
    *status = STATUS_SUCCESS;
    for (ULONG i = 0; i < wait->count; i++)
        if (ke_wait_take(m, wait->objects[i], thread, irql) == STATUS_ABANDONED)
            *status = STATUS_ABANDONED;
    return true;
}

/* Reasons not to sleep at all: alerts and user APCs. */
static bool ke_wait_interrupted(PKTHREAD thread, KPROCESSOR_MODE mode, BOOLEAN alertable,
                                NTSTATUS *status) {
    if (alertable) {
        if (thread->alerted[(int)mode]) {
            thread->alerted[(int)mode] = FALSE;
            *status = STATUS_ALERTED;
            return true;
        }
        if (mode == UserMode && ki_apc_pending_for_user(thread)) {
            thread->user_apc_pending = TRUE;
            *status = STATUS_USER_APC;
            return true;
        }
        if (thread->alerted[KernelMode]) { /* a program's wait is alerted by the kernel, too */
            thread->alerted[KernelMode] = FALSE;
            *status = STATUS_ALERTED;
            return true;
        }
    }
    /* The thread is to end; but not in a region that keeps kernel APCs off. */
    if (mode == UserMode && thread->user_apc_pending && !thread->kernel_apc_disable &&
        !thread->special_apc_disable) {
        *status = STATUS_USER_APC;
        return true;
    }
    return false;
}

static void ke_wait_link(PKTHREAD thread, const struct ke_wait *wait) {
    for (ULONG i = 0; i < wait->count; i++) {
        PKWAIT_BLOCK block = &wait->blocks[i];
        DISPATCHER_HEADER *object = wait->objects[i];
        block->Object = object;
        block->Thread = thread;
        block->WaitKey = (USHORT)i;
        block->WaitType = (UCHAR)wait->type;
        block->NextWaitBlock = &wait->blocks[i + 1 == wait->count ? 0 : i + 1];
        InsertTailList(&object->WaitListHead, &block->WaitListEntry);
    }
    thread->wait_list = wait->count ? wait->blocks : NULL;
}

/* A wait in UserMode lets the stack be paged out, with all that lies on it. */
static void ke_wait_check_stack(struct machine *m, const struct _KTHREAD *thread,
                                const struct ke_wait *wait) {
    const char *low = m->running->stack, *high = low + m->running->stack_size;
    if (thread->stack_locked || !(m->flags & WDMSIM_CHECK_RULES))
        return;
    for (ULONG i = 0; i < wait->count; i++)
        if ((const char *)wait->objects[i] >= low && (const char *)wait->objects[i] < high)
            ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x123, (ULONG_PTR)wait->objects[i],
                        0, 0,
                        "thread %u (%s) waits in UserMode for an object on its own kernel stack",
                        thread->serial, thread->name);
}

/* What speaks against sleeping. */
static void ke_wait_check(struct machine *m, const struct _KTHREAD *thread,
                          const struct ke_wait *wait, KIRQL irql) {
    bool in_dpc = m->cpu->in_dpc || thread->in_threaded_dpc;
    if (thread == m->cpu->idle || irql >= DISPATCH_LEVEL || in_dpc)
        ki_bugcheck(m, ATTEMPTED_SWITCH_FROM_DPC, (ULONG_PTR)thread, (ULONG_PTR)m->cpu->idle, 0, 0,
                    "a wait had to block at %s%s", ki_irql_name(irql),
                    in_dpc ? " in a DPC routine" : "");
    if (wait->mode == UserMode)
        ke_wait_check_stack(m, thread, wait);
}

/* Sleeps until the wait ends; at DISPATCH_LEVEL on both sides. */
static NTSTATUS ke_wait_sleep(struct machine *m, PKTHREAD thread, const struct ke_wait *wait,
                              KIRQL irql) {
    if (KI_UNLIKELY((thread == m->cpu->idle) | (irql >= DISPATCH_LEVEL) | m->cpu->in_dpc |
                    thread->in_threaded_dpc | (wait->mode != KernelMode)))
        ke_wait_check(m, thread, wait, irql);
    ke_wait_link(thread, wait);
    if (wait->has_timeout) {
        ki_clock_insert(m, &thread->timeout, KI_CLOCK_TIMEOUT, wait->due);
        thread->timeout.absolute = wait->absolute;
    }
    if (thread->queue)
        ke_queue_suspend(m, thread);
    thread->wait_irql = irql;
    thread->wait_mode = wait->mode;
    thread->alertable = wait->alertable;
    thread->wait_start = m->clock.now;
    thread->state = KI_THREAD_WAITING;
    KI_TRACE(m, WAIT, "", thread->serial, wait->count);
    ki_block(m);
    KI_TRACE(m, WAIT_END, "", thread->serial, thread->wait_status);
    return thread->wait_status;
}

static NTSTATUS ke_wait(struct machine *m, struct ke_wait *wait, PLARGE_INTEGER timeout) {
    PKTHREAD thread = ki_current_thread(m);
    NTSTATUS status;
    bool poll = timeout && timeout->QuadPart == 0;
    if (timeout && !poll)
        ke_wait_time(m, wait, timeout);
    for (;;) {
        KIRQL irql = ke_wait_enter(m, thread);
        if (ke_wait_try(m, thread, wait, irql, &status) ||
            ke_wait_interrupted(thread, wait->mode, wait->alertable, &status)) {
            ki_lower(m, irql);
            return status;
        }
        if (poll || (wait->has_timeout && wait->due <= m->clock.now)) {
            ki_lower(m, irql);
            ke_polled(m);
            return STATUS_TIMEOUT;
        }
        if (irql < APC_LEVEL &&
            ki_apc_pending(thread)) { /* runs as the level is lowered, then again */
            m->cpu->pending |= 1u << APC_LEVEL;
            ki_lower(m, irql);
            continue;
        }
        status = ke_wait_sleep(m, thread, wait, irql);
        ki_lower(m, irql);
        if (status != STATUS_KERNEL_APC)
            return status;
        ke_wait_again(m, wait);
    }
}

NTSTATUS ke_wait_queue(struct machine *m, PKQUEUE queue, KPROCESSOR_MODE mode,
                       PLARGE_INTEGER timeout, KIRQL irql) {
    PKTHREAD thread = ki_current_thread(m);
    PVOID object = queue;
    struct ke_wait wait = {.count = 1,
                           .objects = &object,
                           .type = WaitAny,
                           .blocks = thread->own_blocks,
                           .mode = mode};
    NTSTATUS status;
    if (timeout)
        ke_wait_time(m, &wait, timeout);
    thread->wait_reason = WrQueue;
    for (;;) {
        if (wait.has_timeout && wait.due <= m->clock.now)
            status = STATUS_TIMEOUT;
        else if (!ke_wait_interrupted(thread, mode, FALSE, &status))
            status = ke_wait_sleep(m, thread, &wait, irql);
        ki_lower(m, irql);
        if (status != STATUS_KERNEL_APC)
            return status;
        /* While the APC ran an entry may have come, or the queue's end. */
        ki_raise(m, DISPATCH_LEVEL);
        ke_wait_again(m, &wait);
        thread->queue_entry = ke_queue_take(queue);
        if (thread->queue_entry || queue->Header.Abandoned) {
            ki_lower(m, irql);
            return STATUS_ABANDONED;
        }
    }
}

static void ke_wait_too_high(struct machine *m, KIRQL irql, const void *object,
                             PLARGE_INTEGER timeout, void *caller) {
    ULONG_PTR kind = irql > DISPATCH_LEVEL ? 0x120 : timeout ? 0x122 : 0x121;
    if (m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(
            m, DRIVER_VERIFIER_DETECTED_VIOLATION, kind, irql, (ULONG_PTR)object,
            timeout ? (ULONG_PTR)timeout->QuadPart : 0,
            "%s waited at %s_LEVEL%s; a wait that may block is allowed at APC_LEVEL and below",
            ki_address_name(m, caller), ki_irql_name(irql), timeout ? "" : " without a time-out");
}

/* The limit of a wait's IRQL depends on whether it may block. */
static void ke_wait_check_irql(struct machine *m, const void *object, PLARGE_INTEGER timeout,
                               void *caller) {
    KIRQL irql = m->cpu->irql;
    if (ki_current_thread(m)->wait_next && irql == DISPATCH_LEVEL)
        irql = ki_current_thread(m)->wait_irql;
    if (KI_LIKELY(irql <= APC_LEVEL))
        return;
    if (irql > DISPATCH_LEVEL || !timeout || timeout->QuadPart != 0)
        ke_wait_too_high(m, irql, object, timeout, caller);
}

/* A signaled event needs no more than to be taken. */
static inline bool ke_wait_takes_event(DISPATCHER_HEADER *object, const struct _KTHREAD *thread) {
    if (object->SignalState <= 0 || object->Type > EventSynchronizationObject || thread->wait_next)
        return false;
    if (object->Type == EventSynchronizationObject)
        object->SignalState = 0;
    return true;
}

static __attribute__((noinline)) NTSTATUS ke_wait_for_one(PVOID object, KWAIT_REASON reason,
                                                          KPROCESSOR_MODE mode, BOOLEAN alertable,
                                                          PLARGE_INTEGER timeout, void *caller) {
    struct machine *m = ki_self();
    if (!KI_GATE_IS_OPEN(KeWaitForSingleObject))
        ki_gate_slow(m, KI_ROUTINE_KeWaitForSingleObject, caller);
    PKTHREAD thread = ki_current_thread(m);
    ke_wait_check_irql(m, object, timeout, caller);
    if (ke_wait_takes_event(object, thread))
        return STATUS_SUCCESS;
    if (ki_locks_followed(m) && !timeout &&
        (((DISPATCHER_HEADER *)object)->Type & KI_OBJECT_TYPE_MASK) == MutantObject)
        ki_lock_wanted(m, object, KI_LOCK_MUTEX);
    struct ke_wait wait = {.count = 1,
                           .objects = &object,
                           .type = WaitAny,
                           .blocks = thread->own_blocks,
                           .mode = mode,
                           .alertable = alertable};
    thread->wait_reason = reason;
    return ke_wait(m, &wait, timeout);
}

/* The common case, an event that is signaled, is all over here. */
NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                               BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    struct machine *const m = ki_self();
    if (KI_LIKELY(ki_gate_is_open(m, PASSIVE_LEVEL, APC_LEVEL) &&
                  ke_wait_takes_event(Object, ki_current_thread(m))))
        return STATUS_SUCCESS;
    return ke_wait_for_one(Object, WaitReason, WaitMode, Alertable, Timeout,
                           __builtin_return_address(0));
}

NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType,
                                  KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                  BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                  PKWAIT_BLOCK WaitBlockArray) {
    KI_GATE(KeWaitForMultipleObjects);
    PKTHREAD thread = ki_current_thread(m);
    if (Count == 0 ||
        Count > (WaitBlockArray ? (ULONG)MAXIMUM_WAIT_OBJECTS : (ULONG)THREAD_WAIT_OBJECTS))
        ki_bugcheck(m, MAXIMUM_WAIT_OBJECTS_EXCEEDED, Count, 0, 0, 0,
                    "KeWaitForMultipleObjects with %u objects and %s wait block array", Count,
                    WaitBlockArray ? "a" : "no");
    ke_wait_check_irql(m, Object[0], Timeout, __builtin_return_address(0));
    struct ke_wait wait = {.count = Count,
                           .objects = Object,
                           .type = WaitType,
                           .blocks = WaitBlockArray ? WaitBlockArray : thread->own_blocks,
                           .mode = WaitMode,
                           .alertable = Alertable};
    thread->wait_reason = WaitReason;
    return ke_wait(m, &wait, Timeout);
}

static NTSTATUS ke_delay_thread(struct machine *m, KPROCESSOR_MODE mode, BOOLEAN alertable,
                                PLARGE_INTEGER interval) {
    PKTHREAD thread = ki_current_thread(m);
    NTSTATUS status;
    thread->wait_reason = DelayExecution;
    if (interval->QuadPart == 0) { /* gives the rest of its slice away */
        if (ke_wait_interrupted(thread, mode, alertable, &status))
            return status;
        ki_yield_thread(m);
        if (m->processor_count > 1)
            ki_yield_processor(m);
        return STATUS_SUCCESS;
    }
    struct ke_wait wait = {
        .type = WaitAll, .blocks = thread->own_blocks, .mode = mode, .alertable = alertable};
    status = ke_wait(m, &wait, interval);
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}

void ke_delay(struct machine *m, PLARGE_INTEGER interval) {
    ke_delay_thread(m, KernelMode, FALSE, interval);
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                PLARGE_INTEGER Interval) {
    KI_GATE(KeDelayExecutionThread);
    KI_CHECK_IRQL(KeDelayExecutionThread, APC_LEVEL);
    NTSTATUS status = ke_delay_thread(m, WaitMode, Alertable, Interval);
    ke_delay_ended(m);
    ki_poll(m);
    return status;
}
