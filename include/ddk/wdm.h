/*
 * What a WDM driver includes first. Only a table of contents: one header per kernel component.
 */
#ifndef WDMSIM_WDM_H
#define WDMSIM_WDM_H
#define _WDMDDK_

#include "nt/types.h"
#include "nt/intrin.h"
#include "ntstatus.h"
#include "bugcodes.h"
#include "ntiologc.h"
#include "excpt.h"
#include "nt/exception.h"

#include "nt/ke.h"
#include "nt/ke_codes.h"
#include "nt/ex.h"
#include "nt/mm.h"
#include "nt/mm_codes.h"
#include "nt/io.h"
#include "nt/ob.h"
#include "nt/ob_codes.h"
#include "nt/ps.h"
#include "nt/rtl.h"
#include "nt/rtl_codes.h"
#include "nt/se.h"
#include "nt/cm.h"
#include "nt/cm_codes.h"
#include "nt/cm_hardware.h"
#include "nt/zw.h"
#include "nt/pnp.h"
#include "nt/pci.h"
#include "nt/pci_express.h"
#include "nt/po.h"
#include "nt/po_guids.h"
#include "nt/pofx.h"
#include "nt/wmi.h"
#include "nt/hal.h"
#include "nt/dbg.h"
#include "nt/etw.h"
#include "nt/ktm.h"
#include "nt/locale_codes.h"
#include "nt/product_codes.h"

#include "../crt/wdmsim_crt.h"

#endif
