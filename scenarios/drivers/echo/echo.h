/*
 * The echo driver's interface to programs: one message per device, and control codes that return their input.
 */
#ifndef ECHO_H
#define ECHO_H

/* Each copies its input to its output, as far as there is room; Information is the number of bytes copied. */
#define IOCTL_ECHO_BUFFERED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_ECHO_OUT_DIRECT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_ECHO_NEITHER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_NEITHER, FILE_ANY_ACCESS)

/* Replaces the message by the second buffer, which the caller need only be able to read. */
#define IOCTL_ECHO_STORE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_IN_DIRECT, FILE_WRITE_ACCESS)

/* The longest message, in bytes. A longer write fails with STATUS_BUFFER_OVERFLOW. */
#define ECHO_MESSAGE_SIZE 256

#endif
