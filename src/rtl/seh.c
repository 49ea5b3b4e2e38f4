/*
 * The run-time of structured exception handling: guarded blocks of driver code that wdmsim-cc
 * rewrote (include/crt/wdmsim_seh.h tells how), and the routines that raise.
 *
 * A raise is answered in two phases, on top of the stack that raised. First the search: from the
 * innermost frame outwards each filter is evaluated, in its own function's frame but with the
 * stack pointer down here, so nothing of the raising code is lost if the answer is to continue.
 * Then the unwinding: the frames inside the one that handles are unlinked, their __finally blocks
 * run the same way, and the handling frame gets its stack pointer back for good.
 *
 * An exception that a filter raises itself is searched for from outside that filter's frame: while
 * a filter runs, a SEARCH frame on the chain says where. Unwinding passes through it to the frames
 * that the first search had still to unwind.
 *
 * Judgement: real Windows would ask the frames inside the filtering one again for such a nested
 * exception; here it asks none of them, which differs only for filters that raise.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt/exception.h"
#include "ki/bugcheck.h"
#include "ki/exception.h"
#include "ki/fault_kind.h"
#include "ki/gate.h"
#include "ki/trace.h"
#include "rtl/context.h"
#include "rtl/rtl.h"
#include "wdmsim_seh.h"

const volatile unsigned char wdmsim_seh_zero = 0;

/* A frame of kind WDMSIM_SEH_SEARCH: frames from `skip` on have not been asked yet. */
struct seh_search {
    struct wdmsim_seh_frame frame;
    struct wdmsim_seh_frame *skip;
};

/* ---- the machine's part: seh_switch.c ---- */

#define SEH_HIDDEN __attribute__((visibility("hidden")))
SEH_HIDDEN int wdmsim_seh_link(struct wdmsim_seh_frame *frame);
SEH_HIDDEN void wdmsim_seh_unlink(struct wdmsim_seh_frame *frame);
SEH_HIDDEN int seh_run(struct wdmsim_seh_frame *frame);
SEH_HIDDEN _Noreturn void seh_resume(struct wdmsim_seh_frame *frame);
SEH_HIDDEN void wdmsim_seh_before_abandon(struct wdmsim_seh_frame *frame);

/* Driver code that a program calls without a machine still has guarded blocks. */
static _Thread_local void *seh_without_machine;

static inline void **seh_head(void) {
    struct machine *m = ki_self();
    return m ? &m->seh : &seh_without_machine;
}

/* AddressSanitizer marks the stack below a function that is never returned from. */
__attribute__((weak)) void __asan_handle_no_return(void);

static void seh_forget_stack(void) {
#if !defined(__APPLE__)
    if (__asan_handle_no_return)
        __asan_handle_no_return();
#endif
}

/* Called by wdmsim_seh_enter, which has saved the registers; what it returns is returned there. */
int wdmsim_seh_link(struct wdmsim_seh_frame *frame) {
    void **head = seh_head();
    frame->previous = *head;
    frame->state = WDMSIM_SEH_LINKED;
    frame->phase = WDMSIM_SEH_GUARDING;
    frame->abnormal = 0;
    *head = frame;
    return 0;
}

static void seh_run_finally(struct wdmsim_seh_frame *frame, bool abnormal) {
    frame->abnormal = abnormal;
    frame->phase = WDMSIM_SEH_HANDLING;
    frame->state = WDMSIM_SEH_UNLINKED;
    seh_run(frame);
}

/* What wdmsim_seh_exit jumps to. */
void wdmsim_seh_unlink(struct wdmsim_seh_frame *frame) {
    if (frame->state == WDMSIM_SEH_UNLINKED)
        return;
    *seh_head() = frame->previous;
    if (frame->kind == WDMSIM_SEH_FINALLY)
        seh_run_finally(frame, frame->state != WDMSIM_SEH_DONE);
    else
        frame->state = WDMSIM_SEH_UNLINKED;
}

/* A jump leaves a __finally block: frames below the function are gone from here on. */
void wdmsim_seh_before_abandon(struct wdmsim_seh_frame *frame) {
    *seh_head() = frame->previous;
    seh_forget_stack();
}

static _Noreturn void seh_unwind_to(struct wdmsim_seh_frame *target) {
    void **head = seh_head();
    unsigned code = target->code;
    while (*head != target) {
        struct wdmsim_seh_frame *frame = *head;
        *head = frame->previous;
        if (frame->kind == WDMSIM_SEH_FINALLY)
            seh_run_finally(frame, true);
        frame->state = WDMSIM_SEH_UNLINKED;
        head = seh_head(); /* a __finally block may have waited on another processor */
    }
    *head = target->previous;
    target->code = code;
    target->state = WDMSIM_SEH_UNLINKED;
    target->phase = WDMSIM_SEH_HANDLING;
    seh_forget_stack();
    if (ki_self())
        ki_stack_restore(ki_self(), target);
    seh_resume(target);
}

static int seh_filter(struct wdmsim_seh_frame *frame, EXCEPTION_POINTERS *pointers) {
    struct seh_search search = {.frame = {.previous = *seh_head(), .kind = WDMSIM_SEH_SEARCH},
                                .skip = frame->previous};
    frame->information = pointers;
    frame->code = (unsigned)pointers->ExceptionRecord->ExceptionCode;
    frame->phase = WDMSIM_SEH_FILTERING;
    *seh_head() = &search.frame;
    int answer = seh_run(frame);
    *seh_head() = search.frame.previous;
    frame->phase = WDMSIM_SEH_GUARDING;
    return answer;
}

/* Returns true when a filter wants to continue, false when no frame handles the exception. */
static bool seh_dispatch(EXCEPTION_POINTERS *pointers) {
    struct wdmsim_seh_frame *frame = *seh_head();
    while (frame) {
        struct wdmsim_seh_frame *next = frame->previous;
        if (frame->kind == WDMSIM_SEH_SEARCH) {
            next = ((struct seh_search *)(void *)frame)->skip;
        } else if (frame->kind == WDMSIM_SEH_EXCEPT) {
            int answer = seh_filter(frame, pointers);
            if (answer < 0)
                return true;
            if (answer > 0) {
                frame->code = (unsigned)pointers->ExceptionRecord->ExceptionCode;
                seh_unwind_to(frame);
            }
        }
        frame = next;
    }
    return false;
}

/* ---- raising ---- */

/* `sentence`: what there is to say, or NULL. */
static _Noreturn void seh_unhandled(const EXCEPTION_RECORD *record, const CONTEXT *context,
                                    void *frame_pointer, const char *sentence) {
    struct machine *m = ki_self();
    if (!m)
        abort();
    const char *who = ki_address_name(m, record->ExceptionAddress);
    char text[512];
    if (sentence)
        snprintf(text, sizeof text, "%s: %s", who, sentence);
    else
        snprintf(text, sizeof text, "%s raised %s and nothing handled it", who,
                 wdmsim_status_name((uint32_t)record->ExceptionCode));
    ki_exception_unhandled(m, record, context, (uintptr_t)record->ExceptionAddress, frame_pointer,
                           text);
}

static _Noreturn void seh_raise_status(NTSTATUS status, EXCEPTION_RECORD *cause, void *address,
                                       void *frame_pointer) {
    EXCEPTION_RECORD record = {.ExceptionCode = status,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .ExceptionRecord = cause,
                               .ExceptionAddress = address};
    CONTEXT context;
    EXCEPTION_POINTERS pointers = {.ExceptionRecord = &record, .ContextRecord = &context};
    rtl_context_of_caller(&context, address, frame_pointer);
    if (!seh_dispatch(&pointers))
        seh_unhandled(&record, &context, frame_pointer, NULL);
    EXCEPTION_RECORD refused = {.ExceptionCode = STATUS_NONCONTINUABLE_EXCEPTION,
                                .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                                .ExceptionRecord = &record,
                                .ExceptionAddress = address};
    pointers.ExceptionRecord = &refused;
    (void)seh_dispatch(&pointers);
    seh_unhandled(&refused, &context, frame_pointer,
                  NULL); /* also when a filter insists on continuing */
}

_Noreturn VOID ExRaiseStatus(NTSTATUS Status) {
    seh_raise_status(Status, NULL, __builtin_return_address(0), __builtin_frame_address(0));
}

_Noreturn VOID NTAPI RtlRaiseStatus(NTSTATUS Status) {
    seh_raise_status(Status, NULL, __builtin_return_address(0), __builtin_frame_address(0));
}

_Noreturn VOID ExRaiseAccessViolation(VOID) {
    seh_raise_status(STATUS_ACCESS_VIOLATION, NULL, __builtin_return_address(0),
                     __builtin_frame_address(0));
}

_Noreturn VOID ExRaiseDatatypeMisalignment(VOID) {
    seh_raise_status(STATUS_DATATYPE_MISALIGNMENT, NULL, __builtin_return_address(0),
                     __builtin_frame_address(0));
}

void rtl_raise(EXCEPTION_RECORD *record, void *frame_pointer, const char *sentence) {
    CONTEXT context;
    EXCEPTION_POINTERS pointers = {.ExceptionRecord = record, .ContextRecord = &context};
    rtl_context_of_caller(&context, record->ExceptionAddress, frame_pointer);
    if (!seh_dispatch(&pointers))
        seh_unhandled(record, &context, frame_pointer, sentence);
    if (record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
        seh_raise_status(STATUS_NONCONTINUABLE_EXCEPTION, record, record->ExceptionAddress,
                         frame_pointer);
}

VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord) {
    ExceptionRecord->ExceptionAddress = __builtin_return_address(0);
    rtl_raise(ExceptionRecord, __builtin_frame_address(0), NULL);
}

/* ---- faults ---- */

/*
 * Going on at a faulting instruction needs every register as it was, flags and vector registers
 * too: only a signal's return restores them all. So a signal is raised, and its handler exchanges
 * the context it would return to.
 */
static _Thread_local ucontext_t *seh_continuation;
#if defined(__linux__) && defined(__x86_64__)
struct seh_vector_state {
    _Alignas(64) unsigned char data[3072];
    size_t size;
};
static _Thread_local struct seh_vector_state *seh_continuation_vectors;

/* The kernel's image of the vector registers: 512 bytes, or what their last words say. */
static void seh_save_vectors(const ucontext_t *context, struct seh_vector_state *state) {
    const unsigned char *image = (const unsigned char *)context->uc_mcontext.fpregs;
    unsigned words[2];
    state->size = 0;
    if (!image)
        return;
    memcpy(words, image + 464, sizeof words); /* sw_reserved: magic, size with extensions */
    state->size = words[0] == 0x46505853u && words[1] <= sizeof state->data ? words[1] : 512;
    memcpy(state->data, image, state->size);
}
#endif

static void seh_on_continue(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    ucontext_t *uc = context;
#if defined(__linux__) && defined(__x86_64__)
    void *image = uc->uc_mcontext.fpregs;
    uc->uc_mcontext = seh_continuation->uc_mcontext;
    uc->uc_mcontext.fpregs = image;
    if (image && seh_continuation_vectors->size)
        memcpy(image, seh_continuation_vectors->data, seh_continuation_vectors->size);
#elif defined(__APPLE__)
    *uc->uc_mcontext = *seh_continuation->uc_mcontext;
#else
    uc->uc_mcontext = seh_continuation->uc_mcontext;
#endif
}

static _Noreturn void seh_continue_at_fault(ucontext_t *context) {
    struct sigaction action = {.sa_sigaction = seh_on_continue,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct sigaction previous;
    sigemptyset(&action.sa_mask);
    seh_continuation = context;
    sigaction(SIGURG, &action, &previous);
    raise(SIGURG);
    abort(); /* the signal returns elsewhere */
}

static void seh_fault_record(const struct ki_fault *fault, EXCEPTION_RECORD *record,
                             CONTEXT *context) {
    *record = (EXCEPTION_RECORD){.ExceptionCode = fault->status,
                                 .ExceptionAddress = (PVOID)fault->instruction};
    if (fault->status == STATUS_ACCESS_VIOLATION) {
        record->NumberParameters = 2;
        record->ExceptionInformation[0] = ki_fault_access(fault);
        record->ExceptionInformation[1] = fault->address;
    }
    rtl_context_of_fault(context, fault->context);
    context->Rip = fault->instruction;
}

static void seh_on_fault(struct machine *m, const struct ki_fault *fault) {
#if defined(__linux__) && defined(__x86_64__)
    struct seh_vector_state vectors;
    seh_save_vectors(fault->context, &vectors);
    seh_continuation_vectors = &vectors;
#endif
    EXCEPTION_RECORD record;
    CONTEXT registers;
    EXCEPTION_POINTERS pointers = {.ExceptionRecord = &record, .ContextRecord = &registers};
    seh_fault_record(fault, &record, &registers);
    if (fault->status == STATUS_BREAKPOINT && (m->flags & WDMSIM_DEBUGGER)) {
        KI_TRACE(m, BREAK, ki_address_name(m, (PVOID)fault->instruction), (ULONG)fault->status);
        registers.Rip += KI_BREAKPOINT_SIZE; /* somebody typed "g" */
    } else if (!*seh_head() || !seh_dispatch(&pointers)) {
        return;
    }
    rtl_context_restore(&registers, fault->context);
#if defined(__linux__) && defined(__x86_64__)
    seh_continuation_vectors = &vectors; /* filters may have faulted in between */
#endif
    ki_stack_restore(m, fault->stack_pointer);
    seh_continue_at_fault(fault->context);
}

__attribute__((constructor)) static void seh_install(void) {
    ki_fault_filter = seh_on_fault;
    ki_fault_record = seh_fault_record;
}
