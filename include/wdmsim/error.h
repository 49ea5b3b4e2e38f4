/*
 * Errors of the host API.
 *
 * Functions of include/wdmsim return 0 or a negative enum wdmsim_error. What happens *inside* a machine is never such an
 * error: a request that fails has an NTSTATUS, a driver that breaks a rule stops the machine with a bug check.
 */
#ifndef WDMSIM_ERROR_H
#define WDMSIM_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* One table for the enumerators, their names and messages. */
#define WDMSIM_ERROR_LIST(X)                                                                       \
    X(NO_MEMORY, -1, "the host has no memory or address space left")                               \
    X(INVALID, -2, "an argument is out of range or contradicts another")                           \
    X(NOT_FOUND, -3, "no such file, driver, device or object")                                     \
    X(NOT_A_DRIVER, -4, "the image cannot be loaded or has no DriverEntry")                        \
    X(STOPPED, -5, "the machine has stopped at a bug check")                                       \
    X(BUSY, -6, "the object is in use")                                                            \
    X(TIMED_OUT, -7, "the virtual time allowed has passed")                                        \
    X(FAULT, -8, "a user address is not mapped")                                                   \
    X(REPLAY, -9, "the run asked for a choice that the replay log does not have")

enum wdmsim_error {
    WDMSIM_OK = 0,
#define X(name, value, message) WDMSIM_ERROR_##name = value,
    WDMSIM_ERROR_LIST(X)
#undef X
};

/* The message of an error, a static string; never NULL. */
const char *wdmsim_error_message(int error);

#ifdef __cplusplus
}
#endif
#endif
