/*
 * Fibers: the stacks that simulated threads run on. Exactly one runs at a time.
 *
 * A fiber is created suspended; the first switch to it calls its entry on its own stack, and an
 * entry never returns. A switch saves the registers that a call preserves and continues the other
 * side: no system call, no signal mask. AddressSanitizer and Valgrind are told where the stack
 * went.
 */
#ifndef KI_FIBER_H
#define KI_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#define KI_UCONTEXT 1
#endif
#ifdef KI_UCONTEXT
#include <setjmp.h>
#endif

struct machine;

struct ki_fiber {
#ifdef KI_UCONTEXT
    jmp_buf context;
    bool started;
#else
    void *stack_pointer; /* while it does not run: its saved registers lie there */
#endif
    char *stack; /* lowest usable address; NULL for the host's own stack */
    size_t stack_size;
    char *exhausted; /* the stack that overflowed, while `stack` stands in for it; else NULL */
    size_t exhausted_size;
    void *seh; /* innermost guarded block of the driver code on this stack, while it does not run */
    void *fake_stack;        /* AddressSanitizer's */
    unsigned stack_id;       /* Valgrind's */
    unsigned float_sections; /* its floating-point control is its own while above 0 … */
    uint32_t
        float_control; /* … and kept here while it does not run; of the host: everyone else's */
    void (*entry)(void *argument);
    void *argument;
};

/* A stack of the machine's stack size. NULL when memory is exhausted. */
char *ki_stack_allocate(struct machine *m, size_t *size);
void ki_stack_free(struct machine *m, char *stack);

/* Prepares a fiber on [stack, stack + size). */
void ki_fiber_create(struct ki_fiber *fiber, char *stack, size_t size, void (*entry)(void *),
                     void *argument);
/* Forgets a fiber that will not run again; the stack is the caller's. */
void ki_fiber_destroy(struct ki_fiber *fiber);
/* Describes the stack the caller runs on (the host's), so that fibers can switch back to it. */
void ki_fiber_adopt(struct ki_fiber *fiber);
/* The OS thread is back on the host's stack without a switch (a longjmp out of a test body): tells
 * the instruments. */
void ki_fiber_recover(struct ki_fiber *host);

/*
 * Suspends `from`, which must be the running fiber, and continues `to`. Returns when somebody
 * switches back. The machine's chain of guarded blocks (machine.seh) follows.
 */
void ki_fiber_switch(struct machine *m, struct ki_fiber *from, struct ki_fiber *to);
/* Continues `to` and never comes back to the running one. */
_Noreturn void ki_fiber_leave(struct machine *m, struct ki_fiber *to);

/*
 * Calls fn(argument) on a fresh stack of MAXIMUM_EXPANSION_SIZE bytes and more, as part of the
 * running fiber: it may switch away and come back there. The fiber's stack limits are those of the
 * fresh one meanwhile. False without memory.
 */
bool ki_call_on_segment(struct machine *m, void (*fn)(void *argument), void *argument);
/* True if a region lies on the running fiber's stack, or on one of those that the calls in progress
 * came from. */
bool ki_on_stack(const struct machine *m, uintptr_t start, size_t size);

/*
 * The running fiber's stack is exhausted: its exception is searched for on another one, as part of
 * the fiber. ki_stack_replace is for the handler of the fault, which then moves the stack pointer;
 * false without memory, or when the other stack is exhausted too. ki_stack_replaced tells the
 * instruments, once there. ki_stack_restore gives the fiber its own stack again when execution is
 * about to go on at stack pointer `there`, and that lies on it.
 */
bool ki_stack_replace(struct machine *m);
void ki_stack_replaced(struct machine *m);
void ki_stack_restore(struct machine *m, const void *there);

/* The frame pointer of a fiber that does not run, or NULL where only the host's C library knows it.
 */
void *ki_fiber_frame(const struct ki_fiber *fiber);

/* The floating-point control in 32 bits: MXCSR below the x87 control word on x86-64, FPCR on
 * AArch64. */
uint32_t ki_float_control(void);
void ki_set_float_control(uint32_t control);

#endif
