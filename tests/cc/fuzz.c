/*
 * Random tokens for the rewriter:  cc_fuzz units seed [seconds]
 *
 * Each unit is a random sequence of the words and punctuators that the passes know, sometimes
 * balanced, sometimes not, as C and as C++, for GCC and for Clang. Nothing may crash or loop, and
 * a unit must be rewritten the same way twice. With a number of seconds the units never end before.
 */
#include "cc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const pieces[] = {
    "int ",
    "x ",
    "y ",
    "f",
    "(",
    ")",
    "(",
    ")",
    "{",
    "}",
    "{",
    "}",
    ";",
    ";",
    ";",
    ",",
    "=",
    "*",
    "&",
    "[",
    "]",
    "->",
    ".",
    ":",
    "::",
    "<",
    ">",
    "?",
    "+",
    "++",
    "-",
    "#",
    "\n",
    "\n# 7 \"a.c\"\n",
    "\n# 3 \"b.h\" 1 3\n",
    "\n#pragma pack(1)\n",
    "\n#pragma warning(x)\n",
    "\n#pragma",
    "\"s\"",
    "L\"w\"",
    "'c'",
    "\"",
    "'",
    "L ",
    "1L",
    "0xFFUL",
    "2147483648",
    "0x1e+",
    "1i64",
    "1.5e3L",
    "R\"(",
    "\\",
    "/",
    "\xff",
    "\x01",
    "EXCEPTION ",
    "public: ",
    "extern \"C\" ",
    "e1 ",
    "name ",
#define CC_WORD(id, spelling, flags) spelling " ",
#include "words.inc"
#undef CC_WORD
};

static unsigned long long state;

static unsigned pick(unsigned n) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(state >> 33) % n;
}

/* Random pieces; when `balanced`, brackets are closed as they were opened. */
static void random_unit(struct cc_text *text, bool balanced) {
    static const char brackets[] = "()[]{}";
    char open[256];
    unsigned depth = 0, count = pick(400);
    for (unsigned i = 0; i < count; i++) {
        const char *piece = pieces[pick(sizeof pieces / sizeof *pieces)];
        const char *bracket = piece[1] ? NULL : strchr(brackets, piece[0]);
        if (!balanced || !bracket || !*bracket) {
            cc_puts(text, piece);
        } else if ((bracket - brackets) % 2 == 0 && depth < sizeof open) {
            open[depth++] = bracket[1];
            cc_puts(text, piece);
        } else if (depth) {
            cc_put(text, &open[--depth], 1);
        }
    }
    while (depth) {
        cc_put(text, &open[--depth], 1);
    }
}

static void rewrite(const struct cc_text *text, struct cc_options options, struct cc_text *out) {
    struct cc_unit unit = {.options = options};
    cc_rewrite(&unit, text->data ? text->data : "", text->size, out);
    cc_unit_free(&unit);
}

static void one_unit(void) {
    struct cc_text text = {0}, first = {0}, second = {0};
    random_unit(&text, pick(2) != 0);
    struct cc_options options = {.cplusplus = pick(2), .clang = pick(2), .private = "/p/"};
    rewrite(&text, options, &first);
    rewrite(&text, options, &second);
    if (first.size != second.size ||
        (first.size && memcmp(first.data, second.data, first.size) != 0)) {
        fprintf(stderr, "rewritten in two ways:\n%s\n", text.data);
        abort();
    }
    cc_text_free(&text);
    cc_text_free(&first);
    cc_text_free(&second);
}

int main(int argc, char **argv) {
    unsigned long units = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, done = 0;
    time_t end = time(NULL) + (argc > 3 ? atol(argv[3]) : 0);
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (; done < units || time(NULL) < end; done++) {
        one_unit();
    }
    printf("%lu units\n", done);
    return 0;
}
