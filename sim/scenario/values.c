/*
 * Values of one word or number: texts, flags, numbers, times, dates, enumerations, control codes.
 *
 * Numbers are read from the author's text, not from cJSON's double, so all 64 bits arrive.
 */
#include "scenario/shape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <wdmsim/machine.h>

const char *bind_string(struct binder *binder, const cJSON *value, const char *expected,
                        bool empty) {
    if (!cJSON_IsString(value)) {
        bind_wrong(binder, value, expected);
        return NULL;
    }
    size_t length;
    const char *text = tree_bytes(binder->tree, value, &length);
    if (strlen(text) != length) {
        bind_problem(binder, value, "a zero character, which only data may contain");
        return NULL;
    }
    if (!length && !empty) {
        bind_problem(binder, value, "expected %s, found an empty text", expected);
        return NULL;
    }
    return text;
}

/* type->least: the shortest length allowed, 0 or 1. */
void bind_text(struct binder *binder, const cJSON *value, const struct value_type *type,
               void *member) {
    *(const char **)member = bind_string(binder, value, type->expected, type->least == 0);
}

void bind_flag(struct binder *binder, const cJSON *value, const struct value_type *type,
               void *member) {
    if (!cJSON_IsBool(value))
        bind_wrong(binder, value, type->expected);
    *(struct number *)member = (struct number){true, cJSON_IsTrue(value)};
}

/* ---- numbers -------------------------------------------------------------------------------- */

/* Digits in a base; false if there are none, other characters, or more than 64 bits. */
static bool parse_digits(const char *p, const char *end, unsigned base, uint64_t *number) {
    if (p == end)
        return false;
    *number = 0;
    for (; p < end; p++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *found = memchr(digits, *p, sizeof digits - 1);
        unsigned digit = found ? (unsigned)((found - digits) & 15) : 99;
        if (digit >= base || *number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    return true;
}

bool bind_whole(struct binder *binder, const cJSON *value, uint64_t *number, bool *negative) {
    if (!cJSON_IsNumber(value) && !cJSON_IsString(value))
        return false;
    const struct tree_entry *entry = tree_entry(binder->tree, value);
    unsigned quote = cJSON_IsString(value);
    const char *p = binder->tree->source->data + entry->value + quote;
    const char *end = binder->tree->source->data + entry->end - quote;
    *negative = p < end && *p == '-';
    p += *negative;
    unsigned base = end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') ? 16 : 10;
    if (!parse_digits(base == 16 ? p + 2 : p, end, base, number))
        return false;
    if (*negative)
        *number = 0 - *number;
    return true;
}

bool bind_number(struct binder *binder, const cJSON *value, const struct value_type *type,
                 uint64_t *number) {
    bool negative;
    if (!bind_whole(binder, value, number, &negative)) {
        bind_wrong(binder, value, type->expected);
        return false;
    }
    if (negative || *number < type->least || *number > type->most) {
        bind_problem(binder, value, "%s is out of range: %llu to %llu",
                     tree_words(binder->tree, value, 40), (unsigned long long)type->least,
                     (unsigned long long)type->most);
        return false;
    }
    return true;
}

void bind_count(struct binder *binder, const cJSON *value, const struct value_type *type,
                void *member) {
    struct number *number = member;
    number->set = bind_number(binder, value, type, &number->value);
    if (!number->set)
        number->value = 0;
}

void bind_group_size(struct binder *binder, const cJSON *value, const struct value_type *type,
                     void *member) {
    struct number *size = member;
    bind_count(binder, value, type, size);
    if (!(size->value & (size->value - 1)))
        return;
    bind_wrong(binder, value, type->expected);
    *size = (struct number){0};
}

void bind_machine(struct binder *binder, const cJSON *value, const struct value_type *type,
                  void *member) {
    struct machine_spec **machine = member;
    bind_object(binder, value, type, machine);
    if (!*machine || !(*machine)->maximum_processors.set)
        return;
    uint64_t processors = (*machine)->processors.set ? (*machine)->processors.value : 1;
    if ((*machine)->maximum_processors.value < processors)
        bind_problem(binder, cJSON_GetObjectItemCaseSensitive(value, "maximum_processors"),
                     "fewer than the %" PRIu64 " that are there from the start", processors);
}

/* ---- time, power, energy -------------------------------------------------------------------- */

static const struct word time_units[] = {
    {"ns", WDMSIM_NS},      {"us", WDMSIM_US},      {"ms", WDMSIM_MS},       {"s", WDMSIM_S},
    {"min", 60 * WDMSIM_S}, {"h", 3600 * WDMSIM_S}, {"d", 86400 * WDMSIM_S}, {0}};

static const struct word power_units[] = {
    {"nW", 1}, {"uW", 1000}, {"mW", 1000000}, {"W", 1000000000}, {0}};
static const struct word energy_units[] = {
    {"nJ", 1}, {"uJ", 1000}, {"mJ", 1000000}, {"J", 1000000000}, {0}};

/* Digits, perhaps a point and up to nine more, a unit. False if it is none or too large. */
static bool parse_quantity(const char *text, const struct word *unit, uint64_t *quantity) {
    size_t whole_length = strspn(text, "0123456789");
    const char *p = text + whole_length, *fraction = p;
    if (*p == '.')
        p += 1 + strspn(p + 1, "0123456789");
    while (unit->text && strcmp(unit->text, p) != 0)
        unit++;
    uint64_t whole, part = 0, scale = 1;
    if (!unit->text || !parse_digits(text, fraction, 10, &whole) || p - fraction > 10)
        return false;
    if (p > fraction && !parse_digits(fraction + 1, p, 10, &part))
        return false;
    for (const char *digit = fraction + 1; digit < p; digit++)
        scale *= 10;
    unsigned __int128 total =
        (unsigned __int128)whole * unit->value + (unsigned __int128)part * unit->value / scale;
    *quantity = (uint64_t)total;
    return total < WDMSIM_FOREVER;
}

void bind_time(struct binder *binder, const cJSON *value, const struct value_type *type,
               void *member) {
    struct number *time = member;
    time->set =
        cJSON_IsString(value) && parse_quantity(value->valuestring, time_units, &time->value);
    if (!time->set)
        bind_wrong(binder, value, type->expected);
}

bool parse_time(const char *text, uint64_t *time) { return parse_quantity(text, time_units, time); }

void bind_watts(struct binder *binder, const cJSON *value, const struct value_type *type,
                void *member) {
    struct number *watts = member;
    watts->set =
        cJSON_IsString(value) && parse_quantity(value->valuestring, power_units, &watts->value);
    if (!watts->set)
        bind_wrong(binder, value, type->expected);
}

void bind_joules(struct binder *binder, const cJSON *value, const struct value_type *type,
                 void *member) {
    struct number *joules = member;
    joules->set =
        cJSON_IsString(value) && parse_quantity(value->valuestring, energy_units, &joules->value);
    if (!joules->set)
        bind_wrong(binder, value, type->expected);
}

/* A value, or [least, most] where null leaves a side open. */
static void bind_range(struct binder *binder, const cJSON *value, const struct value_type *type,
                       bind_fn *bind, struct range *range) {
    struct number bounds[2] = {{false, 0}, {false, UINT64_MAX}};
    range->set = true;
    if (!cJSON_IsArray(value)) {
        bind(binder, value, type, &bounds[0]);
        range->least = range->most = bounds[0].value;
        return;
    }
    if (cJSON_GetArraySize(value) != 2)
        bind_problem(binder, value, "a range is [least, most]");
    unsigned i = 0;
    for (const cJSON *one = value->child; one && i < 2; one = one->next, i++)
        if (!cJSON_IsNull(one))
            bind(binder, one, type, &bounds[i]);
    range->least = bounds[0].value;
    range->most = bounds[1].value;
}

void bind_count_range(struct binder *binder, const cJSON *value, const struct value_type *type,
                      void *member) {
    bind_range(binder, value, type, bind_count, member);
}

void bind_time_range(struct binder *binder, const cJSON *value, const struct value_type *type,
                     void *member) {
    bind_range(binder, value, type, bind_time, member);
}

void bind_joule_range(struct binder *binder, const cJSON *value, const struct value_type *type,
                      void *member) {
    bind_range(binder, value, type, bind_joules, member);
}

/* Days from 1601-01-01 to a date of the Gregorian calendar. */
static int64_t days_since_1601(unsigned year, unsigned month, unsigned day) {
    static const unsigned before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    unsigned past = year - 1601;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return (int64_t)past * 365 + past / 4 - past / 100 + past / 400 + before[month - 1] +
           (leap && month > 2) + day - 1;
}

/* "2026-01-01T00:00:00Z" into 100 ns units since 1601. */
static bool parse_date(const char *text, uint64_t *date) {
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    unsigned parts[6] = {0}, part = 0;
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (unsigned i = 0; shape[i]; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i])
            return false;
        if (digit)
            parts[part] = parts[part] * 10 + (unsigned)(text[i] - '0');
        else
            part++;
    }
    if (parts[0] < 1601 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31 ||
        parts[3] > 23 || parts[4] > 59 || parts[5] > 59)
        return false;
    int64_t seconds = days_since_1601(parts[0], parts[1], parts[2]) * 86400;
    seconds += parts[3] * 3600 + parts[4] * 60 + parts[5];
    *date = (uint64_t)seconds * 10000000;
    return *date != 0;
}

void bind_date(struct binder *binder, const cJSON *value, const struct value_type *type,
               void *member) {
    struct number *date = member;
    date->set = cJSON_IsString(value) && parse_date(value->valuestring, &date->value);
    if (!date->set)
        bind_wrong(binder, value, type->expected);
}

/* ---- words ---------------------------------------------------------------------------------- */

const struct word *word_of(const struct word *words, const char *text) {
    while (words->text && strcmp(words->text, text) != 0)
        words++;
    return words->text ? words : NULL;
}

static bool find_word(struct binder *binder, const cJSON *value, const struct value_type *type,
                      uint64_t *found) {
    const struct word *word = word_of(type->words, value->valuestring);
    if (word) {
        *found = word->value;
        return true;
    }
    unsigned count = 0;
    while (type->words[count].text)
        count++;
    const char **texts = store_take(binder->store, (count + 1) * sizeof *texts);
    for (unsigned i = 0; i < count; i++)
        texts[i] = type->words[i].text;
    bind_problem(binder, value, "expected %s, found %s%s", type->expected,
                 tree_words(binder->tree, value, 40),
                 bind_guess(binder, value->valuestring, texts));
    return false;
}

void bind_word(struct binder *binder, const cJSON *value, const struct value_type *type,
               void *member) {
    struct number *number = member;
    if (cJSON_IsString(value))
        number->set = find_word(binder, value, type, &number->value);
    else
        bind_wrong(binder, value, type->expected);
}

void bind_word_or_number(struct binder *binder, const cJSON *value, const struct value_type *type,
                         void *member) {
    struct number *number = member;
    uint64_t ignored;
    bool negative;
    if (cJSON_IsString(value) && !bind_whole(binder, value, &ignored, &negative))
        number->set = find_word(binder, value, type, &number->value);
    else
        number->set = bind_number(binder, value, type, &number->value);
}

/* A word, a number, or a list of words that are put together with "or". */
void bind_words_or_number(struct binder *binder, const cJSON *value, const struct value_type *type,
                          void *member) {
    struct number *number = member, one = {0};
    if (!cJSON_IsArray(value)) {
        bind_word_or_number(binder, value, type, member);
        return;
    }
    for (const cJSON *child = value->child; child; child = child->next) {
        bind_word(binder, child, type, &one);
        number->value |= one.value;
    }
    number->set = true;
}

/* ---- control codes -------------------------------------------------------------------------- */

void bind_ctl_code(struct binder *binder, const cJSON *value, const struct value_type *type,
                   void *member) {
    struct number *code = member;
    struct ctl_code_spec spec = {0};
    if (cJSON_IsObject(value)) {
        bind_shape(binder, value, type->shape, &spec);
        code->value = spec.device_type.value << 16 | spec.access.value << 14 |
                      spec.function.value << 2 | spec.method.value;
        code->set = true;
    } else {
        code->set = bind_number(binder, value, type, &code->value);
    }
}
