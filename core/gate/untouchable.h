// What a plugin may not touch it cannot: an object that it gives back is compared with the one that it was given. What
// Kubernetes resets without a word when admission is through with an object is put back, all else is an error.
#pragma once

#include <string>

#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::gate {

// Who gives an object back, which says what of it is not theirs. Nobody changes whose object it is and what the server
// keeps of it: name, namespace, uid, revision, generation, times, and who owns which field.
enum class Reach {
  kind,             // a kind's own hooks
  admission,        // neither the grace period nor a status that is written as a subresource
  createAdmission,  // in a create: the same, but for its name, and a status that whoever creates one of the kind says
  statusAdmission,  // in a write to /status: nothing but status and the rest of metadata
};

// What an admission plugin gave back, as Kubernetes goes on with it: generation and time of creation as they were, and
// what the write that is admitted does not reach (a status, or in a write to /status all else); so a webhook that
// writes whole objects, with an empty status in them, does no harm.
Ref<const object::Message> putBack(Reach reach, const object::Kind& kind, const object::Message& given,
                                   Ref<const object::Message> back);

// An error that names the plugin and the field, unless all that is out of reach is as it was. Of a subresource's body
// `kind` is the body's.
Result<void> checkUntouched(Reach reach, const object::Kind& kind, const object::Message& given,
                            const object::Message& back, const std::string& plugin);

}  // namespace cleat::gate
