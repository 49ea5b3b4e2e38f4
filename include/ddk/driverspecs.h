/* Annotations only; all of them live in sal.h. */
#ifndef WDMSIM_DRIVERSPECS_H
#define WDMSIM_DRIVERSPECS_H
#include "sal.h"
#endif
