/*
 * INF files as driver packages: decorations, models, identifier scores, services.
 */
#include <wdm.h>

#include <wdmsim/cmocka.h>

static struct wdmsim_inf *read_text(const char *text) {
    struct wdmsim_inf *inf;
    struct wdmsim_inf_problem problem;
    if (wdmsim_inf_read(text, strlen(text), "test.inf", &inf, &problem))
        fail_msg("line %u: %s", problem.line, problem.message);
    return inf;
}

#define VERSION "[Version]\nSignature=\"$Windows NT$\"\n"

static void only_a_signed_text_is_a_package(void **state) {
    (void)state;
    struct wdmsim_inf *inf = read_text("[Version]\nSignature=\"$CHICAGO$\"\n");
    assert_true(wdmsim_inf_is_package(inf));
    wdmsim_inf_free(inf);
    inf = read_text("[autorun]\nopen=setup.exe\n");
    assert_false(wdmsim_inf_is_package(inf));
    wdmsim_inf_free(inf);
}

/* Of the systems that a manufacturer names the closest one that this is counts. */
static void the_closest_decoration_wins(void **state) {
    (void)state;
    static const struct {
        const char *targets, *expected;
    } cases[] = {
        {"", "plain"},
        {",NTamd64", "amd64"},
        {",NTx86,NTamd64", "amd64"},
        {",NTamd64,NTamd64.10.0", "ten"},
        {",NTamd64.10.0...16299,NTamd64", "build"},
        {",NTamd64.10.0...99999,NTamd64", "amd64"},
        {",NTamd64.11,NTamd64", "amd64"},
        {",NTarm64", NULL},
        {",NTamd64.6.1", NULL}, /* named, but there is no such section */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        struct wdmsim_inf_model model;
        snprintf(text, sizeof text,
                 VERSION
                 "[Manufacturer]\nMaker=M%s\n"
                 "[M]\nplain=I,ID\n[M.NTamd64]\namd64=I,ID\n[M.NTamd64.10.0]\nten=I,ID\n"
                 "[M.NTamd64.10.0...16299]\nbuild=I,ID\n[M.NTamd64.10.0...99999]\nnew=I,ID\n"
                 "[M.NTx86]\nx86=I,ID\n[M.NTamd64.11]\neleven=I,ID\n[M.NTarm64]\narm=I,ID\n",
                 cases[i].targets);
        struct wdmsim_inf *inf = read_text(text);
        bool any = wdmsim_inf_model(inf, 0, &model);
        if (!cases[i].expected && !strcmp(cases[i].targets, ",NTamd64.6.1")) {
            assert_false(any);
        } else if (!cases[i].expected) {
            /* Nothing of it is for this system: the undecorated section is what is left. */
            assert_true(any);
            assert_string_equal(model.description, "plain");
        } else {
            assert_true(any);
            assert_string_equal(model.description, cases[i].expected);
            assert_false(wdmsim_inf_model(inf, 1, &model));
        }
        wdmsim_inf_free(inf);
    }
}

static void the_install_section_is_decorated_too(void **state) {
    (void)state;
    struct wdmsim_inf_model model;
    struct wdmsim_inf *inf =
        read_text(VERSION "[Manufacturer]\nM=M\n[M]\na=I,A,B\nb=J,C\nc=K,D\n"
                          "[I]\n[I.NT]\n[I.NTamd64]\n[I.NTx86]\n[J]\n[J.NT.Services]\n");
    assert_true(wdmsim_inf_model(inf, 0, &model));
    assert_string_equal(model.section, "I");
    assert_string_equal(model.install, "I.NTamd64");
    assert_string_equal(model.manufacturer, "M");
    assert_int_equal(model.id_count, 2);
    assert_string_equal(model.ids[1], "B");
    assert_true(wdmsim_inf_model(inf, 1, &model));
    assert_string_equal(model.install, "J");
    assert_true(wdmsim_inf_model(inf, 2, &model));
    assert_string_equal(model.install, "K");
    wdmsim_inf_free(inf);
}

static void scores_rank_identifiers(void **state) {
    (void)state;
    static const char *const hardware[] = {"PCI\\A", "PCI\\B", NULL};
    static const char *const compatible[] = {"PCI\\C", "PCI\\D", NULL};
    static const struct {
        const char *ids;
        int lowest, highest;
    } cases[] = {
        {"pci\\a", 0, 0},
        {"PCI\\B", 1, 1},
        {"X,PCI\\A", 0x1000, 0x1fff},
        {"PCI\\C", 0x2000, 0x2fff},
        {"X,PCI\\D", 0x3000, 0x3fff},
        {"X", -1, -1},
    };
    int last = -1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, VERSION "[Manufacturer]\nM=M\n[M]\nd=I,%s\n[I]\n",
                 cases[i].ids);
        struct wdmsim_inf *inf = read_text(text);
        int score = wdmsim_inf_match(inf, hardware, compatible, NULL);
        assert_in_range(score + 1, cases[i].lowest + 1, cases[i].highest + 1);
        if (score >= 0)
            assert_true(score > last);
        last = score;
        wdmsim_inf_free(inf);
    }
}

static void services_are_read_with_needs(void **state) {
    (void)state;
    struct wdmsim_inf_service service;
    struct wdmsim_inf *inf =
        read_text(VERSION "[I.Services]\n"
                          "AddService = filter,,FilterService\n"
                          "Needs = More.Services\n"
                          "[More.Services]\n"
                          "AddService = dev,0x00000002,DevService\n"
                          "AddService = lost,2,NoSuchSection\n"
                          "Needs = I.Services\n" /* a circle ends */
                          "[FilterService]\nServiceType=1\n"
                          "[DevService]\n"
                          "DisplayName=\"A device\"\nServiceType=%KERNEL%\nStartType=0x3\n"
                          "ErrorControl=0\nServiceBinary=%13%\\dev.sys\nLoadOrderGroup=Base\n"
                          "[Strings]\nKERNEL=1\n");
    assert_true(wdmsim_inf_service(inf, "I", 0, &service));
    assert_string_equal(service.name, "filter");
    assert_false(service.is_function);
    assert_true(wdmsim_inf_service(inf, "I", 1, &service));
    assert_string_equal(service.name, "dev");
    assert_true(service.is_function);
    assert_int_equal(service.type, 1);
    assert_int_equal(service.start, 3);
    assert_int_equal(service.error_control, 0);
    assert_string_equal(strrchr(service.binary, '\\'), "\\dev.sys");
    assert_string_equal(service.group, "Base");
    wdmsim_inf_free(inf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_signed_text_is_a_package),
        cmocka_unit_test(the_closest_decoration_wins),
        cmocka_unit_test(the_install_section_is_decorated_too),
        cmocka_unit_test(scores_rank_identifiers),
        cmocka_unit_test(services_are_read_with_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
