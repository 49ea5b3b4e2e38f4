/*
 * Devices of plug-ins: who owns one, and what the framework asks of the owner.
 * (kernel/dpm-notifications, pepfx/ns-pepfx-_pep_prepare_device, …_register_device_v2 …)
 *
 * A device is prepared when its stack has been built and before it is started for the first time;
 * the first plug-in that accepts it owns it till the stack is gone, and is the only one that its
 * driver's registration is shown to. A device without an owner is the built-in policy's.
 *
 * Judgements. A device that still has a registration when its stack goes is abandoned with its
 * registration's end. The framework does not ask for D states of its own, so the flag
 * PEP_DEVICE_FLAG_POWER_REQUIRED is never set.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/processor.h"
#include "po/pep/platform.h"

/* ---- claims ---- */

UNICODE_STRING pep_text(struct machine *m, const char *utf8) {
    ULONG length = (ULONG)strlen(utf8), bytes = 0;
    UNICODE_STRING text = {0};
    text.Buffer = mm_pool_allocate_zeroed(m, NonPagedPoolNx, (length + 1) * sizeof(WCHAR), PEP_TAG);
    if (!text.Buffer)
        return text;
    RtlUTF8ToUnicodeN(text.Buffer, length * sizeof(WCHAR), &bytes, utf8, length);
    text.Length = (USHORT)bytes;
    text.MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    return text;
}

static struct pep_claim **pep_claim_find(struct pep_part *pep, ULONG serial) {
    struct pep_claim **link = &pep->claims[serial % PEP_CLAIM_BUCKETS];
    while (*link && (*link)->serial != serial)
        link = &(*link)->next;
    return link;
}

static void pep_prepare(struct machine *m, struct pnp_node *node) {
    struct pep_part *pep = m->pep;
    struct pep_claim **link = pep_claim_find(pep, node->serial);
    if (*link || !pep->plugin_count)
        return;
    UNICODE_STRING id = pep_text(m, node->path);
    struct pep_claim *claim =
        id.Buffer ? mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *claim, PEP_TAG) : NULL;
    for (unsigned i = 0; claim && i < pep->plugin_count; i++) {
        PEP_PREPARE_DEVICE prepare = {.DeviceId = &id};
        if (!pep_dpm(m, pep->plugins[i], NULL, PEP_DPM_PREPARE_DEVICE, &prepare) ||
            !prepare.DeviceAccepted)
            continue;
        *claim = (struct pep_claim){.plugin = pep->plugins[i], .serial = node->serial, .id = id};
        link = pep_claim_find(pep, node->serial);
        claim->next = *link;
        *link = claim;
        return;
    }
    if (claim)
        mm_pool_free(m, claim, PEP_TAG);
    if (id.Buffer)
        mm_pool_free(m, id.Buffer, PEP_TAG);
}

static void pep_abandon(struct machine *m, ULONG serial) {
    struct pep_claim **link = pep_claim_find(m->pep, serial), *claim = *link;
    if (!claim || pep_device_by_node(m, serial))
        return;
    *link = claim->next;
    PEP_ABANDON_DEVICE abandon = {.DeviceId = &claim->id};
    pep_dpm(m, claim->plugin, NULL, PEP_DPM_ABANDON_DEVICE, &abandon);
    mm_pool_free(m, claim->id.Buffer, PEP_TAG);
    mm_pool_free(m, claim, PEP_TAG);
}

void pep_device_observe(struct machine *m, struct pnp_node *node, enum pnp_event event) {
    if (event == PNP_EVENT_ADDED)
        pep_prepare(m, node);
    else if (event == PNP_EVENT_REMOVED || event == PNP_EVENT_DELETED)
        pep_abandon(m, node->serial);
}

/* ---- registration ---- */

struct pep_device *pep_device_register(struct machine *m, struct pep_plugin *plugin,
                                       const UNICODE_STRING *id, struct pep_device *blank,
                                       PEP_DEVICE_REGISTER_V2 *description) {
    PEP_REGISTER_DEVICE_V2 message = {.DeviceId = id,
                                      .KernelHandle = pep_handle(blank),
                                      .Register = description,
                                      .DeviceAccepted = PepDeviceNotAccepted};
    blank->signature = PEP_DEVICE_SIGNATURE;
    blank->plugin = plugin;
    InsertTailList(&m->pep->devices, &blank->link); /* it may be named from now on */
    BOOLEAN handled = pep_dpm(m, plugin, blank, PEP_DPM_REGISTER_DEVICE, &message);
    if (handled && message.DeviceAccepted == PepDeviceAccepted) {
        blank->handle = message.DeviceHandle;
        return blank;
    }
    if (KI_UNLIKELY(handled && message.DeviceAccepted != PepDeviceNotAccepted))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x617, (ULONG_PTR)plugin, (ULONG_PTR)id,
                    (ULONG_PTR)description,
                    "the plug-in %s answered a registration with acceptance %d", plugin->name,
                    (int)message.DeviceAccepted);
    RemoveEntryList(&blank->link);
    blank->plugin = NULL;
    return NULL;
}

/* What the driver registered, as a plug-in sees it; in one pool block. */
static PEP_DEVICE_REGISTER_V2 *pep_describe(struct machine *m, const struct fx_device *fx) {
    ULONG count = fx->component_count;
    size_t head = FIELD_OFFSET(PEP_DEVICE_REGISTER_V2, Components) + count * sizeof(PVOID);
    PEP_DEVICE_REGISTER_V2 *to = mm_pool_allocate_zeroed(
        m, NonPagedPoolNx, head + count * sizeof(PEP_COMPONENT_V2), PEP_TAG);
    if (!to)
        return NULL;
    PEP_COMPONENT_V2 *components = (PEP_COMPONENT_V2 *)((char *)to + head);
    to->ComponentCount = count;
    for (ULONG i = 0; i < count; i++) {
        const struct fx_component *c = &fx->components[i];
        to->Components[i] = &components[i];
        components[i] = (PEP_COMPONENT_V2){.Id = c->id,
                                           .Flags = c->flags,
                                           .DeepestWakeableIdleState = c->deepest_wake,
                                           .IdleStateCount = c->state_count,
                                           .IdleStates = (PPO_FX_COMPONENT_IDLE_STATE)c->states};
    }
    return to;
}

static bool pep_fx_register(struct machine *m, struct fx_device *fx) {
    struct pep_claim *claim = *pep_claim_find(m->pep, fx->serial);
    if (!claim)
        return false;
    PEP_DEVICE_REGISTER_V2 *description = pep_describe(m, fx);
    struct pep_device *d =
        description ? mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *d, PEP_TAG) : NULL;
    bool accepted = false;
    if (d) {
        d->fx = fx;
        d->serial = fx->serial;
        d->component_count = fx->component_count;
        fx->plugin_data = d;
        accepted = pep_device_register(m, claim->plugin, &claim->id, d, description) != NULL;
    }
    if (d && !accepted)
        mm_pool_free(m, d, PEP_TAG);
    if (description)
        mm_pool_free(m, description, PEP_TAG);
    if (accepted)
        pep_constraints_query(m, d);
    return accepted;
}

static void pep_fx_unregister(struct machine *m, struct fx_device *fx) {
    struct pep_device *d = fx->plugin_data;
    PEP_UNREGISTER_DEVICE message = {.DeviceHandle = d->handle};
    pep_dpm(m, d->plugin, d, PEP_DPM_UNREGISTER_DEVICE, &message);
    RemoveEntryList(&d->link);
    d->signature = 0;
    pep_constraints_free(m, d);
    mm_pool_free(m, d, PEP_TAG);
    fx->plugin_data = NULL;
    if (fx->node->state >= WDMSIM_NODE_REMOVED)
        pep_abandon(m, fx->serial);
}

/* ---- what goes on between ---- */

static void pep_fx_started(struct machine *m, struct fx_device *fx) {
    struct pep_device *d = fx->plugin_data;
    PEP_DEVICE_STARTED message = {.DeviceHandle = d->handle};
    d->started = true;
    pep_dpm(m, d->plugin, d, PEP_DPM_DEVICE_STARTED, &message);
}

static void pep_fx_power(struct machine *m, struct fx_device *fx, DEVICE_POWER_STATE state,
                         bool complete) {
    struct pep_device *d = fx->plugin_data;
    PEP_DEVICE_POWER_STATE message = {
        .DeviceHandle = d->handle, .PowerState = state, .Complete = complete};
    pep_dpm(m, d->plugin, d, PEP_DPM_DEVICE_POWER_STATE, &message);
}

static enum fx_answer pep_fx_idle_state(struct machine *m, struct fx_device *fx, ULONG component,
                                        ULONG state, bool notified) {
    struct pep_device *d = fx->plugin_data;
    PEP_NOTIFY_COMPONENT_IDLE_STATE message = {.DeviceHandle = d->handle,
                                               .Component = component,
                                               .IdleState = state,
                                               .DriverNotified = notified};
    pep_dpm(m, d->plugin, d, PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE, &message);
    return message.Completed ? FX_DONE : FX_LATER;
}

static NTSTATUS pep_fx_control(struct machine *m, struct fx_device *fx, LPCGUID code, PVOID in,
                               SIZE_T in_size, PVOID out, SIZE_T out_size, PSIZE_T returned) {
    struct pep_device *d = fx->plugin_data;
    PEP_POWER_CONTROL_REQUEST message = {.DeviceHandle = d->handle,
                                         .PowerControlCode = code,
                                         .InBuffer = in,
                                         .InBufferSize = in_size,
                                         .OutBuffer = out,
                                         .OutBufferSize = out_size};
    d->controlled = true;
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_POWER_CONTROL_REQUEST, &message))
        return STATUS_NOT_IMPLEMENTED;
    if (returned)
        *returned = message.BytesReturned;
    return message.Status;
}

static NTSTATUS pep_fx_crashdump(struct machine *m, struct fx_device *fx) {
    struct pep_device *d = fx->plugin_data;
    PEP_REGISTER_CRASHDUMP_DEVICE message = {.DeviceHandle = d->handle};
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_REGISTER_CRASHDUMP_DEVICE, &message))
        return STATUS_UNSUCCESSFUL;
    d->power_on = message.PowerOnDumpDeviceCallback;
    return d->power_on ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/* As in a crash: HIGH_LEVEL, interrupts off. */
static NTSTATUS pep_fx_crashdump_on(struct machine *m, struct fx_device *fx, PVOID context) {
    struct pep_device *d = fx->plugin_data;
    PEP_CRASHDUMP_INFORMATION information = {.DeviceHandle = d->handle, .DeviceContext = context};
    if (!d->power_on)
        return STATUS_UNSUCCESSFUL;
    bool off = m->cpu->interrupts_off;
    KIRQL irql = ki_raise(m, HIGH_LEVEL);
    if (!off)
        ki_set_interrupts(m, m->cpu, false);
    BOOLEAN powered = d->power_on(&information);
    if (!off)
        ki_set_interrupts(m, m->cpu, true);
    ki_lower(m, irql);
    return powered ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/* Of the deepest platform state, the last one. */
static DEVICE_POWER_STATE pep_fx_d_constraint(struct machine *m, struct fx_device *fx) {
    const struct pep_device *d = fx->plugin_data;
    (void)m;
    return d && d->d_minimum ? d->d_minimum[d->constraint_count - 1] : PowerDeviceD0;
}

static ULONG pep_fx_f_constraint(struct machine *m, struct fx_device *fx, ULONG component) {
    const struct pep_device *d = fx->plugin_data;
    if (!d || !d->f_minimum || pep_fx_d_constraint(m, fx) > PowerDeviceD0)
        return 0;
    return d->f_minimum[component * d->constraint_count + d->constraint_count - 1];
}

const struct fx_plugin pep_fx_plugin = {
    .name = "platform extension",
    .register_device = pep_fx_register,
    .unregister_device = pep_fx_unregister,
    .device_started = pep_fx_started,
    .device_power = pep_fx_power,
    .idle_state = pep_fx_idle_state,
    .power_control = pep_fx_control,
    .perf_register = pep_perf_register,
    .perf_request = pep_perf_request,
    .perf_query = pep_perf_query,
    .crashdump_register = pep_fx_crashdump,
    .crashdump_power_on = pep_fx_crashdump_on,
    .d_constraint = pep_fx_d_constraint,
    .f_constraint = pep_fx_f_constraint,
};
