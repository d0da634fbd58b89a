// Objects of the cluster in a plugin's hands.
//
// Object<K> is a shared, immutable reference to one object at one revision: copying it copies a pointer, and the
// words behind it are the very ones that the host holds (or, for one made here, a buffer of its own). A default one
// refers to nothing and is false. Draft<K> is an object or message under construction, owned by one place.
//
//   Object<Pod> pod = …;
//   pod->getSpec().getNodeName();                // the kind's generated accessors
//   pod.meta().getLabels(); pod.key();           // "default/web"
//   Draft<Pod> changed(pod);                     // a copy to change
//   changed->initStatus().setPhase("Running");   // the kind's generated builder
//
// References may be copied and dropped on any thread, but must not outlive the plugin. Readers are plain views: they
// are valid as long as some reference to their object is.
#pragma once

#include <capnp/message.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/kind.h>
#include <cleat/sdk/text.h>
#include <cleat_abi.h>

#include <memory>
#include <string>
#include <utility>

namespace cleat {

// "namespace/name", or the name alone for an object without a namespace; and back.
std::string keyOf(std::string_view nameSpace, std::string_view name);
struct NamespacedName {
  std::string_view ns, name;
};
NamespacedName splitKey(std::string_view key);

namespace detail {
class HostLink;
struct ObjectBody;
void keep(ObjectBody* body) noexcept;
void drop(ObjectBody* body) noexcept;
const capnp::word* wordsOf(const ObjectBody* body) noexcept;  // a null object's words when body is null
// Reads as a struct with nothing set.
extern const capnp::word kNothing[1];

template <class R>
struct Arrow {
  R value;
  R* operator->() { return &value; }
};
}  // namespace detail

// A reference to an object of any kind.
class AnyRef {
 public:
  AnyRef() = default;
  AnyRef(const AnyRef& other) noexcept : body_(other.body_) {
    if (body_ != nullptr) detail::keep(body_);
  }
  AnyRef(AnyRef&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  AnyRef& operator=(AnyRef other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~AnyRef() {
    if (body_ != nullptr) detail::drop(body_);
  }

  explicit operator bool() const { return body_ != nullptr; }
  // The same object in memory; two references to equal objects may differ.
  bool same(const AnyRef& other) const { return body_ == other.body_; }

  meta_v1::ObjectMeta::Reader meta() const { return as<meta_v1::AnyObject>().getMetadata(); }
  std::string_view name() const { return view(meta().getName()); }
  std::string_view ns() const { return view(meta().getNamespace()); }
  std::string_view uid() const { return view(meta().getUid()); }
  std::string key() const { return keyOf(ns(), name()); }
  uint64_t revision() const;  // metadata.resourceVersion; 0 for one that was not stored

  // Reads it as a T, which the caller knows it to be.
  template <class T>
  typename T::Reader as() const {
    return capnp::readMessageUnchecked<T>(detail::wordsOf(body_));
  }

  cleat_words words() const;
  // As it is passed to the host.
  cleat_object abi() const;

  // For the SDK's own parts: takes over one reference.
  explicit AnyRef(detail::ObjectBody* body) noexcept : body_(body) {}
  // Keeps an object that an event brought.
  static AnyRef retain(const std::shared_ptr<detail::HostLink>& link, const cleat_object& object);
  // Copies words.
  static AnyRef copyOf(cleat_words words, uint64_t revision);

 private:
  detail::ObjectBody* body_ = nullptr;
};

template <class K>
class Object : public AnyRef {
 public:
  using Reader = typename K::Reader;

  Object() = default;
  // The caller knows that `ref` is of this kind.
  explicit Object(AnyRef ref) noexcept : AnyRef(std::move(ref)) {}

  Reader operator*() const { return as<K>(); }
  detail::Arrow<Reader> operator->() const { return {as<K>()}; }
};

// A message being built, of any type: an object, or a call's parameters or results.
class AnyDraft {
 public:
  explicit AnyDraft(size_t expectedWords = 64);
  // Begins as the object, whose words are taken over at once; what is changed is written behind them.
  explicit AnyDraft(const AnyRef& original);
  AnyDraft(AnyDraft&&) noexcept;
  AnyDraft& operator=(AnyDraft&&) noexcept;
  ~AnyDraft();

  capnp::MessageBuilder& message() { return *message_; }
  // The message in one piece, valid until the draft is changed or destroyed.
  cleat_words words();
  // Whether it is the object to the letter. False says nothing: the same may be written in other words.
  bool isAsIn(const AnyRef& original) const;
  // Makes it an immutable object; nothing is copied unless the message grew beyond what was expected.
  AnyRef freezeAny() &&;

 private:
  std::unique_ptr<capnp::MessageBuilder> message_;
  std::unique_ptr<capnp::word[]> flat_;
};

template <class T>
class Draft : public AnyDraft {
 public:
  using Builder = typename T::Builder;
  using Reader = typename T::Reader;

  Draft() : AnyDraft(128), root_(message().template initRoot<T>()) {}
  explicit Draft(Reader original) : AnyDraft(original.totalSize().wordCount + 96), root_(nullptr) {
    message().setRoot(original);
    root_ = message().template getRoot<T>();
  }
  explicit Draft(const Object<T>& original) : AnyDraft(original), root_(message().template getRoot<T>()) {}

  Builder operator*() { return root_; }
  Builder* operator->() { return &root_; }
  Reader reader() { return root_.asReader(); }

  meta_v1::ObjectMeta::Builder meta() { return root_.getMetadata(); }
  std::string key() { return keyOf(view(meta().asReader().getNamespace()), view(meta().asReader().getName())); }

  Object<T> freeze() && { return Object<T>(std::move(*this).freezeAny()); }

 private:
  Builder root_;
};

}  // namespace cleat
