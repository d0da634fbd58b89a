// Where a container's answer sends a probe.
#include "plugins/agent/probes/probe_run.h"
#include "plugins/agent/probes/redirects.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view location = fuzz::textOf(data, size);
  agent::HttpRequest from{.host = "10.0.0.1", .port = 8080, .path = "/a/b?c"};
  from.headers = {{"Host", "10.0.0.1:8080"}};
  auto next = agent::redirected(from, from, location);
  if (!next) return 0;
  fuzz::require(!next->host.empty() && next->port != 0 && next->path.starts_with('/'), "a request without an address",
                location);
  fuzz::require(next->headers.size() == 1, "a redirect brings a header", location);
  const std::string url = agent::urlOf(*next);
  auto again = agent::redirected(from, from, url);
  fuzz::require(again && again->host == next->host && agent::urlOf(*again) == url, "an address leads to another",
                location);
  return 0;
}
