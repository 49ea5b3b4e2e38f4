/*
 * INF files as driver packages: which devices they are for, and what belongs to an install section.
 *
 * A Manufacturer line names a models section and the systems it has been written for; of its
 * decorated forms the one that fits this system best is used, so for install sections. How well a
 * device matches is the identifier score of the documentation: below 0x1000 when one of the
 * device's hardware identifiers is the model's own, then 0x1000, 0x2000 and 0x3000 as compatible
 * identifiers of the model, of the device, of both take part; the position in the device's list
 * counts before that in the model's. A better score wins, then the newer date, then the higher
 * version of DriverVer. (Where a decorated section does not exist although the Manufacturer line
 * names it, the package has no models for that system, as its author says by that.)
 */
#include "pnp/inf.h"

#include <stdio.h>
#include <string.h>

const char *inf_suffixed(char buffer[WDMSIM_INF_NAME], const char *name, const char *suffix) {
    snprintf(buffer, WDMSIM_INF_NAME, "%s%s", name, suffix);
    return buffer;
}

bool wdmsim_inf_is_package(const struct wdmsim_inf *inf) {
    const char *signature = wdmsim_inf_value(inf, "Version", "Signature");
    return signature && (inf_same(signature, "$Windows NT$") || inf_same(signature, "$Chicago$"));
}

/* ---- decorations ---- */

/* The next part of "10.0...16299", moved on from; -1: it is empty, -2: no number. */
static int64_t inf_part(const char **at) {
    char text[16];
    size_t length = strcspn(*at, ".");
    if (length >= sizeof text)
        return -2;
    memcpy(text, *at, length);
    text[length] = 0;
    *at += length + ((*at)[length] == '.');
    uint64_t value = length ? inf_number(text, UINT64_MAX) : 0;
    return !length ? -1 : value > UINT32_MAX ? -2 : (int64_t)value;
}

/*
 * How well a decoration "NT[architecture][.major[.minor[.product[.suite[.build]]]]]" fits: -1 not
 * at all, else the more the closer.
 */
static int64_t inf_decoration(const char *text) {
    static const char architecture[] = INF_ARCHITECTURE;
    int64_t parts[5], score = 0;
    if (!inf_starts(text, "NT"))
        return -1;
    text += 2;
    if (inf_starts(text, architecture)) {
        text += sizeof architecture - 1;
        score |= 1ll << 52;
    }
    if (*text && *text != '.')
        return -1;
    text += *text == '.';
    for (int i = 0; i < 5; i++) {
        parts[i] = *text ? inf_part(&text) : -1;
        if (parts[i] == -2)
            return -1;
    }
    int64_t major = parts[0], minor = parts[1], product = parts[2], suite = parts[3];
    int64_t build = parts[4];
    bool newer = major > INF_MAJOR || (major == INF_MAJOR && minor > (int64_t)INF_MINOR);
    bool same = major == INF_MAJOR && (minor < 0 || minor == INF_MINOR);
    if (*text || newer || (same && build > (int64_t)INF_BUILD) ||
        (product > 0 && product != INF_PRODUCT) || (suite > 0 && !(suite & INF_SUITE)))
        return -1;
    score |= (major + 1) << 42 | (minor + 1) << 32 | (build + 1) << 2;
    return score | (product > 0 ? 2 : 0) | (suite > 0 ? 1 : 0);
}

bool inf_decorated(const struct wdmsim_inf *inf, const char *base, char name[WDMSIM_INF_NAME]) {
    size_t length = strlen(base);
    const char *best = NULL;
    int64_t best_score = -1;
    for (const struct inf_section *s = inf->first; s; s = s->next) {
        if (!inf_starts(s->name, base) || strlen(s->name) >= WDMSIM_INF_NAME)
            continue;
        int64_t score = !s->name[length]         ? 0
                        : s->name[length] == '.' ? inf_decoration(s->name + length + 1)
                                                 : -1;
        if (score > best_score) {
            best = s->name;
            best_score = score;
        }
    }
    if (best)
        snprintf(name, WDMSIM_INF_NAME, "%s", best);
    return best != NULL;
}

/* ---- models ---- */

/* The models section of a Manufacturer line for this system. */
static const struct inf_section *inf_models(const struct wdmsim_inf *inf,
                                            const struct inf_line *line) {
    const char *base = line->count && *line->fields[0] ? line->fields[0] : line->key;
    const char *best = NULL;
    char name[WDMSIM_INF_NAME];
    int64_t best_score = -1;
    if (!base)
        return NULL;
    for (uint32_t i = 1; i < line->count; i++) {
        int64_t score = inf_decoration(line->fields[i]);
        if (score > best_score) {
            best = line->fields[i];
            best_score = score;
        }
    }
    if (!best)
        return inf_section(inf, base);
    size_t length = strlen(base), decoration = strlen(best);
    if (length + decoration + 2 > sizeof name)
        return NULL;
    memcpy(name, base, length);
    name[length] = '.';
    memcpy(name + length + 1, best, decoration + 1);
    return inf_section(inf, name);
}

static void inf_fill_model(const struct wdmsim_inf *inf, const struct inf_line *manufacturer,
                           const struct inf_line *line, struct wdmsim_inf_model *model) {
    *model = (struct wdmsim_inf_model){
        .manufacturer = manufacturer->key ? manufacturer->key : inf_line_field(manufacturer, 0),
        .description = line->key ? line->key : "",
        .section = inf_line_field(line, 0),
        .line = line->number,
    };
    if (!inf_decorated(inf, model->section, model->install))
        snprintf(model->install, sizeof model->install, "%s", model->section);
    for (uint32_t i = 1; i < line->count && model->id_count < WDMSIM_INF_IDS; i++) {
        if (*line->fields[i])
            model->ids[model->id_count++] = line->fields[i];
    }
}

typedef bool inf_model_fn(void *context, const struct inf_line *manufacturer,
                          const struct inf_line *line);

/* Visits the models for this system; false as soon as `visit` says so. */
static bool inf_each_model(const struct wdmsim_inf *inf, inf_model_fn *visit, void *context) {
    const struct inf_section *all = inf_section(inf, "Manufacturer");
    for (uint32_t i = 0; all && i < all->count; i++) {
        const struct inf_section *models = inf_models(inf, &all->lines[i]);
        for (uint32_t j = 0; models && j < models->count; j++) {
            const struct inf_line *line = &models->lines[j];
            if (line->count && *line->fields[0] && !visit(context, &all->lines[i], line))
                return false;
        }
    }
    return true;
}

struct inf_nth_model {
    const struct wdmsim_inf *inf;
    unsigned left;
    struct wdmsim_inf_model *model;
};

static bool inf_count_model(void *context, const struct inf_line *manufacturer,
                            const struct inf_line *line) {
    struct inf_nth_model *nth = context;
    if (nth->left--)
        return true;
    inf_fill_model(nth->inf, manufacturer, line, nth->model);
    return false;
}

bool wdmsim_inf_model(const struct wdmsim_inf *inf, unsigned n, struct wdmsim_inf_model *model) {
    struct inf_nth_model nth = {inf, n, model};
    return !inf_each_model(inf, inf_count_model, &nth);
}

/* ---- matching ---- */

struct inf_matching {
    const char *const *ids[2]; /* of the device: hardware, compatible */
    int score;
    const struct inf_line *manufacturer, *line;
};

/* The best score of a model line, or a larger number than any score. */
static int inf_score(const struct inf_matching *matching, const struct inf_line *line) {
    int best = INT32_MAX;
    for (int kind = 0; kind < 2; kind++) {
        const char *const *ids = matching->ids[kind];
        for (int i = 0; ids && ids[i] && i < 0x100; i++) {
            for (uint32_t j = 1; j < line->count && j <= WDMSIM_INF_IDS; j++) {
                if (!*line->fields[j] || !inf_same(ids[i], line->fields[j]))
                    continue;
                int place = kind == 0 && j == 1 ? i : i << 4 | (j - 1 < 15 ? (int)j - 1 : 15);
                int score = (kind ? 0x2000 : 0) + (j > 1 ? 0x1000 : 0) + place;
                best = score < best ? score : best;
            }
        }
    }
    return best;
}

static bool inf_try_model(void *context, const struct inf_line *manufacturer,
                          const struct inf_line *line) {
    struct inf_matching *matching = context;
    int score = inf_score(matching, line);
    if (score < matching->score) {
        matching->score = score;
        matching->manufacturer = manufacturer;
        matching->line = line;
    }
    return true;
}

int wdmsim_inf_match(const struct wdmsim_inf *inf, const char *const *hardware,
                     const char *const *compatible, struct wdmsim_inf_model *model) {
    struct inf_matching matching = {{hardware, compatible}, INT32_MAX, NULL, NULL};
    if (!wdmsim_inf_is_package(inf))
        return -1;
    inf_each_model(inf, inf_try_model, &matching);
    if (!matching.line)
        return -1;
    if (model)
        inf_fill_model(inf, matching.manufacturer, matching.line, model);
    return matching.score;
}

/* The numbers of "06/21/2006" or "10.0.0.1" one after the other. */
static void inf_numbers(const char *text, const char *separators, uint64_t parts[4]) {
    memset(parts, 0, 4 * sizeof parts[0]);
    for (int i = 0; i < 4 && *text; i++) {
        char part[12];
        size_t length = strcspn(text, separators);
        snprintf(part, sizeof part, "%.*s", (int)(length < 11 ? length : 11), text);
        parts[i] = inf_number(part, 0);
        text += length + (text[length] != 0);
    }
}

static const char *inf_driver_ver(const struct wdmsim_inf *inf, unsigned field) {
    const struct inf_section *version = inf_section(inf, "Version");
    for (uint32_t i = 0; version && i < version->count; i++) {
        if (version->lines[i].key && inf_same(version->lines[i].key, "DriverVer"))
            return inf_line_field(&version->lines[i], field);
    }
    return "";
}

uint64_t inf_driver_date(const struct wdmsim_inf *inf) {
    uint64_t parts[4];
    inf_numbers(inf_driver_ver(inf, 0), "/-", parts);
    return parts[2] << 16 | (parts[0] & 0xff) << 8 | (parts[1] & 0xff);
}

uint64_t inf_driver_version(const struct wdmsim_inf *inf) {
    uint64_t parts[4];
    inf_numbers(inf_driver_ver(inf, 1), ".", parts);
    return (parts[0] & 0xffff) << 48 | (parts[1] & 0xffff) << 32 | (parts[2] & 0xffff) << 16 |
           (parts[3] & 0xffff);
}

/* ---- install sections ---- */

struct inf_walk {
    const struct wdmsim_inf *store;
    const char *key;
    inf_visit_fn *visit;
    void *context;
    unsigned budget; /* sections that may still be entered */
};

/* The INF that has a section an Include of `inf` makes available. */
static const struct wdmsim_inf *inf_with_section(const struct wdmsim_inf *store,
                                                 const struct wdmsim_inf *inf, const char *name) {
    if (inf_section(inf, name))
        return inf;
    for (; store; store = store->next) {
        if (inf_section(store, name))
            return store;
    }
    return NULL;
}

static bool inf_walk_section(struct inf_walk *walk, const struct wdmsim_inf *inf, const char *name,
                             unsigned depth) {
    const struct inf_section *section = inf_section(inf, name);
    for (uint32_t i = 0; section && i < section->count; i++) {
        const struct inf_line *line = &section->lines[i];
        bool wanted = !walk->key || (line->key && inf_same(line->key, walk->key));
        if (wanted && !walk->visit(walk->context, inf, line))
            return false;
        if (!line->key || !inf_same(line->key, "Needs") || depth == INF_NEEDS_MAX)
            continue;
        for (uint32_t f = 0; f < line->count && walk->budget; f++) {
            const struct wdmsim_inf *other = inf_with_section(walk->store, inf, line->fields[f]);
            walk->budget--;
            if (other && !inf_walk_section(walk, other, line->fields[f], depth + 1))
                return false;
        }
    }
    return true;
}

bool inf_visit(const struct wdmsim_inf *store, const struct wdmsim_inf *inf, const char *section,
               const char *key, inf_visit_fn *visit, void *context) {
    struct inf_walk walk = {store, key, visit, context, 256};
    return inf_walk_section(&walk, inf, section, 0);
}

static const char *inf_value_or_null(const struct wdmsim_inf *inf, const char *section,
                                     const char *key) {
    const char *value = wdmsim_inf_value(inf, section, key);
    return value && *value ? value : NULL;
}

bool inf_service(const struct wdmsim_inf *inf, const struct inf_line *line,
                 struct wdmsim_inf_service *service) {
    const char *section = inf_line_field(line, 2);
    if (!*inf_line_field(line, 0) || !inf_section(inf, section))
        return false;
    const char *type = wdmsim_inf_value(inf, section, "ServiceType");
    const char *start = wdmsim_inf_value(inf, section, "StartType");
    const char *error = wdmsim_inf_value(inf, section, "ErrorControl");
    *service = (struct wdmsim_inf_service){
        .name = inf_line_field(line, 0),
        .is_function = (inf_number(inf_line_field(line, 1), 0) & 2) != 0,
        .type = (uint32_t)inf_number(type ? type : "", 1),
        .start = (uint32_t)inf_number(start ? start : "", 3),
        .error_control = (uint32_t)inf_number(error ? error : "", 1),
        .binary = inf_value_or_null(inf, section, "ServiceBinary"),
        .display_name = inf_value_or_null(inf, section, "DisplayName"),
        .group = inf_value_or_null(inf, section, "LoadOrderGroup"),
    };
    return true;
}

struct inf_nth_service {
    unsigned left;
    struct wdmsim_inf_service *service;
};

static bool inf_count_service(void *context, const struct wdmsim_inf *inf,
                              const struct inf_line *line) {
    struct inf_nth_service *nth = context;
    struct wdmsim_inf_service service;
    if (!inf_service(inf, line, &service) || nth->left--)
        return true;
    *nth->service = service;
    return false;
}

bool wdmsim_inf_service(const struct wdmsim_inf *inf, const char *install, unsigned n,
                        struct wdmsim_inf_service *service) {
    char name[WDMSIM_INF_NAME];
    struct inf_nth_service nth = {n, service};
    return !inf_visit(NULL, inf, inf_suffixed(name, install, ".Services"), "AddService",
                      inf_count_service, &nth);
}
