// What a container answers to a gRPC probe: HTTP/2 of its own making.
#include "plugins/agent/probes/grpc_health.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  agent::GrpcHealthCheck whole("a:1", "service"), pieces("a:1", "service");
  std::string reply = whole.take(input), replies;
  for (char c : input) replies += pieces.take(std::string_view(&c, 1));
  fuzz::require(whole.done() == pieces.done() && whole.verdict() == pieces.verdict() && reply == replies,
                "a probe's verdict depends on how the answer was cut", input);
  return 0;
}
