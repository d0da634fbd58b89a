// MessageBuffer: a message while it is changed. It begins as the words of another one, taken over at once and not
// piece by piece; what is changed through the ordinary builders is written behind them.
//
//   MessageBuffer buffer(*message);
//   buffer.getRoot<meta_v1::AnyObject>().getMetadata().setUid(uid);
//   Ref<Message> changed = buffer.finish();
//
// What was overwritten stays in the words as a hole of zeros: a copy (Message::copy) leaves it out.
#pragma once

#include <capnp/message.h>

#include <vector>

#include "core/object/message.h"

namespace cleat::object {

class MessageBuffer final : public capnp::MessageBuilder {
 public:
  // `room`: for how many words of changes there is space at once. More makes it slower, not impossible.
  explicit MessageBuffer(const Message& message, size_t room = 160) : MessageBuffer(Seed(message, room)) {}
  ~MessageBuffer() noexcept(false) override;

  kj::ArrayPtr<capnp::word> allocateSegment(unsigned minimumSize) override;

  // The words as they are by now; until the next change.
  Words words();
  // Once, at the end.
  Ref<Message> finish();

 private:
  struct Seed {
    Seed(const Message& message, size_t room);
    Ref<Message> message;
    SegmentInit segment;
  };
  explicit MessageBuffer(Seed seed);
  // Where it outgrew its space: one segment again.
  void flatten();

  Ref<Message> message_;
  std::vector<kj::Array<capnp::word>> more_;
  Ref<Message> flat_;
};

}  // namespace cleat::object
