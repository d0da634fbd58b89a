// A path of the API server: GET /my-plugin says how many pods there are in each namespace, in JSON.
#include <cleat/sdk/http_handler.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <map>

namespace {

using namespace cleat;
using core_v1::Pod;

class MyPlugin : public HttpHandlerPlugin {
 public:
  using HttpHandlerPlugin::HttpHandlerPlugin;

  Task<Result<void>> start() override {
    setRoutes({.routes = {{.prefix = config().string("at")}}});
    co_await pods_.waitSynced();
    co_return Result<void>();
  }

  // Who asks is known by now (request.userName()), and may: RBAC has decided about the path.
  Task<Result<HttpReply>> handle(HttpRequest& request) override {
    if (request.path() != config().string("at")) co_return request.nothingHere();
    if (request.method() != "GET") co_return fail(Status::methodNotAllowed("the numbers of pods can only be read"));
    std::map<std::string, int64_t> pods;
    pods_.forEach([&](const Object<Pod>& pod) { ++pods[std::string(pod.ns())]; });
    HttpAnswer answer;
    answer.contentType = "application/json";
    for (const auto& [ns, number] : pods) answer.body += concat(answer.body.empty() ? "{\"" : ",\"", ns, "\":", number);
    answer.body += answer.body.empty() ? "{}\n" : "}\n";
    co_return HttpReply(std::move(answer));
  }

 private:
  Informer<Pod> pods_{context()};
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "http-handler",
             .grants = "- pods get,list,watch\n", .configSchema = "at string /my-plugin # the path\n");
