/* What the major functions of IRPs are called, for traces and reports. */
#ifndef KI_MAJOR_NAMES_H
#define KI_MAJOR_NAMES_H

#include <stddef.h>

/* "READ" for IRP_MJ_READ; NULL: there is no such function. */
static inline const char *ki_major_name(unsigned major) {
    static const char *const names[] = {
        "CREATE",
        "CREATE_NAMED_PIPE",
        "CLOSE",
        "READ",
        "WRITE",
        "QUERY_INFORMATION",
        "SET_INFORMATION",
        "QUERY_EA",
        "SET_EA",
        "FLUSH_BUFFERS",
        "QUERY_VOLUME_INFORMATION",
        "SET_VOLUME_INFORMATION",
        "DIRECTORY_CONTROL",
        "FILE_SYSTEM_CONTROL",
        "DEVICE_CONTROL",
        "INTERNAL_DEVICE_CONTROL",
        "SHUTDOWN",
        "LOCK_CONTROL",
        "CLEANUP",
        "CREATE_MAILSLOT",
        "QUERY_SECURITY",
        "SET_SECURITY",
        "POWER",
        "SYSTEM_CONTROL",
        "DEVICE_CHANGE",
        "QUERY_QUOTA",
        "SET_QUOTA",
        "PNP",
    };
    return major < sizeof names / sizeof *names ? names[major] : NULL;
}

#endif
