/* Check correlation vectors: made from a GUID, extended, incremented, and what is none. */
#include <ntddk.h>
#include <wdmsim/cmocka.h>

static const GUID guid = {
    0x00112233, 0x4455, 0x6677, {0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};

static void a_vector_grows(struct machine *m) {
    CORRELATION_VECTOR vector;
    (void)m;
    assert_int_equal(
        RtlInitializeCorrelationVector(&vector, RTL_CORRELATION_VECTOR_VERSION_2, &guid),
        STATUS_SUCCESS);
    assert_string_equal(vector.Vector, "MyIRAFVEd2aImaq7zN3u/w.0");
    assert_int_equal(RtlValidateCorrelationVector(&vector), STATUS_SUCCESS);
    assert_int_equal(RtlIncrementCorrelationVector(&vector), STATUS_SUCCESS);
    assert_int_equal(RtlExtendCorrelationVector(&vector), STATUS_SUCCESS);
    for (int i = 0; i < 12; i++)
        RtlIncrementCorrelationVector(&vector);
    assert_string_equal(vector.Vector, "MyIRAFVEd2aImaq7zN3u/w.1.12");
    assert_int_equal(
        RtlInitializeCorrelationVector(&vector, RTL_CORRELATION_VECTOR_VERSION_1, &guid),
        STATUS_SUCCESS);
    assert_string_equal(vector.Vector, "MyIRAFVEd2aImaq7.0");
    assert_int_equal(
        RtlInitializeCorrelationVector(&vector, RTL_CORRELATION_VECTOR_VERSION_2, NULL),
        (ULONG)STATUS_INVALID_PARAMETER);
}

static void a_vector_has_an_end(struct machine *m) {
    CORRELATION_VECTOR vector;
    ULONG status = STATUS_SUCCESS;
    unsigned steps = 0;
    (void)m;
    RtlInitializeCorrelationVector(&vector, RTL_CORRELATION_VECTOR_VERSION_2, &guid);
    while ((status = RtlExtendCorrelationVector(&vector)) == STATUS_SUCCESS)
        steps++;
    assert_int_equal(status, (ULONG)STATUS_INVALID_PARAMETER);
    assert_int_equal(steps, 51);
    for (int i = 0; i < 9; i++)
        RtlIncrementCorrelationVector(&vector);
    assert_int_equal(strlen(vector.Vector), 126);
    for (int i = 0; i < 90; i++)
        assert_int_equal(RtlIncrementCorrelationVector(&vector), STATUS_SUCCESS);
    assert_int_equal(RtlIncrementCorrelationVector(&vector), (ULONG)STATUS_BUFFER_OVERFLOW);
}

static void what_is_no_vector(struct machine *m) {
    static const char *const wrong[] = {"MyIRAFVEd2aImaq7zN3u/w",      "MyIRAFVEd2aImaq7zN3u/w.",
                                        "MyIRAFVEd2aImaq7zN3u/w.1..2", "MyIRAFVEd2aImaq7zN3u/w.x",
                                        "MyIRAFVEd2aImaq7zN3u_w.1",    ""};
    (void)m;
    for (size_t i = 0; i < ARRAYSIZE(wrong); i++) {
        CORRELATION_VECTOR vector = {.Version = RTL_CORRELATION_VECTOR_VERSION_2};
        strcpy(vector.Vector, wrong[i]);
        assert_int_equal(RtlValidateCorrelationVector(&vector), (ULONG)STATUS_INVALID_PARAMETER);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_vector_grows),
        wdmsim_unit_test(a_vector_has_an_end),
        wdmsim_unit_test(what_is_no_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
