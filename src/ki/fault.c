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
#include "ki/machine.h"
#include "ki/signal_context.h"
#include "ki/thread.h"

void (*ki_fault_filter)(struct machine *m, const struct ki_fault *fault);

static const int ki_fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
static struct sigaction ki_fault_previous[KI_COUNT(ki_fault_signals)];

/* The fault in flight of this OS thread, between handler and continuation. */
static _Thread_local struct ki_fault ki_fault_pending;
static _Thread_local struct ki_signal_context ki_fault_context;

#if defined(__aarch64__)
#define KI_IS_WRITE(uc) ki_is_store(*(const uint32_t *)(uintptr_t)KI_PC(uc))
#define KI_NONCANONICAL(uc) 0
#define KI_IS_DIVISION(uc) ki_is_division(*(const uint32_t *)(uintptr_t)KI_PC(uc))

/* A division by zero gives zero on this processor. wdmsim-cc has compilers look for it; these are
 * the breakpoints of GCC and of Clang. */
static bool ki_is_division(uint32_t word) { return word == 0xd4207d00 || word == 0xd42aa060; }

/* Whether an AArch64 instruction that touches memory writes it: hosts do not tell what the fault
 * was. The two bits that are looked at first divide loads and stores into groups; in most of them
 * bit 22 is set for loads. */
static bool ki_is_store(uint32_t word) {
    unsigned operation = word >> 22 & 3;
    bool vector = word & 0x04000000;
    if ((word & 0xffffffe0) == 0xd50b7420)
        return true; /* dc zva */
    if ((word & 0x0a000000) != 0x08000000)
        return false;
    switch (word >> 28 & 3) {
    case 0: /* exclusive and ordered ones, compare and swap, vector structures */
        if ((word & 0x3f200000) == 0x08200000 && ((word & 0x00800000) || !(word & 0x80000000)))
            return true;
        return !(operation & 1);
    case 1: /* literals; ordered ones with an offset */
        return (word & 0x01000000) && operation == 0;
    case 2: /* pairs */
        return !(operation & 1);
    default: /* one register; atomic operations, but for one that loads alone */
        if ((word & 0x3b200c00) == 0x38200000 && !vector)
            return (word & 0x3ffffc00) != 0x38bfc000;
        return operation == 0 || (vector && operation == 2);
    }
}
#else
#define KI_IS_DIVISION(uc) false /* it has a signal of its own */
#endif

static NTSTATUS ki_fault_status(int signal_number, const siginfo_t *info, const ucontext_t *uc) {
    (void)uc;
    switch (signal_number) {
    case SIGFPE:
        return info->si_code == FPE_INTDIV ? STATUS_INTEGER_DIVIDE_BY_ZERO
                                           : STATUS_FLOAT_INVALID_OPERATION;
    case SIGILL:
        return STATUS_ILLEGAL_INSTRUCTION;
    case SIGTRAP:
        return KI_IS_DIVISION(uc) ? STATUS_INTEGER_DIVIDE_BY_ZERO : STATUS_BREAKPOINT;
#ifndef __APPLE__ /* says so of every address that may not be touched */
    case SIGBUS:
        return info->si_code == BUS_ADRALN ? STATUS_DATATYPE_MISALIGNMENT : STATUS_ACCESS_VIOLATION;
#endif
    default:
        return STATUS_ACCESS_VIOLATION;
    }
}

static void ki_fault_describe(const struct ki_fault *fault, const char *where, char *text,
                              size_t size) {
    if (fault->status == STATUS_ACCESS_VIOLATION)
        snprintf(text, size, "%s %s the inaccessible address %#llx", where,
                 fault->write ? "wrote to" : "accessed", (unsigned long long)fault->address);
    else
        snprintf(text, size, "%s raised %s", where, wdmsim_status_name((uint32_t)fault->status));
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
    ULONG_PTR second = fault->write, third = fault->instruction, fourth = 0;
    if (code == DRIVER_IRQL_NOT_LESS_OR_EQUAL) {
        second = m->cpu->irql;
        third = fault->write;
        fourth = fault->instruction;
    }
    ki_bugcheck_at(m, code, (const ULONG_PTR[4]){fault->address, second, third, fourth},
                   fault->instruction, fault->frame_pointer, text);
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
    const char *where = ki_address_name(m, (const void *)fault->instruction);
    ki_fault_explain(m, fault, where);
    ki_fault_describe(fault, where, text, sizeof text);
    if (fault->status == STATUS_ACCESS_VIOLATION && m->cpu->irql >= DISPATCH_LEVEL)
        ki_bugcheck_at(
            m, DRIVER_IRQL_NOT_LESS_OR_EQUAL,
            (const ULONG_PTR[4]){fault->address, m->cpu->irql, fault->write, fault->instruction},
            fault->instruction, fault->frame_pointer, text);
    if (fault->status == STATUS_ACCESS_VIOLATION && !ki_is_user_address(fault->address) &&
        fault->address != UINTPTR_MAX)
        ki_bugcheck_at(
            m, PAGE_FAULT_IN_NONPAGED_AREA,
            (const ULONG_PTR[4]){fault->address, fault->write ? 2u : 0u, fault->instruction, 0},
            fault->instruction, fault->frame_pointer, text);
    ki_bugcheck_at(m, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
                   (const ULONG_PTR[4]){(ULONG_PTR)(ULONG)fault->status, fault->instruction, 0, 0},
                   fault->instruction, fault->frame_pointer, text);
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
    if (ki_fault_filter)
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
    ucontext_t *uc = context;
    struct machine *m = ki_self();
    if (!m || m->running == &m->host || m->state != KI_STATE_RUNNING) {
        ki_fault_forward(signal_number, info, context);
        return;
    }
    uintptr_t sp = (uintptr_t)KI_SP(uc), low = (uintptr_t)m->running->stack;
    uintptr_t address = KI_NONCANONICAL(uc) ? UINTPTR_MAX : (uintptr_t)info->si_addr;
    NTSTATUS status = ki_fault_status(signal_number, info, uc);
    bool touched = status == STATUS_ACCESS_VIOLATION && address != (uintptr_t)KI_PC(uc);
    ki_fault_pending = (struct ki_fault){
        .status = status,
        .instruction = (uintptr_t)KI_PC(uc),
        .address = address,
        .write = touched && KI_IS_WRITE(uc),
        .frame_pointer = (void *)KI_FP(uc),
        .stack_pointer = (void *)sp,
    };
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
