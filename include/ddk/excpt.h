/*
 * Structured exceptions: dispositions, filter results, and the intrinsics of filters and handlers.
 * The statements (__try …) are made by the compiler launcher, which also gives the intrinsics a
 * frame.
 */
#ifndef WDMSIM_EXCPT_H
#define WDMSIM_EXCPT_H

typedef enum _EXCEPTION_DISPOSITION {
    ExceptionContinueExecution,
    ExceptionContinueSearch,
    ExceptionNestedException,
    ExceptionCollidedUnwind
} EXCEPTION_DISPOSITION;

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#endif
