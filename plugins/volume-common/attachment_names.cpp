#include "volume-common/attachment_names.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>

#include <openssl/sha.h>

namespace cleat::volumes {
namespace {

constexpr std::string_view kPrefix = "csi-";

}  // namespace

std::string attachmentName(std::string_view driver, std::string_view handle, std::string_view node) {
  const std::string text = concat(handle, driver, node);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string name(kPrefix);
  for (const unsigned char byte : digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    name += kDigits[byte >> 4];
    name += kDigits[byte & 15];
  }
  return name;
}

bool isAttachmentName(std::string_view name) {
  if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + size_t{2} * SHA256_DIGEST_LENGTH) return false;
  return std::ranges::all_of(name.substr(kPrefix.size()), [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
  });
}

std::string uniqueVolumeName(std::string_view driver, std::string_view handle) {
  return concat(kUniqueCsiPrefix, driver, "^", handle);
}

}  // namespace cleat::volumes
