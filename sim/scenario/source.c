/*
 * The text of a scenario file.
 *
 * JSON has no comments; scenarios have both kinds that C has. Each comment is overwritten with
 * spaces, line ends excepted, so every later stage sees plain JSON in which each byte is where the
 * author put it, and a position is simply an offset into this text.
 */
#include "scenario/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct place source_place(const struct source *source, size_t offset) {
    unsigned low = 0, high = source->line_count;
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        if (source->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    struct place place = {low + 1, 1};
    for (size_t i = source->lines[low]; i < offset && i < source->size; i++)
        place.column += ((unsigned char)source->text[i] & 0xc0) != 0x80;
    return place;
}

static void find_lines(struct source *source, struct store *store) {
    unsigned count = 1;
    for (size_t i = 0; i < source->size; i++)
        count += source->text[i] == '\n';
    source->lines = store_take(store, count * sizeof *source->lines);
    source->line_count = 1;
    for (size_t i = 0; i < source->size; i++)
        if (source->text[i] == '\n')
            source->lines[source->line_count++] = i + 1;
}

/* The length of the UTF-8 sequence at p (end: behind the text), or 0 if it is not one. */
static size_t utf8_length(const unsigned char *p, const unsigned char *end) {
    if (*p < 0x80)
        return 1;
    size_t length = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
    if (*p < 0xc2 || *p > 0xf4 || (size_t)(end - p) < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool outside = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return overlong || outside ? 0 : length;
}

static bool check_bytes(const struct source *source, struct problems *problems) {
    const unsigned char *start = (const unsigned char *)source->data, *end = start + source->size;
    for (const unsigned char *p = start; p < end;) {
        size_t length = utf8_length(p, end);
        const char *what = length ? "a zero byte" : "not UTF-8";
        if (length && *p) {
            p += length;
            continue;
        }
        problem_add(problems, source_place(source, (size_t)(p - start)), "%s (byte 0x%02x)", what,
                    *p);
        return false;
    }
    return true;
}

static void blank(char *from, const char *to) {
    for (; from < to; from++)
        if (*from != '\n' && *from != '\r')
            *from = ' ';
}

/* The end of the string whose opening quote is at p. */
static char *skip_string(char *p) {
    for (p++; *p && *p != '"' && *p != '\n'; p++)
        if (*p == '\\' && p[1])
            p++;
    return *p == '"' ? p + 1 : p;
}

static bool blank_comments(struct source *source, struct problems *problems) {
    for (char *p = source->data; *p;) {
        if (*p == '"') {
            p = skip_string(p);
        } else if (p[0] == '/' && p[1] == '/') {
            char *end = p + strcspn(p, "\r\n");
            blank(p, end);
            p = end;
        } else if (p[0] == '/' && p[1] == '*') {
            char *end = strstr(p + 2, "*/");
            if (!end) {
                size_t offset = (size_t)(p - source->data);
                problem_add(problems, source_place(source, offset), "this comment has no end");
                return false;
            }
            blank(p, end + 2);
            p = end + 2;
        } else {
            p++;
        }
    }
    return true;
}

static bool take_plain(struct source *source, const char *name, const char *data, size_t size,
                       struct store *store, struct problems *problems) {
    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        data += 3;
        size -= 3;
    }
    source->name = name;
    source->data = store_copy(store, data, size);
    source->text = store_copy(store, data, size);
    source->size = size;
    find_lines(source, store);
    return check_bytes(source, problems);
}

bool source_take(struct source *source, const char *name, const char *data, size_t size,
                 struct store *store, struct problems *problems) {
    return take_plain(source, name, data, size, store, problems) &&
           blank_comments(source, problems);
}

static bool read_file(struct text *text, const char *file, struct problems *problems) {
    struct place whole = {0};
    FILE *stream = fopen(file, "rb");
    if (!stream) {
        problem_add(problems, whole, "%s", strerror(errno));
        return false;
    }
    char chunk[65536];
    size_t length;
    while (text->length <= SOURCE_SIZE_LIMIT &&
           (length = fread(chunk, 1, sizeof chunk, stream)) > 0)
        text_add(text, chunk, length);
    bool good = !ferror(stream) && text->length <= SOURCE_SIZE_LIMIT;
    if (ferror(stream))
        problem_add(problems, whole, "cannot be read: %s", strerror(errno));
    else if (!good)
        problem_add(problems, whole, "larger than %u MiB", SOURCE_SIZE_LIMIT >> 20);
    fclose(stream);
    return good;
}

bool source_read(struct source *source, const char *file, struct store *store,
                 struct problems *problems) {
    struct text text = {0};
    bool good = read_file(&text, file, problems) &&
                source_take(source, file, text_string(&text), text.length, store, problems);
    text_free(&text);
    return good;
}

bool source_read_plain(struct source *source, const char *file, struct store *store,
                       struct problems *problems) {
    struct text text = {0};
    bool good = read_file(&text, file, problems) &&
                take_plain(source, file, text_string(&text), text.length, store, problems);
    text_free(&text);
    return good;
}
