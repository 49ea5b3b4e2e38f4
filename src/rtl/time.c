/*
 * System times (100 ns since 1601) and calendars.
 *
 * The Gregorian calendar repeats after 400 years, and 1601 begins such a period, so a day's number
 * leads to its year in constant time. Days and years are counted from March, which puts the leap
 * day last.
 */
#include "ki/gate.h"

#define RTL_UNITS_PER_SECOND 10000000ll
#define RTL_SECONDS_PER_DAY 86400ll
#define RTL_UNITS_PER_DAY (RTL_SECONDS_PER_DAY * RTL_UNITS_PER_SECOND)
#define RTL_SECONDS_TO_1970 11644473600ll
#define RTL_SECONDS_TO_1980 11960006400ll
#define RTL_DAYS_PER_PERIOD 146097ll /* 400 years */
/* Days from 1600-03-01 to 1601-01-01. */
#define RTL_MARCH_OFFSET 306ll

VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields) {
    LONGLONG days = Time->QuadPart / RTL_UNITS_PER_DAY;
    LONGLONG rest = Time->QuadPart % RTL_UNITS_PER_DAY;
    if (rest < 0) { /* no date is before 1601; the arithmetic holds nevertheless */
        rest += RTL_UNITS_PER_DAY;
        days--;
    }
    LONGLONG weekday = (days + 1) % 7; /* 1601-01-01 was a Monday */
    LONGLONG march = days + RTL_MARCH_OFFSET;
    LONGLONG period = march / RTL_DAYS_PER_PERIOD - (march % RTL_DAYS_PER_PERIOD < 0);
    LONGLONG day = march - period * RTL_DAYS_PER_PERIOD;
    LONGLONG year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    LONGLONG month = (5 * day + 2) / 153; /* from March */
    TimeFields->Year = (CSHORT)(1600 + period * 400 + year + (month >= 10));
    TimeFields->Month = (CSHORT)(month < 10 ? month + 3 : month - 9);
    TimeFields->Day = (CSHORT)(day - (153 * month + 2) / 5 + 1);
    TimeFields->Hour = (CSHORT)(rest / (3600 * RTL_UNITS_PER_SECOND));
    TimeFields->Minute = (CSHORT)(rest / (60 * RTL_UNITS_PER_SECOND) % 60);
    TimeFields->Second = (CSHORT)(rest / RTL_UNITS_PER_SECOND % 60);
    TimeFields->Milliseconds = (CSHORT)(rest / 10000 % 1000);
    TimeFields->Weekday = (CSHORT)(weekday < 0 ? weekday + 7 : weekday);
}

static LONGLONG rtl_month_days(LONGLONG year, LONGLONG month) {
    static const UCHAR days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time) {
    const TIME_FIELDS *f = TimeFields;
    if (f->Year < 1601 || f->Month < 1 || f->Month > 12 || f->Day < 1 ||
        f->Day > rtl_month_days(f->Year, f->Month) || f->Hour < 0 || f->Hour > 23 ||
        f->Minute < 0 || f->Minute > 59 || f->Second < 0 || f->Second > 59 || f->Milliseconds < 0 ||
        f->Milliseconds > 999)
        return FALSE;
    LONGLONG year = f->Year - 1600 - (f->Month < 3), month = (f->Month + 9) % 12;
    LONGLONG days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
                    f->Day - 1 - RTL_MARCH_OFFSET;
    LONGLONG seconds = days * RTL_SECONDS_PER_DAY + f->Hour * 3600ll + f->Minute * 60ll + f->Second;
    if (seconds > MAXLONGLONG / RTL_UNITS_PER_SECOND - 1)
        return FALSE; /* beyond what a system time holds */
    Time->QuadPart = seconds * RTL_UNITS_PER_SECOND + f->Milliseconds * 10000ll;
    return TRUE;
}

/* ---- seconds since 1970 and 1980 ---- */

static BOOLEAN rtl_seconds_since(LONGLONG time, LONGLONG start, PULONG seconds) {
    if (time < 0)
        return FALSE;
    LONGLONG elapsed = time / RTL_UNITS_PER_SECOND - start;
    if (elapsed < 0 || elapsed > MAXULONG)
        return FALSE;
    *seconds = (ULONG)elapsed;
    return TRUE;
}

BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds) {
    KI_GATE(RtlTimeToSecondsSince1970);
    return rtl_seconds_since(Time->QuadPart, RTL_SECONDS_TO_1970, ElapsedSeconds);
}

BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds) {
    KI_GATE(RtlTimeToSecondsSince1980);
    return rtl_seconds_since(Time->QuadPart, RTL_SECONDS_TO_1980, ElapsedSeconds);
}

VOID RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) {
    KI_GATE(RtlSecondsSince1970ToTime);
    Time->QuadPart = (ElapsedSeconds + RTL_SECONDS_TO_1970) * RTL_UNITS_PER_SECOND;
}

VOID RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) {
    KI_GATE(RtlSecondsSince1980ToTime);
    Time->QuadPart = (ElapsedSeconds + RTL_SECONDS_TO_1980) * RTL_UNITS_PER_SECOND;
}
