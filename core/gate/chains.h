// Chains: the plugins on the way of a request, in the configured order, and what of each write an admission plugin
// wants to see. Worked out once for as long as no plugin comes, goes or says otherwise (Roles::generation), so that a
// request only looks it up. Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>

#include <memory>
#include <string>
#include <vector>

#include "core/gate/plugin_roles.h"

namespace cleat::gate {

struct ChangeRequest;
// `withdraw`: what validating plugins let through has come to nothing.
enum class AdmissionPass { mutate, validate, withdraw };

// A rule of an admission plugin's interests.
class InterestRule {
 public:
  explicit InterestRule(role::Rule::Reader rule);
  bool wants(const ChangeRequest& request, AdmissionPass pass) const;

 private:
  bool wants(AdmissionPass pass) const;
  bool named(const std::string& plural, const std::string& subresource) const;

  std::string group_, resource_, subresource_;  // "*": any; a subresource may be none
  std::vector<std::string> userGroups_;         // none: of everybody
  uint32_t operations_ = 0;                     // a bit each; none: all
  bool mutates_, validates_, withdraws_;
};

struct AdmissionPlugin {
  std::string name;
  std::vector<InterestRule> rules;
  bool wants(const ChangeRequest& request, AdmissionPass pass) const;
};

struct ChainSet {
  uint64_t generation = 0;
  std::vector<std::string> authenticators, authorizers;
  std::vector<AdmissionPlugin> admission;
};

class Chains {
 public:
  explicit Chains(Roles& roles) : roles_(roles) {}

  // As they are now; a request that holds one is not disturbed by the next.
  std::shared_ptr<const ChainSet> get() const;
  Roles& roles() const { return roles_; }

 private:
  std::shared_ptr<const ChainSet> compile(uint64_t generation) const;

  Roles& roles_;
  mutable Mutex mutex_;
  mutable std::shared_ptr<const ChainSet> set_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::gate
