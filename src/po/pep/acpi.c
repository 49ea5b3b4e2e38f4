/*
 * The ACPI namespace as far as plug-ins serve it: devices that the host puts there, and the methods
 * that a plug-in has under them. (kernel/acpi-notifications, kernel/using-peps-for-acpi-services)
 *
 * A device is offered to each plug-in with AcceptAcpiNotification until one claims it; that one is
 * asked for the objects under the device, for what each of them is, and for the resources that
 * controlling its power needs, which come back to it translated. There is no firmware behind it: a
 * method that the plug-in does not have does not exist.
 *
 * A method may end later, as work. Whoever evaluates waits for it, up to a minute of virtual time.
 *
 * Judgements. A plug-in that asks for a larger buffer is asked a second time, once. Names under a
 * device are those that the plug-in enumerated; evaluating another asks nobody.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/trace.h"
#include "po/pep/resources.h"

#define PEP_ACPI_PATIENCE (60 * 10000000ll) /* 100 ns */

struct pep_acpi_device {
    struct pep_acpi_device *next;
    const char *name;
    UNICODE_STRING wide;
    struct pep_plugin *plugin;
    PEPHANDLE handle;
    struct wdmsim_acpi_object *objects;
    ULONG object_count;
    UCHAR *resources; /* bytes of the firmware's form */
    ULONG resource_size;
    ULONG notified, last;
};

/* A method that is being evaluated; what the plug-in gets as CompletionContext. */
struct pep_evaluation {
    struct pep_evaluation *next;
    struct pep_acpi_device *device;
    KEVENT done;
    bool over, abandoned;
    NTSTATUS status;
    SIZE_T size; /* of the output */
    UCHAR *output;
};

struct pep_acpi {
    struct pep_acpi_device *devices; /* the newest first */
    struct pep_evaluation *evaluations;
};

static POHANDLE pep_acpi_handle(struct pep_acpi_device *d) { return (POHANDLE)(void *)d; }

static struct pep_acpi_device *pep_acpi_find(struct machine *m, const char *name) {
    struct pep_acpi_device *d = m->pep->acpi ? m->pep->acpi->devices : NULL;
    while (d && strcmp(d->name, name))
        d = d->next;
    return d;
}

static struct pep_acpi_device *pep_acpi_by_handle(struct machine *m, struct pep_plugin *plugin,
                                                  POHANDLE handle) {
    struct pep_acpi_device *d = m->pep->acpi ? m->pep->acpi->devices : NULL;
    while (d && (pep_acpi_handle(d) != handle || d->plugin != plugin))
        d = d->next;
    return d;
}

/* ---- a device's coming ---- */

static void pep_acpi_describe(struct machine *m, struct pep_acpi_device *d, ULONG index,
                              const PEP_ACPI_OBJECT_NAME_WITH_TYPE *object) {
    struct wdmsim_acpi_object *to = &d->objects[index];
    PEP_ACPI_QUERY_OBJECT_INFORMATION query = {
        .DeviceHandle = d->handle, .Name = object->Name, .Type = object->Type};
    memcpy(to->name, object->Name.Name, 4);
    to->type = (uint32_t)object->Type;
    if (!pep_acpi(m, d->plugin, PEP_NOTIFY_ACPI_QUERY_OBJECT_INFORMATION, &query))
        return;
    to->flags = query.ObjectFlags;
    to->inputs = query.MethodObject.InputArgumentCount;
    to->outputs = query.MethodObject.OutputArgumentCount;
}

/* Asks for the objects with room for `room` of them: the number, or what it should have been. */
static ULONG pep_acpi_enumerate(struct machine *m, struct pep_acpi_device *d, ULONG room,
                                bool *again) {
    size_t size = FIELD_OFFSET(PEP_ACPI_ENUMERATE_DEVICE_NAMESPACE, Objects) +
                  room * sizeof(PEP_ACPI_OBJECT_NAME_WITH_TYPE);
    PEP_ACPI_ENUMERATE_DEVICE_NAMESPACE *query =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size, PEP_TAG);
    ULONG count = 0;
    *again = false;
    if (!query)
        return 0;
    query->DeviceHandle = d->handle;
    query->ObjectBufferSize = room * sizeof query->Objects[0];
    pep_acpi(m, d->plugin, PEP_NOTIFY_ACPI_ENUMERATE_DEVICE_NAMESPACE, query);
    if (query->Status == STATUS_BUFFER_TOO_SMALL) {
        ULONG asked = (ULONG)(query->ObjectBufferSize / sizeof query->Objects[0]);
        *again = true;
        count = asked > query->ObjectCount ? asked : query->ObjectCount;
    } else if (NT_SUCCESS(query->Status)) {
        count = query->ObjectCount < room ? query->ObjectCount : room;
        d->objects = count ? mm_pool_allocate_zeroed(m, NonPagedPoolNx,
                                                     count * sizeof d->objects[0], PEP_TAG)
                           : NULL;
        d->object_count = d->objects ? count : 0;
        for (ULONG i = 0; i < d->object_count; i++)
            pep_acpi_describe(m, d, i, &query->Objects[i]);
    }
    mm_pool_free(m, query, PEP_TAG);
    return count;
}

static void pep_acpi_translate(struct machine *m, struct pep_acpi_device *d) {
    ULONG count = pep_translate_resources(d->resources, d->resource_size, NULL);
    ULONG rest = count ? count - 1 : 0;
    size_t list = sizeof(CM_RESOURCE_LIST) + rest * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    size_t size =
        FIELD_OFFSET(PEP_ACPI_TRANSLATED_DEVICE_CONTROL_RESOURCES, TranslatedResources) + list;
    PEP_ACPI_TRANSLATED_DEVICE_CONTROL_RESOURCES *message =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size + sizeof(CM_RESOURCE_LIST), PEP_TAG);
    if (!message)
        return;
    PCM_FULL_RESOURCE_DESCRIPTOR full = &message->TranslatedResources.List[0];
    message->DeviceHandle = d->handle;
    message->TranslatedResourcesSize = list;
    message->TranslatedResources.Count = 1;
    full->InterfaceType = ACPIBus;
    full->PartialResourceList.Version = full->PartialResourceList.Revision = 1;
    full->PartialResourceList.Count = count;
    pep_translate_resources(d->resources, d->resource_size,
                            full->PartialResourceList.PartialDescriptors);
    pep_acpi(m, d->plugin, PEP_NOTIFY_ACPI_TRANSLATED_DEVICE_CONTROL_RESOURCES, message);
    mm_pool_free(m, message, PEP_TAG);
}

static NTSTATUS pep_acpi_resources(struct machine *m, struct pep_acpi_device *d, SIZE_T *room) {
    size_t size = FIELD_OFFSET(PEP_ACPI_QUERY_DEVICE_CONTROL_RESOURCES, BiosResources) + *room;
    PEP_ACPI_QUERY_DEVICE_CONTROL_RESOURCES *query =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size, PEP_TAG);
    if (!query)
        return STATUS_INSUFFICIENT_RESOURCES;
    SIZE_T given = *room;
    query->DeviceHandle = d->handle;
    query->BiosResourcesSize = given;
    if (!pep_acpi(m, d->plugin, PEP_NOTIFY_ACPI_QUERY_DEVICE_CONTROL_RESOURCES, query))
        query->Status = STATUS_NOT_SUPPORTED;
    NTSTATUS status = query->Status;
    const ACPI_METHOD_ARGUMENT *argument = query->BiosResources;
    SIZE_T data = given - FIELD_OFFSET(ACPI_METHOD_ARGUMENT, Data);
    *room = query->BiosResourcesSize;
    if (NT_SUCCESS(status) && query->BiosResourcesSize && argument->DataLength &&
        argument->DataLength <= data) {
        d->resources = mm_pool_allocate_zeroed(m, NonPagedPoolNx, argument->DataLength, PEP_TAG);
        d->resource_size = d->resources ? argument->DataLength : 0;
        if (d->resources)
            memcpy(d->resources, argument->Data, d->resource_size);
    }
    mm_pool_free(m, query, PEP_TAG);
    return status;
}

static void pep_acpi_take_in(struct machine *m, struct pep_acpi_device *d) {
    bool again;
    ULONG count = pep_acpi_enumerate(m, d, 1, &again);
    if (again)
        pep_acpi_enumerate(m, d, count, &again);
    SIZE_T room = sizeof(ACPI_METHOD_ARGUMENT);
    if (pep_acpi_resources(m, d, &room) == STATUS_BUFFER_TOO_SMALL &&
        room > sizeof(ACPI_METHOD_ARGUMENT) && room < 0x10000)
        pep_acpi_resources(m, d, &room);
    if (d->resource_size)
        pep_acpi_translate(m, d);
}

static bool pep_acpi_offer(struct machine *m, struct pep_acpi_device *d,
                           struct pep_plugin *plugin) {
    PEP_ACPI_PREPARE_DEVICE prepare = {.AcpiDeviceName = &d->wide};
    PEP_ACPI_REGISTER_DEVICE reg = {.AcpiDeviceName = &d->wide, .KernelHandle = pep_acpi_handle(d)};
    if (!pep_acpi(m, plugin, PEP_NOTIFY_ACPI_PREPARE_DEVICE, &prepare) || !prepare.DeviceAccepted)
        return false;
    d->plugin = plugin;
    if (pep_acpi(m, plugin, PEP_NOTIFY_ACPI_REGISTER_DEVICE, &reg) && reg.DeviceHandle) {
        d->handle = reg.DeviceHandle;
        return true;
    }
    PEP_ACPI_ABANDON_DEVICE abandon = {.AcpiDeviceName = &d->wide};
    pep_acpi(m, plugin, PEP_NOTIFY_ACPI_ABANDON_DEVICE, &abandon);
    return false;
}

static void pep_acpi_free(struct machine *m, struct pep_acpi_device *d) {
    if (d->objects)
        mm_pool_free(m, d->objects, PEP_TAG);
    if (d->resources)
        mm_pool_free(m, d->resources, PEP_TAG);
    if (d->wide.Buffer)
        mm_pool_free(m, d->wide.Buffer, PEP_TAG);
    mm_pool_free(m, d, PEP_TAG);
}

struct pep_acpi_call {
    const char *name;
    int result;
};

static void pep_acpi_add(struct machine *m, void *context) {
    struct pep_acpi_call *call = context;
    struct pep_part *pep = m->pep;
    struct pep_acpi_device *d = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *d, PEP_TAG);
    call->result = WDMSIM_ERROR_NO_MEMORY;
    if (!d)
        return;
    d->name = ki_intern(m, call->name);
    d->wide = pep_text(m, call->name);
    if (!pep->acpi)
        pep->acpi = ki_alloc(m, sizeof *pep->acpi);
    d->next = pep->acpi->devices;
    pep->acpi->devices = d;
    call->result = WDMSIM_ERROR_NOT_FOUND;
    for (unsigned i = 0; d->wide.Buffer && i < pep->plugin_count && call->result; i++)
        if (pep_acpi_offer(m, d, pep->plugins[i]))
            call->result = 0;
    if (!call->result) {
        pep_acpi_take_in(m, d);
        return;
    }
    struct pep_acpi_device **link = &pep->acpi->devices;
    while (*link != d)
        link = &(*link)->next;
    *link = d->next;
    pep_acpi_free(m, d);
}

int wdmsim_acpi_device_add(struct machine *machine, const char *name) {
    struct pep_acpi_call call = {.name = name};
    if (!name || name[0] != '\\' || !name[1])
        return WDMSIM_ERROR_INVALID;
    if (pep_acpi_find(machine, name))
        return WDMSIM_ERROR_BUSY;
    int error = pep_perform(machine, pep_acpi_add, &call);
    return error ? error : call.result;
}

static void pep_acpi_remove(struct machine *m, void *context) {
    struct pep_acpi_device *d = context;
    struct pep_acpi_device **link = &m->pep->acpi->devices;
    PEP_ACPI_UNREGISTER_DEVICE unregister = {.DeviceHandle = d->handle};
    PEP_ACPI_ABANDON_DEVICE abandon = {.AcpiDeviceName = &d->wide};
    pep_acpi(m, d->plugin, PEP_NOTIFY_ACPI_UNREGISTER_DEVICE, &unregister);
    while (*link != d)
        link = &(*link)->next;
    *link = d->next;
    pep_acpi(m, d->plugin, PEP_NOTIFY_ACPI_ABANDON_DEVICE, &abandon);
    pep_acpi_free(m, d);
}

int wdmsim_acpi_device_remove(struct machine *machine, const char *name) {
    struct pep_acpi_device *d = pep_acpi_find(machine, name);
    return d ? pep_perform(machine, pep_acpi_remove, d) : WDMSIM_ERROR_NOT_FOUND;
}

int wdmsim_acpi_objects(struct machine *machine, const char *name,
                        struct wdmsim_acpi_object *objects, size_t capacity) {
    const struct pep_acpi_device *d = pep_acpi_find(machine, name);
    if (!d)
        return WDMSIM_ERROR_NOT_FOUND;
    for (ULONG i = 0; i < d->object_count && i < capacity; i++)
        objects[i] = d->objects[i];
    return (int)d->object_count;
}

int wdmsim_acpi_notifications(struct machine *machine, const char *name, uint32_t *last) {
    const struct pep_acpi_device *d = pep_acpi_find(machine, name);
    if (!d)
        return WDMSIM_ERROR_NOT_FOUND;
    if (last)
        *last = d->last;
    return (int)d->notified;
}

int wdmsim_acpi_control_resources(struct machine *machine, const char *name, void *bytes,
                                  size_t capacity) {
    const struct pep_acpi_device *d = pep_acpi_find(machine, name);
    if (!d)
        return WDMSIM_ERROR_NOT_FOUND;
    if (d->resource_size)
        memcpy(bytes, d->resources, d->resource_size < capacity ? d->resource_size : capacity);
    return (int)d->resource_size;
}

/* ---- methods ---- */

struct pep_evaluate_call {
    struct pep_acpi_device *device;
    const char *method;
    const void *input;
    size_t input_size;
    ULONG input_count, output_count;
    void *output;
    size_t *size;
    uint32_t *status;
    int result;
};

static void pep_evaluation_free(struct machine *m, struct pep_evaluation *e) {
    struct pep_evaluation **link = &m->pep->acpi->evaluations;
    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    mm_pool_free(m, e, PEP_TAG);
}

/* Room for the input and the output behind it: a plug-in sees no memory of the host. */
static struct pep_evaluation *pep_evaluation_make(struct machine *m, size_t input, size_t output) {
    struct pep_evaluation *e =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *e + input + output, PEP_TAG);
    if (!e)
        return NULL;
    KeInitializeEvent(&e->done, NotificationEvent, FALSE);
    e->output = (UCHAR *)(e + 1) + input;
    e->next = m->pep->acpi->evaluations;
    m->pep->acpi->evaluations = e;
    return e;
}

static bool pep_wait_for_method(struct pep_evaluation *e) {
    LARGE_INTEGER patience = {.QuadPart = -PEP_ACPI_PATIENCE};
    return KeWaitForSingleObject(&e->done, Executive, KernelMode, FALSE, &patience) ==
           STATUS_SUCCESS;
}

static void pep_acpi_run(struct machine *m, void *context) {
    struct pep_evaluate_call *call = context;
    struct pep_acpi_device *d = call->device;
    struct pep_evaluation *e = pep_evaluation_make(m, call->input_size, *call->size);
    call->result = WDMSIM_ERROR_NO_MEMORY;
    if (!e)
        return;
    PEP_ACPI_EVALUATE_CONTROL_METHOD query = {
        .DeviceHandle = d->handle,
        .RequestFlags = PEP_ACPI_ECM_FLAG_RELATIVE_NAME,
        .MethodStatus = STATUS_NOT_SUPPORTED,
        .CompletionContext = e,
        .InputArgumentCount = call->input_count,
        .InputArgumentSize = call->input_size,
        .InputArguments = call->input_size ? (PACPI_METHOD_ARGUMENT)(void *)(e + 1) : NULL,
        .OutputArgumentCount = call->output_count,
        .OutputArgumentSize = *call->size,
        .OutputArguments = (PACPI_METHOD_ARGUMENT)(void *)e->output,
    };
    size_t room = *call->size;
    memcpy(&query.MethodName, call->method, 4);
    if (call->input_size)
        memcpy(e + 1, call->input, call->input_size);
    e->device = d;
    bool handled = pep_acpi(m, d->plugin, PEP_NOTIFY_ACPI_EVALUATE_CONTROL_METHOD, &query);
    call->result = handled ? 0 : WDMSIM_ERROR_NOT_FOUND;
    if (!e->over) { /* it is, if the work came before the plug-in returned */
        e->status = query.MethodStatus;
        e->size = query.OutputArgumentSize;
    }
    if (handled && query.MethodStatus == STATUS_PENDING && !pep_wait_for_method(e)) {
        call->result = WDMSIM_ERROR_TIMED_OUT;
        e->abandoned = true;
        return;
    }
    *call->status = (uint32_t)e->status;
    *call->size = e->size;
    if (NT_SUCCESS(e->status) && call->output)
        memcpy(call->output, e->output, e->size < room ? e->size : room);
    pep_evaluation_free(m, e);
}

static const struct wdmsim_acpi_object *pep_acpi_object(const struct pep_acpi_device *d,
                                                        const char *name) {
    for (ULONG i = 0; i < d->object_count; i++)
        if (!strcmp(d->objects[i].name, name))
            return &d->objects[i];
    return NULL;
}

int wdmsim_acpi_evaluate(struct machine *machine, const char *name, const char *method,
                         const void *input, size_t input_size, uint32_t input_count, void *output,
                         size_t *size, uint32_t *status) {
    struct pep_acpi_device *d = pep_acpi_find(machine, name);
    const struct wdmsim_acpi_object *object = d ? pep_acpi_object(d, method) : NULL;
    if (!object || object->type != PepAcpiObjectTypeMethod)
        return WDMSIM_ERROR_NOT_FOUND;
    struct pep_evaluate_call call = {
        d, method, input, input_size, input_count, object->outputs, output, size, status, 0};
    int error = pep_perform(machine, pep_acpi_run, &call);
    return error ? error : call.result;
}

/* ---- work ---- */

bool pep_acpi_notify(struct machine *m, struct pep_plugin *plugin,
                     const PEP_WORK_ACPI_NOTIFY *work) {
    struct pep_acpi_device *d = pep_acpi_by_handle(m, plugin, work->DeviceHandle);
    if (!d)
        return false;
    d->notified++;
    d->last = work->NotifyCode;
    KI_TRACE(m, PEP_NOTIFY, "Notify on an ACPI device", 0, work->NotifyCode);
    return true;
}

bool pep_acpi_method_done(struct machine *m, struct pep_plugin *plugin,
                          const PEP_WORK_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE *work) {
    struct pep_acpi_device *d = pep_acpi_by_handle(m, plugin, work->DeviceHandle);
    struct pep_evaluation *e = d ? m->pep->acpi->evaluations : NULL;
    while (e && (e != work->CompletionContext || e->device != d || e->over))
        e = e->next;
    if (!e)
        return false;
    e->over = true;
    e->status = work->MethodStatus;
    SIZE_T room = mm_pool_size(m, e) - (SIZE_T)(e->output - (UCHAR *)e);
    const void *from = (const void *)work->OutputArguments;
    e->size = work->OutputArgumentSize;
    if (NT_SUCCESS(e->status) && from && from != e->output)
        memcpy(e->output, from, e->size < room ? e->size : room);
    if (e->abandoned)
        pep_evaluation_free(m, e);
    else
        KeSetEvent(&e->done, IO_NO_INCREMENT, FALSE);
    return true;
}
