/*
 * Devices of the ACPI namespace that a plug-in serves.
 */
#include "pep_test.h"

static struct {
    POHANDLE handle;
    bool declines, refuses_namespace, silent, at_once;
    ULONG objects; /* methods it has */
    ULONG resource_bytes;
    char order[256];
    PVOID context; /* of a method that it answers later */
    PACPI_METHOD_ARGUMENT output;
    ULONG translated; /* descriptors */
} acpi;

static const char *const methods[] = {"_HID", "_STA", "SLOW", "ECHO"};

static void word(const char *text) {
    strncat(acpi.order, text, sizeof acpi.order - strlen(acpi.order) - 1);
}

static void evaluate(PPEP_ACPI_EVALUATE_CONTROL_METHOD method) {
    assert_int_equal(method->RequestFlags, PEP_ACPI_ECM_FLAG_RELATIVE_NAME);
    PACPI_METHOD_ARGUMENT output = method->OutputArguments;
    if (!memcmp(&method->MethodName, "_HID", 4)) {
        if (method->OutputArgumentSize < ACPI_METHOD_ARGUMENT_LENGTH(8)) {
            method->OutputArgumentSize = ACPI_METHOD_ARGUMENT_LENGTH(8);
            method->MethodStatus = STATUS_BUFFER_TOO_SMALL;
            return;
        }
        ACPI_METHOD_SET_ARGUMENT_STRING(output, "TST0001");
        method->OutputArgumentSize = ACPI_METHOD_ARGUMENT_LENGTH_FROM_ARGUMENT(output);
        method->MethodStatus = STATUS_SUCCESS;
    } else if (!memcmp(&method->MethodName, "SLOW", 4)) {
        acpi.context = method->CompletionContext;
        acpi.output = output;
        method->MethodStatus = STATUS_PENDING;
        if (acpi.at_once)
            pep.kernel.RequestWorker(pep.kernel.Plugin);
    } else if (!memcmp(&method->MethodName, "ECHO", 4)) {
        assert_int_equal(method->InputArgumentCount, 1);
        ACPI_METHOD_SET_ARGUMENT_INTEGER(output, method->InputArguments->Argument + 1);
        method->OutputArgumentSize = sizeof(ACPI_METHOD_ARGUMENT);
        method->MethodStatus = STATUS_SUCCESS;
    } else {
        method->MethodStatus = STATUS_NOT_SUPPORTED;
    }
}

static bool serve(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_ACPI_ENUMERATE_DEVICE_NAMESPACE names = data;
    PPEP_ACPI_QUERY_DEVICE_CONTROL_RESOURCES resources = data;
    PPEP_ACPI_TRANSLATED_DEVICE_CONTROL_RESOURCES translated = data;
    PPEP_WORK work = data;
    (void)handle;
    *answer = TRUE;
    switch (id) {
    case PEP_NOTIFY_ACPI_PREPARE_DEVICE:
        word("prepare ");
        ((PPEP_ACPI_PREPARE_DEVICE)data)->DeviceAccepted = !acpi.declines;
        return true;
    case PEP_NOTIFY_ACPI_REGISTER_DEVICE:
        word("register ");
        acpi.handle = ((PPEP_ACPI_REGISTER_DEVICE)data)->KernelHandle;
        ((PPEP_ACPI_REGISTER_DEVICE)data)->DeviceHandle = PEP_HANDLE;
        return true;
    case PEP_NOTIFY_ACPI_ENUMERATE_DEVICE_NAMESPACE:
        word("names ");
        names->ObjectCount = acpi.objects;
        names->Status = STATUS_BUFFER_TOO_SMALL;
        if (names->ObjectBufferSize >= acpi.objects * sizeof names->Objects[0]) {
            for (ULONG i = 0; i < acpi.objects; i++) {
                memcpy(names->Objects[i].Name.Name, methods[i], 4);
                names->Objects[i].Type = PepAcpiObjectTypeMethod;
            }
            names->Status = STATUS_SUCCESS;
        }
        *answer = !acpi.refuses_namespace;
        return true;
    case PEP_NOTIFY_ACPI_QUERY_OBJECT_INFORMATION:
        word("? ");
        ((PPEP_ACPI_QUERY_OBJECT_INFORMATION)data)->MethodObject.OutputArgumentCount = 1;
        return true;
    case PEP_NOTIFY_ACPI_QUERY_DEVICE_CONTROL_RESOURCES: {
        PEP_ACPI_RESOURCE all[2];
        ULONG pins[] = {0x33, 0x34};
        UCHAR bytes[64];
        word("resources ");
        *answer = acpi.resource_bytes != 0;
        PEP_ACPI_INITIALIZE_MEMORY_RESOURCE(1, 0xFED00000, 0xFED00000, 1, 0x400, &all[0]);
        PEP_ACPI_INITIALIZE_INTERRUPT_RESOURCE(TRUE, Latched, InterruptActiveHigh, FALSE, FALSE,
                                               pins, 2, &all[1]);
        PEP_ACPI_REQUEST_CONVERT_TO_BIOS_RESOURCES request = {.InputBuffer = all,
                                                              .InputBufferSize = sizeof all,
                                                              .OutputBuffer = bytes,
                                                              .OutputBufferSize = sizeof bytes};
        pep.kernel.RequestCommon(PEP_ACPI_REQUEST_COMMON_CONVERT_TO_BIOS_RESOURCES, &request);
        assert_int_equal(request.TranslationStatus, STATUS_SUCCESS);
        SIZE_T size = ACPI_METHOD_ARGUMENT_LENGTH(request.OutputBufferSize);
        if (resources->BiosResourcesSize < size) {
            resources->BiosResourcesSize = size;
            resources->Status = STATUS_BUFFER_TOO_SMALL;
            return true;
        }
        ACPI_METHOD_SET_ARGUMENT_BUFFER(&resources->BiosResources[0], bytes,
                                        request.OutputBufferSize);
        resources->Status = STATUS_SUCCESS;
        return true;
    }
    case PEP_NOTIFY_ACPI_TRANSLATED_DEVICE_CONTROL_RESOURCES: {
        PCM_PARTIAL_RESOURCE_LIST list =
            &translated->TranslatedResources.List[0].PartialResourceList;
        word("translated ");
        acpi.translated = list->Count;
        assert_int_equal(list->PartialDescriptors[0].Type, CmResourceTypeMemory);
        assert_int_equal(list->PartialDescriptors[0].u.Memory.Start.QuadPart, 0xFED00000);
        assert_int_equal(list->PartialDescriptors[0].u.Memory.Length, 0x400);
        assert_int_equal(list->PartialDescriptors[2].Type, CmResourceTypeInterrupt);
        assert_int_equal(list->PartialDescriptors[2].u.Interrupt.Vector, 0x34);
        return true;
    }
    case PEP_NOTIFY_ACPI_EVALUATE_CONTROL_METHOD:
        evaluate(data);
        return true;
    case PEP_NOTIFY_ACPI_UNREGISTER_DEVICE:
        word("unregister ");
        assert_ptr_equal(((PPEP_ACPI_UNREGISTER_DEVICE)data)->DeviceHandle, PEP_HANDLE);
        return true;
    case PEP_NOTIFY_ACPI_ABANDON_DEVICE:
        word("abandon ");
        return true;
    case PEP_NOTIFY_ACPI_WORK:
        work->NeedWork = TRUE;
        work->WorkInformation = &pep.work;
        if (acpi.at_once)
            pep.work.ControlMethodComplete.CompletionContext = acpi.context;
        return true;
    default:
        return false;
    }
}

static void begin(void) {
    memset(&acpi, 0, sizeof acpi);
    acpi.objects = 4;
    acpi.resource_bytes = 1;
    pep_fresh();
    pep.information.AcceptDeviceNotification = NULL;
    pep.information.AcceptAcpiNotification = pep_test_acpi;
    pep.acpi = serve;
    pep_register_plugin();
}
static void begin_device(struct machine *m) {
    begin();
    assert_int_equal(wdmsim_acpi_device_add(m, "\\_SB.TST1"), 0);
}

static void a_device_is_claimed_described_and_given_back(struct machine *m) {
    struct wdmsim_acpi_object objects[8];
    UCHAR bytes[64];
    begin_device(m);
    assert_string_equal(acpi.order,
                        "prepare register names names ? ? ? ? resources resources translated ");
    assert_int_equal(acpi.translated, 3);
    assert_int_equal(wdmsim_acpi_objects(m, "\\_SB.TST1", objects, 8), 4);
    assert_string_equal(objects[0].name, "_HID");
    assert_int_equal(objects[0].outputs, 1);
    assert_int_equal(wdmsim_acpi_control_resources(m, "\\_SB.TST1", bytes, sizeof bytes), 35);
    assert_int_equal(bytes[0], 0x85);
    assert_int_equal(wdmsim_acpi_device_add(m, "\\_SB.TST1"), WDMSIM_ERROR_BUSY);
    acpi.order[0] = 0;
    assert_int_equal(wdmsim_acpi_device_remove(m, "\\_SB.TST1"), 0);
    assert_string_equal(acpi.order, "unregister abandon ");
    assert_int_equal(wdmsim_acpi_device_remove(m, "\\_SB.TST1"), WDMSIM_ERROR_NOT_FOUND);
}

static void a_device_nobody_claims_does_not_stay(struct machine *m) {
    begin();
    acpi.declines = true;
    assert_int_equal(wdmsim_acpi_device_add(m, "\\_SB.TST2"), WDMSIM_ERROR_NOT_FOUND);
    assert_string_equal(acpi.order, "prepare ");
    assert_int_equal(wdmsim_acpi_objects(m, "\\_SB.TST2", NULL, 0), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_acpi_device_add(m, "TST2"), WDMSIM_ERROR_INVALID);
}

static void refusing_the_namespace_is_a_bug_check(struct machine *m) {
    begin();
    acpi.refuses_namespace = true;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x605, PEP_NOTIFY_ACPI_ENUMERATE_DEVICE_NAMESPACE, -1, 0);
    wdmsim_acpi_device_add(m, "\\_SB.TST1");
}

static void a_device_without_control_resources_is_not_given_any(struct machine *m) {
    begin();
    acpi.resource_bytes = 0;
    assert_int_equal(wdmsim_acpi_device_add(m, "\\_SB.TST1"), 0);
    assert_null(strstr(acpi.order, "translated"));
}

/* ---- methods ---- */

static void a_method_is_evaluated(struct machine *m) {
    union {
        ACPI_METHOD_ARGUMENT argument;
        UCHAR bytes[64];
    } out;
    size_t size = 4;
    uint32_t status;
    begin_device(m);
    assert_int_equal(
        wdmsim_acpi_evaluate(m, "\\_SB.TST1", "_HID", NULL, 0, 0, &out, &size, &status), 0);
    assert_int_equal((NTSTATUS)status, STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 12);
    assert_int_equal(
        wdmsim_acpi_evaluate(m, "\\_SB.TST1", "_HID", NULL, 0, 0, &out, &size, &status), 0);
    assert_int_equal((NTSTATUS)status, STATUS_SUCCESS);
    assert_int_equal(out.argument.Type, ACPI_METHOD_ARGUMENT_STRING);
    assert_string_equal((char *)out.argument.Data, "TST0001");
    assert_int_equal(
        wdmsim_acpi_evaluate(m, "\\_SB.TST1", "_STA", NULL, 0, 0, &out, &size, &status), 0);
    assert_int_equal((NTSTATUS)status, STATUS_NOT_SUPPORTED);
    assert_int_equal(
        wdmsim_acpi_evaluate(m, "\\_SB.TST1", "_CRS", NULL, 0, 0, &out, &size, &status),
        WDMSIM_ERROR_NOT_FOUND);
}

static void a_method_has_arguments(struct machine *m) {
    ACPI_METHOD_ARGUMENT in, out;
    size_t size = sizeof out;
    uint32_t status;
    begin_device(m);
    ACPI_METHOD_SET_ARGUMENT_INTEGER(&in, 41);
    assert_int_equal(
        wdmsim_acpi_evaluate(m, "\\_SB.TST1", "ECHO", &in, sizeof in, 1, &out, &size, &status), 0);
    assert_int_equal(out.Type, ACPI_METHOD_ARGUMENT_INTEGER);
    assert_int_equal(out.Argument, 42);
}

static void a_method_may_end_as_work(struct machine *m) {
    ACPI_METHOD_ARGUMENT result, out;
    size_t size = sizeof out;
    uint32_t status;
    begin_device(m);
    acpi.at_once = true;
    ACPI_METHOD_SET_ARGUMENT_INTEGER(&result, 5);
    pep.work.WorkType = PepWorkAcpiEvaluateControlMethodComplete;
    pep.work.ControlMethodComplete = (PEP_WORK_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE){
        .DeviceHandle = acpi.handle,
        .CompletionFlags = PEP_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE_FLAG_NONE,
        .MethodStatus = STATUS_SUCCESS,
        .OutputArgumentSize = sizeof result,
        .OutputArguments = &result,
    };
    assert_int_equal(
        wdmsim_acpi_evaluate(m, "\\_SB.TST1", "SLOW", NULL, 0, 0, &out, &size, &status), 0);
    assert_int_equal((NTSTATUS)status, STATUS_SUCCESS);
    assert_int_equal(out.Argument, 5);
}

static void a_method_that_never_ends_is_given_up(struct machine *m) {
    ACPI_METHOD_ARGUMENT out;
    size_t size = sizeof out;
    uint32_t status;
    begin_device(m);
    assert_int_equal(
        wdmsim_acpi_evaluate(m, "\\_SB.TST1", "SLOW", NULL, 0, 0, &out, &size, &status),
        WDMSIM_ERROR_TIMED_OUT);
    assert_int_equal(wdmsim_time(m), 60 * WDMSIM_S);
}

static void completing_no_method_is_a_bug_check(struct machine *m) {
    begin_device(m);
    pep.work.WorkType = PepWorkAcpiEvaluateControlMethodComplete;
    pep.work.ControlMethodComplete.DeviceHandle = acpi.handle;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x603, -1, PepWorkAcpiEvaluateControlMethodComplete, 0);
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(m);
}

static void a_notify_reaches_the_device(struct machine *m) {
    uint32_t last = 0;
    begin_device(m);
    pep.work.WorkType = PepWorkAcpiNotify;
    pep.work.AcpiNotify.DeviceHandle = acpi.handle;
    pep.work.AcpiNotify.NotifyCode = 0x80;
    assert_int_equal(wdmsim_acpi_notifications(m, "\\_SB.TST1", &last), 0);
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_acpi_notifications(m, "\\_SB.TST1", &last), 2);
    assert_int_equal(last, 0x80);
    assert_int_equal(pep.acpi_count[PEP_NOTIFY_ACPI_WORK], 2);
}

static void a_plugin_of_both_kinds_gets_device_work(struct machine *m) {
    memset(&acpi, 0, sizeof acpi);
    pep_fresh();
    pep.information.AcceptAcpiNotification = pep_test_acpi;
    pep.acpi = serve;
    pep_register_plugin();
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(m);
    assert_int_equal(pep.dpm_count[PEP_DPM_WORK], 1);
    assert_int_equal(pep.acpi_count[PEP_NOTIFY_ACPI_WORK], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_device_is_claimed_described_and_given_back),
        wdmsim_unit_test(a_device_nobody_claims_does_not_stay),
        fx_unit_test(refusing_the_namespace_is_a_bug_check),
        wdmsim_unit_test(a_device_without_control_resources_is_not_given_any),
        wdmsim_unit_test(a_method_is_evaluated),
        wdmsim_unit_test(a_method_has_arguments),
        wdmsim_unit_test(a_method_may_end_as_work),
        wdmsim_unit_test(a_method_that_never_ends_is_given_up),
        fx_unit_test(completing_no_method_is_a_bug_check),
        wdmsim_unit_test(a_notify_reaches_the_device),
        wdmsim_unit_test(a_plugin_of_both_kinds_gets_device_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
