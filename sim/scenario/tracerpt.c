/*
 * What Windows' tracerpt makes of an ETW capture, as steps: see "replay" in fields_power.h for
 * which events become what.
 *
 * Only what is needed is read of the XML: for each <Event> its provider, number, time and data.
 */
#include "scenario/replay.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"

/* The part of a text between two marks, or an empty one. */
struct part {
    const char *p;
    size_t length;
};

static const char *find(const char *p, const char *end, const char *what) {
    size_t length = strlen(what);
    for (; p && p + length <= end; p++)
        if (memcmp(p, what, length) == 0)
            return p;
    return NULL;
}

static struct part between(const char *p, const char *end, const char *first, const char *last) {
    const char *begin = find(p, end, first);
    const char *stop = begin ? find(begin + strlen(first), end, last) : NULL;
    if (!stop)
        return (struct part){"", 0};
    begin += strlen(first);
    return (struct part){begin, (size_t)(stop - begin)};
}

/* The value of <Data Name="NAME">. */
static struct part data_of(const char *p, const char *end, const char *name) {
    char mark[80];
    snprintf(mark, sizeof mark, "Name=\"%s\"", name);
    const char *found = find(p, end, mark);
    return found ? between(found, end, ">", "<") : (struct part){"", 0};
}

static bool part_is(const struct part *part, const char *text) {
    return part->length == strlen(text) && memcmp(part->p, text, part->length) == 0;
}

static unsigned part_number(const struct part *part) {
    char digits[24] = "";
    memcpy(digits, part->p, part->length < 23 ? part->length : 23);
    return (unsigned)strtoul(digits + strspn(digits, " \r\n\t"), NULL, 0);
}

/* ---- time ----------------------------------------------------------------------------------- */

static uint64_t field(const char *p, unsigned digits) {
    uint64_t value = 0;
    while (digits-- && *p >= '0' && *p <= '9')
        value = value * 10 + (uint64_t)(*p++ - '0');
    return value;
}

/* Days of the Gregorian calendar, from any fixed day on. */
static uint64_t days(uint64_t year, uint64_t month, uint64_t day) {
    if (month <= 2) {
        year--;
        month += 12;
    }
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day;
}

/* "2026-08-20T09:13:22.123456700+02:00" in ns; the zone is the same throughout a capture. */
static bool time_of(const struct part *part, uint64_t *time) {
    const char *p = part->p;
    if (part->length < 19 || p[4] != '-' || p[10] != 'T')
        return false;
    uint64_t seconds = days(field(p, 4), field(p + 5, 2), field(p + 8, 2)) * 86400 +
                       field(p + 11, 2) * 3600 + field(p + 14, 2) * 60 + field(p + 17, 2);
    uint64_t part_of_second = 0, unit = 100000000;
    if (part->length > 20 && p[19] == '.')
        for (size_t i = 20; i < part->length && p[i] >= '0' && p[i] <= '9'; i++, unit /= 10)
            part_of_second += (uint64_t)(p[i] - '0') * unit;
    *time = seconds * 1000000000u + part_of_second;
    return true;
}

/* ---- the system ------------------------------------------------------------------------------ */

/* By SYSTEM_POWER_STATE. */
static const char *sleep_step(unsigned state) {
    static const char *const steps[] = {[2] = "\"sleep\":\"S1\"",
                                        [3] = "\"sleep\":\"S2\"",
                                        [4] = "\"sleep\":\"S3\"",
                                        [5] = "\"sleep\":\"S4\"",
                                        [6] = "\"shutdown\":\"off\""};
    return state < sizeof steps / sizeof *steps ? steps[state] : NULL;
}

/* By POWER_ACTION. */
static const char *shutdown_step(unsigned action) {
    return action == 5 ? "\"shutdown\":\"restart\"" : "\"shutdown\":\"off\"";
}

/* ---- PoFx ----------------------------------------------------------------------------------- */

/* What the events of registration tell: which device a token stands for. The latest is first. */
struct token {
    struct part token, id;
    struct token *next;
};

struct capture {
    uint64_t first; /* the time of the first event, UINT64_MAX before it */
    unsigned steps;
    struct token *tokens;
    struct store store; /* that they are in */
};

static void learn_token(struct capture *capture, const char *p, const char *end) {
    struct part token = data_of(p, end, "Token"), id = data_of(p, end, "Id");
    if (!token.length || !id.length)
        return;
    struct token *known = store_take(&capture->store, sizeof *known);
    *known = (struct token){token, id, capture->tokens};
    capture->tokens = known;
}

static const struct token *token_of(const struct token *tokens, const char *p, const char *end) {
    struct part token = data_of(p, end, "Token");
    while (tokens && (tokens->token.length != token.length ||
                      memcmp(tokens->token.p, token.p, token.length) != 0))
        tokens = tokens->next;
    return tokens;
}

/* The text of XML without the spaces around it. */
static void put_plain(struct text *out, struct part part) {
    static const struct {
        const char *entity, *text;
    } entities[] = {
        {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}};
    const char *p = part.p, *end = part.p + part.length;
    while (p < end && strchr(" \t\r\n", *p))
        p++;
    while (end > p && strchr(" \t\r\n", end[-1]))
        end--;
    while (p < end) {
        unsigned i = 0;
        while (i < 5 && find(p, end, entities[i].entity) != p)
            i++;
        text_add(out, i < 5 ? entities[i].text : p, 1);
        p += i < 5 ? strlen(entities[i].entity) : 1;
    }
}

static bool part_is_true(const struct part *part) {
    struct text plain = {0};
    put_plain(&plain, *part);
    const char *text = text_string(&plain);
    bool is = strcmp(text, "true") == 0 || strcmp(text, "True") == 0 || strcmp(text, "1") == 0;
    text_free(&plain);
    return is;
}

/* A hint in units of 100 ns; the largest, which means none, does not fit into a time. */
static void put_hint(struct text *out, const char *name, const struct part *part) {
    char digits[24] = "";
    memcpy(digits, part->p, part->length < 23 ? part->length : 23);
    uint64_t hint = strtoull(digits + strspn(digits, " \r\n\t"), NULL, 0), most = INT64_MAX / 100;
    text_printf(out, ",\"%s\":\"%" PRIu64 "ns\"", name, (hint < most ? hint : most) * 100);
}

/* What a component of a known device does; false for another event. */
static bool put_activity(struct text *out, unsigned id, const char *p, const char *end,
                         const struct token *tokens) {
    static const char *const values[] = {"Active", "IdleState", "Latency", "Residency",
                                         "ArmedForWake"};
    const struct token *device = token_of(tokens, p, end);
    if (id < 312 || id > 316 || !device)
        return false;
    struct part component = data_of(p, end, "Component"), value = data_of(p, end, values[id - 312]);
    struct text name = {0};
    put_plain(&name, device->id);
    text_puts(out, "\"activity\":");
    json_string(out, text_string(&name));
    text_free(&name);
    text_printf(out, ",\"component\":%u", part_number(&component));
    if (id == 312 || id == 316)
        text_printf(out, ",\"%s\":%s", id == 312 ? "active" : "armed",
                    part_is_true(&value) ? "true" : "false");
    else if (id == 313)
        text_printf(out, ",\"F\":%u", part_number(&value));
    else
        put_hint(out, id == 314 ? "latency" : "residency", &value);
    text_puts(out, ",\"if_present\":true");
    return true;
}

/* "PoFx event 308: Token=… PowerState=4" */
static void put_note(struct text *out, unsigned id, const char *p, const char *end) {
    struct text note = {0};
    const char *data = p;
    text_printf(&note, "PoFx event %u:", id);
    while ((data = find(data, end, "<Data Name=\""))) {
        struct part name = between(data, end, "\"", "\""), value = between(data, end, ">", "<");
        text_printf(&note, " %.*s=%.*s", (int)name.length, name.p, (int)value.length, value.p);
        data += 12;
    }
    text_puts(out, "\"note\":");
    json_string(out, text_string(&note));
    text_free(&note);
}

/* The members of the step that an event becomes; nothing for one that is skipped. */
static void put_step(struct text *out, unsigned id, const char *p, const char *end,
                     struct capture *capture) {
    struct part target = data_of(p, end, "TargetState"), ac = data_of(p, end, "AcOnline");
    struct part action = data_of(p, end, "ShutdownActionType");
    const char *step = id == 42    ? sleep_step(part_number(&target))
                       : id == 107 ? "\"wake\":\"button\""
                       : id == 109 ? shutdown_step(part_number(&action))
                       : id == 149 ? "\"display\":\"off\""
                       : id == 150 ? "\"display\":\"on\""
                       : id == 506 ? "\"standby\":\"enter\""
                       : id == 507 ? "\"standby\":\"exit\""
                                   : NULL;
    if (id == 105)
        step = part_is_true(&ac) ? "\"power_source\":\"ac\"" : "\"power_source\":\"battery\"";
    if (id == 303 || id == 304)
        learn_token(capture, p, end);
    if (step)
        text_puts(out, step);
    else if (id >= 300 && id <= 333 && !put_activity(out, id, p, end, capture->tokens))
        put_note(out, id, p, end);
}

static void put_event(struct text *out, const char *p, const char *end, struct capture *capture) {
    struct part provider = between(p, end, "Provider Name=\"", "\"");
    struct part number = between(p, end, "<EventID", "</EventID>");
    struct part stamp = between(p, end, "SystemTime=\"", "\"");
    struct text step = {0};
    uint64_t time;
    const char *digits = number.length ? memchr(number.p, '>', number.length) : NULL;
    if (!digits || !time_of(&stamp, &time))
        return;
    if (capture->first == UINT64_MAX)
        capture->first = time;
    struct part value = {digits + 1, (size_t)(number.p + number.length - digits - 1)};
    if (part_is(&provider, "Microsoft-Windows-Kernel-Power"))
        put_step(&step, part_number(&value), p, end, capture);
    if (step.length) {
        text_printf(out, "%s{\"at\":\"%" PRIu64 "ns\",\"steps\":[{%s}]}",
                    capture->steps++ ? "," : "", time > capture->first ? time - capture->first : 0,
                    text_string(&step));
    }
    text_free(&step);
}

/* As many line ends as there are between two places, so that lines stay what they were. */
static void put_lines(struct text *out, const char *p, const char *end) {
    for (; p < end; p++)
        if (*p == '\n')
            text_puts(out, "\n");
}

/* The next element <Event …>, but not <EventData>. */
static const char *next_event(const char *p, const char *end) {
    while ((p = find(p, end, "<Event")) && p + 6 < end && !strchr(" >\r\n\t", p[6]))
        p += 6;
    return p;
}

void replay_xml(const char *data, size_t size, struct text *out) {
    const char *p = data, *behind = data + size, *begin, *end;
    struct capture capture = {.first = UINT64_MAX};
    text_puts(out, "[");
    while ((begin = next_event(p, behind)) && (end = find(begin, behind, "</Event>"))) {
        put_lines(out, p, begin);
        put_event(out, begin, end, &capture);
        put_lines(out, begin, end);
        p = end;
    }
    text_puts(out, "]");
    store_empty(&capture.store);
}
