/*
 * The CONTEXT of an exception: made from a signal's registers or from a caller's frame, and put
 * back.
 */
#ifndef RTL_CONTEXT_H
#define RTL_CONTEXT_H

#include <signal.h>

#include "wdm.h"

/* A raising routine's caller: where it returns to, and the frame pointers of it and its caller. */
void rtl_context_of_caller(CONTEXT *context, const void *address, const void *frame);
/* The registers at a fault. */
void rtl_context_of_fault(CONTEXT *context, const ucontext_t *fault);
/* The registers that execution goes on with, as a filter may have changed them. */
void rtl_context_restore(const CONTEXT *context, ucontext_t *fault);

#endif
