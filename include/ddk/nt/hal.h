/*
 * Hardware access: ports and memory-mapped registers, bus data. Any IRQL.
 * (wdm/nf-wdm-read_port_uchar …) Every access is an event the device model sees; that is why
 * registers are not plain pointers.
 */
#ifndef WDMSIM_NT_HAL_H
#define WDMSIM_NT_HAL_H

#include "io_types.h"

EXTERN_C_START

NTKERNELAPI UCHAR READ_PORT_UCHAR(PUCHAR Port);
NTKERNELAPI USHORT READ_PORT_USHORT(PUSHORT Port);
NTKERNELAPI ULONG READ_PORT_ULONG(PULONG Port);
NTKERNELAPI VOID READ_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count);
NTKERNELAPI VOID READ_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count);
NTKERNELAPI VOID READ_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count);
NTKERNELAPI VOID WRITE_PORT_UCHAR(PUCHAR Port, UCHAR Value);
NTKERNELAPI VOID WRITE_PORT_USHORT(PUSHORT Port, USHORT Value);
NTKERNELAPI VOID WRITE_PORT_ULONG(PULONG Port, ULONG Value);
NTKERNELAPI VOID WRITE_PORT_BUFFER_UCHAR(PUCHAR Port, PUCHAR Buffer, ULONG Count);
NTKERNELAPI VOID WRITE_PORT_BUFFER_USHORT(PUSHORT Port, PUSHORT Buffer, ULONG Count);
NTKERNELAPI VOID WRITE_PORT_BUFFER_ULONG(PULONG Port, PULONG Buffer, ULONG Count);

NTKERNELAPI UCHAR READ_REGISTER_UCHAR(const volatile UCHAR *Register);
NTKERNELAPI USHORT READ_REGISTER_USHORT(const volatile USHORT *Register);
NTKERNELAPI ULONG READ_REGISTER_ULONG(const volatile ULONG *Register);
NTKERNELAPI ULONG64 READ_REGISTER_ULONG64(const volatile ULONG64 *Register);
NTKERNELAPI VOID READ_REGISTER_BUFFER_UCHAR(const volatile UCHAR *Register, PUCHAR Buffer,
                                            ULONG Count);
NTKERNELAPI VOID READ_REGISTER_BUFFER_USHORT(const volatile USHORT *Register, PUSHORT Buffer,
                                             ULONG Count);
NTKERNELAPI VOID READ_REGISTER_BUFFER_ULONG(const volatile ULONG *Register, PULONG Buffer,
                                            ULONG Count);
NTKERNELAPI VOID READ_REGISTER_BUFFER_ULONG64(const volatile ULONG64 *Register, PULONG64 Buffer,
                                              ULONG Count);
NTKERNELAPI VOID WRITE_REGISTER_UCHAR(volatile UCHAR *Register, UCHAR Value);
NTKERNELAPI VOID WRITE_REGISTER_USHORT(volatile USHORT *Register, USHORT Value);
NTKERNELAPI VOID WRITE_REGISTER_ULONG(volatile ULONG *Register, ULONG Value);
NTKERNELAPI VOID WRITE_REGISTER_ULONG64(volatile ULONG64 *Register, ULONG64 Value);
NTKERNELAPI VOID WRITE_REGISTER_BUFFER_UCHAR(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count);
NTKERNELAPI VOID WRITE_REGISTER_BUFFER_USHORT(volatile USHORT *Register, PUSHORT Buffer,
                                              ULONG Count);
NTKERNELAPI VOID WRITE_REGISTER_BUFFER_ULONG(volatile ULONG *Register, PULONG Buffer, ULONG Count);
NTKERNELAPI VOID WRITE_REGISTER_BUFFER_ULONG64(volatile ULONG64 *Register, PULONG64 Buffer,
                                               ULONG Count);

#define KeFlushIoBuffers(Mdl, ReadOperation, DmaOperation)                                         \
    ((void)(Mdl), (void)(ReadOperation), (void)(DmaOperation))

EXTERN_C_END

#endif
