#include "core/object/message_buffer.h"

#include <algorithm>
#include <cstring>

namespace cleat::object {

MessageBuffer::Seed::Seed(const Message& from, size_t room) : message(Message::make(from.words().size() + room)) {
  Message::countCopy();
  std::memcpy(message->mutableWords(), from.words().data(), from.words().size_bytes());
  segment.space = kj::arrayPtr(reinterpret_cast<capnp::word*>(message->mutableWords()), message->words().size());
  segment.wordsUsed = from.words().size();
}

MessageBuffer::MessageBuffer(Seed seed)
    : capnp::MessageBuilder(kj::arrayPtr(&seed.segment, 1)), message_(std::move(seed.message)) {}

MessageBuffer::~MessageBuffer() noexcept(false) = default;

kj::ArrayPtr<capnp::word> MessageBuffer::allocateSegment(unsigned minimumSize) {
  auto space = kj::heapArray<capnp::word>(std::max<size_t>(minimumSize, 1024));
  std::memset(space.begin(), 0, space.asBytes().size());
  more_.push_back(kj::mv(space));
  return more_.back();
}

void MessageBuffer::flatten() { flat_ = Message::copy(getRoot<capnp::AnyStruct>().asReader()); }

Words MessageBuffer::words() {
  auto segments = getSegmentsForOutput();
  if (segments.size() > 1) {
    flatten();
    return flat_->words();
  }
  return {reinterpret_cast<const uint64_t*>(segments[0].begin()), segments[0].size()};
}

Ref<Message> MessageBuffer::finish() {
  auto segments = getSegmentsForOutput();
  if (segments.size() > 1) {
    flatten();
    return std::move(flat_);
  }
  message_->wordCount_ = segments[0].size();
  return std::move(message_);
}

}  // namespace cleat::object
