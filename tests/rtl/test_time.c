/* Check times as calendar fields and as seconds since 1970 and 1980, to the ends of their ranges.
 */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static LONGLONG time_of(CSHORT year, CSHORT month, CSHORT day) {
    TIME_FIELDS fields = {.Year = year, .Month = month, .Day = day};
    LARGE_INTEGER time;
    assert_true(RtlTimeFieldsToTime(&fields, &time));
    return time.QuadPart;
}

static void the_epoch_is_a_monday(struct machine *m) {
    (void)m;
    LARGE_INTEGER time = {.QuadPart = 0};
    TIME_FIELDS f;
    RtlTimeToTimeFields(&time, &f);
    assert_int_equal(f.Year, 1601);
    assert_int_equal(f.Month, 1);
    assert_int_equal(f.Day, 1);
    assert_int_equal(f.Weekday, 1);
    assert_int_equal(f.Hour, 0);
}

static void known_times_have_their_fields(struct machine *m) {
    (void)m;
    LARGE_INTEGER time = {.QuadPart = 116444736000000000LL + 951827696ll * 10000000 + 7890000};
    TIME_FIELDS f;
    RtlTimeToTimeFields(&time, &f);
    assert_int_equal(f.Year, 2000);
    assert_int_equal(f.Month, 2);
    assert_int_equal(f.Day, 29);
    assert_int_equal(f.Hour, 12);
    assert_int_equal(f.Minute, 34);
    assert_int_equal(f.Second, 56);
    assert_int_equal(f.Milliseconds, 789);
    assert_int_equal(f.Weekday, 2);
    assert_true(time_of(1970, 1, 1) == 116444736000000000LL);
    assert_true(time_of(1601, 1, 1) == 0);
}

/* Every day of 800 years: one day apart, and back to the same fields. */
static void days_follow_each_other(struct machine *m) {
    (void)m;
    static const CSHORT days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    LONGLONG expected = 0;
    int weekday = 1;
    for (CSHORT year = 1601; year < 2402; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (CSHORT month = 1; month <= 12; month++) {
            CSHORT count = (CSHORT)(days[month - 1] + (month == 2 && leap));
            for (CSHORT day = 1; day <= count; day++) {
                LARGE_INTEGER time = {.QuadPart = expected + 863999999999LL};
                TIME_FIELDS f;
                if (time_of(year, month, day) != expected)
                    fail_msg("%d-%d-%d", year, month, day);
                RtlTimeToTimeFields(&time, &f);
                if (f.Year != year || f.Month != month || f.Day != day || f.Weekday != weekday ||
                    f.Hour != 23 || f.Milliseconds != 999)
                    fail_msg("%d-%d-%d is %d-%d-%d", year, month, day, f.Year, f.Month, f.Day);
                expected += 864000000000LL;
                weekday = (weekday + 1) % 7;
            }
        }
    }
}

static void impossible_fields_are_refused(struct machine *m) {
    (void)m;
    static const TIME_FIELDS bad[] = {
        {.Year = 1600, .Month = 12, .Day = 31},
        {.Year = 2001, .Month = 2, .Day = 29},
        {.Year = 2000, .Month = 0, .Day = 1},
        {.Year = 2000, .Month = 13, .Day = 1},
        {.Year = 2000, .Month = 1, .Day = 0},
        {.Year = 2000, .Month = 4, .Day = 31},
        {.Year = 2000, .Month = 1, .Day = 1, .Hour = 24},
        {.Year = 2000, .Month = 1, .Day = 1, .Minute = 60},
        {.Year = 2000, .Month = 1, .Day = 1, .Second = -1},
        {.Year = 2000, .Month = 1, .Day = 1, .Milliseconds = 1000},
        {.Year = 32767, .Month = 1, .Day = 1},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++) {
        TIME_FIELDS f = bad[i];
        LARGE_INTEGER time;
        assert_false(RtlTimeFieldsToTime(&f, &time));
    }
}

static void seconds_since_1970_and_1980(struct machine *m) {
    (void)m;
    LARGE_INTEGER time;
    ULONG seconds = 77;
    RtlSecondsSince1970ToTime(0, &time);
    assert_true(time.QuadPart == time_of(1970, 1, 1));
    RtlSecondsSince1980ToTime(86400, &time);
    assert_true(time.QuadPart == time_of(1980, 1, 2));
    assert_true(RtlTimeToSecondsSince1980(&time, &seconds));
    assert_int_equal(seconds, 86400);
    RtlSecondsSince1970ToTime(0xFFFFFFFF, &time);
    assert_true(RtlTimeToSecondsSince1970(&time, &seconds));
    assert_int_equal(seconds, 0xFFFFFFFF);
    time.QuadPart += 10000000;
    assert_false(RtlTimeToSecondsSince1970(&time, &seconds));
    time.QuadPart = time_of(1970, 1, 1) - 1;
    assert_false(RtlTimeToSecondsSince1970(&time, &seconds));
    time.QuadPart = -1;
    assert_false(RtlTimeToSecondsSince1980(&time, &seconds));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_epoch_is_a_monday),
        wdmsim_unit_test(known_times_have_their_fields),
        wdmsim_unit_test(days_follow_each_other),
        wdmsim_unit_test(impossible_fields_are_refused),
        wdmsim_unit_test(seconds_since_1970_and_1980),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
