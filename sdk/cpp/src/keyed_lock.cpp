#include <cleat/sdk/keyed_lock.h>

namespace cleat {

Task<KeyedLock::Turn> KeyedLock::lock(std::string key) {
  auto [entry, isFree] = waiting_.try_emplace(key);
  if (!isFree) {
    Completion<bool> turn;
    entry->second.push_back(turn);
    co_await turn;
  }
  co_return Turn(this, std::move(key));
}

void KeyedLock::release(const std::string& key) {
  auto entry = waiting_.find(key);
  if (entry == waiting_.end()) return;
  if (entry->second.empty()) {
    waiting_.erase(entry);
    return;
  }
  Completion<bool> next = std::move(entry->second.front());
  entry->second.pop_front();
  // Not from within this destructor: the one who waits may do anything.
  context_.post([next]() mutable { next.complete(true); });
}

}  // namespace cleat
