/* Annotations only; all of them live in sal.h. */
#ifndef WDMSIM_KERNELSPECS_H
#define WDMSIM_KERNELSPECS_H
#include "sal.h"
#endif
