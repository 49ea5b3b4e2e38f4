/*
 * The compiler intrinsics drivers use: interlocked operations, bit scans, byte swaps, rotates and
 * barriers, all real, over the host compiler's atomics.
 *
 * The spellings with a leading underscore are macros, because some hosts' compilers reserve them.
 * What has no meaning on a simulated processor unless the machine gives it one (time stamp counter,
 * control registers) is a function of the library.
 */
#ifndef WDMSIM_NT_INTRIN_H
#define WDMSIM_NT_INTRIN_H

#include "types.h"

EXTERN_C_START

/* ---- interlocked: full barrier, any IRQL. Result: new value for increment, decrement; else old
 * ---- */

#define WDMSIM_INTERLOCKED_ARITHMETIC(T, SUFFIX)                                                   \
    FORCEINLINE T InterlockedIncrement##SUFFIX(T volatile *Addend) {                               \
        return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);                                    \
    }                                                                                              \
    FORCEINLINE T InterlockedDecrement##SUFFIX(T volatile *Addend) {                               \
        return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);                                    \
    }                                                                                              \
    FORCEINLINE T InterlockedExchangeAdd##SUFFIX(T volatile *Addend, T Value) {                    \
        return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);                                \
    }                                                                                              \
    FORCEINLINE T InterlockedAdd##SUFFIX(T volatile *Addend, T Value) {                            \
        return __atomic_add_fetch(Addend, Value, __ATOMIC_SEQ_CST);                                \
    }

#define WDMSIM_INTERLOCKED_LOGIC(T, SUFFIX)                                                        \
    FORCEINLINE T InterlockedAnd##SUFFIX(T volatile *Destination, T Value) {                       \
        return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST);                           \
    }                                                                                              \
    FORCEINLINE T InterlockedOr##SUFFIX(T volatile *Destination, T Value) {                        \
        return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST);                            \
    }                                                                                              \
    FORCEINLINE T InterlockedXor##SUFFIX(T volatile *Destination, T Value) {                       \
        return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST);                           \
    }

#define WDMSIM_INTERLOCKED_EXCHANGE(T, SUFFIX)                                                     \
    FORCEINLINE T InterlockedExchange##SUFFIX(T volatile *Target, T Value) {                       \
        return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);                               \
    }                                                                                              \
    FORCEINLINE T InterlockedCompareExchange##SUFFIX(T volatile *Destination, T Exchange,          \
                                                     T Comparand) {                                \
        __atomic_compare_exchange_n(Destination, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST,        \
                                    __ATOMIC_SEQ_CST);                                             \
        return Comparand;                                                                          \
    }

WDMSIM_INTERLOCKED_ARITHMETIC(LONG, )
WDMSIM_INTERLOCKED_ARITHMETIC(LONG64, 64)
WDMSIM_INTERLOCKED_ARITHMETIC(SHORT, 16)
WDMSIM_INTERLOCKED_LOGIC(LONG, )
WDMSIM_INTERLOCKED_LOGIC(LONG64, 64)
WDMSIM_INTERLOCKED_LOGIC(SHORT, 16)
WDMSIM_INTERLOCKED_LOGIC(char, 8)
WDMSIM_INTERLOCKED_EXCHANGE(LONG, )
WDMSIM_INTERLOCKED_EXCHANGE(LONG64, 64)
WDMSIM_INTERLOCKED_EXCHANGE(SHORT, 16)
WDMSIM_INTERLOCKED_EXCHANGE(char, 8)
WDMSIM_INTERLOCKED_EXCHANGE(PVOID, Pointer)

/* 16 bytes, aligned to 16: high and low half as documented for InterlockedCompareExchange128. */
UCHAR wdmsim_interlocked_compare_exchange128(LONG64 volatile *Destination, LONG64 ExchangeHigh,
                                             LONG64 ExchangeLow, LONG64 *ComparandResult);
#define InterlockedCompareExchange128 wdmsim_interlocked_compare_exchange128

FORCEINLINE BOOLEAN InterlockedBitTestAndSet(LONG volatile *Base, LONG Bit) {
    LONG mask = (LONG)(1u << (Bit & 31));
    return (__atomic_fetch_or(Base + (Bit >> 5), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
FORCEINLINE BOOLEAN InterlockedBitTestAndReset(LONG volatile *Base, LONG Bit) {
    LONG mask = (LONG)(1u << (Bit & 31));
    return (__atomic_fetch_and(Base + (Bit >> 5), ~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
FORCEINLINE BOOLEAN InterlockedBitTestAndSet64(LONG64 volatile *Base, LONG64 Bit) {
    LONG64 mask = (LONG64)(1ULL << (Bit & 63));
    return (__atomic_fetch_or(Base + (Bit >> 6), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
FORCEINLINE BOOLEAN InterlockedBitTestAndReset64(LONG64 volatile *Base, LONG64 Bit) {
    LONG64 mask = (LONG64)(1ULL << (Bit & 63));
    return (__atomic_fetch_and(Base + (Bit >> 6), ~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}

FORCEINLINE ULONG InterlockedExchangeSubtract(ULONG volatile *Addend, ULONG Value) {
    return __atomic_fetch_sub(Addend, Value, __ATOMIC_SEQ_CST);
}
#define InterlockedIncrementSizeT(a) InterlockedIncrement64((LONG64 volatile *)(a))
#define InterlockedDecrementSizeT(a) InterlockedDecrement64((LONG64 volatile *)(a))
#define InterlockedExchangeAddSizeT(a, b) InterlockedExchangeAdd64((LONG64 volatile *)(a), (b))
#define InterlockedAndAffinity(a, b) InterlockedAnd64((LONG64 volatile *)(a), (LONG64)(b))
#define InterlockedOrAffinity(a, b) InterlockedOr64((LONG64 volatile *)(a), (LONG64)(b))

/* Drivers hand unsigned variables and enumerations too; the casts are those of the Windows macros.
 */
#define InterlockedIncrement(a) InterlockedIncrement((LONG volatile *)(a))
#define InterlockedDecrement(a) InterlockedDecrement((LONG volatile *)(a))
#define InterlockedExchange(a, b) InterlockedExchange((LONG volatile *)(a), (LONG)(b))
#define InterlockedExchangeAdd(a, b) InterlockedExchangeAdd((LONG volatile *)(a), (LONG)(b))
#define InterlockedAdd(a, b) InterlockedAdd((LONG volatile *)(a), (LONG)(b))
#define InterlockedAnd(a, b) InterlockedAnd((LONG volatile *)(a), (LONG)(b))
#define InterlockedOr(a, b) InterlockedOr((LONG volatile *)(a), (LONG)(b))
#define InterlockedXor(a, b) InterlockedXor((LONG volatile *)(a), (LONG)(b))
#define InterlockedCompareExchange(d, e, c)                                                        \
    InterlockedCompareExchange((LONG volatile *)(d), (LONG)(e), (LONG)(c))
#define InterlockedExchangePointer(t, v)                                                           \
    InterlockedExchangePointer((PVOID volatile *)(t), (PVOID)(v))
#define InterlockedCompareExchangePointer(d, e, c)                                                 \
    InterlockedCompareExchangePointer((PVOID volatile *)(d), (PVOID)(e), (PVOID)(c))
#define InterlockedIncrement64(a) InterlockedIncrement64((LONG64 volatile *)(a))
#define InterlockedDecrement64(a) InterlockedDecrement64((LONG64 volatile *)(a))
#define InterlockedExchange64(a, b) InterlockedExchange64((LONG64 volatile *)(a), (LONG64)(b))
#define InterlockedExchangeAdd64(a, b) InterlockedExchangeAdd64((LONG64 volatile *)(a), (LONG64)(b))
#define InterlockedAdd64(a, b) InterlockedAdd64((LONG64 volatile *)(a), (LONG64)(b))
#define InterlockedAnd64(a, b) InterlockedAnd64((LONG64 volatile *)(a), (LONG64)(b))
#define InterlockedOr64(a, b) InterlockedOr64((LONG64 volatile *)(a), (LONG64)(b))
#define InterlockedXor64(a, b) InterlockedXor64((LONG64 volatile *)(a), (LONG64)(b))
#define InterlockedCompareExchange64(d, e, c)                                                      \
    InterlockedCompareExchange64((LONG64 volatile *)(d), (LONG64)(e), (LONG64)(c))

#include "intrin_alias.h"

/* ---- single reads and writes, with the ordering in the name ---- */

#define WDMSIM_RAW_ACCESS(T, NAME)                                                                 \
    FORCEINLINE T Read##NAME##Acquire(T const volatile *Source) {                                  \
        return __atomic_load_n(Source, __ATOMIC_ACQUIRE);                                          \
    }                                                                                              \
    FORCEINLINE T Read##NAME##NoFence(T const volatile *Source) {                                  \
        return __atomic_load_n(Source, __ATOMIC_RELAXED);                                          \
    }                                                                                              \
    FORCEINLINE T Read##NAME##Raw(T const volatile *Source) {                                      \
        return __atomic_load_n(Source, __ATOMIC_RELAXED);                                          \
    }                                                                                              \
    FORCEINLINE VOID Write##NAME##Release(T volatile *Destination, T Value) {                      \
        __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);                                    \
    }                                                                                              \
    FORCEINLINE VOID Write##NAME##NoFence(T volatile *Destination, T Value) {                      \
        __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);                                    \
    }                                                                                              \
    FORCEINLINE VOID Write##NAME##Raw(T volatile *Destination, T Value) {                          \
        __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);                                    \
    }

WDMSIM_RAW_ACCESS(BOOLEAN, Boolean)
WDMSIM_RAW_ACCESS(CHAR, 8)
WDMSIM_RAW_ACCESS(SHORT, 16)
WDMSIM_RAW_ACCESS(LONG, )
WDMSIM_RAW_ACCESS(LONG64, 64)
WDMSIM_RAW_ACCESS(INT32, Int32)
WDMSIM_RAW_ACCESS(UINT32, UInt32)
WDMSIM_RAW_ACCESS(UCHAR, UChar)
WDMSIM_RAW_ACCESS(USHORT, UShort)
WDMSIM_RAW_ACCESS(ULONG, ULong)
WDMSIM_RAW_ACCESS(ULONG64, ULong64)
WDMSIM_RAW_ACCESS(ULONG_PTR, ULongPtr)
WDMSIM_RAW_ACCESS(PVOID, Pointer)

/* ---- bits ---- */

FORCEINLINE UCHAR wdmsim_bit_scan_forward(ULONG *Index, ULONG Mask) {
    if (Mask == 0)
        return 0;
    *Index = (ULONG)__builtin_ctz(Mask);
    return 1;
}
FORCEINLINE UCHAR wdmsim_bit_scan_reverse(ULONG *Index, ULONG Mask) {
    if (Mask == 0)
        return 0;
    *Index = 31u - (ULONG)__builtin_clz(Mask);
    return 1;
}
FORCEINLINE UCHAR wdmsim_bit_scan_forward64(ULONG *Index, ULONG64 Mask) {
    if (Mask == 0)
        return 0;
    *Index = (ULONG)__builtin_ctzll(Mask);
    return 1;
}
FORCEINLINE UCHAR wdmsim_bit_scan_reverse64(ULONG *Index, ULONG64 Mask) {
    if (Mask == 0)
        return 0;
    *Index = 63u - (ULONG)__builtin_clzll(Mask);
    return 1;
}

#define WDMSIM_BIT_OPERATIONS(T, U, SHIFT, SUFFIX)                                                 \
    FORCEINLINE UCHAR wdmsim_bit_test##SUFFIX(T const *Base, T Bit) {                              \
        return (UCHAR)(((U)Base[Bit >> SHIFT] >> (Bit & ((1 << SHIFT) - 1))) & 1);                 \
    }                                                                                              \
    FORCEINLINE UCHAR wdmsim_bit_test_and_set##SUFFIX(T *Base, T Bit) {                            \
        UCHAR old = wdmsim_bit_test##SUFFIX(Base, Bit);                                            \
        Base[Bit >> SHIFT] |= (T)((U)1 << (Bit & ((1 << SHIFT) - 1)));                             \
        return old;                                                                                \
    }                                                                                              \
    FORCEINLINE UCHAR wdmsim_bit_test_and_reset##SUFFIX(T *Base, T Bit) {                          \
        UCHAR old = wdmsim_bit_test##SUFFIX(Base, Bit);                                            \
        Base[Bit >> SHIFT] &= (T) ~((U)1 << (Bit & ((1 << SHIFT) - 1)));                           \
        return old;                                                                                \
    }                                                                                              \
    FORCEINLINE UCHAR wdmsim_bit_test_and_complement##SUFFIX(T *Base, T Bit) {                     \
        UCHAR old = wdmsim_bit_test##SUFFIX(Base, Bit);                                            \
        Base[Bit >> SHIFT] ^= (T)((U)1 << (Bit & ((1 << SHIFT) - 1)));                             \
        return old;                                                                                \
    }
WDMSIM_BIT_OPERATIONS(LONG, ULONG, 5, )
WDMSIM_BIT_OPERATIONS(LONG64, ULONG64, 6, 64)

FORCEINLINE ULONG wdmsim_rotl(ULONG v, int s) { return (v << (s & 31)) | (v >> (-s & 31)); }
FORCEINLINE ULONG wdmsim_rotr(ULONG v, int s) { return (v >> (s & 31)) | (v << (-s & 31)); }
FORCEINLINE ULONG64 wdmsim_rotl64(ULONG64 v, int s) { return (v << (s & 63)) | (v >> (-s & 63)); }
FORCEINLINE ULONG64 wdmsim_rotr64(ULONG64 v, int s) { return (v >> (s & 63)) | (v << (-s & 63)); }
FORCEINLINE UCHAR wdmsim_rotl8(UCHAR v, UCHAR s) {
    return (UCHAR)((v << (s & 7)) | (v >> (-s & 7)));
}
FORCEINLINE UCHAR wdmsim_rotr8(UCHAR v, UCHAR s) {
    return (UCHAR)((v >> (s & 7)) | (v << (-s & 7)));
}
FORCEINLINE USHORT wdmsim_rotl16(USHORT v, UCHAR s) {
    return (USHORT)((v << (s & 15)) | (v >> (-s & 15)));
}
FORCEINLINE USHORT wdmsim_rotr16(USHORT v, UCHAR s) {
    return (USHORT)((v >> (s & 15)) | (v << (-s & 15)));
}
FORCEINLINE ULONG64 UnsignedMultiplyHigh(ULONG64 Multiplier, ULONG64 Multiplicand) {
    return (ULONG64)(((unsigned __int128)Multiplier * Multiplicand) >> 64);
}
FORCEINLINE LONG64 MultiplyHigh(LONG64 Multiplier, LONG64 Multiplicand) {
    return (LONG64)(((__int128)Multiplier * Multiplicand) >> 64);
}
FORCEINLINE ULONG64 UnsignedMultiply128(ULONG64 Multiplier, ULONG64 Multiplicand,
                                        ULONG64 *HighProduct) {
    *HighProduct = UnsignedMultiplyHigh(Multiplier, Multiplicand);
    return Multiplier * Multiplicand;
}
FORCEINLINE LONG64 Multiply128(LONG64 Multiplier, LONG64 Multiplicand, LONG64 *HighProduct) {
    *HighProduct = MultiplyHigh(Multiplier, Multiplicand);
    return (LONG64)((ULONG64)Multiplier * (ULONG64)Multiplicand);
}
FORCEINLINE ULONG64 PopulationCount64(ULONG64 Operand) {
    return (ULONG64)__builtin_popcountll(Operand);
}

FORCEINLINE ULONG64 ShiftLeft128(ULONG64 LowPart, ULONG64 HighPart, UCHAR Shift) {
    return (ULONG64)((((unsigned __int128)HighPart << 64 | LowPart) << (Shift & 63)) >> 64);
}
FORCEINLINE ULONG64 ShiftRight128(ULONG64 LowPart, ULONG64 HighPart, UCHAR Shift) {
    return (ULONG64)(((unsigned __int128)HighPart << 64 | LowPart) >> (Shift & 63));
}

/* ---- strings of elements, upwards one by one ---- */

#define WDMSIM_STRING_OPERATIONS(T, SUFFIX)                                                        \
    FORCEINLINE VOID wdmsim_movs##SUFFIX(T *Destination, T const *Source, SIZE_T Count) {          \
        for (; Count; Count--)                                                                     \
            *Destination++ = *Source++;                                                            \
    }                                                                                              \
    FORCEINLINE VOID wdmsim_stos##SUFFIX(T *Destination, T Value, SIZE_T Count) {                  \
        for (; Count; Count--)                                                                     \
            *Destination++ = Value;                                                                \
    }
WDMSIM_STRING_OPERATIONS(UCHAR, b)
WDMSIM_STRING_OPERATIONS(USHORT, w)
WDMSIM_STRING_OPERATIONS(ULONG, d)
WDMSIM_STRING_OPERATIONS(ULONG64, q)

/* ---- barriers ---- */

#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrierWithoutFence() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define BarrierAfterRead() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define FastFence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define LoadFence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define MemoryFence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define StoreFence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define SpeculationFence() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define PreFetchCacheLine(l, a) __builtin_prefetch(a)
#define PrefetchForWrite(a) __builtin_prefetch((a), 1)
#define PF_TEMPORAL_LEVEL_1 1
#define PF_TEMPORAL_LEVEL_2 2
#define PF_TEMPORAL_LEVEL_3 3
#define PF_NON_TEMPORAL_LEVEL_ALL 0
#define ReadForWriteAccess(p) (*(p))

/* One turn of a busy wait: lets the other simulated processors move. */
VOID wdmsim_yield_processor(VOID);
#define YieldProcessor() wdmsim_yield_processor()

/* ---- what only the machine can answer ---- */

ULONG64 wdmsim_rdtsc(VOID);
ULONG64 wdmsim_rdtscp(ULONG *Aux);
ULONG64 wdmsim_readcr(ULONG Register);
VOID wdmsim_writecr(ULONG Register, ULONG64 Value);
ULONG64 wdmsim_readmsr(ULONG Register);
VOID wdmsim_writemsr(ULONG Register, ULONG64 Value);
VOID wdmsim_cpuid(int Info[4], int Leaf, int Subleaf);
VOID wdmsim_set_interrupts(BOOLEAN Enable);
VOID wdmsim_halt(VOID);
VOID wdmsim_fast_fail(ULONG Code) DECLSPEC_NORETURN;
#define ReadTimeStampCounter() wdmsim_rdtsc()

/* ---- encodings of ARM64 system registers: the fields that make up one ---- */

#define ARM64_SYSREG(op0, op1, crn, crm, op2)                                                      \
    ((((op0)&1) << 14) | (((op1)&7) << 11) | (((crn)&15) << 7) | (((crm)&15) << 3) | ((op2)&7))
#define ARM64_SYSREG_OP1(_Reg_) (((_Reg_) >> 11) & 7)
#define ARM64_SYSREG_CRN(_Reg_) (((_Reg_) >> 7) & 15)
#define ARM64_SYSREG_CRM(_Reg_) (((_Reg_) >> 3) & 15)
#define ARM64_SYSREG_OP2(_Reg_) ((_Reg_)&7)

EXTERN_C_END

#endif
