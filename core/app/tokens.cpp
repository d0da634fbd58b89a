#include "core/app/tokens.h"

#include <openssl/rand.h>

#include <array>
#include <filesystem>

#include "core/app/pki.h"

namespace cleat::app {
namespace {

constexpr size_t kFingerprint = 64;

std::string randomHex(size_t bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string raw(bytes, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes));
  std::string text;
  for (unsigned char byte : raw) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
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

}  // namespace cleat::app
