#include "image-common/image_name.h"

#include <algorithm>

namespace cleat {
namespace {

bool isHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool isLower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Lower-case letters and digits, separated by one '.', one or two '_' or any number of '-'.
bool isPathComponent(std::string_view text) {
  if (text.empty() || !isLower(text.front()) || !isLower(text.back())) return false;
  for (size_t i = 0; i < text.size();) {
    if (isLower(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && text[end] == text[i]) ++end;
    size_t length = end - i;
    bool fine = (text[i] == '.' && length == 1) || (text[i] == '_' && length <= 2) || text[i] == '-';
    if (!fine || !isLower(text[end])) return false;
    i = end;
  }
  return true;
}

bool isTag(std::string_view text) {
  auto word = [](char c) { return isLower(c) || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || text.size() > 128 || !word(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return word(c) || c == '.' || c == '-'; });
}

// Letters, digits and dashes, of which none is first or last.
bool isHostLabel(std::string_view text) {
  auto letter = [](char c) { return isLower(c) || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && letter(text.front()) && letter(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '-'; });
}

// A name or an address, IPv6 in brackets, and perhaps a port.
bool isHost(std::string_view text) {
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

bool isRepository(std::string_view text) {
  while (true) {
    size_t slash = text.find('/');
    if (!isPathComponent(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

}  // namespace

bool isDigest(std::string_view text) {
  return text.size() == 71 && text.starts_with("sha256:") && std::all_of(text.begin() + 7, text.end(), isHex);
}

std::string digestHex(std::string_view text) {
  if (isDigest(text)) return std::string(text.substr(7));
  if (text.size() == 64 && std::all_of(text.begin(), text.end(), isHex)) return std::string(text);
  return {};
}

std::string ImageName::full() const {
  return path() + (tag.empty() ? "" : ":" + tag) + (digest.empty() ? "" : "@" + digest);
}

Result<ImageName> parseImageName(std::string_view name) {
  auto invalid = [&] {
    return fail(
        Status::badRequest("couldn't parse image name \"" + std::string(name) + "\": invalid reference format"));
  };
  ImageName parsed;
  std::string_view rest = name;
  if (size_t at = rest.find('@'); at != std::string_view::npos) {
    parsed.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!isDigest(parsed.digest)) return invalid();
  }
  size_t slash = rest.rfind('/');
  size_t colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    parsed.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!isTag(parsed.tag)) return invalid();
  }
  // The first component is a registry only if it looks like a host; "library/busybox" has none.
  size_t first = rest.find('/');
  std::string_view host = rest.substr(0, first);
  bool hasRegistry =
      first != std::string_view::npos && (host.find_first_of(".:") != std::string_view::npos || host == "localhost");
  parsed.registry = hasRegistry ? host : "docker.io";
  if (parsed.registry == "index.docker.io") parsed.registry = "docker.io";
  parsed.repository = hasRegistry ? rest.substr(first + 1) : rest;
  if (parsed.registry == "docker.io" && parsed.repository.find('/') == std::string::npos)
    parsed.repository = "library/" + parsed.repository;
  if (!isHost(parsed.registry) || !isRepository(parsed.repository) || parsed.path().size() > 255) return invalid();
  if (parsed.tag.empty() && parsed.digest.empty()) parsed.tag = "latest";
  return parsed;
}

std::string_view defaultPullPolicy(const ImageName& name) {
  return name.tag == "latest" && name.digest.empty() ? "Always" : "IfNotPresent";
}

}  // namespace cleat
