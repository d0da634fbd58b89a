// A page on the API server: greets whoever asks, and says how many have been greeted.
#include <cleat/sdk/http_handler.h>

namespace {

using namespace cleat;

// What stands in a page as it is.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '&': out += "&amp;"; break;
      default: out += c;
    }
  }
  return out;
}

class HelloPage : public HttpHandlerPlugin {
 public:
  using HttpHandlerPlugin::HttpHandlerPlugin;

  Task<Result<void>> start() override {
    setRoutes({.routes = {{.prefix = config().string("at")}}});
    co_return Result<void>();
  }

  Task<Result<HttpReply>> handle(HttpRequest& request) override {
    if (request.path() != config().string("at")) co_return request.nothingHere();
    if (request.method() != "GET") co_return fail(Status::methodNotAllowed("the page can only be read"));
    HttpAnswer page;
    page.contentType = "text/html; charset=utf-8";
    page.body = concat("<!doctype html><title>Hello</title><p>Hello, ", escaped(request.userName()),
                       ". You are number ", ++greeted_, ".</p>\n");
    co_return HttpReply(std::move(page));
  }

 private:
  int64_t greeted_ = 0;
};

}  // namespace

CLEAT_PLUGIN(HelloPage, .name = "hello-page", .version = "1.0.0", .maturity = "alpha", .roles = "http-handler",
             .configSchema = "at string /contrib/hello # where the page is\n");
