// Signatures of plugins: who vouches for a file. One covers every byte of the file, and so its manifest, what it asks
// to be allowed and its code; it stands beside the file, in FILE.sig. Keys are Ed25519, in PEM as `openssl genpkey
// -algorithm ed25519` and `openssl pkey -pubout` write them.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::host {

// Writes FILE.sig.
Result<void> signPlugin(const std::string& file, const std::string& keyFile);

// The first of the public keys whose signature FILE.sig is. The error says what is wrong: that there is none, that it
// is another key's, or that the file is not the one that was signed.
Result<std::string> verifyPlugin(const std::string& file, const std::vector<std::string>& publicKeyFiles);

// Whether the file holds a public key that signatures can be verified by.
Result<void> checkPublicKey(const std::string& file);

}  // namespace cleat::host
