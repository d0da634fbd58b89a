// audit-webhook: sends the audit log to a server elsewhere, a list of events at a time.
#include <cleat/schema/role/audit.role.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/roles.h>

#include "webhook-common/destination.h"
#include "webhook-common/https_client.h"

namespace cleat::audit {

class AuditWebhook : public RolePlugin<role::AuditRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    const std::string url = config().string("url");
    if (!url.starts_with("https://")) {
      co_return fail(Status::badRequest(concat("url: ", inQuotes(url), " does not begin with https://")));
    }
    CLEAT_CO_TRY(co_await read("ca_file", trust_));
    CLEAT_CO_TRY(co_await read("certificate_file", certificate_));
    CLEAT_CO_TRY(co_await read("key_file", key_));
    to_ = webhook::Destination::ofUrl(url, trust_);
    if (to_.host.empty()) co_return fail(Status::badRequest(concat("url: ", inQuotes(url), " names no host")));
    co_return Result<void>();
  }
  void stop() override { client_.stop(); }

  Task<Result<void>> write(role::WriteAuditParams::Reader params, Call<void>&) override {
    webhook::HttpsRequest request;
    request.host = to_.host;
    request.port = to_.port;
    request.serverName = to_.host;
    request.authority = hostPort(to_.host, to_.port);
    request.target = to_.path;
    request.trust = trust_;
    request.certificate = certificate_;
    request.key = key_;
    request.body = listOf(params.getEvents());
    auto sending = client_.post(std::move(request), config().duration("timeout"));
    const webhook::HttpsAnswer answer = co_await std::move(sending);
    std::string why = answer.error;
    if (why.empty() && answer.status / 100 != 2) why = concat("it answers ", answer.status);
    context().report(why.empty() ? std::string() : concat(to_.url, ": ", why));
    if (why.empty()) co_return Result<void>();
    co_return fail(Status::unavailable(concat("Post ", inQuotes(to_.url), ": ", why)));
  }

 private:
  // What is in the file that the setting names, if it names one.
  Task<Result<void>> read(const char* setting, std::string& into) {
    const std::string file = config().string(setting);
    if (file.empty()) co_return Result<void>();
    auto work = [file] { return readFile(file); };
    auto reading = context().blocking(std::move(work));
    CLEAT_CO_TRY(into, co_await std::move(reading));
    co_return Result<void>();
  }

  static std::string listOf(capnp::List<capnp::Text>::Reader events) {
    std::string body = R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[)";
    for (uint32_t i = 0; i < events.size(); ++i) body += concat(i > 0 ? "," : "", events[i]);
    return body + "]}";
  }

  std::string trust_, certificate_, key_;
  webhook::Destination to_;
  webhook::HttpsClient client_{context()};
};

}  // namespace cleat::audit

CLEAT_PLUGIN(cleat::audit::AuditWebhook, .name = "audit-webhook", .version = "0.1.0", .maturity = "alpha",
             .roles = "audit",
             .configSchema =
                 "url string # where the events are sent, https://…\n"
                 "ca_file string # who has signed the certificate there; empty: whom the machine trusts\n"
                 "certificate_file string # what it is shown, PEM; empty: nothing\n"
                 "key_file string # the certificate's key\n"
                 "timeout duration 10s # for a batch\n");
