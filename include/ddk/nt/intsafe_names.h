/*
 * The other names that documentation gives the routines of ntintsafe.h: those of the types by their
 * width, of pointer differences and of sizes. A name leads to the routine whose types are the same
 * on 64-bit systems. (ntintsafe/nf-ntintsafe-rtlinttoulong …)
 */
#ifndef WDMSIM_NT_INTSAFE_NAMES_H
#define WDMSIM_NT_INTSAFE_NAMES_H

/* ---- sums, differences, products ---- */

#define RtlDWord64Add RtlULongLongAdd
#define RtlDWord64Mult RtlULongLongMult
#define RtlDWord64Sub RtlULongLongSub
#define RtlInt16Add RtlShortAdd
#define RtlInt16Mult RtlShortMult
#define RtlInt16Sub RtlShortSub
#define RtlLong32Add RtlIntAdd
#define RtlLong32Mult RtlIntMult
#define RtlLong32Sub RtlIntSub
#define RtlLong64Add RtlLongLongAdd
#define RtlLong64Mult RtlLongLongMult
#define RtlLong64Sub RtlLongLongSub
#define RtlULong64Add RtlULongLongAdd
#define RtlULong64Mult RtlULongLongMult
#define RtlULong64Sub RtlULongLongSub

/* ---- from Int8 ---- */

#define RtlInt8ToDWord64 RtlInt8ToULongLong
#define RtlInt8ToDWordLong RtlInt8ToULongLong
#define RtlInt8ToDWordPtr RtlInt8ToULongPtr
#define RtlInt8ToSIZET RtlInt8ToSizeT
#define RtlInt8ToUInt16 RtlInt8ToUShort
#define RtlInt8ToUInt32 RtlInt8ToUInt
#define RtlInt8ToUInt64 RtlInt8ToULongLong
#define RtlInt8ToULong64 RtlInt8ToULongLong

/* ---- from PtrdiffT ---- */

#define RtlPtrdiffTToByte RtlIntPtrToByte
#define RtlPtrdiffTToChar RtlIntPtrToChar
#define RtlPtrdiffTToDWord RtlIntPtrToDWord
#define RtlPtrdiffTToDWord64 RtlIntPtrToULongLong
#define RtlPtrdiffTToDWordLong RtlIntPtrToULongLong
#define RtlPtrdiffTToDWordPtr RtlIntPtrToULongPtr
#define RtlPtrdiffTToInt RtlIntPtrToInt
#define RtlPtrdiffTToInt16 RtlIntPtrToShort
#define RtlPtrdiffTToInt32 RtlIntPtrToInt
#define RtlPtrdiffTToInt8 RtlIntPtrToInt8
#define RtlPtrdiffTToLong RtlIntPtrToLong
#define RtlPtrdiffTToLongPtr RtlIntPtrToLongPtr
#define RtlPtrdiffTToSIZET RtlIntPtrToSizeT
#define RtlPtrdiffTToShort RtlIntPtrToShort
#define RtlPtrdiffTToSizeT RtlIntPtrToSizeT
#define RtlPtrdiffTToUChar RtlIntPtrToUChar
#define RtlPtrdiffTToUInt RtlIntPtrToUInt
#define RtlPtrdiffTToUInt16 RtlIntPtrToUShort
#define RtlPtrdiffTToUInt32 RtlIntPtrToUInt
#define RtlPtrdiffTToUInt64 RtlIntPtrToULongLong
#define RtlPtrdiffTToUInt8 RtlIntPtrToUInt8
#define RtlPtrdiffTToUIntPtr RtlIntPtrToUIntPtr
#define RtlPtrdiffTToULong RtlIntPtrToULong
#define RtlPtrdiffTToULong64 RtlIntPtrToULongLong
#define RtlPtrdiffTToULongLong RtlIntPtrToULongLong
#define RtlPtrdiffTToULongPtr RtlIntPtrToULongPtr
#define RtlPtrdiffTToUShort RtlIntPtrToUShort
#define RtlPtrdiffTToWord RtlIntPtrToWord

/* ---- from IntPtr ---- */

#define RtlIntPtrToDWord64 RtlIntPtrToULongLong
#define RtlIntPtrToDWordLong RtlIntPtrToULongLong
#define RtlIntPtrToDWordPtr RtlIntPtrToULongPtr
#define RtlIntPtrToInt16 RtlIntPtrToShort
#define RtlIntPtrToInt32 RtlIntPtrToInt
#define RtlIntPtrToSIZET RtlIntPtrToSizeT
#define RtlIntPtrToUInt16 RtlIntPtrToUShort
#define RtlIntPtrToUInt32 RtlIntPtrToUInt
#define RtlIntPtrToUInt64 RtlIntPtrToULongLong
#define RtlIntPtrToULong64 RtlIntPtrToULongLong

/* ---- from Int32 ---- */

#define RtlInt32ToByte RtlIntToByte
#define RtlInt32ToChar RtlIntToChar
#define RtlInt32ToDWord RtlIntToDWord
#define RtlInt32ToDWord64 RtlIntToULongLong
#define RtlInt32ToDWordLong RtlIntToULongLong
#define RtlInt32ToDWordPtr RtlIntToULongPtr
#define RtlInt32ToInt16 RtlIntToShort
#define RtlInt32ToInt8 RtlIntToInt8
#define RtlInt32ToSIZET RtlIntToSizeT
#define RtlInt32ToShort RtlIntToShort
#define RtlInt32ToSizeT RtlIntToSizeT
#define RtlInt32ToUChar RtlIntToUChar
#define RtlInt32ToUInt RtlIntToUInt
#define RtlInt32ToUInt16 RtlIntToUShort
#define RtlInt32ToUInt32 RtlIntToUInt
#define RtlInt32ToUInt64 RtlIntToULongLong
#define RtlInt32ToUInt8 RtlIntToUInt8
#define RtlInt32ToUIntPtr RtlIntToUIntPtr
#define RtlInt32ToULong RtlIntToULong
#define RtlInt32ToULong64 RtlIntToULongLong
#define RtlInt32ToULongLong RtlIntToULongLong
#define RtlInt32ToULongPtr RtlIntToULongPtr
#define RtlInt32ToUShort RtlIntToUShort
#define RtlInt32ToWord RtlIntToWord

/* ---- from Int ---- */

#define RtlIntToDWord64 RtlIntToULongLong
#define RtlIntToDWordLong RtlIntToULongLong
#define RtlIntToDWordPtr RtlIntToULongPtr
#define RtlIntToInt16 RtlIntToShort
#define RtlIntToSIZET RtlIntToSizeT
#define RtlIntToUInt16 RtlIntToUShort
#define RtlIntToUInt64 RtlIntToULongLong
#define RtlIntToULong64 RtlIntToULongLong

/* ---- from Long64 ---- */

#define RtlLong64ToByte RtlLongLongToByte
#define RtlLong64ToChar RtlLongLongToChar
#define RtlLong64ToDWord RtlLongLongToDWord
#define RtlLong64ToDWordPtr RtlLongLongToULongPtr
#define RtlLong64ToInt RtlLongLongToInt
#define RtlLong64ToInt16 RtlLongLongToShort
#define RtlLong64ToInt32 RtlLongLongToInt
#define RtlLong64ToInt8 RtlLongLongToInt8
#define RtlLong64ToIntPtr RtlLongLongToIntPtr
#define RtlLong64ToLong RtlLongLongToLong
#define RtlLong64ToLongPtr RtlLongLongToLongPtr
#define RtlLong64ToPtrdiffT RtlLongLongToIntPtr
#define RtlLong64ToSIZET RtlLongLongToSizeT
#define RtlLong64ToSSIZET RtlLongLongToLongPtr
#define RtlLong64ToShort RtlLongLongToShort
#define RtlLong64ToSizeT RtlLongLongToSizeT
#define RtlLong64ToUChar RtlLongLongToUChar
#define RtlLong64ToUInt RtlLongLongToUInt
#define RtlLong64ToUInt16 RtlLongLongToUShort
#define RtlLong64ToUInt32 RtlLongLongToUInt
#define RtlLong64ToUInt8 RtlLongLongToUInt8
#define RtlLong64ToUIntPtr RtlLongLongToUIntPtr
#define RtlLong64ToULong RtlLongLongToULong
#define RtlLong64ToULongLong RtlLongLongToULongLong
#define RtlLong64ToULongPtr RtlLongLongToULongPtr
#define RtlLong64ToUShort RtlLongLongToUShort
#define RtlLong64ToWord RtlLongLongToWord

/* ---- from Int64 ---- */

#define RtlInt64ToByte RtlLongLongToByte
#define RtlInt64ToChar RtlLongLongToChar
#define RtlInt64ToDWord RtlLongLongToDWord
#define RtlInt64ToDWord64 RtlLongLongToULongLong
#define RtlInt64ToDWordLong RtlLongLongToULongLong
#define RtlInt64ToDWordPtr RtlLongLongToULongPtr
#define RtlInt64ToInt RtlLongLongToInt
#define RtlInt64ToInt16 RtlLongLongToShort
#define RtlInt64ToInt32 RtlLongLongToInt
#define RtlInt64ToInt8 RtlLongLongToInt8
#define RtlInt64ToIntPtr RtlLongLongToIntPtr
#define RtlInt64ToLong RtlLongLongToLong
#define RtlInt64ToLongPtr RtlLongLongToLongPtr
#define RtlInt64ToPtrdiffT RtlLongLongToIntPtr
#define RtlInt64ToSIZET RtlLongLongToSizeT
#define RtlInt64ToSSIZET RtlLongLongToLongPtr
#define RtlInt64ToShort RtlLongLongToShort
#define RtlInt64ToSizeT RtlLongLongToSizeT
#define RtlInt64ToUChar RtlLongLongToUChar
#define RtlInt64ToUInt RtlLongLongToUInt
#define RtlInt64ToUInt16 RtlLongLongToUShort
#define RtlInt64ToUInt32 RtlLongLongToUInt
#define RtlInt64ToUInt64 RtlLongLongToULongLong
#define RtlInt64ToUInt8 RtlLongLongToUInt8
#define RtlInt64ToUIntPtr RtlLongLongToUIntPtr
#define RtlInt64ToULong RtlLongLongToULong
#define RtlInt64ToULong64 RtlLongLongToULongLong
#define RtlInt64ToULongLong RtlLongLongToULongLong
#define RtlInt64ToULongPtr RtlLongLongToULongPtr
#define RtlInt64ToUShort RtlLongLongToUShort
#define RtlInt64ToWord RtlLongLongToWord

/* ---- from LongLong ---- */

#define RtlLongLongToDWord64 RtlLongLongToULongLong
#define RtlLongLongToDWordLong RtlLongLongToULongLong
#define RtlLongLongToDWordPtr RtlLongLongToULongPtr
#define RtlLongLongToInt16 RtlLongLongToShort
#define RtlLongLongToInt32 RtlLongLongToInt
#define RtlLongLongToPtrdiffT RtlLongLongToIntPtr
#define RtlLongLongToSIZET RtlLongLongToSizeT
#define RtlLongLongToSSIZET RtlLongLongToLongPtr
#define RtlLongLongToUInt16 RtlLongLongToUShort
#define RtlLongLongToUInt32 RtlLongLongToUInt
#define RtlLongLongToUInt64 RtlLongLongToULongLong
#define RtlLongLongToULong64 RtlLongLongToULongLong

/* ---- from SSIZET ---- */

#define RtlSSIZETToByte RtlLongPtrToByte
#define RtlSSIZETToChar RtlLongPtrToChar
#define RtlSSIZETToDWord RtlLongPtrToDWord
#define RtlSSIZETToDWord64 RtlLongPtrToULongLong
#define RtlSSIZETToDWordLong RtlLongPtrToULongLong
#define RtlSSIZETToDWordPtr RtlLongPtrToULongPtr
#define RtlSSIZETToInt RtlLongPtrToInt
#define RtlSSIZETToInt16 RtlLongPtrToShort
#define RtlSSIZETToInt32 RtlLongPtrToInt
#define RtlSSIZETToInt8 RtlLongPtrToInt8
#define RtlSSIZETToIntPtr RtlLongPtrToIntPtr
#define RtlSSIZETToLong RtlLongPtrToLong
#define RtlSSIZETToSIZET RtlLongPtrToSizeT
#define RtlSSIZETToShort RtlLongPtrToShort
#define RtlSSIZETToSizeT RtlLongPtrToSizeT
#define RtlSSIZETToUChar RtlLongPtrToUChar
#define RtlSSIZETToUInt RtlLongPtrToUInt
#define RtlSSIZETToUInt16 RtlLongPtrToUShort
#define RtlSSIZETToUInt32 RtlLongPtrToUInt
#define RtlSSIZETToUInt64 RtlLongPtrToULongLong
#define RtlSSIZETToUInt8 RtlLongPtrToUInt8
#define RtlSSIZETToUIntPtr RtlLongPtrToUIntPtr
#define RtlSSIZETToULong RtlLongPtrToULong
#define RtlSSIZETToULong64 RtlLongPtrToULongLong
#define RtlSSIZETToULongLong RtlLongPtrToULongLong
#define RtlSSIZETToULongPtr RtlLongPtrToULongPtr
#define RtlSSIZETToUShort RtlLongPtrToUShort
#define RtlSSIZETToWord RtlLongPtrToWord

/* ---- from LongPtr ---- */

#define RtlLongPtrToDWord64 RtlLongPtrToULongLong
#define RtlLongPtrToDWordLong RtlLongPtrToULongLong
#define RtlLongPtrToDWordPtr RtlLongPtrToULongPtr
#define RtlLongPtrToInt16 RtlLongPtrToShort
#define RtlLongPtrToInt32 RtlLongPtrToInt
#define RtlLongPtrToSIZET RtlLongPtrToSizeT
#define RtlLongPtrToUInt16 RtlLongPtrToUShort
#define RtlLongPtrToUInt32 RtlLongPtrToUInt
#define RtlLongPtrToUInt64 RtlLongPtrToULongLong
#define RtlLongPtrToULong64 RtlLongPtrToULongLong

/* ---- from Long ---- */

#define RtlLongToDWord64 RtlLongToULongLong
#define RtlLongToDWordLong RtlLongToULongLong
#define RtlLongToDWordPtr RtlLongToULongPtr
#define RtlLongToInt16 RtlLongToShort
#define RtlLongToInt32 RtlLongToInt
#define RtlLongToPtrdiffT RtlLongToIntPtr
#define RtlLongToSIZET RtlLongToSizeT
#define RtlLongToUInt16 RtlLongToUShort
#define RtlLongToUInt32 RtlLongToUInt
#define RtlLongToUInt64 RtlLongToULongLong
#define RtlLongToULong64 RtlLongToULongLong

/* ---- from Int16 ---- */

#define RtlInt16ToByte RtlShortToByte
#define RtlInt16ToChar RtlShortToChar
#define RtlInt16ToDWord RtlShortToDWord
#define RtlInt16ToDWord64 RtlShortToULongLong
#define RtlInt16ToDWordLong RtlShortToULongLong
#define RtlInt16ToDWordPtr RtlShortToDWordPtr
#define RtlInt16ToInt8 RtlShortToInt8
#define RtlInt16ToSIZET RtlShortToSizeT
#define RtlInt16ToSizeT RtlShortToSizeT
#define RtlInt16ToUChar RtlShortToUChar
#define RtlInt16ToUInt RtlShortToUInt
#define RtlInt16ToUInt16 RtlShortToUShort
#define RtlInt16ToUInt32 RtlShortToUInt
#define RtlInt16ToUInt64 RtlShortToULongLong
#define RtlInt16ToUInt8 RtlShortToUInt8
#define RtlInt16ToUIntPtr RtlShortToUIntPtr
#define RtlInt16ToULong RtlShortToULong
#define RtlInt16ToULong64 RtlShortToULongLong
#define RtlInt16ToULongLong RtlShortToULongLong
#define RtlInt16ToULongPtr RtlShortToULongPtr
#define RtlInt16ToUShort RtlShortToUShort
#define RtlInt16ToWord RtlShortToWord

/* ---- from Short ---- */

#define RtlShortToDWord64 RtlShortToULongLong
#define RtlShortToDWordLong RtlShortToULongLong
#define RtlShortToSIZET RtlShortToSizeT
#define RtlShortToUInt16 RtlShortToUShort
#define RtlShortToUInt32 RtlShortToUInt
#define RtlShortToUInt64 RtlShortToULongLong
#define RtlShortToULong64 RtlShortToULongLong

/* ---- from UIntPtr ---- */

#define RtlUIntPtrToInt32 RtlUIntPtrToInt
#define RtlUIntPtrToInt64 RtlUIntPtrToLongLong
#define RtlUIntPtrToLong64 RtlUIntPtrToLongLong
#define RtlUIntPtrToPtrdiffT RtlUIntPtrToIntPtr
#define RtlUIntPtrToSSIZET RtlUIntPtrToLongPtr
#define RtlUIntPtrToUInt32 RtlUIntPtrToUInt

/* ---- from SizeT ---- */

#define RtlSizeTToInt16 RtlSizeTToShort
#define RtlSizeTToInt32 RtlSizeTToInt
#define RtlSizeTToInt64 RtlSizeTToLongLong
#define RtlSizeTToLong64 RtlSizeTToLongLong
#define RtlSizeTToPtrdiffT RtlSizeTToIntPtr
#define RtlSizeTToSSIZET RtlSizeTToLongPtr
#define RtlSizeTToUInt16 RtlSizeTToUShort
#define RtlSizeTToUInt32 RtlSizeTToUInt

/* ---- from UInt32 ---- */

#define RtlUInt32ToChar RtlUIntToChar
#define RtlUInt32ToInt16 RtlUIntToShort
#define RtlUInt32ToLong RtlUIntToLong
#define RtlUInt32ToLongPtr RtlUIntToLongPtr
#define RtlUInt32ToShort RtlUIntToShort
#define RtlUInt32ToUInt16 RtlUIntToUShort
#define RtlUInt32ToUInt8 RtlUIntToUInt8
#define RtlUInt32ToUShort RtlUIntToUShort
#define RtlUInt32ToWord RtlUIntToWord

/* ---- from UInt ---- */

#define RtlUIntToInt16 RtlUIntToShort
#define RtlUIntToSSIZET RtlUIntToLongPtr
#define RtlUIntToUInt16 RtlUIntToUShort

/* ---- from ULongLong ---- */

#define RtlULongLongToInt64 RtlULongLongToLongLong
#define RtlULongLongToLong64 RtlULongLongToLongLong
#define RtlULongLongToSSIZET RtlULongLongToLongPtr
#define RtlULongLongToUInt16 RtlULongLongToUShort

/* ---- from DWordLong ---- */

#define RtlDWordLongToInt64 RtlULongLongToLongLong
#define RtlDWordLongToLong64 RtlULongLongToLongLong
#define RtlDWordLongToLongLong RtlULongLongToLongLong
#define RtlDWordLongToLongPtr RtlULongLongToLongPtr
#define RtlDWordLongToSSIZET RtlULongLongToLongPtr
#define RtlDWordLongToUInt16 RtlULongLongToUShort
#define RtlDWordLongToUShort RtlULongLongToUShort
#define RtlDWordLongToWord RtlULongLongToWord

/* ---- from ULong64 ---- */

#define RtlULong64ToInt64 RtlULongLongToLongLong
#define RtlULong64ToLong64 RtlULongLongToLongLong
#define RtlULong64ToLongLong RtlULongLongToLongLong
#define RtlULong64ToLongPtr RtlULongLongToLongPtr
#define RtlULong64ToSSIZET RtlULongLongToLongPtr
#define RtlULong64ToUInt16 RtlULongLongToUShort
#define RtlULong64ToUShort RtlULongLongToUShort
#define RtlULong64ToWord RtlULongLongToWord

/* ---- from DWord64 ---- */

#define RtlDWord64ToInt64 RtlULongLongToLongLong
#define RtlDWord64ToLong64 RtlULongLongToLongLong
#define RtlDWord64ToLongLong RtlULongLongToLongLong
#define RtlDWord64ToLongPtr RtlULongLongToLongPtr
#define RtlDWord64ToSSIZET RtlULongLongToLongPtr
#define RtlDWord64ToUInt16 RtlULongLongToUShort
#define RtlDWord64ToUShort RtlULongLongToUShort
#define RtlDWord64ToWord RtlULongLongToWord

/* ---- from UInt64 ---- */

#define RtlUInt64ToDWord RtlULongLongToDWord
#define RtlUInt64ToInt64 RtlULongLongToLongLong
#define RtlUInt64ToLong64 RtlULongLongToLongLong
#define RtlUInt64ToLongLong RtlULongLongToLongLong
#define RtlUInt64ToLongPtr RtlULongLongToLongPtr
#define RtlUInt64ToSSIZET RtlULongLongToLongPtr
#define RtlUInt64ToUInt16 RtlULongLongToUShort
#define RtlUInt64ToUShort RtlULongLongToUShort
#define RtlUInt64ToWord RtlULongLongToWord

/* ---- from ULongPtr ---- */

#define RtlULongPtrToInt64 RtlULongPtrToLongLong
#define RtlULongPtrToLong64 RtlULongPtrToLongLong
#define RtlULongPtrToUInt16 RtlULongPtrToUShort

/* ---- from DWordPtr ---- */

#define RtlDWordPtrToInt64 RtlULongPtrToLongLong
#define RtlDWordPtrToLong64 RtlULongPtrToLongLong
#define RtlDWordPtrToLongLong RtlULongPtrToLongLong
#define RtlDWordPtrToUInt16 RtlULongPtrToUShort
#define RtlDWordPtrToUShort RtlULongPtrToUShort
#define RtlDWordPtrToWord RtlULongPtrToWord

/* ---- from SIZET ---- */

#define RtlSIZETToInt64 RtlSizeTToLongLong
#define RtlSIZETToLong64 RtlSizeTToLongLong
#define RtlSIZETToLongLong RtlSizeTToLongLong
#define RtlSIZETToUInt16 RtlSizeTToUShort
#define RtlSIZETToUShort RtlSizeTToUShort
#define RtlSIZETToWord RtlSizeTToWord

#endif
