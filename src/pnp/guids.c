/*
 * The GUIDs and property keys of Plug and Play as symbols of the library, as uuid.lib has them: for
 * this component and for drivers that only declare them.
 */
#include <initguid.h>

#include <wdm.h>

#include <devpkey.h>
#include <wdmguid.h>
