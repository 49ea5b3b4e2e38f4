/*
 * Event tracing for drivers: providers and their events.
 *
 * The machine's trace is the one session there is, and it wants every event of every provider while
 * it records trace messages. An event becomes one TRACE_MESSAGE: the provider's identifier, the
 * descriptor, and the data in hexadecimal, a string for data that EtwWriteString gives. A
 * provider's enable callback is called once, inside EtwRegister, when the session is there. A
 * registration is a pool block of the driver's, so that a driver which goes away without
 * EtwUnregister has a leak. EtwActivityIdControl and EtwSetInformation are not here.
 */
#include <string.h>

#include "ex/ex.h"
#include "ki/trace.h"
#include "mm/mm.h"
#include "rtl/format.h"

#include "nt/etw.h"

#define EX_ETW_TAG 0x52777445u /* "EtwR" */
#define EX_ETW_MAGIC 0x7265766f72507745ull
#define EX_ETW_TEXT_LIMIT 512u

struct ex_provider {
    ULONGLONG magic; /* gone when unregistered */
    GUID id;
};

static bool ex_etw_session(const struct machine *m) {
    return ki_tracing(m, WDMSIM_EVENT_TRACE_MESSAGE);
}

static struct ex_provider *ex_provider_of(REGHANDLE handle) {
    struct ex_provider *provider = (struct ex_provider *)(ULONG_PTR)handle;
    return provider && provider->magic == EX_ETW_MAGIC ? provider : NULL;
}

NTSTATUS EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext,
                     PREGHANDLE RegHandle) {
    static const GUID session = {0};
    KI_GATE(EtwRegister);
    if (!ProviderId || !RegHandle)
        return STATUS_INVALID_PARAMETER;
    struct ex_provider *provider = mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *provider,
                                                        EX_ETW_TAG, __builtin_return_address(0));
    if (!provider)
        return STATUS_NO_MEMORY;
    *provider = (struct ex_provider){EX_ETW_MAGIC, *ProviderId};
    *RegHandle = (REGHANDLE)(ULONG_PTR)provider;
    if (EnableCallback && ex_etw_session(m))
        EnableCallback(&session, EVENT_CONTROL_CODE_ENABLE_PROVIDER, EVENT_MAX_LEVEL, ~0ull, 0,
                       NULL, CallbackContext);
    return STATUS_SUCCESS;
}

NTSTATUS EtwUnregister(REGHANDLE RegHandle) {
    KI_GATE(EtwUnregister);
    struct ex_provider *provider = ex_provider_of(RegHandle);
    if (!provider)
        return STATUS_INVALID_HANDLE;
    provider->magic = 0;
    mm_pool_free(m, provider, EX_ETW_TAG);
    return STATUS_SUCCESS;
}

BOOLEAN EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword) {
    KI_GATE(EtwProviderEnabled);
    (void)Level, (void)Keyword;
    return ex_provider_of(RegHandle) && ex_etw_session(m);
}

BOOLEAN EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor) {
    KI_GATE(EtwEventEnabled);
    return EventDescriptor && ex_provider_of(RegHandle) && ex_etw_session(m);
}

/* ---- writing ---- */

static void ex_etw_guid(struct rtl_sink *sink, const char *name, LPCGUID id) {
    const UCHAR *b = id->Data4;
    rtl_print(sink, " %s={%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", name, id->Data1,
              id->Data2, id->Data3, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
}

static void ex_etw_data(struct rtl_sink *sink, ULONG count, const EVENT_DATA_DESCRIPTOR *data) {
    for (ULONG i = 0; i < count; i++) {
        const UCHAR *bytes = (const UCHAR *)(ULONG_PTR)data[i].Ptr;
        rtl_print(sink, " ");
        for (ULONG j = 0; j < data[i].Size; j++) {
            volatile UCHAR byte = bytes[j]; /* read even when the text is full: it may fault */
            if (sink->length < sink->capacity)
                rtl_print(sink, "%02x", (ULONG)byte);
        }
    }
}

static void ex_etw_emit(struct machine *m, char *text, struct rtl_sink *sink) {
    text[sink->length < sink->capacity ? sink->length : sink->capacity] = 0;
    KI_TRACE(m, TRACE_MESSAGE, text);
}

static NTSTATUS ex_etw_write(struct machine *m, REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor,
                             LPCGUID activity, LPCGUID related, ULONG count,
                             const EVENT_DATA_DESCRIPTOR *data) {
    const struct ex_provider *provider = ex_provider_of(handle);
    char text[EX_ETW_TEXT_LIMIT];
    struct rtl_sink sink = {.buffer = text, .capacity = sizeof text - 1, .utf8 = true};
    if (!provider)
        return STATUS_INVALID_HANDLE;
    if (!descriptor || count > MAX_EVENT_DATA_DESCRIPTORS || (count && !data))
        return STATUS_INVALID_PARAMETER;
    if (!ex_etw_session(m))
        return STATUS_SUCCESS;
    rtl_print(&sink, "event %u", (ULONG)descriptor->Id);
    ex_etw_guid(&sink, "provider", &provider->id);
    rtl_print(&sink, " version=%u level=%u opcode=%u task=%u keyword=0x%I64x",
              (ULONG)descriptor->Version, (ULONG)descriptor->Level, (ULONG)descriptor->Opcode,
              (ULONG)descriptor->Task, descriptor->Keyword);
    if (activity)
        ex_etw_guid(&sink, "activity", activity);
    if (related)
        ex_etw_guid(&sink, "related", related);
    if (count)
        rtl_print(&sink, " data");
    ex_etw_data(&sink, count, data);
    ex_etw_emit(m, text, &sink);
    return STATUS_SUCCESS;
}

NTSTATUS EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                  ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
    KI_GATE(EtwWrite);
    return ex_etw_write(m, RegHandle, EventDescriptor, ActivityId, NULL, UserDataCount, UserData);
}

NTSTATUS EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor,
                          LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                          PEVENT_DATA_DESCRIPTOR UserData) {
    KI_GATE(EtwWriteTransfer);
    return ex_etw_write(m, RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount,
                        UserData);
}

/* The filter names sessions to leave out, of which there are none to name. */
NTSTATUS EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter,
                    ULONG Flags, LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                    PEVENT_DATA_DESCRIPTOR UserData) {
    KI_GATE(EtwWriteEx);
    (void)Filter, (void)Flags;
    return ex_etw_write(m, RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount,
                        UserData);
}

NTSTATUS EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, LPCGUID ActivityId,
                        PCWSTR String) {
    KI_GATE(EtwWriteString);
    const struct ex_provider *provider = ex_provider_of(RegHandle);
    char text[EX_ETW_TEXT_LIMIT];
    struct rtl_sink sink = {.buffer = text, .capacity = sizeof text - 1, .utf8 = true};
    if (!provider)
        return STATUS_INVALID_HANDLE;
    if (!String)
        return STATUS_INVALID_PARAMETER;
    if (!ex_etw_session(m))
        return STATUS_SUCCESS;
    rtl_print(&sink, "event");
    ex_etw_guid(&sink, "provider", &provider->id);
    rtl_print(&sink, " level=%u keyword=0x%I64x", (ULONG)Level, Keyword);
    if (ActivityId)
        ex_etw_guid(&sink, "activity", ActivityId);
    rtl_print(&sink, " text %ws", String);
    ex_etw_emit(m, text, &sink);
    return STATUS_SUCCESS;
}
