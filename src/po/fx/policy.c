/*
 * The plug-in that serves every device no other plug-in claims, and the drivers' doors to theirs.
 *
 * Its policy is no policy: it changes nothing about an F step, knows no performance states, no
 * power control and no crash-dump devices, and its constraints are what the host has set (see
 * wdmsim_fx_constraint). (wdm/nf-wdm-pofxpowercontrol, -pofxregistercrashdumpdevice,
 * -pofxpoweroncrashdumpdevice)
 */
#include "po/fx/internal.h"

static bool fx_policy_register(struct machine *m, struct fx_device *d) {
    (void)m, (void)d;
    return true;
}

static DEVICE_POWER_STATE fx_policy_d_constraint(struct machine *m, struct fx_device *d) {
    (void)m;
    return d->host_d_constraint ? d->host_d_constraint : PowerDeviceD0;
}

static ULONG fx_policy_f_constraint(struct machine *m, struct fx_device *d, ULONG component) {
    (void)m;
    return d->components[component].host_f_constraint;
}

const struct fx_plugin fx_policy = {
    .name = "built-in",
    .register_device = fx_policy_register,
    .d_constraint = fx_policy_d_constraint,
    .f_constraint = fx_policy_f_constraint,
};

/* ---- power control ---- */

NTSTATUS PoFxPowerControl(POHANDLE Handle, LPCGUID PowerControlCode, PVOID InBuffer,
                          SIZE_T InBufferSize, PVOID OutBuffer, SIZE_T OutBufferSize,
                          PSIZE_T BytesReturned) {
    KI_GATE(PoFxPowerControl);
    struct fx_device *d = fx_device_checked(m, Handle, __builtin_return_address(0));
    SIZE_T none;
    KI_TRACE(m, FX_CALL, "PoFxPowerControl", d->serial);
    if (!d->plugin->power_control)
        return STATUS_NOT_SUPPORTED;
    return d->plugin->power_control(m, d, PowerControlCode, InBuffer, InBufferSize, OutBuffer,
                                    OutBufferSize, BytesReturned ? BytesReturned : &none);
}

NTSTATUS fx_plugin_power_control(struct machine *m, struct fx_device *d, LPCGUID code, PVOID in,
                                 SIZE_T in_size, PVOID out, SIZE_T out_size, PSIZE_T returned) {
    PO_FX_POWER_CONTROL_CALLBACK *routine = d->driver.PowerControlCallback;
    struct fx_call call;
    *returned = 0;
    if (!routine)
        return STATUS_NOT_IMPLEMENTED;
    KIRQL irql = fx_enter(m);
    KI_TRACE(m, FX_CALL, "PowerControlCallback", d->serial);
    fx_call_begin(m, &call, d, irql);
    NTSTATUS status = routine(d->driver.DeviceContext, code, in, in_size, out, out_size, returned);
    fx_call_end(m, &call, "PowerControlCallback");
    fx_leave(m, irql);
    return status;
}

/* ---- crash-dump devices ---- */

NTSTATUS PoFxRegisterCrashdumpDevice(POHANDLE Handle) {
    KI_GATE(PoFxRegisterCrashdumpDevice);
    if (!Handle)
        return STATUS_INVALID_PARAMETER;
    struct fx_device *d = fx_device_checked(m, Handle, __builtin_return_address(0));
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    if (d->plugin->crashdump_register)
        status = d->plugin->crashdump_register(m, d);
    d->crashdump = NT_SUCCESS(status);
    return status;
}

NTSTATUS PoFxPowerOnCrashdumpDevice(POHANDLE Handle, PVOID Context) {
    KI_GATE(PoFxPowerOnCrashdumpDevice);
    struct fx_device *d = fx_device_checked(m, Handle, __builtin_return_address(0));
    if (!d->crashdump || !d->plugin->crashdump_power_on)
        return STATUS_UNSUCCESSFUL;
    return d->plugin->crashdump_power_on(m, d, Context);
}
