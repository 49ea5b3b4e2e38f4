/*
 * Two processors want the same adapter, in every order of their steps:
 *
 *     first                          second
 *     AllocateAdapterChannel         AllocateAdapterChannel
 *     waits for its AdapterControl   waits for its AdapterControl
 *     FreeAdapterChannel             FreeAdapterChannel
 *
 * There is one user at any time, and each of them gets its turn once.
 */
#include "dma_test.h"

#include "../threads.h"

struct user {
    KEVENT granted;
    PDEVICE_OBJECT device;
    unsigned turns;
};
static struct user users[2], *current;
static PDMA_ADAPTER adapter;

static DRIVER_CONTROL take;
static IO_ALLOCATION_ACTION take(PDEVICE_OBJECT device, PIRP irp, PVOID base, PVOID context) {
    struct user *user = context;
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(base);
    assert_null(current);
    assert_ptr_equal(device, user->device);
    current = user;
    user->turns++;
    KeSetEvent(&user->granted, IO_NO_INCREMENT, FALSE);
    return KeepObject;
}

static VOID use(struct user *user) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->AllocateAdapterChannel(adapter, user->device, 2, take, user);
    KeLowerIrql(irql);
    KeWaitForSingleObject(&user->granted, Executive, KernelMode, FALSE, NULL);
    assert_ptr_equal(current, user);
    current = NULL;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->FreeAdapterChannel(adapter);
    KeLowerIrql(irql);
}

static KSTART_ROUTINE first, second;
static VOID first(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    use(&users[0]);
}
static VOID second(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    use(&users[1]);
}

static void begin(void) {
    adapter = dma_adapter(dma_master(1, 32, TRUE));
    current = NULL;
    for (unsigned i = 0; i < 2; i++) {
        users[i] = (struct user){.device = dma_device(wdmsim_fixture.machine)};
        KeInitializeEvent(&users[i].granted, NotificationEvent, FALSE);
    }
}

static void check(void) {
    assert_int_equal(users[0].turns, 1);
    assert_int_equal(users[1].turns, 1);
    dma_put(adapter); /* nothing is left */
}

static void two_processors_take_turns(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {first, second},
                                             .begin = begin,
                                             .check = check};
    (void)state;
    assert_true(explore(&scenario) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_processors_take_turns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
