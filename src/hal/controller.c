/*
 * The system DMA controller: what moves data for devices that cannot do it themselves.
 *
 * A channel is programmed by MapTransfer with the elements to work off and a direction, and then
 * does nothing until its device requests service (wdmsim_dma_request): each request moves some
 * units between the device and memory and counts down. At the end the channel stops, or begins
 * again in auto-initialise mode; if its controller interrupts then, the driver's
 * DmaCompletionRoutine is called from a DPC.
 *
 * A machine has the channels of a PC's two 8237 controllers: 0 to 3 move bytes within 64 KiB, 5 to
 * 7 move words within 128 KiB, all of them below 16 MiB and without an interrupt of their own. Host
 * programs describe others, such as the request lines of an SoC.
 *
 * wdm/nc-wdm-pread_dma_counter, -pconfigure_adapter_channel, -dma_completion_routine,
 * kernel/version-3-of-the-dma-operations-interface
 */
#include "hal/operations.h"

/* ---- channels ---- */

static void hal_channel_completed(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2);

static struct hal_channel *hal_channel_create(struct machine *m,
                                              const struct wdmsim_dma_channel *what) {
    struct hal_channel *channel = ki_alloc(m, sizeof *channel);
    channel->what = *what;
    hal_turn_initialize(&channel->turn);
    KeInitializeDpc(&channel->dpc, hal_channel_completed, channel);
    channel->next = m->hal->channels;
    return m->hal->channels = channel;
}

static struct hal_channel *hal_channel_known(struct machine *m, uint32_t line) {
    struct hal_channel *channel = m->hal->channels;
    while (channel && channel->what.line != line)
        channel = channel->next;
    return channel;
}

struct hal_channel *hal_channel_find(struct machine *m, uint32_t line) {
    struct hal_channel *channel = hal_channel_known(m, line);
    if (channel || line > 7 || line == 4) /* 4 connects the two controllers */
        return channel;
    const struct wdmsim_dma_channel pc = {.line = line,
                                          .address_width = 24,
                                          .element_limit = 1,
                                          .minimum_unit = line < 4 ? 1 : 2,
                                          .boundary = line < 4 ? 0x10000 : 0x20000};
    return hal_channel_create(m, &pc);
}

int wdmsim_dma_channel_add(struct machine *machine, const struct wdmsim_dma_channel *channel) {
    struct wdmsim_dma_channel what = *channel;
    if (what.address_width < 24 || what.address_width > 64 || (what.boundary & (PAGE_SIZE - 1)))
        return WDMSIM_ERROR_INVALID;
    if (!what.element_limit)
        what.element_limit = 1;
    if (!what.minimum_unit)
        what.minimum_unit = 1;
    struct hal_channel *known = hal_channel_known(machine, what.line);
    if (!known) {
        hal_channel_create(machine, &what);
        return 0;
    }
    LIST_ENTRY *head = &machine->hal->adapters;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        if (CONTAINING_RECORD(link, struct hal_adapter, link)->channel == known)
            return WDMSIM_ERROR_BUSY;
    known->what = what;
    return 0;
}

/* ---- programming ---- */

static unsigned hal_width(const struct hal_adapter *adapter) {
    DMA_WIDTH width = adapter->description.DmaWidth;
    return width <= Width64Bits ? 1u << width : 1;
}

/* Back to the first element. */
static void hal_channel_rewind(struct hal_channel *channel) {
    channel->current = channel->done = 0;
    channel->left = 0;
    for (ULONG i = 0; i < channel->elements; i++)
        channel->left += channel->element[i].Length;
}

void hal_channel_program(struct machine *m, struct hal_adapter *adapter,
                         const struct hal_program *program) {
    struct hal_channel *channel = adapter->channel;
    const DEVICE_DESCRIPTION *description = &adapter->description;
    hal_channel_stop(m, channel);
    channel->adapter = adapter;
    channel->element = program->element;
    channel->elements = program->elements;
    if (program->elements == 1) {
        channel->single = program->element[0];
        channel->element = &channel->single;
    }
    channel->write = program->write;
    channel->auto_initialize = description->AutoInitialize;
    channel->completion = program->completion;
    channel->completion_context = program->context;
    channel->device = program->device;
    channel->running = true;
    hal_channel_rewind(channel);
    const struct wdmsim_dma_transfer transfer = {
        .write = program->write,
        .auto_initialize = channel->auto_initialize,
        .demand = description->Version == DEVICE_DESCRIPTION_VERSION2 && description->DemandMode,
        .width = hal_width(adapter),
        .length = channel->left,
        .device_address = program->device_address};
    if (channel->what.started)
        channel->what.started(channel->what.context, &transfer);
}

/* The driver is told of the end once, if it wants to be and the controller interrupts. */
static void hal_channel_end(struct machine *m, struct hal_channel *channel,
                            DMA_COMPLETION_STATUS status) {
    channel->running = false;
    channel->status = status;
    if (channel->completion && channel->what.interrupts)
        ki_dpc_insert(m, &channel->dpc, NULL, NULL);
}

void hal_channel_stop(struct machine *m, struct hal_channel *channel) {
    if (!channel->running)
        return;
    channel->running = false;
    (void)m;
    if (channel->what.stopped)
        channel->what.stopped(channel->what.context);
}

void hal_channel_cancel(struct machine *m, struct hal_channel *channel) {
    if (!channel->running)
        return;
    hal_channel_stop(m, channel);
    hal_channel_end(m, channel, DmaCancelled);
    ki_poll(m);
}

static void hal_channel_completed(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    struct hal_channel *channel = context;
    DMA_COMPLETION_ROUTINE *routine = channel->completion;
    (void)dpc;
    (void)argument1;
    (void)argument2;
    channel->completion = NULL;
    if (routine && channel->adapter)
        routine(&channel->adapter->pub, channel->device, channel->completion_context,
                channel->status);
}

/* ---- the device requests service ---- */

/* Moves bytes of the current element; false: there is no memory. */
static bool hal_channel_move(struct machine *m, struct hal_channel *channel, char *data,
                             ULONG length) {
    uint64_t at = (uint64_t)channel->element[channel->current].Address.QuadPart + channel->done;
    int error = channel->write ? wdmsim_dma_read(m, at, data, length)
                               : wdmsim_dma_write(m, at, data, length);
    if (error)
        return false;
    channel->done += length;
    channel->left -= length;
    if (channel->done == channel->element[channel->current].Length) {
        channel->current++;
        channel->done = 0;
    }
    return true;
}

/* Terminal count. */
static void hal_channel_counted(struct machine *m, struct hal_channel *channel) {
    if (channel->auto_initialize)
        hal_channel_rewind(channel);
    else
        hal_channel_end(m, channel, DmaComplete);
}

int64_t wdmsim_dma_request(struct machine *machine, uint32_t line, void *data, size_t size) {
    struct hal_channel *channel = hal_channel_find(machine, line);
    if (!channel)
        return WDMSIM_ERROR_NOT_FOUND;
    if (!channel->running)
        return 0;
    unsigned unit = hal_width(channel->adapter);
    size_t moved = 0;
    size -= size % unit;
    while (moved < size && channel->running) {
        uint64_t step = channel->element[channel->current].Length - channel->done;
        step = step < size - moved ? step : size - moved;
        if (!hal_channel_move(machine, channel, (char *)data + moved, (ULONG)step)) {
            hal_channel_end(machine, channel, DmaError);
            return WDMSIM_ERROR_FAULT;
        }
        moved += step;
        if (!channel->left)
            hal_channel_counted(machine, channel);
    }
    return (int64_t)moved;
}

/* ---- what drivers ask a channel ---- */

/* Bytes; of a bus master, which has no channel to read, none. */
ULONG hal_read_counter(PDMA_ADAPTER DmaAdapter) {
    KI_GATE(ReadDmaCounter);
    const struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    const struct hal_channel *channel = adapter->channel;
    bool known = channel && channel->adapter == adapter && !channel->what.counter_hidden;
    ke_polled(m);
    return known ? (ULONG)channel->left : 0;
}

NTSTATUS hal_configure_channel(PDMA_ADAPTER DmaAdapter, ULONG FunctionNumber, PVOID Context) {
    KI_GATE(ConfigureAdapterChannel);
    const struct hal_channel *channel =
        hal_adapter_of(m, DmaAdapter, __builtin_return_address(0))->channel;
    if (!channel || !channel->what.configure)
        return STATUS_NOT_IMPLEMENTED;
    return channel->what.configure(channel->what.context, FunctionNumber, Context);
}
