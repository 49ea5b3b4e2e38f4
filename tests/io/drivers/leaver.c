/*
 * A driver that leaves things behind, as the value Leave below its Parameters key or its static
 * variable says; and one that counts its loads in a variable that must be fresh each time.
 */
#include <ntddk.h>

ULONG LeaverLoads = 1;
ULONG LeaverWhat;
static UCHAR zeroes[64];

static KTIMER timer;
static KDPC dpc;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KDEFERRED_ROUTINE Expired;

static VOID Expired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    LARGE_INTEGER due;
    UNREFERENCED_PARAMETER(DriverObject);
    due.QuadPart = -10000000;
    switch (LeaverWhat) {
    case 1:
        KeSetTimer(&timer, due, &dpc);
        break;
    case 2:
        (VOID) ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 0x6b61656c);
        break;
    case 3:
        (VOID) IoAllocateIrp(1, FALSE);
        break;
    default:
        break;
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, Expired, NULL);
    DriverObject->DriverUnload = Unload;
    if (LeaverLoads != 1 || zeroes[5])
        return STATUS_DATA_ERROR;
    LeaverLoads++;
    zeroes[5] = 1;
    return STATUS_SUCCESS;
}
