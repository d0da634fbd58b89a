// What the server alone gives a new object, and when it is seen: mutating admission knows neither the uid nor the time
// of creation, nor a name that is made of metadata.generateName. It may give the object a name itself.
//
//   NewIdentity identity(executor, target, stamped, isNameMade);
//   object = identity.hidden(object);     // for whoever may change it
//   …
//   CLEAT_CO_TRY(object, identity.revealed(object));
#pragma once

#include <string>

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/object/message.h"

namespace cleat::gate {

class NewIdentity {
 public:
  // `stamped` has the identity that the object is going to have; `isNameMade`: its name was made of its prefix.
  NewIdentity(base::Executor& executor, bus::Target& target, const Ref<const object::Message>& stamped, bool isNameMade)
      : executor_(executor), target_(target), stamped_(stamped), isNameMade_(isNameMade) {}

  Ref<const object::Message> hidden(Ref<const object::Message> object);
  // The object as admission has left it, with its identity; the target has its name from here on. An object in another
  // namespace is refused.
  Result<Ref<const object::Message>> revealed(const Ref<const object::Message>& object);
  // Whether the name is another one than that of `stamped`: the kind may have worked with that.
  bool isRenamed() const { return isRenamed_; }
  // Whether the name was made, so that another one can be.
  bool isNameMade() const { return isNameMade_; }

 private:
  base::Executor& executor_;
  bus::Target& target_;
  const Ref<const object::Message>& stamped_;
  Ref<const object::Message> whole_, shown_;  // what was hidden, and what was shown instead
  bool isNameMade_, isRenamed_ = false;
};

}  // namespace cleat::gate
