/*
 * What a scenario may contain about devices, Plug and Play and power: tables as in fields.h, which
 * includes this file.
 */
#ifndef SIM_SCENARIO_FIELDS_POWER_H
#define SIM_SCENARIO_FIELDS_POWER_H

/* ---- devices -------------------------------------------------------------------------------- */

#define FIELDS_DEVICE(X)                                                                           \
    X(name, const char *, type_name, OPTIONAL,                                                     \
      "What steps call it; without a name they use its instance path.")                            \
    X(id, const char *, type_name, REQUIRED,                                                       \
      "Its device id, \"ACPI\\\\PNP0501\"; perhaps with the instance id behind it, "               \
      "\"ROOT\\\\SENSOR\\\\0000\".")                                                               \
    X(instance, const char *, type_name, OPTIONAL, "The instance id; default: counted up.")        \
    X(parent, struct device_ref, type_device, OPTIONAL,                                            \
      "The device of this list whose bus it sits on; default: the root.")                          \
    X(hardware_ids, struct patterns, type_texts, OPTIONAL,                                         \
      "Its hardware ids; default: the device id.")                                                 \
    X(compatible_ids, struct patterns, type_texts, OPTIONAL, "Its compatible ids.")                \
    X(container, const char *, type_name, OPTIONAL, "The container id, \"{guid}\".")               \
    X(description, const char *, type_string, OPTIONAL, "What it says it is.")                     \
    X(location, const char *, type_string, OPTIONAL, "Where it says it is.")                       \
    X(bus_type, const char *, type_name, OPTIONAL,                                                 \
      "The \"{guid}\" that it answers IRP_MN_QUERY_BUS_INFORMATION with; default: no answer.")     \
    X(bus_number, struct number, type_count, OPTIONAL, "The number of its bus.")                   \
    X(address, struct number, type_count, OPTIONAL, "Its address on the bus.")                     \
    X(ui_number, struct number, type_count, OPTIONAL, "The number that is shown for its slot.")    \
    X(traits, struct number, type_traits, OPTIONAL, "What its capabilities say.")                  \
    X(states, struct device_map, type_device_map, OPTIONAL,                                        \
      "For each S state the lightest D state it allows; default: D0 in S0, D3 below.")             \
    X(system_wake, struct number, type_system_state, OPTIONAL,                                     \
      "The deepest S state it can wake the system from; default: it cannot.")                      \
    X(device_wake, struct number, type_device_power, OPTIONAL,                                     \
      "The deepest D state it can give a wake signal in.")                                         \
    X(latency, struct latency_map, type_latency_map, OPTIONAL,                                     \
      "For D1, D2 and D3 how long the way to D0 takes, in steps of 100us.")                        \
    X(resources, struct resource_list, type_resources, OPTIONAL, "What it needs of the bus.")      \
    X(config, const struct data *, type_config, OPTIONAL, "Its configuration space.")              \
    X(bus_filters, struct driver_refs, type_driver_refs, OPTIONAL, "Bus filter drivers.")          \
    X(lower_filters, struct driver_refs, type_driver_refs, OPTIONAL, "Lower filter drivers.")      \
    X(function, const struct driver_spec *, type_driver, OPTIONAL,                                 \
      "The function driver; default: what \"install\" or an INF file has for its ids.")            \
    X(upper_filters, struct driver_refs, type_driver_refs, OPTIONAL, "Upper filter drivers.")      \
    X(rail, struct number, type_count, OPTIONAL,                                                   \
      "Devices with the same number lose their power together in D3cold.")                         \
    X(d3cold, struct number, type_flag, OPTIONAL,                                                  \
      "Device, bus and firmware can do D3cold; default false.")                                    \
    X(d3cold_enabled, struct number, type_flag, OPTIONAL, "The INF file has enabled D3cold.")      \
    X(plugged, struct number, type_flag, OPTIONAL,                                                 \
      "It is there from the beginning; default true. A plug step brings it otherwise.")

#define FIELDS_RESOURCE(X)                                                                         \
    X(kind, struct number, type_resource_kind, REQUIRED, "What it is.")                            \
    X(at, struct number, type_number, OPTIONAL,                                                    \
      "Where it may begin at least; default 0. An interrupt from 0x400 on is a pin of a GPIO "     \
      "controller, which is served at PASSIVE_LEVEL.")                                             \
    X(up_to, struct number, type_number, OPTIONAL, "Where it may end at most; default: anywhere.") \
    X(length, struct number, type_number, OPTIONAL,                                                \
      "Bytes, ports, messages or bus numbers; default 1.")                                         \
    X(alignment, struct number, type_number, OPTIONAL, "A multiple of which it begins at.")        \
    X(shared, struct number, type_flag, OPTIONAL, "Others may have it too.")                       \
    X(latched, struct number, type_flag, OPTIONAL, "An interrupt line is edge-triggered.")         \
    X(boot, struct number, type_flag, OPTIONAL, "Firmware has set it up at \"at\".")               \
    X(alternative, struct number, type_flag, OPTIONAL, "Instead of the one before it.")

#define FIELDS_INSTALLATION(X)                                                                     \
    X(id, const char *, type_name, REQUIRED, "A hardware or compatible id.")                       \
    X(function, const struct driver_spec *, type_driver, OPTIONAL, "The function driver.")         \
    X(lower_filters, struct driver_refs, type_driver_refs, OPTIONAL, "Lower filter drivers.")      \
    X(upper_filters, struct driver_refs, type_driver_refs, OPTIONAL, "Upper filter drivers.")      \
    X(class_name, const char *, type_name, OPTIONAL, "The setup class, \"Ports\".")                \
    X(class_guid, const char *, type_name, OPTIONAL, "The setup class's \"{guid}\".")

#define FIELDS_CLASS(X)                                                                            \
    X(class_guid, const char *, type_name, REQUIRED, "The setup class's \"{guid}\".")              \
    X(class_name, const char *, type_name, OPTIONAL, "Its name.")                                  \
    X(lower_filters, struct driver_refs, type_driver_refs, OPTIONAL,                               \
      "Lower filters of every device of the class.")                                               \
    X(upper_filters, struct driver_refs, type_driver_refs, OPTIONAL,                               \
      "Upper filters of every device of the class.")

/* ---- steps about devices -------------------------------------------------------------------- */

/* X(step, description) */
#define PNP_STEPS(X)                                                                               \
    X(start, "Builds a device's stack and starts it; also again after a removal.")                 \
    X(remove, "Removes a device and those below it in good order.")                                \
    X(disable, "Removes a device until it is enabled.")                                            \
    X(enable, "Enables a disabled device, which starts.")                                          \
    X(restart, "Removes a device and starts it, as a driver update does.")                         \
    X(eject, "Ejects a device.")                                                                   \
    X(rebalance, "Stops a device and starts it with new resources.")                               \
    X(enumerate, "Asks a bus for its devices.")                                                    \
    X(query_state, "Asks a device's drivers for its PnP state.")                                   \
    X(surprise_remove, "Takes a device away from its drivers without asking.")

/* X(step, operation of wdmsim/pnp.h) */
#define PNP_OPERATIONS(X)                                                                          \
    X(start, START)                                                                                \
    X(remove, REMOVE)                                                                              \
    X(disable, DISABLE)                                                                            \
    X(enable, ENABLE)                                                                              \
    X(restart, RESTART)                                                                            \
    X(eject, EJECT)                                                                                \
    X(rebalance, REBALANCE)                                                                        \
    X(enumerate, ENUMERATE)                                                                        \
    X(query_state, QUERY_STATE)                                                                    \
    X(surprise_remove, SURPRISE_REMOVE)

/* X(step, description) */
#define POWER_STEPS(X)                                                                             \
    X(plug, "Plugs in a device of the list of devices that is not plugged in.")                    \
    X(unplug, "Takes a plugged device out without warning.")                                       \
    X(usage, "Puts a paging, hibernation or dump file onto a device, or takes it away.")           \
    X(sleep, "Puts the system to sleep: S1 to S3, hybrid sleep, or S4, which is hibernation.")     \
    X(shutdown, "Shuts the system down.")                                                          \
    X(wake, "Wakes the system, as its button or a timer does.")                                    \
    X(wake_signal, "A device gives its wake signal.")                                              \
    X(lid, "Opens or closes the lid.")                                                             \
    X(power_source, "The system runs on another source from here on.")                             \
    X(battery, "The battery's charge changes.")                                                    \
    X(display, "The console's display goes on or off, or is dimmed.")                              \
    X(presence, "The user is present, or inactive.")                                               \
    X(user_input, "The user does something: the idle countdown begins anew.")                      \
    X(set_power, "Changes any power setting.")                                                     \
    X(idle_policy, "Says when the system goes to sleep by itself.")                                \
    X(standby, "Enters or leaves low-power idle of the working system (Modern Standby).")          \
    X(cool, "A thermal zone uses a device's cooling interface.")                                   \
    X(at, "Waits for a time, counted from the start of the innermost at, repeat or replay, or of " \
          "the scenario, and does steps then.")                                                    \
    X(activators, "Software that needs devices begins or ends to run during standby.")             \
    X(drips_constraint, "Says what a device must do before the system may enter DRIPS.")           \
    X(direct, "Directs a device down or up, as directed power management does in standby.")        \
    X(activity, "Says what a PoFx component does, as a recording tells of it.")                    \
    X(replay, "Does recorded transitions at their times.")

#define FIELDS_EXPECT_PNP(X)                                                                       \
    X(status, struct statuses *, type_statuses, OPTIONAL, "The outcome; default: any success.")    \
    X(veto, struct number, type_veto, OPTIONAL, "Who refused; default: nobody.")                   \
    X(by, struct device_ref, type_device, OPTIONAL, "The device whose drivers or users refused.")

/* Of whatever takes its time. */
#define FIELDS_OPERATION(X)                                                                        \
    X(within, struct number, type_time, OPTIONAL, "How long it may take; default 60s.")            \
    X(begin, struct number, type_flag, OPTIONAL,                                                   \
      "Only begin it: it goes on while further steps are done. Default false.")

#define FIELDS_PNP(step, X)                                                                        \
    X(step, struct device_ref, type_device, REQUIRED, "The device.")                               \
    FIELDS_OPERATION(X)                                                                            \
    X(expect, struct expect_pnp *, type_expect_pnp, OPTIONAL, "How it ends.")

#define FIELDS_start(X) FIELDS_PNP(start, X)
#define FIELDS_remove(X) FIELDS_PNP(remove, X)
#define FIELDS_disable(X) FIELDS_PNP(disable, X)
#define FIELDS_enable(X) FIELDS_PNP(enable, X)
#define FIELDS_restart(X) FIELDS_PNP(restart, X)
#define FIELDS_eject(X) FIELDS_PNP(eject, X)
#define FIELDS_rebalance(X) FIELDS_PNP(rebalance, X)
#define FIELDS_enumerate(X) FIELDS_PNP(enumerate, X)
#define FIELDS_query_state(X) FIELDS_PNP(query_state, X)
#define FIELDS_surprise_remove(X) FIELDS_PNP(surprise_remove, X)

#define FIELDS_plug(X)                                                                             \
    X(plug, struct device_ref, type_device, REQUIRED, "The device.")                               \
    X(within, struct number, type_time, OPTIONAL, "How long its start may take; default 60s.")     \
    X(silently, struct number, type_flag, OPTIONAL,                                                \
      "The PnP manager is not told: it is found at the next enumeration. Default false.")          \
    X(expect, struct expect_device *, type_expect_device, OPTIONAL,                                \
      "What becomes of it; default: it is started.")

#define FIELDS_unplug(X) X(unplug, struct device_ref, type_device, REQUIRED, "The device.")

#define FIELDS_usage(X)                                                                            \
    X(usage, struct number, type_usage, REQUIRED, "The kind of file.")                             \
    X(device, struct device_ref, type_device, REQUIRED, "The device.")                             \
    X(in_path, struct number, type_flag, OPTIONAL, "It comes (the default), or it goes.")          \
    X(status, struct statuses *, type_statuses, OPTIONAL, "The outcome; default: any success.")

/* ---- steps about power ---------------------------------------------------------------------- */

#define FIELDS_EXPECT_POWER(X)                                                                     \
    X(refused, struct number, type_flag, OPTIONAL, "A driver refused; default false.")             \
    X(by, struct device_ref, type_device, OPTIONAL, "The device whose driver refused.")            \
    X(status, struct statuses *, type_statuses, OPTIONAL, "What it answered.")                     \
    X(queried, struct range, type_count_range, OPTIONAL, "How many devices were asked.")           \
    X(set_down, struct range, type_count_range, OPTIONAL, "How many were set to the S state.")     \
    X(set_up, struct range, type_count_range, OPTIONAL, "How many were set to S0.")

#define FIELDS_TRANSITION(X)                                                                       \
    X(critical, struct number, type_flag, OPTIONAL,                                                \
      "Drivers are asked, but a refusal does not count.")                                          \
    X(emergency, struct number, type_flag, OPTIONAL, "Drivers are not even asked.")                \
    X(power_loss, struct number, type_flag, OPTIONAL,                                              \
      "Power fails during hybrid sleep: it wakes as from S4.")                                     \
    FIELDS_OPERATION(X)                                                                            \
    X(expect, struct expect_power *, type_expect_power, OPTIONAL, "How it ends.")

#define FIELDS_sleep(X)                                                                            \
    X(sleep, struct number, type_sleep_state, REQUIRED, "How deep.")                               \
    FIELDS_TRANSITION(X)

#define FIELDS_shutdown(X)                                                                         \
    X(shutdown, struct number, type_shutdown, REQUIRED, "What comes then.")                        \
    FIELDS_TRANSITION(X)

#define FIELDS_wake(X)                                                                             \
    X(wake, struct number, type_wake_source, REQUIRED, "What wakes it.")                           \
    X(within, struct number, type_time, OPTIONAL, "How long it may take; default 60s.")            \
    X(begin, struct number, type_flag, OPTIONAL, "Only begin it. Default false.")

#define FIELDS_wake_signal(X)                                                                      \
    X(wake_signal, struct device_ref, type_device, REQUIRED, "The device.")                        \
    X(within, struct number, type_time, OPTIONAL,                                                  \
      "How long the system may take to wake; default 60s.")                                        \
    X(begin, struct number, type_flag, OPTIONAL, "Only begin it. Default false.")                  \
    X(lost, struct number, type_flag, OPTIONAL,                                                    \
      "Nothing is armed, so that nobody hears it; default false.")

#define FIELDS_lid(X) X(lid, struct number, type_lid, REQUIRED, "How it is now.")

#define FIELDS_power_source(X)                                                                     \
    X(power_source, struct number, type_power_source, REQUIRED, "The source.")

#define FIELDS_battery(X)                                                                          \
    X(battery, struct number, type_percent, REQUIRED, "Its charge in percent.")

#define FIELDS_display(X) X(display, struct number, type_display, REQUIRED, "How it is now.")

#define FIELDS_presence(X) X(presence, struct number, type_presence, REQUIRED, "The user.")

#define FIELDS_user_input(X)                                                                       \
    X(user_input, struct number, type_flag, REQUIRED, "True: there was some.")

#define FIELDS_set_power(X)                                                                        \
    X(set_power, const char *, type_guid, REQUIRED, "The setting's GUID.")                         \
    X(value, const struct data *, type_config, REQUIRED, "The value, at most 1024 bytes.")

#define FIELDS_idle_policy(X)                                                                      \
    X(idle_policy, struct number, type_sleep_state, REQUIRED, "Where the system goes.")            \
    X(ac, struct number, type_time, OPTIONAL, "After so long on mains; default: never.")           \
    X(dc, struct number, type_time, OPTIONAL, "After so long on battery; default: never.")

#define FIELDS_standby(X) X(standby, struct number, type_standby, REQUIRED, "Enter or exit.")

#define FIELDS_cool(X)                                                                             \
    X(cool, struct device_ref, type_device, REQUIRED, "The device.")                               \
    X(percentage, struct number, type_percent, OPTIONAL, "Passive cooling.")                       \
    X(active, struct number, type_flag, OPTIONAL, "Active cooling.")

#define FIELDS_at(X)                                                                               \
    X(at, struct number, type_time, REQUIRED, "The time.")                                         \
    X(steps, struct step_list, type_steps, REQUIRED, "The steps.")

#define FIELDS_activators(X)                                                                       \
    X(activators, struct number, type_flag, REQUIRED,                                              \
      "True: software runs that keeps devices from being directed down.")

#define FIELDS_drips_constraint(X)                                                                 \
    X(drips_constraint, struct device_ref, type_device, REQUIRED, "The device.")                   \
    X(D, struct number, type_device_power, OPTIONAL,                                               \
      "The lightest D state that DRIPS allows it; D0: no constraint.")                             \
    X(component, struct number, type_count, OPTIONAL, "The component that F is of; default 0.")    \
    X(F, struct number, type_count, OPTIONAL,                                                      \
      "The lightest F state that DRIPS allows it; 0: no constraint.")

#define FIELDS_direct(X)                                                                           \
    X(direct, struct device_ref, type_device, REQUIRED, "The device.")                             \
    X(down, struct number, type_flag, REQUIRED, "Down, or up again.")

#define FIELDS_activity(X)                                                                         \
    X(activity, struct device_ref, type_device, REQUIRED, "The device.")                           \
    X(component, struct number, type_count, OPTIONAL, "Its component; default 0.")                 \
    X(active, struct number, type_flag, OPTIONAL,                                                  \
      "True: it is kept active from here on, besides what its driver does; false: no longer.")     \
    X(latency, struct number, type_time, OPTIONAL, "The latency hint, as the driver gives it.")    \
    X(residency, struct number, type_time, OPTIONAL, "The residency hint.")                        \
    X(armed, struct number, type_flag, OPTIONAL, "The wake hint.")                                 \
    X(F, struct number, type_count, OPTIONAL,                                                      \
      "The F state that it has whenever it is idle, whatever the hints say.")                      \
    X(if_present, struct number, type_flag, OPTIONAL,                                              \
      "Skip the step where no such component is registered. Default false: that is a failure.")

#define FIELDS_replay(X)                                                                           \
    X(replay, struct step_list, type_replay, REQUIRED,                                             \
      "The recording, a file beside the scenario. FILE.csv has lines of time, step, value, "       \
      "device, as in \"1.5s,sleep,S3\" or \"2s,disable,,sensor\"; # begins a remark. FILE.xml is " \
      "what tracerpt makes of an ETW capture; times count from its first event. Of the provider "  \
      "Microsoft-Windows-Kernel-Power these become steps: 42 sleep or shutdown (by TargetState), " \
      "107 wake, 105 power_source (by AcOnline), 109 shutdown (by ShutdownActionType), 149 and "   \
      "150 display off and on, 506 and 507 standby enter and exit. Of PoFx: 303 and 304 tell the " \
      "Id of a device (by Token), which is its instance path here, too; of a device that is "      \
      "known become activity: 312 active (by Active), 313 F (by IdleState), 314 latency, 315 "     \
      "residency, both in units of 100ns, and 316 armed (by ArmedForWake), each of Component and " \
      "if_present. The rest of 300 to 333 becomes notes to compare with. Other events are "        \
      "skipped.")

/* ---- expectations --------------------------------------------------------------------------- */

#define FIELDS_EXPECT_DEVICE(X)                                                                    \
    X(state, struct number, type_node_state, OPTIONAL, "Its PnP state, or absent.")                \
    X(problem, struct number, type_problem, OPTIONAL, "Why it does not run.")                      \
    X(power, struct number, type_device_power, OPTIONAL, "Its D state.")                           \
    X(armed, struct number, type_flag, OPTIONAL, "It is armed to wake the system.")                \
    X(required, struct number, type_flag, OPTIONAL, "PoFx requires power for it.")                 \
    X(directed, struct number, type_flag, OPTIONAL, "It is directed down.")                        \
    X(components, struct expected_components, type_expected_components, OPTIONAL,                  \
      "Its PoFx components, from component 0 on.")                                                 \
    X(children, struct range, type_count_range, OPTIONAL, "How many children it has.")             \
    X(drivers, struct patterns, type_texts, OPTIONAL, "The drivers of its stack, bottom first.")

#define FIELDS_EXPECT_COMPONENT(X)                                                                 \
    X(condition, struct number, type_fx_condition, OPTIONAL, "Active, idle, or on the way.")       \
    X(F, struct number, type_count, OPTIONAL, "Its F state.")                                      \
    X(activations, struct range, type_count_range, OPTIONAL, "How often it became active.")        \
    X(changes, struct range, type_count_range, OPTIONAL, "How often its F state changed.")

#define FIELDS_EXPECT_RESIDENCY(X)                                                                 \
    X(time, struct range, type_time_range, OPTIONAL, "How long it was in the state.")              \
    X(percent, struct range, type_percent_range, OPTIONAL, "The same as a share of its time.")     \
    X(entries, struct range, type_count_range, OPTIONAL, "How often it came into the state.")

#define FIELDS_EXPECT_LATENCY(X)                                                                   \
    X(requests, struct range, type_count_range, OPTIONAL, "How many requests have ended.")         \
    X(delayed, struct range, type_count_range, OPTIONAL, "How many waited for power.")             \
    X(p50, struct range, type_time_range, OPTIONAL, "Half of them took no longer.")                \
    X(p99, struct range, type_time_range, OPTIONAL, "99 of 100 took no longer.")                   \
    X(added_p50, struct range, type_time_range, OPTIONAL, "The part that was waiting for power.")  \
    X(added_p99, struct range, type_time_range, OPTIONAL, "The part that was waiting for power.")

#define FIELDS_EXPECT_PNP_POWER(X)                                                                 \
    X(devices, struct expected_devices, type_expected_devices, OPTIONAL,                           \
      "For each device: its PnP state, or an object with more.")                                   \
    X(system, struct number, type_system_state, OPTIONAL, "The system's S state.")                 \
    X(waking, struct device_refs, type_device_refs, OPTIONAL,                                      \
      "The devices known to have woken the system last.")                                          \
    X(residency, struct expected_residencies, type_residencies, OPTIONAL,                          \
      "For \"system\" or a device, for each of its states: S0, DRIPS, D3, 0/F1 (component 0), "    \
      "0/P2, 0/1/P2 (performance set 1), 0/active. Since the start of the run.")                   \
    X(transitions, struct expected_transitions, type_transitions, OPTIONAL,                        \
      "For \"system\" or a device, how often it went \"D3 -> D0\", \"0/F1 -> 0/F0\".")             \
    X(counts, struct expected_counts, type_event_counts, OPTIONAL,                                 \
      "For each pattern, how many events match it; since the last expect step that looked, or in " \
      "the whole run.")                                                                            \
    X(energy, struct range, type_joule_range, OPTIONAL,                                            \
      "What the run took so far by the power model.")                                              \
    X(latency, struct expect_latency *, type_expect_latency, OPTIONAL,                             \
      "How long requests took so far.")                                                            \
    X(kept_from_drips_by, struct patterns, type_texts, OPTIONAL,                                   \
      "Patterns, for each of which something that kept the system from DRIPS matches it.")         \
    X(power_reports, struct range, type_count_range, OPTIONAL,                                     \
      "What drivers did wrong about power that is no bug check, how often.")                       \
    X(fx_reports, struct range, type_count_range, OPTIONAL,                                        \
      "What drivers did wrong about PoFx that is no bug check, how often.")

#endif
