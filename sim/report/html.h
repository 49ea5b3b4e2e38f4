/*
 * The report as one page: device tree, timelines, charts and failures, with everything it needs
 * inside it.
 *
 * The page is made of page.html, page.css and page.js, which the build puts into the program, and
 * of the runs as JSON (timeline.h). It fetches nothing.
 */
#ifndef SIM_REPORT_HTML_H
#define SIM_REPORT_HTML_H

#include <stdbool.h>

#include "memory.h"

/* Writes the page with runs, each the text of an object; false if it could not be written whole. */
bool html_write(const char *file, const struct text *const *runs, unsigned count);

#endif
