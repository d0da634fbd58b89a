// What is sent compressed to those who take it so (RFC 1952).
#pragma once

#include <string>
#include <string_view>

namespace cleat::api {

// Fast rather than small: JSON comes to a seventh either way.
std::string gzipped(std::string_view bytes);
// The same back; of what `gzipped` gave.
std::string gunzipped(std::string_view bytes);

}  // namespace cleat::api
