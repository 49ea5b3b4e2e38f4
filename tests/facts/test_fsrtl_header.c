/* Check what the macros of ntifs.h make of a stream's advanced header and of the contexts on it. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static VOID give_back(PVOID context) { (void)context; }

static void set_up_marks_the_header_and_empties_its_list(struct machine *m) {
    (void)m;
    FSRTL_ADVANCED_FCB_HEADER header = {.NodeTypeCode = 7, .Flags = FSRTL_FLAG_FILE_MODIFIED};
    FAST_MUTEX mutex;
    FsRtlSetupAdvancedHeader(&header, &mutex);
    assert_int_equal(header.Flags, FSRTL_FLAG_FILE_MODIFIED | FSRTL_FLAG_ADVANCED_HEADER);
    assert_int_equal(header.Flags2, FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS);
    assert_int_equal(header.Version, FSRTL_FCB_HEADER_V1);
    assert_int_equal(header.NodeTypeCode, 7);
    assert_ptr_equal(header.FastMutex, &mutex);
    assert_true(IsListEmpty(&header.FilterContexts));
    FsRtlSetupAdvancedHeader(&header, NULL);
    assert_ptr_equal(header.FastMutex, &mutex);
}

static void a_file_object_tells_which_contexts_it_takes(struct machine *m) {
    (void)m;
    PVOID contexts = NULL;
    FSRTL_ADVANCED_FCB_HEADER header = {0};
    FILE_OBJECT file = {0};
    assert_false(FsRtlSupportsPerStreamContexts(&file));
    assert_false(FsRtlSupportsPerFileContexts(&file));
    file.FsContext = &header;
    assert_false(FsRtlSupportsPerStreamContexts(&file));
    FsRtlSetupAdvancedHeader(&header, NULL);
    assert_true(FsRtlSupportsPerStreamContexts(&file));
    assert_false(FsRtlSupportsPerFileContexts(&file));
    FsRtlSetupAdvancedHeaderEx(&header, NULL, &contexts);
    assert_true(FsRtlSupportsPerFileContexts(&file));
    assert_ptr_equal(FsRtlGetPerStreamContextPointer(&file), &header);
}

static void a_stream_context_names_its_owner(struct machine *m) {
    (void)m;
    FSRTL_PER_STREAM_CONTEXT context;
    int owner, instance;
    FsRtlInitPerStreamContext(&context, &owner, &instance, give_back);
    assert_ptr_equal(context.OwnerId, &owner);
    assert_ptr_equal(context.InstanceId, &instance);
    assert_true(context.FreeCallback == give_back);
}

static void a_file_is_cached_by_its_streams_cache_map(struct machine *m) {
    (void)m;
    SECTION_OBJECT_POINTERS section = {0};
    FILE_OBJECT file = {0};
    assert_false(CcIsFileCached(&file));
    file.SectionObjectPointer = &section;
    assert_false(CcIsFileCached(&file));
    section.SharedCacheMap = &section;
    assert_true(CcIsFileCached(&file));
}

static void single_bits_are_tested_set_and_cleared(struct machine *m) {
    (void)m;
    ULONG flags = 0x10;
    SetFlag(flags, 0x100);
    assert_int_equal(FlagOn(flags, 0x180), 0x100);
    assert_int_equal(BooleanFlagOn(flags, 0x100), TRUE);
    ClearFlag(flags, 0x10);
    assert_int_equal(flags, 0x100);
    assert_int_equal(BooleanFlagOn(flags, 0x10), FALSE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(set_up_marks_the_header_and_empties_its_list),
        wdmsim_unit_test(a_file_object_tells_which_contexts_it_takes),
        wdmsim_unit_test(a_stream_context_names_its_owner),
        wdmsim_unit_test(a_file_is_cached_by_its_streams_cache_map),
        wdmsim_unit_test(single_bits_are_tested_set_and_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
