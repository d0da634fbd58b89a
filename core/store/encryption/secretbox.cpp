#include "core/store/encryption/secretbox.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <bit>
#include <cstdint>
#include <memory>

#include "core/base/check.h"

namespace cleat::store {
namespace {

using Words = std::array<uint32_t, 16>;
constexpr size_t kBlock = 64, kMacKey = 32;

uint32_t wordAt(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + i])); };
  return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
}

void putWord(std::string& out, uint32_t word) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(word >> (8 * i));
}

void quarter(Words& x, size_t a, size_t b, size_t c, size_t d) {
  x[b] ^= std::rotl(x[a] + x[d], 7);
  x[c] ^= std::rotl(x[b] + x[a], 9);
  x[d] ^= std::rotl(x[c] + x[b], 13);
  x[a] ^= std::rotl(x[d] + x[c], 18);
}

// The twenty rounds of Salsa20.
Words rounds(Words x) {
  for (int i = 0; i < 10; ++i) {
    quarter(x, 0, 4, 8, 12);
    quarter(x, 5, 9, 13, 1);
    quarter(x, 10, 14, 2, 6);
    quarter(x, 15, 3, 7, 11);
    quarter(x, 0, 1, 2, 3);
    quarter(x, 5, 6, 7, 4);
    quarter(x, 10, 11, 8, 9);
    quarter(x, 15, 12, 13, 14);
  }
  return x;
}

// Key and sixteen bytes more among the constants.
Words stateOf(std::string_view key, std::string_view input) {
  constexpr std::string_view kConstants = "expand 32-byte k";
  Words x{};
  for (size_t i = 0; i < 4; ++i) {
    x[5 * i] = wordAt(kConstants, 4 * i);
    x[1 + i] = wordAt(key, 4 * i);
    x[11 + i] = wordAt(key, 16 + 4 * i);
    x[6 + i] = wordAt(input, 4 * i);
  }
  return x;
}

// HSalsa20: a key of its own for each of the first sixteen bytes of a nonce.
std::string derivedKey(std::string_view key, std::string_view nonce) {
  const Words x = rounds(stateOf(key, nonce.substr(0, 16)));
  std::string derived;
  for (size_t i : {0u, 5u, 10u, 15u, 6u, 7u, 8u, 9u}) putWord(derived, x[i]);
  return derived;
}

// `size` bytes of XSalsa20's stream.
std::string streamOf(std::string_view key, std::string_view nonce, size_t size) {
  const std::string derived = derivedKey(key, nonce);
  std::string stream;
  stream.reserve(size + kBlock);
  for (uint64_t block = 0; stream.size() < size; ++block) {
    std::string input(nonce.substr(16, 8));
    putWord(input, static_cast<uint32_t>(block));
    putWord(input, static_cast<uint32_t>(block >> 32));
    const Words before = stateOf(derived, input);
    const Words after = rounds(before);
    for (size_t i = 0; i < before.size(); ++i) putWord(stream, before[i] + after[i]);
  }
  stream.resize(size);
  return stream;
}

std::string tagOf(std::string_view bytes, std::string_view macKey) {
  struct Free {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MAC, Free> mac(EVP_MAC_fetch(nullptr, "POLY1305", nullptr));
  CHECK(mac, "the TLS library has Poly1305");
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_new(mac.get()));
  const auto raw = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::string tag(kSecretboxTag, '\0');
  size_t size = 0;
  const bool done = context && EVP_MAC_init(context.get(), raw(macKey), macKey.size(), nullptr) == 1 &&
                    EVP_MAC_update(context.get(), raw(bytes), bytes.size()) == 1 &&
                    EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(tag.data()), &size, tag.size()) == 1;
  CHECK(done, "Poly1305 takes any bytes");
  return tag;
}

std::string mixed(std::string_view bytes, std::string_view stream) {
  std::string out(bytes);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ stream[i]);
  return out;
}

}  // namespace

std::string sealSecretbox(std::string_view plain, std::string_view key, std::string_view nonce) {
  CHECK(key.size() == kSecretboxKey && nonce.size() == kSecretboxNonce, "keys and nonces have been measured");
  const std::string stream = streamOf(key, nonce, kMacKey + plain.size());
  const std::string sealed = mixed(plain, std::string_view(stream).substr(kMacKey));
  return tagOf(sealed, std::string_view(stream).substr(0, kMacKey)) + sealed;
}

std::optional<std::string> openSecretbox(std::string_view boxed, std::string_view key, std::string_view nonce) {
  CHECK(key.size() == kSecretboxKey && nonce.size() == kSecretboxNonce, "keys and nonces have been measured");
  if (boxed.size() < kSecretboxTag) return std::nullopt;
  const std::string_view sealed = boxed.substr(kSecretboxTag);
  const std::string stream = streamOf(key, nonce, kMacKey + sealed.size());
  const std::string tag = tagOf(sealed, std::string_view(stream).substr(0, kMacKey));
  if (CRYPTO_memcmp(tag.data(), boxed.data(), tag.size()) != 0) return std::nullopt;
  return mixed(sealed, std::string_view(stream).substr(kMacKey));
}

}  // namespace cleat::store
