/* Device types and the parts of I/O control codes, for headers shared with programs. */
#ifndef WDMSIM_DEVIOCTL_H
#define WDMSIM_DEVIOCTL_H
#include "nt/io_file.h"
#endif
