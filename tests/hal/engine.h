/*
 * The registers of the copy engine, a bus master with scatter/gather that the tests play: what its
 * driver (drivers/engine.c) and its model (test_engine.c) agree on.
 *
 * The driver writes each element's address and length and pushes it; then it starts the engine,
 * which moves data between the elements in their order and its own memory, from its beginning on,
 * and raises its interrupt when it has finished.
 */
#ifndef ENGINE_H
#define ENGINE_H

#define ENGINE_ADDRESS 0x00 /* 64 bits */
#define ENGINE_LENGTH 0x08  /* 32 bits, as all that follow */
#define ENGINE_COMMAND 0x0c
#define ENGINE_STATUS 0x10 /* write 1 to clear */
#define ENGINE_SIZE 0x14

#define ENGINE_PUSH 1
#define ENGINE_READ 2  /* from the engine to memory */
#define ENGINE_WRITE 3 /* from memory to the engine */

#define ENGINE_DONE 1
#define ENGINE_FAILED 2

#define ENGINE_MEMORY 65536

#endif
