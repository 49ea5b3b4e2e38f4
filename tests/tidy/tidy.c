/*
 * tidy [ROOT]: checks the repository itself and prints each finding as FILE:LINE: MESSAGE.
 *
 * The tree is what git lists, tracked or new but not ignored; without git, or outside a clone, it
 * is every file but those under build/ and .git/. Exit code 0: nothing found, 1: findings, 2: no
 * tree.
 */
#include "tidy.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct tidy_paths *paths, const char *path) {
    if (paths->count % 256 == 0)
        paths->path = realloc(paths->path, (paths->count + 256) * sizeof(char *));
    if (paths->path)
        paths->path[paths->count] = strdup(path);
    if (!paths->path || !paths->path[paths->count]) {
        fputs("tidy: no memory\n", stderr);
        exit(2);
    }
    paths->count++;
}

/* What git lists below the current directory; nothing when it cannot. */
static void list_by_git(struct tidy_paths *paths) {
    if (access(".git", F_OK) != 0)
        return;
    FILE *in = popen("git ls-files -z --cached --others --exclude-standard 2>/dev/null", "r");
    if (!in)
        return;
    char *path = NULL;
    size_t room = 0;
    while (getdelim(&path, &room, '\0', in) > 0) {
        /* A tracked file may be deleted in the work tree. */
        if (access(path, F_OK) == 0)
            add(paths, path);
    }
    free(path);
    pclose(in);
}

/* Depth first below FOLDER ("" is the current directory). */
static void list_by_walk(struct tidy_paths *paths, const char *folder) {
    DIR *dir = opendir(*folder ? folder : ".");
    if (!dir)
        return;
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ".git") == 0 ||
            (!*folder && strcmp(name, "build") == 0))
            continue;
        char path[TIDY_MAX_PATH];
        snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", name);
        struct stat about;
        if (lstat(path, &about) != 0)
            continue;
        if (S_ISDIR(about.st_mode))
            list_by_walk(paths, path);
        else
            add(paths, path);
    }
    closedir(dir);
}

static int by_name(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void print(void *context, const char *path, int line, const char *message) {
    ++*(int *)context;
    if (line)
        printf("%s:%d: %s\n", path, line, message);
    else
        printf("%s: %s\n", path, message);
}

int main(int argc, char **argv) {
    if (argc > 1 && chdir(argv[1]) != 0) {
        perror(argv[1]);
        return 2;
    }

    struct tidy_paths paths = {0};
    list_by_git(&paths);
    if (paths.count == 0)
        list_by_walk(&paths, "");
    if (paths.count == 0) {
        fputs("tidy: no files here\n", stderr);
        return 2;
    }
    qsort(paths.path, paths.count, sizeof(char *), by_name);

    int findings = 0;
    tidy_check(".", &paths, print, &findings);
    printf("%zu files, %d findings\n", paths.count, findings);
    for (size_t i = 0; i < paths.count; i++)
        free(paths.path[i]);
    free(paths.path);
    return findings != 0;
}
