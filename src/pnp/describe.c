/*
 * Descriptions of the host's devices, turned into what the built-in bus answers with.
 *
 * A description becomes a slot: wide strings, capabilities, resource lists, all in memory of the
 * machine's lifetime, for a device that was taken out can be put back.
 */
#include <stdio.h>
#include <string.h>

#include "pnp/internal.h"

/* ---- texts ---- */

const WCHAR *pnp_wide(struct machine *m, const char *text) {
    if (!text)
        return NULL;
    UNICODE_STRING wide = io_wide(m, text);
    if (!wide.Buffer)
        return NULL;
    WCHAR *copy = ki_alloc(m, wide.Length + sizeof(WCHAR));
    memcpy(copy, wide.Buffer, wide.Length);
    io_wide_free(m, &wide);
    return copy;
}

/* A list of texts as a multi-string; *size in bytes, with both terminators. */
static WCHAR *pnp_wide_list(struct machine *m, const char *const *list, size_t *size) {
    size_t characters = 1, at = 0;
    for (size_t i = 0; list && list[i]; i++)
        characters += strlen(list[i]) + 1;
    WCHAR *wide = ki_alloc(m, characters * sizeof(WCHAR));
    for (size_t i = 0; list && list[i]; i++) {
        for (const char *c = list[i]; *c; c++)
            wide[at++] = (WCHAR)(uint8_t)*c;
        at++;
    }
    *size = characters * sizeof(WCHAR);
    return wide;
}

const char *const *pnp_intern_list(struct machine *m, const char *const *list) {
    size_t count = 0;
    while (list && list[count])
        count++;
    if (!count)
        return NULL;
    const char **copy = ki_alloc(m, (count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = ki_intern(m, list[i]);
    return copy;
}

static int pnp_hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "{6bdd1fc6-810f-11d0-bec7-08002be2092f}" */
bool pnp_parse_guid(const char *text, GUID *guid) {
    static const signed char order[] = {3,  2, 1, 0,  -1, 5,  4,  -1, 7,  6,
                                        -1, 8, 9, -1, 10, 11, 12, 13, 14, 15};
    uint8_t bytes[16];
    if (!text || *text++ != '{')
        return false;
    for (size_t i = 0; i < sizeof order; i++) {
        if (order[i] < 0) {
            if (*text++ != '-')
                return false;
            continue;
        }
        int high = pnp_hex(*text), low = high < 0 ? -1 : pnp_hex(text[1]);
        if (low < 0)
            return false;
        bytes[order[i]] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    memcpy(guid, bytes, sizeof *guid);
    return text[0] == '}' && !text[1];
}

/* ---- capabilities ---- */

static void pnp_describe_power(DEVICE_CAPABILITIES *c,
                               const struct wdmsim_device_description *description) {
    bool given = false;
    for (size_t i = 0; i < KI_COUNT(description->device_states); i++)
        given |= description->device_states[i] != 0;
    for (int s = PowerSystemWorking; s < POWER_SYSTEM_MAXIMUM; s++) {
        DEVICE_POWER_STATE usual = s == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
        c->DeviceState[s] =
            given ? (DEVICE_POWER_STATE)description->device_states[s - PowerSystemWorking] : usual;
    }
    c->SystemWake = (SYSTEM_POWER_STATE)description->system_wake;
    c->DeviceWake = (DEVICE_POWER_STATE)description->device_wake;
    c->D1Latency = description->latencies[0];
    c->D2Latency = description->latencies[1];
    c->D3Latency = description->latencies[2];
}

static void pnp_describe_capabilities(DEVICE_CAPABILITIES *c,
                                      const struct wdmsim_device_description *description) {
    ULONG flags = description->flags;
    c->Size = sizeof *c;
    c->Version = 1;
    c->Address = description->address;
    c->UINumber = description->ui_number;
    c->Removable = !!(flags & WDMSIM_DEVICE_REMOVABLE);
    c->EjectSupported = !!(flags & WDMSIM_DEVICE_EJECTABLE);
    c->SurpriseRemovalOK = !!(flags & WDMSIM_DEVICE_SURPRISE_OK);
    c->RawDeviceOK = !!(flags & WDMSIM_DEVICE_RAW);
    c->UniqueID = !(flags & WDMSIM_DEVICE_NOT_UNIQUE);
    c->LockSupported = !!(flags & WDMSIM_DEVICE_LOCKABLE);
    c->HardwareDisabled = !!(flags & WDMSIM_DEVICE_DISABLED);
    c->DeviceD1 = !!(flags & WDMSIM_DEVICE_D1);
    c->DeviceD2 = !!(flags & WDMSIM_DEVICE_D2);
    c->WakeFromD0 = !!(flags & WDMSIM_DEVICE_WAKE_D0);
    c->WakeFromD1 = !!(flags & WDMSIM_DEVICE_WAKE_D1);
    c->WakeFromD2 = !!(flags & WDMSIM_DEVICE_WAKE_D2);
    c->WakeFromD3 = !!(flags & WDMSIM_DEVICE_WAKE_D3);
    c->NoDisplayInUI = !!(flags & WDMSIM_DEVICE_NO_DISPLAY);
    pnp_describe_power(c, description);
}

/* ---- resources ---- */

/* Where a resource may lie that does not say so itself. */
static const struct {
    uint64_t minimum, maximum;
    UCHAR type;
    USHORT flags;
} pnp_kinds[] = {
    [WDMSIM_RESOURCE_PORT] = {0x100, 0xffff, CmResourceTypePort, CM_RESOURCE_PORT_IO},
    [WDMSIM_RESOURCE_MEMORY] = {0xc0000000, 0xffffffffff, CmResourceTypeMemory, 0},
    [WDMSIM_RESOURCE_INTERRUPT] = {0, 1023, CmResourceTypeInterrupt, 0},
    [WDMSIM_RESOURCE_MESSAGE] = {0, 0, CmResourceTypeInterrupt,
                                 CM_RESOURCE_INTERRUPT_MESSAGE | CM_RESOURCE_INTERRUPT_LATCHED},
    [WDMSIM_RESOURCE_DMA] = {0, 7, CmResourceTypeDma, 0},
    [WDMSIM_RESOURCE_BUS_NUMBER] = {0, 255, CmResourceTypeBusNumber, 0},
};

static void pnp_describe_wish(const struct wdmsim_resource *r, IO_RESOURCE_DESCRIPTOR *want) {
    uint64_t length = r->length ? r->length : 1;
    uint64_t minimum = r->minimum || r->maximum ? r->minimum : pnp_kinds[r->kind].minimum;
    uint64_t maximum = r->maximum ? r->maximum : pnp_kinds[r->kind].maximum;
    want->Type = pnp_kinds[r->kind].type;
    want->Flags = pnp_kinds[r->kind].flags;
    want->Option = r->alternative ? IO_RESOURCE_ALTERNATIVE : 0;
    want->ShareDisposition = r->shared ? CmResourceShareShared : CmResourceShareDeviceExclusive;
    switch (r->kind) {
    case WDMSIM_RESOURCE_PORT:
    case WDMSIM_RESOURCE_MEMORY:
        want->u.Memory.Length = (ULONG)length;
        want->u.Memory.Alignment = r->alignment ? (ULONG)r->alignment : 1;
        want->u.Memory.MinimumAddress.QuadPart = (LONGLONG)minimum;
        want->u.Memory.MaximumAddress.QuadPart = (LONGLONG)maximum;
        break;
    case WDMSIM_RESOURCE_INTERRUPT:
        want->Flags |= r->latched ? CM_RESOURCE_INTERRUPT_LATCHED : 0;
        want->u.Interrupt.MinimumVector = (ULONG)minimum;
        want->u.Interrupt.MaximumVector = (ULONG)maximum;
        break;
    case WDMSIM_RESOURCE_MESSAGE:
        want->u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - (ULONG)length + 1;
        want->u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN;
        break;
    case WDMSIM_RESOURCE_DMA:
        want->u.Dma.MinimumChannel = (ULONG)minimum;
        want->u.Dma.MaximumChannel = (ULONG)maximum;
        break;
    case WDMSIM_RESOURCE_BUS_NUMBER:
        want->u.BusNumber.Length = (ULONG)length;
        want->u.BusNumber.MinBusNumber = (ULONG)minimum;
        want->u.BusNumber.MaxBusNumber = (ULONG)maximum;
        break;
    }
}

static void pnp_describe_boot(const struct wdmsim_resource *r,
                              CM_PARTIAL_RESOURCE_DESCRIPTOR *have) {
    uint64_t length = r->length ? r->length : 1;
    have->Type = pnp_kinds[r->kind].type;
    have->Flags = pnp_kinds[r->kind].flags;
    have->ShareDisposition = r->shared ? CmResourceShareShared : CmResourceShareDeviceExclusive;
    switch (r->kind) {
    case WDMSIM_RESOURCE_INTERRUPT:
        have->Flags |= r->latched ? CM_RESOURCE_INTERRUPT_LATCHED : 0;
        have->u.Interrupt.Level = have->u.Interrupt.Vector = (ULONG)r->minimum;
        have->u.Interrupt.Affinity = ~(KAFFINITY)0;
        break;
    case WDMSIM_RESOURCE_DMA:
        have->u.Dma.Channel = (ULONG)r->minimum;
        break;
    case WDMSIM_RESOURCE_BUS_NUMBER:
        have->u.BusNumber.Start = (ULONG)r->minimum;
        have->u.BusNumber.Length = (ULONG)length;
        break;
    default:
        have->u.Memory.Start.QuadPart = (LONGLONG)r->minimum;
        have->u.Memory.Length = (ULONG)length;
    }
}

static void pnp_describe_resources(struct machine *m, struct pnp_slot *slot,
                                   const struct wdmsim_device_description *description) {
    size_t count = description->resource_count, boot = 0;
    for (size_t i = 0; i < count; i++)
        boot += description->resources[i].boot;
    if (!count)
        return;
    size_t size = sizeof *slot->requirements + (count - 1) * sizeof(IO_RESOURCE_DESCRIPTOR);
    IO_RESOURCE_REQUIREMENTS_LIST *list = slot->requirements = ki_alloc(m, size);
    list->ListSize = (ULONG)size;
    list->InterfaceType = (INTERFACE_TYPE)description->legacy_bus_type;
    list->BusNumber = description->bus_number;
    list->AlternativeLists = 1;
    list->List[0].Version = list->List[0].Revision = 1;
    list->List[0].Count = (ULONG)count;
    for (size_t i = 0; i < count; i++)
        pnp_describe_wish(&description->resources[i], &list->List[0].Descriptors[i]);
    if (!boot)
        return;
    slot->boot =
        ki_alloc(m, sizeof *slot->boot + (boot - 1) * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR));
    CM_PARTIAL_RESOURCE_LIST *have = &slot->boot->List[0].PartialResourceList;
    slot->boot->Count = 1;
    slot->boot->List[0].InterfaceType = (INTERFACE_TYPE)description->legacy_bus_type;
    slot->boot->List[0].BusNumber = description->bus_number;
    have->Version = have->Revision = 1;
    for (size_t i = 0; i < count; i++)
        if (description->resources[i].boot)
            pnp_describe_boot(&description->resources[i], &have->PartialDescriptors[have->Count++]);
}

/* ---- the slot ---- */

static bool pnp_is_valid(const struct wdmsim_device_description *description) {
    if (!description->device_id || !*description->device_id)
        return false;
    if (description->resource_count && !description->resources)
        return false;
    for (size_t i = 0; i < description->resource_count; i++) {
        const struct wdmsim_resource *r = &description->resources[i];
        if ((size_t)r->kind >= KI_COUNT(pnp_kinds) || (r->maximum && r->maximum < r->minimum) ||
            r->length > UINT32_MAX || (i == 0 && r->alternative))
            return false;
    }
    for (size_t i = 0; i < KI_COUNT(description->device_states); i++)
        if (description->device_states[i] > PowerDeviceD3)
            return false;
    return description->system_wake <= PowerSystemShutdown &&
           description->device_wake <= PowerDeviceD3;
}

static void pnp_describe_ids(struct machine *m, struct pnp_slot *slot,
                             const struct wdmsim_device_description *description) {
    const char *own[] = {description->device_id, NULL};
    char instance[16];
    snprintf(instance, sizeof instance, "%04u", (unsigned)(slot->number - 1));
    slot->device_id = (WCHAR *)pnp_wide(m, description->device_id);
    slot->instance_id =
        (WCHAR *)pnp_wide(m, description->instance_id ? description->instance_id : instance);
    slot->container_id = (WCHAR *)pnp_wide(m, description->container_id);
    slot->description = (WCHAR *)pnp_wide(m, description->description);
    slot->location = (WCHAR *)pnp_wide(m, description->location);
    slot->hardware_ids = pnp_wide_list(
        m, description->hardware_ids ? description->hardware_ids : own, &slot->hardware_size);
    if (description->compatible_ids)
        slot->compatible_ids =
            pnp_wide_list(m, description->compatible_ids, &slot->compatible_size);
}

static void pnp_describe_rest(struct machine *m, struct pnp_slot *slot,
                              const struct wdmsim_device_description *description) {
    const char *function[] = {description->function, NULL};
    slot->flags = description->flags;
    pnp_describe_capabilities(&slot->capabilities, description);
    pnp_describe_resources(m, slot, description);
    slot->has_bus_information =
        pnp_parse_guid(description->bus_type, &slot->bus_information.BusTypeGuid);
    slot->bus_information.LegacyBusType = (INTERFACE_TYPE)description->legacy_bus_type;
    slot->bus_information.BusNumber = description->bus_number;
    if (description->config && description->config_size) {
        slot->config = ki_alloc(m, description->config_size);
        slot->initial_config = ki_alloc(m, description->config_size);
        memcpy(slot->config, description->config, description->config_size);
        memcpy(slot->initial_config, description->config, description->config_size);
        slot->config_size = description->config_size;
    }
    slot->drivers[PNP_BUS_FILTER] = pnp_intern_list(m, description->bus_filters);
    slot->drivers[PNP_LOWER_FILTER] = pnp_intern_list(m, description->lower_filters);
    slot->drivers[PNP_FUNCTION] = pnp_intern_list(m, function);
    slot->drivers[PNP_UPPER_FILTER] = pnp_intern_list(m, description->upper_filters);
}

struct pnp_slot *pnp_slot_create(struct machine *m, struct pnp_slot *bus,
                                 const struct wdmsim_device_description *description) {
    if (!pnp_is_valid(description))
        return NULL;
    struct pnp_slot *slot = ki_alloc(m, sizeof *slot);
    pnp_slot_register(m, slot, bus);
    pnp_describe_ids(m, slot, description);
    pnp_describe_rest(m, slot, description);
    return slot;
}
