/* Check that the forms of a SCSI request block share their fields' places, and how a state is read.
 */
#include <ntddk.h>
#include <srb.h>
#include <stddef.h>
#include <wdmsim/cmocka.h>

static void a_state_is_read_without_the_bits_beside_it(struct machine *m) {
    (void)m;
    UCHAR status = SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID | SRB_STATUS_QUEUE_FROZEN;
    assert_int_equal(SRB_STATUS(status), SRB_STATUS_ERROR);
    assert_int_equal(SRB_STATUS(SRB_STATUS_SUCCESS), SRB_STATUS_SUCCESS);
}

#define SAME(form, field)                                                                          \
    assert_int_equal(offsetof(form, field), offsetof(SCSI_REQUEST_BLOCK, field))

static void every_form_of_a_block_has_its_fields_in_the_same_places(struct machine *m) {
    (void)m;
    assert_int_equal(sizeof(SCSI_POWER_REQUEST_BLOCK), sizeof(SCSI_REQUEST_BLOCK));
    assert_int_equal(sizeof(SCSI_PNP_REQUEST_BLOCK), sizeof(SCSI_REQUEST_BLOCK));
    assert_int_equal(sizeof(SCSI_WMI_REQUEST_BLOCK), sizeof(SCSI_REQUEST_BLOCK));
    SAME(SCSI_POWER_REQUEST_BLOCK, SrbFlags);
    SAME(SCSI_POWER_REQUEST_BLOCK, OriginalRequest);
    SAME(SCSI_PNP_REQUEST_BLOCK, DataTransferLength);
    SAME(SCSI_PNP_REQUEST_BLOCK, SrbExtension);
    SAME(SCSI_WMI_REQUEST_BLOCK, TimeOutValue);
    SAME(SCSI_WMI_REQUEST_BLOCK, OriginalRequest);
}

static void
an_extended_block_shows_its_function_to_those_who_expect_the_old_form(struct machine *m) {
    (void)m;
    SAME(STORAGE_REQUEST_BLOCK, Function);
    SAME(STORAGE_REQUEST_BLOCK, SrbStatus);
    assert_int_equal(offsetof(STORAGE_REQUEST_BLOCK, Signature), 8);
    assert_int_equal(offsetof(STORAGE_REQUEST_BLOCK, DataBuffer) % sizeof(PVOID), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_state_is_read_without_the_bits_beside_it),
        wdmsim_unit_test(every_form_of_a_block_has_its_fields_in_the_same_places),
        wdmsim_unit_test(an_extended_block_shows_its_function_to_those_who_expect_the_old_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
