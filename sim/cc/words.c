/*
 * Finds an identifier among the words of words.inc: a hash table filled on first use. Most
 * identifiers of a translation unit are none of them, and one probe says so.
 */
#include "cc.h"

#include <string.h>

static const char *const spellings[CC_W_COUNT] = {
    "",
#define CC_WORD(id, spelling, flags) spelling,
#include "words.inc"
#undef CC_WORD
};

static const unsigned char word_flags[CC_W_COUNT] = {
    0,
#define CC_WORD(id, spelling, flags) flags,
#include "words.inc"
#undef CC_WORD
};

#define TABLE_SIZE 1024
_Static_assert(CC_W_COUNT * 4 < TABLE_SIZE, "the word table must stay sparse");

static uint16_t table[TABLE_SIZE];

static unsigned hash(const char *data, size_t size) {
    unsigned value = 2166136261u + (unsigned)size;
    for (size_t i = 0; i < size; i++) {
        value = (value ^ (unsigned char)data[i]) * 16777619u;
    }
    return (value ^ value >> 15) % TABLE_SIZE;
}

static void fill_table(void) {
    for (uint16_t word = 1; word < CC_W_COUNT; word++) {
        unsigned slot = hash(spellings[word], strlen(spellings[word]));
        while (table[slot]) {
            slot = (slot + 1) % TABLE_SIZE;
        }
        table[slot] = word;
    }
}

uint16_t cc_word_of(const char *data, size_t size) {
    static bool filled;
    if (!filled) {
        fill_table();
        filled = true;
    }
    if (size > 23) {
        return CC_W_NONE;
    }
    for (unsigned slot = hash(data, size); table[slot]; slot = (slot + 1) % TABLE_SIZE) {
        const char *spelling = spellings[table[slot]];
        if (strncmp(spelling, data, size) == 0 && spelling[size] == '\0') {
            return table[slot];
        }
    }
    return CC_W_NONE;
}

unsigned cc_word_flags(uint16_t word) { return word < CC_W_COUNT ? word_flags[word] : 0; }
