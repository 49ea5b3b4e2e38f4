/*
 * A small XML reader for the files of Windows' build tools: projects and event manifests.
 *
 * The whole file becomes a tree of elements. Names lose their namespace prefix; the text of an
 * element is all of its character data with the white space around it removed. Memory lives until
 * cc_strings_free.
 */
#ifndef WDMSIM_CC_XML_H
#define WDMSIM_CC_XML_H

#include "cc.h"

struct cc_attribute {
    const char *name, *value;
    struct cc_attribute *next;
};

struct cc_element {
    const char *name, *text;
    uint32_t line;
    struct cc_attribute *attributes;
    struct cc_element *parent, *child, *last, *next;
};

/** The root element, or NULL with a message `path:line: error: …` on `messages`. */
struct cc_element *cc_xml_parse(const char *path, const char *text, size_t size, FILE *messages);
/** Reads the file (UTF-8 or UTF-16) and parses it; the same errors, and those of reading. */
struct cc_element *cc_xml_read(const char *path, FILE *messages);
/** The attribute's value in any letter case, or NULL. */
const char *cc_xml_attribute(const struct cc_element *element, const char *name);
/** The next element of that name among `element` and those behind it, or NULL. */
struct cc_element *cc_xml_named(struct cc_element *element, const char *name);

#endif
