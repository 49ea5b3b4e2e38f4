/* Writing the page: see html.h. */
#include "report/html.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

extern const char page_html[], page_css[], page_js[];

/* Inside a script element no "<" may stand that could end it: JSON has them in texts only. */
static void put_data(FILE *file, const char *json) {
    while (*json) {
        size_t length = strcspn(json, "<");
        fwrite(json, 1, length, file);
        json += length;
        if (*json == '<') {
            fputs("\\u003c", file);
            json++;
        }
    }
}

static void put_runs(FILE *file, const struct text *const *runs, unsigned count) {
    fputs("{\"version\":\"" WDMSIM_VERSION "\",\"runs\":[", file);
    for (unsigned i = 0, written = 0; i < count; i++) {
        if (!runs[i]->length)
            continue;
        if (written++)
            fputs(",\n", file);
        put_data(file, text_string(runs[i]));
    }
    fputs("]}", file);
}

static void put_part(FILE *file, const char *name, size_t length, const struct text *const *runs,
                     unsigned count) {
    if (strncmp(name, "style", length) == 0)
        fputs(page_css, file);
    else if (strncmp(name, "script", length) == 0)
        fputs(page_js, file);
    else if (strncmp(name, "data", length) == 0)
        put_runs(file, runs, count);
}

/* The page has places like @style@ where its parts belong. */
static void put_page(FILE *file, const struct text *const *runs, unsigned count) {
    const char *p = page_html;
    for (;;) {
        size_t length = strcspn(p, "@");
        fwrite(p, 1, length, file);
        p += length;
        if (!*p)
            return;
        length = strcspn(p + 1, "@");
        put_part(file, p + 1, length, runs, count);
        p += length + 1 + (p[length + 1] == '@');
    }
}

bool html_write(const char *name, const struct text *const *runs, unsigned count) {
    FILE *file = fopen(name, "wb");
    bool good = file != NULL;
    if (file) {
        put_page(file, runs, count);
        good = !ferror(file) && fflush(file) == 0;
        good = fclose(file) == 0 && good;
    }
    if (!good)
        fprintf(stderr, "wdmsim: %s: %s\n", name, strerror(errno));
    return good;
}
