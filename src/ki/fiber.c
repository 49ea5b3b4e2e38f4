/*
 * Fibers (fiber.h says what they are).
 *
 * Principle of operation. On x86-64 and AArch64 a switch pushes the registers that a call
 * preserves, exchanges the stack pointers and pops the other fiber's. A new fiber's stack is
 * prepared as if it had been switched from at its beginning. Elsewhere a switch is _setjmp on the
 * stack that stops and _longjmp to the one that goes on, and makecontext makes the first step onto
 * a new stack; both routines do more than is needed here (the C library scrambles the pointers in a
 * jump buffer), which is what the few instructions save.
 *
 * This file is built without _FORTIFY_SOURCE: the checked longjmp takes a change of stacks for an
 * attack.
 *
 * Instruments. AddressSanitizer is told of the switch before and after it, so that its shadow of
 * the stack and its idea of the stack's bounds follow; Valgrind learns each stack once, when the
 * fiber is created.
 *
 * Floating point. The ABIs make its control registers part of no call: they stay as they are. A
 * fiber that set them for itself (float_sections) takes them along; all others run with the host's.
 *
 * Stacks. All stacks of the machine's default size come from one free list. The first
 * KI_GUARDED_STACKS have an inaccessible page below them; the host limits the number of differently
 * protected areas, so later ones go without.
 */
#include <stdint.h>
#include <string.h>

#include "ki/arena.h"
#include "ki/fiber.h"
#include "ki/machine.h"

#if defined(__SANITIZE_ADDRESS__)
#define KI_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KI_ASAN 1
#endif
#endif
#ifdef KI_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(WDMSIM_VALGRIND) || __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

#ifdef KI_UCONTEXT
#include <ucontext.h>
#endif

#define KI_GUARDED_STACKS 8192u

/* What a fiber that was just switched to must do first: tell the sanitizer where it came from. */
static inline void ki_arrived(struct ki_fiber *self) {
#ifdef KI_ASAN
    __sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
#else
    (void)self;
#endif
}

static inline void ki_leaving(struct ki_fiber *from, struct ki_fiber *to) {
#ifdef KI_ASAN
    __sanitizer_start_switch_fiber(from ? &from->fake_stack : NULL, to->stack, to->stack_size);
#else
    (void)from;
    (void)to;
#endif
}

_Noreturn void ki_fiber_main(void *argument) __attribute__((visibility("hidden")));
_Noreturn void ki_fiber_main(void *argument) {
    struct ki_fiber *self = argument;
    ki_arrived(self);
    self->entry(self->argument);
    KI_UNREACHABLE();
}

#ifdef KI_UCONTEXT
static void ki_fiber_main_split(unsigned high, unsigned low) {
    ki_fiber_main((void *)(((uintptr_t)high << 16 << 16) | low));
}

static _Noreturn void ki_fiber_continue(struct ki_fiber *to) {
    if (KI_LIKELY(to->started))
        _longjmp(to->context, 1);
    to->started = true;
    ucontext_t context;
    uintptr_t self = (uintptr_t)to;
    getcontext(&context);
    context.uc_stack.ss_sp = to->stack;
    context.uc_stack.ss_size = to->stack_size;
    context.uc_link = NULL;
    makecontext(&context, (void (*)(void))ki_fiber_main_split, 2, (unsigned)(self >> 16 >> 16),
                (unsigned)self);
    setcontext(&context);
    KI_UNREACHABLE();
}

static inline void ki_fiber_exchange(struct ki_fiber *from, struct ki_fiber *to) {
    if (_setjmp(from->context) == 0)
        ki_fiber_continue(to);
}

void *ki_fiber_frame(const struct ki_fiber *fiber) {
    (void)fiber;
    return NULL;
}

static void ki_fiber_prepare(struct ki_fiber *fiber) { fiber->started = false; }
#else
/*
 * ki_stack_exchange(save, load): pushes the registers, leaves the stack pointer at *save, and goes
 * on as ki_stack_resume does. ki_stack_resume(load): takes the stack pointer `load` and pops what
 * lies there; the last of it is the address where that fiber goes on. ki_fiber_begin is that
 * address for a new fiber, with the fiber in a preserved register. Its frame says to unwinders that
 * nobody called it: here every stack ends.
 */
#define KI_STRING(x) #x
#define KI_SYMBOL_OF(prefix, name) KI_STRING(prefix) name
#define KI_SYMBOL_WITH(prefix, name) KI_SYMBOL_OF(prefix, name)
#define KI_SYMBOL(name) KI_SYMBOL_WITH(__USER_LABEL_PREFIX__, name)

#if defined(__APPLE__)
#define KI_HIDDEN ".private_extern "
#else
#define KI_HIDDEN ".hidden "
#endif
/* clang-format off */
#define KI_ROUTINE(name)                                                                           \
    ".p2align 4\n\t"                                                                               \
    ".globl " KI_SYMBOL(name) "\n\t"                                                               \
    KI_HIDDEN KI_SYMBOL(name) "\n"                                                                 \
    KI_SYMBOL(name) ":\n\t"                                                                        \
    ".cfi_startproc\n\t"
/* clang-format on */

void ki_stack_exchange(void **save, void *load) __attribute__((visibility("hidden")));
_Noreturn void ki_stack_resume(void *load) __attribute__((visibility("hidden")));
void ki_fiber_begin(void) __attribute__((visibility("hidden")));

/* clang-format off */
#if defined(__x86_64__)
/* From low to high: r15 r14 r13 r12 rbx rbp, return address. */
#define KI_SAVED 7
#define KI_SAVED_FIBER 4
#define KI_SAVED_RETURN 6
__asm__(".text\n\t"
        KI_ROUTINE("ki_stack_exchange")
        "pushq %rbp\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        "pushq %rbx\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        "pushq %r12\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        "pushq %r13\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        "pushq %r14\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        "pushq %r15\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        "movq %rsp, (%rdi)\n\t"
        "movq %rsi, %rsp\n\t"
        "popq %r15\n\t"
        "popq %r14\n\t"
        "popq %r13\n\t"
        "popq %r12\n\t"
        "popq %rbx\n\t"
        "popq %rbp\n\t"
        ".cfi_adjust_cfa_offset -48\n\t"
        "ret\n\t"
        ".cfi_endproc\n\t"
        KI_ROUTINE("ki_stack_resume")
        ".cfi_undefined rip\n\t"
        "movq %rdi, %rsp\n\t"
        "popq %r15\n\t"
        "popq %r14\n\t"
        "popq %r13\n\t"
        "popq %r12\n\t"
        "popq %rbx\n\t"
        "popq %rbp\n\t"
        "ret\n\t"
        ".cfi_endproc\n\t"
        KI_ROUTINE("ki_fiber_begin")
        ".cfi_undefined rip\n\t"
        "movq %rbx, %rdi\n\t"
        "xorl %ebp, %ebp\n\t"
        "callq " KI_SYMBOL("ki_fiber_main") "\n\t"
        "ud2\n\t"
        ".cfi_endproc");
#else
/* From low to high: d8 … d15, x19 … x28, x29, x30. */
#define KI_SAVED 20
#define KI_SAVED_FIBER 8
#define KI_SAVED_RETURN 19
#define KI_POP                                                                                     \
    "ldp d8, d9, [sp]\n\t"                                                                         \
    "ldp d10, d11, [sp, #16]\n\t"                                                                  \
    "ldp d12, d13, [sp, #32]\n\t"                                                                  \
    "ldp d14, d15, [sp, #48]\n\t"                                                                  \
    "ldp x19, x20, [sp, #64]\n\t"                                                                  \
    "ldp x21, x22, [sp, #80]\n\t"                                                                  \
    "ldp x23, x24, [sp, #96]\n\t"                                                                  \
    "ldp x25, x26, [sp, #112]\n\t"                                                                 \
    "ldp x27, x28, [sp, #128]\n\t"                                                                 \
    "ldp x29, x30, [sp, #144]\n\t"                                                                 \
    "add sp, sp, #160\n\t"
__asm__(".text\n\t"
        KI_ROUTINE("ki_stack_exchange")
        "sub sp, sp, #160\n\t"
        ".cfi_adjust_cfa_offset 160\n\t"
        "stp d8, d9, [sp]\n\t"
        "stp d10, d11, [sp, #16]\n\t"
        "stp d12, d13, [sp, #32]\n\t"
        "stp d14, d15, [sp, #48]\n\t"
        "stp x19, x20, [sp, #64]\n\t"
        "stp x21, x22, [sp, #80]\n\t"
        "stp x23, x24, [sp, #96]\n\t"
        "stp x25, x26, [sp, #112]\n\t"
        "stp x27, x28, [sp, #128]\n\t"
        "stp x29, x30, [sp, #144]\n\t"
        "mov x2, sp\n\t"
        "str x2, [x0]\n\t"
        "mov sp, x1\n\t"
        KI_POP
        ".cfi_adjust_cfa_offset -160\n\t"
        "ret\n\t"
        ".cfi_endproc\n\t"
        KI_ROUTINE("ki_stack_resume")
        ".cfi_undefined x30\n\t"
        "mov sp, x0\n\t"
        KI_POP
        "ret\n\t"
        ".cfi_endproc\n\t"
        KI_ROUTINE("ki_fiber_begin")
        ".cfi_undefined x30\n\t"
        "mov x0, x19\n\t"
        "mov x29, xzr\n\t"
        "mov x30, xzr\n\t"
        "bl " KI_SYMBOL("ki_fiber_main") "\n\t"
        "brk #0\n\t"
        ".cfi_endproc");
#endif
/* clang-format on */

static _Noreturn void ki_fiber_continue(struct ki_fiber *to) { ki_stack_resume(to->stack_pointer); }

static inline void ki_fiber_exchange(struct ki_fiber *from, struct ki_fiber *to) {
    ki_stack_exchange(&from->stack_pointer, to->stack_pointer);
}

void *ki_fiber_frame(const struct ki_fiber *fiber) {
    return (void *)((const uintptr_t *)fiber->stack_pointer)[KI_SAVED_RETURN - 1];
}

/* Lays out what the first switch pops; at ki_fiber_begin the stack pointer is 16-byte aligned. */
static void ki_fiber_prepare(struct ki_fiber *fiber) {
    uintptr_t *top = (uintptr_t *)(void *)(fiber->stack + fiber->stack_size);
    uintptr_t *saved = top - 2 - KI_SAVED;
    memset(saved, 0, KI_SAVED * sizeof *saved);
    saved[KI_SAVED_FIBER] = (uintptr_t)fiber;
    saved[KI_SAVED_RETURN] = (uintptr_t)ki_fiber_begin;
    fiber->stack_pointer = saved;
}
#endif

uint32_t ki_float_control(void) {
#if defined(__x86_64__)
    uint32_t mxcsr;
    uint16_t x87;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
    return (mxcsr & 0xffff) | (uint32_t)x87 << 16;
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return (uint32_t)fpcr;
#else
    return 0;
#endif
}

void ki_set_float_control(uint32_t control) {
#if defined(__x86_64__)
    uint32_t mxcsr = control & 0xffff;
    uint16_t x87 = (uint16_t)(control >> 16);
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)control));
#else
    (void)control;
#endif
}

void ki_fiber_switch(struct machine *m, struct ki_fiber *from, struct ki_fiber *to) {
    from->seh = m->seh;
    m->seh = to->seh;
    if (KI_UNLIKELY(from->float_sections)) {
        from->float_control = ki_float_control();
        ki_set_float_control(m->host.float_control);
    }
    ki_leaving(from, to);
    ki_fiber_exchange(from, to);
    ki_arrived(from);
    if (KI_UNLIKELY(from->float_sections))
        ki_set_float_control(from->float_control);
}

_Noreturn void ki_fiber_leave(struct machine *m, struct ki_fiber *to) {
    m->seh = to->seh;
    ki_set_float_control(m->host.float_control);
    ki_leaving(NULL, to);
    ki_fiber_continue(to);
}

void ki_fiber_create(struct ki_fiber *fiber, char *stack, size_t size, void (*entry)(void *),
                     void *argument) {
    fiber->stack = stack;
    fiber->stack_size = size;
    fiber->exhausted = NULL;
    fiber->entry = entry;
    fiber->argument = argument;
    fiber->seh = NULL;
    fiber->fake_stack = NULL;
    fiber->float_sections = 0;
    fiber->stack_id = VALGRIND_STACK_REGISTER(stack, stack + size);
    ki_fiber_prepare(fiber);
}

void ki_fiber_destroy(struct ki_fiber *fiber) {
    VALGRIND_STACK_DEREGISTER(fiber->stack_id);
    fiber->stack = NULL;
}

#ifdef KI_ASAN
/* The bounds of the stack the caller runs on, as the sanitizer knows them: asked by a switch to the
 * same stack. */
static void ki_stack_bounds(struct ki_fiber *fiber) {
    const void *bottom;
    size_t size;
    void *fake;
    __sanitizer_start_switch_fiber(&fake, NULL, 0);
    __sanitizer_finish_switch_fiber(fake, &bottom, &size);
    __sanitizer_start_switch_fiber(&fake, bottom, size);
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
    fiber->stack = (char *)(uintptr_t)bottom;
    fiber->stack_size = size;
}
#endif

void ki_fiber_adopt(struct ki_fiber *fiber) {
#ifdef KI_ASAN
    ki_stack_bounds(fiber);
#endif
    fiber->float_control = ki_float_control();
#ifdef KI_UCONTEXT
    fiber->started = true;
#endif
}

void ki_fiber_recover(struct ki_fiber *host) {
#ifdef KI_ASAN
    __sanitizer_start_switch_fiber(NULL, host->stack, host->stack_size);
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#else
    (void)host;
#endif
}

/* What frames that were left for good marked in the sanitizer's shadow, in this machine or an
 * earlier one at its place. */
static void ki_stack_clean(char *stack, size_t size) {
#ifdef KI_ASAN
    __asan_unpoison_memory_region(stack, size);
#else
    (void)stack;
    (void)size;
#endif
}

/* Where a free stack holds the next one: in its highest word, a page that was in use, rather than
 * one at its other end that perhaps never was. */
static char **ki_stack_link(char *stack, size_t size) {
    return (char **)(void *)(stack + size) - 1;
}

char *ki_stack_allocate(struct machine *m, size_t *size) {
    *size = m->stack_size;
    char *stack = m->stack_free;
    if (stack) {
        m->stack_free = *ki_stack_link(stack, *size);
        return stack;
    }
    bool guarded = m->stack_count < KI_GUARDED_STACKS;
    size_t guard = guarded ? ki_host_page() : 0;
    stack = ki_region_take(m, KI_REGION_STACK, *size + guard);
    if (!stack)
        return NULL;
    m->stack_count++;
    if (guarded)
        ki_arena_protect(stack, guard, KI_ACCESS_NONE);
    ki_stack_clean(stack + guard, *size);
    return stack + guard;
}

void ki_stack_free(struct machine *m, char *stack) {
    ki_stack_clean(stack, m->stack_size);
    *ki_stack_link(stack, m->stack_size) = m->stack_free;
    m->stack_free = stack;
}

/* ---- exhausted stacks ---- */

bool ki_stack_replace(struct machine *m) {
    struct ki_fiber *self = m->running;
    size_t size;
    char *stack = self->exhausted ? NULL : ki_stack_allocate(m, &size);
    if (!stack)
        return false;
    self->exhausted = self->stack;
    self->exhausted_size = self->stack_size;
    self->stack = stack;
    self->stack_size = size;
    return true;
}

void ki_stack_replaced(struct machine *m) {
#ifdef KI_ASAN
    void *fake_stack;
    __sanitizer_start_switch_fiber(&fake_stack, m->running->stack, m->running->stack_size);
    __sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
#else
    (void)m;
#endif
}

/* The caller still runs on the stack that is freed, but leaves it before anybody can take it. */
void ki_stack_restore(struct machine *m, const void *there) {
    struct ki_fiber *self = m->running;
    uintptr_t low = (uintptr_t)self->exhausted, at = (uintptr_t)there;
    if (!low || at < low - ki_host_page() || at >= low + self->exhausted_size)
        return;
    char *other = self->stack;
    self->stack = self->exhausted;
    self->stack_size = self->exhausted_size;
    self->exhausted = NULL;
    ki_stack_free(m, other);
    ki_stack_replaced(m);
}

/* ---- calls on another stack ---- */

/* A call in progress, on the stack it came from. */
struct ki_segment_call {
    void (*fn)(void *argument);
    void *argument;
    char *stack; /* of the caller */
    size_t stack_size;
    void *fake_stack;
};

/* First and last code on the fresh stack. */
static void ki_segment_main(void *argument) {
    struct ki_segment_call *call = argument;
#ifdef KI_ASAN
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
    call->fn(call->argument);
#ifdef KI_ASAN
    __sanitizer_start_switch_fiber(NULL, call->stack, call->stack_size);
#endif
}

#ifdef KI_UCONTEXT
static void ki_segment_main_split(unsigned high, unsigned low) {
    ki_segment_main((void *)(((uintptr_t)high << 16 << 16) | low));
}

static void ki_segment_enter(char *stack, size_t size, struct ki_segment_call *call) {
    ucontext_t here, there;
    uintptr_t self = (uintptr_t)call;
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = size;
    there.uc_link = &here;
    makecontext(&there, (void (*)(void))ki_segment_main_split, 2, (unsigned)(self >> 16 >> 16),
                (unsigned)self);
    swapcontext(&here, &there);
}
#else
/* Moves the stack pointer to the top, calls ki_segment_main(call), and moves it back. */
static void ki_segment_enter(char *stack, size_t size, struct ki_segment_call *call) {
    char *top = stack + size;
#if defined(__x86_64__)
    __asm__ volatile("movq %%rsp, %%rbx\n\t"
                     "movq %1, %%rsp\n\t"
                     "callq *%2\n\t"
                     "movq %%rbx, %%rsp"
                     : "+D"(call)
                     : "r"(top), "r"(ki_segment_main)
                     : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "st", "st(1)",
                       "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "xmm0", "xmm1", "xmm2",
                       "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                       "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
#else
    register struct ki_segment_call *argument __asm__("x0") = call;
    __asm__ volatile("mov x19, sp\n\t"
                     "mov sp, %1\n\t"
                     "blr %2\n\t"
                     "mov sp, x19"
                     : "+r"(argument)
                     : "r"(top), "r"(ki_segment_main)
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
                       "x13", "x14", "x15", "x16", "x17",
#ifndef __APPLE__
                       "x18", /* Apple keeps it for itself */
#endif
                       "x19", "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9",
                       "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20",
                       "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31",
                       "cc", "memory");
#endif
}
#endif

/* What the call is promised, besides what a whole stack has for interrupts, DPCs and the kernel's
 * own frames. */
static size_t ki_segment_size(const struct machine *m) {
    size_t rest = ki_host_page() - 1;
    return (m->stack_size + MAXIMUM_EXPANSION_SIZE + rest) & ~rest;
}

static char *ki_segment_allocate(struct machine *m) {
    char *segment = m->segment_free;
    if (segment) {
        m->segment_free = *ki_stack_link(segment, ki_segment_size(m));
        return segment;
    }
    size_t size = ki_segment_size(m), guard = ki_host_page();
    segment = ki_region_take(m, KI_REGION_STACK, size + guard);
    if (!segment)
        return NULL;
    ki_arena_protect(segment, guard, KI_ACCESS_NONE);
    segment += guard;
    ki_stack_clean(segment, size);
    (void)VALGRIND_STACK_REGISTER(segment, segment + size);
    return segment;
}

/* The topmost bytes of a segment in use, aligned as a stack, hold the call that it runs. */
#define KI_SEGMENT_TOP 16u

static struct ki_segment_call **ki_segment_caller(char *segment, size_t size) {
    return (struct ki_segment_call **)(void *)(segment + size - KI_SEGMENT_TOP);
}

bool ki_call_on_segment(struct machine *m, void (*fn)(void *argument), void *argument) {
    struct ki_fiber *self = m->running;
    char *segment = ki_segment_allocate(m);
    if (!segment)
        return false;
    struct ki_segment_call call = {
        .fn = fn, .argument = argument, .stack = self->stack, .stack_size = self->stack_size};
    self->stack = segment;
    self->stack_size = ki_segment_size(m);
    *ki_segment_caller(segment, self->stack_size) = &call;
#ifdef KI_ASAN
    __sanitizer_start_switch_fiber(&call.fake_stack, segment, self->stack_size);
#endif
    ki_segment_enter(segment, self->stack_size - KI_SEGMENT_TOP, &call);
#ifdef KI_ASAN
    __sanitizer_finish_switch_fiber(call.fake_stack, NULL, NULL);
#endif
    ki_stack_clean(segment, self->stack_size);
    KI_ASSERT(m->running == self);
    self->stack = call.stack;
    self->stack_size = call.stack_size;
    *ki_stack_link(segment, ki_segment_size(m)) = m->segment_free;
    m->segment_free = segment;
    return true;
}

static bool ki_encloses(const char *stack, size_t stack_size, uintptr_t start, size_t size) {
    uintptr_t low = (uintptr_t)stack;
    return start >= low && start - low <= stack_size && size <= stack_size - (start - low);
}

/* Only segments have their size, and each knows whom it was called by. */
bool ki_on_stack(const struct machine *m, uintptr_t start, size_t size) {
    const struct ki_fiber *self = m->running;
    char *stack = self->stack;
    size_t stack_size = self->stack_size;
    if (ki_encloses(stack, stack_size, start, size))
        return true;
    if (self->exhausted) { /* which the present one stands in for */
        stack = self->exhausted;
        stack_size = self->exhausted_size;
    }
    while (!ki_encloses(stack, stack_size, start, size)) {
        if (stack_size != ki_segment_size(m))
            return false;
        const struct ki_segment_call *call = *ki_segment_caller(stack, stack_size);
        stack = call->stack;
        stack_size = call->stack_size;
    }
    return true;
}
