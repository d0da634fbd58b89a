#include "core/api/streams/proxy_links.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/http/http_message.h"

namespace cleat::api {
namespace {

// A longer tag is passed on as it is.
constexpr size_t kLongestTag = 64u << 10;

struct LinkAttributes {
  std::string_view element;
  std::array<std::string_view, 4> attributes;
};

// Where HTML has URLs.
constexpr LinkAttributes kLinks[] = {{"a", {"href"}},
                                     {"applet", {"codebase"}},
                                     {"area", {"href"}},
                                     {"audio", {"src"}},
                                     {"base", {"href"}},
                                     {"blockquote", {"cite"}},
                                     {"body", {"background"}},
                                     {"button", {"formaction"}},
                                     {"command", {"icon"}},
                                     {"del", {"cite"}},
                                     {"embed", {"src"}},
                                     {"form", {"action"}},
                                     {"frame", {"longdesc", "src"}},
                                     {"head", {"profile"}},
                                     {"html", {"manifest"}},
                                     {"iframe", {"longdesc", "src"}},
                                     {"img", {"longdesc", "src", "usemap"}},
                                     {"input", {"formaction", "src", "usemap"}},
                                     {"ins", {"cite"}},
                                     {"link", {"href"}},
                                     {"object", {"classid", "codebase", "data", "usemap"}},
                                     {"q", {"cite"}},
                                     {"script", {"src"}},
                                     {"source", {"src"}},
                                     {"video", {"poster", "src"}}};

// What they hold is text, whatever it looks like.
constexpr std::string_view kRawElements[] = {"script", "style", "textarea", "title"};

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string elementOf(std::string_view tag) {
  size_t end = 1;
  while (end < tag.size() && std::isalnum(static_cast<unsigned char>(tag[end]))) ++end;
  return lowered(tag.substr(1, end - 1));
}

bool holdsUrl(std::string_view element, std::string_view attribute) {
  const auto* links = std::ranges::find(kLinks, element, &LinkAttributes::element);
  return links != std::end(kLinks) && std::ranges::find(links->attributes, attribute) != links->attributes.end();
}

// The tag with its URLs rewritten; everything else in it as it came.
std::string rewrittenTag(std::string_view tag, std::string_view element, const ProxiedPlace& place) {
  std::string out(tag.substr(0, 1 + element.size()));
  size_t at = out.size();
  const auto take = [&](auto belongs) {
    const size_t begin = at;
    while (at < tag.size() && belongs(tag[at])) ++at;
    return tag.substr(begin, at - begin);
  };
  while (at < tag.size()) {
    const std::string_view name = take([](char c) { return !isSpace(c) && c != '=' && c != '>' && c != '/'; });
    out += name;
    const std::string_view between = take([](char c) { return isSpace(c) || c == '='; });
    out += between;
    if (at >= tag.size()) break;
    if (between.find('=') == std::string_view::npos) {
      if (name.empty() && between.empty()) out += tag[at++];  // "/" or ">"
      continue;
    }
    const char quote = tag[at] == '"' || tag[at] == '\'' ? tag[at++] : '\0';
    const std::string_view value = take([&](char c) { return quote != '\0' ? c != quote : !isSpace(c) && c != '>'; });
    if (quote != '\0') out += quote;
    out += !name.empty() && holdsUrl(element, lowered(name)) ? place.rewritten(value) : std::string(value);
  }
  return out;
}

}  // namespace

std::string ProxiedPlace::rewritten(std::string_view url) const {
  std::string_view path = url;
  std::string_view origin;  // "http://host", "//host"
  size_t authority = std::string_view::npos;
  if (url.starts_with("//")) {
    authority = 2;
  } else if (url.starts_with("http://") || url.starts_with("https://")) {
    authority = url.find("//") + 2;
  }
  if (authority != std::string_view::npos) {
    const size_t end = std::min(url.find_first_of("/?#", authority), url.size());
    const std::string_view named = url.substr(authority, end - authority);
    if (named != behind && named != host) return std::string(url);
    // The name that the client uses stays; nobody outside knows the one that the other side has for itself.
    if (named == host) origin = url.substr(0, end);
    path = url.substr(end);
  }
  if (!path.starts_with('/')) return std::string(url);
  std::string out(origin);
  if (!path.starts_with(prefix)) out += prefix;
  return out.append(path);
}

std::string ProxiedPage::feed(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    if (tag_.empty() && !inComment_) {
      const size_t text = std::min(bytes.find('<'), bytes.size());
      out += bytes.substr(0, text);
      bytes.remove_prefix(text);
      if (bytes.empty()) break;
    }
    take(bytes.front(), out);
    bytes.remove_prefix(1);
  }
  return out;
}

std::string ProxiedPage::rest() { return std::exchange(tag_, {}); }

void ProxiedPage::take(char c, std::string& out) {
  if (inComment_) {
    out += c;
    inComment_ = !(c == '>' && dashes_ >= 2);
    dashes_ = c == '-' ? dashes_ + 1 : 0;
    return;
  }
  // The one before was no tag.
  if (c == '<' && quote_ == 0) out += std::exchange(tag_, {});
  tag_ += c;
  if (tag_ == "<!--") {
    inComment_ = true;
    dashes_ = 0;
  } else if (!rawUntil_.empty()) {
    if (lowered(tag_) == rawUntil_) {
      rawUntil_.clear();
      return;
    }
    if (rawUntil_.starts_with(lowered(tag_))) return;
  } else if (quote_ != 0) {
    if (c == quote_) quote_ = 0;
    if (tag_.size() <= kLongestTag) return;
    quote_ = 0;
  } else if (c == '>') {
    return takeTag(out);
  } else {
    if ((c == '"' || c == '\'') && tag_.find('=') != std::string::npos) quote_ = c;
    if (tag_.size() <= kLongestTag) return;
  }
  out += std::exchange(tag_, {});
}

void ProxiedPage::takeTag(std::string& out) {
  const std::string element = elementOf(tag_);
  out += rewrittenTag(tag_, element, place_);
  if (std::ranges::find(kRawElements, element) != std::end(kRawElements) && !tag_.ends_with("/>")) {
    rawUntil_ = "</" + element;
  }
  tag_.clear();
}

}  // namespace cleat::api
