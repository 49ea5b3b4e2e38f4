/*
 * Exceptions that nothing handled.
 */
#ifndef KI_EXCEPTION_H
#define KI_EXCEPTION_H

#include "ki/machine.h"
#include "nt/exception.h"

/*
 * Stops the machine with the bug check that Windows has for the exception, which depends on whose
 * code it leaves. `place` is the instruction to show, with its frame pointer; `sentence` explains.
 * Record and context are copied into memory of the machine where a parameter is their address.
 */
_Noreturn void ki_exception_unhandled(struct machine *m, const EXCEPTION_RECORD *record,
                                      const CONTEXT *context, uintptr_t place, void *frame_pointer,
                                      const char *sentence);

#endif
