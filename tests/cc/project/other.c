/* The project's second file; it includes the generated header as well. */
#include <ntddk.h>
#include "sampleEvents.h"
#include "other.tmh"

int OtherNumber(void);
int OtherNumber(void) { return EventEnabledPlainEvent() ? 7 : 7; }
