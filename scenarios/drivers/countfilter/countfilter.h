/* The counting filter's interface to programs, through a handle of the device it sits on. */
#ifndef COUNTFILTER_H
#define COUNTFILTER_H

/* Output: COUNTFILTER_COUNTS. Answered by the filter; never reaches the device below. */
#define IOCTL_COUNTFILTER_QUERY CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA00, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _COUNTFILTER_COUNTS {
    ULONG Sent;      /* requests passed down */
    ULONG Completed; /* that came back */
    ULONG Failed;    /* with an error status */
} COUNTFILTER_COUNTS, *PCOUNTFILTER_COUNTS;

#endif
