/*
 * INF files as text: from bytes to sections, lines and fields.
 *
 * The bytes become UTF-8 first. Then the text is read line by line: a comment begins at a semicolon
 * outside quotes, a backslash that ends a line continues it, two quotes inside quotes are one. A
 * line is `key = field, field …` or `field, field …`. Sections of the same name are one section.
 * Everything is kept in one piece of memory, which is given back as a whole; each limit of inf.h is
 * checked where it could be exceeded, so that any bytes whatever end in a result or a problem.
 */
#include "pnp/inf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

struct inf_chunk {
    struct inf_chunk *next;
    size_t size;
};

#define INF_CHUNK 65536u

void *inf_allocate(struct inf_memory *memory, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(memory->end - memory->next) < size) {
        size_t take = size > INF_CHUNK ? size : INF_CHUNK;
        if (take > INF_MEMORY_MAX - memory->total)
            return NULL;
        struct inf_chunk *chunk = memory->machine
                                      ? ki_alloc(memory->machine, sizeof *chunk * 2 + take)
                                      : calloc(1, sizeof *chunk * 2 + take);
        if (!chunk)
            return NULL;
        chunk->next = memory->chunks;
        memory->chunks = chunk;
        memory->next = (char *)(chunk + 1);
        memory->end = memory->next + take;
        memory->total += take;
    }
    void *result = memory->next;
    memory->next += size;
    return result;
}

char *inf_copy(struct inf_memory *memory, const char *text, size_t length) {
    char *copy = inf_allocate(memory, length + 1);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

void wdmsim_inf_free(struct wdmsim_inf *inf) {
    if (!inf)
        return;
    struct inf_chunk *chunk = inf->memory.chunks;
    while (chunk) {
        struct inf_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(inf);
}

int inf_problem(struct wdmsim_inf_problem *problem, unsigned line, const char *format, ...) {
    if (problem) {
        va_list arguments;
        va_start(arguments, format);
        problem->line = line;
        vsnprintf(problem->message, sizeof problem->message, format, arguments);
        va_end(arguments);
    }
    return WDMSIM_ERROR_INVALID;
}

static int inf_too_large(struct wdmsim_inf_problem *problem) {
    inf_problem(problem, 0, "there is no memory for it");
    return WDMSIM_ERROR_NO_MEMORY;
}

/* ---- names ---- */

static unsigned char inf_lower(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool inf_same(const char *a, const char *b) {
    while (*a && inf_lower(*a) == inf_lower(*b)) {
        a++;
        b++;
    }
    return inf_lower(*a) == inf_lower(*b);
}

bool inf_starts(const char *text, const char *prefix) {
    while (*prefix && inf_lower(*text) == inf_lower(*prefix)) {
        text++;
        prefix++;
    }
    return !*prefix;
}

static unsigned inf_hash(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ inf_lower(*name)) * 16777619u;
    return (hash ^ hash >> 16) % INF_BUCKETS;
}

const struct inf_section *inf_section(const struct wdmsim_inf *inf, const char *name) {
    struct inf_section *section = inf->buckets[inf_hash(name)];
    while (section && !inf_same(section->name, name))
        section = section->hashed;
    return section;
}

/* ---- from bytes to UTF-8 ---- */

/* What the last bytes of Windows-1252's table 0x80 … 0x9f stand for. */
static const uint16_t inf_ansi[32] = {
    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178,
};

static char *inf_put(char *to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 63));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 63));
        *to++ = (char)(0x80 | (code & 63));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 63));
        *to++ = (char)(0x80 | (code >> 6 & 63));
        *to++ = (char)(0x80 | (code & 63));
    }
    return to;
}

/* The length of the well-formed UTF-8 character at `at`, or 0. */
static size_t inf_utf8(const unsigned char *at, const unsigned char *end) {
    size_t length = *at < 0x80             ? 1
                    : (*at & 0xe0) == 0xc0 ? 2
                    : (*at & 0xf0) == 0xe0 ? 3
                    : (*at & 0xf8) == 0xf0 ? 4
                                           : 0;
    if (!length || (size_t)(end - at) < length)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

static bool inf_is_utf8(const unsigned char *at, const unsigned char *end) {
    while (at < end) {
        size_t length = inf_utf8(at, end);
        if (!length)
            return false;
        at += length;
    }
    return true;
}

static char *inf_from_utf16(char *to, const unsigned char *at, size_t units, bool big) {
    for (size_t i = 0; i < units; i++) {
        uint32_t code = at[2 * i + big] | (uint32_t)at[2 * i + !big] << 8;
        if (code >= 0xd800 && code < 0xdc00 && i + 1 < units) {
            uint32_t low = at[2 * i + 2 + big] | (uint32_t)at[2 * i + 2 + !big] << 8;
            if (low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
                i++;
            }
        }
        to = inf_put(to, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
    }
    return to;
}

/*
 * Decodes into `to`, which has room for three times the size; returns the end. A text without a
 * byte order mark is UTF-16 if its second byte is zero, UTF-8 if it is well formed, else
 * Windows-1252.
 */
static char *inf_decode(char *to, const unsigned char *text, size_t size) {
    const unsigned char *end = text + size;
    if (size >= 2 && text[0] == 0xfe && text[1] == 0xff)
        return inf_from_utf16(to, text + 2, (size - 2) / 2, true);
    if (size >= 2 && text[0] == 0xff && text[1] == 0xfe)
        return inf_from_utf16(to, text + 2, (size - 2) / 2, false);
    if (size >= 2 && text[0] && !text[1])
        return inf_from_utf16(to, text, size / 2, false);
    if (size >= 3 && text[0] == 0xef && text[1] == 0xbb && text[2] == 0xbf)
        text += 3;
    if (inf_is_utf8(text, end)) {
        memcpy(to, text, (size_t)(end - text));
        return to + (end - text);
    }
    for (; text < end; text++)
        to = inf_put(to, *text >= 0x80 && *text < 0xa0 ? inf_ansi[*text - 0x80] : *text);
    return to;
}

/* ---- from UTF-8 to fields ---- */

struct inf_reader {
    struct wdmsim_inf *inf;
    struct wdmsim_inf_problem *problem;
    const char *at, *end;
    unsigned line;
    struct inf_section *section;
    uint32_t field_room, field_count;
    const char **fields; /* of the line being read, in memory that all lines use */
    size_t length;       /* of the token being read … */
    size_t quoted;       /* … and how much of it trimming must keep */
    char token[INF_FIELD_MAX];
};

static bool inf_is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* If nothing but white space and a comment is left on the line: the line's end, else NULL. */
static const char *inf_line_rest(const struct inf_reader *r, const char *at) {
    while (at < r->end && inf_is_blank(*at))
        at++;
    if (at < r->end && *at == ';') {
        while (at < r->end && *at != '\n')
            at++;
    }
    return at == r->end || *at == '\n' ? at : NULL;
}

static bool inf_append(struct inf_reader *r, char c) {
    if (r->length == sizeof r->token - 1)
        return false;
    r->token[r->length++] = c;
    return true;
}

/* An .inx file writes $ARCH$ where the stamped file has the architecture. */
static void inf_stamp(struct inf_reader *r) {
    static const char mark[] = "$ARCH$";
    size_t size = sizeof mark - 1, with = sizeof INF_ARCHITECTURE - 1;
    r->token[r->length] = 0;
    for (size_t i = 0; i + size <= r->length; i++) {
        if (memcmp(r->token + i, mark, size) != 0)
            continue;
        memcpy(r->token + i, INF_ARCHITECTURE, with);
        memmove(r->token + i + with, r->token + i + size, r->length - i - size + 1);
        r->length -= size - with;
    }
}

/* Reads what is between quotes; the opening one is passed. An end of line ends it too. */
static bool inf_read_quoted(struct inf_reader *r) {
    while (r->at < r->end && *r->at != '\n') {
        if (*r->at == '"') {
            r->at++;
            if (r->at == r->end || *r->at != '"')
                break;
        }
        if (*r->at != '\r' && !inf_append(r, *r->at))
            return false;
        r->at++;
    }
    r->quoted = r->length;
    return true;
}

/* A backslash at the end of a line: passes to the next one. */
static bool inf_continues(struct inf_reader *r) {
    const char *rest = inf_line_rest(r, r->at + 1);
    if (!rest || rest == r->end)
        return false;
    r->at = rest + 1;
    r->line++;
    while (r->at < r->end && inf_is_blank(*r->at))
        r->at++;
    return true;
}

/*
 * Reads a token into r->token up to one of the characters of `stops`, a comment or the line's end,
 * and trims it. Leaves r->at behind the stop; *stop is it, or 0 at the end of the line.
 */
static int inf_read_token(struct inf_reader *r, const char *stops, char *stop) {
    r->length = r->quoted = 0;
    *stop = 0;
    while (r->at < r->end && *r->at != '\n' && *r->at != ';') {
        char c = *r->at;
        bool fits = true;
        if (strchr(stops, c)) {
            *stop = c;
            r->at++;
            break;
        }
        if (c == '\\' && inf_continues(r))
            continue;
        r->at++;
        if (c == '"')
            fits = inf_read_quoted(r);
        else if (r->length || !inf_is_blank(c))
            fits = inf_append(r, c);
        if (!fits)
            return inf_problem(r->problem, r->line, "a field of more than %u bytes",
                               INF_FIELD_MAX - 1);
    }
    if (!*stop)
        r->at = inf_line_rest(r, r->at) ? inf_line_rest(r, r->at) : r->at;
    while (r->length > r->quoted && inf_is_blank(r->token[r->length - 1]))
        r->length--;
    inf_stamp(r);
    return 0;
}

/* Doubles an array that is full. */
static void *inf_grow(struct inf_memory *memory, const void *old, uint32_t count, uint32_t *room,
                      size_t item) {
    uint32_t larger = *room ? *room * 2 : 8;
    char *copy = inf_allocate(memory, larger * item);
    if (!copy)
        return NULL;
    if (count)
        memcpy(copy, old, count * item);
    *room = larger;
    return copy;
}

static int inf_begin_section(struct inf_reader *r) {
    char stop;
    r->at++;
    int error = inf_read_token(r, "]", &stop);
    if (error)
        return error;
    if (stop != ']' || !r->length)
        return inf_problem(r->problem, r->line, "a section's name has no end, or is empty");
    if (!inf_line_rest(r, r->at))
        return inf_problem(r->problem, r->line, "text behind the name of section [%.60s]",
                           r->token);
    r->at = inf_line_rest(r, r->at);
    r->section = (struct inf_section *)inf_section(r->inf, r->token);
    if (r->section)
        return 0;
    struct inf_section *section = inf_allocate(&r->inf->memory, sizeof *section);
    char *name = inf_copy(&r->inf->memory, r->token, r->length);
    if (!section || !name)
        return inf_too_large(r->problem);
    unsigned bucket = inf_hash(name);
    section->name = name;
    section->hashed = r->inf->buckets[bucket];
    r->inf->buckets[bucket] = section;
    *r->inf->last = section;
    r->inf->last = &section->next;
    r->section = section;
    return 0;
}

static int inf_add_field(struct inf_reader *r) {
    struct inf_memory *memory = &r->inf->memory;
    if (r->field_count == r->field_room) {
        r->fields = inf_grow(memory, r->fields, r->field_count, &r->field_room, sizeof *r->fields);
        if (!r->fields)
            return inf_too_large(r->problem);
    }
    char *copy = inf_copy(memory, r->token, r->length);
    if (!copy)
        return inf_too_large(r->problem);
    r->fields[r->field_count++] = copy;
    return 0;
}

/* Adds the line with the fields that were read to the section. */
static int inf_keep_line(struct inf_reader *r, struct inf_line line) {
    struct inf_memory *memory = &r->inf->memory;
    struct inf_section *section = r->section;
    if (section->count == section->room) {
        struct inf_line *lines = inf_grow(memory, section->lines, section->count, &section->room,
                                          sizeof *section->lines);
        if (!lines)
            return inf_too_large(r->problem);
        section->lines = lines;
    }
    line.count = r->field_count;
    line.fields = inf_allocate(memory, line.count * sizeof *line.fields);
    if (!line.fields)
        return inf_too_large(r->problem);
    if (line.count)
        memcpy(line.fields, r->fields, line.count * sizeof *line.fields);
    section->lines[section->count++] = line;
    return 0;
}

/* A line of a section from its first token on. */
static int inf_read_line(struct inf_reader *r) {
    struct inf_line line = {.number = r->line};
    char stop;
    r->field_count = 0;
    int error = inf_read_token(r, "=,", &stop);
    if (error)
        return error;
    if (stop == '=') {
        line.key = inf_copy(&r->inf->memory, r->token, r->length);
        if (!line.key)
            return inf_too_large(r->problem);
        error = inf_read_token(r, ",", &stop);
    }
    /* `key =` has no field, `key = ,` has two empty ones. */
    bool more = !line.key || stop || r->length || r->quoted;
    while (!error && more) {
        error = inf_add_field(r);
        more = stop == ',';
        if (!error && more)
            error = inf_read_token(r, ",", &stop);
    }
    return error ? error : inf_keep_line(r, line);
}

static int inf_read_lines(struct inf_reader *r) {
    for (; r->at < r->end; r->at++, r->line++) {
        const char *rest = inf_line_rest(r, r->at);
        int error = 0;
        if (rest) {
            r->at = rest;
        } else {
            while (inf_is_blank(*r->at))
                r->at++;
            if (*r->at == '[')
                error = inf_begin_section(r);
            else if (!r->section)
                error = inf_problem(r->problem, r->line, "text before the first section");
            else
                error = inf_read_line(r);
        }
        if (error)
            return error;
        if (r->at == r->end)
            break;
        /* Whatever the line was, its end has been reached. */
        KI_ASSERT(*r->at == '\n');
    }
    return 0;
}

static int inf_read_text(struct wdmsim_inf *inf, struct wdmsim_inf_problem *problem) {
    struct inf_reader *r = inf_allocate(&inf->memory, sizeof *r);
    char *text = inf_allocate(&inf->memory, inf->size * 3 + 4);
    if (!r || !text)
        return inf_too_large(problem);
    r->inf = inf;
    r->problem = problem;
    r->line = 1;
    r->at = text;
    r->end = inf_decode(text, inf->text, inf->size);
    /* Control-Z ends a text, as it did for the tools that wrote the first ones. */
    const char *mark = memchr(text, 26, (size_t)(r->end - text));
    if (mark)
        r->end = mark;
    if (memchr(text, 0, (size_t)(r->end - text)))
        return inf_problem(problem, 0, "it is no text");
    return inf_read_lines(r);
}

int inf_read(struct machine *m, const void *text, size_t size, const char *name,
             struct wdmsim_inf **result, struct wdmsim_inf_problem *problem) {
    *result = NULL;
    if (problem)
        *problem = (struct wdmsim_inf_problem){0, ""};
    if (size > INF_TEXT_MAX)
        return inf_problem(problem, 0, "it is larger than %u MiB", INF_TEXT_MAX >> 20);
    struct wdmsim_inf *inf = m ? ki_alloc(m, sizeof *inf) : calloc(1, sizeof *inf);
    if (!inf)
        return inf_too_large(problem);
    inf->memory.machine = m;
    inf->last = &inf->first;
    inf->size = size;
    inf->text = inf_copy(&inf->memory, text, size);
    inf->name = inf_copy(&inf->memory, name, strlen(name));
    int error = inf->text && inf->name ? inf_read_text(inf, problem) : inf_too_large(problem);
    if (!error)
        error = inf_expand(inf, problem);
    if (!error)
        *result = inf;
    else if (!m)
        wdmsim_inf_free(inf);
    return error;
}

int wdmsim_inf_read(const void *text, size_t size, const char *name, struct wdmsim_inf **inf,
                    struct wdmsim_inf_problem *problem) {
    return inf_read(NULL, text, size, name, inf, problem);
}

int wdmsim_inf_load(const char *path, struct wdmsim_inf **inf, struct wdmsim_inf_problem *problem) {
    FILE *file = fopen(path, "rb");
    *inf = NULL;
    if (!file) {
        inf_problem(problem, 0, "it cannot be opened");
        return WDMSIM_ERROR_NOT_FOUND;
    }
    char *text = malloc(INF_TEXT_MAX + 1);
    size_t size = text ? fread(text, 1, INF_TEXT_MAX + 1, file) : 0;
    bool failed = !text || ferror(file);
    fclose(file);
    const char *name = strrchr(path, '/');
    int error = failed ? inf_problem(problem, 0, "it cannot be read")
                       : wdmsim_inf_read(text, size, name ? name + 1 : path, inf, problem);
    free(text);
    return error;
}
