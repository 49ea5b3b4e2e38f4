/*
 * Memory as device models reach it: by logical address.
 *
 * A logical address is a physical one here. On a guarded machine it must also belong to a common
 * buffer or to a transfer that is mapped and not flushed, in the direction that it was mapped for:
 * this finds devices that go on after their driver has taken the buffer away, and drivers that gave
 * a device an address that they did not get from the DMA operations.
 */
#include "hal/hal.h"
#include "mm/probe.h"

/* ---- is there memory? ---- */

static bool hal_memory_at(struct machine *m, uint64_t logical, size_t size) {
    uint64_t end = logical + size;
    if (end < logical)
        return false;
    for (uint64_t at = logical; at < end; at = (at | (PAGE_SIZE - 1)) + 1) {
        const void *view = at ? mm_physical_view(m, at) : NULL;
        if (!view || !mm_is_valid(m, (uintptr_t)view))
            return false;
    }
    return true;
}

/* ---- may the device go there? ---- */

/* How far from `logical` on a map lets devices go, in bytes. */
static uint64_t hal_map_allows(const struct hal_map *map, uint64_t logical, bool to_device) {
    for (ULONG i = 0; i < map->pieces; i++) {
        const struct hal_piece *piece = &map->piece[i];
        if (piece->write == to_device && logical - piece->logical < piece->length)
            return piece->length - (logical - piece->logical);
    }
    return 0;
}

static uint64_t hal_adapter_allows(const struct hal_adapter *adapter, uint64_t logical,
                                   bool to_device) {
    if (hal_buffers_hold(adapter, logical, 1))
        return 1;
    for (LIST_ENTRY *link = adapter->maps.Flink; link != &adapter->maps; link = link->Flink) {
        uint64_t allowed =
            hal_map_allows(CONTAINING_RECORD(link, struct hal_map, link), logical, to_device);
        if (allowed)
            return allowed;
    }
    return 0;
}

static uint64_t hal_allows(struct machine *m, uint64_t logical, uint64_t size, bool to_device) {
    LIST_ENTRY *head = &m->hal->adapters;
    uint64_t allowed = 0;
    for (LIST_ENTRY *link = head->Flink; link != head && !allowed; link = link->Flink) {
        const struct hal_adapter *adapter = CONTAINING_RECORD(link, struct hal_adapter, link);
        allowed = hal_buffers_hold(adapter, logical, size)
                      ? size
                      : hal_adapter_allows(adapter, logical, to_device);
    }
    return allowed;
}

/* Stops the machine at what is not allowed; false where it cannot be stopped. */
static bool hal_guard_passes(struct machine *m, uint64_t logical, size_t size, bool to_device) {
    for (uint64_t done = 0; m->hal->guarded && done < size;) {
        uint64_t allowed = hal_allows(m, logical + done, size - done, to_device);
        done += allowed;
        if (allowed)
            continue;
        if (m->running != &m->host)
            ki_bugcheck(
                m, DRIVER_VERIFIER_DMA_VIOLATION, HAL_IOMMU_FAULT, logical + done, size, to_device,
                "a device %s logical address 0x%llx, which is not mapped for that",
                to_device ? "reads from" : "writes to", (unsigned long long)(logical + done));
        return false;
    }
    return true;
}

/* A device knows no bounds of blocks, and the address sanitizer is for what processors do. */
static KI_LOOKS_AT_FREED void hal_move(volatile char *to, const volatile char *from, size_t size) {
    for (size_t i = 0; i < size; i++)
        to[i] = from[i];
}

static int hal_access(struct machine *m, uint64_t logical, char *data, size_t size,
                      bool to_device) {
    if (!hal_guard_passes(m, logical, size, to_device) || !hal_memory_at(m, logical, size))
        return WDMSIM_ERROR_FAULT;
    while (size) {
        size_t step = PAGE_SIZE - (logical & (PAGE_SIZE - 1));
        step = step < size ? step : size;
        void *view = mm_physical_view(m, logical);
        if (to_device)
            hal_move(data, view, step);
        else
            hal_move(view, data, step);
        logical += step;
        data += step;
        size -= step;
    }
    return 0;
}

int wdmsim_dma_read(struct machine *machine, uint64_t logical, void *data, size_t size) {
    return hal_access(machine, logical, data, size, true);
}

int wdmsim_dma_write(struct machine *machine, uint64_t logical, const void *data, size_t size) {
    return hal_access(machine, logical, (char *)(uintptr_t)data, size, false);
}

/* ---- what the machine has ---- */

void wdmsim_dma_guard(struct machine *machine, bool guarded) { machine->hal->guarded = guarded; }

int wdmsim_dma_map_registers(struct machine *machine, uint32_t low, uint32_t high) {
    struct hal_part *hal = machine->hal;
    if (!low || !high || low > 1024 || high > 65536)
        return WDMSIM_ERROR_INVALID;
    if (hal->low.size || hal->high.size)
        return WDMSIM_ERROR_BUSY;
    hal->low_size = low;
    hal->high_size = high;
    return 0;
}
