/* Check that every NTSTATUS has its name and every name its value, whatever order they are asked
 * in. */
#include <wdmsim/cmocka.h>

static void a_value_has_the_first_name_of_the_header(void **state) {
    (void)state;
    assert_string_equal(wdmsim_status_name(0), "STATUS_SUCCESS");
    assert_string_equal(wdmsim_status_name(0x103), "STATUS_PENDING");
    assert_string_equal(wdmsim_status_name(0xC0000120), "STATUS_CANCELLED");
    assert_string_equal(wdmsim_status_name(0x80000005), "STATUS_BUFFER_OVERFLOW");
}

static void a_value_without_a_name_has_none(void **state) {
    (void)state;
    assert_null(wdmsim_status_name(0x00000104u + 0x20000000u));
    assert_null(wdmsim_status_name(0xFFFFFFFF));
}

static void a_name_has_its_value(void **state) {
    (void)state;
    uint32_t status = 1;
    assert_true(wdmsim_status_value("STATUS_SUCCESS", &status));
    assert_int_equal(status, 0);
    assert_true(wdmsim_status_value("STATUS_ABANDONED_WAIT_0", &status));
    assert_int_equal(status, 0x80);
    assert_true(wdmsim_status_value("STATUS_DEVICE_NOT_READY", &status));
    assert_int_equal(status, 0xC00000A3);
}

static void an_unknown_name_leaves_the_value_alone(void **state) {
    (void)state;
    uint32_t status = 77;
    assert_false(wdmsim_status_value("STATUS_", &status));
    assert_false(wdmsim_status_value("", &status));
    assert_false(wdmsim_status_value("STATUS_SUCCESS ", &status));
    assert_false(wdmsim_status_value("status_success", &status));
    assert_int_equal(status, 77);
}

/* All values of the five severities' first 64 K codes that have a name: the names lead back. */
static void names_lead_back_to_their_values(void **state) {
    (void)state;
    static const uint32_t severities[] = {0, 0x40000000, 0x80000000, 0xC0000000};
    unsigned names = 0;
    for (unsigned s = 0; s < 4; s++) {
        for (uint32_t facility = 0; facility < 0x40; facility++) {
            for (uint32_t code = 0; code < 0x1000; code++) {
                uint32_t status = severities[s] | facility << 16 | code, back;
                const char *name = wdmsim_status_name(status);
                if (!name)
                    continue;
                names++;
                assert_true(wdmsim_status_value(name, &back));
                assert_int_equal(back, status);
            }
        }
    }
    assert_true(names > 1900);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_has_the_first_name_of_the_header),
        cmocka_unit_test(a_value_without_a_name_has_none),
        cmocka_unit_test(a_name_has_its_value),
        cmocka_unit_test(an_unknown_name_leaves_the_value_alone),
        cmocka_unit_test(names_lead_back_to_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
