/*
 * Faults of driver code: host signals become NT's exceptions.
 *
 * The handler runs on an alternate stack, since the fault may be the stack's own end. It notes what
 * happened and rewrites the interrupted context so that, when the signal returns, the fiber
 * continues in ki_fault_continue on its own stack, below the faulting frame: from there guarded
 * blocks are searched and filters called like any other code, and a bug check can leave the fiber.
 * When the fiber's stack is exhausted there is no room for that; then the continuation runs on a
 * stack that stands in for it until a handler goes on, or the machine stops straight from the
 * handler when there is no guarded block.
 *
 * Judgement: real Windows does not offer an exhausted kernel stack to guarded blocks, because the
 * processor double-faults on it; here they see STATUS_STACK_OVERFLOW, as those of a user thread do,
 * and the double fault is what an unhandled one becomes.
 *
 * An inaccessible address of system memory is no exception: whoever touches one, guarded or not,
 * stops the system. Guarded blocks are for user addresses and for what is no address at all.
 *
 * A signal that did not come from a machine's fiber goes on to whoever handled it before.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "ki/bugcheck.h"
#include "ki/exception.h"
#include "ki/fault_kind.h"
#include "ki/machine.h"
#include "ki/signal_context.h"
#include "ki/thread.h"

void (*ki_fault_filter)(struct machine *m, const struct ki_fault *fault);
void (*ki_fault_record)(const struct ki_fault *fault, EXCEPTION_RECORD *record, CONTEXT *context);

static const int ki_fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
static struct sigaction ki_fault_previous[KI_COUNT(ki_fault_signals)];

/* The fault in flight of this OS thread, between handler and continuation. */
static _Thread_local struct ki_fault ki_fault_pending;
static _Thread_local struct ki_signal_context ki_fault_context;

static void ki_fault_describe(const struct ki_fault *fault, const char *where, char *text,
                              size_t size) {
    if (fault->status != STATUS_ACCESS_VIOLATION)
        snprintf(text, size, "%s raised %s", where, wdmsim_status_name((uint32_t)fault->status));
    else if (fault->address == UINTPTR_MAX)
        snprintf(text, size, "%s accessed an address that is malformed or not aligned", where);
    else if (ki_fault_access(fault) == 8)
        snprintf(text, size, "%s called the inaccessible address %#llx", where,
                 (unsigned long long)fault->address);
    else
        snprintf(text, size, "%s %s the inaccessible address %#llx", where,
                 fault->write ? "wrote to" : "accessed", (unsigned long long)fault->address);
}

/* The code to be shown: where no code was, what called it. */
static uintptr_t ki_fault_place(const struct machine *m, const struct ki_fault *fault) {
    if (fault->status != STATUS_ACCESS_VIOLATION || ki_fault_access(fault) != 8)
        return fault->instruction;
    return ki_return_address(fault->context, (uintptr_t)m->running->stack, m->running->stack_size,
                             fault->instruction);
}

/* Memory that the memory manager took away has a bug check of its own. */
static void ki_fault_explain(struct machine *m, const struct ki_fault *fault, const char *where) {
    char reason[192], text[320];
    if (fault->status != STATUS_ACCESS_VIOLATION || !m->explain_fault)
        return;
    ULONG code = m->explain_fault(m, fault->address, reason, sizeof reason);
    if (!code)
        return;
    ki_fault_describe(fault, where, text, sizeof text);
    size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, ": %s", reason);
    ULONG_PTR second = ki_fault_access(fault), third = fault->instruction, fourth = 0;
    if (code == DRIVER_IRQL_NOT_LESS_OR_EQUAL) {
        second = m->cpu->irql;
        third = ki_fault_access(fault);
        fourth = fault->instruction;
    }
    ki_bugcheck_at(m, code, (const ULONG_PTR[4]){fault->address, second, third, fourth},
                   ki_fault_place(m, fault), fault->frame_pointer, text);
}

static _Noreturn void ki_double_fault(struct machine *m, const struct ki_fault *fault) {
    const ULONG_PTR parameters[4] = {8, (ULONG_PTR)m->running->stack,
                                     (ULONG_PTR)fault->stack_pointer, fault->instruction};
    ki_bugcheck_at(m, UNEXPECTED_KERNEL_MODE_TRAP, parameters, fault->instruction,
                   fault->frame_pointer, "the kernel stack is exhausted (double fault)");
}

/* Nobody handled it: the bug check that Windows raises for it. */
static _Noreturn void ki_fault_bugcheck(struct machine *m, const struct ki_fault *fault) {
    char text[256];
    ki_stack_restore(m, fault->stack_pointer);
    if (fault->status == STATUS_STACK_OVERFLOW)
        ki_double_fault(m, fault);
    uintptr_t place = ki_fault_place(m, fault);
    const char *where = ki_address_name(m, (const void *)place);
    ki_fault_explain(m, fault, where);
    ki_fault_describe(fault, where, text, sizeof text);
    /* No page was missing where there is no address. */
    bool page = fault->status == STATUS_ACCESS_VIOLATION && fault->address != UINTPTR_MAX;
    ULONG access = ki_fault_access(fault);
    if (page && m->cpu->irql >= DISPATCH_LEVEL)
        ki_bugcheck_at(
            m, DRIVER_IRQL_NOT_LESS_OR_EQUAL,
            (const ULONG_PTR[4]){fault->address, m->cpu->irql, access, fault->instruction}, place,
            fault->frame_pointer, text);
    if (page && !ki_is_user_address(fault->address))
        ki_bugcheck_at(m, PAGE_FAULT_IN_NONPAGED_AREA,
                       (const ULONG_PTR[4]){fault->address, access * 2, fault->instruction, 0},
                       place, fault->frame_pointer, text);
    EXCEPTION_RECORD record;
    CONTEXT context;
    ki_fault_record(fault, &record, &context);
    ki_exception_unhandled(m, &record, &context, place, fault->frame_pointer, text);
}

/* On the fiber's own stack, after the signal: the search for a handler. */
static void ki_fault_continue(void) {
    struct machine *m = ki_self();
    struct ki_fault fault = ki_fault_pending;
    struct ki_signal_context context;
    ki_signal_context_copy(&context, &ki_fault_context.saved);
    fault.context = &context.saved;
    if (m->running->exhausted)
        ki_stack_replaced(m);
    bool system = fault.status == STATUS_ACCESS_VIOLATION && ki_is_system_address(fault.address);
    if (ki_fault_filter && !system)
        ki_fault_filter(m, &fault);
    ki_fault_bugcheck(m, &fault);
}

static void ki_fault_forward(int signal_number, siginfo_t *info, void *context) {
    for (size_t i = 0; i < KI_COUNT(ki_fault_signals); i++) {
        if (ki_fault_signals[i] != signal_number)
            continue;
        const struct sigaction *previous = &ki_fault_previous[i];
        if (previous->sa_flags & SA_SIGINFO) {
            previous->sa_sigaction(signal_number, info, context);
        } else if (previous->sa_handler != SIG_DFL && previous->sa_handler != SIG_IGN) {
            previous->sa_handler(signal_number);
        } else {
            signal(signal_number, SIG_DFL); /* the instruction runs again and ends the process */
        }
    }
}

/* Room that the continuation needs on the fiber's stack. */
#define KI_FAULT_ROOM 8192u

static void ki_fault_handler(int signal_number, siginfo_t *info, void *context) {
    KI_ALIGN_FREELY();
    ucontext_t *uc = context;
    struct machine *m = ki_self();
    if (!m || m->running == &m->host || m->state != KI_STATE_RUNNING) {
        ki_fault_forward(signal_number, info, context);
        return;
    }
    uintptr_t sp = (uintptr_t)KI_SP(uc), low = (uintptr_t)m->running->stack;
    ki_fault_pending = (struct ki_fault){
        .frame_pointer = (void *)KI_FP(uc),
        .stack_pointer = (void *)sp,
    };
    ki_fault_classify(signal_number, info, uc, &ki_fault_pending);
    uintptr_t address = ki_fault_pending.address;
    bool touched = ki_fault_pending.status == STATUS_ACCESS_VIOLATION &&
                   ki_fault_access(&ki_fault_pending) != 8;
    if (sp < low + KI_FAULT_ROOM) {
        bool guard = touched && address < low && address >= low - ki_host_page();
        if (sp < low || guard)
            ki_fault_pending.status = STATUS_STACK_OVERFLOW;
        if (!m->seh || !ki_stack_replace(m))
            ki_double_fault(m, &ki_fault_pending);
        sp = (uintptr_t)m->running->stack + m->running->stack_size;
    }
    ki_signal_context_copy(&ki_fault_context, uc);
    sp = (sp - 256) & ~(uintptr_t)15; /* below the red zone */
#if defined(__x86_64__)
    sp -= sizeof(uintptr_t); /* as after a call */
#endif
    KI_SET(KI_SP(uc), sp);
    KI_SET(KI_PC(uc), (uintptr_t)ki_fault_continue);
    ki_fault_calm(uc);
}

/* Each OS thread that runs machines has its own alternate stack. */
static void ki_fault_stack(void) {
    static _Thread_local bool done;
    stack_t current;
    if (done)
        return;
    done = true;
    if (sigaltstack(NULL, &current) == 0 && !(current.ss_flags & SS_DISABLE))
        return;
    size_t size = 64 * 1024;
    void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        ki_no_memory();
    stack_t alternate = {.ss_sp = stack, .ss_size = size};
    sigaltstack(&alternate, NULL);
}

/* A test framework may have put its own handlers in place since: looks each time, and keeps what it
 * replaces. */
void ki_faults_install(void) {
    struct sigaction action = {.sa_sigaction = ki_fault_handler,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    ki_fault_stack();
    for (size_t i = 0; i < KI_COUNT(ki_fault_signals); i++) {
        struct sigaction present;
        sigaction(ki_fault_signals[i], NULL, &present);
        if ((present.sa_flags & SA_SIGINFO) && present.sa_sigaction == ki_fault_handler)
            continue;
        ki_fault_previous[i] = present;
        sigaction(ki_fault_signals[i], &action, NULL);
    }
}
