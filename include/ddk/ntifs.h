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
#include "nt/rtl_fs.h"
#include "nt/io_fs.h"
#include "nt/fs_guids.h"
#include "nt/rtl_fs.h"
#endif
