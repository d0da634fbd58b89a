// Numbers in texts, read and complained about as Go does.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace cleat::batch {

// Decimal digits, with a sign or none. The error is "invalid syntax" or "value out of range".
std::expected<int64_t, const char*> parseInteger(std::string_view text);
// In double quotes, with what would not print escaped.
std::string goQuoted(std::string_view text);

}  // namespace cleat::batch
