#include <cleat/sdk/http_handler.h>

#include <algorithm>

namespace cleat {

namespace {

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool sameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lowered(x) == lowered(y); });
}

void fillHeaders(capnp::List<role::Header>::Builder to, const HttpHeaders& from) {
  for (uint32_t i = 0; i < to.size(); ++i) {
    to[i].setName(from[i].first);
    to[i].setValue(from[i].second);
  }
}

capnp::Data::Reader bytes(const std::string& text) {
  return {reinterpret_cast<const kj::byte*>(text.data()), text.size()};
}

void fillAnswer(role::HttpAnswer::Builder to, const HttpAnswer& from) {
  to.setStatus(from.status);
  to.setContentType(from.contentType);
  to.setBody(bytes(from.body));
  fillHeaders(to.initHeaders(static_cast<uint32_t>(from.headers.size())), from.headers);
}

void fillForward(role::HttpForward::Builder to, const HttpForward& from) {
  to.setUrl(from.url);
  to.setCaBundle(from.caBundle);
  to.setSkipVerify(from.skipVerify);
  to.setServerName(from.serverName);
  to.setCertificateFile(from.certificateFile);
  to.setKeyFile(from.keyFile);
  fillHeaders(to.initHeaders(static_cast<uint32_t>(from.headers.size())), from.headers);
}

}  // namespace

std::string HttpRequest::target() const { return query().empty() ? str(path()) : concat(path(), "?", query()); }

std::string_view HttpRequest::header(std::string_view name) const {
  for (auto each : params_.getHeaders()) {
    if (sameName(view(each.getName()), name)) return view(each.getValue());
  }
  return {};
}

std::string_view HttpRequest::body() const {
  auto body = params_.getBody();
  return {reinterpret_cast<const char*>(body.begin()), body.size()};
}

std::unexpected<Status> HttpRequest::nothingHere() const {
  Status status = Status::notFound("paths", str(path()));
  status.reason = kNotMineReason;
  return fail(std::move(status));
}

void HttpHandlerRole::serveMethods(Context& context) {
  cursor_.begin(context);
  role::HttpHandlerRole::serveMethods(context);
}

void HttpHandlerRole::setRoutes(HandledPaths routes) {
  routes_ = std::move(routes);
  cursor_.change();
}

Task<Result<void>> HttpHandlerRole::routes(role::RoutesParams::Reader params, Call<role::RoutesResults>& call) {
  const bool isNew = co_await cursor_.differs(params.getCursor(), call);
  auto results = call.results();
  results.setCursor(cursor_.now());
  if (!isNew) co_return Result<void>();
  auto routes = results.initRoutes(static_cast<uint32_t>(routes_.routes.size()));
  for (uint32_t i = 0; i < routes.size(); ++i) {
    routes[i].setPrefix(routes_.routes[i].prefix);
    routes[i].setWantsBody(routes_.routes[i].wantsBody);
  }
  auto versions = results.initVersions(static_cast<uint32_t>(routes_.versions.size()));
  for (uint32_t i = 0; i < versions.size(); ++i) {
    const HandledPaths::Version& from = routes_.versions[i];
    versions[i].setGroup(from.group);
    versions[i].setVersion(from.version);
    versions[i].setGroupPriority(from.groupPriority);
    versions[i].setVersionPriority(from.versionPriority);
    versions[i].setResources(from.resources);
    versions[i].setStale(from.stale);
    versions[i].setOpenApi(from.openApi);
    versions[i].setOpenApiV2(from.openApiV2);
  }
  co_return Result<void>();
}

Task<Result<void>> HttpHandlerRole::handle(role::HandleParams::Reader params, Call<role::HandleResults>& call) {
  HttpRequest request(params);
  auto handling = handle(request);
  Result<HttpReply> reply = co_await std::move(handling);
  if (!reply) {
    if (reply.error().reason == kNotMineReason) co_return call.notMine();
    co_return fail(reply.error());
  }
  if (const auto* answer = std::get_if<HttpAnswer>(&*reply)) {
    fillAnswer(call.results().initAnswer(), *answer);
  } else {
    fillForward(call.results().initForward(), std::get<HttpForward>(*reply));
  }
  co_return Result<void>();
}

}  // namespace cleat
