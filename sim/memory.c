/* Stores and growing texts: see memory.h. */
#include "memory.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384

struct store_block {
    struct store_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

void *memory_grow(void *old, size_t size) {
    void *memory = realloc(old, size ? size : 1);
    if (!memory) {
        fprintf(stderr, "wdmsim: the host has no memory left (%zu bytes wanted)\n", size);
        exit(3);
    }
    return memory;
}

void *store_take(struct store *store, size_t size) {
    const size_t align = alignof(max_align_t);
    size = (size + align - 1) / align * align;
    struct store_block *block = store->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = memory_grow(NULL, sizeof *block + room);
        block->next = store->blocks;
        block->used = 0;
        block->size = room;
        store->blocks = block;
    }
    void *memory = block->data + block->used;
    block->used += size;
    return memset(memory, 0, size);
}

char *store_copy(struct store *store, const char *text, size_t length) {
    char *copy = store_take(store, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *store_printf(struct store *store, const char *format, ...) {
    struct text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    char *copy = store_copy(store, text_string(&text), text.length);
    text_free(&text);
    return copy;
}

void store_empty(struct store *store) {
    while (store->blocks) {
        struct store_block *next = store->blocks->next;
        free(store->blocks);
        store->blocks = next;
    }
}

static void text_reserve(struct text *text, size_t more) {
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity * 2 : 256;
    text->capacity = capacity > needed ? capacity : needed;
    text->data = memory_grow(text->data, text->capacity);
}

void text_add(struct text *text, const char *data, size_t length) {
    text_reserve(text, length);
    memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = 0;
}

void text_puts(struct text *text, const char *data) { text_add(text, data, strlen(data)); }

void text_vprintf(struct text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return;
    text_reserve(text, (size_t)length);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
    text->length += (size_t)length;
}

void text_printf(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(text, format, arguments);
    va_end(arguments);
}

void text_clear(struct text *text) {
    text->length = 0;
    if (text->data)
        text->data[0] = 0;
}

void text_free(struct text *text) {
    free(text->data);
    *text = (struct text){0};
}

const char *text_string(const struct text *text) { return text->data ? text->data : ""; }
