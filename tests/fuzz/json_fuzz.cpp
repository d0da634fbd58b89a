// A body of JSON, decoded as the kind that it names; and any words as the message of a plugin.
#include <cstring>

#include "tests/fuzz/bodies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  std::vector<std::string> duplicates;
  Result<boost::json::value> json = object::parseJson(input, {}, &duplicates);
  fuzz::require(json || !object::isJson(input, 90), "the parser refuses what the scanner takes for JSON", input);
  if (json) fuzz::decodeAs(fuzz::kindOf(*json), *json, input);

  std::vector<uint64_t> words(size / 8);
  if (!words.empty()) std::memcpy(words.data(), data, words.size() * 8);
  if (Result<Ref<object::Message>> message = object::Message::checked(words)) {
    static const object::Kind& pod = test::kind("Pod");
    if (object::verify(pod, (*message)->words())) (void)object::encodeJson(pod, (*message)->words());
  }
  return 0;
}
