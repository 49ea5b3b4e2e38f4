/* Security descriptors of objects: given at creation, read, changed, checked when user mode opens
 * the object. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

/* One entry for S-1-1-0 (everyone). */
struct descriptor {
    SECURITY_DESCRIPTOR_RELATIVE header;
    ACL acl;
    struct {
        UCHAR type, flags;
        USHORT size;
        ACCESS_MASK mask;
        UCHAR sid[12];
    } ace;
};
static struct descriptor everyone(ACCESS_MASK mask) {
    struct descriptor descriptor = {
        {1, 0, 0x8004, 0, 0, 0, sizeof(SECURITY_DESCRIPTOR_RELATIVE)},
        {ACL_REVISION, 0, sizeof(ACL) + 20, 1, 0},
        {0, 0, 20, mask, {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}},
    };
    return descriptor;
}

static HANDLE event_with(PVOID descriptor) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Guarded");
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, descriptor);
    assert_int_equal(
        ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
        STATUS_SUCCESS);
    return handle;
}

static PVOID object_of(HANDLE handle) {
    PVOID object;
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL),
                     STATUS_SUCCESS);
    ObDereferenceObject(object);
    return object;
}

static void an_object_keeps_its_descriptor(struct machine *m) {
    struct descriptor descriptor = everyone(SYNCHRONIZE);
    HANDLE handle = event_with(&descriptor);
    PSECURITY_DESCRIPTOR copy;
    BOOLEAN allocated = FALSE;
    (void)m;
    assert_int_equal(ObGetObjectSecurity(object_of(handle), &copy, &allocated), STATUS_SUCCESS);
    assert_non_null(copy);
    assert_true(allocated);
    const SECURITY_DESCRIPTOR_RELATIVE *relative = copy;
    assert_memory_equal((const char *)copy + relative->Dacl, &descriptor.acl,
                        descriptor.acl.AclSize);
    ObReleaseObjectSecurity(copy, allocated);
    ZwClose(handle);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER); /* the copy was freed */
    ExFreePool(copy);
}

static void an_unnamed_object_has_none(struct machine *m) {
    PSECURITY_DESCRIPTOR descriptor = &descriptor;
    BOOLEAN allocated = TRUE;
    HANDLE handle;
    (void)m;
    ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(ObGetObjectSecurity(object_of(handle), &descriptor, &allocated),
                     STATUS_SUCCESS);
    assert_null(descriptor);
    assert_false(allocated);
    ObReleaseObjectSecurity(descriptor, allocated);
    ZwClose(handle);
}

static void a_descriptor_is_read_and_replaced_in_parts(struct machine *m) {
    struct descriptor first = everyone(SYNCHRONIZE), second = everyone(EVENT_MODIFY_STATE);
    char buffer[200];
    ULONG needed = 0;
    HANDLE handle = event_with(&first);
    (void)m;
    assert_int_equal(ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, 4, &needed),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(needed, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + first.acl.AclSize);
    assert_int_equal(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &second),
                     STATUS_SUCCESS);
    assert_int_equal(
        ZwQuerySecurityObject(handle, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    const SECURITY_DESCRIPTOR_RELATIVE *relative = (const void *)buffer;
    assert_memory_equal(buffer + relative->Dacl, &second.acl, second.acl.AclSize);
    assert_int_equal(
        ZwQuerySecurityObject(handle, OWNER_SECURITY_INFORMATION, buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(relative->Dacl, 0);
    ZwClose(handle);
}

static void a_bad_descriptor_is_refused(struct machine *m) {
    struct descriptor good = everyone(SYNCHRONIZE), bad = good;
    HANDLE handle = event_with(&good);
    (void)m;
    assert_int_equal(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, NULL),
                     STATUS_ACCESS_VIOLATION);
    bad.header.Revision = 2;
    assert_int_equal(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &bad),
                     STATUS_UNKNOWN_REVISION);
    bad = good;
    bad.ace.size = 100;
    assert_int_equal(ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &bad),
                     STATUS_INVALID_ACL);
    assert_int_equal(ZwSetSecurityObject((HANDLE)0x4444, DACL_SECURITY_INFORMATION, &good),
                     STATUS_INVALID_HANDLE);
    ZwClose(handle);
}

/* Check that the list decides what somebody other than the kernel gets; force_access_check makes
 * the kernel somebody. */
static void an_open_is_checked_against_the_list(struct machine *m) {
    struct descriptor descriptor = everyone(SYNCHRONIZE);
    HANDLE handle = event_with(&descriptor), second;
    PVOID event = object_of(handle);
    (void)m;
    assert_int_equal(ObOpenObjectByPointer(event, OBJ_FORCE_ACCESS_CHECK, NULL, SYNCHRONIZE, NULL,
                                           KernelMode, &second),
                     STATUS_SUCCESS);
    ZwClose(second);
    assert_int_equal(ObOpenObjectByPointer(event, OBJ_FORCE_ACCESS_CHECK, NULL, EVENT_MODIFY_STATE,
                                           NULL, KernelMode, &second),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(ObOpenObjectByPointer(event, 0, NULL, EVENT_MODIFY_STATE, *ExEventObjectType,
                                           UserMode, &second),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(
        ObOpenObjectByPointer(event, 0, NULL, EVENT_MODIFY_STATE, NULL, KernelMode, &second),
        STATUS_SUCCESS);
    ZwClose(second);
    ZwClose(handle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_object_keeps_its_descriptor),
        wdmsim_unit_test(an_unnamed_object_has_none),
        wdmsim_unit_test(a_descriptor_is_read_and_replaced_in_parts),
        wdmsim_unit_test(a_bad_descriptor_is_refused),
        wdmsim_unit_test(an_open_is_checked_against_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
