// Calls whose parameters are built and taken over in one piece: what every request makes a few of. What was built in
// one segment is flat as it is, so that nothing has to walk through it once more.
#pragma once

#include <capnp/message.h>

#include <cstring>
#include <utility>

#include "core/gate/plugin_roles.h"

namespace cleat::gate {

inline Ref<const Message> flatten(capnp::MessageBuilder& built) {
  auto segments = built.getSegmentsForOutput();
  if (segments.size() > 1) return Message::flat(built.getRoot<capnp::AnyStruct>().asReader());
  Ref<Message> message = Message::make(segments[0].size());
  std::memcpy(message->mutableWords(), segments[0].begin(), segments[0].asBytes().size());
  return message;
}

template <class T, class F>
Ref<const Message> flatMessage(F fill) {
  object::MessageScratch scratch;
  capnp::MallocMessageBuilder builder(scratch.words());
  fill(builder.initRoot<T>());
  return flatten(builder);
}

template <class P, class R, class F>
RoleCall flatCall(Method<P, R> method, F fill, std::vector<Argument> objects = {}) {
  return {method, flatMessage<P>(std::move(fill)), std::move(objects), 0};
}

}  // namespace cleat::gate
