// Message: one flat, immutable Cap'n Proto message (a single segment without a segment table), shared by reference
// count. It is the form in which plugins read objects. A Message was either built by the core or checked by
// Message::checked, so readers may skip bounds checks (capnp::readMessageUnchecked).
#pragma once

#include <capnp/any.h>
#include <capnp/message.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/status.h>

#include <cstdint>
#include <new>
#include <span>

#include "core/base/check.h"
#include "core/base/ref.h"

namespace cleat::object {

using Words = std::span<const uint64_t>;

class Message final : public RefCounted {
 public:
  // Zeroed words, to be filled before the message is shared.
  static Ref<Message> make(size_t wordCount);
  // Those words.
  static Ref<Message> of(Words words);
  static void operator delete(Message* message, std::destroying_delete_t);

  Words words() const { return {begin(), wordCount_}; }
  uint64_t* mutableWords() {
    CHECK(unique(), "what is shared does not change");
    return const_cast<uint64_t*>(begin());
  }

  template <class T>
  typename T::Reader root() const {
    return capnp::readMessageUnchecked<T>(reinterpret_cast<const capnp::word*>(begin()));
  }
  meta_v1::ObjectMeta::Reader meta() const { return root<meta_v1::AnyObject>().getMetadata(); }

  // What was built elsewhere, flat. In one segment it is that already, and is taken as it stands.
  static Ref<Message> flat(capnp::AnyStruct::Reader root);
  static Ref<Message> flat(capnp::MessageBuilder& built);
  // The same of a message that there is already.
  static Ref<Message> copy(capnp::AnyStruct::Reader root);
  // To be changed: the message itself where nobody else has it, otherwise a copy.
  static Ref<Message> own(Ref<const Message> message);
  // How often the words of a whole message were copied in this process, which is what tests hold writes against.
  static uint64_t copies();
  // Words from outside: checks every pointer, the depth and the size (at most `maxWords`), then makes a copy in which
  // no two pointers lead to the same words.
  static Result<Ref<Message>> checked(Words words, size_t maxWords = 4u << 20);

 private:
  friend class MessageBuffer;
  explicit Message(size_t wordCount) : wordCount_(wordCount) {}
  static Ref<Message> allocate(size_t wordCount);
  static void countCopy();
  size_t bytes() const { return sizeof(Message) + wordCount_ * sizeof(uint64_t); }
  // The words stand behind it, in the same piece of memory.
  const uint64_t* begin() const { return reinterpret_cast<const uint64_t*>(this + 1); }

  size_t wordCount_;
};

// Memory in which a thread builds one small message after the other.
class MessageScratch {
 public:
  MessageScratch();
  ~MessageScratch();
  MessageScratch(const MessageScratch&) = delete;
  // Zeros, as they have to be given back; the thread's own unless it is in use.
  kj::ArrayPtr<capnp::word> words() { return words_; }

 private:
  kj::ArrayPtr<capnp::word> words_;
  kj::Array<capnp::word> own_;
};

// A message of one of the SDK's own structs, filled by `fill`.
template <class T, class F>
Ref<Message> makeMessage(F fill) {
  MessageScratch scratch;
  capnp::MallocMessageBuilder builder(scratch.words());
  fill(builder.initRoot<T>());
  return Message::flat(builder);
}

}  // namespace cleat::object
