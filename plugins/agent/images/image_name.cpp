#include "images/image_name.h"

#include <algorithm>

namespace cleat::agent {
namespace {

constexpr size_t kLongestName = 255;
constexpr size_t kLongestTag = 128;

bool isLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool isWordCharacter(char c) { return isLowerOrDigit(c) || (c >= 'A' && c <= 'Z') || c == '_'; }

// Lower-case letters and digits, separated by one dot, one or two underscores or any number of dashes.
bool isPathPart(std::string_view part) {
  if (part.empty() || !isLowerOrDigit(part.front()) || !isLowerOrDigit(part.back())) return false;
  for (size_t at = 0; at < part.size();) {
    if (isLowerOrDigit(part[at])) {
      ++at;
      continue;
    }
    size_t end = part.find_first_not_of(part[at], at);
    size_t length = end - at;
    bool separator = (part[at] == '.' && length == 1) || (part[at] == '_' && length <= 2) || part[at] == '-';
    if (!separator || !isLowerOrDigit(part[end])) return false;
    at = end;
  }
  return true;
}

bool isTag(std::string_view tag) {
  if (tag.empty() || tag.size() > kLongestTag || !isWordCharacter(tag.front())) return false;
  return std::all_of(tag.begin(), tag.end(), [](char c) { return isWordCharacter(c) || c == '.' || c == '-'; });
}

bool isDigest(std::string_view digest) {
  size_t colon = digest.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view hex = digest.substr(colon + 1);
  return hex.size() >= 32 && std::all_of(hex.begin(), hex.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

// Letters, digits and dashes, of which none is first or last.
bool isHostLabel(std::string_view text) {
  auto letter = [](char c) { return isLowerOrDigit(c) || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && letter(text.front()) && letter(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '-'; });
}

// A name or an address, IPv6 in brackets, and perhaps a port.
bool isRegistry(std::string_view text) {
  size_t colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
  if (colon != std::string_view::npos) {
    std::string_view port = text.substr(colon + 1);
    if (port.empty() || port.find_first_not_of("0123456789") != std::string_view::npos) return false;
    text = text.substr(0, colon);
  }
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    return text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdefABCDEF:") == std::string_view::npos;
  while (true) {
    size_t dot = text.find('.');
    if (!isHostLabel(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::optional<ImageName> parseImageName(std::string_view text) {
  ImageName name;
  if (size_t at = text.find('@'); at != std::string_view::npos) {
    name.digest = text.substr(at + 1);
    if (!isDigest(name.digest)) return std::nullopt;
    text = text.substr(0, at);
  }
  size_t slash = text.rfind('/');
  size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    name.tag = text.substr(colon + 1);
    if (!isTag(name.tag)) return std::nullopt;
    text = text.substr(0, colon);
  }
  if (name.tag.empty() && name.digest.empty()) name.tag = "latest";

  // The first part is a registry only if it looks like a host; "team/app" is on Docker Hub.
  size_t first = text.find('/');
  std::string_view host = first == std::string_view::npos ? std::string_view() : text.substr(0, first);
  if (host.find_first_of(".:") != std::string_view::npos || host == "localhost") {
    if (!isRegistry(host)) return std::nullopt;
    name.registry = host;
    text = text.substr(first + 1);
  } else {
    name.registry = "docker.io";
    if (first == std::string_view::npos) name.repository = "library/";
  }
  name.repository += text;
  if (name.repository.size() > kLongestName) return std::nullopt;
  for (size_t at = 0; at <= name.repository.size();) {
    size_t end = std::min(name.repository.find('/', at), name.repository.size());
    if (!isPathPart(std::string_view(name.repository).substr(at, end - at))) return std::nullopt;
    at = end + 1;
  }
  return name;
}

std::string_view defaultPullPolicy(const ImageName& name) {
  return name.tag == "latest" && name.digest.empty() ? "Always" : "IfNotPresent";
}

}  // namespace cleat::agent
