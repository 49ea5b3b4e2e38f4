/*
 * Addresses in words: function, source file and line of frames in driver images.
 */
#ifndef SIM_REPORT_SYMBOL_H
#define SIM_REPORT_SYMBOL_H

#include <wdmsim/machine.h>

#include "memory.h"

/*
 * Appends one line for each frame, each begun with `indent`:
 *     echo!EchoIoctl+0x2c  scenarios/drivers/echo/echo.c:120
 * The line numbers come from addr2line, llvm-symbolizer or atos, whichever the host has; without
 * any of them, and for images without debug information, a frame is its nearest symbol.
 */
void symbol_frames(const struct wdmsim_frame *frames, unsigned count, const char *indent,
                   struct text *out);
/* The frame of an address in this process, as far as the host's loader knows it. */
struct wdmsim_frame symbol_here(const void *address);

#endif
