/*
 * A device disappears at any moment: while it starts, stops, is removed, ejected or asked. Whatever
 * was going on comes to its end, then the device goes, and nothing is left of it.
 */
#include "pnp_test.h"

static struct machine *machine;
static unsigned moment, seen; /* the PnP IRP of the function driver at which it disappears */
static uint32_t id;

/* The node that is being worked on is the latest one. */
static bool vanish(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(status);
    uint32_t node = wdmsim_node_of_device(machine, device->pdo);
    if (seen++ == moment)
        assert_int_equal(wdmsim_pnp_begin(machine, WDMSIM_PNP_SURPRISE_REMOVE, node, &id), 0);
    return false;
}

static void expect_nothing_left(struct machine *m, uint32_t node) {
    struct wdmsim_pnp_result result;
    assert_int_equal(wdmsim_settle(m), 0);
    assert_true(wdmsim_pnp_done(m, id, &result));
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(test_devices(m), 1);
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
    assert_int_equal(wdmsim_pnp_reports(m), 0);
}

/* Once for each IRP that the operation sends to the function driver. */
static void during(struct machine *m, enum wdmsim_pnp_operation operation) {
    machine = m;
    for (moment = 0;; moment++) {
        struct wdmsim_pnp_result result;
        test_begin(m);
        uint32_t node = TEST_PLUG(m, .function = "function", .flags = WDMSIM_DEVICE_EJECTABLE);
        seen = 0;
        test_hook = vanish;
        assert_int_equal(wdmsim_pnp(m, operation, node, &result), 0);
        bool happened = seen > moment;
        test_hook = NULL;
        if (!happened && test_state(m, node) != WDMSIM_NODE_DELETED)
            assert_int_equal(wdmsim_unplug(m, node), 0);
        if (!happened)
            break;
        expect_nothing_left(m, node);
    }
    assert_true(moment > 0);
}

static void during_the_start(struct machine *m) {
    machine = m;
    for (moment = 0;; moment++) {
        test_begin(m);
        seen = 0;
        test_hook = vanish;
        uint32_t node = TEST_PLUG(m, .function = "function");
        if (seen <= moment)
            break;
        expect_nothing_left(m, node);
    }
    assert_true(moment >= 5);
}

static void during_a_rebalance(struct machine *m) { during(m, WDMSIM_PNP_REBALANCE); }
static void during_a_removal(struct machine *m) { during(m, WDMSIM_PNP_REMOVE); }
static void during_a_restart(struct machine *m) { during(m, WDMSIM_PNP_RESTART); }
static void during_an_eject(struct machine *m) { during(m, WDMSIM_PNP_EJECT); }
static void during_a_question(struct machine *m) { during(m, WDMSIM_PNP_QUERY_STATE); }

TEST_MAIN(wdmsim_unit_test(during_the_start), wdmsim_unit_test(during_a_rebalance),
          wdmsim_unit_test(during_a_removal), wdmsim_unit_test(during_a_restart),
          wdmsim_unit_test(during_an_eject), wdmsim_unit_test(during_a_question))
