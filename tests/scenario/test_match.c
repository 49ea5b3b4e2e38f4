/* Check which lines patterns match. */
#include "scenario_test.h"

#include "scenario/match.h"

static const struct {
    const char *pattern, *line;
    bool matches;
} cases[] = {
    {"irp 1", "io.irp.call irp 1 IRP_MJ_READ", true},
    {"irp 1", "io.irp.call irp 12 IRP_MJ_READ", false},
    {"irp 1*", "io.irp.call irp 12 IRP_MJ_READ", true},
    {"read", "thread 3", false},
    {"*read", "thread 3", true},
    {"bugcheck", "ki.bugcheck 0xd1", true},
    {"\\Driver\\echo", "irp 1 IRP_MJ_READ -> \\Driver\\echo", true},
    {"call * -> \\Driver\\*", "io.irp.call irp 1 IRP_MJ_READ -> \\Driver\\echo", true},
    {"a*b*c", "axxbxxbxxc", true},
    {"a*b*c", "axxbxxbxx", false},
    {"irp ?", "irp 7", true},
    {"irp ?", "irp 77", false},
    {"irp ?", "irp 77 and irp 7", true},
    {"*", "", true},
    {"x", "", false},
    {"größe", "die größe", true},
    {"gr", "größe", false},
    {"****************a", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", false},
};

static void test_match(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (match_line(cases[i].pattern, cases[i].line) != cases[i].matches)
            fail_msg("\"%s\" on \"%s\"", cases[i].pattern, cases[i].line);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_match)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
