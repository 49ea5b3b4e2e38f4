/*
 * Guarded blocks, the part that depends on the processor: entering a block saves the registers a
 * call preserves; a block's code is run with those registers and a stack pointer below the
 * caller's, or resumed with its own stack pointer for good.
 *
 * Offsets into struct wdmsim_seh_frame are checked below. In the context, word 0 is the address to
 * return to, word 1 the stack pointer as it is there, then the preserved registers; the last word
 * is where wdmsim_seh_exit was called from, or 0.
 *
 * For debuggers: nothing here has line numbers, so a step at the edge of a guarded block goes over
 * the run-time, which stands behind a jump. And where a block's code is continued there is the
 * probe that gdb knows as longjmp's in the C library, with the address as its third argument: a
 * step that raises, or comes to the end of a __try, stops in the __except or __finally block. The
 * end of a __finally block that ran in the ordinary course is one more such place.
 */
#include <stddef.h>

#include "wdmsim_seh.h"

_Static_assert(offsetof(struct wdmsim_seh_frame, running) == 16, "seh_run");
_Static_assert(offsetof(struct wdmsim_seh_frame, context) == 32, "wdmsim_seh_enter");

#ifdef __APPLE__
#define SYMBOL(name) "_" #name
#define FUNCTION(name) ".globl _" #name "\n.p2align 4\n_" #name ":\n"
#define LOCAL(name) ".private_extern _" #name "\n" FUNCTION(name)
#define END(name) "\n"
#else
#define SYMBOL(name) #name
#define FUNCTION(name) ".globl " #name "\n.type " #name ", %function\n.p2align 4\n" #name ":\n"
#define LOCAL(name) ".hidden " #name "\n" FUNCTION(name)
#define END(name) ".size " #name ", . - " #name "\n"
#endif

#ifdef __ELF__
#define LONGJMP_PROBE(arguments)                                                                   \
    "990: nop\n"                                                                                   \
    "  .pushsection .note.stapsdt, \"\", %note\n"                                                  \
    "  .balign 4\n"                                                                                \
    "  .4byte 992f - 991f, 994f - 993f, 3\n"                                                       \
    "991: .asciz \"stapsdt\"\n"                                                                    \
    "992: .balign 4\n"                                                                             \
    "993: .8byte 990b, _.stapsdt.base, 0\n"                                                        \
    "  .asciz \"libc\", \"longjmp\", \"" arguments "\"\n"                                          \
    "994: .balign 4\n"                                                                             \
    "  .popsection\n"

/* What the probes' addresses are relative to, should the library have been moved on disk. */
__asm__(".pushsection .stapsdt.base, \"aG\", %progbits, .stapsdt.base, comdat\n"
        "  .weak _.stapsdt.base\n"
        "  .hidden _.stapsdt.base\n"
        "_.stapsdt.base: .space 1\n"
        "  .size _.stapsdt.base, 1\n"
        "  .popsection\n");
#else
#define LONGJMP_PROBE(arguments)
#endif

#if defined(__x86_64__)

/* Room between the caller's stack and the code that runs below it. */
#define GAP "1024"

#define RESTORE_X86                                                                                \
    LONGJMP_PROBE("8@%rdi -4@$1 8@32(%rdi)")                                                       \
    "  movq 48(%rdi), %rbx\n"                                                                      \
    "  movq 56(%rdi), %rbp\n"                                                                      \
    "  movq 64(%rdi), %r12\n"                                                                      \
    "  movq 72(%rdi), %r13\n"                                                                      \
    "  movq 80(%rdi), %r14\n"                                                                      \
    "  movq 88(%rdi), %r15\n"                                                                      \
    "  movl $1, %eax\n"                                                                            \
    "  jmpq *32(%rdi)\n"

__asm__(".text\n" FUNCTION(wdmsim_seh_enter) //
        "  endbr64\n"
        "  movq (%rsp), %rax\n"
        "  movq %rax, 32(%rdi)\n"
        "  leaq 8(%rsp), %rax\n"
        "  movq %rax, 40(%rdi)\n"
        "  movq %rbx, 48(%rdi)\n"
        "  movq %rbp, 56(%rdi)\n"
        "  movq %r12, 64(%rdi)\n"
        "  movq %r13, 72(%rdi)\n"
        "  movq %r14, 80(%rdi)\n"
        "  movq %r15, 88(%rdi)\n"
        "  movq $0, 200(%rdi)\n"
        "  jmp " SYMBOL(wdmsim_seh_link) "\n" END(wdmsim_seh_enter)

            FUNCTION(wdmsim_seh_exit) //
        "  endbr64\n"
        "  movq (%rsp), %rax\n"
        "  movq %rax, 200(%rdi)\n"
        "  jmp " SYMBOL(wdmsim_seh_unlink) "\n" END(wdmsim_seh_exit)

            LOCAL(seh_run) //
        "  endbr64\n"
        "  pushq %rbx\n"
        "  pushq %rbp\n"
        "  pushq %r12\n"
        "  pushq %r13\n"
        "  pushq %r14\n"
        "  pushq %r15\n"
        "  movq %rsp, 16(%rdi)\n"
        "  subq $" GAP ", %rsp\n"
        "  andq $-16, %rsp\n" RESTORE_X86 END(seh_run)

            LOCAL(seh_resume) //
        "  endbr64\n"
        "  movq 40(%rdi), %rsp\n" RESTORE_X86 END(seh_resume)

            FUNCTION(wdmsim_seh_finished) //
        "  endbr64\n"
        "  cmpq $0, 200(%rdi)\n"
        "  je " SYMBOL(wdmsim_seh_filtered) "\n"  //
        LONGJMP_PROBE("8@%rdi -4@$1 8@200(%rdi)") //
        FUNCTION(wdmsim_seh_filtered)             //
        "  endbr64\n"
        "  movq 16(%rdi), %rsp\n"
        "  movl %esi, %eax\n"
        "  popq %r15\n"
        "  popq %r14\n"
        "  popq %r13\n"
        "  popq %r12\n"
        "  popq %rbp\n"
        "  popq %rbx\n"
        "  retq\n" END(wdmsim_seh_filtered)

        /* Returns to its caller, a cleanup at the end of a scope, with the function's own stack. */
        FUNCTION(wdmsim_seh_abandon) //
        "  endbr64\n"
        "  pushq %rbx\n"
        "  movq (%rdi), %rbx\n"
        "  movq %rbx, %rdi\n"
        "  callq " SYMBOL(wdmsim_seh_before_abandon) "\n"
                                                     "  movq %rbx, %rax\n"
                                                     "  popq %rbx\n"
                                                     "  popq %rcx\n"
                                                     "  movq 40(%rax), %rsp\n"
                                                     "  jmpq *%rcx\n" END(wdmsim_seh_abandon));

#elif defined(__aarch64__)

#define RESTORE_ARM                                                                                \
    LONGJMP_PROBE("8@x0 -4@1 8@[x0, 32]")                                                          \
    "  ldp x19, x20, [x0, #48]\n"                                                                  \
    "  ldp x21, x22, [x0, #64]\n"                                                                  \
    "  ldp x23, x24, [x0, #80]\n"                                                                  \
    "  ldp x25, x26, [x0, #96]\n"                                                                  \
    "  ldp x27, x28, [x0, #112]\n"                                                                 \
    "  ldr x29, [x0, #128]\n"                                                                      \
    "  ldp d8, d9, [x0, #136]\n"                                                                   \
    "  ldp d10, d11, [x0, #152]\n"                                                                 \
    "  ldp d12, d13, [x0, #168]\n"                                                                 \
    "  ldp d14, d15, [x0, #184]\n"                                                                 \
    "  ldr x30, [x0, #32]\n"                                                                       \
    "  mov w0, #1\n"                                                                               \
    "  ret\n"

__asm__(".text\n" FUNCTION(wdmsim_seh_enter) //
        "  str x30, [x0, #32]\n"
        "  mov x9, sp\n"
        "  str x9, [x0, #40]\n"
        "  stp x19, x20, [x0, #48]\n"
        "  stp x21, x22, [x0, #64]\n"
        "  stp x23, x24, [x0, #80]\n"
        "  stp x25, x26, [x0, #96]\n"
        "  stp x27, x28, [x0, #112]\n"
        "  str x29, [x0, #128]\n"
        "  str xzr, [x0, #200]\n"
        "  stp d8, d9, [x0, #136]\n"
        "  stp d10, d11, [x0, #152]\n"
        "  stp d12, d13, [x0, #168]\n"
        "  stp d14, d15, [x0, #184]\n"
        "  b " SYMBOL(wdmsim_seh_link) "\n" END(wdmsim_seh_enter)

            FUNCTION(wdmsim_seh_exit) //
        "  str x30, [x0, #200]\n"
        "  b " SYMBOL(wdmsim_seh_unlink) "\n" END(wdmsim_seh_exit)

            LOCAL(seh_run) //
        "  stp x29, x30, [sp, #-160]!\n"
        "  stp x19, x20, [sp, #16]\n"
        "  stp x21, x22, [sp, #32]\n"
        "  stp x23, x24, [sp, #48]\n"
        "  stp x25, x26, [sp, #64]\n"
        "  stp x27, x28, [sp, #80]\n"
        "  stp d8, d9, [sp, #96]\n"
        "  stp d10, d11, [sp, #112]\n"
        "  stp d12, d13, [sp, #128]\n"
        "  stp d14, d15, [sp, #144]\n"
        "  mov x9, sp\n"
        "  str x9, [x0, #16]\n"
        "  sub sp, sp, #1024\n" RESTORE_ARM END(seh_run)

            LOCAL(seh_resume) //
        "  ldr x9, [x0, #40]\n"
        "  mov sp, x9\n" RESTORE_ARM END(seh_resume)

            FUNCTION(wdmsim_seh_finished) //
        "  ldr x9, [x0, #200]\n"
        "  cbz x9, " SYMBOL(wdmsim_seh_filtered) "\n" //
        LONGJMP_PROBE("8@x0 -4@1 8@[x0, 200]")        //
        FUNCTION(wdmsim_seh_filtered)                 //
        "  ldr x9, [x0, #16]\n"
        "  mov sp, x9\n"
        "  mov w0, w1\n"
        "  ldp x19, x20, [sp, #16]\n"
        "  ldp x21, x22, [sp, #32]\n"
        "  ldp x23, x24, [sp, #48]\n"
        "  ldp x25, x26, [sp, #64]\n"
        "  ldp x27, x28, [sp, #80]\n"
        "  ldp d8, d9, [sp, #96]\n"
        "  ldp d10, d11, [sp, #112]\n"
        "  ldp d12, d13, [sp, #128]\n"
        "  ldp d14, d15, [sp, #144]\n"
        "  ldp x29, x30, [sp], #160\n"
        "  ret\n" END(wdmsim_seh_filtered)

            FUNCTION(wdmsim_seh_abandon) //
        "  stp x19, x30, [sp, #-16]!\n"
        "  ldr x19, [x0]\n"
        "  mov x0, x19\n"
        "  bl " SYMBOL(wdmsim_seh_before_abandon) "\n"
                                                  "  mov x9, x19\n"
                                                  "  ldp x19, x30, [sp], #16\n"
                                                  "  ldr x9, [x9, #40]\n"
                                                  "  mov sp, x9\n"
                                                  "  ret\n" END(wdmsim_seh_abandon));

#else
#error "seh_switch.c does not know this processor"
#endif
