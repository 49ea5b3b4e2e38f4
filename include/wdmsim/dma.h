/*
 * Direct memory access as devices see it.
 *
 * A bus master reads and writes memory by logical address: what its driver got from the DMA
 * operations (a scatter/gather element, a MapTransfer, a common buffer) and wrote to its registers.
 *
 *     static void engine_done(void *context)          // an event that wdmsim_schedule made
 *     {
 *         struct engine *engine = context;
 *         wdmsim_dma_write(machine, engine->address, engine->data, engine->length);
 *         wdmsim_interrupt_raise(machine, engine->vector);
 *     }
 *
 * A subordinate device knows no addresses. It asks its channel of the system DMA controller to move
 * data, and the controller goes by what the driver's MapTransfer has programmed.
 *
 * All of this may be called wherever device models run, and from the host.
 */
#ifndef WDMSIM_DMA_H
#define WDMSIM_DMA_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- bus masters ---- */

/*
 * Copies between a device and memory; nothing is copied unless all of it is there. FAULT: no memory
 * at some of the addresses, or, on a guarded machine, none that is mapped for a device.
 */
int wdmsim_dma_read(struct machine *machine, uint64_t logical, void *data, size_t size);
int wdmsim_dma_write(struct machine *machine, uint64_t logical, const void *data, size_t size);

/*
 * A guarded machine has an I/O memory management unit in front of the bus: devices reach only
 * common buffers and what is mapped for a transfer that has not been flushed. An access besides
 * these is bug check 0xE6/0x26, or FAULT where no processor runs. Machines begin unguarded.
 */
void wdmsim_dma_guard(struct machine *machine, bool guarded);

/*
 * How many map registers adapters share which cannot address all of memory, or need buffers in one
 * piece: those below 16 MiB, and all others. Before the first such adapter: BUSY. INVALID: 0, or
 * more than 1024 and 65536.
 */
int wdmsim_dma_map_registers(struct machine *machine, uint32_t low, uint32_t high);

/* ---- the system DMA controller ---- */

/* What a driver has programmed a channel to do. */
struct wdmsim_dma_transfer {
    bool write;           /* from memory to the device */
    bool auto_initialize; /* begins again at its end */
    bool demand;          /* in demand mode */
    unsigned width;       /* of the device's data register, bytes */
    uint64_t length;      /* bytes */
    uint64_t
        device_address; /* of the data register: the description's, plus MapTransferEx's offset */
};

/*
 * A channel of the controller. Channels 0 to 3 (8 bits) and 5 to 7 (16 bits) of a PC exist anyway:
 * 24-bit addresses, no lists, no interrupt at the end; describing one of them replaces it.
 */
struct wdmsim_dma_channel {
    uint32_t line;          /* channel, or request line */
    uint32_t address_width; /* bits, 24 to 64 */
    uint32_t element_limit; /* elements of a list it can work off; 0 is 1 */
    uint32_t minimum_unit;  /* bytes; 0 is 1 */
    uint64_t boundary;      /* that one transfer must not cross; 0: none */
    bool counter_hidden;    /* how much is left cannot be read */
    bool interrupts;        /* when a transfer ends: DmaCompletionRoutine is called */
    /* The channel was programmed, or stopped before its end; may be NULL. */
    void (*started)(void *context, const struct wdmsim_dma_transfer *transfer);
    void (*stopped)(void *context);
    /* ConfigureAdapterChannel: an NTSTATUS. NULL: there are no such functions. */
    int (*configure)(void *context, uint32_t function, void *parameters);
    void *context;
};
/* Adds or replaces a channel: INVALID, BUSY (an adapter uses it). */
int wdmsim_dma_channel_add(struct machine *machine, const struct wdmsim_dma_channel *channel);

/*
 * The device on a line requests service: at most `size` bytes move between `data` and memory, in
 * the direction of the transfer and whole units. Returns the bytes that moved: less at the end of
 * the transfer, 0 when none is programmed. NOT_FOUND, FAULT.
 */
int64_t wdmsim_dma_request(struct machine *machine, uint32_t line, void *data, size_t size);

#ifdef __cplusplus
}
#endif
#endif
