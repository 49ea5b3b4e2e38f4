/* Annotations only; all of them live in sal.h. */
#ifndef WDMSIM_CONCURRENCYSAL_H
#define WDMSIM_CONCURRENCYSAL_H
#include "sal.h"
#endif
