/* The base types of the kernel; here they are in nt/types.h. */
#ifndef WDMSIM_NTDEF_H
#define WDMSIM_NTDEF_H
#include "nt/types.h"
#endif
