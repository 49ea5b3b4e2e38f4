/*
 * Addresses in words.
 *
 * The library gives each frame its image and offset. A tool of the host turns offsets into
 * functions and lines; it is run once for each image, with all of that image's offsets. addr2line
 * and llvm-symbolizer print two lines for an offset, function and file:line, in the same form.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "report/symbol.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/process.h"

#define FRAMES_MOST WDMSIM_STOP_FRAMES
#define OFFSET_SIZE 24

/* What a tool said about a frame; empty texts where it said nothing. */
struct symbol {
    char function[256];
    char line[512];
};

/* ---- tools ---------------------------------------------------------------------------------- */

/* Runs a tool on the frames of one image. False if there is no such tool. */
static bool run_tool(char **arguments, unsigned fixed, const struct wdmsim_frame *frames,
                     const unsigned *which, unsigned count, struct text *output) {
    char offsets[FRAMES_MOST][OFFSET_SIZE];
    for (unsigned i = 0; i < count; i++) {
        /* The instruction after the call may belong to the next line, or to the next function. */
        snprintf(offsets[i], OFFSET_SIZE, "0x%" PRIxPTR, frames[which[i]].offset - 1);
        arguments[fixed + i] = offsets[i];
    }
    arguments[fixed + count] = NULL;
    return process_output(arguments, output);
}

static bool ask(const char *image, const struct wdmsim_frame *frames, const unsigned *which,
                unsigned count, struct text *output) {
    char *file = (char *)image;
    char *binutils[FRAMES_MOST + 6] = {"addr2line", "-f", "-C", "-e", file};
    if (run_tool(binutils, 5, frames, which, count, output))
        return true;
    text_clear(output);
    char *llvm[FRAMES_MOST + 6] = {"llvm-symbolizer", "--output-style=GNU", "--no-inlines", "-e",
                                   file};
    if (run_tool(llvm, 5, frames, which, count, output))
        return true;
    text_clear(output);
#ifdef __APPLE__
    char *apple[FRAMES_MOST + 6] = {"atos", "-fullPath", "-offset", "-o", file};
    return run_tool(apple, 5, frames, which, count, output);
#else
    return false;
#endif
}

/* ---- what tools say ------------------------------------------------------------------------- */

/* Cuts the next line off a text; NULL at its end. */
static char *next_line(char **rest) {
    char *line = *rest, *end = line ? strchr(line, '\n') : NULL;
    if (!end)
        return NULL;
    *end = 0;
    *rest = end + 1;
    return line;
}

/*
 * "driver.c:12 (discriminator 2)" without what is in parentheses; nothing for a line that is not
 * known,
 * "??:0" or "driver.c:?".
 */
static void take_line(char *line, struct symbol *symbol) {
    char here[512];
    char *note = strstr(line, " (");
    if (note)
        *note = 0;
    const char *colon = strrchr(line, ':');
    if (strncmp(line, "??", 2) == 0 || !colon || strchr("?0", colon[1]))
        return;
    size_t length = getcwd(here, sizeof here) ? strlen(here) : 0;
    if (length && strncmp(line, here, length) == 0 && line[length] == '/')
        line += length + 1;
    snprintf(symbol->line, sizeof symbol->line, "%s", line);
}

#ifdef __APPLE__
/* "EchoIoctl (in echo.sys) (/path/echo.c:120)" */
static void take_answers(char *answers, const unsigned *which, unsigned count,
                         struct symbol *symbols) {
    for (unsigned i = 0; i < count; i++) {
        char *line = next_line(&answers), *in = line ? strstr(line, " (in ") : NULL;
        if (!in)
            continue;
        *in = 0;
        snprintf(symbols[which[i]].function, sizeof symbols->function, "%s", line);
        char *open = strrchr(in + 1, '('), *close = open ? strchr(open, ')') : NULL;
        if (close && strchr(open, ':')) {
            *close = 0;
            take_line(open + 1, &symbols[which[i]]);
        }
    }
}
#else
static void take_answers(char *answers, const unsigned *which, unsigned count,
                         struct symbol *symbols) {
    for (unsigned i = 0; i < count; i++) {
        char *function = next_line(&answers), *line = next_line(&answers);
        if (!line)
            return;
        if (strncmp(function, "??", 2) != 0)
            snprintf(symbols[which[i]].function, sizeof symbols->function, "%s", function);
        take_line(line, &symbols[which[i]]);
    }
}
#endif

/* Asks once for each image. */
static void resolve(const struct wdmsim_frame *frames, unsigned count, struct symbol *symbols) {
    bool asked[FRAMES_MOST] = {false};
    for (unsigned i = 0; i < count; i++) {
        unsigned which[FRAMES_MOST], same = 0;
        if (asked[i] || !frames[i].image)
            continue;
        for (unsigned k = i; k < count; k++) {
            if (frames[k].image && strcmp(frames[k].image, frames[i].image) == 0) {
                which[same++] = k;
                asked[k] = true;
            }
        }
        struct text output = {0};
        if (ask(frames[i].image, frames, which, same, &output) && output.data)
            take_answers(output.data, which, same, symbols);
        text_free(&output);
    }
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* "echo" of "/path/echo.sys", "wdmsim" of "/path/libwdmsim.so.0". */
static void image_name(const char *image, char *name, size_t size) {
    const char *slash = strrchr(image, '/');
    const char *base = slash ? slash + 1 : image;
    if (strncmp(base, "lib", 3) == 0 && strchr(base, '.'))
        base += 3;
    snprintf(name, size, "%.*s", (int)strcspn(base, "."), base);
}

static void add_frame(const struct wdmsim_frame *frame, const struct symbol *symbol,
                      struct text *out) {
    char image[128] = "?";
    if (frame->image)
        image_name(frame->image, image, sizeof image);
    if (symbol->function[0])
        text_printf(out, "%s!%s", image, symbol->function);
    else if (frame->symbol)
        text_printf(out, "%s!%s+0x%" PRIxPTR, image, frame->symbol, frame->symbol_offset);
    else
        text_printf(out, "%s+0x%" PRIxPTR, image, frame->image ? frame->offset : frame->address);
    if (symbol->line[0])
        text_printf(out, "  %s", symbol->line);
    text_puts(out, "\n");
}

void symbol_frames(const struct wdmsim_frame *frames, unsigned count, const char *indent,
                   struct text *out) {
    if (count > FRAMES_MOST)
        count = FRAMES_MOST;
    struct symbol *symbols = memory_grow(NULL, (count + 1) * sizeof *symbols);
    memset(symbols, 0, (count + 1) * sizeof *symbols);
    resolve(frames, count, symbols);
    for (unsigned i = 0; i < count; i++) {
        text_puts(out, indent);
        add_frame(&frames[i], &symbols[i], out);
    }
    free(symbols);
}

struct wdmsim_frame symbol_here(const void *address) {
    struct wdmsim_frame frame = {.address = (uintptr_t)address};
    Dl_info info;
    if (!address || !dladdr(address, &info) || !info.dli_fname)
        return frame;
    frame.image = info.dli_fname;
    frame.offset = frame.address - (uintptr_t)info.dli_fbase + 1;
    frame.symbol = info.dli_sname;
    frame.symbol_offset = info.dli_sname ? frame.address - (uintptr_t)info.dli_saddr : 0;
    return frame;
}
