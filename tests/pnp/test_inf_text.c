/*
 * INF files as text: encodings, quotes, comments, continued lines, strings, and what is no INF.
 */
#include <wdm.h>

#include <wdmsim/cmocka.h>

static struct wdmsim_inf *read_bytes(const void *text, size_t size) {
    struct wdmsim_inf *inf;
    struct wdmsim_inf_problem problem;
    if (wdmsim_inf_read(text, size, "test.inf", &inf, &problem))
        fail_msg("line %u: %s", problem.line, problem.message);
    return inf;
}

static struct wdmsim_inf *read_text(const char *text) { return read_bytes(text, strlen(text)); }

static void fields_are_trimmed_and_quotes_keep(void **state) {
    (void)state;
    struct wdmsim_inf *inf = read_text("; a comment\n"
                                       "[ One ]\n"
                                       "  key = a , \" b , c \" ,, \"say \"\"x\"\"\" ; behind\n"
                                       "p,q=r\n"
                                       "none =\n"
                                       "[Two]\n"
                                       "[one]\n"
                                       "again = 1\n");
    assert_int_equal(wdmsim_inf_lines(inf, "ONE"), 4);
    assert_string_equal(wdmsim_inf_key(inf, "one", 0), "key");
    assert_string_equal(wdmsim_inf_field(inf, "one", 0, 0), "a");
    assert_string_equal(wdmsim_inf_field(inf, "one", 0, 1), " b , c ");
    assert_string_equal(wdmsim_inf_field(inf, "one", 0, 2), "");
    assert_string_equal(wdmsim_inf_field(inf, "one", 0, 3), "say \"x\"");
    assert_null(wdmsim_inf_field(inf, "one", 0, 4));
    assert_null(wdmsim_inf_key(inf, "one", 1));
    assert_string_equal(wdmsim_inf_field(inf, "one", 1, 1), "q=r");
    assert_null(wdmsim_inf_field(inf, "one", 2, 0));
    assert_string_equal(wdmsim_inf_value(inf, "one", "AGAIN"), "1");
    assert_int_equal(wdmsim_inf_lines(inf, "Two"), 0);
    assert_int_equal(wdmsim_inf_lines(inf, "Three"), -1);
    wdmsim_inf_free(inf);
}

static void a_backslash_continues_the_line(void **state) {
    (void)state;
    struct wdmsim_inf *inf = read_text("[S]\n"
                                       "list = a, \\ ; more\r\n"
                                       "   b\\c, \\\n"
                                       "   d\n"
                                       "next = 1");
    assert_string_equal(wdmsim_inf_field(inf, "S", 0, 1), "b\\c");
    assert_string_equal(wdmsim_inf_field(inf, "S", 0, 2), "d");
    assert_string_equal(wdmsim_inf_value(inf, "S", "next"), "1");
    wdmsim_inf_free(inf);
}

static void strings_are_replaced(void **state) {
    (void)state;
    struct wdmsim_inf *inf =
        read_text("[S]\n"
                  "%Key% = %A%, x%a%y, 100%%, %Unknown%, %12%\\a.sys, \"%A%\"\n"
                  "arch = NT$ARCH$.10\n"
                  "[Strings]\n"
                  "Key = k\n"
                  "A = \"%B%\"\n"
                  "[Strings.0407]\n"
                  "A = falsch\n");
    assert_string_equal(wdmsim_inf_key(inf, "S", 0), "k");
    assert_string_equal(wdmsim_inf_field(inf, "S", 0, 0), "%B%");
    assert_string_equal(wdmsim_inf_field(inf, "S", 0, 1), "x%B%y");
    assert_string_equal(wdmsim_inf_field(inf, "S", 0, 2), "100%");
    assert_string_equal(wdmsim_inf_field(inf, "S", 0, 3), "%Unknown%");
    assert_string_equal(wdmsim_inf_field(inf, "S", 0, 4), "\\SystemRoot\\System32\\drivers\\a.sys");
    assert_string_equal(wdmsim_inf_field(inf, "S", 0, 5), "%B%");
    assert_string_equal(wdmsim_inf_value(inf, "S", "arch"), "NTamd64.10");
    wdmsim_inf_free(inf);
}

static void every_encoding_becomes_utf8(void **state) {
    (void)state;
    static const char utf8[] = "\xef\xbb\xbf[S]\nk = \xc3\xa9\xe2\x82\xac";
    static const unsigned char ansi[] = "[S]\nk = \xe9\x80";
    static const WCHAR little[] = L"\xfeff[S]\nk = \x00e9\x20ac";
    unsigned char big[sizeof little];
    for (size_t i = 0; i < sizeof little / 2; i++) {
        big[2 * i] = (unsigned char)(little[i] >> 8);
        big[2 * i + 1] = (unsigned char)little[i];
    }
    const struct {
        const void *text;
        size_t size;
    } forms[] = {
        {utf8, sizeof utf8 - 1},         {ansi, sizeof ansi - 1}, {little, sizeof little - 2},
        {little + 1, sizeof little - 4}, /* without a byte order mark */
        {big, sizeof big - 2},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct wdmsim_inf *inf = read_bytes(forms[i].text, forms[i].size);
        assert_string_equal(wdmsim_inf_value(inf, "S", "k"), "\xc3\xa9\xe2\x82\xac");
        wdmsim_inf_free(inf);
    }
}

static void what_is_no_inf_says_where(void **state) {
    (void)state;
    static char longer[10000] = "[S]\nk = ";
    memset(longer + 8, 'a', sizeof longer - 9);
    const struct {
        const char *text;
        unsigned line;
    } bad[] = {
        {"text = 1\n[S]\n", 1},
        {"[S]\n\n[T\nk = 1\n", 3},
        {"[]\n", 1},
        {"[S] text\nk = 1", 1},
        {longer, 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wdmsim_inf *inf;
        struct wdmsim_inf_problem problem;
        assert_int_equal(
            wdmsim_inf_read(bad[i].text, strlen(bad[i].text), "bad.inf", &inf, &problem),
            WDMSIM_ERROR_INVALID);
        assert_null(inf);
        assert_int_equal(problem.line, bad[i].line);
        assert_true(problem.message[0] != 0);
    }
}

/* A small generator, the same on every host. */
static uint32_t noise(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void garbage_never_crashes(void **state) {
    (void)state;
    static const char *const words[] = {"[",
                                        "]",
                                        "\n",
                                        "=",
                                        ",",
                                        "\"",
                                        "%",
                                        ";",
                                        "\\",
                                        "\\\n",
                                        " ",
                                        "Version",
                                        "Signature",
                                        "$Windows NT$",
                                        "NT",
                                        "amd64",
                                        ".",
                                        "10",
                                        "Manufacturer",
                                        "Models",
                                        "Strings",
                                        "A",
                                        "HKR",
                                        "\r\n",
                                        "\t",
                                        "0x10001",
                                        "$ARCH$",
                                        "\xff",
                                        "\xe2\x82",
                                        "Needs",
                                        "AddReg",
                                        ".Services"};
    uint32_t seed = 1;
    char text[600];
    for (int round = 0; round < 3000; round++) {
        size_t length = 0, count = noise(&seed) % 60;
        for (size_t i = 0; i < count; i++) {
            const char *word = words[noise(&seed) % (sizeof words / sizeof words[0])];
            if (length + strlen(word) < sizeof text) {
                memcpy(text + length, word, strlen(word));
                length += strlen(word);
            }
        }
        if (round % 3 == 0 && length)
            text[noise(&seed) % length] = (char)noise(&seed);
        struct wdmsim_inf *inf;
        struct wdmsim_inf_model model;
        if (wdmsim_inf_read(text, length, "noise.inf", &inf, NULL) == 0) {
            static const char *const ids[] = {"A", "10", NULL};
            wdmsim_inf_match(inf, ids, ids, &model);
            for (unsigned n = 0; wdmsim_inf_model(inf, n, &model) && n < 10; n++) {
                struct wdmsim_inf_service service;
                wdmsim_inf_service(inf, model.install, 0, &service);
            }
            wdmsim_inf_free(inf);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_trimmed_and_quotes_keep),
        cmocka_unit_test(a_backslash_continues_the_line),
        cmocka_unit_test(strings_are_replaced),
        cmocka_unit_test(every_encoding_becomes_utf8),
        cmocka_unit_test(what_is_no_inf_says_where),
        cmocka_unit_test(garbage_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
