/*
 * Damaged input for the launcher's readers:  cc_fuzz_readers units seed [seconds]
 *
 * Visual Studio projects, `sources` files, event manifests, trace configurations, and source files
 * as they are read ahead of the compiler. Each unit starts with a well-formed text, cuts, repeats
 * and moves parts of it and puts words of its language and arbitrary bytes in between. Nothing may
 * crash, loop (a timer ends the process) or grow without limit, and what a text means must be the
 * same twice. With a number of seconds the units never end before.
 *
 * The texts are files of a directory of their own, so that they can include one another.
 */
#define _XOPEN_SOURCE 700
#define _DARWIN_C_SOURCE
#include "generate.h"
#include "project.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_FOR_A_UNIT 20 /* of processor time */
#define MEMORY_FOR_A_UNIT ((rlim_t)4 << 30)

struct language {
    const char *file, *text;
    const char *const *words;
    /* Reads the file; what it means goes to `out`. */
    void (*read)(const char *file, struct cc_text *out);
};

/* ---- the languages ---- */

static const char project_text[] =
    "<?xml version=\"1.0\"?>\n<!-- x --><Project xmlns=\"u\">\n<PropertyGroup "
    "Condition=\"'$(Platform)'=='x64' and !('$(A)'!='' or exists('a.c'))\"><A>$(B);1</A>\n"
    "<B>$(A)$(A)</B></PropertyGroup><Import Project=\"x.props\"/>\n<ItemDefinitionGroup><ClCompile>"
    "<PreprocessorDefinitions>%(PreprocessorDefinitions);N=$(A)</PreprocessorDefinitions>"
    "<AdditionalIncludeDirectories>.;%20</AdditionalIncludeDirectories><AdditionalOptions>/D X=1 "
    "/FI a.h</AdditionalOptions></ClCompile></ItemDefinitionGroup>\n<Choose><When "
    "Condition=\"1 &lt; 2\"><ItemGroup><ClCompile Include=\"A.c;a.c\"><WppEnabled>true</WppEnabled>"
    "<WppTraceFunction>T(LEVEL,MSG,...)</WppTraceFunction></ClCompile></ItemGroup></When>"
    "<Otherwise/></Choose><ItemGroup><MessageCompile Include=\"m.man\"/></ItemGroup></Project>\n";

static const char *const project_words[] = {"<ItemGroup>",
                                            "</ItemGroup>",
                                            "<ClCompile Include=\"a.c\"/>",
                                            "<A>",
                                            "</A>",
                                            "$(A)$(B)$(A)",
                                            "%(A)",
                                            "<![CDATA[ ]] ]]>",
                                            "<!--",
                                            "-->",
                                            "<?x ?>",
                                            "&amp;",
                                            "&#65;",
                                            "&#x110000;",
                                            "&x;",
                                            "<Import Project=\"p.vcxproj\"/>",
                                            "<Import Project=\"x.props\"/>",
                                            "Condition=\"'a'=='a'\"",
                                            "Condition=\"((1) and\"",
                                            "'",
                                            "\"",
                                            "<",
                                            ">",
                                            "/>",
                                            "$(",
                                            "%(",
                                            ")",
                                            "%41",
                                            "/D",
                                            "/I",
                                            ";",
                                            "*",
                                            "..\\",
                                            "<Choose><When Condition=\"true\">",
                                            "</When></Choose>",
                                            "<ExcludedFromBuild>true",
                                            "<PropertyGroup><A>$(A)$(A)</A></PropertyGroup>",
                                            NULL};

static const char sources_text[] =
    "# x\nTARGETNAME=s\nINCLUDES=.;\\\n  $(X)\n!if \"$(CPU)\" == \"amd64\" && !defined(N)\n"
    "C_DEFINES=$(C_DEFINES) -DN=4 /DM=\"2\"\n!elseif $(M) != 3\nA=$(A)$(A)1\n!else\n!error \"x\"\n"
    "!endif\n!include \"more\"\nSOURCES=a.c \\\n  A.C \\\n  s.rc\nRUN_WPP=$(SOURCES) -km "
    "-func:T(LEVEL,MSG,...) -scan:a.c\n";

static const char *const sources_words[] = {"!if 1\n",
                                            "!if ",
                                            "!endif\n",
                                            "!else\n",
                                            "!ifdef A\n",
                                            "!ifndef B\n",
                                            "!include sources\n",
                                            "!include more\n",
                                            "!undef A\n",
                                            "!message x\n",
                                            "A=$(A)$(A)x\n",
                                            "$(A",
                                            ")",
                                            "(",
                                            "&&",
                                            "||",
                                            "==",
                                            "!=",
                                            "!",
                                            "\\\n",
                                            "\\",
                                            "\"",
                                            "#",
                                            "SOURCES=a.c\n",
                                            "-func:",
                                            "-D",
                                            "/I",
                                            "=",
                                            "defined(",
                                            NULL};

static const char manifest_text[] =
    "<instrumentationManifest><instrumentation><events><provider "
    "guid=\"{01020304-0506-0708-090a-0b0c0d0e0f10}\" name=\"P Q\" symbol=\"G\"><channels><channel "
    "chid=\"C\" name=\"n\" type=\"Admin\" symbol=\"CH\"/><importChannel chid=\"S\" "
    "name=\"System\"/>"
    "</channels><levels><level name=\"L\" value=\"17\" symbol=\"LV\"/></levels><keywords><keyword "
    "name=\"K\" mask=\"0x4\" symbol=\"KW\"/></keywords><tasks><task name=\"W\" value=\"3\" "
    "symbol=\"TA\"/></tasks><opcodes><opcode name=\"O\" value=\"12\" symbol=\"OP\"/></opcodes>"
    "<templates><template tid=\"T\"><data inType=\"win:UInt16\" name=\"n m\"/><data "
    "inType=\"win:UnicodeString\" name=\"s\"/><data inType=\"win:Binary\" name=\"b\" length=\"n "
    "m\"/>"
    "<data inType=\"win:UInt32\" name=\"v\" count=\"4\"/></template></templates><events><event "
    "value=\"1\" version=\"2\" channel=\"S\" level=\"win:Warning\" opcode=\"win:Start\" task=\"W\" "
    "keywords=\"K K\" template=\"T\" symbol=\"E\"/></events></provider></events></instrumentation>"
    "</instrumentationManifest>";

static const char *const manifest_words[] = {"<event value=\"2\" symbol=\"F\"/>",
                                             "template=\"T\"",
                                             "<data inType=\"win:SID\" name=\"x\"/>",
                                             "<data inType=\"win:GUID\" name=\"y\"/>",
                                             "<struct name=\"q\">",
                                             "</struct>",
                                             "length=\"s\"",
                                             "count=\"b\"",
                                             "value=\"99999999999999999999\"",
                                             "mask=\"0x\"",
                                             "guid=\"{\"",
                                             "symbol=\"\"",
                                             "keywords=\" \"",
                                             "<provider>",
                                             "</provider>",
                                             "<events>",
                                             "</events>",
                                             "level=\"none\"",
                                             "<template tid=\"T\">",
                                             "</template>",
                                             "inType=\"win:AnsiString\"",
                                             "&quot;",
                                             NULL};

static const char trace_text[] =
    "// begin_wpp config\n// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);\n"
    "// FUNC KdPrint{LEVEL=INFO, FLAGS=DBG}((MSG, ...));\n// USEPREFIX (R, \"%!STDPREFIX!\");\n"
    "// FUNC R{FLAG=ONE}(EXP);\n// USESUFFIX (R, \"returns %!STATUS!\", EXP);\n"
    "// CUSTOM_TYPE(state, ItemEnum(S));\n// DEFINE_CPLX_TYPE(A, B, C, \"s\", D, E, 0);\n"
    "// end_wpp\n#include \"a.tmh\"\n/* begin_wpp config\nFUNC X(A,B,MSG,...);\nend_wpp */\n";

static const char *const trace_words[] = {"FUNC ",
                                          "FUNC Y(",
                                          "MSG",
                                          ", ",
                                          "...",
                                          ")",
                                          "(",
                                          "((",
                                          "{",
                                          "}",
                                          "{LEVEL=X}",
                                          ";",
                                          "\"",
                                          "\\",
                                          "USEPREFIX",
                                          "USESUFFIX (X, ",
                                          "// begin_wpp config\n",
                                          "// end_wpp\n",
                                          "EXP",
                                          "\n",
                                          "//",
                                          "%!STDPREFIX!",
                                          "=",
                                          NULL};

static const char source_text[] =
    "#include \"X.h\"\n#include <x.H>\n#include \"sub\\..\\x.h\"\n#pragma include_alias(\"y.h\", "
    "\"x.h\")\n#include \"y.h\"\n#define C(a) #@a\n#define P(a,...) f(\"x\" ## a, (##a), "
    "__FUNCTION__ ## a, ##__VA_ARGS__)\n#pragma pack(push, W)\n#if 0x10ui64 > 5i64\n#elif 'a'\n"
    "#endif\n#include \"a.tmh\"\nint main(void) { return C(a) == 'a' ? 0 : \"\\\"\"[0]; }\n";

static const char *const source_words[] = {"#include \"",
                                           "#include <",
                                           "\"\n",
                                           ">\n",
                                           "x.h",
                                           "..\\",
                                           "sub/",
                                           "#",
                                           "##",
                                           "#@",
                                           "\"",
                                           "'",
                                           "\\\n",
                                           "\\",
                                           "0x1i64",
                                           "#pragma pack(",
                                           "#pragma include_alias(\"x.h\", \"X.H\")\n",
                                           "#pragma include_alias(",
                                           "#if ",
                                           "/*",
                                           "*/",
                                           "//",
                                           "\x1a",
                                           "\xff\xfe",
                                           "\xfe\xff",
                                           "\xe9",
                                           "__FUNCTION__",
                                           "(",
                                           ")",
                                           ",",
                                           NULL};

/* ---- reading ---- */

static const char search[] = "private/0/i/i/i/i/i/i/i/i";

static void put_list(struct cc_text *out, const struct cc_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        cc_printf(out, "%s\n", list->items[i]);
    }
}

static void read_project(const char *file, struct cc_text *out) {
    struct cc_project project = {0};
    bool good = cc_project_read(&project, file, "Debug", "x64");
    cc_printf(out, "%d %u\n", good, project.errors);
    for (size_t i = 0; i < project.count; i++) {
        const struct cc_project_file *f = &project.files[i];
        cc_printf(out, "%s\n", f->path);
        put_list(out, &f->defines);
        put_list(out, &f->undefines);
        put_list(out, &f->includes);
        put_list(out, &f->forced);
        cc_put(out, f->wpp.size ? f->wpp.data : "", f->wpp.size);
    }
    put_list(out, &project.generators);
    cc_project_free(&project);
}

static void read_manifest(const char *file, struct cc_text *out) {
    cc_event_header(file, out, NULL);
}

/* What the reading ahead makes of a source: the trace header and the copies. */
static void read_source(const char *file, struct cc_text *out) {
    struct cc_command command = {0};
    struct cc_includes includes = {.command = &command, .private = "private", .search = search};
    cc_scan_includes(&includes, file);
    cc_printf(out, "%s\n", cc_write_shadows(&includes, file));
    for (size_t i = 0; i < includes.shadows.count; i += 2) {
        cc_read_file(includes.shadows.items[i], out);
    }
    for (size_t i = 0; i < includes.tmh.count; i++) {
        cc_read_file(cc_format("%s/%s", includes.search, includes.tmh.items[i]), out);
    }
    cc_includes_free(&includes);
}

static const struct language languages[] = {
    {"p.vcxproj", project_text, project_words, read_project},
    {"x.props", project_text, project_words, read_project},
    {"sources", sources_text, sources_words, read_project},
    {"more", sources_text, sources_words, read_project},
    {"m.man", manifest_text, manifest_words, read_manifest},
    {"a.c", trace_text, trace_words, read_source},
    {"b.c", source_text, source_words, read_source},
    {"x.h", source_text, source_words, read_source},
};

enum { LANGUAGES = sizeof languages / sizeof *languages };

/* ---- damage ---- */

static unsigned long long state;

static size_t pick(size_t n) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return n ? (size_t)(state >> 33) % n : 0;
}

static void splice(struct cc_text *text, size_t at, size_t cut, const char *put, size_t size) {
    struct cc_text out = {0};
    cc_put(&out, text->data, at);
    cc_put(&out, put, size);
    cc_put(&out, text->data + at + cut, text->size - at - cut);
    cc_text_free(text);
    *text = out;
}

static void damage(struct cc_text *text, const char *const *words) {
    size_t count = 0, at = pick(text->size + 1), rest = text->size - at;
    size_t size = pick(rest < 200 ? rest + 1 : 200), from = pick(text->size - size + 1);
    const char byte = (char)pick(256);
    while (words[count]) {
        count++;
    }
    const char *word = words[pick(count)];
    switch (pick(5)) {
    case 0:
        splice(text, at, size, "", 0);
        break;
    case 1:
        splice(text, at, 0, cc_copy(text->data + from, size), size);
        break;
    case 2:
        splice(text, at, rest != 0, &byte, 1);
        break;
    default:
        splice(text, at, 0, word, strlen(word));
        break;
    }
}

static void write_damaged(const struct language *language) {
    struct cc_text text = {0};
    cc_puts(&text, language->text);
    for (size_t left = pick(12); left > 0; left--) {
        damage(&text, language->words);
    }
    cc_write_file(language->file, text.data, text.size);
    cc_text_free(&text);
}

static void one_unit(void) {
    const struct language *language = &languages[pick(LANGUAGES)];
    const struct itimerval limit = {.it_value.tv_sec = SECONDS_FOR_A_UNIT};
    struct cc_text first = {0}, second = {0};
    setitimer(ITIMER_PROF, &limit, NULL);
    write_damaged(language);
    language->read(language->file, &first);
    language->read(language->file, &second);
    if (first.size != second.size ||
        (first.size && memcmp(first.data, second.data, first.size) != 0)) {
        fprintf(stderr, "%s is read in two ways\n", language->file);
        abort();
    }
    cc_text_free(&first);
    cc_text_free(&second);
    cc_strings_free();
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

int main(int argc, char **argv) {
    unsigned long units = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, done = 0;
    time_t end = time(NULL) + (argc > 3 ? atol(argv[3]) : 0);
    char directory[] = "/tmp/wdmsim-fuzz-XXXXXX";
    const struct rlimit memory = {MEMORY_FOR_A_UNIT, RLIM_INFINITY};
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (!mkdtemp(directory) || chdir(directory) != 0 || mkdir("sub", 0700) != 0 ||
        mkdir("private", 0700) != 0) {
        return 2;
    }
    for (size_t i = 0; search[i]; i++) {
        if (search[i + 1] == '/' || !search[i + 1]) {
            mkdir(cc_copy(search, i + 1), 0700);
        }
    }
#if !defined(__SANITIZE_ADDRESS__)
    setrlimit(RLIMIT_AS, &memory);
#else
    (void)memory; /* its shadow alone is larger */
#endif
    for (size_t i = 0; i < LANGUAGES; i++) {
        cc_write_file(languages[i].file, languages[i].text, strlen(languages[i].text));
    }
    for (; done < units || time(NULL) < end; done++) {
        one_unit();
    }
    printf("%lu units\n", done);
    return nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 ? 0 : 2;
}
