/*
 * Reasons to stay awake, and the idle timer that puts the system to sleep without them.
 *
 * A registered system state, a power request that is set, or away mode is a reason; while there is
 * one the timer is off. When the last goes, or somebody says once that the system is in use, the
 * countdown begins anew. Reasons count against the idle timer only, never against what a user asks.
 *
 * wdm/nf-wdm-poregistersystemstate, -pocreatepowerrequest, -posetpowerrequest
 */
#include "po/po.h"

struct po_state_handle {
    LIST_ENTRY link; /* po_part.states */
    ULONG signature;
    EXECUTION_STATE flags;
};
#define PO_STATE_SIGNATURE 0x74536f50u

struct po_power_request {
    LIST_ENTRY link; /* po_part.requests */
    ULONG signature;
    PDEVICE_OBJECT device;
    ULONG count; /* PowerRequestSystemRequired */
};
#define PO_REQUEST_SIGNATURE 0x71526f50u

/* ---- the timer ---- */

void po_policy_changed(struct machine *m) {
    struct po_part *po = m->po;
    ULONG timeout = po->idle_timeout[po->on_battery ? 1 : 0];
    if (!timeout || po->required || po->state != PowerSystemWorking || po->busy) {
        KeCancelTimer(&po->policy_timer);
        return;
    }
    uint64_t due = po->idle_since + timeout * WDMSIM_S, now = m->clock.now;
    LARGE_INTEGER time = {.QuadPart = due > now ? -(LONGLONG)((due - now) / 100) : -1};
    KeSetTimer(&po->policy_timer, time, &po->policy_dpc);
}

void po_policy_reset(struct machine *m) {
    m->po->idle_since = m->clock.now;
    po_policy_changed(m);
}

static KDEFERRED_ROUTINE po_policy_expired;
static VOID po_policy_expired(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1,
                              PVOID SystemArgument2) {
    struct machine *m = ki_self();
    (void)Dpc;
    (void)DeferredContext;
    (void)SystemArgument1;
    (void)SystemArgument2;
    if (!m->po->required)
        po_transition_begin(m, m->po->idle_goal, 0);
}

static void po_require(struct machine *m, int by) {
    m->po->required += (ULONG)by;
    KI_TRACE(m, POWER_REQUEST, "system required", m->po->required);
    if (m->po->required == 0 || (by > 0 && m->po->required == 1))
        po_policy_reset(m);
}

void po_policy_start(struct machine *m) {
    InitializeListHead(&m->po->states);
    InitializeListHead(&m->po->requests);
    m->po->idle_goal = WDMSIM_POWER_SLEEP3;
    KeInitializeTimer(&m->po->policy_timer);
    KeInitializeDpc(&m->po->policy_dpc, po_policy_expired, NULL);
}

/* ---- system states ---- */

#define PO_STATE_FLAGS                                                                             \
    (ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT | ES_AWAYMODE_REQUIRED |           \
     ES_CONTINUOUS)
#define PO_STATE_AWAKE (ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT)

/* The pages call the registration persistent with and without ES_CONTINUOUS, so it is. */
static int po_state_counts(EXECUTION_STATE flags) { return (flags & PO_STATE_AWAKE) != 0; }

PVOID PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags) {
    KI_GATE(PoRegisterSystemState);
    struct po_state_handle *state = StateHandle;
    if (Flags & ~PO_STATE_FLAGS)
        return NULL;
    if (!state) {
        state = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *state, PO_TAG);
        if (!state)
            return NULL;
        state->signature = PO_STATE_SIGNATURE;
        InsertTailList(&m->po->states, &state->link);
    } else if (state->signature != PO_STATE_SIGNATURE) {
        return NULL;
    }
    int change = po_state_counts(Flags) - po_state_counts(state->flags);
    state->flags = Flags;
    if (change)
        po_require(m, change);
    return state;
}

VOID PoUnregisterSystemState(PVOID StateHandle) {
    KI_GATE(PoUnregisterSystemState);
    struct po_state_handle *state = StateHandle;
    if (!state || state->signature != PO_STATE_SIGNATURE) {
        po_report(m, "%s unregistered a system state that it has not registered",
                  ki_address_name(m, IO_CALLER()));
        return;
    }
    int counts = po_state_counts(state->flags);
    RemoveEntryList(&state->link);
    state->signature = 0;
    mm_pool_free(m, state, PO_TAG);
    if (counts)
        po_require(m, -1);
}

VOID PoSetSystemState(EXECUTION_STATE Flags) {
    KI_GATE(PoSetSystemState);
    if (Flags & ~(PO_STATE_FLAGS & ~ES_CONTINUOUS))
        po_report(m, "%s called PoSetSystemState with flags that it does not take, 0x%x",
                  ki_address_name(m, IO_CALLER()), (unsigned)Flags);
    if (Flags & PO_STATE_AWAKE)
        po_policy_reset(m);
}

/* ---- power requests ---- */

NTSTATUS PoCreatePowerRequest(PVOID *PowerRequest, PDEVICE_OBJECT DeviceObject,
                              PCOUNTED_REASON_CONTEXT Context) {
    KI_GATE(PoCreatePowerRequest);
    *PowerRequest = NULL;
    if (!DeviceObject)
        return STATUS_INVALID_PARAMETER;
    if (Context && (Context->Version != POWER_REQUEST_CONTEXT_VERSION ||
                    Context->Flags & DIAGNOSTIC_REASON_INVALID_FLAGS))
        return STATUS_INVALID_PARAMETER;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct po_power_request *request =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *request, PO_TAG);
    if (!request)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->signature = PO_REQUEST_SIGNATURE;
    request->device = DeviceObject;
    ob_reference(m, DeviceObject);
    InsertTailList(&m->po->requests, &request->link);
    *PowerRequest = request;
    return STATUS_SUCCESS;
}

static struct po_power_request *po_request_checked(struct machine *m, PVOID object,
                                                   const void *caller) {
    struct po_power_request *request = object;
    if (request && request->signature == PO_REQUEST_SIGNATURE)
        return request;
    po_report(m, "%s used a power request that it has not created", ki_address_name(m, caller));
    return NULL;
}

NTSTATUS PoSetPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type) {
    KI_GATE(PoSetPowerRequest);
    struct po_power_request *request = po_request_checked(m, PowerRequest, IO_CALLER());
    if (Type != PowerRequestSystemRequired)
        return STATUS_NOT_SUPPORTED;
    if (!request)
        return STATUS_INVALID_PARAMETER;
    request->count++;
    po_require(m, 1);
    return STATUS_SUCCESS;
}

NTSTATUS PoClearPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type) {
    KI_GATE(PoClearPowerRequest);
    struct po_power_request *request = po_request_checked(m, PowerRequest, IO_CALLER());
    if (Type != PowerRequestSystemRequired)
        return STATUS_NOT_SUPPORTED;
    if (!request)
        return STATUS_INVALID_PARAMETER;
    if (!request->count) {
        po_report(m, "%s cleared a power request more often than it was set",
                  ki_address_name(m, IO_CALLER()));
        return STATUS_SUCCESS;
    }
    request->count--;
    po_require(m, -1);
    return STATUS_SUCCESS;
}

VOID PoDeletePowerRequest(PVOID PowerRequest) {
    KI_GATE(PoDeletePowerRequest);
    struct po_power_request *request = po_request_checked(m, PowerRequest, IO_CALLER());
    if (!request)
        return;
    if (io_device_of(request->device)->delete_pending)
        po_report(m, "%s deleted the power request of %s after the device object",
                  ki_address_name(m, IO_CALLER()), io_device_of(request->device)->text);
    if (request->count)
        po_require(m, -(int)request->count);
    PDEVICE_OBJECT device = request->device;
    RemoveEntryList(&request->link);
    request->signature = 0;
    mm_pool_free(m, request, PO_TAG);
    ob_dereference(m, device);
}

/* ---- the host ---- */

int wdmsim_power_idle_policy(struct machine *machine, uint32_t ac_seconds, uint32_t battery_seconds,
                             enum wdmsim_power_goal goal) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if ((unsigned)goal >= WDMSIM_POWER_GOALS)
        return WDMSIM_ERROR_INVALID;
    machine->po->idle_timeout[0] = ac_seconds;
    machine->po->idle_timeout[1] = battery_seconds;
    machine->po->idle_goal = goal;
    po_policy_reset(machine);
    return 0;
}

int wdmsim_power_user_input(struct machine *machine) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    po_policy_reset(machine);
    return 0;
}

unsigned wdmsim_power_required(const struct machine *machine) { return machine->po->required; }
