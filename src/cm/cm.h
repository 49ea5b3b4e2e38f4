/*
 * The registry, in memory: keys (nodes of one tree), their values, and key objects, which is what
 * handles refer to.
 *
 * A key's subkeys are sorted by upper-case name, which is the order of enumeration; values keep the
 * order in which they were made. A deleted key leaves the tree at once and its memory when the last
 * key object that refers to it goes. There is one control set, ControlSet001, and CurrentControlSet
 * is a symbolic link to it, as on Windows.
 */
#ifndef CM_CM_H
#define CM_CM_H

#include "ki/machine.h"
#include "ob/ob.h"

#define CM_TAG 0x35324d43u /* "CM25" */
#define CM_NAME_MAX 255u   /* characters of a key's name */
#define CM_VALUE_NAME_MAX 16383u

struct cm_value {
    UNICODE_STRING name; /* Length 0: the unnamed value */
    ULONG type;
    ULONG size;
    void *data;
};

struct cm_key {
    UNICODE_STRING name, class_name;
    struct cm_key *parent;
    struct cm_key **subkeys;
    struct cm_value **values;
    ULONG subkey_count, subkey_room, value_count, value_room;
    ULONG references; /* key objects, and 1 while it is in the tree */
    bool is_volatile, is_link, deleted;
    LONGLONG write_time;
    PSECURITY_DESCRIPTOR security;
    LIST_ENTRY watches; /* ZwNotifyChangeKey */
};

/* What a handle refers to. */
struct cm_object {
    struct cm_key *key;
    struct cm_context *contexts; /* of registry callbacks */
    LIST_ENTRY link;             /* in cm_part.with_contexts, if it ever had one */
    PUNICODE_STRING old_name;    /* handed out by CmCallbackGetKeyObjectID */
};
extern const struct ob_type cm_key_type;

/* ---- the tree (tree.c); names in characters ---- */

struct cm_key *cm_subkey(const struct cm_key *key, const WCHAR *name, size_t length);
NTSTATUS cm_subkey_create(struct machine *m, struct cm_key *parent, const WCHAR *name,
                          size_t length, struct cm_key **key);
void cm_key_remove(struct machine *m, struct cm_key *key);
/* The name becomes the key's; no sister has it. */
void cm_key_rename(struct machine *m, struct cm_key *key, const UNICODE_STRING *name);
void cm_key_dereference(struct machine *m, struct cm_key *key);
struct cm_value *cm_value(const struct cm_key *key, const UNICODE_STRING *name);
NTSTATUS cm_value_set(struct machine *m, struct cm_key *key, const UNICODE_STRING *name, ULONG type,
                      const void *data, ULONG size);
bool cm_value_delete(struct machine *m, struct cm_key *key, const UNICODE_STRING *name);
/* The full name "\REGISTRY\MACHINE\…": its length in characters; writes at most `capacity`. */
size_t cm_key_name(const struct cm_key *key, WCHAR *buffer, size_t capacity);
NTSTATUS cm_copy_string(struct machine *m, UNICODE_STRING *to, const WCHAR *text, size_t length);
void cm_free_string(struct machine *m, UNICODE_STRING *string);

/* ---- paths (path.c) ---- */

struct cm_lookup {
    struct cm_key *key; /* found, or the parent of what is missing */
    const WCHAR *rest;  /* the missing components … */
    size_t rest_length; /* … and their length, 0 when found */
    WCHAR *owned;       /* the buffer rest points into, after a symbolic link */
};
/* Walks from a key along a path without leading backslash. STATUS_OBJECT_NAME_NOT_FOUND fills
 * `rest`. */
NTSTATUS cm_walk(struct machine *m, struct cm_key *from, const WCHAR *path, size_t length,
                 bool open_link, struct cm_lookup *lookup);
void cm_lookup_release(struct machine *m, struct cm_lookup *lookup);
/* The key an absolute path "\Registry\…" begins at, and how many of its characters that takes. */
NTSTATUS cm_path_start(struct machine *m, const WCHAR *path, size_t length, struct cm_key **key,
                       size_t *taken);
/* Opens or creates every component of an ASCII path below \Registry. */
struct cm_key *cm_make_path(struct machine *m, const char *path);
/* The key of an object that may still be used; STATUS_KEY_DELETED. */
NTSTATUS cm_live_key(const struct cm_object *object, struct cm_key **key);
NTSTATUS cm_object_create(struct machine *m, struct cm_key *key, struct cm_object **object);

/* ---- results (query.c) ---- */

NTSTATUS cm_query_key(const struct cm_key *key, KEY_INFORMATION_CLASS class, void *buffer,
                      ULONG length, PULONG needed);
NTSTATUS cm_query_value(const struct cm_value *value, KEY_VALUE_INFORMATION_CLASS class,
                        void *buffer, ULONG length, PULONG needed);

/* ---- watches (watch.c) ---- */

#define CM_CHANGE_NAME 1u /* REG_NOTIFY_CHANGE_NAME … */
#define CM_CHANGE_ATTRIBUTES 2u
#define CM_CHANGE_LAST_SET 4u
#define CM_CHANGE_SECURITY 8u
/* A key changed: completes the watches on it and on the trees it is in. */
void cm_changed(struct machine *m, struct cm_key *key, ULONG what);

struct cm_part {
    struct cm_key *root;        /* \REGISTRY */
    struct cm_object *registry; /* its object in the name space */
    LIST_ENTRY callbacks;       /* CmRegisterCallback, highest altitude first */
    LIST_ENTRY inside;          /* calls of callbacks that have not returned, the latest first */
    LIST_ENTRY with_contexts;   /* key objects to which callbacks attached something */
    LONGLONG next_cookie;
};
void cm_start(struct machine *m);

#endif
