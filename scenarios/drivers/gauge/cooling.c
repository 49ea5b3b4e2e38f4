/*
 * Cooling of gauge: the interface that a thermal zone uses. Warm, the gauge would measure less often;
 * this one says what it is told, and stays while somebody has its interface.
 */
#include <initguid.h>

#include "gauge.h"

#include <poclass.h>
#include <wdmguid.h>

static VOID GaugeReferenceCooling(PVOID Context)
{
    PGAUGE_EXTENSION extension = Context;

    IoAcquireRemoveLock(&extension->RemoveLock, &extension->RemoveLock);
}

static VOID GaugeDereferenceCooling(PVOID Context)
{
    PGAUGE_EXTENSION extension = Context;

    IoReleaseRemoveLock(&extension->RemoveLock, &extension->RemoveLock);
}

static VOID GaugeActiveCooling(PVOID Context, BOOLEAN Engaged)
{
    UNREFERENCED_PARAMETER(Context);
    DbgPrint("gauge: the fan is %s\n", Engaged ? "on" : "off");
}

static VOID GaugePassiveCooling(PVOID Context, ULONG Percentage)
{
    UNREFERENCED_PARAMETER(Context);
    DbgPrint("gauge: passive cooling %u%%\n", Percentage);
}

/* FALSE: the interface that is asked for is another one. */
BOOLEAN GaugeQueryInterface(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PTHERMAL_COOLING_INTERFACE cooling =
        (PTHERMAL_COOLING_INTERFACE)stack->Parameters.QueryInterface.Interface;

    if (!IsEqualGUID(stack->Parameters.QueryInterface.InterfaceType,
                     &GUID_THERMAL_COOLING_INTERFACE) ||
        stack->Parameters.QueryInterface.Size < sizeof *cooling)
        return FALSE;
    cooling->Size = sizeof *cooling;
    cooling->Version = 1;
    cooling->Context = Extension;
    cooling->InterfaceReference = GaugeReferenceCooling;
    cooling->InterfaceDereference = GaugeDereferenceCooling;
    cooling->Flags = ThermalDeviceFlagActiveCooling | ThermalDeviceFlagPassiveCooling;
    cooling->ActiveCooling = (PVOID)GaugeActiveCooling;
    cooling->PassiveCooling = (PVOID)GaugePassiveCooling;
    GaugeReferenceCooling(Extension);
    return TRUE;
}
