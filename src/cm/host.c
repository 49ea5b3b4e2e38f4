/* The host sets a driver's parameters in the registry before it loads it (wdmsim/driver.h). */
#include <wdmsim/driver.h>

#include "cm/cm.h"
#include "mm/mm.h"

/* UTF-8 as 16-bit text in pool, terminated; *size counts bytes with the terminator. NULL: no memory
 * or no UTF-8. */
static WCHAR *cm_widen(struct machine *m, const char *text, ULONG *size) {
    size_t length = strlen(text), used = 0;
    WCHAR *wide = mm_pool_allocate(m, PagedPool, (length + 1) * sizeof(WCHAR), CM_TAG);
    ULONG actual = 0;
    if (!wide)
        return NULL;
    if (!NT_SUCCESS(RtlUTF8ToUnicodeN(wide, (ULONG)(length * sizeof(WCHAR)), &actual, text,
                                      (ULONG)length))) {
        mm_pool_free(m, wide, CM_TAG);
        return NULL;
    }
    used = actual / sizeof(WCHAR);
    wide[used] = 0;
    *size = (ULONG)((used + 1) * sizeof(WCHAR));
    return wide;
}

static struct cm_key *cm_open_child(struct machine *m, struct cm_key *parent, const char *name) {
    ULONG size;
    WCHAR *wide = cm_widen(m, name, &size);
    if (!wide)
        return NULL;
    size_t length = size / sizeof(WCHAR) - 1;
    struct cm_key *key = length ? cm_subkey(parent, wide, length) : NULL;
    if (!key && !NT_SUCCESS(cm_subkey_create(m, parent, wide, length, &key)))
        key = NULL;
    mm_pool_free(m, wide, CM_TAG);
    return key;
}

static int cm_set_parameter(struct machine *m, const char *driver, const char *name, ULONG type,
                            const void *data, ULONG size) {
    struct cm_key *services = cm_make_path(m, "MACHINE\\SYSTEM\\ControlSet001\\Services");
    struct cm_key *service = services ? cm_open_child(m, services, driver) : NULL;
    struct cm_key *parameters = service ? cm_open_child(m, service, "Parameters") : NULL;
    ULONG name_size;
    WCHAR *wide = parameters ? cm_widen(m, name, &name_size) : NULL;
    if (!wide)
        return WDMSIM_ERROR_INVALID;
    UNICODE_STRING string = {(USHORT)(name_size - sizeof(WCHAR)), (USHORT)name_size, wide};
    NTSTATUS status = cm_value_set(m, parameters, &string, type, data, size);
    mm_pool_free(m, wide, CM_TAG);
    return NT_SUCCESS(status) ? 0 : WDMSIM_ERROR_NO_MEMORY;
}

int wdmsim_driver_parameter_u32(struct machine *machine, const char *name, const char *value_name,
                                uint32_t value) {
    return cm_set_parameter(machine, name, value_name, REG_DWORD, &value, sizeof value);
}

int wdmsim_driver_parameter_string(struct machine *machine, const char *name,
                                   const char *value_name, const char *value) {
    ULONG size;
    WCHAR *wide = cm_widen(machine, value, &size);
    if (!wide)
        return WDMSIM_ERROR_INVALID;
    int error = cm_set_parameter(machine, name, value_name, REG_SZ, wide, size);
    mm_pool_free(machine, wide, CM_TAG);
    return error;
}
