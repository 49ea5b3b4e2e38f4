/*
 * Which of NT's exceptions a host's signal is.
 *
 * To be included with _GNU_SOURCE, as signal_context.h.
 */
#ifndef KI_FAULT_KIND_H
#define KI_FAULT_KIND_H

#include <signal.h>

#include "ki/bugcheck.h"

/* Fills in status, instruction, address and write, from the signal and the instruction it is about.
 */
void ki_fault_classify(int signal_number, const siginfo_t *info, const ucontext_t *uc,
                       struct ki_fault *fault);

/* What NT calls the access of an access violation: 0 a read, 1 a write, 8 execution. */
static inline ULONG ki_fault_access(const struct ki_fault *fault) {
    return fault->address == fault->instruction ? 8 : fault->write;
}

/* Where a call that came to no code would have returned: on x86 from the stack, if that is where it
 * should be. Otherwise `unknown`. */
uintptr_t ki_return_address(const ucontext_t *uc, uintptr_t stack, size_t size, uintptr_t unknown);

/* A handler starts with the flags of the interrupted code: with alignment checks, if that had them.
 */
#if defined(__x86_64__)
#define KI_ALIGN_FREELY()                                                                          \
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~0x40000ull)
#else
#define KI_ALIGN_FREELY() ((void)0)
#endif

/* Bytes of a breakpoint instruction. */
#if defined(__x86_64__)
#define KI_BREAKPOINT_SIZE 1u
#else
#define KI_BREAKPOINT_SIZE 4u
#endif

/* Takes from an interrupted context what would trouble the code that is to run in its place. */
void ki_fault_calm(ucontext_t *uc);

#endif
