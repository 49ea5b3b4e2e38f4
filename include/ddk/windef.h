/* The Win32 spelling of the base types (DWORD, BOOL …), for headers shared with programs. */
#ifndef WDMSIM_WINDEF_H
#define WDMSIM_WINDEF_H
#include "nt/types.h"
#endif
