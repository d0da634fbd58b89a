// Texts as OpenSSL takes them, and what it makes as somebody gives it back.
#pragma once

#include <string_view>

#include "x509-common/openssl_owner.h"

namespace cleat::jwt {

using x509::Owned;

inline const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace cleat::jwt
