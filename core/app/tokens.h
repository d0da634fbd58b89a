// The tokens that nodes join with. A join token is what `cleat agent --token` takes:
//
//   <SHA-256 of the cluster's certificate, 64 hexadecimal digits>.<secret>
//
// so that a new node can tell the right server before it says the secret. The secret is a bootstrap token (ID.SECRET)
// that a secret of the cluster holds, or one without an end in the file that authn-token reads.
#pragma once

#include <cleat/sdk/status.h>

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/asio_executor.h"

namespace cleat::app {

struct JoinToken {
  std::string caFingerprint, secret;
};
Result<JoinToken> parseJoinToken(std::string_view text);

// A new secret in the tokens file (0600, made if absent), for the group system:bootstrappers. Gives the join token.
Result<std::string> addJoinToken(const std::string& tokensFile, const std::string& caFingerprint);

// A new bootstrap token of the server whose data is in `dataDir` and which runs, made as its administrator. Zero: it
// has no end. Blocks, so not on one of the executor's threads.
Result<std::string> createBootstrapToken(base::AsioExecutor& executor, const std::string& dataDir,
                                         std::chrono::seconds ttl);

}  // namespace cleat::app
