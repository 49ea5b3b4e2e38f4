/*
 * Old `sources` files: the makefile language of the WDK's former build tool.
 *
 * Lines `NAME=value`, continued by a backslash, with $(NAME) in them; `!if`, `!ifdef`, `!ifndef`,
 * `!else`, `!endif`,
 * `!include` and `!undef`. What matters of the result: SOURCES (and those of the machine,
 * AMD64_SOURCES), INCLUDES, C_DEFINES and USER_C_FLAGS, and RUN_WPP, which names trace functions
 * and the file with their configuration.
 */
#include "project.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct makefile {
    struct cc_project *project;
    const char *path;
    uint32_t line;
    struct cc_list variables;        /* name, value */
    bool taken[32], done[32];        /* of the !if's: this branch holds; some branch held */
    unsigned depth, includes, files; /* of !if, of !include; files read so far */
};

/* Values that refer to themselves twice double with each line. */
enum { VALUE_LIMIT = 1 << 20, FILE_LIMIT = 100 };

static void read_makefile(struct makefile *makefile, const char *path);

static const char *value_of(const struct makefile *makefile, const char *name) {
    for (size_t i = 0; i < makefile->variables.count; i += 2) {
        if (strcasecmp(makefile->variables.items[i], name) == 0) {
            return makefile->variables.items[i + 1];
        }
    }
    return NULL;
}

static void set(struct makefile *makefile, const char *name, const char *value) {
    for (size_t i = 0; i < makefile->variables.count; i += 2) {
        if (strcasecmp(makefile->variables.items[i], name) == 0) {
            makefile->variables.items[i + 1] = value;
            return;
        }
    }
    cc_add(&makefile->variables, name);
    cc_add(&makefile->variables, value);
}

static void complain(struct makefile *makefile, const char *message) {
    cc_project_message(makefile->project, makefile->path, makefile->line, "error", "%s", message);
}

static const char *expand(struct makefile *makefile, const char *text) {
    struct cc_text out = {0};
    for (const char *at = text; *at;) {
        const char *close = at[0] == '$' && at[1] == '(' ? strchr(at, ')') : NULL;
        if (close) {
            const char *value = value_of(makefile, cc_copy(at + 2, (size_t)(close - at - 2)));
            cc_puts(&out, value ? value : "");
            at = close + 1;
        } else {
            cc_put(&out, at++, 1);
        }
    }
    if (out.size > VALUE_LIMIT) {
        complain(makefile, "a value of more than 1 MB");
        out.size = 0;
    }
    const char *result = cc_copy(out.size ? out.data : "", out.size);
    cc_text_free(&out);
    return result;
}

/* ---- directives ---- */

static const char *skip_space(const char *at) {
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    return at;
}

/* One side of a comparison: quoted text or a word, expanded already. */
static const char *side(const char **at) {
    const char *start = *at = skip_space(*at);
    size_t size;
    if (*start == '"') {
        size = strcspn(++start, "\"");
        *at = start + size + (start[size] == '"');
    } else {
        size = strcspn(start, " \t=!<>&|)");
        *at = start + size;
    }
    return cc_copy(start, size);
}

/* `left == right`, a number, defined(NAME), !defined(NAME); joined by && and ||, from left to
 * right. */
static bool condition(struct makefile *makefile, const char *text) {
    bool result = false, and = false;
    for (bool first = true;; first = false) {
        bool negated = false, value;
        for (text = skip_space(text); *text == '!' || *text == '('; text = skip_space(text + 1)) {
            negated ^= *text == '!';
        }
        if (strncasecmp(text, "defined", 7) == 0) {
            size_t size = strcspn(text, ")");
            const char *open = skip_space(text + 7);
            const char *name = open + (*open == '(');
            value = value_of(makefile, cc_copy(name, strcspn(name, ") \t"))) != NULL;
            text += size + (text[size] == ')');
        } else {
            const char *left = side(&text);
            text = skip_space(text);
            bool compared = (text[0] == '=' || text[0] == '!') && text[1] == '=';
            bool equal = text[0] == '=';
            text += compared ? 2 : 0;
            value = compared ? (strcmp(left, side(&text)) == 0) == equal : atoi(left) != 0;
        }
        value ^= negated;
        result = first ? value : and? result && value : result || value;
        text = skip_space(text);
        while (*text == ')') {
            text = skip_space(text + 1);
        }
        if (strncmp(text, "&&", 2) != 0 && strncmp(text, "||", 2) != 0) {
            if (*text) {
                complain(makefile, cc_format("'%s' in a condition is not understood", text));
            }
            return result;
        }
        and = *text == '&';
        text += 2;
    }
}

static bool active(const struct makefile *makefile) {
    for (unsigned i = 0; i < makefile->depth; i++) {
        if (!makefile->taken[i]) {
            return false;
        }
    }
    return true;
}

static void open_if(struct makefile *makefile, bool holds) {
    if (makefile->depth == sizeof makefile->taken / sizeof *makefile->taken) {
        complain(makefile, "!if nested too deeply");
        return;
    }
    makefile->taken[makefile->depth] = makefile->done[makefile->depth] = holds;
    makefile->depth++;
}

static void branch(struct makefile *makefile, bool holds) {
    if (!makefile->depth) {
        complain(makefile, "!else without its !if");
        return;
    }
    unsigned last = makefile->depth - 1;
    makefile->taken[last] = holds && !makefile->done[last];
    makefile->done[last] |= holds;
}

static void include(struct makefile *makefile, const char *name) {
    name = cc_copy(name + (*name == '"'), strcspn(name + (*name == '"'), "\""));
    const char *found = cc_any_case(makefile->project->directory, name, false);
    if (!found) {
        return; /* the build tool's own rules */
    }
    if (makefile->includes > 8 || ++makefile->files > FILE_LIMIT) {
        complain(makefile, "too many !include, or nested too deeply");
        return;
    }
    const char *path = makefile->path;
    uint32_t line = makefile->line;
    makefile->includes++;
    read_makefile(makefile, found);
    makefile->includes--;
    makefile->path = path;
    makefile->line = line;
}

static void directive(struct makefile *makefile, const char *at) {
    at = skip_space(at);
    size_t size = 0;
    while (isalpha((unsigned char)at[size])) {
        size++;
    }
    const char *word = cc_copy(at, size), *rest = skip_space(at + size);
    const char *name = cc_copy(rest, strcspn(rest, " \t"));
    bool here = active(makefile);
    if (strcasecmp(word, "if") == 0) {
        open_if(makefile, here && condition(makefile, expand(makefile, rest)));
    } else if (strcasecmp(word, "ifdef") == 0 || strcasecmp(word, "ifndef") == 0) {
        open_if(makefile, (value_of(makefile, name) != NULL) == (size == 5));
    } else if (strcasecmp(word, "else") == 0 || strcasecmp(word, "elseif") == 0) {
        bool chained = strncasecmp(rest, "if", 2) == 0 || size == 6;
        const char *text = size == 6 ? rest : rest + (chained ? 2 : 0);
        branch(makefile, !chained || condition(makefile, expand(makefile, text)));
    } else if (strcasecmp(word, "endif") == 0) {
        if (!makefile->depth) {
            complain(makefile, "!endif without its !if");
        }
        makefile->depth -= makefile->depth > 0;
    } else if (here && strcasecmp(word, "include") == 0) {
        include(makefile, expand(makefile, rest));
    } else if (here && strcasecmp(word, "undef") == 0) {
        set(makefile, name, "");
    } else if (here && strcasecmp(word, "error") == 0) {
        complain(makefile, cc_format("!error %s", expand(makefile, rest)));
    }
}

/* ---- lines ---- */

static void statement(struct makefile *makefile, char *text) {
    if (*text == '!') {
        directive(makefile, text + 1);
        return;
    }
    char *equals = strchr(text, '=');
    size_t size = strcspn(text, " \t=");
    if (!active(makefile) || !equals || !size || skip_space(text + size) != equals) {
        return; /* a rule of the makefile */
    }
    set(makefile, cc_copy(text, size), expand(makefile, skip_space(equals + 1)));
}

/* Joins continued lines, drops comments. */
static void read_makefile(struct makefile *makefile, const char *path) {
    struct cc_text text = {0}, joined = {0};
    if (!cc_read_file(path, &text)) {
        makefile->path = path;
        complain(makefile, "cannot read it");
        return;
    }
    cc_decode(&text);
    makefile->path = path;
    makefile->line = 0;
    for (const char *at = text.data, *end = at + text.size; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end, *hash = memchr(at, '#', (size_t)(stop - at));
        const char *last = hash ? hash : stop;
        makefile->line++;
        while (last > at && isspace((unsigned char)last[-1])) {
            last--;
        }
        bool continued = last > at && last[-1] == '\\';
        cc_put(&joined, at, (size_t)(last - at) - continued);
        cc_puts(&joined, continued ? " " : "");
        if (!continued && joined.size) {
            statement(makefile, cc_copy(joined.data, strlen(joined.data)));
            joined.size = 0;
        }
        at = stop + 1;
    }
    cc_text_free(&text);
    cc_text_free(&joined);
}

/* ---- what the variables say ---- */

/* `-func:Trace(LEVEL,MSG,…)` and `-scan:file` of RUN_WPP. */
static void trace_options(struct makefile *makefile, struct cc_project_file *file) {
    struct cc_list words = {0};
    const char *run = value_of(makefile, "RUN_WPP");
    cc_project_words(&words, run ? run : "", " \t");
    for (size_t i = 0; i < words.count; i++) {
        const char *word = words.items[i];
        if (strncasecmp(word, "-func:", 6) == 0) {
            cc_project_trace(file, word + 6);
        } else if (strncasecmp(word, "-scan:", 6) == 0) {
            cc_project_scan(makefile->project, file, word + 6);
        }
    }
    cc_list_free(&words);
}

static void apply(struct makefile *makefile, struct cc_project_file *file) {
    static const char *const options[] = {"C_DEFINES", "USER_C_FLAGS", "AMD64_C_DEFINES"};
    const char *includes = value_of(makefile, "INCLUDES");
    if (value_of(makefile, "DEBUG")) {
        cc_add(&file->defines, "DBG=1");
    }
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const char *value = value_of(makefile, options[i]);
        cc_project_options(makefile->project, file, value ? value : "");
    }
    cc_project_folders(makefile->project, &file->includes, includes ? includes : "", ";");
    trace_options(makefile, file);
}

static bool is_source(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && (strcasecmp(dot, ".c") == 0 || strcasecmp(dot, ".cpp") == 0 ||
                   strcasecmp(dot, ".cxx") == 0 || strcasecmp(dot, ".cc") == 0);
}

static void add_sources(struct makefile *makefile, const char *variable) {
    struct cc_project *project = makefile->project;
    struct cc_list words = {0};
    const char *value = value_of(makefile, variable);
    cc_project_words(&words, value ? value : "", " \t");
    for (size_t i = 0; i < words.count; i++) {
        const char *name = words.items[i], *dot = strrchr(name, '.');
        if (dot && strcasecmp(dot, ".mc") == 0) {
            const char *found = cc_any_case(project->directory, name, false);
            cc_add(&project->generators, cc_format("%.*s.h", (int)(dot - name), name));
            cc_add(&project->generators, found ? found : name);
        } else if (is_source(name)) {
            struct cc_project_file *file = cc_project_add(project, name, 1);
            if (file) {
                apply(makefile, file);
            }
        }
    }
    cc_list_free(&words);
}

bool cc_read_sources_file(struct cc_project *project, const char *configuration) {
    struct makefile makefile = {.project = project, .path = project->path};
    set(&makefile, "AMD64", "1");
    set(&makefile, "_BUILDARCH", "AMD64");
    set(&makefile, "TARGETCPU", "amd64");
    if (strcasecmp(configuration, "Debug") == 0) {
        set(&makefile, "DEBUG", "1");
    }
    read_makefile(&makefile, project->path);
    if (makefile.depth) {
        complain(&makefile, "!if without its !endif");
    }
    add_sources(&makefile, "SOURCES");
    add_sources(&makefile, "AMD64_SOURCES");
    apply(&makefile, &project->others);
    cc_list_free(&makefile.variables);
    return true;
}
