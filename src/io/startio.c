/*
 * The StartIo queue of a device: one current IRP, the others in its device queue.
 *
 * IoStartPacket makes an IRP current or queues it; IoStartNextPacket takes the next. A StartIo that
 * calls IoStartNextPacket would recurse; IoSetStartIoAttributes turns that into a loop around the
 * outermost call. All of it runs at DISPATCH_LEVEL, and holds the cancel lock where packets are
 * cancelable.
 *
 * wdm/nf-wdm-iostartpacket, -iostartnextpacket, -iosetstartioattributes
 */
#include "io/io.h"
#include "ke/spin.h"

static KIRQL io_lock_cancel(struct machine *m) {
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    ke_spin_take(m, m->io->cancel_lock, KI_LOCK_SPIN);
    return irql;
}

static void io_unlock_cancel(struct machine *m, KIRQL irql) {
    ke_spin_give(m, m->io->cancel_lock);
    ki_lower(m, irql);
}

static void io_call_startio(struct machine *m, PDEVICE_OBJECT device, PIRP irp) {
    KIRQL irql = m->cpu->irql;
    DRIVER_STARTIO *routine = device->DriverObject->DriverStartIo;
    routine(device, irp);
    m = ki_self();
    if (KI_UNLIKELY(m->cpu->irql != irql) && m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(
            m, IRQL_UNEXPECTED_VALUE, (ULONG_PTR)m->cpu->irql << 16 | (ULONG_PTR)irql << 8,
            (ULONG_PTR)routine, 0, 0, "the StartIo routine %s was called at %s and returned at %s",
            ki_address_name(m, (void *)routine), ki_irql_name(irql), ki_irql_name(m->cpu->irql));
}

/* Makes the next queued IRP current, or none; DISPATCH_LEVEL. */
static PIRP io_take_packet(struct machine *m, PDEVICE_OBJECT device, bool cancelable, bool by_key,
                           ULONG key) {
    KIRQL irql = DISPATCH_LEVEL;
    if (cancelable)
        irql = io_lock_cancel(m);
    device->CurrentIrp = NULL;
    PKDEVICE_QUEUE_ENTRY entry = by_key ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, key)
                                        : KeRemoveDeviceQueue(&device->DeviceQueue);
    PIRP irp = entry ? CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry) : NULL;
    device->CurrentIrp = irp;
    if (irp && cancelable && io_device_of(device)->startio_not_cancelable)
        irp->CancelRoutine = NULL;
    if (cancelable)
        io_unlock_cancel(m, irql);
    return irp;
}

/* StartIo for an IRP, and for those it asked for while it ran. */
static void io_run_startio(struct machine *m, PDEVICE_OBJECT device, PIRP irp) {
    struct io_device *own = io_device_of(device);
    own->startio_depth++;
    for (;;) {
        if (irp)
            io_call_startio(m, device, irp);
        if (!own->startio_deferred || !own->startio_again)
            break;
        own->startio_again = false;
        irp = io_take_packet(m, device, own->startio_cancelable, own->startio_by_key,
                             own->startio_key);
    }
    own->startio_depth--;
}

VOID IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key,
                   PDRIVER_CANCEL CancelFunction) {
    KI_GATE(IoStartPacket);
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    PKDEVICE_QUEUE_ENTRY entry = &Irp->Tail.Overlay.DeviceQueueEntry;
    if (CancelFunction) {
        ke_spin_take(m, m->io->cancel_lock, KI_LOCK_SPIN);
        Irp->CancelRoutine = CancelFunction;
    }
    BOOLEAN queued = Key ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, entry, *Key)
                         : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, entry);
    if (queued) {
        /* It may have been canceled before it had a routine. */
        if (CancelFunction && Irp->Cancel && Irp->CancelRoutine) {
            Irp->CancelIrql = irql;
            Irp->CancelRoutine = NULL;
            CancelFunction(DeviceObject, Irp); /* releases the lock and lowers the IRQL */
            return;
        }
        if (CancelFunction)
            ke_spin_give(m, m->io->cancel_lock);
    } else {
        DeviceObject->CurrentIrp = Irp;
        if (CancelFunction) {
            if (io_device_of(DeviceObject)->startio_not_cancelable)
                Irp->CancelRoutine = NULL;
            ke_spin_give(m, m->io->cancel_lock);
        }
        io_run_startio(m, DeviceObject, Irp);
    }
    ki_lower(m, irql);
}

static void io_start_next(struct machine *m, PDEVICE_OBJECT device, bool cancelable, bool by_key,
                          ULONG key) {
    struct io_device *own = io_device_of(device);
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    if (own->startio_deferred && own->startio_depth) {
        /* From within StartIo: the outer call goes on with it. */
        own->startio_again = true;
        own->startio_cancelable = cancelable;
        own->startio_by_key = by_key;
        own->startio_key = key;
        ki_lower(m, irql);
        return;
    }
    io_run_startio(m, device, io_take_packet(m, device, cancelable, by_key, key));
    ki_lower(m, irql);
}

VOID IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable) {
    KI_GATE(IoStartNextPacket);
    io_start_next(m, DeviceObject, Cancelable, false, 0);
}

VOID IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key) {
    KI_GATE(IoStartNextPacketByKey);
    io_start_next(m, DeviceObject, Cancelable, true, Key);
}

VOID IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo,
                            BOOLEAN NonCancelable) {
    KI_GATE(IoSetStartIoAttributes);
    (void)m;
    io_device_of(DeviceObject)->startio_deferred = DeferredStartIo;
    io_device_of(DeviceObject)->startio_not_cancelable = NonCancelable;
}
