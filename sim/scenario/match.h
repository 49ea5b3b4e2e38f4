/* Patterns on lines of text. */
#ifndef SIM_SCENARIO_MATCH_H
#define SIM_SCENARIO_MATCH_H

#include <stdbool.h>

/*
 * Whether a pattern stands somewhere in a line, beginning and ending at the border of a word. In
 * the pattern * is any number of characters and ? is one; there is no escape, as \ is all over
 * Windows' names.
 */
bool match_line(const char *pattern, const char *line);

#endif
