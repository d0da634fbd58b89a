#include "webhook-common/base64.h"

#include <kj/encoding.h>

namespace cleat::webhook {

std::optional<std::string> decodeBase64(std::string_view text) {
  auto bytes = kj::decodeBase64(kj::arrayPtr(text.data(), text.size()));
  if (bytes.hadErrors) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
}

}  // namespace cleat::webhook
