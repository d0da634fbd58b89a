// The tokens that nodes join with, in the file that authn-token reads. A join token is what `cleat agent --token`
// takes:
//
//   <SHA-256 of the cluster's certificate, 64 hexadecimal digits>.<secret>
//
// so that a new node can tell the right server before it says the secret.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat::app {

struct JoinToken {
  std::string caFingerprint, secret;
};
Result<JoinToken> parseJoinToken(std::string_view text);

// A new secret in the tokens file (0600, made if absent), for the group system:bootstrappers. Gives the join token.
Result<std::string> addJoinToken(const std::string& tokensFile, const std::string& caFingerprint);

}  // namespace cleat::app
