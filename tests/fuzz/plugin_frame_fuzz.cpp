// What an isolated plugin's process may send to the host: a frame of any bytes, and in it messages of any words, taken
// as the parameters and results of the roles' methods.
#include <cstring>
#include <optional>

#include "core/host/isolation/frames.h"
#include "core/host/role_interfaces.h"
#include "core/object/schema/message_shape.h"
#include "tests/fuzz/fuzz.h"

namespace {

// What a plan lets through, reading by the schema does too.
void check(const cleat::object::Message& message, const cleat::object::ShapePlan* plan, std::string_view input) {
  using namespace cleat;
  if (!plan || !object::checkShape(message, *plan)) return;
  fuzz::require(object::checkShape(message, plan->schema()).has_value(), "a plan takes what is of another shape",
                input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  using namespace cleat::host;
  FrameHeader header;
  if (size < sizeof header) return 0;
  std::memcpy(&header, data, sizeof header);
  std::vector<uint64_t> body((size - sizeof header) / sizeof(uint64_t));
  if (!body.empty()) std::memcpy(body.data(), data + sizeof header, body.size() * sizeof(uint64_t));
  std::string_view input = fuzz::textOf(data, size);
  fuzz::require(deadlineOf(header, 1'000'000'000'000) >= 0, "a deadline lies before all time", input);
  std::optional<ReceivedFrame> frame = decodeFrame(header, body);
  if (!frame) return 0;
  frame->payload.objects = frame->objects.data();
  frame->payload.object_count = frame->objects.size();
  Result<RoleAnswer> taken = takePayload(&frame->payload);
  if (!taken) return 0;
  (void)decodeStatus(*taken->message, Status::internal("nothing was said"));
  for (MethodId method : std::initializer_list<MethodId>{role::kinds::describe, role::admission::interests,
                                                         role::authenticator::authenticate, wire::cluster::get}) {
    for (; method.ordinal < 12; ++method.ordinal) {
      check(*taken->message, paramShape(method), input);
      check(*taken->message, resultShape(method), input);
    }
  }
  return 0;
}
