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
/** The comparison's first argument is the context; in a search the key comes before the element. */
void wdmsim_crt_qsort_s(void *base, size_t count, size_t size,
                        int (*compare)(void *context, const void *left, const void *right),
                        void *context);
void *wdmsim_crt_bsearch_s(const void *key, const void *base, size_t count, size_t size,
                           int (*compare)(void *context, const void *key, const void *element),
                           void *context);
/* Paths as Windows writes them: "c:", "\\folder\\", "name", ".extension"; what is NULL is left out.
 */
int wdmsim_crt__makepath_s(char *path, size_t size, const char *drive, const char *folder,
                           const char *name, const char *extension);
int wdmsim_crt__wmakepath_s(wchar_t *path, size_t size, const wchar_t *drive, const wchar_t *folder,
                            const wchar_t *name, const wchar_t *extension);
int wdmsim_crt__splitpath_s(const char *path, char *drive, size_t drive_size, char *folder,
                            size_t folder_size, char *name, size_t name_size, char *extension,
                            size_t extension_size);
int wdmsim_crt__wsplitpath_s(const wchar_t *path, wchar_t *drive, size_t drive_size,
                             wchar_t *folder, size_t folder_size, wchar_t *name, size_t name_size,
                             wchar_t *extension, size_t extension_size);
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
#define qsort_s wdmsim_crt_qsort_s
#define bsearch_s wdmsim_crt_bsearch_s
#define _makepath_s wdmsim_crt__makepath_s
#define _wmakepath_s wdmsim_crt__wmakepath_s
#define _splitpath_s wdmsim_crt__splitpath_s
#define _wsplitpath_s wdmsim_crt__wsplitpath_s
#define _strtoi64 strtoll
#define _strtoui64 strtoull
#ifndef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
/* In C++ they are the kernel headers', and the host's header has just taken them away. */
#if !defined(__cplusplus) || (defined(WDMSIM_NT_MACROS_H) && !defined(NOMINMAX))
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif
#endif
