// What network plugins and their configurations say: a configuration list, a result, the error of one that failed. What
// is accepted must be read again as it was, an address must be one, and a message must be text.
#include <arpa/inet.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "plugins/network-cni/cni_result.h"
#include "plugins/network-cni/network_list.h"

namespace {

void require(bool holds, const char* what, const std::string& input) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s\n", what, input.c_str());
  std::abort();
}

bool isAddress(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat::network;
  namespace json = boost::json;
  const std::string input(reinterpret_cast<const char*>(data), size);

  if (auto list = parseNetworkList(input, "fuzz")) {
    require(list->name.find('/') == std::string::npos, "a name that is a path", input);
    auto again = parseNetworkList(json::serialize(list->toJson()), "fuzz");
    // A list of one plugin is deeper as a list than as a single configuration.
    if (again)
      require(again->toJson() == list->toJson(), "a list is not stable", input);
    else
      require(again.error().message.find("nested deeper") != std::string::npos, "a list is not accepted again", input);
  }
  if (auto result = parseResult(input)) {
    json::parse_options deep;
    deep.max_depth = 2 * kMostJsonDepth;
    json::error_code error;
    json::parse(json::serialize(json::object{{"result", *result}}), error, {}, deep);
    require(!error, "a record of a result cannot be read", input);
    if (auto addresses = addressesOf(*result)) {
      require(!addresses->empty() && addresses->size() <= kMostAddresses, "a wrong number of addresses", input);
      for (const std::string& address : *addresses) require(isAddress(address), "an address that is none", input);
    }
  }
  for (const std::string& text : {failureText(input, "", 1), failureText("", input, 1)}) {
    require(text.size() <= kMostMessageBytes + 32, "a message without end", input);
    json::error_code error;
    json::parse(json::serialize(json::value(text)), error);
    require(!error && text.find('\n') == std::string::npos, "a message that is no line of text", input);
  }
  return 0;
}
