/*
 * AddReg and DelReg of INF files: their lines as registry keys and values.
 *
 * A line is `root, subkey, name, flags, value …`. The flags hold the type of the value (text, list,
 * number, bytes, or any type by its number) and conditions: only if it is missing, only if it is
 * there, append to a list, delete, the key alone. HKR depends on where the section is used:
 * software key, hardware key, service, class, interface.
 *
 * In a hardware key the values that describe the device itself (filters, security, type,
 * characteristics) go into the key, all others into its Device Parameters.
 */
#include "pnp/device.h"

#include <stdlib.h>
#include <string.h>

#include "pnp/inf.h"

enum {
    INF_BINARY = 1,
    INF_NO_CLOBBER = 2,
    INF_DELETE = 4,
    INF_APPEND = 8,
    INF_KEY_ONLY = 0x10,
    INF_OVERWRITE_ONLY = 0x20,
};

#define INF_VALUE_MAX 32768u /* bytes of a value that is made up of many fields */

struct inf_registry {
    struct machine *m;
    struct cm_key *relative;
    bool device, delete;
    uint8_t *buffer; /* INF_VALUE_MAX bytes in pool */
    size_t used;
};

/* ---- where ---- */

static const char *const inf_device_values[] = {
    "UpperFilters", "LowerFilters",          "Security",
    "DeviceType",   "DeviceCharacteristics", "Exclusive",
    "FriendlyName", "LocationInformation",   "Class",
    "ClassGUID",    "RemovalPolicy",
};

static struct cm_key *inf_root(const struct inf_registry *r, const char *root, const char *subkey,
                               const char *name) {
    struct machine *m = r->m;
    if (inf_same(root, "HKR")) {
        bool own = !r->device;
        for (size_t i = 0; !own && !*subkey && i < KI_COUNT(inf_device_values); i++)
            own = inf_same(name, inf_device_values[i]);
        return own ? r->relative : pnp_key(m, r->relative, "Device Parameters", true);
    }
    return inf_same(root, "HKLM")   ? cm_make_path(m, "MACHINE")
           : inf_same(root, "HKCR") ? cm_make_path(m, "MACHINE\\SOFTWARE\\Classes")
           : inf_same(root, "HKU")  ? cm_make_path(m, "USER")
           : inf_same(root, "HKCU") ? cm_make_path(m, "USER\\.Default")
                                    : NULL;
}

/* CurrentControlSet is a link that a walk by name does not follow. */
static const char *inf_subkey(const char *subkey, char *buffer, size_t size) {
    static const char current[] = "SYSTEM\\CurrentControlSet";
    if (!inf_starts(subkey, current) || strlen(subkey) + 8 > size)
        return subkey;
    strcpy(buffer, "SYSTEM\\ControlSet001");
    return strcat(buffer, subkey + sizeof current - 1);
}

/* ---- what ---- */

static void inf_put_bytes(struct inf_registry *r, const void *bytes, size_t count) {
    if (count > INF_VALUE_MAX - r->used)
        return;
    memcpy(r->buffer + r->used, bytes, count);
    r->used += count;
}

static void inf_put_text(struct inf_registry *r, const char *text) {
    UNICODE_STRING wide = io_wide(r->m, text);
    if (wide.Buffer)
        inf_put_bytes(r, wide.Buffer, wide.Length + sizeof(WCHAR));
    io_wide_free(r->m, &wide);
}

static bool inf_list_has(const struct inf_registry *r, const WCHAR *text) {
    const WCHAR *list = (const WCHAR *)(void *)r->buffer;
    size_t length = pnp_wide_length(text);
    for (size_t at = 0, end = r->used / sizeof(WCHAR); at < end;) {
        size_t one = 0;
        while (at + one < end && list[at + one])
            one++;
        if (one == length && memcmp(list + at, text, one * sizeof(WCHAR)) == 0)
            return true;
        at += one + 1;
    }
    return false;
}

/* Fills the buffer with a list: the old one to append to, then the line's texts. */
static void inf_put_list(struct inf_registry *r, const struct inf_line *line,
                         const struct cm_value *old) {
    if (old && old->type == REG_MULTI_SZ && old->size > sizeof(WCHAR))
        inf_put_bytes(r, old->data, old->size - sizeof(WCHAR));
    for (uint32_t i = 4; i < line->count; i++) {
        UNICODE_STRING wide = io_wide(r->m, line->fields[i]);
        if (wide.Buffer && wide.Length && !(old && inf_list_has(r, wide.Buffer)))
            inf_put_bytes(r, wide.Buffer, wide.Length + sizeof(WCHAR));
        io_wide_free(r->m, &wide);
    }
    /* The buffer has room for the end of a list behind its limit. */
    memset(r->buffer + r->used, 0, sizeof(WCHAR));
    r->used += sizeof(WCHAR);
}

/* Bytes in hexadecimal, a field each; or the number of a single field, in `size` bytes. */
static void inf_put_binary(struct inf_registry *r, const struct inf_line *line, size_t size) {
    if (size && line->count <= 5) {
        uint64_t number = inf_number(inf_line_field(line, 4), 0);
        inf_put_bytes(r, &number, size);
        return;
    }
    for (uint32_t i = 4; i < line->count; i++) {
        uint8_t byte = (uint8_t)strtoul(line->fields[i], NULL, 16);
        inf_put_bytes(r, &byte, 1);
    }
}

/* The value of a line into the buffer; returns its registry type. */
static ULONG inf_value(struct inf_registry *r, const struct inf_line *line, uint32_t flags,
                       const struct cm_value *old) {
    uint32_t kind = flags >> 16;
    r->used = 0;
    if (flags & INF_BINARY) {
        inf_put_binary(r, line, kind == 1 ? sizeof(ULONG) : kind == 0xb ? sizeof(ULONG64) : 0);
        return kind == 0 ? REG_BINARY : kind == 1 ? REG_DWORD : kind == 2 ? REG_NONE : kind;
    }
    if (kind == 1) {
        inf_put_list(r, line, flags & INF_APPEND ? old : NULL);
        return REG_MULTI_SZ;
    }
    inf_put_text(r, inf_line_field(line, 4));
    return kind == 2 ? REG_EXPAND_SZ : REG_SZ;
}

static void inf_add_line(struct inf_registry *r, const struct inf_line *line) {
    char path[INF_FIELD_MAX + 16];
    const char *subkey = inf_subkey(inf_line_field(line, 1), path, sizeof path);
    const char *name = inf_line_field(line, 2);
    uint32_t flags = (uint32_t)inf_number(inf_line_field(line, 3), 0);
    struct cm_key *root = inf_root(r, inf_line_field(line, 0), subkey, name);
    struct cm_key *key = root ? pnp_key(r->m, root, subkey, true) : NULL;
    UNICODE_STRING wide = io_wide(r->m, name);
    if (key && wide.Buffer && !(flags & INF_KEY_ONLY)) {
        const struct cm_value *old = cm_value(key, &wide);
        bool wanted = (!old || !(flags & INF_NO_CLOBBER)) && (old || !(flags & INF_OVERWRITE_ONLY));
        if (flags & INF_DELETE) {
            if (old)
                cm_value_delete(r->m, key, &wide);
        } else if (wanted && (wide.Length || line->count > 4)) {
            ULONG type = inf_value(r, line, flags, old);
            cm_value_set(r->m, key, &wide, type, r->buffer, (ULONG)r->used);
            cm_changed(r->m, key, CM_CHANGE_LAST_SET);
        }
    }
    io_wide_free(r->m, &wide);
}

static void inf_remove_tree(struct machine *m, struct cm_key *key) {
    while (key->subkey_count)
        inf_remove_tree(m, key->subkeys[key->subkey_count - 1]);
    cm_key_remove(m, key);
}

static void inf_delete_line(struct inf_registry *r, const struct inf_line *line) {
    char path[INF_FIELD_MAX + 16];
    const char *subkey = inf_subkey(inf_line_field(line, 1), path, sizeof path);
    const char *name = inf_line_field(line, 2);
    struct cm_key *root = inf_root(r, inf_line_field(line, 0), subkey, name);
    struct cm_key *key = root ? pnp_key(r->m, root, subkey, false) : NULL;
    UNICODE_STRING wide = io_wide(r->m, name);
    if (key && *name && wide.Buffer)
        cm_value_delete(r->m, key, &wide);
    else if (key && *subkey)
        inf_remove_tree(r->m, key);
    io_wide_free(r->m, &wide);
}

/* ---- the directives ---- */

static bool inf_registry_line(void *context, const struct wdmsim_inf *inf,
                              const struct inf_line *line) {
    struct inf_registry *r = context;
    for (uint32_t f = 0; f < line->count; f++) {
        const struct inf_section *section = inf_section(inf, line->fields[f]);
        for (uint32_t i = 0; section && i < section->count; i++) {
            if (r->delete)
                inf_delete_line(r, &section->lines[i]);
            else
                inf_add_line(r, &section->lines[i]);
        }
    }
    return true;
}

void pnp_inf_registry(struct machine *m, const struct wdmsim_inf *inf, const char *section,
                      struct cm_key *relative, bool device) {
    struct inf_registry r = {.m = m, .relative = relative, .device = device};
    const struct wdmsim_inf *store = m->pnp->device->store;
    if (!relative)
        return;
    r.buffer = mm_pool_allocate(m, PagedPool, INF_VALUE_MAX + sizeof(WCHAR), PNP_TAG);
    if (!r.buffer)
        return;
    r.delete = true;
    inf_visit(store, inf, section, "DelReg", inf_registry_line, &r);
    r.delete = false;
    inf_visit(store, inf, section, "AddReg", inf_registry_line, &r);
    mm_pool_free(m, r.buffer, PNP_TAG);
}
