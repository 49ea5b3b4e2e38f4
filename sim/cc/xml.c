/*
 * The XML reader of xml.h: one pass over the text with a pointer to the open element, so depth
 * costs nothing and no input makes it recurse. Document types are skipped, entities of one's own
 * are an error.
 */
#include "xml.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
    const char *path, *at, *end;
    uint32_t line;
    FILE *messages;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void fail(struct reader *reader, const char *format,
                                                       ...) {
    if (!reader->failed && reader->messages) {
        va_list arguments;
        fprintf(reader->messages, "%s:%u: error: ", reader->path, reader->line);
        va_start(arguments, format);
        vfprintf(reader->messages, format, arguments);
        va_end(arguments);
        fputs(" [wdmsim-cc]\n", reader->messages);
    }
    reader->failed = true;
}

/* Moves to `to`, counting lines. */
static void advance(struct reader *reader, const char *to) {
    for (; reader->at < to; reader->at++) {
        reader->line += *reader->at == '\n';
    }
}

static bool looking_at(const struct reader *reader, const char *text) {
    size_t size = strlen(text);
    return (size_t)(reader->end - reader->at) >= size && memcmp(reader->at, text, size) == 0;
}

static const char *find(const char *from, const char *end, const char *what) {
    size_t size = strlen(what);
    for (; (size_t)(end - from) >= size; from++) {
        if (memcmp(from, what, size) == 0) {
            return from;
        }
    }
    return NULL;
}

static void skip_space(struct reader *reader) {
    while (reader->at < reader->end && isspace((unsigned char)*reader->at)) {
        advance(reader, reader->at + 1);
    }
}

static bool name_part(char c) {
    return isalnum((unsigned char)c) || (c && strchr("_-.:", c)) || (unsigned char)c >= 0x80;
}

/* A name, without its prefix; NULL when there is none. */
static const char *name(struct reader *reader) {
    const char *start = reader->at;
    while (reader->at < reader->end && name_part(*reader->at)) {
        if (*reader->at++ == ':') {
            start = reader->at;
        }
    }
    return reader->at > start ? cc_copy(start, (size_t)(reader->at - start)) : NULL;
}

/* ---- character data ---- */

static void put_character(struct reader *reader, struct cc_text *out, unsigned long c) {
    char bytes[4];
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (c == 0 || c > 0x10FFFF) {
        fail(reader, "a character reference to no character");
        return;
    }
    for (size_t i = size; i-- > 1; c >>= 6) {
        bytes[i] = (char)(0x80 | (c & 63));
    }
    bytes[0] = (char)(size == 1 ? c : (0xF00 >> size & 0xFF) | c);
    cc_put(out, bytes, size);
}

/* `&…;` at `at`; returns what is behind it. */
static const char *entity(struct reader *reader, const char *at, const char *end,
                          struct cc_text *out) {
    static const struct {
        const char *name;
        char c;
    } entities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    const char *close = memchr(at, ';', (size_t)(end - at));
    size_t size = close ? (size_t)(close - at - 1) : 0;
    if (!size || size > 10) {
        fail(reader, "'&' without its entity");
        return end;
    }
    const char *text = cc_copy(at + 1, size);
    if (text[0] == '#') {
        bool hex = (text[1] | 32) == 'x';
        put_character(reader, out, strtoul(text + 1 + hex, NULL, hex ? 16 : 10));
        return close + 1;
    }
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        if (strcmp(entities[i].name, text) == 0) {
            cc_put(out, &entities[i].c, 1);
            return close + 1;
        }
    }
    fail(reader, "unknown entity '&%s;'", text);
    return end;
}

static void put_data(struct reader *reader, struct cc_text *out, const char *end) {
    for (const char *at = reader->at; at < end;) {
        if (*at == '&') {
            at = entity(reader, at, end, out);
        } else {
            cc_put(out, at++, 1);
        }
    }
    advance(reader, end);
}

/* Adds data to the element's text, which finish_text trims. */
static void add_text(struct cc_element *element, const struct cc_text *data) {
    if (data->size) {
        element->text = cc_format("%s%s", element->text, data->data);
    }
}

static void finish_text(struct cc_element *element) {
    const char *text = element->text;
    while (isspace((unsigned char)*text)) {
        text++;
    }
    size_t size = strlen(text);
    while (size && isspace((unsigned char)text[size - 1])) {
        size--;
    }
    element->text = cc_copy(text, size);
}

/* ---- tags ---- */

static void attribute(struct reader *reader, struct cc_element *element) {
    const char *key = name(reader);
    skip_space(reader);
    if (!key || reader->at >= reader->end || *reader->at != '=') {
        fail(reader, "an attribute of <%s> without a value", element->name);
        return;
    }
    reader->at++;
    skip_space(reader);
    char quote = reader->at < reader->end ? *reader->at : '\0';
    const char *close = quote == '"' || quote == '\''
                            ? memchr(reader->at + 1, quote, (size_t)(reader->end - reader->at - 1))
                            : NULL;
    if (!close) {
        fail(reader, "the value of '%s' is not quoted", key);
        return;
    }
    struct cc_text value = {0};
    reader->at++;
    put_data(reader, &value, close);
    reader->at++;
    struct cc_attribute *new = cc_zeroed(sizeof *new);
    *new = (struct cc_attribute){key, cc_copy(value.size ? value.data : "", value.size),
                                 element->attributes};
    element->attributes = new;
    cc_text_free(&value);
}

static void append(struct cc_element *parent, struct cc_element *element) {
    element->parent = parent;
    if (parent && parent->last) {
        parent->last->next = element;
    } else if (parent) {
        parent->child = element;
    }
    if (parent) {
        parent->last = element;
    }
}

/* `<name …>` or `<name …/>`, the reader behind the '<'; returns the element that is open now. */
static struct cc_element *start_tag(struct reader *reader, struct cc_element *open,
                                    struct cc_element **root) {
    struct cc_element *element = cc_zeroed(sizeof *element);
    *element = (struct cc_element){.name = name(reader), .text = "", .line = reader->line};
    if (!element->name) {
        fail(reader, "'<' without the name of an element");
        return open;
    }
    if (!open && *root) {
        fail(reader, "<%s> behind the end of the document", element->name);
        return open;
    }
    append(open, element);
    *root = *root ? *root : element;
    for (;;) {
        skip_space(reader);
        if (reader->failed) {
            return open;
        } else if (looking_at(reader, "/>")) {
            reader->at += 2;
            return open;
        } else if (looking_at(reader, ">")) {
            reader->at++;
            return element;
        } else if (reader->at >= reader->end || !name_part(*reader->at)) {
            fail(reader, "<%s> is not closed by '>'", element->name);
        } else {
            attribute(reader, element);
        }
    }
}

static struct cc_element *end_tag(struct reader *reader, struct cc_element *open) {
    reader->at += 2;
    const char *closed = name(reader);
    skip_space(reader);
    if (!open || !closed || strcmp(open->name, closed) != 0) {
        fail(reader, "</%s> where </%s> is due", closed ? closed : "", open ? open->name : "");
        return open;
    }
    if (!looking_at(reader, ">")) {
        fail(reader, "</%s is not closed by '>'", closed);
        return open;
    }
    reader->at++;
    finish_text(open);
    return open->parent;
}

/* Comments, instructions, document types: true when one was skipped. */
static bool skipped(struct reader *reader) {
    static const struct {
        const char *open, *close;
    } forms[] = {{"<!--", "-->"}, {"<?", "?>"}, {"<!DOCTYPE", ">"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (looking_at(reader, forms[i].open)) {
            const char *close = find(reader->at, reader->end, forms[i].close);
            if (!close) {
                fail(reader, "'%s' without its '%s'", forms[i].open, forms[i].close);
                close = reader->end - strlen(forms[i].close);
            }
            advance(reader, close + strlen(forms[i].close));
            return true;
        }
    }
    return false;
}

static void character_data(struct reader *reader, struct cc_element *open) {
    struct cc_text data = {0};
    if (looking_at(reader, "<![CDATA[")) {
        const char *close = find(reader->at, reader->end, "]]>");
        reader->at += 9;
        if (!close || close < reader->at) {
            fail(reader, "'<![CDATA[' without its ']]>'");
            return;
        }
        cc_put(&data, reader->at, (size_t)(close - reader->at));
        advance(reader, close + 3);
    } else {
        const char *end = memchr(reader->at, '<', (size_t)(reader->end - reader->at));
        put_data(reader, &data, end ? end : reader->end);
    }
    if (open) {
        add_text(open, &data);
    }
    cc_text_free(&data);
}

struct cc_element *cc_xml_parse(const char *path, const char *text, size_t size, FILE *messages) {
    struct reader reader = {
        .path = path, .at = text, .end = text + size, .line = 1, .messages = messages};
    struct cc_element *root = NULL, *open = NULL;
    if (looking_at(&reader, "\xEF\xBB\xBF")) {
        reader.at += 3;
    }
    while (!reader.failed && reader.at < reader.end) {
        if (skipped(&reader)) {
            continue;
        } else if (looking_at(&reader, "</")) {
            open = end_tag(&reader, open);
        } else if (*reader.at != '<' || looking_at(&reader, "<![CDATA[")) {
            character_data(&reader, open);
        } else {
            reader.at++;
            open = start_tag(&reader, open, &root);
        }
    }
    if (open) {
        fail(&reader, "<%s> of line %u is not closed", open->name, open->line);
    } else if (!root) {
        fail(&reader, "no XML element in the file");
    }
    return reader.failed ? NULL : root;
}

struct cc_element *cc_xml_read(const char *path, FILE *messages) {
    struct cc_text text = {0};
    if (!cc_read_file(path, &text)) {
        if (messages) {
            fprintf(messages, "%s: error: cannot read it: %s [wdmsim-cc]\n", path, strerror(errno));
        }
        return NULL;
    }
    cc_decode(&text);
    struct cc_element *root =
        cc_xml_parse(path, text.data ? text.data : "", text.data ? text.size : 0, messages);
    cc_text_free(&text);
    return root;
}

const char *cc_xml_attribute(const struct cc_element *element, const char *key) {
    for (const struct cc_attribute *a = element->attributes; a; a = a->next) {
        if (strcasecmp(a->name, key) == 0) {
            return a->value;
        }
    }
    return NULL;
}

struct cc_element *cc_xml_named(struct cc_element *element, const char *key) {
    while (element && strcasecmp(element->name, key) != 0) {
        element = element->next;
    }
    return element;
}
