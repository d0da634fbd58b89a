#include <cleat/sdk/object.h>
#include <cleat/sdk/thread_blocks.h>

#include "strand.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstring>
#include <vector>

namespace cleat {
namespace detail {

constinit const capnp::word kNothing[1] = {};

struct ObjectBody {
  std::atomic<uint32_t> references{1};
  const capnp::word* words = kNothing;
  uint64_t count = 1;
  uint64_t revision = 0;

  static void* operator new(size_t size) { return takeBlock(size); }
  static void operator delete(void* body, size_t size) noexcept { giveBlock(body, size); }

  ObjectBody() = default;
  ObjectBody(const ObjectBody&) = delete;
  ObjectBody& operator=(const ObjectBody&) = delete;
  virtual ~ObjectBody() = default;
  virtual void* hostRef() const { return nullptr; }
};

void keep(ObjectBody* body) noexcept { body->references.fetch_add(1, std::memory_order_relaxed); }

void drop(ObjectBody* body) noexcept {
  if (body->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete body;
}

const capnp::word* wordsOf(const ObjectBody* body) noexcept { return body == nullptr ? kNothing : body->words; }

namespace {

// An object whose words the host holds.
struct HostBody final : ObjectBody {
  HostBody(std::shared_ptr<HostLink> hostLink, const cleat_object& object)
      : link(std::move(hostLink)), ref(object.ref) {
    words = reinterpret_cast<const capnp::word*>(object.words.data);
    count = object.words.count;
    revision = object.revision;
    link->retain(ref);
  }
  ~HostBody() override { link->release(ref); }
  void* hostRef() const override { return ref; }

  std::shared_ptr<HostLink> link;
  void* ref;
};

// An object made here.
struct LocalBody final : ObjectBody {
  std::unique_ptr<capnp::word[]> flat;
};

// A message under construction in one piece of memory, with more of it where that is not enough.
class DraftBuffer final : public capnp::MessageBuilder {
 public:
  // Begins as those words; or, where there are none, with a root that is not set.
  static std::unique_ptr<DraftBuffer> make(cleat_words from, size_t room) {
    const size_t used = std::max<size_t>(from.count, 1), all = used + room;
    auto memory = std::make_unique_for_overwrite<capnp::word[]>(all);
    if (from.count > 0) std::memcpy(static_cast<void*>(memory.get()), from.data, from.count * sizeof(capnp::word));
    const size_t begin = from.count;
    std::memset(static_cast<void*>(memory.get() + begin), 0, (all - begin) * sizeof(capnp::word));
    SegmentInit segment{kj::arrayPtr(memory.get(), all), used};
    return std::unique_ptr<DraftBuffer>(new DraftBuffer(segment, std::move(memory)));
  }

  kj::ArrayPtr<capnp::word> allocateSegment(unsigned minimumSize) override {
    const size_t size = std::max<size_t>(minimumSize, size_);
    size_ += size;
    auto& memory = more_.emplace_back(std::make_unique<capnp::word[]>(size));
    return kj::arrayPtr(memory.get(), size);
  }
  // What the first segment stands in, which outlives this.
  std::unique_ptr<capnp::word[]> takeMemory() { return std::move(memory_); }

 private:
  DraftBuffer(SegmentInit segment, std::unique_ptr<capnp::word[]> memory)
      : MessageBuilder(kj::arrayPtr(&segment, 1)), memory_(std::move(memory)), size_(segment.space.size()) {}

  std::unique_ptr<capnp::word[]> memory_;
  std::vector<std::unique_ptr<capnp::word[]>> more_;
  size_t size_;
};

// For how many words of changes a draft of an object has space at once: a copy of the whole follows otherwise.
constexpr size_t kRoom = 224;

}  // namespace
}  // namespace detail

std::string keyOf(std::string_view nameSpace, std::string_view name) {
  if (nameSpace.empty()) return std::string(name);
  std::string key;
  key.reserve(nameSpace.size() + 1 + name.size());
  return key.append(nameSpace).append("/").append(name);
}

NamespacedName splitKey(std::string_view key) {
  size_t slash = key.find('/');
  if (slash == std::string_view::npos) return {{}, key};
  return {key.substr(0, slash), key.substr(slash + 1)};
}

uint64_t AnyRef::revision() const {
  if (body_ == nullptr) return 0;
  return body_->revision != 0 ? body_->revision : meta().getResourceVersion();
}

cleat_words AnyRef::words() const {
  if (body_ == nullptr) return {nullptr, 0};
  return {reinterpret_cast<const uint64_t*>(body_->words), body_->count};
}

cleat_object AnyRef::abi() const {
  if (body_ == nullptr) return {};
  return {words(), body_->revision, body_->hostRef()};
}

AnyRef AnyRef::retain(const std::shared_ptr<detail::HostLink>& link, const cleat_object& object) {
  if (object.words.data == nullptr) return AnyRef();
  if (object.ref == nullptr) return copyOf(object.words, object.revision);
  return AnyRef(new detail::HostBody(link, object));
}

AnyRef AnyRef::copyOf(cleat_words words, uint64_t revision) {
  auto* body = new detail::LocalBody;
  AnyRef ref(body);
  if (words.count != 0) {
    body->flat = std::make_unique_for_overwrite<capnp::word[]>(words.count);
    std::memcpy(static_cast<void*>(body->flat.get()), words.data, words.count * sizeof(capnp::word));
    body->words = body->flat.get();
    body->count = words.count;
  }
  body->revision = revision;
  return ref;
}

AnyDraft::AnyDraft(size_t expectedWords)
    : message_(detail::DraftBuffer::make({}, std::max<size_t>(expectedWords, 8))) {}
AnyDraft::AnyDraft(const AnyRef& original) : message_(detail::DraftBuffer::make(original.words(), detail::kRoom)) {}
AnyDraft::AnyDraft(AnyDraft&&) noexcept = default;
AnyDraft& AnyDraft::operator=(AnyDraft&&) noexcept = default;
AnyDraft::~AnyDraft() = default;

cleat_words AnyDraft::words() {
  auto segments = message_->getSegmentsForOutput();
  if (segments.size() == 0 || segments[0].size() == 0) {
    return {reinterpret_cast<const uint64_t*>(detail::kNothing), 1};
  }
  if (segments.size() == 1) return {reinterpret_cast<const uint64_t*>(segments[0].begin()), segments[0].size()};
  capnp::AnyPointer::Reader root = message_->getRoot<capnp::AnyPointer>().asReader();
  size_t count = root.targetSize().wordCount + 1;
  flat_ = std::make_unique<capnp::word[]>(count);
  capnp::FlatMessageBuilder copy(kj::arrayPtr(flat_.get(), count));
  copy.getRoot<capnp::AnyPointer>().set(root);
  assert(copy.getSegmentsForOutput().size() == 1);
  return {reinterpret_cast<const uint64_t*>(flat_.get()), copy.getSegmentsForOutput()[0].size()};
}

bool AnyDraft::isAsIn(const AnyRef& original) const {
  auto segments = message_->getSegmentsForOutput();
  const cleat_words words = original.words();
  return segments.size() == 1 && segments[0].size() == words.count &&
         std::memcmp(segments[0].begin(), words.data, words.count * sizeof(capnp::word)) == 0;
}

AnyRef AnyDraft::freezeAny() && {
  cleat_words flattened = words();
  auto* body = new detail::LocalBody;
  body->words = reinterpret_cast<const capnp::word*>(flattened.data);
  body->count = flattened.count;
  body->flat = std::move(flat_);
  if (body->flat == nullptr) body->flat = static_cast<detail::DraftBuffer&>(*message_).takeMemory();
  message_.reset();
  return AnyRef(body);
}

}  // namespace cleat
