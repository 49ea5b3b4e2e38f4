/* Check which characters the macros of ntifs.h take for names, for wildcards, for lead bytes. */
#include <ntifs.h>
#include <string.h>
#include <wdmsim/cmocka.h>

static void each_file_system_refuses_its_own_characters(struct machine *m) {
    (void)m;
    for (int c = 0; c < 0x80; c++) {
        BOOLEAN never = c < 0x20 || strchr("\\/:|", c) != NULL,
                wild = strchr("*?<>\"", c) && c != 0;
        BOOLEAN fat = !never && !wild && strchr("+,;=[]", c) == NULL;
        assert_int_equal(FsRtlIsAnsiCharacterLegalFat(c, FALSE), fat);
        assert_int_equal(FsRtlIsAnsiCharacterLegalFat(c, TRUE), fat || wild);
        assert_int_equal(FsRtlIsAnsiCharacterLegalHpfs(c, FALSE), !never && !wild);
        assert_int_equal(FsRtlIsAnsiCharacterLegalNtfs(c, TRUE), !never);
        assert_int_equal(FsRtlIsAnsiCharacterWild(c), wild);
        assert_int_equal(FsRtlIsUnicodeCharacterWild(c), wild);
    }
}

static void a_stream_name_takes_all_but_separators(struct machine *m) {
    (void)m;
    assert_true(FsRtlIsAnsiCharacterLegalNtfsStream('|', FALSE));
    assert_true(FsRtlIsAnsiCharacterLegalNtfsStream(0x1F, FALSE));
    assert_false(FsRtlIsAnsiCharacterLegalNtfsStream(0, FALSE));
    assert_false(FsRtlIsAnsiCharacterLegalNtfsStream(':', FALSE));
    assert_false(FsRtlIsAnsiCharacterLegalNtfsStream('\\', FALSE));
}

static void a_byte_beyond_ascii_gets_the_default(struct machine *m) {
    (void)m;
    CHAR accented = (CHAR)0xE9;
    assert_true(FsRtlTestAnsiCharacter(accented, TRUE, FALSE, FSRTL_FAT_LEGAL));
    assert_false(FsRtlTestAnsiCharacter(accented, FALSE, FALSE, FSRTL_FAT_LEGAL));
    assert_false(FsRtlIsAnsiCharacterWild(accented));
    assert_false(FsRtlIsUnicodeCharacterWild(0x2A2A));
    assert_false(FsRtlIsLeadDbcsCharacter(0x81));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(each_file_system_refuses_its_own_characters),
        wdmsim_unit_test(a_stream_name_takes_all_but_separators),
        wdmsim_unit_test(a_byte_beyond_ascii_gets_the_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
