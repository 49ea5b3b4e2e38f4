/*
 * <stdlib.h> for drivers: the host's, then Microsoft's additions; rand is the machine's, so that
 * runs repeat.
 */
#include_next <stdlib.h>

#ifndef WDMSIM_CRT_STDLIB_H
#define WDMSIM_CRT_STDLIB_H
#include "wdmsim_crt.h"

#ifdef __cplusplus
extern "C" {
#endif
int wdmsim_crt_rand(void);
void wdmsim_crt_srand(unsigned int seed);
size_t wdmsim_crt_wcstombs(char *destination, const wchar_t *source, size_t count);
size_t wdmsim_crt_mbstowcs(wchar_t *destination, const char *source, size_t count);
int wdmsim_crt_wctomb(char *destination, wchar_t character);
int wdmsim_crt_mbtowc(wchar_t *destination, const char *source, size_t count);
#ifdef __cplusplus
}
#endif
#ifndef __cplusplus /* C++ standard headers name std::rand */
#undef rand
#define rand wdmsim_crt_rand
#undef srand
#define srand wdmsim_crt_srand
#endif
#undef wcstombs
#define wcstombs wdmsim_crt_wcstombs
#undef mbstowcs
#define mbstowcs wdmsim_crt_mbstowcs
#undef wctomb
#define wctomb wdmsim_crt_wctomb
#undef mbtowc
#define mbtowc wdmsim_crt_mbtowc
#ifndef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef __cplusplus
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif
#endif
