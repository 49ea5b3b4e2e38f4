/*
 * census: keeps a list of the processors, in the order in which the kernel announces them, and says
 * so. A processor beyond the number in Parameters\Limit is refused.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD CensusUnload;
static PROCESSOR_CALLBACK_FUNCTION CensusChange;

static PVOID CensusRegistration;
static ULONG CensusLimit = MAXULONG;

static const char *CensusState(KE_PROCESSOR_CHANGE_NOTIFY_STATE State) {
    switch (State) {
    case KeProcessorAddStartNotify:
        return "coming";
    case KeProcessorAddCompleteNotify:
        return "there";
    default:
        return "not coming";
    }
}

static VOID CensusChange(PVOID Context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT Change,
                         PNTSTATUS Status) {
    UNREFERENCED_PARAMETER(Context);
    DbgPrint("census: %lu, number %u of group %u, is %s; %lu of %lu\n", Change->NtNumber,
             Change->ProcNumber.Number, Change->ProcNumber.Group, CensusState(Change->State),
             KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS),
             KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS));
    if (Change->State == KeProcessorAddStartNotify && Change->NtNumber >= CensusLimit)
        *Status = STATUS_INSUFFICIENT_RESOURCES;
}

static VOID CensusUnload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    KeDeregisterProcessorChangeCallback(CensusRegistration);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    RTL_QUERY_REGISTRY_TABLE table[3] = {
        {.Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = L"Parameters"},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
         .Name = L"Limit",
         .EntryContext = &CensusLimit,
         .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT},
    };

    /* Without the key there is no limit. */
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, table, NULL, NULL);
    DriverObject->DriverUnload = CensusUnload;
    CensusRegistration = KeRegisterProcessorChangeCallback(CensusChange, NULL, 0);
    return CensusRegistration ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
