// Writes of policies (quotas, limit ranges) that were let through and not seen since. Until one is seen, or has come to
// nothing, it is not known what holds in its namespace; and who was told that a policy is there is right to expect that
// it holds. Of one strand.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/signal.h>
#include <cleat/sdk/task.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::quota {

class PendingWrites {
 public:
  // `old` refers to nothing for a new policy.
  void expect(std::string_view ns, const AnyRef& now, const AnyRef& old);
  // It has come to nothing.
  void forget(std::string_view ns, const AnyRef& now, const AnyRef& old);
  // A change that is known by now.
  void seen(const AnyRef& before, const AnyRef& now);

  bool any(std::string_view ns) const { return writes_.contains(ns); }
  // Ends when there are none in the namespace.
  Task<void> settled(std::string ns);

 private:
  struct Write {
    std::string uid;
    uint64_t after;  // the revision that it replaces
    bool operator==(const Write&) const = default;
  };
  static Write writeOf(const AnyRef& now, const AnyRef& old);
  template <class F>
  void drop(std::string_view ns, F which);

  std::map<std::string, std::vector<Write>, std::less<>> writes_;  // by namespace; none is empty
  Signal dropped_;
};

}  // namespace cleat::quota
