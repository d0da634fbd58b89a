// How long a certificate is still good for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cleat::http {

// In seconds, by the system's clock, negative when that is over; nothing if it is none. It is in DER.
std::optional<int64_t> secondsLeft(const std::string& certificate);

}  // namespace cleat::http
