#include "core/app/kubeconfig.h"

#include <openssl/evp.h>

namespace cleat::app {

std::string encodeBase64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                             reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

std::string decodeBase64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                             reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return {};
  // The library counts the padding as bytes.
  for (size_t i = text.size(); i > 0 && text[i - 1] == '=' && size > 0; --i) --size;
  bytes.resize(static_cast<size_t>(size));
  return bytes;
}

std::string makeKubeconfig(const std::string& serverUrl, const std::string& caPem, const KubeconfigUser& user) {
  std::string text =
      "apiVersion: v1\n"
      "kind: Config\n"
      "clusters:\n"
      "- name: cleat\n"
      "  cluster:\n"
      "    server: " +
      serverUrl +
      "\n"
      "    certificate-authority-data: " +
      encodeBase64(caPem) +
      "\n"
      "users:\n"
      "- name: " +
      user.name +
      "\n"
      "  user:\n";
  if (user.token.empty()) {
    text += "    client-certificate-data: " + encodeBase64(user.certPem) + "\n";
    text += "    client-key-data: " + encodeBase64(user.keyPem) + "\n";
  } else {
    text += "    token: " + user.token + "\n";
  }
  text +=
      "contexts:\n"
      "- name: cleat\n"
      "  context:\n"
      "    cluster: cleat\n"
      "    user: " +
      user.name +
      "\n"
      "current-context: cleat\n";
  return text;
}

}  // namespace cleat::app
