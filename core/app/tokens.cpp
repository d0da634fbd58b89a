#include "core/app/tokens.h"

#include <openssl/rand.h>

#include <cleat/sdk/time.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "core/app/pki.h"
#include "core/app/wait.h"
#include "core/base/hex.h"
#include "core/http/https_client.h"

namespace cleat::app {
namespace {

constexpr size_t kFingerprint = 64;

std::string randomHex(size_t bytes) {
  std::string raw(bytes, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes));
  return base::hexText(raw);
}

// Small letters and digits, each as likely as the others.
std::string randomWord(size_t length) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr unsigned kEven = 256 / kLetters.size() * kLetters.size();
  std::string word;
  while (word.size() < length) {
    unsigned char byte = 0;
    RAND_bytes(&byte, 1);
    if (byte < kEven) word += kLetters[byte % kLetters.size()];
  }
  return word;
}

constexpr const char* kSecrets = "/api/v1/namespaces/kube-system/secrets";

// The address in a kubeconfig that this program wrote.
Result<std::string> serverIn(const std::string& kubeconfig) {
  constexpr std::string_view kKey = "server: ";
  const size_t begin = kubeconfig.find(kKey);
  if (begin == std::string::npos) return fail(Status::internal("admin.kubeconfig names no server"));
  const size_t end = kubeconfig.find('\n', begin);
  std::string url = kubeconfig.substr(begin + kKey.size(), end - begin - kKey.size());
  std::erase(url, '"');
  return url;
}

std::string secretBody(const std::string& id, const std::string& secret, std::chrono::seconds ttl) {
  boost::json::object data{{"token-id", id},
                           {"token-secret", secret},
                           {"usage-bootstrap-authentication", "true"},
                           {"usage-bootstrap-signing", "true"}};
  if (ttl.count() > 0) {
    data["expiration"] = formatTime(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) + ttl);
  }
  return boost::json::serialize(boost::json::object{{"apiVersion", "v1"},
                                                    {"kind", "Secret"},
                                                    {"type", "bootstrap.kubernetes.io/token"},
                                                    {"metadata", {{"name", "bootstrap-token-" + id}}},
                                                    {"stringData", std::move(data)}});
}

}  // namespace

Result<JoinToken> parseJoinToken(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  const bool good = text.size() > kFingerprint + 1 && text[kFingerprint] == '.' &&
                    text.substr(0, kFingerprint).find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!good) {
    return fail(Status::badRequest(
        "this is no join token: take it from node-token in the server's data directory, or from `cleat token create`"));
  }
  return JoinToken{std::string(text.substr(0, kFingerprint)), std::string(text.substr(kFingerprint + 1))};
}

Result<std::string> addJoinToken(const std::string& tokensFile, const std::string& caFingerprint) {
  std::string content;
  if (std::filesystem::exists(tokensFile)) {
    CLEAT_TRY(auto have, readFile(tokensFile));
    content = have;
    if (!content.empty() && content.back() != '\n') content += '\n';
  }
  const std::string id = randomHex(3);
  const std::string secret = randomHex(24);
  content += secret + ",system:bootstrap:" + id + ",,\"system:bootstrappers\"\n";
  CLEAT_TRY(writeFile(tokensFile, content, 0600));
  return caFingerprint + "." + secret;
}

Result<std::string> createBootstrapToken(base::AsioExecutor& executor, const std::string& dataDir,
                                         std::chrono::seconds ttl) {
  const std::string pki = dataDir + "/pki/";
  CLEAT_TRY(const std::string authority, readFile(pki + "ca.crt"));
  CLEAT_TRY(const std::string fingerprint, fingerprintOf(authority));
  CLEAT_TRY(const std::string kubeconfig, readFile(dataDir + "/admin.kubeconfig"));
  http::HttpClientOptions options;
  CLEAT_TRY(options.url, serverIn(kubeconfig));
  options.caPem = authority;
  CLEAT_TRY(options.credentials.certificatePem, readFile(pki + "admin.crt"));
  CLEAT_TRY(options.credentials.keyPem, readFile(pki + "admin.key"));
  CLEAT_TRY(auto server, http::makeHttpsClient(executor, std::move(options)));
  const std::string id = randomWord(6), secret = randomWord(16);
  http::ClientRequest request{.method = "POST", .target = kSecrets, .body = secretBody(id, secret, ttl)};
  CLEAT_TRY(http::ClientResponse answer, wait(server->send(std::move(request))));
  if (answer.head.status != 201) {
    return fail(Status::unavailable("the server does not take the token: " + answer.body));
  }
  return fingerprint + "." + id + "." + secret;
}

}  // namespace cleat::app
