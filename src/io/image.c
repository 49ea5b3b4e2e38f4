/*
 * Driver images: shared objects of the host, loaded once per process and made fresh for every
 * machine.
 *
 * The first load in the process keeps a copy of the image's writable data, as the loader and
 * constructors left it; every load after that puts the copy back, so that a machine never sees what
 * an earlier one left in a driver's static variables. What the loader itself made read-only after
 * relocation is left out. The table of images belongs to the process, not to a machine: it is the
 * one such thing here, since the images themselves are.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <mach-o/getsect.h>
#include <mach-o/loader.h>
#else
#include <link.h>
#endif

#include "io/io.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IO_RAW __attribute__((no_sanitize("address"), noinline))
#endif
#endif
#ifndef IO_RAW
#define IO_RAW __attribute__((no_sanitize_address, noinline))
#endif

/* A piece of writable data and its copy. */
struct io_piece {
    char *start;
    size_t size;
    char *copy;
    struct io_piece *next;
};

struct io_known_image {
    void *handle;
    const char *start, *end;
    struct io_piece *pieces;
    struct io_known_image *next;
};

static pthread_mutex_t io_images_lock = PTHREAD_MUTEX_INITIALIZER;
static struct io_known_image *io_images;
static char io_search_path[4096];
static _Thread_local char io_loader_words[1024];

void wdmsim_driver_path(const char *directories) {
    snprintf(io_search_path, sizeof io_search_path, "%s", directories ? directories : "");
}

const char *wdmsim_driver_error(void) { return io_loader_words; }

/* Word by word and without the sanitizer's wrapper: its red zones lie between the variables copied.
 */
static IO_RAW void io_copy_raw(char *to, const char *from, size_t size) {
    for (size_t i = 0; i < size; i++)
        ((volatile char *)to)[i] = ((const volatile char *)from)[i];
}

static void io_piece_add(struct io_known_image *image, char *start, char *end) {
    if (start >= end)
        return;
    struct io_piece *piece = malloc(sizeof *piece);
    char *copy = malloc((size_t)(end - start));
    if (!piece || !copy)
        ki_no_memory();
    *piece = (struct io_piece){start, (size_t)(end - start), copy, image->pieces};
    io_copy_raw(copy, start, piece->size);
    image->pieces = piece;
}

#if defined(__APPLE__)

static void io_image_scan(struct io_known_image *image, const void *inside) {
    Dl_info info;
    if (!dladdr(inside, &info))
        return;
    static const char *const segments[] = {"__DATA", "__DATA_DIRTY"};
    for (size_t i = 0; i < KI_COUNT(segments); i++) {
        unsigned long size = 0;
        char *data = (char *)getsegmentdata((const struct mach_header_64 *)info.dli_fbase,
                                            segments[i], &size);
        if (data)
            io_piece_add(image, data, data + size);
    }
    unsigned long text = 0;
    image->start = (const char *)getsegmentdata((const struct mach_header_64 *)info.dli_fbase,
                                                "__TEXT", &text);
    image->end = image->start + text;
    for (const struct io_piece *piece = image->pieces; piece; piece = piece->next)
        if (piece->start + piece->size > image->end)
            image->end = piece->start + piece->size;
}

#else

struct io_scan {
    struct io_known_image *image;
    const char *inside;
    char *relro_start, *relro_end;
};

static bool io_scan_matches(const struct dl_phdr_info *info, const char *inside) {
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const char *start = (const char *)(info->dlpi_addr + header->p_vaddr);
        if (header->p_type == PT_LOAD && inside >= start && inside < start + header->p_memsz)
            return true;
    }
    return false;
}

/* A writable segment without the pages that became read-only after relocation. */
static void io_scan_segment(struct io_scan *scan, char *start, char *end) {
    if (scan->relro_end <= start || scan->relro_start >= end) {
        io_piece_add(scan->image, start, end);
        return;
    }
    io_piece_add(scan->image, start, scan->relro_start);
    io_piece_add(scan->image, scan->relro_end, end);
}

static int io_scan_image(struct dl_phdr_info *info, size_t size, void *context) {
    struct io_scan *scan = context;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size;
    if (!io_scan_matches(info, scan->inside))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_GNU_RELRO) {
            scan->relro_start = (char *)(start & ~(page - 1));
            scan->relro_end = (char *)((start + header->p_memsz) & ~(page - 1));
        }
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        char *start = (char *)(info->dlpi_addr + header->p_vaddr), *end = start + header->p_memsz;
        if (header->p_type != PT_LOAD)
            continue;
        if (header->p_flags & PF_W)
            io_scan_segment(scan, start, end);
        if (!scan->image->start || start < scan->image->start)
            scan->image->start = start;
        if (end > scan->image->end)
            scan->image->end = end;
    }
    return 1;
}

static void io_image_scan(struct io_known_image *image, const void *inside) {
    struct io_scan scan = {.image = image, .inside = inside};
    dl_iterate_phdr(io_scan_image, &scan);
}

#endif

/* The first time keeps the data, every other time puts it back. */
static struct io_known_image *io_image_refresh(void *handle, const void *inside) {
    struct io_known_image *image = io_images;
    while (image && image->handle != handle)
        image = image->next;
    if (image) {
        for (const struct io_piece *piece = image->pieces; piece; piece = piece->next)
            io_copy_raw(piece->start, piece->copy, piece->size);
        return image;
    }
    image = calloc(1, sizeof *image);
    if (!image)
        ki_no_memory();
    image->handle = handle;
    io_image_scan(image, inside);
    image->next = io_images;
    io_images = image;
    return image;
}

/* Looks through a list of directories; true if the file is there. */
static bool io_search(const char *directories, const char *name, char *path, size_t size) {
    while (directories && *directories) {
        size_t length = strcspn(directories, ":");
        if (length) {
            snprintf(path, size, "%.*s/%s.sys", (int)length, directories, name);
            if (access(path, R_OK) == 0)
                return true;
        }
        directories += length;
        directories += *directories == ':';
    }
    return false;
}

static bool io_image_find(const char *image, char *path, size_t size) {
    if (strchr(image, '/')) {
        snprintf(path, size, "%s", image);
        return access(path, R_OK) == 0;
    }
    if (io_search(io_search_path, image, path, size) ||
        io_search(getenv("WDMSIM_DRIVER_PATH"), image, path, size))
        return true;
    /* A file name beside the program; the loader wants to see a path. */
    snprintf(path, size, "./%s", image);
    return strstr(image, ".sys") && access(path, R_OK) == 0;
}

int io_image_load(const char *image, struct io_image *loaded) {
    io_loader_words[0] = 0;
    if (!io_image_find(image, loaded->path, sizeof loaded->path)) {
        snprintf(io_loader_words, sizeof io_loader_words, "%s: no such image", image);
        return WDMSIM_ERROR_NOT_FOUND;
    }
    loaded->handle = dlopen(loaded->path, RTLD_NOW | RTLD_LOCAL);
    void *entry = loaded->handle ? dlsym(loaded->handle, "DriverEntry") : NULL;
    if (!entry) {
        const char *words = dlerror();
        snprintf(io_loader_words, sizeof io_loader_words, "%s", words ? words : "no DriverEntry");
        if (loaded->handle)
            dlclose(loaded->handle);
        return WDMSIM_ERROR_NOT_A_DRIVER;
    }
    pthread_mutex_lock(&io_images_lock);
    const struct io_known_image *known = io_image_refresh(loaded->handle, entry);
    pthread_mutex_unlock(&io_images_lock);
    loaded->entry = (wdmsim_driver_entry *)(uintptr_t)entry;
    loaded->start = known->start;
    loaded->end = known->end;
    return 0;
}

/* Whether a module's name is that of the driver's file, NAME.sys. */
static bool io_is_module(const struct wdmsim_driver *driver, PCUNICODE_STRING module) {
    char name[260];
    size_t length = module->Length / sizeof(WCHAR), tail = strlen(".sys");
    if (length >= sizeof name || length < tail)
        return false;
    for (size_t i = 0; i < length; i++)
        name[i] = (char)(module->Buffer[i] < 0x80 ? module->Buffer[i] : '?');
    name[length] = 0;
    if (strcasecmp(name + length - tail, ".sys") != 0)
        return false;
    name[length - tail] = 0;
    return strcasecmp(name, driver->name) == 0;
}

void *io_module_routine(struct machine *m, PCUNICODE_STRING module, const char *name) {
    LIST_ENTRY *head = &m->io->drivers;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct wdmsim_driver *driver = CONTAINING_RECORD(link, struct wdmsim_driver, link);
        if (!driver->object || !driver->image.handle || !io_is_module(driver, module))
            continue;
        void *found = dlsym(driver->image.handle, name);
        bool own = found >= driver->image.start && found < driver->image.end;
        return own ? found : NULL; /* not what a library of its has */
    }
    return NULL;
}

void *wdmsim_driver_symbol(const struct wdmsim_driver *driver, const char *symbol) {
    return dlsym(driver->image.handle ? driver->image.handle : RTLD_DEFAULT, symbol);
}
