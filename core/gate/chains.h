// Chains: the plugins on the way of a request, in the configured order, and what of each write an admission plugin
// wants to see. Worked out once for as long as no plugin comes, goes or says otherwise (Roles::generation), so that a
// request only looks it up. Thread-safe.
#pragma once

#include <cleat/sdk/mutex.h>

#include <memory>
#include <string>
#include <vector>

#include "core/gate/admission_policy.h"
#include "core/gate/admission_times.h"
#include "core/gate/plugin_roles.h"

namespace cleat::gate {

struct AdmissionPlugin {
  std::string name;
  std::vector<InterestRule> rules;
  std::shared_ptr<const AdmissionPolicy> policy;  // null: its interests are all there is to it
  std::shared_ptr<AdmissionTimes::Series> times;  // null: nobody wants to know
  // `object` is what it would be asked about; null: whichever.
  bool wants(const ChangeRequest& request, AdmissionPass pass, const Message* object = nullptr) const;
  // Whether it may wait for somebody outside of the server, asked about the request.
  bool waits(const ChangeRequest& request, AdmissionPass pass) const;
};

struct ChainSet {
  uint64_t generation = 0;
  std::vector<std::string> authenticators, authorizers;
  std::vector<AdmissionPlugin> admission;
};

class Chains {
 public:
  explicit Chains(Roles& roles) : roles_(roles) {}

  // What the operator says of admission plugins, and what policies need to know and to tell. Before the first request.
  struct Operator {
    AdmissionPolicies policies;
    // The labels of a namespace, in a message that holds them; null where there is no such namespace.
    std::function<Ref<const Message>(const std::string& name)> findNamespace;
    PassedNote passed;
    std::shared_ptr<AdmissionTimes> times = nullptr;  // null: nobody wants to know
  };
  void setOperator(Operator says) { operator_ = std::move(says); }
  const Operator& says() const { return operator_; }

  // As they are now; a request that holds one is not disturbed by the next.
  std::shared_ptr<const ChainSet> get() const;
  Roles& roles() const { return roles_; }

 private:
  std::shared_ptr<const ChainSet> compile(uint64_t generation) const;

  Roles& roles_;
  Operator operator_;
  mutable Mutex mutex_;
  mutable std::shared_ptr<const ChainSet> set_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::gate
