/*
 * Resource descriptors: how they are filled in, and the bytes of the firmware's form they become.
 */
#include "pep_test.h"

static UCHAR bytes[256]; /* of the last conversion */
static SIZE_T size;

static void convert(PEP_ACPI_RESOURCE *resource, SIZE_T count, ULONG flags) {
    PEP_ACPI_REQUEST_CONVERT_TO_BIOS_RESOURCES request = {
        .InputBuffer = resource, .InputBufferSize = count * sizeof *resource, .Flags = flags};
    assert_int_equal(
        pep.kernel.RequestCommon(PEP_REQUEST_COMMON_ACPI_CONVERT_TO_BIOS_RESOURCES, &request),
        STATUS_BUFFER_TOO_SMALL);
    size = request.OutputBufferSize;
    assert_true(size <= sizeof bytes);
    memset(bytes, 0xEE, sizeof bytes);
    request.OutputBuffer = bytes;
    pep.kernel.RequestCommon(PEP_REQUEST_COMMON_ACPI_CONVERT_TO_BIOS_RESOURCES, &request);
    assert_int_equal(request.TranslationStatus, STATUS_SUCCESS);
    assert_int_equal(request.OutputBufferSize, size);
    assert_int_equal(bytes[size], 0xEE);
}

/* One descriptor without an end tag must become exactly these bytes. */
#define EXPECT(resource, ...)                                                                      \
    do {                                                                                           \
        static const UCHAR expected[] = {__VA_ARGS__};                                             \
        convert((resource), 1, PEP_ACPI_REQUEST_COMMON_FLAGS_NO_END_TAG);                          \
        assert_int_equal(size, sizeof expected);                                                   \
        assert_memory_equal(bytes, expected, size);                                                \
    } while (0)

static UNICODE_STRING source = RTL_CONSTANT_STRING(L"\\_SB.BUS");
#define SOURCE '\\', '_', 'S', 'B', '.', 'B', 'U', 'S', 0

static void memory_and_ports(struct machine *m) {
    PEP_ACPI_RESOURCE r;
    (void)m;
    pep_fresh();
    pep_register_plugin();
    PEP_ACPI_INITIALIZE_MEMORY_RESOURCE(1, 0x12345678, 0x22345678, 0x10, 0x100, &r);
    assert_int_equal(r.IoMemory.Type, PepAcpiMemory);
    EXPECT(&r, 0x85, 17, 0, 1, 0x78, 0x56, 0x34, 0x12, 0x78, 0x56, 0x34, 0x22, 0x10, 0, 0, 0, 0, 1,
           0, 0);
    PEP_ACPI_INITIALIZE_IOPORT_RESOURCE(1, 0x3F8, 0x3F8, 8, 4, &r);
    EXPECT(&r, 0x47, 1, 0xF8, 3, 0xF8, 3, 8, 4);
}

static void interrupts(struct machine *m) {
    PEP_ACPI_RESOURCE r;
    ULONG pins[] = {9, 0x105};
    (void)m;
    pep_fresh();
    pep_register_plugin();
    PEP_ACPI_INITIALIZE_INTERRUPT_RESOURCE(TRUE, LevelSensitive, InterruptActiveLow, TRUE, TRUE,
                                           pins, 2, &r);
    EXPECT(&r, 0x89, 10, 0, 0x1D, 2, 9, 0, 0, 0, 5, 1, 0, 0);
}

static void gpio_pins(struct machine *m) {
    PEP_ACPI_RESOURCE r;
    USHORT pins[] = {3, 4};
    UCHAR vendor[] = {0xAB};
    (void)m;
    pep_fresh();
    pep_register_plugin();
    PEP_ACPI_INITIALIZE_GPIO_INT_RESOURCE(Latched, InterruptActiveBoth, TRUE, TRUE, PullUp, 0x20, 0,
                                          &source, TRUE, vendor, 1, pins, 2, &r);
    EXPECT(&r, 0x8C, 34, 0, 1, 0, 1, 0, 0x1D, 0, 1, 0, 0, 0x20, 0, 23, 0, 0, 27, 0, 36, 0, 1, 0, 3,
           0, 4, 0, SOURCE, 0xAB);
    PEP_ACPI_INITIALIZE_GPIO_IO_RESOURCE(FALSE, FALSE, PullNone, 0, 0x30, IoRestrictionOutputOnly,
                                         0, &source, TRUE, NULL, 0, pins, 1, &r);
    EXPECT(&r, 0x8C, 31, 0, 1, 1, 1, 0, 2, 0, 3, 0x30, 0, 0, 0, 23, 0, 0, 25, 0, 34, 0, 0, 0, 3, 0,
           SOURCE);
}

static void serial_buses(struct machine *m) {
    PEP_ACPI_RESOURCE r;
    (void)m;
    pep_fresh();
    pep_register_plugin();
    PEP_ACPI_INITIALIZE_SPB_I2C_RESOURCE(0x2A, FALSE, 400000, TRUE, &source, 0, TRUE, FALSE, NULL,
                                         0, &r);
    EXPECT(&r, 0x8E, 24, 0, 1, 0, 1, 2, 1, 0, 1, 6, 0, 0x80, 0x1A, 6, 0, 0x2A, 0, SOURCE);
    PEP_ACPI_INITIALIZE_SPB_SPI_RESOURCE(1, 0, PEP_ACPI_SPI_SERIAL_BUS_SPECIFIC_FLAG_3WIRE_MODE, 8,
                                         TRUE, 1000, PEP_ACPI_SPI_SERIAL_BUS_POLARITY_HIGH,
                                         PEP_ACPI_SPI_SERIAL_BUS_PHASE_BAR, &source, 0, FALSE, TRUE,
                                         NULL, 0, &r);
    EXPECT(&r, 0x8E, 27, 0, 1, 0, 2, 5, 1, 0, 1, 9, 0, 0xE8, 3, 0, 0, 8, 1, 1, 1, 0, SOURCE);
    PEP_ACPI_INITIALIZE_SPB_UART_RESOURCE(
        115200, PEP_ACPI_UART_SERIAL_FLAG_DATA_BITS_8, PEP_ACPI_UART_SERIAL_FLAG_STOP_BITS_1,
        PEP_ACPI_UART_SERIAL_LINES_CTS, 0, PEP_ACPI_UART_SERIAL_PARITY_EVEN,
        PEP_ACPI_UART_SERIAL_FLAG_FLOW_CTL_HW, 16, 32, &source, 0, TRUE, FALSE, (PCHAR) "v", 1, &r);
    EXPECT(&r, 0x8E, 29, 0, 1, 0, 3, 2, 0x35, 0, 1, 11, 0, 0, 0xC2, 1, 0, 16, 0, 32, 0, 1, 0x40,
           'v', SOURCE);
}

static void extended_addresses(struct machine *m) {
    PEP_ACPI_RESOURCE r;
    (void)m;
    pep_fresh();
    pep_register_plugin();
    PEP_ACPI_INITIALIZE_EXTENDED_MEMORY_RESOURCE(
        TRUE, 0, TRUE, TRUE, PEP_ACPI_ADDRESS_TYPE_MEMORY_CACHEABLE, TRUE, 0, 0x100000000ull,
        0x1000000FFull, 0, 0x100, PEP_ACPI_ADDRESS_TYPE_ACPI_MEMORY_WB, NULL,
        PEP_ACPI_ADDRESS_TYPE_MEMORY_RANGE_RESERVED, FALSE, &r);
    convert(&r, 1, PEP_ACPI_REQUEST_COMMON_FLAGS_NO_END_TAG);
    assert_int_equal(size, 56);
    assert_int_equal(bytes[0], 0x8B);
    assert_int_equal(bytes[1], 53);
    assert_int_equal(bytes[3], 0);    /* memory */
    assert_int_equal(bytes[4], 0x0D); /* consumer, both ends fixed */
    assert_int_equal(bytes[5], 0x0B); /* read and write, cacheable, reserved */
    assert_int_equal(bytes[20], 1);   /* of the minimum */
    assert_int_equal(bytes[48], 8);   /* write back */
    PEP_ACPI_INITIALIZE_EXTENDED_IO_RESOURCE(FALSE, 1, FALSE, FALSE,
                                             PEP_ACPI_ADDRESS_TYPE_IO_ENTIRE_RANGE, 0, 0x1000,
                                             0x10FF, 0, 0x100, 0, NULL, FALSE, TRUE, &r);
    assert_int_equal(r.Type, PepAcpiExtendedIo);
    convert(&r, 1, PEP_ACPI_REQUEST_COMMON_FLAGS_NO_END_TAG);
    assert_int_equal(bytes[3], 1);
    assert_int_equal(bytes[4], 2);
    assert_int_equal(bytes[5], 0x23);
}

static void a_list_ends_with_a_tag(struct machine *m) {
    PEP_ACPI_RESOURCE r[2];
    (void)m;
    pep_fresh();
    pep_register_plugin();
    PEP_ACPI_INITIALIZE_IOPORT_RESOURCE(1, 0x60, 0x60, 1, 1, &r[0]);
    PEP_ACPI_INITIALIZE_IOPORT_RESOURCE(1, 0x64, 0x64, 1, 1, &r[1]);
    convert(r, 2, PEP_ACPI_REQUEST_COMMON_FLAGS_NONE);
    assert_int_equal(size, 18);
    assert_int_equal(bytes[8], 0x47);
    assert_int_equal(bytes[16], 0x79);
    assert_int_equal(bytes[17], 0);
}

static void what_is_no_descriptor_is_refused(struct machine *m) {
    PEP_ACPI_RESOURCE r;
    PEP_ACPI_REQUEST_CONVERT_TO_BIOS_RESOURCES request = {.InputBuffer = &r,
                                                          .InputBufferSize = sizeof r};
    (void)m;
    memset(&r, 0, sizeof r);
    r.Type = (PEP_ACPI_RESOURCE_TYPE)99;
    pep_fresh();
    pep_register_plugin();
    pep.kernel.RequestCommon(PEP_REQUEST_COMMON_ACPI_CONVERT_TO_BIOS_RESOURCES, &request);
    assert_int_equal(request.TranslationStatus, STATUS_INVALID_PARAMETER);
    r.Type = PepAcpiMemory;
    request.InputBufferSize--;
    pep.kernel.RequestCommon(PEP_REQUEST_COMMON_ACPI_CONVERT_TO_BIOS_RESOURCES, &request);
    assert_int_equal(request.TranslationStatus, STATUS_INVALID_PARAMETER);
    assert_int_equal(
        pep.kernel.RequestCommon(PEP_REQUEST_COMMON_ACPI_CONVERT_TO_BIOS_RESOURCES, NULL),
        STATUS_INVALID_PARAMETER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(memory_and_ports),
        wdmsim_unit_test(interrupts),
        wdmsim_unit_test(gpio_pins),
        wdmsim_unit_test(serial_buses),
        wdmsim_unit_test(extended_addresses),
        wdmsim_unit_test(a_list_ends_with_a_tag),
        wdmsim_unit_test(what_is_no_descriptor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
