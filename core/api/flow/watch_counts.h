// WatchCounts: how many watches are told when something changes, by what they watch: a resource, one namespace of it,
// or one object. Selectors are of no account: they are looked at for each change anyway.
//
//   WatchCounts::Watcher watcher = counts.add({"apps", "deployments", "default", ""});   // until its end
//   counts.of({"apps", "deployments", "default", "web"}, 1);   // 1
//
// Thread-safe. Asking about what few watch takes no lock.
#pragma once

#include <cleat/sdk/mutex.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace cleat::api {

// What is watched, or changed; empty: all namespaces, all names.
struct WatchedPlace {
  std::string_view group, resource, ns, name;
};

class WatchCounts {
 public:
  class Watcher;
  Watcher add(const WatchedPlace& place);
  // Of the whole resource, of the namespace, and of the object; perhaps 0 where all together are fewer than `least`.
  size_t of(const WatchedPlace& place, uint32_t least) const;

 private:
  using Key = std::array<std::string, 4>;
  using KeyView = std::array<std::string_view, 4>;
  struct Less {
    using is_transparent = void;
    static KeyView viewOf(const Key& key) { return {key[0], key[1], key[2], key[3]}; }
    static const KeyView& viewOf(const KeyView& key) { return key; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return viewOf(a) < viewOf(b);
    }
  };
  using Counts = std::map<Key, uint32_t, Less>;
  using Sum = std::atomic<uint32_t>;

  Sum& sumOf(std::string_view resource) const;
  void remove(Counts::iterator place);

  mutable std::array<Sum, 256> sums_{};  // of the resources whose names come to the same place
  mutable SharedMutex mutex_;
  Counts counts_ CLEAT_GUARDED_BY(mutex_);
};

// One watch. Ends before the counts do.
class WatchCounts::Watcher {
 public:
  Watcher() = default;
  Watcher(Watcher&& other) noexcept : counts_(std::exchange(other.counts_, nullptr)), place_(other.place_) {}
  Watcher& operator=(Watcher&& other) noexcept {
    std::swap(counts_, other.counts_);
    std::swap(place_, other.place_);
    return *this;
  }
  ~Watcher() {
    if (counts_ != nullptr) counts_->remove(place_);
  }

 private:
  friend class WatchCounts;
  Watcher(WatchCounts& counts, Counts::iterator place) : counts_(&counts), place_(place) {}

  WatchCounts* counts_ = nullptr;
  Counts::iterator place_;
};

}  // namespace cleat::api
