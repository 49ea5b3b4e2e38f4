/*
 * Limits of the Windows integer types, and the values a failed safe computation leaves. LONG_MAX
 * and its kin replace the host's, whose long is wider.
 */
#ifndef WDMSIM_NT_INTSAFE_LIMITS_H
#define WDMSIM_NT_INTSAFE_LIMITS_H

typedef LONGLONG RtlINT64;

#undef BYTE_ERROR
#define BYTE_ERROR 0xff
#undef BYTE_MAX
#define BYTE_MAX 0xff
#undef DWORD64_MAX
#define DWORD64_MAX 0xffffffffffffffffULL
#undef DWORDLONG_ERROR
#define DWORDLONG_ERROR 0xffffffffffffffffULL
#undef DWORDLONG_MAX
#define DWORDLONG_MAX 0xffffffffffffffffULL
#undef DWORD_ERROR
#define DWORD_ERROR 0xffffffffu
#undef DWORD_MAX
#define DWORD_MAX 0xffffffffu
#undef DWORD_PTR_ERROR
#define DWORD_PTR_ERROR 0xffffffffffffffffULL
#undef DWORD_PTR_MAX
#define DWORD_PTR_MAX 0xffffffffffffffffULL
#undef INT16_ERROR
#define INT16_ERROR (-1)
#undef INT16_MAX
#define INT16_MAX 0x7fff
#undef INT16_MIN
#define INT16_MIN (-32768)
#undef INT32_ERROR
#define INT32_ERROR (-1)
#undef INT32_MAX
#define INT32_MAX 0x7fffffff
#undef INT32_MIN
#define INT32_MIN (-2147483647 - 1)
#undef INT64_ERROR
#define INT64_ERROR (-1LL)
#undef INT64_MAX
#define INT64_MAX 0x7fffffffffffffffLL
#undef INT64_MIN
#define INT64_MIN (-9223372036854775807LL - 1)
#undef INT8_ERROR
#define INT8_ERROR (-1)
#undef INT8_MAX
#define INT8_MAX 0x7f
#undef INT8_MIN
#define INT8_MIN (-128)
#undef INT_ERROR
#define INT_ERROR (-1)
#undef INT_MAX
#define INT_MAX 0x7fffffff
#undef INT_MIN
#define INT_MIN (-2147483647 - 1)
#undef INT_PTR_ERROR
#define INT_PTR_ERROR (-1LL)
#undef INT_PTR_MAX
#define INT_PTR_MAX 0x7fffffffffffffffLL
#undef INT_PTR_MIN
#define INT_PTR_MIN (-9223372036854775807LL - 1)
#undef LONG64_ERROR
#define LONG64_ERROR (-1LL)
#undef LONG64_MAX
#define LONG64_MAX 0x7fffffffffffffffLL
#undef LONG64_MIN
#define LONG64_MIN (-9223372036854775807LL - 1)
#undef LONGLONG_ERROR
#define LONGLONG_ERROR (-1LL)
#undef LONGLONG_MAX
#define LONGLONG_MAX 0x7fffffffffffffffLL
#undef LONGLONG_MIN
#define LONGLONG_MIN (-9223372036854775807LL - 1)
#undef LONG_ERROR
#define LONG_ERROR (-1)
#undef LONG_MAX
#define LONG_MAX 0x7fffffff
#undef LONG_MIN
#define LONG_MIN (-2147483647 - 1)
#undef LONG_PTR_ERROR
#define LONG_PTR_ERROR (-1LL)
#undef LONG_PTR_MAX
#define LONG_PTR_MAX 0x7fffffffffffffffLL
#undef LONG_PTR_MIN
#define LONG_PTR_MIN (-9223372036854775807LL - 1)
#undef PTRDIFF_T_ERROR
#define PTRDIFF_T_ERROR (-1LL)
#undef PTRDIFF_T_MAX
#define PTRDIFF_T_MAX 0x7fffffffffffffffLL
#undef PTRDIFF_T_MIN
#define PTRDIFF_T_MIN (-9223372036854775807LL - 1)
#undef SHORT_ERROR
#define SHORT_ERROR (-1)
#undef SHORT_MAX
#define SHORT_MAX 0x7fff
#undef SHORT_MIN
#define SHORT_MIN (-32768)
#undef SIZE_T_ERROR
#define SIZE_T_ERROR 0xffffffffffffffffULL
#undef SIZE_T_MAX
#define SIZE_T_MAX 0xffffffffffffffffULL
#undef SSIZE_T_ERROR
#define SSIZE_T_ERROR (-1LL)
#undef SSIZE_T_MAX
#define SSIZE_T_MAX 0x7fffffffffffffffLL
#undef SSIZE_T_MIN
#define SSIZE_T_MIN (-9223372036854775807LL - 1)
#undef UINT16_ERROR
#define UINT16_ERROR 0xffff
#undef UINT16_MAX
#define UINT16_MAX 0xffff
#undef UINT32_ERROR
#define UINT32_ERROR 0xffffffffu
#undef UINT32_MAX
#define UINT32_MAX 0xffffffffu
#undef UINT64_ERROR
#define UINT64_ERROR 0xffffffffffffffffULL
#undef UINT64_MAX
#define UINT64_MAX 0xffffffffffffffffULL
#undef UINT8_ERROR
#define UINT8_ERROR 0xff
#undef UINT8_MAX
#define UINT8_MAX 0xff
#undef UINT_ERROR
#define UINT_ERROR 0xffffffffu
#undef UINT_MAX
#define UINT_MAX 0xffffffffu
#undef UINT_PTR_ERROR
#define UINT_PTR_ERROR 0xffffffffffffffffULL
#undef UINT_PTR_MAX
#define UINT_PTR_MAX 0xffffffffffffffffULL
#undef ULONG64_ERROR
#define ULONG64_ERROR 0xffffffffffffffffULL
#undef ULONG64_MAX
#define ULONG64_MAX 0xffffffffffffffffULL
#undef ULONGLONG_ERROR
#define ULONGLONG_ERROR 0xffffffffffffffffULL
#undef ULONGLONG_MAX
#define ULONGLONG_MAX 0xffffffffffffffffULL
#undef ULONG_ERROR
#define ULONG_ERROR 0xffffffffu
#undef ULONG_MAX
#define ULONG_MAX 0xffffffffu
#undef ULONG_PTR_ERROR
#define ULONG_PTR_ERROR 0xffffffffffffffffULL
#undef ULONG_PTR_MAX
#define ULONG_PTR_MAX 0xffffffffffffffffULL
#undef USHORT_ERROR
#define USHORT_ERROR 0xffff
#undef USHORT_MAX
#define USHORT_MAX 0xffff
#undef WORD_ERROR
#define WORD_ERROR 0xffff
#undef WORD_MAX
#define WORD_MAX 0xffff

#endif
