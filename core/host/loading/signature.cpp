#include "core/host/loading/signature.h"

#include <cleat/sdk/text.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "core/host/loading/manifest.h"

namespace cleat::host {
namespace {

constexpr std::string_view kHead = "cleat-plugin-signature-1\n";
// Signed in front of the file, so that a signature means nothing else.
constexpr std::string_view kPurpose = "cleat plugin 1\n";
constexpr size_t kSignature = 64;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeKey>;

Result<std::string> contentOf(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (file) text << file.rdbuf();
  if (!file) return refuse(path, std::strerror(errno ? errno : EIO));
  return text.str();
}

Result<Owned<EVP_PKEY>> keyIn(const std::string& path, bool secret) {
  Owned<std::FILE> file(std::fopen(path.c_str(), "re"));
  if (!file) return refuse(path, std::strerror(errno));
  Owned<EVP_PKEY> key(secret ? PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr)
                             : PEM_read_PUBKEY(file.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return refuse(path, secret ? "is no private Ed25519 key" : "is no public Ed25519 key");
  }
  return key;
}

const unsigned char* bytes(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Result<std::string> signatureIn(const std::string& path) {
  auto text = contentOf(path);
  if (!text) return refuse(path, "there is no signature");
  // Base64 of 64 bytes is 88 letters, the last two of which are "==".
  if (!text->starts_with(kHead) || text->size() < kHead.size() + 88) return refuse(path, "is no signature of a plugin");
  const std::string encoded = text->substr(kHead.size(), 88);
  std::string decoded(66, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()), bytes(encoded), 88) != 66) {
    return refuse(path, "is no signature of a plugin");
  }
  decoded.resize(kSignature);
  return decoded;
}

}  // namespace

Result<void> signPlugin(const std::string& file, const std::string& keyFile) {
  CLEAT_TRY(auto manifest, readManifest(file));
  CLEAT_TRY(std::string content, contentOf(file));
  CLEAT_TRY(Owned<EVP_PKEY> key, keyIn(keyFile, true));
  const std::string message = concat(kPurpose, content);
  std::string signature(kSignature, '\0');
  size_t size = signature.size();
  Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(message),
                     message.size()) != 1) {
    return refuse(file, "cannot be signed");
  }
  std::string encoded(88, '\0');
  std::string padded(89, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(padded.data()), bytes(signature), static_cast<int>(size));
  encoded.assign(padded, 0, 88);
  std::ofstream out(file + ".sig", std::ios::binary | std::ios::trunc);
  out << kHead << encoded << '\n';
  out.close();
  if (!out) return refuse(file + ".sig", "cannot be written");
  return {};
}

Result<void> checkPublicKey(const std::string& file) {
  CLEAT_TRY(const Owned<EVP_PKEY> key, keyIn(file, false));
  return {};
}

Result<std::string> verifyPlugin(const std::string& file, const std::vector<std::string>& publicKeyFiles) {
  CLEAT_TRY(std::string signature, signatureIn(file + ".sig"));
  CLEAT_TRY(std::string content, contentOf(file));
  const std::string message = concat(kPurpose, content);
  for (const std::string& keyFile : publicKeyFiles) {
    CLEAT_TRY(Owned<EVP_PKEY> key, keyIn(keyFile, false));
    Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1) {
      return keyFile;
    }
  }
  return refuse(file, publicKeyFiles.empty() ? "there is no key that could have signed it"
                                             : "its signature is another key's, or another file's");
}

}  // namespace cleat::host
