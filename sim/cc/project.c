/*
 * Projects: what the two readers (vcxproj.c, sources.c) have in common, and the list of --project.
 */
#include "project.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void cc_project_message(struct cc_project *project, const char *path, uint32_t line,
                        const char *kind, const char *format, ...) {
    project->errors += strcmp(kind, "error") == 0;
    if (!project->messages) {
        return;
    }
    va_list arguments;
    fprintf(project->messages, "%s:%u: %s: ", path, line, kind);
    va_start(arguments, format);
    vfprintf(project->messages, format, arguments);
    va_end(arguments);
    fputs(" [wdmsim-cc]\n", project->messages);
}

static const char *real_path(const char *path) {
    char full[PATH_MAX];
    return realpath(path, full) ? cc_copy(full, strlen(full)) : path;
}

struct cc_project_file *cc_project_add(struct cc_project *project, const char *name,
                                       uint32_t line) {
    const char *found = cc_any_case(project->directory, name, false);
    if (!found) {
        cc_project_message(project, project->path, line, "error",
                           "source file '%s' does not exist, in any letter case", name);
        return NULL;
    }
    found = real_path(found);
    for (size_t i = 0; i < project->count; i++) {
        if (strcmp(project->files[i].path, found) == 0) {
            return NULL;
        }
    }
    project->files = cc_realloc(project->files, (project->count + 1) * sizeof *project->files);
    project->files[project->count] = (struct cc_project_file){.path = found};
    return &project->files[project->count++];
}

/* Parts without the white space and quotes around them. */
void cc_project_words(struct cc_list *into, const char *text, const char *separators) {
    while (*text) {
        size_t size = strcspn(text, separators), first = 0, last = size;
        while (first < last && strchr(" \t\r\n", text[first])) {
            first++;
        }
        while (last > first && strchr(" \t\r\n", text[last - 1])) {
            last--;
        }
        if (last - first >= 2 && text[first] == '"' && text[last - 1] == '"') {
            first++;
            last--;
        }
        if (last > first) {
            cc_add(into, cc_copy(text + first, last - first));
        }
        text += size;
        text += *text != '\0';
    }
}

/* Folders that do not exist here (the WDK's own) are left out: its headers are ours. */
void cc_project_folders(const struct cc_project *project, struct cc_list *into, const char *text,
                        const char *separators) {
    struct cc_list names = {0};
    cc_project_words(&names, text, separators);
    for (size_t i = 0; i < names.count; i++) {
        const char *found = cc_any_case(project->directory, names.items[i], true);
        if (found && !cc_list_has(into, real_path(found))) {
            cc_add(into, real_path(found));
        }
    }
    cc_list_free(&names);
}

void cc_project_trace(struct cc_project_file *file, const char *functions) {
    struct cc_list names = {0};
    cc_project_words(&names, functions, ";\n");
    for (size_t i = 0; i < names.count; i++) {
        cc_printf(&file->wpp, "FUNC %s;\n", names.items[i]);
    }
    cc_list_free(&names);
}

void cc_project_scan(const struct cc_project *project, struct cc_project_file *file,
                     const char *name) {
    const char *found = cc_any_case(project->directory, name, false);
    struct cc_includes collected = {0};
    struct cc_text text = {0};
    if (found && cc_read_file(found, &text) && text.size) {
        cc_decode(&text);
        cc_wpp_collect(&collected, text.data, text.size);
        cc_put(&file->wpp, collected.wpp.size ? collected.wpp.data : "", collected.wpp.size);
    }
    cc_text_free(&text);
    cc_text_free(&collected.wpp);
}

void cc_project_options(const struct cc_project *project, struct cc_project_file *file,
                        const char *options) {
    struct cc_list words = {0};
    cc_project_words(&words, options, " \t\r\n");
    for (size_t i = 0; i < words.count; i++) {
        const char *word = words.items[i];
        if (word[0] != '/' && word[0] != '-') {
            continue;
        }
        bool force = strncmp(word + 1, "FI", 2) == 0;
        char kind = force ? 'F' : word[1];
        const char *value = word + (force ? 3 : 2);
        if (kind && strchr("DUIF", kind) && !*value && i + 1 < words.count) {
            value = words.items[++i];
        }
        if (kind == 'D') {
            cc_add(&file->defines, value);
        } else if (kind == 'U') {
            cc_add(&file->undefines, value);
        } else if (kind == 'I') {
            cc_project_folders(project, &file->includes, value, ";");
        } else if (force) {
            cc_add(&file->forced, value);
        }
    }
    cc_list_free(&words);
}

bool cc_project_read(struct cc_project *project, const char *path, const char *configuration,
                     const char *platform) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    project->path = path;
    project->directory = !slash ? "." : slash == path ? "/" : cc_copy(path, (size_t)(slash - path));
    bool old = !dot || (slash && dot < slash) || strcasecmp(dot, ".inc") == 0;
    bool read = old ? cc_read_sources_file(project, configuration)
                    : cc_read_vcxproj(project, configuration, platform);
    if (read && !project->errors && !project->count) {
        cc_project_message(project, path, 1, "error", "no C or C++ source file in it");
    }
    return read && !project->errors;
}

const struct cc_project_file *cc_project_find(const struct cc_project *project,
                                              const char *source) {
    const char *full = real_path(source);
    for (size_t i = 0; i < project->count; i++) {
        if (strcmp(project->files[i].path, full) == 0) {
            return &project->files[i];
        }
    }
    return &project->others;
}

static void print_list(const char *word, const struct cc_list *list, FILE *out) {
    for (size_t i = 0; i < list->count; i++) {
        fprintf(out, "%s %s\n", word, list->items[i]);
    }
}

void cc_project_print(const struct cc_project *project, FILE *out) {
    for (size_t i = 0; i < project->count; i++) {
        const struct cc_project_file *file = &project->files[i];
        struct cc_list trace = {0};
        fprintf(out, "source %s\n", file->path);
        print_list("define", &file->defines, out);
        print_list("undefine", &file->undefines, out);
        print_list("include", &file->includes, out);
        print_list("force", &file->forced, out);
        cc_project_words(&trace, file->wpp.size ? file->wpp.data : "", "\n");
        print_list("trace", &trace, out);
        cc_list_free(&trace);
    }
    for (size_t i = 0; i < project->generators.count; i += 2) {
        fprintf(out, "header %s %s\n", project->generators.items[i],
                project->generators.items[i + 1]);
    }
}

static void free_file(struct cc_project_file *file) {
    cc_list_free(&file->defines);
    cc_list_free(&file->undefines);
    cc_list_free(&file->includes);
    cc_list_free(&file->forced);
    cc_text_free(&file->wpp);
}

void cc_project_free(struct cc_project *project) {
    for (size_t i = 0; i < project->count; i++) {
        free_file(&project->files[i]);
    }
    free_file(&project->others);
    free(project->files);
    cc_list_free(&project->generators);
    *project = (struct cc_project){0};
}
