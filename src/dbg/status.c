/*
 * Names of NTSTATUS values and values of names, by binary search over tables made at compile time.
 *
 * The list in ntstatus_names.h is in the order of the values, so the table by value needs no
 * sorting at run time; the order of the names comes with it as row numbers. Where several names
 * share a value, the first one of the header is the name of the value.
 */
#include <string.h>

#include <ntifs.h>

#include <wdmsim/machine.h>

#include "dbg/ntstatus_names.h"

struct dbg_status {
    ULONG value;
    const char *name;
};

static const struct dbg_status dbg_statuses[] = {
#define X(name) {(ULONG)name, #name},
    DBG_STATUS_LIST(X)
#undef X
};

static const USHORT dbg_status_order[] = {DBG_STATUS_NAME_ORDER};

#define DBG_STATUSES (sizeof dbg_statuses / sizeof dbg_statuses[0])
_Static_assert(sizeof dbg_status_order / sizeof dbg_status_order[0] == DBG_STATUSES,
               "every name has its place in the order of names");

const char *wdmsim_status_name(uint32_t status) {
    size_t low = 0, high = DBG_STATUSES;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (dbg_statuses[middle].value < status)
            low = middle + 1;
        else
            high = middle;
    }
    return low < DBG_STATUSES && dbg_statuses[low].value == status ? dbg_statuses[low].name : NULL;
}

bool wdmsim_status_value(const char *name, uint32_t *status) {
    size_t low = 0, high = DBG_STATUSES;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct dbg_status *row = &dbg_statuses[dbg_status_order[middle]];
        int order = strcmp(row->name, name);
        if (order == 0) {
            *status = row->value;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
