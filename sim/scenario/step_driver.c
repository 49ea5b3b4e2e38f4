/* Steps that load and unload drivers. */
#include "scenario/run.h"

#include <string.h>

/* A path in a scenario is relative to the scenario's file; a bare name is the library's to find. */
const char *driver_image(struct run *run, const struct driver_spec *driver) {
    const char *image = driver->image;
    const char *file = run->scenario->file, *slash = strrchr(file, '/');
    if (!strchr(image, '/') || image[0] == '/' || !slash)
        return image;
    return run_printf(run, "%.*s/%s", (int)(slash - file), file, image);
}

int driver_parameters(struct run *run, const struct driver_spec *driver) {
    for (unsigned i = 0; i < driver->parameters.count; i++) {
        const struct parameter *value = &driver->parameters.list[i];
        int error = value->text ? wdmsim_driver_parameter_string(run->machine, driver->name,
                                                                 value->name, value->text)
                                : wdmsim_driver_parameter_u32(run->machine, driver->name,
                                                              value->name, value->number);
        if (error)
            return error;
    }
    return 0;
}

bool step_load_start(struct run *run, const struct step *step) {
    const struct driver_spec *spec = step->as.load.load;
    const struct statuses *expected = step->as.load.expect ? step->as.load.expect->status : NULL;
    struct wdmsim_driver *driver = NULL;
    int error = driver_parameters(run, spec);
    if (!error)
        error = wdmsim_driver_load(run->machine, spec->name, driver_image(run, spec), &driver);
    if (driver && !wdmsim_machine_stop(run->machine))
        return check_status(run, "status of DriverEntry", wdmsim_driver_status(driver), expected,
                            RULE_SUCCESS);
    const char *more = error == WDMSIM_ERROR_NOT_A_DRIVER || error == WDMSIM_ERROR_NOT_FOUND
                           ? wdmsim_driver_error()
                           : NULL;
    return run_fail(run, "image", run_printf(run, "%s to be loaded", spec->image),
                    run_printf(run, "%s%s%s", wdmsim_error_message(error),
                               more && *more ? ": " : "", more ? more : ""));
}

static const char *const result_words[] = {
    [UNLOAD_DONE] = "unloaded",
    [UNLOAD_BUSY] = "busy: a device is open, it unloads at the last close",
    [UNLOAD_REFUSED] = "refused: it has no DriverUnload",
};

bool step_unload_start(struct run *run, const struct step *step) {
    const struct driver_spec *spec = step->as.unload.unload;
    enum unload_result expected = step->as.unload.expect
                                      ? (enum unload_result)step->as.unload.expect->result.value
                                      : UNLOAD_DONE;
    struct wdmsim_driver *driver = wdmsim_driver_find(run->machine, spec->name);
    if (!driver || !wdmsim_driver_is_loaded(driver))
        return run_fail(run, "driver", run_printf(run, "%s to be loaded", spec->name),
                        "it is not loaded");
    int error = wdmsim_driver_unload(run->machine, driver);
    enum unload_result result = error == WDMSIM_ERROR_BUSY      ? UNLOAD_BUSY
                                : error == WDMSIM_ERROR_INVALID ? UNLOAD_REFUSED
                                                                : UNLOAD_DONE;
    if (error && result == UNLOAD_DONE)
        return run_fail(run, "driver", result_words[expected], wdmsim_error_message(error));
    if (result != expected)
        return run_fail(run, "driver", result_words[expected], result_words[result]);
    return true;
}
