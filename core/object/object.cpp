#include "core/object/object.h"

#include <cstdio>
#include <cstdlib>

#include "core/object/codec.h"

namespace cleat::object {

Object::Object(const Kind& kind, std::string ns, std::string name, uint64_t revision, std::string json,
               Ref<const Message> message)
    : kind_(kind), ns_(std::move(ns)), name_(std::move(name)), revision_(revision), json_(std::move(json)),
      message_(message.detach()) {}

Object::Object(const Kind& kind, std::string ns, std::string name, uint64_t revision, std::string json)
    : kind_(kind), ns_(std::move(ns)), name_(std::move(name)), revision_(revision), json_(std::move(json)) {}

Object::~Object() { Ref<const Message>::adopt(message_.load(std::memory_order_relaxed)); }

const Message& Object::message() const {
  if (const Message* made = message_.load(std::memory_order_acquire)) return *made;
  // Stored text was limited when it was written, and limits may have been lowered since.
  Limits limits{.maxBytes = json_.size(), .maxDepth = 500};
  Result<Decoded> decoded = decodeJson(kind_, json_, FieldValidation::ignore, limits);
  if (!decoded) {
    std::fprintf(stderr, "the stored %s %s cannot be read: %s\n", kind_.name.c_str(), key().c_str(),
                 decoded.error().message.c_str());
    std::abort();
  }
  const Message* made = decoded->message.get();
  const Message* expected = nullptr;
  // Two readers may decode at once; the first one's message stays.
  if (!message_.compare_exchange_strong(expected, made, std::memory_order_acq_rel)) return *expected;
  return *decoded->message.detach();
}

size_t Object::bytes() const {
  const Message* made = message_.load(std::memory_order_acquire);
  return sizeof(Object) + ns_.capacity() + name_.capacity() + json_.capacity() +
         (made ? sizeof(Message) + made->words().size_bytes() : 0);
}

}  // namespace cleat::object
