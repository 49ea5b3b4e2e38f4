/* Ports and memory-mapped registers: each access reaches the device model that covers it. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define BASE 0xd0000000ull
#define PORT 0x300u

static char story[256];

static uint64_t tell_read(void *context, uint64_t offset, unsigned width) {
    size_t length = strlen(story);
    snprintf(story + length, sizeof story - length, "%s r%u+%x", (char *)context, width,
             (unsigned)offset);
    return 0x8877665544332211ull + offset;
}

static void tell_write(void *context, uint64_t offset, unsigned width, uint64_t value) {
    size_t length = strlen(story);
    snprintf(story + length, sizeof story - length, "%s w%u+%x=%llx", (char *)context, width,
             (unsigned)offset, (unsigned long long)value);
}

static PUCHAR prepare(struct machine *m) {
    const struct wdmsim_registers memory = {false, BASE, 64, tell_read, tell_write, "m"};
    const struct wdmsim_registers ports = {true, PORT, 8, tell_read, tell_write, "p"};
    story[0] = 0;
    assert_int_equal(wdmsim_registers_add(m, &memory), 0);
    assert_int_equal(wdmsim_registers_add(m, &ports), 0);
    PUCHAR mapped = MmMapIoSpace((PHYSICAL_ADDRESS){.QuadPart = BASE}, PAGE_SIZE, MmNonCached);
    assert_non_null(mapped);
    return mapped;
}

static void registers_of_every_width(struct machine *m) {
    PUCHAR mapped = prepare(m);
    assert_int_equal(READ_REGISTER_UCHAR(mapped + 1), 0x12);
    assert_int_equal(READ_REGISTER_USHORT((PUSHORT)(mapped + 2)), 0x2213);
    assert_int_equal(READ_REGISTER_ULONG((PULONG)(mapped + 4)), 0x44332215);
    assert_true(READ_REGISTER_ULONG64((PULONG64)(mapped + 8)) == 0x8877665544332219ull);
    assert_string_equal(story, "m r1+1m r2+2m r4+4m r8+8");
    story[0] = 0;
    WRITE_REGISTER_UCHAR(mapped + 1, 0xa1);
    WRITE_REGISTER_USHORT((PUSHORT)(mapped + 2), 0xa2);
    WRITE_REGISTER_ULONG((PULONG)(mapped + 4), 0xa4);
    WRITE_REGISTER_ULONG64((PULONG64)(mapped + 8), 0xa8);
    assert_string_equal(story, "m w1+1=a1m w2+2=a2m w4+4=a4m w8+8=a8");
}

static void a_buffer_of_registers_is_one_after_the_other(struct machine *m) {
    PUCHAR mapped = prepare(m);
    UCHAR c[2] = {1, 2};
    USHORT s[2] = {3, 4};
    ULONG l[2] = {5, 6};
    ULONG64 q[2] = {7, 8};
    WRITE_REGISTER_BUFFER_UCHAR(mapped, c, 2);
    WRITE_REGISTER_BUFFER_USHORT((PUSHORT)mapped, s, 2);
    WRITE_REGISTER_BUFFER_ULONG((PULONG)mapped, l, 2);
    WRITE_REGISTER_BUFFER_ULONG64((PULONG64)mapped, q, 2);
    assert_string_equal(story, "m w1+0=1m w1+1=2m w2+0=3m w2+2=4m w4+0=5m w4+4=6m w8+0=7m w8+8=8");
    READ_REGISTER_BUFFER_UCHAR(mapped, c, 2);
    READ_REGISTER_BUFFER_USHORT((PUSHORT)mapped, s, 2);
    READ_REGISTER_BUFFER_ULONG((PULONG)mapped, l, 2);
    READ_REGISTER_BUFFER_ULONG64((PULONG64)mapped, q, 2);
    assert_int_equal(c[1], 0x12);
    assert_int_equal(s[1], 0x2213);
    assert_int_equal(l[1], 0x44332215);
    assert_true(q[1] == 0x8877665544332219ull);
}

static void ports_of_every_width(struct machine *m) {
    prepare(m);
    assert_int_equal(READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)(PORT + 1)), 0x12);
    assert_int_equal(READ_PORT_USHORT((PUSHORT)(ULONG_PTR)(PORT + 2)), 0x2213);
    assert_int_equal(READ_PORT_ULONG((PULONG)(ULONG_PTR)(PORT + 4)), 0x44332215);
    WRITE_PORT_UCHAR((PUCHAR)(ULONG_PTR)(PORT + 1), 0xb1);
    WRITE_PORT_USHORT((PUSHORT)(ULONG_PTR)(PORT + 2), 0xb2);
    WRITE_PORT_ULONG((PULONG)(ULONG_PTR)(PORT + 4), 0xb4);
    assert_string_equal(story, "p r1+1p r2+2p r4+4p w1+1=b1p w2+2=b2p w4+4=b4");
}

static void intrinsics_reach_the_ports(struct machine *m) {
    UCHAR c[2] = {1, 2};
    USHORT s[1] = {3};
    ULONG l[1] = {5};
    prepare(m);
    assert_int_equal(__inbyte(PORT + 1), 0x12);
    assert_int_equal(__inword(PORT + 2), 0x2213);
    assert_int_equal(__indword(PORT + 4), 0x44332215);
    __outbyte(PORT + 1, 0xb1);
    __outword(PORT + 2, 0xb2);
    __outdword(PORT + 4, 0xb4);
    assert_string_equal(story, "p r1+1p r2+2p r4+4p w1+1=b1p w2+2=b2p w4+4=b4");
    story[0] = 0;
    __outbytestring(PORT, c, 2);
    __outwordstring(PORT, s, 1);
    __outdwordstring(PORT, l, 1);
    assert_string_equal(story, "p w1+0=1p w1+0=2p w2+0=3p w4+0=5");
    __inbytestring(PORT, c, 2);
    __inwordstring(PORT, s, 1);
    __indwordstring(PORT, l, 1);
    assert_int_equal(c[1], 0x11);
    assert_int_equal(s[0], 0x2211);
    assert_int_equal(l[0], 0x44332211);
}

static void a_buffer_goes_through_one_port(struct machine *m) {
    UCHAR c[2] = {1, 2};
    USHORT s[2] = {3, 4};
    ULONG l[2] = {5, 6};
    prepare(m);
    WRITE_PORT_BUFFER_UCHAR((PUCHAR)(ULONG_PTR)PORT, c, 2);
    WRITE_PORT_BUFFER_USHORT((PUSHORT)(ULONG_PTR)PORT, s, 2);
    WRITE_PORT_BUFFER_ULONG((PULONG)(ULONG_PTR)PORT, l, 2);
    assert_string_equal(story, "p w1+0=1p w1+0=2p w2+0=3p w2+0=4p w4+0=5p w4+0=6");
    READ_PORT_BUFFER_UCHAR((PUCHAR)(ULONG_PTR)PORT, c, 2);
    READ_PORT_BUFFER_USHORT((PUSHORT)(ULONG_PTR)PORT, s, 2);
    READ_PORT_BUFFER_ULONG((PULONG)(ULONG_PTR)PORT, l, 2);
    assert_int_equal(c[1], 0x11);
    assert_int_equal(s[1], 0x2211);
    assert_int_equal(l[1], 0x44332211);
}

static void where_no_device_is(struct machine *m) {
    PUCHAR mapped = prepare(m);
    assert_int_equal(READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)0x400), 0xff);
    WRITE_PORT_UCHAR((PUCHAR)(ULONG_PTR)0x400, 1);
    assert_int_equal(READ_REGISTER_UCHAR(mapped + 64), 0xff); /* device memory besides the bank */
    WRITE_REGISTER_ULONG((PULONG)(mapped + 64), 0x1234);
    assert_int_equal(READ_REGISTER_ULONG((PULONG)(mapped + 64)), 0x1234);
    assert_string_equal(story, "");
    assert_int_equal(wdmsim_registers_remove(m, true, PORT), 0);
    assert_int_equal(wdmsim_registers_remove(m, true, PORT), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)PORT), 0xff);
}

static void banks_lie_apart_and_outside_ram(struct machine *m) {
    prepare(m);
    const struct wdmsim_registers overlap = {false, BASE + 32, 64, NULL, NULL, NULL};
    const struct wdmsim_registers ram = {false, 0x100000, 64, NULL, NULL, NULL};
    const struct wdmsim_registers beyond = {true, 0xffff, 2, NULL, NULL, NULL};
    assert_int_equal(wdmsim_registers_add(m, &overlap), WDMSIM_ERROR_BUSY);
    assert_int_equal(wdmsim_registers_add(m, &ram), WDMSIM_ERROR_INVALID);
    assert_int_equal(wdmsim_registers_add(m, &beyond), WDMSIM_ERROR_INVALID);
}

/* ---- a device that takes its time ---- */

static bool ready;
static void become_ready(void *context) { ready = *(bool *)context; }
static uint64_t read_ready(void *context, uint64_t offset, unsigned width) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(offset);
    UNREFERENCED_PARAMETER(width);
    return ready;
}

static void a_driver_that_polls_sees_the_device_become_ready(struct machine *m) {
    static bool yes = true;
    const struct wdmsim_registers status = {true, 0x64, 1, read_ready, NULL, NULL};
    ready = false;
    assert_int_equal(wdmsim_registers_add(m, &status), 0);
    wdmsim_schedule(m, 50 * WDMSIM_US, become_ready, &yes);
    while (!READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)0x64))
        ;
    assert_true(wdmsim_time(m) >= 50 * WDMSIM_US);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(registers_of_every_width),
        wdmsim_unit_test(a_buffer_of_registers_is_one_after_the_other),
        wdmsim_unit_test(ports_of_every_width),
        wdmsim_unit_test(intrinsics_reach_the_ports),
        wdmsim_unit_test(a_buffer_goes_through_one_port),
        wdmsim_unit_test(where_no_device_is),
        wdmsim_unit_test(banks_lie_apart_and_outside_ram),
        wdmsim_unit_test(a_driver_that_polls_sees_the_device_become_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
