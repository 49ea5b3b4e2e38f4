/* Check which exception a filter finds for each kind of fault, at low and raised IRQL, and that the
 * instruction is the one that faulted. */
#include "../threads.h"

#include <ntddk.h>

static EXCEPTION_RECORD found;
static ULONG_PTR rip;

static LONG look(PEXCEPTION_POINTERS pointers) {
    found = *pointers->ExceptionRecord;
    rip = pointers->ContextRecord->Rip;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void guarded(void (*fault)(void)) {
    memset(&found, 0, sizeof found);
    __try {
        fault();
    } __except (look(GetExceptionInformation())) {
    }
    assert_int_equal(rip, (ULONG_PTR)found.ExceptionAddress);
}

static KDPC dpc;

static void in_dpc(PKDPC unused, PVOID fault, PVOID argument1, PVOID argument2) {
    (void)unused, (void)argument1, (void)argument2;
    guarded(*(void (**)(void))fault);
}

/* Faults three ways: in a thread at two levels, and in a DPC. */
static void expect(void (*fault)(void), NTSTATUS status) {
    KIRQL irql;
    guarded(fault);
    assert_int_equal((ULONG)found.ExceptionCode, (ULONG)status);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    guarded(fault);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(irql);
    assert_int_equal((ULONG)found.ExceptionCode, (ULONG)status);
    memset(&found, 0, sizeof found);
    KeInitializeDpc(&dpc, in_dpc, &fault);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    assert_int_equal((ULONG)found.ExceptionCode, (ULONG)status);
}

static void expect_access(void (*fault)(void), ULONG_PTR access, ULONG_PTR address) {
    expect(fault, STATUS_ACCESS_VIOLATION);
    assert_int_equal(found.NumberParameters, 2);
    assert_int_equal(found.ExceptionInformation[0], access);
    assert_int_equal(found.ExceptionInformation[1], address);
}

static void (*volatile nowhere)(void) = (void (*)(void))(ULONG_PTR)0x1000;

static void call_nowhere(void) { nowhere(); }

static void a_jump_to_no_code_is_an_execution(struct machine *m) {
    (void)m;
    expect_access(call_nowhere, 8, 0x1000);
    assert_int_equal(rip, 0x1000);
}

#if defined(__x86_64__)

#define INSTRUCTION(name, text)                                                                    \
    static void name(void) {                                                                       \
        __asm__ volatile(text ::                                                                   \
                             : "rax", "rcx", "rdx", "rbx", "rsi", "rdi", "r8", "r12", "memory",    \
                               "cc");                                                              \
    }

INSTRUCTION(ud2, "ud2")
INSTRUCTION(lock_of_a_register, ".byte 0xf0, 0x89, 0xc0")

static void instructions_can_be_illegal(struct machine *m) {
    (void)m;
    expect(ud2, STATUS_ILLEGAL_INSTRUCTION);
    assert_memory_equal(found.ExceptionAddress, "\x0f\x0b", 2);
    expect(lock_of_a_register, STATUS_INVALID_LOCK_SEQUENCE);
}

INSTRUCTION(cli, "cli")
INSTRUCTION(sti, "sti")
INSTRUCTION(hlt, "hlt")
INSTRUCTION(in, "in $0x60, %%al")
INSTRUCTION(out, "mov $0x80, %%dx; out %%eax, %%dx")
INSTRUCTION(read_cr3, "mov %%cr3, %%rax")
INSTRUCTION(write_cr8, "mov %%rax, %%cr8")
INSTRUCTION(read_dr7, "mov %%dr7, %%r8")
INSTRUCTION(rdmsr, "mov $0x10, %%ecx; rdmsr")
INSTRUCTION(wbinvd, "wbinvd")
INSTRUCTION(invlpg, "invlpg (%%rsp)")
INSTRUCTION(lidt, "lidt -16(%%rsp)")
INSTRUCTION(ltr, "ltr %%ax")

static void instructions_can_be_privileged(struct machine *m) {
    static void (*const all[])(void) = {cli,      sti,   hlt,    in,     out,  read_cr3, write_cr8,
                                        read_dr7, rdmsr, wbinvd, invlpg, lidt, ltr};
    (void)m;
    for (size_t i = 0; i < ARRAYSIZE(all); i++)
        expect(all[i], STATUS_PRIVILEGED_INSTRUCTION);
}

INSTRUCTION(not_canonical, "mov $0x8000000000000000, %%rax; mov (%%rax), %%ecx")
INSTRUCTION(not_canonical_write, "mov $0x1234567812345678, %%rax; mov %%ecx, (%%rax)")
INSTRUCTION(not_canonical_stack, "mov %%rbp, %%r8; mov $0x8000000000000000, %%rbp;"
                                 "mov (%%rbp), %%ecx; mov %%r8, %%rbp")
INSTRUCTION(not_aligned, "mov %%rsp, %%rax; or $8, %%rax; sub $15, %%rax; movaps (%%rax), %%xmm0")
INSTRUCTION(unknown_interrupt, "int $0x70")

static void what_is_no_address_is_told_as_the_last_one(struct machine *m) {
    (void)m;
    expect_access(not_canonical, 0, MAXULONG_PTR);
    expect_access(not_canonical_write, 0, MAXULONG_PTR);
    expect_access(not_canonical_stack, 0, MAXULONG_PTR);
    expect_access(not_aligned, 0, MAXULONG_PTR);
    expect_access(unknown_interrupt, 0, MAXULONG_PTR);
}

INSTRUCTION(misaligned, "pushfq; orl $0x40000, (%%rsp); popfq; mov -15(%%rsp), %%rax;"
                        "pushfq; andl $~0x40000, (%%rsp); popfq")

static void alignment_can_be_checked(struct machine *m) {
    (void)m;
    expect(misaligned, STATUS_DATATYPE_MISALIGNMENT);
    ULONG64 flags = __builtin_ia32_readeflags_u64();
    assert_int_equal(flags & 0x40000, 0);
}

#define MINIMUM "mov $0x80000000, %%eax; cdq;"
#define MINIMUM64 "mov $0x8000000000000000, %%rax; cqo;"
INSTRUCTION(overflow_register, MINIMUM "mov $-1, %%ecx; idiv %%ecx")
INSTRUCTION(overflow_new_register, MINIMUM64 "mov $-1, %%r12; idiv %%r12")
INSTRUCTION(overflow_word, "mov $0x8000, %%ax; cwd; mov $-1, %%ecx; idiv %%cx")
INSTRUCTION(overflow_byte, "mov $0xffff, %%ax; mov $1, %%cl; div %%cl")
INSTRUCTION(overflow_high_byte, "mov $0x5000, %%ax; mov $0x0100, %%ecx; div %%ch")
INSTRUCTION(overflow_memory, MINIMUM "movl $-1, -32(%%rsp); idivl -32(%%rsp)")
INSTRUCTION(overflow_indexed, MINIMUM64 "movq $-1, -200(%%rsp); mov $-4, %%r12;"
                                        "idivq -168(%%rsp, %%r12, 8)")
INSTRUCTION(zero_register, "xor %%r8d, %%r8d; mov $7, %%eax; cdq; idiv %%r8d")
INSTRUCTION(zero_byte, "mov $0xff, %%ecx; mov $7, %%eax; div %%ch")
INSTRUCTION(zero_memory, "movq $0, -32(%%rsp); mov $7, %%eax; cdq; mov %%rsp, %%rsi;"
                         "idivq -32(%%rsi)")

static LONG minus_one = -1, zero;

static void overflow_relative(void) {
    __asm__ volatile(MINIMUM "idivl %0" ::"m"(minus_one) : "rax", "rdx", "cc");
}

static void zero_relative(void) {
    __asm__ volatile(MINIMUM "idivl %0" ::"m"(zero) : "rax", "rdx", "cc");
}

static void a_quotient_can_be_too_large(struct machine *m) {
    static void (*const overflows[])(void) = {
        overflow_register,  overflow_new_register, overflow_word,    overflow_byte,
        overflow_high_byte, overflow_memory,       overflow_indexed, overflow_relative};
    static void (*const zeros[])(void) = {zero_register, zero_byte, zero_memory, zero_relative};
    (void)m;
    for (size_t i = 0; i < ARRAYSIZE(overflows); i++)
        expect(overflows[i], STATUS_INTEGER_OVERFLOW);
    for (size_t i = 0; i < ARRAYSIZE(zeros); i++)
        expect(zeros[i], STATUS_INTEGER_DIVIDE_BY_ZERO);
}

/* Floating point: what is not masked is an exception. */
static unsigned control = 0x1f80;
static USHORT control87 = 0x037f;
static const double one = 1, nothing = 0, huge = 1e308, tiny = 1e-308;
static const ULONG64 denormal = 1;

#define VECTOR(name, text)                                                                         \
    static void name(void) {                                                                       \
        __asm__ volatile("ldmxcsr %0;" text ::"m"(control), "m"(one), "m"(nothing), "m"(huge),     \
                         "m"(tiny), "m"(denormal)                                                  \
                         : "xmm0", "memory");                                                      \
    }
VECTOR(divided, "movsd %1, %%xmm0; divsd %2, %%xmm0")
VECTOR(invalid, "movsd %2, %%xmm0; divsd %2, %%xmm0")
VECTOR(overflowed, "movsd %3, %%xmm0; mulsd %3, %%xmm0")
VECTOR(underflowed, "movsd %4, %%xmm0; mulsd %4, %%xmm0")
VECTOR(inexact, "movsd %3, %%xmm0; addsd %1, %%xmm0")
VECTOR(with_denormal, "movsd %5, %%xmm0; mulsd %1, %%xmm0")

#define OLD(name, text)                                                                            \
    static void name(void) {                                                                       \
        __asm__ volatile("fninit; fldcw %0;" text ::"m"(control87), "m"(one), "m"(nothing)         \
                         : "st", "st(1)", "memory");                                               \
    }
OLD(divided_old, "fldl %1; fdivl %2; fwait")
OLD(stack_empty, "fstp %%st(0); fwait")

static void expect_float(void (*fault)(void), unsigned mask, NTSTATUS status) {
    control = 0x1f80 & ~(mask << 7);
    control87 = (USHORT)(0x037f & ~mask);
    expect(fault, status);
    control = 0x1f80;
    __asm__ volatile("ldmxcsr %0; fninit" ::"m"(control));
}

static void floating_point_exceptions_have_their_kinds(struct machine *m) {
    (void)m;
    expect_float(divided, 4, STATUS_FLOAT_DIVIDE_BY_ZERO);
    expect_float(invalid, 1, STATUS_FLOAT_INVALID_OPERATION);
    expect_float(overflowed, 8, STATUS_FLOAT_OVERFLOW);
    expect_float(underflowed, 16, STATUS_FLOAT_UNDERFLOW);
    expect_float(inexact, 32, STATUS_FLOAT_INEXACT_RESULT);
    expect_float(with_denormal, 2, STATUS_FLOAT_DENORMAL_OPERAND);
    expect_float(divided_old, 4, STATUS_FLOAT_DIVIDE_BY_ZERO);
    expect_float(stack_empty, 1, STATUS_FLOAT_STACK_CHECK);
}

INSTRUCTION(breakpoint, "int3")
INSTRUCTION(step, "pushfq; orl $0x100, (%%rsp); popfq; nop; nop")

static void breakpoints_are_exceptions(struct machine *m) {
    (void)m;
    expect(breakpoint, STATUS_BREAKPOINT);
    assert_memory_equal(found.ExceptionAddress, "\xcc", 1);
    expect(step, STATUS_SINGLE_STEP);
}

static ULONG steps;

static LONG pass_by(PEXCEPTION_POINTERS pointers) {
    steps++;
    pointers->ContextRecord->Rip++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void a_filter_can_go_on_behind_them(struct machine *m) {
    ULONG before = 0, after = 0;
    (void)m;
    __try {
        __asm__ volatile("movl $7, %0; int3; cli; hlt; movl $8, %1" : "=m"(before), "=m"(after));
    } __except (pass_by(GetExceptionInformation())) {
        steps = 100;
    }
    assert_int_equal(steps, 3);
    assert_int_equal(before + after, 15);
}

#else

#define INSTRUCTION(name, text)                                                                    \
    static void name(void) { __asm__ volatile(text ::: "x0", "memory"); }
INSTRUCTION(undefined, ".inst 0")
INSTRUCTION(write_flags, "msr daifset, #2")
INSTRUCTION(read_table, "mrs x0, ttbr0_el1")
INSTRUCTION(breakpoint, "brk #0xf000")

static void instructions_can_be_illegal(struct machine *m) {
    (void)m;
    expect(undefined, STATUS_ILLEGAL_INSTRUCTION);
}

static void instructions_can_be_privileged(struct machine *m) {
    (void)m;
    expect(write_flags, STATUS_PRIVILEGED_INSTRUCTION);
    expect(read_table, STATUS_PRIVILEGED_INSTRUCTION);
}

static void breakpoints_are_exceptions(struct machine *m) {
    (void)m;
    expect(breakpoint, STATUS_BREAKPOINT);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_jump_to_no_code_is_an_execution),
        wdmsim_unit_test(instructions_can_be_illegal),
        wdmsim_unit_test(instructions_can_be_privileged),
        wdmsim_unit_test(breakpoints_are_exceptions),
#if defined(__x86_64__)
        wdmsim_unit_test(what_is_no_address_is_told_as_the_last_one),
        wdmsim_unit_test(alignment_can_be_checked),
        wdmsim_unit_test(a_quotient_can_be_too_large),
        wdmsim_unit_test(floating_point_exceptions_have_their_kinds),
        wdmsim_unit_test(a_filter_can_go_on_behind_them),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
