/*
 * Runs the real compiler: posix_spawn, a pipe for its output when that is wanted, its messages
 * straight to ours.
 */
#include "cc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void read_all(int descriptor, struct cc_text *into) {
    char buffer[65536];
    for (;;) {
        ssize_t got = read(descriptor, buffer, sizeof buffer);
        if (got > 0) {
            cc_put(into, buffer, (size_t)got);
        } else if (got == 0 || errno != EINTR) {
            return;
        }
    }
}

static volatile sig_atomic_t running; /* the compiler's process, 0 = none */
static volatile sig_atomic_t stopped; /* the signal that ends us: nothing more is started */

void cc_interrupt(int number) {
    stopped = number;
    if (running) {
        kill((pid_t)running, number);
    }
}

static int wait_for(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            cc_die("waiting for the compiler: %s", strerror(errno));
        }
    }
    running = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int cc_run(const struct cc_list *argv, struct cc_text *output) {
    int ends[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (output) {
        if (pipe(ends) != 0) {
            cc_die("pipe: %s", strerror(errno));
        }
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    }
    pid_t child;
    int error = posix_spawnp(&child, argv->items[0], &actions, NULL, (char **)argv->items, environ);
    posix_spawn_file_actions_destroy(&actions);
    running = error ? 0 : (sig_atomic_t)child;
    if (stopped && running) {
        kill(child, stopped); /* it came while the compiler was being started */
    }
    if (error) {
        cc_die("cannot run %s: %s", argv->items[0], strerror(error));
    }
    if (output) {
        close(ends[1]);
        read_all(ends[0], output);
        close(ends[0]);
    }
    return wait_for(child);
}

void cc_exec(const struct cc_list *argv) {
    execvp(argv->items[0], (char **)argv->items);
    cc_die("cannot run %s: %s", argv->items[0], strerror(errno));
}
