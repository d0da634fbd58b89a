// How CSI drivers are to be treated, as the cluster's CSIDriver objects say. Watched from the first volume on that
// names a driver, so that a node without such volumes does not know of them. Strand only.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/storage_v1.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cleat::agent {

struct DriverPolicy {
  bool isSaid = false;  // there is a CSIDriver
  bool attaches = true;
  bool tellsPod = false;
  bool isPersistent = true, isEphemeral = false;
  enum class Group : char { readWriteOnceWithFsType, file, none } group = Group::readWriteOnceWithFsType;
  struct Token {
    std::string audience;
    int64_t expirationSeconds = 3600;
  };
  std::vector<Token> tokens;
  bool tokensAreSecret = false;
  bool republishes = false;
  std::string modes;  // `"Persistent", "Ephemeral"`
};
DriverPolicy policyOf(storage_v1::CSIDriver::Reader driver);

class DriverPolicies {
 public:
  explicit DriverPolicies(Context& context) : context_(context) {}

  // Of a driver that nobody says anything of, what holds then.
  Task<DriverPolicy> of(std::string driver);

 private:
  Context& context_;
  std::unique_ptr<Informer<storage_v1::CSIDriver>> drivers_;  // null: nobody has asked yet
};

}  // namespace cleat::agent
