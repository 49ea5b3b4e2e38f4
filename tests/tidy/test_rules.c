/*
 * Check that each rule of the repository bites.
 *
 * Each sample is a tree of one or two files in a fresh temporary folder, and the message it must
 * cause, with the line; a sample without a message must be found clean. Removing a rule fails its
 * sample.
 */
#include "tidy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPENING "/* What this file is for. */\n"

/* Sixty words and more, so that a folder with this file has its essay. */
#define TEN "one two three four five six seven eight nine ten\n"
#define ESSAY "/*\n" TEN TEN TEN TEN TEN TEN "*/\n"

struct sample {
    const char *name;    /* what is shown */
    const char *path;    /* the file looked at */
    const char *text;    /* its content */
    const char *other;   /* another file that exists, or NULL */
    const char *message; /* part of the one message expected, or NULL: clean */
    int line;
};

/* Words that the rules forbid are spelled in halves here, too. */
static const struct sample samples[] = {
    {"clean source", "src/ke/event.c", ESSAY "#include \"ki/machine.h\"\nint x;\n", NULL, NULL, 0},
    {"clean simulator", "sim/loop/loop.c", ESSAY "#include <uv.h>\n#include <wdmsim/machine.h>\n",
     NULL, NULL, 0},
    {"clean shell", "tests/a.sh", "#!/bin/sh\n# Runs what there is to run.\ntrue\n", NULL, NULL, 0},

    {"C without comment", "tests/ke/test_a.c", "int x;\n", NULL, "does not open", 1},
    {"comment without words", "tests/ke/test_a.c", "/* A file. */\nint x;\n", NULL, "does not open",
     1},
    {"shell without comment", "tests/a.sh", "#!/bin/sh\ntrue\n", NULL, "does not open", 1},
    {"list without comment", "tests/a/CMakeLists.txt", "add_test()\n", NULL, "does not open", 1},
    {"trailing space", "tests/ke/test_a.c", OPENING "int x; \n", NULL, "trailing", 2},
    {"carriage return", "README.md", "a\r\n", NULL, "trailing", 1},
    {"tab", "tests/ke/test_a.c", OPENING "\tint x;\n", NULL, "tab", 2},
    {"last line", "README.md", "a\nb", NULL, "no newline", 2},

    {"unfinished", "tests/ke/test_a.c",
     OPENING "// TO"
             "DO: more\n",
     NULL, "unfinished", 2},
    {"pretending", "README.md",
     "a\nb st"
     "ub c\n",
     NULL, "unfinished", 2},
    {"part of a word", "README.md",
     "st"
     "ubborn XX"
     "XX\n",
     NULL, NULL, 0},
    {"phrase", "README.md",
     "good enough for "
     "now\n",
     NULL, "phrase", 1},
    {"machine path", "README.md",
     "see /ho"
     "me/me/x\n",
     NULL, "path of somebody", 1},
    {"path inside the tree", "README.md",
     "see doc/ho"
     "me/me/x\n",
     NULL, NULL, 0},

    {"long in a header", "include/ddk/a.h", OPENING "typedef int a;\nunsigned long b;\n", NULL,
     "plain long", 3},
    {"long long, and long in a comment", "include/ddk/a.h",
     OPENING "unsigned long long b; /* no long */\n", NULL, NULL, 0},

    {"src knows libuv", "src/ke/event.c", ESSAY "#include <uv.h>\n", NULL, "neither libuv", 9},
    {"src knows sim", "src/ke/event.c", ESSAY "#include \"loop/loop.h\"\n", "sim/loop/loop.h",
     "neither libuv", 9},
    {"ki stands on ke", "src/ki/a.c", ESSAY "#include \"ke/event.h\"\n", NULL, "arrows", 9},
    {"ex on io", "src/ex/a.c", ESSAY "#  include \"io/irp.h\"\n", NULL, "arrows", 9},
    {"io on ex", "src/io/a.c", ESSAY "#include \"ex/pool.h\"\n", NULL, NULL, 0},
    {"include in a comment", "src/ki/a.c", ESSAY "/*\n#include \"ke/event.h\"\n*/\n", NULL, NULL,
     0},
    {"vf is called", "src/clfs/a.c", ESSAY "#include \"vf/rule.h\"\n", NULL, "arrows", 9},
    {"sim on src", "sim/loop/a.c", ESSAY "#include \"io/irp.h\"\n", NULL, "nothing of src", 9},
    {"sim on ddk", "sim/loop/a.c", ESSAY "#include <wdm.h>\n", "include/ddk/wdm.h",
     "not driver headers", 9},
    {"wdmsim-cc on libuv", "sim/cc/a.c", ESSAY "#include <uv.h>\n", NULL, "C library alone", 9},
    {"ddk on the host's", "include/ddk/a.h", OPENING "#include <wdmsim/machine.h>\n", NULL,
     "do not know", 2},
    {"public on private", "include/wdmsim/a.h", OPENING "#include \"ki/machine.h\"\n", NULL,
     "public headers only", 2},
    {"driver on the host's", "scenarios/drivers/a/a.c", OPENING "#include <wdmsim/machine.h>\n",
     NULL, "driver headers only", 2},
    {"test on private", "tests/io/test_a.c", OPENING "#include \"io/irp.h\"\n", "src/io/irp.h",
     "only tests/ki", 2},
    {"climbing", "sim/loop/a.c", ESSAY "#include \"../main.h\"\n", NULL, "climbs", 9},

    {"no such room", "cmake/a.cmake", "# Finds what there is to find.\n", NULL, "no such room", 0},
    {"no such component", "src/util/a.c", ESSAY, NULL, "no such room", 0},
    {"no such folder of sim", "sim/util/a.c", ESSAY, NULL, "no such room", 0},
    {"no such top file", "NOTES.md", "a\n", NULL, "no such room", 0},
    {"not executable", "tests/run.sh", "#!/bin/sh\n# Runs all of the tests.\n", NULL,
     "not executable", 0},
    {"no essay", "src/io/a.c", OPENING, NULL, "essay", 0},
    {"essay in another file", "src/io/a.c", OPENING, "src/io/io.h", NULL, 0},
};

static char root[] = "/tmp/tidy.XXXXXX";

/* Writes ROOT/PATH and the folders above it. */
static void write_file(const char *path, const char *text) {
    char full[TIDY_MAX_PATH];
    snprintf(full, sizeof(full), "%s/%s", root, path);
    for (char *slash = strchr(full + sizeof(root), '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *out = fopen(full, "wb");
    if (!out || fputs(text, out) < 0 || fclose(out) != 0) {
        perror(full);
        exit(2);
    }
}

static void remove_file(const char *path) {
    char full[TIDY_MAX_PATH];
    snprintf(full, sizeof(full), "%s/%s", root, path);
    unlink(full);
    for (char *slash = strrchr(full, '/'); slash > full + sizeof(root);
         slash = strrchr(full, '/')) {
        *slash = '\0';
        rmdir(full);
    }
}

/* What one sample caused. */
struct outcome {
    int count;
    int line;
    char message[256];
};

static void record(void *context, const char *path, int line, const char *message) {
    struct outcome *outcome = context;
    (void)path;
    outcome->count++;
    outcome->line = line;
    snprintf(outcome->message, sizeof(outcome->message), "%s", message);
}

static bool run(const char *name, const char *path, const char *text, const char *other,
                const char *message, int line) {
    struct outcome outcome = {0};
    char *list[] = {(char *)path, (char *)other};
    struct tidy_paths paths = {list, other ? 2 : 1};

    write_file(path, text);
    if (other)
        write_file(other, ESSAY);
    tidy_check(root, &paths, record, &outcome);
    remove_file(path);
    if (other)
        remove_file(other);

    bool good = message
                    ? outcome.count == 1 && strstr(outcome.message, message) && outcome.line == line
                    : outcome.count == 0;
    if (!good)
        printf("FAIL %s: expected %s at line %d, got %d findings, the last \"%s\" at line %d\n",
               name, message ? message : "nothing", line, outcome.count, outcome.message,
               outcome.line);
    return good;
}

/* A file of one line more than is allowed, made of ROW. */
static bool run_long_file(const char *name, const char *row, const char *message) {
    char text[16384] = OPENING;
    for (int i = 0; i < 900; i++)
        strcat(text, row);
    return run(name, "tests/ke/test_a.c", text, NULL, message, 1);
}

int main(void) {
    int failed = 0;
    size_t count = sizeof(samples) / sizeof(samples[0]);

    if (!mkdtemp(root)) {
        perror(root);
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        const struct sample *s = &samples[i];
        failed += !run(s->name, s->path, s->text, s->other, s->message, s->line);
    }
    failed += !run_long_file("too long", ";\n", "too long");
    failed += !run_long_file("a long table", "#define A 1\n", NULL);
    rmdir(root);
    printf("%zu samples, %d failed\n", count + 2, failed);
    return failed != 0;
}
