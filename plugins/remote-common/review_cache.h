// ReviewCache: what a server has said, kept for the time that it is good for. Of bounded size: of two thousand the one
// that was asked for longest ago goes.
//
//   const std::string question = digestOf(body);
//   if (const Verdict* known = cache.find(question, context().now())) return *known;
#pragma once

#include <cleat/sdk/time.h>

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace cleat::remote {

// What tells questions apart, without keeping the secrets in them.
std::string digestOf(std::string_view question);

template <class Verdict>
class ReviewCache {
 public:
  explicit ReviewCache(size_t most = 2000) : most_(most) {}

  // Null for what is not known, or not any longer. Good until the next call.
  const Verdict* find(const std::string& question, Instant now) {
    auto found = entries_.find(question);
    if (found == entries_.end()) return nullptr;
    if (found->second.until <= now) {
      order_.erase(found->second.place);
      entries_.erase(found);
      return nullptr;
    }
    order_.splice(order_.begin(), order_, found->second.place);
    return &found->second.verdict;
  }

  void keep(const std::string& question, Verdict verdict, Instant until) {
    auto found = entries_.find(question);
    if (found != entries_.end()) {
      found->second.verdict = std::move(verdict);
      found->second.until = until;
      return;
    }
    if (entries_.size() >= most_) {
      entries_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(question);
    entries_.emplace(question, Entry{std::move(verdict), until, order_.begin()});
  }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Verdict verdict;
    Instant until;
    std::list<std::string>::iterator place;
  };
  const size_t most_;
  std::map<std::string, Entry> entries_;
  std::list<std::string> order_;  // the one that was asked for last is the first
};

}  // namespace cleat::remote
