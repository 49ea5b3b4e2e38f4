/*
 * What the tests of plug-ins share: a plug-in that logs what it is told, into the same log as the
 * driver of fx_test.h, and answers as the test wants; the test may look at each notification first.
 *
 * Words of the log: "PREPARE ", "ABANDON ", "REGISTER ", "UNREGISTER ", "STARTED ", "pre0:2 " and
 * "post0:2 " around an F step of component 0 to F2, "D3- " and "D3+ " before and after a D-IRP.
 */
#ifndef PEP_TEST_H
#define PEP_TEST_H

#include "fx_test.h"

#include <pepfx.h>

#include <wdmsim/pep.h>

#define PEP_MOST 0x40u

/* Sees a notification first: true if it has answered it, *answer then goes back. */
typedef bool pep_test_fn(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer);

static struct {
    PEP_KERNEL_INFORMATION kernel;
    PEP_INFORMATION information;
    pep_test_fn *dpm, *ppm, *acpi;
    ULONG dpm_count[PEP_MOST], ppm_count[PEP_MOST], acpi_count[PEP_MOST];
    bool refused[PEP_MOST]; /* DPM notifications that are refused */
    bool declines;          /* it accepts no devices */
    bool hold_pre, hold_post;
    PEP_WORK_INFORMATION work; /* what the next work notification gets */
    BOOLEAN need_work;
    bool quiet;      /* about power */
    POHANDLE device; /* the last registration */
    ULONG components;
    KIRQL irql; /* of the last notification */
} pep;

#define PEP_HANDLE ((PEPHANDLE)(ULONG_PTR)0x1234)

static BOOLEAN pep_test_device(ULONG id, PVOID data) {
    PPEP_NOTIFY_COMPONENT_IDLE_STATE step = data;
    PPEP_DEVICE_POWER_STATE power = data;
    PPEP_REGISTER_DEVICE reg = data;
    switch (id) {
    case PEP_DPM_PREPARE_DEVICE:
        fx_log(&fx, "PREPARE ");
        ((PPEP_PREPARE_DEVICE)data)->DeviceAccepted = !pep.declines;
        return TRUE;
    case PEP_DPM_ABANDON_DEVICE:
        fx_log(&fx, "ABANDON ");
        ((PPEP_ABANDON_DEVICE)data)->DeviceAccepted = TRUE;
        return TRUE;
    case PEP_DPM_REGISTER_DEVICE:
        fx_log(&fx, "REGISTER ");
        reg->DeviceHandle = PEP_HANDLE;
        reg->DeviceAccepted = PepDeviceAccepted;
        pep.device = reg->KernelHandle;
        pep.components = reg->Register->ComponentCount;
        return TRUE;
    case PEP_DPM_UNREGISTER_DEVICE:
        fx_log(&fx, "UNREGISTER ");
        assert_ptr_equal(((PPEP_UNREGISTER_DEVICE)data)->DeviceHandle, PEP_HANDLE);
        return TRUE;
    case PEP_DPM_DEVICE_STARTED:
        fx_log(&fx, "STARTED ");
        return TRUE;
    case PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE:
        assert_ptr_equal(step->DeviceHandle, PEP_HANDLE);
        fx_log(&fx, "%s%u:%u ", step->DriverNotified ? "post" : "pre", step->Component,
               step->IdleState);
        step->Completed = !(step->DriverNotified ? pep.hold_post : pep.hold_pre);
        return TRUE;
    case PEP_DPM_DEVICE_POWER_STATE:
        assert_false(power->SystemTransition);
        if (!pep.quiet)
            fx_log(&fx, "D%u%s ", (unsigned)power->PowerState - 1, power->Complete ? "+" : "-");
        return TRUE;
    case PEP_DPM_WORK:
        ((PPEP_WORK)data)->NeedWork = pep.need_work;
        ((PPEP_WORK)data)->WorkInformation = pep.need_work ? &pep.work : NULL;
        return TRUE;
    default:
        return FALSE;
    }
}

static inline PEPCALLBACKNOTIFYDPM pep_test_dpm;
static inline PEPCALLBACKNOTIFYPPM pep_test_ppm;
static inline PEPCALLBACKNOTIFYACPI pep_test_acpi;

static inline BOOLEAN pep_test_dpm(ULONG id, PVOID data) {
    BOOLEAN answer = FALSE;
    assert_true(id < PEP_MOST);
    pep.dpm_count[id]++;
    pep.irql = KeGetCurrentIrql();
    if (pep.dpm && pep.dpm(NULL, id, data, &answer))
        return answer;
    return !pep.refused[id] && pep_test_device(id, data);
}

static inline BOOLEAN pep_test_ppm(PEPHANDLE handle, ULONG id, PVOID data) {
    BOOLEAN answer = FALSE;
    assert_true(id < PEP_MOST);
    pep.ppm_count[id]++;
    return pep.ppm && pep.ppm(handle, id, data, &answer) ? answer : FALSE;
}

static inline BOOLEAN pep_test_acpi(ULONG id, PVOID data) {
    BOOLEAN answer = FALSE;
    assert_true(id < PEP_MOST);
    pep.acpi_count[id]++;
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    return pep.acpi && pep.acpi(NULL, id, data, &answer) ? answer : FALSE;
}

/* ---- registration ---- */

/* A plug-in that nobody knows yet, and what to register it with. */
static inline void pep_fresh(void) {
    memset(&pep, 0, sizeof pep);
    memset(&fx, 0, sizeof fx);
    pep.information = (PEP_INFORMATION){.Version = PEP_INFORMATION_VERSION,
                                        .Size = sizeof pep.information,
                                        .AcceptDeviceNotification = pep_test_dpm};
    pep.kernel.Version = PEP_KERNEL_INFORMATION_V3;
    pep.kernel.Size = sizeof pep.kernel;
}
static inline void pep_register_plugin(void) {
    assert_int_equal(PoFxRegisterPlugin(&pep.information, &pep.kernel), STATUS_SUCCESS);
}

/* The device's slot is emptied. */
static inline void pep_unplug(void) {
    assert_int_equal(wdmsim_unplug(fx_machine(), fx.node), 0);
    wdmsim_settle(fx_machine());
}

/* A registered plug-in that owns the device `fx`, whose driver has registered, not started. */
static inline void pep_begin_registered(ULONG components, ULONG states) {
    pep_fresh();
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, components, states);
    fx_register(&fx, &d);
}
/* The same, started and settled; the log is empty. */
static inline void pep_begin(ULONG components, ULONG states) {
    pep_begin_registered(components, states);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(fx_machine());
    fx_clear(&fx);
}
/* A device whose power is always required, so that only components matter. */
static inline void pep_begin_on(ULONG components, ULONG states) {
    pep_fresh();
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, components, states);
    d.device.DevicePowerNotRequiredCallback = NULL;
    d.device.DevicePowerRequiredCallback = NULL;
    fx_register(&fx, &d);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(fx_machine());
    fx_clear(&fx);
}

/* The plug-in asks for a worker, which gets pep.work. */
static inline void pep_work(PEP_WORK_TYPE type) {
    pep.work.WorkType = type;
    pep.need_work = TRUE;
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(fx_machine());
}

#endif
