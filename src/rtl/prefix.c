/*
 * Tables of name prefixes, by which file systems find what is mounted at a path.
 *
 * The structures are opaque to drivers. Here the table is one chain of entries, the longest prefix
 * first and in order of insertion among equals, so that the first one that fits a name is the best:
 * tables hold a handful of entries. NameLength is the prefix's length in bytes.
 */
#include "ki/gate.h"
#include "rtl/rtl.h"

#define RTL_PREFIX_TABLE_TYPE 0x0800
#define RTL_PREFIX_ENTRY_TYPE 0x0801

/* The head of the chain stands where the entries' own link does. */
static PUNICODE_PREFIX_TABLE_ENTRY rtl_first_prefix(PUNICODE_PREFIX_TABLE table) {
    return table->NextPrefixTree;
}

/* True if the first units of `name` are the prefix: with regard to case before `insensitive`. */
static bool rtl_prefix_fits(PCUNICODE_STRING prefix, PCUNICODE_STRING name, ULONG insensitive) {
    size_t length = prefix->Length / sizeof(WCHAR), whole = name->Length / sizeof(WCHAR);
    if (length > whole)
        return false;
    size_t exact = insensitive < length ? insensitive : length;
    if (rtl_compare_unicode(prefix->Buffer, exact, name->Buffer, exact, false) != 0 ||
        rtl_compare_unicode(prefix->Buffer + exact, length - exact, name->Buffer + exact,
                            length - exact, true) != 0)
        return false;
    /* It ends where a component of the name ends. */
    return length == whole || (length && prefix->Buffer[length - 1] == '\\') ||
           name->Buffer[length] == '\\';
}

VOID RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable) {
    KI_GATE(RtlInitializeUnicodePrefix);
    PrefixTable->NodeTypeCode = RTL_PREFIX_TABLE_TYPE;
    PrefixTable->NameLength = 0;
    PrefixTable->NextPrefixTree = NULL;
    PrefixTable->LastNextEntry = NULL;
}

BOOLEAN RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING Prefix,
                               PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry) {
    KI_GATE(RtlInsertUnicodePrefix);
    PUNICODE_PREFIX_TABLE_ENTRY before = NULL, at = rtl_first_prefix(PrefixTable);
    for (; at && at->NameLength >= Prefix->Length; before = at, at = at->NextPrefixTree)
        if (at->NameLength == Prefix->Length &&
            rtl_compare_unicode(at->Prefix->Buffer, at->NameLength / sizeof(WCHAR), Prefix->Buffer,
                                Prefix->Length / sizeof(WCHAR), false) == 0)
            return FALSE;
    PrefixTableEntry->NodeTypeCode = (CSHORT)RTL_PREFIX_ENTRY_TYPE;
    PrefixTableEntry->NameLength = (CSHORT)Prefix->Length;
    PrefixTableEntry->NextPrefixTree = at;
    PrefixTableEntry->CaseMatch = PrefixTableEntry;
    RtlInitializeSplayLinks(&PrefixTableEntry->Links);
    PrefixTableEntry->Prefix = Prefix;
    if (before)
        before->NextPrefixTree = PrefixTableEntry;
    else
        PrefixTable->NextPrefixTree = PrefixTableEntry;
    return TRUE;
}

VOID RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable,
                            PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry) {
    KI_GATE(RtlRemoveUnicodePrefix);
    PUNICODE_PREFIX_TABLE_ENTRY before = NULL, at = rtl_first_prefix(PrefixTable);
    while (at && at != PrefixTableEntry) {
        before = at;
        at = at->NextPrefixTree;
    }
    if (!at)
        return;
    if (PrefixTable->LastNextEntry == at) /* the enumeration goes on behind it */
        PrefixTable->LastNextEntry = before;
    if (before)
        before->NextPrefixTree = at->NextPrefixTree;
    else
        PrefixTable->NextPrefixTree = at->NextPrefixTree;
}

PUNICODE_PREFIX_TABLE_ENTRY RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable,
                                                 PUNICODE_STRING FullName,
                                                 ULONG CaseInsensitiveIndex) {
    KI_GATE(RtlFindUnicodePrefix);
    PUNICODE_PREFIX_TABLE_ENTRY at = rtl_first_prefix(PrefixTable);
    while (at && !rtl_prefix_fits(at->Prefix, FullName, CaseInsensitiveIndex))
        at = at->NextPrefixTree;
    return at;
}

PUNICODE_PREFIX_TABLE_ENTRY RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable,
                                                 BOOLEAN Restart) {
    KI_GATE(RtlNextUnicodePrefix);
    PUNICODE_PREFIX_TABLE_ENTRY last = Restart ? NULL : PrefixTable->LastNextEntry;
    PUNICODE_PREFIX_TABLE_ENTRY next = last ? last->NextPrefixTree : rtl_first_prefix(PrefixTable);
    if (next)
        PrefixTable->LastNextEntry = next;
    return next;
}
