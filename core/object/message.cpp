#include "core/object/message.h"

#include <capnp/any.h>
#include <capnp/serialize.h>
#include <cleat/sdk/thread_blocks.h>
#include <kj/exception.h>

#include <atomic>
#include <cstring>

#include "core/object/taken_words.h"

namespace cleat::object {

namespace {

// How deep structs and lists may nest; objects of the deepest kinds reach about twenty.
constexpr int kMaxNesting = 64;

Ref<Message> flatCopy(capnp::AnyStruct::Reader root) {
  size_t wordCount = root.totalSize().wordCount + 1;
  auto message = Message::make(wordCount);
  kj::ArrayPtr<capnp::word> space(reinterpret_cast<capnp::word*>(message->mutableWords()), wordCount);
  capnp::FlatMessageBuilder builder(space);
  builder.setRoot(root);
  return message;
}

std::atomic<uint64_t>& copyCount() {
  static std::atomic<uint64_t> count{0};
  return count;
}

// The parameters of calls and what they answer come and go by the thousand; what is larger is mostly an object, which
// stays.
constexpr size_t kSmallBytes = 1024;

constexpr size_t kScratchWords = 512;

struct ThreadScratch {
  capnp::word words[kScratchWords] = {};
  bool inUse = false;
};

ThreadScratch& threadScratch() {
  thread_local ThreadScratch scratch;
  return scratch;
}

}  // namespace

MessageScratch::MessageScratch() {
  ThreadScratch& thread = threadScratch();
  if (thread.inUse) {
    own_ = kj::heapArray<capnp::word>(kScratchWords);
    std::memset(own_.begin(), 0, own_.asBytes().size());
    words_ = own_;
    return;
  }
  thread.inUse = true;
  words_ = kj::arrayPtr(thread.words, kScratchWords);
}

MessageScratch::~MessageScratch() {
  if (own_ == nullptr) threadScratch().inUse = false;
}

// Its words may have become fewer meanwhile (MessageBuffer::finish), never more.
void Message::operator delete(Message* message, std::destroying_delete_t) {
  const size_t bytes = message->bytes();
  message->~Message();
  bytes > kSmallBytes ? ::operator delete(message) : giveBlock(message, bytes);
}

Ref<Message> Message::allocate(size_t wordCount) {
  static_assert(sizeof(Message) % sizeof(uint64_t) == 0, "the words behind it are aligned");
  const size_t bytes = sizeof(Message) + wordCount * sizeof(uint64_t);
  void* memory = bytes > kSmallBytes ? ::operator new(bytes) : takeBlock(bytes);
  return Ref<Message>::adopt(new (memory) Message(wordCount));
}

Ref<Message> Message::make(size_t wordCount) {
  Ref<Message> message = allocate(wordCount);
  std::memset(message->mutableWords(), 0, wordCount * sizeof(uint64_t));
  return message;
}

uint64_t Message::copies() { return copyCount().load(std::memory_order_relaxed); }

void Message::countCopy() { copyCount().fetch_add(1, std::memory_order_relaxed); }

Ref<Message> Message::of(Words words) {
  countCopy();
  Ref<Message> message = allocate(words.size());
  std::memcpy(message->mutableWords(), words.data(), words.size_bytes());
  return message;
}

Ref<Message> Message::flat(capnp::AnyStruct::Reader root) { return flatCopy(root); }

Ref<Message> Message::flat(capnp::MessageBuilder& built) {
  auto segments = built.getSegmentsForOutput();
  if (segments.size() > 1) return flat(built.getRoot<capnp::AnyStruct>().asReader());
  Ref<Message> message = make(segments[0].size());
  std::memcpy(message->mutableWords(), segments[0].begin(), segments[0].asBytes().size());
  return message;
}

Ref<Message> Message::copy(capnp::AnyStruct::Reader root) {
  countCopy();
  return flatCopy(root);
}

Ref<Message> Message::own(Ref<const Message> message) {
  if (message->unique()) return Ref<Message>::adopt(const_cast<Message*>(message.detach()));
  return of(message->words());
}

Result<Ref<Message>> Message::checked(Words words, size_t maxWords) {
  if (words.empty()) return fail(Status::badRequest("the message is empty"));
  if (words.size() > maxWords) {
    return fail(Status::tooLarge("the message has " + std::to_string(words.size()) + " words, the limit is " +
                                 std::to_string(maxWords)));
  }
  if (Ref<Message> taken = takeWords(words, kMaxNesting)) return taken;
  try {
    kj::ArrayPtr<const capnp::word> segment(reinterpret_cast<const capnp::word*>(words.data()), words.size());
    kj::ArrayPtr<const capnp::word> segments[] = {segment};
    capnp::ReaderOptions options;
    // Measuring and copying each walk the whole message once.
    options.traversalLimitInWords = 2 * maxWords + 16;
    options.nestingLimit = kMaxNesting;
    capnp::SegmentArrayMessageReader reader(segments, options);
    auto root = reader.getRoot<capnp::AnyPointer>();
    if (!root.isStruct()) return fail(Status::badRequest("the message's root is not a struct"));
    capnp::AnyStruct::Reader rootStruct = root.getAs<capnp::AnyStruct>();
    size_t wordCount = rootStruct.totalSize().wordCount;
    if (wordCount > maxWords) {
      return fail(Status::tooLarge("the message unfolds to " + std::to_string(wordCount) + " words, the limit is " +
                                   std::to_string(maxWords)));
    }
    return copy(rootStruct);
  } catch (const kj::Exception& error) {
    return fail(Status::badRequest(std::string("malformed message: ") + error.getDescription().cStr()));
  }
}

}  // namespace cleat::object
