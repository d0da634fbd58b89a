#include "webhook-common/destination.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::webhook {

namespace {

constexpr std::string_view kScheme = "https://";
constexpr size_t kMostShown = 512;  // of an answer that is an error

std::string seconds(Duration timeout) {
  return concat(std::chrono::duration_cast<std::chrono::seconds>(timeout).count(), "s");
}

std::string refusal(const HttpsAnswer& answer) {
  if (answer.status == 404) return "the server could not find the requested resource";
  if (answer.status / 100 == 3) return concat("unexpected redirect (", answer.status, ")");
  if (answer.status / 100 == 5) {
    return concat("an error on the server (", inQuotes(answer.body.substr(0, kMostShown)),
                  ") has prevented the request from succeeding");
  }
  return concat("the server rejected our request (", answer.status, ")");
}

// As Kubernetes asks for it: with one slash between its parts and none at its end, "." and ".." worked out. Many a
// configuration is put together of parts that bring a slash each.
std::string cleanPath(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  }
  std::string clean;
  for (std::string_view part : parts) clean += concat("/", part);
  return clean.empty() ? "/" : clean;
}

}  // namespace

Destination Destination::ofUrl(std::string_view url, std::string_view caBundle) {
  Destination made;
  made.url = str(url);
  made.caBundle = str(caBundle);
  std::string_view rest = url;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) made.path = cleanPath(rest.substr(slash));
  if (auto place = splitHostPort(rest.substr(0, slash))) {
    made.host = str(place->host);
    if (auto port = parseInteger<uint16_t>(place->port)) made.port = *port;
  }
  return made;
}

Destination Destination::ofService(std::string_view ns, std::string_view name, std::string_view path, uint16_t port,
                                   std::string_view caBundle) {
  Destination made;
  made.host = concat(name, ".", ns, ".svc");
  made.port = port;
  made.path = cleanPath(path);
  const std::string_view slash = path.starts_with('/') ? "" : "/";
  made.url = concat(kScheme, hostPort(made.host, port), slash, path);
  made.caBundle = str(caBundle);
  made.serviceNs = str(ns);
  made.serviceName = str(name);
  return made;
}

std::string knownReviewVersion(capnp::List<capnp::Text>::Reader understood) {
  for (auto version : understood) {
    if (view(version) == "v1" || view(version) == "v1beta1") return str(view(version));
  }
  return {};
}

std::string newReviewUid(const Context& context) {
  constexpr std::string_view kHex = "0123456789abcdef";
  unsigned char bytes[16];
  context.random(bytes, sizeof bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string uid;
  for (size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) uid += '-';
    uid += {kHex[bytes[i] >> 4], kHex[bytes[i] & 15]};
  }
  return uid;
}

WebhookCaller::WebhookCaller(Context& context) : client_(context, kAwaited), services_(context) {}

Task<Result<Place>> WebhookCaller::find(const Destination& to) {
  if (to.serviceName.empty()) co_return Place{to.host, to.port};
  co_await services_.waitSynced();
  co_return services_.find(to.serviceNs, to.serviceName, to.port);
}

Task<Result<std::string>> WebhookCaller::post(const Destination& to, std::string body, Terms terms) {
  const std::string query = concat("?timeout=", seconds(terms.timeout));
  const std::string prefix = concat("Post \"", to.url, query, "\": ");
  auto finding = find(to);
  auto place = co_await std::move(finding);
  if (!place) co_return fail(Status::internal(concat(prefix, place.error().message)));
  HttpsRequest request{.host = place->host,
                       .port = place->port,
                       .serverName = to.host,
                       .authority = hostPort(to.host, to.port),
                       .target = to.path + query,
                       .trust = to.caBundle};
  request.body = std::move(body);
  request.othersFollow = terms.othersFollow;
  auto posting = client_.post(std::move(request), std::min(terms.timeout, terms.left));
  HttpsAnswer answer = co_await std::move(posting);
  if (!answer.error.empty()) co_return fail(Status::internal(concat(prefix, answer.error)));
  if (answer.status / 100 != 2) co_return fail(Status::internal(refusal(answer)));
  co_return std::move(answer.body);
}

}  // namespace cleat::webhook
