/* Fibers by themselves: switching keeps each stack's state, a dead one's stack is used again. */
#include <wdmsim/cmocka.h>

#include "ki/fiber.h"
#include "ki/machine.h"

/*
 * Interleaving:   host          fiber 0         fiber 1
 *                 switch to 0
 *                               "a", to 1
 *                                               "b", to host
 *                 "c", to 0
 *                               "d", to 1
 *                                               "e", to host
 */
static struct ki_fiber host, fibers[2];
static char order[16];

static void note(char c) {
    size_t length = strlen(order);
    order[length] = c;
    order[length + 1] = 0;
}

static void first(void *argument) {
    volatile int local = 17;
    struct machine *m = argument;
    note('a');
    ki_fiber_switch(m, &fibers[0], &fibers[1]);
    assert_int_equal(local, 17);
    note('d');
    ki_fiber_leave(m, &fibers[1]);
}

static void second(void *argument) {
    volatile double local = 2.5;
    struct machine *m = argument;
    note('b');
    ki_fiber_switch(m, &fibers[1], &host);
    assert_true(local == 2.5);
    note('e');
    ki_fiber_leave(m, &host);
}

static char *make(struct machine *m, struct ki_fiber *fiber, void (*entry)(void *)) {
    size_t size;
    char *stack = ki_stack_allocate(m, &size);
    assert_non_null(stack);
    ki_fiber_create(fiber, stack, size, entry, m);
    return stack;
}

static void switches_follow_the_table(void **state) {
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    order[0] = 0;
    ki_fiber_adopt(&host);
    make(m, &fibers[0], first);
    make(m, &fibers[1], second);
    ki_fiber_switch(m, &host, &fibers[0]);
    note('c');
    ki_fiber_switch(m, &host, &fibers[0]);
    assert_string_equal(order, "abcde");
    ki_fiber_destroy(&fibers[0]);
    ki_fiber_destroy(&fibers[1]);
    wdmsim_machine_destroy(m);
}

static void the_chain_of_guarded_blocks_is_each_fibers_own(void **state) {
    struct machine *m;
    int mark;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    order[0] = 0;
    ki_fiber_adopt(&host);
    make(m, &fibers[1], second);
    m->seh = &mark;
    ki_fiber_switch(m, &host, &fibers[1]);
    assert_ptr_equal(m->seh, &mark);
    assert_null(fibers[1].seh);
    ki_fiber_destroy(&fibers[1]);
    wdmsim_machine_destroy(m);
}

static void a_free_stack_is_taken_again(void **state) {
    struct machine *m;
    size_t size;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    char *stack = ki_stack_allocate(m, &size), *other = ki_stack_allocate(m, &size);
    assert_ptr_not_equal(stack, other);
    ki_stack_free(m, stack);
    assert_ptr_equal(ki_stack_allocate(m, &size), stack);
    wdmsim_machine_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(switches_follow_the_table),
        cmocka_unit_test(the_chain_of_guarded_blocks_is_each_fibers_own),
        cmocka_unit_test(a_free_stack_is_taken_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
