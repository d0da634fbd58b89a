// What a proxied answer says of its own place, made to lead back through the proxy: the Location of a redirect, and the
// links in an HTML page, which it reads as it streams by. What leads elsewhere, or is relative, stays as it is.
#pragma once

#include <string>
#include <string_view>

namespace cleat::api {

// The place that the other side believes to be at, and the place that it is shown at.
struct ProxiedPlace {
  std::string prefix;  // "/api/v1/namespaces/default/services/web/proxy": stands before every path of the other side
  std::string host;    // by which the client reaches this server, as it said it in Host
  std::string behind;  // "10.244.0.7:8080", where the other side is

  std::string rewritten(std::string_view url) const;
};

class ProxiedPage {
 public:
  explicit ProxiedPage(ProxiedPlace place) : place_(std::move(place)) {}

  // What may be passed on of the page after these bytes, and at its end.
  std::string feed(std::string_view bytes);
  std::string rest();

 private:
  void take(char c, std::string& out);
  void takeTag(std::string& out);

  ProxiedPlace place_;
  std::string tag_;       // begun with '<', not ended
  char quote_ = 0;        // of the value that the tag is in
  std::string rawUntil_;  // "</script": what ends a part that holds no tags
  bool inComment_ = false;
  int dashes_ = 0;  // that a comment has had last
};

}  // namespace cleat::api
