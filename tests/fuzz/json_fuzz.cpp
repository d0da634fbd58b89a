// A body of JSON, read in two ways that agree, and decoded as the kind that it names; and any words as the message of a
// plugin.
#include <cstring>

#include "core/object/json/json_document.h"
#include "tests/fuzz/bodies.h"

namespace cleat::fuzz {
namespace {

void read(std::string_view input, const Result<boost::json::value>& json, const std::vector<std::string>& duplicates) {
  std::vector<std::string> told;
  Result<object::JsonDocument> document = object::JsonDocument::parse(input, {}, &told);
  require(document.has_value() == json.has_value(), "only one of the parsers takes it", input);
  require(told == duplicates, "the parsers see other duplicates", input);
  if (!json) return require(document.error().message == json.error().message, "the parsers have other words", input);
  require(object::jsonText(document->root()) == object::jsonText(*json), "the parsers read something else", input);
  const object::JsonDocument copied = object::JsonDocument::of(*json);
  require(object::jsonText(copied.root()) == object::jsonText(*json), "the value is copied wrongly", input);
}

}  // namespace
}  // namespace cleat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string> duplicates;
  Result<boost::json::value> json = object::parseJson(input, {}, &duplicates);
  fuzz::require(json || !object::isJson(input, 90), "the parser refuses what the scanner takes for JSON", input);
  fuzz::read(input, json, duplicates);
  if (json) fuzz::decodeAs(fuzz::kindOf(*json), *json, input);

  std::vector<uint64_t> words(size / 8);
  if (!words.empty()) std::memcpy(words.data(), data, words.size() * 8);
  if (Result<Ref<object::Message>> message = object::Message::checked(words)) {
    static const object::Kind& pod = test::kind("Pod");
    if (object::verify(pod, (*message)->words())) (void)object::encodeJson(pod, (*message)->words());
  }
  return 0;
}
