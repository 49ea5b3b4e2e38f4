/*
 * INF files as the PnP manager's own code sees them.
 */
#ifndef PNP_INF_H
#define PNP_INF_H

#include <wdmsim/inf.h>

#include "ki/machine.h"

/* What the machine is, for decorations: x64, a workstation, the version that RtlGetVersion tells.
 */
#define INF_ARCHITECTURE "amd64"
#define INF_MAJOR 10u
#define INF_MINOR 0u
#define INF_BUILD 22621u
#define INF_PRODUCT 1u
#define INF_SUITE 0x100u

/* Limits: a text that exceeds one is no INF. */
#define INF_TEXT_MAX (8u << 20)    /* bytes of the file */
#define INF_MEMORY_MAX (96u << 20) /* bytes of everything kept */
#define INF_FIELD_MAX 4096u        /* bytes of a field, before and after replacing %strings% */
#define INF_NEEDS_MAX 8u           /* sections that need sections that need … */

/* Memory that is given back as a whole: from the host, or from a machine's arena. */
struct inf_memory {
    struct machine *machine; /* NULL: the host's */
    struct inf_chunk *chunks;
    char *next, *end;
    size_t total;
};

struct inf_line {
    const char *key; /* NULL: none */
    const char **fields;
    uint32_t count;
    uint32_t number; /* in the text, from 1 */
};

struct inf_section {
    struct inf_section *next;   /* in the order of the text */
    struct inf_section *hashed; /* of the same bucket */
    const char *name;
    struct inf_line *lines;
    uint32_t count, room;
};

#define INF_BUCKETS 512u
struct wdmsim_inf {
    struct inf_memory memory;
    struct wdmsim_inf *next; /* in a machine's driver store, in the order of coming */
    const char *name;
    const void *text; /* of the file, as it was */
    size_t size;
    struct inf_section *first, **last;
    struct inf_section *buckets[INF_BUCKETS];
};

/* ---- inf_text.c ---- */

/* Reads into memory of the machine, or with NULL of the host. 0, INVALID or NO_MEMORY. */
int inf_read(struct machine *m, const void *text, size_t size, const char *name,
             struct wdmsim_inf **inf, struct wdmsim_inf_problem *problem);
const struct inf_section *inf_section(const struct wdmsim_inf *inf, const char *name);
/* Zeroed memory that lives as long as the INF; NULL beyond the limit. */
void *inf_allocate(struct inf_memory *memory, size_t size);
char *inf_copy(struct inf_memory *memory, const char *text, size_t length);
/* Compares as INF names are compared: ASCII letters have no case. */
bool inf_same(const char *a, const char *b);
bool inf_starts(const char *text, const char *prefix);

/* ---- inf_expand.c ---- */

/* Replaces %strings% in all sections. */
int inf_expand(struct wdmsim_inf *inf, struct wdmsim_inf_problem *problem);
int inf_problem(struct wdmsim_inf_problem *problem, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A number in decimal or, after 0x, hexadecimal notation; `otherwise` if it is none. */
uint64_t inf_number(const char *text, uint64_t otherwise);

/* ---- inf_package.c ---- */

/* The field, or "" if the line has fewer. */
static inline const char *inf_line_field(const struct inf_line *line, unsigned field) {
    return field < line->count ? line->fields[field] : "";
}

/*
 * Visits the lines with a key (NULL: every line) of a section and of the sections that its Needs
 * lines name, here or in another INF of `store` (NULL: none). Ends early when `visit` returns
 * false, and returns false then.
 */
typedef bool inf_visit_fn(void *context, const struct wdmsim_inf *inf, const struct inf_line *line);
bool inf_visit(const struct wdmsim_inf *store, const struct wdmsim_inf *inf, const char *section,
               const char *key, inf_visit_fn *visit, void *context);
/* The section with the best decoration for this system; false if there is none at all. */
bool inf_decorated(const struct wdmsim_inf *inf, const char *base, char name[WDMSIM_INF_NAME]);
/* "name" and a suffix such as ".HW". */
const char *inf_suffixed(char buffer[WDMSIM_INF_NAME], const char *name, const char *suffix);
/* Fills a service from an AddService line; false if it names no install section. */
bool inf_service(const struct wdmsim_inf *inf, const struct inf_line *line,
                 struct wdmsim_inf_service *service);
/* A date or version of DriverVer as a number that orders them. */
uint64_t inf_driver_date(const struct wdmsim_inf *inf);
uint64_t inf_driver_version(const struct wdmsim_inf *inf);

#endif
