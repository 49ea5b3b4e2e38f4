/*
 * IRPs as memory: allocating, initialising, reusing, freeing.
 *
 * An IRP of up to IO_CACHED_STACKS locations comes from a free list of its size, last freed first;
 * larger ones come from pool. A freed IRP keeps its prefix, so that who touches it again is
 * recognised until the memory is used anew; under the address sanitizer it is poisoned meanwhile.
 * With guarded or failing pool the caches are not used.
 *
 * wdm/nf-wdm-ioallocateirp, -ioinitializeirp, -ioreuseirp, -iofreeirp
 */
#include <string.h>

#include "io/io.h"

#ifdef IO_ASAN
void __asan_poison_memory_region(const volatile void *address, size_t size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
#define IO_RAW __attribute__((no_sanitize("address"), noinline))
#define IO_POISON(address, size) __asan_poison_memory_region(address, size)
#define IO_UNPOISON(address, size) __asan_unpoison_memory_region(address, size)
#else
#define IO_RAW
#define IO_POISON(address, size) ((void)0)
#define IO_UNPOISON(address, size) ((void)0)
#endif

static inline void io_foreign_serial_set(PIRP irp, uint32_t serial) {
    irp->Tail.Overlay.IrpExtension = (PVOID)((ULONG_PTR)serial << 1 | 1);
}

IO_RAW CSHORT io_irp_type_raw(const IRP *irp) { return irp->Type; }

/*
 * Zeroes an IRP. Size and place of those from our caches are multiples of 8: for so few bytes plain
 * stores, two words at a time, take less than half of what a call of memset or a string instruction
 * takes.
 */
typedef ULONG64 io_pair __attribute__((vector_size(16), aligned(8), may_alias));

static inline void io_irp_clear(void *memory, USHORT size) {
    io_pair *at = memory, *end = at + size / sizeof *at;
    for (; end - at >= 4; at += 4) {
        at[0] = at[1] = at[2] = at[3] = (io_pair){0, 0};
        __asm__ volatile("" : : : "memory"); /* keeps the loop from becoming that call */
    }
    for (; at < end; at++) {
        *at = (io_pair){0, 0};
        __asm__ volatile("" : : : "memory");
    }
    if (size & 8)
        *(ULONG64 *)at = 0;
    if (KI_UNLIKELY(size & 7)) /* a driver's own IRP may have any size */
        memset((char *)memory + (size & ~7u), 0, size & 7);
}

/* The state of a fresh IRP. `flags` are those of AllocationFlags. */
static inline void io_irp_fill(PIRP irp, USHORT size, CCHAR stack_size, UCHAR flags) {
    io_irp_clear(irp, size);
    irp->Type = IO_TYPE_IRP;
    irp->Size = size;
    irp->StackCount = stack_size;
    irp->CurrentLocation = (CHAR)(stack_size + 1);
    irp->AllocationFlags = flags;
    InitializeListHead(&irp->ThreadListEntry);
    irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(void *)(irp + 1) + stack_size;
}

static struct io_irp *io_prefix_new(struct machine *m, USHORT size, const void *owner) {
    struct io_irp *prefix = NULL;
    if (!owner || !mm_fails(m))
        prefix = mm_pool_allocate(m, NonPagedPoolNx, sizeof *prefix + size, IO_TAG_IRP);
    if (prefix)
        prefix->size = size;
    return prefix;
}

static bool io_may_cache(const struct machine *m, CCHAR stack_size) {
    return stack_size <= IO_CACHED_STACKS && !(m->flags & (WDMSIM_GUARD_POOL | WDMSIM_FAIL_POOL));
}

PIRP io_irp_allocate(struct machine *m, CCHAR stack_size, const void *owner) {
    if (KI_UNLIKELY(stack_size < 0))
        return NULL;
    USHORT size = IoSizeOfIrp(stack_size);
    struct io_part *io = m->io;
    struct io_irp *prefix = stack_size <= IO_CACHED_STACKS ? io->free[(int)stack_size] : NULL;
    if (KI_LIKELY(prefix != NULL)) {
        io->free[(int)stack_size] = prefix->next_free;
        IO_UNPOISON(prefix + 1, size);
    } else {
        prefix = io_prefix_new(m, size, owner);
        if (!prefix)
            return NULL;
    }
    PIRP irp = io_prefix_irp(prefix);
    io_irp_fill(irp, size, stack_size, IO_IRP_OURS);
    InsertTailList(&io->irps, &prefix->link);
    prefix->call = NULL;
    prefix->owner = owner;
    prefix->request = NULL;
    prefix->power = NULL;
    prefix->serial = ++m->next_irp;
    prefix->state = IO_IRP_LIVE;
    prefix->stack_size = stack_size;
    prefix->has_activity = FALSE;
    prefix->output_length = ~0u;
    KI_TRACE(m, IRP_ALLOCATE, "", prefix->serial, (unsigned)stack_size);
    return irp;
}

void io_irp_free(struct machine *m, PIRP irp) {
    struct io_irp *prefix = io_irp_prefix(irp);
    KI_TRACE(m, IRP_FREE, "", prefix->serial);
    for (struct io_call *call = prefix->call; call; call = call->outer)
        call->completed = true;
    RemoveEntryList(&prefix->link);
    prefix->state = IO_IRP_FREE;
    irp->Type = 0;
    if (KI_UNLIKELY(!io_may_cache(m, prefix->stack_size))) {
        mm_pool_free(m, prefix, IO_TAG_IRP);
        return;
    }
    prefix->next_free = m->io->free[(int)prefix->stack_size];
    m->io->free[(int)prefix->stack_size] = prefix;
    IO_POISON(irp, prefix->size);
}

void io_irp_queue(struct machine *m, PIRP irp) {
    PETHREAD thread = ps_current_thread(m);
    irp->Tail.Overlay.Thread = thread;
    InsertHeadList(&thread->irps, &irp->ThreadListEntry);
}

PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) {
    KI_GATE(IoAllocateIrp);
    PIRP irp = io_irp_allocate(m, StackSize, IO_CALLER());
    if (irp && ChargeQuota)
        irp->AllocationFlags |= IRP_QUOTA_CHARGED;
    return irp;
}

PIRP IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota) {
    KI_GATE(IoAllocateIrpEx);
    (void)DeviceObject;
    PIRP irp = io_irp_allocate(m, StackSize, IO_CALLER());
    if (irp && ChargeQuota)
        irp->AllocationFlags |= IRP_QUOTA_CHARGED;
    return irp;
}

/* True if the memory is an IRP of ours that lives; reads no more than a raw IRP has. */
static IO_RAW bool io_is_live(const IRP *irp) {
    if (irp->Type != IO_TYPE_IRP || !(irp->AllocationFlags & IO_IRP_OURS))
        return false;
    const struct io_irp *prefix = (const struct io_irp *)(const void *)irp - 1;
    return prefix->state == IO_IRP_LIVE && prefix->size == irp->Size;
}

/* What must not be initialised again; `caller` is the driver's code. */
static void io_reinitialize_check(struct machine *m, PIRP irp, const char *routine, void *caller) {
    if (!(m->flags & WDMSIM_CHECK_RULES))
        return;
    if (irp->AllocationFlags & IO_IRP_IN_FLIGHT)
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x310, (ULONG_PTR)caller,
                    (ULONG_PTR)irp, 0, "%s called %s for irp %u, which is in use",
                    ki_address_name(m, caller), routine, io_irp_serial(irp));
    if (irp->AllocationFlags & IO_IRP_BUILT)
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x311, (ULONG_PTR)caller,
                    (ULONG_PTR)irp, 0,
                    "%s called %s for irp %u, which the I/O manager built and frees itself",
                    ki_address_name(m, caller), routine, io_irp_serial(irp));
}

VOID IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) {
    KI_GATE(IoInitializeIrp);
    UCHAR flags = 0;
    if (io_is_live(Irp)) {
        io_reinitialize_check(m, Irp, "IoInitializeIrp", IO_CALLER());
        if (Irp->AllocationFlags & IRP_QUOTA_CHARGED && m->flags & WDMSIM_CHECK_RULES)
            ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x20D, (ULONG_PTR)IO_CALLER(),
                        (ULONG_PTR)Irp, 0,
                        "%s called IoInitializeIrp for irp %u from IoAllocateIrp: its quota charge "
                        "would be lost",
                        ki_address_name(m, IO_CALLER()), io_irp_serial(Irp));
        flags = IO_IRP_OURS;
    }
    io_irp_fill(Irp, PacketSize, StackSize, flags);
    if (!flags)
        io_foreign_serial_set(Irp, ++m->next_irp);
}

VOID IoReuseIrp(PIRP Irp, NTSTATUS Iostatus) {
    KI_GATE(IoReuseIrp);
    io_reinitialize_check(m, Irp, "IoReuseIrp", IO_CALLER());
    UCHAR flags = Irp->AllocationFlags & (IO_IRP_OURS | IRP_QUOTA_CHARGED);
    uint32_t serial = io_irp_serial(Irp);
    io_irp_fill(Irp, Irp->Size, Irp->StackCount, flags);
    if (!(flags & IO_IRP_OURS))
        io_foreign_serial_set(Irp, serial);
    Irp->IoStatus.Status = Iostatus;
}

static __attribute__((noinline)) void io_free_check(struct machine *m, PIRP irp, void *caller) {
    if (KI_UNLIKELY(io_irp_type(irp) != IO_TYPE_IRP))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x01, (ULONG_PTR)irp, 0, 0,
                    "%s called IoFreeIrp for something that is no IRP, or freed already",
                    ki_address_name(m, caller));
    if (!(m->flags & WDMSIM_CHECK_RULES))
        return;
    if (KI_UNLIKELY(!IsListEmpty(&irp->ThreadListEntry)))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x02, (ULONG_PTR)irp, 0, 0,
                    "%s called IoFreeIrp for irp %u, which belongs to thread %u and is freed when "
                    "it is completed",
                    ki_address_name(m, caller), io_irp_serial(irp),
                    irp->Tail.Overlay.Thread->tcb.serial);
    if (KI_UNLIKELY(irp->AllocationFlags & IO_IRP_IN_FLIGHT))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x20B, (ULONG_PTR)caller,
                    (ULONG_PTR)irp, 0, "%s called IoFreeIrp for irp %u, which a driver still has",
                    ki_address_name(m, caller), io_irp_serial(irp));
}

VOID IoFreeIrp(PIRP Irp) {
    KI_GATE(IoFreeIrp);
    if (KI_UNLIKELY(io_irp_type(Irp) != IO_TYPE_IRP || m->flags & WDMSIM_CHECK_RULES))
        io_free_check(m, Irp, IO_CALLER());
    if (KI_LIKELY(Irp->AllocationFlags & IO_IRP_OURS))
        io_irp_free(m, Irp);
    else
        mm_pool_free(m, Irp, 0);
}

VOID IoQueueThreadIrp(PIRP Irp) {
    KI_GATE(IoQueueThreadIrp);
    io_irp_queue(m, Irp);
}
