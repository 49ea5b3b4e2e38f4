/* Addresses that are the same in every run. */
#ifndef SIM_FIXED_H
#define SIM_FIXED_H

/*
 * Starts the program again without address-space randomisation, where the host has it and allows to
 * turn it off; returns if it is off already, or cannot be.
 */
void fixed_addresses(char **arguments);

#endif
