/*
 * <wctype.h> for drivers: the host's, then 16-bit characters (wdmsim_crt.h).
 */
#include_next <wctype.h>

#ifndef WDMSIM_CRT_WCTYPE_H
#define WDMSIM_CRT_WCTYPE_H
#include "wdmsim_crt.h"
#endif
