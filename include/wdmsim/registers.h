/*
 * Device registers as the host plays them: ports, and memory-mapped registers.
 *
 * A driver's READ_PORT_xxx and READ_REGISTER_xxx reach the bank that covers the address, at the
 * very moment of the access and below every processor; so a device model answers with its present
 * state, starts what it was told to start (wdmsim_schedule) and raises its interrupt. Device memory
 * that no bank covers is plain memory, all ones at first; a port that no bank covers reads as all
 * ones.
 */
#ifndef WDMSIM_REGISTERS_H
#define WDMSIM_REGISTERS_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A device's bank of registers. `read` and `write` get the byte offset in the bank and the width of
 * the access, 1, 2, 4 or 8 bytes; a NULL `read` answers all ones, a NULL `write` ignores. They must
 * not wait.
 */
struct wdmsim_registers {
    bool ports;          /* in the space of ports, else a range of physical addresses */
    uint64_t base, size; /* bytes */
    uint64_t (*read)(void *context, uint64_t offset, unsigned width);
    void (*write)(void *context, uint64_t offset, unsigned width, uint64_t value);
    void *context;
};
/*
 * Makes the bank appear. It must lie outside RAM and apart from other banks: INVALID, BUSY.
 */
int wdmsim_registers_add(struct machine *machine, const struct wdmsim_registers *registers);
/* Takes the bank that begins at `base` away: NOT_FOUND. */
int wdmsim_registers_remove(struct machine *machine, bool ports, uint64_t base);

#ifdef __cplusplus
}
#endif
#endif
