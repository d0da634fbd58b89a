// How a Status crosses the binary contract: as the struct `Status` of schema/bus.capnp. Used by the SDK on the plugin's
// side and by the host on its own, so that both agree on every field.
#pragma once

#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/status.h>

namespace cleat {

void writeStatus(const Status& status, wire::Status::Builder out);
// Field by field, whatever it says: a code of 0 or empty texts are the reader's to judge. Throws kj::Exception on a
// message that was not checked and is malformed.
Status readStatus(wire::Status::Reader in);

}  // namespace cleat
