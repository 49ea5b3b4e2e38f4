/*
 * Visual Studio projects, as far as compiling the sources needs it.
 *
 * As MSBuild does, the file and what it imports are walked three times: for properties, for the
 * defaults of item definitions, for items. A value refers to properties as $(Name), and to what
 * stands there already as %(Name). Microsoft's own imports are not there and are passed over;
 * everything they would define is empty, so the WDK's include folders disappear. What this reader
 * does not understand (property functions, items made of items) is reported as a warning where a
 * source's settings depend on it.
 */
#include "condition.h"
#include "project.h"
#include "xml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum pass { PROPERTIES, DEFINITIONS, ITEMS };

struct table {
    struct cc_list pairs; /* name, value */
};

struct evaluation {
    struct cc_project *project;
    const char *path; /* of the file being walked */
    uint32_t line;
    enum pass pass;
    struct table properties, definitions, *metadata;
    unsigned depth, nesting; /* of imports, of elements */
    struct cc_list imported; /* in this pass: a second import of a file is none, as in MSBuild */
};

/* Values that refer to themselves twice double with each definition. */
enum { VALUE_LIMIT = 1 << 20, IMPORT_LIMIT = 100 };

static void walk(struct evaluation *e, struct cc_element *element);

/* ---- tables ---- */

static const char *get(const struct table *table, const char *name) {
    for (size_t i = 0; table && i < table->pairs.count; i += 2) {
        if (strcasecmp(table->pairs.items[i], name) == 0) {
            return table->pairs.items[i + 1];
        }
    }
    return "";
}

static void set(struct table *table, const char *name, const char *value) {
    for (size_t i = 0; i < table->pairs.count; i += 2) {
        if (strcasecmp(table->pairs.items[i], name) == 0) {
            table->pairs.items[i + 1] = value;
            return;
        }
    }
    cc_add(&table->pairs, name);
    cc_add(&table->pairs, value);
}

/* ---- values ---- */

static void warn(struct evaluation *e, const char *message) {
    cc_project_message(e->project, e->path, e->line, "warning", "%s", message);
}

/* `$(Name)`, `%(Name)` or `%(Type.Name)` at `at`, up to `close`. */
static void put_reference(struct evaluation *e, struct cc_text *out, const char *at,
                          const char *close) {
    const char *name = cc_copy(at + 2, (size_t)(close - at - 2));
    for (const char *c = name; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("_-.", *c)) {
            warn(e, cc_format("'%s)' is not evaluated: a function of MSBuild", name));
            return;
        }
    }
    const char *dot = strrchr(name, '.');
    const char *value =
        *at == '$' ? get(&e->properties, name) : get(e->metadata, dot ? dot + 1 : name);
    cc_puts(out, value);
}

static const char *expand(void *context, const char *text) {
    struct evaluation *e = context;
    struct cc_text out = {0};
    for (const char *at = text; *at;) {
        const char *close = (*at == '$' || *at == '%') && at[1] == '(' ? strchr(at, ')') : NULL;
        if (close) {
            put_reference(e, &out, at, close);
            at = close + 1;
        } else if (*at == '%' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
            char c = (char)strtoul(cc_copy(at + 1, 2), NULL, 16);
            cc_put(&out, &c, 1);
            at += 3;
        } else {
            cc_put(&out, at++, 1);
        }
    }
    if (out.size > VALUE_LIMIT) {
        cc_project_message(e->project, e->path, e->line, "error", "a value of more than 1 MB");
        out.size = 0;
    }
    const char *result = out.size ? cc_copy(out.data, strlen(out.data)) : "";
    cc_text_free(&out);
    return result;
}

static bool exists(void *context, const char *path) {
    struct evaluation *e = context;
    return cc_any_case(e->project->directory, path, true) != NULL;
}

static void complain(void *context, const char *message) {
    struct evaluation *e = context;
    cc_project_message(e->project, e->path, e->line, "error", "in a Condition: %s", message);
}

static bool holds(struct evaluation *e, const struct cc_element *element) {
    const char *text = cc_xml_attribute(element, "Condition");
    const struct cc_condition surroundings = {e, expand, exists, complain};
    e->line = element->line;
    return !text || !*text || cc_condition_holds(&surroundings, text);
}

/* ---- properties and item definitions ---- */

static void property_group(struct evaluation *e, const struct cc_element *group) {
    for (const struct cc_element *p = group->child; p; p = p->next) {
        if (holds(e, p)) {
            set(&e->properties, p->name, expand(e, p->text));
        }
    }
}

static void add_metadata(struct evaluation *e, const struct cc_element *element,
                         struct table *table) {
    struct table *outer = e->metadata;
    e->metadata = table;
    for (const struct cc_element *m = element->child; m; m = m->next) {
        if (holds(e, m)) {
            set(table, m->name, expand(e, m->text));
        }
    }
    e->metadata = outer;
}

static void definition_group(struct evaluation *e, const struct cc_element *group) {
    for (const struct cc_element *d = group->child; d; d = d->next) {
        if (strcasecmp(d->name, "ClCompile") == 0 && holds(e, d)) {
            add_metadata(e, d, &e->definitions);
        }
    }
}

/* ---- items ---- */

static bool is_true(const struct table *table, const char *name) {
    return strcasecmp(get(table, name), "true") == 0;
}

/* Definitions that begin like a name: /wd4996 and the like stand there too, and define nothing. */
static void add_definitions(struct cc_list *into, const char *text) {
    struct cc_list words = {0};
    cc_project_words(&words, text, ";\n");
    for (size_t i = 0; i < words.count; i++) {
        if (isalpha((unsigned char)words.items[i][0]) || words.items[i][0] == '_') {
            cc_add(into, words.items[i]);
        }
    }
    cc_list_free(&words);
}

static void apply(struct evaluation *e, struct cc_project_file *file, const struct table *table) {
    struct cc_project *project = e->project;
    if (strcasecmp(get(&e->properties, "UseDebugLibraries"), "true") == 0) {
        cc_add(&file->defines, "DBG=1");
    }
    add_definitions(&file->defines, get(table, "PreprocessorDefinitions"));
    cc_project_words(&file->undefines, get(table, "UndefinePreprocessorDefinitions"), ";\n");
    cc_project_folders(project, &file->includes, get(table, "AdditionalIncludeDirectories"), ";\n");
    cc_project_words(&file->forced, get(table, "ForcedIncludeFiles"), ";\n");
    cc_project_options(project, file, get(table, "AdditionalOptions"));
    if (is_true(table, "WppEnabled")) {
        struct cc_list scanned = {0};
        add_definitions(&file->defines, get(table, "WppPreprocessorDefinitions"));
        if (is_true(table, "WppRecorderEnabled")) {
            cc_add(&file->defines, "ENABLE_WPP_RECORDER=1");
        }
        cc_project_words(&scanned, get(table, "WppScanConfigurationData"), ";\n");
        for (size_t i = 0; i < scanned.count; i++) {
            cc_project_scan(project, file, scanned.items[i]);
        }
        cc_project_trace(file, get(table, "WppTraceFunction"));
        cc_list_free(&scanned);
    }
}

/* The item's own settings over the defaults. */
static struct table settings_of(struct evaluation *e, const struct cc_element *item) {
    struct table table = {0};
    cc_add_all(&table.pairs, &e->definitions.pairs);
    for (const struct cc_attribute *a = item->attributes; a; a = a->next) {
        set(&table, a->name, expand(e, a->value));
    }
    add_metadata(e, item, &table);
    return table;
}

static void compiled_item(struct evaluation *e, const struct cc_element *item) {
    struct table table = settings_of(e, item);
    struct cc_list names = {0};
    cc_project_words(&names, get(&table, "Include"), ";\n");
    for (size_t i = 0; i < names.count && !is_true(&table, "ExcludedFromBuild"); i++) {
        if (strpbrk(names.items[i], "*?@")) {
            cc_project_message(e->project, e->path, item->line, "error",
                               "'%s' is no file name: name the sources one by one", names.items[i]);
            continue;
        }
        struct cc_project_file *file = cc_project_add(e->project, names.items[i], item->line);
        if (file) {
            apply(e, file, &table);
        }
    }
    cc_list_free(&names);
    cc_list_free(&table.pairs);
}

/* A message file (.mc) or an event manifest: which header is made of it. */
static void message_item(struct evaluation *e, const struct cc_element *item) {
    struct table table = settings_of(e, item);
    const char *name = get(&table, "Include");
    const char *found = *name ? cc_any_case(e->project->directory, name, false) : NULL;
    if (*name && !found) {
        cc_project_message(e->project, e->path, item->line, "error",
                           "message file '%s' does not exist, in any letter case", name);
    } else if (found) {
        const char *base = get(&table, "GeneratedFilesBaseName");
        const char *last = strrchr(found, '/'), *dot = strrchr(found, '.');
        last = last ? last + 1 : found;
        dot = dot && dot > last ? dot : last + strlen(last);
        base = *base ? base : cc_copy(last, (size_t)(dot - last));
        cc_add(&e->project->generators, cc_format("%s.h", base));
        cc_add(&e->project->generators, found);
    }
    cc_list_free(&table.pairs);
}

static void item_group(struct evaluation *e, const struct cc_element *group) {
    for (const struct cc_element *item = group->child; item; item = item->next) {
        bool compiled = strcasecmp(item->name, "ClCompile") == 0;
        bool message = strcasecmp(item->name, "MessageCompile") == 0;
        if ((compiled || message) && cc_xml_attribute(item, "Include") && holds(e, item)) {
            (compiled ? compiled_item : message_item)(e, item);
        }
    }
}

/* ---- the walk ---- */

static void import(struct evaluation *e, const struct cc_element *element) {
    const char *name = cc_xml_attribute(element, "Project");
    const char *path = name ? expand(e, name) : "";
    const char *found = *path ? cc_any_case(e->project->directory, path, false) : NULL;
    if (!found || cc_list_has(&e->imported, found)) {
        return; /* Microsoft's, or a user's settings */
    }
    if (e->depth > 8 || e->imported.count >= IMPORT_LIMIT) {
        cc_project_message(e->project, e->path, element->line, "error",
                           "too many imports, or nested too deeply");
        return;
    }
    cc_add(&e->imported, found);
    struct cc_element *root = cc_xml_read(found, e->project->messages);
    if (!root) {
        e->project->errors++;
        return;
    }
    const char *outer = e->path;
    e->path = found;
    e->depth++;
    walk(e, root);
    e->depth--;
    e->path = outer;
}

static void choose(struct evaluation *e, const struct cc_element *element) {
    for (struct cc_element *c = element->child; c; c = c->next) {
        bool when = strcasecmp(c->name, "When") == 0;
        if (strcasecmp(c->name, "Otherwise") == 0 || (when && holds(e, c))) {
            walk(e, c);
            return;
        }
    }
}

static void walk(struct evaluation *e, struct cc_element *element) {
    if (e->nesting > 100) {
        cc_project_message(e->project, e->path, element->line, "error", "nested too deeply");
        return;
    }
    e->nesting++;
    for (struct cc_element *c = element->child; c; c = c->next) {
        bool import_group = strcasecmp(c->name, "ImportGroup") == 0;
        if (strcasecmp(c->name, "Choose") == 0) {
            choose(e, c);
        } else if (strcasecmp(c->name, "Import") == 0 || import_group) {
            if (holds(e, c)) {
                (import_group ? walk(e, c) : import(e, c));
            }
        } else if (e->pass == PROPERTIES && strcasecmp(c->name, "PropertyGroup") == 0) {
            if (holds(e, c)) {
                property_group(e, c);
            }
        } else if (e->pass == DEFINITIONS && strcasecmp(c->name, "ItemDefinitionGroup") == 0) {
            if (holds(e, c)) {
                definition_group(e, c);
            }
        } else if (e->pass == ITEMS && strcasecmp(c->name, "ItemGroup") == 0 && holds(e, c)) {
            item_group(e, c);
        }
    }
    e->nesting--;
}

static void preset(struct evaluation *e, const char *configuration, const char *platform) {
    const char *directory = e->project->directory;
    const char *slash = strrchr(e->path, '/'), *name = slash ? slash + 1 : e->path;
    const char *stem = cc_copy(name, strcspn(name, "."));
    const char *const values[][2] = {
        {"Configuration", configuration},
        {"Platform", platform},
        {"MSBuildProjectDirectory", directory},
        {"MSBuildProjectFile", name},
        {"MSBuildProjectName", stem},
        {"MSBuildThisFileDirectory", cc_format("%s/", directory)},
        {"ProjectDir", cc_format("%s/", directory)},
        {"SolutionDir", cc_format("%s/", directory)},
        {"ProjectName", stem},
        {"TargetName", stem},
        {"IntDir", cc_format("%s/%s/", platform, configuration)},
        {"OutDir", cc_format("%s/%s/", platform, configuration)},
        {"UseDebugLibraries", strcasecmp(configuration, "Debug") == 0 ? "true" : "false"},
        {"OS", "Windows_NT"},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        set(&e->properties, values[i][0], values[i][1]);
    }
}

bool cc_read_vcxproj(struct cc_project *project, const char *configuration, const char *platform) {
    struct evaluation e = {.project = project, .path = project->path};
    struct cc_element *root = cc_xml_read(project->path, project->messages);
    if (!root || strcasecmp(root->name, "Project") != 0) {
        if (root) {
            cc_project_message(project, project->path, root->line, "error",
                               "<%s> is no Visual Studio project", root->name);
        }
        return false;
    }
    preset(&e, configuration, platform);
    for (e.pass = PROPERTIES; e.pass <= ITEMS; e.pass++) {
        walk(&e, root);
        cc_list_free(&e.imported);
    }
    e.metadata = NULL;
    apply(&e, &project->others, &e.definitions);
    cc_list_free(&e.properties.pairs);
    cc_list_free(&e.definitions.pairs);
    return true;
}
