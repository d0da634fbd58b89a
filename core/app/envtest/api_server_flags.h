// What `kube-apiserver` of `cleat envtest` is told by its flags, as the settings of a server.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "core/app/server.h"

namespace cleat::app {

struct ApiServerFlags {
  ServerSettings settings;  // all but the folder of the state
  std::string etcd;         // http://HOST:PORT, where that folder is asked for
  // Files of the keys that sign service accounts' tokens, and check them; empty: the server makes its own.
  std::string signingKey;
  std::vector<std::string> checkingKeys;
  std::vector<std::string> withoutEffect;
};

// 400 says which flag cannot be what it is given as, or is not known.
Result<ApiServerFlags> readApiServerFlags(const std::vector<std::string>& arguments);

std::string apiServerHelp();

}  // namespace cleat::app
