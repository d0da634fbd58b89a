// Role calls: `Answer` is what a call that this plugin made brought back, `Call` one that it answers.
//
// A handler gets a Call, fills `results()` and adds result objects, and returns. It ends the call otherwise by
// returning an error: a plain Status means CLEAT_FAILED (the same call will fail again); `return call.notMine()`,
// `call.denied(status)` and `call.retry(status)` say what the caller does next.
#pragma once

#include <cleat/sdk/method.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/thread_blocks.h>
#include <cleat/sdk/time.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cleat {

// The `reason` of the Status with which a call fails that no plugin took (CLEAT_NOT_MINE).
inline constexpr std::string_view kNotMineReason = "NotMine";

class Stream;

namespace detail {
class Strand;
// A message's root, or a struct with nothing set where there is no message.
template <class T>
typename T::Reader readWords(cleat_words words) {
  return capnp::readMessageUnchecked<T>(words.count == 0 ? kNothing : reinterpret_cast<const capnp::word*>(words.data));
}
}  // namespace detail

// A call about to be made.
struct CallRequest {
  MethodId method;
  AnyDraft params{8};
  std::vector<AnyRef> objects = {};
  Duration timeout{};  // zero: the host's default, 30 s
};

class AnyAnswer {
 public:
  AnyAnswer() = default;
  AnyAnswer(cleat_words message, std::vector<AnyRef> objects);

  template <class T>
  typename T::Reader as() const {
    return detail::readWords<T>(words());
  }
  const std::vector<AnyRef>& objects() const { return objects_; }
  // The object at `index`; one that refers to nothing where there are fewer.
  template <class K>
  Object<K> object(size_t index = 0) const {
    return index < objects_.size() ? Object<K>(objects_[index]) : Object<K>();
  }
  std::vector<AnyRef> takeObjects() { return std::move(objects_); }

 private:
  cleat_words words() const { return {message_.data(), message_.size()}; }
  std::vector<uint64_t> message_;
  std::vector<AnyRef> objects_;
};

// The results of a method; valid as long as the Answer is.
template <class Results>
class Answer : public AnyAnswer {
 public:
  explicit Answer(AnyAnswer answer) : AnyAnswer(std::move(answer)) {}
  typename Results::Reader operator*() const { return as<Results>(); }
  detail::Arrow<typename Results::Reader> operator->() const { return {as<Results>()}; }
};
template <>
class Answer<void> : public AnyAnswer {
 public:
  explicit Answer(AnyAnswer answer) : AnyAnswer(std::move(answer)) {}
};

// A call that the host makes to one of this plugin's roles. It lives until the handler has ended.
class AnyCall {
 public:
  static void* operator new(size_t size) { return takeBlock(size); }
  static void operator delete(void* call, size_t size) noexcept { giveBlock(call, size); }
  virtual ~AnyCall();

  const std::vector<AnyRef>& objects() const { return objects_; }
  template <class K>
  Object<K> object(size_t index = 0) const {
    return index < objects_.size() ? Object<K>(objects_[index]) : Object<K>();
  }
  // The called one's end of the stream, where the call was made with one (cleat/sdk/streams.h); null otherwise. It ends
  // with the call.
  const std::shared_ptr<Stream>& stream() const { return stream_; }
  Instant deadline() const { return deadline_; }
  // The caller has gone: an answer is not needed any more.
  bool cancelled() const { return cancelled_; }
  // Called on the strand when the caller goes (at once if it has). Not for concurrent handlers.
  void onCancel(std::function<void()> gone);

  // One that refers to nothing adds nothing, which is how a result says that there is none.
  void addObject(AnyRef object) {
    if (object) resultObjects_.push_back(std::move(object));
  }
  template <class K>
  void addObject(Draft<K> draft) {
    resultObjects_.push_back(std::move(draft).freezeAny());
  }

  std::unexpected<Status> notMine();
  std::unexpected<Status> denied(Status why);
  std::unexpected<Status> retry(Status why);

  template <class T>
  typename T::Reader params() const {
    return detail::readWords<T>(params_);
  }

 protected:
  AnyDraft& resultMessage();

 private:
  friend class detail::Strand;
  uint64_t token_ = 0;
  cleat_words params_{};
  std::vector<uint64_t> ownParams_;  // where the call outlives the event that brought it
  std::vector<AnyRef> objects_, resultObjects_;
  std::shared_ptr<Stream> stream_;
  std::optional<AnyDraft> results_;
  std::optional<int32_t> outcome_;
  Instant deadline_{};
  bool cancelled_ = false;
  bool* endedAtOnce_ = nullptr;  // while the strand has not returned from its beginning
  std::function<void()> gone_;
};

template <class Results>
class Call : public AnyCall {
 public:
  typename Results::Builder results() {
    if (!built_) built_ = resultMessage().message().template initRoot<Results>();
    return *built_;
  }

 private:
  std::optional<typename Results::Builder> built_;
};
template <>
class Call<void> : public AnyCall {};

}  // namespace cleat
