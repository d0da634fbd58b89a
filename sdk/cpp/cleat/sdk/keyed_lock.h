// Lets coroutines of one strand take turns, one at a time for each key: for work that goes on across co_await and must
// not be done twice for one thing at once.
//
//   KeyedLock locks{context()};
//   auto turn = co_await locks.lock(sandboxId);   // until `turn` is destroyed
//
// First come, first served. Lives as long as the plugin; everything happens on the strand.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/task.h>

#include <deque>
#include <map>
#include <string>
#include <utility>

namespace cleat {

class KeyedLock {
 public:
  explicit KeyedLock(Context& context) : context_(context) {}
  KeyedLock(const KeyedLock&) = delete;

  class [[nodiscard]] Turn {
   public:
    Turn(Turn&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), key_(std::move(other.key_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (locks_ != nullptr) locks_->release(key_);
    }

   private:
    friend class KeyedLock;
    Turn(KeyedLock* locks, std::string key) : locks_(locks), key_(std::move(key)) {}
    KeyedLock* locks_;
    std::string key_;
  };

  Task<Turn> lock(std::string key);

 private:
  void release(const std::string& key);

  Context& context_;
  std::map<std::string, std::deque<Completion<bool>>> waiting_;  // of the keys that are taken
};

}  // namespace cleat
