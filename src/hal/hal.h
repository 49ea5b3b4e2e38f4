/*
 * What the files of the HAL share, and what Plug and Play uses of it: adapters, map registers,
 * channels of the system DMA controller, the host's device registers.
 */
#ifndef HAL_HAL_H
#define HAL_HAL_H

#include <wdmsim/dma.h>
#include <wdmsim/registers.h>

#include "ke/ke.h"
#include "mm/mm.h"

void hal_start(struct machine *m);

#define HAL_TAG 0x414d4448u /* "HDMA" */

/* ---- map registers (channel.c) ---- */

/*
 * Map registers that the adapters of one reach share: pages of memory that all of them can address,
 * one per register. Made when the first such adapter is.
 */
struct hal_stock {
    uint64_t highest;   /* address that the pages stay below */
    ULONG size;         /* registers; 0: not made yet */
    uint64_t logical;   /* address of the first page */
    uint64_t *taken;    /* bit per register */
    LIST_ENTRY waiting; /* requests that have their adapter and need registers, first come first */
};

/* What has one user at a time: a bus master, or a channel of the system DMA controller. */
struct hal_turn {
    bool taken;
    struct hal_map *holder; /* whose turn it is; NULL once its registers were freed apart */
    LIST_ENTRY waiting;     /* struct hal_map */
};

/* A piece of a buffer that the device sees in one stretch. */
struct hal_piece {
    PMDL mdl;
    ULONG at, length;   /* bytes, from the start of the MDL's buffer */
    uint64_t physical;  /* where the data is */
    uint64_t logical;   /* where the device finds it */
    ULONG call;         /* number of the MapTransfer that made it */
    ULONG first, count; /* map registers */
    bool write;         /* to the device */
};
/* It goes through pages of the map registers. */
static inline bool hal_is_bounced(const struct hal_piece *piece) {
    return piece->logical != piece->physical;
}

enum hal_map_state { HAL_WAITS_FOR_TURN, HAL_WAITS_FOR_REGISTERS, HAL_GRANTED };

/*
 * A request for an adapter and map registers, and what it was granted: the "map register base" of
 * drivers. Room for one piece per register.
 */
struct hal_map {
    ULONG signature;
    enum hal_map_state state;
    LIST_ENTRY link; /* in adapter.maps */
    LIST_ENTRY wait; /* in turn.waiting or stock.waiting */
    struct hal_adapter *adapter;
    PDEVICE_OBJECT device;
    PIRP irp;
    DRIVER_CONTROL *routine; /* NULL: a scatter/gather list, or nobody to call */
    PVOID context;
    struct hal_list *list; /* whose registers these are, or NULL */
    const void *transfer;  /* the driver's DMA transfer context, or NULL */
    bool cancelled;        /* its mapped transfer was */
    bool extended;         /* mapped by MapTransferEx, and not flushed since */
    ULONG count, used;     /* registers; those in use are the first ones */
    ULONG first;           /* in the stock */
    ULONG calls, pieces;
    struct hal_piece piece[];
};

/* ---- adapters (adapter.c) ---- */

struct hal_adapter {
    DMA_ADAPTER pub;
    ULONG signature;
    ULONG version;         /* of the operations: 1 to 3 */
    PDEVICE_OBJECT device; /* the PDO, or NULL */
    uint64_t highest;      /* last address that the device reaches */
    uint64_t boundary;     /* that one transfer must not cross; 0: none */
    ULONG address_width;   /* bits */
    bool scatter_gather;   /* the device takes a list of elements */
    ULONG element_limit;   /* of them in one list */
    ULONG limit;           /* map registers of one transfer */
    DEVICE_DESCRIPTION description;
    struct hal_stock *stock;     /* NULL: it reaches everything, and registers are only numbers */
    struct hal_channel *channel; /* of the system DMA controller; NULL: a bus master */
    struct hal_turn *turn;       /* the channel's, or own_turn */
    struct hal_turn own_turn;
    LIST_ENTRY maps;           /* struct hal_map */
    LIST_ENTRY lists;          /* struct hal_list, the oldest first */
    LIST_ENTRY buffers;        /* struct hal_buffer */
    LIST_ENTRY link;           /* in hal_part.adapters */
    struct hal_domain *domain; /* the one it has joined, or its own */
    struct hal_domain *own_domain;
    DMA_OPERATIONS operations;
};

/*
 * An adapter for a device (NULL: none that Plug and Play knows), on behalf of the driver that
 * `caller` lies in; *registers receives its map registers. NULL: the description is not one that
 * the machine can serve, or there is no memory.
 */
PDMA_ADAPTER hal_adapter_create(struct machine *m, PDEVICE_OBJECT device,
                                const DEVICE_DESCRIPTION *description, PULONG registers,
                                const void *caller);
/* The adapter behind a driver's pointer; bug check 0xE6 if it is none, or was released. */
struct hal_adapter *hal_adapter_of(struct machine *m, PDMA_ADAPTER adapter, const void *caller);

/*
 * Bug check 0xE6: `kind` is its first parameter (bug check page of DRIVER_VERIFIER_DMA_VIOLATION),
 * the others are ours: the adapter and what else is at hand. `what` completes a sentence that
 * begins with the caller.
 */
_Noreturn void hal_violation(struct machine *m, ULONG kind, const struct hal_adapter *adapter,
                             ULONG_PTR p3, ULONG_PTR p4, const void *caller, const char *what);
enum hal_violation_kind {
    HAL_BUFFER_FREED_TWICE = 0x03,
    HAL_CHANNEL_FREED_TWICE = 0x04,
    HAL_REGISTERS_FREED_TWICE = 0x05,
    HAL_LIST_FREED_TWICE = 0x06,
    HAL_BUFFERS_LEFT = 0x07,
    HAL_CHANNELS_LEFT = 0x08,
    HAL_REGISTERS_LEFT = 0x09,
    HAL_LISTS_LEFT = 0x0A,
    HAL_TWO_CHANNELS = 0x0B,
    HAL_TOO_MANY_REGISTERS = 0x0C,
    HAL_NOT_FLUSHED = 0x0D,
    HAL_NOT_LOCKED = 0x0E,
    HAL_GUARD_CHANGED = 0x0F,
    HAL_FREED_WHILE_MAPPED = 0x10,
    HAL_NOT_MAPPED = 0x16,
    HAL_RELEASED = 0x18,
    HAL_NULL_ADAPTER = 0x19,
    HAL_MAPPED_TWICE = 0x1D,
    HAL_OUTSIDE_MDL = 0x1F,
    HAL_EMPTY_MAPPING = 0x21,
    HAL_FLUSHED_TOO_EARLY = 0x23,
    HAL_IOMMU_FAULT = 0x26,
};
static inline bool hal_checks(const struct machine *m) { return m->flags & WDMSIM_CHECK_RULES; }

/* ---- channel.c ---- */

/* The stock for a reach, made if it was not; NULL without memory. */
struct hal_stock *hal_stock_for(struct machine *m, uint64_t highest);
void hal_turn_initialize(struct hal_turn *turn);
/* A request for `count` registers, not queued; NULL without memory. */
struct hal_map *hal_map_create(struct machine *m, struct hal_adapter *adapter, ULONG count,
                               PDEVICE_OBJECT device, const void *caller);
/* Grants the request now or queues it; at DISPATCH_LEVEL. `at_once`: false if it would have to
 * wait, and the request is gone. */
bool hal_map_submit(struct machine *m, struct hal_map *map, bool at_once);
/* Gives registers back. The pieces are not looked at. */
void hal_map_free(struct machine *m, struct hal_map *map);
/* The adapter is free for the next one. */
void hal_turn_end(struct machine *m, struct hal_turn *turn);

/* What InitializeDmaTransferContext makes of the driver's memory. */
struct hal_transfer {
    ULONG signature;
    bool cancelled;
};
#define HAL_TRANSFER 0x58666572u
_Static_assert(sizeof(struct hal_transfer) <= DMA_TRANSFER_CONTEXT_SIZE_V1,
               "a transfer context fits the memory that drivers reserve for it");
/* Whether a request with this context can be made: STATUS_CANCELLED of one that was cancelled
 * before. */
NTSTATUS hal_transfer_check(const struct hal_adapter *adapter, const struct hal_transfer *transfer);
struct hal_map *hal_map_by_transfer(const struct hal_adapter *adapter, const void *transfer);

/* ---- the driver's buffer (map.c) ---- */

/* A place in a chain of MDLs. */
struct hal_cursor {
    PMDL mdl;
    ULONG at;
};
/* Steps `offset` bytes into a chain; false if it ends before `offset + length`. */
bool hal_cursor_seek(struct hal_cursor *cursor, PMDL mdl, uint64_t offset, uint64_t length);
/* What a transfer needs at most: registers, and list elements that the device will see. */
struct hal_needs {
    ULONG registers, elements;
};
struct hal_needs hal_needs_of(const struct hal_adapter *adapter, struct hal_cursor cursor,
                              uint64_t length);
/* How many of `length` bytes the map's free registers suffice for. */
uint64_t hal_fitting(const struct hal_map *map, struct hal_cursor cursor, uint64_t length);
/*
 * Maps from the cursor on what is one element for the device, at most `length` bytes, and moves the
 * cursor behind it. A device without scatter/gather gets all of it or nothing. False: the registers
 * do not suffice.
 */
bool hal_map_element(struct machine *m, struct hal_map *map, struct hal_cursor *cursor,
                     uint64_t length, bool write, SCATTER_GATHER_ELEMENT *element);
/* Bug checks of a buffer that must not be mapped: not locked, mapped already, empty. */
void hal_map_check(struct machine *m, const struct hal_map *map, struct hal_cursor cursor,
                   uint64_t length, const void *caller);
/*
 * Ends mappings that lie in `length` bytes from the cursor on: what the device wrote goes to the
 * buffer. Returns the number of pieces that ended.
 */
ULONG hal_map_flush(struct machine *m, struct hal_map *map, struct hal_cursor cursor,
                    uint64_t length);
/* Copies the bounced parts of an MDL's mappings, which go on: to the device's view, or from it. */
void hal_map_synchronize(struct machine *m, struct hal_map *map, PMDL mdl, bool read);
/* Copies between physical addresses. */
void hal_copy(struct machine *m, uint64_t to, uint64_t from, uint64_t length);
/* The granted map behind a driver's map register base; bug check if it is none. */
struct hal_map *hal_map_of(struct machine *m, struct hal_adapter *adapter, PVOID base,
                           const void *caller);

/* ---- lists (list.c) ---- */

/* The HAL's own part of a scatter/gather list, behind its elements. */
struct hal_list {
    LIST_ENTRY link; /* in adapter.lists, once there are elements */
    PSCATTER_GATHER_LIST list;
    struct hal_map *map; /* NULL: freed before the list */
    struct hal_cursor cursor;
    uint64_t length;
    PMDL built; /* BuildMdlFromScatterGatherList's own, or the original one */
    PMDL original;
    DRIVER_LIST_CONTROL *routine;
    PVOID context;
    bool write;
    bool ours; /* the buffer is to be freed with it */
};
/* Fills a list with as much of the buffer as it and the registers hold; returns the bytes. */
uint64_t hal_list_fill(struct machine *m, struct hal_map *map, struct hal_cursor cursor,
                       uint64_t length, bool write, PSCATTER_GATHER_LIST list, ULONG capacity);
/* A request that waits goes away: so does its list, if it has one. */
void hal_list_withdraw(struct machine *m, struct hal_map *map);
/* The request of a list was granted: fills the list and calls the driver. */
IO_ALLOCATION_ACTION hal_list_granted(struct machine *m, struct hal_map *map);
/* Room for a list of `elements` with the HAL's own part behind. */
static inline ULONG hal_list_size(ULONG elements) {
    return (ULONG)(sizeof(SCATTER_GATHER_LIST) + elements * sizeof(SCATTER_GATHER_ELEMENT) +
                   sizeof(struct hal_list));
}

/* ---- common buffers (buffer.c) ---- */

struct hal_domain {
    ULONG signature;
    ULONG members;
    LIST_ENTRY link;           /* in hal_part.domains */
    struct hal_adapter *owner; /* NULL: released before the last member left */
};
struct hal_domain *hal_domain_create(struct machine *m, struct hal_adapter *owner,
                                     const void *caller);
void hal_domain_leave(struct machine *m, struct hal_adapter *adapter);
bool hal_buffers_hold(const struct hal_adapter *adapter, uint64_t logical, uint64_t length);

/* ---- the system DMA controller (controller.c) ---- */

struct hal_channel {
    struct hal_channel *next;
    struct wdmsim_dma_channel what;
    struct hal_turn turn;
    /* The transfer that was programmed. */
    struct hal_adapter *adapter; /* NULL: none */
    bool running, write, auto_initialize;
    ULONG elements;
    SCATTER_GATHER_ELEMENT *element;
    SCATTER_GATHER_ELEMENT single;
    ULONG current; /* element, and bytes of it that are done */
    ULONG done;
    uint64_t left; /* bytes of this pass */
    DMA_COMPLETION_ROUTINE *completion;
    PVOID completion_context;
    PDEVICE_OBJECT device;
    DMA_COMPLETION_STATUS status;
    KDPC dpc;
};
/* The channel of a line, or NULL. */
struct hal_channel *hal_channel_find(struct machine *m, uint32_t line);
/* The transfer as the driver wants it. The elements live as long as the transfer. */
struct hal_program {
    SCATTER_GATHER_ELEMENT *element;
    ULONG elements;
    bool write;
    uint64_t device_address;
    PDEVICE_OBJECT device;
    DMA_COMPLETION_ROUTINE *completion;
    PVOID context;
};
void hal_channel_program(struct machine *m, struct hal_adapter *adapter,
                         const struct hal_program *program);
/* No more requests of the device are served. */
void hal_channel_stop(struct machine *m, struct hal_channel *channel);
/* The transfer ends before its time; the completion routine hears of it. */
void hal_channel_cancel(struct machine *m, struct hal_channel *channel);

/* ---- device registers (register.c) ---- */

struct hal_bank {
    struct hal_bank *next;
    struct wdmsim_registers what;
};

struct hal_part {
    LIST_ENTRY adapters, domains;
    struct hal_stock low, high; /* below 16 MiB, below 4 GiB */
    ULONG low_size, high_size;  /* that they will have */
    bool guarded;               /* devices reach only what is mapped for them */
    struct hal_channel *channels;
    struct hal_bank *banks[2]; /* memory, ports */
    struct hal_bank *banks_free;
    bool counters_taken; /* by the latest of so many owners */
    ULONG counter_owners;
};

#endif
