/*
 * What a device has beside its state: registry keys, properties, interfaces, and those who want to
 * be told of changes. Internals of the files device.c, key.c, property*.c, interface*.c, notify*.c
 * and inf_install.c.
 */
#ifndef PNP_DEVICE_H
#define PNP_DEVICE_H

#include "cm/cm.h"
#include "pnp/pnp.h"

struct wdmsim_inf;
struct inf_choice;

/* ---- registry keys (key.c) ---- */

/* The path of a key below \Registry\Machine\System\ControlSet001. */
#define PNP_KEY_ENUM "Enum"
#define PNP_KEY_CLASS "Control\\Class"
#define PNP_KEY_INTERFACES "Control\\DeviceClasses"
#define PNP_KEY_SERVICES "Services"
/* A {guid} in text has this many characters. */
#define PNP_GUID_LENGTH 38u

/* Opens or (if `create`) makes the key of a path below `parent`; NULL: there is none. */
struct cm_key *pnp_key_path(struct machine *m, struct cm_key *parent, const WCHAR *path,
                            size_t length, bool create);
/* The same for UTF-8; `parent` NULL is the control set. */
struct cm_key *pnp_key(struct machine *m, struct cm_key *parent, const char *path, bool create);
/* A value by an ASCII name, or NULL. */
const struct cm_value *pnp_key_value(const struct cm_key *key, const char *name);
NTSTATUS pnp_key_set(struct machine *m, struct cm_key *key, const char *name, ULONG type,
                     const void *data, size_t size);
/* A terminated REG_SZ; nothing happens for a NULL text. */
void pnp_key_set_wide(struct machine *m, struct cm_key *key, const char *name, const WCHAR *text);
void pnp_key_set_text(struct machine *m, struct cm_key *key, const char *name, const char *text);
void pnp_key_set_number(struct machine *m, struct cm_key *key, const char *name, ULONG number);
/* A kernel handle of the key. */
NTSTATUS pnp_key_handle(struct machine *m, struct cm_key *key, ACCESS_MASK access, HANDLE *handle);

/* The hardware key Enum\…, the software key Control\Class\{guid}\0000 of a device; NULL. */
struct cm_key *pnp_hardware_key(struct machine *m, const struct pnp_node *node, bool create);
struct cm_key *pnp_software_key(struct machine *m, const struct pnp_node *node);
/* Gives the device a class and a software key of it; "" or NULL name: as it is known. */
struct cm_key *pnp_assign_class(struct machine *m, struct pnp_node *node, const char *guid,
                                const char *name);
/* Writes what identification found out. */
void pnp_keys_identified(struct machine *m, struct pnp_node *node);
/* The drivers of the node are chosen and about to be loaded: what an installation would write. */
void pnp_keys_installed(struct machine *m, struct pnp_node *node);

/* "{4d36e97d-…}" in lower case with a terminator. */
void pnp_guid_text(const GUID *guid, char text[PNP_GUID_LENGTH + 1]);
bool pnp_guid_parse(const WCHAR *text, size_t length, GUID *guid);
/* The length of a terminated text in characters. */
size_t pnp_wide_length(const WCHAR *text);
/* The length of a multi-string in characters, with its last terminator. */
size_t pnp_multi_length(const WCHAR *list);

/* ---- properties (property_data.c) ---- */

/* Values set by keys live in the subkey Properties of a registry key. Statuses of the exported
 * routines. */
NTSTATUS pnp_property_set(struct machine *m, struct cm_key *owner, const DEVPROPKEY *key, LCID lcid,
                          DEVPROPTYPE type, ULONG size, const void *data);
NTSTATUS pnp_property_get(struct machine *m, const struct cm_key *owner, const DEVPROPKEY *key,
                          LCID lcid, ULONG size, void *data, PULONG required, PDEVPROPTYPE type);
bool pnp_property_valid(DEVPROPTYPE type, ULONG size, const void *data);
static inline bool pnp_property_lcid_valid(LCID lcid) {
    return lcid != 0x0400 && lcid != 0x0800; /* LOCALE_USER_DEFAULT, LOCALE_SYSTEM_DEFAULT */
}
/* A result of `length` bytes into a caller's buffer: STATUS_BUFFER_TOO_SMALL. */
NTSTATUS pnp_property_give(const void *value, size_t length, ULONG room, void *buffer,
                           PULONG result_length);

/* A DEVICE_REGISTRY_PROPERTY (property.c), in memory that the caller frees if it is `owned`. */
struct pnp_value {
    const void *data;
    size_t size;
    void *owned;
    ULONG64 number; /* `data` may point to it */
};
NTSTATUS pnp_device_property(struct machine *m, struct pnp_node *node,
                             DEVICE_REGISTRY_PROPERTY property, struct pnp_value *value);

/* ---- interfaces (interface.c) ---- */

struct pnp_interface_class {
    struct pnp_interface_class *next;
    GUID guid;
    LIST_ENTRY interfaces; /* pnp_interface.of_class, in order of registration */
};

/* A registered interface; lives as long as the machine, as its registration does. */
struct pnp_interface {
    LIST_ENTRY of_class;
    LIST_ENTRY of_node; /* in pnp_node.interfaces while `node` is set */
    struct pnp_interface *hashed;
    struct pnp_interface_class *class;
    struct pnp_node *node; /* NULL: its device is not there */
    UNICODE_STRING name;   /* \??\PCI#…#{guid}\reference, terminated */
    USHORT base;           /* bytes of the name without the reference */
    const char *path;      /* instance path of the device */
    bool enabled;
    bool announced; /* listeners were told of it */
};
#define PNP_INTERFACE_BUCKETS 1024u

struct pnp_interface *pnp_interface_find(struct machine *m, const UNICODE_STRING *name);
struct pnp_interface_class *pnp_interface_class(struct machine *m, const GUID *guid, bool create);
/* Registers; `existed`: it was registered. */
NTSTATUS pnp_interface_register(struct machine *m, struct pnp_node *node, const GUID *guid,
                                const UNICODE_STRING *reference, struct pnp_interface **result,
                                bool *existed);
NTSTATUS pnp_interface_set_state(struct machine *m, struct pnp_interface *i, bool enable);
/* The key of the instance: DeviceClasses\{guid}\##?#…\#reference. */
struct cm_key *pnp_interface_key(struct machine *m, const struct pnp_interface *i, bool create);
void pnp_interfaces_ready(struct machine *m, struct pnp_node *node);
void pnp_interfaces_gone(struct machine *m, struct pnp_node *node);
void pnp_interfaces_forget(struct machine *m, struct pnp_node *node);

/* ---- notification (notify.c, notify_target.c) ---- */

/* A driver's registration; freed when it was removed and nobody uses it. */
struct pnp_registration {
    ULONG signature;
    IO_NOTIFICATION_EVENT_CATEGORY category;
    LIST_ENTRY link; /* of all of one category, for a device: pnp_node.listeners */
    uint64_t order;
    GUID guid;             /* interface class */
    struct pnp_node *node; /* referenced: the target device */
    PFILE_OBJECT file;     /* not referenced */
    PDRIVER_OBJECT driver;
    PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback;
    PVOID context;
    LONG references; /* the registration itself, and each one that uses it */
    bool removed;
    bool asked;       /* was told QUERY_REMOVE, and not how that ended */
    PKTHREAD running; /* in the callback */
    LONG depth;       /* calls of it in progress by that thread */
    KEVENT idle;      /* no call of it is in progress */
};

/* Calls one; its status. `what` names the event in the trace. */
NTSTATUS pnp_notify_call(struct machine *m, struct pnp_registration *r, void *notification,
                         const char *what);
/* Walking a list while it changes: those registered before the walk began, in order. */
struct pnp_registration *pnp_notify_first(LIST_ENTRY *head, uint64_t limit);
struct pnp_registration *pnp_notify_next(struct machine *m, LIST_ENTRY *head,
                                         struct pnp_registration *r, uint64_t limit);
void pnp_notify_drop(struct machine *m, struct pnp_registration *r);
/* Tells those who listen for its class, in the worker. */
void pnp_notify_interface(struct machine *m, struct pnp_interface *i, bool arrival);
NTSTATUS pnp_target_query_remove(struct machine *m, struct pnp_node *node);
void pnp_target_remove_cancelled(struct machine *m, struct pnp_node *node);
void pnp_target_remove_complete(struct machine *m, struct pnp_node *node);
/* The node of the device that a file is open on. */
NTSTATUS pnp_target_of_file(struct machine *m, PFILE_OBJECT file, struct pnp_node **node);

/* ---- driver packages (inf_install.c) ---- */

/* Sets match and service of a node to what the best package of the driver store says, if any fits.
 */
void pnp_inf_choose(struct machine *m, struct pnp_node *node);
/* Writes into the registry what the package of node->match installs. */
void pnp_inf_install(struct machine *m, struct pnp_node *node);
/*
 * The AddReg and DelReg directives of a section; HKR is `relative`. `device`: HKR is the hardware
 * key, where a few names are the device's own and the rest are its parameters.
 */
void pnp_inf_registry(struct machine *m, const struct wdmsim_inf *inf, const char *section,
                      struct cm_key *relative, bool device);

/* ---- this part of the machine ---- */

struct pnp_device_part {
    struct pnp_interface **buckets; /* by name; NULL until there is an interface */
    struct pnp_interface_class *classes;
    LIST_ENTRY interface_listeners, profile_listeners;
    uint64_t order; /* of the last registration */
    struct wdmsim_inf *store, **store_last;
    struct inf_choice *choices; /* of models, that were made so far */
};

/* Called by pnp_start. */
void pnp_device_start(struct machine *m);

#endif
