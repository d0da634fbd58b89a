// What a driver answers: messages of Protocol Buffers. Whatever is read lies within what came, a message that ends
// well is read the same when its texts and numbers are written again, and reading always ends.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "plugins/grpc-common/proto_message.h"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat::grpc;
  const std::string input(reinterpret_cast<const char*>(data), size);
  ProtoReader reader(input);
  ProtoWriter again;
  size_t fields = 0, numbers = 0;
  while (auto field = reader.next()) {
    ++fields;
    const bool isWithin = field->bytes.empty() || (field->bytes.data() >= input.data() &&
                                                   field->bytes.data() + field->bytes.size() <= input.data() + size);
    require(isWithin, "a field is elsewhere");
    if (field->bytes.data() != nullptr) {
      again.message(field->number, field->bytes);
    } else {
      again.number(field->number, field->value);
      numbers += field->value == 0;
    }
  }
  require(fields <= size, "more fields than bytes");
  if (reader.broken()) return 0;
  ProtoReader second(again.bytes());
  size_t seen = 0;
  while (second.next()) ++seen;
  require(!second.broken() && seen + numbers == fields, "what was read is not read again");
  return 0;
}
