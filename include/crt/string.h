/*
 * <string.h> for drivers: the host's, then Microsoft's additions (wdmsim_crt.h).
 */
#include_next <string.h>

#ifndef WDMSIM_CRT_STRING_H
#define WDMSIM_CRT_STRING_H
#include "wdmsim_crt.h"
#endif
