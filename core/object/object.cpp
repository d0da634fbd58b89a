#include "core/object/object.h"

#include <capnp/message.h>
#include <cleat/sdk/whole_text.h>

#include "core/object/codec.h"
#include "core/object/protobuf/protobuf.h"
#include "core/object/schema/struct_codec.h"

namespace cleat::object {
namespace {

// So many versions of one object are kept; who asks for more makes them anew each time.
constexpr int kKeptVersions = 4;

// Puts `made` where nothing was; otherwise what was there stays.
template <class T>
bool settle(std::atomic<const T*>& place, const T* made) {
  const T* expected = nullptr;
  return place.compare_exchange_strong(expected, made, std::memory_order_acq_rel);
}

Ref<Message> nameAlone(const std::string& ns, const std::string& name, uint64_t revision) {
  return makeMessage<meta_v1::AnyObject>([&](meta_v1::AnyObject::Builder object) {
    meta_v1::ObjectMeta::Builder meta = object.initMetadata();
    meta.setName(wholeText(name));
    if (!ns.empty()) meta.setNamespace(wholeText(ns));
    meta.setResourceVersion(revision);
  });
}

// Whether the words of one version are those of the other.
bool sameLayout(const Kind& a, const Kind& b) {
  return !a.open && !b.open && a.codec->dataWords() == b.codec->dataWords() &&
         a.codec->pointerCount() == b.codec->pointerCount();
}

// Whether only the plugin can make an object of one version one of the other. The versions of an open kind say the same
// of it, as they are offered together; what the object was made by may be older than what is asked for.
bool isConverted(const Kind& from, const Kind& to) {
  return from.isConvertedTo(to) && (to.open == nullptr || to.wantsConvert);
}

}  // namespace

Object::Object(const Kind& kind, std::string ns, std::string name, uint64_t revision, std::string json,
               Ref<const Message> message)
    : kind_(KindRef::share(&kind)), ns_(std::move(ns)), name_(std::move(name)), revision_(revision),
      json_(std::move(json)), message_(std::move(message)) {}

Object::Object(const Kind& kind, std::string ns, std::string name, uint64_t revision, std::string json)
    : kind_(KindRef::share(&kind)), ns_(std::move(ns)), name_(std::move(name)), revision_(revision),
      json_(std::move(json)), current_(kind.open == nullptr) {}

Object::~Object() {
  Ref<const Object>::adopt(other_.load(std::memory_order_relaxed));
  delete problem_.load(std::memory_order_relaxed);
}

Ref<const Object> Object::unreadable(const Kind& kind, std::string ns, std::string name, uint64_t revision,
                                     std::string json, std::string problem) {
  Ref<const Message> message = nameAlone(ns, name, revision);
  auto made = makeRef<const Object>(kind, std::move(ns), std::move(name), revision, std::move(json), message);
  made->problem_.store(new std::string(std::move(problem)), std::memory_order_release);
  return made;
}

Ref<const Message> Object::decodeStored() const {
  // Stored text was limited when it was written, and limits may have been lowered since.
  Limits limits{.maxBytes = json_.size() + 1, .maxDepth = 500};
  Result<Decoded> decoded = decodeJson(*kind_, json_, FieldValidation::ignore, limits);
  // Two readers may decode at once; what the first one made stays.
  if (decoded) return message_.settle(std::move(decoded->message));
  auto problem = std::make_unique<const std::string>(decoded.error().message);
  if (settle(problem_, problem.get())) problem.release();
  return message_.settle(nameAlone(ns_, name_, revision_));
}

Ref<const Message> Object::message() const {
  noteWanted();
  Ref<const Message> made = message_.get();
  return made ? made : decodeStored();
}

const std::string* Object::problem() const {
  (void)message();
  return problem_.load(std::memory_order_acquire);
}

Ref<const Object> Object::as(const Kind& kind) const {
  const Object* at = this;
  for (int versions = 0;; ++versions) {
    if (at->is(kind)) {
      // What is had in another version is not to be made anew each time.
      if (at != this) noteWanted();
      return Ref<const Object>::share(at);
    }
    const Object* next = at->other_.load(std::memory_order_acquire);
    if (!next) {
      const Object* source = sourceFor(kind);
      if (!source) return unreadable(kind, ns_, name_, revision_, json_, "it is not converted to " + kind.apiVersion());
      Ref<const Object> made = source->madeAs(kind);
      if (kind_.get() == &kind && made->json_ == json_) {
        current_.store(true, std::memory_order_release);
        return Ref<const Object>::share(this);
      }
      if (versions < kKeptVersions && settle(at->other_, made.get())) return Ref<const Object>::share(made.detach());
      return made;
    }
    at = next;
  }
}

const Object* Object::sourceFor(const Kind& kind) const {
  for (const Object* at = this; at; at = at->other_.load(std::memory_order_acquire)) {
    if (!isConverted(*at->kind_, kind)) return at;
  }
  return nullptr;
}

bool Object::isAt(const Kind& kind) const { return sourceFor(kind) || problem(); }

// However many there are: each is of a version of its own.
void Object::keepConverted(Ref<const Object> converted) const {
  const Object* at = this;
  while (isConverted(*at->kind_, converted->kind())) {
    if (settle(at->other_, converted.get())) {
      converted.detach();
      return;
    }
    at = at->other_.load(std::memory_order_acquire);
  }
}

Ref<const Object> Object::madeAs(const Kind& kind) const {
  if (const std::string* wrong = problem()) return unreadable(kind, ns_, name_, revision_, json_, *wrong);
  if (sameLayout(*kind_, kind)) {
    Ref<const Message> message = this->message();
    std::string json = encodeJson(kind, message->words());
    return makeRef<const Object>(kind, ns_, name_, revision_, std::move(json), std::move(message));
  }
  // By way of the text: the other kind prunes and fills in by its own schema.
  Limits limits{.maxBytes = json_.size() + 1, .maxDepth = 500};
  Result<Decoded> decoded = decodeJson(kind, json_, FieldValidation::ignore, limits);
  if (!decoded) return unreadable(kind, ns_, name_, revision_, json_, decoded.error().message);
  std::string json = encodeJson(kind, decoded->message->words());
  return makeRef<const Object>(kind, ns_, name_, revision_, std::move(json), std::move(decoded->message));
}

Ref<const Rendition> Object::protobuf() const {
  noteWanted();
  if (Ref<const Rendition> made = protobuf_.get()) return made;
  return protobuf_.settle(makeRef<const Rendition>(encodeProtobufMessage(*kind_, message()->words())));
}

void Object::dropMade() const {
  // The message of what cannot be read says its name and no more: it is not made of the text.
  if (knownProblem()) return;
  message_.take();
  protobuf_.take();
}

size_t Object::madeBytes() const {
  const Ref<const Message> message = message_.get();
  const Ref<const Rendition> protobuf = protobuf_.get();
  return (message ? sizeof(Message) + message->words().size_bytes() : 0) + (protobuf ? protobuf->bytes.size() : 0);
}

size_t Object::bytes() const {
  const Object* other = other_.load(std::memory_order_acquire);
  return sizeof(Object) + ns_.capacity() + name_.capacity() + json_.capacity() + madeBytes() +
         (other ? other->bytes() : 0);
}

}  // namespace cleat::object
