/*
 * Names of files: which characters each file system takes, wildcards, parts of paths. The tests of
 * a character are made here, from the rules of each file system's names; the machine's code pages
 * have single bytes only, so no byte leads a pair. (ntifs/nf-ntifs-fsrtltestansicharacter)
 */
#ifndef WDMSIM_NT_FSRTL_NAME_H
#define WDMSIM_NT_FSRTL_NAME_H

#include "io.h"

EXTERN_C_START

#define FSRTL_FAT_LEGAL 1
#define FSRTL_HPFS_LEGAL 2
#define FSRTL_NTFS_LEGAL 4
#define FSRTL_WILD_CHARACTER 8
#define FSRTL_OLE_LEGAL 0x00000010
#define FSRTL_NTFS_STREAM_LEGAL 0x00000014

/*
 * Wildcards as the object of a directory query carries them: '<' matches up to the last dot, '>'
 * one character or the end, '"' a dot or the end. (ntifs/nf-ntifs-fsrtlisnameinexpression)
 */
#define DOS_STAR L'<'
#define DOS_QM L'>'
#define DOS_DOT L'"'
#define ANSI_DOS_STAR '<'
#define ANSI_DOS_QM '>'
#define ANSI_DOS_DOT '"'

typedef enum _FSRTL_COMPARISON_RESULT {
    LessThan = -1,
    EqualTo = 0,
    GreaterThan = 1
} FSRTL_COMPARISON_RESULT;

/* Whether Character (below 0x80) is a wildcard, or legal for one of the kinds of names in Flags. */
FORCEINLINE BOOLEAN wdmsim_ansi_character_is(UCHAR Character, ULONG Flags) {
    BOOLEAN Wild, Hpfs, Fat, Stream;
    if (Character < 0x20)
        return (BOOLEAN)((Flags & FSRTL_OLE_LEGAL) != 0 && Character != 0);
    Wild = (BOOLEAN)(Character == '*' || Character == '?' || Character == '<' || Character == '>' ||
                     Character == '"');
    Stream = (BOOLEAN)(Character != '\\' && Character != '/' && Character != ':');
    Hpfs = (BOOLEAN)(Stream && !Wild && Character != '|');
    Fat = (BOOLEAN)(Hpfs && Character != '+' && Character != ',' && Character != ';' &&
                    Character != '=' && Character != '[' && Character != ']');
    return (BOOLEAN)((Wild && (Flags & FSRTL_WILD_CHARACTER) != 0) ||
                     (Fat && (Flags & FSRTL_FAT_LEGAL) != 0) ||
                     (Hpfs && (Flags & (FSRTL_HPFS_LEGAL | FSRTL_NTFS_LEGAL)) != 0) ||
                     (Stream && (Flags & FSRTL_OLE_LEGAL) != 0));
}

#define FsRtlIsLeadDbcsCharacter(DBCS_CHAR) ((void)(DBCS_CHAR), (BOOLEAN)FALSE)
#define FsRtlTestAnsiCharacter(C, DEFAULT_RET, WILD_OK, FLAGS)                                     \
    (((UCHAR)(C)&0x80) != 0                                                                        \
         ? (BOOLEAN)(DEFAULT_RET)                                                                  \
         : wdmsim_ansi_character_is((UCHAR)(C), (FLAGS) | ((WILD_OK) ? FSRTL_WILD_CHARACTER : 0)))
#define FsRtlIsAnsiCharacterWild(C) FsRtlTestAnsiCharacter(C, FALSE, FALSE, FSRTL_WILD_CHARACTER)
#define FsRtlIsAnsiCharacterLegal(C, FLAGS) FsRtlTestAnsiCharacter(C, TRUE, FALSE, FLAGS)
#define FsRtlIsAnsiCharacterLegalFat(C, WILD_OK)                                                   \
    FsRtlTestAnsiCharacter(C, TRUE, WILD_OK, FSRTL_FAT_LEGAL)
#define FsRtlIsAnsiCharacterLegalHpfs(C, WILD_OK)                                                  \
    FsRtlTestAnsiCharacter(C, TRUE, WILD_OK, FSRTL_HPFS_LEGAL)
#define FsRtlIsAnsiCharacterLegalNtfs(C, WILD_OK)                                                  \
    FsRtlTestAnsiCharacter(C, TRUE, WILD_OK, FSRTL_NTFS_LEGAL)
#define FsRtlIsAnsiCharacterLegalNtfsStream(C, WILD_OK)                                            \
    FsRtlTestAnsiCharacter(C, TRUE, WILD_OK, FSRTL_NTFS_STREAM_LEGAL)
#define FsRtlIsUnicodeCharacterWild(C)                                                             \
    ((BOOLEAN)((C) < 0x40 && wdmsim_ansi_character_is((UCHAR)(C), FSRTL_WILD_CHARACTER)))

NTKERNELAPI VOID FsRtlDissectDbcs(ANSI_STRING Path, PANSI_STRING FirstName,
                                  PANSI_STRING RemainingName);
NTKERNELAPI VOID FsRtlDissectName(UNICODE_STRING Path, PUNICODE_STRING FirstName,
                                  PUNICODE_STRING RemainingName);
NTKERNELAPI BOOLEAN FsRtlDoesDbcsContainWildCards(PANSI_STRING Name);
NTKERNELAPI BOOLEAN FsRtlDoesNameContainWildCards(PUNICODE_STRING Name);
NTKERNELAPI BOOLEAN FsRtlIsDbcsInExpression(PANSI_STRING Expression, PANSI_STRING Name);
NTKERNELAPI BOOLEAN FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name,
                                            BOOLEAN IgnoreCase, PWCH UpcaseTable);
NTKERNELAPI BOOLEAN FsRtlAreNamesEqual(PCUNICODE_STRING ConstantNameA,
                                       PCUNICODE_STRING ConstantNameB, BOOLEAN IgnoreCase,
                                       PCWCH UpcaseTable);
NTKERNELAPI BOOLEAN FsRtlIsFatDbcsLegal(ANSI_STRING DbcsName, BOOLEAN WildCardsPermissible,
                                        BOOLEAN PathNamePermissible,
                                        BOOLEAN LeadingBackslashPermissible);
NTKERNELAPI BOOLEAN FsRtlIsHpfsDbcsLegal(ANSI_STRING DbcsName, BOOLEAN WildCardsPermissible,
                                         BOOLEAN PathNamePermissible,
                                         BOOLEAN LeadingBackslashPermissible);
NTKERNELAPI NTSTATUS FsRtlRemoveDotsFromPath(PWSTR OriginalString, USHORT PathLength,
                                             USHORT *NewLength);
NTKERNELAPI BOOLEAN FsRtlIsNameInUnUpcasedExpression(PUNICODE_STRING Expression,
                                                     PUNICODE_STRING Name, BOOLEAN IgnoreCase,
                                                     PWCH UpcaseTable);

EXTERN_C_END

#endif
