/*
 * The strings of an INF: %name% in keys and fields becomes what the [Strings] section says, %12%
 * and its like a directory, %% a percent sign. A name that nothing explains stays as it is written.
 *
 * Strings of the English language come before those of [Strings]. What replaces a name is not
 * looked at again.
 */
#include "pnp/inf.h"

#include <string.h>

/* Directory numbers with what they stand for on the machine; 13 is the package's own folder. */
static const struct {
    const char *number, *directory;
} inf_directories[] = {
    {"10", "\\SystemRoot"},
    {"11", "\\SystemRoot\\System32"},
    {"12", "\\SystemRoot\\System32\\drivers"},
    {"13", "\\SystemRoot\\System32\\DriverStore\\FileRepository"},
    {"17", "\\SystemRoot\\INF"},
    {"20", "\\SystemRoot\\Fonts"},
    {"23", "\\SystemRoot\\System32\\spool\\drivers\\color"},
    {"24", "\\??\\C:"},
    {"30", "\\??\\C:"},
    {"51", "\\SystemRoot\\System32\\spool"},
    {"53", "\\??\\C:\\Users\\Default"},
};

static const char *const inf_strings[] = {"Strings.0409", "Strings.0009", "Strings"};

static const char *inf_explain(const struct wdmsim_inf *inf, const char *name) {
    for (size_t s = 0; s < KI_COUNT(inf_strings); s++) {
        const struct inf_section *section = inf_section(inf, inf_strings[s]);
        for (uint32_t i = 0; section && i < section->count; i++) {
            const struct inf_line *line = &section->lines[i];
            if (line->key && line->count && inf_same(line->key, name))
                return line->fields[0];
        }
    }
    for (size_t i = 0; i < KI_COUNT(inf_directories); i++) {
        if (strcmp(inf_directories[i].number, name) == 0)
            return inf_directories[i].directory;
    }
    return NULL;
}

struct inf_expansion {
    struct wdmsim_inf *inf;
    struct wdmsim_inf_problem *problem;
    size_t length;
    char text[INF_FIELD_MAX];
    char name[INF_FIELD_MAX];
};

static bool inf_expand_add(struct inf_expansion *x, const char *text, size_t length) {
    if (length >= sizeof x->text - x->length)
        return false;
    memcpy(x->text + x->length, text, length);
    x->length += length;
    return true;
}

/* Writes the expansion of `from` to x->text; false when it is too long. */
static bool inf_expand_text(struct inf_expansion *x, const char *from) {
    x->length = 0;
    while (*from) {
        const char *percent = strchr(from, '%');
        const char *end = percent ? strchr(percent + 1, '%') : NULL;
        if (!end)
            return inf_expand_add(x, from, strlen(from));
        if (!inf_expand_add(x, from, (size_t)(percent - from)))
            return false;
        size_t length = (size_t)(end - percent) - 1;
        memcpy(x->name, percent + 1, length);
        x->name[length] = 0;
        const char *value = length ? inf_explain(x->inf, x->name) : "%";
        if (value) {
            if (!inf_expand_add(x, value, strlen(value)))
                return false;
            from = end + 1;
        } else {
            /* The second percent sign may begin a name. */
            if (!inf_expand_add(x, percent, length + 1))
                return false;
            from = end;
        }
    }
    return true;
}

static int inf_expand_one(struct inf_expansion *x, const char **text, unsigned line) {
    if (!*text || !strchr(*text, '%'))
        return 0;
    if (!inf_expand_text(x, *text))
        return inf_problem(x->problem, line, "a field of more than %u bytes with its strings",
                           INF_FIELD_MAX - 1);
    *text = inf_copy(&x->inf->memory, x->text, x->length);
    if (*text)
        return 0;
    inf_problem(x->problem, line, "there is no memory for it");
    return WDMSIM_ERROR_NO_MEMORY;
}

static bool inf_is_strings(const char *name) {
    return inf_same(name, "Strings") || inf_starts(name, "Strings.");
}

int inf_expand(struct wdmsim_inf *inf, struct wdmsim_inf_problem *problem) {
    struct inf_expansion *x = inf_allocate(&inf->memory, sizeof *x);
    int error = x ? 0 : WDMSIM_ERROR_NO_MEMORY;
    if (x) {
        x->inf = inf;
        x->problem = problem;
    }
    for (struct inf_section *section = inf->first; section && !error; section = section->next) {
        if (inf_is_strings(section->name))
            continue;
        for (uint32_t i = 0; i < section->count && !error; i++) {
            struct inf_line *line = &section->lines[i];
            error = inf_expand_one(x, &line->key, line->number);
            for (uint32_t f = 0; f < line->count && !error; f++)
                error = inf_expand_one(x, &line->fields[f], line->number);
        }
    }
    return error;
}

uint64_t inf_number(const char *text, uint64_t otherwise) {
    uint64_t value = 0;
    bool negative = *text == '-', hex = false;
    const char *at = text + negative;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        hex = true;
        at += 2;
    }
    if (!*at)
        return otherwise;
    for (; *at; at++) {
        char c = *at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 99;
        if (digit >= (hex ? 16u : 10u))
            return otherwise;
        value = value * (hex ? 16 : 10) + digit;
    }
    return negative ? 0 - value : value;
}

/* ---- for the host ---- */

int wdmsim_inf_lines(const struct wdmsim_inf *inf, const char *section) {
    const struct inf_section *found = inf_section(inf, section);
    return found ? (int)found->count : -1;
}

static const struct inf_line *inf_line_of(const struct wdmsim_inf *inf, const char *section,
                                          int line) {
    const struct inf_section *found = inf_section(inf, section);
    return found && line >= 0 && (uint32_t)line < found->count ? &found->lines[line] : NULL;
}

const char *wdmsim_inf_key(const struct wdmsim_inf *inf, const char *section, int line) {
    const struct inf_line *found = inf_line_of(inf, section, line);
    return found ? found->key : NULL;
}

const char *wdmsim_inf_field(const struct wdmsim_inf *inf, const char *section, int line,
                             int field) {
    const struct inf_line *found = inf_line_of(inf, section, line);
    return found && field >= 0 && (uint32_t)field < found->count ? found->fields[field] : NULL;
}

const char *wdmsim_inf_value(const struct wdmsim_inf *inf, const char *section, const char *key) {
    const struct inf_section *found = inf_section(inf, section);
    for (uint32_t i = 0; found && i < found->count; i++) {
        if (found->lines[i].key && inf_same(found->lines[i].key, key))
            return found->lines[i].count ? found->lines[i].fields[0] : "";
    }
    return NULL;
}
