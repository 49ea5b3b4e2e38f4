/* Annotations only; all of them live in sal.h. */
#ifndef WDMSIM_SPECSTRINGS_UNDEF_H
#define WDMSIM_SPECSTRINGS_UNDEF_H
#include "sal.h"
#endif
