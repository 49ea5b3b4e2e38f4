/*
 * Arguments of ACPI control methods: a packed list of elements, each with its type, the length of
 * its data, and the data. An integer is 4 bytes; a package's data are elements again.
 * (acpiioct/ns-acpiioct-_acpi_method_argument_v1)
 */
#ifndef WDMSIM_ACPIIOCT_H
#define WDMSIM_ACPIIOCT_H

#include "wdm.h"

#define ACPI_METHOD_ARGUMENT_INTEGER 0x0
#define ACPI_METHOD_ARGUMENT_STRING 0x1
#define ACPI_METHOD_ARGUMENT_BUFFER 0x2
#define ACPI_METHOD_ARGUMENT_PACKAGE 0x3
#define ACPI_METHOD_ARGUMENT_PACKAGE_EX 0x4
typedef struct _ACPI_METHOD_ARGUMENT_V1 {
    USHORT Type;
    USHORT DataLength; /* bytes of Data */
    union {
        ULONG Argument;
        UCHAR Data[ANYSIZE_ARRAY];
    };
} ACPI_METHOD_ARGUMENT_V1, *PACPI_METHOD_ARGUMENT_V1;
typedef ACPI_METHOD_ARGUMENT_V1 ACPI_METHOD_ARGUMENT;
typedef ACPI_METHOD_ARGUMENT UNALIGNED *PACPI_METHOD_ARGUMENT;

/* Bytes of an element with so much data; it is never smaller than the structure. */
#define ACPI_METHOD_ARGUMENT_LENGTH(DataLength)                                                    \
    (FIELD_OFFSET(ACPI_METHOD_ARGUMENT, Data) +                                                    \
     ((DataLength) > sizeof(ULONG) ? (ULONG)(DataLength) : (ULONG)sizeof(ULONG)))
#define ACPI_METHOD_ARGUMENT_LENGTH_FROM_ARGUMENT(Argument)                                        \
    ACPI_METHOD_ARGUMENT_LENGTH((Argument)->DataLength)
#define ACPI_METHOD_NEXT_ARGUMENT(Argument)                                                        \
    ((PACPI_METHOD_ARGUMENT)((PUCHAR)(Argument) +                                                  \
                             ACPI_METHOD_ARGUMENT_LENGTH_FROM_ARGUMENT(Argument)))

#define ACPI_METHOD_SET_ARGUMENT_INTEGER(MethodArgument, IntData)                                  \
    do {                                                                                           \
        (MethodArgument)->Type = ACPI_METHOD_ARGUMENT_INTEGER;                                     \
        (MethodArgument)->DataLength = sizeof(ULONG);                                              \
        (MethodArgument)->Argument = (IntData);                                                    \
    } while (0)
/* The string with its terminator. */
#define ACPI_METHOD_SET_ARGUMENT_STRING(MethodArgument, StrData)                                   \
    ACPI_METHOD_SET_ARGUMENT_DATA(MethodArgument, ACPI_METHOD_ARGUMENT_STRING, StrData,            \
                                  strlen((const char *)(StrData)) + 1)
#define ACPI_METHOD_SET_ARGUMENT_BUFFER(MethodArgument, BuffData, BuffLength)                      \
    ACPI_METHOD_SET_ARGUMENT_DATA(MethodArgument, ACPI_METHOD_ARGUMENT_BUFFER, BuffData, BuffLength)
#define ACPI_METHOD_SET_ARGUMENT_DATA(MethodArgument, ArgumentType, Source, Length)                \
    do {                                                                                           \
        (MethodArgument)->Type = (ArgumentType);                                                   \
        (MethodArgument)->DataLength = (USHORT)(Length);                                           \
        RtlCopyMemory(&(MethodArgument)->Data[0], (Source), (Length));                             \
    } while (0)

#endif
