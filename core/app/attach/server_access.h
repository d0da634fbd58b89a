// ServerAccess: where an API server is, how it is known and who asks it, as a kubeconfig file says; read as kubectl
// reads it, for a program that nobody sits at. What takes a person, another program or somebody else's name (exec,
// auth-provider, a password, impersonation) is refused by its name.
//
//   CLEAT_TRY(ServerAccess access, readKubeconfig("/etc/cleat/scheduler.kubeconfig", ""));
//   auto client = http::makeHttpsClient(executor, access.clientOptions());
#pragma once

#include <cleat/sdk/status.h>

#include <string>

#include "core/http/https_client.h"

namespace cleat::app {

// A text, or the file that has it and may come to have another.
struct TextSource {
  std::string text, file;
  bool given() const { return !text.empty() || !file.empty(); }
};

struct ServerAccess {
  std::string url;
  std::string serverName;    // that its certificate must be for; empty: the URL's host
  bool checksServer = true;  // false: whoever answers there is believed
  std::string caPem;
  std::string caFile;  // where that is a file of its own; empty: it is not
  TextSource certificate, key, token;
  std::string user;                   // its name in the file
  http::ClientCredentials presented;  // as they are now

  http::HttpClientOptions clientOptions() const;
  // Whether what is presented may change while the program runs.
  bool mayChange() const;
};

// An empty context is the file's current one. Errors name the file and the field.
Result<ServerAccess> readKubeconfig(const std::string& file, const std::string& context);

// What is to be presented, read anew from the files that it is in.
Result<http::ClientCredentials> readCredentials(const ServerAccess& access);

}  // namespace cleat::app
