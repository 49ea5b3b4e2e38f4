/*
 * Upper and lower case of 16-bit characters.
 *
 * Unicode's simple mappings, one unit to one unit, from tables of runs. The documentation does not
 * say which characters take part; as Windows' own tables (and the case table of NTFS volumes) have
 * it, only pairs that lead back to where they came from do: U+0131, U+017F, U+00B5, title-case
 * letters and the like stay as they are. The final sigma (U+03C2) is the one exception.
 */
#include "ki/gate.h"
#include "rtl/case_table.h"
#include "rtl/rtl.h"

static WCHAR rtl_map(const struct rtl_case_run *runs, size_t count, WCHAR character) {
    size_t low = 0, high = count;
    while (low < high) { /* the first run that ends at or behind the character */
        size_t middle = (low + high) / 2;
        if (runs[middle].last < character)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == count || character < runs[low].first ||
        (character - runs[low].first) % runs[low].stride != 0)
        return character;
    return (WCHAR)(character + runs[low].delta);
}

WCHAR rtl_upcase(WCHAR character) {
    if (KI_LIKELY(character < 0x80))
        return character >= 'a' && character <= 'z' ? (WCHAR)(character - 32) : character;
    return rtl_map(rtl_upper_runs, KI_COUNT(rtl_upper_runs), character);
}

WCHAR rtl_downcase(WCHAR character) {
    if (KI_LIKELY(character < 0x80))
        return character >= 'A' && character <= 'Z' ? (WCHAR)(character + 32) : character;
    return rtl_map(rtl_lower_runs, KI_COUNT(rtl_lower_runs), character);
}

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter) {
    KI_GATE(RtlUpcaseUnicodeChar);
    return rtl_upcase(SourceCharacter);
}

WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter) {
    KI_GATE(RtlDowncaseUnicodeChar);
    return rtl_downcase(SourceCharacter);
}
