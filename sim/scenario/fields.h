/*
 * Everything a scenario may contain: one table for each kind of object in it.
 *
 * A line is X(key, C type, value type, need, description). From the same line come the member of
 * the structure (scenario.h), what the parser accepts (shape.c) and the property in the JSON schema
 * (schema.c); so the three cannot disagree. A structure's members are parsed in the order of the
 * table, whatever their order in the file: names are used before the same step defines one.
 */
#ifndef SIM_SCENARIO_FIELDS_H
#define SIM_SCENARIO_FIELDS_H

#define OPTIONAL 0
#define REQUIRED 1

#include "scenario/fields_power.h"

#define FIELDS_SCENARIO(X)                                                                         \
    X(name, const char *, type_name, REQUIRED, "What the scenario shows, in a few words.")         \
    X(description, const char *, type_string, OPTIONAL, "More about it, for people.")              \
    X(machine, struct machine_spec *, type_machine, OPTIONAL,                                      \
      "The computer; default: one processor, nothing left to chance.")                             \
    X(drivers, struct driver_list, type_drivers, OPTIONAL,                                         \
      "The drivers that steps load. Without this list a load step names any image NAME.sys.")      \
    X(inf, struct inf_list, type_infs, OPTIONAL,                                                   \
      "INF files of driver packages, beside the scenario: devices may be matched by them.")        \
    X(install, struct installation_list, type_installations, OPTIONAL,                             \
      "What is installed for devices with certain ids.")                                           \
    X(classes, struct class_list, type_classes, OPTIONAL, "Filters of whole setup classes.")       \
    X(devices, struct device_list, type_devices, OPTIONAL,                                         \
      "The devices that are plugged in at the start, or by steps.")                                \
    X(power, struct model, type_model, OPTIONAL,                                                   \
      "The power model: what \"system\" and, below \"devices\", devices by patterns of their "     \
      "instance paths take. Watts of states (S0, DRIPS, D0; 0/F1 and 0/P2 of component 0, "        \
      "0/1/P2 of its performance set 1) and joules of transitions (\"D3 -> D0\"). Components "     \
      "count while their device is in D0.")                                                        \
    X(steps, struct step_list, type_steps, REQUIRED, "What happens, one thing after the other.")   \
    X(expect, struct expect_spec *, type_expect, OPTIONAL,                                         \
      "What must hold at the end; its trace patterns look at the whole run.")

#define FIELDS_MACHINE(X)                                                                          \
    X(processors, struct number, type_processors, OPTIONAL, "How many processors; default 1.")     \
    X(maximum_processors, struct number, type_processors, OPTIONAL,                                \
      "How many there can be, with those that add_processors adds; default: no more.")             \
    X(group_size, struct number, type_group_size, OPTIONAL,                                        \
      "How many processors a processor group holds, a power of two: what bcdedit /set groupsize "  \
      "makes to test drivers on a small machine. Default: one group of all.")                      \
    X(strategy, struct number, type_strategy, OPTIONAL,                                            \
      "How choices are made that Windows does not determine: always the first alternative, or "    \
      "drawn from the seed. Default: random if there is a seed, else first.")                      \
    X(seed, struct number, type_number, OPTIONAL,                                                  \
      "The seed of the random strategy; --seed overrides it.")                                     \
    X(check_rules, struct number, type_flag, OPTIONAL,                                             \
      "Check IRQL and preconditions at the entry of every routine; default true.")                 \
    X(guard_pool, struct number, type_flag, OPTIONAL,                                              \
      "End every pool block at an inaccessible page and never reuse it.")                          \
    X(guard_exact, struct number, type_flag, OPTIONAL,                                             \
      "With guard_pool: let a block end at its last byte, so that reading one byte too far is "    \
      "seen. That costs pool memory its alignment of 16 where the size is no multiple of it.")     \
    X(guard_paged, struct number, type_flag, OPTIONAL,                                             \
      "Make paged memory inaccessible at DISPATCH_LEVEL and above.")                               \
    X(fail_pool, struct number, type_flag, OPTIONAL,                                               \
      "Let the strategy choose whether each allocation fails that a driver asks for.")             \
    X(check_locks, struct number, type_flag, OPTIONAL,                                             \
      "Remember where locks were acquired, and report those taken in different orders and what "   \
      "else deadlock detection finds; default false.")                                             \
    X(debugger, struct number, type_flag, OPTIONAL,                                                \
      "A kernel debugger is attached, which goes on after each breakpoint; default false: a "      \
      "breakpoint is a bug check.")                                                                \
    X(messages, struct message_masks, type_messages, OPTIONAL,                                     \
      "Which messages of DbgPrintEx are shown besides errors: masks of levels for components "     \
      "(IHVDRIVER, IHVBUS, IHVVIDEO, IHVAUDIO, IHVNETWORK, IHVSTREAMING, DEFAULT), and WIN2000 "   \
      "for all of them; 0xf is everything.")                                                       \
    X(boot_time, struct number, type_date, OPTIONAL,                                               \
      "System time at the start; default 2026-01-01T00:00:00Z.")                                   \
    X(power_watchdog, struct number, type_time, OPTIONAL,                                          \
      "How long a power IRP may take before bug check 0x9F; default 600s, \"0s\": for ever.")      \
    X(pnp_watchdog, struct number, type_time, OPTIONAL,                                            \
      "How long a PnP IRP or AddDevice may take before bug check 0x1D5; default: for ever.")       \
    X(fx_watchdog, struct number, type_time, OPTIONAL,                                             \
      "How long a PoFx callback may stay unanswered before bug check 0xA0 (0x9F if it is a "       \
      "directed one); default 600s, \"0s\": for ever.")                                            \
    X(drips_watchdog, struct number, type_time, OPTIONAL,                                          \
      "How long a device may keep the system from DRIPS before bug check 0xA0; default: for "      \
      "ever.")                                                                                     \
    X(legacy_power, struct number, type_flag, OPTIONAL,                                            \
      "The power manager's rules are those before Windows Vista: PoStartNextPowerIrp counts.")     \
    X(trace, struct number, type_events, OPTIONAL,                                                 \
      "Events to record besides the usual ones: a list of names, or \"all\".")

#define FIELDS_DRIVER(X)                                                                           \
    X(name, const char *, type_name, REQUIRED, "The service name.")                                \
    X(image, const char *, type_name, OPTIONAL,                                                    \
      "A path, relative to the scenario, or a bare name that is looked for as NAME.sys on the "    \
      "driver path; default: the name.")                                                           \
    X(parameters, struct parameter_list, type_parameters, OPTIONAL,                                \
      "Values of the service's Parameters registry key: a number is a REG_DWORD, a text a "        \
      "REG_SZ.")

/* ---- expectations --------------------------------------------------------------------------- */

#define FIELDS_EXPECT_REQUEST(X)                                                                   \
    X(within, struct number, type_time, OPTIONAL,                                                  \
      "Lets time pass until the request is done, at most this long.")                              \
    X(status, struct statuses *, type_statuses, OPTIONAL,                                          \
      "The final status, STATUS_PENDING if it is not done; default: any success, or pending if "   \
      "the step has \"as\".")                                                                      \
    X(returned, struct statuses *, type_statuses, OPTIONAL,                                        \
      "What the system service returned at first.")                                                \
    X(information, struct number, type_number, OPTIONAL, "IoStatus.Information.")                  \
    X(out, struct expected_out *, type_expected_out, OPTIONAL,                                     \
      "The output: data for exactly the bytes that Information counts.")

#define FIELDS_EXPECT_LOAD(X)                                                                      \
    X(status, struct statuses *, type_statuses, REQUIRED,                                          \
      "What DriverEntry returned; default: any success.")

#define FIELDS_EXPECT_PROCESSOR(X)                                                                 \
    X(status, struct statuses *, type_statuses, REQUIRED,                                          \
      "What the callback said that refused it; default: nobody did.")

#define FIELDS_EXPECT_UNLOAD(X)                                                                    \
    X(result, struct number, type_unload_result, REQUIRED,                                         \
      "unloaded (the default), busy (it unloads when its last device is closed), or refused (it "  \
      "has no DriverUnload).")

#define FIELDS_EXPECT(X)                                                                           \
    X(bugcheck, struct expected_bugcheck *, type_bugcheck, OPTIONAL,                               \
      "The machine has stopped with this bug check. Steps between the one where it stopped and "   \
      "this are skipped.")                                                                         \
    X(requests, struct expected_requests, type_request_states, OPTIONAL,                           \
      "For each named request: pending, done, or its final status.")                               \
    X(events, struct expected_events, type_event_states, OPTIONAL,                                 \
      "For each named event: signaled or not signaled.")                                           \
    X(drivers, struct expected_drivers, type_driver_states, OPTIONAL,                              \
      "For each driver: loaded or unloaded.")                                                      \
    X(trace, struct patterns, type_patterns, OPTIONAL,                                             \
      "Patterns that events match in this order, other events between them, since the last "       \
      "expect step that looked.")                                                                  \
    X(never, struct patterns, type_patterns, OPTIONAL,                                             \
      "Patterns that no event matches, since the last expect step that looked.")                   \
    X(output, struct patterns, type_patterns, OPTIONAL,                                            \
      "Patterns that lines of debug output match in this order, since the last expect step that "  \
      "looked.")                                                                                   \
    FIELDS_EXPECT_PNP_POWER(X)                                                                     \
    X(leaks, struct number, type_count, OPTIONAL,                                                  \
      "How many things unloaded drivers left allocated.")                                          \
    X(irps, struct number, type_count, OPTIONAL, "How many IRPs are in flight.")

#define FIELDS_BUGCHECK(X)                                                                         \
    X(code, struct number, type_bugcheck_code, REQUIRED, "Name or number of the bug check.")       \
    X(parameters, struct bugcheck_parameters, type_bugcheck_parameters, OPTIONAL,                  \
      "Its parameters, up to four; null is anything.")                                             \
    X(explanation, const char *, type_pattern, OPTIONAL, "A pattern that the explanation matches.")

/* ---- data ----------------------------------------------------------------------------------- */

/* X(key, description): a part of data is an object with one of these keys, see data.c. */
#define DATA_FORMS(X)                                                                              \
    X(u8, "Bytes: a number, or a list of them. Negative numbers are stored as two's complement.")  \
    X(u16, "16-bit numbers, little-endian.")                                                       \
    X(u32, "32-bit numbers, little-endian.")                                                       \
    X(u64, "64-bit numbers, little-endian; as texts (\"0x…\") where JSON's are too small.")        \
    X(text, "A text in UTF-8, without a terminating zero unless it ends in \\u0000.")              \
    X(wide, "A text in UTF-16, likewise.")                                                         \
    X(hex, "Bytes as pairs of hexadecimal digits, perhaps with spaces between them.")              \
    X(base64, "Bytes in base64.")                                                                  \
    X(fill, "The same byte many times.")                                                           \
    X(handle, "The value of a file's or event's handle, 8 bytes.")                                 \
    X(pad, "Zeros up to a multiple of so many bytes.")                                             \
    X(any, "In an expectation: so many bytes of whatever value.")

#define FIELDS_CTL_CODE(X)                                                                         \
    X(device_type, struct number, type_device_type, REQUIRED,                                      \
      "A number, or a name such as FILE_DEVICE_UNKNOWN.")                                          \
    X(function, struct number, type_ctl_function, REQUIRED, "The function, 0 to 0xfff.")           \
    X(method, struct number, type_ctl_method, REQUIRED, "How buffers are handed over.")            \
    X(access, struct number, type_ctl_access, OPTIONAL, "The access the handle needs; default any.")

#define FIELDS_FILL(X)                                                                             \
    X(byte, struct number, type_byte, REQUIRED, "The value of each byte.")                         \
    X(count, struct number, type_data_count, REQUIRED, "How many there are.")

#define FIELDS_ADDRESS(X)                                                                          \
    X(address, struct number, type_number, REQUIRED, "The user address, valid or not.")            \
    X(size, struct number, type_count, REQUIRED, "How long the program says the buffer is.")

/* ---- steps ---------------------------------------------------------------------------------- */

/* X(name, description): a step is an object with the key of that name; its fields are FIELDS_name.
 */
#define SCENARIO_STEPS(X)                                                                          \
    X(load, "Loads a driver and runs its DriverEntry.")                                            \
    X(unload, "Unloads a driver as the service manager's stop does.")                              \
    X(open, "Opens a device, as CreateFile does.")                                                 \
    X(close, "Closes a file or event handle.")                                                     \
    X(ioctl, "Sends a device control request.")                                                    \
    X(read, "Reads from a file.")                                                                  \
    X(write, "Writes to a file.")                                                                  \
    X(flush, "Flushes a file's buffers.")                                                          \
    X(cancel, "Cancels a pending request, as CancelIoEx does.")                                    \
    X(cancel_all, "Cancels all requests pending on a file, as CancelIoEx does that names none.")   \
    X(end_thread, "Ends the thread that issued a request: its I/O is cancelled.")                  \
    X(wait, "Lets time pass until a request is done, or an event is set.")                         \
    X(advance, "Lets an amount of virtual time pass.")                                             \
    X(set_time, "Sets the clock of the calendar, as the user does.")                               \
    X(add_processors, "Adds processors to the running machine: drivers are told, and may refuse.") \
    X(interrupt, "Raises an interrupt, once.")                                                     \
    X(create_event, "Creates an event, as CreateEvent does.")                                      \
    X(set_event, "Sets an event.")                                                                 \
    X(reset_event, "Resets an event.")                                                             \
    X(create_process, "Creates a user process.")                                                   \
    X(exit_process, "Ends a process: its requests are cancelled, its handles closed.")             \
    X(note, "Puts a remark into the trace.")                                                       \
    X(expect, "Looks at the machine.")                                                             \
    X(together, "Starts several steps before the machine runs, so that they race.")                \
    X(repeat, "Does a group of steps several times.")                                              \
    POWER_STEPS(X)                                                                                 \
    PNP_STEPS(X)

#define FIELDS_load(X)                                                                             \
    X(load, const struct driver_spec *, type_driver, REQUIRED, "The driver.")                      \
    X(expect, struct expect_load *, type_expect_load, OPTIONAL, "What DriverEntry does.")

#define FIELDS_unload(X)                                                                           \
    X(unload, const struct driver_spec *, type_driver, REQUIRED, "The driver.")                    \
    X(expect, struct expect_unload *, type_expect_unload, OPTIONAL, "What becomes of it.")

#define FIELDS_REQUEST(X)                                                                          \
    X(event, unsigned, type_event, OPTIONAL, "The event to set when the request is done.")         \
    X(process, unsigned, type_process, OPTIONAL,                                                   \
      "The process that asks; default: the one that opened the file.")                             \
    X(as, unsigned, type_as_request, OPTIONAL, "A name for the request; it may stay pending.")     \
    X(expect, struct expect_request *, type_expect_request, OPTIONAL, "How it ends.")

#define FIELDS_open(X)                                                                             \
    X(open, const char *, type_name, REQUIRED,                                                     \
      "\\\\.\\Name or an NT path such as \\Device\\Name.")                                         \
    X(access, struct number, type_access, OPTIONAL, "Desired access; default: read and write.")    \
    X(share, struct number, type_share, OPTIONAL,                                                  \
      "How others may open it meanwhile; default: not at all.")                                    \
    X(disposition, struct number, type_disposition, OPTIONAL,                                      \
      "What to do if it exists or not; default: open.")                                            \
    X(synchronous, struct number, type_flag, OPTIONAL,                                             \
      "Requests on the handle block their thread, one after the other; default false.")            \
    X(process, unsigned, type_process, OPTIONAL,                                                   \
      "The process that opens it; default: the machine's own.")                                    \
    X(as, unsigned, type_as_file, OPTIONAL, "A name for the handle.")                              \
    X(expect, struct expect_request *, type_expect_request, OPTIONAL, "How it ends.")

#define FIELDS_close(X)                                                                            \
    X(close, unsigned, type_handle, REQUIRED, "The file or event.")                                \
    X(expect, struct expect_request *, type_expect_request, OPTIONAL, "How it ends.")

#define FIELDS_ioctl(X)                                                                            \
    X(ioctl, struct number, type_ctl_code, REQUIRED, "The control code.")                          \
    X(file, unsigned, type_file, REQUIRED, "The handle.")                                          \
    X(in, struct input_spec, type_input, OPTIONAL, "The input buffer.")                            \
    X(out, struct output_spec, type_output, OPTIONAL,                                              \
      "The output buffer: its size, or what it contains at first.")                                \
    FIELDS_REQUEST(X)

#define FIELDS_read(X)                                                                             \
    X(read, struct output_spec, type_output, REQUIRED, "How many bytes.")                          \
    X(file, unsigned, type_file, REQUIRED, "The handle.")                                          \
    X(offset, struct number, type_number, OPTIONAL, "Byte offset; default: the current position.") \
    FIELDS_REQUEST(X)

#define FIELDS_write(X)                                                                            \
    X(write, struct input_spec, type_input, REQUIRED, "What to write.")                            \
    X(file, unsigned, type_file, REQUIRED, "The handle.")                                          \
    X(offset, struct number, type_number, OPTIONAL, "Byte offset; default: the current position.") \
    FIELDS_REQUEST(X)

#define FIELDS_flush(X)                                                                            \
    X(flush, unsigned, type_file, REQUIRED, "The handle.")                                         \
    FIELDS_REQUEST(X)

#define FIELDS_cancel(X)                                                                           \
    X(cancel, unsigned, type_request, REQUIRED,                                                    \
      "The request. One that is already done is a failure unless \"expect\" says how it ended.")   \
    X(expect, struct expect_request *, type_expect_request, OPTIONAL, "How it ends.")

#define FIELDS_cancel_all(X)                                                                       \
    X(cancel_all, unsigned, type_file, REQUIRED, "The file.")                                      \
    X(process, unsigned, type_process, OPTIONAL,                                                   \
      "The process whose requests are meant; default: the one that opened the file.")

#define FIELDS_end_thread(X)                                                                       \
    X(end_thread, unsigned, type_request, REQUIRED,                                                \
      "The request. One that is already done is a failure unless \"expect\" says how it ended.")   \
    X(expect, struct expect_request *, type_expect_request, OPTIONAL, "How it ends.")

#define FIELDS_wait(X)                                                                             \
    X(wait, unsigned, type_waitable, REQUIRED,                                                     \
      "The request; or the event, which is reset then unless it was made with manual_reset.")      \
    X(limit, struct number, type_time, OPTIONAL, "How long to wait at most; default 60s.")         \
    X(expect, struct expect_request *, type_expect_request, OPTIONAL,                              \
      "How the request ends; default: with success.")

#define FIELDS_advance(X)                                                                          \
    X(advance, struct number, type_time, REQUIRED, "How much.")                                    \
    X(up_to, struct number, type_time, OPTIONAL,                                                   \
      "A random amount between that and this, drawn as the machine's other choices are.")

#define FIELDS_set_time(X)                                                                         \
    X(set_time, struct number, type_date, REQUIRED, "The system time from now on.")

#define FIELDS_add_processors(X)                                                                   \
    X(add_processors, struct number, type_processors, REQUIRED,                                    \
      "How many, one after the other. There is room for \"maximum_processors\".")                  \
    X(expect, struct expect_processor *, type_expect_processor, OPTIONAL, "What becomes of each.")

#define FIELDS_interrupt(X) X(interrupt, struct number, type_count, REQUIRED, "The vector.")

#define FIELDS_create_event(X)                                                                     \
    X(manual_reset, struct number, type_flag, OPTIONAL,                                            \
      "It stays set until reset; default false.")                                                  \
    X(signaled, struct number, type_flag, OPTIONAL, "Its state at first; default false.")          \
    X(process, unsigned, type_process, OPTIONAL,                                                   \
      "The process that owns the handle; default: the machine's own.")                             \
    X(create_event, unsigned, type_as_event, REQUIRED, "A name for the event.")

#define FIELDS_set_event(X) X(set_event, unsigned, type_event, REQUIRED, "The event.")

#define FIELDS_reset_event(X) X(reset_event, unsigned, type_event, REQUIRED, "The event.")

#define FIELDS_create_process(X)                                                                   \
    X(create_process, unsigned, type_as_process, REQUIRED, "A name for the process.")

#define FIELDS_exit_process(X) X(exit_process, unsigned, type_process, REQUIRED, "The process.")

#define FIELDS_note(X) X(note, const char *, type_string, REQUIRED, "The remark.")

#define FIELDS_expect(X)                                                                           \
    X(expect, struct expect_spec *, type_expect, REQUIRED, "What must hold now.")

#define FIELDS_together(X)                                                                         \
    X(together, struct step_list, type_together, REQUIRED,                                         \
      "The steps: requests, cancel, interrupt, set_event and the like.")

#define FIELDS_repeat(X)                                                                           \
    X(repeat, struct number, type_rounds, REQUIRED, "How many times.")                             \
    X(every, struct number, type_time, OPTIONAL,                                                   \
      "Each round begins so long after the one before; default: at once.")                         \
    X(steps, struct step_list, type_steps, REQUIRED, "The steps.")

#endif
