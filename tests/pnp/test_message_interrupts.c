/*
 * Message-signaled interrupts: each message has an interrupt object and a number of its own, and
 * one can arrive while the driver is still connecting.
 */
#include "pnp_test.h"

#define MESSAGES 3

static PIO_INTERRUPT_MESSAGE_INFO table;
static unsigned served[MESSAGES], early;
static bool connecting;
static KIRQL served_at;

static KMESSAGE_SERVICE_ROUTINE serve;
static BOOLEAN serve(PKINTERRUPT interrupt, PVOID context, ULONG message) {
    assert_ptr_equal(context, served);
    assert_in_range(message, 0, MESSAGES - 1);
    served[message]++;
    served_at = KeGetCurrentIrql();
    if (connecting) {
        assert_null(table); /* the driver has nothing to look its objects up in yet */
        early++;
    } else {
        assert_ptr_equal(interrupt, table->MessageInfo[message].InterruptObject);
    }
    return TRUE;
}

static uint32_t first_vector(struct machine *m, uint32_t node) {
    struct wdmsim_assigned assigned;
    assert_int_equal(wdmsim_node_resource(m, node, 0, &assigned), 0);
    assert_int_equal(assigned.length, MESSAGES);
    return assigned.vector;
}

static uint32_t plug(struct machine *m) {
    const struct wdmsim_resource messages = {.kind = WDMSIM_RESOURCE_MESSAGE, .length = MESSAGES};
    memset(served, 0, sizeof served);
    early = 0;
    table = NULL;
    test_begin(m);
    return TEST_PLUG(m, .function = "function", .resources = &messages, .resource_count = 1);
}

static void connect(struct machine *m, uint32_t node) {
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_MESSAGE_BASED};
    parameters.MessageBased.PhysicalDeviceObject = wdmsim_node_pdo(m, node);
    parameters.MessageBased.ConnectionContext.InterruptMessageTable = &table;
    parameters.MessageBased.MessageServiceRoutine = serve;
    parameters.MessageBased.ServiceContext = served;
    connecting = true;
    assert_int_equal(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
    connecting = false;
    assert_int_equal(table->MessageCount, MESSAGES);
}

static void disconnect(void) {
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {.Version = CONNECT_MESSAGE_BASED};
    end.ConnectionContext.InterruptMessageTable = table;
    IoDisconnectInterruptEx(&end);
}

static void each_message_tells_its_number(struct machine *m) {
    uint32_t node = plug(m);
    connect(m, node);
    for (unsigned i = 0; i < MESSAGES; i++) {
        uint32_t vector = wdmsim_interrupt_vector(table->MessageInfo[i].InterruptObject);
        assert_int_equal(vector, first_vector(m, node) + i);
        for (unsigned j = 0; j <= i; j++) {
            assert_int_equal(wdmsim_interrupt_raise(m, vector), 0);
            wdmsim_settle(m);
        }
        assert_int_equal(served[i], i + 1);
        assert_int_equal(served_at, table->UnifiedIrql);
    }
    assert_int_equal(early, 0);
    disconnect();
}

static void one_can_arrive_while_connecting(struct machine *m) {
    uint32_t node = plug(m);
    assert_int_equal(wdmsim_interrupt_raise(m, first_vector(m, node) + 1), WDMSIM_ERROR_NOT_FOUND);
    connect(m, node);
    assert_int_equal(early, 1);
    assert_int_equal(served[1], 1);
    wdmsim_settle(m);
    assert_int_equal(served[0] + served[1] + served[2], 1);
    disconnect();
}

TEST_MAIN(wdmsim_unit_test(each_message_tells_its_number),
          wdmsim_unit_test(one_can_arrive_while_connecting))
