// Object: one object of the cluster at one revision in one version of its resource, immutable and shared. What it keeps
// is the JSON text, which is on the disk and which HTTP sends as it is. Everything else is made of the text when
// somebody wants it, and shared: the Cap'n Proto message, which plugins read in place, and the protobuf, both let go of
// when nobody wants them any more (`dropMade`), though whoever has got one keeps it; and the object in another version
// (`as`), which stays as long as the object.
//
// A stored text that no longer fits its kind does not keep anything else from being served: its message is then
// metadata with its name alone, and `problem` says what is wrong.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "core/base/cache_cell.h"
#include "core/base/ref.h"
#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::object {

// A text that was made of an object.
struct Rendition : RefCounted {
  explicit Rendition(std::string text) : bytes(std::move(text)) {}
  const std::string bytes;
};

class Object : public RefCounted {
 public:
  // With its message at hand.
  Object(const Kind& kind, std::string ns, std::string name, uint64_t revision, std::string json,
         Ref<const Message> message);
  // From the disk; `json` was written by this program.
  Object(const Kind& kind, std::string ns, std::string name, uint64_t revision, std::string json);
  ~Object();
  // One from the disk that cannot be read, and why.
  static Ref<const Object> unreadable(const Kind& kind, std::string ns, std::string name, uint64_t revision,
                                      std::string json, std::string problem);

  const Kind& kind() const { return *kind_; }
  const std::string& ns() const { return ns_; }
  const std::string& name() const { return name_; }
  uint64_t revision() const { return revision_; }  // 0: not stored
  const std::string& json() const { return json_; }

  // Never null. Decodes on first use.
  Ref<const Message> message() const;

  // Null, or why the stored text cannot be read. Decodes on first use.
  const std::string* problem() const;
  // The same as far as it is known by now.
  const std::string* knownProblem() const { return problem_.load(std::memory_order_acquire); }

  // The same object in another version of its resource, or by another schema of its own: itself if it is of that kind.
  // What comes from the disk may have been written by an older schema of an open kind, and is read by the present one.
  // What the other kind cannot hold makes one with a problem; so does what only the plugin can convert
  // (Kind::isConvertedTo) and nobody has had converted: see `isAt`.
  Ref<const Object> as(const Kind& kind) const;
  // Whether that is itself, as far as it is known by now.
  bool is(const Kind& kind) const { return kind_.get() == &kind && current_.load(std::memory_order_acquire); }
  // Whether `as` has what it needs: false while a version is missing that the kind's plugin has to make of this one.
  bool isAt(const Kind& kind) const;
  // What the plugin has made of this object for another version, for `as` to find.
  void keepConverted(Ref<const Object> converted) const;

  // The message in protobuf, without an envelope (protobuf.h). Not of open kinds, which have none.
  Ref<const Rendition> protobuf() const;

  // Whether there is more than the text; and whether anybody wanted that since `takeWanted` was last asked.
  bool hasMade() const { return !message_.empty() || !protobuf_.empty(); }
  bool hasVersions() const { return other_.load(std::memory_order_relaxed) != nullptr; }
  bool takeWanted() const { return wanted_.exchange(false, std::memory_order_relaxed); }
  // Lets go of the message and the protobuf.
  void dropMade() const;
  size_t madeBytes() const;  // of these two

  // "ns/name" or "name".
  std::string key() const { return ns_.empty() ? name_ : ns_ + "/" + name_; }
  size_t bytes() const;  // held in memory, about

 private:
  Ref<const Message> decodeStored() const;
  Ref<const Object> madeAs(const Kind& kind) const;
  // That of the kept versions which others can be made of without the plugin; null when there is none.
  const Object* sourceFor(const Kind& kind) const;
  void noteWanted() const {
    if (!wanted_.load(std::memory_order_relaxed)) wanted_.store(true, std::memory_order_relaxed);
  }

  const KindRef kind_;
  std::string ns_, name_;
  uint64_t revision_;
  std::string json_;
  mutable base::CacheCell<Message> message_;
  mutable base::CacheCell<Rendition> protobuf_;
  // The same in another version, and through that one in still others.
  mutable std::atomic<const Object*> other_{nullptr};
  mutable std::atomic<const std::string*> problem_{nullptr};
  mutable std::atomic<bool> wanted_{false};
  // Whether the text is what the kind's schema makes of it.
  mutable std::atomic<bool> current_{true};
};

using ObjectRef = Ref<const Object>;

}  // namespace cleat::object
