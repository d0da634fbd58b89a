#include "core/base/config_checks.h"

#include <arpa/inet.h>
#include <cleat/sdk/selector.h>

#include <charconv>

namespace cleat::base {
namespace {

bool isLabel(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

}  // namespace

std::string anyText(const std::string&) { return {}; }

std::string checkPort(std::string_view text) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  bool good = error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
  return good ? std::string() : "the port must be a number between 1 and 65535";
}

std::string checkAddress(const std::string& text) {
  in6_addr parsed;
  bool good = inet_pton(AF_INET, text.c_str(), &parsed) == 1 || inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
  return good ? std::string() : "not an IP address";
}

std::string checkAddressOrEmpty(const std::string& text) { return text.empty() ? std::string() : checkAddress(text); }

std::string checkListen(const std::string& text) {
  size_t colon = text.rfind(':');
  if (colon == std::string::npos) return "must be ADDRESS:PORT, such as 0.0.0.0:6443";
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (auto wrong = checkAddress(host); !wrong.empty()) return wrong + " before the port";
  return checkPort(std::string_view(text).substr(colon + 1));
}

std::string checkCidr(const std::string& text) {
  constexpr const char* kForm = "must be a network, such as 10.96.0.0/16";
  size_t slash = text.find('/');
  if (slash == std::string::npos) return kForm;
  unsigned char bytes[16] = {};
  std::string address = text.substr(0, slash);
  bool v6 = address.find(':') != std::string::npos;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes) != 1) return kForm;
  unsigned bits = v6 ? 128 : 32, prefix = 0;
  auto [end, error] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), prefix);
  if (error != std::errc() || end != text.data() + text.size() || prefix > bits) return kForm;
  for (unsigned bit = prefix; bit < bits; ++bit) {
    if (bytes[bit / 8] & (0x80 >> bit % 8)) return "has bits set behind its prefix of " + std::to_string(prefix);
  }
  return {};
}

std::string checkCidrs(const std::string& text) {
  const size_t comma = text.find(',');
  if (comma == std::string::npos) return checkCidr(text);
  const std::string first = text.substr(0, comma), second = text.substr(comma + 1);
  for (const std::string& one : {first, second}) {
    if (auto wrong = checkCidr(one); !wrong.empty()) return wrong;
  }
  auto is6 = [](const std::string& one) { return one.find(':') != std::string::npos; };
  return is6(first) != is6(second) ? std::string() : "two networks must be one of each family";
}

std::string checkPortRange(const std::string& text) {
  size_t dash = text.find('-');
  if (dash == std::string::npos) return "must be FIRST-LAST, such as 30000-32767";
  std::string first = text.substr(0, dash), last = text.substr(dash + 1);
  if (auto wrong = checkPort(first); !wrong.empty()) return wrong;
  if (auto wrong = checkPort(last); !wrong.empty()) return wrong;
  return std::stoi(first) <= std::stoi(last) ? std::string() : "the first port is above the last";
}

std::string checkName(const std::string& text) {
  return isLabel(text) ? std::string() : "must be lower-case letters, digits and '-', at most 63";
}

std::string checkNameOrEmpty(const std::string& text) { return text.empty() ? text : checkName(text); }

std::string checkDomain(const std::string& text) {
  std::string_view rest = text;
  while (true) {
    size_t dot = rest.find('.');
    if (text.size() > 253 || !isLabel(rest.substr(0, dot))) return "not a domain name";
    if (dot == std::string_view::npos) return {};
    rest.remove_prefix(dot + 1);
  }
}

std::string checkDomainOrEmpty(const std::string& text) { return text.empty() ? std::string() : checkDomain(text); }

std::string checkIsolation(const std::string& text) {
  return isolationNamed(text) ? std::string() : "must be none, process or unconfined";
}

std::optional<std::chrono::milliseconds> readDuration(std::string_view text) {
  constexpr int64_t kLeast = 100, kMost = 86'400'000;
  int64_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  int64_t ms = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
  if (error != std::errc() || ms == 0 || count <= 0 || count > kMost) return std::nullopt;
  if (count * ms < kLeast || count * ms > kMost) return std::nullopt;
  return std::chrono::milliseconds(count * ms);
}

std::optional<int64_t> readAmount(std::string_view text, std::span<const Unit> units, int64_t least) {
  int64_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 1) return std::nullopt;
  const std::string_view name = text.substr(static_cast<size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    const bool fits = count <= (int64_t{1} << 40) / unit.size && count * unit.size >= least;
    return fits ? std::optional(count * unit.size) : std::nullopt;
  }
  return std::nullopt;
}

std::string checkSelector(const std::string& text) {
  auto parsed = LabelSelector::parse(text);
  return parsed ? std::string() : parsed.error().message;
}

std::string checkOperation(const std::string& text) {
  const bool known = text == "CREATE" || text == "UPDATE" || text == "DELETE" || text == "CONNECT";
  return known ? std::string() : "must be CREATE, UPDATE, DELETE or CONNECT";
}

std::string checkAuditMode(const std::string& text) {
  return text == "batch" || text == "strict" ? "" : "must be batch or strict";
}

std::string checkPath(const std::string& text) {
  return text.starts_with('/') ? std::string() : "must be a path, such as /healthz";
}

std::string checkAbsolutePath(const std::string& text) {
  const bool good = text.starts_with('/') && text.find('\n') == std::string::npos;
  return good ? std::string() : "must be an absolute path";
}

std::optional<Isolation> isolationNamed(std::string_view text) {
  if (text == "none") return Isolation::none;
  if (text == "process") return Isolation::process;
  if (text == "unconfined") return Isolation::unconfined;
  return std::nullopt;
}

const std::vector<std::string>& sectionNames() {
  static const std::vector<std::string> all = {"server", "store",   "log",         "authn",      "authz",  "admission",
                                               "audit",  "kinds",   "controllers", "schedulers", "roles",  "node_roles",
                                               "agent",  "runtime", "network",     "proxy",      "plugins"};
  return all;
}

}  // namespace cleat::base
