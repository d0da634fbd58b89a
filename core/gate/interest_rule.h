// InterestRule: a rule of an admission plugin's interests, or of an operator's about it: requests of which resources,
// operations and users are meant.
#pragma once

#include <string>
#include <vector>

#include "core/gate/plugin_roles.h"

namespace cleat::gate {

struct ChangeRequest;
// `withdraw`: what validating plugins let through has come to nothing.
enum class AdmissionPass { mutate, validate, withdraw };

class InterestRule {
 public:
  explicit InterestRule(role::Rule::Reader rule);
  // `object` is what the plugin would be asked about; null: whichever.
  bool wants(const ChangeRequest& request, AdmissionPass pass, const Message* object) const;
  // Whether the request is one of those, in whichever pass.
  bool means(const ChangeRequest& request) const;
  // Whether the plugin may wait for somebody outside of the server.
  bool waits() const { return waits_; }

 private:
  bool wants(AdmissionPass pass) const;
  bool hasFields(const ChangeRequest& request, const Message& object) const;
  bool named(const std::string& plural, const std::string& subresource) const;

  std::string group_, resource_, subresource_;  // "*": any; a subresource may be none
  bool anyGroup_ = false, anyResource_ = false, anySubresource_ = false;
  std::vector<std::string> userGroups_;  // none: of everybody
  std::vector<std::string> fields_;      // none: whichever object
  uint32_t operations_ = 0;              // a bit each; none: all
  bool mutates_, validates_, withdraws_, waits_;
};

}  // namespace cleat::gate
