/* Annotations only; all of them live in sal.h. */
#ifndef WDMSIM_SPECSTRINGS_STRICT_H
#define WDMSIM_SPECSTRINGS_STRICT_H
#include "sal.h"
#endif
