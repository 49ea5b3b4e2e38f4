/* Event providers; in the kernel the routines begin with Etw (nt/etw.h). */
#ifndef WDMSIM_EVNTPROV_H
#define WDMSIM_EVNTPROV_H
#include "nt/etw.h"
#endif
