/*
 * <ctype.h> for drivers: the host's, then 16-bit characters, which MSVC declares here too.
 */
#include_next <ctype.h>

#ifndef WDMSIM_CRT_CTYPE_H
#define WDMSIM_CRT_CTYPE_H
#include "wdmsim_crt.h"
#endif
