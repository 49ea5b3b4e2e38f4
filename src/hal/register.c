/*
 * Ports and memory-mapped registers: how drivers reach device models.
 *
 * An access goes to the bank that covers its address, and the model answers on the spot, below all
 * processors; the interrupt that it may raise comes in as soon as the IRQL allows. What no bank
 * covers is plain device memory, or a port where nothing is connected. A read takes a moment of
 * virtual time, so that a driver that polls a register lets the device come to its end.
 *
 * The buffer forms read or write one port again and again, and registers one after the other.
 *
 * wdm/nf-wdm-read_port_uchar, -read_register_uchar and their kin
 */
#include "hal/hal.h"

/* ---- banks ---- */

enum { HAL_MEMORY, HAL_PORTS };
#define HAL_PORT_LIMIT 0x10000u

static struct hal_bank *hal_bank_find(struct machine *m, int space, uint64_t address) {
    struct hal_bank *bank = m->hal->banks[space];
    while (bank && address - bank->what.base >= bank->what.size)
        bank = bank->next;
    return bank;
}

static bool hal_banks_overlap(struct machine *m, const struct wdmsim_registers *what) {
    for (const struct hal_bank *bank = m->hal->banks[what->ports]; bank; bank = bank->next)
        if (what->base < bank->what.base + bank->what.size &&
            bank->what.base < what->base + what->size)
            return true;
    return false;
}

int wdmsim_registers_add(struct machine *machine, const struct wdmsim_registers *registers) {
    uint64_t end = registers->base + registers->size;
    if (!registers->size || end < registers->base || (registers->ports && end > HAL_PORT_LIMIT))
        return WDMSIM_ERROR_INVALID;
    if (hal_banks_overlap(machine, registers))
        return WDMSIM_ERROR_BUSY;
    if (!registers->ports && !mm_device_memory(machine, registers->base, registers->size))
        return WDMSIM_ERROR_INVALID;
    struct hal_bank *bank = machine->hal->banks_free;
    if (bank)
        machine->hal->banks_free = bank->next;
    else
        bank = ki_alloc(machine, sizeof *bank);
    *bank = (struct hal_bank){machine->hal->banks[registers->ports], *registers};
    machine->hal->banks[registers->ports] = bank;
    return 0;
}

int wdmsim_registers_remove(struct machine *machine, bool ports, uint64_t base) {
    struct hal_bank **link = &machine->hal->banks[ports];
    while (*link && (*link)->what.base != base)
        link = &(*link)->next;
    struct hal_bank *bank = *link;
    if (!bank)
        return WDMSIM_ERROR_NOT_FOUND;
    *link = bank->next;
    bank->next = machine->hal->banks_free;
    machine->hal->banks_free = bank;
    return 0;
}

/* ---- one access ---- */

static uint64_t hal_bank_read(const struct hal_bank *bank, uint64_t address, unsigned width) {
    const struct wdmsim_registers *what = &bank->what;
    return what->read ? what->read(what->context, address - what->base, width) : UINT64_MAX;
}

static void hal_bank_write(const struct hal_bank *bank, uint64_t address, unsigned width,
                           uint64_t value) {
    const struct wdmsim_registers *what = &bank->what;
    if (what->write)
        what->write(what->context, address - what->base, width, value);
}

/* The bank behind a mapped register, and its physical address. */
static const struct hal_bank *hal_bank_at(struct machine *m, const volatile void *mapped,
                                          uint64_t *physical) {
    if (KI_LIKELY(!m->hal->banks[HAL_MEMORY]))
        return NULL;
    *physical = mm_physical_address(m, (const void *)mapped);
    return hal_bank_find(m, HAL_MEMORY, *physical);
}

static uint64_t hal_port_read(struct machine *m, const void *port, unsigned width) {
    const struct hal_bank *bank = hal_bank_find(m, HAL_PORTS, (uintptr_t)port);
    return bank ? hal_bank_read(bank, (uintptr_t)port, width) : UINT64_MAX;
}

static void hal_port_write(struct machine *m, const void *port, unsigned width, uint64_t value) {
    const struct hal_bank *bank = hal_bank_find(m, HAL_PORTS, (uintptr_t)port);
    if (bank)
        hal_bank_write(bank, (uintptr_t)port, width, value);
}

/* ---- ports ---- */

#define X(type)                                                                                    \
    type READ_PORT_##type(type *Port) {                                                            \
        KI_GATE(READ_PORT_##type);                                                                 \
        ke_polled(m);                                                                              \
        type value = (type)hal_port_read(m, Port, sizeof(type));                                   \
        ki_poll(m);                                                                                \
        return value;                                                                              \
    }                                                                                              \
    VOID WRITE_PORT_##type(type *Port, type Value) {                                               \
        KI_GATE(WRITE_PORT_##type);                                                                \
        hal_port_write(m, Port, sizeof(type), Value);                                              \
        ki_poll(m);                                                                                \
    }                                                                                              \
    VOID READ_PORT_BUFFER_##type(type *Port, type *Buffer, ULONG Count) {                          \
        KI_GATE(READ_PORT_BUFFER_##type);                                                          \
        ke_polled(m);                                                                              \
        for (ULONG i = 0; i < Count; i++)                                                          \
            Buffer[i] = (type)hal_port_read(m, Port, sizeof(type));                                \
        ki_poll(m);                                                                                \
    }                                                                                              \
    VOID WRITE_PORT_BUFFER_##type(type *Port, type *Buffer, ULONG Count) {                         \
        KI_GATE(WRITE_PORT_BUFFER_##type);                                                         \
        for (ULONG i = 0; i < Count; i++)                                                          \
            hal_port_write(m, Port, sizeof(type), Buffer[i]);                                      \
        ki_poll(m);                                                                                \
    }
X(UCHAR)
X(USHORT)
X(ULONG)
#undef X

/* ---- memory-mapped registers ---- */

#define X(type)                                                                                    \
    static type hal_read_##type(struct machine *m, const volatile type *mapped) {                  \
        uint64_t physical = 0;                                                                     \
        const struct hal_bank *bank = hal_bank_at(m, mapped, &physical);                           \
        return bank ? (type)hal_bank_read(bank, physical, sizeof(type)) : *mapped;                 \
    }                                                                                              \
    static void hal_write_##type(struct machine *m, volatile type *mapped, type value) {           \
        uint64_t physical = 0;                                                                     \
        const struct hal_bank *bank = hal_bank_at(m, mapped, &physical);                           \
        if (bank)                                                                                  \
            hal_bank_write(bank, physical, sizeof(type), value);                                   \
        else                                                                                       \
            *mapped = value;                                                                       \
    }                                                                                              \
    type READ_REGISTER_##type(const volatile type *Register) {                                     \
        KI_GATE(READ_REGISTER_##type);                                                             \
        ke_polled(m);                                                                              \
        type value = hal_read_##type(m, Register);                                                 \
        ki_poll(m);                                                                                \
        return value;                                                                              \
    }                                                                                              \
    VOID WRITE_REGISTER_##type(volatile type *Register, type Value) {                              \
        KI_GATE(WRITE_REGISTER_##type);                                                            \
        hal_write_##type(m, Register, Value);                                                      \
        ki_poll(m);                                                                                \
    }                                                                                              \
    VOID READ_REGISTER_BUFFER_##type(const volatile type *Register, type *Buffer, ULONG Count) {   \
        KI_GATE(READ_REGISTER_BUFFER_##type);                                                      \
        ke_polled(m);                                                                              \
        for (ULONG i = 0; i < Count; i++)                                                          \
            Buffer[i] = hal_read_##type(m, Register + i);                                          \
        ki_poll(m);                                                                                \
    }                                                                                              \
    VOID WRITE_REGISTER_BUFFER_##type(volatile type *Register, type *Buffer, ULONG Count) {        \
        KI_GATE(WRITE_REGISTER_BUFFER_##type);                                                     \
        for (ULONG i = 0; i < Count; i++)                                                          \
            hal_write_##type(m, Register + i, Buffer[i]);                                          \
        ki_poll(m);                                                                                \
    }
X(UCHAR)
X(USHORT)
X(ULONG)
X(ULONG64)
#undef X
