/* Annotations only; all of them live in sal.h. */
#ifndef WDMSIM_SPECSTRINGS_H
#define WDMSIM_SPECSTRINGS_H
#include "sal.h"
#endif
