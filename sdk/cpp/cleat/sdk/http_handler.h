// HttpHandlerPlugin: the base of a plugin that answers requests at paths of the API server, or says which other server
// does. Who asks is known by then, and may.
//
//   class Hello : public HttpHandlerPlugin {
//    public:
//     using HttpHandlerPlugin::HttpHandlerPlugin;
//     Task<Result<void>> start() override {
//       setRoutes({.routes = {{.prefix = "/contrib/hello"}}});
//       co_return Result<void>();
//     }
//     Task<Result<HttpReply>> handle(HttpRequest& request) override {
//       co_return HttpReply(HttpAnswer{.body = concat("hello, ", request.userName(), "\n")});
//     }
//   };
//
// A dashboard for people is behind a path that RBAC lets them `get` (nonResourceURLs); another API server is behind
// /apis/GROUP/VERSION, and `versions` says what there is, so that clients find it.
#pragma once

#include <cleat/schema/role/http_handler.role.h>
#include <cleat/sdk/change_cursor.h>
#include <cleat/sdk/roles.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cleat {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// What a plugin takes. The fields are those of the role (sdk/schema/role/http_handler.capnp), which says what they
// mean.
struct HandledPaths {
  struct Route {
    std::string prefix;
    bool wantsBody = false;
  };
  struct Version {
    std::string group, version;
    int32_t groupPriority = 0, versionPriority = 0;
    std::string resources;
    bool stale = false;
    std::string openApi, openApiV2 = {};
  };
  std::vector<Route> routes;
  std::vector<Version> versions = {};
};

struct HttpAnswer {
  uint16_t status = 200;
  std::string contentType = "text/plain; charset=utf-8";
  std::string body;
  HttpHeaders headers = {};
};

struct HttpForward {
  std::string url;
  std::string caBundle = {};
  bool skipVerify = false;
  std::string serverName = {};
  std::string certificateFile = {}, keyFile = {};
  HttpHeaders headers = {};
};

using HttpReply = std::variant<HttpAnswer, HttpForward>;

// A request. Valid until the function that got it has ended.
class HttpRequest {
 public:
  explicit HttpRequest(role::HandleParams::Reader params) : params_(params) {}

  std::string_view method() const { return view(params_.getMethod()); }
  std::string_view path() const { return view(params_.getPath()); }
  std::string_view query() const { return view(params_.getQuery()); }
  // Path and query as they stand in a request.
  std::string target() const;
  // The first of that name, whose letters' case does not matter; empty where there is none.
  std::string_view header(std::string_view name) const;
  std::string_view body() const;
  role::User::Reader user() const { return params_.getUser(); }
  std::string_view userName() const { return view(params_.getUser().getName()); }
  role::HandleParams::Reader params() const { return params_; }

  // There is nothing at this path: the client gets a plain 404.
  std::unexpected<Status> nothingHere() const;

 private:
  role::HandleParams::Reader params_;
};

// The role itself, for a plugin that has another one too.
class HttpHandlerRole : private role::HttpHandlerRole {
 public:
  virtual Task<Result<HttpReply>> handle(HttpRequest& request) = 0;

  // From now on the plugin takes this instead of what it took. On the strand, from `start` on.
  void setRoutes(HandledPaths routes);
  const HandledPaths& routes() const { return routes_; }

 protected:
  void serveMethods(Context& context);

 private:
  Task<Result<void>> routes(role::RoutesParams::Reader params, Call<role::RoutesResults>& call) final;
  Task<Result<void>> handle(role::HandleParams::Reader params, Call<role::HandleResults>& call) final;

  HandledPaths routes_;
  ChangeCursor cursor_;
};

using HttpHandlerPlugin = RolePlugin<HttpHandlerRole>;

}  // namespace cleat
