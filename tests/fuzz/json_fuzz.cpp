// Everything that a body of a request goes through: parsed as JSON, YAML and protobuf, decoded as each of some kinds,
// encoded again. What was accepted must come out the same when it goes through once more.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/object/codec.h"
#include "core/object/json_text.h"
#include "core/object/patch.h"
#include "core/object/protobuf.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

void roundTrip(const Kind& kind, const Message& message, std::string_view input) {
  std::string text = encodeJson(kind, message.words());
  require(isJson(text, 500), "the encoder wrote something that is no JSON", input);
  require(verify(kind, message.words()).has_value(), "a decoded message does not verify", input);
  Result<Decoded> again = decodeJson(kind, text, FieldValidation::strict, {.maxDepth = 500});
  require(again.has_value(), "encoded text is not accepted again", input);
  require(encodeJson(kind, again->message->words()) == text, "encoding is not stable", input);
  std::string protobuf = encodeProtobuf(kind, message.words());
  Result<ProtobufEnvelope> envelope = openProtobuf(protobuf, {.maxBytes = protobuf.size()});
  require(envelope.has_value(), "the envelope is malformed", input);
  Result<Decoded> fromProtobuf = decodeProtobuf(kind, envelope->raw);
  require(fromProtobuf.has_value(), "encoded protobuf is not accepted again", input);
}

void decodeAs(const Kind& kind, const boost::json::value& value, std::string_view input) {
  Result<Decoded> decoded = decode(kind, value, FieldValidation::warn);
  if (decoded) roundTrip(kind, *decoded->message, input);
}

}  // namespace
}  // namespace cleat::object

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  using namespace cleat::object;
  static const Kind* const kKinds[] = {&test::kind("Pod"),        &test::kind("Secret"), &test::kind("Service"),
                                       &test::kind("Deployment"), &test::kind("Event"),  &test::kind("TokenReview")};
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> duplicates;
  Result<boost::json::value> json = parseJson(input, {}, &duplicates);
  require(json.has_value() || !isJson(input, 90), "the parser refuses what the scanner takes for JSON", input);
  Result<boost::json::value> yaml = size < 4096 ? parseYaml(input) : fail(Status());
  for (const Kind* kind : kKinds) {
    if (json) decodeAs(*kind, *json, input);
    if (yaml) decodeAs(*kind, *yaml, input);
    Result<Decoded> decoded = decodeProtobuf(*kind, input);
    if (decoded) roundTrip(*kind, *decoded->message, input);
  }
  if (json) {
    boost::json::value target(*json);
    (void)applyStrategicPatch(*kKinds[0], target, *json);
    (void)applyMergePatch(target, *json);
    (void)applyJsonPatch(target, *json);
  }
  std::vector<uint64_t> words(size / 8);
  if (!words.empty()) std::memcpy(words.data(), data, words.size() * 8);
  if (Result<Ref<Message>> message = Message::checked(words)) {
    if (verify(*kKinds[0], (*message)->words())) (void)encodeJson(*kKinds[0], (*message)->words());
  }
  return 0;
}
