/*
 * Asking a new device who it is: ids, capabilities, texts, bus, resources.
 *
 * At this time the stack is the PDO alone, perhaps with bus filters. The questions come in the
 * order of kernel/adding-a-pnp-device-to-a-running-system, or by choice in another. A device
 * without a device id is of no use; what else is missing has a default. Two present devices with
 * the same device and instance id below one driver are a bug check.
 *
 * wdm irp-mn-query-id, irp-mn-query-capabilities; debugger bug-check-0xca
 */
#include <stdio.h>
#include <string.h>

#include "pnp/internal.h"

#include "ki/choose.h"

enum { PNP_ID_LIMIT = 200 }; /* characters of one id with its terminator */

/* P4 of 0xCA/3. */
static const ULONG pnp_id_kind[] = {
    [BusQueryDeviceID] = 1,
    [BusQueryInstanceID] = 2,
    [BusQueryHardwareIDs] = 3,
    [BusQueryCompatibleIDs] = 4,
};

static _Noreturn void pnp_bad_id(struct machine *m, struct pnp_node *node, BUS_QUERY_ID_TYPE type,
                                 const WCHAR *id, const char *what) {
    ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_BAD_ID, (ULONG_PTR)node->pdo, (ULONG_PTR)id,
                pnp_id_kind[type], "the bus driver of %s returned an id that %s", pnp_text(node),
                what);
}

/* Checks one id and returns its length. */
static size_t pnp_check_id(struct machine *m, struct pnp_node *node, BUS_QUERY_ID_TYPE type,
                           const WCHAR *id, const WCHAR *buffer) {
    size_t length = 0;
    bool space = false;
    for (; id[length]; length++) {
        if (length + 1 >= PNP_ID_LIMIT)
            pnp_bad_id(m, node, type, buffer, "is not terminated within 200 characters");
        if (id[length] < 0x20 || id[length] > 0x7f || id[length] == L',')
            pnp_bad_id(m, node, type, buffer, "contains a character that is not allowed");
        space |= id[length] == L' ';
    }
    if (space)
        pnp_report(m, "%s: the bus driver returned an id with a space in it", pnp_text(node));
    return length;
}

static void pnp_check_ids(struct machine *m, struct pnp_node *node, BUS_QUERY_ID_TYPE type,
                          const WCHAR *ids) {
    const WCHAR *id = ids;
    if (type == BusQueryHardwareIDs || type == BusQueryCompatibleIDs)
        while (*id)
            id += pnp_check_id(m, node, type, id, ids) + 1;
    else if (type != BusQueryContainerID)
        pnp_check_id(m, node, type, id, ids);
}

/*
 * The bus driver's string, or NULL. A device whose name there was no memory for is not one without:
 * it is not identified, and others of its bus are not taken for it. (Judgement: the docs are
 * silent.)
 */
static WCHAR *pnp_query_id(struct machine *m, struct pnp_node *node, BUS_QUERY_ID_TYPE type) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_ID};
    IO_STATUS_BLOCK iosb = {0};
    stack.Parameters.QueryId.IdType = type;
    NTSTATUS status = pnp_send(m, node->pdo, &stack, &iosb);
    if (status == STATUS_INSUFFICIENT_RESOURCES &&
        (type == BusQueryDeviceID || type == BusQueryInstanceID))
        pnp_set_problem(node, WDMSIM_PROBLEM_INVALID_DATA, status);
    if (!NT_SUCCESS(status))
        return NULL;
    WCHAR *ids = (WCHAR *)iosb.Information;
    if (ids)
        pnp_check_ids(m, node, type, ids);
    return ids;
}

static WCHAR *pnp_query_text(struct machine *m, struct pnp_node *node, DEVICE_TEXT_TYPE type) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_DEVICE_TEXT};
    IO_STATUS_BLOCK iosb = {0};
    stack.Parameters.QueryDeviceText.DeviceTextType = type;
    stack.Parameters.QueryDeviceText.LocaleId = 0x409;
    return NT_SUCCESS(pnp_send(m, node->pdo, &stack, &iosb)) ? (WCHAR *)iosb.Information : NULL;
}

static void pnp_query_bus(struct machine *m, struct pnp_node *node) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_BUS_INFORMATION};
    IO_STATUS_BLOCK iosb = {0};
    if (!NT_SUCCESS(pnp_send(m, node->pdo, &stack, &iosb)) || !iosb.Information)
        return;
    node->bus_information = *(PNP_BUS_INFORMATION *)iosb.Information;
    node->has_bus_information = true;
    pnp_free(m, (void *)iosb.Information);
}

void pnp_query_requirements(struct machine *m, struct pnp_node *node) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_RESOURCE_REQUIREMENTS};
    IO_STATUS_BLOCK iosb = {0};
    pnp_free(m, node->requirements);
    node->requirements = NULL;
    if (NT_SUCCESS(pnp_send(m, node->pdo, &stack, &iosb)))
        node->requirements = (IO_RESOURCE_REQUIREMENTS_LIST *)iosb.Information;
}

static void pnp_query_resources(struct machine *m, struct pnp_node *node) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_RESOURCES};
    IO_STATUS_BLOCK iosb = {0};
    if (NT_SUCCESS(pnp_send(m, node->pdo, &stack, &iosb)))
        node->boot = (CM_RESOURCE_LIST *)iosb.Information;
}

/* ---- capabilities ---- */

/* What nobody answers: on in S0, off in every other system state. */
static void pnp_default_capabilities(DEVICE_CAPABILITIES *capabilities) {
    for (int state = PowerSystemWorking; state < POWER_SYSTEM_MAXIMUM; state++)
        if (capabilities->DeviceState[state] == PowerDeviceUnspecified)
            capabilities->DeviceState[state] =
                state == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
}

/* Drivers above the bus driver may restrict what it said, never loosen it. */
static void pnp_compare_capabilities(struct machine *m, struct pnp_node *node,
                                     const DEVICE_CAPABILITIES *before,
                                     const DEVICE_CAPABILITIES *after) {
    for (int state = PowerSystemWorking; state < POWER_SYSTEM_MAXIMUM; state++)
        if (after->DeviceState[state] < before->DeviceState[state])
            pnp_report(m,
                       "%s: a driver above the bus driver loosened DeviceState of S%d: D%d, it "
                       "was D%d",
                       pnp_text(node), state - 1, after->DeviceState[state] - 1,
                       before->DeviceState[state] - 1);
    if (after->SystemWake > before->SystemWake || after->DeviceWake > before->DeviceWake)
        pnp_report(m, "%s: a driver above the bus driver deepened SystemWake or DeviceWake",
                   pnp_text(node));
    if (after->DeviceD1 != before->DeviceD1 || after->DeviceD2 != before->DeviceD2 ||
        after->WakeFromD0 != before->WakeFromD0 || after->WakeFromD1 != before->WakeFromD1 ||
        after->WakeFromD2 != before->WakeFromD2 || after->WakeFromD3 != before->WakeFromD3)
        pnp_report(m, "%s: a driver above the bus driver changed DeviceD1, D2 or WakeFromDx",
                   pnp_text(node));
}

void pnp_query_capabilities(struct machine *m, struct pnp_node *node) {
    DEVICE_CAPABILITIES capabilities = {
        .Size = sizeof capabilities, .Version = 1, .Address = ~0u, .UINumber = ~0u};
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_CAPABILITIES};
    IO_STATUS_BLOCK iosb = {0};
    stack.Parameters.DeviceCapabilities.Capabilities = &capabilities;
    bool again = node->capabilities_known;
    bool answered = NT_SUCCESS(pnp_send(m, node->pdo, &stack, &iosb));
    if (!answered && again)
        return;
    pnp_default_capabilities(&capabilities);
    if (again)
        pnp_compare_capabilities(m, node, &node->capabilities, &capabilities);
    node->capabilities = capabilities;
    node->capabilities_known = true;
    pnp_notify(m, node, PNP_EVENT_CAPABILITIES);
}

/* ---- the instance path ---- */

static uint32_t pnp_parent_hash(const struct pnp_node *node) {
    uint32_t hash = 2166136261u;
    for (const char *c = node->parent->path; c && *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    return hash & 0xfffffff;
}

/* An id that is unique below its parent only is told apart by the parent. */
static char *pnp_make_path(struct machine *m, const struct pnp_node *node) {
    char prefix[40] = "";
    const WCHAR *device = node->device_id, *instance = node->instance_id ? node->instance_id : L"0";
    size_t device_length = 0, instance_length = 0;
    while (device[device_length])
        device_length++;
    while (instance[instance_length])
        instance_length++;
    if (!node->capabilities.UniqueID)
        snprintf(prefix, sizeof prefix, "%x&%x&", node->level, pnp_parent_hash(node));
    size_t size = device_length + strlen(prefix) + instance_length + 2;
    char *path = mm_pool_allocate(m, PagedPool, size, PNP_TAG);
    if (!path)
        return NULL;
    char *out = path;
    for (size_t i = 0; i < device_length; i++)
        *out++ = (char)device[i];
    *out++ = '\\';
    for (const char *c = prefix; *c; c++)
        *out++ = *c;
    for (size_t i = 0; i < instance_length; i++)
        *out++ = (char)instance[i];
    *out = 0;
    return path;
}

/* Another present device of that name: the bus driver's error, or another bus's device. */
static bool pnp_is_duplicate(struct machine *m, struct pnp_node *node, const char *path) {
    const struct pnp_node *older = pnp_node_by_path(m, path);
    if (!older || !older->present)
        return false;
    if (older->pdo->DriverObject == node->pdo->DriverObject)
        ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_DUPLICATE_PDO, (ULONG_PTR)node->pdo,
                    (ULONG_PTR)older->pdo, 0,
                    "the bus driver %s reported two devices with the ids %s",
                    io_driver_of(node->pdo->DriverObject)->text, path);
    return true;
}

/* ---- all of it ---- */

static void pnp_query_device_id(struct machine *m, struct pnp_node *node) {
    node->device_id = pnp_query_id(m, node, BusQueryDeviceID);
}
static void pnp_query_instance_id(struct machine *m, struct pnp_node *node) {
    node->instance_id = pnp_query_id(m, node, BusQueryInstanceID);
}
static void pnp_query_hardware_ids(struct machine *m, struct pnp_node *node) {
    node->hardware_ids = pnp_query_id(m, node, BusQueryHardwareIDs);
}
static void pnp_query_compatible_ids(struct machine *m, struct pnp_node *node) {
    node->compatible_ids = pnp_query_id(m, node, BusQueryCompatibleIDs);
}
static void pnp_query_container_id(struct machine *m, struct pnp_node *node) {
    node->container_id = pnp_query_id(m, node, BusQueryContainerID);
}
static void pnp_query_description(struct machine *m, struct pnp_node *node) {
    node->description = pnp_query_text(m, node, DeviceTextDescription);
}
static void pnp_query_location(struct machine *m, struct pnp_node *node) {
    node->location = pnp_query_text(m, node, DeviceTextLocationInformation);
}

/*
 * The docs leave the order open. By choice it begins with any of these and goes on around, so that
 * of any two each may come first; by default it is theirs.
 */
static void pnp_query_all(struct machine *m, struct pnp_node *node) {
    static void (*const queries[])(struct machine * m, struct pnp_node * node) = {
        pnp_query_device_id,      pnp_query_instance_id,  pnp_query_hardware_ids,
        pnp_query_compatible_ids, pnp_query_container_id, pnp_query_capabilities,
        pnp_query_description,    pnp_query_location,     pnp_query_bus,
        pnp_query_resources,      pnp_query_requirements,
    };
    unsigned first = ki_choose(m, WDMSIM_CHOICE_POWER, KI_COUNT(queries));
    for (unsigned i = 0; i < KI_COUNT(queries); i++)
        queries[(first + i) % KI_COUNT(queries)](m, node);
}

void pnp_identify(struct machine *m, struct pnp_node *node) {
    pnp_query_all(m, node);
    bool has_id = node->device_id && *node->device_id;
    node->identified = true;
    if (node->problem == WDMSIM_PROBLEM_INVALID_DATA)
        return;
    char *path = has_id ? pnp_make_path(m, node) : NULL;
    if (!path) {
        pnp_set_problem(node, WDMSIM_PROBLEM_INVALID_DATA, STATUS_INVALID_PARAMETER);
        return;
    }
    bool duplicate = pnp_is_duplicate(m, node, path);
    pnp_set_path(m, node, path);
    pnp_find_match(m, node);
    pnp_send_minor(m, node, IRP_MN_DEVICE_ENUMERATED);
    pnp_notify(m, node, PNP_EVENT_IDENTIFIED);
    if (duplicate)
        pnp_set_problem(node, WDMSIM_PROBLEM_DUPLICATE, STATUS_OBJECT_NAME_COLLISION);
}
