/*
 * Fibers (fiber.h says what they are).
 *
 * Principle of operation. A switch is _setjmp on the stack that stops and _longjmp to the one that goes on. A new fiber has
 * no jump buffer yet: its first switch moves the stack pointer to its stack and calls the entry. On x86-64 and AArch64 that
 * is three instructions; elsewhere makecontext and setcontext do it, at the cost of two system calls per fiber.
 *
 * This file is built without _FORTIFY_SOURCE: the checked longjmp takes a change of stacks for an attack.
 *
 * Instruments. AddressSanitizer is told of the switch before and after it, so that its shadow of the stack and its idea of
 * the stack's bounds follow; Valgrind learns each stack once, when the fiber is created.
 *
 * Stacks. All stacks of the machine's default size come from one free list. The first KI_GUARDED_STACKS have an
 * inaccessible page below them; the host limits the number of differently protected areas, so later ones go without.
 */
#include <setjmp.h>
#include <stdint.h>

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

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
#define KI_UCONTEXT 1
#endif

#define KI_GUARDED_STACKS 8192u

/* What a fiber that was just switched to must do first: tell the sanitizer where it came from. */
static inline void ki_arrived(struct ki_fiber *self)
{
#ifdef KI_ASAN
    __sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
#else
    (void)self;
#endif
}

static inline void ki_leaving(struct ki_fiber *from, struct ki_fiber *to)
{
#ifdef KI_ASAN
    __sanitizer_start_switch_fiber(from ? &from->fake_stack : NULL, to->stack, to->stack_size);
#else
    (void)from;
    (void)to;
#endif
}

static _Noreturn void ki_fiber_main(void *argument)
{
    struct ki_fiber *self = argument;
    ki_arrived(self);
    self->entry(self->argument);
    KI_UNREACHABLE();
}

#ifdef KI_UCONTEXT
static void ki_fiber_main_split(unsigned high, unsigned low)
{
    ki_fiber_main((void *)(((uintptr_t)high << 16 << 16) | low));
}
#endif

/* The first switch to a fiber: call ki_fiber_main on its stack. */
static _Noreturn void ki_fiber_enter(struct ki_fiber *fiber)
{
    char *top = fiber->stack + fiber->stack_size;
#if defined(__x86_64__)
    __asm__ volatile("movq %0, %%rsp\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "callq *%1\n\t"
                     "ud2"
                     :
                     : "r"(top), "r"(ki_fiber_main), "D"(fiber)
                     : "memory");
#elif defined(__aarch64__)
    register struct ki_fiber *argument __asm__("x0") = fiber;
    __asm__ volatile("mov sp, %0\n\t"
                     "mov x29, xzr\n\t"
                     "mov x30, xzr\n\t"
                     "blr %1\n\t"
                     "brk #0"
                     :
                     : "r"(top), "r"(ki_fiber_main), "r"(argument)
                     : "memory");
#else
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = fiber->stack;
    context.uc_stack.ss_size = fiber->stack_size;
    context.uc_link = NULL;
    (void)top;
    uintptr_t self = (uintptr_t)fiber;
    makecontext(&context, (void (*)(void))ki_fiber_main_split, 2, (unsigned)(self >> 16 >> 16), (unsigned)self);
    setcontext(&context);
#endif
    __builtin_unreachable();
}

static _Noreturn void ki_fiber_continue(struct ki_fiber *to)
{
    if (KI_LIKELY(to->started))
        _longjmp(to->context, 1);
    to->started = true;
    ki_fiber_enter(to);
}

void ki_fiber_switch(struct machine *m, struct ki_fiber *from, struct ki_fiber *to)
{
    from->seh = m->seh;
    m->seh = to->seh;
    ki_leaving(from, to);
    if (_setjmp(from->context) == 0)
        ki_fiber_continue(to);
    ki_arrived(from);
}

_Noreturn void ki_fiber_leave(struct machine *m, struct ki_fiber *to)
{
    m->seh = to->seh;
    ki_leaving(NULL, to);
    ki_fiber_continue(to);
}

void ki_fiber_create(struct ki_fiber *fiber, char *stack, size_t size, void (*entry)(void *), void *argument)
{
    fiber->stack = stack;
    fiber->stack_size = size;
    fiber->entry = entry;
    fiber->argument = argument;
    fiber->seh = NULL;
    fiber->started = false;
    fiber->fake_stack = NULL;
    fiber->stack_id = VALGRIND_STACK_REGISTER(stack, stack + size);
}

void ki_fiber_destroy(struct ki_fiber *fiber)
{
    VALGRIND_STACK_DEREGISTER(fiber->stack_id);
    fiber->stack = NULL;
}

#ifdef KI_ASAN
/* The bounds of the stack the caller runs on, as the sanitizer knows them: asked by a switch to the same stack. */
static void ki_stack_bounds(struct ki_fiber *fiber)
{
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

void ki_fiber_adopt(struct ki_fiber *fiber)
{
#ifdef KI_ASAN
    ki_stack_bounds(fiber);
#endif
    fiber->started = true;
}

void ki_fiber_recover(struct ki_fiber *host)
{
#ifdef KI_ASAN
    __sanitizer_start_switch_fiber(NULL, host->stack, host->stack_size);
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#else
    (void)host;
#endif
}

/* Free stacks are linked through their lowest word, next to the page that nobody touches anyway. */
char *ki_stack_allocate(struct machine *m, size_t *size)
{
    *size = m->stack_size;
    char *stack = m->stack_free;
    if (stack) {
        m->stack_free = *(char **)stack;
        return stack;
    }
    bool guarded = m->stack_count < KI_GUARDED_STACKS;
    size_t guard = guarded ? KI_PAGE_SIZE : 0;
    stack = ki_region_take(m, KI_REGION_STACK, *size + guard);
    if (!stack)
        return NULL;
    m->stack_count++;
    if (guarded)
        ki_arena_protect(stack, guard, false);
    return stack + guard;
}

void ki_stack_free(struct machine *m, char *stack)
{
#ifdef KI_ASAN
    __asan_unpoison_memory_region(stack, m->stack_size);
#endif
    *(char **)stack = m->stack_free;
    m->stack_free = stack;
}
