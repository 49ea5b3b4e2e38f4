/*
 * The compiler's command line: which arguments are for preprocessing, which for compiling, where
 * the sources stand, what the output and the dependency file are called.
 *
 * `compile` keeps the arguments in their order with the sources in place, so that a command which
 * compiles and links in one go can run with its sources exchanged for preprocessed ones.
 */
#include "cc.h"

#include <stdlib.h>
#include <string.h>

static bool starts(const char *string, const char *prefix) {
    return strncmp(string, prefix, strlen(prefix)) == 0;
}

static bool is_one_of(const char *string, const char *const *set) {
    for (; *set; set++) {
        if (strcmp(string, *set) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- response files ---- */

static void expand(struct cc_list *into, const char *argument, int depth);

static void expand_file(struct cc_list *into, const char *path, int depth) {
    struct cc_text text = {0}, word = {0};
    if (!cc_read_file(path, &text)) {
        cc_add(into, cc_format("@%s", path));
        return;
    }
    char quote = 0;
    bool inside = false;
    for (size_t i = 0; i <= text.size; i++) {
        char c = text.data[i];
        bool space = c == '\0' || c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (space && !quote) {
            if (inside) {
                expand(into, cc_copy(word.size ? word.data : "", word.size), depth + 1);
            }
            word.size = 0;
            inside = false;
        } else if (c == quote || (!quote && (c == '"' || c == '\''))) {
            quote = quote ? 0 : c;
            inside = true;
        } else if (c) {
            if (c == '\\' && i + 1 < text.size) {
                c = text.data[++i];
            }
            cc_put(&word, &c, 1);
            inside = true;
        }
    }
    cc_text_free(&text);
    cc_text_free(&word);
}

static void expand(struct cc_list *into, const char *argument, int depth) {
    if (argument[0] == '@' && argument[1] && depth < 8) {
        expand_file(into, argument + 1, depth);
    } else {
        cc_add(into, argument);
    }
}

/* ---- one argument ---- */

static const char *const takes_value[] = {"-o",
                                          "-I",
                                          "-D",
                                          "-U",
                                          "-include",
                                          "-imacros",
                                          "-isystem",
                                          "-iquote",
                                          "-idirafter",
                                          "-iprefix",
                                          "-iwithprefix",
                                          "-iwithprefixbefore",
                                          "-isysroot",
                                          "-MF",
                                          "-MT",
                                          "-MQ",
                                          "-x",
                                          "-Xpreprocessor",
                                          "-Xassembler",
                                          "-Xlinker",
                                          "-Xclang",
                                          "-arch",
                                          "-target",
                                          "-l",
                                          "-L",
                                          "-T",
                                          "-u",
                                          "-z",
                                          "-e",
                                          "-aux-info",
                                          "--param",
                                          "-B",
                                          "-framework",
                                          "-mllvm",
                                          NULL};

static const char *const preprocess_values[] = {
    "-I",      "-D",       "-U",           "-include",           "-imacros",       "-isystem",
    "-iquote", "-iprefix", "-iwithprefix", "-iwithprefixbefore", "-Xpreprocessor", "-idirafter",
    NULL};

static const char *const preprocess_flags[] = {"-nostdinc", "-nostdinc++", "-C",  "-CC", "-P",
                                               "-undef",    "-trigraphs",  "-H",  "-dD", "-dM",
                                               "-dN",       "-dI",         "-dU", NULL};

static const char *const link_values[] = {"-Xlinker", "-l", "-L",         "-T", "-u",
                                          "-z",       "-e", "-framework", NULL};

/* What a file name's ending makes of it: 0 not a source, 'c', '+'. */
static char source_kind(const char *path, const char *language, bool cplusplus_driver) {
    if (language) {
        return (char)(strcmp(language, "c") == 0 ? 'c' : strcmp(language, "c++") == 0 ? '+' : 0);
    }
    static const char *const cplusplus[] = {".cc", ".cpp", ".cxx", ".c++",
                                            ".C",  ".CPP", ".cp",  NULL};
    const char *dot = strrchr(path, '.');
    if (!dot || strchr(dot, '/')) {
        return 0;
    }
    if (is_one_of(dot, cplusplus)) {
        return '+';
    }
    return (char)(strcmp(dot, ".c") != 0 ? 0 : cplusplus_driver ? '+' : 'c');
}

static void add_source(struct cc_command *command, const char *path, bool cplusplus) {
    command->sources =
        cc_realloc(command->sources, (command->source_count + 1) * sizeof *command->sources);
    command->sources[command->source_count++] = (struct cc_source){
        .position = command->compile.count, .path = path, .cplusplus = cplusplus};
    cc_add(&command->compile, path);
}

static void note_directory(struct cc_command *command, const char *option, const char *value) {
    if (strcmp(option, "-I") == 0) {
        cc_add(&command->user_dirs, value);
    } else if (strcmp(option, "-iquote") == 0) {
        cc_add(&command->quote_dirs, value);
    } else if (strcmp(option, "-isystem") == 0 || strcmp(option, "-idirafter") == 0) {
        cc_add(&command->system_dirs, value);
    } else if (strcmp(option, "-include") == 0) {
        cc_add(&command->forced_includes, value);
    }
}

/* -M…: remembered, and given to the preprocessing run in a form of our own. */
static void dependency_option(struct cc_command *command, const char *option, const char *value) {
    if (strcmp(option, "-MD") == 0 || strcmp(option, "-MMD") == 0) {
        command->dependency_mode = option;
    } else if (strcmp(option, "-MF") == 0) {
        command->dependency_file = value;
    } else if (strcmp(option, "-MT") == 0 || strcmp(option, "-MQ") == 0) {
        command->dependency_target = true;
        cc_add(&command->preprocess, option);
        cc_add(&command->preprocess, value);
    } else if (strcmp(option, "-MP") == 0 || strcmp(option, "-MG") == 0) {
        cc_add(&command->preprocess, option);
    } else {
        command->preprocess_only = true; /* -M and -MM print and compile nothing */
    }
}

/* An option with its value in the next argument. */
static void option_with_value(struct cc_command *command, const char *option, const char *value) {
    if (strcmp(option, "-o") == 0) {
        command->output = value;
    } else if (starts(option, "-M")) {
        dependency_option(command, option, value);
    } else if (is_one_of(option, preprocess_values)) {
        note_directory(command, option, value);
        cc_add(&command->preprocess, option);
        cc_add(&command->preprocess, value);
    } else {
        if (!is_one_of(option, link_values)) {
            cc_add(&command->preprocess, option);
            cc_add(&command->preprocess, value);
        }
        cc_add(&command->compile, option);
        cc_add(&command->compile, value);
    }
}

/* -Wp,a,b: what it says of dependency files is understood, the rest handed on. */
static void preprocessor_words(struct cc_command *command, const char *words) {
    struct cc_list list = {0};
    for (; *words; words += strcspn(words, ","), words += *words == ',') {
        cc_add(&list, cc_copy(words, strcspn(words, ",")));
    }
    for (size_t i = 0; i < list.count; i++) {
        const char *word = list.items[i], *value = i + 1 < list.count ? list.items[i + 1] : NULL;
        bool writes = strcmp(word, "-MD") == 0 || strcmp(word, "-MMD") == 0;
        if (writes && value) { /* in this form the file's name follows */
            command->dependency_mode = word;
            command->dependency_file = value;
            i++;
        } else if (is_one_of(word, (const char *const[]){"-MF", "-MT", "-MQ", NULL}) && value) {
            dependency_option(command, word, value);
            i++;
        } else {
            cc_add(&command->preprocess, cc_format("-Wp,%s", word));
        }
    }
    cc_list_free(&list);
}

static bool joined_preprocess(struct cc_command *command, const char *option) {
    static const char *const joined[] = {"-isystem", "-iquote", "-idirafter", "-include",
                                         "-I",       "-D",      "-U",         NULL};
    for (const char *const *prefix = joined; *prefix; prefix++) {
        if (starts(option, *prefix)) {
            note_directory(command, *prefix, option + strlen(*prefix));
            cc_add(&command->preprocess, option);
            return true;
        }
    }
    if (starts(option, "-Wp,")) {
        preprocessor_words(command, option + 4);
        return true;
    }
    if (is_one_of(option, preprocess_flags)) {
        cc_add(&command->preprocess, option);
        return true;
    }
    return false;
}

static void plain_option(struct cc_command *command, const char *option) {
    if (strcmp(option, "-c") == 0) {
        command->no_link = true;
    } else if (strcmp(option, "-S") == 0) {
        command->no_link = command->assembly = true;
    } else if (strcmp(option, "-E") == 0) {
        command->text_only = true;
    } else if (strncmp(option, "-d", 2) == 0 && is_one_of(option, preprocess_flags)) {
        command->preprocess_only = true; /* lists of macros */
    } else if (starts(option, "-o")) {
        command->output = option + 2;
    } else if (starts(option, "-MF") || starts(option, "-MT") || starts(option, "-MQ")) {
        char *name = cc_copy(option, 3);
        dependency_option(command, name, option + 3);
    } else if (starts(option, "-M")) {
        dependency_option(command, option, NULL);
    } else if (!joined_preprocess(command, option)) {
        bool linker = starts(option, "-Wl,") || starts(option, "-l") || starts(option, "-L") ||
                      starts(option, "-save-temps") || strcmp(option, "-shared") == 0;
        if (!linker) {
            cc_add(&command->preprocess, option);
        }
        cc_add(&command->compile, option);
    }
}

static bool is_cplusplus_driver(const char *compiler) {
    const char *slash = strrchr(compiler, '/');
    return strstr(slash ? slash + 1 : compiler, "++") != NULL;
}

/* ccache and the like may stand between us and the compiler. */
static size_t compiler_words(const struct cc_list *all) {
    static const char *const wrappers[] = {"ccache", "sccache", "distcc", "icecc", NULL};
    const char *slash = strrchr(all->items[0], '/');
    bool wrapped = is_one_of(slash ? slash + 1 : all->items[0], wrappers);
    return wrapped && all->count > 1 && all->items[1][0] != '-' ? 2 : 1;
}

void cc_parse_command(struct cc_command *command, int count, char **arguments) {
    for (int i = 0; i < count; i++) {
        expand(&command->all, arguments[i], i ? 0 : 9);
    }
    size_t words = command->words = compiler_words(&command->all);
    command->cplusplus_driver = is_cplusplus_driver(command->all.items[words - 1]);
    for (size_t i = 0; i < words; i++) {
        cc_add(&command->preprocess, command->all.items[i]);
        cc_add(&command->compile, command->all.items[i]);
    }
    const char *language = NULL;
    for (size_t i = words; i < command->all.count; i++) {
        const char *argument = command->all.items[i];
        bool has_value = i + 1 < command->all.count && is_one_of(argument, takes_value);
        if (strcmp(argument, "-x") == 0 && has_value) {
            language = command->all.items[++i];
            language = strcmp(language, "none") == 0 ? NULL : language;
            if (language && strcmp(language, "c") != 0 && strcmp(language, "c++") != 0) {
                command->preprocess_only = true; /* headers, assembler …: not ours */
            }
        } else if (has_value) {
            option_with_value(command, argument, command->all.items[++i]);
        } else if (argument[0] == '-' && argument[1]) {
            plain_option(command, argument);
        } else {
            char kind = source_kind(argument, language, command->cplusplus_driver);
            if (kind) {
                add_source(command, argument, kind == '+');
            } else {
                cc_add(&command->compile, argument);
                cc_add(&command->link_inputs, argument);
            }
        }
    }
}
