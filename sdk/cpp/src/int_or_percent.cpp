#include <cleat/sdk/int_or_percent.h>
#include <cleat/sdk/text.h>

#include <charconv>

namespace cleat {

std::optional<int64_t> scaledValue(meta_v1::IntOrString::Reader value, int64_t total, Rounding rounding) {
  if (value.isIntVal()) return value.getIntVal();
  std::string_view text = view(value.getStrVal());
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  int32_t percent = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return rounding == Rounding::up ? (total * percent + 99) / 100 : total * percent / 100;
}

}  // namespace cleat
