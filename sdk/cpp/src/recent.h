// Recent<V>: what was known last of so many keys at most. The one that was used longest ago is forgotten first.
#pragma once

#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace cleat::detail {

template <class V>
class Recent {
 public:
  explicit Recent(size_t most) : most_(most) {}

  // What is known of `key`, which counts as used; null: nothing.
  V* find(const std::string& key) {
    auto found = known_.find(key);
    if (found == known_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
  }
  // The same, beginning with `first` where nothing is known.
  V& findOr(const std::string& key, V first) {
    V* found = find(key);
    return found != nullptr ? *found : put(key, std::move(first));
  }
  V& put(const std::string& key, V value) {
    if (V* found = find(key); found != nullptr) return *found = std::move(value);
    order_.emplace_front(key, std::move(value));
    known_.emplace(key, order_.begin());
    if (order_.size() > most_) {
      known_.erase(order_.back().first);
      order_.pop_back();
    }
    return order_.front().second;
  }
  // Forgets what `isOver` says of a value.
  template <class IsOver>
  void eraseIf(IsOver isOver) {
    for (auto at = order_.begin(); at != order_.end();) {
      if (!isOver(at->second)) {
        ++at;
        continue;
      }
      known_.erase(at->first);
      at = order_.erase(at);
    }
  }

 private:
  using Order = std::list<std::pair<std::string, V>>;
  size_t most_;
  Order order_;  // the one that was used last in front
  std::unordered_map<std::string, typename Order::iterator> known_;
};

}  // namespace cleat::detail
