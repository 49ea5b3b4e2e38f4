/*
 * Other spellings of the intrinsics: with a leading underscore, and with an ordering suffix. Every
 * interlocked operation here is a full barrier, which is what all the suffixes allow.
 */
#ifndef WDMSIM_NT_INTRIN_ALIAS_H
#define WDMSIM_NT_INTRIN_ALIAS_H

#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedExchangeAdd16 InterlockedExchangeAdd16
#define _InterlockedExchangeAdd8(a, v)                                                             \
    __atomic_fetch_add((char volatile *)(a), (char)(v), __ATOMIC_SEQ_CST)
#define _InterlockedAdd InterlockedAdd
#define _InterlockedAdd64 InterlockedAdd64
#define _InterlockedAdd16 InterlockedAdd16
#define _InterlockedAnd InterlockedAnd
#define _InterlockedAnd64 InterlockedAnd64
#define _InterlockedAnd16 InterlockedAnd16
#define _InterlockedAnd8 InterlockedAnd8
#define _InterlockedOr InterlockedOr
#define _InterlockedOr64 InterlockedOr64
#define _InterlockedOr16 InterlockedOr16
#define _InterlockedOr8 InterlockedOr8
#define _InterlockedXor InterlockedXor
#define _InterlockedXor64 InterlockedXor64
#define _InterlockedXor16 InterlockedXor16
#define _InterlockedXor8 InterlockedXor8
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchange16 InterlockedExchange16
#define _InterlockedExchange8 InterlockedExchange8
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedCompareExchange16 InterlockedCompareExchange16
#define _InterlockedCompareExchange8 InterlockedCompareExchange8
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _InterlockedCompareExchange128 InterlockedCompareExchange128
#define _interlockedbittestandset InterlockedBitTestAndSet
#define _interlockedbittestandreset InterlockedBitTestAndReset
#define _interlockedbittestandset64 InterlockedBitTestAndSet64
#define _interlockedbittestandreset64 InterlockedBitTestAndReset64

#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedIncrementNoFence InterlockedIncrement
#define InterlockedIncrement64Acquire InterlockedIncrement64
#define InterlockedIncrement64Release InterlockedIncrement64
#define InterlockedIncrement64NoFence InterlockedIncrement64
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedDecrementNoFence InterlockedDecrement
#define InterlockedDecrement64Acquire InterlockedDecrement64
#define InterlockedDecrement64Release InterlockedDecrement64
#define InterlockedDecrement64NoFence InterlockedDecrement64
#define InterlockedExchangeAddAcquire InterlockedExchangeAdd
#define InterlockedExchangeAddRelease InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence InterlockedExchangeAdd
#define InterlockedExchangeAdd64Acquire InterlockedExchangeAdd64
#define InterlockedExchangeAdd64Release InterlockedExchangeAdd64
#define InterlockedExchangeAdd64NoFence InterlockedExchangeAdd64
#define InterlockedAddAcquire InterlockedAdd
#define InterlockedAddRelease InterlockedAdd
#define InterlockedAddNoFence InterlockedAdd
#define InterlockedAdd64Acquire InterlockedAdd64
#define InterlockedAdd64Release InterlockedAdd64
#define InterlockedAdd64NoFence InterlockedAdd64
#define InterlockedAndAcquire InterlockedAnd
#define InterlockedAndRelease InterlockedAnd
#define InterlockedAndNoFence InterlockedAnd
#define InterlockedAnd64Acquire InterlockedAnd64
#define InterlockedAnd64Release InterlockedAnd64
#define InterlockedAnd64NoFence InterlockedAnd64
#define InterlockedOrAcquire InterlockedOr
#define InterlockedOrRelease InterlockedOr
#define InterlockedOrNoFence InterlockedOr
#define InterlockedOr64Acquire InterlockedOr64
#define InterlockedOr64Release InterlockedOr64
#define InterlockedOr64NoFence InterlockedOr64
#define InterlockedXorAcquire InterlockedXor
#define InterlockedXorRelease InterlockedXor
#define InterlockedXorNoFence InterlockedXor
#define InterlockedXor64Acquire InterlockedXor64
#define InterlockedXor64Release InterlockedXor64
#define InterlockedXor64NoFence InterlockedXor64
#define InterlockedExchangeAcquire InterlockedExchange
#define InterlockedExchangeRelease InterlockedExchange
#define InterlockedExchangeNoFence InterlockedExchange
#define InterlockedExchange64Acquire InterlockedExchange64
#define InterlockedExchange64Release InterlockedExchange64
#define InterlockedExchange64NoFence InterlockedExchange64
#define InterlockedExchangePointerAcquire InterlockedExchangePointer
#define InterlockedExchangePointerRelease InterlockedExchangePointer
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange
#define InterlockedCompareExchange64Acquire InterlockedCompareExchange64
#define InterlockedCompareExchange64Release InterlockedCompareExchange64
#define InterlockedCompareExchange64NoFence InterlockedCompareExchange64
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer

#define _BitScanForward(i, m) wdmsim_bit_scan_forward((ULONG *)(i), (m))
#define _BitScanReverse(i, m) wdmsim_bit_scan_reverse((ULONG *)(i), (m))
#define _BitScanForward64(i, m) wdmsim_bit_scan_forward64((ULONG *)(i), (m))
#define _BitScanReverse64(i, m) wdmsim_bit_scan_reverse64((ULONG *)(i), (m))
#define BitScanForward _BitScanForward
#define BitScanReverse _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64
#define _bittest wdmsim_bit_test
#define _bittestandset wdmsim_bit_test_and_set
#define _bittestandreset wdmsim_bit_test_and_reset
#define _bittestandcomplement wdmsim_bit_test_and_complement
#define _bittest64 wdmsim_bit_test64
#define _bittestandset64 wdmsim_bit_test_and_set64
#define _bittestandreset64 wdmsim_bit_test_and_reset64
#define _bittestandcomplement64 wdmsim_bit_test_and_complement64
#define BitTest wdmsim_bit_test
#define BitTestAndSet wdmsim_bit_test_and_set
#define BitTestAndReset wdmsim_bit_test_and_reset
#define BitTestAndComplement wdmsim_bit_test_and_complement
#define BitTest64 wdmsim_bit_test64
#define BitTestAndSet64 wdmsim_bit_test_and_set64
#define BitTestAndReset64 wdmsim_bit_test_and_reset64
#define BitTestAndComplement64 wdmsim_bit_test_and_complement64
#define _BitTest64 wdmsim_bit_test64
#define _BitTestAndSet64 wdmsim_bit_test_and_set64
#define _BitTestAndReset64 wdmsim_bit_test_and_reset64
#define _BitTestAndComplement64 wdmsim_bit_test_and_complement64

#define _rotl(v, s) wdmsim_rotl((v), (s))
#define _rotr(v, s) wdmsim_rotr((v), (s))
#define _lrotl(v, s) wdmsim_rotl((v), (s))
#define _lrotr(v, s) wdmsim_rotr((v), (s))
#define _rotl8(v, s) wdmsim_rotl8((v), (s))
#define _rotr8(v, s) wdmsim_rotr8((v), (s))
#define _rotl16(v, s) wdmsim_rotl16((v), (s))
#define _rotr16(v, s) wdmsim_rotr16((v), (s))
#define _rotl64(v, s) wdmsim_rotl64((v), (s))
#define _rotr64(v, s) wdmsim_rotr64((v), (s))
#define RotateLeft8 _rotl8
#define RotateLeft16 _rotl16
#define RotateLeft32 _rotl
#define RotateLeft64 _rotl64
#define RotateRight8 _rotr8
#define RotateRight16 _rotr16
#define RotateRight32 _rotr
#define RotateRight64 _rotr64
#define _byteswap_ushort(v) __builtin_bswap16(v)
#define _byteswap_ulong(v) __builtin_bswap32(v)
#define _byteswap_uint64(v) __builtin_bswap64(v)
#define __popcnt(v) ((ULONG)__builtin_popcount(v))
#define __popcnt16(v) ((USHORT)__builtin_popcount((USHORT)(v)))
#define __popcnt64(v) ((ULONG64)__builtin_popcountll(v))
#define __shiftleft128 ShiftLeft128
#define __shiftright128 ShiftRight128
#define __ll_lshift(v, s) ((ULONG64)(v) << ((s)&63))
#define __ll_rshift(v, s) ((LONG64)(v) >> ((s)&63))
#define __ull_rshift(v, s) ((ULONG64)(v) >> ((s)&63))
#define __umulh UnsignedMultiplyHigh
#define __mulh MultiplyHigh
#define _umul128 UnsignedMultiply128
#define _mul128 Multiply128
#define __emul(a, b) ((LONG64)(LONG)(a) * (LONG)(b))
#define __emulu(a, b) ((ULONG64)(ULONG)(a) * (ULONG)(b))

#define _ReadBarrier() __atomic_signal_fence(__ATOMIC_ACQUIRE)
#define _WriteBarrier() __atomic_signal_fence(__ATOMIC_RELEASE)
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define __faststorefence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define _mm_pause() wdmsim_yield_processor()
#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((PVOID)__builtin_frame_address(0))
#define __nop() __asm__ volatile("")
#define __noop(...) ((void)0)
#define __debugbreak() DbgBreakPoint()
#define __fastfail(c) wdmsim_fast_fail(c)
#define __int2c() DbgRaiseAssertionFailure()
#define __assume(e) ((void)0)
#if defined(__x86_64__)
#define __ud2() __asm__ volatile("ud2")
#else
#define __ud2() __asm__ volatile(".inst 0")
#endif
#define __movsb wdmsim_movsb
#define __movsw wdmsim_movsw
#define __movsd wdmsim_movsd
#define __movsq wdmsim_movsq
#define __stosb wdmsim_stosb
#define __stosw wdmsim_stosw
#define __stosd wdmsim_stosd
#define __stosq wdmsim_stosq
#define __inbyte(p) READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)(p))
#define __inword(p) READ_PORT_USHORT((PUSHORT)(ULONG_PTR)(p))
#define __indword(p) READ_PORT_ULONG((PULONG)(ULONG_PTR)(p))
#define __outbyte(p, v) WRITE_PORT_UCHAR((PUCHAR)(ULONG_PTR)(p), (v))
#define __outword(p, v) WRITE_PORT_USHORT((PUSHORT)(ULONG_PTR)(p), (v))
#define __outdword(p, v) WRITE_PORT_ULONG((PULONG)(ULONG_PTR)(p), (v))
#define __inbytestring(p, b, n) READ_PORT_BUFFER_UCHAR((PUCHAR)(ULONG_PTR)(p), (b), (n))
#define __inwordstring(p, b, n) READ_PORT_BUFFER_USHORT((PUSHORT)(ULONG_PTR)(p), (b), (n))
#define __indwordstring(p, b, n) READ_PORT_BUFFER_ULONG((PULONG)(ULONG_PTR)(p), (b), (n))
#define __outbytestring(p, b, n) WRITE_PORT_BUFFER_UCHAR((PUCHAR)(ULONG_PTR)(p), (b), (n))
#define __outwordstring(p, b, n) WRITE_PORT_BUFFER_USHORT((PUSHORT)(ULONG_PTR)(p), (b), (n))
#define __outdwordstring(p, b, n) WRITE_PORT_BUFFER_ULONG((PULONG)(ULONG_PTR)(p), (b), (n))
/* Memory is always what was written to it: there are no caches. */
#define __wbinvd() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define __rdtsc() wdmsim_rdtsc()
#define __rdtscp(a) wdmsim_rdtscp((ULONG *)(a))
#define __readcr0() wdmsim_readcr(0)
#define __readcr2() wdmsim_readcr(2)
#define __readcr3() wdmsim_readcr(3)
#define __readcr4() wdmsim_readcr(4)
#define __readcr8() wdmsim_readcr(8)
#define __writecr0(v) wdmsim_writecr(0, (v))
#define __writecr3(v) wdmsim_writecr(3, (v))
#define __writecr4(v) wdmsim_writecr(4, (v))
#define __writecr8(v) wdmsim_writecr(8, (v))
#define __readmsr(r) wdmsim_readmsr(r)
#define __writemsr(r, v) wdmsim_writemsr((r), (v))
#define __cpuid(i, l) wdmsim_cpuid((int *)(i), (int)(l), 0)
#define __cpuidex(i, l, s) wdmsim_cpuid((int *)(i), (int)(l), (int)(s))
#define _disable() wdmsim_set_interrupts(0)
#define _enable() wdmsim_set_interrupts(1)
#define __halt() wdmsim_halt()

#endif
