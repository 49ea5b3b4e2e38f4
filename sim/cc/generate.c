/*
 * Finds what a missing header is made of, and makes it.
 *
 * A project says so. Without one, NAME.h comes from NAME.mc, NAME.man or NAME.xml beside the file
 * that includes it, and when there is none of these, from the only event manifest there whose name
 * it begins with: the rest of the header's name is an option of the message compiler, which then
 * stands nowhere. Message files go through windmc of GNU binutils.
 */
#include "generate.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends(const char *name, const char *ending) {
    size_t length = strlen(name), size = strlen(ending);
    return length > size && strcasecmp(name + length - size, ending) == 0;
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_manifest(const char *path) {
    struct cc_text text = {0};
    bool manifest = false;
    if (ends(path, ".man") || ends(path, ".xml")) {
        if (cc_read_file(path, &text)) {
            cc_decode(&text);
            manifest = text.size && strstr(text.data, "instrumentationManifest");
        }
        cc_text_free(&text);
    }
    return manifest;
}

/* Does the header's name begin with the manifest's? */
static bool begins_alike(const char *header, const char *manifest) {
    const char *dot = strrchr(manifest, '.');
    size_t size = dot ? (size_t)(dot - manifest) : strlen(manifest);
    return strncasecmp(header, manifest, size) == 0;
}

static const char *only_manifest(const char *directory, const char *name) {
    DIR *stream = opendir(directory);
    const char *found = NULL;
    unsigned count = 0;
    for (struct dirent *entry; stream && (entry = readdir(stream));) {
        const char *path = cc_format("%s/%s", directory, entry->d_name);
        if (begins_alike(name, entry->d_name) && is_manifest(path)) {
            found = path;
            count++;
        }
    }
    if (stream) {
        closedir(stream);
    }
    return count == 1 ? found : NULL;
}

static const char *origin_of(const struct cc_includes *includes, const char *directory,
                             const char *name) {
    for (size_t i = 0; includes->generators && i < includes->generators->count; i += 2) {
        if (strcasecmp(includes->generators->items[i], name) == 0) {
            return includes->generators->items[i + 1];
        }
    }
    static const char *const endings[] = {".mc", ".man", ".xml"};
    int stem = (int)strlen(name) - 2;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const char *found =
            cc_any_case(directory, cc_format("%.*s%s", stem, name, endings[i]), false);
        if (found && (i == 0 || is_manifest(found))) {
            return found;
        }
    }
    return only_manifest(directory, name);
}

/* ---- message files ---- */

static const char *windmc(void) {
    static const char *const names[] = {"x86_64-w64-mingw32-windmc", "i686-w64-mingw32-windmc",
                                        "windmc"};
    const char *given = getenv("WDMSIM_WINDMC"), *path = getenv("PATH");
    if (given && *given) {
        return given;
    }
    struct cc_list folders = {0};
    for (const char *at = path ? path : ""; *at;) {
        size_t size = strcspn(at, ":");
        cc_add(&folders, cc_copy(at, size));
        at += size + (at[size] == ':');
    }
    const char *found = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t j = 0; !found && j < folders.count; j++) {
            const char *candidate = cc_format("%s/%s", folders.items[j], names[i]);
            found = access(candidate, X_OK) == 0 ? candidate : NULL;
        }
    }
    cc_list_free(&folders);
    return found;
}

static void message_header(const char *path, const char *name, const char *folder,
                           struct cc_text *out) {
    const char *program = windmc();
    if (!program) {
        cc_die("%s is made of %s by windmc, which is not here: install the binutils for "
               "x86_64-w64-mingw32, or name it in WDMSIM_WINDMC",
               name, path);
    }
    const char *base = last_part(path), *copy = cc_format("%s/%s", folder, base);
    struct cc_text text = {0};
    if (!cc_read_file(path, &text)) {
        cc_die("cannot read %s", path);
    }
    cc_decode(&text);
    cc_puts(&text, "\n"); /* windmc forgets a last line without its end */
    cc_write_file(copy, text.data, text.size);
    cc_text_free(&text);
    struct cc_list argv = {0};
    const char *words[] = {program, "-h", folder, "-r", folder, copy};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        cc_add(&argv, words[i]);
    }
    const char *dot = strrchr(base, '.');
    const char *made = cc_format("%s/%.*s.h", folder, (int)(dot ? dot - base : 0), base);
    if (cc_run(&argv, NULL) != 0 || !cc_read_file(made, out)) {
        cc_die("%s could not be made of %s", name, path);
    }
    cc_list_free(&argv);
}

bool cc_generate_header(struct cc_includes *includes, const char *directory, const char *name) {
    if (!ends(name, ".h") || strchr(name, '/') || strchr(name, '\\')) {
        return false;
    }
    const char *file = cc_format("%s/%s", includes->search, name);
    if (cc_list_has(&includes->generated, file)) {
        return true;
    }
    const char *origin = origin_of(includes, directory, name);
    struct cc_text out = {0};
    if (!origin) {
        return false;
    }
    if (ends(origin, ".mc")) {
        const char *folder = cc_format("%s/%zu-mc", includes->private, includes->generated.count);
        mkdir(folder, 0700);
        message_header(origin, name, folder, &out);
    } else if (!cc_event_header(origin, &out, includes->messages)) {
        includes->errors++;
    }
    cc_add(&includes->generated, file);
    cc_write_file(file, out.data ? out.data : "", out.size);
    cc_text_free(&out);
    return true;
}
