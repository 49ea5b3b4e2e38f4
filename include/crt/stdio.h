/*
 * <stdio.h> for drivers: the host's, then the formatting functions in Microsoft's dialect, in which
 * long is 32 bits and %I64d, %ws, %wZ exist.
 */
#include_next <stdio.h>

#ifndef WDMSIM_CRT_STDIO_H
#define WDMSIM_CRT_STDIO_H
#include "wdmsim_crt.h"

#ifdef __cplusplus
extern "C" {
#endif
int wdmsim_crt_sprintf(char *buffer, const char *format, ...);
int wdmsim_crt_vsprintf(char *buffer, const char *format, va_list arguments);
int wdmsim_crt_snprintf(char *buffer, size_t count, const char *format, ...);
int wdmsim_crt_vsnprintf(char *buffer, size_t count, const char *format, va_list arguments);
int wdmsim_crt_sscanf(const char *string, const char *format, ...);
/** Behind each pointer of %s, %c and %[ the size of what it points to, an unsigned int. */
int wdmsim_crt_sscanf_s(const char *string, const char *format, ...);
#ifdef __cplusplus
}
#endif
#undef sprintf
#define sprintf wdmsim_crt_sprintf
#undef vsprintf
#define vsprintf wdmsim_crt_vsprintf
#undef snprintf
#define snprintf wdmsim_crt_snprintf
#undef vsnprintf
#define vsnprintf wdmsim_crt_vsnprintf
#undef sscanf
#define sscanf wdmsim_crt_sscanf
#define sscanf_s wdmsim_crt_sscanf_s
#endif
