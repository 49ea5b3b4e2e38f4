/*
 * Memory of the command: stores, whose contents live until the store is emptied, and growing texts.
 *
 * A scenario and everything the parser makes of it lives in one store, so nothing is freed piece by
 * piece. When the host has no memory left the command says so and ends: there is no way to go on.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* All zero is an empty store. */
struct store {
    struct store_block *blocks;
};

/* Zeroed memory, aligned for anything. */
void *store_take(struct store *store, size_t size);
char *store_copy(struct store *store, const char *text, size_t length);
char *store_printf(struct store *store, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void store_empty(struct store *store);

/* All zero is an empty text; `data` is terminated whenever it is not NULL. */
struct text {
    char *data;
    size_t length;
    size_t capacity;
};

void text_add(struct text *text, const char *data, size_t length);
void text_puts(struct text *text, const char *data);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list arguments);
/* Forgets the contents and keeps the memory. */
void text_clear(struct text *text);
void text_free(struct text *text);
/* The contents as a string, "" if there are none. */
const char *text_string(const struct text *text);

void *memory_grow(void *old, size_t size);

#endif
