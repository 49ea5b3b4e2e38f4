/* The compiler intrinsics; they are in nt/intrin.h. */
#ifndef WDMSIM_CRT_INTRIN_H
#define WDMSIM_CRT_INTRIN_H
#include "../ddk/nt/intrin.h"
#endif
