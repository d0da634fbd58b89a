// RemoteTarget: where a server of the operator's is and as whom it is spoken to, as a kubeconfig says it.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

#include "webhook-common/https_client.h"

namespace cleat::remote {

struct RemoteTarget {
  std::string url;  // as messages name it
  std::string host, path, authority, serverName;
  uint16_t port = 443;
  std::string trust;             // PEM; empty: what this machine trusts
  std::string certificate, key;  // PEM
  std::string authorization;     // of the header; empty: none, or what `tokenFile` holds
  std::string tokenFile;
  bool trustsAnybody = false;

  // A POST of the body; it is for the caller to fill in what a token's file holds.
  webhook::HttpsRequest request(std::string body) const;
};

// The parts of "https://host:port/path" in a target; an error says what is wrong with it.
Result<RemoteTarget> targetOf(const std::string& url);

// The server and user of the file's current context. Errors name file, line and field.
Result<RemoteTarget> readKubeconfig(const std::string& file);

}  // namespace cleat::remote
