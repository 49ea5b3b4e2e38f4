/*
 * What file systems and their filters include: everything of ntddk.h, and the file system
 * interfaces.
 */
#ifndef WDMSIM_NTIFS_H
#define WDMSIM_NTIFS_H
#define _NTIFS_
#include "ntddk.h"
#include "nt/zw_fs.h"
#include "nt/se_fs.h"
#include "nt/se_exports.h"
#include "nt/rtl_fs.h"
#include "nt/io_fs.h"
#include "nt/file_info_fs.h"
#include "nt/fsctl.h"
#include "nt/cc.h"
#include "nt/fsrtl.h"
#include "nt/fsrtl_ecp.h"
#include "nt/fsrtl_filter.h"
#include "nt/fsrtl_lock.h"
#include "nt/fsrtl_mcb.h"
#include "nt/fsrtl_name.h"
#include "nt/fsrtl_notify.h"
#include "nt/fs_guids.h"
#endif
