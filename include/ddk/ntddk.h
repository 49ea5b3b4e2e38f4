/*
 * What kernel-mode drivers outside WDM include: everything of wdm.h and what only they may use.
 */
#ifndef WDMSIM_NTDDK_H
#define WDMSIM_NTDDK_H
#define _NTDDK_
#include "wdm.h"
#include "nt/zw_ddk.h"
#include "nt/ddk.h"
#include "nt/file_info.h"
#include "nt/rtl_ddk.h"
#include "nt/io_ddk_codes.h"
#include "nt/whea_codes.h"
#endif
