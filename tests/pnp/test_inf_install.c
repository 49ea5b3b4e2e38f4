/*
 * Driver packages in a machine: the choice of one for a device, and what its installation leaves in
 * the registry.
 */
#include "pnp_test.h"

static void add(struct machine *m, const char *name, const char *text) {
    struct wdmsim_inf *inf;
    struct wdmsim_inf_problem problem;
    if (wdmsim_inf_read(text, strlen(text), name, &inf, &problem))
        fail_msg("%s line %u: %s", name, problem.line, problem.message);
    assert_int_equal(wdmsim_inf_add(m, inf), 0);
    wdmsim_inf_free(inf);
}

static const char base[] = "[Version]\nSignature=\"$Windows NT$\"\nClass=Tests\n"
                           "ClassGuid={99999999-0001-0002-0304-05060708090A}\n"
                           "Provider=\"Us\"\nDriverVer=06/21/2006,1.2.3.4\n"
                           "[ClassInstall32]\nAddReg=ClassReg\n"
                           "[ClassReg]\nHKR,,,,\"Devices for tests\"\n"
                           "[Manufacturer]\n\"Maker\"=Models,NTamd64\n"
                           "[Models.NTamd64]\n\"A device\"=Install,TEST\\HW,TEST\\GENERIC\n"
                           "[Install.NT]\nAddReg=Software\n"
                           "[Software]\nHKR,Settings,Number,0x00010001,0x12\n"
                           "HKR,,Bytes,1,1f,20,ff\nHKR,,Long,0x000b0001,-1\n"
                           "HKR,,Expand,0x00020000,\"%10%\\x\"\n"
                           "HKR,,List,0x00010000,one,two\nHKR,,List,0x00010008,two,three\n"
                           "HKR,,Once,0x00010003,1\nHKR,,Once,0x00010003,2\n"
                           "HKR,,Never,0x00010021,1\nHKR,Empty,,0x10\n"
                           "HKR,,Gone,,x\nHKR,,Gone,4\n"
                           "HKLM,System\\CurrentControlSet\\Control\\Tests,Global,,g\n"
                           "[Install.NT.HW]\nAddReg=Hardware\n"
                           "[Hardware]\nHKR,,UpperFilters,0x00010000,upper\n"
                           "HKR,,LowerFilters,0x00010008,lower\nHKR,,Parameter,0x00010001,5\n"
                           "[Install.NT.Services]\nAddService=function,2,Function\n"
                           "AddService=upper,,Upper\nAddService=lower,,Lower\n"
                           "[Function]\nServiceType=1\nStartType=3\nErrorControl=1\n"
                           "ServiceBinary=%12%\\function.sys\nAddReg=ServiceReg\n"
                           "[ServiceReg]\nHKR,Parameters,Depth,0x00010001,7\n"
                           "[Upper]\nServiceType=1\nServiceBinary=%12%\\upper.sys\n"
                           "[Lower]\nServiceType=1\nServiceBinary=%12%\\lower.sys\n"
                           "[Install.NT.Interfaces]\n"
                           "AddInterface={12345678-0001-0002-0304-05060708090a},ref,,Face\n"
                           "[Face]\nAddReg=FaceReg\n[FaceReg]\nHKR,,Colour,,blue\n";

#define ROOT L"\\Registry\\Machine\\System\\CurrentControlSet\\"
#define CLASS ROOT L"Control\\Class\\{99999999-0001-0002-0304-05060708090a}"

static struct {
    KEY_VALUE_PARTIAL_INFORMATION information;
    UCHAR room[256];
} value;

/* Reads a value; false if key or value are not there. */
static bool read_value(const WCHAR *path, const WCHAR *name) {
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    ULONG length;
    RtlInitUnicodeString(&string, path);
    InitializeObjectAttributes(&attributes, &string, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes)))
        return false;
    RtlInitUnicodeString(&string, name);
    NTSTATUS status =
        ZwQueryValueKey(key, &string, KeyValuePartialInformation, &value, sizeof value, &length);
    ZwClose(key);
    return NT_SUCCESS(status);
}

#define EXPECT_VALUE(path, name, type, bytes)                                                      \
    do {                                                                                           \
        assert_true(read_value(path, name));                                                       \
        assert_int_equal(value.information.Type, type);                                            \
        assert_int_equal(value.information.DataLength, sizeof(bytes));                             \
        assert_memory_equal(value.information.Data, bytes, sizeof(bytes));                         \
    } while (0)
#define NUMBER(...) ((const ULONG[]){__VA_ARGS__})

static uint32_t plug(struct machine *m) {
    return TEST_PLUG(m, .instance_id = "7", .hardware_ids = TEST_LIST("TEST\\HW"),
                     .compatible_ids = TEST_LIST("TEST\\LAST"));
}

static void a_package_builds_the_stack(struct machine *m) {
    test_begin(m);
    add(m, "test.inf", base);
    uint32_t node = plug(m);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    test_only("ADD");
    test_expect("lower:ADD function:ADD upper:ADD");
    assert_string_equal(test_info(m, node).service, "function");
}

static void a_package_fills_the_registry(struct machine *m) {
    test_begin(m);
    add(m, "test.inf", base);
    plug(m);
    EXPECT_VALUE(CLASS, L"", REG_SZ, L"Devices for tests");
    EXPECT_VALUE(CLASS, L"Class", REG_SZ, L"Tests");
    EXPECT_VALUE(CLASS L"\\0000", L"DriverDesc", REG_SZ, L"A device");
    EXPECT_VALUE(CLASS L"\\0000", L"ProviderName", REG_SZ, L"Us");
    EXPECT_VALUE(CLASS L"\\0000", L"DriverVersion", REG_SZ, L"1.2.3.4");
    EXPECT_VALUE(CLASS L"\\0000", L"InfPath", REG_SZ, L"test.inf");
    EXPECT_VALUE(CLASS L"\\0000", L"InfSection", REG_SZ, L"Install");
    EXPECT_VALUE(CLASS L"\\0000", L"InfSectionExt", REG_SZ, L".NT");
    EXPECT_VALUE(ROOT L"Enum\\TEST\\DEVICE\\7", L"Service", REG_SZ, L"function");
    EXPECT_VALUE(ROOT L"Enum\\TEST\\DEVICE\\7", L"Mfg", REG_SZ, L"Maker");
    EXPECT_VALUE(ROOT L"Enum\\TEST\\DEVICE\\7", L"UpperFilters", REG_MULTI_SZ, L"upper\0");
    EXPECT_VALUE(ROOT L"Enum\\TEST\\DEVICE\\7\\Device Parameters", L"Parameter", REG_DWORD,
                 NUMBER(5));
    EXPECT_VALUE(ROOT L"Services\\function", L"Start", REG_DWORD, NUMBER(3));
    EXPECT_VALUE(ROOT L"Services\\function", L"ImagePath", REG_EXPAND_SZ,
                 L"\\SystemRoot\\System32\\drivers\\function.sys");
    EXPECT_VALUE(ROOT L"Services\\function\\Parameters", L"Depth", REG_DWORD, NUMBER(7));
    EXPECT_VALUE(ROOT L"Control\\Tests", L"Global", REG_SZ, L"g");
    EXPECT_VALUE(ROOT L"Control\\DeviceClasses\\{12345678-0001-0002-0304-05060708090a}\\"
                      L"##?#TEST#DEVICE#7#{12345678-0001-0002-0304-05060708090a}\\#ref\\"
                      L"Device Parameters",
                 L"Colour", REG_SZ, L"blue");
}

static void every_type_and_condition_of_addreg(struct machine *m) {
    test_begin(m);
    add(m, "test.inf", base);
    plug(m);
    EXPECT_VALUE(CLASS L"\\0000\\Settings", L"Number", REG_DWORD, NUMBER(0x12));
    EXPECT_VALUE(CLASS L"\\0000", L"Bytes", REG_BINARY, ((const UCHAR[]){0x1f, 0x20, 0xff}));
    EXPECT_VALUE(CLASS L"\\0000", L"Long", REG_QWORD, NUMBER(0xffffffff, 0xffffffff));
    EXPECT_VALUE(CLASS L"\\0000", L"Expand", REG_EXPAND_SZ, L"\\SystemRoot\\x");
    EXPECT_VALUE(CLASS L"\\0000", L"List", REG_MULTI_SZ, L"one\0two\0three\0");
    EXPECT_VALUE(CLASS L"\\0000", L"Once", REG_DWORD, NUMBER(1));
    assert_false(read_value(CLASS L"\\0000", L"Never"));
    assert_false(read_value(CLASS L"\\0000", L"Gone"));
}

#define OTHER(date, models)                                                                        \
    "[Version]\nSignature=\"$Windows NT$\"\nClass=Tests\n"                                         \
    "ClassGuid={99999999-0001-0002-0304-05060708090A}\nDriverVer=" date ",9.0.0.0\n"               \
    "[Manufacturer]\nM=Models\n[Models]\n" models "[I]\n[I.Services]\nAddService=other,2,S\n[S]\n"

/* A worse score loses though it is newer; of equal scores the newer date wins. */
static void the_best_package_wins(struct machine *m) {
    test_begin(m);
    add(m, "generic.inf", OTHER("01/01/2020", "X=I,TEST\\LAST\n"));
    add(m, "test.inf", base);
    uint32_t node = plug(m);
    assert_string_equal(test_info(m, node).service, "function");
    wdmsim_unplug(m, node);
    add(m, "old.inf", OTHER("01/01/2001", "X=I,TEST\\HW\n"));
    node = plug(m);
    assert_string_equal(test_info(m, node).service, "function");
    wdmsim_unplug(m, node);
    add(m, "new.inf", OTHER("01/01/2021", "X=I,TEST\\HW\n"));
    node = plug(m);
    assert_string_equal(test_info(m, node).service, "other");
}

static void a_device_without_driver_is_offered_a_new_package(struct machine *m) {
    test_begin(m);
    uint32_t node = plug(m);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_NO_DRIVER);
    add(m, "test.inf", base);
    wdmsim_settle(m);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_NONE);
}

static void what_the_host_says_comes_first(struct machine *m) {
    test_begin(m);
    add(m, "test.inf", base);
    uint32_t node = TEST_PLUG(m, .hardware_ids = TEST_LIST("TEST\\HW"), .function = "other");
    test_only("ADD");
    test_expect("other:ADD");
    assert_string_equal(test_info(m, node).service, "other");
}

static void an_extension_adds_to_the_package(struct machine *m) {
    test_begin(m);
    add(m, "test.inf", base);
    add(m, "more.inf",
        "[Version]\nSignature=\"$Windows NT$\"\nClass=Extension\n"
        "ClassGuid={e2f84ce7-8efa-411c-aa69-97454ca4cb57}\n"
        "[Manufacturer]\nM=Models\n[Models]\nX=I,TEST\\HW\n[I]\n"
        "[I.HW]\nAddReg=R\n[R]\nHKR,,Extended,,yes\n"
        "[I.Filters]\nAddFilter=other,,F\n[F]\nFilterPosition=Upper\n");
    plug(m);
    test_only("ADD");
    test_expect("lower:ADD function:ADD upper:ADD other:ADD");
    EXPECT_VALUE(ROOT L"Enum\\TEST\\DEVICE\\7\\Device Parameters", L"Extended", REG_SZ, L"yes");
}

static void filters_of_the_class_are_every_device_s(struct machine *m) {
    test_begin(m);
    add(m, "class.inf",
        OTHER("01/01/2020", "X=I,TEST\\HW\n") "[ClassInstall32.NT]\nAddReg=C\n[C]\nHKR,,"
                                              "UpperFilters,0x00010000,upper\n");
    plug(m);
    test_only("ADD");
    test_expect("other:ADD upper:ADD");
}

static void only_a_package_can_be_added(struct machine *m) {
    struct wdmsim_inf *inf;
    assert_int_equal(wdmsim_inf_read("[S]\n", 4, "x.inf", &inf, NULL), 0);
    assert_int_equal(wdmsim_inf_add(m, inf), WDMSIM_ERROR_INVALID);
    wdmsim_inf_free(inf);
}

TEST_MAIN(wdmsim_unit_test(a_package_builds_the_stack),
          wdmsim_unit_test(a_package_fills_the_registry),
          wdmsim_unit_test(every_type_and_condition_of_addreg),
          wdmsim_unit_test(the_best_package_wins),
          wdmsim_unit_test(a_device_without_driver_is_offered_a_new_package),
          wdmsim_unit_test(what_the_host_says_comes_first),
          wdmsim_unit_test(an_extension_adds_to_the_package),
          wdmsim_unit_test(filters_of_the_class_are_every_device_s),
          wdmsim_unit_test(only_a_package_can_be_added))
