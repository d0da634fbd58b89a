// Texts that stand for something: quantities, times, base64.
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/time.h>

#include <optional>

#include "core/object/json/json_text.h"
#include "core/object/quantity.h"
#include "core/object/time_text.h"
#include "tests/fuzz/fuzz.h"

namespace cleat::fuzz {
namespace {

void quantity(std::string_view input) {
  Result<std::string> canonical = object::canonicalQuantity(input);
  std::optional<Quantity> parsed = Quantity::parse(input);
  if (canonical) {
    // What a binary suffix has made may be written without one, as in Kubernetes: from then on it is a decimal number.
    bool lostSuffix = input.find('i') != std::string_view::npos && canonical->find('i') == std::string::npos;
    Result<std::string> again = object::canonicalQuantity(*canonical);
    require(again && (lostSuffix || *again == *canonical), "a canonical quantity is not canonical", input);
    Result<std::string> third = object::canonicalQuantity(*again);
    require(third && *third == *again, "a canonical quantity changes again", input);
    std::optional<Quantity> stored = Quantity::parse(*canonical);
    require(stored.has_value(), "the SDK does not take for a quantity what the core stores as one", input);
    // What a binary suffix makes of digits far behind the point the SDK only knows about.
    bool binary = input.find('i') != std::string_view::npos;
    require(!parsed || binary || *stored == *parsed, "the core stores another quantity", input);
  }
  if (!parsed) return;
  std::optional<Quantity> same = Quantity::parse(parsed->text());
  require(same && *same == *parsed, "a quantity's text is another quantity", input);
  Quantity sum = *parsed + *parsed;
  (void)sum.value(), (void)sum.milliValue(), (void)(sum - *parsed).text();
}

void time(std::string_view input) {
  (void)parseTime(input);
  Result<object::TimePoint> parsed = object::parseTime(input);
  if (!parsed) return;
  std::string text = object::formatMicroTime(*parsed);
  Result<object::TimePoint> again = object::parseTime(text);
  require(again && object::formatMicroTime(*again) == text, "a time's text is another time", input);
}

void base64(std::string_view input) {
  std::string bytes(object::base64Bound(input.size()), '\0');
  size_t decoded = 0, badAt = 0;
  if (!object::decodeBase64(input, bytes.data(), decoded, badAt)) {
    require(badAt <= input.size(), "base64 is wrong behind its end", input);
    return;
  }
  require(decoded <= bytes.size(), "base64 has more bytes than fit", input);
  object::TextBuffer text;
  object::appendBase64(text, std::string_view(bytes.data(), decoded));
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input = cleat::fuzz::textOf(data, size);
  cleat::fuzz::quantity(input);
  cleat::fuzz::time(input);
  cleat::fuzz::base64(input);
  return 0;
}
