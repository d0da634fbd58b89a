// A body of protobuf: the envelope, and what is in it as a kind that the first byte chooses.
#include "tests/fuzz/bodies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  static const object::CatalogueRef catalogue = test::kinds().latest();
  static const auto& kinds = catalogue->served();
  if (size == 0) return 0;
  std::string_view input = fuzz::textOf(data, size);
  (void)object::openProtobuf(input);
  const object::Kind& kind = *kinds[data[0] % kinds.size()];
  std::string_view body = input.substr(1);
  Result<object::ProtobufEnvelope> envelope = object::openProtobuf(body);
  Result<object::Decoded> decoded = object::decodeProtobuf(kind, envelope ? envelope->raw : body);
  if (decoded) fuzz::roundTrip(kind, *decoded->message, input);
  return 0;
}
