/*
 * What wdmsec.lib adds: device objects created with a security descriptor in SDDL, and their checks
 * for non-buffered access.
 *
 * wdmsec/nf-wdmsec-wdmlibiocreatedevicesecure
 */
#include <string.h>

#include <wdmsec.h>

#include "io/io.h"

#define IO_SDDL(name, text)                                                                        \
    static WCHAR io_##name[] = text;                                                               \
    const UNICODE_STRING name = {sizeof(text) - sizeof(WCHAR), sizeof(text), io_##name}

/* P: protected; who: SY system, BA administrators, WD world, RC restricted code; what: GA GR GW GX.
 */
IO_SDDL(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P");
IO_SDDL(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)");
IO_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
IO_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
IO_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
IO_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R,
        L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
IO_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R,
        L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
IO_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
        L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");

/* ---- SDDL ---- */

/* A cursor over the text. */
struct io_sddl {
    const WCHAR *at, *end;
};

static bool io_sddl_take(struct io_sddl *s, WCHAR c) {
    if (s->at >= s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool io_sddl_pair(struct io_sddl *s, const char *pair) {
    if (s->end - s->at < 2 || s->at[0] != (WCHAR)pair[0] || s->at[1] != (WCHAR)pair[1])
        return false;
    s->at += 2;
    return true;
}

static ACCESS_MASK io_sddl_rights(struct io_sddl *s, bool *valid) {
    static const struct {
        const char *text;
        ACCESS_MASK mask;
    } rights[] = {
        {"GA", GENERIC_ALL},       {"GR", GENERIC_READ},       {"GW", GENERIC_WRITE},
        {"GX", GENERIC_EXECUTE},   {"RC", READ_CONTROL},       {"SD", DELETE},
        {"WD", WRITE_DAC},         {"WO", WRITE_OWNER},        {"FA", FILE_ALL_ACCESS},
        {"FR", FILE_GENERIC_READ}, {"FW", FILE_GENERIC_WRITE}, {"FX", FILE_GENERIC_EXECUTE},
    };
    ACCESS_MASK mask = 0;
    *valid = true;
    if (io_sddl_pair(s, "0x")) {
        for (; s->at < s->end && *s->at != ';'; s->at++) {
            WCHAR c = *s->at;
            unsigned digit = c >= '0' && c <= '9'   ? c - (unsigned)'0'
                             : c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10u
                             : c >= 'A' && c <= 'F' ? c - (unsigned)'A' + 10u
                                                    : 16u;
            *valid &= digit < 16;
            mask = mask << 4 | (digit & 15);
        }
        return mask;
    }
    while (s->at < s->end && *s->at != ';') {
        size_t i = 0;
        while (i < KI_COUNT(rights) && !io_sddl_pair(s, rights[i].text))
            i++;
        if (i == KI_COUNT(rights)) {
            *valid = false;
            break;
        }
        mask |= rights[i].mask;
    }
    return mask;
}

/* A security identifier: revision, count, authority (the last of six bytes), sub-authorities. */
struct io_sid {
    UCHAR revision, count, authority[6];
    ULONG sub[2];
};

static bool io_sddl_sid(struct io_sddl *s, struct io_sid *sid) {
    static const struct {
        const char *text;
        UCHAR count, authority;
        ULONG sub[2];
    } known[] = {
        {"SY", 1, 5, {18}},      {"BA", 2, 5, {32, 544}}, {"WD", 1, 1, {0}},  {"RC", 1, 5, {12}},
        {"BU", 2, 5, {32, 545}}, {"BG", 2, 5, {32, 546}}, {"AU", 1, 5, {11}}, {"LS", 1, 5, {19}},
        {"NS", 1, 5, {20}},      {"AN", 1, 5, {7}},       {"IU", 1, 5, {4}},  {"SU", 1, 5, {6}},
        {"OW", 1, 3, {4}},       {"CO", 1, 3, {0}},
    };
    for (size_t i = 0; i < KI_COUNT(known); i++) {
        if (!io_sddl_pair(s, known[i].text))
            continue;
        *sid = (struct io_sid){1,
                               known[i].count,
                               {0, 0, 0, 0, 0, known[i].authority},
                               {known[i].sub[0], known[i].sub[1]}};
        return true;
    }
    return false;
}

#define IO_DESCRIPTOR_SIZE 20u /* of a self-relative security descriptor */
#define IO_ACE_SIZE 24u        /* room for an allowed entry with two sub-authorities */
#define IO_ACE_LIMIT 32u
#define IO_SE_DACL_PRESENT 0x0004
#define IO_SE_DACL_PROTECTED 0x1000
#define IO_SE_SELF_RELATIVE 0x8000

struct io_descriptor {
    ULONG64 bytes[(IO_DESCRIPTOR_SIZE + sizeof(ACL) + IO_ACE_LIMIT * IO_ACE_SIZE) / 8 + 1];
    size_t size;
};

/* One "(A;flags;rights;;;sid)" or "(D;…)", written as an entry at `to`; 0 if it is malformed, else
 * its size. */
static USHORT io_sddl_ace(struct io_sddl *s, UCHAR *to) {
    struct io_sid sid;
    bool valid, deny = false;
    if (!io_sddl_take(s, '('))
        return 0;
    if (!io_sddl_take(s, 'A')) {
        deny = true;
        if (!io_sddl_take(s, 'D'))
            return 0;
    }
    if (!io_sddl_take(s, ';'))
        return 0;
    while (s->at < s->end && *s->at != ';')
        s->at++; /* inheritance says nothing about a device */
    if (!io_sddl_take(s, ';'))
        return 0;
    ACCESS_MASK mask = io_sddl_rights(s, &valid);
    if (!valid || !io_sddl_take(s, ';') || !io_sddl_take(s, ';') || !io_sddl_take(s, ';') ||
        !io_sddl_sid(s, &sid) || !io_sddl_take(s, ')'))
        return 0;
    USHORT size = (USHORT)(8 + 8 + sid.count * sizeof(ULONG));
    memset(to, 0, size);
    to[0] = deny;
    memcpy(to + 2, &size, sizeof size);
    memcpy(to + 4, &mask, sizeof mask);
    memcpy(to + 8, &sid, 8 + sid.count * sizeof(ULONG));
    return size;
}

static bool io_sddl_flags(struct io_sddl *s, USHORT *control) {
    while (s->at < s->end && *s->at != '(') {
        if (io_sddl_take(s, 'P'))
            *control |= IO_SE_DACL_PROTECTED;
        else if (!io_sddl_pair(s, "AR") && !io_sddl_pair(s, "AI"))
            return false;
    }
    return true;
}

/* "D:" with flags and entries, as a self-relative descriptor. */
static bool io_sddl_parse(PCUNICODE_STRING text, struct io_descriptor *result) {
    struct io_sddl s = {text->Buffer, text->Buffer + text->Length / sizeof(WCHAR)};
    UCHAR *bytes = (UCHAR *)result->bytes;
    USHORT control = IO_SE_SELF_RELATIVE | IO_SE_DACL_PRESENT, count = 0;
    ULONG offset = IO_DESCRIPTOR_SIZE;
    size_t size = IO_DESCRIPTOR_SIZE + sizeof(ACL);
    if (!io_sddl_pair(&s, "D:") || !io_sddl_flags(&s, &control))
        return false;
    for (; s.at < s.end; count++) {
        USHORT ace = count < IO_ACE_LIMIT ? io_sddl_ace(&s, bytes + size) : 0;
        if (!ace)
            return false;
        size += ace;
    }
    ACL acl = {ACL_REVISION, 0, (USHORT)(size - IO_DESCRIPTOR_SIZE), count, 0};
    memset(bytes, 0, IO_DESCRIPTOR_SIZE);
    bytes[0] = SECURITY_DESCRIPTOR_REVISION;
    memcpy(bytes + 2, &control, sizeof control);
    memcpy(bytes + 16, &offset, sizeof offset);
    memcpy(bytes + IO_DESCRIPTOR_SIZE, &acl, sizeof acl);
    result->size = size;
    return true;
}

/* ---- the routines ---- */

NTSTATUS WdmlibIoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize,
                                    PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                                    ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                    PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                                    PDEVICE_OBJECT *DeviceObject) {
    struct machine *m = ki_self();
    struct io_descriptor descriptor;
    (void)DeviceClassGuid; /* overrides in the class's registry key: there is none */
    if (!DeviceName && !(DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME))
        return STATUS_INVALID_PARAMETER;
    if (!io_sddl_parse(DefaultSDDLString, &descriptor))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType,
                                     DeviceCharacteristics, Exclusive, DeviceObject);
    if (!NT_SUCCESS(status))
        return status;
    status =
        ob_security_set(m, *DeviceObject, (PSECURITY_DESCRIPTOR)descriptor.bytes, descriptor.size);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(*DeviceObject);
        *DeviceObject = NULL;
    }
    return status;
}

/* What a FILE_ANY_ACCESS control request needs after all: FILE_READ_ACCESS, FILE_WRITE_ACCESS. */
NTSTATUS IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess) {
    KI_GATE(IoValidateDeviceIoControlAccess);
    (void)m;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    if (RequiredAccess & ~(ULONG)(FILE_READ_ACCESS | FILE_WRITE_ACCESS))
        return STATUS_INVALID_PARAMETER;
    if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL &&
        stack->MajorFunction != IRP_MJ_FILE_SYSTEM_CONTROL &&
        stack->MajorFunction != IRP_MJ_INTERNAL_DEVICE_CONTROL)
        return STATUS_INVALID_PARAMETER;
    if (Irp->RequestorMode == KernelMode || stack->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL)
        return STATUS_SUCCESS;
    bool read = stack->Flags & SL_READ_ACCESS_GRANTED,
         write = stack->Flags & SL_WRITE_ACCESS_GRANTED;
    if ((RequiredAccess & FILE_READ_ACCESS && !read) ||
        (RequiredAccess & FILE_WRITE_ACCESS && !write))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

NTSTATUS WdmlibIoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess) {
    return IoValidateDeviceIoControlAccess(Irp, RequiredAccess);
}
