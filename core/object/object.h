// Object: one object of the cluster at one revision, immutable and shared. It has exactly two forms, each made at most
// once: the JSON text, which the store keeps and HTTP sends as it is, and the Cap'n Proto message, which plugins read
// in place. One that comes from the disk has only its JSON until somebody wants the message.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/ref.h"
#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::object {

class Object : public RefCounted {
 public:
  // Both forms at hand.
  Object(const Kind& kind, std::string ns, std::string name, uint64_t revision, std::string json,
         Ref<const Message> message);
  // From the disk; `json` was written by this program.
  Object(const Kind& kind, std::string ns, std::string name, uint64_t revision, std::string json);
  ~Object();

  const Kind& kind() const { return kind_; }
  const std::string& ns() const { return ns_; }
  const std::string& name() const { return name_; }
  uint64_t revision() const { return revision_; }  // 0: not stored
  const std::string& json() const { return json_; }

  // Decodes on first use; aborts if the stored JSON does not fit the kind (the store checks it when it recovers).
  const Message& message() const;
  Ref<const Message> messageRef() const { return Ref<const Message>::share(&message()); }
  meta_v1::ObjectMeta::Reader meta() const { return message().meta(); }

  // "ns/name" or "name".
  std::string key() const { return ns_.empty() ? name_ : ns_ + "/" + name_; }
  size_t bytes() const;  // held in memory, about

 private:
  const Kind& kind_;
  std::string ns_, name_;
  uint64_t revision_;
  std::string json_;
  mutable std::atomic<const Message*> message_{nullptr};
};

using ObjectRef = Ref<const Object>;

}  // namespace cleat::object
