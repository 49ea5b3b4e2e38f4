/*
 * The reader driver's interface to programs: a read waits for the next write, or for its time to run out.
 */
#ifndef READER_H
#define READER_H

/* Input: a ULONG, the milliseconds a read may wait from now on; 0: for ever. Reads that wait already keep their limit. */
#define IOCTL_READER_SET_TIMEOUT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Output: a ULONG, the number of reads that wait. */
#define IOCTL_READER_COUNT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
