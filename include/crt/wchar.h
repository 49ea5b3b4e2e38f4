/*
 * <wchar.h> for drivers: the host's, then 16-bit characters (wdmsim_crt.h).
 */
#include_next <wchar.h>

#ifndef WDMSIM_CRT_WCHAR_H
#define WDMSIM_CRT_WCHAR_H
#include "wdmsim_crt.h"
#endif
