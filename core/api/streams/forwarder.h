// Forwarder: where the API server forwards what it does not answer itself (logs, exec, attach, port-forward, proxy),
// and the forwarding: the request goes there with the server's own identity, the answer comes back as it flows, and an
// upgrade splices the two connections until either side ends.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>

#include "core/base/asio_executor.h"
#include "core/http/exchange.h"
#include "core/http/tls_context.h"

namespace cleat::api {

struct ForwardUrl {
  bool tls = true;
  std::string host;  // without brackets
  uint16_t port = 443;
  std::string target = "/";  // path and query
};
Result<ForwardUrl> parseForwardUrl(std::string_view url);

class Forwarder {
 public:
  // `tls`: the server's own client certificate, and whom it trusts.
  Forwarder(base::AsioExecutor& executor, std::shared_ptr<http::TlsContext> tls)
      : executor_(executor), tls_(std::move(tls)) {}

  // What becomes of an error that the other side answers: it is passed on as it is (a proxy), or told as a Status whose
  // message is the other side's text.
  enum class Errors { passOn, asStatus };

  // Forwards the exchange's request to `url` and answers the exchange; 503 when it cannot be reached. On the exchange's
  // strand, before and after.
  Task<void> forward(http::Exchange& exchange, std::string url, Errors errors);

 private:
  base::AsioExecutor& executor_;
  std::shared_ptr<http::TlsContext> tls_;
};

}  // namespace cleat::api
