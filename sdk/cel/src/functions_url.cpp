// Kubernetes' functions on URLs.
#include "cleat/cel/functions.h"
#include "url.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

const TypeRef& urlType() {
  static const TypeRef kType = types::opaque("kubernetes.URL");
  return kType;
}

class UrlValue : public OpaqueValue {
 public:
  explicit UrlValue(Url url) : url(std::move(url)) {}
  const TypeRef& type() const override { return urlType(); }
  bool equals(const OpaqueValue& other) const override {
    return url.text == static_cast<const UrlValue&>(other).url.text;
  }
  const Url url;
};

const Url& urlOf(const Value& value) { return static_cast<const UrlValue&>(value.asOpaque()).url; }

Value urlOfText(Args args) {
  std::string why;
  auto url = readUrl(args[0].asText(), why);
  if (!url) return Value::error("URL parse error during conversion from string: " + why);
  return Value::opaque(makeShared<const UrlValue>(std::move(*url)));
}
Value isUrl(Args args) {
  std::string why;
  return Value::boolean(readUrl(args[0].asText(), why).has_value());
}
Value scheme(Args args) { return Value::ownText(urlOf(args[0]).scheme); }
Value host(Args args) { return Value::ownText(urlOf(args[0]).host); }
Value hostname(Args args) { return Value::ownText(urlOf(args[0]).hostname()); }
Value port(Args args) { return Value::ownText(urlOf(args[0]).port()); }
Value path(Args args) { return Value::ownText(urlOf(args[0]).path); }
Value query(Args args) {
  MapBuilder builder;
  for (auto& [name, values] : urlOf(args[0]).parameters()) {
    std::vector<Value> all;
    for (const std::string& value : values) all.push_back(Value::ownText(value));
    (void)builder.add(Value::ownText(name), Value::list(std::move(all)));
  }
  return std::move(builder).finish();
}

}  // namespace

void addUrls(FunctionTable& table) {
  const TypeRef &t = types::text(), &u = urlType();
  table.add("url", {.id = "string_to_url", .params = {t}, .result = u, .run = urlOfText, .cost = CostRule::scan});
  table.add("isURL", {.id = "is_url_string", .params = {t}, .result = types::boolean(), .run = isUrl});
  const auto member = [&](const char* name, const char* id, TypeRef result, Function run) {
    table.add(name, {.id = id, .isMember = true, .params = {u}, .result = std::move(result), .run = run});
  };
  member("getScheme", "url_get_scheme", t, scheme);
  member("getHost", "url_get_host", t, host);
  member("getHostname", "url_get_hostname", t, hostname);
  member("getPort", "url_get_port", t, port);
  member("getEscapedPath", "url_get_escaped_path", t, path);
  member("getQuery", "url_get_query", types::map(t, types::list(t)), query);
  table.addType(u);
}

}  // namespace cleat::cel
