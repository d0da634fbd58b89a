#include "core/store/encryption/value_cipher.h"

#include <cleat/sdk/text.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "core/base/check.h"
#include "core/store/encryption/secretbox.h"

namespace cleat::store {
namespace {

constexpr std::string_view kPrefix = "k8s:enc:", kVersion = "v1:";
constexpr size_t kGcmNonce = 12, kGcmTag = 16, kCbcVector = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

const EVP_CIPHER* cipherFor(bool gcm, size_t keyBytes) {
  switch (keyBytes) {
    case 16: return gcm ? EVP_aes_128_gcm() : EVP_aes_128_cbc();
    case 24: return gcm ? EVP_aes_192_gcm() : EVP_aes_192_cbc();
    default: return gcm ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
  }
}

std::string randomBytes(size_t count) {
  std::string bytes(count, '\0');
  CHECK(RAND_bytes(raw(bytes), static_cast<int>(count)) == 1, "without random numbers nothing can be kept secret");
  return bytes;
}

// The bytes through the cipher, with what a last block gives. Nothing where the library refuses them.
std::optional<std::string> run(EVP_CIPHER_CTX* context, std::string_view bytes) {
  std::string out(bytes.size() + EVP_MAX_BLOCK_LENGTH, '\0');
  int written = 0, last = 0;
  if (EVP_CipherUpdate(context, raw(out), &written, raw(bytes), static_cast<int>(bytes.size())) != 1 ||
      EVP_CipherFinal_ex(context, raw(out) + written, &last) != 1) {
    return std::nullopt;
  }
  out.resize(static_cast<size_t>(written + last));
  return out;
}

enum class Way { decrypt = 0, encrypt = 1 };

CipherContext contextFor(bool gcm, const EncryptionKey& key, std::string_view nonce, Way way) {
  CipherContext context(EVP_CIPHER_CTX_new());
  const bool ready =
      context && EVP_CipherInit_ex(context.get(), cipherFor(gcm, key.secret.size()), nullptr,
                                   raw(std::string_view(key.secret)), raw(nonce), static_cast<int>(way)) == 1;
  CHECK(ready, "keys have been measured");
  return context;
}

void bindTo(EVP_CIPHER_CTX* context, std::string_view storeKey) {
  int size = 0;
  const bool bound = EVP_CipherUpdate(context, nullptr, &size, raw(storeKey), static_cast<int>(storeKey.size())) == 1;
  CHECK(bound, "any text can be bound");
}

std::string sealGcm(const EncryptionKey& key, std::string_view value, std::string_view storeKey) {
  const std::string nonce = randomBytes(kGcmNonce);
  const CipherContext context = contextFor(true, key, nonce, Way::encrypt);
  bindTo(context.get(), storeKey);
  const std::optional<std::string> sealed = run(context.get(), value);
  CHECK(sealed, "any bytes can be encrypted");
  std::string tag(kGcmTag, '\0');
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kGcmTag, tag.data()) == 1, "there is a tag now");
  return nonce + *sealed + tag;
}

std::optional<std::string> openGcm(const EncryptionKey& key, std::string_view bytes, std::string_view storeKey) {
  if (bytes.size() < kGcmNonce + kGcmTag) return std::nullopt;
  const CipherContext context = contextFor(true, key, bytes.substr(0, kGcmNonce), Way::decrypt);
  std::string tag(bytes.substr(bytes.size() - kGcmTag));
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kGcmTag, tag.data()) != 1) return std::nullopt;
  bindTo(context.get(), storeKey);
  return run(context.get(), bytes.substr(kGcmNonce, bytes.size() - kGcmNonce - kGcmTag));
}

std::string sealCbc(const EncryptionKey& key, std::string_view value) {
  const std::string vector = randomBytes(kCbcVector);
  const CipherContext context = contextFor(false, key, vector, Way::encrypt);
  const std::optional<std::string> sealed = run(context.get(), value);
  CHECK(sealed, "any bytes can be encrypted");
  return vector + *sealed;
}

std::optional<std::string> openCbc(const EncryptionKey& key, std::string_view bytes) {
  if (bytes.size() < 2 * kCbcVector || bytes.size() % kCbcVector != 0) return std::nullopt;
  const CipherContext context = contextFor(false, key, bytes.substr(0, kCbcVector), Way::decrypt);
  return run(context.get(), bytes.substr(kCbcVector));
}

std::string sealWith(EncryptionMethod method, const EncryptionKey& key, std::string_view value,
                     std::string_view storeKey) {
  switch (method) {
    case EncryptionMethod::aesgcm: return sealGcm(key, value, storeKey);
    case EncryptionMethod::aescbc: return sealCbc(key, value);
    case EncryptionMethod::secretbox: {
      const std::string nonce = randomBytes(kSecretboxNonce);
      return nonce + sealSecretbox(value, key.secret, nonce);
    }
    case EncryptionMethod::identity: break;
  }
  return std::string(value);
}

std::optional<std::string> openWith(EncryptionMethod method, const EncryptionKey& key, std::string_view bytes,
                                    std::string_view storeKey) {
  switch (method) {
    case EncryptionMethod::aesgcm: return openGcm(key, bytes, storeKey);
    case EncryptionMethod::aescbc: return openCbc(key, bytes);
    case EncryptionMethod::secretbox:
      if (bytes.size() < kSecretboxNonce) return std::nullopt;
      return openSecretbox(bytes.substr(kSecretboxNonce), key.secret, bytes.substr(0, kSecretboxNonce));
    case EncryptionMethod::identity: break;
  }
  return std::nullopt;
}

std::unexpected<Status> cannot(std::string message) { return fail(Status::internal(std::move(message))); }

}  // namespace

StoredForm storedFormOf(std::string_view stored) {
  const StoredForm asItIs{"identity", {}, stored};
  if (!stored.starts_with(kPrefix)) return asItIs;
  std::string_view rest = stored.substr(kPrefix.size());
  const size_t afterProvider = rest.find(':');
  if (afterProvider == std::string_view::npos) return asItIs;
  StoredForm form;
  form.provider = rest.substr(0, afterProvider);
  rest.remove_prefix(afterProvider + 1);
  if (!rest.starts_with(kVersion)) return asItIs;
  rest.remove_prefix(kVersion.size());
  const size_t afterKey = rest.find(':');
  if (afterKey == std::string_view::npos) return asItIs;
  form.key = rest.substr(0, afterKey);
  form.bytes = rest.substr(afterKey + 1);
  return form;
}

Result<std::string> encryptValue(const EncryptionRule* rule, std::string_view value, std::string_view key) {
  const EncryptionProvider* first = rule ? &rule->providers.front() : nullptr;
  if (!first || first->method == EncryptionMethod::identity) return std::string(value);
  const EncryptionKey& with = first->keys.front();
  return concat(kPrefix, nameOf(first->method), ":", kVersion, with.name, ":",
                sealWith(first->method, with, value, key));
}

Result<DecryptedValue> decryptValue(const EncryptionRule* rule, std::string_view stored, std::string_view key) {
  const StoredForm form = storedFormOf(stored);
  const bool asItIs = form.provider == "identity";
  if (!rule) {
    if (asItIs) return DecryptedValue{std::string(stored), false};
    return cannot(
        concat("it is stored encrypted with ", form.provider, ", and the configuration names no keys for it"));
  }
  const EncryptionProvider& first = rule->providers.front();
  for (const EncryptionProvider& provider : rule->providers) {
    if (nameOf(provider.method) != form.provider) continue;
    if (asItIs) return DecryptedValue{std::string(stored), &provider != &first};
    for (const EncryptionKey& each : provider.keys) {
      if (each.name != form.key) continue;
      std::optional<std::string> value = openWith(provider.method, each, form.bytes, key);
      if (!value) {
        return cannot(concat("it cannot be decrypted with the ", form.provider, " key ", inQuotes(form.key),
                             ": it was encrypted with another one, or has been changed"));
      }
      return DecryptedValue{*std::move(value), &provider != &first || &each != &provider.keys.front()};
    }
    return cannot(concat("it is stored encrypted with the ", form.provider, " key ", inQuotes(form.key),
                         ", which the configuration does not have"));
  }
  if (asItIs) return cannot("it is stored as it is, and the configuration has no provider identity for it");
  return cannot(
      concat("it is stored encrypted with ", form.provider, ", which the configuration does not have for it"));
}

}  // namespace cleat::store
