/* Everything a host program needs, in one include; <wdmsim/cmocka.h> with the test fixture is apart. */
#ifndef WDMSIM_WDMSIM_H
#define WDMSIM_WDMSIM_H

#include <wdmsim/choice.h>
#include <wdmsim/clock.h>
#include <wdmsim/debug.h>
#include <wdmsim/device.h>
#include <wdmsim/dma.h>
#include <wdmsim/dpc.h>
#include <wdmsim/driver.h>
#include <wdmsim/error.h>
#include <wdmsim/inf.h>
#include <wdmsim/inspect.h>
#include <wdmsim/machine.h>
#include <wdmsim/pep.h>
#include <wdmsim/pnp.h>
#include <wdmsim/pofx.h>
#include <wdmsim/power.h>
#include <wdmsim/recorder.h>
#include <wdmsim/registers.h>
#include <wdmsim/request.h>
#include <wdmsim/thread.h>
#include <wdmsim/trace.h>

#endif
