/*
 * What queries return: the records of KEY_INFORMATION_CLASS and KEY_VALUE_INFORMATION_CLASS.
 *
 * A buffer too small for the fixed part of a record gets nothing (STATUS_BUFFER_TOO_SMALL); one
 * that has room for that gets as much as fits (STATUS_BUFFER_OVERFLOW); the size needed is told in
 * every case.
 */
#include "cm/cm.h"

/* A record under construction: offsets beyond the end of the buffer are counted, not written. */
struct cm_record {
    char *buffer;
    ULONG length; /* of the buffer */
    ULONG fixed;  /* the part that must fit */
    ULONG needed;
};

static void cm_put(struct cm_record *record, ULONG offset, const void *data, ULONG size) {
    if (size && offset < record->length)
        memcpy(record->buffer + offset, data,
               size < record->length - offset ? size : record->length - offset);
    if (offset + size > record->needed)
        record->needed = offset + size;
}

static NTSTATUS cm_end(const struct cm_record *record, PULONG needed) {
    *needed = record->needed;
    return record->needed > record->length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS cm_too_small(const struct cm_record *record, ULONG size, PULONG needed) {
    *needed = record->fixed + size;
    return STATUS_BUFFER_TOO_SMALL;
}

/* ---- keys ---- */

static NTSTATUS cm_key_basic(const struct cm_key *key, struct cm_record *record, PULONG needed) {
    KEY_BASIC_INFORMATION fixed = {.LastWriteTime.QuadPart = key->write_time,
                                   .NameLength = key->name.Length};
    record->fixed = record->needed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    if (record->length < record->fixed)
        return cm_too_small(record, key->name.Length, needed);
    cm_put(record, 0, &fixed, record->fixed);
    cm_put(record, record->fixed, key->name.Buffer, key->name.Length);
    return cm_end(record, needed);
}

static NTSTATUS cm_key_node(const struct cm_key *key, struct cm_record *record, PULONG needed) {
    KEY_NODE_INFORMATION fixed = {.LastWriteTime.QuadPart = key->write_time,
                                  .ClassLength = key->class_name.Length,
                                  .NameLength = key->name.Length};
    record->fixed = record->needed = FIELD_OFFSET(KEY_NODE_INFORMATION, Name);
    fixed.ClassOffset =
        key->class_name.Length ? (record->fixed + key->name.Length + 3u) & ~3u : ~0u;
    if (record->length < record->fixed)
        return cm_too_small(record, key->name.Length + key->class_name.Length, needed);
    cm_put(record, 0, &fixed, record->fixed);
    cm_put(record, record->fixed, key->name.Buffer, key->name.Length);
    if (key->class_name.Length)
        cm_put(record, fixed.ClassOffset, key->class_name.Buffer, key->class_name.Length);
    return cm_end(record, needed);
}

/* Counts and greatest lengths of what is in the key. */
static KEY_FULL_INFORMATION cm_key_counts(const struct cm_key *key) {
    KEY_FULL_INFORMATION full = {.LastWriteTime.QuadPart = key->write_time,
                                 .ClassLength = key->class_name.Length,
                                 .SubKeys = key->subkey_count,
                                 .Values = key->value_count};
    for (ULONG i = 0; i < key->subkey_count; i++) {
        const struct cm_key *subkey = key->subkeys[i];
        full.MaxNameLen =
            subkey->name.Length > full.MaxNameLen ? subkey->name.Length : full.MaxNameLen;
        full.MaxClassLen = subkey->class_name.Length > full.MaxClassLen ? subkey->class_name.Length
                                                                        : full.MaxClassLen;
    }
    for (ULONG i = 0; i < key->value_count; i++) {
        const struct cm_value *value = key->values[i];
        full.MaxValueNameLen =
            value->name.Length > full.MaxValueNameLen ? value->name.Length : full.MaxValueNameLen;
        full.MaxValueDataLen =
            value->size > full.MaxValueDataLen ? value->size : full.MaxValueDataLen;
    }
    return full;
}

static NTSTATUS cm_key_full(const struct cm_key *key, struct cm_record *record, PULONG needed) {
    KEY_FULL_INFORMATION fixed = cm_key_counts(key);
    record->fixed = record->needed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
    fixed.ClassOffset = key->class_name.Length ? record->fixed : ~0u;
    if (record->length < record->fixed)
        return cm_too_small(record, key->class_name.Length, needed);
    cm_put(record, 0, &fixed, record->fixed);
    cm_put(record, record->fixed, key->class_name.Buffer, key->class_name.Length);
    return cm_end(record, needed);
}

static NTSTATUS cm_key_path(const struct cm_key *key, struct cm_record *record, PULONG needed) {
    ULONG size = (ULONG)(cm_key_name(key, NULL, 0) * sizeof(WCHAR));
    record->fixed = record->needed = FIELD_OFFSET(KEY_NAME_INFORMATION, Name);
    if (record->length < record->fixed)
        return cm_too_small(record, size, needed);
    cm_put(record, 0, &size, sizeof size);
    cm_key_name(key, (WCHAR *)(void *)(record->buffer + record->fixed),
                (record->length - record->fixed) / sizeof(WCHAR));
    record->needed = record->fixed + size;
    return cm_end(record, needed);
}

NTSTATUS cm_query_key(const struct cm_key *key, KEY_INFORMATION_CLASS class, void *buffer,
                      ULONG length, PULONG needed) {
    struct cm_record record = {buffer, length, 0, 0};
    *needed = 0;
    switch (class) {
    case KeyBasicInformation:
        return cm_key_basic(key, &record, needed);
    case KeyNodeInformation:
        return cm_key_node(key, &record, needed);
    case KeyFullInformation:
        return cm_key_full(key, &record, needed);
    case KeyNameInformation:
        return cm_key_path(key, &record, needed);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* ---- values ---- */

static NTSTATUS cm_value_basic(const struct cm_value *value, struct cm_record *record,
                               PULONG needed) {
    KEY_VALUE_BASIC_INFORMATION fixed = {.Type = value->type, .NameLength = value->name.Length};
    record->fixed = record->needed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
    if (record->length < record->fixed)
        return cm_too_small(record, value->name.Length, needed);
    cm_put(record, 0, &fixed, record->fixed);
    cm_put(record, record->fixed, value->name.Buffer, value->name.Length);
    return cm_end(record, needed);
}

/* Data begin at an offset that `alignment` divides. */
static NTSTATUS cm_value_full(const struct cm_value *value, ULONG alignment,
                              struct cm_record *record, PULONG needed) {
    KEY_VALUE_FULL_INFORMATION fixed = {
        .Type = value->type, .DataLength = value->size, .NameLength = value->name.Length};
    record->fixed = record->needed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
    fixed.DataOffset = (record->fixed + value->name.Length + alignment - 1) & ~(alignment - 1);
    if (record->length < record->fixed)
        return cm_too_small(record, fixed.DataOffset - record->fixed + value->size, needed);
    cm_put(record, 0, &fixed, record->fixed);
    cm_put(record, record->fixed, value->name.Buffer, value->name.Length);
    cm_put(record, fixed.DataOffset, value->data, value->size);
    return cm_end(record, needed);
}

static NTSTATUS cm_value_partial(const struct cm_value *value, bool align64,
                                 struct cm_record *record, PULONG needed) {
    const ULONG fields[] = {0, value->type, value->size}; /* the aligned form has no TitleIndex */
    record->fixed = record->needed = align64
                                         ? FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data)
                                         : FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    if (record->length < record->fixed)
        return cm_too_small(record, value->size, needed);
    cm_put(record, 0, fields + (align64 ? 1 : 0), record->fixed);
    cm_put(record, record->fixed, value->data, value->size);
    return cm_end(record, needed);
}

NTSTATUS cm_query_value(const struct cm_value *value, KEY_VALUE_INFORMATION_CLASS class,
                        void *buffer, ULONG length, PULONG needed) {
    struct cm_record record = {buffer, length, 0, 0};
    *needed = 0;
    switch (class) {
    case KeyValueBasicInformation:
        return cm_value_basic(value, &record, needed);
    case KeyValueFullInformation:
        return cm_value_full(value, 4, &record, needed);
    case KeyValueFullInformationAlign64:
        return cm_value_full(value, 8, &record, needed);
    case KeyValuePartialInformation:
        return cm_value_partial(value, false, &record, needed);
    case KeyValuePartialInformationAlign64:
        return cm_value_partial(value, true, &record, needed);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}
