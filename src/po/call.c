/*
 * Power IRPs on their way through a stack: what the I/O manager leaves to the power manager when a
 * driver's dispatch routine is to be called with one, PoCallDriver and PoStartNextPowerIrp.
 *
 * wdm/nf-wdm-pocalldriver, -postartnextpowerirp; kernel/passing-power-irps
 */
#include "po/po.h"

/* A pageable driver cannot be called at DISPATCH_LEVEL. */
static _Noreturn void po_call_too_high(struct machine *m, PDEVICE_OBJECT device, PIRP irp) {
    ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x404, 0, (ULONG_PTR)IoGetCurrentIrpStackLocation(irp),
                (ULONG_PTR)device,
                "irp %u, a power IRP, was sent at %s to %s, which is pageable (DO_POWER_PAGABLE)",
                io_irp_serial(irp), ki_irql_name(m->cpu->irql), io_device_of(device)->text);
}

/* A driver's turn to say PoStartNextPowerIrp begins. */
static void po_visit(struct po_irp *p, PDEVICE_OBJECT device) {
    if (p->visits < PO_VISITS) {
        p->visit[p->visits].device = device;
        /* The bus driver completes the IRP in its dispatch routine and says so there, or not. */
        p->visit[p->visits].next = false;
    }
    p->visits++;
}

/* What a thread may not take along from a dispatch routine. */
static void po_check_apcs(struct machine *m, PDEVICE_OBJECT device, PIRP irp, uint32_t serial,
                          SHORT before, SHORT after) {
    if (KI_LIKELY(before == after) || !(m->flags & WDMSIM_CHECK_RULES))
        return;
    ki_bugcheck(
        m, INTERNAL_POWER_ERROR, 0x901, (ULONG_PTR)device, (ULONG_PTR)irp,
        (ULONG_PTR)(ULONG)(before - after),
        "the power dispatch routine of %s left the thread with %s kernel APCs than it found, "
        "after irp %u",
        io_device_of(device)->text, after < before ? "more disabled" : "fewer disabled", serial);
}

static NTSTATUS po_call(struct machine *m, PDEVICE_OBJECT device, PIRP irp,
                        PDRIVER_DISPATCH dispatch) {
    if (KI_UNLIKELY(m->cpu->irql >= DISPATCH_LEVEL && device->Flags & DO_POWER_PAGABLE))
        po_call_too_high(m, device, irp);
    struct po_irp *p = po_irp_of(irp);
    if (KI_UNLIKELY(m->po->legacy) && p)
        po_visit(p, device);
    if (m->cpu->irql >= DISPATCH_LEVEL)
        return dispatch(device, irp);
    PKTHREAD thread = ki_current_thread(m);
    SHORT before = thread->kernel_apc_disable;
    uint32_t serial = io_irp_serial(irp);
    NTSTATUS status = dispatch(device, irp);
    m = ki_self();
    if (m->cpu->thread == thread)
        po_check_apcs(m, device, irp, serial, before, thread->kernel_apc_disable);
    return status;
}

NTSTATUS PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KI_GATE(PoCallDriver);
    (void)m;
    return IofCallDriver(DeviceObject, Irp);
}

VOID PoStartNextPowerIrp(PIRP Irp) {
    KI_GATE(PoStartNextPowerIrp);
    struct po_irp *p = po_irp_of(Irp);
    if (!m->po->legacy || !p || Irp->CurrentLocation > Irp->StackCount)
        return;
    PDEVICE_OBJECT device = IoGetCurrentIrpStackLocation(Irp)->DeviceObject;
    for (ULONG i = 0; i < p->visits && i < PO_VISITS; i++)
        if (p->visit[i].device == device)
            p->visit[i].next = true;
}

void po_calls_start(struct machine *m) { m->io->power_call = po_call; }
