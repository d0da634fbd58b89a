// LegacyTokens: whether a token that lies in a secret is still the one that lies there, and the note on the secret of
// the day on which it was last used, by which those that nobody uses are found.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/context.h>

#include <map>
#include <string>

#include "service-account-common/legacy_token.h"

namespace cleat {

class LegacyTokens {
 public:
  LegacyTokens(Context& context, Client& client) : context_(context), client_(client) {}

  // 401 where it is not; other errors: that cannot be told now. The account is not looked at.
  Task<Result<void>> holds(legacy::Claims claims, std::string token);
  // Notes that it is used today, once a day, and later than its caller.
  void used(const legacy::Claims& claims);

 private:
  Task<void> note(std::string ns, std::string secret, std::string day);

  Context& context_;
  Client& client_;
  std::map<std::string, std::string> noted_;  // by the secret's key: the day
};

}  // namespace cleat
