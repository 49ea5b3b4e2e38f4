/*
 * wdmsim-cc: compiles Windows driver source with GCC or Clang.
 *
 *   wdmsim-cc [--explain | --show | --keep | --old-c] [--project FILE …] compiler arguments…
 *   wdmsim-cc --project FILE
 *
 * A command that compiles C or C++ sources is run in two steps per source: the compiler
 * preprocesses, the passes of this folder rewrite, the compiler compiles the result; with -E that
 * text is the result, so that ccache can call the launcher as its prefix. Every other command
 * (linking, -M, assembler) is handed on as it is.
 *
 * What that costs, in instructions of Clang -O0 -g, where it weighs most, on 6,200 lines: the
 * preprocessing run 12% of a plain compilation (a fifth of it is starting the compiler), the passes
 * 3%. The second run saves 3% by reading no headers and loses 5%, as Clang looks each position up
 * once more in text with line markers. That 14% is the floor of any two runs; GCC needs 2 to 10%
 * more time, and with -O2, where code generation takes the time, all of it weighs less.
 */
#define _XOPEN_SOURCE 700 /* nftw */
#define _DARWIN_C_SOURCE
#include "cc.h"
#include "flags.h"
#include "project.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef WDMSIM_VERSION
#define WDMSIM_VERSION "0.1.0"
#endif

static const char help[] =
    "usage: wdmsim-cc [option] compiler [argument ...]\n"
    "\n"
    "Runs the compiler (gcc, clang, g++, clang++, also behind ccache) on Windows driver\n"
    "source: Microsoft's dialect, structured exception handling, 32-bit long, 16-bit\n"
    "wchar_t, includes in any letter case, trace headers. Works as CMAKE_C_COMPILER_LAUNCHER\n"
    "and CMAKE_CXX_COMPILER_LAUNCHER.\n"
    "\n"
    "  --explain   compile nothing, say what would be rewritten, as file:line: 'old' -> 'new';\n"
    "              with a source file instead of a command, cc is taken\n"
    "  --show      compile nothing, print the rewritten text\n"
    "  --keep      do not remove the private directory, and say where it is\n"
    "  --old-c     accept implicit int and undeclared functions\n"
    "  --project FILE\n"
    "              take defines, include folders, trace functions and message files from a\n"
    "              Visual Studio project or an old `sources` file; without a command, list them\n"
    "  --configuration NAME, --platform NAME\n"
    "              of the project; Debug and x64 when not given\n"
    "  --help, --version\n"
    "\n"
    "Exit status: the compiler's, or 1 when the source is malformed.\n";

struct run {
    struct cc_command command;
    bool explain, show, keep, old_c;
    const char *private, *search;
    const char *project_path, *configuration, *platform;
    struct cc_project project;
};

static const char *private_directory; /* removed at exit */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static void remove_private(void) {
    if (private_directory) {
        nftw(private_directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
}

/* The compiler is told, dies, and we clean up and die the same way. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    interrupted = number;
    cc_interrupt(number);
}

static void create_private(struct run *run) {
    const char *root = getenv("TMPDIR");
    char *path = cc_format("%s/wdmsim-cc-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(path)) {
        cc_die("cannot create %s: %s", path, strerror(errno));
    }
    static char kept[4096];
    snprintf(kept, sizeof kept, "%s", path);
    run->private = kept;
    if (!run->keep) {
        private_directory = kept;
        atexit(remove_private);
        signal(SIGINT, on_interrupt);
        signal(SIGTERM, on_interrupt);
    }
}

/* The directory on the include path, deep enough for names that climb with "..". */
static const char *create_search(const struct run *run, size_t source) {
    char *path = cc_format("%s/%zu", run->private, source);
    mkdir(path, 0700);
    for (int i = 0; i < 8; i++) {
        path = cc_format("%s/i", path);
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            cc_die("cannot create %s: %s", path, strerror(errno));
        }
    }
    return path;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *with_ending(const char *path, const char *ending) {
    const char *dot = strrchr(path, '.');
    size_t stem = dot && !strchr(dot, '/') ? (size_t)(dot - path) : strlen(path);
    return cc_format("%.*s%s", (int)stem, path, ending);
}

/* What the object of a source is called when nothing is linked. */
static const char *object_of(const struct cc_command *command, const struct cc_source *source) {
    return command->output ? command->output
                           : with_ending(base_name(source->path), command->assembly ? ".s" : ".o");
}

static const char *dependency_file(const struct cc_command *command,
                                   const struct cc_source *source) {
    if (command->dependency_file) {
        return command->dependency_file;
    }
    return with_ending(command->output ? command->output : base_name(source->path), ".d");
}

/* The command with what the project says about the source. */
static void add_project(struct cc_command *command, const struct cc_project_file *file) {
    const struct {
        const char *option;
        const struct cc_list *list;
        struct cc_list *seen;
    } parts[] = {{"-D", &file->defines, NULL},
                 {"-U", &file->undefines, NULL},
                 {"-I", &file->includes, &command->user_dirs},
                 {"-include", &file->forced, &command->forced_includes}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (size_t j = 0; j < parts[i].list->count; j++) {
            cc_add(&command->preprocess, parts[i].option);
            cc_add(&command->preprocess, parts[i].list->items[j]);
            if (parts[i].seen) {
                cc_add(parts[i].seen, parts[i].list->items[j]);
            }
        }
    }
}

static struct cc_list copy_list(const struct cc_list *list) {
    struct cc_list copy = {0};
    cc_add_all(&copy, list);
    return copy;
}

/* The project's folders come first, as in the WDK, where its own headers are searched last. */
static struct cc_command command_for(const struct run *run, const struct cc_source *source) {
    struct cc_command command = run->command;
    command.preprocess = (struct cc_list){0};
    command.user_dirs = (struct cc_list){0};
    command.forced_includes = copy_list(&run->command.forced_includes);
    for (size_t i = 0; i < command.words; i++) {
        cc_add(&command.preprocess, run->command.preprocess.items[i]);
    }
    if (run->project_path) {
        add_project(&command, cc_project_find(&run->project, source->path));
    }
    for (size_t i = command.words; i < run->command.preprocess.count; i++) {
        cc_add(&command.preprocess, run->command.preprocess.items[i]);
    }
    cc_add_all(&command.user_dirs, &run->command.user_dirs);
    return command;
}

static void preprocess_command(const struct cc_command *command, const struct cc_source *source,
                               const char *search, struct cc_list *argv) {
    for (size_t i = 0; i < command->words; i++) {
        cc_add(argv, command->preprocess.items[i]);
    }
    cc_add_preprocess_flags(argv, source->cplusplus);
    cc_add_definitions(argv, &command->preprocess, source->cplusplus);
    for (size_t i = command->words; i < command->preprocess.count; i++) {
        cc_add(argv, command->preprocess.items[i]);
    }
    cc_add_quiet_preprocess_flags(argv);
    cc_add(argv, cc_format("-I%s", search));
    if (command->dependency_mode) {
        cc_add(argv, command->dependency_mode);
        cc_add(argv, "-MF");
        cc_add(argv, dependency_file(command, source));
        if (!command->dependency_target) {
            cc_add(argv, "-MQ");
            cc_add(argv,
                   command->output ? command->output : with_ending(base_name(source->path), ".o"));
        }
    }
    cc_add(argv, "-E");
    cc_add(argv, "-x");
    cc_add(argv, source->cplusplus ? "c++" : "c");
    cc_add(argv, source->path);
}

/* Clang announces its built-in file as an include, GCC does not. */
static bool written_by_clang(const struct cc_text *text) {
    return text->data && strstr(cc_copy(text->data, text->size < 400 ? text->size : 400),
                                "\"<built-in>\" 1\n") != NULL;
}

/* Preprocesses and rewrites one source into `out`; returns the exit status. */
static int rewrite_source(struct run *run, size_t index, struct cc_text *out,
                          struct cc_options *options) {
    const struct cc_source *source = &run->command.sources[index];
    struct cc_command command = command_for(run, source);
    struct cc_includes includes = {
        .command = &command, .private = run->private, .messages = stderr};
    if (run->project_path) {
        const struct cc_project_file *file = cc_project_find(&run->project, source->path);
        cc_put(&includes.wpp, file->wpp.size ? file->wpp.data : "", file->wpp.size);
        includes.generators = &run->project.generators;
    }
    includes.search = create_search(run, index);
    cc_scan_includes(&includes, source->path);
    const char *shown = cc_write_shadows(&includes, source->path);
    struct cc_list argv = {0};
    preprocess_command(&command, source, includes.search, &argv);
    if (shown != source->path) {
        argv.items[argv.count - 1] = shown;
    }
    struct cc_text text = {0};
    int status = includes.errors ? 1 : cc_run(&argv, &text);
    if (run->command.dependency_mode && status == 0) {
        cc_clean_dependencies(dependency_file(&run->command, source), run->private,
                              &includes.shadows);
    }
    struct cc_unit unit = {.messages = stderr};
    unit.options = (struct cc_options){.cplusplus = source->cplusplus,
                                       .clang = written_by_clang(&text),
                                       .explain = run->explain,
                                       .quiet = cc_list_has(&run->command.compile, "-w"),
                                       .old_c = run->old_c,
                                       .private = run->private,
                                       .shadows = &includes.shadows};
    if (status == 0 && !cc_rewrite(&unit, text.data ? text.data : "", text.size, out)) {
        status = 1;
    }
    *options = unit.options;
    options->seh = unit.uses_seh;
    if (status == 0 && run->explain) {
        cc_explain(&unit, stdout);
    }
    free(unit.tokens);
    free(unit.markers);
    free(unit.lines);
    free(unit.functions);
    cc_text_free(&text);
    cc_includes_free(&includes);
    cc_list_free(&argv);
    cc_list_free(&command.preprocess);
    cc_list_free(&command.user_dirs);
    cc_list_free(&command.forced_includes);
    return status;
}

/* Address Sanitizer does not watch common symbols: with it, tentative definitions are plain ones.
 */
static bool watches_addresses(const struct cc_list *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        if (strncmp(arguments->items[i], "-fsanitize=", 11) == 0 &&
            strstr(arguments->items[i], "address")) {
            return true;
        }
    }
    return false;
}

/* The final command: the user's, with sources exchanged for the rewritten files. */
static int compile(struct run *run, const char *const *rewritten, size_t only,
                   const struct cc_options *options) {
    const struct cc_command *command = &run->command;
    struct cc_list argv = {0};
    for (size_t i = 0; i < command->words; i++) {
        cc_add(&argv, command->compile.items[i]);
    }
    cc_add_compile_flags(&argv, &command->preprocess, options->cplusplus, options->clang);
    if (watches_addresses(&command->compile)) {
        cc_add(&argv, "-fno-common");
    }
    size_t source = 0;
    for (size_t i = command->words; i < command->compile.count; i++) {
        if (source < command->source_count && command->sources[source].position == i) {
            if (only == SIZE_MAX || only == source) {
                cc_add(&argv, "-x");
                cc_add(&argv, command->sources[source].cplusplus ? "c++-cpp-output" : "cpp-output");
                cc_add(&argv, rewritten[source]);
                cc_add(&argv, "-x");
                cc_add(&argv, "none");
            }
            source++;
        } else {
            cc_add(&argv, command->compile.items[i]);
        }
    }
    cc_add_quiet_flags(&argv, options);
    if (command->no_link) {
        cc_add(&argv, command->assembly ? "-S" : "-c");
        cc_add(&argv, "-o");
        cc_add(&argv, object_of(command, &command->sources[only]));
    } else if (command->output) {
        cc_add(&argv, "-o");
        cc_add(&argv, command->output);
    }
    int status = cc_run(&argv, NULL);
    cc_list_free(&argv);
    return status;
}

static int run_compilation(struct run *run) {
    const struct cc_command *command = &run->command;
    const char **rewritten = cc_realloc(NULL, command->source_count * sizeof *rewritten);
    struct cc_options options = {0};
    int result = 0;
    create_private(run);
    for (size_t i = 0; i < command->source_count && !interrupted; i++) {
        struct cc_text out = {0};
        int status = rewrite_source(run, i, &out, &options);
        rewritten[i] = cc_format("%s/%zu/%s", run->private, i,
                                 with_ending(base_name(command->sources[i].path),
                                             command->sources[i].cplusplus ? ".ii" : ".i"));
        if (status == 0 && run->show && command->text_only && command->output) {
            cc_write_file(command->output, out.data ? out.data : "", out.size);
        } else if (status == 0 && run->show) {
            fwrite(out.data, 1, out.size, stdout);
        } else if (status == 0 && !run->explain) {
            cc_write_file(rewritten[i], out.data ? out.data : "", out.size);
            status = command->no_link ? compile(run, rewritten, i, &options) : 0;
        }
        cc_text_free(&out);
        result = status ? status : result;
    }
    if (!result && !command->no_link && !run->explain && !run->show) {
        result = compile(run, rewritten, SIZE_MAX, &options);
    }
    if (run->keep) {
        fprintf(stderr, "wdmsim-cc: kept %s\n", run->private);
    }
    free(rewritten);
    cc_strings_free();
    if (interrupted) {
        remove_private();
        signal(interrupted, SIG_DFL);
        raise(interrupted);
    }
    return result;
}

/* `--explain x.c`: a source instead of a command. */
static bool is_source(const char *argument) {
    const char *dot = strrchr(argument, '.');
    return dot && !strchr(dot, '/') && (dot[1] | 32) == 'c';
}

/* The value of option argv[*at], which follows it. */
static const char *option_value(int argc, char **argv, int *at) {
    if (*at + 1 >= argc) {
        cc_die("%s without its value (see --help)", argv[*at]);
    }
    return argv[++*at];
}

/* Our own options, in front of the compiler; returns where that stands. */
static int read_options(struct run *run, int argc, char **argv) {
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        const char *option = argv[at];
        if (strcmp(option, "--help") == 0) {
            fputs(help, stdout);
            exit(0);
        } else if (strcmp(option, "--version") == 0) {
            puts("wdmsim-cc " WDMSIM_VERSION);
            exit(0);
        } else if (strcmp(option, "--explain") == 0) {
            run->explain = true;
        } else if (strcmp(option, "--show") == 0) {
            run->show = true;
        } else if (strcmp(option, "--keep") == 0) {
            run->keep = true;
        } else if (strcmp(option, "--old-c") == 0) {
            run->old_c = true;
        } else if (strcmp(option, "--project") == 0) {
            run->project_path = option_value(argc, argv, &at);
        } else if (strcmp(option, "--configuration") == 0) {
            run->configuration = option_value(argc, argv, &at);
        } else if (strcmp(option, "--platform") == 0) {
            run->platform = option_value(argc, argv, &at);
        } else {
            cc_die("unknown option %s (see --help)", option);
        }
    }
    return at;
}

/* Ends the process when the project is malformed. */
static void read_project(struct run *run) {
    run->project.messages = stderr;
    if (!cc_project_read(&run->project, run->project_path,
                         run->configuration ? run->configuration : "Debug",
                         run->platform ? run->platform : "x64")) {
        exit(1);
    }
}

int main(int argc, char **argv) {
    static struct run run;
    int first = read_options(&run, argc, argv);
    if (run.project_path) {
        read_project(&run);
        if (first >= argc) {
            cc_project_print(&run.project, stdout);
            return 0;
        }
    }
    if (first >= argc) {
        fputs(help, stderr);
        return 1;
    }
    if ((run.explain || run.show) && is_source(argv[first])) {
        argv[--first] = getenv("CC") ? getenv("CC") : "cc";
    }
    cc_parse_command(&run.command, argc - first, argv + first);
    if (run.command.preprocess_only || !run.command.source_count) {
        cc_exec(&run.command.all);
    }
    run.show |= run.command.text_only && !run.explain;
    return run_compilation(&run);
}
