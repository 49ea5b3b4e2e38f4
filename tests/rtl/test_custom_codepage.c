/* Check conversions by a code page table that the caller brings: one of single bytes, one with a
 * lead byte. */
#include "wide.h"

enum { HEADER = 13, WIDE_CELLS = 65536 };

/* Code page 9001: byte b is U+0100 + b; all else is '?'. */
static USHORT single[HEADER + 1 + 256 + 1 + 1 + WIDE_CELLS / 2];
/* Code page 9002: byte 0x81 leads, 0x81 0x40 is U+3042; bytes below 0x80 are themselves. */
static USHORT twin[HEADER + 1 + 256 + 1 + 1 + 256 + 256 + WIDE_CELLS];

static void fill_header(PUSHORT table, USHORT page, USHORT size) {
    table[0] = HEADER;
    table[1] = page;
    table[2] = size;
    table[3] = '?';
    table[4] = 0xfffd;
}

static void make_single(PCPTABLEINFO info) {
    PUSHORT cells = single + HEADER + 1;
    PUCHAR narrow = (PUCHAR)(cells + 258);
    fill_header(single, 9001, 1);
    single[HEADER] = 258;
    memset(narrow, '?', WIDE_CELLS);
    for (unsigned i = 0; i < 256; i++) {
        cells[i] = (USHORT)(0x100 + i);
        narrow[0x100 + i] = (UCHAR)i;
    }
    RtlInitCodePageTable(single, info);
}

static void make_twin(PCPTABLEINFO info) {
    PUSHORT cells = twin + HEADER + 1, offsets = cells + 258, wide = offsets + 512;
    fill_header(twin, 9002, 2);
    *(PUCHAR)(twin + 7) = 0x81;
    *((PUCHAR)(twin + 7) + 1) = 0x81;
    twin[HEADER] = 258 + 512;
    cells[257] = 1; /* one range of lead bytes */
    for (unsigned i = 0; i < WIDE_CELLS; i++)
        wide[i] = i < 0x80 ? (USHORT)i : '?';
    for (unsigned i = 0; i < 0x80; i++)
        cells[i] = (USHORT)i;
    offsets[0x81] = 256;
    offsets[256 + 0x40] = 0x3042;
    wide[0x3042] = 0x8140;
    RtlInitCodePageTable(twin, info);
}

static void a_table_is_taken_apart(struct machine *m) {
    CPTABLEINFO info;
    (void)m;
    make_single(&info);
    assert_int_equal(info.CodePage, 9001);
    assert_int_equal(info.MaximumCharacterSize, 1);
    assert_int_equal(info.DefaultChar, '?');
    assert_int_equal(info.DBCSCodePage, 0);
    assert_int_equal(info.MultiByteTable[7], 0x107);
    make_twin(&info);
    assert_int_equal(info.DBCSCodePage, 1);
    assert_int_equal(info.LeadByte[0], 0x81);
    assert_int_equal(info.DBCSOffsets[0x81], 256);
}

static void single_bytes_there_and_back(struct machine *m) {
    CPTABLEINFO info;
    WCHAR wide[4];
    char narrow[4];
    ULONG bytes;
    (void)m;
    make_single(&info);
    assert_int_equal(RtlCustomCPToUnicodeN(&info, wide, sizeof wide, &bytes, "AB", 2),
                     STATUS_SUCCESS);
    assert_int_equal(bytes, 4);
    assert_int_equal(wide[0], 0x141);
    assert_int_equal(RtlUnicodeToCustomCPN(&info, narrow, 4, &bytes, wide, 4), STATUS_SUCCESS);
    assert_int_equal(bytes, 2);
    assert_memory_equal(narrow, "AB", 2);
    wide[1] = 'x';
    RtlUnicodeToCustomCPN(&info, narrow, 4, &bytes, wide, 4);
    assert_memory_equal(narrow, "A?", 2);
    RtlCustomCPToUnicodeN(&info, wide, 2, &bytes, "AB", 2);
    assert_int_equal(bytes, 2);
}

/* U+0101 is the lower case of U+0100. */
static void upper_case_first(struct machine *m) {
    CPTABLEINFO info;
    WCHAR wide[] = {0x101};
    char narrow[1];
    ULONG bytes;
    (void)m;
    make_single(&info);
    RtlUnicodeToCustomCPN(&info, narrow, 1, &bytes, wide, 2);
    assert_int_equal(narrow[0], 1);
    assert_int_equal(RtlUpcaseUnicodeToCustomCPN(&info, narrow, 1, &bytes, wide, 2),
                     STATUS_SUCCESS);
    assert_int_equal(narrow[0], 0);
}

static void two_bytes_are_one_character(struct machine *m) {
    CPTABLEINFO info;
    WCHAR wide[4];
    char narrow[4];
    ULONG bytes;
    (void)m;
    make_twin(&info);
    RtlCustomCPToUnicodeN(&info, wide, sizeof wide, &bytes,
                          "a\x81\x40"
                          "b",
                          4);
    assert_int_equal(bytes, 6);
    assert_int_equal(wide[0], 'a');
    assert_int_equal(wide[1], 0x3042);
    assert_int_equal(wide[2], 'b');
    RtlUnicodeToCustomCPN(&info, narrow, 4, &bytes, wide, 6);
    assert_int_equal(bytes, 4);
    assert_memory_equal(narrow,
                        "a\x81\x40"
                        "b",
                        4);
    RtlUnicodeToCustomCPN(&info, narrow, 2, &bytes, wide, 6);
    assert_int_equal(bytes, 1);
    RtlCustomCPToUnicodeN(&info, wide, sizeof wide, &bytes, "a\x81", 2);
    assert_int_equal(wide[1], 0xfffd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_table_is_taken_apart),
        wdmsim_unit_test(single_bytes_there_and_back),
        wdmsim_unit_test(upper_case_first),
        wdmsim_unit_test(two_bytes_are_one_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
