/* Annotations only; all of them live in sal.h. */
#ifndef WDMSIM_SUPPRESS_H
#define WDMSIM_SUPPRESS_H
#include "sal.h"
#endif
