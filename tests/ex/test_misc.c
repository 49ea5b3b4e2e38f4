/* Modes, local time, processor features, UUIDs, clock resolution, secure pools. */
#include "../touch.h" /* the host's headers come first */

#include <ntddk.h>

#include <wdmsim/cmocka.h>

static KPROCESSOR_MODE seen;
static bool done;
static void see_mode(void *context) {
    (void)context;
    seen = ExGetPreviousMode();
    done = true;
}
static bool is_done(void *context) {
    (void)context;
    return done;
}

static void the_previous_mode_is_the_threads(struct machine *m) {
    assert_int_equal(ExGetPreviousMode(), KernelMode);
    done = false;
    wdmsim_user_thread(m, NULL, see_mode, NULL);
    wdmsim_run_until(m, is_done, NULL, WDMSIM_FOREVER);
    assert_int_equal(seen, UserMode);
}

static void local_time_and_system_time_are_inverse(struct machine *m) {
    LARGE_INTEGER system = {.QuadPart = 134116992000000000LL}, local, back;
    (void)m;
    ExSystemTimeToLocalTime(&system, &local);
    ExLocalTimeToSystemTime(&local, &back);
    assert_int_equal(back.QuadPart, system.QuadPart);
}

static void every_x64_processor_has_these(struct machine *m) {
    (void)m;
    assert_true(ExIsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
    assert_true(ExIsProcessorFeaturePresent(PF_COMPARE_EXCHANGE128));
    assert_false(ExIsProcessorFeaturePresent(PF_FLOATING_POINT_EMULATED));
    assert_false(ExIsProcessorFeaturePresent(63));
    assert_false(ExIsSoftBoot());
}

static void uuids_differ_and_repeat_from_run_to_run(struct machine *m) {
    static UUID first_run[3];
    UUID uuids[3];
    (void)m;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(ExUuidCreate(&uuids[i]), STATUS_SUCCESS);
        assert_int_equal(uuids[i].Data3 >> 12, 1);
        assert_int_equal(uuids[i].Data4[0] >> 6, 2);
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(&uuids[i], &uuids[k], sizeof(UUID));
    }
    if (first_run[0].Data1)
        assert_memory_equal(uuids, first_run, sizeof uuids);
    memcpy(first_run, uuids, sizeof uuids);
}

static void the_finest_resolution_asked_for_wins(struct machine *m) {
    ULONG most, least, now, initial;
    (void)m;
    ExQueryTimerResolution(&most, &least, &initial);
    assert_true(least < most && initial == most);
    assert_int_equal(ExSetTimerResolution(20000, TRUE), 20000);
    assert_int_equal(ExSetTimerResolution(50000, TRUE), 20000);
    assert_int_equal(ExSetTimerResolution(1, TRUE), least);
    ExQueryTimerResolution(&most, &least, &now);
    assert_int_equal(now, least);
    assert_int_equal(ExSetTimerResolution(0, FALSE), least);
    assert_int_equal(ExSetTimerResolution(0, FALSE), least);
    assert_int_equal(ExSetTimerResolution(0, FALSE), initial);
}

#define TAG 'tseT'

static void only_updates_change_a_secure_pool(struct machine *m) {
    char contents[32] = "secret", more[] = "update";
    HANDLE pool;
    POOL_CREATE_EXTENDED_PARAMS create = {POOL_CREATE_PARAMS_VERSION};
    POOL_EXTENDED_PARAMS_SECURE_POOL secure = {.Buffer = contents,
                                               .Cookie = 77,
                                               .SecurePoolFlags = SECURE_POOL_FLAGS_FREEABLE |
                                                                  SECURE_POOL_FLAGS_MODIFIABLE};
    POOL_EXTENDED_PARAMETER parameter = {.Type = PoolExtendedParameterSecurePool,
                                         .SecurePoolParams = &secure};
    (void)m;
    assert_int_equal(ExCreatePool(0, TAG, &create, &pool), STATUS_INVALID_PARAMETER);
    assert_int_equal(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, TAG, &create, &pool),
                     STATUS_SUCCESS);
    secure.SecurePoolHandle = pool;
    char *p = ExAllocatePool3(POOL_FLAG_NON_PAGED, sizeof contents, TAG, &parameter, 1);
    assert_string_equal(p, "secret");
    assert_false(can_write(p));
    assert_true(ExSecurePoolValidate(pool, TAG, p, 77));
    assert_false(ExSecurePoolValidate(pool, TAG, p, 78));
    assert_false(ExSecurePoolValidate(pool, TAG, p + 1, 77));
    assert_int_equal(ExSecurePoolUpdate(pool, TAG, p, 77, 8, sizeof more, more), STATUS_SUCCESS);
    assert_string_equal(p + 8, "update");
    assert_int_equal(ExSecurePoolUpdate(pool, TAG, p, 77, 30, 3, more), STATUS_INVALID_PARAMETER);
    assert_false(can_write(p));
    secure.SecurePoolFlags = 0;
    char *fixed = ExAllocatePool3(POOL_FLAG_NON_PAGED, sizeof contents, TAG, &parameter, 1);
    assert_int_equal(ExSecurePoolUpdate(pool, TAG, fixed, 77, 0, 1, more), STATUS_ACCESS_DENIED);
    ExFreePool2(p, TAG, &parameter, 1);
    assert_false(ExSecurePoolValidate(pool, TAG, p, 77));
    /* What is still allocated goes with the pool. */
    secure.Cookie = 79;
    char *left = ExAllocatePool3(POOL_FLAG_NON_PAGED, sizeof contents, TAG, &parameter, 1);
    assert_true(ExSecurePoolValidate(pool, TAG, left, 79));
    ExDestroyPool(pool);
    assert_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, sizeof contents, TAG, &parameter, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_previous_mode_is_the_threads),
        wdmsim_unit_test(local_time_and_system_time_are_inverse),
        wdmsim_unit_test(every_x64_processor_has_these),
        wdmsim_unit_test(uuids_differ_and_repeat_from_run_to_run),
        wdmsim_unit_test(uuids_differ_and_repeat_from_run_to_run),
        wdmsim_unit_test(the_finest_resolution_asked_for_wins),
        wdmsim_unit_test(only_updates_change_a_secure_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
