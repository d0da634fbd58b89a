#include "cni_result.h"

#include <boost/json/parse.hpp>

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace cleat::network {
namespace {

namespace json = boost::json;

// 1e999 is read as infinite, which JSON cannot say.
bool finite(const json::value& value) {
  if (const double* number = value.if_double()) return std::isfinite(*number);
  if (const json::array* array = value.if_array()) return std::ranges::all_of(*array, finite);
  if (const json::object* object = value.if_object())
    return std::ranges::all_of(*object, [](const auto& member) { return finite(member.value()); });
  return true;
}

// The length of the UTF-8 sequence that text begins with; 0 for what is none, and for control characters.
size_t printableLength(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  // Neither a longer way to write a short one, nor a surrogate, nor beyond U+10FFFF.
  const auto second = static_cast<unsigned char>(text[1]);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return length;
}

std::string printable(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  std::string made;
  while (!text.empty()) {
    const size_t length = printableLength(text);
    const std::string_view next = length > 0 ? text.substr(0, length) : text[0] == '\n' || text[0] == '\t' ? " " : "?";
    if (made.size() + next.size() > kMostMessageBytes) break;
    made += next;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return made;
}

bool isAddress(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

std::string textOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// As the kernel has them, and no more: they become words of a script.
bool isInterfaceName(const std::string& name) {
  return !name.empty() && name.size() < IFNAMSIZ &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool isHardwareAddress(const std::string& text) {
  if (text.size() != 17) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2 ? text[i] != ':' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

// Whether an entry of "ips" is of an interface in the sandbox, or names none.
bool inSandbox(const json::object& entry, const json::value* interfaces) {
  const json::value* index = entry.if_contains("interface");
  if (!index || !interfaces) return true;
  const json::object& interface = interfaces->as_array().at(index->to_number<size_t>()).as_object();
  return !textOf(interface, "sandbox").empty();
}

}  // namespace

Result<json::value> parseLimited(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMostJsonDepth;
  json::error_code error;
  json::value root = json::parse(text, error, {}, options);
  if (error == json::error::too_deep)
    return fail(Status::badRequest("is nested deeper than " + std::to_string(kMostJsonDepth)));
  if (error) return fail(Status::badRequest("is not JSON: " + error.message()));
  if (!finite(root)) return fail(Status::badRequest("has a number that is out of range"));
  return root;
}

Result<json::object> parseResult(std::string_view printed) {
  if (printed.size() > kMostResultBytes)
    return fail(Status::internal("its result is longer than " + std::to_string(kMostResultBytes) + " bytes"));
  auto root = parseLimited(printed);
  if (!root) return fail(Status::internal("its result " + root.error().message));
  if (!root->is_object()) return fail(Status::internal("its result is not a JSON object"));
  return std::move(root->get_object());
}

Result<std::vector<std::string>> addressesOf(const json::object& result) try {
  std::vector<std::string> addresses;
  const json::value* interfaces = result.if_contains("interfaces");
  const json::value* ips = result.if_contains("ips");
  if (!ips || !ips->is_array()) return fail(Status::internal("the network plugins gave no address"));
  for (const json::value& ip : ips->get_array()) {
    const json::object& entry = ip.as_object();
    if (!inSandbox(entry, interfaces)) continue;
    std::string address(entry.at("address").as_string());
    address.resize(std::min(address.find('/'), address.size()));
    if (address.find('\0') != std::string::npos || !isAddress(address))
      return fail(Status::internal("the network plugins gave \"" + printable(address) + "\" for an address"));
    if (addresses.size() == kMostAddresses)
      return fail(
          Status::internal("the network plugins gave more than " + std::to_string(kMostAddresses) + " addresses"));
    addresses.push_back(std::move(address));
  }
  if (addresses.empty()) return fail(Status::internal("the network plugins gave no address"));
  return addresses;
} catch (const std::exception& error) {
  return fail(Status::internal(std::string("the network plugins' result is malformed: ") + error.what()));
}

std::optional<PodPort> podPortOf(const json::object& result, const std::string& bridge) try {
  PodPort port;
  size_t ends = 0, links = 0;
  for (const json::value& value : result.at("interfaces").as_array()) {
    const json::object& interface = value.as_object();
    const std::string name = textOf(interface, "name");
    if (!textOf(interface, "sandbox").empty()) {
      port.hardwareAddress = textOf(interface, "mac");
      ++links;
    } else if (name != bridge) {
      port.interface = name;
      ++ends;
    }
  }
  Result<std::vector<std::string>> addresses = addressesOf(result);
  if (ends != 1 || links != 1 || !addresses) return std::nullopt;
  if (!isInterfaceName(port.interface) || !isHardwareAddress(port.hardwareAddress)) return std::nullopt;
  port.addresses = std::move(*addresses);
  return port;
} catch (const std::exception&) {
  return std::nullopt;
}

std::string failureText(std::string_view standardOutput, std::string_view standardError, int exitCode) {
  if (auto printed = parseResult(standardOutput)) {
    std::string text = textOf(*printed, "msg");
    const std::string details = textOf(*printed, "details");
    if (!details.empty()) text += (text.empty() ? "" : "; ") + details;
    if (text = printable(text); !text.empty()) return text;
  }
  const std::string text = printable(standardError.empty() ? standardOutput : standardError);
  return "exit code " + std::to_string(exitCode) + (text.empty() ? "" : ": " + text);
}

}  // namespace cleat::network
