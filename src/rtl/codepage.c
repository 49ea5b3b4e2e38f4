/*
 * Code pages: 1252 as the ANSI one and 437 as the OEM one, as on a system installed for US English;
 * UTF-8 and UTF-16 beside them.
 *
 * Both pages are ASCII below 0x80. Above, a table leads to Unicode, and the way back is a search of
 * the same table: conversions are rare, and short. Bytes that 1252 leaves unassigned stand for the
 * control characters of the same number, as Windows has it.
 */
#include "rtl/codepage.h"

static const USHORT rtl_ansi_80[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

static const USHORT rtl_oem_80[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF,
    0x00EE, 0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9,
    0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA,
    0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F,
    0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4,
    0x221E, 0x03C6, 0x03B5, 0x2229, 0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248,
    0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};

WCHAR rtl_ansi_to_unicode(UCHAR character) {
    return character >= 0x80 && character < 0xa0 ? rtl_ansi_80[character - 0x80] : character;
}

UCHAR rtl_unicode_to_ansi(WCHAR character) {
    if (character < 0x80 || (character >= 0xa0 && character < 0x100))
        return (UCHAR)character;
    for (unsigned i = 0; i < 32; i++)
        if (rtl_ansi_80[i] == character)
            return (UCHAR)(0x80 + i);
    return '?';
}

WCHAR rtl_oem_to_unicode(UCHAR character) {
    return character >= 0x80 ? rtl_oem_80[character - 0x80] : character;
}

UCHAR rtl_unicode_to_oem(WCHAR character) {
    if (character < 0x80)
        return (UCHAR)character;
    for (unsigned i = 0; i < 128; i++)
        if (rtl_oem_80[i] == character)
            return (UCHAR)(0x80 + i);
    return '?';
}

size_t rtl_utf16_decode(const WCHAR *units, size_t length, ULONG *code) {
    ULONG first = units[0];
    *code = first;
    if ((first & 0xf800) != 0xd800)
        return 1;
    if (first < 0xdc00 && length > 1 && (units[1] & 0xfc00) == 0xdc00) {
        *code = 0x10000 + ((first & 0x3ff) << 10 | (units[1] & 0x3ffu));
        return 2;
    }
    *code = 0xfffd;
    return 1;
}

size_t rtl_utf8_encode(ULONG code, char bytes[4]) {
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)((0xf00 >> length & 0xff) | code);
    return length;
}

size_t rtl_utf8_decode(const UCHAR *bytes, size_t length, ULONG *code, BOOLEAN *bad) {
    UCHAR first = bytes[0];
    *code = first;
    if (first < 0x80)
        return 1;
    size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    /* The second byte's range excludes long forms, surrogates and what lies above U+10FFFF. */
    UCHAR low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    UCHAR high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    size_t at = 1;
    ULONG value = first & (0x7fu >> need);
    if (first >= 0xc2 && first <= 0xf4)
        for (; at < need && at < length && bytes[at] >= low && bytes[at] <= high; at++) {
            value = value << 6 | (bytes[at] & 0x3f);
            low = 0x80;
            high = 0xbf;
        }
    if (at == need && first >= 0xc2 && first <= 0xf4) {
        *code = value;
        return need;
    }
    *code = 0xfffd;
    *bad = TRUE;
    return at;
}
