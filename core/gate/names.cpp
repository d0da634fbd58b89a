#include "core/gate/names.h"

#include <arpa/inet.h>

#include <array>
#include <ctime>

#include "core/base/hex.h"

namespace cleat::gate {
namespace {

bool isLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool isLabel(std::string_view text, bool beginsWithLetter) {
  if (text.empty() || !isLowerAlnum(text.front()) || !isLowerAlnum(text.back())) return false;
  if (beginsWithLetter && !(text.front() >= 'a')) return false;
  for (char c : text) {
    if (!isLowerAlnum(c) && c != '-') return false;
  }
  return true;
}

bool isSubdomain(std::string_view text) {
  while (true) {
    size_t dot = text.find('.');
    if (!isLabel(text.substr(0, dot), false)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string tooLong(size_t most) { return "must be no more than " + std::to_string(most) + " characters"; }

// The address as it is written in short; empty of what is none.
std::string canonicalIp(const std::string& text) {
  std::array<unsigned char, 16> address;
  std::array<char, INET6_ADDRSTRLEN> out;
  for (int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), address.data()) != 1) continue;
    return inet_ntop(family, address.data(), out.data(), out.size()) == nullptr ? std::string() : out.data();
  }
  return {};
}

// "010.0.0.1" → "10.0.0.1"
std::string withoutLeadingZeros(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = out.empty() || out.back() == '.';
    const bool isLast = i + 1 == text.size() || text[i + 1] == '.';
    if (!begins || text[i] != '0' || isLast) out += text[i];
  }
  return out;
}

Wrongs wrongIp(std::string_view name) {
  const std::string text(name), canonical = canonicalIp(text);
  if (canonical.empty()) {
    const bool hasZeros = name.find(':') == name.npos && !canonicalIp(withoutLeadingZeros(name)).empty();
    return {hasZeros ? "must not have leading 0s" : "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"};
  }
  if (canonical.starts_with("::ffff:") && canonical.find('.') != canonical.npos) {
    return {"must not be an IPv4-mapped IPv6 address"};
  }
  if (canonical != text) return {"must be in canonical form (\"" + canonical + "\")"};
  return {};
}

constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kOldLabel =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end "
    "with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')";

Wrongs wrongSegment(std::string_view name, bool whole) {
  if (whole && (name == "." || name == "..")) return {"may not be '" + std::string(name) + "'"};
  Wrongs wrongs;
  for (char c : {'/', '%'}) {
    if (name.find(c) != std::string_view::npos) wrongs.push_back(std::string("may not contain '") + c + "'");
  }
  return wrongs;
}

Wrongs wrongSubdomain(std::string_view name) {
  Wrongs wrongs;
  if (name.size() > 253) wrongs.push_back(tooLong(253));
  if (!isSubdomain(name)) wrongs.emplace_back(kSubdomain);
  return wrongs;
}

Wrongs wrongLabel(std::string_view name, bool beginsWithLetter) {
  Wrongs wrongs;
  if (name.size() > 63) wrongs.push_back(tooLong(63));
  if (isLabel(name, beginsWithLetter)) return wrongs;
  if (!beginsWithLetter && isSubdomain(name)) {
    wrongs.emplace_back("must not contain dots");
  } else {
    wrongs.emplace_back(beginsWithLetter ? kOldLabel : kLabel);
  }
  return wrongs;
}

Wrongs wrongForm(object::NameRule rule, std::string_view name, bool whole) {
  using object::NameRule;
  switch (rule) {
    case NameRule::pathSegment: return wrongSegment(name, whole);
    case NameRule::ip: return wrongIp(name);
    case NameRule::dns1123Subdomain: return wrongSubdomain(name);
    case NameRule::dns1123Label: return wrongLabel(name, false);
    case NameRule::dns1035Label: return wrongLabel(name, true);
  }
  return {};
}

}  // namespace

Wrongs wrongName(object::NameRule rule, std::string_view name) { return wrongForm(rule, name, true); }

Wrongs wrongPrefix(object::NameRule rule, std::string_view prefix) {
  std::string name(prefix);
  const bool isDns = rule != object::NameRule::pathSegment && rule != object::NameRule::ip;
  // Letters follow a dash at the end. Kubernetes puts one letter in place of it and of what is before it, so a prefix
  // may have one character more than a name.
  if (isDns && name.size() > 1 && name.ends_with('-')) name.replace(name.size() - 2, 2, "a");
  return wrongForm(rule, name, false);
}

std::vector<StatusCause> checkNames(const object::Kind& kind, const std::string& name, const std::string& prefix) {
  std::vector<StatusCause> causes;
  auto invalid = [&](const Wrongs& wrongs, const std::string& value, const char* field) {
    for (const std::string& wrong : wrongs) {
      causes.push_back({"FieldValueInvalid", "Invalid value: \"" + value + "\": " + wrong, field});
    }
  };
  if (!prefix.empty()) invalid(wrongPrefix(kind.nameRule, prefix), prefix, "metadata.generateName");
  if (name.empty()) {
    causes.push_back({"FieldValueRequired", "Required value: name or generateName is required", "metadata.name"});
  } else {
    invalid(wrongName(kind.nameRule, name), name, "metadata.name");
  }
  return causes;
}

std::string generateName(base::Executor& executor, std::string_view prefix) {
  // No vowels, so that no words arise; the alphabet that Kubernetes uses.
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  constexpr size_t kRandom = 5;
  constexpr size_t kMost = 63;
  std::string name(prefix.substr(0, kMost - kRandom));
  std::array<uint8_t, kRandom> bytes;
  executor.random(bytes.data(), bytes.size());
  for (uint8_t byte : bytes) name += kLetters[byte % kLetters.size()];
  return name;
}

std::string makeUid(base::Executor& executor) {
  std::array<uint8_t, 16> bytes;
  executor.random(bytes.data(), bytes.size());
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    base::appendHex(text, bytes[i]);
  }
  return text;
}

std::string formatTime(int64_t wallNs) {
  time_t seconds = static_cast<time_t>(wallNs / 1'000'000'000);
  tm parts;
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text;
  strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

Result<void> checkNameOnUrl(std::string_view name, const bus::Target& target) {
  if (name.empty() || name == target.name) return {};
  return fail(Status::badRequest("the name of the object (" + std::string(name) +
                                 ") does not match the name on the URL (" + target.name + ")"));
}

Status otherNamespace() {
  return Status::badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

Result<void> checkAddress(std::string_view ns, std::string_view name, const bus::Target& target) {
  // An object that is in no namespace may say one, as charts for everything do: it is overlooked.
  if (target.kind->namespaced && !ns.empty() && ns != target.ns) {
    return fail(otherNamespace());
  }
  return checkNameOnUrl(name, target);
}

}  // namespace cleat::gate
