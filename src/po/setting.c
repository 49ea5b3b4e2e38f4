/*
 * Power settings: their values, and the drivers' callbacks that hear of changes.
 *
 * A setting is known by its GUID; the system's own have values from the start. A driver that
 * registers is told the present value at once, inside the call; of a change all registrations of
 * the setting are told one after another by one worker thread at PASSIVE_LEVEL, each with the value
 * as it was at the change. Setting a value that it already has is no change, except that making a
 * power scheme active is told every time.
 *
 * wdm/nf-wdm-poregisterpowersettingcallback, kernel/managing-device-performance-states
 */
#include <initguid.h>

#include <stdio.h>
#include <string.h>

#include "po/po.h"

enum { PO_SETTING_SIZE = 1024 };

struct po_setting {
    LIST_ENTRY link; /* po_part.settings */
    GUID guid;
    const char *name; /* or NULL */
    LIST_ENTRY registrations;
    ULONG size;
    UCHAR *value; /* in pool, or NULL: no value yet */
};

struct po_setting_registration {
    LIST_ENTRY link; /* po_setting.registrations */
    ULONG signature;
    struct po_setting *setting;
    PPOWER_SETTING_CALLBACK callback;
    PVOID context;
    ULONG events; /* queued for it */
    bool gone;
    PKEVENT idle; /* who unregisters waits for the callback that runs */
};
#define PO_SETTING_SIGNATURE 0x74536550u

struct po_setting_event {
    LIST_ENTRY link; /* po_part.setting_events */
    struct po_setting_registration *registration;
    ULONG size;
    UCHAR value[] __attribute__((aligned(16)));
};

/* ---- values ---- */

static struct po_setting *po_setting_find(struct machine *m, const GUID *guid, bool create) {
    for (PLIST_ENTRY link = m->po->settings.Flink; link != &m->po->settings; link = link->Flink) {
        struct po_setting *setting = CONTAINING_RECORD(link, struct po_setting, link);
        if (!memcmp(&setting->guid, guid, sizeof *guid))
            return setting;
    }
    if (!create)
        return NULL;
    struct po_setting *setting = ki_alloc(m, sizeof *setting);
    setting->guid = *guid;
    InitializeListHead(&setting->registrations);
    InsertTailList(&m->po->settings, &setting->link);
    return setting;
}

static bool po_setting_store(struct machine *m, struct po_setting *setting, const void *value,
                             ULONG size) {
    UCHAR *copy = mm_pool_allocate(m, NonPagedPoolNx, size ? size : 1, PO_TAG);
    if (!copy)
        return false;
    memcpy(copy, value, size);
    if (setting->value)
        mm_pool_free(m, setting->value, PO_TAG);
    setting->value = copy;
    setting->size = size;
    return true;
}

static void po_setting_trace(struct machine *m, const struct po_setting *setting) {
    char text[48];
    int32_t number = 0;
    if (!ki_tracing(m, WDMSIM_EVENT_POWER_SETTING))
        return;
    memcpy(&number, setting->value, setting->size < sizeof number ? setting->size : sizeof number);
    const GUID *g = &setting->guid;
    snprintf(text, sizeof text, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
             (unsigned)g->Data1, g->Data2, g->Data3, g->Data4[0], g->Data4[1], g->Data4[2],
             g->Data4[3], g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);
    KI_TRACE(m, POWER_SETTING, setting->name ? setting->name : text, number);
}

/* ---- telling ---- */

/* Calls a driver with a value. */
static void po_setting_call(struct machine *m, struct po_setting_registration *r, void *value,
                            ULONG size) {
    GUID guid = r->setting->guid;
    KIRQL before = m->cpu->irql;
    r->callback(&guid, value, size, r->context);
    m = ki_self();
    if (KI_UNLIKELY(m->cpu->irql != before))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x900, (ULONG_PTR)r->callback, before, m->cpu->irql,
                    "the power-setting callback %s was called at %s and returned at %s",
                    ki_address_name(m, (const void *)(ULONG_PTR)r->callback), ki_irql_name(before),
                    ki_irql_name(m->cpu->irql));
}

static void po_registration_free(struct machine *m, struct po_setting_registration *r) {
    r->signature = 0;
    mm_pool_free(m, r, PO_TAG);
}

static void po_setting_tell(struct machine *m, struct po_setting_event *event) {
    struct po_setting_registration *r = event->registration;
    r->events--;
    if (!r->gone) {
        m->po->setting_thread = ki_current_thread(m);
        m->po->setting_current = r;
        po_setting_call(m, r, event->value, event->size);
        m->po->setting_current = NULL;
        m->po->setting_thread = NULL;
        if (r->idle) {
            KeSetEvent(r->idle, IO_NO_INCREMENT, FALSE);
            r->idle = NULL;
        }
    }
    if (r->gone && !r->events)
        po_registration_free(m, r);
    mm_pool_free(m, event, PO_TAG);
}

static WORKER_THREAD_ROUTINE po_setting_work;
static VOID po_setting_work(PVOID Parameter) {
    struct machine *m = Parameter;
    while (!IsListEmpty(&m->po->setting_events))
        po_setting_tell(m, CONTAINING_RECORD(RemoveHeadList(&m->po->setting_events),
                                             struct po_setting_event, link));
    m->po->setting_queued = false;
}

static void po_setting_announce(struct machine *m, struct po_setting *setting) {
    for (PLIST_ENTRY link = setting->registrations.Flink; link != &setting->registrations;
         link = link->Flink) {
        struct po_setting_registration *r =
            CONTAINING_RECORD(link, struct po_setting_registration, link);
        struct po_setting_event *event =
            mm_pool_allocate(m, NonPagedPoolNx, sizeof *event + setting->size, PO_TAG);
        if (!event)
            continue;
        event->registration = r;
        event->size = setting->size;
        memcpy(event->value, setting->value, setting->size);
        r->events++;
        InsertTailList(&m->po->setting_events, &event->link);
    }
    if (IsListEmpty(&m->po->setting_events) || m->po->setting_queued)
        return;
    m->po->setting_queued = true;
    ExInitializeWorkItem(&m->po->setting_work, po_setting_work, m);
    ex_queue_work(m, &m->po->setting_work, DelayedWorkQueue);
}

bool po_setting_set(struct machine *m, const GUID *guid, const void *value, ULONG size) {
    struct po_setting *setting = po_setting_find(m, guid, true);
    bool always = !memcmp(guid, &GUID_ACTIVE_POWERSCHEME, sizeof *guid);
    if (!always && setting->value && setting->size == size && !memcmp(setting->value, value, size))
        return true;
    if (!po_setting_store(m, setting, value, size))
        return false;
    po_setting_trace(m, setting);
    po_setting_announce(m, setting);
    return true;
}

/* ---- the system's own ---- */

struct po_default {
    const GUID *guid;
    const char *name;
    ULONG value;
    const GUID *guid_value;
};

void po_settings_start(struct machine *m) {
    static const struct po_default defaults[] = {
        {&GUID_ACDC_POWER_SOURCE, "GUID_ACDC_POWER_SOURCE", PoAc, NULL},
        {&GUID_ACTIVE_POWERSCHEME, "GUID_ACTIVE_POWERSCHEME", 0, &GUID_TYPICAL_POWER_SAVINGS},
        {&GUID_POWERSCHEME_PERSONALITY, "GUID_POWERSCHEME_PERSONALITY", 0,
         &GUID_TYPICAL_POWER_SAVINGS},
        {&GUID_LIDSWITCH_STATE_CHANGE, "GUID_LIDSWITCH_STATE_CHANGE", 1, NULL},
        {&GUID_BATTERY_PERCENTAGE_REMAINING, "GUID_BATTERY_PERCENTAGE_REMAINING", 100, NULL},
        {&GUID_MONITOR_POWER_ON, "GUID_MONITOR_POWER_ON", 1, NULL},
        {&GUID_CONSOLE_DISPLAY_STATE, "GUID_CONSOLE_DISPLAY_STATE", PowerMonitorOn, NULL},
        {&GUID_SESSION_DISPLAY_STATUS, "GUID_SESSION_DISPLAY_STATUS", PowerMonitorOn, NULL},
        {&GUID_GLOBAL_USER_PRESENCE, "GUID_GLOBAL_USER_PRESENCE", 0, NULL},
        {&GUID_SESSION_USER_PRESENCE, "GUID_SESSION_USER_PRESENCE", 0, NULL},
        {&GUID_SYSTEM_AWAYMODE, "GUID_SYSTEM_AWAYMODE", 0, NULL},
        {&GUID_IDLE_BACKGROUND_TASK, "GUID_IDLE_BACKGROUND_TASK", 0, NULL},
        {&GUID_BACKGROUND_TASK_NOTIFICATION, "GUID_BACKGROUND_TASK_NOTIFICATION", 0, NULL},
        {&GUID_STANDBY_TIMEOUT, "GUID_STANDBY_TIMEOUT", 0, NULL},
        {&GUID_HIBERNATE_TIMEOUT, "GUID_HIBERNATE_TIMEOUT", 0, NULL},
        {&GUID_DISK_POWERDOWN_TIMEOUT, "GUID_DISK_POWERDOWN_TIMEOUT", 1200, NULL},
        {&GUID_VIDEO_POWERDOWN_TIMEOUT, "GUID_VIDEO_POWERDOWN_TIMEOUT", 600, NULL},
        {&GUID_DEVICE_IDLE_POLICY, "GUID_DEVICE_IDLE_POLICY", 0, NULL},
        {&GUID_LIDCLOSE_ACTION, "GUID_LIDCLOSE_ACTION", 1, NULL},
        {&GUID_POWERBUTTON_ACTION, "GUID_POWERBUTTON_ACTION", 1, NULL},
        {&GUID_SLEEPBUTTON_ACTION, "GUID_SLEEPBUTTON_ACTION", 1, NULL},
        {&GUID_ALLOW_STANDBY_STATES, "GUID_ALLOW_STANDBY_STATES", 1, NULL},
        {&GUID_ALLOW_AWAYMODE, "GUID_ALLOW_AWAYMODE", 0, NULL},
        {&GUID_PCIEXPRESS_ASPM_POLICY, "GUID_PCIEXPRESS_ASPM_POLICY", 1, NULL},
    };
    InitializeListHead(&m->po->settings);
    InitializeListHead(&m->po->setting_events);
    for (size_t i = 0; i < KI_COUNT(defaults); i++) {
        struct po_setting *setting = po_setting_find(m, defaults[i].guid, true);
        const void *value = &defaults[i].value;
        setting->name = defaults[i].name;
        setting->size = defaults[i].guid_value ? sizeof(GUID) : sizeof(ULONG);
        if (defaults[i].guid_value)
            value = defaults[i].guid_value;
        if (!po_setting_store(m, setting, value, setting->size))
            ki_no_memory();
    }
}

/* ---- what drivers call ---- */

NTSTATUS PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, LPCGUID SettingGuid,
                                        PPOWER_SETTING_CALLBACK Callback, PVOID Context,
                                        PVOID *Handle) {
    KI_GATE(PoRegisterPowerSettingCallback);
    UCHAR value[PO_SETTING_SIZE] __attribute__((aligned(16)));
    (void)DeviceObject;
    if (!SettingGuid || !Callback)
        return STATUS_INVALID_PARAMETER;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct po_setting_registration *r =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *r, PO_TAG);
    if (!r)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct po_setting *setting = po_setting_find(m, SettingGuid, true);
    r->signature = PO_SETTING_SIGNATURE;
    r->setting = setting;
    r->callback = Callback;
    r->context = Context;
    InsertTailList(&setting->registrations, &r->link);
    if (Handle)
        *Handle = r;
    if (setting->value) {
        ULONG size = setting->size;
        memcpy(value, setting->value, size);
        po_setting_call(m, r, value, size);
    }
    return STATUS_SUCCESS;
}

NTSTATUS PoUnregisterPowerSettingCallback(PVOID Handle) {
    KI_GATE(PoUnregisterPowerSettingCallback);
    struct po_setting_registration *r = Handle;
    if (!r || r->signature != PO_SETTING_SIGNATURE || r->gone)
        return STATUS_INVALID_PARAMETER;
    RemoveEntryList(&r->link);
    r->gone = true;
    if (m->po->setting_current == r) {
        if (m->po->setting_thread == ki_current_thread(m)) {
            po_report(m,
                      "%s unregistered a power-setting callback from inside it, which waits for "
                      "itself",
                      ki_address_name(m, IO_CALLER()));
            r->events++; /* goes with the callback's return */
            r->events--;
            return STATUS_SUCCESS;
        }
        KEVENT idle;
        KeInitializeEvent(&idle, NotificationEvent, FALSE);
        r->idle = &idle;
        KeWaitForSingleObject(&idle, Executive, KernelMode, FALSE, NULL);
        return STATUS_SUCCESS; /* its caller freed it */
    }
    if (!r->events)
        po_registration_free(m, r);
    return STATUS_SUCCESS;
}

/* ---- the host ---- */

static int po_setting_run(struct machine *m, bool set) {
    return set ? wdmsim_settle(m) : WDMSIM_ERROR_NO_MEMORY;
}

int wdmsim_power_setting(struct machine *machine, const GUID *guid, const void *value,
                         size_t size) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (size > PO_SETTING_SIZE || (size && !value))
        return WDMSIM_ERROR_INVALID;
    return po_setting_run(machine, po_setting_set(machine, guid, value, (ULONG)size));
}

static int po_setting_number(struct machine *m, const GUID *guid, ULONG value) {
    if (m->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    return po_setting_run(m, po_setting_set(m, guid, &value, sizeof value));
}

struct po_notice {
    WORK_QUEUE_ITEM work;
    struct machine *m;
    ULONG what, value;
};
static WORKER_THREAD_ROUTINE po_notice_work;
static VOID po_notice_work(PVOID Parameter) {
    struct po_notice notice = *(struct po_notice *)Parameter;
    mm_pool_free(notice.m, Parameter, PO_TAG);
    po_callback_notify(notice.m, notice.what, notice.value);
}

/* \Callback\PowerState, told by a thread of the machine. */
static void po_notice(struct machine *m, ULONG what, ULONG value) {
    struct po_notice *notice = mm_pool_allocate(m, NonPagedPoolNx, sizeof *notice, PO_TAG);
    if (!notice)
        return;
    notice->m = m;
    notice->what = what;
    notice->value = value;
    ExInitializeWorkItem(&notice->work, po_notice_work, notice);
    ex_queue_work(m, &notice->work, DelayedWorkQueue);
}

int wdmsim_power_source(struct machine *machine, enum wdmsim_power_source source) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if ((unsigned)source > WDMSIM_SOURCE_HOT)
        return WDMSIM_ERROR_INVALID;
    bool battery = source != WDMSIM_SOURCE_AC;
    if (battery != machine->po->on_battery) {
        machine->po->on_battery = battery;
        po_idle_policy_changed(machine);
        po_policy_reset(machine);
        po_notice(machine, PO_CB_AC_STATUS, !battery);
    }
    return po_setting_number(machine, &GUID_ACDC_POWER_SOURCE, (ULONG)source);
}

int wdmsim_power_lid(struct machine *machine, bool open) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    const struct po_setting *lid = po_setting_find(machine, &GUID_LIDSWITCH_STATE_CHANGE, true);
    ULONG before = 0;
    memcpy(&before, lid->value, sizeof before);
    if ((before != 0) != open)
        po_notice(machine, PO_CB_LID_SWITCH_STATE, open);
    return po_setting_number(machine, &GUID_LIDSWITCH_STATE_CHANGE, open);
}

int wdmsim_power_battery(struct machine *machine, unsigned percent) {
    if (percent > 100)
        return WDMSIM_ERROR_INVALID;
    return po_setting_number(machine, &GUID_BATTERY_PERCENTAGE_REMAINING, percent);
}

int wdmsim_power_display(struct machine *machine, unsigned state) {
    if (state > PowerMonitorDim)
        return WDMSIM_ERROR_INVALID;
    ULONG on = state != PowerMonitorOff, value = state;
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!po_setting_set(machine, &GUID_MONITOR_POWER_ON, &on, sizeof on) ||
        !po_setting_set(machine, &GUID_SESSION_DISPLAY_STATUS, &value, sizeof value))
        return WDMSIM_ERROR_NO_MEMORY;
    return po_setting_number(machine, &GUID_CONSOLE_DISPLAY_STATE, value);
}

int wdmsim_power_presence(struct machine *machine, unsigned state) {
    ULONG value = state;
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!po_setting_set(machine, &GUID_SESSION_USER_PRESENCE, &value, sizeof value))
        return WDMSIM_ERROR_NO_MEMORY;
    return po_setting_number(machine, &GUID_GLOBAL_USER_PRESENCE, value);
}

int wdmsim_power_away_mode(struct machine *machine, bool on) {
    return po_setting_number(machine, &GUID_SYSTEM_AWAYMODE, on);
}

int wdmsim_power_scheme(struct machine *machine, const GUID *scheme, const GUID *personality) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!scheme || !personality)
        return WDMSIM_ERROR_INVALID;
    bool set =
        po_setting_set(machine, &GUID_ACTIVE_POWERSCHEME, scheme, sizeof *scheme) &&
        po_setting_set(machine, &GUID_POWERSCHEME_PERSONALITY, personality, sizeof *personality);
    po_notice(machine, PO_CB_SYSTEM_POWER_POLICY, 0);
    return po_setting_run(machine, set);
}
