// Forwarder: where the API server forwards what it does not answer itself (logs, exec, attach, port-forward, proxy),
// and the forwarding: the request goes there with the server's own identity, the answer comes back as it flows, and an
// upgrade splices the two connections until either side ends.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/asio_executor.h"
#include "core/http/dial.h"
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

// Where a request goes, and how.
struct ForwardWay {
  std::string url;
  // Not empty: this is a proxy, and what stands behind it answers for itself: errors and redirects are passed on, and
  // what leads back to it gets this prefix. Otherwise an error is told as a Status whose message is the other side's
  // text, and a redirect is one.
  std::string prefix = {};
  // Who answers there is no part of the cluster: it is not shown this server's certificate, and its own is not checked.
  bool stranger = false;
  // With these the other side is a server of its own, which speaks for itself: its answers are passed on as they are,
  // whatever they say, and the time limit on requests is lifted only for those that last.
  struct Own {
    std::shared_ptr<http::TlsContext> tls;
    std::string serverName = {};  // whom its certificate is for; empty: the URL's host
    std::vector<std::pair<std::string, std::string>> headers = {};  // in place of what the client has sent
    bool lasts = false;
  };
  std::optional<Own> own = {};
};

class Forwarder {
 public:
  // `tls`: the server's own client certificate, and whom it trusts.
  Forwarder(base::AsioExecutor& executor, std::shared_ptr<http::TlsContext> tls);

  // Forwards the exchange's request and answers the exchange; 503 when the other side cannot be reached. On the
  // exchange's strand, before and after.
  Task<void> forward(http::Exchange& exchange, ForwardWay way);

 private:
  http::DialOptions dialOptions(const ForwardWay& way, const ForwardUrl& url) const;

  base::AsioExecutor& executor_;
  std::shared_ptr<http::TlsContext> tls_, strangers_;
};

}  // namespace cleat::api
