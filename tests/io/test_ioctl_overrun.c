/* A driver that writes past the system buffer of a buffered control request. */
#include "io_test.h"

static NTSTATUS overrun(PDEVICE_OBJECT device, PIRP irp) {
    volatile char *buffer = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(device);
    for (ULONG i = 0; i <= 32; i++)
        buffer[i] = 'x';
    return test_complete(irp, STATUS_SUCCESS, 32);
}

/* Check that the system buffer ends with its last byte where pool is guarded: it is as long as the
 * longer of input and output. */
static void writing_past_the_system_buffer(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = overrun;
    test_load(m);
    uint64_t handle = test_open(m);
    wdmsim_expect_bugcheck(PAGE_FAULT_BEYOND_END_OF_ALLOCATION);
    TEST_SUBMIT(m, .operation = WDMSIM_IOCTL, .handle = handle,
                .code = TEST_CODE(0x800, METHOD_BUFFERED), .input = "in", .input_size = 2,
                .output_size = 32);
}

int main(void) {
    static const struct wdmsim_config guarded = {.processors = 1,
                                                 .flags = WDMSIM_CHECK_RULES | WDMSIM_GUARD_POOL};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(writing_past_the_system_buffer, &guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
