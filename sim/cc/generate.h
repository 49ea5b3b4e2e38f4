/*
 * Headers that Windows' message compiler makes: from message files (.mc) and event manifests (.man,
 * .xml).
 */
#ifndef WDMSIM_CC_GENERATE_H
#define WDMSIM_CC_GENERATE_H

#include "cc.h"

/** Writes the header called `name` into the private directory when a message file or a manifest for
 * it is known from the project or lies in `directory`. False when there is none; what is malformed
 * ends the process. */
bool cc_generate_header(struct cc_includes *includes, const char *directory, const char *name);
/** The header of an event manifest; false after a message. */
bool cc_event_header(const char *path, struct cc_text *out, FILE *messages);

#endif
