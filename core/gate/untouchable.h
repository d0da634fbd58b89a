// What a plugin may not touch it cannot: an object that it gives back is compared with the one that it was given.
#pragma once

#include <string>

#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::gate {

// Who gives an object back, which says what of it is not theirs. Nobody changes whose object it is and what the server
// keeps of it: name, namespace, uid, revision, generation, times, and who owns which field.
enum class Reach {
  kind,             // a kind's own hooks
  admission,        // neither the grace period nor the status
  statusAdmission,  // in a write to /status: nothing but status and the rest of metadata
};

// An error that names the plugin and the field, unless all that is out of reach is as it was. Of a subresource's body
// `kind` is the body's.
Result<void> checkUntouched(Reach reach, const object::Kind& kind, const object::Message& given,
                            const object::Message& back, const std::string& plugin);

}  // namespace cleat::gate
