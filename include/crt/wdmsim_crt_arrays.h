/*
 * In C++ the functions that take a destination's size know it of an array: strcpy_s(array, source).
 *
 * An overload for each, which passes the array's number of elements on. wdmsim_crt.h includes this.
 */
#ifndef WDMSIM_CRT_ARRAYS_H
#define WDMSIM_CRT_ARRAYS_H

#include "wdmsim_crt.h"

#ifdef __cplusplus

extern "C++" {

#define WDMSIM_CRT_ARRAY(T, name, parameters, arguments)                                           \
    template <size_t N> static inline int wdmsim_crt_##name parameters {                           \
        return wdmsim_crt_##name arguments;                                                        \
    }

#define WDMSIM_CRT_ARRAYS(T, str, _str, a)                                                         \
    WDMSIM_CRT_ARRAY(T, str##cpy_s, (T(&d)[N], const T *s), (d, N, s))                             \
    WDMSIM_CRT_ARRAY(T, str##cat_s, (T(&d)[N], const T *s), (d, N, s))                             \
    WDMSIM_CRT_ARRAY(T, str##ncpy_s, (T(&d)[N], const T *s, size_t n), (d, N, s, n))               \
    WDMSIM_CRT_ARRAY(T, str##ncat_s, (T(&d)[N], const T *s, size_t n), (d, N, s, n))               \
    WDMSIM_CRT_ARRAY(T, _str##lwr_s, (T(&d)[N]), (d, N))                                           \
    WDMSIM_CRT_ARRAY(T, _str##upr_s, (T(&d)[N]), (d, N))                                           \
    WDMSIM_CRT_ARRAY(T, _ito##a##_s, (int v, T(&d)[N], int r), (v, d, N, r))                       \
    WDMSIM_CRT_ARRAY(T, _lto##a##_s, (int v, T(&d)[N], int r), (v, d, N, r))                       \
    WDMSIM_CRT_ARRAY(T, _ulto##a##_s, (unsigned v, T(&d)[N], int r), (v, d, N, r))                 \
    WDMSIM_CRT_ARRAY(T, _i64to##a##_s, (long long v, T(&d)[N], int r), (v, d, N, r))               \
    WDMSIM_CRT_ARRAY(T, _ui64to##a##_s, (unsigned long long v, T(&d)[N], int r), (v, d, N, r))

WDMSIM_CRT_ARRAYS(char, str, _str, a)
WDMSIM_CRT_ARRAYS(wchar_t, wcs, _wcs, w)
WDMSIM_CRT_ARRAY(char, _strset_s, (char (&d)[N], int v), (d, N, v))
WDMSIM_CRT_ARRAY(char, _strnset_s, (char (&d)[N], int v, size_t n), (d, N, v, n))
WDMSIM_CRT_ARRAY(wchar_t, _wcsset_s, (wchar_t(&d)[N], wchar_t v), (d, N, v))
WDMSIM_CRT_ARRAY(wchar_t, _wcsnset_s, (wchar_t(&d)[N], wchar_t v, size_t n), (d, N, v, n))

#define WDMSIM_CRT_ARRAY_FORMATS(T, printf_s, vprintf_s, nprintf_s, vnprintf_s)                    \
    template <size_t N>                                                                            \
    static inline int wdmsim_crt_##vprintf_s(T(&d)[N], const T *f, va_list a) {                    \
        return wdmsim_crt_##vprintf_s(d, N, f, a);                                                 \
    }                                                                                              \
    template <size_t N>                                                                            \
    static inline int wdmsim_crt_##vnprintf_s(T(&d)[N], size_t n, const T *f, va_list a) {         \
        return wdmsim_crt_##vnprintf_s(d, N, n, f, a);                                             \
    }                                                                                              \
    template <size_t N, typename... A>                                                             \
    static inline int wdmsim_crt_##printf_s(T(&d)[N], const T *f, A... a) {                        \
        return wdmsim_crt_##printf_s((T *)d, N, f, a...);                                          \
    }                                                                                              \
    template <size_t N, typename... A>                                                             \
    static inline int wdmsim_crt_##nprintf_s(T(&d)[N], size_t n, const T *f, A... a) {             \
        return wdmsim_crt_##nprintf_s((T *)d, N, n, f, a...);                                      \
    }

WDMSIM_CRT_ARRAY_FORMATS(char, sprintf_s, vsprintf_s, _snprintf_s, _vsnprintf_s)
WDMSIM_CRT_ARRAY_FORMATS(wchar_t, swprintf_s, vswprintf_s, _snwprintf_s, _vsnwprintf_s)
}

#endif
#endif
