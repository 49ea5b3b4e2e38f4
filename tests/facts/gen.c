/*
 * Holds the driver-facing headers against the facts: layouts, constants, statuses, GUIDs.
 *
 *   facts FACTS-DIR INCLUDE-DIR WORK-DIR FLOORS COMPILER [OPTION...]
 *
 * Every row of the fact files becomes a C expression and the values it may have (a structure that
 * grew with a Windows version has several sizes). Which of them the headers declare is asked of the
 * compiler: names that do not occur in the preprocessed headers are left out, the rest is compiled,
 * and each line with an error is a fact about something not declared. Then two programs are written
 * and compiled: asserts.c   a _Static_assert for each fact about a size, an offset or a value
 *   objects.c   run to see the bytes of GUIDs and the places of bit-fields, which are no constants
 * A wrong value is an error of the compiler at a line that names the fact. FLOORS says how many
 * facts of each kind must be found, so that a declaration that gets lost is seen too.
 */
#include "csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { SIZE, OFFSET, BITS, CONSTANT, STATUS, IDENTIFIER, KINDS };
static const char *const kind_names[KINDS] = {"sizes",     "offsets",  "bits",
                                              "constants", "statuses", "guids"};
enum { VALUES = 8, ROUNDS = 12 };

struct fact {
    enum kind kind;
    char *owner;  /* the identifier that must be declared */
    char *member; /* of OFFSET and BITS */
    char *text;   /* of IDENTIFIER: the GUID */
    unsigned long long values[VALUES];
    unsigned count,
        width; /* values that are right; bits that are compared, or a bit-field's width */
    bool absent;
};

struct facts {
    struct fact *all;
    size_t count;
    char **names; /* identifiers of the preprocessed headers, sorted */
    size_t name_count;
    const char *work, *headers;
    char *command; /* compiler and options, quoted for the shell */
};

/* ---- facts ---- */

static struct fact *add(struct facts *facts, enum kind kind, char *owner, char *member) {
    struct fact *fact;
    facts->all = grow(facts->all, facts->count + 1, sizeof *facts->all);
    fact = &facts->all[facts->count++];
    *fact = (struct fact){.kind = kind, .owner = owner, .member = member, .width = 64};
    return fact;
}

static void allow(struct fact *fact, unsigned long long value) {
    if (fact->width < 64)
        value &= (1ULL << fact->width) - 1;
    for (unsigned i = 0; i < fact->count; i++)
        if (fact->values[i] == value)
            return;
    if (fact->count < VALUES)
        fact->values[fact->count++] = value;
}

static unsigned long long number(const char *text) {
    return *text == '-' ? (unsigned long long)strtoll(text, NULL, 0) : strtoull(text, NULL, 0);
}

static bool same(const struct fact *a, const struct fact *b) {
    return a->kind == b->kind && strcmp(a->owner, b->owner) == 0 &&
           (a->member == NULL || strcmp(a->member, b->member) == 0);
}

/* The same fact among those since `from`, or a new one. The rows of a structure stand together. */
static struct fact *find(struct facts *facts, size_t from, enum kind kind, char *owner,
                         char *member) {
    struct fact wanted = {.kind = kind, .owner = owner, .member = member};
    for (size_t i = from; i < facts->count; i++)
        if (same(&facts->all[i], &wanted))
            return &facts->all[i];
    return add(facts, kind, owner, member);
}

/* Reserved bits get fewer with each Windows version that uses one. */
static bool is_left_over(const char *field) {
    const char *dot = strrchr(field, '.'), *name = dot ? dot + 1 : field;
    return strncmp(name, "Reserved", 8) == 0 || strncmp(name, "Spare", 5) == 0;
}

static void add_layouts(struct facts *facts, const struct csv *csv) {
    size_t name = csv_column(csv, "struct"), size = csv_column(csv, "size");
    size_t field = csv_column(csv, "field"), offset = csv_column(csv, "offset");
    size_t width = csv_column(csv, "field_size"), agree = csv_column(csv, "agree"), from = 0;
    for (size_t i = 1; i < csv->count; i++) {
        char **row = csv->rows[i], *other = row[agree], *bit = strchr(row[offset], ':');
        struct fact *fact;
        if (i > 1 && strcmp(row[name], csv->rows[i - 1][name]) != 0)
            from = facts->count;
        fact = find(facts, from, SIZE, row[name], NULL);
        if (*row[size])
            allow(fact, number(row[size]));
        if (strncmp(other, "differs:struct=", 15) == 0)
            allow(fact, number(other + 15));
        if (!*row[field])
            continue;
        if (bit && is_left_over(row[field]))
            continue;
        fact = find(facts, from, bit ? BITS : OFFSET, row[name], row[field]);
        if (bit) {
            fact->width = (unsigned)strtoul(row[width], NULL, 10);
            fact->count = 1;
            fact->values[0] = 8 * number(row[offset]) + number(bit + 1);
            continue;
        }
        allow(fact, number(row[offset]));
        if (strncmp(other, "differs:", 8) == 0 && other[8] >= '0' && other[8] <= '9')
            allow(fact, number(other + 8));
    }
}

static void add_values(struct facts *facts, const struct csv *csv, enum kind kind) {
    size_t name = csv_column(csv, "name"), value = csv_column(csv, "value");
    for (size_t i = 1; i < csv->count; i++) {
        char **row = csv->rows[i];
        struct fact *fact = add(facts, kind, row[name], NULL);
        fact->width = 32;
        if (kind == CONSTANT) {
            const char *other = row[csv_column(csv, "agree")];
            fact->width = (unsigned)strtoul(row[csv_column(csv, "bits")], NULL, 10);
            if (strncmp(other, "differs:", 8) == 0)
                allow(fact, number(other + 8));
        }
        allow(fact, number(row[value]));
    }
}

static void add_guids(struct facts *facts, const struct csv *csv) {
    for (size_t i = 1; i < csv->count; i++)
        add(facts, IDENTIFIER, csv->rows[i][csv_column(csv, "name")], NULL)->text =
            csv->rows[i][csv_column(csv, "guid")];
}

/* ---- the compiler ---- */

static int run(const char *format, const struct facts *facts, const char *file) {
    char line[16384];
    snprintf(line, sizeof line, format, facts->command, facts->work, file, facts->work, file,
             facts->work, file);
    return system(line);
}

static FILE *create(const struct facts *facts, const char *file, bool define_guids) {
    char path[4096];
    FILE *out;
    snprintf(path, sizeof path, "%s/%s", facts->work, file);
    out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        exit(2);
    }
    fprintf(out, "#include <stddef.h>\n%s%s", define_guids ? "#include <initguid.h>\n" : "",
            facts->headers);
    return out;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* All identifiers of the preprocessed headers and of their macros. */
static void read_names(struct facts *facts) {
    char path[4096], *text;
    FILE *out = create(facts, "headers.c", false);
    fclose(out);
    if (run("%1$s -E -P '%2$s/%3$s' > '%2$s/%3$s.i' && %1$s -E -dM '%2$s/%3$s' >> '%2$s/%3$s.i'",
            facts, "headers.c") != 0) {
        fputs("facts: the headers do not compile\n", stderr);
        exit(1);
    }
    snprintf(path, sizeof path, "%s/headers.c.i", facts->work);
    text = read_text(path);
    for (char *at = text; *at != 0;) {
        char *end = at;
        while (is_word(*end))
            end++;
        if (end == at) {
            at++;
            continue;
        }
        if ((facts->name_count & 0xfff) == 0)
            facts->names = grow(facts->names, facts->name_count + 0x1000, sizeof *facts->names);
        facts->names[facts->name_count++] = at;
        at = *end != 0 ? end + 1 : end;
        *end = 0;
    }
    qsort(facts->names, facts->name_count, sizeof *facts->names, by_name);
}

static bool is_named(const struct facts *facts, char *name) {
    return bsearch(&name, facts->names, facts->name_count, sizeof *facts->names, by_name) != NULL;
}

static void write_expression(FILE *out, const struct fact *fact) {
    if (fact->kind == SIZE)
        fprintf(out, "sizeof(%s)", fact->owner);
    else if (fact->kind == OFFSET)
        fprintf(out, "offsetof(%s, %s)", fact->owner, fact->member);
    else
        fprintf(out, "(unsigned long long)(%s)", fact->owner);
}

static void write_probe(FILE *out, const struct fact *fact, size_t i) {
    if (fact->kind == IDENTIFIER) {
        fprintf(out, "const GUID *fact_%zu = &%s;\n", i, fact->owner);
    } else if (fact->kind == BITS) {
        fprintf(out, "void fact_%zu(%s *p) { p->%s = 0; }\n", i, fact->owner, fact->member);
    } else {
        fprintf(out, "const unsigned long long fact_%zu = ", i);
        write_expression(out, fact);
        fputs(";\n", out);
    }
}

/* The numbers of the lines with errors that the compiler left in probe.c.err. */
static size_t mark_errors(struct facts *facts, const size_t *line_fact, size_t first,
                          size_t lines) {
    char path[4096], *text, *at;
    size_t marked = 0;
    snprintf(path, sizeof path, "%s/probe.c.err", facts->work);
    at = text = read_text(path);
    while ((at = strstr(at, "probe.c:")) != NULL) {
        size_t line = (size_t)strtoul(at + 8, &at, 10);
        char *end = strchr(at, '\n');
        char *error = strstr(at, " error: ");
        if (error == NULL || (end != NULL && error > end) || line < first || line >= first + lines)
            continue;
        marked += !facts->all[line_fact[line - first]].absent;
        facts->all[line_fact[line - first]].absent = true;
    }
    free(text);
    return marked;
}

/* Marks absent what the headers do not declare. */
static void probe(struct facts *facts) {
    size_t first = 2, *line_fact = allocate(facts->count, sizeof *line_fact);
    for (const char *p = facts->headers; *p != 0; p++)
        first += *p == '\n';
    for (size_t i = 0; i < facts->count; i++)
        facts->all[i].absent = !is_named(facts, facts->all[i].owner);
    for (int round = 0;; round++) {
        FILE *out = create(facts, "probe.c", false);
        size_t lines = 0;
        for (size_t i = 0; i < facts->count; i++) {
            if (facts->all[i].absent)
                continue;
            line_fact[lines++] = i;
            write_probe(out, &facts->all[i], i);
        }
        fclose(out);
        if (run("%s -w -fsyntax-only '%s/%s' 2> '%s/%s.err'", facts, "probe.c") == 0)
            break;
        if (round == ROUNDS || mark_errors(facts, line_fact, first, lines) == 0) {
            fprintf(stderr, "facts: probes do not settle, see %s/probe.c.err\n", facts->work);
            exit(1);
        }
    }
    free(line_fact);
}

/* ---- the two programs ---- */

static void write_assert(FILE *out, const struct fact *fact) {
    fputs("_Static_assert(", out);
    for (unsigned v = 0; v < fact->count; v++) {
        fputs(v ? " || " : "", out);
        write_expression(out, fact);
        if (fact->width < 64)
            fprintf(out, " %% 0x%llxULL", 1ULL << fact->width);
        fprintf(out, " == 0x%llxULL", fact->values[v]);
    }
    fprintf(out, ", \"%s%s%s %s not", fact->owner, fact->member ? "." : "",
            fact->member ? fact->member : "", fact->kind == SIZE ? "has a size" : "is");
    for (unsigned v = 0; v < fact->count; v++)
        fprintf(out, " 0x%llx", fact->values[v]);
    fputs("\");\n", out);
}

static void write_object(FILE *out, const struct fact *fact) {
    if (fact->kind == IDENTIFIER)
        fprintf(out, "    wrong += guid(\"%s\", &%s, \"%s\");\n", fact->owner, fact->owner,
                fact->text);
    else
        fprintf(out,
                "    { static %s s; s.%s = ~s.%s; wrong += bits(\"%s.%s\", &s, sizeof s, %llu, "
                "%u); }\n",
                fact->owner, fact->member, fact->member, fact->owner, fact->member, fact->values[0],
                fact->width);
}

static const char object_helpers[] =
    "#include <stdio.h>\n"
    "#undef snprintf\n" /* the host's, not the drivers' */
    "static int guid(const char *name, const GUID *g, const char *text) {\n"
    "    char is[40];\n"
    "    snprintf(is, sizeof is, \"%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x\", g->Data1,\n"
    "             g->Data2, g->Data3, g->Data4[0], g->Data4[1], g->Data4[2], g->Data4[3],\n"
    "             g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);\n"
    "    if (strcmp(is, text) == 0) return 0;\n"
    "    return printf(\"%s is %s, should be %s\\n\", name, is, text), 1;\n"
    "}\n"
    "static int bits(const char *name, const void *p, size_t size, unsigned long long first, "
    "unsigned n) {\n"
    "    const unsigned char *b = p;\n"
    "    for (size_t i = 0; i < 8 * size; i++)\n"
    "        if ((b[i / 8] >> i % 8 & 1) != (i >= first && i < first + n))\n"
    "            return printf(\"%s is not %u bits at bit %llu\\n\", name, n, first), 1;\n"
    "    return 0;\n"
    "}\n"
    "int main(void) {\n"
    "    int wrong = 0;\n";

static void write_programs(const struct facts *facts) {
    FILE *asserts = create(facts, "asserts.c", false), *objects = create(facts, "objects.c", true);
    fputs(object_helpers, objects);
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->all[i];
        if (fact->absent)
            continue;
        if (fact->kind == BITS || fact->kind == IDENTIFIER)
            write_object(objects, fact);
        else if (fact->count > 0)
            write_assert(asserts, fact);
    }
    fputs("    return wrong != 0;\n}\n", objects);
    fclose(asserts);
    fclose(objects);
}

/* Compares the number of facts found of each kind with the floor for it: "sizes=100,offsets=…". */
static int compare_floors(const struct facts *facts, const char *floors) {
    size_t found[KINDS] = {0}, all[KINDS] = {0};
    int status = 0;
    for (size_t i = 0; i < facts->count; i++) {
        all[facts->all[i].kind]++;
        found[facts->all[i].kind] += !facts->all[i].absent;
    }
    for (int kind = 0; kind < KINDS; kind++) {
        const char *floor = strstr(floors, kind_names[kind]);
        size_t least = floor == NULL ? 0 : strtoul(floor + strlen(kind_names[kind]) + 1, NULL, 10);
        printf("%s: %zu of %zu declared\n", kind_names[kind], found[kind], all[kind]);
        if (found[kind] >= least)
            continue;
        printf("  and there were %zu\n", least);
        status = 1;
    }
    return status;
}

/* ---- the command line ---- */

/* Compiler and options as one text for the shell, each in quotes. */
static char *join(char **arguments, const char *include) {
    char *text = allocate(1, 1), quoted[4096];
    size_t length = 0;
    for (int i = 0; arguments[i] != NULL; i++) {
        snprintf(quoted, sizeof quoted, "'%s' ", arguments[i]);
        text = grow(text, length + strlen(quoted) + 1, 1);
        strcpy(text + length, quoted);
        length += strlen(quoted);
    }
    snprintf(quoted, sizeof quoted, "-I'%s/ddk' -I'%s/crt' -I'%s'", include, include, include);
    text = grow(text, length + strlen(quoted) + 1, 1);
    strcpy(text + length, quoted);
    return text;
}

static void read_facts(struct facts *facts, struct csv files[4], const char *directory) {
    static const char *const names[] = {"layouts.csv", "constants.csv", "ntstatus.csv",
                                        "guids.csv"};
    char path[4096];
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        csv_read(&files[i], path);
    }
    add_layouts(facts, &files[0]);
    add_values(facts, &files[1], CONSTANT);
    add_values(facts, &files[2], STATUS);
    add_guids(facts, &files[3]);
}

int main(int argc, char **argv) {
    static struct facts facts;
    static struct csv files[4];
    char path[4096];
    int status;
    if (argc < 6) {
        fputs("usage: facts FACTS-DIR INCLUDE-DIR WORK-DIR FLOORS COMPILER [OPTION...]\n", stderr);
        return 2;
    }
    facts.work = argv[3];
    snprintf(path, sizeof path, "%s/headers.txt", argv[3]);
    facts.headers = read_text(path);
    facts.command = join(argv + 5, argv[2]);
    read_facts(&facts, files, argv[1]);
    read_names(&facts);
    probe(&facts);
    write_programs(&facts);
    status = compare_floors(&facts, argv[4]);
    status |= run("%s -w -fsyntax-only '%s/%s'", &facts, "asserts.c") != 0;
    status |=
        run("%s -w '%s/%s' -o '%s/%s.out' && $EMULATOR '%s/%s.out'", &facts, "objects.c") != 0;
    for (int i = 0; i < 4; i++)
        csv_free(&files[i]);
    return status;
}
