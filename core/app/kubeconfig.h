// Kubeconfig files: how kubectl finds the server and proves who it is.
#pragma once

#include <string>

namespace cleat::app {

struct KubeconfigUser {
  std::string name;
  std::string certPem, keyPem;  // or
  std::string token;
};

// The file's text, with everything embedded.
std::string makeKubeconfig(const std::string& serverUrl, const std::string& caPem, const KubeconfigUser& user);

std::string encodeBase64(const std::string& bytes);
// Empty when it is not base64.
std::string decodeBase64(const std::string& text);

}  // namespace cleat::app
