/*
 * Driver packages: an INF file read, matched against a device's identifiers, installed.
 *
 *     struct wdmsim_inf *inf;
 *     struct wdmsim_inf_problem problem;
 *     if (wdmsim_inf_load("toaster.inf", &inf, &problem)) … problem.line, problem.message
 *     wdmsim_inf_add(machine, inf);     // devices that come from now on may be matched by it
 *     wdmsim_inf_free(inf);
 *
 * What is read: UTF-8, UTF-16 or Windows-1252 text; sections, quoted fields, continued lines,
 * comments, %strings% and directory numbers; decorations (NTamd64.10.0…) for an x64 workstation of
 * the machine's version; Manufacturer and models, hardware and compatible identifiers; the install
 * section with .HW, .Services, .Filters and .Interfaces, AddReg and DelReg of all value types,
 * Include and Needs. An .inx file is taken as its stamped form for amd64. Files are not copied:
 * there is no disk, the driver image is found as wdmsim_driver_load finds it.
 */
#ifndef WDMSIM_INF_H
#define WDMSIM_INF_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wdmsim_inf;

/* Where a text is no INF, and why. */
struct wdmsim_inf_problem {
    unsigned line; /* from 1; 0: the file as a whole */
    char message[128];
};

/*
 * Reads a text of `size` bytes; `name` is the file's name, as Include lines of others call it.
 * INVALID fills *problem (which may be NULL); NO_MEMORY. The result belongs to the host, not to a
 * machine.
 */
int wdmsim_inf_read(const void *text, size_t size, const char *name, struct wdmsim_inf **inf,
                    struct wdmsim_inf_problem *problem);
/* The same from a file; NOT_FOUND if it cannot be opened. */
int wdmsim_inf_load(const char *path, struct wdmsim_inf **inf, struct wdmsim_inf_problem *problem);
void wdmsim_inf_free(struct wdmsim_inf *inf);

/* ---- the text ---- */

/* All strings are UTF-8, with %strings% replaced, and live as long as the INF. Names of sections
 * and entries have no case. */

/* The number of lines in a section (all sections of that name together), or -1: there is none. */
int wdmsim_inf_lines(const struct wdmsim_inf *inf, const char *section);
/* What stands before the equals sign of a line, or NULL. */
const char *wdmsim_inf_key(const struct wdmsim_inf *inf, const char *section, int line);
/* A field of a line, counted from 0; NULL beyond the last. */
const char *wdmsim_inf_field(const struct wdmsim_inf *inf, const char *section, int line,
                             int field);
/* The first field of the entry with a key, or NULL: wdmsim_inf_value(inf, "Version", "Class"). */
const char *wdmsim_inf_value(const struct wdmsim_inf *inf, const char *section, const char *key);

/* ---- the package ---- */

/* Whether it is a driver package for Windows at all: [Version] has a signature of Windows NT. */
bool wdmsim_inf_is_package(const struct wdmsim_inf *inf);

#define WDMSIM_INF_IDS 32
#define WDMSIM_INF_NAME 256

/* One device of the package: a line of a models section. */
struct wdmsim_inf_model {
    const char *manufacturer, *description;
    const char *section;             /* the install section, undecorated */
    char install[WDMSIM_INF_NAME];   /* the one for this system, as "Toaster_Device.NT" */
    const char *ids[WDMSIM_INF_IDS]; /* the hardware identifier, then compatible ones */
    unsigned id_count;
    unsigned line; /* in the text */
};
/* The n-th model for this system, from 0; false: there are no more. */
bool wdmsim_inf_model(const struct wdmsim_inf *inf, unsigned n, struct wdmsim_inf_model *model);

/*
 * How well the package fits a device with these identifiers (ends of lists are NULL pointers, lists
 * may be NULL): fills *model and returns the identifier score, 0 the best, as Windows ranks; -1:
 * not at all. (docs: how Windows selects a driver package)
 */
int wdmsim_inf_match(const struct wdmsim_inf *inf, const char *const *hardware,
                     const char *const *compatible, struct wdmsim_inf_model *model);

/* One AddService of an install section. */
struct wdmsim_inf_service {
    const char *name;
    bool is_function; /* the device's function driver */
    uint32_t type, start, error_control;
    const char *binary;               /* "\SystemRoot\System32\drivers\toaster.sys" */
    const char *display_name, *group; /* or NULL */
};
/* The n-th service of a model's install section; false: there are no more. */
bool wdmsim_inf_service(const struct wdmsim_inf *inf, const char *install, unsigned n,
                        struct wdmsim_inf_service *service);

/* ---- the machine ---- */

/*
 * Puts the package into the machine's driver store. When a device is enumerated that has no driver
 * by other means, the best match among the packages is installed: registry keys, services, filters.
 * Devices that are there and have no driver are offered it when the machine runs next. INVALID if
 * it is no package.
 */
int wdmsim_inf_add(struct machine *machine, const struct wdmsim_inf *inf);

#ifdef __cplusplus
}
#endif
#endif
