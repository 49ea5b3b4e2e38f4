/*
 * What minifilters include, and many other drivers, since it brings everything of ntifs.h. The
 * filter manager's own interface (FltXxx) is not here, as there is no filter manager.
 */
#ifndef WDMSIM_FLTKERNEL_H
#define WDMSIM_FLTKERNEL_H
#include "ntifs.h"
#endif
