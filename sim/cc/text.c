/*
 * Growing text, lists of strings, and strings that live until the end of a unit: the small things
 * every other file of the launcher stands on. Running out of memory ends the process here.
 */
#include "cc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct string_block {
    struct string_block *next;
    size_t used, size;
    char data[];
};

static struct string_block *strings;

void cc_die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("wdmsim-cc: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void *cc_realloc(void *old, size_t size) {
    void *memory = realloc(old, size);
    if (!memory) {
        cc_die("out of memory (%zu bytes wanted)", size);
    }
    return memory;
}

void cc_put(struct cc_text *text, const char *data, size_t size) {
    if (text->capacity - text->size < size + 1) {
        size_t capacity = (text->size + size + 1) * 2;
        text->data = cc_realloc(text->data, capacity);
        text->capacity = capacity;
    }
    if (size) {
        memcpy(text->data + text->size, data, size);
    }
    text->size += size;
    text->data[text->size] = '\0';
}

void cc_puts(struct cc_text *text, const char *string) { cc_put(text, string, strlen(string)); }

static char *format_arguments(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *result = cc_realloc(NULL, (size_t)size + 1);
    vsnprintf(result, (size_t)size + 1, format, arguments);
    return result;
}

void cc_printf(struct cc_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *formatted = format_arguments(format, arguments);
    va_end(arguments);
    cc_puts(text, formatted);
    free(formatted);
}

bool cc_read_file(const char *path, struct cc_text *into) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        return false;
    }
    char buffer[65536];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0) {
        cc_put(into, buffer, got);
    }
    bool good = !ferror(file);
    fclose(file);
    cc_put(into, "", 0);
    return good;
}

bool cc_save_file(const char *path, const char *data, size_t size) {
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(data, 1, size, file) == size;
    return file && fclose(file) == 0 && good;
}

void cc_write_file(const char *path, const char *data, size_t size) {
    if (!cc_save_file(path, data, size)) {
        cc_die("cannot write %s: %s", path, strerror(errno));
    }
}

void cc_text_free(struct cc_text *text) {
    free(text->data);
    *text = (struct cc_text){0};
}

static struct string_block *new_block(size_t needed) {
    size_t room = needed > 16384 ? needed : 16384;
    struct string_block *block = cc_realloc(NULL, sizeof *block + room);
    *block = (struct string_block){.next = strings, .size = room};
    return block;
}

char *cc_copy(const char *data, size_t size) {
    if (!strings || strings->size - strings->used < size + 1) {
        strings = new_block(size + 1);
    }
    char *result = strings->data + strings->used;
    memcpy(result, data, size);
    result[size] = '\0';
    strings->used += size + 1;
    return result;
}

void *cc_zeroed(size_t size) {
    size_t alignment = _Alignof(max_align_t);
    if (!strings || strings->size - strings->used < size + alignment + 1) {
        strings = new_block(size + alignment + 1);
    }
    uintptr_t address = (uintptr_t)(strings->data + strings->used);
    size_t padding = (alignment - address % alignment) % alignment;
    char *result = strings->data + strings->used + padding;
    strings->used += padding + size;
    return memset(result, 0, size);
}

char *cc_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *formatted = format_arguments(format, arguments);
    va_end(arguments);
    char *result = cc_copy(formatted, strlen(formatted));
    free(formatted);
    return result;
}

void cc_strings_free(void) {
    while (strings) {
        struct string_block *next = strings->next;
        free(strings);
        strings = next;
    }
}

void cc_add(struct cc_list *list, const char *item) {
    if (list->count + 2 > list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 32;
        list->items = cc_realloc(list->items, list->capacity * sizeof *list->items);
    }
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
}

void cc_add_all(struct cc_list *list, const struct cc_list *other) {
    for (size_t i = 0; i < other->count; i++) {
        cc_add(list, other->items[i]);
    }
}

bool cc_list_has(const struct cc_list *list, const char *item) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], item) == 0) {
            return true;
        }
    }
    return false;
}

void cc_list_free(struct cc_list *list) {
    free(list->items);
    *list = (struct cc_list){0};
}
