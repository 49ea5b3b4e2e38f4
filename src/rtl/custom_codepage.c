/*
 * Conversions by a code page table that the caller brings: the format of the NLS files.
 *
 * The table is words: a header of `header` words (first itself: code page, bytes per character, the
 * default characters, twelve bytes of lead byte ranges), then the distance from there to the wide
 * table, then 256 words of the multi-byte table, a count of 256 when glyphs follow, the number of
 * lead byte ranges, and when there are any 256 offsets, in words from their own start, of one table
 * of 256 characters for each lead byte. The wide table has a byte per 16-bit character in a code
 * page of single bytes, and a word (lead byte high) in one of double bytes.
 *
 * ntifs/nf-ntifs-rtlinitcodepagetable, -rtlcustomcptounicoden, -rtlunicodetocustomcpn
 */
#include <string.h>

#include "ki/gate.h"
#include "rtl/rtl.h"

#define RTL_CODEPAGE_CELLS 256u

VOID RtlInitCodePageTable(PUSHORT TableBase, PCPTABLEINFO CodePageTable) {
    KI_GATE(RtlInitCodePageTable);
    (void)m;
    const USHORT header = TableBase[0];
    PUSHORT wide = TableBase + header, glyphs;
    CodePageTable->CodePage = TableBase[1];
    CodePageTable->MaximumCharacterSize = TableBase[2];
    CodePageTable->DefaultChar = TableBase[3];
    CodePageTable->UniDefaultChar = TableBase[4];
    CodePageTable->TransDefaultChar = TableBase[5];
    CodePageTable->TransUniDefaultChar = TableBase[6];
    memcpy(CodePageTable->LeadByte, TableBase + 7, sizeof CodePageTable->LeadByte);
    CodePageTable->MultiByteTable = wide + 1;
    CodePageTable->WideCharTable = wide + wide[0] + 1;
    glyphs = CodePageTable->MultiByteTable + RTL_CODEPAGE_CELLS;
    CodePageTable->DBCSRanges = glyphs + 1 + (glyphs[0] ? RTL_CODEPAGE_CELLS : 0);
    CodePageTable->DBCSCodePage = CodePageTable->DBCSRanges[0] != 0;
    CodePageTable->DBCSOffsets = CodePageTable->DBCSCodePage ? CodePageTable->DBCSRanges + 1 : NULL;
}

NTSTATUS RtlCustomCPToUnicodeN(PCPTABLEINFO CustomCP, PWCH UnicodeString,
                               ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString,
                               PCH CustomCPString, ULONG BytesInCustomCPString) {
    KI_GATE(RtlCustomCPToUnicodeN);
    (void)m;
    ULONG room = MaxBytesInUnicodeString / (ULONG)sizeof(WCHAR), written = 0;
    for (ULONG i = 0; i < BytesInCustomCPString && written < room; i++) {
        UCHAR c = (UCHAR)CustomCPString[i];
        USHORT offset = CustomCP->DBCSCodePage ? CustomCP->DBCSOffsets[c] : 0;
        if (!offset)
            UnicodeString[written++] = CustomCP->MultiByteTable[c];
        else if (++i < BytesInCustomCPString)
            UnicodeString[written++] = CustomCP->DBCSOffsets[offset + (UCHAR)CustomCPString[i]];
        else
            UnicodeString[written++] = CustomCP->UniDefaultChar; /* half a character */
    }
    if (BytesInUnicodeString)
        *BytesInUnicodeString = written * (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

static NTSTATUS rtl_to_custom(const CPTABLEINFO *page, bool upper, PCHAR to, ULONG room,
                              PULONG bytes, const WCHAR *from, ULONG length) {
    ULONG written = 0;
    for (ULONG i = 0; i < length / sizeof(WCHAR) && written < room; i++) {
        WCHAR c = upper ? rtl_upcase(from[i]) : from[i];
        USHORT code = page->DBCSCodePage ? ((const USHORT *)page->WideCharTable)[c]
                                         : ((const UCHAR *)page->WideCharTable)[c];
        if (code > 0xff) {
            if (written + 1 == room)
                break;
            to[written++] = (CHAR)(code >> 8);
        }
        to[written++] = (CHAR)code;
    }
    if (bytes)
        *bytes = written;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToCustomCPN(PCPTABLEINFO CustomCP, PCH CustomCPString,
                               ULONG MaxBytesInCustomCPString, PULONG BytesInCustomCPString,
                               PWCH UnicodeString, ULONG BytesInUnicodeString) {
    KI_GATE(RtlUnicodeToCustomCPN);
    (void)m;
    return rtl_to_custom(CustomCP, false, CustomCPString, MaxBytesInCustomCPString,
                         BytesInCustomCPString, UnicodeString, BytesInUnicodeString);
}

NTSTATUS RtlUpcaseUnicodeToCustomCPN(PCPTABLEINFO CustomCP, PCH CustomCPString,
                                     ULONG MaxBytesInCustomCPString, PULONG BytesInCustomCPString,
                                     PWCH UnicodeString, ULONG BytesInUnicodeString) {
    KI_GATE(RtlUpcaseUnicodeToCustomCPN);
    (void)m;
    return rtl_to_custom(CustomCP, true, CustomCPString, MaxBytesInCustomCPString,
                         BytesInCustomCPString, UnicodeString, BytesInUnicodeString);
}
