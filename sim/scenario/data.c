/*
 * Data: the bytes that scenarios send and expect.
 *
 * Data is a text, one part, or a list of parts that are put one behind the other. Every part's size
 * is known when the scenario is read, so data is bytes at once; only the values of handles are
 * filled in when it runs, and for an expectation a mask says which bytes count.
 */
#include "scenario/shape.h"

#include <string.h>

#define DATA_LIMIT (64u << 20)

/* Data while it grows. */
struct grow {
    struct binder *binder;
    struct text bytes, any;
    struct data *data;
    bool any_allowed;
};

static void add(struct grow *grow, const void *bytes, size_t length) {
    static const char zeros[256];
    text_add(&grow->bytes, bytes, length);
    for (size_t done = 0; done < length; done += sizeof zeros)
        text_add(&grow->any, zeros, length - done < sizeof zeros ? length - done : sizeof zeros);
}

static bool room(struct grow *grow, const cJSON *value, uint64_t more) {
    if (more <= DATA_LIMIT && grow->bytes.length + more <= DATA_LIMIT)
        return true;
    bind_problem(grow->binder, value, "more than %u MiB of data", DATA_LIMIT >> 20);
    return false;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void add_number(struct grow *grow, const cJSON *value, unsigned bits) {
    uint64_t number;
    bool negative;
    if (!bind_whole(grow->binder, value, &number, &negative)) {
        bind_wrong(grow->binder, value, "a whole number");
        return;
    }
    uint64_t most = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    bool good = negative ? -number <= 1ull << (bits - 1) : number <= most;
    if (!good) {
        bind_problem(grow->binder, value, "%s does not fit %u bits",
                     tree_words(grow->binder->tree, value, 40), bits);
        return;
    }
    uint8_t bytes[8];
    for (unsigned i = 0; i < bits / 8; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
    add(grow, bytes, bits / 8);
}

static void add_numbers(struct grow *grow, const cJSON *value, unsigned bits) {
    if (!cJSON_IsArray(value)) {
        add_number(grow, value, bits);
        return;
    }
    for (const cJSON *one = value->child; one; one = one->next)
        add_number(grow, one, bits);
}

static void add_u8(struct grow *grow, const cJSON *value) { add_numbers(grow, value, 8); }
static void add_u16(struct grow *grow, const cJSON *value) { add_numbers(grow, value, 16); }
static void add_u32(struct grow *grow, const cJSON *value) { add_numbers(grow, value, 32); }
static void add_u64(struct grow *grow, const cJSON *value) { add_numbers(grow, value, 64); }

/* ---- texts ---------------------------------------------------------------------------------- */

/* The bytes of a string value, or NULL with a problem. */
static const unsigned char *string_bytes(struct grow *grow, const cJSON *value,
                                         const char *expected, size_t *length) {
    if (cJSON_IsString(value))
        return (const unsigned char *)tree_bytes(grow->binder->tree, value, length);
    bind_wrong(grow->binder, value, expected);
    return NULL;
}

static void add_text(struct grow *grow, const cJSON *value) {
    size_t length;
    const unsigned char *bytes = string_bytes(grow, value, "a text", &length);
    if (bytes)
        add(grow, bytes, length);
}

static void add_unit(struct grow *grow, unsigned unit) {
    uint8_t bytes[2] = {(uint8_t)unit, (uint8_t)(unit >> 8)};
    add(grow, bytes, 2);
}

/* The source has been checked to be UTF-8. */
static void add_wide(struct grow *grow, const cJSON *value) {
    size_t length;
    const unsigned char *p = string_bytes(grow, value, "a text", &length);
    for (const unsigned char *end = p ? p + length : p; p < end;) {
        unsigned more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
        unsigned code = more ? *p & (0x3fu >> more) : *p;
        for (p++; more; more--)
            code = code << 6 | (*p++ & 0x3f);
        if (code >= 0x10000) {
            add_unit(grow, 0xd800 + ((code - 0x10000) >> 10));
            code = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        add_unit(grow, code);
    }
}

static int digit_of(const char *digits, int character) {
    const char *found = character ? strchr(digits, character) : NULL;
    return found ? (int)(found - digits) : -1;
}

static void add_hex(struct grow *grow, const cJSON *value) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    size_t length;
    const unsigned char *p = string_bytes(grow, value, "pairs of hexadecimal digits", &length);
    for (const unsigned char *end = p ? p + length : p; p < end; p++) {
        if (*p == ' ')
            continue;
        int high = digit_of(digits, *p), low = p + 1 < end ? digit_of(digits, p[1]) : -1;
        if (high < 0 || low < 0) {
            bind_wrong(grow->binder, value, "pairs of hexadecimal digits");
            return;
        }
        uint8_t byte = (uint8_t)((high & 15) << 4 | (low & 15));
        add(grow, &byte, 1);
        p++;
    }
}

static void add_base64(struct grow *grow, const cJSON *value) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length;
    const unsigned char *p = string_bytes(grow, value, "base64", &length);
    bool good = p && length % 4 == 0;
    for (size_t i = 0; good && i < length; i += 4) {
        bool last = i + 4 == length;
        int pads = last ? (p[i + 3] == '=') + (p[i + 3] == '=' && p[i + 2] == '=') : 0;
        unsigned group = 0;
        for (int k = 0; k < 4; k++) {
            int digit = k >= 4 - pads ? 0 : digit_of(digits, p[i + k]);
            good = good && digit >= 0;
            group = group << 6 | ((unsigned)digit & 63);
        }
        uint8_t bytes[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};
        add(grow, bytes, 3 - (size_t)pads);
    }
    if (p && !good)
        bind_wrong(grow->binder, value, "base64");
}

/* ---- the rest ------------------------------------------------------------------------------- */

static const struct value_type whole_size = {.expected = "a number of bytes", .most = DATA_LIMIT};

static void add_same(struct grow *grow, unsigned byte, uint64_t count) {
    uint8_t bytes[256];
    memset(bytes, (int)byte, sizeof bytes);
    for (; count; count -= count < sizeof bytes ? count : sizeof bytes)
        add(grow, bytes, count < sizeof bytes ? count : sizeof bytes);
}

extern const struct shape shape_fill;

static void add_fill(struct grow *grow, const cJSON *value) {
    struct fill_spec fill = {0};
    if (bind_shape(grow->binder, value, &shape_fill, &fill) && room(grow, value, fill.count.value))
        add_same(grow, (unsigned)fill.byte.value, fill.count.value);
}

static void add_handle(struct grow *grow, const cJSON *value) {
    const char *text = bind_string(grow->binder, value, "the name of a file or event", false);
    if (!text)
        return;
    struct data *data = grow->data;
    struct data_handle *handles =
        store_take(grow->binder->store, (data->handle_count + 1) * sizeof *handles);
    if (data->handle_count)
        memcpy(handles, data->handles, data->handle_count * sizeof *handles);
    handles[data->handle_count].offset = grow->bytes.length;
    handles[data->handle_count++].name =
        name_find(grow->binder, value, text, NAME_FILE | NAME_EVENT);
    data->handles = handles;
    add_same(grow, 0, 8);
}

static void add_pad(struct grow *grow, const cJSON *value) {
    uint64_t unit;
    if (!bind_number(grow->binder, value, &whole_size, &unit))
        return;
    if (!unit)
        bind_wrong(grow->binder, value, "a multiple to pad to");
    else if (grow->bytes.length % unit && room(grow, value, unit - grow->bytes.length % unit))
        add_same(grow, 0, unit - grow->bytes.length % unit);
}

static void add_any(struct grow *grow, const cJSON *value) {
    uint64_t count;
    if (!grow->any_allowed) {
        bind_key_problem(grow->binder, value, "\"any\" can stand in an expectation only");
        return;
    }
    if (!bind_number(grow->binder, value, &whole_size, &count) || !room(grow, value, count))
        return;
    size_t start = grow->bytes.length;
    add_same(grow, 0, count);
    memset(grow->any.data + start, 1, count);
}

static const struct {
    const char *key;
    void (*add)(struct grow *grow, const cJSON *value);
} forms[] = {
#define X(key, text) {#key, add_##key},
    DATA_FORMS(X)
#undef X
};

static void add_part(struct grow *grow, const cJSON *part) {
    struct binder *binder = grow->binder;
    const size_t count = sizeof forms / sizeof *forms;
    if (cJSON_IsString(part)) {
        add_text(grow, part);
        return;
    }
    if (!cJSON_IsObject(part) || !part->child || part->child->next) {
        bind_wrong(binder, part,
                   "data: a text, {\"u32\": [1, 2]} or another form, or a list of these");
        return;
    }
    const char *words[sizeof forms / sizeof *forms + 1] = {0};
    for (size_t i = 0; i < count; i++) {
        words[i] = forms[i].key;
        if (strcmp(part->child->string, forms[i].key) != 0)
            continue;
        forms[i].add(grow, part->child);
        return;
    }
    bind_key_problem(binder, part->child, "data has no form \"%s\"%s", part->child->string,
                     bind_guess(binder, part->child->string, words));
}

const struct data *data_bind(struct binder *binder, const cJSON *value, bool any_allowed) {
    struct data *data = store_take(binder->store, sizeof *data);
    struct grow grow = {.binder = binder, .data = data, .any_allowed = any_allowed};
    if (cJSON_IsArray(value)) {
        for (const cJSON *part = value->child; part; part = part->next)
            add_part(&grow, part);
    } else {
        add_part(&grow, value);
    }
    data->size = grow.bytes.length;
    data->bytes = (uint8_t *)store_copy(binder->store, text_string(&grow.bytes), data->size);
    if (data->size && memchr(grow.any.data, 1, data->size))
        data->any = (uint8_t *)store_copy(binder->store, grow.any.data, data->size);
    text_free(&grow.bytes);
    text_free(&grow.any);
    return data;
}

/* ---- buffers -------------------------------------------------------------------------------- */

/* Whether the value is {"address": …, "size": …}; then binds it. */
static bool bind_address(struct binder *binder, const cJSON *value, const struct value_type *type,
                         uint64_t *address, size_t *size) {
    struct address_spec spec = {0};
    if (!cJSON_IsObject(value) || !cJSON_GetObjectItemCaseSensitive(value, "address"))
        return false;
    bind_shape(binder, value, type->shape, &spec);
    *address = spec.address.value;
    *size = (size_t)spec.size.value;
    return true;
}

void bind_input(struct binder *binder, const cJSON *value, const struct value_type *type,
                void *member) {
    struct input_spec *input = member;
    input->raw = bind_address(binder, value, type, &input->address, &input->size);
    if (input->raw)
        return;
    input->data = data_bind(binder, value, false);
    input->size = input->data->size;
}

void bind_output(struct binder *binder, const cJSON *value, const struct value_type *type,
                 void *member) {
    struct output_spec *output = member;
    uint64_t size;
    if (cJSON_IsNumber(value)) {
        if (bind_number(binder, value, type, &size))
            output->size = (size_t)size;
        return;
    }
    output->raw = bind_address(binder, value, type, &output->address, &output->size);
    if (output->raw)
        return;
    output->initial = data_bind(binder, value, false);
    output->size = output->initial->size;
}

void bind_expected_out(struct binder *binder, const cJSON *value, const struct value_type *type,
                       void *member) {
    static const char *const modes[] = {[OUT_PREFIX] = "prefix", [OUT_BUFFER] = "buffer"};
    (void)type;
    struct expected_out *out = store_take(binder->store, sizeof *out);
    const cJSON *data = value, *only = cJSON_IsObject(value) ? value->child : NULL;
    for (int mode = OUT_PREFIX; only && !only->next && mode <= OUT_BUFFER; mode++) {
        if (strcmp(only->string, modes[mode]) == 0) {
            out->mode = mode;
            data = only;
        }
    }
    out->data = data_bind(binder, data, true);
    *(struct expected_out **)member = out;
}
