/* The interrupt library: with iointex.h the extended routines' names mean the library's versions,
 * and they do the same. */
#include "io_test.h"

#include <iointex.h>

/* Check that the header did its work: the tests below call by the plain names. */
#if !defined(IoConnectInterruptEx) || !defined(IoDisconnectInterruptEx) ||                         \
    !defined(IoGetAffinityInterrupt)
#error "iointex.h leaves the names to the kernel"
#endif

static unsigned interrupts;

static KSERVICE_ROUTINE serve;
static BOOLEAN serve(PKINTERRUPT interrupt, PVOID context) {
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    interrupts++;
    return TRUE;
}

static NTSTATUS connect(PKINTERRUPT *interrupt, KAFFINITY processors) {
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_FULLY_SPECIFIED};
    parameters.FullySpecified.InterruptObject = interrupt;
    parameters.FullySpecified.ServiceRoutine = serve;
    parameters.FullySpecified.Vector = 0x61;
    parameters.FullySpecified.Irql = 6;
    parameters.FullySpecified.InterruptMode = Latched;
    parameters.FullySpecified.ProcessorEnableMask = processors;
    return IoConnectInterruptEx(&parameters);
}

static void raise(struct machine *m, PKINTERRUPT interrupt, int expected) {
    assert_int_equal(wdmsim_interrupt_raise(m, wdmsim_interrupt_vector(interrupt)), expected);
    wdmsim_settle(m);
}

static void it_connects_and_disconnects(struct machine *m) {
    PKINTERRUPT interrupt = NULL;
    interrupts = 0;
    assert_int_equal(connect(&interrupt, 1), STATUS_SUCCESS);
    assert_int_equal(wdmsim_interrupt_vector(interrupt), 0x61);
    raise(m, interrupt, 0);
    assert_int_equal(interrupts, 1);
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {.Version = CONNECT_FULLY_SPECIFIED};
    end.ConnectionContext.InterruptObject = interrupt;
    IoDisconnectInterruptEx(&end);
    assert_int_equal(wdmsim_interrupt_raise(m, 0x61), WDMSIM_ERROR_NOT_FOUND);
    wdmsim_settle(m);
    assert_int_equal(interrupts, 1);
}

static void it_knows_the_processors(struct machine *m) {
    GROUP_AFFINITY affinity;
    PKINTERRUPT interrupt = NULL;
    (void)m;
    assert_int_equal(connect(&interrupt, 2), STATUS_SUCCESS);
    assert_int_equal(IoGetAffinityInterrupt(interrupt, &affinity), STATUS_SUCCESS);
    assert_int_equal(affinity.Mask, 2);
    assert_int_equal(affinity.Group, 0);
    assert_int_equal(IoGetAffinityInterrupt(NULL, &affinity), STATUS_INVALID_PARAMETER);
}

/* Check that the plain names and the library's are one routine each to a caller's pointer. */
static void the_names_are_the_librarys(struct machine *m) {
    (void)m;
    assert_ptr_equal((void *)(ULONG_PTR)IoConnectInterruptEx,
                     (void *)(ULONG_PTR)WdmlibIoConnectInterruptEx);
    assert_ptr_equal((void *)(ULONG_PTR)IoDisconnectInterruptEx,
                     (void *)(ULONG_PTR)WdmlibIoDisconnectInterruptEx);
    assert_ptr_equal((void *)(ULONG_PTR)IoGetAffinityInterrupt,
                     (void *)(ULONG_PTR)WdmlibIoGetAffinityInterrupt);
}

int main(void) {
    static const struct wdmsim_config two = {.processors = 2, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(it_connects_and_disconnects),
        wdmsim_unit_test_on(it_knows_the_processors, &two),
        wdmsim_unit_test(the_names_are_the_librarys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
